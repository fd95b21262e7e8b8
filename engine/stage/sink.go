package stage

import (
	"context"
	"math/bits"
	"sync"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/pipeline"
	"skep/engine/vector"
	"skep/shuffle"
)

// exchangeSink divides the rows of a task among the partitions of its output.
type exchangeSink struct {
	output *Output
	mu     sync.Mutex // the writer is for one goroutine; a fragment's pipelines may end in the sink at the same time
	writer shuffle.Writer
	turn   uint32 // partition of the next batch, for round robin
	heavy  heavy
	bounds *bounds // of Range
	toNext int     // rows to the next one that is sampled
}

func newExchangeSink(w shuffle.Writer, o *Output, task int) *exchangeSink {
	return &exchangeSink{output: o, writer: w, turn: uint32(task % o.Partitions)}
}

// Processor implements pipeline.Sink.
func (s *exchangeSink) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	n := len(s.output.Keys)
	return &exchangeWriter{sink: s, keys: make([]*vector.Vector, n), flat: make([]*vector.Vector, n), known: make([]hashtable.EntryHashes, n)}, nil
}

// Finish implements pipeline.Sink.
func (s *exchangeSink) Finish(context.Context) error { return nil }

// exchangeWriter is a worker's end of the sink.
type exchangeWriter struct {
	sink   *exchangeSink
	keys   []*vector.Vector        // of the batch
	flat   []*vector.Vector        // copies of keys that are not flat and dense
	known  []hashtable.EntryHashes // of keys with dictionaries
	hashes []uint64
	parts  []uint32
	words  []uint64
	sample []uint16
}

// Push implements pipeline.Processor.
func (w *exchangeWriter) Push(b *vector.Batch) error {
	s := w.sink
	n := b.Rows()
	var parts []uint32
	switch s.output.Distribution {
	case Hash:
		parts = w.partition(b, n)
	case Range:
		if cap(w.words) < n {
			w.words = make([]uint64, max(n, vector.BatchSize))
		}
		for i := range w.keys {
			w.keys[i] = w.dense(b, i)
		}
		parts = w.room(n)
		s.bounds.divide(w.keys, n, w.words[:n], parts)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.output.Distribution == Hash && s.output.Partitions > 1 {
		s.heavy.see(w.keys, b.Sel, w.hashes[:n])
	}
	if s.output.Distribution == RoundRobin {
		parts = w.room(n)
		for i := range parts {
			parts[i] = s.turn
		}
		s.turn = (s.turn + 1) % uint32(s.output.Partitions)
	}
	rows := vector.Batch{N: b.N, Sel: b.Sel, Cols: b.Cols[:s.output.Width]}
	if err := s.writer.Write(&rows, parts); err != nil || s.output.Every == 0 {
		return err
	}
	return w.writeSample(rows, n)
}

// writeSample writes one of Every rows, the first one included, to the second partition. The sink's lock is held.
func (w *exchangeWriter) writeSample(b vector.Batch, n int) error {
	s := w.sink
	w.sample = w.sample[:0]
	for ; s.toNext < n; s.toNext += s.output.Every {
		row := uint16(s.toNext)
		if b.Sel != nil {
			row = b.Sel[s.toNext]
		}
		w.sample = append(w.sample, row)
	}
	s.toNext -= n
	if len(w.sample) == 0 {
		return nil
	}
	parts := w.room(len(w.sample))
	for i := range parts {
		parts[i] = 1
	}
	b.Sel = w.sample
	return s.writer.Write(&b, parts)
}

// Finish implements pipeline.Processor.
func (w *exchangeWriter) Finish() error { return nil }

func (w *exchangeWriter) room(n int) []uint32 {
	if cap(w.parts) < n {
		w.parts = make([]uint32, max(n, vector.BatchSize))
	}
	return w.parts[:n]
}

// spread is multiplied with hashes before their high bits choose a partition. The operators behind the exchange divide and place
// rows by other bits of the same hashes, which must not be alike for all rows of a partition.
const spread = 0xd1342543de82ef95

// dense returns the selected rows of key i.
func (w *exchangeWriter) dense(b *vector.Batch, i int) *vector.Vector {
	v := b.Cols[w.sink.output.Keys[i]]
	if b.Sel == nil && v.Form == vector.Flat {
		return v
	}
	if w.flat[i] == nil {
		w.flat[i] = vector.New(v.Type, 0)
	}
	if b.Sel != nil {
		vector.GatherView(w.flat[i], v, b.Sel)
	} else {
		vector.GatherView(w.flat[i], v, vector.Sequence(b.N))
	}
	return w.flat[i]
}

// partition returns the partitions of the selected rows.
func (w *exchangeWriter) partition(b *vector.Batch, n int) []uint32 {
	if cap(w.hashes) < n {
		w.hashes = make([]uint64, max(n, vector.BatchSize))
	}
	hashes := w.hashes[:n]
	for i, k := range w.sink.output.Keys {
		v := b.Cols[k]
		w.keys[i] = v
		if v.Form == vector.Dict && v.DictID != 0 && v.Type.Physical() == types.Bytes {
			w.known[i].Column(v, b.Sel, hashes, i > 0)
			continue
		}
		hashtable.HashColumn(w.dense(b, i), hashes, i > 0)
	}
	if len(w.keys) == 0 {
		hashtable.Hash(nil, n, hashes)
	}
	parts := w.room(n)
	count := uint64(w.sink.output.Partitions)
	for i, h := range hashes {
		hi, _ := bits.Mul64((h^h>>31)*spread, count)
		parts[i] = uint32(hi)
	}
	return parts
}
