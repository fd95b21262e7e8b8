package scheduler

import (
	"math"
	"slices"
)

type stageState uint8

const (
	stageWaiting  stageState = iota
	stageAsking              // sizes of skewed partitions
	stageRunning             // sized; some task not done, or done again
	stageFinished            // every task done and its output there
	stageSkipped
)

func (s stageState) String() string {
	return [...]string{"waiting", "asking for sizes", "running", "finished", "skipped"}[s]
}

type stage struct {
	id        StageID
	spec      *StageSpec
	consumers []StageID
	state     stageState
	epoch     uint32

	// As sized:
	partitions int32
	patterns   []Pattern
	splitOrder []int32
	splitCuts  []int32
	ranges     [][]Range
	expect     []int64
	medianTask int64

	tasks    []task
	done     int
	ready    queue
	near     map[WorkerID]*queue // tasks with local splits; looked up, never iterated
	delayed  []delay
	live     []int32 // attempts
	released bool    // outputs were given up: what is needed again is made again
	// finishedOnce: consumers may have been sized by it, so its own division stays as it is.
	finishedOnce bool
	version      uint32 // of the manifest

	bytes, rows int64
	sums        []int64 // per partition, of finished tasks
	loggedSums  []int64 // as the log has them

	unlogged      []TaskID
	unloggedSince Time

	asked   []askedSizes
	askedAt Time

	sizedAt  Time
	finished samples
	unjudged []verdict
	// Of finished attempts that counted rows: what they read, in rows and as expected in bytes.
	rowsFinished, rowBytes float64
	manifests              [][]byte // of granted tasks, by task
	failed                 int      // attempts
	killed                 int
}

type askedSizes struct {
	input     int // index in Inputs
	partition int32
	bytes     []int64
}

type taskState uint8

const (
	taskPending taskState = iota
	taskRunning
	taskDone
)

type task struct {
	state     taskState
	queued    bool // in the ready queue
	logged    bool // its finish is in the log
	counted   bool // its sizes are in sums
	gone      bool // done, but the output is lost; made again when needed
	hasDigest bool // an earlier run's digest is known
	live      uint8
	failures  uint8
	uncounted uint8
	fetches   uint8 // how often its output was found unreadable
	memory    uint8 // 0: first grant, 1: ×2, 2: ×4, 3: a whole worker
	next      uint16
	head      int32 // first live attempt, -1: none
	worker    WorkerID
	won       uint32
	inc       Incarnation
	bytes     int64
	rows      int64
	digest    Digest
}

type delay struct {
	task TaskID
	at   Time
}

// queue is a FIFO of tasks.
type queue struct {
	items []TaskID
	head  int
}

func (q *queue) push(t TaskID) {
	if q.head > 64 && q.head*2 > len(q.items) {
		q.items = append(q.items[:0], q.items[q.head:]...)
		q.head = 0
	}
	q.items = append(q.items, t)
}
func (q *queue) len() int { return len(q.items) - q.head }

// complete says that everything the stage gives can be read.
func (s *stage) complete() bool { return s.state == stageFinished && !s.released }

// over says that no task of the stage is needed.
func (s *stage) over() bool { return s.state == stageFinished || s.state == stageSkipped }

// inputsThere says that tasks of a sized stage can run now.
func (j *job) inputsThere(s *stage) bool {
	if len(s.tasks) == 0 {
		return true
	}
	for _, in := range s.spec.Inputs {
		if !j.stages[in.From].complete() {
			return false
		}
	}
	return true
}

// advance sizes stages whose inputs are finished, finishes and skips stages
// and ends the job's running when its sinks are done.
func (c *Core) advance(j *job) {
	if j.state != JobRunning {
		return
	}
	for again := true; again; {
		again = false
		for i := range j.stages {
			s := &j.stages[i]
			if s.state == stageWaiting && c.trySize(j, s) {
				again = true
			}
			if s.state == stageRunning && s.done == len(s.tasks) {
				c.finishStage(j, s)
				again = true
			}
			if j.state != JobRunning {
				return
			}
		}
		for i := len(j.stages) - 1; i >= 0; i-- {
			s := &j.stages[i]
			if s.spec.Sink || s.over() || !j.unneeded(s) {
				continue
			}
			c.cancelStage(j, s, Superseded)
			c.flush(j, s)
			if s.finishedOnce {
				// Lost outputs were being made again, and are not needed after all.
				c.giveUp(j, s)
			} else {
				c.logSync(RecStageSkipped{Job: j.id, Stage: s.id})
				s.state = stageSkipped
			}
			again = true
		}
	}
	for i := range j.stages {
		if j.stages[i].spec.Sink && !j.stages[i].over() {
			return
		}
	}
	j.state = JobCommitting
	c.logSync(RecCommitPlanned{Job: j.id})
	c.emit(CommitJob{Job: j.id})
}

