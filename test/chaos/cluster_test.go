//go:build e2e

// Package chaos runs queries over real worker processes and real files while workers are killed, stopped, slowed down, asked to
// leave, or lose their disks and files. Rows must be those of an undisturbed run in one process; what is run again must be what was
// lost. Times are printed, never judged.
package chaos

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	_ "modernc.org/sqlite" // registers the driver

	"skep/engine/history"
	"skep/test/hs2"
	"skep/test/skepserver"
)

const binary = "../../bin/skep"

// kind is where workers put their outputs.
type kind string

const (
	local  kind = "local"
	spool  kind = "spool"
	served kind = "shuffle server"
)

// cluster is a server with worker processes that the test owns.
type cluster struct {
	t       *testing.T
	dir     string
	kind    kind
	port    int // of workers
	server  *skepserver.Server
	options skepserver.Options // of the server
	client  *hs2.Client
	workers []*skepserver.Process
	shuffle *skepserver.Process
	outputs string               // address of the shuffle server
	slots   int                  // of a worker; 0: two
	memory  string               // of a worker; "": 256MB
	args    []string             // further ones of workers
	dirs    func(i int) []string // shuffle directories of worker i, instead of its own
	env     func(i int) []string // environment of worker i
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

const workers = 4

// start starts a cluster of four workers of two slots.
func start(t *testing.T, k kind, change func(c *cluster)) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir(), kind: k, port: freePort(t)}
	if change != nil {
		change(c)
	}
	if err := os.WriteFile(c.tokenFile(), []byte("chaos"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.options = skepserver.Options{
		Binary: binary, Data: filepath.Join(c.dir, "data"), Port: freePort(t),
		Args: []string{"--worker-port", strconv.Itoa(c.port), "--token-file", c.tokenFile()},
	}
	switch k {
	case spool:
		c.options.Args = append(c.options.Args, "--spool", filepath.Join(c.dir, "spool"))
	case served:
		c.startShuffleServer()
		c.options.Args = append(c.options.Args, "--shuffle-server", c.outputs)
	}
	c.startServer()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("server:\n%s", c.server.LogTail())
		}
		for _, w := range c.workers {
			w.Kill()
		}
		_ = c.server.Stop()
		if c.shuffle != nil {
			c.shuffle.Signal(syscall.SIGTERM)
			<-c.shuffle.Ended
		}
	})
	for i := range workers {
		c.workers = append(c.workers, c.startWorker(i))
	}
	c.client = c.dial()
	t.Cleanup(func() { _ = c.client.Close() })
	return c
}

// startServer starts the server, always at the same ports and on the same data.
func (c *cluster) startServer() {
	c.t.Helper()
	var err error
	if c.server, err = skepserver.Start(c.t.Context(), c.options); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) dial() *hs2.Client {
	c.t.Helper()
	client, err := hs2.Dial(c.t.Context(), hs2.Options{Addr: c.server.Addr, Auth: "NOSASL", User: "chaos"})
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

func (c *cluster) tokenFile() string { return filepath.Join(c.dir, "token") }

func (c *cluster) workerDir(i int) string { return filepath.Join(c.dir, "worker-"+strconv.Itoa(i)) }

func (c *cluster) startShuffleServer() {
	if err := os.MkdirAll(filepath.Join(c.dir, "outputs"), 0o755); err != nil {
		c.t.Fatal(err)
	}
	port := freePort(c.t)
	c.shuffle = c.spawn("shuffle", nil, "shuffle-server", "--host", "127.0.0.1", "--port", strconv.Itoa(port),
		"--dir", filepath.Join(c.dir, "outputs"), "--token-file", c.tokenFile())
	c.outputs = "http://127.0.0.1:" + strconv.Itoa(port)
}

// startWorker starts worker number i.
func (c *cluster) startWorker(i int) *skepserver.Process {
	args := []string{
		"worker", "--coordinator", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), "--token-file", c.tokenFile(),
		"--data", c.workerDir(i), "--name", "w" + strconv.Itoa(i), "--slots", strconv.Itoa(cmp.Or(c.slots, 2)), "--memory", cmp.Or(c.memory, "256MB"),
	}
	switch {
	case c.kind == spool:
		args = append(args, "--spool", filepath.Join(c.dir, "spool"))
	case c.kind == served:
		args = append(args, "--shuffle-server", c.outputs, "--shuffle-dir", filepath.Join(c.dir, "outputs"))
	case c.dirs != nil:
		for _, d := range c.dirs(i) {
			args = append(args, "--shuffle-dir", d)
		}
	}
	var env []string
	if c.env != nil {
		env = c.env(i)
	}
	return c.spawn("w"+strconv.Itoa(i), env, append(args, c.args...)...)
}

