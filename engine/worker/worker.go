// Package worker runs attempts at tasks. All that an attempt depends on are bytes and values that a message can hold: the fragment
// of its stage, its task, the session of the statement and, where it writes files, what describes them. So it makes no difference
// to an attempt whether its coordinator is in the same process or at the other end of a connection.
//
//	Launch ─► attempt: Started ─► run the fragment ─► Finished | Failed            ─► Acknowledge
//	                                              ├─► CommitRequested ─► Answer ─► Finished ─► Acknowledge
//	                                              └─► Missing ─► InputChanged ─► it goes on
//
// What an attempt reports last is kept until it is answered, since messages may be lost; Pending lists it.
package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"skep/engine/filesystem"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/scheduler"
	"skep/engine/session"
	"skep/engine/stage"
	"skep/engine/table"
	"skep/shuffle"
)

// Config is what the attempts of a worker share.
type Config struct {
	Exchange shuffle.Exchange
	Formats  *table.Formats
	Files    filesystem.FileSystem
	Slots    *pipeline.Slots
	Pool     *memory.Pool
	// PartitionName is the directory of a partition below the table's.
	PartitionName func(keys, values []string) string
	Scratch       string // spill files and working directories of scripts are below it
	// Alone says that there is no other process that might succeed where this one fails: an error without a class of its own is then
	// the query's.
	Alone bool
	// Report takes what attempts report. It is called by many goroutines and must not wait for the worker.
	Report func(*Report)
}

// Runner runs attempts. It is safe for concurrent use. Close must be called.
type Runner struct {
	config  Config
	running sync.WaitGroup
	reads   reads

	mu       sync.Mutex
	jobs     map[scheduler.JobID]*job
	attempts map[scheduler.AttemptID]*attempt // whose end has not been acknowledged
	closed   bool
}

// job is what the attempts of a job share.
type job struct {
	*Job
	session *session.Session
	pool    *memory.Pool
	tables  *stage.JoinTables
	dir     string // spill files and scripts
	ctx     context.Context
	stop    context.CancelCauseFunc
	running sync.WaitGroup
	had     map[scheduler.AttemptID]bool
	held    map[scheduler.AttemptID]*Report // finished attempts whose output counts
}

// attempt is an attempt that runs, or whose end has not been acknowledged.
type attempt struct {
	*Launch
	job      *job
	ctx      context.Context
	stop     context.CancelCauseFunc
	progress stage.Progress
	grant    chan bool // the answer to a commit request

	report *Report // the last one, if it has not been answered; guarded by Runner.mu
	inputs inputs  // guarded by Runner.mu
}

var (
	errCancelled = errors.New("the attempt was cancelled")
	errReleased  = errors.New("the job has ended")
	errPreempted = errors.New("the worker is going away")
	errClosed    = errors.New("the worker is shutting down")
)

// New returns a runner.
func New(c Config) *Runner {
	r := &Runner{config: c, jobs: map[scheduler.JobID]*job{}, attempts: map[scheduler.AttemptID]*attempt{}}
	r.config.Exchange = shuffle.Counted(c.Exchange, r.reads.add)
	return r
}

// Close ends all attempts and waits for them.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	for _, j := range r.jobs {
		j.stop(errClosed)
	}
	r.mu.Unlock()
	r.running.Wait()
}

// Launch starts an attempt, unless it has been started before.
func (r *Runner) Launch(l *Launch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	j := r.jobs[l.Attempt.Job]
	if j == nil {
		j = &job{
			Job: l.Job, had: map[scheduler.AttemptID]bool{}, held: map[scheduler.AttemptID]*Report{},
			dir: filepath.Join(r.config.Scratch, l.Job.Name), pool: l.Job.Memory,
		}
		if j.pool == nil {
			j.pool = r.config.Pool.NewChild(l.Job.Name, 0)
		}
		if j.tables = l.Job.JoinTables; j.tables == nil {
			j.tables = stage.NewJoinTables(j.pool)
		}
		j.ctx, j.stop = context.WithCancelCause(context.Background())
		r.jobs[l.Attempt.Job] = j
	}
	if j.had[l.Attempt] {
		return
	}
	j.had[l.Attempt] = true
	a := &attempt{Launch: l, job: j, grant: make(chan bool, 1), inputs: newInputs()}
	a.ctx, a.stop = context.WithCancelCause(j.ctx)
	r.attempts[l.Attempt] = a
	j.running.Add(1)
	r.running.Go(func() {
		defer j.running.Done()
		r.run(a)
		a.stop(nil)
	})
}

// Cancel ends an attempt, of which nothing more is reported.
func (r *Runner) Cancel(id scheduler.AttemptID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.attempts[id]; a != nil {
		a.stop(errCancelled)
		delete(r.attempts, id)
	}
}

