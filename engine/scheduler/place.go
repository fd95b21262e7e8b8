package scheduler

import (
	"slices"
	"time"
)

// place lets go on what waits and can, and launches what can be launched: of the job first in line its copies of
// slow attempts, then the ready tasks of its stages, upstream stages first.
func (c *Core) place() {
	if slices.ContainsFunc(c.jobs, func(j *job) bool { return j.waiting > 0 }) {
		c.resume()
	}
	c.findSlowWorkers()
	for _, j := range c.jobs {
		j.idle = j.state != JobRunning
	}
	for {
		var best *job
		for _, j := range c.jobs {
			if !j.idle && (best == nil || c.before(j, best)) {
				best = j
			}
		}
		if best == nil {
			return
		}
		if !c.launchOne(best) {
			best.idle = true
		}
	}
}

// request is what a task wants of a worker.
type request struct {
	job    *job
	stage  *stage
	task   TaskID
	memory grant
	copy   bool
	// anywhere drops the exclusion of workers on which the task failed: it failed on all.
	anywhere bool
}

func (c *Core) launchOne(j *job) bool {
	for i := 0; i < len(j.copyWish); {
		w, done := c.launchCopy(j, j.copyWish[i])
		if w != nil || done {
			j.copyWish = append(j.copyWish[:i], j.copyWish[i+1:]...)
		} else {
			i++
		}
		if w != nil {
			return true
		}
	}
	if c.launchReserved(j) {
		return true
	}
	for i := range j.stages {
		s := &j.stages[i]
		if s.state != stageRunning || s.ready.len() == 0 || !j.inputsThere(s) {
			continue
		}
		if c.launchReady(j, s) {
			return true
		}
	}
	return false
}

// launchReserved launches a task for which a worker is kept free, wherever there is room now. It may be far back in its queue.
func (c *Core) launchReserved(j *job) bool {
	for i := range c.workers {
		v := &c.workers[i].reserved
		if v.until == 0 || v.job != j.id {
			continue
		}
		s := &j.stages[v.stage]
		if s.state != stageRunning || int(v.task) >= len(s.tasks) || !s.isReady(v.task) {
			*v = reservation{}
			continue
		}
		r := request{job: j, stage: s, task: v.task, memory: s.need(v.task)}
		if w, short := c.pick(&r); w != nil && j.inputsThere(s) {
			s.tasks[r.task].queued = false
			c.launch(j, s, r.task, w, false, short)
			*v = reservation{}
			return true
		}
	}
	return false
}

// launchReady launches one ready task of a stage. Tasks at the front for which
// no worker will do are passed over, a few at a time.
func (c *Core) launchReady(j *job, s *stage) bool {
	q := &s.ready
	for q.len() > 0 && !s.isReady(q.items[q.head]) {
		q.head++
	}
	for n, k := 0, q.head; k < len(q.items) && n < 16; k++ {
		t := q.items[k]
		if !s.isReady(t) {
			continue
		}
		n++
		r := request{job: j, stage: s, task: t, memory: s.need(t)}
		w, short := c.pick(&r)
		if w == nil {
			if !c.anyRoom(j) {
				return false
			}
			w, short = c.relax(&r)
			if w == nil {
				continue
			}
		} else if local := s.localTask(w.id); local >= 0 && local != t && !c.excluded(j, s, local, w.id) && s.need(local).fits(w) {
			t = local
		}
		s.tasks[t].queued = false
		c.launch(j, s, t, w, false, short)
		return true
	}
	return false
}

func (s *stage) isReady(t TaskID) bool { return s.tasks[t].queued && s.tasks[t].state == taskPending }

// localTask is a ready task with its splits near a worker, or -1.
func (s *stage) localTask(w WorkerID) TaskID {
	q := s.near[w]
	if q == nil {
		return -1
	}
	for q.len() > 0 {
		if t := q.items[q.head]; s.isReady(t) {
			return t
		}
		q.head++
	}
	return -1
}

// grant is the memory that a task should get.
type grant struct {
	bytes    int64 // of its first attempt; 0: it needs none to speak of
	doubled  uint8
	allOfOne bool // a whole worker
}

func (s *stage) need(t TaskID) grant {
	n := s.tasks[t].memory
	return grant{s.spec.Memory + s.expect[t]/100*s.spec.MemoryPercent, n, n >= 3}
}

// on is the grant on a worker: as the first one at most the share of a slot, a quarter being left for those who need more, so that
// no expectation, however wrong, keeps slots idle.
func (g grant) on(w *worker) int64 {
	all := max(w.memory, 0)
	if g.allOfOne {
		return all
	}
	return min(min(g.bytes, all/int64(max(w.slots, 1))*3/4)<<g.doubled, all)
}

// fits says that the memory is there.
func (g grant) fits(w *worker) bool {
	if w.memory <= 0 || g.bytes == 0 && !g.allOfOne {
		return true
	}
	return w.usedMemory+g.on(w) <= w.memory
}

// allowed says that the worker may run the task, whether or not it has room.
func (c *Core) allowed(r *request, w *worker) bool {
	if !w.attached || w.draining {
		return false
	}
	if c.now < w.diskBadUntil && !r.stage.spec.Sink {
		return false
	}
	return r.anywhere || !c.excluded(r.job, r.stage, r.task, w.id)
}

