package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"skep/dialect/sqlerr"
)

// stagedSession opens an engine and a session whose queries run in stages of several tasks, with a table t(k, v) of n rows.
func stagedSession(t *testing.T, n int) (*Engine, *Session) {
	t.Helper()
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := e.NewSession(t.Context(), SessionOptions{Conf: map[string]string{
		executionMode: "staged", executionTasks: "3", broadcastBytes: "-1", executionVerify: "true",
	}})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d, %d)", i%97, i)
	}
	run(t, s, "create table t (k int, v int)")
	for part := range slices.Chunk(rows, (n+6)/7) { // each a file, and so a split
		run(t, s, "insert into t values "+strings.Join(part, ", "))
	}
	return e, s
}

var queries atomic.Int64

// run runs a statement and returns its rows as text.
func run(t *testing.T, s *Session, sql string) []string {
	t.Helper()
	out, err := tryRun(t.Context(), s, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func tryRun(ctx context.Context, s *Session, sql string) ([]string, error) {
	st, err := s.Compile(ctx, Request{SQL: sql, QueryID: fmt.Sprintf("test-%d", queries.Add(1))})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if err := st.Run(ctx); err != nil || st.Result() == nil {
		return nil, err
	}
	return rowsOf(st)
}

// sameInStages runs a query without stages and in stages, which leaves the session staged, and fails the test when the rows differ, whatever
// their order. It returns them sorted.
func sameInStages(t *testing.T, s *Session, sql string) []string {
	t.Helper()
	s.conf.Set(executionMode, "embedded")
	want := run(t, s, sql)
	s.conf.Set(executionMode, "staged")
	got := run(t, s, sql)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %d rows differ from %d:\n%q\nwant\n%q", sql, len(got), len(want), got[:min(20, len(got))], want[:min(20, len(want))])
	}
	return want
}

// rowsOf returns the rows of a statement that has run, as text.
func rowsOf(st *Statement) ([]string, error) {
	var out []string
	c := st.Result().Cursor()
	for {
		b, err := c.Next(1000)
		if err != nil || b == nil {
			return out, err
		}
		for i := range b.Rows() {
			var row []string
			at := i
			if b.Sel != nil {
				at = int(b.Sel[i])
			}
			for _, v := range b.Cols {
				row = append(row, fmt.Sprint(v.Datum(at)))
			}
			out = append(out, strings.Join(row, "\t"))
		}
	}
}

func TestStagesReportTheFirstError(t *testing.T) {
	_, s := stagedSession(t, 2000)
	_, err := tryRun(t.Context(), s, "select k, sum(assert_true(v < 1500)) from t group by k")
	if err == nil {
		_, err = tryRun(t.Context(), s, "select k, max(if(v < 1500, 'a', cast(assert_true(false) as string))) from t group by k")
	}
	var client *sqlerr.Error
	if !errors.As(err, &client) {
		t.Fatalf("no error for clients: %v", err)
	}
	// The engine goes on.
	if got := run(t, s, "select count(*) from t"); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestStagesAreCancelled(t *testing.T) {
	e, s := stagedSession(t, 2000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := tryRun(ctx, s, "select count(*) from t a join t b on a.v % 3 = b.v % 3 join t c on b.v % 3 = c.v % 3")
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if n := e.slots.Len(); n != 2 {
		t.Errorf("%d slots", n)
	}
}

func TestStagesOfManyQueriesAtOnce(t *testing.T) {
	_, s := stagedSession(t, 2000)
	want := run(t, s, "select k, count(*), sum(v), count(distinct v % 10) from t group by k order by k")
	if len(want) != 97 {
		t.Fatalf("%d groups", len(want))
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			got, err := tryRun(t.Context(), s, "select k, count(*), sum(v), count(distinct v % 10) from t group by k order by k")
			if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("query %d: %v, %d rows", i, err, len(got))
			}
		})
	}
	wg.Wait()
}

func TestTasksWriteOneTable(t *testing.T) {
	_, s := stagedSession(t, 2000)
	run(t, s, "set hive.exec.dynamic.partition.mode=nonstrict")
	run(t, s, "create table w (v int) partitioned by (p int)")
	run(t, s, "create table b (k int, v int) clustered by (k) into 4 buckets")
	run(t, s, "from t insert overwrite table w partition (p) select v, k % 3 insert into table b select k, v")
	for sql, want := range map[string]string{
		"select count(*), sum(v) from w":                       run(t, s, "select count(*), sum(v) from t")[0],
		"select count(distinct p) from w":                      run(t, s, "select count(distinct k % 3) from t")[0],
		"select count(*), sum(v), sum(k) from b":               run(t, s, "select count(*), sum(v), sum(k) from t")[0],
		"select count(*) from (select v from w) x":             run(t, s, "select count(*) from t")[0],
		"select count(distinct INPUT__FILE__NAME) <= 4 from b": run(t, s, "select true")[0],
	} {
		if got := run(t, s, sql); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
}
