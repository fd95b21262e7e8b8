package scheduler

import (
	"slices"
	"time"
)

// attempt is a live attempt: launched and not known to have ended.
type attempt struct {
	id         AttemptID
	job        *job
	worker     WorkerID
	inc        Incarnation
	launchedAt Time
	startedAt  Time // 0: not heard of yet
	listedAt   Time // last heartbeat or report that knew it
	movedAt    Time // last time its work grew
	work       int64
	rows       int64 // read so far
	bytes      int64 // read so far; rows where byRows
	byRows     bool
	points     [6]point // progress of late, oldest first
	npoints    int
	memory     int64
	copy       bool
	short      bool
	slow       bool
	adopted    bool
	waiting    bool // for inputs: it has no slot
	waitsSince Time
	resumedAt  Time
	next       int32 // other live attempt of the task, -1: none
	inUse      bool
}

type point struct {
	at    Time
	bytes int64
}

func (a *attempt) started(now Time) {
	if a.startedAt == 0 {
		a.startedAt, a.movedAt = now, now
		a.points[0], a.npoints = point{now, 0}, 1
	}
	a.listedAt = now
}

// progress takes the totals of a heartbeat. Points are at least about a second
// apart, so the ring reaches five seconds back.
func (a *attempt) progress(now Time, p Progress) {
	a.started(now)
	if p.Work > a.work {
		a.work, a.movedAt = p.Work, now
	}
	a.rows = max(a.rows, p.Rows)
	total, byRows := p.Bytes, false
	if total == 0 {
		total, byRows = p.Rows, p.Rows > 0
	}
	if byRows != a.byRows {
		a.bytes, a.byRows = 0, byRows
		a.points[0], a.npoints = point{a.startedAt, 0}, 1
	}
	a.bytes = max(a.bytes, total)
	last := &a.points[a.npoints-1]
	switch {
	case now.Sub(last.at) < 900*time.Millisecond:
		return
	case a.npoints == len(a.points):
		copy(a.points[:], a.points[1:])
		a.points[a.npoints-1] = point{now, a.bytes}
	default:
		a.points[a.npoints] = point{now, a.bytes}
		a.npoints++
	}
}

// rate is bytes per second over the last five seconds or so, false where they
// are not known: rows count by the bytes per row of attempts that finished. A
// worker that has gone silent counts as one that does nothing.
func (s *stage) rate(a *attempt, now Time) (float64, bool) {
	if a.npoints == 0 {
		return 0, true
	}
	if a.waiting || (a.resumedAt != 0 && now.Sub(a.resumedAt) < liveRateFloor) {
		return 0, false
	}
	unit, known := s.unit(a)
	if a.bytes == 0 && a.work > 0 && now.Sub(a.movedAt) < 5*time.Second {
		return 0, false // busy with something else than reading
	}
	span := now.Sub(a.points[0].at).Seconds()
	if span <= 0 {
		return 0, known
	}
	return float64(a.bytes-a.points[0].bytes) * unit / span, known
}

// unit is how many bytes one of what the attempt counts is.
func (s *stage) unit(a *attempt) (bytes float64, known bool) {
	switch {
	case !a.byRows:
		return 1, true
	case s.rowsFinished > 0:
		return s.rowBytes / s.rowsFinished, true
	}
	return 0, false
}

func (a *attempt) elapsed(now Time) time.Duration { return now.Sub(a.launchedAt) }

// taskOf resolves a task of the current epoch of a running job.
func (c *Core) taskOf(id AttemptID) (*job, *stage, *task) {
	j := c.byID[id.Job]
	if j == nil || j.stages == nil || id.Stage < 0 || int(id.Stage) >= len(j.stages) {
		return nil, nil, nil
	}
	s := &j.stages[id.Stage]
	if s.epoch != id.Epoch || id.Task < 0 || int(id.Task) >= len(s.tasks) {
		return j, s, nil
	}
	return j, s, &s.tasks[id.Task]
}

// find gives a live attempt, or nil.
func (c *Core) find(id AttemptID) *attempt {
	_, _, t := c.taskOf(id)
	if t == nil {
		return nil
	}
	for i := t.head; i >= 0; i = c.attempts[i].next {
		if c.attempts[i].id == id {
			return &c.attempts[i]
		}
	}
	return nil
}

// begin books a new live attempt on a worker.
func (c *Core) begin(j *job, s *stage, id AttemptID, w *worker, memory int64, isCopy, short bool) {
	t := &s.tasks[id.Task]
	var i int32
	if n := len(c.freeList); n > 0 {
		i = c.freeList[n-1]
		c.freeList = c.freeList[:n-1]
	} else {
		i = int32(len(c.attempts))
		c.attempts = append(c.attempts, attempt{})
	}
	c.attempts[i] = attempt{id: id, job: j, worker: w.id, inc: w.inc, launchedAt: c.now, listedAt: c.now, movedAt: c.now,
		memory: memory, copy: isCopy, short: short, next: t.head, inUse: true}
	t.head = i
	t.live++
	t.queued = false
	if t.state == taskPending {
		t.state = taskRunning
	}
	s.live = append(s.live, i)
	w.live = append(w.live, i)
	w.usedMemory += memory
	c.takeSlot(&c.attempts[i])
	w.assigned += s.expect[id.Task]
	j.live++
	if isCopy {
		j.copies++
	}
}

