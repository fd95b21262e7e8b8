// Package pipeline runs queries: a graph of pipelines, each of which moves batches from a source through streaming operators
// into a sink, by several workers at once (morsel-driven parallelism after Leis et al., push-based as in DuckDB and Velox).
//
//	source ──reader──► operator ──► operator ──► sink        one chain per worker
//	   (morsels)         shared state: hash tables, counters, … (one per query)
//
// Sources, operators and sinks are shared by the workers of all pipelines they are part of; each worker has its own readers
// and processors. A sink may be fed by several pipelines (UNION ALL); when all have ended, its Finish runs once, and pipelines
// that read what the sink collected may start.
package pipeline

import (
	"context"
	"errors"

	"skep/engine/vector"
)

// ErrDone is returned by a processor that needs no more input: the pipeline ends early, without failing.
var ErrDone = errors.New("no more input needed")

// Worker identifies one of the workers of a pipeline. Context ends when the query fails or is cancelled.
type Worker struct {
	Context context.Context
	ID      int // 0 … number of workers - 1

	slot *slot
}

// Away gives the worker's slot to others while f waits for something that they may have to do.
func (w *Worker) Away(f func() error) error {
	if w.slot == nil || !w.slot.held { // of no pipeline
		return f()
	}
	w.slot.release()
	err := f()
	return errors.Join(err, w.slot.acquire(w.Context))
}

// Source hands out the rows of a pipeline in morsels.
type Source interface {
	// Workers returns the largest useful number of workers; 1 also for sources whose order of rows matters, 0 for one that is
	// known to be empty. It is called when everything the pipeline depends on has ended, as is Reader.
	Workers() int
	// Reader returns the reader of one worker.
	Reader(w *Worker) (Reader, error)
}

// Reader yields batches to one worker until no morsels are left.
type Reader interface {
	// Next returns the next batch with at least one row, valid until the next call, or nil at the end.
	Next() (*vector.Batch, error)
	Close() error
}

// Pusher is implemented by readers that push their batches themselves, because they come out of operators that push. PushTo
// is called instead of Next; it checks the worker's context at least once per batch.
type Pusher interface {
	PushTo(next Processor) error
}

// Operator is a streaming operator.
type Operator interface {
	// Processor returns the part of one worker, which pushes its output to next.
	Processor(w *Worker, next Processor) (Processor, error)
}

// Sink is the end of pipelines.
type Sink interface {
	// Processor returns the part of one worker.
	Processor(w *Worker) (Processor, error)
	// Finish runs once, after the processors of all pipelines have finished without an error.
	Finish(ctx context.Context) error
}

// Processor consumes the batches of one worker. It is used by one goroutine.
type Processor interface {
	// Push processes a batch, which is valid during the call and must not be changed; neither may be what is handed on. It
	// returns ErrDone, perhaps together with having processed the batch, when no more input is needed.
	Push(b *vector.Batch) error
	// Finish ends the input. Operators may still push to the next one, whose Finish is called afterwards by the pipeline. It is
	// not called after an error.
	Finish() error
}

// Closer is implemented by sources, operators and sinks that hold memory or files for the length of a query. Close is called once,
// when the query has ended in any way.
type Closer interface{ Close() error }

// Stopper is implemented by operators that can tell, without being pushed to, that they need no more input.
type Stopper interface{ Stopped() bool }
