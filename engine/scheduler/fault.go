package scheduler

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

const (
	exclusionFor  = 10 * time.Minute // a failure speaks against its worker for so long
	diskBadFor    = 10 * time.Minute
	maxUnreadable = 4 // times the output of one task may be found unreadable
	blameAge      = 300 * time.Second
	maxMarks      = 256
)

func (c *Core) attemptFailed(e AttemptFailed) {
	c.touch(e.Worker, e.Incarnation)
	c.emit(Acknowledge{Attempt: e.Attempt, Worker: e.Worker, Incarnation: e.Incarnation})
	a := c.find(e.Attempt)
	if a == nil || a.worker != e.Worker || a.inc != e.Incarnation {
		c.counters.Stale++
		return
	}
	j, s, t := c.taskOf(e.Attempt)
	if e.Class >= numClasses {
		e.Class = Internal
	}
	c.counters.Failed[e.Class]++
	if a.copy {
		j.copied++
	}
	c.end(a)
	if s.granted(t, e.Attempt) {
		return // granted: what it says now does not matter
	}
	s.failed++
	if j.cause == "" && !classes[e.Class].derived {
		j.cause, j.causeClass = e.Message, e.Class
	}
	w := &c.workers[e.Worker]
	switch e.Class {
	case User:
		c.fail(j, User, e.Message)
		return
	case DiskFull, DiskBad:
		w.diskBadUntil = c.now + Time(diskBadFor)
		if !slices.ContainsFunc(c.workers, func(w worker) bool { return w.attached && c.now >= w.diskBadUntil }) {
			c.fail(j, e.Class, e.Message)
			return
		}
	case OutOfMemory:
		t.memory = min(t.memory+1, 3)
	case FetchFailed:
		if e.Fetch != nil {
			c.complain(j, s, e.Attempt.Task, w, *e.Fetch)
		}
	}
	if j.state.Ended() {
		return
	}
	if c.remember(j, s, e) >= 3 {
		c.fail(j, User, e.Message)
		return
	}
	c.retry(j, s, t, e.Attempt.Task, e.Class, e.Message)
}

// remember marks a failure and says on how many distinct workers the task has
// failed with the same message; that it did on three shows that the fault goes
// with the task.
func (c *Core) remember(j *job, s *stage, e AttemptFailed) int {
	if classes[e.Class].derived || e.Class == WorkerLost {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(e.Message))
	m := mark{c.now, s.id, e.Attempt.Task, e.Worker, h.Sum64(), classes[e.Class].ofWorker}
	j.mark(m)
	switch e.Class {
	case OutOfMemory, DiskFull, DiskBad:
		return 0 // the next attempt has more memory, or another disk
	}
	var seen []WorkerID
	for _, o := range j.marks {
		if o.stage == m.stage && o.task == m.task && o.message == m.message && !slices.Contains(seen, o.worker) {
			seen = append(seen, o.worker)
		}
	}
	return len(seen)
}

// mark remembers a failure; the latest few hundred are kept.
func (j *job) mark(m mark) {
	if len(j.marks) >= maxMarks {
		j.marks = slices.Delete(j.marks, 0, len(j.marks)-maxMarks+1)
	}
	j.marks = append(j.marks, m)
}

// forgive drops what is too old to speak against anyone.
func (c *Core) forgive(j *job) {
	j.marks = slices.DeleteFunc(j.marks, func(m mark) bool { return c.now.Sub(m.at) > exclusionFor })
}

// retry counts a failure and makes the task ready again, unless another
// attempt of it still runs.
func (c *Core) retry(j *job, s *stage, t *task, id TaskID, class Class, message string) {
	limit := s.spec.MaxFailures
	if limit <= 0 {
		limit = c.cfg.MaxFailures
	}
	switch {
	case class.Counted():
		if t.failures++; int(t.failures) >= limit {
			c.fail(j, class, message)
			return
		}
	case class != Preempted:
		if t.uncounted++; int(t.uncounted) > c.cfg.MaxUncounted {
			c.fail(j, class, fmt.Sprintf("task %d of %s was lost %d times: %s", id, s.spec.Name, t.uncounted, message))
			return
		}
	}
	if t.state != taskPending {
		return
	}
	if class == TransientIO {
		pause := min(time.Second<<(t.failures-1), time.Minute)
		s.delayed = append(s.delayed, delay{id, c.now + Time(pause) + Time(jitter(j.id, s.id, id, t.failures, pause/4))})
		return
	}
	c.enqueue(s, id)
	c.placeable = true
}

// jitter spreads pauses without randomness.
func jitter(j JobID, s StageID, t TaskID, n uint8, within time.Duration) time.Duration {
	h := uint64(j)*0x9e3779b97f4a7c15 ^ uint64(s)<<40 ^ uint64(t)<<8 ^ uint64(n)
	h ^= h >> 31
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 29
	return time.Duration(h % uint64(max(within, 1)))
}

