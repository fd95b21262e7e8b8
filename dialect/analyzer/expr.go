package analyzer

import (
	"cmp"
	"fmt"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// expr builds an expression.
func (x *exprs) expr(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Literal:
		return x.literal(e)
	case *ast.ColumnRef:
		return x.columnRef(e)
	case *ast.FieldRef:
		return x.fieldRef(e)
	case *ast.IndexRef:
		return x.indexRef(e)
	case *ast.Call:
		return x.call(e)
	case *ast.Cast:
		return x.castExpr(e)
	case *ast.Extract:
		unit := strings.ToLower(e.Unit)
		if unit == "week" {
			unit = "weekofyear"
		}
		return x.invoke(e, unit, e.Expr)
	case *ast.FloorTo:
		if e.Unit == "" {
			return x.invoke(e, "floor", e.Expr)
		}
		return x.invoke(e, "floor_"+strings.ToLower(e.Unit), e.Expr)
	case *ast.Case:
		return x.caseExpr(e)
	case *ast.Interval:
		return x.interval(e)
	case *ast.Unary:
		return x.unary(e)
	case *ast.Binary:
		return x.binary(e)
	case *ast.Is:
		return x.is(e)
	case *ast.IsDistinct:
		same, err := x.compare(e, "<=>", e.Left, e.Right)
		if err != nil || e.Not {
			return same, err
		}
		return negate(same), nil
	case *ast.Between:
		return x.between(e)
	case *ast.In:
		if e.Query != nil {
			return x.inQuery(e)
		}
		return x.inList(e)
	case *ast.Like:
		return x.like(e)
	case *ast.Exists:
		return x.exists(e)
	case *ast.Quantified:
		return x.quantified(e)
	case *ast.Subquery:
		return x.scalarSubquery(e)
	case *ast.RowExpr:
		return x.invoke(e, "struct", e.Items...)
	case *ast.Star:
		return nil, sqlerr.AtReason(sqlerr.InvalidColumn, e.Position(), "All column reference is not supported in the context")
	case *ast.DefaultValue:
		return nil, sqlerr.Semanticf("DEFAULT is only allowed as a value of INSERT and UPDATE")
	case *ast.Param:
		if e.Value != nil {
			return x.expr(e.Value)
		}
		return nil, sqlerr.Semanticf("Parameter %d has no value", e.Index)
	}
	return nil, sqlerr.Semanticf("unsupported expression %T", e)
}

