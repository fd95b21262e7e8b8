package scheduler

import "slices"

// An attempt that misses an input waits for it: it keeps what it has read, and
// gives its slot back. So what has to be made again always finds a slot, however
// many attempts wait, and a slot is never held by an attempt that waits for
// another one; nothing can wait in a circle. When all inputs of its stage are
// there it goes on as soon as its worker has a free slot, before anything new is
// launched there: a worker never computes more tasks than it has slots, and an
// attempt that is partly done is worth more than one that has yet to begin. Its
// memory stays booked, since what it has read is in it; where that keeps lost
// outputs from being made again it is given up (makeRoom).

// fetchProblem takes a complaint of an attempt that waits for an answer.
func (c *Core) fetchProblem(e FetchProblem) {
	c.touch(e.Worker, e.Incarnation)
	j, s, t := c.taskOf(e.Attempt)
	if s.granted(t, e.Attempt) {
		return // late: its files count
	}
	a := c.find(e.Attempt)
	if a == nil || a.worker != e.Worker || a.inc != e.Incarnation {
		c.counters.Stale++
		c.emit(Cancel{Attempt: e.Attempt, Worker: e.Worker, Incarnation: e.Incarnation, Class: Superseded})
		return
	}
	a.listedAt = c.now
	c.complain(j, s, e.Attempt.Task, &c.workers[e.Worker], e.Fetch)
	if j.state.Ended() {
		return
	}
	if a = c.find(e.Attempt); a == nil {
		return // its worker is lost, or its stage starts over
	}
	switch {
	case c.recovering || !j.inputsThere(s):
		// An old complaint, of one that has been answered since, takes the slot of an attempt that runs; it gets it back with the answer.
		c.await(a)
	case !a.waiting:
		c.emit(InputChanged{Attempt: a.id, Worker: a.worker, Incarnation: a.inc, Manifests: j.inputs(s)})
	}
}

// await makes an attempt wait.
func (c *Core) await(a *attempt) {
	if a.waiting {
		return
	}
	a.waiting, a.waitsSince, a.slow = true, c.now, false
	a.job.waiting++
	c.giveSlot(a)
	c.counters.Waits++
	c.placeable = true
}

// resume lets waiting attempts go on whose inputs are there, where there is a slot.
func (c *Core) resume() {
	for i := range c.workers {
		w := &c.workers[i]
		for _, k := range w.live {
			a := &c.attempts[k]
			if !c.mayResume(a) {
				continue
			}
			a.short = a.short && w.usedShort < c.cfg.ShortSlots
			// Its rate and its age are those of the time in which it worked.
			a.waiting, a.resumedAt, a.movedAt = false, c.now, c.now
			a.launchedAt += c.now - a.waitsSince
			a.points[0], a.npoints = point{c.now, a.bytes}, 1
			a.job.waiting--
			c.takeSlot(a)
			c.emit(InputChanged{Attempt: a.id, Worker: a.worker, Incarnation: a.inc, Manifests: a.job.inputs(&a.job.stages[a.id.Stage])})
		}
	}
}

// mayResume says that an attempt waits and need not any more. A worker on probation, or one that drains, has the slots of what it has begun.
func (c *Core) mayResume(a *attempt) bool {
	if !a.waiting || a.job.state != JobRunning || !a.job.inputsThere(&a.job.stages[a.id.Stage]) {
		return false
	}
	w := &c.workers[a.worker]
	return !c.suspect(w) && (w.used < w.slots || (a.short && w.usedShort < c.cfg.ShortSlots))
}

// inputs are the present versions of a stage's inputs.
func (j *job) inputs(s *stage) []ManifestRef {
	refs := make([]ManifestRef, len(s.spec.Inputs))
	for k, in := range s.spec.Inputs {
		from := &j.stages[in.From]
		refs[k] = ManifestRef{from.id, from.epoch, from.version}
	}
	return refs
}

// makeRoom finds a worker for a task that is made again and that lacks nothing but the memory of attempts that wait, perhaps for this
// very task. It ends the newest of them.
func (c *Core) makeRoom(r *request) *worker {
	if !r.stage.finishedOnce {
		return nil
	}
	for i := range c.workers {
		w := &c.workers[i]
		if c.room(w) <= 0 || !c.allowed(r, w) || (w.reserved.until != 0 && !w.reserved.is(r)) {
			continue
		}
		var waiting []*attempt
		used := w.usedMemory
		for _, k := range w.live {
			a := &c.attempts[k]
			if _, _, t := c.taskOf(a.id); a.waiting && a.memory > 0 && t.state != taskDone {
				waiting = append(waiting, a)
				w.usedMemory -= a.memory
			}
		}
		enough := r.memory.fits(w)
		w.usedMemory = used
		if !enough {
			continue
		}
		slices.SortStableFunc(waiting, func(a, b *attempt) int { return int(min(max(b.launchedAt-a.launchedAt, -1), 1)) })
		for _, a := range waiting {
			if r.memory.fits(w) {
				break
			}
			j, s, t := c.taskOf(a.id)
			id := a.id.Task
			if a.copy {
				j.copied++
			}
			c.counters.WaitsGivenUp++
			s.killed++
			c.cancel(a, Preempted)
			c.retry(j, s, t, id, Preempted, "")
		}
		return w
	}
	return nil
}

// waits says that all attempts of a running task wait.
func (c *Core) waits(t *task) bool {
	for i := t.head; i >= 0; i = c.attempts[i].next {
		if !c.attempts[i].waiting {
			return false
		}
	}
	return true
}
