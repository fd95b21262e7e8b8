package analyzer

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

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

// insertTarget is a resolved target: a table with its partition spec, or a directory.
type insertTarget struct {
	ast     *ast.InsertTarget
	table   *catalog.Table
	static  []string
	dynamic []catalog.Column
	columns []string // the column list, or nil
}

// identity names what is written; "" when two inserts may share it.
func (t *insertTarget) identity() string {
	if t.table == nil {
		return "dir:" + t.ast.Directory.Path.Value
	}
	if len(t.dynamic) > 0 {
		return ""
	}
	return t.table.DB + "." + t.table.Name + "/" + strings.Join(t.static, "/")
}

func (t *insertTarget) outputName() string {
	if t.table == nil {
		return t.ast.Directory.Path.Value
	}
	name := t.table.Name
	for i, v := range t.static {
		name += "@" + t.table.PartitionKeys[i].Name + "=" + v
	}
	return name
}

// target resolves what an INSERT writes; values says that the rows are those of VALUES, for which Hive reports a missing table otherwise.
func (b *builder) target(s *ast.InsertTarget, values bool) (*insertTarget, error) {
	t := &insertTarget{ast: s}
	if s.Directory != nil {
		return t, nil
	}
	var err error
	if t.table, err = b.table(s.Table); err != nil {
		if sqlerr.CodeOf(err) == sqlerr.InvalidTable && (s.Columns != nil || values) {
			kind := sqlerr.SemanticException
			if s.Columns == nil {
				kind = sqlerr.RuntimeException
			}
			name := s.Table.Name.Name
			if s.Table.DB != nil {
				name = s.Table.DB.Name + "." + name
			}
			return nil, sqlerr.Plain(kind, "org.apache.hadoop.hive.ql.metadata.InvalidTableException: Table not found "+name)
		}
		return nil, err
	}
	if t.table.Kind == catalog.View || t.table.Kind == catalog.MaterializedView {
		return nil, sqlerr.New(sqlerr.DMLAgainstView)
	}
	if t.table.Kind == catalog.External && !b.env.Conf.Bool("hive.insert.into.external.tables") {
		return nil, sqlerr.New(sqlerr.InsertExternalTable, t.table.Name)
	}
	if err := b.partitionSpec(t); err != nil {
		return nil, err
	}
	return t, b.columnList(t)
}

// specPlace is where Hive reports errors of a partition spec: its first name, with the text of its last part.
type specPlace struct{ s *ast.PartitionSpec }

// Where implements sqlerr.Locator.
func (p specPlace) Where() (line, col int, token string) {
	line, col, _ = p.s.Values[0].Name.Where()
	last := p.s.Values[len(p.s.Values)-1]
	if last.Value != nil {
		return line, col, last.Value.Position().Token
	}
	return line, col, last.Name.Token
}

// partitionSpec resolves PARTITION (…) into static values and dynamic keys.
func (b *builder) partitionSpec(t *insertTarget) error {
	keys := t.table.PartitionKeys
	spec := t.ast.Partition
	if spec == nil {
		if len(keys) == 0 {
			return nil
		}
		if b.hive3() {
			return sqlerr.At(sqlerr.NeedPartitionError, t.ast.Table.Position())
		}
		t.dynamic = keys
		return b.checkDynamic(t)
	}
	given := map[string]*ast.PartitionValue{}
	for _, v := range spec.Values {
		name := lower(v.Name)
		given[name] = v
		known := false
		for _, k := range keys {
			known = known || k.Name == name
		}
		if !known {
			return sqlerr.Plain("ValidationFailureSemanticException", t.table.DB+"."+t.table.Name+": Partition spec "+specText(spec, false)+
				" contains non-partition columns")
		}
	}
	for i, k := range keys {
		v := given[k.Name]
		switch {
		case v == nil:
			return sqlerr.At(sqlerr.InvalidPartition, specPlace{spec})
		case v.Value == nil:
			t.dynamic = append(t.dynamic, k)
		case len(t.static) < i:
			return sqlerr.At(sqlerr.PartitionDynStaOrder, specPlace{spec})
		default:
			text, err := b.staticValue(v, k)
			if err != nil {
				return err
			}
			t.static = append(t.static, text)
		}
	}
	if t.ast.IfNotExists && len(t.dynamic) > 0 {
		return sqlerr.New(sqlerr.InsertIntoDynamicpartitionIfnotexists, specText(spec, true))
	}
	if len(t.dynamic) > 0 {
		return b.checkDynamic(t)
	}
	return nil
}

