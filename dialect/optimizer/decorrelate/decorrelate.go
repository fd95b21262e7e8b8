// Package decorrelate rewrites subquery expressions into joins.
//
// A subquery that uses columns of the query around it is first made independent of them: predicates over outer columns are
// pulled up into the join condition where the operators above allow it (see pull). Where they do not, the subquery is evaluated
// for all distinct combinations of outer values at once: the domain of outer values is joined into the subquery and its columns
// travel to the top as grouping, partitioning and join keys (see domain), after Neumann and Kemper, "Unnesting Arbitrary
// Queries", BTW 2015.
//
// Then the subquery becomes a semi join or anti join where the surrounding predicate permits, otherwise a mark join (a boolean
// column) or a single join (a value).
package decorrelate

import (
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// Columns numbers the new columns and shared definitions of a statement.
type Columns interface {
	NewColumn(name string, t *types.Type) plan.Column
	NewShared(name string, n plan.Node) *plan.SharedDef
}

// Rewrite returns n without Subquery expressions. References to columns that n does not produce are left alone: they belong
// to a query around n. Errors are *sqlerr.Error values.
func Rewrite(n plan.Node, cols Columns) (plan.Node, error) {
	r := &rewriter{cols: cols}
	return r.node(n)
}

type rewriter struct {
	cols Columns
}

// node rewrites the tree below n, then n's own expressions.
func (r *rewriter) node(n plan.Node) (plan.Node, error) {
	in := n.Inputs()
	inputs := make([]plan.Node, len(in))
	for i := range in {
		var err error
		if inputs[i], err = r.node(in[i]); err != nil {
			return nil, err
		}
	}
	n = plan.WithInputs(n, inputs)
	if !hasSubquery(n) {
		return n, nil
	}
	if f, ok := n.(*plan.Filter); ok {
		return r.filter(f)
	}
	if len(inputs) != 1 {
		return nil, unsupported("in this place")
	}
	a := &attacher{rewriter: r, input: inputs[0], done: map[key]plan.Expr{}}
	n = plan.MapExprs(n, a.expr)
	if a.err != nil {
		return nil, a.err
	}
	return plan.WithInputs(n, []plan.Node{a.input}), nil
}

func unsupported(what string) error {
	return sqlerr.CodedSemanticf(sqlerr.UnsupportedSubqueryExpression, "%s: subqueries %s are not supported",
		sqlerr.Text(sqlerr.UnsupportedSubqueryExpression), what)
}

func hasSubquery(n plan.Node) bool {
	for _, e := range plan.Exprs(n) {
		if contains(e) {
			return true
		}
	}
	return false
}

func contains(e plan.Expr) bool {
	found := false
	plan.Visit(e, func(x plan.Expr) bool {
		_, ok := x.(*plan.Subquery)
		found = found || ok
		return !found
	})
	return found
}

// filter turns conjuncts that are subquery predicates into semi and anti joins, and attaches what remains.
func (r *rewriter) filter(f *plan.Filter) (plan.Node, error) {
	// Conjuncts over outer columns stay above, so that what a domain is made of does not depend on the query around.
	var plain, late, rest []plan.Expr
	mine := plan.OutputSet(f.Input)
	for _, c := range plan.Conjuncts(f.Cond) {
		switch {
		case contains(c):
			late = append(late, c)
		case within(refs(c), mine):
			plain = append(plain, c)
		default:
			rest = append(rest, c)
		}
	}
	a := &attacher{rewriter: r, input: f.Input, done: map[key]plan.Expr{}}
	if len(plain) > 0 {
		a.input = &plan.Filter{Input: a.input, Cond: plan.And(plain...)}
	}
	for _, c := range late {
		done, err := a.semi(c)
		if err != nil {
			return nil, err
		}
		if done {
			continue
		}
		c = a.positive(c)
		if a.err != nil {
			return nil, a.err
		}
		rest = append(rest, c)
	}
	if len(rest) > 0 {
		return &plan.Filter{Input: a.input, Cond: plan.And(rest...)}, nil
	}
	return a.input, nil
}

// attacher joins subqueries to an input and replaces them by references to the joins' columns.
type attacher struct {
	*rewriter
	input plan.Node
	done  map[key]plan.Expr // a subquery that an expression repeats is joined once
	err   error
}

// key identifies a subquery by its plan; the same plan may serve as a value once only, so kind and operator suffice.
type key struct {
	plan plan.Node
	kind plan.SubqueryKind
	op   string
	pos  bool
}

// semi handles a conjunct that is a subquery predicate or its negation; done is false for anything else.
func (a *attacher) semi(c plan.Expr) (done bool, err error) {
	negated := false
	for {
		call, ok := c.(*plan.Call)
		if !ok || call.Func != "not" || len(call.Args) != 1 {
			break
		}
		negated, c = !negated, call.Args[0]
	}
	s, ok := c.(*plan.Subquery)
	if !ok || s.Kind == plan.ScalarSubquery {
		return false, nil
	}
	if s.Arg != nil && contains(s.Arg) {
		return false, nil
	}
	sub, err := a.prepare(s)
	if err != nil {
		return false, err
	}
	if oneRow(sub) {
		return false, nil
	}
	right, preds, err := a.independent(sub, existence)
	if err != nil {
		return false, err
	}
	correlated := len(preds) > 0
	j := &plan.Join{Kind: plan.SemiJoin, Left: a.input, Right: right}
	if s.Kind != plan.ExistsSubquery {
		col := plan.NewColumnRef(sub.Columns()[0])
		op := s.Op
		if s.Kind == plan.InSubquery {
			op = "="
		}
		test := compare(op, s.Arg, col)
		switch {
		case s.Kind == plan.AllSubquery && negated:
			// Some row makes the comparison false.
			test = compare(opposite(op), s.Arg, col)
		case s.Kind == plan.AllSubquery:
			// No row makes it false or NULL.
			j.Kind = plan.AntiJoin
			test = orNull(compare(opposite(op), s.Arg, col), s.Arg, col)
		case negated && op == "=" && !correlated:
			j.Kind = plan.NullAwareAntiJoin
		case negated:
			j.Kind = plan.AntiJoin
			test = orNull(test, s.Arg, col)
		}
		preds = append(preds, test)
	} else if negated {
		j.Kind = plan.AntiJoin
	}
	j.Residual = plan.And(preds...)
	a.input = j
	return true, nil
}

// prepare rewrites the subqueries within s.
func (a *attacher) prepare(s *plan.Subquery) (plan.Node, error) {
	n := s.Plan
	if s.Kind == plan.ExistsSubquery {
		n = core(n)
	}
	return a.node(n)
}

// core strips from the plan of EXISTS what does not change whether there are rows.
func core(n plan.Node) plan.Node {
	for {
		switch x := n.(type) {
		case *plan.Project:
			n = x.Input
		case *plan.Distribute:
			n = x.Input
		case *plan.Window:
			n = x.Input
		case *plan.Sort:
			if x.Limit == 0 || x.Offset > 0 {
				return n
			}
			n = x.Input
		case *plan.Limit:
			if x.N == 0 || x.Offset > 0 {
				return n
			}
			n = x.Input
		case *plan.Aggregate:
			if len(x.Keys) == 0 || len(x.GroupingSets) > 0 {
				return n
			}
			n = x.Input
		default:
			return n
		}
	}
}

var opposites = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

func opposite(op string) string { return opposites[op] }

func compare(op string, l, r plan.Expr) plan.Expr {
	return &plan.Call{Func: op, Args: []plan.Expr{l, r}, T: types.BooleanType}
}

func call(f string, args ...plan.Expr) plan.Expr {
	return &plan.Call{Func: f, Args: args, T: types.BooleanType}
}

// orNull is true when e is true or one of the operands is NULL.
func orNull(e plan.Expr, operands ...plan.Expr) plan.Expr {
	args := []plan.Expr{e}
	for _, o := range operands {
		if l, ok := o.(*plan.Literal); ok && !l.Value.Null {
			continue
		}
		args = append(args, call("isnull", o))
	}
	if len(args) == 1 {
		return e
	}
	return call("or", args...)
}

// positive replaces subqueries of a condition of which only the truth matters: below AND and OR a NULL is as good as false.
func (a *attacher) positive(e plan.Expr) plan.Expr {
	switch x := e.(type) {
	case *plan.Call:
		if x.Func == "and" || x.Func == "or" {
			return plan.WithArgs(e, a.positive)
		}
	case *plan.Subquery:
		return a.value(x, true)
	}
	return a.expr(e)
}

// expr replaces the subqueries of e.
func (a *attacher) expr(e plan.Expr) plan.Expr {
	if a.err != nil || !contains(e) {
		return e
	}
	if s, ok := e.(*plan.Subquery); ok {
		return a.value(s, false)
	}
	return plan.WithArgs(e, a.expr)
}

// value joins s and returns what stands for it. positive tells that NULL may become false.
func (a *attacher) value(s *plan.Subquery, positive bool) plan.Expr {
	if a.err != nil {
		return s
	}
	k := key{s.Plan, s.Kind, s.Op, positive}
	if v, ok := a.done[k]; ok && s.Arg == nil {
		return v
	}
	if s.Arg != nil && contains(s.Arg) {
		c := *s
		c.Arg = a.expr(s.Arg)
		s = &c
	}
	v, err := a.join(s, positive)
	if err != nil {
		a.err = err
		return s
	}
	a.done[k] = v
	return v
}

func (a *attacher) join(s *plan.Subquery, positive bool) (plan.Expr, error) {
	sub, err := a.prepare(s)
	if err != nil {
		return nil, err
	}
	if s.Kind == plan.ScalarSubquery {
		return a.scalar(sub)
	}
	if oneRow(sub) {
		// Exactly one row: EXISTS is true, the others compare with its value.
		if s.Kind == plan.ExistsSubquery {
			return &plan.Literal{Value: types.Datum{I: 1}, T: types.BooleanType}, nil
		}
		v, err := a.scalar(sub)
		if err != nil {
			return nil, err
		}
		op := s.Op
		if s.Kind == plan.InSubquery {
			op = "="
		}
		return compare(op, s.Arg, v), nil
	}
	right, preds, err := a.independent(sub, existence)
	if err != nil {
		return nil, err
	}
	j := &plan.Join{Kind: plan.MarkJoin, Left: a.input, Right: right, Mark: a.cols.NewColumn("_mark", types.BooleanType)}
	var v plan.Expr = plan.NewColumnRef(j.Mark)
	if s.Kind != plan.ExistsSubquery {
		col := plan.NewColumnRef(sub.Columns()[0])
		op := s.Op
		switch s.Kind {
		case plan.InSubquery:
			op = "="
		case plan.AllSubquery:
			// ALL is the negation of ANY with the opposite operator.
			op = opposite(op)
			v = call("not", v)
			positive = false
		}
		if !positive {
			j.NullAware = true
			// The mark is NULL when the comparison is; a correlation that is NULL must not make it so.
			for i, p := range preds {
				if !neverNull(p) {
					preds[i] = call("istrue", p)
				}
			}
		}
		preds = append(preds, compare(op, s.Arg, col))
	}
	j.Residual = plan.And(preds...)
	a.input = j
	return v, nil
}

func neverNull(e plan.Expr) bool {
	c, ok := e.(*plan.Call)
	return ok && (c.Func == "<=>" || c.Func == "isnull" || c.Func == "isnotnull")
}

// oneRow reports that n gives exactly one row for every binding of outer columns.
func oneRow(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Project:
		return oneRow(n.Input)
	case *plan.Aggregate:
		return len(n.Keys) == 0 && len(n.GroupingSets) == 0
	case *plan.Values:
		return len(n.Rows) == 1
	case *plan.Sort:
		return n.Limit != 0 && n.Offset == 0 && oneRow(n.Input)
	case *plan.Limit:
		return n.N != 0 && n.Offset == 0 && oneRow(n.Input)
	}
	return false
}

// free returns the columns that n takes from outside.
func free(n plan.Node) plan.ColumnSet {
	s := plan.ColumnSet{}
	plan.FreeColumns(n, s)
	return s
}

func refs(e plan.Expr) plan.ColumnSet {
	s := plan.ColumnSet{}
	plan.Refs(e, s)
	return s
}

// within reports a ⊆ b.
func within(a, b plan.ColumnSet) bool {
	for id := range a {
		if !b.Has(id) {
			return false
		}
	}
	return true
}

func meets(a, b plan.ColumnSet) bool {
	if len(b) < len(a) {
		a, b = b, a
	}
	for id := range a {
		if b.Has(id) {
			return true
		}
	}
	return false
}
