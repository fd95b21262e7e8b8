package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"skep/dialect/conf"
	"skep/dialect/plan"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/engine/filesystem/local"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/scheduler"
	"skep/engine/session"
	"skep/engine/stage"
	"skep/engine/table"
	"skep/engine/tablesink"
	"skep/shuffle"
	exchange "skep/shuffle/local"
	"skep/shuffle/store"
)

// bench is a runner whose reports are kept.
type bench struct {
	t      *testing.T
	runner *Runner
	job    *Job
	dir    string

	mu      sync.Mutex
	reports []*Report
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	x, err := exchange.Open(exchange.Options{Store: store.Options{Memory: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	files, err := local.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := (&session.Session{Conf: conf.New(nil), Now: time.Now(), User: "u", Database: "default"}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	b.job = &Job{ID: 7, Name: "j7", Session: s}
	b.runner = New(Config{
		Exchange: x, Formats: table.NewFormats(), Files: files, Slots: pipeline.NewSlots(2), Pool: memory.NewPool("test", 1<<26),
		PartitionName: func(_, values []string) string { return values[0] }, Scratch: filepath.Join(b.dir, "scratch"),
		Report: func(r *Report) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.reports = append(b.reports, r)
		},
	})
	t.Cleanup(func() {
		b.runner.Close()
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func id(task int) scheduler.AttemptID {
	return scheduler.AttemptID{Job: 7, Task: scheduler.TaskID(task)}
}

// launch starts an attempt that writes three rows: to files below a staging directory, or to an exchange.
func (b *bench) launch(task int, staging string) {
	b.t.Helper()
	column := plan.Column{ID: 1, Name: "c", Type: types.IntType}
	values := &plan.Values{Cols: []plan.Column{column}}
	for i := range 3 {
		values.Rows = append(values.Rows, []plan.Expr{&plan.Literal{Value: types.Datum{I: int64(i)}, T: types.IntType}})
	}
	f := &stage.Fragment{Root: values}
	l := &Launch{
		Job: b.job, Attempt: id(task),
		Task: &stage.Task{Attempt: shuffle.AttemptID{StageID: shuffle.StageID{Job: b.job.Name}, Task: task}},
	}
	var err error
	if staging == "" {
		f.Output = &stage.Output{Distribution: stage.Gather, Width: 1, Partitions: 1}
	} else {
		l.Commit = true
		if l.Sink, err = tablesink.EncodeSpec(&tablesink.Spec{
			InputFormat: storage.TextInputFormat, SerDe: storage.LazySimpleSerDe, Dir: staging, Columns: []format.Column{{Name: "c", Type: types.IntType}},
		}); err != nil {
			b.t.Fatal(err)
		}
	}
	if l.Fragment, err = stage.EncodeFragment(f); err != nil {
		b.t.Fatal(err)
	}
	b.runner.Launch(l)
}

// await returns the first report of a kind.
func (b *bench) await(task int, k Kind) *Report {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		b.mu.Lock()
		for _, r := range b.reports {
			if r.Attempt == id(task) && r.Kind == k {
				b.mu.Unlock()
				return r
			}
			if r.Kind == Failed && k != Failed {
				b.mu.Unlock()
				b.t.Fatalf("an attempt failed: %s", r.Message)
			}
		}
		b.mu.Unlock()
		if time.Now().After(deadline) {
			b.t.Fatalf("no report %d of task %d", k, task)
		}
	}
}

func TestReportsAreKeptUntilTheyAreAnswered(t *testing.T) {
	b := newBench(t)
	b.launch(0, "")
	b.launch(0, "") // once only
	r := b.await(0, Finished)
	if r.Output.Rows != 3 || r.Place == nil || r.Place.Partitions != 1 {
		t.Errorf("reported %+v", r)
	}
	if p := b.runner.Pending(); len(p) != 1 || p[0] != r {
		t.Errorf("pending are %v", p)
	}
	if held, running, waiting := b.runner.Holdings(); len(held) != 1 || len(running) != 0 || len(waiting) != 0 || b.runner.Idle() {
		t.Errorf("before the answer %v are held and %v run", held, running)
	}
	b.runner.Acknowledge(id(0), true)
	if p := b.runner.Pending(); len(p) != 0 || !b.runner.Idle() || b.runner.Empty() {
		t.Errorf("after the answer %v are pending", p)
	}
	b.launch(0, "") // late
	if b.runner.ReleaseStage(7, 0, 0); !b.runner.Empty() {
		t.Error("a released output is held")
	}
	if name, err := b.runner.ReleaseJob(7); name != "j7" || err != nil {
		t.Errorf("released %q: %v", name, err)
	}
	started := 0
	for _, r := range b.reports {
		if r.Kind == Started {
			started++
		}
	}
	if started != 1 {
		t.Errorf("one attempt was started %d times", started)
	}
}

func TestFilesStayUnlessTheirCommitWasDenied(t *testing.T) {
	b := newBench(t)
	staging := filepath.Join(b.dir, "staging")
	if err := os.Mkdir(staging, 0o755); err != nil {
		t.Fatal(err)
	}
	for task := range 3 {
		b.launch(task, staging)
		outputs, err := tablesink.DecodeOutputs(b.await(task, CommitRequested).Manifest)
		if err != nil || len(outputs) != 1 || outputs[0].Rows != 3 {
			t.Fatalf("the manifest lists %v: %v", outputs, err)
		}
	}
	b.runner.Answer(id(0), true)
	b.runner.Answer(id(0), true) // said twice
	b.await(0, Finished)
	b.runner.Answer(id(1), false)
	if _, err := b.runner.ReleaseJob(7); err != nil { // of task 2 the answer was lost
		t.Fatal(err)
	}
	for task, want := range []bool{true, false, true} {
		dir := filepath.Join(staging, AttemptDir(shuffle.AttemptID{StageID: shuffle.StageID{Job: "j7"}, Task: task}))
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("files of task %d are there: %v, want %v", task, err == nil, want)
		}
	}
}

func TestAStagingDirectoryDoesNotComeBack(t *testing.T) {
	b := newBench(t)
	gone := filepath.Join(b.dir, "gone")
	b.launch(0, gone)
	if r := b.await(0, Failed); r.Class != scheduler.TransientIO {
		t.Errorf("failed as %v: %s", r.Class, r.Message)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("the staging directory of a statement that has ended was made again")
	}
}

// TestLackOfMemoryIsNobodysFault: beside fewer others an attempt may have what it lacks, on a lone worker, too.
func TestLackOfMemoryIsNobodysFault(t *testing.T) {
	for _, alone := range []bool{true, false} {
		r := New(Config{Alone: alone})
		a := memory.NewPool("worker", 1).NewAccount("sort", false)
		if class, _ := r.classify(&attempt{}, fmt.Errorf("sorting: %w", a.Exceeded())); class != scheduler.OutOfMemory {
			t.Errorf("alone %v: %v", alone, class)
		}
	}
}
