package analyzer

import (
	"errors"
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

// call builds a function call of any kind.
func (x *exprs) call(e *ast.Call) (plan.Expr, error) {
	name := lower(e.Name.Name)
	if e.Name.DB == nil {
		if e.Over == nil {
			if v, ok, err := x.special(e, name); ok || err != nil {
				return v, err
			}
		}
		if m := x.b.env.Catalog.Macro(name); m != nil {
			return x.macro(e, m)
		}
	}
	f, ok := function.Known(name, x.hive3())
	if !ok || e.Name.DB != nil {
		return nil, x.unknownFunction(e)
	}
	if e.Over != nil {
		return x.windowCall(e, f)
	}
	switch {
	case f.Kind&function.Scalar != 0:
	case f.Kind&function.Aggregate != 0:
		return x.aggregate(e, f)
	case f.Kind&function.Table != 0:
		return nil, sqlerr.New(sqlerr.UDTFInvalidLocation)
	case x.over != nil && (f.Name == "lead" || f.Name == "lag"):
		c := *e
		c.Over = x.over
		return x.windowCall(&c, f)
	default:
		return nil, x.missingOver(f)
	}
	if e.Distinct {
		return nil, sqlerr.Semanticf("%s", generated(e, sqlerr.Text(sqlerr.DistinctNotSupported)))
	}
	if f.Stateful && x.allow&aggregates == 0 {
		return nil, sqlerr.New(sqlerr.UDFStatefulInvalidLocation)
	}
	return x.invoke(e, name, writtenArgs(e)...)
}

// writtenArgs are the arguments of a call as written, f(*) being one star.
func writtenArgs(e *ast.Call) []ast.Expr {
	if e.Star {
		return []ast.Expr{&ast.Star{Pos: e.Pos}}
	}
	return e.Args
}

// missingOver is the error for a pure window function without OVER.
func (x *exprs) missingOver(f *function.Function) error {
	if !x.hive3() && (f.Name == "first_value" || f.Name == "last_value") {
		return sqlerr.CodedSemanticf(sqlerr.MissingOverClause, "%s %s", sqlerr.Text(sqlerr.MissingOverClause), f.Name)
	}
	if f.Name == "lead" || f.Name == "lag" {
		return sqlerr.CodedSemanticf(sqlerr.MissingOverClause, "%s %s", sqlerr.Text(sqlerr.MissingOverClause), f.Name)
	}
	return sqlerr.Semanticf("org.apache.hadoop.hive.ql.metadata.HiveException: Only COMPLETE mode supported for %s function", f.Name)
}

// unknownFunction is the error for a call of nothing. Calls in a select list lose their position in Hive 4.
func (x *exprs) unknownFunction(e *ast.Call) error {
	if x.allow&aggregates != 0 {
		name := e.Name.Name.Name
		if e.Name.DB != nil {
			name = e.Name.DB.Name + "." + name
		}
		if e.Over != nil && x.hive3() {
			return sqlerr.Semanticf("%s", windowGroupsText+sqlerr.Text(sqlerr.InvalidFunction, name))
		}
		return sqlerr.New(sqlerr.InvalidFunction, name)
	}
	return sqlerr.At(sqlerr.InvalidFunction, e.Name.Position())
}

// special builds the functions that need the session or the query block; ok is false for all others.
func (x *exprs) special(e *ast.Call, name string) (v plan.Expr, ok bool, err error) {
	env := x.b.env
	switch name {
	case "grouping":
		v, err = x.grouping(e)
		return v, true, err
	case "current_database":
		return stringLiteral(env.CurrentDB), true, nil
	case "current_user", "logged_in_user":
		if len(e.Args) == 0 {
			return stringLiteral(env.User), true, nil
		}
	case "current_date":
		if len(e.Args) == 0 {
			now := env.Now.In(env.Location)
			_, offset := now.Zone()
			return intLiteral(types.DateType, floorDiv(now.Unix()+int64(offset), 86400)), true, nil
		}
	case "current_timestamp":
		if len(e.Args) == 0 {
			now := env.Now.In(env.Location)
			_, offset := now.Zone()
			ts := types.Int128{Hi: now.Unix() + int64(offset), Lo: uint64(now.Nanosecond() / 1e6 * 1e6)}
			return newLiteral(types.TimestampType, types.Datum{W: ts}), true, nil
		}
	case "unix_timestamp":
		if len(e.Args) == 0 {
			return intLiteral(types.BigIntType, env.Now.Unix()), true, nil
		}
	}
	return nil, false, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// apply resolves a scalar built-in for typed arguments: it casts them as the function asks. written are the arguments as in
// the query, for positions.
func (x *exprs) apply(at ast.Node, name string, written []ast.Expr, args []plan.Expr) (plan.Expr, error) {
	f, ok := function.Lookup(name)
	if !ok {
		return nil, sqlerr.At(sqlerr.InvalidFunction, at.Position())
	}
	if name == "positive" && len(args) == 1 && !x.hive3() && (args[0].Type().IsNumeric() || args[0].Type().IsString()) {
		return args[0], nil // 4.0 drops it without a conversion
	}
	if f.Kind&function.Scalar == 0 {
		return nil, sqlerr.At(sqlerr.UDAFInvalidLocation, at.Position())
	}
	r, err := f.Resolve(&x.b.a.resolve, x.arguments(args), false)
	if err != nil {
		return nil, argumentError(err, at, written)
	}
	fn := f.Name
	if r.Func != "" {
		fn = r.Func
	}
	if fn == "cast" && len(args) == 1 {
		return x.cast(args[0], r.Result), nil
	}
	call := &plan.Call{Func: fn, Args: castAll(castAll(args, r.Via), r.Args), T: r.Result}
	if function.MayFail(fn) {
		if _, err := x.fold(call); err != nil {
			for cause := err; cause != nil; cause = errors.Unwrap(cause) {
				err = cause
			}
			return nil, function.Failure(fn, at.Position(), err.Error())
		}
	}
	return call, nil
}

// castAll casts arguments to the types that a resolution asks for.
func castAll(args []plan.Expr, to []*types.Type) []plan.Expr {
	out := make([]plan.Expr, len(args))
	for i, a := range args {
		out[i] = a
		if i < len(to) && to[i] != nil {
			out[i] = castDeep(a, to[i])
		}
	}
	return out
}

// arguments describes typed arguments to the resolver.
func (x *exprs) arguments(args []plan.Expr) []function.Arg {
	out := make([]function.Arg, len(args))
	for i, a := range args {
		out[i] = function.Arg{Type: a.Type(), Const: x.constant(a)}
		if c, ok := a.(*plan.Call); ok && c.Func == "cast" {
			a = c.Args[0]
		}
		_, out[i].Literal = a.(*plan.Literal)
	}
	return out
}

// argumentError gives a resolver's complaint its position.
func argumentError(err error, at ast.Node, written []ast.Expr) error {
	var a *function.ArgError
	if !errors.As(err, &a) {
		return err
	}
	switch {
	case a.Kind != "":
		return sqlerr.Plain(a.Kind, a.Reason)
	case a.Code == sqlerr.GenericError:
		return sqlerr.Semanticf("%s", a.Reason)
	case a.Code == sqlerr.InvalidArgumentType && a.Arg >= 0 && a.Arg < len(written):
		return sqlerr.AtReason(a.Code, written[a.Arg].Position(), a.Reason)
	}
	return sqlerr.AtReason(a.Code, at.Position(), a.Reason)
}

// aggregate builds a call of an aggregate function: a reference to a column of the block's aggregation.
func (x *exprs) aggregate(e *ast.Call, f *function.Function) (plan.Expr, error) {
	if x.allow&aggregates == 0 || x.allow&inAggregate != 0 {
		if x.allow&inAggregate == 0 {
			if v, err := x.outerAggregate(e, f); v != nil || err != nil {
				return v, err
			}
		}
		return nil, sqlerr.At(sqlerr.UDAFInvalidLocation, e.Name.Position())
	}
	if e.Star && f.Name != "count" && f.Name != "sum" {
		return nil, sqlerr.Semanticf("The specified syntax for UDAF invocation is invalid.")
	}
	if len(e.WithinGroup) > 0 {
		return x.orderedSet(e, f)
	}
	args, distinct, err := x.aggregateArgs(e)
	if err != nil {
		return nil, err
	}
	r, err := f.Resolve(&x.b.a.resolve, x.arguments(args), distinct)
	if err != nil {
		return nil, argumentError(err, e, e.Args)
	}
	name := f.Name
	if r.Func != "" {
		name = r.Func
	}
	if name == "avg" && r.Result.Kind == types.Decimal && x.hive3() && x.b.env.Conf.Bool("hive.cbo.enable") {
		return x.decimalAverage(args, distinct, r.Result), nil
	}
	return x.block.addAggregate(name, castAll(args, r.Args), distinct, r.Result), nil
}

// orderedSet is f(p) WITHIN GROUP (ORDER BY x): the aggregate f(x, p). From above it is that of the negated values, negated.
func (x *exprs) orderedSet(e *ast.Call, f *function.Function) (plan.Expr, error) {
	if f.Name != "percentile_cont" && f.Name != "percentile_disc" || len(e.WithinGroup) != 1 || len(e.Args) != 1 {
		return nil, sqlerr.Semanticf("WITHIN GROUP is not supported for %s", f.Name)
	}
	by := e.WithinGroup[0]
	call := *e
	call.WithinGroup = nil
	call.Args = []ast.Expr{by.Expr, e.Args[0]}
	if by.Order != ast.SortDesc {
		return x.aggregate(&call, f)
	}
	call.Args[0] = &ast.Unary{Pos: by.Expr.Position(), Op: ast.OpNegate, Expr: by.Expr}
	v, err := x.aggregate(&call, f)
	if err != nil {
		return nil, err
	}
	if v.Type().Kind == types.Array {
		return nil, sqlerr.Semanticf("several percentiles of a descending order are not supported")
	}
	return x.apply(e, "negative", []ast.Expr{e}, []plan.Expr{v})
}

// decimalAverage is the average of decimals as the optimizer of Hive 3.1 makes it, with the scale of that division: the sum, which first
// takes the type t of the average when the query has the sum already, by the count.
func (x *exprs) decimalAverage(args []plan.Expr, distinct bool, t *types.Type) plan.Expr {
	in := args[0].Type()
	before := len(x.block.aggs)
	sum := x.block.addAggregate("sum", args, distinct, types.NewDecimal(min(types.MaxPrecision, in.Precision+10), in.Scale))
	if len(x.block.aggs) == before {
		sum = castTo(sum, t)
	}
	count := castTo(x.block.addAggregate("count", args, distinct, types.BigIntType), types.DecimalFor(types.BigIntType))
	quotient := &plan.Call{Func: "/", Args: []plan.Expr{sum, count}, T: function.DecimalResult("/", sum.Type(), count.Type())}
	if in.Scale == 0 {
		return castTo(quotient, t)
	}
	return quotient
}

// aggregateArgs builds the arguments of an aggregate call; none for count(*).
func (x *exprs) aggregateArgs(e *ast.Call) ([]plan.Expr, bool, error) {
	if e.Star && lower(e.Name.Name) == "count" {
		return nil, false, nil
	}
	inner := x.with(x.allow&subqueries | inAggregate)
	inner.alias = nil
	for _, a := range e.Args {
		if _, ok := a.(*ast.Subquery); ok {
			return nil, false, x.unsupportedSubquery(" Invalid subquery. Subquery in UDAF is not allowed.")
		}
	}
	if f := lower(e.Name.Name); f == "count" {
		switch {
		case len(e.Args) == 0:
			return nil, false, sqlerr.Plain("UDFArgumentException", "Argument expected")
		case len(e.Args) > 1 && !e.Distinct:
			return nil, false, sqlerr.Plain("UDFArgumentException", "DISTINCT keyword must be specified")
		}
	}
	vs, err := inner.list(writtenArgs(e), e)
	return vs, e.Distinct, err
}

// addAggregate returns a reference to the block's aggregate call with these properties, adding it when it is new.
func (blk *block) addAggregate(name string, args []plan.Expr, distinct bool, t *types.Type) plan.Expr {
	blk.grouped = true
	for _, a := range blk.aggs {
		if a.Func == name && a.Distinct == distinct && equalExprs(a.Args, args) {
			return plan.NewColumnRef(a.Column)
		}
	}
	c := blk.b.column(name, t)
	blk.aggs = append(blk.aggs, plan.AggCall{Column: c, Func: name, Args: args, Distinct: distinct})
	blk.isAgg.Add(c.ID)
	return plan.NewColumnRef(c)
}

func equalExprs(a, b []plan.Expr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !plan.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// outerAggregate builds an aggregate call in a subquery's WHERE whose arguments all belong to a grouping outer block: it is
// that block's aggregate. Both results are nil when that does not apply.
func (x *exprs) outerAggregate(e *ast.Call, f *function.Function) (plan.Expr, error) {
	if x.outer == nil || !x.outer.grouped || len(e.Args) == 0 {
		return nil, nil
	}
	ox := x.outer.exprs(inAggregate)
	args, err := ox.list(e.Args, e)
	if err != nil {
		return nil, nil
	}
	r, err := f.Resolve(&x.b.a.resolve, x.arguments(args), e.Distinct)
	if err != nil {
		return nil, argumentError(err, e, e.Args)
	}
	name := f.Name
	if r.Func != "" {
		name = r.Func
	}
	return x.outer.addAggregate(name, castAll(args, r.Args), e.Distinct, r.Result), nil
}

// castExpr builds CAST(x AS type).
func (x *exprs) castExpr(e *ast.Cast) (plan.Expr, error) {
	v, err := x.under(e).expr(e.Expr)
	if err != nil {
		return nil, err
	}
	t, err := typeOf(e.Type)
	if err != nil {
		return nil, err
	}
	if e.Format != nil {
		return x.formatCast(e, v, t)
	}
	if _, ok := e.Expr.(*ast.Cast); ok && !x.hive3() && !x.b.unplanned && (t.IsNumeric() || t.Kind == types.Boolean) {
		// 4.0's planner leaves out the text between two casts of a number: 300 is no tinyint as a text, and 44 without.
		if text, ok := v.(*plan.Call); ok && text.Func == "cast" && text.T.Kind == types.String && lossless(text.Args[0].Type(), text.T) {
			v = text.Args[0]
			if v.Type().Equal(t) {
				return v, nil
			}
		}
	}
	if v.Type().Equal(t) {
		x.b.trace.dropCast(e, t)
		return v, nil
	}
	if !t.IsPrimitive() { // 4.0 has the syntax and no function behind it
		return nullLiteral(t), nil
	}
	if err := x.checkCast(e, v.Type(), t); err != nil {
		return nil, err
	}
	if l, ok := v.(*plan.Literal); ok && !x.hive3() {
		if wrapped := x.wrappedNumber(l, t); wrapped != nil {
			return wrapped, nil
		}
	}
	if via := function.CastVia(v.Type(), t); via != nil {
		v = castTo(v, via)
	}
	return &plan.Call{Func: "cast", Args: []plan.Expr{v}, T: t}, nil
}

// wrappedNumber is the value of CAST(literal AS INT or BIGINT) in 4.0, whose planner takes the low bits of a written number with a point or
// an exponent; values of columns and expressions become the limit of the type (doubles) or NULL (decimals). It is nil when that makes no
// difference. The planner gives up where such a number is too large for a smaller type.
func (x *exprs) wrappedNumber(l *plan.Literal, t *types.Type) *plan.Literal {
	bits := map[types.Kind]uint{types.TinyInt: 8, types.SmallInt: 16, types.Int: 32, types.BigInt: 64}[t.Kind]
	if l.Value.Null || bits == 0 {
		return nil
	}
	var v *big.Int
	switch {
	case l.T.Kind == types.Decimal:
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(l.T.Scale)), nil)
		v = scale.Quo(unscaled(l), scale)
	case l.T.Kind == types.Double && !math.IsNaN(l.Value.F) && !math.IsInf(l.Value.F, 0):
		v, _ = big.NewFloat(l.Value.F).Int(nil)
	default:
		return nil
	}
	limit := new(big.Int).Lsh(big.NewInt(1), bits-1)
	switch {
	case v.Cmp(limit) < 0 && v.CmpAbs(limit) <= 0:
		return nil
	case bits < 32:
		x.b.unplanned = true
		return nil
	case x.b.unplanned:
		return nil
	}
	x.b.wrapped = true
	v.And(v, new(big.Int).SetUint64(math.MaxUint64>>(64-bits))) // of the two's complement
	if bits == 32 {
		return intLiteral(t, int64(int32(v.Uint64())))
	}
	return intLiteral(t, int64(v.Uint64()))
}

// formatCast is CAST(x AS type FORMAT 'f'): the function cast_format with the pattern as its second argument.
func (x *exprs) formatCast(e *ast.Cast, v plan.Expr, t *types.Type) (plan.Expr, error) {
	if f, ok := function.Lookup("cast_format"); ok {
		return &plan.Call{Func: f.Name, Args: []plan.Expr{v, stringLiteral(e.Format.Value)}, T: t}, nil
	}
	return nil, sqlerr.Semanticf("CAST with FORMAT is not supported")
}

// checkCast refuses casts that Hive has no function for.
func (x *exprs) checkCast(e *ast.Cast, from, to *types.Type) error {
	err := function.CheckCast(&x.b.a.resolve, from, to)
	if err == nil && !x.hive3() && !from.IsPrimitive() && (to.IsString() || to.Kind == types.Binary) {
		err = &function.ArgError{Code: sqlerr.InvalidArgument, Reason: "The function " + strings.ToUpper(to.Kind.String()) + " takes only primitive types"}
	}
	if err == nil {
		return nil
	}
	return argumentError(err, e, []ast.Expr{e.Expr})
}

// placeless is argumentError for the operators whose errors lost their place in Hive 4: "Line 0:-1".
func (x *exprs) placeless(err error, at ast.Node, written ...ast.Expr) error {
	var a *function.ArgError
	if !errors.As(err, &a) || a.Kind != "" || a.Code != sqlerr.InvalidArgument {
		return argumentError(err, at, written)
	}
	return sqlerr.Semanticf("Line 0:-1 %s '%s': %s", sqlerr.Text(a.Code), at.Position().Token, a.Reason)
}

// typeOf converts a written type.
func typeOf(t *ast.TypeName) (*types.Type, error) {
	if err := CheckType(t); err != nil {
		return nil, err
	}
	var b strings.Builder
	writeType(&b, t)
	r, err := types.Parse(b.String())
	if err != nil {
		return nil, sqlerr.Semanticf("%s", err.Error())
	}
	return r, nil
}

func writeType(b *strings.Builder, t *ast.TypeName) {
	b.WriteString(t.Name)
	if len(t.Args) > 0 {
		b.WriteByte('(')
		for i, a := range t.Args {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(a))
		}
		b.WriteByte(')')
	}
	if len(t.Params) == 0 && len(t.Fields) == 0 {
		return
	}
	b.WriteByte('<')
	for i, p := range t.Params {
		if i > 0 {
			b.WriteByte(',')
		}
		writeType(b, p)
	}
	for i, f := range t.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("`" + lower(f.Name) + "`:")
		writeType(b, f.Type)
	}
	b.WriteByte('>')
}

