package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"skep/dialect/sqlerr"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/planner"
	"skep/engine/scheduler"
	"skep/engine/script"
	"skep/engine/session"
	"skep/engine/stage"
	"skep/engine/table"
	"skep/engine/tablesink"
	"skep/shuffle"
)

// written is what an attempt has written.
type written struct {
	output   scheduler.Output
	shuffled *shuffle.Output // to an exchange
	manifest []byte          // of the files of a sink
	dir      string          // in which they are
	work     *stage.Report
}

// run runs an attempt to its end and reports it.
func (r *Runner) run(a *attempt) {
	if !r.report(a, &Report{Kind: Started}) {
		return
	}
	w, err := r.execute(a)
	if err != nil && a.ctx.Err() == nil {
		r.discard(a, &w)
		x := &Report{Kind: Failed, Message: err.Error(), Err: err}
		x.Class, x.Fetch = r.classify(a, err)
		r.report(a, x)
		return
	}
	if a.ctx.Err() != nil {
		r.discard(a, &w)
		if cause := context.Cause(a.ctx); errors.Is(cause, errPreempted) {
			r.report(a, &Report{Kind: Failed, Class: scheduler.Preempted, Message: cause.Error(), Err: cause})
		}
		return // who ended it otherwise needs no report
	}
	if a.Commit {
		if !r.report(a, &Report{Kind: CommitRequested, Output: w.output, Place: w.place(), Manifest: w.manifest, Work: w.work}) {
			return
		}
		w.work = nil
		select {
		case granted := <-a.grant:
			if !granted {
				r.discard(a, &w)
				return
			}
		case <-a.ctx.Done(): // what was staged may have been granted
			return
		}
	}
	r.report(a, &Report{Kind: Finished, Output: w.output, Rows: a.progress.Rows.Load(), Place: w.place(), Work: w.work})
}

// discard removes the files of an attempt whose output does not count. Were they left, they would go with the statement; they may be
// large.
func (r *Runner) discard(a *attempt, w *written) {
	if w.dir != "" {
		_ = r.config.Files.RemoveAll(context.WithoutCancel(a.ctx), w.dir) // see above
	}
}

func (w *written) place() *Place {
	o := w.shuffled
	if o == nil {
		return nil
	}
	return &Place{Location: o.Location, Check: o.Check, Partitions: len(o.Partitions)}
}

// execute runs the task, twice if the query asks for it.
func (r *Runner) execute(a *attempt) (written, error) {
	w, err := r.once(a, a.Task)
	if err != nil || !a.job.Twice {
		return w, err
	}
	again := *a.Task
	again.Attempt.Attempt += 1 << 14
	w2, err := r.once(a, &again)
	if err != nil {
		return w, fmt.Errorf("running the task a second time: %w", err)
	}
	if x, y := w.output, w2.output; x.Rows != y.Rows || x.Digest != y.Digest {
		return w, fmt.Errorf("%v wrote %d rows with digest %x, and %d with %x the second time", a.Attempt, x.Rows, x.Digest, y.Rows, y.Digest)
	}
	if w.shuffled != nil {
		for p, x := range w.shuffled.Partitions {
			if y := w2.shuffled.Partitions[p]; x.Rows != y.Rows || x.Digest != y.Digest {
				return w, fmt.Errorf("%v wrote %d rows to partition %d, and %d others the second time", a.Attempt, x.Rows, p, y.Rows)
			}
		}
	}
	return w, nil
}

