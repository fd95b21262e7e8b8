package query

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"skep/dialect/ast"
	"skep/dialect/parser"
	"skep/dialect/plan"
	"skep/engine/stage"
)

// stagesCase is a query over the tables t(k int, v int, s string) and u(k int, w double), to be cut.
type stagesCase struct {
	name, sql string
	broadcast string // size up to which joins copy a side
	want      string
}

var stagesOf = []stagesCase{
	{"two-phase aggregate", "select k, sum(v), count(*) from t group by k", "-1", `
stage 0 -> exchange 0 (hash k)
  aggregate keys=1 partial sum partial count
    scan t
stage 1 -> exchange 1 (gather)
  aggregate keys=1 final sum final count
    remotesource 0`},
	{"global aggregate", "select sum(v) from t", "-1", `
stage 0 -> exchange 0 (gather)
  aggregate keys=0 partial sum
    scan t
stage 1 single -> exchange 1 (gather)
  aggregate keys=0 final sum
    remotesource 0`},
	{"distinct and plain", "select k, count(distinct v), sum(v) from t group by k", "-1", `
stage 0 -> exchange 0 (hash k)
  aggregate keys=2 partial sum
    scan t
stage 1 -> exchange 1 (gather)
  aggregate keys=1 count distinct final sum
    remotesource 0`},
	{"global distinct", "select count(distinct v), max(s) from t", "-1", `
stage 0 -> exchange 0 (hash distinct)
  aggregate keys=1 partial max
    scan t
stage 1 -> exchange 1 (gather)
  aggregate keys=0 merge max partial count
    aggregate keys=1 merge max
      remotesource 0
stage 2 single -> exchange 2 (gather)
  aggregate keys=0 final count final max
    remotesource 1`},
	{"rollup", "select k, s, count(distinct v), max(v) from t group by rollup(k, s)", "-1", `
stage 0 -> exchange 0 (hash k s grouping)
  aggregate keys=3 partial max
    scan t
stage 1 -> exchange 1 (gather)
  aggregate keys=3 count distinct final max
    remotesource 0`},
	{"partitioned join, grouped by its key where it is", "select t.k, count(*) from t join u on t.k = u.k group by t.k", "-1", `
stage 0 -> exchange 0 (hash k)
  scan
stage 1 -> exchange 1 (hash k)
  scan
stage 2 -> exchange 2 (gather)
  aggregate keys=1
    join inner
      remotesource 0
      remotesource 1`},
	{"broadcast join", "select t.v, u.w from t join u on t.k = u.k", "1000000000", `
stage 0 -> exchange 0 (broadcast)
  scan
stage 1 -> exchange 1 (gather)
  join inner
    remotesource 0`},
	{wholeTable, "select t.v, u.w from t join u on t.k = u.k where u.w > 1", "1000000000", `
stage 0 -> exchange 0 (gather)
  project
    join inner
      scan u
      scan whole t`},
	{"not in copies the right side", "select v from t where k not in (select k from u)", "-1", `
stage 0 -> exchange 0 (broadcast)
  scan u
stage 1 -> exchange 1 (gather)
  join null-aware anti
    scan t
    remotesource 0`},
	{"full join", "select t.v, u.w from t full join u on t.k = u.k", "1000000000", `
stage 0 -> exchange 0 (hash k)
  scan
stage 1 -> exchange 1 (hash k)
  scan
stage 2 -> exchange 2 (gather)
  join full`},
	{"top-n", "select v from t order by v limit 3 offset 2", "-1", `
stage 0 -> exchange 0 (gather)
  sort limit=5 offset=0
    scan t
stage 1 single -> exchange 1 (gather)
  sort limit=3 offset=2
    remotesource 0`},
	{"limit", "select v from t limit 3", "-1", `
stage 0 -> exchange 0 (gather)
  limit 3 offset=0
    scan t
stage 1 single -> exchange 1 (gather)
  limit 3 offset=0
    remotesource 0`},
	{"window", "select k, rank() over (partition by k order by v), sum(v) over (partition by k) from t", "-1", `
stage 0 -> exchange 0 (hash k)
  scan t
stage 1 -> exchange 1 (gather)
  window
    window
      remotesource 0`},
	{"union", "select v from t union all select k from u", "-1", `
stage 0 -> exchange 0 (gather)
  union
    scan t
    scan u`},
	{"union of one task and many", "select count(*) c from t union all select v from t", "-1", `
stage 0 -> exchange 0 (gather)
  aggregate keys=0 partial count
    scan t
stage 1 single -> exchange 1 (round robin)
  aggregate keys=0 final count
    remotesource 0
stage 2 -> exchange 2 (round robin)
  scan t
stage 3 -> exchange 3 (gather)
  union
    remotesource 1
    remotesource 2`},
}

