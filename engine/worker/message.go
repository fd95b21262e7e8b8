package worker

import (
	"context"

	"skep/dialect/plan/codec"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/scheduler"
	"skep/engine/stage"
)

// Job is what the attempts of a job share. It is not changed once it has been given to a runner.
type Job struct {
	ID      scheduler.JobID
	Name    string // of its outputs
	Session []byte // session.Session
	// Twice runs every task a second time and compares the outputs, Verify encodes and decodes tasks; for tests.
	Twice, Verify bool

	// Memory is what attempts in the same process account to; nil: the worker's pool.
	Memory *memory.Pool
	// JoinTables are shared by attempts in the same process; nil: by those of each runner.
	JoinTables *stage.JoinTables
	// Share is what attempts in the same process have of the slots; nil: that of all jobs without one.
	Share *pipeline.Share
	// Files opens files where they are now, for attempts in the process that knows; nil: where tasks say.
	Files func(ctx context.Context, path string) (format.Input, error)
	// Now returns where a file is at present, for attempts elsewhere.
	Now func(path string) string
	// Logf receives what scripts say; nil: nobody.
	Logf func(level, format string, args ...any)
}

// Launch is an order to start an attempt.
type Launch struct {
	Job      *Job
	Attempt  scheduler.AttemptID
	Fragment []byte // of the stage
	Task     *stage.Task
	Sink     []byte // tablesink.Spec, of stages that write files; the attempt has a directory of its own below the spec's
	// Commit says that the attempt has to ask before its output counts.
	Commit bool
	Memory int64 // the grant, which is reserved in the worker's pool
}

// Kind says what a report is about.
type Kind uint8

// The kinds.
const (
	Started Kind = iota
	CommitRequested
	Finished
	Failed
	Missing // Fetch cannot be read, and the attempt waits for InputChanged
)

// Report is what an attempt says of itself. It is not changed after it was made.
type Report struct {
	Kind    Kind
	Attempt scheduler.AttemptID
	// Output describes what was written, with CommitRequested and Finished.
	Output scheduler.Output
	// Rows are those that the attempt has read, with Finished.
	Rows int64
	// Manifest lists the files of a sink (tablesink.EncodeOutputs), with CommitRequested.
	Manifest []byte
	// Work is what the task did, with CommitRequested or, where nothing is asked for, Finished (stage.EncodeReport).
	Work *stage.Report
	// Place is where an exchange has it; nil for sinks of the query.
	Place *Place
	// Class, Message, Fetch and Err say why it failed, and Fetch what is missing. Err is the error itself, or what a message can hold of it.
	Class   scheduler.Class
	Message string
	Fetch   *scheduler.FetchFail
	Err     error
}

// Place is where the output of an attempt is, in terms of the exchange.
type Place struct {
	Location   string
	Check      uint32
	Partitions int
}

// Code writes or reads p.
func (p *Place) Code(c *codec.Coder) {
	c.String(&p.Location)
	check := uint64(p.Check)
	if c.Uint(&check); c.Reading() {
		p.Check = uint32(check)
	}
	c.Int(&p.Partitions)
}
