package query

import (
	"context"
	"sync"

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

// sharedRows is the number of rows that all workers of a query write to common files. Only a larger output has files of each
// worker: a small one would be cut into small files.
const sharedRows = 1 << 18

// tableSink writes rows to a staging directory.
type tableSink struct {
	sink *tablesink.Sink
	one  bool // all rows go to the common files: of bucketed tables, where they come from one worker

	mu     sync.Mutex
	shared *tablesink.Worker
	rows   int
}

func newTableSink(s *tablesink.Sink, one bool) *tableSink { return &tableSink{sink: s, one: one} }

// Processor implements pipeline.Sink.
func (s *tableSink) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return &tableWriter{sink: s}, nil
}

// push writes a batch to the common files; full says that they hold enough.
func (s *tableSink) push(b *vector.Batch) (full bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows >= sharedRows && !s.one {
		return true, nil
	}
	s.rows += b.Rows()
	if s.shared == nil {
		s.shared = s.sink.Worker()
	}
	return false, s.shared.Push(b)
}

// Finish implements pipeline.Sink.
func (s *tableSink) Finish(context.Context) error {
	if s.shared == nil {
		return nil
	}
	return s.shared.Close()
}

// Close implements pipeline.Closer.
func (s *tableSink) Close() error { return s.sink.Close() }

type tableWriter struct {
	sink *tableSink
	own  *tablesink.Worker
}

// Push implements pipeline.Processor.
func (w *tableWriter) Push(b *vector.Batch) error {
	if w.own == nil {
		if full, err := w.sink.push(b); !full {
			return err
		}
		w.own = w.sink.sink.Worker()
	}
	return w.own.Push(b)
}

// Finish implements pipeline.Processor.
func (w *tableWriter) Finish() error {
	if w.own == nil {
		return nil
	}
	return w.own.Close()
}
