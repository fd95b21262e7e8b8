package scheduler

import (
	"fmt"
	"hash/fnv"
)

// Recover replays a log into a new core and starts its next life: the actions
// are the batch to carry out first. Until the workers that the log knows have
// returned with WorkerSeen, or Config.ReattachWait is over, nothing is launched
// and no grant given. An error means that the log contradicts itself.
func Recover(at Time, cfg Config, records []Record) (*Core, []Action, error) {
	c := New(cfg)
	c.now = at
	for n, r := range records {
		if err := c.replay(r); err != nil {
			return nil, nil, fmt.Errorf("replaying record %d (%T): %w", n, r, err)
		}
	}
	if len(records) > 0 {
		c.restarts++
	}
	c.logSync(RecCoordinatorStarted{At: at, Restarts: c.restarts})
	for _, j := range c.jobs {
		for i := range j.stages {
			j.stages[i].version = c.restarts << 20 // versions are never used twice
		}
		if j.state == JobCommitting {
			c.emit(CommitJob{Job: j.id})
		}
	}
	for i := range c.workers {
		c.recovering = c.recovering || c.workers[i].awaited
	}
	if c.recovering {
		c.recoverUntil = at + Time(cfg.ReattachWait)
	} else {
		c.endRecovery()
		c.settle()
	}
	return c, c.out, nil
}

func (c *Core) replay(r Record) error {
	switch r := r.(type) {
	case RecCoordinatorStarted:
		c.restarts = r.Restarts
		return nil
	case RecWorkerSeen:
		if r.Worker < 0 || r.Worker >= maxWorkers {
			return fmt.Errorf("worker %d", r.Worker)
		}
		for int(r.Worker) >= len(c.workers) {
			c.workers = append(c.workers, worker{id: WorkerID(len(c.workers)), health: 1})
		}
		w := &c.workers[r.Worker]
		w.known, w.awaited, w.inc = true, true, r.Incarnation
		return nil
	case RecWorkerLost:
		if w := c.worker(r.Worker); w != nil && w.inc == r.Incarnation {
			w.awaited = false
		}
		return nil
	case RecJobSubmitted:
		if err := r.Spec.Validate(); err != nil {
			return err
		}
		if c.byID[r.Job] != nil {
			return fmt.Errorf("job %d twice", r.Job)
		}
		c.addJob(r.Job, r.Spec)
		return nil
	case RecJobEnded:
		j := c.byID[r.Job]
		if j == nil || j.state.Ended() {
			return fmt.Errorf("no job %d to end", r.Job)
		}
		c.applyEnd(j, r.State, r.Class, r.Message)
		return nil
	case RecCommitPlanned:
		j := c.byID[r.Job]
		if j == nil || j.state.Ended() {
			return fmt.Errorf("no job %d to commit", r.Job)
		}
		if j.state == JobQueued {
			j.start()
		}
		j.state = JobCommitting
		return nil
	}
	return c.replayStage(r)
}