// end removes a live attempt from the books; its task is pending again if no
// other attempt of it lives.
func (c *Core) end(a *attempt) {
	j, s, t := c.taskOf(a.id)
	i := t.head
	if &c.attempts[i] == a {
		t.head = a.next
	} else {
		for &c.attempts[c.attempts[i].next] != a {
			i = c.attempts[i].next
		}
		prev := i
		i = c.attempts[i].next
		c.attempts[prev].next = a.next
	}
	t.live--
	if t.live == 0 && t.state == taskRunning {
		t.state = taskPending
	}
	drop := func(list []int32) []int32 {
		k := slices.Index(list, i)
		return slices.Delete(list, k, k+1)
	}
	s.live = drop(s.live)
	w := &c.workers[a.worker]
	w.live = drop(w.live)
	w.usedMemory -= a.memory
	if a.waiting {
		j.waiting--
	} else {
		c.giveSlot(a)
	}
	j.live--
	if a.copy {
		j.copies--
	}
	a.inUse = false
	a.job = nil
	c.freeList = append(c.freeList, i)
	c.placeable = true
}

// takeSlot and giveSlot book an attempt's slot.
func (c *Core) takeSlot(a *attempt) {
	w := &c.workers[a.worker]
	if a.short {
		w.usedShort++
		a.job.shortUse++
	} else {
		w.used++
	}
	a.job.pool.live++
}

func (c *Core) giveSlot(a *attempt) {
	w := &c.workers[a.worker]
	if a.short {
		w.usedShort--
		a.job.shortUse--
	} else {
		w.used--
	}
	a.job.pool.live--
}

// cancel ends a live attempt and tells its worker.
func (c *Core) cancel(a *attempt, class Class) {
	c.emit(Cancel{Attempt: a.id, Worker: a.worker, Incarnation: a.inc, Class: class})
	c.end(a)
}

func (c *Core) cancelStage(j *job, s *stage, class Class) {
	for len(s.live) > 0 {
		c.cancel(&c.attempts[s.live[len(s.live)-1]], class)
		s.killed++
	}
}

// cancelOthers ends the attempts that lost a race.
func (c *Core) cancelOthers(j *job, s *stage, t *task) {
	for t.head >= 0 {
		a := &c.attempts[t.head]
		if a.copy {
			j.copied++
		}
		c.waste(s, a)
		s.killed++
		c.cancel(a, Superseded)
	}
}

func (c *Core) attemptFinished(id AttemptID, wid WorkerID, inc Incarnation, out Output, rows int64) {
	c.touch(wid, inc)
	j, s, t := c.taskOf(id)
	a := c.find(id)
	if a == nil || a.worker != wid || a.inc != inc {
		c.counters.Stale++
		keep := t != nil && t.state == taskDone && t.won == id.Attempt && t.worker == wid && t.inc == inc && !t.gone && !s.released
		c.emit(Acknowledge{Attempt: id, Worker: wid, Incarnation: inc, KeepOutput: keep && !s.spec.Sink})
		return
	}
	a.rows = max(a.rows, rows)
	if rows > 0 && (a.byRows || a.bytes == 0) {
		a.progress(c.now, Progress{Rows: rows})
	}
	if s.spec.Sink {
		if s.granted(t, id) {
			c.emit(Acknowledge{Attempt: id, Worker: wid, Incarnation: inc})
			c.noteFinish(s, a)
			c.end(a)
			return
		}
		// Ended without asking for its grant: nothing of it counts.
		c.attemptFailed(AttemptFailed{Attempt: id, Worker: wid, Incarnation: inc, Class: Internal,
			Message: "the task ended without committing its output"})
		return
	}
	c.emit(Acknowledge{Attempt: id, Worker: wid, Incarnation: inc, KeepOutput: true})
	c.noteFinish(s, a)
	if a.copy {
		j.copied++
		j.won++
		c.counters.CopiesWon++
	}
	c.end(a)
	c.taskWon(j, s, id, wid, inc, out)
}

