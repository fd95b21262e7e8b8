package operator

import (
	"math/rand"
	"slices"
	"sync/atomic"

	"skep/engine/pipeline"
	"skep/engine/vector"
)

// source hands out the relation as a reader would that uses its storage again and again: what a batch held is spoilt as soon as the
// next one is asked for, except for dictionaries that last.
func (rel *relation) source(r *rand.Rand, size int) pipeline.Source {
	s := &scrambler{batches: rel.batches(r, size)}
	for _, d := range rel.dicts {
		d.entries.Lasting = r.Intn(2) == 0
	}
	return s
}

type scrambler struct {
	batches []*vector.Batch
	next    atomic.Int64
}

func (s *scrambler) Workers() int { return len(s.batches) }

func (s *scrambler) Reader(*pipeline.Worker) (pipeline.Reader, error) {
	return &scrambledReader{source: s}, nil
}

type scrambledReader struct {
	source *scrambler
	last   *vector.Batch
}

func (r *scrambledReader) Next() (*vector.Batch, error) {
	if r.last != nil {
		for _, v := range r.last.Cols {
			spoil(v)
		}
		for i := range r.last.Sel {
			r.last.Sel[i] = ^uint16(0)
		}
		r.last = nil
	}
	i := int(r.source.next.Add(1)) - 1
	if i >= len(r.source.batches) {
		return nil, nil
	}
	b := r.source.batches[i]
	r.last = &vector.Batch{N: b.N, Sel: slices.Clone(b.Sel)}
	for _, v := range b.Cols {
		r.last.Cols = append(r.last.Cols, duplicate(v))
	}
	return r.last, nil
}

func (r *scrambledReader) Close() error { return nil }

// duplicate copies a vector with everything that does not last.
func duplicate(v *vector.Vector) *vector.Vector {
	c := *v
	c.I64, c.F64, c.W, c.Refs = slices.Clone(v.I64), slices.Clone(v.F64), slices.Clone(v.W), slices.Clone(v.Refs)
	c.Data, c.Codes, c.Nulls, c.Children = slices.Clone(v.Data), slices.Clone(v.Codes), slices.Clone(v.Nulls), slices.Clone(v.Children)
	for i, child := range c.Children {
		c.Children[i] = duplicate(child)
	}
	if v.DictOf != nil && !v.DictOf.Lasting {
		c.DictOf = duplicate(v.DictOf)
	}
	return &c
}

// spoil makes every value wrong, in place.
func spoil(v *vector.Vector) {
	for i := range v.I64 {
		v.I64[i] = ^v.I64[i]
	}
	for i := range v.F64 {
		v.F64[i] = -v.F64[i] - 1
	}
	for i := range v.W {
		v.W[i].Lo = ^v.W[i].Lo
	}
	for i := range v.Data {
		v.Data[i] ^= 0x55
	}
	for i := range v.Refs {
		v.Refs[i].Off, v.Refs[i].Len = 0, uint32(min(len(v.Data), 1))
	}
	clear(v.Codes)
	for i := range v.Nulls {
		v.Nulls[i] = !v.Nulls[i]
	}
	for _, c := range v.Children {
		spoil(c)
	}
	if v.DictOf != nil && !v.DictOf.Lasting {
		spoil(v.DictOf)
	}
}