// Answer tells an attempt that asked to commit whether it may.
func (r *Runner) Answer(id scheduler.AttemptID, granted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.attempts[id]
	if a == nil {
		return
	}
	if a.report != nil && a.report.Kind == CommitRequested {
		a.report = nil
	}
	if !granted {
		delete(r.attempts, id)
	}
	select {
	case a.grant <- granted:
	default: // answered before
	}
}

// Acknowledge says that the end of an attempt was heard of; keep, that its output counts.
func (r *Runner) Acknowledge(id scheduler.AttemptID, keep bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.attempts[id]
	if a == nil || a.report == nil {
		return
	}
	if keep && a.report.Kind == Finished && !a.Commit {
		a.job.held[id] = a.report
	}
	delete(r.attempts, id)
}

// ReleaseStage forgets the outputs of a stage up to an epoch. It returns the name under which they are in the exchange, where the
// caller drops them; "" when there are none.
func (r *Runner) ReleaseStage(id scheduler.JobID, s scheduler.StageID, epoch uint32) (name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.jobs[id]
	if j == nil {
		return ""
	}
	for a := range j.held {
		if a.Stage == s && a.Epoch <= epoch {
			delete(j.held, a)
		}
	}
	return j.Name
}

// ReleaseJob ends what runs of a job, waits for it and removes what it left outside the exchange. It returns the name under which
// its outputs are there; "" when the job is not known.
func (r *Runner) ReleaseJob(id scheduler.JobID) (name string, err error) {
	r.mu.Lock()
	j := r.jobs[id]
	if j == nil {
		r.mu.Unlock()
		return "", nil
	}
	j.stop(errReleased)
	for a := range j.had {
		delete(r.attempts, a)
	}
	delete(r.jobs, id)
	r.mu.Unlock()
	j.running.Wait()
	if j.JoinTables == nil {
		err = j.tables.Close()
	}
	if j.Memory == nil {
		j.pool.Close()
	}
	if e := os.RemoveAll(j.dir); e != nil {
		err = errors.Join(err, fmt.Errorf("removing the files of %s: %w", j.Name, e))
	}
	return j.Name, err
}

// Jobs lists the jobs that the runner knows of.
func (r *Runner) Jobs() []scheduler.JobID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.jobs))
}

// Preempt ends the attempts that still run, which report that.
func (r *Runner) Preempt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.attempts {
		if a.report == nil {
			a.stop(errPreempted)
		}
	}
}

// Progress lists the attempts with what they have read so far.
func (r *Runner) Progress() []scheduler.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]scheduler.Progress, 0, len(r.attempts))
	for id, a := range r.attempts {
		out = append(out, scheduler.Progress{Attempt: id, Bytes: a.progress.Bytes.Load(), Rows: a.progress.Rows.Load(), Work: a.progress.Work()})
	}
	return out
}

// Pending lists the reports that have not been answered.
func (r *Runner) Pending() []*Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*Report
	for _, a := range r.attempts {
		if a.report != nil {
			out = append(out, a.report)
		}
		out = slices.AppendSeq(out, maps.Values(a.inputs.missing))
	}
	return out
}

// Holdings lists all that the worker has: finished attempts whose outputs it keeps, all others, and those of them that wait for
// inputs.
func (r *Runner) Holdings() (held []*Report, running, waiting []scheduler.AttemptID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range r.jobs {
		for _, x := range j.held {
			held = append(held, x)
		}
	}
	for id, a := range r.attempts {
		if a.report != nil && a.report.Kind == Finished && !a.Commit {
			held = append(held, a.report)
		} else {
			running = append(running, id)
			if len(a.inputs.missing) > 0 {
				waiting = append(waiting, id)
			}
		}
	}
	return held, running, waiting
}

// Idle reports whether nothing runs and nothing waits for an answer.
func (r *Runner) Idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.attempts) == 0
}

// Empty reports whether no output is kept either.
func (r *Runner) Empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.attempts) > 0 {
		return false
	}
	for _, j := range r.jobs {
		for _, x := range j.held {
			if x.Output.Rows > 0 {
				return false
			}
		}
	}
	return true
}

// report passes on what an attempt reports, and keeps it if it has to be answered. It returns false when nobody wants to hear of
// the attempt any more.
func (r *Runner) report(a *attempt, x *Report) bool {
	x.Attempt = a.Attempt
	r.mu.Lock()
	known := r.attempts[a.Attempt] == a && !r.closed
	if known && x.Kind != Started {
		a.report = x
	}
	r.mu.Unlock()
	if known {
		r.config.Report(x)
	}
	return known
}
