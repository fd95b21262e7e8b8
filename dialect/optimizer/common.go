package optimizer

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"skep/dialect/catalog"
	"skep/dialect/plan"
)

// Equal subplans are found by numbering. A subplan's class says which rows it gives, a term which values a column of it has,
// both independent of column ids and of which columns are there: a class or a term is the number of a description in terms of
// the numbers of its parts (value numbering over a tree). Projections only add terms to the class of their input. What may
// give other rows or values when it is computed again has no number.

// subplan is what is known of a node that could be computed once for several places.
type subplan struct {
	class int
	size  int // operators, projections apart
	terms map[plan.ColumnID]int
}

// termKind says where a column's values come from.
type termKind uint8

const (
	termGiven  termKind = iota // a column that every node of the class has
	termSource                 // a column of a table
	termLeft                   // parts[0] of the left input of a join
	termRight
	termAggregate // an aggregate over parts
	termWindow    // a window function over parts
	termUnion     // parts[k] of input k
	termConstant  // a column of constant rows
	termExpr      // a call over parts, or a literal
)

// term describes one number.
type term struct {
	kind   termKind
	parts  []int
	column plan.Column // the name and the type of such a column; its id means nothing
	source int
	agg    plan.AggCall    // without a column and arguments
	call   plan.WindowCall // likewise
	class  int             // of the window
	rows   []plan.Expr
	expr   plan.Expr // a literal or a call without arguments
}

// numbering gives numbers to classes and terms.
type numbering struct {
	o     *optimizer
	ids   map[string]int
	terms []term // by number; those of classes are empty
	nodes map[plan.Node]*subplan
	// tables counts the scans of a table: one that is read once cannot be part of equal subplans.
	tables map[string]int
}

func (c *numbering) number(key string, t term) int {
	if id, ok := c.ids[key]; ok {
		return id
	}
	id := len(c.terms)
	c.ids[key] = id
	c.terms = append(c.terms, t)
	return id
}

func tableKey(n *plan.Scan) string { return n.Table.DB + "." + n.Table.Name }

// of returns what is known of n; nil when it cannot be shared.
func (c *numbering) of(n plan.Node) *subplan {
	s, ok := c.nodes[n]
	if !ok {
		s = c.describe(n)
		c.nodes[n] = s
	}
	return s
}

func (c *numbering) describe(n plan.Node) *subplan {
	var in []*subplan
	for _, x := range n.Inputs() {
		s := c.of(x)
		if s == nil {
			return nil
		}
		in = append(in, s)
	}
	out := &subplan{size: 1, terms: map[plan.ColumnID]int{}}
	for _, s := range in {
		out.size += s.size
	}
	ok := false
	switch n := n.(type) {
	case *plan.Scan:
		ok = c.scan(n, out)
	case *plan.Values:
		ok = c.values(n, out)
	case *plan.Shared:
		out.class = c.number(fmt.Sprintf("shared %d", n.Def.ID), term{})
		for i, col := range n.Cols {
			out.terms[col.ID] = c.number(fmt.Sprintf("shared column %d %v", i, col.Type), term{column: col})
		}
		ok = true
	case *plan.Project:
		out.class, out.size, ok = in[0].class, in[0].size, true
		for _, a := range n.Exprs {
			t, known := c.expr(a.Expr, in[0].terms)
			out.terms[a.Column.ID], ok = t, ok && known
		}
	case *plan.Filter:
		var conds string
		conds, ok = c.set(plan.Conjuncts(n.Cond), in[0].terms)
		out.class, out.terms = c.number(fmt.Sprintf("filter %d %s", in[0].class, conds), term{}), in[0].terms
	case *plan.Sort:
		var keys string
		keys, ok = c.order(n.Keys, in[0].terms)
		out.class = c.number(fmt.Sprintf("sort %d %s %d %d", in[0].class, keys, n.Limit, n.Offset), term{})
		out.terms, ok = in[0].terms, ok && !n.Partial
	case *plan.Limit:
		out.class, out.terms, ok = c.number(fmt.Sprintf("limit %d %d %d", in[0].class, n.N, n.Offset), term{}), in[0].terms, true
	case *plan.Aggregate:
		ok = c.aggregate(n, in[0], out)
	case *plan.Join:
		ok = c.join(n, in[0], in[1], out)
	case *plan.Window:
		ok = c.window(n, in[0], out)
	case *plan.Union:
		ok = c.union(n, in, out)
	case *plan.Generate:
		ok = c.generate(n, in[0], out)
	}
	if !ok {
		return nil
	}
	return out
}

