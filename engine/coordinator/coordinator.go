// Package coordinator runs queries that are cut into stages: it feeds what happens to the scheduler's core and carries out what the
// core decides. Its workers are in this process; they run tasks (package stage) from the same bytes that other processes would get.
//
// One goroutine owns the core. Workers, clients and the clock send it events:
//
//	Run ── JobSubmitted ──┐                      ┌── Launch ──► worker: attempt ── AttemptFinished, CommitRequested … ─┐
//	clock ── Tick ────────┼──► loop: core.Apply ─┼── CommitJob ► the query's Commit ── JobCommitted ───────────────────┤
//	      ▲               │                      └── JobEnded ─► Run returns                                           │
//	      └───────────────┴──────────────────────────────────────────────────────────────────────────────────────────┘
package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"skep/engine/scheduler"
	"skep/engine/worker"
	"skep/shuffle"
)

// Config describes a coordinator and its workers.
type Config struct {
	Workers  int   // in this process; others attach
	Slots    int   // tasks that a worker runs at a time
	Memory   int64 // of a worker, for the grants of its tasks
	Exchange shuffle.Exchange
	// Survives says that outputs stay when the workers that wrote them go.
	Survives bool
	// Worker configures the workers in this process, but for what is the coordinator's.
	Worker worker.Config
	// Scheduler is the core's; nil: scheduler.DefaultConfig.
	Scheduler *scheduler.Config
	// Tick is the time between two looks at the clock and at the progress of workers in this process; 0: a second.
	Tick time.Duration
	// Log gets what was decided; nil: none. It belongs to the coordinator, which closes it. Records are what it held when it was opened.
	Log     Log
	Records []scheduler.Record
	// Restore makes the query of one that the log knows and that has not ended; Tables (for File), Memory, Logf and Commit are asked
	// of it. An error ends the query.
	Restore func(*Logged) (*Query, error)
}

// Log keeps records: package joblog.
type Log interface {
	Append(r scheduler.Record) error
	// Flush makes what was appended survive the process, Sync the machine.
	Flush() error
	Sync() error
	Size() int64
	Compact(endedBefore scheduler.Time) error
	Close() error
}

// Coordinator runs queries on its workers. It is safe for concurrent use.
type Coordinator struct {
	config Config
	core   *scheduler.Core // of the loop
	origin time.Time
	events chan scheduler.Event
	asks   chan func()   // questions to the core
	stop   chan struct{} // closed by Close
	ended  chan struct{} // closed when the loop has ended

	observer observer // of the loop

	embedded []*embedded
	workers  map[scheduler.WorkerID]Worker // of the loop
	attached atomic.Int64                  // their number
	running  sync.WaitGroup                // commits and copies of results

	incarnation scheduler.Incarnation // of workers in this process: another one in every process
	compactAt   int64                 // size of the log; of the loop
	broken      error                 // why the loop has to end; of the loop

	mu    sync.Mutex
	jobs  map[scheduler.JobID]*job
	names uint64
	// refused is why no query can be run any more.
	refused error
}

// New starts a coordinator, which goes on with the queries of its log. It must be closed. After an error the log is the caller's.
func New(c Config) (*Coordinator, error) {
	sc := scheduler.DefaultConfig()
	if c.Scheduler != nil {
		sc = *c.Scheduler
	}
	x := &Coordinator{
		config: c, origin: time.Now(), events: make(chan scheduler.Event, 64), asks: make(chan func()), stop: make(chan struct{}),
		ended: make(chan struct{}), observer: newObserver(), jobs: map[scheduler.JobID]*job{}, workers: map[scheduler.WorkerID]Worker{},
		compactAt: compactAt,
	}
	x.incarnation = scheduler.Incarnation(x.origin.UnixNano())
	x.names = uint64(x.origin.UnixMilli()) // so that no number is used twice, also where the log has forgotten it
	actions, lost, err := x.recover(sc)
	if err != nil {
		return nil, err
	}
	for i := range c.Workers {
		w := newEmbedded(x, scheduler.WorkerID(i))
		x.embedded = append(x.embedded, w)
		x.workers[w.id] = w
		x.attached.Add(1)
	}
	go x.loop(actions, lost)
	return x, nil
}

