package inprocess

import (
	"context"
	"math/rand"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"skep/dialect/parser"
	"skep/engine/query"
	"skep/test/qfile"
	"skep/thrift/embedded"
)

// fuzzed are the files of the corpus whose tables and queries are mutated.
var fuzzed = []string{"aggregates", "arithmetic", "cast_numbers", "complex_types", "conversions", "cte_setops", "dates", "decimals", "functions_columns",
	"functions_constants", "grouping_sets", "joins_inner", "joins_outer", "lateral_order", "literals", "null_logic", "shapes", "strings", "subqueries", "windows"}

// playground is an engine with the tables of some files of the corpus, a database for each.
type playground struct {
	session qfile.Session
	queries []seed
	words   []string // tokens of all queries
}

type seed struct{ db, sql string }

// broke is what the error of a statement that panicked says.
var broke = regexp.MustCompile(`panic:|internal error:|runtime error`)

var token = regexp.MustCompile("`[^`]*`|'[^']*'|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|<=>|[<>!=]=|\\s+|.")

func newPlayground(tb testing.TB) *playground {
	tb.Helper()
	engine, err := query.Open(tb.Context(), query.Config{DataDir: tb.TempDir(), Threads: 2, Memory: 64 << 20})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := engine.Close(); err != nil {
			tb.Error(err)
		}
	})
	p := &playground{}
	if p.session, err = (Engine{Backend: embedded.New(engine)}).Open(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	for _, name := range fuzzed {
		statements, err := qfile.ReadStatements(filepath.Join(corpus, name+".q"))
		if err != nil {
			tb.Fatal(err)
		}
		p.exec(tb, "create database "+name)
		p.exec(tb, "use "+name)
		for _, s := range statements {
			switch first := strings.ToLower(strings.Fields(s.SQL)[0]); {
			case strings.Contains(s.SQL, "${"):
			case first == "create" && !strings.Contains(strings.ToLower(s.SQL), "location"), first == "insert":
				p.exec(tb, s.SQL)
			case harmless(s.SQL):
				p.queries = append(p.queries, seed{name, s.SQL})
				p.words = append(p.words, token.FindAllString(s.SQL, -1)...)
			}
		}
	}
	return p
}

// harmless reports whether a text parses as a query that only reads tables: nothing else is run, for a mutated statement may name any file.
func harmless(sql string) bool {
	lower := strings.ToLower(sql)
	for _, word := range []string{"using", "in_file", "insert", "directory"} {
		if strings.Contains(lower, word) {
			return false
		}
	}
	_, err := parser.ParseQuery(sql, parser.Options{})
	return err == nil
}

// exec runs a statement, which may fail but must not panic, nor go on long after it is cancelled.
func (p *playground) exec(tb testing.TB, sql string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 2*time.Second)
	defer cancel()
	if _, err := p.session.Exec(ctx, sql); err != nil && broke.MatchString(err.Error()) {
		tb.Errorf("%s\n%v", sql, err)
	}
}

// mutate changes some tokens of a query: dropped, doubled, or taken from another one.
func (p *playground) mutate(r *rand.Rand, sql string) string {
	words := token.FindAllString(sql, -1)
	for range 1 + r.Intn(3) {
		i := r.Intn(len(words))
		switch r.Intn(6) {
		case 0:
			words[i] = ""
		case 1:
			words[i] += " " + words[i]
		case 2:
			words[i] = []string{"null", "''", "0", "-1", "9223372036854775807", "1e308D", "'2020-02-30'", "array()", "map()", "cast(null as date)", "'é\\u0000'"}[r.Intn(11)]
		default:
			words[i] = p.words[r.Intn(len(p.words))]
		}
	}
	return strings.Join(words, "")
}

// TestMutatedStatements is the short form of FuzzStatements: mutations by token, the same in every run.
func TestMutatedStatements(t *testing.T) {
	p := newPlayground(t)
	r := rand.New(rand.NewSource(1))
	n := 3000
	if testing.Short() {
		n = 300
	}
	ran := 0
	for range n {
		q := p.queries[r.Intn(len(p.queries))]
		if sql := p.mutate(r, q.sql); harmless(sql) {
			ran++
			p.exec(t, "use "+q.db)
			p.exec(t, sql)
		}
	}
	if ran < n/10 {
		t.Errorf("only %d of %d mutations were statements", ran, n)
	}
}

// FuzzStatements parses, analyses and runs mutated queries of the corpus: whatever a statement contains, nothing may panic.
func FuzzStatements(f *testing.F) {
	p := newPlayground(f)
	for _, q := range p.queries {
		f.Add(q.db, q.sql)
	}
	known := map[string]bool{}
	for _, name := range fuzzed {
		known[name] = true
	}
	f.Fuzz(func(t *testing.T, db, sql string) {
		if !known[db] || !harmless(sql) {
			return
		}
		p.exec(t, "use "+db)
		p.exec(t, sql)
	})
}
