package query

import (
	"context"

	"skep/engine/pipeline"
	"skep/engine/vector"
)

// resultSink appends rows to a statement's result, in the order in which they come.
type resultSink struct{ result *Result }

// Processor implements pipeline.Sink.
func (s resultSink) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return resultAppender(s), nil
}

// Finish implements pipeline.Sink.
func (s resultSink) Finish(context.Context) error { return s.result.end() }

type resultAppender struct{ result *Result }

// Push implements pipeline.Processor.
func (a resultAppender) Push(b *vector.Batch) error { return a.result.AppendBatch(b) }

// Finish implements pipeline.Processor.
func (resultAppender) Finish() error { return nil }