// unneeded: every consumer is over, and the stage is no sink.
func (j *job) unneeded(s *stage) bool {
	for _, k := range s.consumers {
		if !j.stages[k].over() {
			return false
		}
	}
	return true
}

func (c *Core) finishStage(j *job, s *stage) {
	c.judge(s)
	c.flush(j, s)
	s.state, s.finishedOnce = stageFinished, true
	s.version++
	c.placeable = true
	c.release(j)
}

// release gives up outputs that are no longer needed: those of a stage whose
// consumers are finished, and, as the consumers' own outputs may yet be lost,
// whose consumers' consumers are too unless what the consumers made survives.
// Should they be needed after all, they are made again.
func (c *Core) release(j *job) {
	for i := range j.stages {
		s := &j.stages[i]
		if s.spec.Sink || s.released || s.state != stageFinished || len(s.tasks) == 0 || !j.unneeded(s) {
			continue
		}
		held := false
		for _, k := range s.consumers {
			if con := &j.stages[k]; !con.spec.Sink && !con.spec.OutputSurvives && con.state != stageSkipped && !j.unneeded(con) {
				held = true
			}
		}
		if held {
			continue
		}
		c.giveUp(j, s)
	}
}

// giveUp releases a stage's outputs, those being made included.
func (c *Core) giveUp(j *job, s *stage) {
	s.applyReleased()
	c.logSync(RecStageReleased{Job: j.id, Stage: s.id, Epoch: s.epoch})
	c.emit(ReleaseStage{Job: j.id, Stage: s.id, Epoch: s.epoch})
}

func (s *stage) applyReleased() { s.state, s.released = stageFinished, true }

// trySize sizes a waiting stage if it can be.
func (c *Core) trySize(j *job, s *stage) bool {
	for _, a := range s.spec.After {
		if !j.stages[a].over() {
			return false
		}
	}
	if !s.spec.KeepEmpty {
		for _, in := range s.spec.Inputs {
			if from := &j.stages[in.From]; in.EmptyEmpties && from.complete() && from.rows == 0 {
				c.setSized(j, s, c.emptySize(j, s))
				return true
			}
		}
	}
	for _, in := range s.spec.Inputs {
		if !j.stages[in.From].complete() {
			return false
		}
	}
	rec, ok := c.size(j, s)
	if !ok {
		return false
	}
	c.setSized(j, s, rec)
	return true
}

func (c *Core) setSized(j *job, s *stage, rec RecStageSized) {
	c.logSync(rec)
	s.applySized(&rec)
	s.sizedAt = c.now
	for t := range s.tasks {
		c.enqueue(s, TaskID(t))
	}
	c.placeable = true
}

// applySized sets what a sizing record says; also in replay.
func (s *stage) applySized(rec *RecStageSized) {
	s.state = stageRunning
	s.epoch = rec.Epoch
	s.partitions, s.patterns = rec.Partitions, rec.Patterns
	s.splitOrder, s.splitCuts, s.ranges, s.expect = rec.SplitOrder, rec.SplitCuts, rec.Ranges, rec.Bytes
	s.medianTask = median(s.expect)
	s.tasks = make([]task, rec.Tasks)
	for i := range s.tasks {
		s.tasks[i].head, s.tasks[i].worker = -1, NoWorker
	}
	s.done, s.bytes, s.rows = 0, 0, 0
	s.sums, s.loggedSums = make([]int64, s.partitions), make([]int64, s.partitions)
	s.unlogged, s.asked = nil, nil
	s.ready, s.near, s.delayed = queue{}, nil, nil
	s.finished, s.unjudged = samples{}, nil
	s.released = false
	s.manifests = nil
}

// setManifest keeps a granted task's manifest.
func (s *stage) setManifest(t TaskID, manifest []byte) {
	if s.manifests == nil {
		s.manifests = make([][]byte, len(s.tasks))
	}
	s.manifests[t] = manifest
}

func (c *Core) enqueue(s *stage, t TaskID) {
	tk := &s.tasks[t]
	if tk.queued || tk.state != taskPending {
		return
	}
	tk.queued = true
	s.ready.push(t)
	for _, w := range s.nearOf(t) {
		if s.near == nil {
			s.near = map[WorkerID]*queue{}
		}
		if s.near[w] == nil {
			s.near[w] = &queue{}
		}
		s.near[w].push(t)
	}
}

