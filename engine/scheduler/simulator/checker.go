package simulator

import (
	"slices"

	"skep/engine/scheduler"
)

// checker watches over the invariants:
//
//	I1  each (stage epoch, task) has at most one granted output
//	I2  the visible table is the union of the granted manifests
//	I3  a task reads each producer task from one attempt, of the present epoch
//	I4  an ended job stays as it ended
//	I5  replaying the log gives the state
//	I6  attempts stay within their caps
//	I7  no slot or byte is booked twice (Core.Check)
//	I8  a job that has not ended runs something or says why not; and it ends
//	I9  nothing of an ended job is left on a worker
//	I10 the answer is that of a direct computation
type checker struct {
	w        *world
	grants   map[scheduler.AttemptID]uint32 // by task (Attempt 0): the granted attempt
	launches map[scheduler.AttemptID]int    // by task
	ended    map[scheduler.JobID]scheduler.JobState
	events   int
}

func newChecker(w *world) *checker {
	return &checker{w: w, grants: map[AttemptID]uint32{}, launches: map[AttemptID]int{}, ended: map[scheduler.JobID]scheduler.JobState{}}
}

func taskKey(id AttemptID) AttemptID { id.Attempt = 0; return id }

// granted checks I1.
func (c *checker) granted(id AttemptID) {
	k := taskKey(id)
	if g, ok := c.grants[k]; ok && g != id.Attempt {
		c.w.fail("I1: %v is granted, and %d was before", id, g)
	}
	c.grants[k] = id.Attempt
	if !c.inLog(id) {
		c.w.fail("I1: %v is granted and the log does not know", id)
	}
}

// inLog says that the log has the grant.
func (c *checker) inLog(id AttemptID) bool {
	return slices.ContainsFunc(c.w.log, func(r scheduler.Record) bool {
		g, ok := r.(scheduler.RecOutputGranted)
		return ok && g.Attempt == id
	})
}

// launched checks I6.
func (c *checker) launched(l scheduler.Launch) {
	k := taskKey(l.Attempt)
	c.launches[k]++
	limit := (c.w.life + 1) * (c.w.cfg.MaxFailures + c.w.cfg.MaxUncounted + c.w.cfg.Speculation.MaxLiveAttempts + 20)
	if c.launches[k] > limit {
		c.w.fail("I6: %v is the %dth attempt", l.Attempt, c.launches[k])
	}
}

// read checks I3 for an attempt that has all its input.
func (c *checker) read(a *simAttempt) {
	for k, in := range a.launch.Inputs {
		seen := map[int32]bool{}
		for _, f := range a.fetched[k] {
			if seen[f.task] {
				c.w.fail("I3: %v read task %d of input %d twice", a.launch.Attempt, f.task, k)
			}
			seen[f.task] = true
			if f.attempt.Epoch != a.launch.Manifests[k].Epoch {
				// Its stage was started over meanwhile; whatever it makes must not count. The core drops it by its epoch.
				if v := c.w.core; v != nil {
					if ref, _ := v.Manifest(a.launch.Attempt.Job, a.launch.Attempt.Stage); ref.Epoch == a.launch.Attempt.Epoch {
						c.w.fail("I3: %v read %v though it was told epoch %d", a.launch.Attempt, f.attempt, a.launch.Manifests[k].Epoch)
					}
				}
			}
		}
		if want := int(in.MapHi - in.MapLo); len(seen) != want {
			c.w.fail("I3: %v read %d of %d tasks of input %d", a.launch.Attempt, len(seen), want, k)
		}
	}
}

// afterEvent checks what must hold at any time.
func (c *checker) afterEvent() {
	c.events++
	core := c.w.core
	if err := core.Check(); err != nil {
		c.w.fail("I7: %v", err)
		return
	}
	for _, j := range c.w.jobs {
		v, known := core.Job(j.id)
		if !known {
			continue
		}
		if was, ok := c.ended[j.id]; ok && v.State != was {
			c.w.fail("I4: job %d is %v after it was %v", j.id, v.State, was)
		}
		if v.State.Ended() {
			c.ended[j.id] = v.State
			continue
		}
		running := 0
		for _, s := range v.Stages {
			running += s.Running - s.Waiting
		}
		if running == 0 && v.Message == "" && !c.liveSinks(j.id) {
			c.w.fail("I8: job %d neither runs nor says why: %+v; workers %+v", j.id, v, core.Workers())
		}
	}
	if c.events%23 == 0 {
		c.replay()
	}
}

// liveSinks: granted attempts that have yet to say that they ended.
func (c *checker) liveSinks(j scheduler.JobID) bool {
	used := 0
	for _, w := range c.w.core.Workers() {
		used += w.Used + w.UsedShort
	}
	return used > 0
}

// replay checks I5.
func (c *checker) replay() {
	again, _, err := scheduler.Recover(c.w.now, c.w.cfg, slices.Clone(c.w.log))
	if err != nil {
		c.w.fail("I5: %v", err)
		return
	}
	if again.Fingerprint() != c.w.core.Fingerprint() {
		c.w.fail("I5: the log does not give the state")
	}
}

func (c *checker) decisions() (skewed, switched, emptied int) {
	for _, r := range c.w.log {
		s, ok := r.(scheduler.RecStageSized)
		if !ok {
			continue
		}
		spec := &c.w.jobs[s.Job-1].spec.Stages[s.Stage]
		for k, in := range spec.Inputs {
			if in.Pattern == scheduler.AllToAll && s.Patterns[k] == scheduler.Broadcast {
				switched++
			}
			for i := 1; s.Patterns[k] == scheduler.AllToAll && k < len(s.Ranges) && i < len(s.Ranges[k]); i++ {
				if s.Ranges[k][i].MapLo > 0 {
					skewed++
					break
				}
			}
		}
		if s.Tasks == 0 {
			emptied++
		}
	}
	return
}

// atEnd checks the answers and what is left behind.
func (c *checker) atEnd() {
	if c.w.failed != nil {
		return
	}
	for _, j := range c.w.jobs {
		if j.ended == nil {
			c.w.fail("I8: job %d did not end", j.id)
			return
		}
		switch j.ended.State {
		case scheduler.JobSucceeded:
			want, n := j.answer()
			if got, m := j.tableDigest(); got != want || n != m {
				c.w.fail("I10: job %d has %d rows of digest %x, should have %d of %x", j.id, m, got, n, want)
			}
			if j.userError && n > 0 {
				c.w.fail("job %d succeeded though it divides by zero", j.id)
			}
			for _, f := range j.visible {
				if !c.inLog(f.id) {
					c.w.fail("I2: %v is visible and was not granted", f.id)
				}
			}
		default:
			if len(j.visible) > 0 && j.ended.State != scheduler.JobFailed {
				c.w.fail("I2: job %d is %v and has output", j.id, j.ended.State)
			}
		}
	}
	for _, sw := range c.w.workers {
		if !sw.alive || !sw.connected || sw.frozen() {
			continue
		}
		for _, o := range sw.held {
			c.w.fail("I9: worker %d still holds %v", sw.id, o.id)
		}
		for _, a := range sw.running {
			c.w.fail("I9: worker %d still runs %v", sw.id, a.launch.Attempt)
		}
	}
}
