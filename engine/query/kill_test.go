package query

import (
	"errors"
	"strings"
	"testing"

	"skep/engine/history"
)

func TestKillQuery(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2, Memory: 64 << 20, Settings: map[string]string{"hive.users.in.admin.role": "root2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	session := func(user, tag string) *Session {
		s, err := e.NewSession(t.Context(), SessionOptions{User: user, Conf: map[string]string{"hive.query.tag": tag}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	run := func(s *Session, sql string) error {
		st, err := s.Compile(t.Context(), Request{SQL: sql})
		if err != nil {
			return err
		}
		defer st.Close()
		return st.Run(t.Context())
	}
	ann, bob, admin := session("ann", "tagged"), session("bob", "other"), session("root2", "")
	if err := run(ann, "create table n as select pos x from (select 1 one) t lateral view posexplode(split(space(999), ' ')) p as pos, val"); err != nil {
		t.Fatal(err)
	}
	endless := func() (*Statement, chan error) {
		st, err := ann.Compile(t.Context(), Request{SQL: "select count(*) from n a, n b, n c, n d where a.x + b.x + c.x + d.x = -1", QueryID: "q1"})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- st.Run(t.Context()) }()
		for st.running.Load() == nil {
		}
		return st, ended
	}
	dead := func(st *Statement, ended chan error) {
		t.Helper()
		var killed *KilledError
		if err := <-ended; !errors.As(err, &killed) || err.Error() != "User invoked KILL QUERY" {
			t.Errorf("the killed statement: %v", err)
		}
		if d := st.job.Detail(); d.State != history.Canceled {
			t.Errorf("the killed statement: %+v", d.Record)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
	st, ended := endless()
	for sql, want := range map[string]string{
		"kill query 'q1'":     "Execution Error, return code 40000 from org.apache.hadoop.hive.ql.ddl.DDLTask. No privilege to kill query id",
		"kill query 'tagged'": "Execution Error, return code 40000 from org.apache.hadoop.hive.ql.ddl.DDLTask. No privilege to kill query tag",
	} {
		if err := run(bob, sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s of another user: %v", sql, err)
		}
	}
	if err := run(bob, "kill query 'q2' 'q3'"); err != nil {
		t.Errorf("unknown ids: %v", err)
	}
	if err := run(ann, "kill query 'q2' 'q1'"); err != nil {
		t.Errorf("kill query: %v", err)
	}
	dead(st, ended)
	st, ended = endless()
	if err := run(admin, "kill query 'q1'"); err == nil {
		t.Error("who may be admin and does not act so killed a statement")
	}
	if err := errors.Join(run(admin, "set role admin"), run(admin, "kill query 'tagged'")); err != nil {
		t.Errorf("an admin, by tag: %v", err)
	}
	dead(st, ended)
}
