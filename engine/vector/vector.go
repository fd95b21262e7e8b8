// Package vector holds the engine's columnar data: typed vectors in flat, constant and dictionary form, and batches with an
// optional selection. Vectors are pointer-free inside (strings are offsets into a byte arena), so the collector never scans
// them.
//
// Ownership. A vector or batch handed to a consumer is valid until the producer's next call and must not be changed by the
// consumer unless the producer says otherwise; who keeps data copies it (Gather, AppendFrom). Several vectors may share one
// immutable arena (Data, Dict, Children).
package vector

import (
	"sync/atomic"

	"skep/dialect/types"
)

// BatchSize is the usual number of rows in a batch; operators must accept up to MaxBatchSize.
const (
	BatchSize    = 2048
	MaxBatchSize = 1 << 16
)

// Form says how rows map to stored values.
type Form uint8

const (
	// Flat stores one value per row.
	Flat Form = iota
	// Const stores a single value (index 0, Nulls length 0 or 1) that stands for every row.
	Const
	// Dict stores one code per row into the flat vector Dict. Nulls stays per row; dictionary entries are never NULL and the
	// codes of NULL rows are valid indexes (0) unless the dictionary is empty.
	Dict
)

// Ref locates a value in an arena: a byte string in Data, or a run of child rows of a list or map.
type Ref struct{ Off, Len uint32 }

// Vector is one column of values. Which slice is set follows Type.Physical(): I64, F64, W (I128) or Refs+Data (Bytes);
// Refs+Children[0] (List), Refs+Children[0..1] (MapOf), Children (Record), I64 tags+Children (Tagged).
// Nulls is nil when no row is NULL, otherwise has an entry per row (one for Const). The stored value of a NULL row is
// unspecified but safe to read (a zero Ref, a number).
type Vector struct {
	Type     *types.Type
	Form     Form
	I64      []int64
	F64      []float64
	W        []types.Int128
	Refs     []Ref
	Data     []byte
	Codes    []uint32
	DictOf   *Vector
	Children []*Vector
	Nulls    []bool
	// DictID identifies the dictionary across batches when not zero: equal ids mean equal DictOf contents, so work done once
	// per entry may be cached by the consumer.
	DictID uint64
	// Lasting is set on the entries of a dictionary whose storage is never used for anything else: consumers may keep DictOf
	// beyond the producer's next call.
	Lasting bool
}

// New returns a flat vector of n zero values (no NULLs) of type t.
func New(t *types.Type, n int) *Vector {
	v := &Vector{Type: t}
	v.Resize(n)
	return v
}

// NewConst returns a constant vector of value d.
func NewConst(t *types.Type, d types.Datum) *Vector {
	v := &Vector{Type: t}
	v.AppendDatum(d)
	v.Form = Const
	return v
}

// NewNull returns a constant NULL of type t.
func NewNull(t *types.Type) *Vector { return NewConst(t, types.NullDatum) }

// Len returns the number of stored rows (1 for Const).
func (v *Vector) Len() int {
	if v.Form == Dict {
		return len(v.Codes)
	}
	switch v.Type.Physical() {
	case types.I64, types.Tagged:
		return len(v.I64)
	case types.F64:
		return len(v.F64)
	case types.I128:
		return len(v.W)
	case types.Bytes, types.List, types.MapOf:
		return len(v.Refs)
	case types.Record:
		if len(v.Children) == 0 {
			return len(v.Nulls)
		}
		return v.Children[0].Len()
	default:
		return len(v.Nulls)
	}
}

// Resize makes a flat vector hold n rows, reusing capacity; rows beyond the old length are zero values or stale data of an
// earlier use, so writers must set every row. Nulls is dropped, except for void vectors, whose rows are all NULL.
// Bytes arenas are kept (append to Data); List and MapOf children are kept.
func (v *Vector) Resize(n int) {
	v.Form, v.Codes, v.DictOf, v.DictID = Flat, v.Codes[:0], nil, 0
	v.Nulls = nil
	switch v.Type.Physical() {
	case types.I64:
		v.I64 = grow(v.I64, n)
	case types.F64:
		v.F64 = grow(v.F64, n)
	case types.I128:
		v.W = grow(v.W, n)
	case types.Bytes:
		v.Refs = grow(v.Refs, n)
	case types.List, types.MapOf:
		v.Refs = grow(v.Refs, n)
		v.makeChildren(0)
	case types.Record:
		v.makeChildren(n)
		for _, c := range v.Children {
			c.Resize(n)
		}
		if len(v.Children) == 0 {
			v.Nulls = make([]bool, n)
		}
	case types.Tagged:
		v.I64 = grow(v.I64, n)
		v.makeChildren(n)
		for _, c := range v.Children {
			c.Resize(n)
		}
	default:
		v.Nulls = make([]bool, n)
		for i := range v.Nulls {
			v.Nulls[i] = true
		}
	}
}

