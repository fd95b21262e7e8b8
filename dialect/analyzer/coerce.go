package analyzer

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// cast converts e to t; literals that convert exactly are converted here.
func (x *exprs) cast(e plan.Expr, t *types.Type) plan.Expr { return castTo(e, t) }

func castTo(e plan.Expr, t *types.Type) plan.Expr {
	from := e.Type()
	if from.Equal(t) {
		return e
	}
	if l, ok := e.(*plan.Literal); ok {
		switch {
		case l.Value.Null:
			return nullLiteral(t)
		case from.IsInteger() && t.IsInteger() && t.Kind >= from.Kind:
			return newLiteral(t, l.Value)
		case from.IsInteger() && t.Kind == types.Double:
			return newLiteral(t, types.Datum{F: float64(l.Value.I)})
		case from.IsInteger() && t.Kind == types.Decimal:
			if d := decimalLiteral(strconv.FormatInt(l.Value.I, 10)); d != nil && fits(d, t) {
				return newLiteral(t, rescale(d, t))
			}
		case from.Kind == types.Decimal && t.Kind == types.Decimal && fits(l, t):
			return newLiteral(t, rescale(l, t))
		case from.IsInteger() && t.Kind == types.String:
			return stringLiteral(strconv.FormatInt(l.Value.I, 10))
		case from.IsString() && t.Kind == types.Date:
			if days, rest, ok := parseDate(l.Value.S); ok && rest == "" && usualDate(l.Value.S) {
				return intLiteral(t, days)
			}
		case from.IsString() && t.Kind == types.Timestamp:
			if v, ok := parseTimestamp(l.Value.S); ok && usualDate(l.Value.S) && (len(l.Value.S) == len("yyyy-mm-dd") || strings.Count(l.Value.S, ":") == 2) {
				return newLiteral(t, types.Datum{W: v})
			}
		}
	}
	return &plan.Call{Func: "cast", Args: []plan.Expr{e}, T: t}
}

// usualDate reports whether a text begins as yyyy-mm-dd. Casts know other forms, in which the levels differ.
func usualDate(s string) bool { return len(s) >= 10 && s[0] != '-' && s[4] == '-' && s[7] == '-' }

func unscaled(l *plan.Literal) *big.Int {
	if l.T.Physical() == types.I64 {
		return big.NewInt(l.Value.I)
	}
	v := new(big.Int).Lsh(big.NewInt(l.Value.W.Hi), 64)
	return v.Add(v, new(big.Int).SetUint64(l.Value.W.Lo))
}

// fits reports whether a decimal literal converts to t without loss.
func fits(l *plan.Literal, t *types.Type) bool {
	return l.T.Scale <= t.Scale && l.T.Precision-l.T.Scale <= t.Precision-t.Scale
}

func rescale(l *plan.Literal, t *types.Type) types.Datum {
	v := unscaled(l)
	v.Mul(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale-l.T.Scale)), nil))
	return decimalDatum(v, t.Precision)
}

