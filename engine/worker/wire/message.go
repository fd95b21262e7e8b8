// Package wire is what coordinators and worker processes say to each other: one stream per worker, which the worker opens, of
// messages in both directions. Messages are written and read by the coder of plans; grpc carries them as they are.
//
//	worker                                        coordinator
//	Register ──────────────────────────────────►
//	Heartbeat, every second ───────────────────►
//	                  ◄──────────── Blob, Launch
//	Report (repeated until answered) ──────────►
//	                  ◄──────────── Answer, Acknowledge, Cancel, InputChanged
//	Draining ──────────────────────────────────►
//	                  ◄──────────── ReleaseStage, ReleaseJob, Reattach
package wire

import (
	"skep/engine/scheduler"
	"skep/engine/worker"
)

// Message is one of the types of this file.
type Message interface{}

// Register is the first message of a stream: who the worker is and all that it has.
type Register struct {
	// Name is the same when a worker comes back after its process was started again; Incarnation is larger then.
	Name        string
	Incarnation scheduler.Incarnation
	Slots       int
	Memory      int64
	Exchange    string // kind and place of its outputs; all workers must agree
	Held        []*worker.Report
	Running     []scheduler.AttemptID
	Waiting     []scheduler.AttemptID // of Running, for inputs
}

// Heartbeat lists the attempts of a worker, with what it counts.
type Heartbeat struct {
	Progress []scheduler.Progress
	Stats    worker.Stats
}

// Report is what an attempt says of itself.
type Report struct{ *worker.Report }

// Draining says that the worker is about to go and takes no more tasks.
type Draining struct{}

// Hash names the bytes of a Blob.
type Hash string

// Blob are bytes that orders refer to: fragments, sessions, manifests, descriptions of sinks. A worker gets each once per job.
type Blob struct {
	Job   scheduler.JobID
	Hash  Hash
	Bytes []byte
}

// Launch starts an attempt.
type Launch struct {
	Attempt       scheduler.AttemptID
	Job           string // name of its outputs
	Session       Hash
	Fragment      Hash
	Sink          Hash   // or ""
	Task          []byte // stage.Task without manifests
	Manifests     []Input
	Commit        bool
	Twice, Verify bool
	Memory        int64
}

// Input is the manifest of an exchange that a task reads.
type Input struct {
	Exchange int
	Manifest Hash
}

// InputChanged tells an attempt that waits for inputs where they are now.
type InputChanged struct {
	Attempt   scheduler.AttemptID
	Manifests []Input
}

// Cancel ends an attempt.
type Cancel struct{ Attempt scheduler.AttemptID }

// Answer answers a commit request.
type Answer struct {
	Attempt scheduler.AttemptID
	Granted bool
}

// Acknowledge says that the end of an attempt was heard of.
type Acknowledge struct {
	Attempt scheduler.AttemptID
	Keep    bool
}

// ReleaseStage drops the outputs of a stage up to an epoch.
type ReleaseStage struct {
	Job   scheduler.JobID
	Stage scheduler.StageID
	Epoch uint32
}

// ReleaseJob drops all there is of a job.
type ReleaseJob struct{ Job scheduler.JobID }

// Welcome is the first message to a worker that has attached.
type Welcome struct{}

// Reattach asks for a Register message, as the coordinator does not know the worker or has given it up.
type Reattach struct{}
