//go:build e2e

package chaos

import (
	"flag"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"skep/engine/scheduler"
	"skep/engine/scheduler/joblog"
	"skep/test/tpcds"
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
				x := interrupted{name: string(k) + ", " + name, statement: query, want: c.embedded(query), set: c.set}
				if insert {
					x.statement = "insert overwrite table target " + query
					x.result = "select k, n, s, m from target"
				}
				x.run(c)
			})
		}
	}
}

// The same over TPC-DS data, where tasks compute instead of waiting: a table made of a query, and the query.
func TestKilledCoordinatorOverTPCDS(t *testing.T) {
	shared, build := tpcds.Folders()
	const scale, format = "1", "parquet"
	dir, data := filepath.Join(shared, "tpcds"), filepath.Join(tpcds.Data(build), "sf"+scale)
	queries, err := tpcds.Queries(dir, scale)
	if err != nil {
		t.Skipf("no TPC-DS queries: %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "web_site")); err != nil {
		t.Skipf("no TPC-DS data: %v", err)
	}
	at := slices.IndexFunc(queries, func(q tpcds.Query) bool { return q.Name == "q4" })
	sql := strings.TrimRight(strings.TrimSpace(queries[at].SQL), ";")
	for _, create := range []bool{true, false} {
		name := map[bool]string{true: "create table as", false: "select"}[create]
		t.Run(name, func(t *testing.T) {
			c := start(t, local, func(c *cluster) { c.memory = "1GB" })
			for _, f := range []string{"text", format} {
				if err := tpcds.Load(t.Context(), c.client, dir, data, scale, f, func(string) {}); err != nil {
					t.Fatal(err)
				}
			}
			use := func() {
				c.exec("use " + tpcds.Database(scale, format))
				c.exec("set skep.execution.mode=staged")
			}
			use()
			x := interrupted{name: "TPC-DS SF" + scale + " " + queries[at].Name + ", " + name, statement: sql, want: c.embedded(sql), set: use}
			if create {
				x.statement, x.result = "create table target stored as parquet as "+sql, "select * from target"
				x.before = "drop table if exists target"
			}
			x.run(c)
		})
	}
}

// interrupted is a statement during which the server is killed.
type interrupted struct {
	name, statement string
	before          string // a statement that makes it possible to run it again; or ""
	result          string // a query of what it has written; "": it gives rows itself
	want            string
	set             func() // prepares a session
}

func (x *interrupted) run(c *cluster) {
	t := c.t
	t.Helper()
	prepare := func() {
		if x.before != "" {
			c.exec(x.before)
		}
	}
	prepare()
	healthy := c.run(x.statement, nil)
	if healthy.err != nil {
		t.Fatal(healthy.err)
	}
	r := rand.New(rand.NewSource(int64(len(x.name))))
	var added, ready []time.Duration
	kept, again := 0, 0
	for n := range *points {
		at := time.Duration((float64(n) + r.Float64()) / float64(*points) * float64(healthy.time))
		if n > 0 {
			x.set()
		}
		prepare()
		started := time.Now()
		op, err := c.client.Start(t.Context(), x.statement)
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
		x.set()
		got := ""
		if x.result != "" {
			got = c.embedded(x.result)
		} else {
			got = digest(res.Rows)
		}
		if got != x.want {
			t.Fatalf("killed after %v of %v: %s, want %s", at, healthy.time, got, x.want)
		}
		o := &outcome{attempts: c.attemptsSince(killed)}
		for _, a := range o.attempts {
			if k := (task{a.Stage, a.Task}); finished[k] && a.Start.Before(ended) {
				again++
				t.Errorf("killed after %v of %v: %v had finished and ran again (%s %s)", at, healthy.time, k, a.Class, a.Message)
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
	note("kill -9 of the server, "+x.name, "%d times: rows as ever, %d finished tasks kept, %d run again; ready in ≤ %.1f s, "+
		"added time median %.1f s, largest %.1f s, healthy %.1f s", len(added), kept, again, ready[len(ready)-1].Seconds(),
		added[len(added)/2].Seconds(), added[len(added)-1].Seconds(), healthy.time.Seconds())
	for _, f := range files(t, filepath.Join(c.dir, "data", "warehouse")) {
		if filepath.Base(filepath.Dir(f))[0] == '.' {
			t.Errorf("left behind: %s", f)
		}
	}
}