// fold evaluates a constant expression; nil when it has columns or cannot be evaluated now.
func (x *exprs) fold(e plan.Expr) (*types.Datum, error) {
	if l, ok := e.(*plan.Literal); ok {
		return &l.Value, nil
	}
	if x.b.env.Folder == nil || !isConstant(e) {
		return nil, nil
	}
	v, err := x.b.env.Folder.Fold(e)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// constant returns the value of a constant expression, or nil. Errors of its evaluation are left to the execution.
func (x *exprs) constant(e plan.Expr) *types.Datum {
	v, err := x.fold(e)
	if err != nil {
		return nil
	}
	return v
}

// constantLiteral returns e as a literal when it is constant, or nil.
func (x *exprs) constantLiteral(e plan.Expr) *plan.Literal {
	if l, ok := e.(*plan.Literal); ok {
		return l
	}
	if v := x.constant(e); v != nil {
		return newLiteral(e.Type(), *v)
	}
	return nil
}

// compare builds a comparison of two written expressions.
func (x *exprs) compare(at ast.Node, op string, left, right ast.Expr) (plan.Expr, error) {
	l, err := x.under(at).expr(left)
	if err != nil {
		return nil, err
	}
	r, err := x.under(at).expr(right)
	if err != nil {
		return nil, err
	}
	if x.joins(at, l, r) {
		x.b.unplanned = x.b.unplanned || x.checkLossy(at, l.Type(), r.Type()) != nil
		if !x.hive3() && function.DateAsNumber(&x.b.a.resolve, l.Type(), r.Type()) {
			return nil, sqlerr.Plain("UDFArgumentException", function.DateAsNumberCast)
		}
		return x.met(at, op, l, r, left, right)
	}
	if !x.hive3() {
		err := x.checkLossy(at, l.Type(), r.Type())
		if q := subqueryOf(left, right); q != nil && (err != nil || x.b.unplanned) {
			_, _, token := queryPlace{q.Query}.Where()
			return nil, sqlerr.Semanticf("Line 0:-1 Unsupported SubQuery Expression '%s': Only SubQuery expressions that are top level conjuncts are allowed", token)
		}
		if err == nil && function.DateAsNumber(&x.b.a.resolve, l.Type(), r.Type()) {
			_, err = x.apply(at, op, []ast.Expr{left, right}, []plan.Expr{l, r})
		}
		if err != nil {
			return nil, err
		}
	}
	return x.comparison(at, op, l, r, left, right)
}

// subqueryOf returns the operand that is a subquery.
func subqueryOf(operands ...ast.Expr) *ast.Subquery {
	for _, o := range operands {
		if q, ok := o.(*ast.Subquery); ok {
			return q
		}
	}
	return nil
}

// comparison types a comparison: a constant beside a column takes the column's type where it can, then both sides meet in the
// common type of comparisons. 3.1 checks for loss of information after that, 4.0 before.
func (x *exprs) comparison(at ast.Node, op string, l, r plan.Expr, left, right ast.Expr) (plan.Expr, error) {
	l, r = x.interpreted(l, r)
	if x.hive3() {
		if err := x.checkLossy(at, l.Type(), r.Type()); err != nil {
			return nil, err
		}
	}
	return x.apply(at, op, []ast.Expr{left, right}, []plan.Expr{l, r})
}

// met is a comparison without the check for loss of information.
func (x *exprs) met(at ast.Node, op string, l, r plan.Expr, left, right ast.Expr) (plan.Expr, error) {
	l, r = x.interpreted(l, r)
	return x.apply(at, op, []ast.Expr{left, right}, []plan.Expr{l, r})
}

// interpreted reads a constant beside a column as a value of the column's type, where it can.
func (x *exprs) interpreted(l, r plan.Expr) (plan.Expr, plan.Expr) {
	if c := x.constantLiteral(r); c != nil && isColumn(l) {
		if v, _ := x.interpret(c, l.Type()); v != nil {
			r = v
		}
	} else if c := x.constantLiteral(l); c != nil && isColumn(r) {
		if v, _ := x.interpret(c, r.Type()); v != nil {
			l = v
		}
	}
	return l, r
}

// checkLossy refuses comparisons that may lose information, when the session's type safety check is on, and warns otherwise. 3.1
// checks bigint beside string only, and warns of bigint beside double.
func (x *exprs) checkLossy(at ast.Node, a, b *types.Type) error {
	between := func(p, q func(*types.Type) bool) bool { return p(a) && q(b) || p(b) && q(a) }
	kind := func(k types.Kind) func(*types.Type) bool { return func(t *types.Type) bool { return t.Kind == k } }
	bigint, double := kind(types.BigInt), kind(types.Double)
	if x.hive3() {
		switch {
		case between(bigint, kind(types.String)):
			if x.b.strict(typeSafety) {
				return x.placeless(&function.ArgError{Code: sqlerr.InvalidArgument, Reason: unsafeCompare}, at)
			}
			x.warn("Comparing a bigint and a string may result in a loss of precision.")
		case between(bigint, double):
			x.warn("Comparing a bigint and a double may result in a loss of precision.")
		}
		return nil
	}
	if between(bigint, (*types.Type).IsString) || between(bigint, double) || between(kind(types.Decimal), (*types.Type).IsString) {
		if x.b.strict(typeSafety) {
			return sqlerr.AtReason(sqlerr.InvalidArgument, at.Position(), unsafeCompare)
		}
		x.warn("Comparing " + a.String() + " and " + b.String() + " may result in loss of information.")
	}
	return nil
}

func (x *exprs) warn(text string) {
	if x.b.env.Warn != nil {
		x.b.env.Warn("WARNING: " + text)
	}
}

const typeSafety = "hive.strict.checks.type.safety"

const unsafeCompare = "Unsafe compares between different types are disabled for safety reasons. If you know what you are doing, " +
	"please set hive.strict.checks.type.safety to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. " +
	"Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features."

func isColumn(e plan.Expr) bool {
	_, ok := e.(*plan.ColumnRef)
	return ok
}

// interpret reads a constant as a value of a column's type t. The result is nil when the constant should stay as it is; ok is
// false when no value of t equals the constant.
func (x *exprs) interpret(c *plan.Literal, t *types.Type) (v *plan.Literal, ok bool) {
	if !t.IsPrimitive() || !c.T.IsPrimitive() {
		return nil, true
	}
	if c.Value.Null {
		return nullLiteral(t), true
	}
	if c.T.Equal(t) {
		return nil, true
	}
	switch {
	case t.IsNumeric() && (c.T.IsNumeric() || c.T.IsString()):
		v := numericConstant(c, t)
		return v, v != nil
	case (t.Kind == types.Char || t.Kind == types.Varchar) && c.T.Kind == types.String:
		s := c.Value.S
		if t.Kind == types.Char {
			s = strings.TrimRight(s, " ")
		}
		if len([]rune(s)) > t.Length {
			return nil, false
		}
		return newLiteral(t, types.Datum{S: s}), true
	}
	return nil, true
}

// numericConstant converts a numeric or text constant exactly to a numeric type; nil when that is impossible.
func numericConstant(c *plan.Literal, t *types.Type) *plan.Literal {
	var d *plan.Literal
	switch {
	case c.T.IsString():
		text := c.Value.S
		if text == "" || strings.ContainsAny(text, " xX_") {
			return nil
		}
		text = strings.TrimRight(text, "dDfFlL")
		if d = decimalLiteral(text); d == nil {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil
			}
			d = newLiteral(types.DoubleType, types.Datum{F: f})
		}
	case c.T.IsInteger():
		d = decimalLiteral(strconv.FormatInt(c.Value.I, 10))
	default:
		d = c
	}
	switch {
	case t.IsInteger():
		return integerConstant(d, t)
	case t.Kind == types.Double, t.Kind == types.Float:
		f := d.Value.F
		if d.T.Kind == types.Decimal {
			r := new(big.Rat).SetFrac(unscaled(d), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.T.Scale)), nil))
			f, _ = r.Float64()
		}
		if t.Kind == types.Float {
			f = float64(float32(f))
		}
		return newLiteral(t, types.Datum{F: f})
	}
	if d.T.Kind != types.Decimal {
		bits := 64
		if d.T.Kind == types.Float { // by its own text
			bits = 32
		}
		return decimalLiteral(strconv.FormatFloat(d.Value.F, 'f', -1, bits))
	}
	return d
}

