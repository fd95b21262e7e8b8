package aggregate

import (
	"encoding/binary"
	"math"

	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/sketch"
	"skep/engine/vector"
)

// newBitVector is compute_bit_vector_hll(x) or compute_bit_vector_fm(x, vectors): the sketch of the distinct values in Hive's form, NULL
// for no rows. Entries of a small HyperLogLog come in ascending order, as 3.1 writes them in statistics; in 4.0 they come in that of
// a Java hash map, which says nothing.
func newBitVector(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) < 1 || len(args) > 2 || result.Kind != types.Binary {
		return nil, badArgs(args)
	}
	return &fn{partial: []*types.Type{types.BinaryType}, states: func() States { return &bitVectors{} }}, nil
}

type bitVectors struct{ s []distinct }

func (s *bitVectors) Resize(n int) {
	clear(s.s[min(n, len(s.s)):])
	s.s = resize(s.s, n)
}

func (s *bitVectors) Update(groups []uint32, args []*vector.Vector) {
	for k, g := range groups {
		d := &s.s[g]
		if *d == (distinct{}) {
			n := hyperLogLog
			if len(args) > 1 {
				n = 0
				if !args[1].IsNull(k) {
					n = int(args[1].I64[k])
				}
			}
			*d = newDistinct(n)
		}
		if !args[0].IsNull(k) {
			d.add(args[0], k)
		}
	}
}

func (s *bitVectors) Merge(groups []uint32, partial []*vector.Vector) {
	for k, g := range groups {
		if !partial[0].IsNull(k) {
			s.s[g].merge(partial[0].Bytes(k))
		}
	}
}

func (s *bitVectors) Partial(dst []*vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		dst[0].AppendDatum(s.s[from+i].partial())
	}
}

func (s *bitVectors) Final(dst *vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		d := types.NullDatum
		if x := &s.s[from+i]; *x != (distinct{}) {
			_, b := x.estimate()
			d = types.Datum{S: string(b)}
		}
		dst.AppendDatum(d)
	}
}

func (s *bitVectors) Bytes() int64 {
	n := int64(cap(s.s)) * 16
	for i := range s.s {
		n += s.s[i].bytes()
	}
	return n
}

// newApproxDistinct is approx_distinct(x): the number of different values, by a HyperLogLog of more registers than those of statistics.
func newApproxDistinct(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) != 1 || result.Kind != types.BigInt {
		return nil, badArgs(args)
	}
	return &fn{partial: []*types.Type{types.BinaryType}, states: func() States { return &approxDistinct{of: args[0]} }}, nil
}

type approxDistinct struct {
	of *types.Type
	s  []*sketch.HLL // nil for a group without values
}

func (s *approxDistinct) Resize(n int) {
	clear(s.s[min(n, len(s.s)):])
	s.s = resize(s.s, n)
}

func (s *approxDistinct) Update(groups []uint32, args []*vector.Vector) {
	for k, g := range groups {
		if !args[0].IsNull(k) {
			s.at(g).Add(s.hash(args[0], k))
		}
	}
}

func (s *approxDistinct) at(g uint32) *sketch.HLL {
	if s.s[g] == nil {
		h := sketch.NewFineHLL()
		s.s[g] = &h
	}
	return s.s[g]
}

// hash is what Hive puts into the sketch: small integers themselves, which spread badly but are counted as badly there, other values
// by their hashes. Hive hashes types without a case of their own as serialized Java objects; any other hash serves as well.
func (s *approxDistinct) hash(v *vector.Vector, k int) uint64 {
	switch s.of.Kind {
	case types.TinyInt, types.SmallInt:
		return uint64(v.I64[k])
	case types.Int, types.Date:
		return sketch.HashInt(uint32(v.I64[k]))
	case types.Float:
		return sketch.HashInt(math.Float32bits(float32(v.F64[k])))
	case types.Double:
		return sketch.HashLong(math.Float64bits(v.F64[k]))
	case types.Decimal:
		return sketch.HashLong(math.Float64bits(decimalValue(v, k)))
	case types.Timestamp:
		return sketch.HashLong(uint64(v.W[k].Hi*1000 + int64(v.W[k].Lo/1e6)))
	case types.IntervalDayTime:
		return sketch.HashLong(uint64(v.W[k].Hi))
	}
	switch s.of.Physical() {
	case types.I64:
		return sketch.HashLong(uint64(v.I64[k]))
	case types.I128:
		return sketch.HashBytes(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(v.W[k].Hi)), v.W[k].Lo))
	case types.Bytes:
		return sketch.HashBytes(v.Bytes(k))
	}
	return sketch.HashInt(uint32(function.JavaHash(nil, v, k)))
}

func (s *approxDistinct) Merge(groups []uint32, partial []*vector.Vector) {
	for k, g := range groups {
		if partial[0].IsNull(k) {
			continue
		}
		other := sketch.NewFineHLL()
		if other.Decode(partial[0].Bytes(k)) {
			s.at(g).Merge(other)
		}
	}
}

func (s *approxDistinct) Partial(dst []*vector.Vector, from, to int) {
	for _, h := range s.s[from:to] {
		d := types.NullDatum
		if h != nil {
			d = types.Datum{S: string(h.Encode())}
		}
		dst[0].AppendDatum(d)
	}
}

func (s *approxDistinct) Final(dst *vector.Vector, from, to int) {
	for _, h := range s.s[from:to] {
		n := int64(0)
		if h != nil {
			n = h.Estimate()
		}
		dst.AppendDatum(types.Datum{I: n})
	}
}

func (s *approxDistinct) Bytes() int64 {
	n := int64(cap(s.s)) * 8
	for _, h := range s.s {
		if h != nil {
			n += h.Bytes()
		}
	}
	return n
}
