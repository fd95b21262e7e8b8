package analyzer

import (
	"fmt"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// setOp analyses UNION, INTERSECT and EXCEPT.
func (b *builder) setOp(s *ast.SetOp, outer *block) (*result, error) {
	// A chain groups to the left and may be long: collect its branches without recursion.
	chain := []*ast.SetOp{s}
	for {
		l, ok := chain[len(chain)-1].Left.(*ast.SetOp)
		if !ok {
			break
		}
		chain = append(chain, l)
	}
	left, err := b.branch(chain[len(chain)-1].Left, outer)
	if err != nil {
		return nil, err
	}
	for i := len(chain) - 1; i >= 0; {
		op := chain[i]
		branches := []*result{left}
		places := []ast.Node{nil}
		// Adjacent branches of one operator that associates go into one node.
		for i >= 0 && chain[i].Op == op.Op && chain[i].All == op.All && (len(branches) == 1 || op.Op == ast.Union) {
			r, err := b.branch(chain[i].Right, outer)
			if err != nil {
				return nil, err
			}
			branches = append(branches, r)
			places = append(places, chain[i].Right)
			i--
		}
		if left, err = b.combine(op, branches, places); err != nil {
			return nil, err
		}
	}
	return left, nil
}

func (b *builder) branch(body ast.QueryBody, outer *block) (*result, error) {
	r, err := b.body(body, outer, false)
	if err != nil {
		return nil, err
	}
	return b.distinctIDs(r), nil
}

// combine applies one set operator to its branches.
func (b *builder) combine(op *ast.SetOp, branches []*result, places []ast.Node) (*result, error) {
	first := branches[0]
	for k, r := range branches[1:] {
		if len(r.cols) != len(first.cols) {
			return nil, sqlerr.Semanticf("Schema of both sides of union should match.")
		}
		for i := range r.cols {
			have, got := first.cols[i].col.Type, r.cols[i].col.Type
			t := types.CommonUnion(have, got)
			if t == nil {
				return nil, mismatch(places[k+1], fmt.Sprintf(
					"Schema of both sides of union should match: Column %s is of type %s on first table and type %s on second table",
					first.cols[i].name, have, got))
			}
			first = withType(first, i, t)
		}
	}
	ts := make([]*types.Type, len(first.cols))
	for i := range ts {
		ts[i] = first.cols[i].col.Type
	}
	u := &plan.Union{}
	out := &result{}
	for i, c := range first.cols {
		col := b.column(c.name, ts[i])
		u.Cols = append(u.Cols, col)
		o := output{col: col, name: c.name}
		out.cols = append(out.cols, o)
	}
	renameRepeated(out.cols)
	for k, r := range branches {
		var counts []plan.Assign
		if op.Op != ast.Union {
			counts = marks(b, k, len(branches))
		}
		n, ids := b.castColumns(r, ts, counts)
		u.All = append(u.All, n)
		u.Sources = append(u.Sources, ids)
	}
	out.node = u
	switch {
	case op.Op == ast.Union && !op.All:
		out.node = b.distinct(u, out.cols)
	case op.Op != ast.Union:
		out.node = b.countRows(op, u, out)
	}
	return out, nil
}

// nameReplicated gives the unnamed columns of INTERSECT ALL and EXCEPT ALL the names that clients and CTAS see: those of
// replicate_rows, the table function that Hive makes of them, whose column 0 is the number of the rows.
func nameReplicated(q *ast.Query, cols []output) {
	if op, ok := q.Body.(*ast.SetOp); !ok || !op.All || op.Op == ast.Union {
		return
	}
	for i := range cols {
		if cols[i].name == fmt.Sprintf("_c%d", i) {
			cols[i].name = fmt.Sprintf("col%d", i+1)
		}
	}
}

// renameRepeated gives repeated names of a set operation's columns the form _colN.
func renameRepeated(cols []output) {
	seen := map[string]bool{}
	for i := range cols {
		if seen[cols[i].name] {
			cols[i].name = fmt.Sprintf("_col%d", i)
		}
		seen[cols[i].name] = true
	}
}

// withType returns r as if column i had type t; the cast itself follows when the branches are put together.
func withType(r *result, i int, t *types.Type) *result {
	if r.cols[i].col.Type.Equal(t) {
		return r
	}
	c := *r
	c.cols = append([]output(nil), r.cols...)
	c.cols[i].col.Type = t
	return &c
}

// mismatch reports unlike branches at the last table of the branch's FROM.
func mismatch(branch ast.Node, text string) error {
	var at ast.Node
	ast.Inspect(branch, func(c ast.Node) bool {
		if t, ok := c.(*ast.TableName); ok {
			at = t
		}
		return true
	})
	if at == nil {
		return sqlerr.Semanticf("%s. Cannot tell the position of null AST.", text)
	}
	return sqlerr.Semanticf("%s", generated(at, text))
}

// castColumns returns the branch with its columns cast to ts and extra columns appended, and the ids of all of them.
func (b *builder) castColumns(r *result, ts []*types.Type, extra []plan.Assign) (plan.Node, []plan.ColumnID) {
	p := &plan.Project{Input: r.node}
	ids := make([]plan.ColumnID, 0, len(ts)+len(extra))
	changed := len(extra) > 0
	for i, c := range r.cols {
		ref := plan.NewColumnRef(c.col)
		for _, in := range r.node.Columns() {
			if in.ID == c.col.ID {
				ref = plan.NewColumnRef(in)
			}
		}
		col := c.col
		if !ref.T.Equal(ts[i]) {
			col = b.column(c.name, ts[i])
			changed = true
		}
		p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: castTo(ref, ts[i])})
		ids = append(ids, col.ID)
	}
	for _, a := range extra {
		p.Exprs = append(p.Exprs, a)
		ids = append(ids, a.Column.ID)
	}
	if !changed {
		return r.node, ids
	}
	return p, ids
}

