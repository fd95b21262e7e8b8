package inprocess

import (
	"strconv"
	"strings"
	"testing"

	"skep/dialect/conf"
	"skep/engine/query"
	"skep/test/hs2"
	"skep/thrift/embedded"
)

// levels are a statement for each entry of conf.Differences and what the two versions answer (to the last one, where it takes several): rows as tab-separated lines, or "error" and
// the code. Answers of 4.0 are recorded from 4.0.1, those of 3.1 are of its recorded tests and sources.
var levels = map[string]struct{ sql, hive31, hive40 string }{
	"order of NULL":                                              {"select a from (select 1 a union all select cast(null as int)) t order by a", `\N;1`, `1;\N`},
	"days beyond the month":                                      {"select cast('2020-02-30' as date)", "2020-03-01", `\N`},
	"months beyond the year":                                     {"select cast('2020-13-01' as date)", "2021-01-01", `\N`},
	"scale of folded decimals":                                   {"select cast('1' as decimal(10,2))", "1", "1.00"},
	"casts of timestamps to integers":                            {"select cast(timestamp '2020-01-01 00:00:00' as bigint)", "1577836800", "error 40000"},
	"casts of integers to timestamps":                            {"select cast(1 as timestamp)", "1970-01-01 00:00:00.001", "error 40000"},
	"dates as conditions":                                        {"select true and date '2020-01-01'", `\N`, "error 10014"},
	"sign of a zero in a query":                                  {"select cast(-0.0D as string)", "-0.0", "0.0"},
	"letters of date patterns":                                   {"select date_format('2020-01-01', 'u')", "3", "2020"},
	"a test such as IS NULL behind an operation or a comparison": {"select 1 + null is null", "error 10014", "true"},
	"nested types in CAST":                                       {"select cast(array(1) as array<int>), cast(1 as array<int>)", "error 40000", `[1]	\N`},
	"numbers with a point or exponent cast to INT and BIGINT":    {"select cast(3e9 as int), cast(12345678901234567890.5 as bigint)", `2147483647	\N`, "-1294967296	-6101065172474983726"},
	"nested values as text":                                      {"select cast(array(1) as string)", "[1]", "error 40000"},
	"digits of an average of decimals":                           {"select avg(x) from (select 1.5 x union all select 2.25) t", "1.8750000000000000000000", "1.875000"},
	"statistics of a column by compute_stats":                    {"select compute_stats(x, 'hll') is null from (select 1 x) t", "false", "error 10011"},
	"statement that inserts the rows of an update": {`set hive.support.concurrency=true; set hive.txn.manager=org.apache.hadoop.hive.ql.lockmgr.DbTxnManager;
		drop table if exists u; create table u (a int) stored as orc tblproperties ('transactional'='true');
		insert into u values (1); update u set a = 2; select row__id.bucketid from u`, "536870912", "536870913"},
	"managed tables without transactions": {"drop table if exists managed_here; create table managed_here stored as orc as select 1 a; alter table managed_here concatenate", "", "error 30034"},
	"functions that 4.0 added":            {"select array_max(array(1, 2))", "error 10011", "2"},
}

func TestLevels(t *testing.T) {
	engine, err := query.Open(t.Context(), query.Config{DataDir: t.TempDir(), Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	if n := len(conf.Differences()); n != len(levels) {
		t.Errorf("%d differences, %d statements", n, len(levels))
	}
	for _, version := range []string{"3.1", "4.0"} {
		session, err := Engine{Backend: embedded.New(engine), Conf: map[string]string{"skep.hive.version": version}}.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range conf.Differences() {
			c, ok := levels[d.Name]
			if !ok {
				t.Errorf("%s: no statement", d.Name)
				continue
			}
			want := map[string]string{"3.1": c.hive31, "4.0": c.hive40}[version]
			var res *hs2.Result
			for _, sql := range strings.Split(c.sql, ";") {
				if res, err = session.Exec(t.Context(), sql); err != nil {
					break
				}
			}
			if got := answerText(res, err); got != want {
				t.Errorf("%s at %s: %s answers %s, Hive %s", d.Name, version, c.sql, got, want)
			}
		}
	}
}

// answerText is the rows of an answer, or the code of its error.
func answerText(res *hs2.Result, err error) string {
	if err != nil {
		if e, ok := err.(*hs2.Error); ok {
			return "error " + strconv.Itoa(e.Code)
		}
		return err.Error()
	}
	var rows []string
	for _, r := range res.Rows {
		var cells []string
		for _, v := range r {
			if v.Null {
				cells = append(cells, `\N`)
			} else {
				cells = append(cells, v.Text)
			}
		}
		rows = append(rows, strings.Join(cells, "\t"))
	}
	return strings.Join(rows, ";")
}
