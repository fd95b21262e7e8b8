package vector

import (
	"fmt"
	"math"

	"skep/dialect/types"
)

// index is the element type of row lists: batch selections and row numbers of larger collections.
type index interface {
	~uint16 | ~uint32 | ~int32 | ~int
}

// Gather makes dst a flat copy of src's rows in the order of rows. dst must be of src's type and must not alias it. Strings
// are copied into dst's own arena when the arena would otherwise stay mostly unused; see GatherView for sharing.
func Gather[I index](dst, src *Vector, rows []I) {
	dst.Reset()
	AppendRows(dst, src, rows)
}

// AppendRows appends src's rows, in the order of rows, to the flat vector dst, copying all bytes: dst keeps nothing of src.
func AppendRows[I index](dst, src *Vector, rows []I) {
	n0 := dst.Len()
	n := len(rows)
	appendNulls(dst, src, rows, n0)
	base := src.Base()
	switch dst.Type.Physical() {
	case types.I64:
		dst.I64 = appendFixed(dst.I64, base.I64, src, rows)
	case types.F64:
		dst.F64 = appendFixed(dst.F64, base.F64, src, rows)
	case types.I128:
		dst.W = appendFixed(dst.W, base.W, src, rows)
	case types.Bytes:
		appendBytes(dst, base, src, rows)
	case types.List, types.MapOf:
		dst.makeChildren(0)
		var run []uint32
		for _, r := range rows {
			ref := base.Refs[src.At(int(r))]
			if src.IsNull(int(r)) {
				ref = Ref{}
			}
			dst.Refs = append(dst.Refs, Ref{uint32(dst.Children[0].Len()), ref.Len})
			run = run[:0]
			for k := range ref.Len {
				run = append(run, ref.Off+k)
			}
			for i, c := range dst.Children {
				AppendRows(c, base.Children[i], run)
			}
		}
	case types.Record, types.Tagged:
		dst.makeChildren(0)
		at := make([]uint32, n)
		for i, r := range rows {
			at[i] = uint32(src.At(int(r)))
		}
		if dst.Type.Physical() == types.Tagged {
			dst.I64 = appendFixed(dst.I64, base.I64, src, rows)
		}
		for i, c := range dst.Children {
			AppendRows(c, base.Children[i], at)
		}
	}
}

func appendNulls[I index](dst, src *Vector, rows []I, n0 int) {
	if dst.Type.Physical() == types.Nothing {
		for range rows {
			dst.Nulls = append(dst.Nulls, true)
		}
		return
	}
	childless := dst.Type.Physical() == types.Record && len(dst.Type.Fields) == 0
	if src.Nulls == nil && dst.Nulls == nil && !childless {
		return
	}
	if dst.Nulls == nil {
		dst.Nulls = make([]bool, n0, n0+len(rows))
	}
	if src.Nulls == nil {
		dst.Nulls = append(dst.Nulls, make([]bool, len(rows))...)
		return
	}
	for _, r := range rows {
		dst.Nulls = append(dst.Nulls, src.IsNull(int(r)))
	}
}

func appendFixed[T any, I index](dst, base []T, src *Vector, rows []I) []T {
	n0 := len(dst)
	if cap(dst) < n0+len(rows) {
		c := 2 * cap(dst)
		if c < n0+len(rows) {
			c = n0 + len(rows)
		}
		dst = append(make([]T, 0, c), dst...)
	}
	dst = dst[:n0+len(rows)]
	out := dst[n0:]
	switch src.Form {
	case Flat:
		for i, r := range rows {
			out[i] = base[r]
		}
	case Const:
		for i := range out {
			out[i] = base[0]
		}
	case Dict:
		if len(base) == 0 {
			clear(out)
			break
		}
		codes := src.Codes
		for i, r := range rows {
			out[i] = base[codes[r]]
		}
	}
	return dst
}

func appendBytes[I index](dst, base, src *Vector, rows []I) {
	n0 := len(dst.Refs)
	if cap(dst.Refs) < n0+len(rows) {
		dst.Refs = append(make([]Ref, 0, max(2*cap(dst.Refs), n0+len(rows))), dst.Refs...)
	}
	dst.Refs = dst.Refs[:n0+len(rows)]
	refs := dst.Refs[n0:]
	// The old references first, to size the arena at once, then the bytes.
	total := 0
	switch {
	case src.Form == Flat && src.Nulls == nil:
		for i, r := range rows {
			refs[i] = base.Refs[r]
			total += int(refs[i].Len)
		}
	case src.Form == Dict && src.Nulls == nil:
		for i, r := range rows {
			refs[i] = base.Refs[src.Codes[r]]
			total += int(refs[i].Len)
		}
	default:
		for i, r := range rows {
			refs[i] = Ref{}
			if !src.IsNull(int(r)) {
				refs[i] = base.Refs[src.At(int(r))]
				total += int(refs[i].Len)
			}
		}
	}
	at := len(dst.Data)
	if at+total > math.MaxUint32 {
		panic("vector: a column of strings exceeds 4 GiB")
	}
	if cap(dst.Data) < at+total {
		dst.Data = append(make([]byte, 0, max(2*cap(dst.Data), at+total)), dst.Data...)
	}
	data := dst.Data[:at+total]
	for i, ref := range refs {
		refs[i].Off = uint32(at)
		at += copy(data[at:], base.Data[ref.Off:ref.Off+ref.Len])
	}
	dst.Data = data
}

