package aggregate

import (
	"math/bits"

	"skep/dialect/types"
	"skep/engine/vector"
)

// wideState is a 128-bit sum of decimals.
type wideState struct {
	sum  types.Int128
	n    int64
	over bool // the sum left 128 bits or 38 digits at some time
}

// wideStates adds decimals in 128 bits and counts them. It serves sum and avg over decimals.
type wideStates struct {
	s     []wideState
	wide  bool // inputs are 128-bit
	limit types.Int128
	final func(x *wideState) (types.Int128, bool)
}

// newWideSum sums decimals that may need more than 64 bits. The partial result is the sum, its count and whether it overflowed.
func newWideSum(in, result *types.Type) Function {
	limit := pow10(result.Precision)
	return newWide(in, func(x *wideState) (types.Int128, bool) {
		return x.sum, x.n > 0 && !x.over && within(x.sum, limit)
	})
}

func newWide(in *types.Type, final func(*wideState) (types.Int128, bool)) Function {
	return &fn{[]*types.Type{types.NewDecimal(types.MaxPrecision, in.Scale), types.BigIntType, types.BooleanType}, func() States {
		return &wideStates{wide: in.Physical() == types.I128, limit: pow10(types.MaxPrecision), final: final}
	}}
}

// pow10 returns 10^n for n ≤ 38.
func pow10(n int) types.Int128 {
	x := types.Int128{Lo: 1}
	for range n {
		hi, lo := bits.Mul64(x.Lo, 10)
		x = types.Int128{Hi: x.Hi*10 + int64(hi), Lo: lo}
	}
	return x
}

// within reports -limit < x < limit.
func within(x, limit types.Int128) bool { return x.Less(limit) && limit.Neg().Less(x) }

func (x *wideState) add(v types.Int128, limit types.Int128) {
	sum := x.sum.Add(v)
	// Two's complement overflow: operands of one sign, result of the other.
	if (x.sum.Hi^v.Hi) >= 0 && (x.sum.Hi^sum.Hi) < 0 || !within(sum, limit) {
		x.over = true
	}
	x.sum = sum
}

func (s *wideStates) Resize(n int) { s.s = resize(s.s, n) }

func (s *wideStates) Update(groups []uint32, args []*vector.Vector) {
	a := args[0]
	st := s.s
	switch {
	case !s.wide && a.Nulls == nil:
		vals := a.I64[:len(groups)]
		for k, g := range groups {
			x := &st[g]
			// 2^63 sums of 64-bit values fit 127 bits: no check.
			x.sum = x.sum.Add(types.Int128Of(vals[k]))
			x.n++
		}
	case !s.wide:
		vals, nulls := a.I64[:len(groups)], a.Nulls[:len(groups)]
		for k, g := range groups {
			if !nulls[k] {
				x := &st[g]
				x.sum = x.sum.Add(types.Int128Of(vals[k]))
				x.n++
			}
		}
	default:
		for k, g := range groups {
			if a.Nulls == nil || !a.Nulls[k] {
				x := &st[g]
				x.add(a.W[k], s.limit)
				x.n++
			}
		}
	}
}

// UpdateTotal implements Total: runs of 64-bit values are added in 64 bits as long as they are small.
func (s *wideStates) UpdateTotal(args []*vector.Vector, n int) {
	a := args[0]
	x := &s.s[0]
	if s.wide {
		for k := range n {
			if a.Nulls == nil || !a.Nulls[k] {
				x.add(a.W[k], s.limit)
				x.n++
			}
		}
		return
	}
	// Upper and lower halves add up separately without overflow for 2^31 values.
	var hi, lo, count int64
	for k, v := range a.I64[:n] {
		if a.Nulls == nil || !a.Nulls[k] {
			hi += v >> 32
			lo += v & (1<<32 - 1)
			count++
		}
	}
	x.sum = x.sum.Add(types.MulInt64(hi, 1<<32)).Add(types.Int128Of(lo))
	x.n += count
}

func (s *wideStates) Merge(groups []uint32, partial []*vector.Vector) {
	for k, g := range groups {
		x := &s.s[g]
		x.add(partial[0].W[k], s.limit)
		x.n += partial[1].I64[k]
		x.over = x.over || partial[2].I64[k] != 0
	}
}

func (s *wideStates) Partial(dst []*vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		dst[0].W = append(dst[0].W, x.sum)
		dst[1].I64 = append(dst[1].I64, x.n)
		dst[2].I64 = append(dst[2].I64, b2i(x.over))
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (s *wideStates) Final(dst *vector.Vector, from, to int) {
	narrow := dst.Type.Physical() == types.I64
	for i := range s.s[from:to] {
		v, ok := s.final(&s.s[from+i])
		appendNull(dst, dst.Len(), !ok)
		if narrow {
			dst.I64 = append(dst.I64, int64(v.Lo))
		} else {
			dst.W = append(dst.W, v)
		}
	}
}

func (s *wideStates) Bytes() int64 { return int64(cap(s.s)) * 32 }
