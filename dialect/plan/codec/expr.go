package codec

import (
	"errors"
	"fmt"
	"math"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// simple are the types without parameters, by kind.
var simple = map[types.Kind]*types.Type{
	types.Void: types.VoidType, types.Boolean: types.BooleanType, types.TinyInt: types.TinyIntType, types.SmallInt: types.SmallIntType,
	types.Int: types.IntType, types.BigInt: types.BigIntType, types.Float: types.FloatType, types.Double: types.DoubleType,
	types.String: types.StringType, types.Binary: types.BinaryType, types.Date: types.DateType, types.Timestamp: types.TimestampType,
	types.TimestampLTZ: types.TimestampLTZType, types.IntervalYearMonth: types.IntervalYearMonthType,
	types.IntervalDayTime: types.IntervalDayTimeType,
}

// Type codes a type; nil stays nil.
func (c *Coder) Type(t **types.Type) {
	// 0 is nil, otherwise the kind follows.
	u := uint64(0)
	if *t != nil {
		u = uint64((*t).Kind) + 1
	}
	c.Uint(&u)
	if c.err != nil || u == 0 {
		return
	}
	if u > uint64(types.Union)+1 {
		c.Fail(fmt.Errorf("type of kind %d", u-1))
		return
	}
	kind := types.Kind(u - 1)
	if s := simple[kind]; s != nil {
		if c.reading {
			*t = s
		}
		return
	}
	shared(c, t, func(t *types.Type) {
		if c.reading {
			t.Kind = kind
		}
		switch kind {
		case types.Decimal:
			c.Int(&t.Precision)
			c.Int(&t.Scale)
			if c.reading && (t.Precision < 1 || t.Precision > types.MaxPrecision || t.Scale < 0 || t.Scale > t.Precision) {
				c.Fail(fmt.Errorf("decimal(%d,%d)", t.Precision, t.Scale))
			}
		case types.Char, types.Varchar:
			c.Int(&t.Length)
		case types.Array:
			c.mustType(&t.Elem)
		case types.Map:
			c.mustType(&t.Key)
			c.mustType(&t.Elem)
		default:
			List(c, &t.Fields, func(f *types.Field) {
				c.String(&f.Name)
				c.String(&f.Label)
				c.mustType(&f.Type)
				c.String(&f.Comment)
			})
		}
	})
	if c.err == nil && (*t == nil || (*t).Kind != kind) {
		c.Fail(fmt.Errorf("a type of kind %d refers to another kind", kind))
	}
}

// mustType codes a type that must be there.
func (c *Coder) mustType(t **types.Type) {
	c.Type(t)
	if *t == nil {
		c.Fail(errors.New("a type is missing"))
	}
}

// Datum codes a value.
func (c *Coder) Datum(d *types.Datum) {
	const null, i, f, w, s, elems = 1, 2, 4, 8, 16, 32
	var has uint64
	for bit, set := range map[uint64]bool{
		null: d.Null, i: d.I != 0, f: math.Float64bits(d.F) != 0, w: d.W != types.Int128{}, s: d.S != "", elems: d.Elems != nil,
	} {
		if set {
			has |= bit
		}
	}
	if c.Uint(&has); c.reading {
		d.Null = has&null != 0
	}
	if has&i != 0 {
		c.Int64(&d.I)
	}
	if has&f != 0 {
		c.Float(&d.F)
	}
	if has&w != 0 {
		c.Int64(&d.W.Hi)
		c.Uint(&d.W.Lo)
	}
	if has&s != 0 {
		c.String(&d.S)
	}
	if has&elems != 0 {
		c.nested(func() { List(c, &d.Elems, func(e *types.Datum) { c.Datum(e) }) })
	}
	if has >= 2*elems {
		c.Fail(fmt.Errorf("a value with marks %x", has))
	}
}

// Column codes a column.
func (c *Coder) Column(col *plan.Column) {
	id := int64(col.ID)
	if c.Int64(&id); c.reading {
		col.ID = plan.ColumnID(id)
	}
	if int64(plan.ColumnID(id)) != id {
		c.Fail(fmt.Errorf("column %d", id))
	}
	c.String(&col.Name)
	c.Type(&col.Type)
}

// Columns codes a list of columns.
func (c *Coder) Columns(cols *[]plan.Column) { List(c, cols, func(col *plan.Column) { c.Column(col) }) }

// The kinds of expressions.
const (
	noExpr = iota
	columnRef
	literal
	call
)

// Expr codes an expression; nil stays nil.
func (c *Coder) Expr(e *plan.Expr) {
	kind := uint64(noExpr)
	switch (*e).(type) {
	case nil:
	case *plan.ColumnRef:
		kind = columnRef
	case *plan.Literal:
		kind = literal
	case *plan.Call:
		kind = call
	default:
		c.Fail(fmt.Errorf("an expression %T has no place in an optimised plan", *e))
		return
	}
	c.Uint(&kind)
	if c.err != nil {
		return
	}
	switch kind {
	case noExpr:
	case columnRef:
		ofKind(c, e, c.columnRef)
	case literal:
		ofKind(c, e, c.literal)
	case call:
		ofKind(c, e, c.call)
	default:
		c.Fail(fmt.Errorf("expression of kind %d", kind))
	}
}

// ofKind codes an expression of a known type.
func ofKind[T any, P interface {
	*T
	plan.Expr
}](c *Coder, e *plan.Expr, content func(P)) {
	p, _ := (*e).(P)
	x := (*T)(p)
	shared(c, &x, func(x *T) { content(P(x)) })
	if x == nil {
		c.Fail(errors.New("an expression is missing"))
		return
	}
	if c.reading {
		*e = P(x)
	}
}

// MustExpr codes an expression that must be there.
func (c *Coder) MustExpr(e *plan.Expr) {
	c.Expr(e)
	if *e == nil {
		c.Fail(errors.New("an expression is missing"))
	}
}

// Exprs codes a list of expressions.
func (c *Coder) Exprs(es *[]plan.Expr) { List(c, es, func(e *plan.Expr) { c.MustExpr(e) }) }

func (c *Coder) columnRef(r *plan.ColumnRef) {
	col := plan.Column{ID: r.ID, Name: r.Name, Type: r.T}
	c.Column(&col)
	r.ID, r.Name, r.T = col.ID, col.Name, col.Type
	if r.T == nil {
		c.Fail(fmt.Errorf("a reference to column %d without a type", r.ID))
	}
}

func (c *Coder) literal(l *plan.Literal) {
	c.mustType(&l.T)
	c.Datum(&l.Value)
}

func (c *Coder) call(x *plan.Call) {
	c.String(&x.Func)
	c.mustType(&x.T)
	c.Int(&x.Index)
	c.Exprs(&x.Args)
}