// integerConstant converts a decimal or double without fraction that is in t's range; nil otherwise.
func integerConstant(d *plan.Literal, t *types.Type) *plan.Literal {
	var v *big.Int
	if d.T.Kind == types.Decimal {
		if d.T.Scale != 0 {
			return nil
		}
		v = unscaled(d)
	} else {
		if d.Value.F != math.Trunc(d.Value.F) || math.IsInf(d.Value.F, 0) {
			return nil
		}
		v, _ = big.NewFloat(d.Value.F).Int(nil)
	}
	bits := map[types.Kind]int{types.TinyInt: 8, types.SmallInt: 16, types.Int: 32, types.BigInt: 64}[t.Kind]
	limit := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	if v.Cmp(limit) >= 0 || v.Cmp(new(big.Int).Neg(limit)) < 0 {
		return nil
	}
	return intLiteral(t, v.Int64())
}

// between is low <= x and x <= high in the type common to all three.
func (x *exprs) between(e *ast.Between) (plan.Expr, error) {
	vs, err := x.list([]ast.Expr{e.Expr, e.Low, e.High}, e)
	if err != nil {
		return nil, err
	}
	t := types.CommonComparison(vs[1].Type(), vs[2].Type())
	if t != nil {
		t = types.CommonComparison(vs[0].Type(), t)
	}
	if !x.hive3() && t != nil {
		for _, v := range vs {
			if function.DateAsNumber(&x.b.a.resolve, v.Type(), t) {
				reason := "Casting DATE/TIMESTAMP to NUMERIC is prohibited (hive.strict.timestamp.conversion)"
				return nil, x.placeless(&function.ArgError{Code: sqlerr.InvalidArgument, Reason: reason}, e)
			}
		}
	}
	if t != nil && t.IsPrimitive() {
		for i := range vs {
			if vs[i].Type().Kind != t.Kind {
				vs[i] = castTo(vs[i], t)
			}
		}
	}
	low, err := x.apply(e, ">=", []ast.Expr{e.Expr, e.Low}, []plan.Expr{vs[0], vs[1]})
	if err != nil {
		return nil, err
	}
	high, err := x.apply(e, "<=", []ast.Expr{e.Expr, e.High}, []plan.Expr{vs[0], vs[2]})
	if err != nil {
		return nil, err
	}
	both := plan.And(low, high)
	if e.Not {
		return nullUnless(negate(both), vs[1], vs[2]), nil
	}
	return nullUnless(both, vs[1]), nil
}

