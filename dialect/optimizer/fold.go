package optimizer

import (
	"slices"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// fold evaluates constant expressions and simplifies boolean ones.
func (o *optimizer) fold(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		n = plan.MapExprs(n, o.simplify)
		if f, ok := n.(*plan.Filter); ok {
			if v, _, lit := literalBool(f.Cond); lit {
				if v {
					return f.Input, nil
				}
				return &plan.Values{Cols: f.Columns()}, nil
			}
		}
		return n, nil
	})
}

func (o *optimizer) simplify(e plan.Expr) plan.Expr {
	return plan.Rewrite(e, func(x plan.Expr) plan.Expr {
		c, ok := x.(*plan.Call)
		if !ok {
			return x
		}
		return o.simplifyCall(c)
	})
}

func (o *optimizer) simplifyCall(c *plan.Call) plan.Expr {
	switch c.Func {
	case "and", "or":
		return o.simplifyLogic(c)
	case "not":
		return simplifyNot(c)
	case "cast":
		if c.Args[0].Type().Equal(c.T) {
			return c.Args[0]
		}
	case "in":
		c = distinctList(c)
		// NULL fields of structs are equal for =, unknown for IN.
		if t := c.Args[0].Type(); len(c.Args) == 2 && t.Equal(c.Args[1].Type()) && t.Kind != types.Struct {
			return &plan.Call{Func: "=", Args: c.Args, T: types.BooleanType}
		}
	case "=", "<>", "<", "<=", ">", ">=":
		c = orient(c)
		if r := o.unwrapCast(c); r != nil {
			return r
		}
	}
	return o.foldConstant(c)
}

// distinctList drops repeated members of an IN list.
func distinctList(c *plan.Call) *plan.Call {
	var seen exprSet
	for _, a := range c.Args[1:] {
		if !seen.has(a) {
			seen.add(a)
		}
	}
	if len(seen.list) == len(c.Args)-1 {
		return c
	}
	return &plan.Call{Func: c.Func, Args: append(c.Args[:1:1], seen.list...), T: c.T}
}

// foldConstant evaluates a deterministic call of literals. An error is left for run time: the row may never be reached.
func (o *optimizer) foldConstant(c *plan.Call) plan.Expr {
	if c.T == nil || c.T.Kind == types.Void || !c.T.IsPrimitive() || !o.env.Deterministic(c.Func) {
		return c
	}
	for _, a := range c.Args {
		if _, ok := a.(*plan.Literal); !ok {
			return c
		}
	}
	d, err := o.env.Folder.Fold(c)
	if err != nil {
		return c
	}
	return &plan.Literal{Value: d, T: c.T}
}

// simplifyLogic flattens and/or and removes literals: x and true = x, x and false = false; NULL operands stay, since they
// decide between false and NULL.
func (o *optimizer) simplifyLogic(c *plan.Call) plan.Expr {
	absorbing := c.Func == "or" // the literal that decides the result
	var args []plan.Expr
	seen := exprSet{}
	changed := false
	for _, a := range c.Args {
		if v, null, lit := literalBool(a); lit && !null {
			if v == absorbing {
				return a
			}
			changed = true
			continue
		}
		if in, ok := a.(*plan.Call); ok && in.Func == c.Func {
			args = append(args, in.Args...)
			changed = true
			continue
		}
		if seen.has(a) && o.deterministic(a) {
			changed = true
			continue
		}
		seen.add(a)
		args = append(args, a)
	}
	switch len(args) {
	case 0:
		return &plan.Literal{Value: types.Datum{I: b2i(!absorbing)}, T: types.BooleanType}
	case 1:
		return args[0]
	}
	if c.Func == "or" {
		if merged := mergeEqualities(args); len(merged) < len(args) {
			if len(merged) == 1 {
				return merged[0]
			}
			args, changed = merged, true
		}
		if f := o.factorOr(args); f != nil {
			return f
		}
	}
	if !changed {
		return c
	}
	return &plan.Call{Func: c.Func, Args: args, T: types.BooleanType}
}

// mergeEqualities makes x = 1 or x = 2 or x in (3, 4) one IN list.
func mergeEqualities(args []plan.Expr) []plan.Expr {
	at := map[plan.ColumnID]int{} // the place in out of the comparison of a column
	var out []plan.Expr
	for _, a := range args {
		ref := listedColumn(a)
		if ref == nil {
			out = append(out, a)
			continue
		}
		i, ok := at[ref.ID]
		if !ok {
			at[ref.ID] = len(out)
			out = append(out, a)
			continue
		}
		values := append(slices.Clone(out[i].(*plan.Call).Args), a.(*plan.Call).Args[1:]...)
		out[i] = boolCall("in", values)
	}
	for _, i := range at {
		if c := out[i].(*plan.Call); c.Func == "in" {
			out[i] = distinctList(c)
		}
	}
	return out
}

// listedColumn returns the column of "column = literal" or "column in (literals)", or nil. It leaves out NULLs, and floating
// point, whose equality is not that of values.
func listedColumn(e plan.Expr) *plan.ColumnRef {
	c, ok := e.(*plan.Call)
	if !ok || c.Func != "=" && c.Func != "in" {
		return nil
	}
	ref, ok := c.Args[0].(*plan.ColumnRef)
	if !ok || ref.T.Physical() != types.I64 && ref.T.Physical() != types.Bytes {
		return nil
	}
	for _, a := range c.Args[1:] {
		if l, ok := a.(*plan.Literal); !ok || l.Value.Null || !l.T.Equal(ref.T) {
			return nil
		}
	}
	return ref
}

