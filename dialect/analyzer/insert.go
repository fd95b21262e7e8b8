package analyzer

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/printer"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
)

// AnalyzeInsert analyses INSERT with one target.
func (a *Analyzer) AnalyzeInsert(ctx context.Context, s *ast.Insert) (*plan.Insert, error) {
	b := a.newBuilder(ctx)
	if err := b.with(s.With); err != nil {
		return nil, err
	}
	_, values := s.Query.Body.(*ast.Values)
	t, err := b.target(s.Target, values)
	if err != nil {
		if sqlerr.CodeOf(err) == sqlerr.InvalidTable { // Hive looks for the tables of the query first
			if _, other := b.query(s.Query, nil, true); sqlerr.CodeOf(other) == sqlerr.InvalidTable {
				return nil, other
			}
		}
		return nil, err
	}
	q := s.Query
	if v, ok := q.Body.(*ast.Values); ok && t.table != nil {
		if q, err = b.fillDefaults(q, v, t); err != nil {
			return nil, err
		}
	}
	r, err := b.query(q, nil, true)
	if err != nil {
		return nil, err
	}
	br, err := b.insertBranch(t, q, r)
	if err != nil {
		return nil, err
	}
	return b.finishInsert([]plan.InsertBranch{*br})
}

// oneReducer refuses grouping sets in branches that group by the same keys, which Hive aggregates together.
func (a *Analyzer) oneReducer(s *ast.MultiInsert) error {
	if !a.env.Conf.Bool("hive.multigroupby.singlereducer") || a.env.Conf.Bool("hive.groupby.skewindata") {
		return nil
	}
	var groups []*ast.GroupBy
	for _, b := range s.Branches {
		if sel, ok := b.Query.Body.(*ast.Select); ok && sel.GroupBy != nil {
			groups = append(groups, sel.GroupBy)
		}
	}
	for i, g := range groups {
		for _, o := range groups[:i] {
			same := slices.EqualFunc(g.Exprs, o.Exprs, func(x, y ast.Expr) bool { return printer.Expr(x) == printer.Expr(y) })
			if same && (g.Kind != ast.GroupPlain || o.Kind != ast.GroupPlain) {
				return sqlerr.New(sqlerr.HiveGroupingSetsAggrNomapaggrMultigby)
			}
		}
	}
	return nil
}

// AnalyzeMultiInsert analyses FROM source INSERT … INSERT …; the branches share the source.
func (a *Analyzer) AnalyzeMultiInsert(ctx context.Context, s *ast.MultiInsert) (*plan.Insert, error) {
	b := a.newBuilder(ctx)
	if err := b.with(s.With); err != nil {
		return nil, err
	}
	src, err := b.from(s.From, nil)
	if err != nil {
		return nil, err
	}
	def := b.newShared("_source", src.node)
	b.order = append(b.order, def)
	var branches []plan.InsertBranch
	if err := a.oneReducer(s); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, ib := range s.Branches {
		sel, ok := ib.Query.Body.(*ast.Select)
		if ib.Target == nil || !ok {
			return nil, sqlerr.Semanticf("A SELECT without INSERT is not supported in a multi-insert")
		}
		t, err := b.target(ib.Target, false)
		if err != nil {
			return nil, err
		}
		if id := t.identity(); id != "" && seen[id] {
			return nil, sqlerr.New(sqlerr.OutputSpecifiedMultipleTimes, t.outputName())
		} else {
			seen[id] = true
		}
		in := b.again(def, src)
		if ib.LateralView != nil {
			if in, err = b.lateralOver(ib.LateralView, in); err != nil {
				return nil, err
			}
		}
		blk := b.newBlock(nil)
		blk.scope.rels = in.rels
		r, err := b.selectOver(ib.Query, sel, blk, in.node, true)
		if err != nil {
			return nil, err
		}
		br, err := b.insertBranch(t, ib.Query, r)
		if err != nil {
			return nil, err
		}
		branches = append(branches, *br)
	}
	return b.finishInsert(branches)
}

func (b *builder) finishInsert(branches []plan.InsertBranch) (*plan.Insert, error) {
	roots := make([]plan.Node, len(branches))
	for i := range branches {
		roots[i] = branches[i].Root
	}
	roots, err := b.finishAll(roots)
	if err != nil {
		return nil, err
	}
	for i := range branches {
		branches[i].Root = roots[i]
	}
	return &plan.Insert{Branches: branches}, nil
}