// nullUnless is a BETWEEN whose bounds may be NULL in some rows: Hive's function looks at one bound after the other and is NULL at the first that is, where
// a conjunction would be false by the second alone. NOT BETWEEN needs both bounds.
func nullUnless(between plan.Expr, bounds ...plan.Expr) plan.Expr {
	var tests []plan.Expr
	for _, b := range bounds {
		if !isConstant(b) && !hasSubquery(b) {
			tests = append(tests, isNull(b))
		}
	}
	if len(tests) == 0 {
		return between
	}
	guard := tests[0]
	if len(tests) > 1 {
		guard = &plan.Call{Func: "or", Args: tests, T: types.BooleanType}
	}
	return &plan.Call{Func: "if", Args: []plan.Expr{guard, nullLiteral(types.BooleanType), between}, T: types.BooleanType}
}

// tested is a condition of which only the truth matters, not whether it is false or NULL: what nullUnless guards becomes comparisons, which
// filters understand.
func tested(e plan.Expr) plan.Expr {
	c, ok := e.(*plan.Call)
	if !ok {
		return e
	}
	switch c.Func {
	case "and":
		parts := make([]plan.Expr, len(c.Args))
		for i, a := range c.Args {
			parts[i] = tested(a)
		}
		return plan.And(parts...)
	case "if":
		guard, ok := c.Args[0].(*plan.Call)
		if null, is := c.Args[1].(*plan.Literal); !ok || !is || !null.Value.Null {
			return e
		}
		tests := []plan.Expr{guard}
		if guard.Func == "or" {
			tests = guard.Args
		}
		parts := make([]plan.Expr, 0, len(tests)+1)
		for _, t := range tests {
			bound, ok := t.(*plan.Call)
			if !ok || bound.Func != "isnull" {
				return e
			}
			parts = append(parts, isNotNull(bound.Args[0]))
		}
		return plan.And(append(parts, c.Args[2])...)
	}
	return e
}

