package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"skep/engine/admission"
	"skep/engine/history"
	"skep/engine/memory"
)

// lines is a log that is kept.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) Logf(level, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, level+" "+fmt.Sprintf(format, args...))
}

func (l *lines) contains(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(strings.Join(l.text, "\n"), text)
}

// TestAdmission lets statements wait in their pools, embedded and in stages.
func TestAdmission(t *testing.T) {
	for _, mode := range []string{"embedded", "staged"} {
		t.Run(mode, func(t *testing.T) {
			e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2, Memory: 64 << 20, Settings: map[string]string{
				"skep.pool.etl.max.running": "1", "skep.pool.etl.max.queued": "1", "skep.pool.etl.memory": "33554432", "skep.execution.mode": mode,
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			s, err := e.NewSession(t.Context(), SessionOptions{User: "ann", Conf: map[string]string{"tez.queue.name": "etl"}})
			if err != nil {
				t.Fatal(err)
			}
			start := func(ctx context.Context, sql string) (*Statement, *lines, chan error) {
				t.Helper()
				log := &lines{}
				st, err := s.Compile(ctx, Request{SQL: sql, QueryID: "q" + t.Name(), Log: log})
				if err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() {
					ended <- st.Run(ctx)
					_ = st.Close()
				}()
				return st, log, ended
			}
			run := func(sql string) error {
				t.Helper()
				_, _, ended := start(t.Context(), sql)
				return <-ended
			}
			const endless = "select count(*) from n a, n b, n c, n d where a.x + b.x + c.x + d.x = -1"
			if err := run("create table n as select pos x from (select 1 one) t lateral view posexplode(split(space(999), ' ')) p as pos, val"); err != nil {
				t.Fatal(err)
			}
			// Short statements go past the limit, one at a time.
			ctx, stop := context.WithCancel(t.Context())
			first, _, firstEnded := start(ctx, endless)
			for first.running.Load() == nil {
			}
			if err := run("select count(*) from n"); err != nil {
				t.Fatalf("a short statement: %v", err)
			}
			// Others wait, visibly, and can be cancelled while they do.
			waiting, cancel := context.WithCancel(t.Context())
			second, log, secondEnded := start(waiting, endless)
			for second.Progress().Queue != (admission.Place{Pool: "etl", Position: 1, Queued: 1}) {
			}
			for !log.contains("INFO Waiting in pool etl: position 1 of 1") {
			}
			if d := second.job.Detail(); d.State != history.Queued || d.Pool != "etl" {
				t.Errorf("waiting: %+v", d.Record)
			}
			// A full queue refuses, commands and DDL do not wait.
			err = run(endless)
			if err == nil || !strings.Contains(err.Error(), `the queue of pool "etl" is full: 1 queries are waiting`) {
				t.Errorf("a full queue: %v", err)
			}
			if err := errors.Join(run("set a=b"), run("create table m (x int)"), run("describe n")); err != nil {
				t.Errorf("statements that need no admission: %v", err)
			}
			cancel()
			if err := <-secondEnded; !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled in the queue: %v", err)
			}
			if d := second.job.Detail(); d.State != history.Canceled || d.Run != 0 {
				t.Errorf("cancelled in the queue: %+v", d.Record)
			}
			// Whoever waits runs when the one before has ended.
			ctx3, stop3 := context.WithCancel(t.Context())
			third, log, thirdEnded := start(ctx3, endless)
			for third.Progress().Queue.Position != 1 {
			}
			stop()
			<-firstEnded
			for third.job.State() != history.Running {
			}
			if !log.contains("INFO Admitted to pool etl after") {
				t.Error("nothing in the log about the admission")
			}
			stop3()
			<-thirdEnded
			for _, p := range e.Pools() {
				if p.Running != 0 || p.Queued != 0 || p.Granted != 0 {
					t.Errorf("left over: %+v", p)
				}
			}
			if used, _ := e.MemoryUsed(); used != 0 {
				t.Errorf("%d bytes are left", used)
			}
		})
	}
}

func TestAdmissionSettings(t *testing.T) {
	c, err := admissionConfig(map[string]string{
		"skep.pool.a.weight": "3", "skep.pool.a.max.running": "4", "skep.pool.b.per.user": " 2 ", "skep.pool.b.max.queued": "5",
		"skep.admission.max.running": "7", "skep.admission.short.lane": "2", "other": "x",
	}, 100)
	if err != nil || fmt.Sprint(c) != "{[{a 3 4 0 0 0} {b 1 0 5 2 0}] 7 100 2}" {
		t.Errorf("%v, %v", c, err)
	}
	for _, key := range []string{"skep.pool.a.wight", "skep.pool.a", "skep.pool..weight"} {
		if _, err := admissionConfig(map[string]string{key: "1"}, 0); err == nil {
			t.Errorf("%s was accepted", key)
		}
	}
	if _, err := admissionConfig(map[string]string{"skep.pool.a.weight": "many"}, 0); err == nil {
		t.Error("a weight of many was accepted")
	}
}

// TestPanic: a statement that breaks down gives its place back, and the panic goes on to who reports it.
func TestPanic(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.Compile(t.Context(), Request{SQL: "select 1"})
	if err != nil {
		t.Fatal(err)
	}
	st.task = func(context.Context) error { panic("broken") }
	func() {
		defer func() {
			if v := recover(); v != "broken" {
				t.Errorf("recovered %v", v)
			}
		}()
		_ = st.Run(t.Context())
	}()
	for _, p := range e.Pools() {
		if p.Running != 0 {
			t.Errorf("left over: %+v", p)
		}
	}
	if d := st.job.Detail(); d.State != history.Failed {
		t.Errorf("the history says %+v", d.Record)
	}
}

// TestOutOfMemory: a query that cannot do with the memory there is fails, says why, and leaves nothing behind.
func TestOutOfMemory(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2, Memory: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	run := func(sql string) error {
		st, err := s.Compile(t.Context(), Request{SQL: sql, QueryID: "q"})
		if err != nil {
			return err
		}
		defer st.Close()
		return st.Run(t.Context())
	}
	if err := run("create table n as select pos x from (select 1 one) t lateral view posexplode(split(space(699), ' ')) p as pos, val"); err != nil {
		t.Fatal(err)
	}
	err = run("select max(s) from (select sum(a.x) over (order by a.x - a.x range between 1 preceding and 1 following) s from n a, n b) t")
	if err == nil || !strings.Contains(err.Error(), memory.ErrExceeded.Error()) {
		t.Errorf("more than there is: %v", err)
	}
	if used, _ := e.MemoryUsed(); used != 0 {
		t.Errorf("%d bytes are left", used)
	}
	if err := run("select count(*) from n a, n b"); err != nil {
		t.Errorf("the next query: %v", err)
	}
}