// isConstant reports whether e has no columns, subqueries or functions that vary.
func isConstant(e plan.Expr) bool {
	ok := true
	plan.Visit(e, func(n plan.Expr) bool {
		switch n := n.(type) {
		case *plan.ColumnRef, *plan.Subquery:
			ok = false
		case *plan.Call:
			if f, found := function.Lookup(n.Func); found && (!f.Deterministic || f.Stateful) {
				ok = false
			}
		}
		return ok
	})
	return ok
}

// CheckType refuses parameters of a type, or of one inside of it, that are out of range.
func CheckType(t *ast.TypeName) error {
	if len(t.Args) > 0 {
		n := t.Args[0]
		switch {
		case t.Name == "char" && (n < 1 || n > 255):
			return sqlerr.Plain(sqlerr.RuntimeException, "Char length "+strconv.Itoa(n)+" out of allowed range [1, 255]")
		case t.Name == "varchar" && (n < 1 || n > 65535):
			return sqlerr.Plain(sqlerr.RuntimeException, "Varchar length "+strconv.Itoa(n)+" out of allowed range [1, 65535]")
		case t.Name == "decimal" && (n < 1 || n > types.MaxPrecision):
			return sqlerr.Plain(sqlerr.IllegalArgumentException, "Decimal precision out of allowed range [1,38]")
		case t.Name == "decimal" && len(t.Args) > 1 && t.Args[1] > n:
			return sqlerr.Plain(sqlerr.IllegalArgumentException, "Decimal scale must be less than or equal to precision")
		}
	}
	for _, p := range t.Params {
		if err := CheckType(p); err != nil {
			return err
		}
	}
	for _, f := range t.Fields {
		if err := CheckType(f.Type); err != nil {
			return err
		}
	}
	return nil
}