// marks are the constant columns that tell the branches of INTERSECT and EXCEPT apart: column j is 1 in branch j.
func marks(b *builder, k, n int) []plan.Assign {
	out := make([]plan.Assign, n)
	for j := range out {
		v := int64(0)
		if j == k {
			v = 1
		}
		out[j] = plan.Assign{Column: b.column(fmt.Sprintf("_m%d", j), types.BigIntType), Expr: intLiteral(types.BigIntType, v)}
	}
	return out
}

// countRows turns the union of two marked branches into INTERSECT or EXCEPT: rows are grouped, their numbers per branch
// counted, and the groups that stay filtered. With ALL every group is repeated as often as the counts demand.
func (b *builder) countRows(op *ast.SetOp, u *plan.Union, out *result) plan.Node {
	n := len(out.cols)
	agg := &plan.Aggregate{Input: u}
	for _, o := range out.cols {
		key := b.column(o.name, o.col.Type)
		agg.Keys = append(agg.Keys, plan.Assign{Column: key, Expr: plan.NewColumnRef(o.col)})
	}
	var counts []plan.Expr
	for j := range u.Sources {
		m := b.column(fmt.Sprintf("_m%d", j), types.BigIntType)
		u.Cols = append(u.Cols, m)
		c := b.column(fmt.Sprintf("_n%d", j), types.BigIntType)
		agg.Aggs = append(agg.Aggs, plan.AggCall{Column: c, Func: "sum", Args: []plan.Expr{plan.NewColumnRef(m)}})
		counts = append(counts, plan.NewColumnRef(c))
	}
	for i := range out.cols {
		out.cols[i].col = agg.Keys[i].Column
	}
	zero := intLiteral(types.BigIntType, 0)
	test := func(f string, x, y plan.Expr) plan.Expr {
		return &plan.Call{Func: f, Args: []plan.Expr{x, y}, T: types.BooleanType}
	}
	var node plan.Node
	switch {
	case op.Op == ast.Intersect && !op.All:
		node = &plan.Filter{Input: agg, Cond: plan.And(test(">", counts[0], zero), test(">", counts[1], zero))}
	case op.Op == ast.Except && !op.All:
		node = &plan.Filter{Input: agg, Cond: plan.And(test(">", counts[0], zero), test("=", counts[1], zero))}
	default:
		times := bigCall("-", counts[0], counts[1])
		if op.Op == ast.Intersect {
			times = bigCall("least", counts[0], counts[1])
		}
		repeat := b.column("_times", types.BigIntType)
		p := &plan.Project{Input: agg, Exprs: append(passThrough(agg.Columns()[:n]), plan.Assign{Column: repeat, Expr: times})}
		f := &plan.Filter{Input: p, Cond: test(">", plan.NewColumnRef(repeat), zero)}
		g := &plan.Generate{Input: f, Func: "replicate_rows", Args: []plan.Expr{plan.NewColumnRef(repeat)},
			Outputs: []plan.Column{b.column("_r", types.BigIntType)}}
		node = g
	}
	return &plan.Project{Input: node, Exprs: passThrough(planColumns(out.cols))}
}
