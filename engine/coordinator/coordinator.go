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
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"skep/engine/scheduler"
	"skep/shuffle"
)

// Config describes a coordinator and its workers.
type Config struct {
	Workers  int   // in this process
	Slots    int   // tasks that a worker runs at a time
	Memory   int64 // of a worker, for the grants of its tasks
	Exchange shuffle.Exchange
	// Scheduler is the core's; nil: scheduler.DefaultConfig.
	Scheduler *scheduler.Config
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

	workers []*worker
	running sync.WaitGroup // attempts and commits

	mu    sync.Mutex
	jobs  map[scheduler.JobID]*job
	names uint64
}

// New starts a coordinator. It must be closed.
func New(c Config) *Coordinator {
	sc := scheduler.DefaultConfig()
	if c.Scheduler != nil {
		sc = *c.Scheduler
	}
	x := &Coordinator{
		config: c, core: scheduler.New(sc), origin: time.Now(), events: make(chan scheduler.Event, 64), asks: make(chan func()), stop: make(chan struct{}),
		ended: make(chan struct{}), observer: newObserver(), jobs: map[scheduler.JobID]*job{},
	}
	for i := range max(c.Workers, 1) {
		x.workers = append(x.workers, &worker{coordinator: x, id: scheduler.WorkerID(i), attempts: map[scheduler.AttemptID]*attempt{}})
	}
	go x.loop()
	return x
}

// Close ends all queries and waits for what runs.
func (x *Coordinator) Close() {
	close(x.stop)
	<-x.ended
	x.running.Wait()
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

// tick is the time between two heartbeats of the workers.
const tick = time.Second

// loop applies events one after the other.
func (x *Coordinator) loop() {
	defer close(x.ended)
	clock := time.NewTicker(tick)
	defer clock.Stop()
	for _, w := range x.workers {
		x.apply(scheduler.WorkerSeen{
			Worker: w.id, Incarnation: incarnation, Host: fmt.Sprintf("embedded-%d", w.id), Slots: max(x.config.Slots, 1), Memory: x.config.Memory,
		})
	}
	for {
		select {
		case <-x.stop:
			x.mu.Lock()
			for _, j := range x.jobs {
				j.finish(errClosed)
			}
			x.mu.Unlock()
			for _, w := range x.workers {
				w.cancelAll()
			}
			return
		case e := <-x.events:
			x.apply(e)
		case f := <-x.asks:
			f()
		case <-clock.C:
			for _, w := range x.workers {
				x.apply(scheduler.Heartbeat{Worker: w.id, Incarnation: incarnation, Progress: w.progress()})
			}
			x.apply(scheduler.Tick{})
		}
	}
}

// apply applies an event and carries out the actions. Nothing here waits for anything: what takes time is done by others.
func (x *Coordinator) apply(e scheduler.Event) {
	// An action may not lead to an event right away, since the slice of actions is valid until the next one only.
	actions := x.core.Apply(x.now(), e)
	x.observeEvent(e)
	for _, a := range actions {
		x.observeAction(a)
		switch a := a.(type) {
		case scheduler.LogRecord: // one process: what is lost with it is lost together
		case scheduler.Launch:
			x.launch(a)
		case scheduler.Cancel:
			x.workers[a.Worker].cancel(a.Attempt)
		case scheduler.Acknowledge: // outputs that do not count go with their job
		case scheduler.CommitGranted:
			x.workers[a.Worker].answer(a.Attempt, true)
		case scheduler.CommitDenied:
			x.workers[a.Worker].answer(a.Attempt, false)
		case scheduler.InputChanged: // outputs of workers in this process do not move
		case scheduler.AskSizes:
			x.askSizes(a)
		case scheduler.ReleaseStage:
			x.release(a.Job, int(a.Stage))
		case scheduler.ReleaseJob: // Run releases it, when nothing of it runs any more
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

// release drops the outputs of a stage.
func (x *Coordinator) release(id scheduler.JobID, stage int) {
	j := x.job(id)
	if j == nil {
		return
	}
	x.running.Go(func() {
		if err := x.config.Exchange.Release(context.Background(), j.name, stage); err != nil {
			j.problem(fmt.Errorf("releasing the outputs of stage %d of %s: %w", stage, j.name, err))
		}
	})
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
		if err := j.commit(grants); err != nil {
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
	_, places := x.core.Manifest(a.Job, a.Stage)
	outputs := j.outputsOf(places)
	partitions := slices.Clone(a.Partitions) // the core's own
	x.running.Go(func() {
		for _, p := range partitions {
			e := scheduler.PartitionSizes{Job: a.Job, Stage: a.Stage, Epoch: a.Epoch, Partition: p}
			for _, o := range outputs {
				e.Bytes = append(e.Bytes, o.Partitions[p].Bytes)
			}
			x.send(e)
		}
	})
}
