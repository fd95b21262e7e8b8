// Command compare runs random statements against two endpoints and prints,
// made as small as it can, those that are answered differently.
//
//	compare -hive 127.0.0.1:11000 -skep 127.0.0.1:10000 -db random -setup   makes the tables on both
//	compare -hive … -skep … -db random -seed 1 -n 300                       runs 300 cases of a seed
//	compare -print -seed 1 -n 300                                           prints them
//
// A difference that vanishes when Hive runs the statement without vectorised
// execution or without its cost-based planner is one of Hive with itself and
// is only counted (-all prints it); so are the defects of Hive that
// randomsql.Defect knows.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"skep/test/hs2"
	"skep/test/qfile"
	"skep/test/randomsql"
)

func main() {
	var o options
	flag.StringVar(&o.hive, "hive", "127.0.0.1:11000", "address of the endpoint that is right")
	flag.StringVar(&o.skep, "skep", "127.0.0.1:10000", "address of the endpoint that is tested")
	flag.StringVar(&o.db, "db", "randomsql", "database of both with the tables")
	flag.BoolVar(&o.setup, "setup", false, "make the database and its tables on both and end")
	flag.BoolVar(&o.print, "print", false, "print the statements only")
	flag.BoolVar(&o.all, "all", false, "print differences of Hive with itself and known defects, too")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the statements")
	flag.IntVar(&o.n, "n", 100, "number of cases")
	flag.IntVar(&o.tries, "tries", 60, "statements that making one difference smaller may cost")
	flag.IntVar(&o.light, "light", 0, "percent of the cases that a real Hive answers without a job")
	flag.BoolVar(&o.self, "self", false, "compare the product in this process with itself: formats, stages, little memory, no optimizer rules")
	flag.StringVar(&o.cache, "cache", "", "folder that keeps what Hive answered, for later runs of the same statements")
	flag.StringVar(&o.corpus, "corpus", "", "write the queries that are answered alike, and what Hive answered, to this .q file and its .out file")
	flag.BoolVar(&o.offline, "offline", false, "with -cache: skip the cases that Hive has not answered yet")
	flag.IntVar(&o.alike, "alike", 3, "differences of one kind to print")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

type options struct {
	hive, skep, db    string
	cache, corpus     string
	setup, print, all bool
	seed              uint64
	n, tries, alike   int
	light             int
	self, offline     bool
}

// side is a session of an endpoint; a broken connection is opened again.
type side struct {
	engine  qfile.Engine
	db      string
	set     []string
	cache   string // folder of answers, or ""
	offline bool   // no answers but those
	session qfile.Session
}

func (s *side) open(ctx context.Context) error {
	session, err := s.engine.Open(ctx)
	if err != nil {
		return err
	}
	for _, sql := range append([]string{"use " + s.db, "set hive.exec.dynamic.partition.mode=nonstrict"}, s.set...) {
		if _, err := session.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	s.session = session
	return nil
}

// exec runs one statement; only a lost connection or an ended context is an error.
func (s *side) exec(ctx context.Context, sql string) (qfile.Outcome, error) {
	if s.session == nil {
		if err := s.open(ctx); err != nil {
			return qfile.Outcome{}, err
		}
	}
	limited, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	res, err := s.session.Exec(limited, sql)
	var refused *hs2.Error
	switch {
	case err == nil:
		return qfile.Outcome{Result: res}, nil
	case errors.As(err, &refused):
		return qfile.Outcome{Err: refused}, nil
	case ctx.Err() != nil:
		return qfile.Outcome{}, ctx.Err()
	}
	s.session = nil // the next statement opens another
	return qfile.Outcome{Err: &hs2.Error{Code: lost, Message: err.Error()}}, nil
}

// run runs a case and returns what its statements answered.
func (s *side) run(ctx context.Context, sql, cleanup []string) ([]qfile.Outcome, error) {
	var out []qfile.Outcome
	kept := ""
	if s.cache != "" {
		kept = filepath.Join(s.cache, fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(append(s.set, sql...), "\x00")))))
		if text, err := os.ReadFile(kept); err == nil {
			return out, json.Unmarshal(text, &out)
		}
		if s.offline {
			return nil, errUnknown
		}
	}
	for _, q := range sql {
		o, err := s.exec(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	for _, q := range cleanup {
		if _, err := s.exec(ctx, q); err != nil {
			return nil, err
		}
	}
	if kept == "" || slices.ContainsFunc(out, func(o qfile.Outcome) bool { return o.Err != nil && o.Err.Code == lost }) {
		return out, nil
	}
	text, err := json.Marshal(out)
	if err == nil {
		err = os.WriteFile(kept, text, 0o644)
	}
	return out, err
}

var errUnknown = errors.New("not answered before")

// lost is the code of a statement whose connection broke.
const lost = -2

// finding is the first statement of a case that two sides answer differently.
type finding struct {
	sql       string
	kind      string // what differs: a shrunk statement must keep it
	diff      string
	want, got qfile.Outcome
}

func compare(sql []string, want, got []qfile.Outcome) *finding {
	for i := range sql {
		st := qfile.Statement{SQL: sql[i]}
		if strings.HasPrefix(sql[i], "select * from made") {
			st.Order = qfile.OrderFree
		}
		w, g := want[i], got[i]
		if w.Err != nil && g.Err != nil && w.Err.Code == g.Err.Code {
			continue
		}
		if w.Err == nil && g.Err == nil && !st.Ordered() {
			sortExactly(w.Result.Rows)
			sortExactly(g.Result.Rows)
		}
		diff := qfile.Compare(&st, w, g)
		if diff == "" {
			continue
		}
		f := &finding{sql: sql[i], diff: diff, want: w, got: g}
		switch {
		case w.Err != nil && g.Err != nil:
			f.kind = fmt.Sprintf("codes %d and %d: %s", w.Err.Code, g.Err.Code, normal(g.Err.Message))
		case w.Err != nil:
			f.kind = fmt.Sprintf("Hive refuses: %d %s", w.Err.Code, normal(w.Err.Message))
		case g.Err != nil:
			f.kind = fmt.Sprintf("refused: %d %s", g.Err.Code, normal(g.Err.Message))
		case strings.HasPrefix(diff, "columns"):
			f.kind = "columns"
		default:
			f.kind = "rows"
		}
		return f
	}
	return nil
}

// sortExactly brings rows into the order of their texts, so that those that are alike but for their last digits meet their like.
func sortExactly(rows [][]hs2.Value) {
	slices.SortFunc(rows, func(a, b []hs2.Value) int {
		return slices.CompareFunc(a, b, func(x, y hs2.Value) int {
			if x.Null != y.Null && x.Null {
				return -1
			}
			return strings.Compare(x.Text, y.Text)
		})
	})
}

// breaks are messages of Hive's own failures.
var breaks = regexp.MustCompile(`only supported with Cost Based|Failed to load plan|java\.lang\.\w+|ClassCastException|NullPointerException|IndexOutOfBounds\w+|Vertex failed`)

var variable = regexp.MustCompile(`'[^']*'|[0-9:]+|\b[a-z_]+\.[a-z_0-9]+\b`)

// normal is an error's message without what changes from statement to statement.
func normal(msg string) string {
	msg, _, _ = strings.Cut(msg, "\n")
	msg = variable.ReplaceAllString(msg, "#")
	if len(msg) > 160 {
		msg = msg[:160]
	}
	return msg
}

func (o *options) generator() *randomsql.Generator {
	g := randomsql.New(o.seed)
	g.Light = o.light
	return g
}

func (o *options) run(ctx context.Context) error {
	if o.print {
		g := o.generator()
		for range o.n {
			fmt.Println(g.Next().String() + ";")
		}
		return nil
	}
	if o.self {
		return o.itself(ctx)
	}
	hive := qfile.Endpoint{Addr: o.hive}
	skep := qfile.Endpoint{Addr: o.skep}
	if o.setup {
		return errors.Join(o.fill(ctx, skep), o.fill(ctx, hive))
	}
	reference := &side{engine: hive, db: o.db, cache: o.cache, offline: o.offline}
	tested := &side{engine: skep, db: o.db}
	others := []*side{
		{engine: hive, db: o.db, cache: o.cache, offline: o.offline, set: []string{"set hive.vectorized.execution.enabled=false"}},
		{engine: hive, db: o.db, cache: o.cache, offline: o.offline, set: []string{"set hive.cbo.enable=false"}},
		{engine: hive, db: o.db, cache: o.cache, offline: o.offline, set: []string{"set hive.vectorized.execution.enabled=false", "set hive.cbo.enable=false", "set hive.optimize.constant.propagation=false", "set hive.auto.convert.join=false", "set hive.optimize.ppd=false"}},
	}
	counts, shown := map[string]int{}, map[string]int{}
	cases, statements, refused := 0, 0, 0
	var answered []qfile.Answer
	g := o.generator()
	for n := range o.n {
		c := g.Next()
		check := func(other *side) (*finding, error) {
			sql := c.SQL()
			got, err := tested.run(ctx, sql, c.Cleanup)
			if err != nil {
				return nil, err
			}
			want, err := other.run(ctx, sql, c.Cleanup)
			if err != nil {
				return nil, err
			}
			return compare(sql, want, got), nil
		}
		sql := c.SQL()
		want, err := reference.run(ctx, sql, c.Cleanup)
		if errors.Is(err, errUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		got, err := tested.run(ctx, sql, c.Cleanup)
		if err != nil {
			return err
		}
		cases++
		statements += len(sql)
		for _, w := range want {
			if w.Err != nil {
				refused++
			}
		}
		f := compare(sql, want, got)
		if f == nil {
			counts["equal"]++
			if len(sql) == 1 {
				answered = append(answered, qfile.Answer{Statement: qfile.Statement{SQL: sql[0]}, Outcome: want[0]})
			}
			continue
		}
		if shown[f.kind] >= o.alike && f.kind != "rows" && f.kind != "columns" {
			counts["alike: "+f.kind]++
			continue
		}
		class, err := o.classify(c, f, check, others)
		if err != nil {
			return err
		}
		counts[class]++
		if class != "different" && !o.all {
			continue
		}
		shown[f.kind]++
		small, first := f, c.String()
		randomsql.Shrink(c, o.tries, func(*randomsql.Case) bool {
			if ctx.Err() != nil {
				return false
			}
			found, err := check(reference)
			if err != nil || found == nil || found.kind != f.kind {
				return false
			}
			small = found
			return true
		})
		after := class
		if class == "different" && first != c.String() {
			if after, err = o.classify(c, small, check, others); err != nil {
				return err
			}
		}
		fmt.Printf("=== seed %d case %d: %s (smaller: %s)\n%s;\n", o.seed, n, f.kind, after, strings.Join(c.SQL(), ";\n"))
		if len(c.Statements) > 1 {
			fmt.Printf("at %s\n", small.sql)
		}
		fmt.Println(small.diff)
		if after != class || o.all {
			fmt.Printf("first form: %s\n%s\n", first, f.diff)
		}
	}
	fmt.Printf("seed %d: %d cases, %d statements, %d of them refused by Hive\n", o.seed, cases, statements, refused)
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf("%6d %s\n", counts[k], k)
	}
	if o.corpus != "" {
		return writeCorpus(o.corpus, o.seed, answered)
	}
	return nil
}

// writeCorpus makes a .q file of the tables and queries, and its expectations.
func writeCorpus(path string, seed uint64, answered []qfile.Answer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "-- Statements of seed %d of test/randomsql that a real Hive answered.\n", seed)
	var all []qfile.Answer
	for _, sql := range randomsql.Setup("") {
		all = append(all, qfile.Answer{Statement: qfile.Statement{SQL: sql}, Outcome: qfile.Outcome{Result: &hs2.Result{}}})
	}
	for _, a := range append(all, answered...) {
		fmt.Fprintf(&text, "%s;\n", a.Statement.SQL)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		return err
	}
	f, err := os.Create(path + ".out")
	if err != nil {
		return err
	}
	return errors.Join(qfile.WriteExpectations(f, qfile.Record(append(all, answered...))), f.Close())
}

// classify says whose a difference is: "different" when nothing is known in
// Hive's favour or disfavour.
func (o *options) classify(c *randomsql.Case, f *finding, check func(*side) (*finding, error), others []*side) (string, error) {
	if reason := randomsql.Defect(c.String()); reason != "" {
		return "known: " + reason, nil
	}
	if f.want.Err != nil && f.got.Err != nil {
		return "both refuse, with other codes", nil
	}
	if f.want.Err != nil && breaks.MatchString(f.want.Err.Message) {
		return "Hive breaks: " + breaks.FindString(f.want.Err.Message), nil
	}
	for i, other := range others {
		found, err := check(other)
		if errors.Is(err, errUnknown) {
			break
		}
		if err != nil {
			return "", err
		}
		if found == nil {
			return "Hive with itself: " + []string{"vectorised", "cost-based", "planning"}[i], nil
		}
	}
	return "different", nil
}

func (o *options) fill(ctx context.Context, engine qfile.Engine) error {
	session, err := engine.Open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	for _, sql := range append([]string{"drop database if exists " + o.db + " cascade", "create database " + o.db, "use " + o.db}, randomsql.Setup("")...) {
		if _, err := session.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
