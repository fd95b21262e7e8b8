//go:build e2e

package chaos

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// figure is a line of the table that is printed in the end.
type figure struct{ name, value string }

var figures []figure

func note(name, format string, args ...any) {
	figures = append(figures, figure{name, fmt.Sprintf(format, args...)})
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range figures {
		fmt.Printf("%-52s %s\n", f.name, f.value)
	}
	os.Exit(code)
}

// embedded is what a query gives in one process.
func (c *cluster) embedded(sql string) string {
	c.t.Helper()
	c.exec("set skep.execution.mode=embedded")
	defer c.exec("set skep.execution.mode=staged")
	return digest(c.exec(strings.ReplaceAll(sql, "SKEP_CHAOS_SLEEP:-0.4", "SKEP_CHAOS_NONE:-0")))
}

// ok fails the test when a query failed or gave other rows.
func (c *cluster) ok(o *outcome, want string) {
	c.t.Helper()
	if o.err != nil {
		c.t.Fatalf("the query failed: %v", o.err)
	}
	if o.digest != want {
		c.t.Fatalf("the query gave %s, in one process %s", o.digest, want)
	}
}

func after(started time.Time, d time.Duration) { time.Sleep(time.Until(started.Add(d))) }

// insert has two stages of equal weight, the second of which writes files: what it has been granted outlives its workers.
const insert = `insert overwrite table target select transform (k, v) using ` + slow + ` as (k int, v int) from (
    select transform (k, v) using ` + slow + ` as (k int, v int) from t distribute by k) a`

// A worker is killed when three quarters of the time have passed. What it had finished and is still needed is made again, unless it
// outlives the worker; what it was doing is done by others; tasks elsewhere that were reading from it wait. Nothing else runs twice.
func TestKilledWorker(t *testing.T) {
	for _, k := range []kind{local, spool, served} {
		t.Run(string(k), func(t *testing.T) {
			c := start(t, k, nil)
			c.load()
			c.exec("create table target (k int, v int)")
			killed(t, c, "insert", insert, c.embedded("select k, v from t"), 1)
			if k == local {
				killed(t, c, "query", query, c.embedded(query), 2)
			}
		})
	}
}

// killed runs a statement without and with a worker killed. Outputs of the first stages are lost with their worker.
func killed(t *testing.T, c *cluster, name, sql, want string, stages int) {
	run := func(meddle func(started time.Time)) *outcome {
		o := c.run(sql, meddle)
		if sql == insert && o.err == nil {
			o.digest = c.embedded("select k, v from target")
		}
		c.ok(o, want)
		return o
	}
	healthy := run(nil)
	if again := healthy.repeated(); len(again) > 0 {
		t.Errorf("without any disturbance %v ran more than once", again)
	}
	var killed time.Time
	o := run(func(started time.Time) {
		after(started, healthy.time*3/4)
		c.workers[1].Signal(syscall.SIGKILL)
		killed = time.Now()
		<-c.workers[1].Ended
	})
	finished, running := o.on("w1", killed)
	if len(running) == 0 {
		t.Fatalf("nothing ran on the worker when it was killed: %v of %v", killed.Sub(o.start), o.time)
	}
	lost := slices.Clone(running)
	if c.kind == local {
		finished = slices.DeleteFunc(finished, func(x task) bool { return x.stage >= stages })
		lost = append(lost, o.needed(finished, killed)...)
	}
	slices.SortFunc(lost, compare)
	if got := o.repeated(); !slices.Equal(got, lost) {
		t.Errorf("run again were\n%v, lost were\n%v", got, lost)
	}
	note(fmt.Sprintf("kill -9 one of 4 at 75 %%, %s, %s", c.kind, name), "%.1f s, healthy %.1f s: %.2f; run again: the %d lost",
		o.time.Seconds(), healthy.time.Seconds(), o.time.Seconds()/healthy.time.Seconds(), len(lost))
	c.workers[1] = c.startWorker(1)
	time.Sleep(time.Second)
}

