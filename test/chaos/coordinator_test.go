//go:build e2e

package chaos

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"skep/engine/scheduler"
	"skep/engine/scheduler/joblog"
)

var points = flag.Int("points", 4, "how often the server is killed")

// finishedIn lists the tasks that a log of jobs knows to be finished, their output not given up, and how many jobs run. The log is
// that of a process that was killed.
func finishedIn(t *testing.T, dir string) (tasks map[task]bool, jobs int) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "jobs")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	log, records, err := joblog.Open(copied)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	byJob := map[scheduler.JobID]map[task]bool{}
	for _, r := range records {
		of := func(id scheduler.JobID) map[task]bool {
			if byJob[id] == nil {
				byJob[id] = map[task]bool{}
			}
			return byJob[id]
		}
		switch r := r.(type) {
		case scheduler.RecJobSubmitted:
			of(r.Job)
		case scheduler.RecTasksFinished:
			for _, d := range r.Tasks {
				of(r.Job)[task{int(r.Stage), int(d.Task)}] = true
			}
		case scheduler.RecTasksLost:
			for _, id := range r.Tasks {
				delete(of(r.Job), task{int(r.Stage), int(id)})
			}
		case scheduler.RecOutputGranted:
			of(r.Attempt.Job)[task{int(r.Attempt.Stage), int(r.Attempt.Task)}] = true
		case scheduler.RecJobEnded:
			delete(byJob, r.Job)
		}
	}
	for _, x := range byJob {
		return x, len(byJob)
	}
	return nil, 0
}

// The server is killed at random moments of a statement. The next process goes on with it: workers come back with what they have, no
// finished task runs again, the client finds its statement by the old handle over a new connection, and the rows are as ever.
func TestKilledCoordinator(t *testing.T) {
	for _, k := range []kind{local, spool} {
		for _, insert := range []bool{true, false} {
			name := map[bool]string{true: "insert", false: "select"}[insert]
			t.Run(string(k)+" "+name, func(t *testing.T) {
				c := start(t, k, nil)
				c.load()
				c.exec("create table target (k int, n bigint, s bigint, m int)")
				want := c.embedded(query)
				statement := query
				if insert {
					statement = "insert overwrite table target " + query
				}
				healthy := c.run(statement, nil)
				if healthy.err != nil {
					t.Fatal(healthy.err)
				}
				r := rand.New(rand.NewSource(int64(len(name) + len(k))))
				var added, ready []time.Duration
				kept, again := 0, 0
				for n := range *points {
					at := time.Duration((float64(n) + r.Float64()) / float64(*points) * float64(healthy.time))
					if n > 0 {
						c.set()
					}
					started := time.Now()
					op, err := c.client.Start(t.Context(), statement)
					if err != nil {
						t.Fatal(err)
					}
					after(started, at)
					if err := c.server.Kill(); err != nil {
						t.Fatal(err)
					}
					killed := time.Now()
					finished, jobs := finishedIn(t, filepath.Join(c.dir, "data", "jobs"))
					time.Sleep(time.Second)
					restarted := time.Now()
					c.startServer()
					c.client = c.dial()
					ready = append(ready, time.Since(restarted))
					res, err := c.client.Await(t.Context(), op)
					ended := time.Now()
					if err != nil {
						if jobs == 0 {
							continue // it had not come to the log, or had ended: there is nothing to go on with
						}
						t.Fatalf("killed after %v of %v: %v", at, healthy.time, err)
					}
					got := ""
					if insert {
						got = c.embedded("select k, n, s, m from target")
					} else {
						got = digest(res.Rows)
					}
					if got != want {
						t.Fatalf("killed after %v of %v: %s, want %s", at, healthy.time, got, want)
					}
					o := &outcome{attempts: c.attemptsSince(killed)}
					for _, a := range o.attempts {
						if x := (task{a.Stage, a.Task}); finished[x] {
							again++
							t.Errorf("killed after %v of %v: %v had finished and ran again (%s %s)", at, healthy.time, x, a.Class, a.Message)
						}
					}
					kept += len(finished)
					added = append(added, ended.Sub(started)-healthy.time-restarted.Sub(killed))
				}
				if len(added) == 0 {
					t.Fatal("the server was never killed while the statement ran")
				}
				slices.Sort(added)
				slices.Sort(ready)
				note(fmt.Sprintf("kill -9 of the server, %s, %s", k, name), "%d times: rows as ever, %d finished tasks kept, %d run again; ready in ≤ %.1f s, "+
					"added time median %.1f s, largest %.1f s, healthy %.1f s", len(added), kept, again, ready[len(ready)-1].Seconds(),
					added[len(added)/2].Seconds(), added[len(added)-1].Seconds(), healthy.time.Seconds())
				for _, f := range files(t, filepath.Join(c.dir, "data", "warehouse")) {
					if filepath.Base(filepath.Dir(f))[0] == '.' {
						t.Errorf("left behind: %s", f)
					}
				}
			})
		}
	}
}
