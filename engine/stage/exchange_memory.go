package stage

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/shuffle"
)

// MemoryExchange keeps all outputs in memory, without a bound.
type MemoryExchange struct {
	mu      sync.Mutex
	outputs map[shuffle.AttemptID][][]*vector.Batch
}

// NewMemoryExchange returns an empty exchange.
func NewMemoryExchange() *MemoryExchange {
	return &MemoryExchange{outputs: map[shuffle.AttemptID][][]*vector.Batch{}}
}

type memoryWriter struct {
	x     *MemoryExchange
	spec  shuffle.WriterSpec
	parts [][]*vector.Batch
}

// OpenWriter implements shuffle.Exchange.
func (x *MemoryExchange) OpenWriter(_ context.Context, spec shuffle.WriterSpec) (shuffle.Writer, error) {
	return &memoryWriter{x, spec, make([][]*vector.Batch, spec.Partitions)}, nil
}

func (w *memoryWriter) Write(b *vector.Batch, parts []uint32) error {
	sel := b.Sel
	if sel == nil {
		for i := range b.N {
			sel = append(sel, uint16(i))
		}
	}
	rows := map[uint32][]uint16{}
	for i, r := range sel {
		p := uint32(0)
		if parts != nil {
			p = parts[i]
		}
		rows[p] = append(rows[p], r)
	}
	for p, rows := range rows {
		c := vector.NewBatch(w.spec.Types)
		c.Append(&vector.Batch{N: b.N, Sel: rows, Cols: b.Cols})
		w.parts[p] = append(w.parts[p], c)
	}
	return nil
}

func (w *memoryWriter) Commit(context.Context) (*shuffle.Output, error) {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	w.x.outputs[w.spec.Attempt] = w.parts
	o := &shuffle.Output{Attempt: w.spec.Attempt, Partitions: make([]shuffle.PartitionInfo, len(w.parts))}
	for p, bs := range w.parts {
		for _, b := range bs {
			o.Partitions[p].Rows += int64(b.N)
			o.Partitions[p].Bytes += b.Bytes()
		}
	}
	return o, nil
}

func (w *memoryWriter) Abort() error { return nil }

type memoryReader struct {
	batches []*vector.Batch
	types   []*types.Type
}

// OpenReader implements shuffle.Exchange.
func (x *MemoryExchange) OpenReader(_ context.Context, spec shuffle.ReaderSpec) (shuffle.Reader, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := &memoryReader{}
	for _, s := range spec.Slices {
		for i := range spec.Manifest.Entries {
			if s.Maps.To > 0 && (i < s.Maps.From || i >= s.Maps.To) {
				continue
			}
			parts, ok := x.outputs[spec.Manifest.Attempt(i)]
			if !ok {
				return nil, fmt.Errorf("no output of %v", spec.Manifest.Attempt(i))
			}
			for p := s.Partitions.From; p < s.Partitions.To; p++ {
				for _, b := range parts[p] {
					for c, v := range b.Cols {
						if !v.Type.Equal(spec.Types[c]) || len(b.Cols) != len(spec.Types) {
							return nil, fmt.Errorf("column %d of %v read as %v", c, v.Type, spec.Types[c])
						}
					}
				}
				r.batches = append(r.batches, parts[p]...)
			}
		}
	}
	return r, nil
}

func (r *memoryReader) Next(context.Context) (*vector.Batch, error) {
	if len(r.batches) == 0 {
		return nil, nil
	}
	b := r.batches[0]
	r.batches = r.batches[1:]
	return b, nil
}
func (r *memoryReader) Partition() int             { return 0 }
func (r *memoryReader) Stats() shuffle.ReaderStats { return shuffle.ReaderStats{} }
func (r *memoryReader) Close() error               { return nil }

// MapSizes implements shuffle.Exchange.
func (x *MemoryExchange) MapSizes(context.Context, *shuffle.Manifest, int) ([]int64, error) {
	return nil, nil
}

// Release implements shuffle.Exchange.
func (x *MemoryExchange) Release(_ context.Context, job string, stages ...int) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for a := range x.outputs {
		if a.Job == job && (len(stages) == 0 || slices.Contains(stages, a.Stage)) {
			delete(x.outputs, a)
		}
	}
	return nil
}

// Capabilities implements shuffle.Exchange.
func (x *MemoryExchange) Capabilities() shuffle.Capabilities { return shuffle.Capabilities{} }

// Close implements shuffle.Exchange.
func (x *MemoryExchange) Close() error { return nil }
