package analyzer

import (
	"errors"
	"fmt"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// source is an analysed item of FROM.
type source struct {
	node plan.Node
	rels []*relation
}

// from analyses a table expression. outer is the block around the query block that FROM belongs to.
func (b *builder) from(item ast.FromItem, outer *block) (*source, error) {
	switch f := item.(type) {
	case *ast.TableRef:
		return b.tableRef(f)
	case *ast.SubqueryRef:
		b.trace.alias(f.Alias)
		return b.derived(f, outer)
	case *ast.Join:
		return b.join(f, outer)
	case *ast.LateralView:
		s, err := b.from(f.Source, outer)
		if err != nil {
			return nil, err
		}
		return b.lateralView(f, s, outer)
	case *ast.ValuesRef:
		r, err := b.values(f.Values, outer)
		if err != nil {
			return nil, err
		}
		if err := renameColumns(r, f.Columns); err != nil {
			return nil, err
		}
		return &source{r.node, []*relation{b.asRelation(r, lower(f.Alias))}}, nil
	case *ast.PTFRef:
		return b.partitionedFunction(f, outer)
	case *ast.UniqueJoin:
		return b.uniqueJoin(f, outer)
	}
	return nil, sqlerr.Semanticf("unsupported table expression %T", item)
}

// renameColumns applies a column list to a derived table.
func renameColumns(r *result, names []*ast.Ident) error {
	if len(names) == 0 {
		return nil
	}
	if len(names) > len(r.cols) {
		return sqlerr.Semanticf("The number of column labels must be smaller or equal to the number of expressions returned by the query.")
	}
	for i, n := range names {
		r.cols[i].name = lower(n)
	}
	return nil
}

func (b *builder) derived(f *ast.SubqueryRef, outer *block) (*source, error) {
	r, err := b.query(f.Query, outer, false)
	if err != nil {
		return nil, err
	}
	if err := renameColumns(r, f.Columns); err != nil {
		return nil, err
	}
	if f.Query.Limit != nil {
		for i := range r.cols {
			r.cols[i].origin = ""
		}
	}
	return &source{r.node, []*relation{b.asRelation(r, lower(f.Alias))}}, nil
}

// tableRef resolves a name to a CTE, a view or a table.
func (b *builder) tableRef(f *ast.TableRef) (*source, error) {
	name := lower(f.Name.Name)
	alias := name
	b.trace.alias(f.Alias)
	if f.Alias != nil {
		alias = lower(f.Alias)
	}
	if f.Name.DB == nil && f.Name.Meta == nil {
		if d := b.ctes.find(name); d != nil {
			rel, node, err := b.cte(d, alias)
			if err != nil {
				return nil, err
			}
			return &source{node, []*relation{rel}}, nil
		}
	}
	if f.Name.Meta != nil && f.AsOf == nil && !b.hive3() {
		return nil, sqlerr.New(sqlerr.InvalidTable, "'"+f.Name.Meta.Name+"'")
	}
	if f.Name.Meta != nil || f.AsOf != nil {
		return nil, sqlerr.Semanticf("Time travel and metadata tables are not supported for table %s", name)
	}
	t, err := b.table(f.Name)
	if err != nil {
		return nil, err
	}
	b.trace.table(f.Name, t)
	if t.Rows != nil {
		return b.rows(t, alias)
	}
	if t.Kind == catalog.View || t.Kind == catalog.MaterializedView && t.ViewText != "" && t.Location == "" {
		return b.view(t, alias)
	}
	s := b.scan(t, alias)
	if f.Sample != nil {
		return s, b.sample(f.Sample, s, t)
	}
	b.testSample(s, t)
	return s, nil
}

// table looks a table up in the catalog.
func (b *builder) table(n *ast.TableName) (*catalog.Table, error) {
	db := b.db
	if n.DB != nil {
		db = lower(n.DB)
	}
	t, err := b.env.Catalog.Table(b.ctx, db, lower(n.Name))
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, sqlerr.At(sqlerr.InvalidTable, n.Position())
	}
	return t, err
}

func (b *builder) scan(t *catalog.Table, alias string) *source {
	s := &plan.Scan{Table: t, Alias: alias}
	rel := &relation{alias: alias, scan: s}
	add := func(c catalog.Column, source int) {
		col := b.column(c.Name, c.Type)
		s.Cols = append(s.Cols, col)
		s.Source = append(s.Source, source)
		rel.cols = append(rel.cols, scopeColumn{col: col, name: c.Name, origin: c.Name})
	}
	for i, c := range t.Columns {
		add(c, i)
	}
	for i, c := range t.PartitionKeys {
		add(c, len(t.Columns)+i)
	}
	return &source{s, []*relation{rel}}
}

