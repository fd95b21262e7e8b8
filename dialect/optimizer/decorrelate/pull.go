package decorrelate

import (
	"skep/dialect/plan"
)

// mode is what a join asks of the subquery.
type mode uint8

const (
	// existence: only whether some row satisfies the join condition matters, so duplicates do no harm.
	existence mode = iota
	// single: every row counts.
	single
)

// independent makes sub independent of the input's columns: the rows of the result for which preds hold are sub's rows for
// the outer row at hand. The input may be replaced by an equivalent one.
func (a *attacher) independent(sub plan.Node, m mode) (plan.Node, []plan.Expr, error) {
	outer := free(sub)
	mine := plan.OutputSet(a.input)
	for id := range outer {
		if !mine.Has(id) {
			delete(outer, id)
		}
	}
	if len(outer) == 0 {
		return sub, nil, nil
	}
	p := &puller{outer: outer, mode: m}
	if n, ok := p.pull(sub); ok {
		return n, p.preds, nil
	}
	return a.domain(sub, outer)
}

// puller collects the predicates over outer columns.
type puller struct {
	outer plan.ColumnSet
	mode  mode
	preds []plan.Expr
}

func (p *puller) usesOuter(e plan.Expr) bool { return meets(refs(e), p.outer) }

func (p *puller) correlated(n plan.Node) bool { return meets(free(n), p.outer) }

// own reports whether n's own expressions use outer columns.
func (p *puller) own(n plan.Node) bool {
	for _, e := range plan.Exprs(n) {
		if p.usesOuter(e) {
			return true
		}
	}
	return false
}

// split moves the conjuncts over outer columns to preds and returns the others.
func (p *puller) split(cond plan.Expr) []plan.Expr {
	var stay []plan.Expr
	for _, c := range plan.Conjuncts(cond) {
		if !p.usesOuter(c) {
			stay = append(stay, c)
			continue
		}
		for _, f := range factor(c) {
			if p.usesOuter(f) {
				p.preds = append(p.preds, f)
			} else {
				stay = append(stay, f)
			}
		}
	}
	return stay
}

// pull returns n without outer columns, leaving the predicates in p.preds; every column that they use is in the result's
// output. ok is false when that cannot be done this way.
func (p *puller) pull(n plan.Node) (plan.Node, bool) {
	if !p.correlated(n) {
		return n, true
	}
	switch n := n.(type) {
	case *plan.Filter:
		in, ok := p.pull(n.Input)
		if !ok {
			return nil, false
		}
		if stay := p.split(n.Cond); len(stay) > 0 {
			return &plan.Filter{Input: in, Cond: plan.And(stay...)}, true
		}
		return in, true
	case *plan.Project:
		return p.project(n)
	case *plan.Aggregate:
		return p.aggregate(n)
	case *plan.Join:
		return p.join(n)
	case *plan.Generate:
		if p.own(n) {
			return nil, false
		}
		return p.through(n)
	case *plan.Distribute:
		return p.pull(n.Input)
	case *plan.Sort:
		if n.Limit < 0 && n.Offset == 0 {
			return p.pull(n.Input)
		}
	}
	return nil, false
}

func (p *puller) through(n plan.Node) (plan.Node, bool) {
	in, ok := p.pull(n.Inputs()[0])
	if !ok {
		return nil, false
	}
	return plan.WithInputs(n, []plan.Node{in}), true
}

func (p *puller) project(n *plan.Project) (plan.Node, bool) {
	in, ok := p.pull(n.Input)
	if !ok {
		return nil, false
	}
	for _, a := range n.Exprs {
		if p.usesOuter(a.Expr) {
			return nil, false
		}
	}
	return &plan.Project{Input: in, Exprs: append(n.Exprs[:len(n.Exprs):len(n.Exprs)], p.carried(in, n.Exprs)...)}, true
}

