package history

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func open(t testing.TB, o Options) *History {
	t.Helper()
	h, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// begun begins statement number n.
func begun(h *History, n int) *Job {
	return h.Begin(Begin{
		QueryID: fmt.Sprintf("q%d", n), User: []string{"ann", "bob"}[n%2], Database: "default", Kind: "query",
		SQL: fmt.Sprintf("select %d%% from t_x", n), Start: time.Now().Add(-time.Second), Compile: 300 * time.Millisecond,
		Settings: map[string]string{"a": "b"}, Plan: "scan t",
	})
}

func list(t *testing.T, h *History, f Filter) string {
	t.Helper()
	rows, total, err := h.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", total)
	for _, r := range rows {
		fmt.Fprintf(&b, " %s=%s", r.QueryID, r.State)
	}
	return b.String()
}

func get(t *testing.T, h *History, key string) *Detail {
	t.Helper()
	d, err := h.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestStatements(t *testing.T) {
	dir := t.TempDir()
	h := open(t, Options{Dir: dir})
	jobs := make([]*Job, 6)
	for i := range jobs {
		jobs[i] = begun(h, i)
		if i < 5 {
			jobs[i].Running()
		}
	}
	jobs[1].Stages([]Stage{{Name: "Map 1"}, {Name: "Reducer 2", Tasks: 2}})
	start := time.Now()
	attempt := func(task, n int, a Attempt) {
		a.Stage, a.Task, a.Attempt, a.Worker, a.Start, a.End = 1, task, n, "w1", start, start.Add(a.End.Sub(time.Time{}))
		jobs[1].Attempt(&a)
	}
	took := func(d time.Duration) time.Time { return time.Time{}.Add(d) }
	attempt(0, 0, Attempt{End: took(time.Second), Rows: 10, Bytes: 100, Spill: 7})
	attempt(1, 0, Attempt{End: took(time.Second), Class: "I/O error", Message: "no such file"})
	attempt(1, 1, Attempt{End: took(4 * time.Second), Rows: 5, Bytes: 50, Copy: true})
	attempt(1, 2, Attempt{End: took(4 * time.Second), Class: "superseded", Killed: true, Copy: true})
	attempt(2, 0, Attempt{End: took(2 * time.Second), Rows: 1})
	jobs[1].Stages([]Stage{{Name: "Map 1"}, {Name: "Reducer 2", Tasks: 3, LargestTask: 9, MedianTask: 4}})
	jobs[0].End(End{State: Finished, Rows: 7, Profile: "scan rows=7"})
	jobs[1].End(End{State: Failed, Error: "no such file", Rows: -1, Shuffle: 150, Commit: time.Millisecond})
	jobs[2].End(End{State: Canceled, Rows: -1})

	check := func(h *History, four, five State) {
		t.Helper()
		for _, c := range []struct {
			f    Filter
			want string
		}{
			{Filter{}, fmt.Sprintf("6: q5=%s q4=%s q3=%s q2=canceled q1=failed q0=finished", five, four, four)},
			{Filter{Limit: 2, Offset: 3}, "6: q2=canceled q1=failed"},
			{Filter{State: Failed}, "1: q1=failed"},
			{Filter{User: "ann", State: Canceled}, "1: q2=canceled"},
			{Filter{Text: "SELECT 2% FROM"}, "1: q2=canceled"},
			{Filter{Text: "t_x", User: "bob", State: Failed}, "1: q1=failed"},
			{Filter{Text: "t%x"}, "0:"},
			{Filter{Text: "q0"}, "1: q0=finished"},
			{Filter{Kind: "write"}, "0:"},
		} {
			if got := list(t, h, c.f); got != c.want {
				t.Errorf("%+v: %s, want %s", c.f, got, c.want)
			}
		}
		d := get(t, h, "q1")
		want := Stage{Name: "Reducer 2", LargestTask: 9, MedianTask: 4, Tasks: 3, Completed: 3, Failed: 1, Killed: 1, Copies: 2, Rows: 16, Bytes: 150, Spill: 7, Begin: d.Stages[1].Begin, End: d.Stages[1].End,
			Time: 7 * time.Second, Median: 2 * time.Second, Longest: 4 * time.Second}
		if len(d.Stages) != 2 || !reflect.DeepEqual(d.Stages[1], want) {
			t.Errorf("stages %+v, want %+v", d.Stages, want)
		}
		if d.Launched != 2 || d.Won != 1 || d.Wasted != 1 || d.Classes["I/O error"] != 1 || d.Classes["superseded"] != 1 || len(d.Failures) != 1 {
			t.Errorf("attempts %+v", d)
		}
		if d.Plan != "scan t" || d.Settings["a"] != "b" || d.SQL != "select 1% from t_x" || d.Commit != time.Millisecond || d.Shuffle != 150 || d.Spill != 7 ||
			d.Queue < 600*time.Millisecond || d.Compile != 300*time.Millisecond || d.Elapsed < time.Second || d.Tasks != 3 {
			t.Errorf("detail %+v", d)
		}
		if d := get(t, h, "1"); d.Profile != "scan rows=7" || d.Rows != 7 {
			t.Errorf("by number: %+v", d)
		}
		if _, err := h.Get(t.Context(), "nothing"); !errors.Is(err, ErrUnknown) {
			t.Errorf("an unknown statement: %v", err)
		}
	}
	check(h, Running, Queued)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, Options{Dir: dir})
	check(again, Lost, Lost)
	if d := get(t, again, "q3"); d.Error != lostText || d.Plan != "scan t" {
		t.Errorf("lost: %+v", d)
	}
	if j := begun(again, 9); j.ID() != 7 {
		t.Errorf("a new statement has number %d", j.ID())
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestGoingOn kills the writing of a history twice, with statements of which one goes on.
func TestGoingOn(t *testing.T) {
	dir := t.TempDir()
	h := open(t, Options{Dir: dir})
	for i := range 3 {
		j := begun(h, i)
		j.Running()
		j.Attempt(&Attempt{Task: 0, Start: time.Now(), End: time.Now(), Rows: 10})
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	goesOn := func(id string) bool { return id == "q1" || id == "q2" }
	h = open(t, Options{Dir: dir, GoesOn: goesOn})
	if got := list(t, h, Filter{}); got != "3: q2=running q1=running q0=lost" {
		t.Fatal(got)
	}
	j := h.Resume("q1")
	if j == nil || h.Resume("q1") != nil || h.Resume("q0") != nil {
		t.Fatal("q1 alone must go on, once")
	}
	h.GiveUp()
	j.Running()
	j.Attempt(&Attempt{Task: 1, Start: time.Now(), End: time.Now(), Rows: 5})
	j.End(End{State: Finished, Rows: 15})
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = open(t, Options{Dir: dir, GoesOn: goesOn})
	defer h.Close()
	if got := list(t, h, Filter{}); got != "3: q2=lost q1=finished q0=lost" {
		t.Fatal(got)
	}
	if d := get(t, h, "q1"); d.Stages[0].Rows != 15 || d.Stages[0].Completed != 2 || d.Rows != 15 || d.Plan != "scan t" {
		t.Errorf("%+v", d)
	}
}

// TestTornFiles opens a history whose files of running statements were cut at every byte.
func TestTornFiles(t *testing.T) {
	dir := t.TempDir()
	h := open(t, Options{Dir: dir})
	j := begun(h, 0)
	j.Running()
	for i := range 3 {
		j.Attempt(&Attempt{Task: i, Start: time.Now(), End: time.Now(), Rows: 1})
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	path := eventPath(dir, j.ID())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(dir, "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n <= len(whole); n += 13 {
		if err := errors.Join(os.WriteFile(path, whole[:n], 0o644), os.WriteFile(filepath.Join(dir, "history.db"), index, 0o644)); err != nil {
			t.Fatal(err)
		}
		h := open(t, Options{Dir: dir})
		if got := list(t, h, Filter{}); got != "1: q0=lost" {
			t.Fatalf("cut at %d: %s", n, got)
		}
		if d := get(t, h, "q0"); d.SQL != "select 0% from t_x" || d.Elapsed < time.Second/4 {
			t.Fatalf("cut at %d: %+v", n, d)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilled kills a process that writes a history, with statements running.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("HISTORY_OF_THE_KILLED"); dir != "" {
		h := open(t, Options{Dir: dir})
		begun(h, 0).End(End{State: Finished})
		j := begun(h, 1)
		j.Running()
		j.Attempt(&Attempt{Start: time.Now(), End: time.Now(), Rows: 42})
		h.Flush(context.Background())
		time.Sleep(2 * flushEvery)
		fmt.Println("written")
		select {}
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "HISTORY_OF_THE_KILLED="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "written" {
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	h := open(t, Options{Dir: dir})
	defer h.Close()
	if got := list(t, h, Filter{}); got != "2: q1=lost q0=finished" {
		t.Fatal(got)
	}
	if d := get(t, h, "q1"); len(d.Stages) != 1 || d.Stages[0].Rows != 42 {
		t.Fatalf("lost statement: %+v", d)
	}
}

// text is one of n bytes that does not compress.
func text(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 3))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + r.IntN(90))
	}
	return string(b)
}

func TestRetention(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		size int // of the statements
	}{
		{"age", Options{Age: 990 * time.Millisecond}, 10}, {"count", Options{Count: 3}, 10}, {"bytes", Options{Bytes: 1 << 30}, 10},
		{"files", Options{Count: 3}, 4 * inlineBytes},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, size := c.o, c.size
			o.Dir = t.TempDir()
			h := open(t, o)
			running := begun(h, 0)
			for i := 1; i < 20; i++ {
				j := h.Begin(Begin{QueryID: fmt.Sprint(i), Start: time.Now().Add(time.Duration(i-17) * time.Minute), SQL: text(uint64(i), size)})
				j.End(End{State: Finished})
			}
			h.Flush(t.Context())
			if o.Bytes > 0 {
				size, err := h.index.number(t.Context(), "SELECT bytes FROM statement WHERE id = 20")
				if err != nil || size == 0 {
					t.Fatal(size, err)
				}
				o.Bytes = size * 7 / 2
			}
			// A directory of files long gone.
			old := eventDir(o.Dir, -1)
			if err := os.MkdirAll(old, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := h.prune(t.Context(), o, time.Now()); err != nil {
				t.Fatal(err)
			}
			got := list(t, h, Filter{})
			if !strings.HasSuffix(got, " 17=finished q0=queued") && !strings.HasSuffix(got, " 18=finished q0=queued") {
				t.Errorf("kept %s", got)
			}
			files, err := filepath.Glob(filepath.Join(o.Dir, "events", "0", "*.zst"))
			files = slices.DeleteFunc(files, func(name string) bool { return filepath.Base(name) == "1.zst" }) // of q0, once it has run for long
			if want := (len(strings.Fields(got)) - 2) * min(1, size/inlineBytes); err != nil || len(files) != want {
				t.Errorf("files %v, %v", files, err)
			}
			if _, err := os.Stat(old); err == nil {
				t.Error("the old directory is still there")
			}
			running.End(End{State: Finished})
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// ofManyTasks writes the history of a job of n tasks and returns its directory.
func ofManyTasks(t testing.TB, n int) string {
	dir := t.TempDir()
	h := open(t, Options{Dir: dir})
	j := begun(h, 1)
	j.Running()
	for i := range n {
		j.Attempt(&Attempt{Task: i, Worker: fmt.Sprint("worker-", i%1000), Start: time.Now(), End: time.Now(), Rows: int64(i), Bytes: int64(i) * 97})
		if i%1000 == 0 {
			h.Flush(t.Context())
		}
	}
	j.End(End{State: Finished})
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestManyTasks opens a job of 20,000 tasks: what is read and allocated does not grow with the tasks.
func TestManyTasks(t *testing.T) {
	dir := ofManyTasks(t, 20_000)
	h := open(t, Options{Dir: dir})
	defer h.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := get(t, h, "q1")
	runtime.ReadMemStats(&after)
	if d.Stages[0].Completed != 20_000 || d.Tasks != 20_000 {
		t.Fatalf("%+v", d)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 20<<20 {
		t.Errorf("opening took %d MB", n>>20)
	}
}

func BenchmarkOpenManyTasks(b *testing.B) {
	h := open(b, Options{Dir: ofManyTasks(b, 20_000)})
	defer h.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Get(b.Context(), "q1"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStatement is what a trivial statement pays.
func BenchmarkStatement(b *testing.B) {
	h := open(b, Options{Dir: b.TempDir()})
	defer h.Close()
	for b.Loop() {
		j := begun(h, 1)
		j.Running()
		j.End(End{State: Finished})
	}
}