// rows is the source of a table that has its rows at hand.
func (b *builder) rows(t *catalog.Table, alias string) (*source, error) {
	rows, err := t.Rows(b.ctx)
	if err != nil {
		return nil, fmt.Errorf("reading %s.%s: %w", t.DB, t.Name, err)
	}
	v := &plan.Values{}
	rel := &relation{alias: alias}
	for _, c := range t.Columns {
		col := b.column(c.Name, c.Type)
		v.Cols = append(v.Cols, col)
		rel.cols = append(rel.cols, scopeColumn{col: col, name: c.Name, origin: c.Name})
	}
	for _, r := range rows {
		row := make([]plan.Expr, len(r))
		for i, d := range r {
			row[i] = &plan.Literal{Value: d, T: t.Columns[i].Type}
		}
		v.Rows = append(v.Rows, row)
	}
	return &source{v, []*relation{rel}}, nil
}

// checkAliases refuses two items of one name.
func checkAliases(left, right []*relation, item ast.FromItem) error {
	for _, r := range right {
		for _, l := range left {
			if l.alias == r.alias && l.alias != "" {
				return sqlerr.At(sqlerr.AmbiguousTableAlias, aliasPlace(item).Position())
			}
		}
	}
	return nil
}

// aliasPlace is where the item's name stands.
func aliasPlace(item ast.FromItem) ast.Node {
	switch f := item.(type) {
	case *ast.TableRef:
		if f.Alias != nil {
			return f.Alias
		}
		return f.Name
	case *ast.SubqueryRef:
		if f.Alias != nil {
			return f.Alias
		}
	case *ast.LateralView:
		if f.Alias != nil {
			return f.Alias
		}
	}
	return item
}

var joinKinds = map[ast.JoinKind]plan.JoinKind{
	ast.InnerJoin: plan.InnerJoin, ast.CommaJoin: plan.InnerJoin, ast.CrossJoin: plan.InnerJoin, ast.LeftJoin: plan.LeftJoin,
	ast.RightJoin: plan.RightJoin, ast.FullJoin: plan.FullJoin, ast.LeftSemiJoin: plan.SemiJoin, ast.LeftAntiJoin: plan.AntiJoin,
}

func (b *builder) join(f *ast.Join, outer *block) (*source, error) {
	left, err := b.from(f.Left, outer)
	if err != nil {
		return nil, err
	}
	right, err := b.from(f.Right, outer)
	if err != nil {
		return nil, err
	}
	if err := checkAliases(left.rels, right.rels, f.Right); err != nil {
		return nil, err
	}
	j := &plan.Join{Kind: joinKinds[f.Kind], Left: left.node, Right: right.node}
	rels := append(left.rels[:len(left.rels):len(left.rels)], right.rels...)
	if len(f.Using) > 0 {
		b.trace.alias(f.Using...)
		return b.using(f, j, left, right, outer)
	}
	if f.On != nil {
		on := b.newBlock(outer)
		on.scope.rels = rels
		on.inOn, on.onLeft, on.onKeys = true, len(left.rels), map[ast.Node]bool{}
		joinKeys(f.On, on.onKeys)
		v, err := on.exprs(0).expr(f.On)
		if err != nil {
			return nil, err
		}
		if v, err = on.exprs(0).condition(v); err != nil {
			return nil, err
		}
		j.Residual = tested(v)
	}
	if j.Kind == plan.SemiJoin || j.Kind == plan.AntiJoin {
		rels = left.rels
	}
	return &source{j, rels}, nil
}

// joinKeys collects the equalities that are conjuncts of an ON condition.
func joinKeys(e ast.Expr, keys map[ast.Node]bool) {
	for {
		b, ok := e.(*ast.Binary)
		if !ok {
			return
		}
		switch b.Op {
		case ast.OpEq, ast.OpNullSafe:
			keys[b] = true
		case ast.OpAnd:
			joinKeys(b.Right, keys)
			e = b.Left
			continue
		}
		return
	}
}

