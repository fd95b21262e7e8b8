package scheduler

import (
	"slices"
	"time"
)

// samples are the latest finished attempts of a stage.
type samples struct {
	seconds, bytes []float64
	next           int
}

const keptSamples = 256

func (s *samples) add(seconds, bytes float64) {
	if len(s.seconds) < keptSamples {
		s.seconds = append(s.seconds, seconds)
		s.bytes = append(s.bytes, bytes)
		return
	}
	s.seconds[s.next], s.bytes[s.next] = seconds, bytes
	s.next = (s.next + 1) % keptSamples
}

// rates describes a stage to a rule.
func (c *Core) rates(s *stage) StageRates {
	r := StageRates{Tasks: len(s.tasks), Done: s.done, MedianBytes: s.medianTask}
	var rates []float64
	for i, sec := range s.finished.seconds {
		r.Times = append(r.Times, sec)
		if b := s.finished.bytes[i]; b > 0 {
			r.Keys = append(r.Keys, sec/b)
			rates = append(rates, b/sec)
			r.MeanRate += b / sec
		} else {
			r.Keys = append(r.Keys, sec)
		}
	}
	if n := len(rates); n > 0 {
		r.MeanRate /= float64(n)
	}
	for _, i := range s.live {
		if a := &c.attempts[i]; a.elapsed(c.now) >= liveRateFloor {
			if rate, known := s.rate(a, c.now); known {
				rates = append(rates, rate)
			}
		}
	}
	slices.Sort(r.Times)
	slices.Sort(r.Keys)
	if len(rates) > 0 {
		slices.Sort(rates)
		r.MedianRate = rates[len(rates)/2]
	}
	return r
}

// watch looks at the live attempts of a job: those without progress are given
// up, slow ones get a copy, and their workers probation.
func (c *Core) watch(j *job) {
	if j.state != JobRunning {
		return
	}
	for i := range j.stages {
		s := &j.stages[i]
		c.judge(s)
		if len(s.live) == 0 {
			continue
		}
		if c.stuck(j, s); j.state != JobRunning {
			return
		}
		if c.cfg.Speculation.Rule != nil && !s.spec.NoSpeculation {
			c.findSlow(j, s)
		}
	}
}

func (c *Core) stuck(j *job, s *stage) {
	for _, i := range slices.Clone(s.live) {
		a := &c.attempts[i]
		t := &s.tasks[a.id.Task]
		if !a.inUse || a.waiting || t.state == taskDone || a.work == 0 || c.now.Sub(a.movedAt) < c.cfg.NoProgress {
			continue
		}
		id := a.id
		c.counters.Failed[NoProgress]++
		s.failed++
		if a.copy {
			j.copied++
		}
		const text = "the task made no progress"
		if j.cause == "" {
			j.cause, j.causeClass = text, NoProgress
		}
		j.mark(mark{c.now, s.id, id.Task, a.worker, 0, true})
		c.cancel(a, NoProgress)
		if c.retry(j, s, t, id.Task, NoProgress, text); j.state != JobRunning {
			return
		}
	}
}

func (c *Core) findSlow(j *job, s *stage) {
	r := c.rates(s)
	if r.MedianRate > 0 {
		for _, i := range s.live {
			a := &c.attempts[i]
			if rate, known := s.rate(a, c.now); known && a.elapsed(c.now) >= liveRateFloor {
				c.workers[a.worker].measured(c.now, rate/r.MedianRate, 0.2)
			}
		}
	}
	sp := &c.cfg.Speculation
	for _, i := range s.live {
		a := &c.attempts[i]
		t := &s.tasks[a.id.Task]
		unit, _ := s.unit(a)
		rate, known := s.rate(a, c.now)
		a.slow = known && t.state != taskDone && sp.Rule.Slow(&r, &AttemptRate{
			Elapsed: a.elapsed(c.now), Bytes: int64(float64(a.bytes) * unit), Expected: s.expect[a.id.Task], Rate: rate})
		if a.slow {
			c.probation(s, a, &r)
		}
	}
	if j.copied >= sp.OffAfter && float64(j.won) < sp.OffBelow*float64(j.copied) {
		return
	}
	for _, i := range s.live {
		a := &c.attempts[i]
		want := wish{s.id, a.id.Task}
		if !a.slow || !c.wantsCopy(j, s, &s.tasks[a.id.Task]) || slices.Contains(j.copyWish, want) {
			continue
		}
		if j.copies+len(j.copyWish) >= c.maxCopies() {
			return
		}
		j.copyWish = append(j.copyWish, want)
		c.placeable = true
	}
}

func (c *Core) maxCopies() int { return max(1, c.slots()/max(c.cfg.Speculation.MaxCopiesDiv, 1)) }

// wantsCopy says that all attempts of a task are slow and there may be one more.
func (c *Core) wantsCopy(j *job, s *stage, t *task) bool {
	if t.state != taskRunning || int(t.live) >= c.cfg.Speculation.MaxLiveAttempts {
		return false
	}
	for i := t.head; i >= 0; i = c.attempts[i].next {
		if !c.attempts[i].slow {
			return false
		}
	}
	return true
}