// once runs a task from the bytes that describe it.
func (r *Runner) once(a *attempt, t *stage.Task) (w written, err error) {
	f, err := stage.DecodeFragment(a.Fragment)
	if err != nil {
		return w, err
	}
	if a.job.Verify {
		b, err := stage.EncodeTask(t)
		if err != nil {
			return w, err
		}
		if t, err = stage.DecodeTask(b); err != nil {
			return w, err
		}
	}
	env, err := r.env(a)
	if err != nil {
		return w, err
	}
	defer env.Planner.Pool.Close()
	var files *tablesink.Sink
	var sink pipeline.Sink
	if f.Output == nil {
		if files, sink, w.dir, err = r.sink(a, t.Attempt); err != nil {
			return w, err
		}
	}
	if w.shuffled, err = stage.Run(a.ctx, env, f, t, sink, &a.progress); err != nil {
		return w, err
	}
	w.work = a.progress.Report
	if files == nil {
		w.output = described(w.shuffled)
		return w, nil
	}
	outputs := files.Outputs()
	for _, o := range outputs {
		w.output.Rows += o.Rows
		w.output.Bytes += o.Bytes
	}
	w.manifest, err = tablesink.EncodeOutputs(outputs)
	return w, err
}

// maxTasks keeps the numbers of files of different tasks apart.
const maxTasks = 10_000

// AttemptDir is the directory, below the staging directory of a write, of the files of an attempt.
func AttemptDir(a shuffle.AttemptID) string {
	return fmt.Sprintf("attempt-%d-%d-%d-%d", a.Stage, a.Epoch, a.Task, a.Attempt)
}

// sink opens the sink of an attempt, which writes files below dir.
func (r *Runner) sink(a *attempt, id shuffle.AttemptID) (files *tablesink.Sink, sink pipeline.Sink, dir string, err error) {
	s, err := r.session(a.job)
	if err != nil {
		return nil, nil, "", err
	}
	spec, err := tablesink.DecodeSpec(a.Sink)
	if err != nil {
		return nil, nil, "", err
	}
	// A statement that has ended has removed its staging directory, which must not come back.
	if _, err := r.config.Files.Stat(a.ctx, spec.Dir); err != nil {
		return nil, nil, "", fmt.Errorf("looking for the staging directory: %w", err)
	}
	dir = path.Join(spec.Dir, AttemptDir(id))
	spec.Dir, spec.Task, spec.Tasks = dir, id.Task, maxTasks
	files, err = tablesink.New(*spec, tablesink.Env{
		Format: r.config.Formats.Find, Session: session.Format(s.Conf), PartitionName: r.config.PartitionName,
		Create: func(p string) (io.WriteCloser, error) {
			if err := a.ctx.Err(); err != nil {
				return nil, err
			}
			return r.config.Files.Create(a.ctx, p)
		},
	})
	if err != nil {
		return nil, nil, "", err
	}
	return files, table.NewSink(files, spec.Buckets > 0), dir, nil
}

// env is what the attempt's plan is compiled and run with.
func (r *Runner) env(a *attempt) (*stage.Env, error) {
	s, err := r.session(a.job)
	if err != nil {
		return nil, err
	}
	logf := a.job.Logf
	if logf == nil {
		logf = func(string, string, ...any) {}
	}
	dir := filepath.Join(a.job.dir, fmt.Sprintf("%d-%d-%d-%d", a.Attempt.Stage, a.Attempt.Epoch, a.Attempt.Task, a.Attempt.Attempt))
	scripts := &script.Scripts{Session: s, Formats: r.config.Formats, Dir: dir, Logf: logf}
	pool := a.job.pool.Reserve(a.Attempt.String(), a.Memory)
	return &stage.Env{
		Planner: planner.Env{
			Expr: s.Expr(), Slots: r.config.Slots, Share: a.job.Share, Pool: pool, SpillDir: dir, Script: scripts.Prepare,
		},
		Exchange: r.config.Exchange, JoinTables: a.job.tables,
		Tables: &table.Reader{Formats: r.config.Formats, Session: s, File: r.files(a), Memory: pool},
		Missing: func(ctx context.Context, exchange int, used *shuffle.Manifest, e *shuffle.FetchError) (*shuffle.Manifest, error) {
			return r.awaitInput(ctx, a, exchange, used, e)
		},
	}, nil
}

// session returns the session of a job, which is decoded once.
func (r *Runner) session(j *job) (*session.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j.session == nil {
		s, err := session.Decode(j.Session)
		if err != nil {
			return nil, err
		}
		j.session = s
	}
	return j.session, nil
}