// AppendAll appends rows [0,n) of src to dst; a nil sel means all rows, otherwise the selected ones.
func AppendAll(dst, src *Vector, sel []uint16, n int) {
	if sel != nil {
		AppendRows(dst, src, sel)
		return
	}
	AppendRows(dst, src, Sequence(n))
}

// GatherView makes dst a flat vector with src's rows in the order of rows, sharing src's byte arena and children instead of
// copying them: dst lives no longer than src.
func GatherView[I index](dst, src *Vector, rows []I) {
	switch dst.Type.Physical() {
	case types.Bytes, types.List, types.MapOf:
		base := src.Base()
		dst.Form, dst.Codes, dst.DictOf, dst.DictID = Flat, dst.Codes[:0], nil, 0
		dst.Refs, dst.Nulls = dst.Refs[:0], nil
		appendNulls(dst, src, rows, 0)
		dst.Refs = appendFixed(dst.Refs, base.Refs, src, rows)
		dst.Data, dst.Children = base.Data, base.Children
	default:
		Gather(dst, src, rows)
	}
}

// Flatten returns v when it is flat, otherwise a flat copy of its first n rows in dst (which may be nil: then a new vector).
func Flatten(v, dst *Vector, n int) *Vector {
	if v.Form == Flat {
		return v
	}
	if dst == nil {
		dst = &Vector{Type: v.Type}
	}
	GatherView(dst, v, Sequence(n))
	return dst
}

// Sequence returns the row numbers 0..n-1; the result must not be changed.
func Sequence(n int) []uint32 {
	if n <= len(sequence) {
		return sequence[:n]
	}
	s := make([]uint32, n)
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}

var sequence = func() (s [BatchSize]uint32) {
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}()

// AppendDatum appends one value to a flat vector. It is for literals and tests, not for rows.
func (v *Vector) AppendDatum(d types.Datum) {
	n := v.Len()
	switch v.Type.Physical() {
	case types.Nothing:
		v.Nulls = append(v.Nulls, true)
		return
	case types.I64:
		v.I64 = append(v.I64, d.I)
	case types.F64:
		v.F64 = append(v.F64, d.F)
	case types.I128:
		v.W = append(v.W, d.W)
	case types.Bytes:
		v.Refs = append(v.Refs, Ref{uint32(len(v.Data)), uint32(len(d.S))})
		v.Data = append(v.Data, d.S...)
	case types.List:
		v.makeChildren(0)
		v.Refs = append(v.Refs, Ref{uint32(v.Children[0].Len()), uint32(len(d.Elems))})
		for _, e := range d.Elems {
			v.Children[0].AppendDatum(e)
		}
	case types.MapOf:
		v.makeChildren(0)
		v.Refs = append(v.Refs, Ref{uint32(v.Children[0].Len()), uint32(len(d.Elems) / 2)})
		for i, e := range d.Elems {
			v.Children[i%2].AppendDatum(e)
		}
	case types.Record:
		v.makeChildren(0)
		for i, c := range v.Children {
			if i < len(d.Elems) {
				c.AppendDatum(d.Elems[i])
			} else {
				c.AppendDatum(types.NullDatum)
			}
		}
	case types.Tagged:
		v.makeChildren(0)
		v.I64 = append(v.I64, d.I)
		for i, c := range v.Children {
			if int64(i) == d.I && len(d.Elems) == 1 {
				c.AppendDatum(d.Elems[0])
			} else {
				c.AppendDatum(types.NullDatum)
			}
		}
	}
	childless := v.Type.Physical() == types.Record && len(v.Children) == 0
	if d.Null || v.Nulls != nil || childless {
		for len(v.Nulls) < n {
			v.Nulls = append(v.Nulls, false)
		}
		v.Nulls = append(v.Nulls, d.Null)
	}
}

// Datum returns the value of row as a Datum, in any form.
func (v *Vector) Datum(row int) types.Datum {
	if v.IsNull(row) || v.Type.Physical() == types.Nothing {
		return types.NullDatum
	}
	b, i := v.Base(), v.At(row)
	switch v.Type.Physical() {
	case types.I64:
		return types.Datum{I: b.I64[i]}
	case types.F64:
		return types.Datum{F: b.F64[i]}
	case types.I128:
		return types.Datum{W: b.W[i]}
	case types.Bytes:
		return types.Datum{S: string(v.Bytes(row))}
	case types.List, types.MapOf:
		var d types.Datum
		r := b.Refs[i]
		for k := r.Off; k < r.Off+r.Len; k++ {
			for _, c := range b.Children {
				d.Elems = append(d.Elems, c.Datum(int(k)))
			}
		}
		return d
	case types.Record:
		var d types.Datum
		for _, c := range b.Children {
			d.Elems = append(d.Elems, c.Datum(i))
		}
		return d
	case types.Tagged:
		tag := b.I64[i]
		return types.Datum{I: tag, Elems: []types.Datum{b.Children[tag].Datum(i)}}
	}
	panic(fmt.Sprintf("vector: no datum for %v", v.Type))
}
