package aggregate

import (
	"unicode/utf16"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
)

// newComputeStats is compute_stats(x, 'hll') and compute_stats(x, 'fm', vectors): the column statistics of Hive 3 as a struct. Booleans and
// binary values have no sketch of distinct values, whatever the further arguments say.
func newComputeStats(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) < 2 || result.Kind != types.Struct {
		return nil, badArgs(args)
	}
	t := args[0]
	f := &fn{partial: []*types.Type{types.BigIntType, types.BigIntType, types.BigIntType, types.BigIntType, types.BinaryType}}
	bounds := len(result.Fields) == 6 && result.Fields[1].Name == "min"
	var lo, hi Function
	if bounds {
		var err error
		if lo, err = newMin(args[:1], t); err != nil {
			return nil, err
		}
		if hi, err = newMax(args[:1], t); err != nil {
			return nil, err
		}
		f.partial = append(append(f.partial, lo.Partial()...), hi.Partial()...)
	}
	f.states = func() States {
		s := &columnStates{of: t, fields: len(result.Fields)}
		if bounds {
			s.lo, s.hi, s.loCols = lo.States(), hi.States(), len(lo.Partial())
		}
		return s
	}
	return f, nil
}

// columnState is what a group has seen.
type columnState struct {
	rows, nulls   int64
	total, length int64 // of strings: sum of lengths and the largest; of booleans: how many are true
	distinct
}

type columnStates struct {
	of     *types.Type
	fields int // of the result
	s      []columnState
	lo, hi States // nil for types without bounds
	loCols int
}

func (s *columnStates) Resize(n int) {
	clear(s.s[min(n, len(s.s)):])
	s.s = resize(s.s, n)
	if s.lo != nil {
		s.lo.Resize(n)
		s.hi.Resize(n)
	}
}

// statsVectors is the column of partial results that holds the sketch.
const statsVectors = 4

func (s *columnStates) Update(groups []uint32, args []*vector.Vector) {
	v := args[0]
	for k, g := range groups {
		x := &s.s[g]
		if x.rows == 0 && s.counts() {
			x.start(args, k) // a NULL in place of the sketch's name is Hive's way to say that there are no rows
		}
		x.rows++
		if v.IsNull(k) {
			x.nulls++
			continue
		}
		switch s.of.Kind {
		case types.Boolean:
			x.total += v.I64[k]
		case types.Binary:
			n := int64(len(v.Bytes(k)))
			x.total, x.length = x.total+n, max(x.length, n)
		default:
			if s.of.IsString() {
				n, _ := javaString(v.Bytes(k))
				x.total, x.length = x.total+n, max(x.length, n)
			}
			x.add(v, k)
		}
	}
	if s.lo != nil {
		s.lo.Update(groups, args[:1])
		s.hi.Update(groups, args[:1])
	}
}

// start makes the sketch that the arguments ask for.
func (x *columnState) start(args []*vector.Vector, k int) {
	n := 0
	if !args[1].IsNull(k) && string(args[1].Bytes(k)) == "hll" {
		n = hyperLogLog
	} else if len(args) > 2 && !args[2].IsNull(k) {
		n = int(args[2].I64[k])
	}
	x.distinct = newDistinct(n)
}

// counts reports whether distinct values are estimated.
func (s *columnStates) counts() bool { return s.of.Kind != types.Boolean && s.of.Kind != types.Binary }

func (s *columnStates) Merge(groups []uint32, p []*vector.Vector) {
	for k, g := range groups {
		x := &s.s[g]
		x.rows += p[0].I64[k]
		x.nulls += p[1].I64[k]
		x.total += p[2].I64[k]
		x.length = max(x.length, p[3].I64[k])
		if p[statsVectors].IsNull(k) {
			continue
		}
		x.merge(p[statsVectors].Bytes(k))
	}
	if s.lo != nil {
		from := statsVectors + 1
		s.lo.Merge(groups, p[from:from+s.loCols])
		s.hi.Merge(groups, p[from+s.loCols:])
	}
}

func (s *columnStates) Partial(dst []*vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		for c, n := range [...]int64{x.rows, x.nulls, x.total, x.length} {
			dst[c].I64 = append(dst[c].I64, n)
		}
		dst[statsVectors].AppendDatum(x.partial())
	}
	if s.lo != nil {
		at := statsVectors + 1
		s.lo.Partial(dst[at:at+s.loCols], from, to)
		s.hi.Partial(dst[at+s.loCols:], from, to)
	}
}

func (s *columnStates) Final(dst *vector.Vector, from, to int) {
	var lo, hi *vector.Vector
	if s.lo != nil {
		lo, hi = vector.New(s.of, 0), vector.New(s.of, 0)
		s.lo.Final(lo, from, to)
		s.hi.Final(hi, from, to)
	}
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		d := make([]types.Datum, 0, s.fields)
		d = append(d, types.Datum{S: statsLabel(s.of)})
		switch {
		case s.of.Kind == types.Boolean:
			d = append(d, types.Datum{I: x.total}, types.Datum{I: x.rows - x.nulls - x.total})
		case lo != nil:
			d = append(d, lo.Datum(i), hi.Datum(i))
		default:
			mean := 0.0
			if x.rows > 0 {
				mean = float64(x.total) / float64(x.rows)
			}
			d = append(d, types.Datum{I: x.length}, types.Datum{F: mean})
		}
		d = append(d, types.Datum{I: x.nulls})
		if s.counts() {
			n, b := x.estimate()
			d = append(d, types.Datum{I: n}, types.Datum{S: string(b)})
		}
		dst.AppendDatum(types.Datum{Elems: d})
	}
}

// javaString returns the length of a string in UTF-16 units and Java's hash of it.
func javaString(s []byte) (n int64, hash int32) {
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		s = s[size:]
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			n, hash = n+2, 31*(31*hash+high)+low
		} else {
			n, hash = n+1, 31*hash+r
		}
	}
	return n, hash
}

// statsLabel is how the struct names the type.
func statsLabel(t *types.Type) string {
	switch {
	case t.IsString():
		return "String"
	case t.Kind == types.Decimal:
		return "Decimal"
	case t.Kind == types.Date:
		return "Date"
	case t.Kind == types.Binary:
		return "Binary"
	case t.Kind == types.Boolean:
		return "Boolean"
	case t.Physical() == types.F64:
		return "Double"
	}
	return "Long"
}

func (s *columnStates) Bytes() int64 {
	n := int64(cap(s.s)) * 48
	for i := range s.s {
		n += s.s[i].bytes()
	}
	if s.lo != nil {
		n += s.lo.Bytes() + s.hi.Bytes()
	}
	return n
}
