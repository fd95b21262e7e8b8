package scheduler

import (
	"slices"
	"time"
)

type worker struct {
	id       WorkerID
	inc      Incarnation
	host     string
	known    bool // ever seen
	attached bool // not lost
	awaited  bool // after a restart: not back yet
	draining bool
	lastSeen Time

	slots, used, usedShort int
	memory, usedMemory     int64
	live                   []int32
	assigned               int64 // bytes of all tasks ever given to it

	health         float64 // see health.go
	healthSeen     Time
	slow           bool
	probationUntil Time
	probationEnd   Time // of the last one
	probationLen   time.Duration
	diskBadUntil   Time
	reserved       reservation
}

// reservation keeps a worker free for a task that needs more memory than any
// worker has free.
type reservation struct {
	job   JobID
	stage StageID
	task  TaskID
	until Time
}

func (c *Core) worker(id WorkerID) *worker {
	if id < 0 || int(id) >= len(c.workers) || !c.workers[id].known {
		return nil
	}
	return &c.workers[id]
}

// touch notes a sign of life.
func (c *Core) touch(id WorkerID, inc Incarnation) {
	if w := c.worker(id); w != nil && w.inc == inc && w.attached {
		c.placeable = c.placeable || c.suspect(w)
		w.lastSeen = c.now
	}
}

// suspect says that the worker has been silent for so long that it gets nothing new.
func (c *Core) suspect(w *worker) bool { return c.now.Sub(w.lastSeen) > c.cfg.SuspectAfter }

// room is how many more attempts a worker may get on its slots.
func (c *Core) room(w *worker) int {
	switch {
	case !w.attached || w.draining || c.suspect(w):
		return 0
	case c.now < w.probationUntil:
		return 1 - w.used
	}
	return w.slots - w.used
}

// maxWorkers bounds worker ids, which index a slice.
const maxWorkers = 1 << 20

func (c *Core) workerSeen(e WorkerSeen) {
	if e.Worker < 0 || e.Worker >= maxWorkers {
		c.counters.Stale++
		return
	}
	for int(e.Worker) >= len(c.workers) {
		c.workers = append(c.workers, worker{id: WorkerID(len(c.workers)), health: 1})
	}
	w := &c.workers[e.Worker]
	if w.attached && w.inc != e.Incarnation {
		if e.Incarnation < w.inc {
			c.counters.Stale++
			return // a message of an earlier life
		}
		c.loseWorker(w)
	}
	fresh := !w.attached || w.inc != e.Incarnation
	if w.inc != e.Incarnation {
		w.health, w.probationUntil, w.probationLen, w.diskBadUntil, w.assigned = 1, 0, 0, 0, 0
	}
	w.known, w.attached, w.awaited, w.draining = true, true, false, false
	w.inc, w.host, w.slots, w.memory, w.lastSeen = e.Incarnation, e.Host, e.Slots, e.Memory, c.now
	if fresh {
		c.log(RecWorkerSeen{Worker: w.id, Incarnation: w.inc})
	}
	c.reconcileRunning(w, e)
	c.reconcileHeld(w, e)
	for _, j := range slices.Clone(c.jobs) {
		c.demand(j)
	}
	c.placeable = true
	if c.recovering && !slices.ContainsFunc(c.workers, func(w worker) bool { return w.awaited }) {
		c.endRecovery()
	}
}

