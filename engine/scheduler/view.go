package scheduler

import (
	"fmt"
	"slices"
)

// JobView is what users see of a job.
type JobView struct {
	State   JobState
	Class   Class  // of a failure
	Message string // the first cause of a failure, or why it waits ("" when it runs)
	Stages  []StageView
	Copies  int // of slow attempts, made and ended
	Won     int // of them, first
}

// StageView counts the tasks of a stage as Hive's progress rows do.
type StageView struct {
	Name                      string
	State                     string
	Epoch                     uint32
	Total, Completed, Running int
	Pending, Failed, Killed   int // Failed and Killed count attempts
	Waiting                   int // of Running: all their attempts wait for inputs
	Bytes, Rows               int64
	Patterns                  []Pattern // as decided
	LargestTask, MedianTask   int64     // bytes to read, as sized
}

// Job describes a job; false when the core does not know it.
func (c *Core) Job(id JobID) (JobView, bool) {
	j := c.byID[id]
	if j == nil {
		return JobView{}, false
	}
	v := JobView{State: j.state, Class: j.endClass, Message: j.endText, Copies: j.copied, Won: j.won}
	if !j.state.Ended() {
		v.Message = c.WaitReason(id)
	}
	for i := range j.stages {
		s := &j.stages[i]
		state := s.state.String()
		if s.released {
			state = "released"
		}
		sv := StageView{Name: s.spec.Name, State: state, Epoch: s.epoch, Total: len(s.tasks), Completed: s.done,
			Failed: s.failed, Killed: s.killed, Bytes: s.bytes, Rows: s.rows, Patterns: s.patterns, MedianTask: s.medianTask}
		for k := range s.tasks {
			switch s.tasks[k].state {
			case taskRunning:
				sv.Running++
				if c.waits(&s.tasks[k]) {
					sv.Waiting++
				}
			case taskPending:
				sv.Pending++
			}
			sv.LargestTask = max(sv.LargestTask, s.expect[k])
		}
		v.Stages = append(v.Stages, sv)
	}
	return v, true
}

// WaitReason says why a job that has not ended runs nothing now, "" if it runs
// something. That no job is without both is an invariant.
func (c *Core) WaitReason(id JobID) string {
	j := c.byID[id]
	switch {
	case j == nil || j.state.Ended():
		return "ended"
	case j.live > j.waiting:
		return ""
	case j.state == JobCommitting:
		return "putting its output in place"
	case c.recovering:
		return "waiting for workers to return after a restart"
	case j.state == JobQueued:
		return fmt.Sprintf("waiting in pool %q: %d queries run there", j.pool.cfg.Name, j.pool.running)
	}
	attached, room := 0, 0
	for i := range c.workers {
		if w := &c.workers[i]; w.attached {
			attached++
			room += max(c.room(w), 0)
		}
	}
	for i := range j.stages {
		s := &j.stages[i]
		switch {
		case s.state == stageAsking:
			return "asking workers for the sizes of a skewed partition of " + s.spec.Name
		case s.state != stageRunning:
		case len(s.delayed) > 0:
			return "pausing after a failure of " + s.spec.Name
		case j.inputsThere(s) && attached == 0:
			return "no worker is there"
		case j.inputsThere(s) && room == 0:
			return "waiting for a slot"
		case j.inputsThere(s) && !c.canPlace(j, s):
			return "waiting for a worker that can take it: others failed at it, lack memory or room on disk, are slow or silent"
		case j.inputsThere(s) && slices.ContainsFunc(s.live, func(k int32) bool { return c.attempts[k].waiting }):
			return "waiting for a slot to go on with " + s.spec.Name
		}
	}
	return ""
}

// canPlace says that a ready task of the stage could be launched.
func (c *Core) canPlace(j *job, s *stage) bool {
	for _, t := range s.ready.items[s.ready.head:] {
		if r := (request{job: j, stage: s, task: t, memory: s.need(t)}); s.isReady(t) {
			if w, _ := c.pick(&r); w != nil {
				return true
			}
		}
	}
	return false
}

// Place is where the output of a task is.
type Place struct {
	Task    TaskID
	Attempt AttemptID
	Worker  WorkerID
	Rows    int64
}

// Manifest lists where the outputs of a stage are, by task: finished tasks
// only, in order. Ref is the version this is.
func (c *Core) Manifest(job JobID, id StageID) (ref ManifestRef, places []Place) {
	j := c.byID[job]
	if j == nil || id < 0 || int(id) >= len(j.stages) {
		return ManifestRef{Stage: id}, nil
	}
	s := &j.stages[id]
	for k := range s.tasks {
		if t := &s.tasks[k]; t.state == taskDone && !t.gone {
			places = append(places, Place{TaskID(k), AttemptID{job, id, s.epoch, TaskID(k), t.won}, t.worker, t.rows})
		}
	}
	return ManifestRef{id, s.epoch, s.version}, places
}

// Grant is the output of a sink task.
type Grant struct {
	Attempt     AttemptID
	Bytes, Rows int64
	Manifest    []byte
}

// Grants lists the granted outputs of a job's sinks by stage and task: what
// CommitJob puts in place.
func (c *Core) Grants(job JobID) []Grant {
	j := c.byID[job]
	if j == nil {
		return nil
	}
	var out []Grant
	for i := range j.stages {
		s := &j.stages[i]
		for k := range s.tasks {
			if t := &s.tasks[k]; s.spec.Sink && t.state == taskDone {
				out = append(out, Grant{AttemptID{job, s.id, s.epoch, TaskID(k), t.won}, t.bytes, t.rows, s.manifests[k]})
			}
		}
	}
	return out
}

// Counters returns the counts since the core was made.
func (c *Core) Counters() Counters { return c.counters }

// WorkerView is what users see of a worker.
type WorkerView struct {
	Worker                        WorkerID
	Incarnation                   Incarnation
	Host                          string
	Attached, Draining, Probation bool
	Slots, Used, UsedShort        int
	Memory, UsedMemory            int64
	Health                        float64
}

// Workers describes the workers ever seen.
func (c *Core) Workers() []WorkerView {
	var out []WorkerView
	for i := range c.workers {
		if w := &c.workers[i]; w.known {
			out = append(out, WorkerView{w.id, w.inc, w.host, w.attached, w.draining, c.now < w.probationUntil,
				w.slots, w.used, w.usedShort, w.memory, w.usedMemory, w.healthAt(c.now)})
		}
	}
	return out
}