// staleError says that a file is not the one that the query is to read: something was committed since it was found. Another
// attempt gets the place where it is now.
type staleError struct{ path string }

func (e *staleError) Error() string {
	return fmt.Sprintf("%s has changed since the query started", e.path)
}

// place says where a file that a split names is at present, unless that is its name, and which version of it is to be read.
type place struct {
	now      string
	size     int64
	modified time.Time
}

// files opens the files of an attempt's splits.
func (r *Runner) files(a *attempt) func(ctx context.Context, path string) (format.Input, error) {
	if a.job.Files != nil {
		return a.job.Files
	}
	places := map[string]place{}
	for _, scan := range a.Task.Splits {
		for _, s := range scan {
			places[s.Path] = place{s.Now, s.FileSize, s.ModTime}
			if s.Acid == nil {
				continue
			}
			for _, d := range s.Acid.Deletes {
				places[d.Path] = place{d.Now, d.Size, d.Modified}
			}
		}
	}
	return func(ctx context.Context, path string) (format.Input, error) {
		s, known := places[path]
		if !known {
			return r.config.Files.Open(ctx, path)
		}
		now := path
		if s.now != "" {
			now = s.now
		}
		f, err := r.config.Files.Open(ctx, now)
		if err != nil {
			return nil, err
		}
		if m := format.ModTime(f); f.Size() != s.size || !m.IsZero() && !s.modified.IsZero() && !m.Equal(s.modified) {
			return nil, errors.Join(&staleError{path}, f.Close())
		}
		return f, nil
	}
}

// described is an output as the scheduler knows it.
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

// FetchFail describes an output of a job that could not be read, but for the worker that has it.
func FetchFail(job scheduler.JobID, e *shuffle.FetchError) *scheduler.FetchFail {
	f := &scheduler.FetchFail{
		Producer: scheduler.AttemptID{
			Job: job, Stage: scheduler.StageID(e.Attempt.Stage), Epoch: uint32(e.Attempt.Epoch),
			Task: scheduler.TaskID(e.Attempt.Task), Attempt: uint32(e.Attempt.Attempt),
		},
		Worker: scheduler.NoWorker, Kind: scheduler.Missing,
	}
	switch e.Kind {
	case shuffle.Unreachable, shuffle.Refused:
		f.Kind = scheduler.Unreachable
	case shuffle.Corrupt:
		f.Kind = scheduler.Corrupt
	}
	return f
}

// classify says what kind of failure an error is. Of lost inputs it does not know which worker has them.
func (r *Runner) classify(a *attempt, err error) (scheduler.Class, *scheduler.FetchFail) {
	var fetch *shuffle.FetchError
	if errors.As(err, &fetch) {
		return scheduler.FetchFailed, FetchFail(a.Attempt.Job, fetch)
	}
	var disk *shuffle.DiskError
	if errors.As(err, &disk) {
		if disk.Full {
			return scheduler.DiskFull, nil
		}
		return scheduler.DiskBad, nil
	}
	var broken *pipeline.PanicError
	var stale *staleError
	_, said := sqlerr.As(err)
	switch {
	case errors.As(err, &broken) && !said:
		return scheduler.Internal, nil
	case errors.As(err, &stale):
		return scheduler.TransientIO, nil
	case errors.Is(err, memory.ErrExceeded): // beside fewer others, or alone, it may do
		return scheduler.OutOfMemory, nil
	case said, r.config.Alone: // it would fail in the same way again
		return scheduler.User, nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return scheduler.DiskFull, nil
	case transient(err):
		return scheduler.TransientIO, nil
	}
	return scheduler.Internal, nil
}

// transient reports whether an error is of a file system or a network, which may do better another time or elsewhere.
func transient(err error) bool {
	var network net.Error
	var file *fs.PathError
	return errors.As(err, &network) || errors.As(err, &file) || errors.Is(err, syscall.EIO) || errors.Is(err, context.DeadlineExceeded)
}
