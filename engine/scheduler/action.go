package scheduler

// Action is something the driver is to do: one of the types of this file.
type Action interface{ action() }

// LogRecord is to be appended to the log before any other action of its batch
// is carried out, and synced if Durable.
type LogRecord struct {
	Record  Record
	Durable bool
}

// Launch starts an attempt. It is small: the fragment is named by (job, stage),
// the splits by index, the places of inputs by Manifests.
type Launch struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
	// Splits to read, indices into StageSpec.Splits; for source stages.
	Splits []int32
	// Inputs to read, one per StageSpec.Inputs, and how each was decided to be read.
	Inputs   []Range
	Patterns []Pattern
	// Manifests are the versions of the producers' places at launch, one per input; Core.Manifest has the content.
	Manifests []ManifestRef
	// Partitions of the output: StageSpec.Partitions, or 1 where the consumer was decided to read pointwise.
	Partitions int
	Memory     int64 // the grant
	// Copy says that this attempt races another one.
	Copy bool
}

// ManifestRef names a version of the places of a stage's outputs.
type ManifestRef struct {
	Stage   StageID
	Epoch   uint32
	Version uint32
}

// Cancel ends an attempt, if the worker has it; its report is no longer needed.
type Cancel struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
	Class       Class // why
}

// Acknowledge says that the report of an attempt's end was taken (or was of no
// use); the worker may forget it. KeepOutput: the output counts and stays until Release.
type Acknowledge struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
	KeepOutput  bool
}

// CommitGranted answers CommitRequested: this attempt's output is the task's.
type CommitGranted struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
}

// CommitDenied answers CommitRequested: the attempt removes what it staged.
type CommitDenied struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
}

// InputChanged answers FetchProblem: the inputs are there, at the places of these
// versions, and the attempt goes on. It may come twice.
type InputChanged struct {
	Attempt     AttemptID
	Worker      WorkerID
	Incarnation Incarnation
	Manifests   []ManifestRef // one per input, as in Launch
}

// Reattach tells a worker that the core has given it up or does not know it; it is to send WorkerSeen.
type Reattach struct {
	Worker      WorkerID
	Incarnation Incarnation
}

// AskSizes asks for the bytes of some partitions per producer task; each is
// answered by a PartitionSizes, or by a SizesFailed. Asked again until answered.
type AskSizes struct {
	Job        JobID
	Stage      StageID
	Epoch      uint32
	Partitions []int32
}

// ReleaseStage says that outputs of a stage up to an epoch are not needed any
// more, on any worker.
type ReleaseStage struct {
	Job   JobID
	Stage StageID
	Epoch uint32 // this one and earlier
}

// ReleaseJob says that nothing of a job is needed any more: outputs, staging, fragments.
type ReleaseJob struct{ Job JobID }

// CommitJob asks to put the granted outputs in place (Core.Grants lists them);
// answered by JobCommitted. It may be asked again after a restart and must be
// idempotent.
type CommitJob struct{ Job JobID }

// JobEnded is the last word on a job.
type JobEnded struct {
	Job   JobID
	State JobState
	Class Class // of a failure
	// Message is the first cause: the first failure that did not follow from another.
	Message string
}

// JobState is the state of a job.
type JobState uint8

const (
	JobQueued JobState = iota
	JobRunning
	JobCommitting
	JobSucceeded
	JobFailed
	JobCancelledState
)

func (s JobState) String() string {
	return [...]string{"queued", "running", "committing", "succeeded", "failed", "cancelled"}[s]
}

// Ended says that the state is final.
func (s JobState) Ended() bool { return s >= JobSucceeded }

func (LogRecord) action()     {}
func (Launch) action()        {}
func (Cancel) action()        {}
func (Acknowledge) action()   {}
func (CommitGranted) action() {}
func (CommitDenied) action()  {}
func (InputChanged) action()  {}
func (Reattach) action()      {}
func (AskSizes) action()      {}
func (ReleaseStage) action()  {}
func (ReleaseJob) action()    {}
func (CommitJob) action()     {}
func (JobEnded) action()      {}