// Close ends all queries, waits for what runs and closes the log.
func (x *Coordinator) Close() error {
	close(x.stop)
	<-x.ended
	x.running.Wait()
	for _, w := range x.embedded {
		w.runner.Close()
	}
	if x.config.Log == nil {
		return nil
	}
	return x.config.Log.Close()
}

var errClosed = errors.New("the server is shutting down")

// now is the time of an event: real time since an origin, so that it never decreases.
func (x *Coordinator) now() scheduler.Time {
	return scheduler.Time(x.origin.UnixNano() + int64(time.Since(x.origin)))
}

// send hands an event to the loop, unless that has ended.
func (x *Coordinator) send(e scheduler.Event) {
	select {
	case x.events <- e:
	case <-x.ended:
	}
}

// View describes the running query of an id; false when there is none.
func (x *Coordinator) View(id string) (v scheduler.JobView, ok bool) {
	x.mu.Lock()
	var found *job
	for _, j := range x.jobs {
		if j.query.ID == id {
			found = j
		}
	}
	x.mu.Unlock()
	if found == nil {
		return v, false
	}
	x.ask(func() { v, ok = x.core.Job(found.id) })
	return v, ok
}

// Workers describes the workers.
func (x *Coordinator) Workers() (all []scheduler.WorkerView) {
	x.ask(func() { all = x.core.Workers() })
	return all
}

// Counters returns the counts since the coordinator was started.
func (x *Coordinator) Counters() (c scheduler.Counters) {
	x.ask(func() { c = x.core.Counters() })
	return c
}

// ask lets the loop call f, and waits; after the loop's end it does nothing.
func (x *Coordinator) ask(f func()) {
	answered := make(chan struct{})
	select {
	case x.asks <- func() { f(); close(answered) }:
		<-answered
	case <-x.ended:
	}
}

// loop carries out what recovery decided and then applies events, one after the other. lost are jobs that cannot go on.
func (x *Coordinator) loop(actions []scheduler.Action, lost []scheduler.JobCancelled) {
	defer close(x.ended)
	x.perform(actions)
	for _, e := range lost {
		x.apply(e)
	}
	clock := time.NewTicker(cmp.Or(x.config.Tick, time.Second))
	defer clock.Stop()
	for _, w := range x.embedded {
		x.apply(w.seen())
	}
	for {
		if x.broken != nil {
			x.finishAll(x.broken)
			return
		}
		select {
		case <-x.stop:
			// Who stops the server does not want to hear of these queries again.
			x.mu.Lock()
			all := slices.Collect(maps.Keys(x.jobs))
			x.mu.Unlock()
			for _, id := range all {
				if j := x.job(id); j != nil {
					j.failed(errClosed.Error(), errClosed)
				}
				x.apply(scheduler.JobCancelled{Job: id, Reason: errClosed.Error()})
			}
			x.finishAll(errClosed)
			return
		case e := <-x.events:
			x.apply(e)
		case f := <-x.asks:
			f()
		case <-clock.C:
			for _, w := range x.embedded {
				x.apply(scheduler.Heartbeat{Worker: w.id, Incarnation: x.incarnation, Progress: w.runner.Progress()})
			}
			x.apply(scheduler.Tick{})
			x.compact()
		}
	}
}

// finishAll ends all queries for those who wait for them.
func (x *Coordinator) finishAll(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refused = err
	for _, j := range x.jobs {
		j.finish(err)
	}
}

// apply applies an event and carries out the actions. Nothing here waits for anything: what takes time is done by others.
func (x *Coordinator) apply(e scheduler.Event) {
	// An action may not lead to an event right away, since the slice of actions is valid until the next one only.
	actions := x.core.Apply(x.now(), e)
	x.observeEvent(e)
	x.perform(actions)
}