// needed leaves out the outputs of stages whose consumers had all finished, and so had been given up.
func (o *outcome) needed(list []task, at time.Time) []task {
	last := map[int]time.Time{} // end of the last first attempt, by stage
	for _, a := range o.attempts {
		if a.Class == "" && a.End.After(last[a.Stage]) {
			last[a.Stage] = a.End
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(x task) bool {
		next, ok := last[x.stage+1]
		return ok && next.Before(at)
	})
}

// A worker is stopped while it writes files, is given up, and goes on when the query is over: what it then offers is not taken.
func TestZombie(t *testing.T) {
	c := start(t, local, nil)
	c.load()
	c.exec("create table target (k int, v int)")
	insert := "insert overwrite table target select transform (k, v) using " + slow + " as (k int, v int) from t"
	want := c.embedded("select k, v from t")
	zombie := c.workers[2]
	var stopped time.Time
	o := c.run(insert, func(started time.Time) {
		after(started, 1200*time.Millisecond)
		zombie.Signal(syscall.SIGSTOP)
		stopped = time.Now()
	})
	if o.err != nil {
		t.Fatal(o.err)
	}
	_, running := o.on("w2", stopped)
	if len(running) == 0 {
		t.Fatal("nothing ran on the worker when it was stopped")
	}
	before := files(t, filepath.Join(c.dir, "data", "warehouse"))
	zombie.Signal(syscall.SIGCONT)
	within(t, 20*time.Second, "the zombie's return", func() bool {
		log, _ := os.ReadFile(filepath.Join(c.dir, "w2.log"))
		return strings.Contains(string(log), "the connection with the coordinator broke") || c.idle("w2")
	})
	time.Sleep(2 * time.Second) // in which it could do harm
	if now := files(t, filepath.Join(c.dir, "data", "warehouse")); !slices.Equal(before, now) {
		t.Errorf("the zombie changed the warehouse from\n%s\nto\n%s", strings.Join(before, "\n"), strings.Join(now, "\n"))
	}
	if got := c.embedded("select k, v from target"); got != want {
		t.Errorf("the table has %s, want %s", got, want)
	}
	for _, f := range before {
		if strings.Contains(f, "staging") {
			t.Errorf("left behind: %s", f)
		}
	}
	// It is a worker like the others again.
	c.ok(c.run(query, nil), c.embedded(query))
	note("SIGSTOP while writing, SIGCONT afterwards", "%.1f s; %d attempts given up and made elsewhere, nothing of theirs in the table", o.time.Seconds(), len(running))
}

// idle reports whether no attempt's process of a worker runs any more.
func (c *cluster) idle(name string) bool {
	entries, err := os.ReadDir(filepath.Join(c.dir, "worker-"+strings.TrimPrefix(name, "w"), "worker-scratch", "tasks"))
	return err != nil || len(entries) == 0
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			out = append(out, fmt.Sprintf("%s %d", strings.TrimPrefix(path, dir), info.Size()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// One of two directories for outputs is full; then both are.
func TestFullDisks(t *testing.T) {
	for _, full := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d of 2", full), func(t *testing.T) {
			disks := [2]string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
			for _, d := range disks[:full] {
				if err := smallDisk(t, d); err != nil {
					t.Skip(err)
				}
			}
			c := start(t, local, func(c *cluster) {
				c.args = []string{"--shuffle-memory", "0"}
				c.dirs = func(i int) []string {
					return []string{filepath.Join(disks[0], fmt.Sprint(i)), filepath.Join(disks[1], fmt.Sprint(i))}
				}
			})
			c.load()
			sql := "select k, count(*), sum(v), max(v), count(distinct v) from t group by k"
			want := c.embedded(sql)
			o := c.run(sql, nil)
			if full == 1 {
				c.ok(o, want)
				note("one of two disks full", "the query succeeds in %.1f s; classes %v", o.time.Seconds(), o.classes())
				return
			}
			if o.err == nil || !strings.Contains(o.err.Error(), "no space left") {
				t.Errorf("the query ended with %v", o.err)
			}
			note("both disks full", "the query fails in %.1f s: %.90v", o.time.Seconds(), o.err)
		})
	}
}

// One worker is ten times slower than the others.
func TestSlowWorker(t *testing.T) {
	c := start(t, local, nil)
	c.load()
	want := c.embedded(query)
	healthy := c.run(query, nil)
	c.ok(healthy, want)
	c.workers[3].Signal(syscall.SIGTERM)
	<-c.workers[3].Ended
	c.env = func(int) []string { return []string{"SKEP_CHAOS_SLEEP=4"} }
	c.workers[3] = c.startWorker(3)
	time.Sleep(time.Second)
	o := c.run(query, nil)
	c.ok(o, want)
	copies := 0
	for _, a := range o.attempts {
		if a.Copy {
			copies++
		}
	}
	ratio := o.time.Seconds() / healthy.time.Seconds()
	const bound = workers / (workers - 1 + 0.1)
	note("one of 4 workers ten times slower", "%.1f s, healthy %.1f s: %.2f, %.2f × the bound of %.2f; %d copies",
		o.time.Seconds(), healthy.time.Seconds(), ratio, ratio/bound, bound, copies)
}

// Workers are asked to leave all the time, and others come in their place.
func TestPreemption(t *testing.T) {
	for _, k := range []kind{local, spool} {
		t.Run(string(k), func(t *testing.T) {
			c := start(t, k, func(c *cluster) { c.args = []string{"--finish", "200ms", "--serve", "3s"} })
			c.load()
			want := c.embedded(query)
			healthy := c.run(query, nil)
			c.ok(healthy, want)
			r := rand.New(rand.NewSource(1))
			asked := 0
			over := make(chan struct{})
			stormed := make(chan struct{})
			go func() {
				defer close(stormed)
				for {
					select {
					case <-over:
						return
					case <-time.After(1500 * time.Millisecond):
					}
					i := r.Intn(workers)
					c.workers[i].Signal(syscall.SIGTERM)
					asked++
					select {
					case <-c.workers[i].Ended:
					case <-over:
						return
					}
					c.workers[i] = c.startWorker(i)
				}
			}()
			o := c.run(query, nil)
			close(over)
			<-stormed
			c.ok(o, want)
			note("workers asked to leave, "+string(k), "%d times in %.1f s, healthy %.1f s: %.2f; %d tasks run again; classes %v",
				asked, o.time.Seconds(), healthy.time.Seconds(), o.time.Seconds()/healthy.time.Seconds(), len(o.repeated()), o.classes())
		})
	}
}

// Files of outputs, and those that they have been merged into, are damaged between their writing and their reading.
func TestDamagedFiles(t *testing.T) {
	for _, how := range []string{"bit flips", "truncation"} {
		t.Run(how, func(t *testing.T) {
			c := start(t, local, func(c *cluster) { c.args = []string{"--shuffle-memory", "0"} })
			c.load()
			want := c.embedded(query)
			healthy := c.run(query, nil)
			c.ok(healthy, want)
			outputs := filepath.Join(c.workerDir(0), "worker-scratch", "shuffle")
			within(t, 20*time.Second, "the end of the outputs of the query before", func() bool { return len(files(t, outputs)) == 0 })
			damaged := 0
			o := c.run(query, func(time.Time) {
				// Later ones stay whole, and copies that are made of these for faster reading cannot.
				within(t, 20*time.Second, "an output", func() bool {
					damaged = damage(t, outputs, how)
					return damaged > 0
				})
			})
			c.ok(o, want)
			if len(o.repeated()) < damaged {
				t.Errorf("%d files were damaged, and not all were noticed: %v were made again", damaged, o.repeated())
			}
			note(how+" in files of outputs", "%d files of one worker: rows as ever, %d tasks run again; classes %v", damaged, len(o.repeated()), o.classes())
		})
	}
}

func damage(t *testing.T, dir, how string) int {
	n := 0
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || info.Size() == 0 {
			return nil // files come and go
		}
		n++
		if how == "truncation" {
			return os.Truncate(path, info.Size()*2/3)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		b := make([]byte, 1)
		at := info.Size() / 3
		if _, err := f.ReadAt(b, at); err != nil {
			return err
		}
		b[0] ^= 0x10
		_, err = f.WriteAt(b, at)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return n
}
