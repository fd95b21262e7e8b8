package query

import (
	"context"

	"skep/engine/pipeline"
	"skep/engine/tablesink"
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

// tableSink writes rows to a staging directory.
type tableSink struct{ sink *tablesink.Sink }

// Processor implements pipeline.Sink.
func (s tableSink) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return &tableWriter{s.sink.Worker()}, nil
}

// Finish implements pipeline.Sink.
func (tableSink) Finish(context.Context) error { return nil }

// Close implements pipeline.Closer.
func (s tableSink) Close() error { return s.sink.Close() }

type tableWriter struct{ *tablesink.Worker }

// Finish implements pipeline.Processor.
func (w *tableWriter) Finish() error { return w.Close() }