func (c *Core) replayStage(r Record) error {
	at := func(job JobID, id StageID, epoch uint32) (*stage, error) {
		j := c.byID[job]
		if j == nil || j.state.Ended() || id < 0 || int(id) >= len(j.stages) {
			return nil, fmt.Errorf("no stage %d of job %d", id, job)
		}
		if j.state == JobQueued {
			j.start()
		}
		s := &j.stages[id]
		if epoch != s.epoch {
			return nil, fmt.Errorf("stage %d of job %d is in epoch %d, not %d", id, job, s.epoch, epoch)
		}
		return s, nil
	}
	inTasks := func(s *stage, t TaskID) bool { return t >= 0 && int(t) < len(s.tasks) }
	switch r := r.(type) {
	case RecStageSized:
		s, err := at(r.Job, r.Stage, r.Epoch)
		if err != nil {
			return err
		}
		s.applySized(&r)
		s.settleReplay()
	case RecStageRestarted:
		s, err := at(r.Job, r.Stage, r.Epoch-1)
		if err != nil {
			return err
		}
		s.applyRestart(r.Epoch)
	case RecStageSkipped:
		j := c.byID[r.Job]
		if j == nil || r.Stage < 0 || int(r.Stage) >= len(j.stages) {
			return fmt.Errorf("no stage %d of job %d", r.Stage, r.Job)
		}
		j.stages[r.Stage].state = stageSkipped
	case RecStageReleased:
		s, err := at(r.Job, r.Stage, r.Epoch)
		if err != nil {
			return err
		}
		s.applyReleased()
	case RecTasksLost:
		s, err := at(r.Job, r.Stage, r.Epoch)
		if err != nil {
			return err
		}
		for _, t := range r.Tasks {
			if !inTasks(s, t) {
				return fmt.Errorf("no task %d", t)
			}
		}
		s.applyLost(r.Tasks)
	case RecTasksFinished:
		s, err := at(r.Job, r.Stage, r.Epoch)
		if err != nil {
			return err
		}
		for _, d := range r.Tasks {
			if !inTasks(s, d.Task) || s.tasks[d.Task].state == taskDone {
				return fmt.Errorf("task %d cannot finish", d.Task)
			}
			t := &s.tasks[d.Task]
			c.setDone(s, t, d.Task, doneFacts{d.Attempt, d.Worker, d.Incarnation, d.Bytes, d.Rows, d.Digest})
			t.logged, t.counted = true, true
		}
		if len(r.Sums) > len(s.sums) {
			return fmt.Errorf("%d sums for %d partitions", len(r.Sums), len(s.sums))
		}
		for p, b := range r.Sums {
			s.sums[p] += b
		}
		copy(s.loggedSums, s.sums)
		s.settleReplay()
	case RecOutputGranted:
		id := r.Attempt
		s, err := at(id.Job, id.Stage, id.Epoch)
		if err != nil {
			return err
		}
		if !inTasks(s, id.Task) || s.tasks[id.Task].state == taskDone {
			return fmt.Errorf("task %d cannot be granted", id.Task)
		}
		c.applyGrant(s, &s.tasks[id.Task], id, NoWorker, 0, r.Output, r.Manifest)
		s.settleReplay()
	default:
		return fmt.Errorf("unknown record")
	}
	return nil
}

func (s *stage) settleReplay() {
	if s.state == stageRunning && s.done == len(s.tasks) {
		s.state, s.finishedOnce = stageFinished, true
	}
}

// endRecovery gives up the workers that did not return and lets work go on.
func (c *Core) endRecovery() {
	c.recovering = false
	for i := range c.workers {
		if w := &c.workers[i]; w.awaited {
			w.awaited = false
			c.log(RecWorkerLost{Worker: w.id, Incarnation: w.inc})
		}
	}
	for _, j := range c.jobs {
		for i := range j.stages {
			s := &j.stages[i]
			for k := range s.tasks {
				t := &s.tasks[k]
				if t.state == taskPending {
					c.enqueue(s, TaskID(k))
				}
				if t.state != taskDone || t.rows == 0 || s.spec.Sink || s.spec.OutputSurvives {
					continue
				}
				if w := c.worker(t.worker); w == nil || !w.attached {
					t.gone = true
				}
			}
		}
	}
	for _, j := range append([]*job(nil), c.jobs...) {
		c.demand(j)
	}
	c.placeable = true
}

// Fingerprint is a hash of all that the log restores: a core recovered from the
// records so far has the same one.
func (c *Core) Fingerprint() uint64 {
	h := fnv.New64a()
	put := func(v ...any) { fmt.Fprintln(h, v...) }
	for _, j := range c.jobs {
		put("job", j.id, j.state == JobCommitting)
		for i := range j.stages {
			s := &j.stages[i]
			sized := s.state == stageRunning || s.state == stageFinished
			put("stage", i, s.epoch, sized, s.state == stageSkipped, s.released)
			if !sized {
				continue
			}
			put(s.partitions, s.patterns, s.splitOrder, s.splitCuts, s.ranges, s.expect, len(s.tasks))
			put(s.loggedSums)
			for k := range s.tasks {
				if t := &s.tasks[k]; t.state == taskDone && t.logged {
					put(k, t.won, t.bytes, t.rows, t.digest)
					if s.spec.Sink {
						put(s.manifests[k])
					}
				}
			}
		}
	}
	return h.Sum64()
}