// taskWon makes an attempt's output the task's.
func (c *Core) taskWon(j *job, s *stage, id AttemptID, wid WorkerID, inc Incarnation, out Output) {
	t := &s.tasks[id.Task]
	if t.state == taskDone {
		return
	}
	c.cancelOthers(j, s, t)
	differs := t.hasDigest && (t.rows != out.Rows || (t.digest != out.Digest && t.digest != Digest{} && out.Digest != Digest{}))
	if differs {
		// In the log the restart comes first: a log that ends between the two records must not let
		// consumers of the old rows stand beside the new ones.
		if c.restartConsumers(j, s); j.state != JobRunning {
			return
		}
	}
	c.setDone(s, t, id.Task, doneFacts{id.Attempt, wid, inc, out.Bytes, out.Rows, out.Digest})
	if !t.counted || differs {
		t.counted = true
		s.addSizes(out.Sizes)
	}
	t.logged = false
	if len(s.unlogged) == 0 {
		s.unloggedSince = c.now
	}
	s.unlogged = append(s.unlogged, id.Task)
	if len(s.unlogged) >= 256 {
		c.flush(j, s)
	}
	if differs {
		c.flush(j, s)
	}
	c.placeable = true
}

// addSizes adds an output's sizes to the sums per partition.
func (s *stage) addSizes(codes []byte) {
	n := min(len(codes), len(s.sums))
	sums := s.sums[:n]
	for p, code := range codes[:n] {
		sums[p] += sizeOfCode[code]
	}
}

// granted says that an attempt has the grant of its task (nil: there is no such task).
func (s *stage) granted(t *task, id AttemptID) bool {
	return t != nil && s.spec.Sink && t.state == taskDone && t.won == id.Attempt
}

// doneFacts are what the state keeps of a finished attempt.
type doneFacts struct {
	attempt     uint32
	worker      WorkerID
	inc         Incarnation
	bytes, rows int64
	digest      Digest
}

func (c *Core) waste(s *stage, a *attempt) {
	unit, _ := s.unit(a)
	c.counters.WastedBytes += int64(float64(a.bytes) * unit)
}

// setDone enters a finished task; also in replay.
func (c *Core) setDone(s *stage, t *task, id TaskID, f doneFacts) {
	s.bytes += f.bytes - t.bytes
	s.rows += f.rows - t.rows
	t.state, t.gone, t.queued = taskDone, false, false
	t.won, t.worker, t.inc = f.attempt, f.worker, f.inc
	t.bytes, t.rows, t.digest, t.hasDigest = f.bytes, f.rows, f.digest, true
	s.done++
}

// noteFinish keeps the time and rate of a finished attempt for the rules of speculation.
func (c *Core) noteFinish(s *stage, a *attempt) {
	bytes := s.expect[a.id.Task]
	if !a.byRows {
		bytes = max(bytes, a.bytes)
	}
	if a.rows > 0 { // others may count rows alone as yet
		s.rowsFinished += float64(a.rows)
		s.rowBytes += float64(bytes)
	}
	seconds := max(c.now.Sub(a.launchedAt).Seconds(), 1e-6)
	s.finished.add(seconds, float64(bytes))
	if a.resumedAt == 0 { // who waited for inputs read some of them twice
		s.unjudged = append(s.unjudged, verdict{a.worker, seconds / float64(bytes+taskCost)})
	}
}

func (c *Core) commitRequested(e CommitRequested) {
	c.touch(e.Worker, e.Incarnation)
	j, s, t := c.taskOf(e.Attempt)
	granted := func() {
		c.emit(CommitGranted{Attempt: e.Attempt, Worker: e.Worker, Incarnation: e.Incarnation})
	}
	if s.granted(t, e.Attempt) {
		granted() // asked again: the answer was lost
		return
	}
	a := c.find(e.Attempt)
	if a == nil || a.worker != e.Worker || a.inc != e.Incarnation || !s.spec.Sink || j.state != JobRunning || t.state == taskDone || c.recovering {
		if c.recovering && t != nil && s.spec.Sink && t.state != taskDone {
			return // not known yet whether it may go on; it asks again
		}
		c.counters.GrantsDenied++
		c.emit(CommitDenied{Attempt: e.Attempt, Worker: e.Worker, Incarnation: e.Incarnation})
		return
	}
	c.logSync(RecOutputGranted{Attempt: e.Attempt, Output: e.Output, Manifest: e.Manifest})
	c.counters.GrantsGiven++
	granted()
	if a.copy {
		a.copy = false
		j.copies--
		j.copied++
		j.won++
		c.counters.CopiesWon++
	}
	for _, i := range slices.Clone(s.live) {
		if o := &c.attempts[i]; o != a && o.inUse && o.id.Task == e.Attempt.Task {
			if o.copy {
				j.copied++
			}
			c.waste(s, o)
			s.killed++
			c.cancel(o, Superseded)
		}
	}
	c.applyGrant(s, t, e.Attempt, e.Worker, e.Incarnation, e.Output, e.Manifest)
}

func (c *Core) applyGrant(s *stage, t *task, id AttemptID, w WorkerID, inc Incarnation, out Output, manifest []byte) {
	c.setDone(s, t, id.Task, doneFacts{id.Attempt, w, inc, out.Bytes, out.Rows, out.Digest})
	t.logged = true
	s.setManifest(id.Task, manifest)
}
