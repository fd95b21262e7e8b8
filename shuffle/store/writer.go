package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"skep/engine/block"
	"skep/engine/memory"
	"skep/engine/vector"
	"skep/shuffle"
	"skep/shuffle/buffer"
	"skep/shuffle/format"
)

// Writer writes one output. What it holds goes through up to four forms, each used when the one before takes too much memory:
//
//	rows in buffers ─► batches by partition ─► frames by partition ─► runs in unnamed files
//	                          │                        │                      │
//	 Commit:              kept in memory        kept in memory, or     merged into the file
//	                                            written to the file
//
// As frames of a run come before those of later runs and of memory, rows keep their order. It implements shuffle.Writer.
type Writer struct {
	store *Store
	spec  shuffle.WriterSpec
	ctx   context.Context

	mu       sync.Mutex
	state    writerState
	err      error // why it failed
	budget   int64
	buffer   *buffer.Buffer
	account  *memory.Account // nil without a pool
	digester format.Digester
	encoder  frameEncoder
	parts    []writerPart

	asBatches  bool
	batchBytes int64
	reserved   int64 // of the store's memory, for batches
	frameBytes int64
	chunk      []byte // where frames are put
	scratch    []byte
	runs       []*run
}

var _ shuffle.Writer = &Writer{}

type writerState uint8

const (
	writing   writerState = iota
	committed             // successfully
	ended                 // aborted or failed
)

// writerPart is what is known of a partition so far.
type writerPart struct {
	batches []*vector.Batch
	frames  [][]byte // in memory
	info    format.Partition
}

// NewWriter begins an output.
func (s *Store) NewWriter(ctx context.Context, spec shuffle.WriterSpec) (*Writer, error) {
	if err := spec.Attempt.Check(); err != nil {
		return nil, fmt.Errorf("opening a shuffle writer: %w", err)
	}
	if spec.Partitions < 1 || spec.Partitions > shuffle.MaxPartitions {
		return nil, fmt.Errorf("opening a shuffle writer: %d partitions", spec.Partitions)
	}
	w := &Writer{
		store: s, spec: spec, ctx: ctx, parts: make([]writerPart, spec.Partitions), budget: s.opts.Budget,
		encoder:   frameEncoder{fingerprint: spec.Attempt.Fingerprint(), blocks: block.Encoder{LZ4: true}},
		asBatches: s.opts.Memory > 0,
	}
	if err := s.add(w); err != nil {
		return nil, err
	}
	if spec.Pool != nil {
		if limit := spec.Pool.Limit(); limit > 0 {
			w.budget = max(1<<20, min(w.budget, limit/4))
		}
		w.account = spec.Pool.NewAccount("shuffle writer", true)
	}
	w.buffer = buffer.New(buffer.Config{
		Types: spec.Types, Partitions: spec.Partitions, Budget: w.budget, BlockBytes: s.opts.BlockBytes, Emit: w.take,
	})
	w.buffer.Keep = w.asBatches
	return w, nil
}

// Write implements shuffle.Writer.
func (w *Writer) Write(b *vector.Batch, parts []uint32) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	if parts != nil && len(parts) != b.Rows() {
		return fmt.Errorf("writing shuffle output: %d partition numbers for %d rows", len(parts), b.Rows())
	}
	most := uint32(0)
	for _, p := range parts {
		most = max(most, p)
	}
	if int64(most) >= int64(w.spec.Partitions) {
		return fmt.Errorf("writing shuffle output: partition %d of %d", most, w.spec.Partitions)
	}
	err := w.ctx.Err()
	if err == nil {
		err = w.buffer.Add(b, parts)
	}
	if err == nil {
		err = w.relieve()
	}
	if err != nil {
		return w.failed(err)
	}
	return nil
}

// Commit implements shuffle.Writer.
func (w *Writer) Commit(ctx context.Context) (*shuffle.Output, error) {
	out, err := w.commit(ctx)
	w.store.remove(w)
	return out, err
}

// Abort implements shuffle.Writer.
func (w *Writer) Abort() error {
	w.store.remove(w)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end(ended)
}

// usable returns why the writer cannot be used.
func (w *Writer) usable() error {
	switch {
	case w.err != nil:
		return fmt.Errorf("writing the shuffle output of %s: %w", w.spec.Attempt, w.err)
	case w.state != writing:
		return fmt.Errorf("writing the shuffle output of %s: it has been ended", w.spec.Attempt)
	}
	return nil
}

