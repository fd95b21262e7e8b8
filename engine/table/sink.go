package table

import (
	"context"
	"sync"

	"skep/engine/pipeline"
	"skep/engine/tablesink"
	"skep/engine/vector"
)

// sharedRows is the number of rows that all workers of a query write to common files. Only a larger output has files of each
// worker: a small one would be cut into small files.
const sharedRows = 1 << 18

// sink writes rows to a staging directory.
type sink struct {
	sink *tablesink.Sink
	one  bool // all rows go to the common files: of bucketed tables, where they come from one worker

	mu     sync.Mutex
	shared *tablesink.Worker
	rows   int
}

// NewSink returns a sink that writes to s. one says that all rows come from one worker and go to common files.
func NewSink(s *tablesink.Sink, one bool) pipeline.Sink {
	return &sink{sink: s, one: one, shared: s.Worker()}
}

// Processor implements pipeline.Sink.
func (s *sink) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return &sinkWriter{sink: s}, nil
}

// push writes a batch to the common files; full says that they hold enough.
func (s *sink) push(b *vector.Batch) (full bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows >= sharedRows && !s.one {
		return true, nil
	}
	s.rows += b.Rows()
	return false, s.shared.Push(b)
}

// Finish implements pipeline.Sink.
func (s *sink) Finish(context.Context) error {
	if err := s.shared.Close(); err != nil {
		return err
	}
	return s.sink.Finish()
}

// Close implements pipeline.Closer.
func (s *sink) Close() error { return s.sink.Close() }

type sinkWriter struct {
	sink *sink
	own  *tablesink.Worker
}

// Push implements pipeline.Processor.
func (w *sinkWriter) Push(b *vector.Batch) error {
	if w.own == nil {
		if full, err := w.sink.push(b); !full {
			return err
		}
		w.own = w.sink.sink.Worker()
	}
	return w.own.Push(b)
}

// Finish implements pipeline.Processor.
func (w *sinkWriter) Finish() error {
	if w.own == nil {
		return nil
	}
	return w.own.Close()
}
