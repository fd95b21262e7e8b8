package query

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"skep/engine/filesystem/local"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/table"
	"skep/engine/worker"
	"skep/engine/worker/attach"
	"skep/engine/worker/wire"
	"skep/metastore/partition"
	exchange "skep/shuffle/local"
	"skep/shuffle/store"
)

// attachWorkers opens an engine to which workers attach that share nothing with it but files. Each is ended by its function.
func attachWorkers(t *testing.T, n int) (e *Engine, end []func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	access := wire.Security{Token: "secret"}
	e, err = Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 2, Workers: &Workers{Listener: l, Security: access}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := range n {
		end = append(end, startWorker(t, l.Addr().String(), access, i))
	}
	for deadline := time.Now().Add(20 * time.Second); e.attached() < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the workers did not attach")
		}
	}
	return e, end
}

func startWorker(t *testing.T, coordinator string, access wire.Security, i int) (end func()) {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := exchange.Open(exchange.Options{
		Store: store.Options{Dirs: []string{filepath.Join(dir, "shuffle")}}, Location: "http://" + l.Addr().String(), Token: access.Token,
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := local.New()
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: outputs.Handler()}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	wg.Go(func() {
		err := attach.Run(ctx, attach.Config{
			Coordinator: func() (string, error) { return coordinator, nil }, Security: access, Name: fmt.Sprintf("w%d", i), Slots: 2, Memory: 64 << 20, Exchange: LocalExchange, Log: hclog.NewNullLogger(),
			Worker: worker.Config{
				Exchange: outputs, Formats: table.NewFormats(), Files: files, Slots: pipeline.NewSlots(2), Pool: memory.NewPool("worker", 64<<20),
				PartitionName: partition.Name, Scratch: filepath.Join(dir, "tasks"),
			},
		})
		if err := errors.Join(err, server.Close(), outputs.Close()); err != nil {
			t.Error(err)
		}
	})
	end = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
	t.Cleanup(end)
	return end
}

func TestWorkersGiveTheSameRows(t *testing.T) {
	e, end := attachWorkers(t, 3)
	s, err := e.NewSession(t.Context(), SessionOptions{Conf: map[string]string{executionMode: "staged", executionTasks: "4", broadcastBytes: "-1"}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "create table t (k int, v int)")
	run(t, s, "create table skewed (k int, v int) partitioned by (p string)")
	run(t, s, "set hive.exec.dynamic.partition.mode=nonstrict")
	for i := range 4 {
		run(t, s, fmt.Sprintf("insert into t select i %% 97, i from (select %d + 4 * pos i from (select 1) x lateral view posexplode(split(space(299), ' ')) e as pos, val) y", i))
	}
	run(t, s, "insert into skewed select if(v % 10 < 8, 7, k), v, concat('p', v % 3) from t")
	for i, sql := range append(slices.Clone(adaptiveJoins), "select p, count(*), sum(v) from skewed group by p", "select transform(k, v) using 'cat' as (a int, b int) from t") {
		if rows := sameInStages(t, s, sql); len(rows) == 0 {
			t.Errorf("%s: no rows", sql)
		}
		if i < 2 {
			end[i]() // the last worker does the rest alone
		}
	}
	s.conf.Set(rangeBytes, "0")
	const ordered = "select v, k from skewed order by k % 10, v desc"
	got := run(t, s, ordered)
	s.conf.Set(executionMode, "embedded")
	if want := run(t, s, ordered); !slices.Equal(got, want) {
		t.Errorf("%s: %d rows in another order than %d", ordered, len(got), len(want))
	}
	s.conf.Set(executionMode, "staged")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) { // with the next heartbeat
		counted, err := e.metrics.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		read := 0.0
		for _, f := range counted {
			for _, m := range f.GetMetric() {
				if f.GetName() == "skep_worker_shuffle_bytes_total" && m.GetLabel()[1].GetValue() == "w2" {
					read += m.GetCounter().GetValue()
				}
			}
		}
		if read > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the last worker told nobody what it read")
		}
	}
	if _, err := tryRun(t.Context(), s, "select cast(assert_true(v < 0) as int) from t"); err == nil || err.Error() == "" {
		t.Error("a query that fails on a worker succeeded")
	}
}

func TestSmallQueriesDoNotGoToWorkers(t *testing.T) {
	e, _ := attachWorkers(t, 1)
	s, err := e.NewSession(t.Context(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "create table t (v int)")
	run(t, s, "insert into t select pos from (select 1) x lateral view posexplode(split(space(999), ' ')) e as pos, val")
	for _, c := range []struct {
		bytes  string
		staged bool
	}{{"1000000", false}, {"1000", true}} {
		s.conf.Set(embeddedBytes, c.bytes)
		st, err := s.Compile(t.Context(), Request{SQL: "select sum(v) from t", QueryID: "q" + c.bytes})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := st.running.Load().staged; got != c.staged {
			t.Errorf("with %s bytes for one process: in stages %v, want %v", c.bytes, got, c.staged)
		}
		st.Close()
	}
}