func (c *numbering) scan(n *plan.Scan, out *subplan) bool {
	if n.Sample != nil || c.tables[tableKey(n)] < 2 {
		return false
	}
	for i, col := range n.Cols {
		key := fmt.Sprintf("source %d %v", n.Source[i], col.Type)
		out.terms[col.ID] = c.number(key, term{kind: termSource, source: n.Source[i], column: col})
	}
	conds, ok := c.set(n.Filter, out.terms)
	parts := ""
	if n.Pruned {
		parts = partitionKey(n.Partitions)
	}
	out.class = c.number(fmt.Sprintf("scan %s %v %s %s", tableKey(n), n.Pruned, parts, conds), term{})
	return ok
}

// partitionKey tells lists of partitions apart; there may be very many.
func partitionKey(parts []*catalog.Partition) string {
	h := sha256.New()
	var buf []byte
	for _, p := range parts {
		buf = buf[:0]
		for _, name := range p.Names {
			buf = strconv.AppendInt(buf, int64(len(name)), 10)
			buf = append(append(buf, ' '), name...)
		}
		h.Write(buf)
	}
	return fmt.Sprintf("%d %x", len(parts), h.Sum(nil))
}

func (c *numbering) values(n *plan.Values, out *subplan) bool {
	out.class = c.number(fmt.Sprintf("values %d", len(n.Rows)), term{})
	for i, col := range n.Cols {
		t := term{kind: termConstant, column: col}
		key := fmt.Sprintf("constants %v", col.Type)
		for _, row := range n.Rows {
			id, ok := c.expr(row[i], nil)
			if !ok {
				return false
			}
			t.rows = append(t.rows, row[i])
			key += " " + strconv.Itoa(id)
		}
		out.terms[col.ID] = c.number(key, t)
	}
	return true
}

func (c *numbering) aggregate(n *plan.Aggregate, in, out *subplan) bool {
	var keys []plan.Expr
	for _, k := range n.Keys {
		keys = append(keys, k.Expr)
	}
	ids, ok := c.exprs(keys, in.terms)
	if !ok {
		return false
	}
	described := fmt.Sprint(sortedSet(ids))
	if len(n.GroupingSets) > 0 {
		described = fmt.Sprint(ids, n.GroupingSets, n.Fixed)
	}
	out.class = c.number(fmt.Sprintf("aggregate %d %s", in.class, described), term{})
	for i, k := range n.Keys {
		key := fmt.Sprintf("key %d", ids[i])
		if len(n.GroupingSets) > 0 {
			key = fmt.Sprintf("key %d of sets", i)
		}
		out.terms[k.Column.ID] = c.number(key, term{column: k.Column})
	}
	if n.GroupingID.ID != 0 {
		// Not every aggregation of the class has it.
		out.class = c.number(fmt.Sprintf("with id %d", out.class), term{})
		out.terms[n.GroupingID.ID] = c.number("grouping id", term{column: n.GroupingID})
	}
	for _, a := range n.Aggs {
		args, ok := c.exprs(a.Args, in.terms)
		if !ok || a.Mode != plan.AggComplete || !c.o.env.Deterministic(a.Func) {
			return false
		}
		t := term{kind: termAggregate, parts: args, column: a.Column, agg: plan.AggCall{Func: a.Func, Distinct: a.Distinct}}
		out.terms[a.Column.ID] = c.number(fmt.Sprintf("aggregate call %s %v %v %v", a.Func, a.Distinct, a.Column.Type, args), t)
	}
	return true
}

func (c *numbering) join(n *plan.Join, left, right, out *subplan) bool {
	side := func(kind termKind, cols []plan.Column, in *subplan) {
		for _, col := range cols {
			if t, ok := in.terms[col.ID]; ok {
				out.terms[col.ID] = c.number(fmt.Sprintf("side %d %d", kind, t), term{kind: kind, parts: []int{t}, column: col})
			}
		}
	}
	side(termLeft, n.Left.Columns(), left)
	side(termRight, n.Right.Columns(), right)
	conds, ok := c.set(joinCondition(n), out.terms)
	out.class = c.number(fmt.Sprintf("join %d %v %d %d %s", n.Kind, n.NullAware, left.class, right.class, conds), term{})
	have := plan.OutputSet(n)
	for id := range out.terms {
		if !have.Has(id) {
			delete(out.terms, id)
		}
	}
	if n.Kind == plan.MarkJoin {
		out.terms[n.Mark.ID] = c.number("mark", term{column: n.Mark})
	}
	return ok
}

