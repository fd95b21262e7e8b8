package scheduler

import (
	"fmt"
	"slices"
)

// Core is the scheduler's state. It is not safe for concurrent use: its driver
// applies one event after the other.
type Core struct {
	cfg      Config
	now      Time
	restarts uint32
	out      []Action

	jobs    []*job // those not ended, in order of submission
	byID    map[JobID]*job
	nextSeq uint64
	pools   []*pool

	workers  []worker
	attempts []attempt // live ones and free places
	freeList []int32

	// placeable is set when something may have become possible to launch.
	placeable bool
	// healthySlots are those of workers that are not slow, in the present round of placing.
	healthySlots int
	lastTick     Time

	recovering   bool
	recoverUntil Time

	counters Counters
}

// Counters count since the core was made.
type Counters struct {
	Launched, Copies, CopiesWon    int64
	WastedBytes                    int64 // read by attempts that lost a race
	Failed                         [numClasses]int64
	TasksLost, StagesRestarted     int64
	CorruptOutputs                 int64
	Waits, WaitsGivenUp            int64 // attempts that waited for inputs; those whose memory was needed for the inputs
	GrantsGiven, GrantsDenied      int64
	Probations, Preemptions, Stale int64 // Stale: messages dropped
}

type job struct {
	id       JobID
	spec     *JobSpec
	state    JobState
	pool     *pool
	seq      uint64
	short    bool
	stages   []stage
	live     int  // attempts
	waiting  int  // of them, for inputs
	shortUse int  // attempts on short slots
	idle     bool // nothing can be launched in this round
	copies   int  // live copies
	copied   int  // copies that ended, and of them the winners
	won      int
	marks    []mark
	blames   []blame
	copyWish []wish

	cause      string // first failure that is no consequence
	causeClass Class
	starvedAt  Time // since when it has work and there is no worker at all; 0: not

	endClass Class
	endText  string
}

type pool struct {
	cfg             PoolConfig
	running, queued int
	live            int // attempts of its jobs that have slots
	below           Time
}

// mark remembers a failure that speaks against a worker.
type mark struct {
	at      Time
	stage   StageID
	task    TaskID
	worker  WorkerID
	message uint64
	against bool // speaks against the worker, not only for equal messages
}

// wish is a slow attempt that waits for a slot for its copy.
type wish struct {
	stage StageID
	task  TaskID
}

// New returns an empty core.
func New(cfg Config) *Core {
	c := &Core{cfg: cfg, byID: map[JobID]*job{}}
	for _, p := range cfg.Pools {
		c.pools = append(c.pools, &pool{cfg: p})
	}
	return c
}

// Apply takes an event that happened at a time no earlier than those before,
// and returns what is to be done; see the package's comment for what drivers
// owe. The slice is valid until the next Apply.
func (c *Core) Apply(at Time, ev Event) []Action {
	c.now = max(c.now, at)
	c.out = c.out[:0]
	switch e := ev.(type) {
	case JobSubmitted:
		c.submit(e)
	case JobCancelled:
		if j := c.byID[e.Job]; j != nil && j.state < JobCommitting {
			c.endJob(j, JobCancelledState, Cancelled, e.Reason)
		}
	case JobCommitted:
		if j := c.byID[e.Job]; j != nil && j.state == JobCommitting {
			if e.Err == "" {
				c.endJob(j, JobSucceeded, 0, "")
			} else {
				c.endJob(j, JobFailed, Internal, e.Err)
			}
		}
	case JobForgotten:
		if j := c.byID[e.Job]; j != nil && j.state.Ended() {
			delete(c.byID, e.Job)
		}
	case WorkerSeen:
		c.workerSeen(e)
	case WorkerGone:
		if w := c.worker(e.Worker); w != nil && w.inc == e.Incarnation {
			c.loseWorker(w)
		}
	case WorkerDraining:
		if w := c.worker(e.Worker); w != nil && w.inc == e.Incarnation {
			w.draining = true
		}
	case Heartbeat:
		c.heartbeat(e)
	case AttemptStarted:
		if a := c.find(e.Attempt); a != nil && a.worker == e.Worker && a.inc == e.Incarnation {
			c.touch(e.Worker, e.Incarnation)
			a.started(c.now)
		}
	case AttemptFinished:
		c.attemptFinished(e.Attempt, e.Worker, e.Incarnation, e.Output, e.Rows)
	case AttemptFailed:
		c.attemptFailed(e)
	case FetchProblem:
		c.fetchProblem(e)
	case CommitRequested:
		c.commitRequested(e)
	case PartitionSizes:
		c.partitionSizes(e)
	case SizesFailed:
		if j := c.job(e.Job); j != nil && j.state == JobRunning && !c.recovering {
			c.complain(j, nil, 0, nil, e.Fetch)
		}
	case Tick:
		c.tick()
	default:
		panic(fmt.Sprintf("scheduler: event %T", ev))
	}
	c.settle()
	return c.out
}