// manyRows are cases in which all nodes are taken for large ones.
var manyRows = []stagesCase{
	{"groups divided by what is joined above them", `select a.k, a.n, b.n from (select k, s, count(*) n from t group by k, s) a
join (select k, v, count(*) n from t group by v, k) b on a.k = b.k`, "-1", `
stage 0 -> exchange 0 (hash k)
  aggregate keys=2 partial count
    scan t
stage 1 -> exchange 1 (hash k)
  aggregate keys=2 partial count
    scan t
stage 2 -> exchange 2 (gather)
  project
    join inner
      aggregate keys=2 final count
        remotesource 0
      aggregate keys=2 final count
        remotesource 1`},
	{"shared groups divided by what their references group by", `with g as (select k, s, v, count(*) n from t group by k, s, v)
select k, s, sum(n), 1 from g group by k, s union all select k, cast(null as string), max(n), 2 from g group by k`, "-1", `
stage 0 -> exchange 0 (hash k)
  aggregate keys=3 partial count
    scan t
stage 1 -> exchange 1 (hash k)
  aggregate keys=3 final count
    remotesource 0
stage 2 -> exchange 2 (gather)
  union
    aggregate keys=2 sum
      remotesource 1
    aggregate keys=1 max
      remotesource 1`},
	{"rank limit", "select k, v from (select k, v, rank() over (order by v) r from t) x where r <= 10", "-1", `
stage 0 -> exchange 0 (gather)
  window
    scan t
stage 1 single -> exchange 1 (gather)
  filter
    window
      remotesource 0`},
}

const wholeTable = "broadcast join of a small table"

func TestStagesOfQueries(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ddl := range []string{"create table t (k int, v int, s string)", "create table u (k int, w double)"} {
		st, err := s.Compile(t.Context(), Request{SQL: ddl, QueryID: "ddl"})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range slices.Concat(stagesOf, manyRows) {
		t.Run(c.name, func(t *testing.T) {
			s.conf.Set(broadcastBytes, c.broadcast)
			s.conf.Set(wholeBytes, "-1")
			if c.name == wholeTable {
				s.conf.Set(wholeBytes, "1000000000")
			}
			st := &Statement{session: s, sql: c.sql, conf: s.conf, log: discard{}}
			tree, err := parser.Parse(c.sql, parser.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := st.compileQuery(t.Context(), tree.(*ast.QueryStatement).Query); err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			o := st.stageOptions()
			if slices.ContainsFunc(manyRows, func(m stagesCase) bool { return m.name == c.name }) {
				o.Rows = func(plan.Node) float64 { return 1e6 }
			}
			g, err := stage.CutQuery(st.root, o)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := containsInOrder(g.String(), c.want); !ok {
				t.Errorf("no line %q where it is wanted in:\n%s", got, g)
			}
		})
	}
}

// containsInOrder reports whether the lines of want are the beginnings of lines of text, in their order, indentation and column
// numbers left out; otherwise it returns the first that is not.
func containsInOrder(text, want string) (missing string, ok bool) {
	lines := strings.Split(numbers.ReplaceAllString(text, ""), "\n")
	at := 0
	for _, w := range strings.Split(strings.TrimSpace(want), "\n") {
		for at < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[at]), strings.TrimSpace(w)) {
			at++
		}
		if at == len(lines) {
			return w, false
		}
		at++
	}
	return "", true
}

var numbers = regexp.MustCompile(`#\d+`)