func (v *Vector) makeChildren(n int) {
	if v.Children != nil {
		return
	}
	switch v.Type.Physical() {
	case types.List:
		v.Children = []*Vector{New(v.Type.Elem, n)}
	case types.MapOf:
		v.Children = []*Vector{New(v.Type.Key, n), New(v.Type.Elem, n)}
	default:
		v.Children = make([]*Vector, len(v.Type.Fields))
		for i := range v.Children {
			v.Children[i] = New(v.Type.Fields[i].Type, n)
		}
	}
}

func grow[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	c := n
	if c < BatchSize {
		c = BatchSize
	}
	if n > BatchSize && c < 2*cap(s) {
		c = 2 * cap(s)
	}
	if n < 64 {
		c = n // small vectors (constants, children) stay small
	}
	return make([]T, n, c)
}

// Reset empties the vector for appending, keeping capacity. The arena is cut too, so it must not be shared.
func (v *Vector) Reset() {
	v.Form, v.Codes, v.DictOf, v.DictID = Flat, v.Codes[:0], nil, 0
	v.I64, v.F64, v.W, v.Refs, v.Data = v.I64[:0], v.F64[:0], v.W[:0], v.Refs[:0], v.Data[:0]
	v.Nulls = nil
	if v.Type.Physical() == types.Nothing {
		v.Nulls = []bool{}
	}
	for _, c := range v.Children {
		c.Reset()
	}
}

// At maps row to the index of its stored value in the vector that Base returns.
func (v *Vector) At(row int) int {
	switch v.Form {
	case Const:
		return 0
	case Dict:
		return int(v.Codes[row])
	}
	return row
}

// Base returns the vector that stores the values: DictOf in dictionary form, v itself otherwise.
func (v *Vector) Base() *Vector {
	if v.Form == Dict {
		return v.DictOf
	}
	return v
}

// IsNull reports whether row is NULL, in any form.
func (v *Vector) IsNull(row int) bool {
	if v.Nulls == nil {
		return false
	}
	if v.Form == Const {
		return v.Nulls[0]
	}
	return v.Nulls[row]
}

// HasNulls reports whether Nulls is present; it may be true without a NULL row.
func (v *Vector) HasNulls() bool { return v.Nulls != nil }

// MakeNulls makes Nulls present (all false where it was absent) for n rows (1 for Const) and returns it.
func (v *Vector) MakeNulls(n int) []bool {
	if v.Form == Const {
		n = 1
	}
	if v.Nulls == nil {
		v.Nulls = make([]bool, n)
	} else if len(v.Nulls) < n {
		v.Nulls = append(v.Nulls, make([]bool, n-len(v.Nulls))...)
	}
	return v.Nulls
}

// Bytes returns the byte string of row of a Bytes vector, in any form. The result aliases the arena.
func (v *Vector) Bytes(row int) []byte {
	b := v.Base()
	r := b.Refs[v.At(row)]
	return b.Data[r.Off : r.Off+r.Len : r.Off+r.Len]
}

// SetBytes stores s as the value of row of a flat Bytes vector by appending it to the arena.
func (v *Vector) SetBytes(row int, s []byte) {
	v.Refs[row] = Ref{uint32(len(v.Data)), uint32(len(s))}
	v.Data = append(v.Data, s...)
}

// SetString is SetBytes for a string.
func (v *Vector) SetString(row int, s string) {
	v.Refs[row] = Ref{uint32(len(v.Data)), uint32(len(s))}
	v.Data = append(v.Data, s...)
}

// SetNull marks row of a flat vector of n rows NULL.
func (v *Vector) SetNull(row, n int) {
	v.MakeNulls(n)[row] = true
	if v.Refs != nil && row < len(v.Refs) {
		v.Refs[row] = Ref{}
	}
}

var lastDictID atomic.Uint64

// Keepable reports whether v is in dictionary form with a known dictionary that lasts.
func (v *Vector) Keepable() bool { return v.Form == Dict && v.DictID != 0 && v.DictOf.Lasting }

// NewDictID returns an id that no other dictionary of this process has. Readers that number their dictionaries themselves keep
// below 2^63.
func NewDictID() uint64 { return lastDictID.Add(1) | 1<<63 }
