package analyzer

import (
	"context"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/explain"
	"skep/dialect/internal/planmodel"
	"skep/dialect/parser"
	"skep/dialect/types"
)

// intCatalog has tables r, s and u of integer columns a, b, c.
type intCatalog struct{}

func (intCatalog) Table(_ context.Context, db, name string) (*catalog.Table, error) {
	if len(name) != 1 || !strings.Contains("rsu", name) {
		return nil, catalog.ErrNotFound
	}
	t := &catalog.Table{DB: db, Name: name}
	for _, c := range []string{"a", "b", "c"} {
		t.Columns = append(t.Columns, catalog.Column{Name: c, Type: types.BigIntType})
	}
	return t, nil
}

func (intCatalog) HasDatabase(context.Context, string) (bool, error) { return true, nil }

func (intCatalog) Partitions(context.Context, *catalog.Table, *catalog.PartitionFilter, func([]types.Datum) (bool, error)) ([]*catalog.Partition, error) {
	return nil, nil
}

func (intCatalog) Macro(string) *catalog.Macro { return nil }

// predicates over r with subqueries; every one is tried in several places.
var subqueryPredicates = []string{
	"r.a in (select s.a from s)",
	"r.a in (select s.a from s where s.b = r.b)",
	"r.a in (select s.a from s where s.b <=> r.b)",
	"r.a in (select s.a from s where s.b < r.b)",
	"r.a in (select s.a + r.c from s where s.b = r.b)",
	"r.a in (select distinct s.a from s where s.b > r.b)",
	"r.a in (select max(s.a) from s where s.b = r.b)",
	"r.a in (select max(s.a) from s where s.b = r.b group by s.c)",
	"r.a in (select max(s.a) from s where s.b < r.b group by s.c)",
	"r.a in (select count(*) from s where s.b = r.b)",
	"r.a in (select s.a from s where s.b = r.b union all select u.b from u where u.c = r.c)",
	"r.a in (select s.a from s left join u on s.a = u.a where s.b = r.b)",
	"r.a in (select u.a from s left join u on s.a = u.a and u.b = r.b)",
	"r.a in (select s.a from s full join u on s.a = u.a and u.b = r.b)",
	"r.a in (select s.a from s, u where s.a = u.a and u.b = r.b and s.c = r.c)",
	"r.a in (select s.a from s where s.b = r.b and s.a in (select u.a from u where u.b = s.b))",
	"r.a in (select s.a from s where s.b = r.b and s.a in (select u.a from u where u.b = r.c))",
	"r.a in (select s.a from s where s.a not in (select u.a from u where u.b = r.b and u.c = s.c))",
	"r.a in (select s.a from s where s.b = r.b and s.c > (select count(*) from u where u.b = r.b and u.a < s.a))",
	"r.a in (select row_number() over (partition by s.c order by s.a, s.b) from s where s.b = r.b)",
	"r.a in (select t.a from (select s.a, count(*) n from s where s.b = r.b group by s.a) t where t.n > 0)",
	"exists (select 1 from s where s.a = r.a)",
	"exists (select 1 from s where s.a = r.a and s.b <> r.b)",
	"exists (select s.b, count(*) from s where s.a = r.a group by s.b)",
	"exists (select s.b from s where s.a = r.a group by s.b having count(*) > 1)",
	"exists (select s.b from s where s.a < r.a group by s.b having count(*) > 1)",
	"exists (select count(*) from s where s.a = r.a)",
	"exists (select count(*) from s where s.a = r.a having count(*) > 1)",
	"exists (select 1 from s where s.a = r.a order by s.b limit 1)",
	"exists (select 1 from s where s.a = r.a limit 1 offset 1)",
	"exists (select 1 from s where (s.a = r.a and s.b = 1) or (s.a = r.a and s.b = 2))",
	"exists (select 1 from s where s.a = r.a and exists (select 1 from u where u.a = s.a and u.b = r.b))",
	"exists (select 1 from s where exists (select 1 from u where u.a = r.a))",
	"r.a > any (select s.a from s where s.b = r.b)",
	"r.a <= all (select s.a from s where s.b = r.b)",
	"r.a <> any (select s.a from s)",
	"r.a < all (select s.a from s)",
	"r.a > (select max(s.a) from s)",
	"r.a > (select max(s.a) from s where s.b = r.b)",
	"r.a >= (select count(*) from s where s.b = r.b)",
	"r.a >= (select count(s.c) + 1 from s where s.b = r.b and s.c = r.c)",
	"r.a >= (select count(*) from s where s.b < r.b)",
	"r.a > (select sum(s.a) from s where s.b = r.b having count(*) > 1)",
	"r.a = (select s.a from s where s.b = r.b order by s.a, s.c limit 1)",
	"r.a = (select distinct s.b from s where s.b = r.b)",
	"r.a > (select max(s.a) from s where s.b = r.b and s.c > (select min(u.a) from u where u.b = s.b and u.c = r.c))",
	"(select count(*) from s where s.b = r.b) between 1 and 2",
	"(select count(*) from s where s.b = r.b) = (select count(*) from u where u.b = r.b)",
}

// TestSubqueries compares rewritten plans with the direct evaluation of subquery expressions on random tables with NULLs.
func TestSubqueries(t *testing.T) {
	rng := rand.New(rand.NewSource(7))
	templates := []string{
		"select * from r where %s",
		"select * from r where not (%s)",
		"select * from r where %s or r.c = 1",
		"select r.a, r.b, r.c, %s from r",
		"select case when %s then 1 else 2 end from r where r.b > 0",
		"select * from (select a, b, count(*) c from r group by a, b) r where %s and not (%[1]s or r.c = 2)",
	}
	for _, p := range subqueryPredicates {
		for _, tmpl := range templates {
			text := fmt.Sprintf(tmpl, p)
			q, err := parser.ParseQuery(text, parser.Options{})
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			a := New(Env{Catalog: intCatalog{}, Conf: conf.New(nil)})
			b := a.newBuilder(context.Background())
			r, err := b.query(q, nil, true)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			before := b.inline(trim(r))
			after, err := b.finish(r)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			for range 12 {
				m := randomModel(rng)
				want := m.Evaluate(before)
				if want == "error" {
					continue
				}
				if got := m.Evaluate(after); got != want {
					t.Errorf("%s\ntables: %v\ngot  %s\nwant %s\n%s", text, m.Tables, got, want, explain.Plan(after, explain.Options{}))
					break
				}
			}
		}
	}
}

func randomModel(rng *rand.Rand) *planmodel.Model {
	m := &planmodel.Model{Tables: map[string][][]planmodel.Value{}}
	for _, name := range []string{"r", "s", "u"} {
		rows := [][]planmodel.Value{}
		for range rng.Intn(7) {
			r := make([]planmodel.Value, 3)
			for i := range r {
				r[i] = planmodel.Value{N: int64(rng.Intn(4))}
				if rng.Intn(4) == 0 {
					r[i] = planmodel.Value{Null: true}
				}
			}
			rows = append(rows, r)
		}
		m.Tables[name] = rows
	}
	return m
}
