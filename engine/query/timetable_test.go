package query

import (
	"testing"
	"time"
)

// TestScheduledQueries waits for runs by looking at information_schema, as users do.
func TestScheduledQueries(t *testing.T) {
	dir := t.TempDir()
	e, err := Open(t.Context(), Config{DataDir: dir, Threads: 1, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	run := func(s *Session, sql string) string {
		t.Helper()
		text, err := rowsAsText(t, s, sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return text
	}
	until := func(s *Session, sql, want string) {
		t.Helper()
		for {
			got := run(s, sql)
			if got == want {
				return
			}
			select {
			case <-t.Context().Done():
				t.Fatalf("%s: %s, want %s", sql, got, want)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	states := "select schedule_name, state from information_schema.scheduled_executions order by schedule_name, scheduled_execution_id"
	run(s, "create database d")
	run(s, "use d")
	run(s, "create table t (a int)")
	run(s, "create scheduled query good cron '0 0 0 1 1 ? 2098' as insert into t values (1)")
	run(s, "create scheduled query bad cron '0 0 0 1 1 ? 2098' as select assert_true(a < 0) from t")
	run(s, "create scheduled query off cron '* * * * * ? *' disabled as insert into t values (2)")
	if got := run(s, states); got != "" {
		t.Fatalf("before anything was due: %s", got)
	}
	run(s, "alter scheduled query good execute")
	until(s, states, "good FINISHED")
	run(s, "alter scheduled query bad execute")
	until(s, states, "bad FAILED; good FINISHED")
	run(s, "alter scheduled query good execute")
	until(s, states, "bad FAILED; good FINISHED; good FINISHED")
	if got := run(s, "select count(*), max(a) from t"); got != "2 1" {
		t.Errorf("the table holds %s", got)
	}
	if got := run(s, "select schedule_name, enabled, next_execution from information_schema.scheduled_queries order by schedule_name"); got !=
		"bad true 2098-01-01 00:00:00; good true 2098-01-01 00:00:00; off false NULL" {
		t.Errorf("scheduled are %s", got)
	}
	bob, err := e.NewSession(t.Context(), SessionOptions{User: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rowsAsText(t, bob, "drop scheduled query good"); err == nil {
		t.Error("bob dropped what is ann's")
	}
	run(s, "drop scheduled query bad")
	for _, x := range []*Session{s, bob} {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}

	// What is due when the server starts runs then.
	if e, err = Open(t.Context(), Config{DataDir: dir, Threads: 1, Memory: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if s, err = e.NewSession(t.Context(), SessionOptions{User: "ann", Database: "d"}); err != nil {
		t.Fatal(err)
	}
	run(s, "alter scheduled query good cron '* * * * * ? *'")
	until(s, "select count(*) > 2 from t", "true")
	run(s, "alter scheduled query good disable")
	run(s, "drop scheduled query good")
	run(s, "drop scheduled query off")
}