// excluded says that a worker should not get a task: it failed there, or the
// stage failed there twice, or the job four times, within ten minutes. It
// learns at once. The last two never take more than a third of the workers.
func (c *Core) excluded(j *job, s *stage, t TaskID, w WorkerID) bool {
	if len(j.marks) == 0 {
		return false
	}
	return c.barredTask(j, s, t, w) || (c.barred(j, s, w) && c.mayBar(j, s))
}

func (c *Core) barredTask(j *job, s *stage, t TaskID, w WorkerID) bool {
	for _, m := range j.marks {
		if m.against && m.worker == w && m.stage == s.id && m.task == t && c.now.Sub(m.at) <= exclusionFor {
			return true
		}
	}
	return false
}

func (c *Core) barred(j *job, s *stage, w WorkerID) bool {
	inStage, inJob := 0, 0
	for _, m := range j.marks {
		if m.against && m.worker == w && c.now.Sub(m.at) <= exclusionFor {
			inJob++
			if m.stage == s.id {
				inStage++
			}
		}
	}
	return inStage >= 2 || inJob >= 4
}

func (c *Core) mayBar(j *job, s *stage) bool {
	all, bad := 0, 0
	for i := range c.workers {
		if w := &c.workers[i]; w.attached {
			all++
			if c.barred(j, s, w.id) {
				bad++
			}
		}
	}
	return bad*3 <= all
}

// blame collects complaints about outputs of a worker that itself seems well.
type blame struct {
	stage   StageID // of the producers
	worker  WorkerID
	first   Time
	readers []AttemptID // tasks (Attempt 0)
	hosts   []string
}

// complain weighs a complaint of a reader, or of the coordinator itself (nil); true: the output it is about is lost, or the
// reader looked for one that is out of date.
func (c *Core) complain(j *job, reader *stage, task TaskID, at *worker, f FetchFail) bool {
	pj, ps, pt := c.taskOf(f.Producer)
	if pt == nil || pj != j || pt.state != taskDone || pt.gone || pt.won != f.Producer.Attempt || ps.released {
		return true
	}
	if !ps.spec.OutputSurvives && pt.worker != f.Worker {
		return true
	}
	switch f.Kind {
	case Missing, Corrupt:
		pt.gone = true
		if pt.fetches++; pt.fetches >= maxUnreadable {
			c.fail(j, FetchFailed, fmt.Sprintf("the output of task %d of %s was %v %d times", f.Producer.Task, ps.spec.Name, f.Kind, pt.fetches))
			return true
		}
		if f.Kind == Corrupt {
			c.counters.CorruptOutputs++
			j.mark(mark{c.now, ps.id, f.Producer.Task, f.Worker, 0, true})
		}
		c.demand(j)
		return true
	}
	w := c.worker(pt.worker)
	if w == nil || ps.spec.OutputSurvives {
		return false
	}
	if c.suspect(w) {
		c.loseWorker(w) // silent, and its peers cannot reach it either
		return true
	}
	if reader == nil {
		return false // asked again
	}
	b := j.blameOf(ps.id, w.id, c.now)
	who := AttemptID{Job: j.id, Stage: reader.id, Epoch: reader.epoch, Task: task}
	if !slices.Contains(b.readers, who) {
		b.readers = append(b.readers, who)
	}
	if !slices.Contains(b.hosts, at.host) {
		b.hosts = append(b.hosts, at.host)
	}
	n := len(b.readers)
	believed := n >= 10 || n*10 > len(reader.live) || c.now.Sub(b.first) >= blameAge ||
		(len(b.hosts) >= 2 && len(b.hosts)*5 > c.hosts())
	if !believed {
		return false
	}
	// What is there cannot be read: all this worker has for the job is as good as lost.
	j.blames = slices.DeleteFunc(j.blames, func(b blame) bool { return b.worker == w.id })
	for range 2 { // no more tasks of this stage for it
		j.mark(mark{c.now, ps.id, -1, w.id, 0, true})
	}
	for i := range j.stages {
		s := &j.stages[i]
		if s.spec.Sink || s.spec.OutputSurvives {
			continue
		}
		for k := range s.tasks {
			if t := &s.tasks[k]; t.state == taskDone && t.worker == w.id && t.rows > 0 {
				t.gone = true
			}
		}
	}
	if pt.fetches++; pt.fetches >= maxUnreadable {
		c.fail(j, FetchFailed, fmt.Sprintf("the output of task %d of %s was %v %d times", f.Producer.Task, ps.spec.Name, f.Kind, pt.fetches))
		return true
	}
	c.demand(j)
	return true
}

func (j *job) blameOf(s StageID, w WorkerID, now Time) *blame {
	for i := range j.blames {
		if b := &j.blames[i]; b.stage == s && b.worker == w {
			return b
		}
	}
	j.blames = append(j.blames, blame{stage: s, worker: w, first: now})
	return &j.blames[len(j.blames)-1]
}