// again is the multi-insert's source under new columns.
func (b *builder) again(def *plan.SharedDef, src *source) *source {
	b.defs[def]++
	s := &plan.Shared{Def: def}
	m := map[plan.ColumnID]plan.Column{}
	for _, c := range def.Plan.Columns() {
		n := b.column(c.Name, c.Type)
		s.Cols = append(s.Cols, n)
		m[c.ID] = n
	}
	out := &source{node: s}
	for _, r := range src.rels {
		c := &relation{alias: r.alias, using: r.using, cols: append([]scopeColumn(nil), r.cols...)}
		for i := range c.cols {
			c.cols[i].col = m[c.cols[i].col.ID]
		}
		out.rels = append(out.rels, c)
	}
	return out
}

// lateralOver applies a chain of lateral views whose innermost source is s.
func (b *builder) lateralOver(f *ast.LateralView, s *source) (*source, error) {
	if inner, ok := f.Source.(*ast.LateralView); ok && inner != nil {
		var err error
		if s, err = b.lateralOver(inner, s); err != nil {
			return nil, err
		}
	}
	return b.lateralView(f, s, nil)
}

// fillDefaults replaces DEFAULT in VALUES by the column's default.
func (b *builder) fillDefaults(q *ast.Query, v *ast.Values, t *insertTarget) (*ast.Query, error) {
	cols := t.targetColumns()
	names := t.columns
	if names == nil {
		for _, c := range cols {
			names = append(names, c.Name)
		}
	}
	out := &ast.Values{Pos: v.Pos}
	changed := false
	for _, row := range v.Rows {
		r := &ast.Row{Pos: row.Pos, Items: append([]ast.Expr(nil), row.Items...)}
		for i, e := range r.Items {
			d, ok := e.(*ast.DefaultValue)
			if !ok || i >= len(names) {
				continue
			}
			changed = true
			r.Items[i] = &ast.Literal{Pos: d.Pos, Kind: ast.LitNull, Value: "null"}
			for _, c := range cols {
				if c.Name == names[i] && c.Default != "" {
					var err error
					if r.Items[i], err = b.defaultExpr(c); err != nil {
						return nil, err
					}
				}
			}
		}
		out.Rows = append(out.Rows, r)
	}
	if !changed {
		return q, nil
	}
	c := *q
	c.Body = out
	return &c, nil
}

// defaultExpr parses a column's default.
func (b *builder) defaultExpr(c catalog.Column) (ast.Expr, error) {
	q, err := b.env.ParseQuery("select " + c.Default)
	if err != nil {
		return nil, sqlerr.Semanticf("Error while parsing default value: %s. Error message: %s", c.Default, err.Error())
	}
	s, ok := q.Body.(*ast.Select)
	if !ok || len(s.Items) != 1 {
		return nil, sqlerr.Semanticf("Error while parsing default value: %s", c.Default)
	}
	return s.Items[0].Expr, nil
}

// insertBranch fits the query's columns to the target.
func (b *builder) insertBranch(t *insertTarget, q *ast.Query, r *result) (*plan.InsertBranch, error) {
	if t.table == nil {
		return b.directory(t, r)
	}
	cols := t.targetColumns()
	from := make([]plan.Expr, len(cols))
	if t.columns != nil {
		if len(t.columns) != len(r.cols) {
			return nil, sqlerr.Semanticf("%s", generated(selectPlace(q), "Expected "+strconv.Itoa(len(t.columns))+" columns for insclause-0/"+
				t.table.DB+"@"+t.table.Name+"; select produces "+strconv.Itoa(len(r.cols))+" columns"))
		}
		if err := b.byName(t, cols, from, r); err != nil {
			return nil, err
		}
	} else {
		if len(cols) != len(r.cols) {
			return nil, sqlerr.AtReason(sqlerr.TargetTableColumnMismatch, targetPlace{t.ast}, "Table insclause-0 has "+strconv.Itoa(len(cols))+
				" columns, but query has "+strconv.Itoa(len(r.cols))+" columns.")
		}
		for i := range cols {
			from[i] = plan.NewColumnRef(r.cols[i].col)
		}
	}
	p := &plan.Project{Input: r.node}
	var notNull []plan.Expr
	for i, c := range cols {
		have := from[i].Type()
		if !have.Equal(c.Type) {
			var bad *function.ArgError
			if err := function.CheckCast(&b.a.resolve, have, c.Type); c.Type.IsPrimitive() && errors.As(err, &bad) {
				return nil, sqlerr.Plain(bad.Exception(), bad.Reason)
			}
			if !have.IsPrimitive() || !c.Type.IsPrimitive() {
				return nil, sqlerr.AtReason(sqlerr.TargetTableColumnMismatch, targetPlace{t.ast},
					"Cannot convert column "+strconv.Itoa(i)+" from "+have.String()+" to "+c.Type.String()+".")
			}
		}
		col := b.column(c.Name, c.Type)
		p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: castTo(from[i], c.Type)})
		if c.NotNull {
			notNull = append(notNull, isNotNull(plan.NewColumnRef(col)))
		}
	}
	checks, err := b.checks(t.table, cols, p.Columns())
	if err != nil {
		return nil, err
	}
	notNull = append(notNull, checks...)
	var root plan.Node = p
	if len(notNull) > 0 {
		root = &plan.Filter{Input: p, Cond: &plan.Call{Func: "enforce_constraint", Args: []plan.Expr{plan.And(notNull...)}, T: types.BooleanType}}
	}
	return &plan.InsertBranch{Root: root, Table: t.table, Overwrite: t.ast.Overwrite, Static: t.static, IfNotExists: t.ast.IfNotExists}, nil
}