func (c *cluster) spawn(name string, env []string, args ...string) *skepserver.Process {
	c.t.Helper()
	p, err := skepserver.Spawn(binary, filepath.Join(c.dir, name+".log"), env, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (c *cluster) exec(sql string) [][]hs2.Value {
	c.t.Helper()
	r, err := c.client.Exec(c.t.Context(), sql)
	if err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	return r.Rows
}

// set makes the statements of the session run in stages.
func (c *cluster) set() {
	c.exec("set skep.execution.mode=staged")
	c.exec("set skep.execution.tasks=" + strconv.Itoa(tasks))
	c.exec("set skep.execution.broadcast.bytes=-1")
}

// tasks is the number of tasks of each stage of the queries.
const tasks = 48

// load makes the table t(k, v) in as many files as there are tasks. Queries then run in stages.
func (c *cluster) load() {
	for _, sql := range []string{
		"set skep.execution.mode=embedded", "set hive.exec.dynamic.partition.mode=nonstrict",
		"create table n (x int)", "insert into n select 1",
		"create table t (k int, v int) partitioned by (p int)",
		"insert into t select pos % 1000, pos, pos % " + strconv.Itoa(tasks) + " from n lateral view posexplode(split(space(95999), ' ')) e as pos, val",
		"set skep.execution.mode=staged", "set skep.execution.tasks=" + strconv.Itoa(tasks), "set skep.execution.broadcast.bytes=-1",
	} {
		c.exec(sql)
	}
}

// slow is a program that passes on its input after a while. The time takes no processor, so that two cores are enough for eight slots.
const slow = `'sh -c "sleep ${SKEP_CHAOS_SLEEP:-0.4}; cat"'`

// query has two stages of equal weight, and a short one behind them.
const query = `select k, count(*) n, sum(v) s, max(v) m from (
  select transform (k, v) using ` + slow + ` as (k int, v int) from (
    select transform (k, v) using ` + slow + ` as (k int, v int) from t distribute by k) a) b group by k`

// digest sums up rows, whatever their order.
func digest(rows [][]hs2.Value) string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		for _, v := range r {
			lines[i] += fmt.Sprintf("%v|%v;", v.Null, v.Text)
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return fmt.Sprintf("%d rows %s", len(rows), hex.EncodeToString(sum[:6]))
}

// outcome is what a query did.
type outcome struct {
	digest string
	time   time.Duration
	err    error
	// attempts, by the order of their ends.
	attempts []history.Attempt
	start    time.Time
}

// run runs a query and, meanwhile, meddle, which is over before run returns.
func (c *cluster) run(sql string, meddle func(started time.Time)) *outcome {
	c.t.Helper()
	o := &outcome{start: time.Now()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if meddle != nil {
			meddle(o.start)
		}
	}()
	r, err := c.client.Exec(c.t.Context(), sql)
	o.time, o.err = time.Since(o.start), err
	<-done
	if err == nil {
		o.digest = digest(r.Rows)
	}
	o.attempts = c.lastAttempts()
	return o
}

// lastAttempts reads the attempts of the latest statement from the history, once it has ended there.
func (c *cluster) lastAttempts() []history.Attempt {
	c.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		all := c.events("ORDER BY id DESC LIMIT 1")
		if len(all) == 1 {
			if list, ended, _ := readAttempts(all[0]); ended {
				return list
			}
		}
		if time.Now().After(deadline) {
			c.t.Fatal("the latest statement has not ended in the history")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// attemptsSince lists the attempts of all statements that started after a moment.
func (c *cluster) attemptsSince(at time.Time) (out []history.Attempt) {
	c.t.Helper()
	for _, b := range c.events("") {
		list, _, _ := readAttempts(b) // one that is being written, or was when the server was killed, ends early
		for _, a := range list {
			if a.Start.After(at) {
				out = append(out, a)
			}
		}
	}
	return out
}

// events returns the event files of the statements that the history's index lists in an order: those that it keeps itself, and files.
func (c *cluster) events(order string) (out [][]byte) {
	c.t.Helper()
	dir := filepath.Join(c.dir, "data", "history")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "history.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(c.t.Context(), "SELECT id, events FROM statement "+order)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var b []byte
		if err := rows.Scan(&id, &b); err != nil {
			c.t.Fatal(err)
		}
		if b == nil {
			names, err := filepath.Glob(filepath.Join(dir, "events", "*", fmt.Sprint(id)+".zst"))
			if err != nil || len(names) != 1 {
				continue // nothing is written yet
			}
			if b, err = os.ReadFile(names[0]); err != nil {
				c.t.Fatal(err)
			}
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return out
}

func readAttempts(b []byte) (list []history.Attempt, ended bool, err error) {
	r, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	d := json.NewDecoder(r)
	for {
		var line struct {
			Attempt *history.Attempt
			End     *json.RawMessage
		}
		if err := d.Decode(&line); err != nil {
			return list, ended, err
		}
		if line.Attempt != nil {
			list = append(list, *line.Attempt)
		}
		ended = ended || line.End != nil
	}
}

// task names a task of a query.
type task struct{ stage, task int }

// repeated lists the tasks that ran more than once, copies of slow attempts left out.
func (o *outcome) repeated() []task {
	count := map[task]int{}
	for _, a := range o.attempts {
		if !a.Copy {
			count[task{a.Stage, a.Task}]++
		}
	}
	var out []task
	for t, n := range count {
		if n > 1 {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, compare)
	return out
}

func compare(a, b task) int {
	if a.stage != b.stage {
		return a.stage - b.stage
	}
	return a.task - b.task
}

// on lists the tasks of which a worker had an attempt that was running at a moment, and came to nothing, or one whose output counts: finished by
// then, or granted and only yet to be heard of.
func (o *outcome) on(worker string, at time.Time) (finished, running []task) {
	for _, a := range o.attempts {
		if a.Worker != worker || a.Start.After(at) {
			continue
		}
		x := task{a.Stage, a.Task}
		switch {
		case a.Class == "":
			finished = append(finished, x)
		case a.End.After(at):
			running = append(running, x)
		}
	}
	slices.SortFunc(finished, compare)
	slices.SortFunc(running, compare)
	return finished, running
}

func (o *outcome) classes() map[string]int {
	n := map[string]int{}
	for _, a := range o.attempts {
		if a.Class != "" {
			n[a.Class]++
		}
	}
	return n
}

// within bounds a wait. Any goroutine may call it.
func within(t *testing.T, d time.Duration, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(d)
	for !is() {
		if time.Now().After(deadline) {
			t.Errorf("%s did not come within %v", what, d)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var errSkip = errors.New("not possible here")

// smallDisk mounts a file system of a few kilobytes.
func smallDisk(t *testing.T, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		return fmt.Errorf("%w: mounting a small disk: %w", errSkip, err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return nil
}