// perform carries out a batch of actions, records first.
func (x *Coordinator) perform(actions []scheduler.Action) {
	if x.broken != nil {
		return
	}
	if err := x.write(actions); err != nil {
		x.breakOff(err)
		return
	}
	for _, a := range actions {
		x.observeAction(a)
		switch a := a.(type) {
		case scheduler.LogRecord: // written
		case scheduler.Launch:
			x.launch(a)
		case scheduler.Cancel:
			x.to(a.Worker, func(w Worker) { w.Cancel(a.Attempt) })
		case scheduler.Acknowledge: // outputs that do not count go with their job
			x.to(a.Worker, func(w Worker) { w.Acknowledge(a.Attempt, a.KeepOutput) })
		case scheduler.CommitGranted:
			x.to(a.Worker, func(w Worker) { w.Answer(a.Attempt, true) })
		case scheduler.CommitDenied:
			x.to(a.Worker, func(w Worker) { w.Answer(a.Attempt, false) })
		case scheduler.InputChanged:
			x.inputChanged(a)
		case scheduler.AskSizes:
			x.askSizes(a)
		case scheduler.ReleaseStage:
			x.release(a)
		case scheduler.ReleaseJob: // what is in this process Run releases, when nothing of it runs any more
			for _, w := range x.workers {
				w.ReleaseJob(a.Job)
			}
		case scheduler.Reattach:
			x.to(a.Worker, Worker.Reattach)
		case scheduler.CommitJob:
			x.commit(a.Job)
		case scheduler.JobEnded:
			x.jobEnded(a)
		}
	}
}

func (x *Coordinator) job(id scheduler.JobID) *job {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.jobs[id]
}

// to has something done by a worker, if it is there.
func (x *Coordinator) to(id scheduler.WorkerID, f func(w Worker)) {
	if w := x.workers[id]; w != nil {
		f(w)
	}
}

// release drops the outputs of a stage. What is written again afterwards must not be dropped with them, so this is done before
// anything else is launched.
func (x *Coordinator) release(a scheduler.ReleaseStage) {
	j := x.job(a.Job)
	if j == nil {
		return
	}
	for _, w := range x.workers {
		w.ReleaseStage(a.Job, a.Stage, a.Epoch)
	}
	if err := x.config.Exchange.Release(context.Background(), j.name, int(a.Stage)); err != nil {
		j.problem(fmt.Errorf("releasing the outputs of stage %d of %s: %w", a.Stage, j.name, err))
	}
}

// commit puts the granted outputs of a job in place.
func (x *Coordinator) commit(id scheduler.JobID) {
	j := x.job(id)
	if j == nil {
		return
	}
	grants := x.core.Grants(id)
	x.running.Go(func() {
		e := scheduler.JobCommitted{Job: id}
		if err := j.commit(x.config.Exchange, x.incarnation, grants); err != nil {
			j.problem(err)
			e.Err = err.Error()
		}
		x.send(e)
	})
}

func (x *Coordinator) jobEnded(a scheduler.JobEnded) {
	j := x.job(a.Job)
	if j == nil {
		return
	}
	var err error
	if a.State != scheduler.JobSucceeded {
		err = j.failure(a)
	}
	j.finish(err)
}

// askSizes answers with the sizes of partitions by producer task.
func (x *Coordinator) askSizes(a scheduler.AskSizes) {
	j := x.job(a.Job)
	if j == nil {
		return
	}
	ref, places := x.core.Manifest(a.Job, a.Stage)
	m := j.manifest(ref, places)
	partitions := slices.Clone(a.Partitions) // the core's own
	x.running.Go(func() {
		if gone := j.missing(places); gone != nil {
			x.send(scheduler.SizesFailed{Job: a.Job, Fetch: *gone})
			return
		}
		for _, p := range partitions {
			e := scheduler.PartitionSizes{Job: a.Job, Stage: a.Stage, Epoch: a.Epoch, Partition: p}
			sizes, err := x.config.Exchange.MapSizes(j.ctx, m, int(p))
			if err != nil {
				var fetch *shuffle.FetchError
				if errors.As(err, &fetch) {
					x.send(scheduler.SizesFailed{Job: a.Job, Fetch: j.fetchFail(fetch)})
				} else {
					j.problem(fmt.Errorf("asking for the sizes of partition %d of stage %d: %w", p, a.Stage, err))
				}
				return // the core asks again
			}
			e.Bytes = sizes
			x.send(e)
		}
	})
}