func (c *Core) hosts() int {
	var seen []string
	for i := range c.workers {
		if w := &c.workers[i]; w.attached && !slices.Contains(seen, w.host) {
			seen = append(seen, w.host)
		}
	}
	return len(seen)
}

// demand makes lost outputs again as far as unfinished stages need them, from
// the last stage to the first: a stage that runs again may need lost outputs of
// its own producers. Only tasks whose output is gone run again.
func (c *Core) demand(j *job) {
	if j.state != JobRunning {
		return
	}
	for i := len(j.stages) - 1; i >= 0; i-- {
		s := &j.stages[i]
		if s.over() {
			continue
		}
		for _, in := range s.spec.Inputs {
			p := &j.stages[in.From]
			if p.state != stageFinished && p.state != stageRunning {
				continue
			}
			var lost []TaskID
			for k := range p.tasks {
				if t := &p.tasks[k]; t.state == taskDone && (t.gone || (p.released && t.rows > 0)) && !p.spec.Sink {
					lost = append(lost, TaskID(k))
				}
			}
			if len(lost) == 0 && !p.released {
				continue
			}
			c.setLost(j, p, lost)
			if s.state == stageAsking {
				s.state = stageWaiting
			}
		}
	}
}

func (c *Core) setLost(j *job, s *stage, lost []TaskID) {
	c.flush(j, s)
	c.log(RecTasksLost{Job: j.id, Stage: s.id, Epoch: s.epoch, Tasks: lost})
	s.applyLost(lost)
	c.counters.TasksLost += int64(len(lost))
	for t := range s.tasks {
		if s.tasks[t].state == taskPending && !s.isDelayed(TaskID(t)) {
			c.enqueue(s, TaskID(t))
		}
	}
	c.placeable = true
}

// applyLost makes done tasks pending; also in replay.
func (s *stage) applyLost(lost []TaskID) {
	for _, id := range lost {
		t := &s.tasks[id]
		if t.state != taskDone {
			continue
		}
		t.state, t.gone, t.logged = taskPending, false, false
		if t.live > 0 {
			t.state = taskRunning
		}
		t.worker = NoWorker
		s.done--
	}
	s.released = false
	s.state = stageRunning
	s.version++
}

// restartConsumers starts over what read rows of a task that came out
// differently when it was made again.
func (c *Core) restartConsumers(j *job, p *stage) {
	for _, k := range p.consumers {
		if j.state != JobRunning {
			return
		}
		s := &j.stages[k]
		switch s.state {
		case stageAsking:
			s.state, s.asked = stageWaiting, nil
		case stageRunning, stageFinished:
			// Attempts of an earlier life of the coordinator may have read the old rows unknown to it.
			begun := len(s.tasks) == 0 || c.restarts > 0
			for i := range s.tasks {
				begun = begun || s.tasks[i].next > 0 || s.tasks[i].hasDigest
			}
			if begun {
				c.restart(j, s)
			}
		}
	}
	c.demand(j)
}

// restart starts a stage over in the next epoch, and what read it.
func (c *Core) restart(j *job, s *stage) {
	if int(s.epoch) >= c.cfg.MaxEpochs {
		c.fail(j, User, fmt.Sprintf("what %s reads was different each time it was made again", s.spec.Name))
		return
	}
	old := s.epoch
	sized := s.state != stageWaiting && s.state != stageAsking && s.state != stageSkipped
	c.cancelStage(j, s, Superseded)
	c.flush(j, s)
	c.logSync(RecStageRestarted{Job: j.id, Stage: s.id, Epoch: old + 1})
	s.applyRestart(old + 1)
	c.counters.StagesRestarted++
	if sized && !s.spec.Sink {
		c.emit(ReleaseStage{Job: j.id, Stage: s.id, Epoch: old})
		for _, k := range s.consumers {
			if con := &j.stages[k]; con.state == stageRunning || con.state == stageFinished {
				if c.restart(j, con); j.state != JobRunning {
					return
				}
			} else if con.state == stageAsking {
				con.state, con.asked = stageWaiting, nil
			}
		}
	}
	for _, in := range s.spec.Inputs {
		if p := &j.stages[in.From]; p.state == stageSkipped {
			if c.restart(j, p); j.state != JobRunning {
				return
			}
		}
	}
}

// applyRestart takes a stage back to waiting; also in replay.
func (s *stage) applyRestart(epoch uint32) {
	s.state, s.epoch = stageWaiting, epoch
	s.tasks, s.sums, s.loggedSums, s.ranges, s.expect, s.splitOrder, s.splitCuts = nil, nil, nil, nil, nil, nil, nil
	s.unlogged, s.asked, s.delayed = nil, nil, nil
	s.ready, s.near = queue{}, nil
	s.done, s.bytes, s.rows = 0, 0, 0
	s.released, s.finishedOnce = false, false
	s.manifests = nil
	s.version = 0
}