// byName arranges the query's columns by the target's column list; what the list leaves out gets its default or NULL.
func (b *builder) byName(t *insertTarget, cols []catalog.Column, from []plan.Expr, r *result) error {
	x := b.newBlock(nil).exprs(0)
	for i, c := range cols {
		for k, name := range t.columns {
			if name == c.Name {
				from[i] = plan.NewColumnRef(r.cols[k].col)
			}
		}
		if from[i] != nil {
			continue
		}
		from[i] = nullLiteral(c.Type)
		if c.Default != "" {
			e, err := b.defaultExpr(c)
			if err != nil {
				return err
			}
			if from[i], err = x.expr(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// selectPlace is where the select list of q stands.
func selectPlace(q *ast.Query) ast.Node {
	if s, ok := q.Body.(*ast.Select); ok && len(s.Items) > 0 {
		return s.Items[0]
	}
	return q.Body
}

// targetPlace is an insert target's place: the table's name with the text of the last part of its partition spec.
type targetPlace struct{ t *ast.InsertTarget }

// Where implements sqlerr.Locator.
func (p targetPlace) Where() (line, col int, token string) {
	line, col, token = p.t.Table.Where()
	if p.t.Partition != nil {
		_, _, token = ast.SpecPlace{Spec: p.t.Partition}.Where()
	}
	return line, col, token
}

// directory is INSERT OVERWRITE [LOCAL] DIRECTORY.
func (b *builder) directory(t *insertTarget, r *result) (*plan.InsertBranch, error) {
	d := t.ast.Directory
	name := b.env.Conf.Get("hive.default.fileformat")
	if d.FileFormat != nil && d.FileFormat.Name != nil {
		name = d.FileFormat.Name.Name
	}
	f, ok := storage.ByName(name)
	if !ok {
		return nil, sqlerr.Semanticf("Unrecognized file format in STORED AS clause: '%s'", name)
	}
	out := &plan.Directory{Path: d.Path.Value, Local: d.Local, InputFormat: f.InputFormat, OutputFormat: f.OutputFormat, SerDe: f.SerDe,
		Properties: map[string]string{}}
	if d.FileFormat != nil && d.FileFormat.InputFormat != nil {
		out.InputFormat, out.OutputFormat = d.FileFormat.InputFormat.Value, d.FileFormat.OutputFormat.Value
	}
	if d.RowFormat != nil {
		serde, props := rowFormatProperties(d.RowFormat)
		if serde != "" {
			out.SerDe = serde
		}
		out.Properties = props
	}
	p := &plan.Project{Input: r.node}
	for i, c := range r.cols {
		ty := c.col.Type
		if ty.Kind == types.Void {
			ty = types.StringType
		}
		name := "_col" + strconv.Itoa(i)
		p.Exprs = append(p.Exprs, plan.Assign{Column: b.column(name, ty), Expr: castTo(plan.NewColumnRef(c.col), ty)})
		out.Columns = append(out.Columns, catalog.Column{Name: name, Type: ty})
	}
	return &plan.InsertBranch{Root: p, Overwrite: t.ast.Overwrite, Directory: out}, nil
}

// AnalyzeConst evaluates a constant expression as a value of type t, or of its own type when t is nil.
func (a *Analyzer) AnalyzeConst(ctx context.Context, e ast.Expr, t *types.Type) (types.Datum, *types.Type, error) {
	x := a.newBuilder(ctx).newBlock(nil).exprs(0)
	v, err := x.expr(e)
	if err != nil {
		return types.Datum{}, nil, err
	}
	if t == nil {
		t = v.Type()
	}
	d, err := x.fold(castTo(v, t))
	if err != nil {
		return types.Datum{}, nil, err
	}
	if d == nil {
		return types.Datum{}, nil, sqlerr.Semanticf("%s", generated(e, "A constant expression is expected"))
	}
	return *d, t, nil
}
