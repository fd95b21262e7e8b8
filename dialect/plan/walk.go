package plan

// WithArgs returns e with its direct operand expressions replaced by f(operand); e itself when nothing changed. A subquery's
// plan is not entered, its Arg is.
func WithArgs(e Expr, f func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *Call:
		var args []Expr
		for i, a := range e.Args {
			b := f(a)
			if b != a && args == nil {
				args = append(make([]Expr, 0, len(e.Args)), e.Args[:i]...)
			}
			if args != nil {
				args = append(args, b)
			}
		}
		if args == nil {
			return e
		}
		c := *e
		c.Args = args
		return &c
	case *Subquery:
		if e.Arg == nil {
			return e
		}
		if a := f(e.Arg); a != e.Arg {
			c := *e
			c.Arg = a
			return &c
		}
	}
	return e
}

// Rewrite rebuilds e bottom-up, replacing each node by f(node).
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	return f(WithArgs(e, func(a Expr) Expr { return Rewrite(a, f) }))
}

// Visit calls f for e and its operands, parents first, until f returns false for a node (its operands are then skipped).
func Visit(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	switch e := e.(type) {
	case *Call:
		for _, a := range e.Args {
			Visit(a, f)
		}
	case *Subquery:
		if e.Arg != nil {
			Visit(e.Arg, f)
		}
	}
}

// ColumnSet is a set of column ids.
type ColumnSet map[ColumnID]struct{}

// Has reports membership.
func (s ColumnSet) Has(id ColumnID) bool { _, ok := s[id]; return ok }

// Add adds id.
func (s ColumnSet) Add(id ColumnID) { s[id] = struct{}{} }

// With returns a new set: s and the columns that es, which may be nil, refer to.
func (s ColumnSet) With(es ...Expr) ColumnSet {
	out := ColumnSet{}
	for id := range s {
		out.Add(id)
	}
	for _, e := range es {
		if e != nil {
			Refs(e, out)
		}
	}
	return out
}

// Refs adds the columns that e refers to, free columns of subqueries included, to set.
func Refs(e Expr, set ColumnSet) {
	Visit(e, func(x Expr) bool {
		switch x := x.(type) {
		case *ColumnRef:
			set.Add(x.ID)
		case *Subquery:
			FreeColumns(x.Plan, set)
		}
		return true
	})
}

// OutputSet returns the ids of n's output columns.
func OutputSet(n Node) ColumnSet {
	set := ColumnSet{}
	for _, c := range n.Columns() {
		set.Add(c.ID)
	}
	return set
}

// FreeColumns adds the columns that n's expressions use but no node below produces (correlation) to set.
func FreeColumns(n Node, set ColumnSet) {
	used, made := ColumnSet{}, ColumnSet{}
	collect(n, used, made, map[*SharedDef]bool{})
	for id := range used {
		if !made.Has(id) {
			set.Add(id)
		}
	}
}

func collect(n Node, used, made ColumnSet, seen map[*SharedDef]bool) {
	for _, c := range n.Columns() {
		made.Add(c.ID)
	}
	for _, e := range Exprs(n) {
		Refs(e, used)
	}
	for _, in := range n.Inputs() {
		collect(in, used, made, seen)
	}
	if s, ok := n.(*Shared); ok && !seen[s.Def] {
		seen[s.Def] = true
		collect(s.Def.Plan, used, made, seen)
	}
}

// Exprs lists the expressions that n itself evaluates over its inputs (for Scan: over its own columns).
func Exprs(n Node) []Expr {
	var es []Expr
	switch n := n.(type) {
	case *Scan:
		es = append(es, n.Filter...)
		if n.Sample != nil {
			es = append(es, n.Sample.On...)
		}
	case *Values:
		for _, r := range n.Rows {
			es = append(es, r...)
		}
	case *Filter:
		es = append(es, n.Cond)
	case *Project:
		for _, a := range n.Exprs {
			es = append(es, a.Expr)
		}
	case *Aggregate:
		for _, a := range n.Keys {
			es = append(es, a.Expr)
		}
		for _, a := range n.Aggs {
			es = append(es, a.Args...)
		}
	case *Join:
		for _, k := range n.Keys {
			es = append(es, k.Left, k.Right)
		}
		if n.Residual != nil {
			es = append(es, n.Residual)
		}
	case *Window:
		es = append(es, n.PartitionBy...)
		for _, k := range n.OrderBy {
			es = append(es, k.Expr)
		}
		for _, c := range n.Calls {
			es = append(es, c.Args...)
		}
	case *Sort:
		for _, k := range n.Keys {
			es = append(es, k.Expr)
		}
	case *Generate:
		es = append(es, n.Args...)
	case *Script:
		es = append(es, n.Args...)
	case *Distribute:
		es = append(es, n.By...)
	}
	return es
}

// Conjuncts splits e at "and".
func Conjuncts(e Expr) []Expr {
	if e == nil {
		return nil
	}
	if c, ok := e.(*Call); ok && c.Func == "and" {
		var out []Expr
		for _, a := range c.Args {
			out = append(out, Conjuncts(a)...)
		}
		return out
	}
	return []Expr{e}
}
