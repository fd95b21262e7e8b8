package scheduler

// Event is something that happened outside: one of the types of this file.
type Event interface{ event() }

// JobSubmitted brings a new job. It is refused (JobEnded, Failed) when its spec
// is wrong or its pool's queue is full.
type JobSubmitted struct {
	Job  JobID
	Spec *JobSpec
}

// JobCancelled asks to end a job: by a user, or by a driver that needs no more
// of its result.
type JobCancelled struct {
	Job    JobID
	Reason string
}

// JobForgotten says that nobody will ask about an ended job any more.
type JobForgotten struct{ Job JobID }

// JobCommitted answers CommitJob: the output is in place, or Err says why it
// cannot be.
type JobCommitted struct {
	Job JobID
	Err string
}

// WorkerSeen says that a worker attached, or attached again. It lists all the
// worker holds; what the core believed beyond that is gone.
type WorkerSeen struct {
	Worker      WorkerID
	Incarnation Incarnation
	Host        string // workers of equal host share its fate when it is blamed
	Slots       int
	Memory      int64 // bytes for task grants
	Held        []HeldOutput
	Running     []AttemptID
	Waiting     []AttemptID // those of Running that wait for inputs (FetchProblem)
}

// HeldOutput is a finished attempt's output that a worker can serve.
type HeldOutput struct {
	Attempt AttemptID
	Output  Output
}

// WorkerGone says that a worker is known to be gone: its connection was reset,
// its process ended, its host was taken away.
type WorkerGone struct {
	Worker      WorkerID
	Incarnation Incarnation
	Reason      string
}

// WorkerDraining says that a worker will go away soon and takes no new task.
type WorkerDraining struct {
	Worker      WorkerID
	Incarnation Incarnation
}

// Heartbeat is a worker's sign of life, about one a second. Progress lists
// every attempt the worker has, also those whose end is not acknowledged yet:
// an attempt launched a while ago and not listed is taken for never received.
type Heartbeat struct {
	Worker      WorkerID
	Incarnation Incarnation
	Progress    []Progress
}

// Progress are totals since the attempt began. Bytes are of input as counted
// in Split.Bytes and exchange sizes; where an operator cannot count them, 0 and
// Rows. Work grows as long as the attempt does anything at all (rows written,
// bytes spilled, processor time): an attempt is given up for standing still only
// by it, and never where it is not reported (0).
type Progress struct {
	Attempt     AttemptID
	Bytes, Rows int64
	Work        int64
}

// AttemptStarted says that a launched attempt runs.
type AttemptStarted struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
}

// AttemptFinished says that an attempt ended well. Its output exists on the
// worker (or, for a sink, was granted).
type AttemptFinished struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
	Output      Output
	// Rows read in all, 0 where they are not counted: the attempt may have ended before a heartbeat told of any.
	Rows int64
}

// AttemptFailed says that an attempt ended otherwise.
type AttemptFailed struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
	Class       Class
	Message     string     // first cause, for users; equal messages on three workers make it a user error
	Fetch       *FetchFail // with FetchFailed: what could not be read
}

// FetchFail names an input that could not be read.
type FetchFail struct {
	Producer AttemptID
	Worker   WorkerID // where it was looked for
	Kind     FetchKind
}

// FetchProblem says that an attempt misses an input and waits for it, with all
// it has read. It is repeated until it is answered, by InputChanged (the attempt
// tries again, at the places that it is told) or by Cancel. While what is
// missing is made again the attempt has no slot.
type FetchProblem struct {
	Attempt     AttemptID // the reader
	Worker      WorkerID
	Incarnation Incarnation
	Fetch       FetchFail
}

// CommitRequested asks for the output grant of a sink task. Manifest lists the
// staged files; opaque here, part of the durable record.
type CommitRequested struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
	Output      Output
	Manifest    []byte
}

// PartitionSizes answers AskSizes: bytes of one partition per producer task.
type PartitionSizes struct {
	Job       JobID
	Stage     StageID // the producer
	Epoch     uint32
	Partition int32
	Bytes     []int64 // by task
}

// SizesFailed answers AskSizes when an output cannot be asked about.
type SizesFailed struct {
	Job   JobID
	Fetch FetchFail
}

// Tick lets time pass: leases, pauses, slow attempts, batches of the log.
type Tick struct{}

func (JobSubmitted) event()    {}
func (JobCancelled) event()    {}
func (JobCommitted) event()    {}
func (JobForgotten) event()    {}
func (WorkerSeen) event()      {}
func (WorkerGone) event()      {}
func (WorkerDraining) event()  {}
func (Heartbeat) event()       {}
func (AttemptStarted) event()  {}
func (AttemptFinished) event() {}
func (AttemptFailed) event()   {}
func (FetchProblem) event()    {}
func (CommitRequested) event() {}
func (PartitionSizes) event()  {}
func (SizesFailed) event()     {}
func (Tick) event()            {}