// list builds several expressions; stars among them are expanded when the list is that of a function call.
func (x *exprs) list(es []ast.Expr, parent ast.Node) ([]plan.Expr, error) {
	out := make([]plan.Expr, 0, len(es))
	for _, e := range es {
		if s, ok := e.(*ast.Star); ok {
			cols, err := x.starColumns(s)
			if err != nil {
				return nil, err
			}
			for _, c := range cols {
				out = append(out, x.reference(c.col.col, s, nil))
			}
			continue
		}
		v, err := x.under(parent).expr(e)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// under returns x for operands of the node parent.
func (x *exprs) under(parent ast.Node) *exprs {
	if x.parent == parent {
		return x
	}
	c := *x
	c.parent = parent
	return &c
}

// invoke builds a call of a built-in on expressions written in the query.
func (x *exprs) invoke(at ast.Node, name string, args ...ast.Expr) (plan.Expr, error) {
	vs, err := x.list(args, at)
	if err != nil {
		return nil, err
	}
	return x.apply(at, name, args, vs)
}

func negate(e plan.Expr) plan.Expr {
	return &plan.Call{Func: "not", Args: []plan.Expr{e}, T: types.BooleanType}
}

func isNull(e plan.Expr) plan.Expr {
	return &plan.Call{Func: "isnull", Args: []plan.Expr{e}, T: types.BooleanType}
}

func isNotNull(e plan.Expr) plan.Expr {
	return &plan.Call{Func: "isnotnull", Args: []plan.Expr{e}, T: types.BooleanType}
}

// condition makes a boolean of e as Hive does in logical context: primitive values are cast, nested ones tested for NULL.
func (x *exprs) condition(e plan.Expr) (plan.Expr, error) {
	switch {
	case e.Type().Kind == types.Boolean:
		return e, nil
	case e.Type().Kind == types.Void:
		return nullLiteral(types.BooleanType), nil
	case e.Type().IsPrimitive():
		if !x.hive3() && function.DateAsNumber(&x.b.a.resolve, e.Type(), types.BooleanType) {
			return nil, sqlerr.Plain("UDFArgumentException", function.DateAsNumberCast)
		}
		return x.cast(e, types.BooleanType), nil
	}
	return isNotNull(e), nil
}

// logical flattens a chain of AND or OR.
func (x *exprs) logical(e *ast.Binary) (plan.Expr, error) {
	var operands []ast.Expr
	var flatten func(ast.Expr)
	flatten = func(o ast.Expr) {
		// Chains group to the left and may be thousands long: walk down the left side without recursion.
		var right []ast.Expr
		for {
			b, ok := o.(*ast.Binary)
			if !ok || b.Op != e.Op {
				break
			}
			right = append(right, b.Right)
			o = b.Left
		}
		operands = append(operands, o)
		for i := len(right) - 1; i >= 0; i-- {
			if b, ok := right[i].(*ast.Binary); ok && b.Op == e.Op {
				flatten(b)
				continue
			}
			operands = append(operands, right[i])
		}
	}
	flatten(e)
	c := &plan.Call{Func: strings.ToLower(string(e.Op)), T: types.BooleanType, Args: make([]plan.Expr, len(operands))}
	for i, o := range operands {
		v, err := x.under(e).expr(o)
		if err != nil {
			return nil, err
		}
		if v.Type().Kind == types.Void && !x.hive3() {
			x.b.unplanned = true
		}
		if v.Type().IsDateGroup() {
			if err := function.CheckCast(&x.b.a.resolve, v.Type(), types.BooleanType); err != nil {
				return nil, argumentError(err, e, nil)
			}
		}
		if c.Args[i], err = x.condition(v); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (x *exprs) unary(e *ast.Unary) (plan.Expr, error) {
	if b, ok := e.Expr.(*ast.Between); ok && e.Op == ast.OpNot { // Hive's planner writes one as the other, whose NULLs differ
		other := *b
		other.Not = !b.Not
		return x.between(&other)
	}
	v, err := x.under(e).expr(e.Expr)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case ast.OpNot:
		if err := function.CheckCast(&x.b.a.resolve, v.Type(), types.BooleanType); err != nil && v.Type().IsPrimitive() {
			return nil, argumentError(err, e.Expr, nil)
		}
		if via := function.CastVia(v.Type(), types.BooleanType); via != nil {
			v = castTo(v, via)
		}
		c, err := x.condition(v)
		if err != nil {
			return nil, err
		}
		return negate(c), nil
	case ast.OpPlus:
		if v.Type().IsNumeric() || v.Type().IsString() {
			return v, nil
		}
		return x.apply(e, "positive", []ast.Expr{e.Expr}, []plan.Expr{v})
	case ast.OpBitNot:
		return x.apply(e, "~", []ast.Expr{e.Expr}, []plan.Expr{v})
	}
	if l, ok := v.(*plan.Literal); ok {
		if l.T.Kind == types.Double && l.Value.F == 0 && !x.hive3() {
			return v, nil // 4.0 keeps numbers of queries as decimals, whose zero has no sign
		}
		if n := negated(l); n != nil {
			return n, nil
		}
	}
	return x.apply(e, "negative", []ast.Expr{e.Expr}, []plan.Expr{v})
}

// negated folds the minus of a numeric literal; nil for other literals.
func negated(l *plan.Literal) *plan.Literal {
	v := l.Value
	switch {
	case v.Null:
		return nil
	case l.T.Kind == types.Double || l.T.Kind == types.Float:
		v.F = -v.F
	case l.T.Kind == types.Decimal && l.T.Physical() == types.I128:
		v.W = v.W.Neg()
	case l.T.Kind == types.Decimal, l.T.Kind == types.BigInt:
		v.I = -v.I
	case l.T.Kind == types.Int:
		v.I = int64(int32(-v.I))
	case l.T.Kind == types.SmallInt:
		v.I = int64(int16(-v.I))
	case l.T.Kind == types.TinyInt:
		v.I = int64(int8(-v.I))
	default:
		return nil
	}
	return newLiteral(l.T, v)
}

var binaryFunctions = map[ast.BinaryOp]string{
	ast.OpBitOr: "|", ast.OpBitAnd: "&", ast.OpBitXor: "^", ast.OpConcat: "concat", ast.OpAdd: "+", ast.OpSub: "-",
	ast.OpMul: "*", ast.OpDiv: "/", ast.OpMod: "%", ast.OpIntDiv: "div",
}

func (x *exprs) binary(e *ast.Binary) (plan.Expr, error) {
	switch e.Op {
	case ast.OpAnd, ast.OpOr:
		return x.logical(e)
	case ast.OpEq, ast.OpNotEq, ast.OpNullSafe, ast.OpLess, ast.OpLessEq, ast.OpGreater, ast.OpGreaterEq:
		return x.compare(e, string(e.Op), e.Left, e.Right)
	}
	if binaryFunctions[e.Op] == "" {
		return nil, sqlerr.At(sqlerr.InvalidFunction, e.Position())
	}
	// Chains of one operator group to the left and may be thousands long.
	chain := []*ast.Binary{e}
	for {
		l, ok := chain[len(chain)-1].Left.(*ast.Binary)
		if !ok || binaryFunctions[l.Op] == "" {
			break
		}
		chain = append(chain, l)
	}
	left, err := x.under(chain[len(chain)-1]).expr(chain[len(chain)-1].Left)
	if err != nil {
		return nil, err
	}
	for i := len(chain) - 1; i >= 0; i-- {
		n := chain[i]
		right, err := x.under(n).expr(n.Right)
		if err != nil {
			return nil, err
		}
		if left, err = x.apply(n, binaryFunctions[n.Op], []ast.Expr{n.Left, n.Right}, []plan.Expr{left, right}); err != nil {
			return nil, err
		}
	}
	return left, nil
}

func (x *exprs) is(e *ast.Is) (plan.Expr, error) {
	v, err := x.under(e).expr(e.Expr)
	if err != nil {
		return nil, err
	}
	if e.Kind == ast.IsNull {
		if e.Not {
			return isNotNull(v), nil
		}
		return isNull(v), nil
	}
	name := "is"
	if e.Not {
		name += "not"
	}
	name += strings.ToLower(string(e.Kind))
	return x.apply(e, name, []ast.Expr{e.Expr}, []plan.Expr{v})
}

func (x *exprs) like(e *ast.Like) (plan.Expr, error) {
	name := strings.ToLower(string(e.Op))
	switch e.Quantifier {
	case ast.Any:
		name = "likeany"
	case ast.All:
		name = "likeall"
	}
	v, err := x.invoke(e, name, append([]ast.Expr{e.Expr}, e.Patterns...)...)
	if err != nil || !e.Not {
		return v, err
	}
	return negate(v), nil
}

func (x *exprs) indexRef(e *ast.IndexRef) (plan.Expr, error) {
	base, err := x.under(e).expr(e.Base)
	if err != nil {
		return nil, err
	}
	index, err := x.under(e).expr(e.Index)
	if err != nil {
		return nil, err
	}
	t := base.Type()
	switch t.Kind {
	case types.Array:
		if !types.ImplicitlyConvertible(index.Type(), types.IntType) {
			return nil, sqlerr.Semanticf("%s", generated(e, sqlerr.Text(sqlerr.InvalidArrayindexType)))
		}
		index = x.cast(index, types.IntType)
	case types.Map:
		if !types.ImplicitlyConvertible(index.Type(), t.Key) {
			return nil, sqlerr.At(sqlerr.InvalidMapindexType, e.Position())
		}
		index = x.cast(index, t.Key)
	default:
		return nil, sqlerr.AtReason(sqlerr.NonCollectionType, e.Position(), t.String())
	}
	return &plan.Call{Func: "index", Args: []plan.Expr{base, index}, T: t.Elem}, nil
}

// generated is the other form of Hive's positioned messages: "L:C message. Error encountered near token 't'".
func generated(n ast.Node, text string) string {
	p := n.Position()
	if f, ok := n.(*ast.FieldRef); ok {
		// Here Hive reports the dot.
		p.Line, p.Col = f.Name.Line, f.Name.Col-1
	}
	return fmt.Sprintf("%d:%d %s. Error encountered near token '%s'", p.Line, p.Col, text, p.Token)
}

// caseExpr builds both forms of CASE as a searched one.
func (x *exprs) caseExpr(e *ast.Case) (plan.Expr, error) {
	x = x.under(e)
	c := &plan.Call{Func: "case"}
	var operand plan.Expr
	if e.Operand != nil {
		var err error
		if operand, err = x.expr(e.Operand); err != nil {
			return nil, err
		}
	}
	var values []plan.Expr
	var conds []plan.Expr
	var t *types.Type
	var misplaced error // of the first condition that is none; what is wrong within the branches comes first
	merge := func(v plan.Expr, at ast.Node, word string) error {
		if t == nil {
			t = v.Type()
			return nil
		}
		common := types.Common(t, v.Type())
		if common == nil {
			reason := "The expressions after THEN should have the same type"
			if word == "ELSE" {
				reason = "The expression after ELSE should have the same type as those after THEN"
			}
			return sqlerr.AtReason(sqlerr.InvalidArgumentType, at.Position(),
				reason+": \""+t.String()+"\" is expected but \""+v.Type().String()+"\" is found")
		}
		t = common
		return nil
	}
	for _, w := range e.Whens {
		cond, err := x.expr(w.Cond)
		if err != nil {
			return nil, err
		}
		if operand != nil {
			if types.Common(operand.Type(), cond.Type()) == nil {
				return nil, sqlerr.AtReason(sqlerr.InvalidArgumentType, w.Cond.Position(),
					"The expressions after WHEN should have the same type with that after CASE: \""+operand.Type().String()+
						"\" is expected but \""+cond.Type().String()+"\" is found")
			}
			if cond, err = x.met(e, "=", operand, cond, e.Operand, w.Cond); err != nil {
				return nil, err
			}
		}
		switch cond.Type().Kind {
		case types.Boolean:
		case types.Void:
			if !x.hive3() {
				misplaced = cmp.Or(misplaced, error(sqlerr.Semanticf("Line 0:-1 %s '%s': \"boolean\" is expected after WHEN, but \"void\" is found",
					sqlerr.Text(sqlerr.InvalidArgumentType), w.Cond.Position().Token)))
			}
			cond = nullLiteral(types.BooleanType)
		default:
			misplaced = cmp.Or(misplaced, error(sqlerr.AtReason(sqlerr.InvalidArgumentType, w.Cond.Position(),
				"\"boolean\" is expected after WHEN, but \""+cond.Type().String()+"\" is found")))
		}
		v, err := x.expr(w.Result)
		if err != nil {
			return nil, err
		}
		if misplaced != nil {
			conds, values = append(conds, cond), append(values, v)
			continue
		}
		if err := merge(v, w.Result, "THEN"); err != nil {
			return nil, err
		}
		conds, values = append(conds, cond), append(values, v)
	}
	if e.Else != nil {
		v, err := x.expr(e.Else)
		if err != nil {
			return nil, err
		}
		if misplaced == nil {
			if err := merge(v, e.Else, "ELSE"); err != nil {
				return nil, err
			}
		}
		values = append(values, v)
	}
	if misplaced != nil {
		return nil, misplaced
	}
	// Hive counts integer constants beside decimals with their own digits.
	if u := function.BranchType(x.arguments(values)); u != nil {
		t = u
	}
	c.T = t
	for i, cond := range conds {
		c.Args = append(c.Args, cond, x.cast(values[i], t))
	}
	if e.Else != nil {
		c.Args = append(c.Args, x.cast(values[len(values)-1], t))
	}
	return c, nil
}