// launchCopy launches a wished copy on the healthiest worker; done: it is no
// longer wanted.
func (c *Core) launchCopy(j *job, want wish) (w *worker, done bool) {
	s := &j.stages[want.stage]
	if s.state != stageRunning || int(want.task) >= len(s.tasks) || !j.inputsThere(s) {
		return nil, true
	}
	t := &s.tasks[want.task]
	if !c.wantsCopy(j, s, t) || j.copies >= c.maxCopies() {
		return nil, true
	}
	r := request{job: j, stage: s, task: want.task, memory: s.need(want.task), copy: true}
	floor := slowBelow * c.medianHealth()
	for i := range c.workers {
		o := &c.workers[i]
		if c.room(o) <= 0 || c.now < o.probationUntil || o.healthAt(c.now) < floor || !r.memory.fits(o) || !c.allowed(&r, o) || c.runs(t, o.id) ||
			o.reserved.until != 0 {
			continue
		}
		if w == nil {
			w = o
		} else if better := o.healthAt(c.now) - w.healthAt(c.now); better > 0.05 || (better > -0.05 && o.assigned < w.assigned) {
			w = o
		}
	}
	if w == nil {
		return nil, false
	}
	c.launch(j, s, want.task, w, true, false)
	return w, true
}

func (c *Core) runs(t *task, w WorkerID) bool {
	for i := t.head; i >= 0; i = c.attempts[i].next {
		if c.attempts[i].worker == w {
			return true
		}
	}
	return false
}

func (c *Core) medianHealth() float64 {
	var h []float64
	for i := range c.workers {
		if c.workers[i].attached {
			h = append(h, c.workers[i].healthAt(c.now))
		}
	}
	if len(h) == 0 {
		return 1
	}
	slices.Sort(h)
	return h[len(h)/2]
}

// probation gives a worker whose attempts of a stage are slow on the whole one
// slot for a while: it is still used, so nothing is lost when all are slow.
func (c *Core) probation(s *stage, slow *attempt, r *StageRates) {
	sp := &c.cfg.Speculation
	w := &c.workers[slow.worker]
	if sp.ProbationMin <= 0 || c.now < w.probationUntil {
		return
	}
	var sum float64
	n := 0
	for _, i := range w.live {
		a := &c.attempts[i]
		if rate, known := s.rate(a, c.now); known && a.id.Job == slow.id.Job && a.id.Stage == s.id && a.elapsed(c.now) >= liveRateFloor {
			sum += rate
			n++
		}
	}
	if r.MedianRate <= 0 || n == 0 || sum/float64(n) > r.MedianRate/2 {
		return
	}
	all, on := 0, 1
	for i := range c.workers {
		if o := &c.workers[i]; o.attached {
			all++
			if c.now < o.probationUntil {
				on++
			}
		}
	}
	if on*3 > all {
		return
	}
	if w.probationLen == 0 || c.now.Sub(w.probationEnd) > sp.ProbationMax {
		w.probationLen = sp.ProbationMin
	} else {
		w.probationLen = min(2*w.probationLen, sp.ProbationMax)
	}
	w.probationUntil = c.now + Time(w.probationLen)
	c.counters.Probations++
}

const preemptAfter = 30 * time.Second

// preempt takes slots from pools that use more than their share when another
// one with work has been below its own for a while: the newest attempts go.
func (c *Core) preempt() {
	weights := 0
	for _, p := range c.pools {
		if p.live > 0 || c.hasWork(p) {
			weights += max(p.cfg.Weight, 1)
		}
	}
	for _, p := range c.pools {
		share := func(q *pool) int { return c.slots() * max(q.cfg.Weight, 1) / max(weights, 1) }
		if !c.hasWork(p) || p.live >= share(p) {
			p.below = 0
			continue
		}
		if p.below == 0 {
			p.below = c.now
		}
		if c.now.Sub(p.below) < preemptAfter {
			continue
		}
		p.below = c.now
		for n := share(p) - p.live; n > 0; n-- {
			var victim *attempt
			for i := range c.attempts {
				a := &c.attempts[i]
				if !a.inUse || a.waiting || a.job.pool.live <= share(a.job.pool) || a.job.state != JobRunning {
					continue
				}
				if t := &a.job.stages[a.id.Stage].tasks[a.id.Task]; t.state == taskDone {
					continue
				}
				if victim == nil || a.launchedAt > victim.launchedAt {
					victim = a
				}
			}
			if victim == nil {
				return
			}
			j, s, t := c.taskOf(victim.id)
			id := victim.id.Task
			c.counters.Preemptions++
			s.killed++
			c.cancel(victim, Preempted)
			c.retry(j, s, t, id, Preempted, "")
		}
	}
}

// hasWork says that a pool has tasks that only lack a slot.
func (c *Core) hasWork(p *pool) bool {
	for _, j := range c.jobs {
		if j.pool != p || j.state != JobRunning {
			continue
		}
		for i := range j.stages {
			s := &j.stages[i]
			if s.state != stageRunning || !j.inputsThere(s) {
				continue
			}
			if s.done+len(s.live) < len(s.tasks) || slices.ContainsFunc(s.live, func(k int32) bool { return c.attempts[k].waiting }) {
				return true
			}
		}
	}
	return false
}