// settle does what the event made possible.
func (c *Core) settle() {
	if c.recovering {
		return
	}
	for _, j := range slices.Clone(c.jobs) {
		c.advance(j)
	}
	c.admit()
	for c.placeable { // again where waiting attempts were given up
		c.placeable = false
		c.place()
	}
}

func (c *Core) emit(a Action)     { c.out = append(c.out, a) }
func (c *Core) log(r Record)      { c.out = append(c.out, LogRecord{Record: r}) }
func (c *Core) logSync(r Record)  { c.out = append(c.out, LogRecord{Record: r, Durable: true}) }
func (c *Core) job(id JobID) *job { return c.byID[id] }

func (c *Core) poolOf(name string) *pool {
	for _, p := range c.pools {
		if p.cfg.Name == name {
			return p
		}
	}
	p := &pool{cfg: PoolConfig{Name: name, Weight: 1}}
	c.pools = append(c.pools, p)
	return p
}

func (c *Core) submit(e JobSubmitted) {
	if c.byID[e.Job] != nil {
		return // a doubled message
	}
	if err := e.Spec.Validate(); err != nil {
		c.emit(JobEnded{Job: e.Job, State: JobFailed, Class: User, Message: err.Error()})
		return
	}
	p := c.poolOf(e.Spec.Pool)
	if p.cfg.MaxQueued > 0 && p.queued >= p.cfg.MaxQueued {
		c.emit(JobEnded{Job: e.Job, State: JobFailed, Class: User,
			Message: fmt.Sprintf("pool %q is full: %d queries are waiting", e.Spec.Pool, p.queued)})
		return
	}
	c.logSync(RecJobSubmitted{At: c.now, Job: e.Job, Spec: e.Spec})
	c.addJob(e.Job, e.Spec)
}

func (c *Core) addJob(id JobID, spec *JobSpec) *job {
	j := &job{id: id, spec: spec, pool: c.poolOf(spec.Pool), seq: c.nextSeq,
		short: spec.EstimatedBytes >= 0 && spec.EstimatedBytes <= c.cfg.ShortBytes}
	c.nextSeq++
	j.pool.queued++
	c.jobs = append(c.jobs, j)
	c.byID[id] = j
	j.stages = make([]stage, len(spec.Stages))
	for i := range j.stages {
		st := &j.stages[i]
		st.id, st.spec = StageID(i), &spec.Stages[i]
		for _, in := range st.spec.Inputs {
			from := &j.stages[in.From]
			if !slices.Contains(from.consumers, st.id) {
				from.consumers = append(from.consumers, st.id)
			}
		}
	}
	return j
}

// admit starts queued jobs: the pool furthest below its share first, within a
// pool by priority and age.
func (c *Core) admit() {
	for {
		var best *job
		for _, j := range c.jobs {
			if j.state != JobQueued || (j.pool.cfg.MaxRunning > 0 && j.pool.running >= j.pool.cfg.MaxRunning) {
				continue
			}
			if best == nil || c.before(j, best) {
				best = j
			}
		}
		if best == nil {
			return
		}
		best.start()
		c.advance(best)
		c.placeable = true
	}
}

func (j *job) start() {
	j.state = JobRunning
	j.pool.queued--
	j.pool.running++
}

// before orders jobs for slots.
func (c *Core) before(a, b *job) bool {
	if a.pool != b.pool {
		x, y := a.pool.live*max(b.pool.cfg.Weight, 1), b.pool.live*max(a.pool.cfg.Weight, 1)
		if x != y {
			return x < y
		}
	}
	if a.spec.Priority != b.spec.Priority {
		return a.spec.Priority > b.spec.Priority
	}
	return a.seq < b.seq
}

// endJob ends a job in any way; nothing of it stays but its state.
func (c *Core) endJob(j *job, state JobState, class Class, message string) {
	if j.state.Ended() {
		return
	}
	for i := range j.stages {
		c.flush(j, &j.stages[i])
		c.cancelStage(j, &j.stages[i], Cancelled)
	}
	c.logSync(RecJobEnded{At: c.now, Job: j.id, State: state, Class: class, Message: message})
	c.emit(JobEnded{Job: j.id, State: state, Class: class, Message: message})
	c.emit(ReleaseJob{Job: j.id})
	c.applyEnd(j, state, class, message)
	c.placeable = true
}

func (c *Core) applyEnd(j *job, state JobState, class Class, message string) {
	if j.state == JobQueued {
		j.pool.queued--
	} else {
		j.pool.running--
	}
	j.state, j.endClass, j.endText = state, class, message
	j.stages, j.marks, j.blames, j.copyWish = nil, nil, nil, nil
	c.jobs = slices.DeleteFunc(c.jobs, func(x *job) bool { return x == j })
}

// fail ends a job by a failure; the first cause that is no consequence of
// another failure is what users read.
func (c *Core) fail(j *job, class Class, message string) {
	if j.cause != "" && class != User {
		message, class = j.cause, j.causeClass
	}
	c.endJob(j, JobFailed, class, message)
}