// inList builds x IN (a, b, …). Items are grouped by type: each group meets x in its own type.
func (x *exprs) inList(e *ast.In) (plan.Expr, error) {
	v, err := x.under(e).expr(e.Expr)
	if err != nil {
		return nil, err
	}
	items, err := x.list(e.List, e)
	if err != nil {
		return nil, err
	}
	var groups [][]plan.Expr
	kept := items[:0:0]
	for _, item := range items {
		if item, ok := x.inItem(v, item); ok {
			kept = append(kept, item)
		}
	}
	for _, item := range kept {
		placed := false
		for g := range groups {
			if groups[g][0].Type().Equal(item.Type()) {
				groups[g], placed = append(groups[g], item), true
				break
			}
		}
		if !placed {
			groups = append(groups, []plan.Expr{item})
		}
	}
	var tests []plan.Expr
	for _, g := range groups {
		t, err := x.inOne(e, v, g)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	var out plan.Expr
	switch len(tests) {
	case 0:
		out = boolLiteral(false)
	case 1:
		out = tests[0]
	default:
		out = &plan.Call{Func: "or", Args: tests, T: types.BooleanType}
	}
	if e.Not {
		return negate(out), nil
	}
	return out, nil
}

func (x *exprs) hive3() bool { return x.b.hive3() }

// inItem fits a constant item to the column tested; false when it can equal no value of the column.
func (x *exprs) inItem(v, item plan.Expr) (plan.Expr, bool) {
	if isColumn(v) {
		if c := x.constantLiteral(item); c != nil && (x.hive3() || c.T.Kind != types.Char && c.T.Kind != types.Varchar) {
			n, ok := x.interpret(c, v.Type())
			switch {
			case !ok:
				return nil, false
			case n != nil:
				return n, true
			}
		}
		return item, true
	}
	// (a, b) IN ((1, 2), …): the fields of the rows are fitted one by one.
	vs, ok1 := v.(*plan.Call)
	is, ok2 := item.(*plan.Call)
	if !ok1 || !ok2 || vs.Func != "struct" || is.Func != "struct" || len(vs.Args) != len(is.Args) {
		return item, true
	}
	args := make([]plan.Expr, len(is.Args))
	fields := make([]types.Field, len(is.Args))
	for i, a := range is.Args {
		f, ok := x.inItem(vs.Args[i], a)
		if !ok {
			f = nullLiteral(vs.Args[i].Type())
		}
		args[i] = f
		fields[i] = types.Field{Name: is.T.Fields[i].Name, Type: f.Type()}
	}
	return &plan.Call{Func: "struct", Args: args, T: types.NewStruct(fields...)}, true
}

// inOne tests v against items of one type.
func (x *exprs) inOne(e *ast.In, v plan.Expr, items []plan.Expr) (plan.Expr, error) {
	t := types.CommonComparison(v.Type(), items[0].Type())
	if t == nil {
		names := make([]string, len(items))
		for i, it := range items {
			names[i] = it.Type().String()
		}
		kinds := "{" + v.Type().String() + " IN (" + strings.Join(names, ", ") + ")}"
		if !x.hive3() {
			return nil, x.placeless(&function.ArgError{Code: sqlerr.InvalidArgument, Reason: "Type mismatch: " + kinds}, e)
		}
		return nil, sqlerr.AtReason(sqlerr.InvalidArgumentType, e.Expr.Position(),
			"The arguments for IN should be the same type! Types are: "+kinds)
	}
	args := make([]plan.Expr, 0, len(items)+1)
	args = append(args, castDeep(v, t))
	for _, item := range items {
		args = append(args, castDeep(item, t))
	}
	return &plan.Call{Func: "in", Args: args, T: types.BooleanType}, nil
}

// castDeep casts; a struct built in place is cast field by field.
func castDeep(e plan.Expr, t *types.Type) plan.Expr {
	c, ok := e.(*plan.Call)
	if !ok || t.Kind != types.Struct || c.Func != "struct" || len(c.Args) != len(t.Fields) {
		return castTo(e, t)
	}
	args := make([]plan.Expr, len(c.Args))
	for i, a := range c.Args {
		args[i] = castDeep(a, t.Fields[i].Type)
	}
	return &plan.Call{Func: c.Func, Args: args, T: t}
}
