package scheduler

import (
	"fmt"
	"time"
)

// Time is nanoseconds from an origin the driver chooses. A driver that can be
// restarted uses Unix time, so that times go on rising.
type Time int64

// Add returns the time d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// JobID names a job; the driver chooses it, never twice in one log.
type JobID uint64

// StageID is the index of a stage in its JobSpec.
type StageID int32

// TaskID is the index of a task in its stage, valid within one stage epoch.
type TaskID int32

// AttemptID names one attempt in full. It goes into every message, file name
// and block header, so that nothing of another epoch or attempt can be taken
// for this one.
type AttemptID struct {
	Job   JobID
	Stage StageID
	// Epoch counts how often the stage was started over because its inputs
	// turned out to differ. Lost outputs are redone in the same epoch.
	Epoch uint32
	Task  TaskID
	// Attempt has the count of coordinator restarts in the upper 16 bits and a
	// number from 0 per task in the lower: attempts launched just before a
	// crash, of which the log knows nothing, cannot be taken for later ones.
	Attempt uint32
}

// String gives the form used in logs and file names: j7.s2.e0.t15.a1, and
// a1r2 after two restarts of the coordinator.
func (a AttemptID) String() string {
	if r := a.Attempt >> 16; r != 0 {
		return fmt.Sprintf("j%d.s%d.e%d.t%d.a%dr%d", a.Job, a.Stage, a.Epoch, a.Task, a.Attempt&0xffff, r)
	}
	return fmt.Sprintf("j%d.s%d.e%d.t%d.a%d", a.Job, a.Stage, a.Epoch, a.Task, a.Attempt)
}

// WorkerID names a place where tasks run. The driver gives the same id to the
// same place (address) again and keeps ids small: they index slices.
type WorkerID int32

// NoWorker is the absence of a worker.
const NoWorker WorkerID = -1

// Incarnation tells one life of a worker process from the next. A worker that
// restarts has lost its attempts and may have kept its files.
type Incarnation uint64

// Digest is an order-free digest of rows: the sum and the xor of a 64-bit hash
// of each row and the partition it went to. Two runs of one task must give the same; the zero Digest with rows
// means the exchange computes none, and is equal to anything.
type Digest struct {
	Sum, Xor uint64
}