// joins reports whether at is an equality of ON with one side over the left relations and the other over the right ones.
func (x *exprs) joins(at ast.Node, l, r plan.Expr) bool {
	if !x.onKeys[at] {
		return false
	}
	side := func(e plan.Expr) (sides int) {
		refs := plan.ColumnSet{}
		plan.Refs(e, refs)
		for i, rel := range x.scope.rels {
			for _, c := range rel.cols {
				if refs.Has(c.col.ID) {
					if i < x.onLeft {
						sides |= 1
					} else {
						sides |= 2
					}
				}
			}
		}
		return sides
	}
	return side(l)+side(r) == 3 && side(l) != 0 && side(r) != 0
}

// using joins on equal names and merges each pair of columns into one.
func (b *builder) using(f *ast.Join, j *plan.Join, left, right *source, outer *block) (*source, error) {
	var conds []plan.Expr
	semi := j.Kind == plan.SemiJoin || j.Kind == plan.AntiJoin
	merged := &relation{using: true}
	coalesced := &plan.Project{}
	for _, r := range append(left.rels[:len(left.rels):len(left.rels)], right.rels...) {
		for i := range r.cols {
			if r.cols[i].lead > 0 { // of a join before
				r.cols[i].lead += len(f.Using)
			}
		}
	}
	for place, id := range f.Using {
		name := lower(id)
		side := func(s *source) (*scopeColumn, *relation, plan.Expr, error) {
			c, r, err := b.lookup(&scope{rels: s.rels}, name)
			if err != nil {
				return nil, nil, nil, err
			}
			if c == nil && !b.hive3() { // takes the name for a function
				return nil, nil, nil, sqlerr.At(sqlerr.InvalidFunction, id.Position())
			}
			if c == nil {
				return nil, nil, nil, unknownName(&scope{rels: s.rels}, id, name)
			}
			return c, r, plan.NewColumnRef(c.col), nil
		}
		lc, _, l, err := side(left)
		if err != nil {
			return nil, err
		}
		rc, _, r, err := side(right)
		if err != nil {
			return nil, err
		}
		blk := b.newBlock(outer)
		eq, err := blk.exprs(0).comparison(f, "=", l, r, nil, nil)
		if err != nil {
			return nil, err
		}
		conds = append(conds, eq)
		if semi {
			continue
		}
		shown := lc
		switch j.Kind {
		case plan.RightJoin:
			lc.hidden, shown = true, rc
		case plan.FullJoin:
			v, err := blk.exprs(0).apply(f, "coalesce", nil, []plan.Expr{l, r})
			if err != nil {
				return nil, err
			}
			col := b.column(name, v.Type())
			coalesced.Exprs = append(coalesced.Exprs, plan.Assign{Column: col, Expr: v})
			merged.cols = append(merged.cols, scopeColumn{col: col, name: name})
			lc.hidden, rc.hidden = true, true
		default:
			rc.hidden = true
		}
		shown.lead = place + 1
	}
	j.Residual = plan.And(conds...)
	if semi {
		return &source{j, left.rels}, nil
	}
	rels := append(left.rels[:len(left.rels):len(left.rels)], right.rels...)
	if len(merged.cols) == 0 {
		return &source{j, rels}, nil
	}
	coalesced.Input = j
	coalesced.Exprs = append(coalesced.Exprs, passThrough(j.Columns())...)
	return &source{coalesced, append([]*relation{merged}, rels...)}, nil
}

// lateralView adds a table function's output to every row of s.
func (b *builder) lateralView(f *ast.LateralView, s *source, outer *block) (*source, error) {
	blk := b.newBlock(outer)
	blk.scope.rels = s.rels
	x := blk.exprs(0)
	g := &plan.Generate{Input: s.node, Outer: f.Outer}
	var fields []types.Field
	var err error
	if f.Values != nil {
		g.Func = "inline"
		var rows plan.Expr
		if rows, err = x.valuesArray(f.Values); err != nil {
			return nil, err
		}
		g.Args = []plan.Expr{rows}
		fields = rows.Type().Elem.Fields
	} else if g.Func, g.Args, fields, err = x.tableFunction(f.Call); err != nil {
		if !b.hive3() && len(f.Columns) > 0 && sqlerr.CodeOf(err) == sqlerr.InvalidFunction { // counts the columns of nothing first
			return nil, sqlerr.Semanticf("%s", generated(f.Alias, sqlerr.Text(sqlerr.InvalidAs)))
		}
		return nil, err
	}
	if len(f.Columns) > 0 && len(f.Columns) != len(fields) {
		return nil, aliasMismatch(len(fields), len(f.Columns))
	}
	b.trace.alias(append([]*ast.Ident{f.Alias}, f.Columns...)...)
	rel := &relation{alias: lower(f.Alias)}
	for i, fd := range fields {
		name := fd.Name
		if len(f.Columns) > 0 {
			name = lower(f.Columns[i])
		}
		c := b.column(name, fd.Type)
		g.Outputs = append(g.Outputs, c)
		rel.cols = append(rel.cols, scopeColumn{col: c, name: name})
	}
	// A view with the alias of one before adds to it; repeated columns hide those before.
	rels := make([]*relation, 0, len(s.rels)+1)
	for _, r := range s.rels {
		if r.alias != rel.alias || rel.alias == "" {
			rels = append(rels, r)
			continue
		}
		var kept []scopeColumn
		for _, c := range r.cols {
			if rel.find(c.name) == nil {
				kept = append(kept, c)
			}
		}
		rel.cols = append(kept, rel.cols...)
	}
	return &source{g, append(rels, rel)}, nil
}

