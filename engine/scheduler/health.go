package scheduler

import (
	"slices"
	"time"
)

// A worker's health is the rate of its attempts against the medians of their
// stages, smoothed; 1 is normal. Live attempts are judged each second
// (findSlow), finished ones by their stage's median, so that a slow worker is
// also known where tasks are much shorter than a second. Their measure is the
// time per byte, with some bytes for what every task costs.

const (
	healthMemory = 2 * time.Minute // what is not measured again is normal after so long
	slowBelow    = 0.4             // of the median health
	judgeFrom    = 2               // finished attempts; of few, one of the faster is the normal one
	taskCost     = 1 << 20         // bytes
)

// patience is how long the tasks of a stage wait for healthy workers that are at other stages of the job.
const patience = 2 * time.Second

// verdict is a finished attempt that has not been compared with others of its stage.
type verdict struct {
	worker WorkerID
	key    float64
}

// measured takes a rate against the normal one; its weight is that of one among earlier ones.
func (w *worker) measured(now Time, rate, weight float64) {
	w.health = (1-weight)*w.healthAt(now) + weight*min(rate, 2)
	w.healthSeen = now
}

// healthAt is the health that a worker is believed to have: one that gets no tasks since it is slow must be tried again.
func (w *worker) healthAt(now Time) float64 {
	age := float64(now.Sub(w.healthSeen)) / float64(healthMemory)
	return 1 - (1-w.health)*max(0, 1-age)
}

// judge compares the attempts that finished since it was last called.
func (c *Core) judge(s *stage) {
	if len(s.unjudged) == 0 || len(s.finished.seconds) < judgeFrom {
		return
	}
	keys := make([]float64, len(s.finished.seconds))
	for i := range keys {
		keys[i] = s.finished.seconds[i] / (s.finished.bytes[i] + taskCost)
	}
	slices.Sort(keys)
	normal := keys[(len(keys)-1)/2]
	for _, v := range s.unjudged {
		c.workers[v.worker].measured(c.now, normal/v.key, min(0.25*max(v.key/normal, 1), 0.8)) // who took longer was measured for longer
	}
	s.unjudged = s.unjudged[:0]
}

// findSlowWorkers marks workers that are slow against the others, never more than a third of them.
func (c *Core) findSlowWorkers() {
	slow := func(w worker) bool { return w.slow || w.health < 2*slowBelow }
	if !slices.ContainsFunc(c.workers, slow) {
		return
	}
	var h []float64
	for i := range c.workers {
		if w := &c.workers[i]; w.attached {
			h = append(h, w.healthAt(c.now))
		}
	}
	slices.Sort(h)
	c.healthySlots = 0
	limit := 0.0
	if n := len(h); n > 0 && c.cfg.Speculation.ProbationMin > 0 {
		if limit = slowBelow * h[n/2]; h[n/3] < limit {
			limit = 0 // that many are no exception
		}
	}
	for i := range c.workers {
		w := &c.workers[i]
		if w.slow = w.attached && w.healthAt(c.now) < limit; w.attached && !w.slow && !w.draining && !c.suspect(w) {
			c.healthySlots += w.slots
		}
	}
}

// pointless says that a slow worker should not get a task: the others, which are at this job, will have done all that is ready before
// it has done one. Where they take long with something else of the job the task does not wait for them.
func (c *Core) pointless(r *request, w *worker) bool {
	if !w.slow {
		return false
	}
	ready := 0
	for i := range r.job.stages {
		if s := &r.job.stages[i]; s.state == stageRunning {
			ready += s.ready.len()
		}
	}
	if float64(ready) > float64(c.healthySlots)/max(w.healthAt(c.now), 0.01) {
		return false
	}
	for i := range r.job.stages {
		s := &r.job.stages[i]
		if s != r.stage && c.now.Sub(r.stage.sizedAt) > patience {
			continue
		}
		if slices.ContainsFunc(s.live, func(i int32) bool {
			a := &c.attempts[i]
			return !a.waiting && !c.workers[a.worker].slow && !c.excluded(r.job, r.stage, r.task, a.worker)
		}) {
			return true
		}
	}
	return false
}