// nearOf are the workers near a task's first split.
func (s *stage) nearOf(t TaskID) []WorkerID {
	if len(s.splitCuts) == 0 || s.splitCuts[t] == s.splitCuts[t+1] {
		return nil
	}
	return s.spec.Splits[s.splitOrder[s.splitCuts[t]]].Near
}

func (c *Core) emptySize(j *job, s *stage) RecStageSized {
	rec := RecStageSized{Job: j.id, Stage: s.id, Epoch: s.epoch, Partitions: int32(s.spec.Partitions),
		Patterns: make([]Pattern, len(s.spec.Inputs))}
	for k, in := range s.spec.Inputs {
		rec.Patterns[k] = in.Pattern
	}
	return rec
}

func (c *Core) slots() int {
	n := 0
	for i := range c.workers {
		if w := &c.workers[i]; w.attached && !w.draining {
			n += w.slots
		}
	}
	return max(n, 1)
}

// size decides how a stage is divided; false when it must ask for sizes first.
func (c *Core) size(j *job, s *stage) (RecStageSized, bool) {
	rec := c.emptySize(j, s)
	if r := c.narrowOutput(j, s); r {
		rec.Partitions = 1
	}
	var broadcast, rows int64
	dividing := false
	for _, in := range s.spec.Inputs {
		from := &j.stages[in.From]
		rows += from.rows
		dividing = dividing || in.Pattern != Broadcast
	}
	if len(s.spec.Splits) == 0 && rows == 0 && !s.spec.KeepEmpty {
		return rec, true
	}
	c.chooseBroadcast(j, s, rec.Patterns)
	for k, in := range s.spec.Inputs {
		if rec.Patterns[k] == Broadcast {
			broadcast += j.stages[in.From].bytes
		}
	}
	switch {
	case len(s.spec.Splits) > 0:
		c.sizeScan(s, &rec)
	case slices.Contains(rec.Patterns, Pointwise):
		c.sizePointwise(j, s, &rec)
	case dividing:
		if !c.sizeExchange(j, s, &rec) {
			return rec, false
		}
	default:
		rec.Tasks, rec.Bytes = 1, []int64{0} // reads broadcasts, or nothing, alone
	}
	for i := range rec.Bytes {
		rec.Bytes[i] += broadcast
	}
	return rec, true
}

// narrowOutput says that a stage need not partition its output, because its
// only consumer will read another input as a broadcast.
func (c *Core) narrowOutput(j *job, s *stage) bool {
	if len(s.consumers) != 1 || s.spec.Partitions <= 1 {
		return false
	}
	con := &j.stages[s.consumers[0]]
	own := 0
	broadcast := false
	for _, in := range con.spec.Inputs {
		from := &j.stages[in.From]
		switch {
		case in.From == s.id && in.Pattern == AllToAll:
			own++
		case in.From == s.id:
			return false
		case in.Pattern == AllToAll && in.BroadcastBelow > 0 && from.complete() && from.bytes <= in.BroadcastBelow:
			broadcast = true
		case in.Pattern == AllToAll:
			return false // a third input, which stays partitioned
		}
	}
	return own == 1 && broadcast
}

// chooseBroadcast turns all-to-all inputs into a broadcast of the small one and
// pointwise reading of the other, where the plan allows it and the real sizes
// make it cheaper than reading ranges of both.
func (c *Core) chooseBroadcast(j *job, s *stage, patterns []Pattern) {
	var all []int
	for k, in := range s.spec.Inputs {
		if in.Pattern == AllToAll {
			all = append(all, k)
		}
	}
	if len(all) != 2 {
		return
	}
	best := -1
	for n, k := range all {
		in, other := s.spec.Inputs[k], s.spec.Inputs[all[1-n]]
		if in.BroadcastBelow <= 0 {
			continue
		}
		small, big := &j.stages[in.From], &j.stages[other.From]
		forced := big.partitions == 1 && big.spec.Partitions > 1
		if forced {
			best = n
			break
		}
		if small.bytes <= in.BroadcastBelow && small.bytes < big.bytes && s.spec.Tasks == 0 &&
			(best < 0 || small.bytes < j.stages[s.spec.Inputs[all[best]].From].bytes) {
			best = n
		}
	}
	if best >= 0 {
		patterns[all[best]] = Broadcast
		patterns[all[1-best]] = Pointwise
	}
}

