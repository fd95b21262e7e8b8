package aggregate

import (
	"math"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/function"
	"skep/engine/sketch"
	"skep/engine/vector"
)

// distinct estimates the number of different values by one of Hive's sketches, the bit vectors or HyperLogLog; the zero value has
// none of them yet.
type distinct struct {
	fm  *sketch.FM
	hll *sketch.HLL
}

// hyperLogLog stands for no number of bit vectors.
const hyperLogLog = -1

// newDistinct starts a sketch of so many bit vectors, or HyperLogLog.
func newDistinct(vectors int) distinct {
	if vectors == hyperLogLog {
		h := sketch.NewHLL()
		return distinct{hll: &h}
	}
	return distinct{fm: sketch.NewFM(vectors)}
}

// add notes a value: itself when it is an integer or a date, otherwise its Java hash for bit vectors and its bits for HyperLogLog.
func (d *distinct) add(v *vector.Vector, k int) {
	if d.fm != nil {
		switch {
		case v.Type.IsString():
			_, h := javaString(v.Bytes(k))
			d.fm.Add(int64(h))
		case v.Type.Physical() == types.I64 && v.Type.Kind != types.Decimal:
			d.fm.Add(v.I64[k])
		default:
			d.fm.Add(int64(function.JavaHash(nil, v, k)))
		}
		return
	}
	switch {
	case v.Type.IsString():
		d.hll.Add(sketch.HashBytes(v.Bytes(k)))
	case v.Type.Kind == types.Decimal:
		d.hll.Add(sketch.HashLong(math.Float64bits(decimalValue(v, k))))
	case v.Type.Physical() == types.F64:
		d.hll.Add(sketch.HashLong(math.Float64bits(v.F64[k])))
	default:
		d.hll.Add(sketch.HashLong(uint64(v.I64[k])))
	}
}

// decimalValue is a decimal as a double.
func decimalValue(v *vector.Vector, k int) float64 {
	if v.Type.Physical() == types.I64 {
		return decimal.Float64Of(v.I64[k], v.Type.Scale)
	}
	return decimal.Float64(v.W[k], v.Type.Scale)
}

// partial is the sketch as a partial result, NULL for none.
func (d *distinct) partial() types.Datum {
	switch {
	case d.fm != nil:
		return types.Datum{S: string(d.fm.Serialize())}
	case d.hll != nil:
		return types.Datum{S: string(d.hll.Encode())}
	}
	return types.NullDatum
}

// merge adds a partial result.
func (d *distinct) merge(b []byte) {
	if other, ok := sketch.DecodeFM(b); ok {
		if d.fm == nil {
			d.fm = other
		} else {
			d.fm.Merge(other)
		}
	} else if other, ok := sketch.DecodeHLL(b); ok {
		if d.hll == nil {
			d.hll = &other
		} else {
			d.hll.Merge(other)
		}
	}
}

// estimate is the number of different values and the sketch as Hive writes it; 0 and nothing without one.
func (d *distinct) estimate() (int64, []byte) {
	switch {
	case d.fm != nil:
		return d.fm.Estimate(), d.fm.Serialize()
	case d.hll != nil:
		return d.hll.Estimate(), d.hll.Serialize()
	}
	return 0, nil
}

func (d *distinct) bytes() int64 {
	switch {
	case d.fm != nil:
		return d.fm.Bytes()
	case d.hll != nil:
		return d.hll.Bytes()
	}
	return 0
}