// reconcileRunning makes the live attempts of a worker those that it says it runs.
func (c *Core) reconcileRunning(w *worker, e WorkerSeen) {
	says := make(map[AttemptID]bool, len(e.Running)+len(e.Held))
	for _, id := range e.Running {
		says[id] = true
	}
	for i := range e.Held {
		says[e.Held[i].Attempt] = true
	}
	waits := make(map[AttemptID]bool, len(e.Waiting))
	for _, id := range e.Waiting {
		waits[id] = true
	}
	for _, i := range slices.Clone(w.live) {
		a := &c.attempts[i]
		if !a.inUse || says[a.id] {
			continue
		}
		if _, s, t := c.taskOf(a.id); s.granted(t, a.id) {
			c.end(a) // granted, and its end was not heard
			continue
		}
		c.lostAttempt(a)
	}
	for _, id := range e.Running {
		if a := c.find(id); a != nil && a.worker == w.id && a.inc == w.inc {
			a.listedAt = c.now
			continue
		}
		j, s, t := c.taskOf(id)
		switch {
		case s.granted(t, id):
			// It may be waiting for the answer, or about to say that it ended.
			c.emit(CommitGranted{Attempt: id, Worker: w.id, Incarnation: w.inc})
		case t == nil || j.state != JobRunning || s.over() || c.find(id) != nil: // live elsewhere: not this one
			c.emit(Cancel{Attempt: id, Worker: w.id, Incarnation: w.inc, Class: Superseded})
		case t.state == taskDone && t.won == id.Attempt && t.worker == w.id: // it ended meanwhile
		case t.state == taskDone || int(t.live) >= c.cfg.Speculation.MaxLiveAttempts-1:
			c.emit(Cancel{Attempt: id, Worker: w.id, Incarnation: w.inc, Class: Superseded})
		default:
			isCopy := t.live > 0
			c.begin(j, s, id, w, s.need(id.Task).on(w), isCopy, w.used >= w.slots)
			a := c.find(id)
			a.adopted = true
			a.started(c.now)
			if waits[id] {
				c.await(a)
			}
			t.next = max(t.next, uint16(id.Attempt)+1)
		}
	}
}

// reconcileHeld makes the outputs on a worker those that it says it has.
func (c *Core) reconcileHeld(w *worker, e WorkerSeen) {
	held := make(map[AttemptID]bool, len(e.Held))
	for i := range e.Held {
		held[e.Held[i].Attempt] = true
	}
	for _, j := range c.jobs {
		for i := range j.stages {
			s := &j.stages[i]
			if s.spec.Sink || s.spec.OutputSurvives {
				continue
			}
			for k := range s.tasks {
				t := &s.tasks[k]
				if t.state != taskDone || t.worker != w.id {
					continue
				}
				has := held[AttemptID{j.id, s.id, s.epoch, TaskID(k), t.won}]
				t.gone = !has && t.rows > 0
				if has {
					t.inc = w.inc
				}
			}
		}
	}
	for i := range e.Held {
		h := &e.Held[i]
		j, s, t := c.taskOf(h.Attempt)
		keep := false
		switch {
		case t == nil || s.spec.Sink || s.released || s.state == stageSkipped || j.state != JobRunning:
		case t.state == taskDone && t.won == h.Attempt.Attempt && t.worker == w.id:
			keep = true
		case t.state == taskDone && !t.gone:
		default:
			// Finished, and the report or the record of it was lost; or given up and made again since.
			if a := c.find(h.Attempt); a != nil && a.worker == w.id {
				c.end(a)
			}
			if t.state == taskDone {
				c.setLost(j, s, []TaskID{h.Attempt.Task})
			}
			t.next = max(t.next, uint16(h.Attempt.Attempt)+1)
			c.taskWon(j, s, h.Attempt, w.id, w.inc, h.Output)
			keep = true
		}
		c.emit(Acknowledge{Attempt: h.Attempt, Worker: w.id, Incarnation: w.inc, KeepOutput: keep})
	}
}

func (c *Core) heartbeat(e Heartbeat) {
	w := c.worker(e.Worker)
	if w == nil || !w.attached || w.inc != e.Incarnation {
		c.emit(Reattach{Worker: e.Worker, Incarnation: e.Incarnation})
		return
	}
	if c.suspect(w) {
		c.placeable = true
	}
	w.lastSeen = c.now
	for _, p := range e.Progress {
		a := c.find(p.Attempt)
		if a != nil && a.worker == w.id {
			a.progress(c.now, p)
			continue
		}
		_, s, t := c.taskOf(p.Attempt)
		if s.granted(t, p.Attempt) {
			c.emit(CommitGranted{Attempt: p.Attempt, Worker: w.id, Incarnation: w.inc})
			continue
		}
		if t != nil && t.state == taskDone && t.won == p.Attempt.Attempt && t.worker == w.id {
			c.emit(Acknowledge{Attempt: p.Attempt, Worker: w.id, Incarnation: w.inc, KeepOutput: !s.released})
			continue
		}
		c.emit(Cancel{Attempt: p.Attempt, Worker: w.id, Incarnation: w.inc, Class: Superseded})
	}
	for _, i := range slices.Clone(w.live) {
		if a := &c.attempts[i]; a.inUse && c.now.Sub(a.listedAt) > c.cfg.SuspectAfter {
			if _, s, t := c.taskOf(a.id); s.granted(t, a.id) {
				c.end(a)
				continue
			}
			c.emit(Cancel{Attempt: a.id, Worker: a.worker, Incarnation: a.inc, Class: WorkerLost})
			c.lostAttempt(a)
		}
	}
}