func (c *Core) sizeScan(s *stage, rec *RecStageSized) {
	n := len(s.spec.Splits)
	rec.SplitOrder = make([]int32, n)
	var total int64
	local := false
	for i := range rec.SplitOrder {
		rec.SplitOrder[i] = int32(i)
		total += s.spec.Splits[i].Bytes
		local = local || len(s.spec.Splits[i].Near) > 0
	}
	if local {
		// Splits of one task should be near one worker.
		slices.SortStableFunc(rec.SplitOrder, func(a, b int32) int { return int(s.spec.firstNear(a)) - int(s.spec.firstNear(b)) })
	}
	z := &c.cfg.Sizing
	target := s.spec.TargetBytes
	if target <= 0 {
		target = clamp(total/int64(3*c.slots()), z.ScanMin, z.ScanMax)
	}
	sizes := make([]int64, n)
	for i, k := range rec.SplitOrder {
		sizes[i] = s.spec.Splits[k].Bytes + z.OpenCost
	}
	least, most := s.bounds()
	rec.SplitCuts = EvenRanges(sizes, target, least, most, z.MaxSplits)
	rec.Tasks = int32(len(rec.SplitCuts) - 1)
	rec.Bytes = make([]int64, rec.Tasks)
	for t := range rec.Bytes {
		for _, k := range rec.SplitOrder[rec.SplitCuts[t]:rec.SplitCuts[t+1]] {
			rec.Bytes[t] += s.spec.Splits[k].Bytes
		}
	}
}

func (st *StageSpec) firstNear(split int32) WorkerID {
	if near := st.Splits[split].Near; len(near) > 0 {
		return near[0]
	}
	return math.MaxInt32
}

func (s *stage) bounds() (least, most int) {
	if s.spec.Tasks > 0 {
		return s.spec.Tasks, s.spec.Tasks
	}
	return s.spec.MinTasks, s.spec.MaxTasks
}

func (c *Core) exchangeTarget(s *stage, total int64) int64 {
	if s.spec.TargetBytes > 0 {
		return s.spec.TargetBytes
	}
	z := &c.cfg.Sizing
	least, most := z.ExchangeMin, z.ExchangeMax
	if s.spec.LeastBytes > 0 {
		least = s.spec.LeastBytes
	}
	if s.spec.MostBytes > 0 {
		most = s.spec.MostBytes
	}
	return clamp(total/int64(2*c.slots()), least, max(least, most))
}

// allOf is the range of everything a producer gives.
func allOf(from *stage) Range { return Range{0, from.partitions, 0, int32(len(from.tasks))} }

func (c *Core) sizePointwise(j *job, s *stage, rec *RecStageSized) {
	rec.Ranges = make([][]Range, len(rec.Patterns))
	k := slices.Index(rec.Patterns, Pointwise)
	from := &j.stages[s.spec.Inputs[k].From]
	sizes := make([]int64, len(from.tasks))
	for t := range sizes {
		sizes[t] = from.tasks[t].bytes
	}
	if len(sizes) == 0 { // an empty producer of a stage that runs all the same
		rec.Tasks, rec.Bytes = 1, []int64{0}
		return
	}
	least, most := s.bounds()
	cuts := EvenRanges(sizes, c.exchangeTarget(s, from.bytes), least, most, 0)
	rec.Tasks = int32(len(cuts) - 1)
	rec.Bytes = make([]int64, rec.Tasks)
	rec.Ranges[k] = make([]Range, rec.Tasks)
	for t := range rec.Bytes {
		rec.Ranges[k][t] = Range{0, from.partitions, cuts[t], cuts[t+1]}
		for _, b := range sizes[cuts[t]:cuts[t+1]] {
			rec.Bytes[t] += b
		}
	}
}

// flush logs the tasks finished since the last record.
func (c *Core) flush(j *job, s *stage) {
	if len(s.unlogged) == 0 {
		return
	}
	rec := RecTasksFinished{Job: j.id, Stage: s.id, Epoch: s.epoch, Sums: s.sumsToLog()}
	for _, t := range s.unlogged {
		tk := &s.tasks[t]
		if tk.state != taskDone || tk.logged {
			continue
		}
		tk.logged = true
		rec.Tasks = append(rec.Tasks, TaskDone{t, tk.won, tk.worker, tk.inc, tk.bytes, tk.rows, tk.digest})
	}
	s.unlogged = s.unlogged[:0]
	if len(rec.Tasks) > 0 || rec.Sums != nil {
		c.log(rec)
	}
}

// sumsToLog is what finished tasks added since the last record, nil for nothing.
func (s *stage) sumsToLog() []int64 {
	if slices.Equal(s.sums, s.loggedSums) {
		return nil
	}
	add := make([]int64, len(s.sums))
	for p, b := range s.sums {
		add[p] = b - s.loggedSums[p]
	}
	copy(s.loggedSums, s.sums)
	return add
}
