package coordinator

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"skep/dialect/sqlerr"
	"skep/engine/pipeline"
	"skep/engine/scheduler"
	"skep/engine/stage"
	"skep/engine/tablesink"
	"skep/shuffle"
)

// incarnation of workers that live as long as their coordinator.
const incarnation = 1

// worker runs attempts in this process.
type worker struct {
	coordinator *Coordinator
	id          scheduler.WorkerID

	mu       sync.Mutex
	attempts map[scheduler.AttemptID]*attempt
}

// attempt is a task being run.
type attempt struct {
	id       scheduler.AttemptID
	job      *job
	task     *stage.Task
	progress stage.Progress
	ctx      context.Context
	stop     context.CancelCauseFunc
	grant    chan bool // the answer to a commit request
}

var errCancelled = errors.New("the attempt was cancelled")

// launch starts an attempt. It is called by the loop, which knows the places of inputs.
func (x *Coordinator) launch(l scheduler.Launch) {
	j := x.job(l.Attempt.Job)
	if j == nil {
		return
	}
	g := j.query.Graph
	s := g.Stages[l.Attempt.Stage]
	t := &stage.Task{Attempt: j.shuffleID(l.Attempt), Splits: make([][]stage.Split, len(s.Scans)), Inputs: map[int]stage.Input{}, Partitions: l.Partitions}
	for _, i := range l.Splits {
		at := j.splits[s.ID][i]
		t.Splits[at.scan] = append(t.Splits[at.scan], at.split)
	}
	for k, exchange := range s.Reads {
		ref, places := x.core.Manifest(j.id, l.Manifests[k].Stage)
		r := l.Inputs[k]
		slice := shuffle.Slice{Partitions: shuffle.Range{From: int(r.PartLo), To: int(r.PartHi)}}
		if r.MapLo > 0 || int(r.MapHi) < len(places) {
			slice.Maps = shuffle.Range{From: int(r.MapLo), To: int(r.MapHi)}
		}
		t.Inputs[exchange] = stage.Input{Manifest: j.manifest(ref, places), Slices: []shuffle.Slice{slice}}
	}
	a := &attempt{id: l.Attempt, job: j, task: t, grant: make(chan bool, 1)}
	a.ctx, a.stop = context.WithCancelCause(j.ctx)
	w := x.workers[l.Worker]
	w.mu.Lock()
	w.attempts[l.Attempt] = a
	w.mu.Unlock()
	j.attempts.Add(1)
	x.running.Go(func() {
		defer j.attempts.Done()
		w.run(a)
		w.mu.Lock()
		delete(w.attempts, a.id)
		w.mu.Unlock()
		a.stop(nil)
	})
}

func (w *worker) find(id scheduler.AttemptID) *attempt {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.attempts[id]
}

func (w *worker) cancel(id scheduler.AttemptID) {
	if a := w.find(id); a != nil {
		a.stop(errCancelled)
	}
}

func (w *worker) cancelAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.attempts {
		a.stop(errClosed)
	}
}

// answer tells an attempt that asked to commit whether it may.
func (w *worker) answer(id scheduler.AttemptID, granted bool) {
	if a := w.find(id); a != nil {
		select {
		case a.grant <- granted:
		default: // answered before
		}
	}
}

// progress lists what the attempts have read so far.
func (w *worker) progress() []scheduler.Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []scheduler.Progress
	for id, a := range w.attempts {
		out = append(out, scheduler.Progress{Attempt: id, Rows: a.progress.Rows.Load()})
	}
	return out
}

// run runs an attempt to its end and reports it.
func (w *worker) run(a *attempt) {
	x := w.coordinator
	x.send(scheduler.AttemptStarted{Attempt: a.id, Worker: w.id, Incarnation: incarnation})
	out, manifest, err := w.execute(a)
	if err == nil && x.isSink(a) {
		x.send(scheduler.CommitRequested{Attempt: a.id, Worker: w.id, Incarnation: incarnation, Output: out, Manifest: manifest})
		select {
		case granted := <-a.grant:
			if !granted {
				return
			}
		case <-a.ctx.Done():
			return
		}
	}
	if err == nil {
		x.send(scheduler.AttemptFinished{Attempt: a.id, Worker: w.id, Incarnation: incarnation, Output: out})
		return
	}
	e := scheduler.AttemptFailed{Attempt: a.id, Worker: w.id, Incarnation: incarnation, Message: err.Error()}
	e.Class, e.Fetch = classify(a, err)
	a.job.failed(e.Message, err)
	x.send(e)
}

func (x *Coordinator) isSink(a *attempt) bool {
	s := a.job.query.Graph.Stages[a.id.Stage]
	return s.Exchange < 0 || s.Exchange == a.job.query.Graph.Result
}

