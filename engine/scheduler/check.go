package scheduler

import "fmt"

// Check verifies that the core's books agree with each other; it is for
// simulators and tests and costs a walk over the whole state.
func (c *Core) Check() error {
	perWorker := make([]struct {
		used, short, waiting int
		memory               int64
	}, len(c.workers))
	live := 0
	for i := range c.attempts {
		a := &c.attempts[i]
		if !a.inUse {
			continue
		}
		live++
		if c.find(a.id) != a {
			return fmt.Errorf("live attempt %v is not found", a.id)
		}
		w := &perWorker[a.worker]
		w.memory += a.memory
		switch {
		case a.waiting:
			w.waiting++
			if !c.recovering && !c.placeable && c.mayResume(a) {
				return fmt.Errorf("%v waits though its inputs and a slot are there", a.id)
			}
		case a.short:
			w.short++
		default:
			w.used++
		}
	}
	for i := range c.workers {
		w, p := &c.workers[i], &perWorker[i]
		if w.used != p.used || w.usedShort != p.short || w.usedMemory != p.memory || len(w.live) != p.used+p.short+p.waiting {
			return fmt.Errorf("worker %d: %d+%d slots and %d bytes booked, %d+%d and %d used", i, w.used, w.usedShort, w.usedMemory, p.used, p.short, p.memory)
		}
		if w.used > w.slots && !c.adoptedOn(w) || w.usedShort > c.cfg.ShortSlots && !c.adoptedOn(w) {
			return fmt.Errorf("worker %d: %d attempts on %d slots", i, w.used, w.slots)
		}
		if w.memory > 0 && w.usedMemory > w.memory && !c.adoptedOn(w) {
			return fmt.Errorf("worker %d: %d bytes granted of %d", i, w.usedMemory, w.memory)
		}
		if !w.attached && len(w.live) > 0 {
			return fmt.Errorf("worker %d is lost and has %d attempts", i, len(w.live))
		}
	}
	booked, total := 0, 0
	for _, p := range c.pools {
		total += p.live
	}
	for _, j := range c.jobs {
		booked += j.live
		total += j.waiting
		if err := c.checkJob(j); err != nil {
			return fmt.Errorf("job %d: %w", j.id, err)
		}
	}
	if booked != live || total != live {
		return fmt.Errorf("%d attempts live, %d booked by jobs, %d by pools and as waiting", live, booked, total)
	}
	return nil
}

// adoptedOn: attempts found running after a restart are taken on as they are.
func (c *Core) adoptedOn(w *worker) bool {
	for _, i := range w.live {
		if c.attempts[i].adopted {
			return true
		}
	}
	return false
}

func (c *Core) checkJob(j *job) error {
	live, copies, waiting := 0, 0, 0
	for i := range j.stages {
		s := &j.stages[i]
		live += len(s.live)
		done := 0
		var bytes, rows int64
		for _, k := range s.live {
			if c.attempts[k].copy {
				copies++
			}
			if c.attempts[k].waiting {
				waiting++
			}
		}
		for k := range s.tasks {
			t := &s.tasks[k]
			bytes += t.bytes
			rows += t.rows
			if t.state == taskDone {
				done++
			}
			if int(t.live) > c.cfg.Speculation.MaxLiveAttempts {
				return fmt.Errorf("stage %d task %d has %d live attempts", i, k, t.live)
			}
			if t.state == taskDone && t.live > 0 && !s.spec.Sink {
				return fmt.Errorf("stage %d task %d is done and %d attempts of it go on", i, k, t.live)
			}
			if t.state == taskRunning != (t.live > 0) && t.state != taskDone {
				return fmt.Errorf("stage %d task %d is in state %d with %d live attempts", i, k, t.state, t.live)
			}
			if t.state == taskPending && !t.queued && !c.recovering && !s.isDelayed(TaskID(k)) && s.state == stageRunning {
				return fmt.Errorf("stage %d task %d is pending and in no queue", i, k)
			}
		}
		if done != s.done || bytes != s.bytes || rows != s.rows {
			return fmt.Errorf("stage %d: %d done, %d bytes, %d rows booked; %d, %d, %d counted", i, s.done, s.bytes, s.rows, done, bytes, rows)
		}
		if s.complete() && done != len(s.tasks) {
			return fmt.Errorf("stage %d is finished with %d of %d tasks", i, done, len(s.tasks))
		}
		if j.state == JobRunning && !s.over() && s.state == stageRunning && !c.recovering {
			for _, in := range s.spec.Inputs {
				if p := &j.stages[in.From]; len(s.tasks) > 0 && p.state == stageSkipped {
					return fmt.Errorf("stage %d reads the skipped stage %d", i, in.From)
				}
			}
		}
	}
	if live != j.live || copies != j.copies || waiting != j.waiting {
		return fmt.Errorf("%d attempts, %d copies and %d waiting booked, %d, %d and %d counted", j.live, j.copies, j.waiting, live, copies, waiting)
	}
	return nil
}

func (s *stage) isDelayed(t TaskID) bool {
	for _, d := range s.delayed {
		if d.task == t {
			return true
		}
	}
	return false
}