// specText renders a partition spec as Hive's messages do, optionally without the dynamic keys.
func specText(s *ast.PartitionSpec, static bool) string {
	var parts []string
	for i := len(s.Values) - 1; i >= 0; i-- {
		v := s.Values[i]
		if static && v.Value == nil {
			continue
		}
		text := lower(v.Name) + "="
		if l, ok := v.Value.(*ast.Literal); ok {
			text += l.Value
		}
		parts = append(parts, text)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// checkDynamic applies the settings about dynamic partitions.
func (b *builder) checkDynamic(t *insertTarget) error {
	conf := b.env.Conf
	place := sqlerr.Locator(t.ast.Table.Position())
	if t.ast.Partition != nil {
		place = specPlace{t.ast.Partition}
	}
	if !conf.Bool("hive.exec.dynamic.partition") {
		return sqlerr.At(sqlerr.DynamicPartitionDisabled, place)
	}
	if len(t.static) == 0 && strings.EqualFold(conf.Get("hive.exec.dynamic.partition.mode"), "strict") {
		return sqlerr.At(sqlerr.DynamicPartitionStrictMode, place)
	}
	return nil
}

// staticValue is a partition value as the metastore keeps it: cast to the key's type where the session checks that.
func (b *builder) staticValue(v *ast.PartitionValue, k catalog.Column) (string, error) {
	text, err := b.staticText(v, k)
	if k.Type.Kind == types.Boolean {
		text = strings.ToLower(text) // names of partitions hold Java's spelling, CAST gives SQL's
	}
	return text, err
}

func (b *builder) staticText(v *ast.PartitionValue, k catalog.Column) (string, error) {
	x := b.newBlock(nil).exprs(0)
	e, err := x.expr(v.Value)
	if err != nil {
		return "", err
	}
	if c := x.constantLiteral(e); c != nil && c.Value.Null {
		return b.env.Conf.Get("hive.exec.default.partition.name"), nil
	}
	to := castTo(e, types.StringType)
	if b.env.Conf.Bool("hive.typecheck.on.insert") && !k.Type.IsString() {
		to = castTo(castTo(e, k.Type), types.StringType)
	}
	text := func(s string) string { // decimals without zeros at the end
		if k.Type.Kind == types.Decimal && strings.Contains(s, ".") {
			return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	if l, ok := to.(*plan.Literal); ok {
		return text(l.Value.S), nil
	}
	d, err := x.fold(to)
	if err != nil {
		return "", err
	}
	if d == nil || d.Null {
		if l, ok := v.Value.(*ast.Literal); ok && d == nil {
			return l.Value, nil
		}
		return "", sqlerr.New(sqlerr.PartitionSpecTypeMismatch, k.Name, e.Type().String(), k.Type.String())
	}
	return text(d.S), nil
}

// columnList checks INSERT INTO t (a, b).
func (b *builder) columnList(t *insertTarget) error {
	if t.ast.Columns == nil {
		return nil
	}
	full := t.table.DB + "." + t.table.Name
	seen := map[string]bool{}
	var unknown []string
	for _, id := range t.ast.Columns {
		name := lower(id)
		if seen[name] {
			return sqlerr.Semanticf("%s", generated(t.ast.Columns[0], "Duplicate column name detected in "+full+" table schema specification"))
		}
		seen[name] = true
		known := false
		for _, c := range t.table.Columns {
			known = known || c.Name == name
		}
		for _, c := range t.dynamic {
			known = known || c.Name == name
		}
		if !known {
			unknown = append(unknown, name)
		}
		t.columns = append(t.columns, name)
	}
	if len(unknown) > 0 {
		text, verb := unknown[0], "is"
		if len(unknown) > 1 {
			text, verb = "["+strings.Join(unknown, ", ")+"]", "are"
		}
		return sqlerr.Semanticf("%s", generated(columnsPlace(t.ast.Columns), "'"+text+"' in insert schema specification "+verb+
			" not found among regular columns of "+full+" nor dynamic partition columns."))
	}
	return nil
}

// columnsPlace is a column list's place: its first name with the text of its last.
func columnsPlace(ids []*ast.Ident) ast.Node {
	p := *ids[0]
	p.Token = ids[len(ids)-1].Token
	return &p
}

// targetColumns are the columns that the rows of t must have: data columns, then dynamic keys.
func (t *insertTarget) targetColumns() []catalog.Column {
	return append(t.table.Columns[:len(t.table.Columns):len(t.table.Columns)], t.dynamic...)
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
		if !have.Equal(c.Type) && (!have.IsPrimitive() || !c.Type.IsPrimitive()) {
			var bad *function.ArgError
			if err := function.CheckCast(&b.a.resolve, have, c.Type); c.Type.IsPrimitive() && errors.As(err, &bad) {
				return nil, sqlerr.Plain("NoMatchingMethodException", bad.Reason)
			}
			return nil, sqlerr.AtReason(sqlerr.TargetTableColumnMismatch, targetPlace{t.ast},
				"Cannot convert column "+strconv.Itoa(i)+" from "+have.String()+" to "+c.Type.String()+".")
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
		_, _, token = specPlace{p.t.Partition}.Where()
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