// factorOr pulls the conjuncts that all branches of an OR have in common out of it: (a and b) or (a and c) = a and (b or c).
// It lets join conditions and filters hidden in the branches be seen. It returns nil when there are none.
func (o *optimizer) factorOr(args []plan.Expr) plan.Expr {
	branches := make([]exprSet, len(args))
	for i, b := range args[1:] {
		branches[i+1] = newExprSet(plan.Conjuncts(b))
	}
	common := exprSet{}
	for _, a := range plan.Conjuncts(args[0]) {
		everywhere := o.deterministic(a)
		for i := 1; everywhere && i < len(args); i++ {
			everywhere = branches[i].has(a)
		}
		if everywhere && !common.has(a) {
			common.add(a)
		}
	}
	if len(common.list) == 0 {
		return nil
	}
	var rest []plan.Expr
	for _, b := range args {
		var left []plan.Expr
		for _, x := range plan.Conjuncts(b) {
			if !common.has(x) {
				left = append(left, x)
			}
		}
		if len(left) == 0 {
			return plan.And(common.list...) // this branch is implied by the common part
		}
		rest = append(rest, plan.And(left...))
	}
	return plan.And(append(common.list, boolCall("or", rest))...)
}

func boolCall(name string, args []plan.Expr) plan.Expr {
	return &plan.Call{Func: name, Args: args, T: types.BooleanType}
}

// exprSet is a set of expressions; the zero value is empty.
type exprSet struct {
	list  []plan.Expr
	index map[string][]plan.Expr // by text, once the list is long
}

// manyExprs is the length from which looking for the text of an expression beats comparing it with every member.
const manyExprs = 16

func newExprSet(es []plan.Expr) exprSet {
	var s exprSet
	for _, e := range es {
		s.add(e)
	}
	return s
}

func (s *exprSet) add(e plan.Expr) {
	s.list = append(s.list, e)
	switch {
	case s.index != nil:
		k := e.String()
		s.index[k] = append(s.index[k], e)
	case len(s.list) == manyExprs:
		s.index = map[string][]plan.Expr{}
		for _, x := range s.list {
			k := x.String()
			s.index[k] = append(s.index[k], x)
		}
	}
}

func (s *exprSet) has(e plan.Expr) bool {
	if s.index != nil {
		return containsExpr(s.index[e.String()], e)
	}
	return containsExpr(s.list, e)
}

func containsExpr(es []plan.Expr, e plan.Expr) bool {
	for _, x := range es {
		if plan.Equal(x, e) {
			return true
		}
	}
	return false
}

var negated = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "isnull": "isnotnull", "isnotnull": "isnull"}

func simplifyNot(c *plan.Call) plan.Expr {
	if v, null, lit := literalBool(c.Args[0]); lit {
		if null {
			return c.Args[0]
		}
		return &plan.Literal{Value: types.Datum{I: b2i(!v)}, T: types.BooleanType}
	}
	in, ok := c.Args[0].(*plan.Call)
	if !ok {
		return c
	}
	if in.Func == "not" {
		return in.Args[0]
	}
	if f := negated[in.Func]; f != "" {
		return &plan.Call{Func: f, Args: in.Args, T: types.BooleanType}
	}
	return c
}

var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

// orient puts a literal on the right-hand side of a comparison.
func orient(c *plan.Call) *plan.Call {
	_, left := c.Args[0].(*plan.Literal)
	_, right := c.Args[1].(*plan.Literal)
	if left && !right {
		return &plan.Call{Func: mirrored[c.Func], Args: []plan.Expr{c.Args[1], c.Args[0]}, T: c.T}
	}
	return c
}

// unwrapCast turns cast(x as wider) op literal into x op literal' where the cast loses nothing and the literal has the
// narrower type's form, so that readers can test the column itself. It returns nil when that does not apply.
func (o *optimizer) unwrapCast(c *plan.Call) plan.Expr {
	cast, ok := c.Args[0].(*plan.Call)
	lit, isLit := c.Args[1].(*plan.Literal)
	if !ok || !isLit || cast.Func != "cast" || lit.Value.Null {
		return nil
	}
	x := cast.Args[0]
	if !widens(x.Type(), cast.T) {
		return nil
	}
	narrow := &plan.Call{Func: "cast", Args: []plan.Expr{lit}, T: x.Type()}
	d, err := o.env.Folder.Fold(narrow)
	if err != nil || d.Null {
		return nil
	}
	back, err := o.env.Folder.Fold(&plan.Call{Func: "cast", Args: []plan.Expr{&plan.Literal{Value: d, T: x.Type()}}, T: cast.T})
	if err != nil || back.Null || back.I != lit.Value.I || back.W != lit.Value.W || back.F != lit.Value.F {
		return nil
	}
	return &plan.Call{Func: c.Func, Args: []plan.Expr{x, &plan.Literal{Value: d, T: x.Type()}}, T: c.T}
}

// widens reports whether casting from → to is injective and keeps order.
func widens(from, to *types.Type) bool {
	digits := func(t *types.Type) int {
		switch t.Kind {
		case types.TinyInt:
			return 3
		case types.SmallInt:
			return 5
		case types.Int:
			return 10
		case types.BigInt:
			return 19
		}
		return t.Precision - t.Scale
	}
	switch {
	case from.IsInteger() && to.IsInteger():
		return from.Kind <= to.Kind
	case from.IsInteger() && to.Kind == types.Decimal:
		return digits(to) >= digits(from)
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		return digits(to) >= digits(from) && to.Scale >= from.Scale
	case from.IsInteger() && to.Kind == types.Double:
		return from.Kind <= types.Int
	case from.Kind == types.Date && to.Kind == types.Timestamp:
		return true
	}
	return false
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
