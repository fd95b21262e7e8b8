package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"skep/metastore/model"
	"skep/metastore/txn"
)

// together runs statements in sessions of their own at the same time, each list in its order.
func together(t *testing.T, e *Engine, conf map[string]string, lists ...[]string) {
	t.Helper()
	var wg sync.WaitGroup
	for _, list := range lists {
		s, err := e.NewSession(t.Context(), SessionOptions{Conf: conf})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for _, sql := range list {
				if _, err := tryRun(t.Context(), s, sql); err != nil {
					t.Errorf("%s: %v", sql, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func repeated(sql string, n int) []string { return slices.Repeat([]string{sql}, n) }

// TestWritersOfRowsTakeTurns has statements change the same rows at the same time: none is lost, and none fails.
func TestWritersOfRowsTakeTurns(t *testing.T) {
	for _, mode := range []string{"embedded", "staged"} {
		t.Run(mode, func(t *testing.T) {
			e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			s, err := e.NewSession(t.Context(), SessionOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			run(t, s, "create table c (k int, n int) stored as orc tblproperties ('transactional'='true')")
			run(t, s, "create table one (k int)")
			run(t, s, "insert into one values (1)")
			run(t, s, "insert into c values (1, 0), (2, 0)")
			together(t, e, map[string]string{executionMode: mode, executionTasks: "2"},
				repeated("update c set n = n + 1 where k = 1", 4),
				repeated("update c set n = n + 10 where k = 1", 3),
				repeated("merge into c using one on one.k = c.k when matched then update set n = c.n + 100", 2),
				repeated("insert into c values (3, 1)", 3),
				repeated("insert overwrite table c select k, n from c", 2),
			)
			got := run(t, s, "select concat(k, ' ', sum(n), ' ', count(*)) from c group by k")
			slices.Sort(got)
			if text := fmt.Sprint(got); !strings.Contains(text, "1 234 1") || !strings.Contains(text, "2 0 1") || !strings.Contains(text, "3 3 3") {
				t.Errorf("rows %s", text)
			}
			if locks := e.txns.Locks(); len(locks) > 0 {
				t.Errorf("locks are left: %v", locks)
			}
		})
	}
}

// TestReadersSeeTheirStart reads a table that is changed while the reader, compiled before, has not run.
func TestReadersSeeTheirStart(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run(t, s, "create table r (k int) stored as orc tblproperties ('transactional'='true')")
	run(t, s, "insert into r values (1), (2)")
	for _, sql := range []string{
		"insert into r values (3)", "delete from r where k = 1", "update r set k = k + 1", "insert overwrite table r select 7", "truncate table r",
	} {
		before := run(t, s, "select sum(k), count(*) from r")
		st, err := s.Compile(t.Context(), Request{SQL: "select sum(k), count(*) from r", QueryID: "reader " + sql})
		if err != nil {
			t.Fatal(err)
		}
		run(t, s, sql)
		if err := st.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := rowsOf(st)
		if err != nil || !slices.Equal(got, before) {
			t.Errorf("%s: read %v, %v; before it %v", sql, got, err, before)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
		if after := run(t, s, "select sum(k), count(*) from r"); slices.Equal(after, before) {
			t.Errorf("%s changes nothing", sql)
		}
	}
}

// TestAbortedTransaction aborts the transaction of a statement before it commits.
func TestAbortedTransaction(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run(t, s, "create table r (k int) stored as orc tblproperties ('transactional'='true')")
	st, err := s.Compile(t.Context(), Request{SQL: "insert into r values (1)", QueryID: "aborted"})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	insert := st.task
	st.locks = []txn.Component{{Database: "default", Table: "r", Mode: txn.SharedWrite}}
	st.task = func(ctx context.Context) error {
		if st.txn, err = e.txns.Begin(ctx, txn.Begin{Tables: []int64{st.seen[0].Version}}); err != nil {
			return err
		}
		run(t, s, fmt.Sprintf("abort transactions %d", st.txn.ID))
		return insert(ctx)
	}
	var aborted *txn.AbortedError
	if err := st.Run(t.Context()); !errors.As(err, &aborted) {
		t.Fatalf("the statement ended with %v", err)
	}
	if rows := run(t, s, "select * from r"); len(rows) > 0 {
		t.Errorf("rows %v", rows)
	}
	list, err := e.store.Transactions(t.Context())
	if err != nil || len(list) != 1 || list[0].State != model.TransactionAborted {
		t.Errorf("transactions %v, %v", list, err)
	}
}
