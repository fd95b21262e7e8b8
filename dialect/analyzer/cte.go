package analyzer

import (
	"fmt"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
)

// cteScope is a chain of visible common table expressions.
type cteScope struct {
	parent *cteScope
	def    *cteDef
}

// cteDef is one common table expression; it is analysed when first used.
type cteDef struct {
	ast    *ast.CTE
	scope  *cteScope // what its own query sees
	shared *plan.SharedDef
	cols   []output
	busy   bool
}

func (s *cteScope) find(name string) *cteDef {
	for ; s != nil; s = s.parent {
		if lower(s.def.ast.Name) == name {
			return s.def
		}
	}
	return nil
}

// with makes the definitions of a WITH clause visible.
func (b *builder) with(list []*ast.CTE) error {
	names := map[string]bool{}
	outer := b.ctes
	for _, c := range list {
		name := lower(c.Name)
		if names[name] {
			return sqlerr.At(sqlerr.AmbiguousTableAlias, c.Name.Position())
		}
		names[name] = true
		b.ctes = &cteScope{parent: b.ctes, def: &cteDef{ast: c}}
	}
	// They see each other, and themselves: recursion is an error, not another table of that name.
	for s := b.ctes; s != outer; s = s.parent {
		s.def.scope = b.ctes
	}
	return nil
}

// cte refers to a common table expression by a Shared node of its own.
func (b *builder) cte(d *cteDef, alias string) (*relation, plan.Node, error) {
	if d.shared == nil {
		name := lower(d.ast.Name)
		if d.busy {
			return nil, nil, sqlerr.Semanticf("Recursive cte %s detected (cycle: %s -> %s).", name, strings.Join(b.cteStack, " -> "), name)
		}
		d.busy = true
		b.cteStack = append(b.cteStack, name)
		defer func() { b.cteStack = b.cteStack[:len(b.cteStack)-1] }()
		saved := b.ctes
		b.ctes = d.scope
		r, err := b.query(d.ast.Query, nil, false)
		b.ctes = saved
		if err != nil {
			return nil, nil, err
		}
		names := d.ast.Columns
		if len(names) > len(r.cols) && !b.hive3() {
			names = nil // 4.0 ignores a list that is too long
		}
		if err := renameColumns(r, names); err != nil {
			return nil, nil, err
		}
		d.shared = b.define(lower(d.ast.Name), r)
		d.cols = r.cols
	}
	r := b.refer(d.shared, d.cols)
	return b.asRelation(r, alias), r.node, nil
}

// define makes a shared definition of r.
func (b *builder) define(name string, r *result) *plan.SharedDef {
	def := b.newShared(name, trim(r))
	b.order = append(b.order, def)
	return def
}

// refer makes one more reference to a shared definition.
func (b *builder) refer(def *plan.SharedDef, cols []output) *result {
	b.defs[def]++
	s := &plan.Shared{Def: def}
	r := &result{node: s}
	for _, c := range cols {
		o := c
		o.table = ""
		o.col = b.column(c.name, c.col.Type)
		s.Cols = append(s.Cols, o.col)
		r.cols = append(r.cols, o)
	}
	return r
}

// inline replaces references to definitions that are used once by the definition itself.
func (b *builder) inline(n plan.Node) plan.Node {
	if s, ok := n.(*plan.Shared); ok {
		if b.defs[s.Def] != 1 {
			return s
		}
		p := &plan.Project{Input: s.Def.Plan}
		for i, c := range s.Def.Plan.Columns() {
			p.Exprs = append(p.Exprs, plan.Assign{Column: s.Cols[i], Expr: plan.NewColumnRef(c)})
		}
		return p
	}
	in := n.Inputs()
	inputs := make([]plan.Node, len(in))
	for i := range in {
		inputs[i] = b.inline(in[i])
	}
	n = plan.WithInputs(n, inputs)
	return plan.MapExprs(n, func(e plan.Expr) plan.Expr {
		return plan.Rewrite(e, func(x plan.Expr) plan.Expr {
			q, ok := x.(*plan.Subquery)
			if !ok {
				return x
			}
			p := b.inline(q.Plan)
			if p == q.Plan {
				return x
			}
			c := *q
			c.Plan = p
			return &c
		})
	})
}

// view expands a view in its own database.
func (b *builder) view(t *catalog.Table, alias string) (*source, error) {
	name := t.DB + "." + t.Name
	for _, v := range b.views {
		if v == name {
			return nil, sqlerr.Semanticf("Recursive view %s detected (cycle: %s -> %s).", name, strings.Join(b.views, " -> "), name)
		}
	}
	if b.env.ParseQuery == nil {
		return nil, sqlerr.Semanticf("View %s cannot be expanded", name)
	}
	q, err := b.env.ParseQuery(t.ViewText)
	if err != nil {
		return nil, err
	}
	savedDB, savedCTEs, savedTrace := b.db, b.ctes, b.trace
	b.db, b.ctes, b.trace = t.ViewDB, nil, nil
	if b.db == "" {
		b.db = t.DB
	}
	b.views = append(b.views, name)
	r, err := b.query(q, nil, false)
	b.views = b.views[:len(b.views)-1]
	b.db, b.ctes, b.trace = savedDB, savedCTEs, savedTrace
	if err != nil {
		return nil, err
	}
	cols := append(t.Columns[:len(t.Columns):len(t.Columns)], t.PartitionKeys...)
	if len(cols) != len(r.cols) {
		return nil, sqlerr.Semanticf("View %s has %d columns but its query gives %d", name, len(cols), len(r.cols))
	}
	p := &plan.Project{Input: r.node}
	rel := &relation{alias: alias}
	for i, c := range cols {
		// The names are those of the text, where columns without one are counted with all that * stood for.
		from, name := r.cols[i].col, r.cols[i].name
		col := b.column(name, c.Type)
		p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: castTo(plan.NewColumnRef(from), c.Type)})
		rel.cols = append(rel.cols, scopeColumn{col: col, name: name})
	}
	return &source{p, []*relation{rel}}, nil
}

// macro expands a temporary macro: its body over the arguments, cast to the parameters' types.
func (x *exprs) macro(e *ast.Call, m *catalog.Macro) (plan.Expr, error) {
	if len(e.Args) != len(m.Params) {
		return nil, sqlerr.AtReason(sqlerr.InvalidArgumentLength, e.Position(),
			fmt.Sprintf("The macro %s accepts exactly %d arguments.", m.Name, len(m.Params)))
	}
	args, err := x.list(e.Args, e)
	if err != nil {
		return nil, err
	}
	q, err := x.b.env.ParseQuery("select " + m.Body)
	if err != nil {
		return nil, err
	}
	s, ok := q.Body.(*ast.Select)
	if !ok || len(s.Items) != 1 {
		return nil, sqlerr.Semanticf("The body of macro %s is not an expression", m.Name)
	}
	savedTrace := x.b.trace
	x.b.trace = nil
	defer func() { x.b.trace = savedTrace }()
	blk := x.b.newBlock(nil)
	rel := &relation{}
	values := map[plan.ColumnID]plan.Expr{}
	for i, p := range m.Params {
		c := x.b.column(p.Name, p.Type)
		rel.cols = append(rel.cols, scopeColumn{col: c, name: p.Name})
		values[c.ID] = castTo(args[i], p.Type)
	}
	blk.scope.rels = []*relation{rel}
	body, err := blk.exprs(0).expr(s.Items[0].Expr)
	if err != nil {
		return nil, err
	}
	return plan.Substitute(body, values), nil
}
