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
	case in.IsInteger():
		return &fn{[]*types.Type{types.BigIntType, types.BigIntType}, func() States { return &avgStates[int64]{} }}, nil
	case in.Physical() == types.F64:
		return &fn{[]*types.Type{types.DoubleType, types.BigIntType}, func() States { return &avgStates[float64]{} }}, nil
	case in.Kind == types.Void:
		return &fn{[]*types.Type{result}, func() States { return &voidStates{} }}, nil
	}
	return nil, badArgs(args)
}

type avgState[T int64 | float64] struct {
	sum T
	n   int64
}

// avgStates averages in double: floating point added up in double, integers in a bigint that wraps.
type avgStates[T int64 | float64] struct{ s []avgState[T] }

func (s *avgStates[T]) Resize(n int) { s.s = resize(s.s, n) }

func (s *avgStates[T]) Update(groups []uint32, args []*vector.Vector) {
	vals, nulls, st := (*values[T](args[0]))[:len(groups)], args[0].Nulls, s.s
	for k, g := range groups {
		if nulls == nil || !nulls[k] {
			p := &st[g]
			p.sum += vals[k]
			p.n++
		}
	}
}

func (s *avgStates[T]) Merge(groups []uint32, partial []*vector.Vector) {
	sums := *values[T](partial[0])
	for k, g := range groups {
		p := &s.s[g]
		p.sum += sums[k]
		p.n += partial[1].I64[k]
	}
}

func (s *avgStates[T]) Partial(dst []*vector.Vector, from, to int) {
	sums := values[T](dst[0])
	for _, x := range s.s[from:to] {
		*sums = append(*sums, x.sum)
		dst[1].I64 = append(dst[1].I64, x.n)
	}
}

func (s *avgStates[T]) Final(dst *vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		appendNull(dst, len(dst.F64), x.n == 0)
		if x.n == 0 {
			x.n = 1
		}
		dst.F64 = append(dst.F64, float64(x.sum)/float64(x.n))
	}
}

func (s *avgStates[T]) Bytes() int64 { return int64(cap(s.s)) * 16 }

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
