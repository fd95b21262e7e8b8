package aggregate

import (
	"math/big"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/vector"
)

// newAvg is Hive's avg: a double for integers and floating point, a decimal for decimals.
func newAvg(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) != 1 {
		return nil, badArgs(args)
	}
	in := args[0]
	switch {
	case in.Kind == types.Decimal && result.Kind == types.Decimal:
		limit, factor := pow10(result.Precision), pow10(result.Scale-in.Scale)
		return newWide(in, func(x *wideState) (types.Int128, bool) {
			if x.n == 0 || x.over {
				return types.Int128{}, false
			}
			v := mulDivRound(x.sum, factor.Lo, uint64(x.n))
			return v, within(v, limit)
		}), nil
	case in.IsInteger(), in.Physical() == types.F64:
		return &fn{[]*types.Type{types.DoubleType, types.BigIntType}, func() States { return &avgStates{} }}, nil
	case in.Kind == types.Void:
		return &fn{[]*types.Type{result}, func() States { return &voidStates{} }}, nil
	}
	return nil, badArgs(args)
}

type avgState struct {
	sum float64
	n   int64
}

// avgStates averages in double.
type avgStates struct{ s []avgState }

func (s *avgStates) Resize(n int) { s.s = resize(s.s, n) }

func (s *avgStates) Update(groups []uint32, args []*vector.Vector) {
	a := args[0]
	if a.Type.Physical() == types.F64 {
		avgUpdate(s.s, groups, a.F64, a.Nulls)
	} else {
		avgUpdate(s.s, groups, a.I64, a.Nulls)
	}
}

func avgUpdate[T int64 | float64](st []avgState, groups []uint32, vals []T, nulls []bool) {
	vals = vals[:len(groups)]
	for k, g := range groups {
		if nulls == nil || !nulls[k] {
			p := &st[g]
			p.sum += float64(vals[k])
			p.n++
		}
	}
}

func (s *avgStates) Merge(groups []uint32, partial []*vector.Vector) {
	for k, g := range groups {
		p := &s.s[g]
		p.sum += partial[0].F64[k]
		p.n += partial[1].I64[k]
	}
}

func (s *avgStates) Partial(dst []*vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		dst[0].F64 = append(dst[0].F64, x.sum)
		dst[1].I64 = append(dst[1].I64, x.n)
	}
}

func (s *avgStates) Final(dst *vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		appendNull(dst, len(dst.F64), x.n == 0)
		if x.n == 0 {
			x.n = 1
		}
		dst.F64 = append(dst.F64, x.sum/float64(x.n))
	}
}

func (s *avgStates) Bytes() int64 { return int64(cap(s.s)) * 16 }

// mulDivRound returns x*m/d rounded half away from zero. The result must fit 128 bits.
func mulDivRound(x types.Int128, m, d uint64) types.Int128 {
	neg := x.Hi < 0
	if neg {
		x = x.Neg()
	}
	h1, l1 := bits.Mul64(x.Lo, m)
	h2, l2 := bits.Mul64(uint64(x.Hi), m)
	mid, carry := bits.Add64(h1, l2, 0)
	top := h2 + carry
	var q types.Int128
	if top == 0 {
		hi := mid / d
		lo, rem := bits.Div64(mid%d, l1, d)
		q = types.Int128{Hi: int64(hi), Lo: lo}
		if rem >= d-rem {
			q = q.Add(types.Int128{Lo: 1})
		}
	} else {
		n := new(big.Int).SetUint64(top)
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(mid)).Lsh(n, 64).Or(n, new(big.Int).SetUint64(l1))
		n.Lsh(n, 1).Add(n, new(big.Int).SetUint64(d)).Quo(n, new(big.Int).Lsh(new(big.Int).SetUint64(d), 1))
		lo := new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1)).Uint64()
		q = types.Int128{Hi: int64(n.Rsh(n, 64).Uint64()), Lo: lo}
	}
	if neg {
		q = q.Neg()
	}
	return q
}
