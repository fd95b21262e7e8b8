package orc

import (
	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

// conversion returns the function that turns vectors of a file's type into the table's, nil when there is none: the
// widenings that Hive allows for ALTER TABLE. What does not fit becomes NULL.
func conversion(from, to *types.Type) func(*vector.Vector, int) (*vector.Vector, error) {
	switch {
	case from.IsInteger() && (to.Kind == types.Double || to.Kind == types.Float):
		return func(v *vector.Vector, n int) (*vector.Vector, error) {
			out := vector.New(to, n)
			for i := range n {
				out.F64[i] = float64(v.I64[i])
			}
			out.Nulls = v.Nulls
			return out, nil
		}
	case from.IsInteger() && to.Kind == types.Decimal:
		return func(v *vector.Vector, n int) (*vector.Vector, error) {
			wide := &vector.Vector{Type: types.NewDecimal(types.MaxPrecision, 0), W: make([]types.Int128, n), Nulls: v.Nulls}
			for i := range n {
				wide.W[i] = types.Int128Of(v.I64[i])
			}
			return fitDecimal(wide, 0, to, n)
		}
	}
	return nil
}

// narrowDecimal turns a decimal of more than 18 digits into one of fewer.
func narrowDecimal(to *types.Type) func(*vector.Vector, int) (*vector.Vector, error) {
	return func(v *vector.Vector, n int) (*vector.Vector, error) { return fitDecimal(v, v.Type.Scale, to, n) }
}

// fitDecimal rescales to the type to; values that do not fit become NULL.
func fitDecimal(v *vector.Vector, scale int, to *types.Type, n int) (*vector.Vector, error) {
	out := vector.New(to, n)
	if v.Nulls != nil {
		copy(out.MakeNulls(n), v.Nulls)
	}
	for i := range n {
		if v.IsNull(i) {
			continue
		}
		x, ok := decimal.Rescale(v.W[i], scale, to.Scale)
		if !ok || !decimal.Fits(x, to.Precision) {
			out.SetNull(i, n)
			continue
		}
		if to.Physical() == types.I64 {
			out.I64[i] = int64(x.Lo)
		} else {
			out.W[i] = x
		}
	}
	return out, nil
}