// failed ends the writer because of err.
func (w *Writer) failed(err error) error {
	w.err = err
	return fmt.Errorf("writing the shuffle output of %s: %w", w.spec.Attempt, errors.Join(err, w.end(ended)))
}

// fail ends the writer from outside.
func (w *Writer) fail(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != writing {
		return nil
	}
	w.err = err
	return w.end(ended)
}

// end frees everything but a committed output.
func (w *Writer) end(state writerState) error {
	if w.state != writing {
		return nil
	}
	w.state = state
	w.buffer.Drop()
	w.parts, w.chunk, w.scratch = nil, nil, nil
	var errs []error
	for _, r := range w.runs {
		errs = append(errs, r.file.Close())
	}
	w.runs = nil
	if w.account != nil {
		w.account.Close()
	}
	w.store.memory.Add(-w.reserved)
	w.reserved = 0
	return errors.Join(errs...)
}

// take receives rows of a partition from the buffer.
func (w *Writer) take(p int, cols []*vector.Vector, from, n int) error {
	part := &w.parts[p]
	part.info.Digest.Add(w.digester.Digest(cols, from, n))
	part.info.Rows += int64(n)
	if !w.asBatches {
		w.encode(p, cols, from, n)
		return nil
	}
	b := view(cols, from, n)
	part.batches = append(part.batches, b)
	size := held(b)
	part.info.Bytes += size
	w.batchBytes += size
	return nil
}

// chunkSize is the size of the pieces of memory in which frames are kept.
const chunkSize = 1 << 20

// encode adds a frame of rows to a partition.
func (w *Writer) encode(p int, cols []*vector.Vector, from, n int) {
	part := &w.parts[p]
	w.scratch = w.encoder.frame(w.scratch[:0], p, int(part.info.Frames), cols, from, n)
	if cap(w.chunk)-len(w.chunk) < len(w.scratch) {
		w.chunk = make([]byte, 0, max(chunkSize, len(w.scratch)))
	}
	at := len(w.chunk)
	w.chunk = append(w.chunk, w.scratch...)
	frame := w.chunk[at:len(w.chunk):len(w.chunk)]
	part.frames = append(part.frames, frame)
	part.info.Frames++
	part.info.Bytes += int64(len(frame))
	w.frameBytes += int64(len(frame))
}

// leaveBatches encodes the batches, which have become too many.
func (w *Writer) leaveBatches() {
	w.asBatches, w.buffer.Keep = false, false
	for p := range w.parts {
		part := &w.parts[p]
		part.info.Bytes = 0
		for _, b := range part.batches {
			w.encode(p, b.Cols, 0, b.N)
		}
		part.batches = nil
	}
	w.store.memory.Add(-w.reserved)
	w.reserved, w.batchBytes = 0, 0
}

// relieve keeps what is held within bounds.
func (w *Writer) relieve() error {
	if w.asBatches {
		size := w.buffer.Bytes() + w.batchBytes
		if size <= w.store.opts.MemoryPerOutput && w.reserveAll(size) && w.report(size) {
			return nil
		}
		w.leaveBatches()
	}
	size := w.buffer.Bytes() + w.frameBytes
	if w.report(size) && size <= w.budget {
		return nil
	}
	if len(w.store.dirs.Paths()) == 0 {
		return errors.New("the memory for shuffle outputs is used up and there are no directories for them")
	}
	// Buffers keep filling up to good blocks while frames are most of what is held.
	if w.frameBytes < size/4 {
		if err := w.buffer.Flush(); err != nil {
			return err
		}
	}
	if err := w.spill(); err != nil {
		return err
	}
	w.report(w.buffer.Bytes() + w.frameBytes)
	return nil
}

// reserveAll makes the store's memory account for size bytes of batches.
func (w *Writer) reserveAll(size int64) bool {
	if size <= w.reserved {
		return true
	}
	// In steps, so that there is not a call for every batch.
	const step = 1 << 20
	for _, more := range []int64{size - w.reserved + step, size - w.reserved} {
		if w.store.reserve(more) {
			w.reserved += more
			return true
		}
	}
	return false
}

// report records what is held in the pool and reports whether that is acceptable to it.
func (w *Writer) report(size int64) bool {
	return w.account == nil || w.account.Set(size) && !w.account.Asked()
}
