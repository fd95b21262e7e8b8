package query

import (
	"strings"
	"testing"
)

// TestFilesOfMapReduce checks how Hive 3.1 on MapReduce divides rows into files: the inputs of a union are mappers of the
// last job (GenMapRedUtils, UnionProcessor), merged as hive.merge.mapfiles says, or with hive.optimize.union.remove jobs of
// their own (UnionProcFactory); other input formats than the combining one have a mapper for each file.
func TestFilesOfMapReduce(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{Conf: map[string]string{"skep.hive.version": "3.1", "hive.exec.dynamic.partition.mode": "nonstrict"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"create table a (k int, v int)", "insert into a values (1, 10), (2, 20)", "insert into a values (3, 30)",
		"create table b (k int, v int)", "insert into b values (4, 40)", "create table t (k int, v int)", "create table p (k int) partitioned by (v int)",
		"create table l (k int, v int) skewed by (k) on (1, 4) stored as directories",
	} {
		run(t, s, sql)
	}
	const (
		scans  = "select k, v from a union all select k, 0 from a"
		tables = "select k, v from a union all select k, v from b"
		groups = "select k, count(*) from a group by k union all select k, v from a union all select k, 1 from a"
	)
	for _, c := range []struct {
		set, insert, describe, files string
	}{
		{"", "table t " + tables, "t", "1"},
		{"hive.merge.mapfiles=false", "table t " + tables, "t", "2"},
		{"hive.merge.mapfiles=false", "table t " + scans, "t", "1"},
		{"hive.merge.mapfiles=false", "table t " + groups, "t", "2"},
		{"hive.merge.mapfiles=false;hive.optimize.union.remove=true", "table t " + groups, "t", "3"},
		{"hive.merge.mapfiles=false;hive.optimize.union.remove=true", "table t " + scans, "t", "1"},
		{"hive.merge.mapfiles=true;hive.optimize.union.remove=true", "table t " + groups, "t", "2"},
		{"hive.merge.mapfiles=false", "table t select k, v from a", "t", "1"},
		{"hive.merge.mapfiles=false;hive.input.format=org.apache.hadoop.hive.ql.io.HiveInputFormat", "table t select k, v from a", "t", "2"},
		{"hive.merge.mapfiles=false;hive.input.format=org.apache.hadoop.hive.ql.io.HiveInputFormat", "table t select k, sum(v) from a group by k", "t", "1"},
		{"hive.merge.mapfiles=false;hive.input.format=org.apache.hadoop.hive.ql.io.HiveInputFormat", "table p partition (v) select k, 1 from a", "p partition (v=1)", "2"},
		{"hive.merge.mapfiles=false;hive.input.format=org.apache.hadoop.hive.ql.io.HiveInputFormat", "table l select k, v from a", "l", "3"},
		{"", "table l select * from (" + tables + ") x", "l", "3"},
		// what one mapper has written of each file is merged afterwards (ConditionalResolverMergeFiles)
		{"hive.merge.smallfiles.avgsize=100;hive.input.format=org.apache.hadoop.hive.ql.io.HiveInputFormat", "table t select k, v from a", "t", "1"},
		{"hive.merge.smallfiles.avgsize=2;hive.input.format=org.apache.hadoop.hive.ql.io.HiveInputFormat", "table t select k, v from a", "t", "2"},
		{"hive.merge.smallfiles.avgsize=100;hive.input.format=org.apache.hadoop.hive.ql.io.HiveInputFormat", "table l select k, 9 from a", "l", "2"},
		{"mapreduce.job.reduces=2", "table t select k, sum(v) from (" + tables + ") x group by k", "t", "2"},
		{"", "table t select k, v from a where k > 9", "t", "1"}, // FileSinkOperator.closeOp
	} {
		defaults := "hive.merge.mapfiles=true;hive.merge.smallfiles.avgsize=16000000;mapreduce.job.reduces=-1;hive.optimize.union.remove=false;hive.input.format=org.apache.hadoop.hive.ql.io.CombineHiveInputFormat"
		for _, set := range strings.Split(defaults+";"+c.set, ";") {
			if set != "" {
				run(t, s, "set "+set)
			}
		}
		run(t, s, "insert overwrite "+c.insert)
		got := ""
		for _, row := range run(t, s, "describe formatted "+c.describe) {
			if _, after, ok := strings.Cut(row, "numFiles"); ok {
				got = strings.TrimLeft(strings.Join(strings.FieldsFunc(after, func(r rune) bool { return r < '0' || r > '9' }), ""), "0")
			}
		}
		if got != c.files {
			t.Errorf("%s: insert overwrite %s: %q files, want %s", c.set, c.insert, got, c.files)
		}
	}
}

// TestInferredBuckets checks what hive.exec.infer.bucket.sort notes with partitions (BucketingSortingOpProcFactory, MoveTask),
// and that the files are so.
func TestInferredBuckets(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{Conf: map[string]string{
		"skep.hive.version": "3.1", "hive.exec.infer.bucket.sort": "true", "mapreduce.job.reduces": "2", "hive.auto.convert.join": "false",
	}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "create table a (k int, v int)")
	run(t, s, "insert into a select x % 50, x from (select row_number() over () as x from (select explode(split(space(999), ' ')) as y) q) r")
	run(t, s, "create table p (k int, v int) partitioned by (ds string)")
	for _, c := range []struct{ query, buckets, by, sorted string }{
		{"select k, v from a", "-1", "[]", "[]"},
		{"select k, sum(v) from a group by k", "2", "[k]", "[Order(col:k, order:1)]"},
		{"select a.k, b.v from a join a b on a.v = b.v", "2", "[v]", "[Order(col:v, order:1)]"},
		{"select k + 1, sum(v) from a group by k", "-1", "[]", "[]"},
	} {
		run(t, s, "insert overwrite table p partition (ds='1') "+c.query)
		text := strings.Join(run(t, s, "describe formatted p partition (ds='1')"), "\n")
		for _, want := range []string{"Num Buckets:", c.buckets, "Bucket Columns:", c.by, "Sort Columns:", c.sorted} {
			at := strings.Index(text, want)
			if at < 0 {
				t.Fatalf("%s: %s is missing in\n%s", c.query, want, text)
			}
			text = text[at+len(want):]
		}
		if c.buckets == "2" {
			mixed := run(t, s, "select count(*) from (select min(input__file__name) lo, max(input__file__name) hi from p group by "+c.by[1:2]+") x where lo <> hi")
			if len(mixed) != 1 || !strings.Contains(mixed[0], " 0 ") {
				t.Errorf("%s: %v values of %s are in several files", c.query, mixed, c.by)
			}
		}
	}
}

// TestHive31Refuses checks statements that Hive 3.1 alone refuses: hints that its MapJoinProcessor cannot follow, managed tables
// without transactions where HiveStrictManagedUtils forbids them, names that MetaStoreUtils.validateName does not take.
func TestHive31Refuses(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 1, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{Conf: map[string]string{
		"skep.hive.version": "3.1", "hive.cbo.enable": "false", "hive.ignore.mapjoin.hint": "false", "hive.optimize.bucketmapjoin.sortedmerge": "false",
	}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "create table a (k int, v int)")
	run(t, s, "create external table x (k int)")
	for _, c := range []struct{ set, sql, fails string }{
		{"", "select /*+ mapjoin(b) */ * from a join a b on a.k = b.k", ""},
		{"", "select /*+ mapjoin(a, b) */ * from a join a b on a.k = b.k", "[Error 10058]: All tables are specified as map-table for join [a, b]"},
		{"", "select /*+ mapjoin(a) */ * from a left join a b on a.k = b.k", "[Error 10057]"},
		{"", "select /*+ mapjoin(b) */ * from a left join a b on a.k = b.k", ""},
		{"", "select /*+ mapjoin(a) */ * from a right join a b on a.k = b.k", ""},
		{"", "select /*+ mapjoin(a) */ * from a full join a b on a.k = b.k", "[Error 10057]"},
		{"", "select /*+ mapjoin(b) */ * from a join (select k from a where v > 1) b on a.k = b.k", ""},
		{"", "select /*+ mapjoin(b) */ * from (select k, count(*) from a group by k) a join a b on a.k = b.k", "[Error 10227]"},
		{"hive.optimize.bucketmapjoin.sortedmerge=true", "select /*+ mapjoin(a) */ * from a full join a b on a.k = b.k", "[Error 10057]"},
		{"", "create table c (k int) clustered by (k) sorted by (k) into 2 buckets", ""},
		{"", "select /*+ mapjoin(a) */ * from c a full join c b on a.k = b.k", ""},
		{"hive.ignore.mapjoin.hint=true", "select /*+ mapjoin(a, b) */ * from a join a b on a.k = b.k", ""},
		{"", "create table `a/b` (k int)", ""},
		{"hive.support.special.characters.tablename=false", "create table `a/c` (k int)", "[a/c]: is not a valid table name"},
		{"hive.strict.managed.tables=true", "create table y (k int)", "MetaException(message:Table default.y failed strict managed table checks"},
		{"", "alter table x set tblproperties ('EXTERNAL'='FALSE')", "Unable to alter table. Table default.x failed strict managed table checks"},
	} {
		if c.set != "" {
			run(t, s, "set "+c.set)
		}
		_, err := tryRun(t.Context(), s, c.sql)
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s: %v, want %q", c.sql, err, c.fails)
		}
	}
}