// carried are the columns of in that the predicates need and have does not pass on.
func (p *puller) carried(in plan.Node, have []plan.Assign) []plan.Assign {
	need := plan.ColumnSet{}
	for _, e := range p.preds {
		plan.Refs(e, need)
	}
	for _, a := range have {
		delete(need, a.Column.ID)
	}
	var out []plan.Assign
	for _, c := range in.Columns() {
		if need.Has(c.ID) && !p.outer.Has(c.ID) {
			out = append(out, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
		}
	}
	return out
}

// aggregate adds the inner sides of equalities to the keys: the rows of a group then agree with the outer row or none does.
// A DISTINCT of which only existence matters can take any predicate's columns as keys.
func (p *puller) aggregate(n *plan.Aggregate) (plan.Node, bool) {
	if p.own(n) || len(n.GroupingSets) > 0 || len(n.Keys) == 0 {
		return nil, false
	}
	in, ok := p.pull(n.Input)
	if !ok {
		return nil, false
	}
	distinct := len(n.Aggs) == 0 && p.mode == existence
	for _, e := range p.preds {
		if _, _, ok := p.equality(e); !ok && !distinct {
			return nil, false
		}
	}
	c := *n
	c.Input = in
	have := plan.ColumnSet{}
	for _, k := range n.Keys {
		have.Add(k.Column.ID)
	}
	for _, a := range p.carried(in, nil) {
		if have.Has(a.Column.ID) {
			continue
		}
		c.Keys = append(c.Keys[:len(c.Keys):len(c.Keys)], a)
	}
	return &c, true
}

func (p *puller) join(n *plan.Join) (plan.Node, bool) {
	c := *n
	var ok bool
	if len(n.Keys) > 0 {
		return nil, false
	}
	if n.Kind == plan.InnerJoin {
		if c.Left, ok = p.pull(n.Left); !ok {
			return nil, false
		}
		if c.Right, ok = p.pull(n.Right); !ok {
			return nil, false
		}
		c.Residual = plan.And(p.split(n.Residual)...)
		return &c, true
	}
	left := n.Kind == plan.LeftJoin || n.Kind >= plan.SemiJoin
	if !left || p.correlated(n.Right) || n.Residual != nil && p.usesOuter(n.Residual) {
		return nil, false
	}
	if c.Left, ok = p.pull(n.Left); !ok {
		return nil, false
	}
	return &c, true
}

// equality takes apart an equality between an inner expression and one over outer columns only.
func (p *puller) equality(e plan.Expr) (inner, outer plan.Expr, ok bool) {
	c, isCall := e.(*plan.Call)
	if !isCall || c.Func != "=" && c.Func != "<=>" {
		return nil, nil, false
	}
	for i := range 2 {
		inner, outer = c.Args[i], c.Args[1-i]
		if !p.usesOuter(inner) && p.onlyOuter(outer) {
			return inner, outer, true
		}
	}
	return nil, nil, false
}

func (p *puller) onlyOuter(e plan.Expr) bool {
	for id := range refs(e) {
		if !p.outer.Has(id) {
			return false
		}
	}
	return true
}

// factor splits a disjunction into the conjuncts that all its branches share and the rest: (a and b) or (a and c) gives a and
// (b or c).
func factor(e plan.Expr) []plan.Expr {
	c, ok := e.(*plan.Call)
	if !ok || c.Func != "or" {
		return []plan.Expr{e}
	}
	branches := make([][]plan.Expr, len(c.Args))
	for i, a := range c.Args {
		branches[i] = plan.Conjuncts(a)
	}
	var common []plan.Expr
	for _, x := range branches[0] {
		everywhere := true
		for _, b := range branches[1:] {
			everywhere = everywhere && index(b, x) >= 0
		}
		if everywhere && index(common, x) < 0 {
			common = append(common, x)
		}
	}
	if len(common) == 0 {
		return []plan.Expr{e}
	}
	rest := make([]plan.Expr, len(branches))
	for i, b := range branches {
		var left []plan.Expr
		for _, x := range b {
			if index(common, x) < 0 {
				left = append(left, x)
			}
		}
		if len(left) == 0 {
			// One branch asks for nothing more: so does the whole.
			return common
		}
		rest[i] = plan.And(left...)
	}
	return append(common, call("or", rest...))
}

func index(es []plan.Expr, e plan.Expr) int {
	for i, x := range es {
		if plan.Equal(x, e) {
			return i
		}
	}
	return -1
}
