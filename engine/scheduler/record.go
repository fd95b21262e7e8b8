package scheduler

// Record is a fact of the log: one of the types of this file. Replaying the
// records in order restores what was decided (Recover). Package joblog stores
// them.
type Record interface{ record() }

// RecJobSubmitted: a job was taken. Durable.
type RecJobSubmitted struct {
	At   Time
	Job  JobID
	Spec *JobSpec
}

// RecCoordinatorStarted: a coordinator took over the log; Restarts counts from 0. Durable.
type RecCoordinatorStarted struct {
	At       Time
	Restarts uint32
}

// RecWorkerSeen: a worker attached; after a restart its return is waited for. Batched.
type RecWorkerSeen struct {
	Worker      WorkerID
	Incarnation Incarnation
}

// RecWorkerLost: a worker was given up. Batched.
type RecWorkerLost struct {
	Worker      WorkerID
	Incarnation Incarnation
}

// RecStageSized: how a stage is divided. Durable: it is the adaptive decision,
// which replay applies instead of making it again.
type RecStageSized struct {
	Job        JobID
	Stage      StageID
	Epoch      uint32
	Tasks      int32
	Partitions int32     // of the output
	Patterns   []Pattern // per input, as decided
	// Layout of source stages: SplitOrder are split indices, task t reads SplitOrder[SplitCuts[t]:SplitCuts[t+1]].
	SplitOrder, SplitCuts []int32
	// Ranges of other stages, per input; Ranges[k] is nil when all tasks read all of input k.
	Ranges [][]Range
	// Bytes each task is expected to read.
	Bytes []int64
}

// RecTasksFinished: tasks done since the last such record of the stage, with
// what their outputs add to the sizes per partition. Batched for about a second:
// after a crash workers still list what they hold.
type RecTasksFinished struct {
	Job   JobID
	Stage StageID
	Epoch uint32
	Tasks []TaskDone
	Sums  []int64 // bytes to add per partition; nil for none
}

// TaskDone is a finished task in RecTasksFinished.
type TaskDone struct {
	Task        TaskID
	Attempt     uint32
	Worker      WorkerID
	Incarnation Incarnation
	Bytes, Rows int64
	Digest      Digest
}

// RecTasksLost: outputs that are gone and will be made again. Batched.
type RecTasksLost struct {
	Job   JobID
	Stage StageID
	Epoch uint32
	Tasks []TaskID
}

// RecStageRestarted: a stage starts over in a new epoch, unsized. Durable.
type RecStageRestarted struct {
	Job   JobID
	Stage StageID
	Epoch uint32 // the new one
}

// RecStageSkipped: nobody needs the stage. Durable.
type RecStageSkipped struct {
	Job   JobID
	Stage StageID
}

// RecStageReleased: outputs were given up; if they are needed again they are made again. Durable.
type RecStageReleased struct {
	Job   JobID
	Stage StageID
	Epoch uint32
}

// RecOutputGranted: the output of a sink task. Durable, before the worker hears of it.
type RecOutputGranted struct {
	Attempt  AttemptID
	Output   Output
	Manifest []byte
}

// RecCommitPlanned: all outputs are granted, the job will be put in place. Durable.
type RecCommitPlanned struct{ Job JobID }

// RecJobEnded: the last word. Durable.
type RecJobEnded struct {
	At      Time
	Job     JobID
	State   JobState
	Class   Class
	Message string
}

func (RecJobSubmitted) record()       {}
func (RecCoordinatorStarted) record() {}
func (RecWorkerSeen) record()         {}
func (RecWorkerLost) record()         {}
func (RecStageSized) record()         {}
func (RecTasksFinished) record()      {}
func (RecTasksLost) record()          {}
func (RecStageRestarted) record()     {}
func (RecStageSkipped) record()       {}
func (RecStageReleased) record()      {}
func (RecOutputGranted) record()      {}
func (RecCommitPlanned) record()      {}
func (RecJobEnded) record()           {}