// pick finds the worker for a task: one near its splits first, then the one
// with the most free slots, then the one that was given the fewest bytes. A
// short job may use a short slot when no other is free.
func (c *Core) pick(r *request) (w *worker, short bool) {
	near := r.stage.nearOf(r.task)
	isNear := func(id WorkerID) bool {
		for _, n := range near {
			if n == id {
				return true
			}
		}
		return false
	}
	shortOK := c.mayUseShort(r.job) && !r.copy
	bestNear := false
	bestRoom := 0
	for i := range c.workers {
		o := &c.workers[i]
		room := c.room(o)
		if room <= 0 && (!shortOK || o.usedShort >= c.cfg.ShortSlots || !o.attached || o.draining || c.suspect(o) || o.probationUntil > c.now) {
			continue
		}
		room = max(room, 0)
		if w != nil && len(near) == 0 && w.slow == o.slow && (room < bestRoom || (room == bestRoom && o.assigned >= w.assigned)) {
			continue // cheap test first
		}
		if !r.memory.fits(o) || !c.allowed(r, o) || c.pointless(r, o) || (o.reserved.until != 0 && !o.reserved.is(r)) {
			continue
		}
		n := isNear(o.id) && room > 0
		if w != nil && w.slow != o.slow && room > 0 && bestRoom > 0 {
			if w.slow {
				w, bestNear, bestRoom = o, n, room
			}
			continue
		}
		if w == nil || (n && !bestNear) || (n == bestNear && (room > bestRoom || (room == bestRoom && o.assigned < w.assigned))) {
			w, bestNear, bestRoom = o, n, room
		}
	}
	return w, w != nil && bestRoom == 0
}

// mayUseShort says that a job may have a short slot: a short one that has no other slot. One that has would only crowd its own tasks.
func (c *Core) mayUseShort(j *job) bool {
	return j.short && j.shortUse < c.cfg.ShortTasks && j.live-j.waiting == j.shortUse
}

func (v reservation) is(r *request) bool {
	return v.job == r.job.id && v.stage == r.stage.id && v.task == r.task
}

// anyRoom says that some worker has a free slot for the job.
func (c *Core) anyRoom(j *job) bool {
	for i := range c.workers {
		w := &c.workers[i]
		if c.room(w) > 0 {
			return true
		}
		if c.mayUseShort(j) && w.attached && !w.draining && !c.suspect(w) && w.usedShort < c.cfg.ShortSlots {
			return true
		}
	}
	return false
}

// relax handles a task that no worker with room can take. If it failed on all
// of them it may go anywhere; if it lacks memory that waiting attempts have it gets
// that, or the emptiest worker is kept free for it.
func (c *Core) relax(r *request) (*worker, bool) {
	some := false
	for i := range c.workers {
		some = some || c.allowed(r, &c.workers[i])
	}
	if !some && len(r.job.marks) > 0 {
		r.anywhere = true
		if w, short := c.pick(r); w != nil {
			return w, short
		}
	}
	if r.memory == (grant{}) {
		return nil, false
	}
	if w := c.makeRoom(r); w != nil {
		return w, false
	}
	var best *worker
	for i := range c.workers {
		w := &c.workers[i]
		if w.reserved.until != 0 && w.reserved.is(r) {
			return nil, false // waits for this one
		}
		if !c.allowed(r, w) || w.reserved.until != 0 || r.memory.fits(w) {
			continue
		}
		if best == nil || w.usedMemory < best.usedMemory {
			best = w
		}
	}
	if best != nil {
		best.reserved = reservation{r.job.id, r.stage.id, r.task, c.now + Time(time.Minute)}
	}
	return nil, false
}

// launch starts an attempt.
func (c *Core) launch(j *job, s *stage, t TaskID, w *worker, isCopy, short bool) {
	tk := &s.tasks[t]
	id := AttemptID{j.id, s.id, s.epoch, t, c.restarts<<16 | uint32(tk.next)}
	tk.next++
	memory := s.need(t).on(w)
	if w.reserved.job == j.id && w.reserved.stage == s.id && w.reserved.task == t {
		w.reserved = reservation{}
	}
	c.begin(j, s, id, w, memory, isCopy, short)
	a := Launch{Attempt: id, Worker: w.id, Incarnation: w.inc, Patterns: s.patterns, Partitions: int(s.partitions), Memory: memory, Copy: isCopy}
	if len(s.splitCuts) > 0 {
		a.Splits = s.splitOrder[s.splitCuts[t]:s.splitCuts[t+1]]
	}
	if n := len(s.spec.Inputs); n > 0 {
		a.Inputs = make([]Range, n)
		a.Manifests = j.inputs(s)
		for k, in := range s.spec.Inputs {
			from := &j.stages[in.From]
			if k < len(s.ranges) && s.ranges[k] != nil {
				a.Inputs[k] = s.ranges[k][t]
			} else {
				a.Inputs[k] = allOf(from)
			}
		}
	}
	c.counters.Launched++
	if isCopy {
		c.counters.Copies++
	}
	c.emit(a)
}
