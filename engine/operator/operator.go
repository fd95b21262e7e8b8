// Package operator holds the relational operators: sources, streaming operators and sinks of pipelines. They work on
// batches and column positions; what expressions they evaluate comes in as programs, so that they know neither plans nor
// column ids.
//
// Sharing: a source, operator or sink is shared by all workers of a query, its processors and readers belong to one worker.
package operator

import (
	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/vector"
)

// Evaluator computes columns from batches; see expr.Evaluator for the contract.
type Evaluator interface {
	Run(b *vector.Batch) ([]*vector.Vector, error)
}

// Selector chooses rows of batches; see expr.FilterEvaluator for the contract.
type Selector interface {
	Select(b *vector.Batch) ([]uint16, error)
}

// Program makes the evaluators of a list of expressions, one per worker.
type Program func() Evaluator

// Condition makes the selectors of a condition, one per worker.
type Condition func() Selector

func (r *Resources) minSpill() int64 {
	if r.MinSpill > 0 {
		return r.MinSpill
	}
	return 1 << 18
}

// AllColumns is the program whose results are the columns of the batch.
func AllColumns() Evaluator { return allColumns{} }

type allColumns struct{}

func (allColumns) Run(b *vector.Batch) ([]*vector.Vector, error) { return b.Cols, nil }

// Resources are what blocking operators of a query may use.
type Resources struct {
	Pool     *memory.Pool
	SpillDir string
	// Workers is the largest number of workers of a pipeline.
	Workers int
	// MinSpill is the memory that a worker of an operator may use even when the query is over its limit, since spilling less
	// would only make many small blocks; 0 means 256 KiB.
	MinSpill int64
}

// dense makes columns flat and dense: row k is the k-th selected row.
type dense struct {
	buf    []*vector.Vector
	out    []*vector.Vector
	needed []bool
}

// columns returns the selected rows of vs, which are aligned with b. The result is valid until the next call and may share
// storage with vs.
func (d *dense) columns(b *vector.Batch, vs []*vector.Vector) []*vector.Vector {
	return d.only(b, vs, nil)
}

// only is columns for those columns that are used (all when used is nil); others, and those beyond used, are nil.
func (d *dense) only(b *vector.Batch, vs []*vector.Vector, used []bool) []*vector.Vector {
	for len(d.buf) < len(vs) {
		d.buf = append(d.buf, nil)
	}
	d.out = d.out[:0]
	for i, v := range vs {
		if used != nil && (i >= len(used) || !used[i]) {
			d.out = append(d.out, nil)
			continue
		}
		if b.Sel == nil && v.Form == vector.Flat {
			d.out = append(d.out, v)
			continue
		}
		if d.buf[i] == nil || d.buf[i].Type != v.Type {
			d.buf[i] = &vector.Vector{Type: v.Type}
		}
		if b.Sel != nil {
			gather(d.buf[i], v, b.Sel)
		} else {
			gather(d.buf[i], v, vector.Sequence(b.N))
		}
		d.out = append(d.out, d.buf[i])
	}
	return d.out
}

// coded is columns, except that strings with known dictionaries keep these unless they are used.
func (d *dense) coded(b *vector.Batch, vs []*vector.Vector, used []bool) []*vector.Vector {
	for len(d.buf) < len(vs) {
		d.buf = append(d.buf, nil)
	}
	d.needed = d.needed[:0]
	for i, v := range vs {
		plain := i < len(used) && used[i] || v.Form != vector.Dict || v.DictID == 0 || v.Type.Physical() != types.Bytes
		d.needed = append(d.needed, plain)
	}
	d.only(b, vs, d.needed)
	for i, v := range vs {
		switch {
		case d.needed[i]:
		case b.Sel == nil:
			d.out[i] = v
		default:
			dst := d.buf[i]
			if dst == nil || dst.Type != v.Type {
				dst = &vector.Vector{Type: v.Type}
				d.buf[i] = dst
			}
			dst.Form, dst.DictOf, dst.DictID = vector.Dict, v.DictOf, v.DictID
			dst.Codes, dst.Nulls = gatherValues(dst.Codes, v.Codes, b.Sel), gatherNulls(dst.Nulls, v.Nulls, b.Sel)
			d.out[i] = dst
		}
	}
	return d.out
}

// slice returns rows from..to-1 of a vector that is flat or in dictionary form, sharing its storage.
func slice(v *vector.Vector, from, to int) *vector.Vector {
	s := &vector.Vector{}
	sliceInto(s, v, from, to)
	return s
}

// sliceInto is slice into s, which it overwrites.
func sliceInto(s, v *vector.Vector, from, to int) {
	*s = vector.Vector{Type: v.Type, Data: v.Data, Children: v.Children}
	if v.Nulls != nil {
		s.Nulls = v.Nulls[from:to]
	}
	if v.Form == vector.Dict {
		s.Form, s.DictOf, s.DictID, s.Codes = v.Form, v.DictOf, v.DictID, v.Codes[from:to]
		return
	}
	switch v.Type.Physical() {
	case types.I64:
		s.I64 = v.I64[from:to]
	case types.F64:
		s.F64 = v.F64[from:to]
	case types.I128:
		s.W = v.W[from:to]
	case types.Bytes, types.List, types.MapOf:
		s.Refs = v.Refs[from:to]
	case types.Record, types.Tagged:
		if v.I64 != nil {
			s.I64 = v.I64[from:to]
		}
		s.Children = make([]*vector.Vector, len(v.Children))
		for i, c := range v.Children {
			s.Children[i] = slice(c, from, to)
		}
	}
}

// grow returns s with length n, its contents unspecified.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, vector.BatchSize))
	}
	return s[:n]
}
