package expr

import (
	"math"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/kernel"
)

// unwrap takes a widening cast off the column side of "a op b" with b constant, converting the constant to the column's own type
// instead: "cast(int_col as decimal(12,2)) > 1.50" becomes "int_col > 1". Where no constant of the column's type makes the same
// condition, the operands are returned as they are.
func (c *compiler) unwrap(op kernel.Op, a, b *node) (kernel.Op, *node, *node) {
	if b.isNull() || !(a.op == opCall && a.name == "cast" || a.op == opRetype) {
		return op, a, b
	}
	inner := a.args[0]
	from, to := inner.typ, a.typ
	if a.op == opRetype {
		if from.Physical() != to.Physical() || !from.IsPrimitive() {
			return op, a, b
		}
		// The stored values are the same.
		return op, inner, c.constant(from, b.value.Datum(0))
	}
	if from.Physical() != types.I64 || !from.IsInteger() && from.Kind != types.Decimal {
		return op, a, b
	}
	d := b.value.Datum(0)
	// floor is the largest integer, in units of the column's stored values, not above the constant; exact says whether it is equal.
	var floor types.Int128
	exact := false
	digits, scale := from.Precision, from.Scale
	if from.IsInteger() {
		p := types.DecimalFor(from)
		digits, scale = p.Precision, 0
	}
	switch {
	case to.Kind == types.Decimal && to.Scale >= scale && to.Precision-to.Scale >= digits-scale:
		v := d.W
		if to.Physical() == types.I64 {
			v = types.Int128Of(d.I)
		}
		floor = decimal.Floor(v, to.Scale-scale)
		back, ok := decimal.Rescale(floor, scale, to.Scale)
		exact = ok && back == v
	case to.Kind == types.Double && from.IsInteger() && from.Kind != types.BigInt:
		f := math.Floor(d.F)
		if math.IsNaN(d.F) || math.Abs(f) > 1<<40 {
			return op, a, b
		}
		floor, exact = types.Int128Of(int64(f)), f == d.F
	default:
		return op, a, b
	}
	if !floor.IsInt64() || int64(floor.Lo) == math.MinInt64 {
		return op, a, b
	}
	if !exact {
		switch op {
		case kernel.Lt, kernel.Le:
			op = kernel.Le
		case kernel.Gt, kernel.Ge:
			op = kernel.Gt
		default:
			return op, a, b
		}
	}
	n := c.constant(from, types.Datum{I: int64(floor.Lo)})
	return op, inner, n
}
