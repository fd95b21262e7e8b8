package aggregate

import (
	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/vector"
)

// newSum is Hive's sum: integers add up in a wrapping bigint, floating point in double, decimals in decimal(p+10) with overflow
// to NULL.
func newSum(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) != 1 {
		return nil, badArgs(args)
	}
	in := args[0]
	switch {
	case result.Kind == types.Decimal && in.Kind == types.Decimal && in.Scale == result.Scale:
		// With int64 inputs and at least 10 spare digits, 10^10 rows cannot overflow the int64 that holds the result.
		if result.Physical() == types.I64 && result.Precision >= in.Precision+10 {
			return &fn{[]*types.Type{result}, func() States { return &sumStates[int64]{} }}, nil
		}
		return newWideSum(in, result), nil
	case in.Physical() == types.F64:
		return &fn{[]*types.Type{types.DoubleType}, func() States { return &sumStates[float64]{} }}, nil
	case in.IsString():
		return &fn{[]*types.Type{types.DoubleType}, func() States { return &textSums{} }}, nil
	case in.IsInteger():
		return &fn{[]*types.Type{types.BigIntType}, func() States { return &sumStates[int64]{} }}, nil
	case in.Kind == types.Void:
		return &fn{[]*types.Type{result}, func() States { return &voidStates{} }}, nil
	}
	return nil, badArgs(args)
}

type sumState[T int64 | float64] struct {
	sum  T
	seen bool
}

// sumStates adds int64 or float64 values.
type sumStates[T int64 | float64] struct{ s []sumState[T] }

// values returns the slice of v that holds its values.
func values[T int64 | float64](v *vector.Vector) *[]T {
	var zero T
	switch any(zero).(type) {
	case int64:
		return any(&v.I64).(*[]T)
	default:
		return any(&v.F64).(*[]T)
	}
}

func (s *sumStates[T]) Resize(n int) { s.s = resize(s.s, n) }

func (s *sumStates[T]) Update(groups []uint32, args []*vector.Vector) {
	vals := (*values[T](args[0]))[:len(groups)]
	st := s.s
	if nulls := args[0].Nulls; nulls != nil {
		nulls = nulls[:len(groups)]
		for k, g := range groups {
			if !nulls[k] {
				p := &st[g]
				p.sum += vals[k]
				p.seen = true
			}
		}
		return
	}
	for k, g := range groups {
		p := &st[g]
		p.sum += vals[k]
		p.seen = true
	}
}

// UpdateTotal implements Total.
func (s *sumStates[T]) UpdateTotal(args []*vector.Vector, n int) {
	vals := (*values[T](args[0]))[:n]
	p := &s.s[0]
	sum := p.sum
	if nulls := args[0].Nulls; nulls != nil {
		nulls = nulls[:n]
		for k, v := range vals {
			if !nulls[k] {
				sum += v
				p.seen = true
			}
		}
	} else {
		for _, v := range vals {
			sum += v
		}
		p.seen = p.seen || n > 0
	}
	p.sum = sum
}

func (s *sumStates[T]) Merge(groups []uint32, partial []*vector.Vector) { s.Update(groups, partial) }

func (s *sumStates[T]) Partial(dst []*vector.Vector, from, to int) { s.Final(dst[0], from, to) }

func (s *sumStates[T]) Final(dst *vector.Vector, from, to int) {
	out := values[T](dst)
	for _, x := range s.s[from:to] {
		appendNull(dst, len(*out), !x.seen)
		*out = append(*out, x.sum)
	}
}

func (s *sumStates[T]) Bytes() int64 { return int64(cap(s.s)) * 16 }

// voidStates are the states of an aggregate whose only argument is always NULL: it gives NULL.
type voidStates struct{ n int }

func (s *voidStates) Resize(n int)                         { s.n = n }
func (s *voidStates) Update([]uint32, []*vector.Vector)    {}
func (s *voidStates) Merge([]uint32, []*vector.Vector)     {}
func (s *voidStates) Partial(d []*vector.Vector, i, j int) { s.Final(d[0], i, j) }
func (s *voidStates) Bytes() int64                         { return 0 }

func (s *voidStates) Final(dst *vector.Vector, from, to int) {
	for range to - from {
		dst.AppendDatum(types.NullDatum)
	}
}

// textSums adds the numbers that strings are the text of. Other strings count as zero: a group with nothing else sums up to 0.0,
// not to NULL.
type textSums struct {
	sumStates[float64]
	numbers *vector.Vector
}

func (s *textSums) Update(groups []uint32, args []*vector.Vector) {
	s.sumStates.Update(groups, s.parse(args[0], len(groups)))
}

// UpdateTotal implements Total.
func (s *textSums) UpdateTotal(args []*vector.Vector, n int) {
	s.sumStates.UpdateTotal(s.parse(args[0], n), n)
}

func (s *textSums) parse(a *vector.Vector, n int) []*vector.Vector {
	if s.numbers == nil {
		s.numbers = &vector.Vector{Type: types.DoubleType}
	}
	s.numbers.F64 = resize(s.numbers.F64[:0], n)
	s.numbers.Nulls = a.Nulls
	for k, r := range a.Refs[:n] {
		if a.Nulls == nil || !a.Nulls[k] {
			s.numbers.F64[k], _ = function.ParseDouble(a.Data[r.Off : r.Off+r.Len])
		}
	}
	return []*vector.Vector{s.numbers}
}

func (s *textSums) Bytes() int64 { return s.sumStates.Bytes() + 8*vector.BatchSize }