func (c *numbering) window(n *plan.Window, in, out *subplan) bool {
	parts, ok := c.set(n.PartitionBy, in.terms)
	order, ok2 := c.order(n.OrderBy, in.terms)
	limit := ""
	if n.Limit != nil {
		limit = fmt.Sprint(*n.Limit)
	}
	out.class = c.number(fmt.Sprintf("window %d %s %s %s", in.class, parts, order, limit), term{})
	for id, t := range in.terms {
		out.terms[id] = t
	}
	for _, w := range n.Calls {
		args, known := c.exprs(w.Args, in.terms)
		ok = ok && known && c.o.env.Deterministic(w.Func)
		t := term{kind: termWindow, parts: args, column: w.Column, class: out.class, call: w}
		t.call.Args = nil
		key := fmt.Sprintf("window call %d %s %v %v %v %v %s", out.class, w.Func, w.Distinct, w.IgnoreNulls, w.Column.Type, args, frameKey(w.Frame))
		out.terms[w.Column.ID] = c.number(key, t)
	}
	return ok && ok2
}

func frameKey(f plan.Frame) string {
	bound := func(b plan.Bound) string {
		if b.Offset == nil {
			return fmt.Sprint(b.Kind)
		}
		return fmt.Sprint(b.Kind, b.Offset.T, b.Offset)
	}
	return fmt.Sprint(f.Rows, " ", bound(f.Start), " ", bound(f.End))
}

func (c *numbering) union(n *plan.Union, in []*subplan, out *subplan) bool {
	key := "union"
	for _, s := range in {
		key += " " + strconv.Itoa(s.class)
	}
	out.class = c.number(key, term{})
	for i, col := range n.Cols {
		t := term{kind: termUnion, column: col}
		for k, s := range in {
			t.parts = append(t.parts, s.terms[n.Sources[k][i]])
		}
		out.terms[col.ID] = c.number(fmt.Sprintf("union column %v %v", t.parts, col.Type), t)
	}
	return true
}

func (c *numbering) generate(n *plan.Generate, in, out *subplan) bool {
	args, ok := c.exprs(n.Args, in.terms)
	out.class = c.number(fmt.Sprintf("generate %d %s %v %v", in.class, n.Func, n.Outer, args), term{})
	for id, t := range in.terms {
		out.terms[id] = t
	}
	for i, col := range n.Outputs {
		out.terms[col.ID] = c.number(fmt.Sprintf("generated %d %d %v", out.class, i, col.Type), term{column: col})
	}
	return ok && c.o.env.Deterministic(n.Func)
}

// expr numbers an expression over columns of the given terms; false when it has no number.
func (c *numbering) expr(e plan.Expr, terms map[plan.ColumnID]int) (int, bool) {
	switch e := e.(type) {
	case *plan.ColumnRef:
		t, ok := terms[e.ID]
		return t, ok
	case *plan.Literal:
		return c.number(fmt.Sprintf("literal %v %s", e.T, e), term{kind: termExpr, expr: e, column: plan.Column{Name: "_c", Type: e.T}}), true
	case *plan.Call:
		if !c.o.env.Deterministic(e.Func) {
			return 0, false
		}
		args, ok := c.exprs(e.Args, terms)
		if !ok {
			return 0, false
		}
		bare := *e
		bare.Args = nil
		t := term{kind: termExpr, parts: args, expr: &bare, column: plan.Column{Name: e.Func, Type: e.T}}
		return c.number(fmt.Sprintf("call %s %d %v %v", e.Func, e.Index, e.T, args), t), true
	}
	return 0, false
}

func (c *numbering) exprs(es []plan.Expr, terms map[plan.ColumnID]int) ([]int, bool) {
	out := make([]int, len(es))
	for i, e := range es {
		t, ok := c.expr(e, terms)
		if !ok {
			return nil, false
		}
		out[i] = t
	}
	return out, true
}

// set describes expressions whose order and repetition do not matter.
func (c *numbering) set(es []plan.Expr, terms map[plan.ColumnID]int) (string, bool) {
	ids, ok := c.exprs(es, terms)
	return fmt.Sprint(sortedSet(ids)), ok
}

func sortedSet(ids []int) []int {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *numbering) order(keys []plan.SortKey, terms map[plan.ColumnID]int) (string, bool) {
	s := ""
	for _, k := range keys {
		t, ok := c.expr(k.Expr, terms)
		if !ok {
			return "", false
		}
		s += fmt.Sprintf("%d %v %v,", t, k.Desc, k.NullsFirst)
	}
	return s, true
}