func aliasMismatch(want, got int) error {
	return sqlerr.CodedSemanticf(sqlerr.UDTFAliasMismatch, "%s expected %d aliases but got %d", sqlerr.Text(sqlerr.UDTFAliasMismatch), want, got)
}

// tableFunction resolves a call of a table function.
func (x *exprs) tableFunction(e *ast.Call) (string, []plan.Expr, []types.Field, error) {
	f, ok := function.Known(lower(e.Name.Name), x.hive3())
	if !ok || e.Name.DB != nil {
		return "", nil, nil, sqlerr.At(sqlerr.InvalidFunction, e.Name.Position())
	}
	if f.Kind&function.Table == 0 {
		return "", nil, nil, sqlerr.At(sqlerr.InvalidFunction, e.Name.Position())
	}
	if e.Distinct {
		return "", nil, nil, sqlerr.Semanticf("%s", generated(e, sqlerr.Text(sqlerr.DistinctNotSupported)))
	}
	args, err := x.list(writtenArgs(e), e)
	if err != nil {
		return "", nil, nil, err
	}
	r, err := f.Resolve(&x.b.a.resolve, x.arguments(args), false)
	if err != nil {
		return "", nil, nil, argumentError(err, e, e.Args)
	}
	name := f.Name
	if r.Func != "" {
		name = r.Func
	}
	return name, castAll(args, r.Args), r.Outputs, nil
}

// valuesArray builds the rows of VALUES as an array of structs.
func (x *exprs) valuesArray(v *ast.Values) (plan.Expr, error) {
	rows := make([]plan.Expr, len(v.Rows))
	for i, r := range v.Rows {
		var err error
		if rows[i], err = x.invoke(r, "struct", r.Items...); err != nil {
			return nil, err
		}
	}
	return x.apply(v, "array", nil, rows)
}

// partitionedFunction handles the table functions over partitions: matchpath, and those that pass their input through, which exist to
// exercise windowing.
func (b *builder) partitionedFunction(f *ast.PTFRef, outer *block) (*source, error) {
	name := lower(f.Name)
	switch name {
	case plan.MatchPath, "noop", "noopwithmap", "noopstreaming", "noopwithmapstreaming", "windowingtablefunction":
	default:
		return nil, sqlerr.At(sqlerr.InvalidFunction, f.Name.Position())
	}
	s, err := b.from(f.Input, outer)
	if err != nil {
		return nil, err
	}
	blk := b.newBlock(outer)
	blk.scope.rels = s.rels
	x := blk.exprs(0)
	var partitionBy []plan.Expr
	var orderBy []plan.SortKey
	if p := f.Partitioning; p != nil {
		if partitionBy, err = x.list(append(p.PartitionBy[:len(p.PartitionBy):len(p.PartitionBy)], p.ClusterBy...), nil); err != nil {
			return nil, err
		}
		if orderBy, err = x.sortKeys(p.OrderBy); err != nil {
			return nil, err
		}
	}
	if name == plan.MatchPath {
		return b.matchPath(f, s, partitionBy, orderBy, outer)
	}
	rel := &relation{alias: lower(f.Alias)}
	for _, r := range s.rels {
		rel.cols = append(rel.cols, r.cols...)
	}
	if rel.alias == "" {
		rel.alias = s.rels[0].alias
	}
	return &source{s.node, []*relation{rel}}, nil
}
