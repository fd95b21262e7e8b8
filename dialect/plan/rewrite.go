package plan

import "skep/dialect/types"

// WithInputs returns a copy of n over other inputs (as many as before), or n itself when they are the same.
func WithInputs(n Node, in []Node) Node {
	same := true
	for i, x := range n.Inputs() {
		if in[i] != x {
			same = false
		}
	}
	if same {
		return n
	}
	switch n := n.(type) {
	case *Filter:
		c := *n
		c.Input = in[0]
		return &c
	case *Project:
		c := *n
		c.Input = in[0]
		return &c
	case *Aggregate:
		c := *n
		c.Input = in[0]
		return &c
	case *Join:
		c := *n
		c.Left, c.Right = in[0], in[1]
		return &c
	case *Window:
		c := *n
		c.Input = in[0]
		return &c
	case *Sort:
		c := *n
		c.Input = in[0]
		return &c
	case *Limit:
		c := *n
		c.Input = in[0]
		return &c
	case *Union:
		c := *n
		c.All = in
		return &c
	case *Generate:
		c := *n
		c.Input = in[0]
		return &c
	case *Script:
		c := *n
		c.Input = in[0]
		return &c
	case *Distribute:
		c := *n
		c.Input = in[0]
		return &c
	}
	return n
}

// MapExprs returns a copy of n whose own expressions (see Exprs) are replaced by f(expression), or n when nothing changed.
func MapExprs(n Node, f func(Expr) Expr) Node {
	changed := false
	one := func(e Expr) Expr {
		if e == nil {
			return nil
		}
		r := f(e)
		if r != e {
			changed = true
		}
		return r
	}
	many := func(es []Expr) []Expr {
		if es == nil {
			return nil
		}
		out := make([]Expr, len(es))
		for i, e := range es {
			out[i] = one(e)
		}
		return out
	}
	keys := func(ks []SortKey) []SortKey {
		out := make([]SortKey, len(ks))
		for i, k := range ks {
			out[i] = SortKey{one(k.Expr), k.Desc, k.NullsFirst}
		}
		return out
	}
	assigns := func(as []Assign) []Assign {
		out := make([]Assign, len(as))
		for i, a := range as {
			out[i] = Assign{a.Column, one(a.Expr)}
		}
		return out
	}
	var r Node
	switch n := n.(type) {
	case *Scan:
		c := *n
		c.Filter = many(n.Filter)
		if n.Sample != nil {
			s := *n.Sample
			s.On = many(n.Sample.On)
			c.Sample = &s
		}
		r = &c
	case *Values:
		c := *n
		c.Rows = make([][]Expr, len(n.Rows))
		for i, row := range n.Rows {
			c.Rows[i] = many(row)
		}
		r = &c
	case *Filter:
		c := *n
		c.Cond = one(n.Cond)
		r = &c
	case *Project:
		c := *n
		c.Exprs = assigns(n.Exprs)
		r = &c
	case *Aggregate:
		c := *n
		c.Keys = assigns(n.Keys)
		c.Aggs = make([]AggCall, len(n.Aggs))
		for i, a := range n.Aggs {
			a.Args = many(a.Args)
			c.Aggs[i] = a
		}
		r = &c
	case *Join:
		c := *n
		c.Keys = make([]EquiKey, len(n.Keys))
		for i, k := range n.Keys {
			c.Keys[i] = EquiKey{one(k.Left), one(k.Right), k.NullSafe}
		}
		c.Residual = one(n.Residual)
		r = &c
	case *Window:
		c := *n
		c.PartitionBy, c.OrderBy = many(n.PartitionBy), keys(n.OrderBy)
		c.Calls = make([]WindowCall, len(n.Calls))
		for i, w := range n.Calls {
			w.Args = many(w.Args)
			c.Calls[i] = w
		}
		r = &c
	case *Sort:
		c := *n
		c.Keys = keys(n.Keys)
		r = &c
	case *Generate:
		c := *n
		c.Args = many(n.Args)
		r = &c
	case *Script:
		c := *n
		c.Args = many(n.Args)
		r = &c
	case *Distribute:
		c := *n
		c.By = many(n.By)
		r = &c
	}
	if !changed {
		return n
	}
	return r
}

// Substitute replaces references to the columns in m by expressions.
func Substitute(e Expr, m map[ColumnID]Expr) Expr {
	return Rewrite(e, func(x Expr) Expr {
		if c, ok := x.(*ColumnRef); ok {
			if r, ok := m[c.ID]; ok {
				return r
			}
		}
		return x
	})
}

// And returns the conjunction of es: nil for none, the expression itself for one.
func And(es ...Expr) Expr {
	switch len(es) {
	case 0:
		return nil
	case 1:
		return es[0]
	}
	return &Call{Func: "and", Args: es, T: types.BooleanType}
}

// Equal reports whether a and b are the same expression over the same columns. Subqueries are equal only when identical.
func Equal(a, b Expr) bool {
	if a == b {
		return true
	}
	switch a := a.(type) {
	case *ColumnRef:
		b, ok := b.(*ColumnRef)
		return ok && a.ID == b.ID
	case *Literal:
		b, ok := b.(*Literal)
		return ok && a.T.Equal(b.T) && equalDatum(a.Value, b.Value)
	case *Call:
		b, ok := b.(*Call)
		if !ok || a.Func != b.Func || a.Index != b.Index || len(a.Args) != len(b.Args) || !a.T.Equal(b.T) {
			return false
		}
		for i := range a.Args {
			if !Equal(a.Args[i], b.Args[i]) {
				return false
			}
		}
		return true
	}
	return false
}

func equalDatum(a, b types.Datum) bool {
	if a.Null || b.Null {
		return a.Null && b.Null
	}
	if a.I != b.I || a.F != b.F || a.W != b.W || a.S != b.S || len(a.Elems) != len(b.Elems) {
		return false
	}
	for i := range a.Elems {
		if !equalDatum(a.Elems[i], b.Elems[i]) {
			return false
		}
	}
	return true
}