// lostAttempt ends an attempt that went away with its worker or never reached it.
func (c *Core) lostAttempt(a *attempt) {
	j, s, t := c.taskOf(a.id)
	id := a.id.Task
	c.counters.Failed[WorkerLost]++
	s.killed++
	c.end(a)
	c.retry(j, s, t, id, WorkerLost, "worker lost")
}

// loseWorker gives up a worker: its attempts run again elsewhere, and so do the
// tasks whose outputs went with it and are still needed.
func (c *Core) loseWorker(w *worker) {
	if !w.attached {
		return
	}
	w.attached, w.awaited = false, false
	c.log(RecWorkerLost{Worker: w.id, Incarnation: w.inc})
	for _, j := range c.jobs {
		for i := range j.stages {
			s := &j.stages[i]
			if s.spec.Sink || s.spec.OutputSurvives || s.released {
				continue
			}
			for k := range s.tasks {
				if t := &s.tasks[k]; t.state == taskDone && t.worker == w.id && t.rows > 0 {
					t.gone = true
				}
			}
		}
	}
	for _, i := range slices.Clone(w.live) {
		a := &c.attempts[i]
		if !a.inUse {
			continue
		}
		if _, s, t := c.taskOf(a.id); s.granted(t, a.id) {
			c.end(a)
			continue
		}
		c.lostAttempt(a)
	}
	for _, j := range slices.Clone(c.jobs) {
		c.demand(j)
	}
	c.placeable = true
}

// tick lets time pass.
func (c *Core) tick() {
	for i := range c.workers {
		w := &c.workers[i]
		if w.attached && c.now.Sub(w.lastSeen) > c.cfg.LostAfter {
			c.loseWorker(w)
		}
		if w.probationUntil != 0 && c.now >= w.probationUntil {
			w.probationEnd, w.probationUntil = w.probationUntil, 0
			c.placeable = true
		}
		if c.now >= w.reserved.until {
			w.reserved = reservation{}
		}
	}
	if c.recovering && c.now >= c.recoverUntil {
		c.endRecovery()
	}
	for _, j := range slices.Clone(c.jobs) {
		for i := range j.stages {
			s := &j.stages[i]
			s.wake(c)
			if len(s.unlogged) > 0 && c.now.Sub(s.unloggedSince) >= time.Second {
				c.flush(j, s)
			}
			if s.state == stageAsking && c.now.Sub(s.askedAt) >= 2*time.Second {
				c.ask(j, s)
			}
		}
		c.forgive(j)
		c.starving(j)
	}
	c.placeable = true // pauses, exclusions and reservations end by themselves
	if !c.recovering && c.now.Sub(c.lastTick) >= 900*time.Millisecond {
		c.lastTick = c.now
		for _, j := range slices.Clone(c.jobs) {
			c.watch(j)
		}
		c.preempt()
	}
}

// wake makes tasks ready whose pause is over.
func (s *stage) wake(c *Core) {
	keep := s.delayed[:0]
	for _, d := range s.delayed {
		if d.at <= c.now {
			c.enqueue(s, d.task)
			c.placeable = true
		} else {
			keep = append(keep, d)
		}
	}
	s.delayed = keep
}

// starving fails a job that has had no worker it could use for too long.
func (c *Core) starving(j *job) {
	if j.state != JobRunning || j.live > j.waiting || c.usable() {
		j.starvedAt = 0
		return
	}
	if j.starvedAt == 0 {
		j.starvedAt = c.now
	}
	if c.now.Sub(j.starvedAt) >= c.cfg.NoWorkersFail {
		c.fail(j, WorkerLost, "no worker with room on its disks was there for "+c.cfg.NoWorkersFail.String())
	}
}

// usable says that some worker can take tasks of every kind.
func (c *Core) usable() bool {
	return slices.ContainsFunc(c.workers, func(w worker) bool { return w.attached && !w.draining && c.now >= w.diskBadUntil })
}