// execute runs the task, twice if the query asks for it.
func (w *worker) execute(a *attempt) (scheduler.Output, []byte, error) {
	out, o, err := w.once(a, a.task)
	if err != nil || !a.job.query.Twice {
		return out, o.manifest, err
	}
	again := *a.task
	again.Attempt.Attempt += 1 << 14
	out2, o2, err := w.once(a, &again)
	if err != nil {
		return out, nil, fmt.Errorf("running the task a second time: %w", err)
	}
	if out.Rows != out2.Rows || out.Digest != out2.Digest {
		return out, nil, fmt.Errorf("%v wrote %d rows with digest %x, and %d with %x the second time", a.id, out.Rows, out.Digest, out2.Rows, out2.Digest)
	}
	for p := range o.partitions() {
		if x, y := o.Partitions[p], o2.Partitions[p]; x.Rows != y.Rows || x.Digest != y.Digest {
			return out, nil, fmt.Errorf("%v wrote %d rows to partition %d, and %d others the second time", a.id, x.Rows, p, y.Rows)
		}
	}
	return out, o.manifest, nil
}

// written is the output of a task: to an exchange, or the manifest of what it wrote to a sink.
type written struct {
	*shuffle.Output
	manifest []byte
}

func (o written) partitions() int {
	if o.Output == nil {
		return 0
	}
	return len(o.Partitions)
}

// once runs a task from the bytes that describe it.
func (w *worker) once(a *attempt, t *stage.Task) (out scheduler.Output, o written, err error) {
	j := a.job
	f, err := stage.DecodeFragment(j.fragments[a.id.Stage])
	if err != nil {
		return out, o, err
	}
	if j.query.Verify {
		b, err := stage.EncodeTask(t)
		if err != nil {
			return out, o, err
		}
		if t, err = stage.DecodeTask(b); err != nil {
			return out, o, err
		}
	}
	var sink pipeline.Sink
	var outputs func() []*tablesink.Output
	if f.Output == nil {
		s, err := j.query.Sink(a.ctx, f.Sink, t.Attempt)
		if err != nil {
			return out, o, err
		}
		sink, outputs = s.Sink, s.Outputs
	}
	if o.Output, err = stage.Run(a.ctx, j.query.Env, f, t, sink, &a.progress); err != nil {
		return out, o, err
	}
	if outputs != nil {
		files := outputs()
		for _, f := range files {
			out.Rows += f.Rows
			out.Bytes += f.Bytes
		}
		o.manifest, err = tablesink.EncodeOutputs(files)
		return out, o, err
	}
	if t.Attempt == a.task.Attempt {
		j.wrote(a.id, output{o.Output, w.id})
	}
	return described(o.Output), o, nil
}

// described is an output as the core knows it.
func described(o *shuffle.Output) scheduler.Output {
	out := scheduler.Output{Bytes: o.Bytes(), Rows: o.Rows()}
	var d shuffle.Digest
	for _, p := range o.Partitions {
		d.Add(p.Digest)
	}
	out.Digest = scheduler.Digest{Sum: d.Sum, Xor: d.Xor}
	if out.Rows > 0 {
		out.Sizes = make([]byte, len(o.Partitions))
		for i, p := range o.Partitions {
			out.Sizes[i] = scheduler.EncodeSize(p.Bytes)
		}
	}
	return out
}

// classify says what kind of failure an error is.
func classify(a *attempt, err error) (scheduler.Class, *scheduler.FetchFail) {
	if a.ctx.Err() != nil {
		return scheduler.Cancelled, nil
	}
	var fetch *shuffle.FetchError
	if errors.As(err, &fetch) {
		f := &scheduler.FetchFail{
			Producer: scheduler.AttemptID{
				Job: a.id.Job, Stage: scheduler.StageID(fetch.Attempt.Stage), Epoch: uint32(fetch.Attempt.Epoch),
				Task: scheduler.TaskID(fetch.Attempt.Task), Attempt: uint32(fetch.Attempt.Attempt),
			},
			Kind: scheduler.Missing,
		}
		f.Worker = a.job.writer(f.Producer)
		switch fetch.Kind {
		case shuffle.Unreachable, shuffle.Refused:
			f.Kind = scheduler.Unreachable
		case shuffle.Corrupt:
			f.Kind = scheduler.Corrupt
		}
		return scheduler.FetchFailed, f
	}
	var disk *shuffle.DiskError
	if errors.As(err, &disk) {
		if disk.Full {
			return scheduler.DiskFull, nil
		}
		return scheduler.DiskBad, nil
	}
	var broken *pipeline.PanicError
	if _, ok := sqlerr.As(err); !ok && errors.As(err, &broken) {
		return scheduler.Internal, nil
	}
	// Whatever else fails would fail in the same way again: there is one process and one file system.
	return scheduler.User, nil
}
