//go:build e2e

package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"skep/test/skepserver"
)

// localWorkers are the processes of the workers that a server has started, by number.
func localWorkers(t *testing.T, data string, n int) []int {
	t.Helper()
	pids := make([]int, n)
	within(t, 20*time.Second, "the local workers", func() bool {
		for i := range pids {
			text, err := os.ReadFile(filepath.Join(data, "workers-data", fmt.Sprint(i), "worker.lock"))
			if _, e := fmt.Sscan(string(text), &pids[i]); err != nil || e != nil {
				return false
			}
		}
		return true
	})
	return pids
}

func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

// Workers that a server has started outlive it when it is killed, and the next one goes on with them: no finished task runs again, and
// only a worker that has gone is started. A server that is asked to end takes all along. Without a server they end by themselves.
func TestLocalWorkersOutliveTheirServer(t *testing.T) {
	c := &cluster{t: t, dir: t.TempDir(), kind: local}
	c.options = skepserver.Options{
		Binary: binary, Data: filepath.Join(c.dir, "data"), Port: freePort(t), Workers: workers, Args: []string{"--worker-slots", "2", "--worker-grace", "20s"},
	}
	c.startServer()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("server:\n%s", c.server.LogTail())
		}
		_ = c.server.Stop() // most likely it has ended
	})
	c.client = c.dial()
	c.load()
	want := c.embedded(query)
	c.ok(c.run(query, nil), want)
	first := localWorkers(t, c.options.Data, workers)

	op, err := c.client.Start(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2500 * time.Millisecond)
	if err := c.server.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	finished, _ := finishedIn(t, filepath.Join(c.options.Data, "jobs"))
	if len(finished) == 0 {
		t.Fatal("no task had finished when the server was killed")
	}
	time.Sleep(time.Second)
	for i, pid := range first {
		if !alive(pid) {
			t.Fatalf("worker %d has ended with its server", i)
		}
	}
	c.startServer()
	c.client = c.dial()
	res, err := c.client.Await(t.Context(), op)
	if err != nil {
		t.Fatal(err)
	}
	if got := digest(res.Rows); got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	took := time.Since(killed)
	for _, a := range c.attemptsSince(killed) {
		if x := (task{a.Stage, a.Task}); finished[x] {
			t.Errorf("%v had finished and ran again (%s %s)", x, a.Class, a.Message)
		}
	}
	if again := localWorkers(t, c.options.Data, workers); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("workers %v became %v", first, again)
	}
	note("workers of a killed server", "taken over by the next one: rows as ever, %d finished tasks kept, 0 run again, over %.1f s after the kill", len(finished), took.Seconds())

	// One goes while there is no server.
	if err := c.server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(first[2], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.startServer()
	var second []int
	within(t, 20*time.Second, "another worker", func() bool {
		second = localWorkers(t, c.options.Data, workers)
		return second[2] != first[2] && alive(second[2])
	})
	for i, pid := range second {
		if i != 2 && pid != first[i] {
			t.Errorf("worker %d was started again", i)
		}
	}
	c.client = c.dial()
	c.set()
	c.ok(c.run(query, nil), want)
	if err := c.server.Stop(); err != nil {
		t.Fatal(err)
	}
	for i, pid := range second {
		if alive(pid) {
			t.Errorf("worker %d has outlived a server that was asked to end", i)
		}
	}

	// Nobody comes to take them over.
	c.startServer()
	third := localWorkers(t, c.options.Data, workers)
	within(t, 20*time.Second, "other workers", func() bool {
		third = localWorkers(t, c.options.Data, workers)
		return alive(third[0]) && alive(third[1]) && alive(third[2]) && alive(third[3])
	})
	if err := c.server.Kill(); err != nil {
		t.Fatal(err)
	}
	within(t, 40*time.Second, "the end of workers without a server", func() bool {
		return !alive(third[0]) && !alive(third[1]) && !alive(third[2]) && !alive(third[3])
	})
}
