package analyzer

import (
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

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
	if t.table, err = b.table(TestTarget(b.env.Conf, s.Table)); err != nil {
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
	if t.table.Kind == catalog.View || t.table.Kind == catalog.MaterializedView && !b.rebuilds(t.table) {
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

// rebuilds reports whether the statement may write the materialized view t.
func (b *builder) rebuilds(t *catalog.Table) bool { return b.env.Rebuilds != nil && b.env.Rebuilds(t) }

// partitionSpec resolves PARTITION (…) into static values and dynamic keys.
func (b *builder) partitionSpec(t *insertTarget) error {
	keys := t.table.PartitionKeys
	spec := t.ast.Partition
	if spec == nil {
		if len(keys) == 0 {
			return nil
		}
		t.dynamic = keys
		switch {
		case b.rebuilds(t.table):
			return nil
		case b.hive3():
			return sqlerr.At(sqlerr.NeedPartitionError, t.ast.Table.Position())
		}
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
			return sqlerr.At(sqlerr.InvalidPartition, ast.SpecPlace{Spec: spec})
		case v.Value == nil:
			t.dynamic = append(t.dynamic, k)
		case len(t.static) < i:
			return sqlerr.At(sqlerr.PartitionDynStaOrder, ast.SpecPlace{Spec: spec})
		default:
			text, err := b.staticValue(v, k)
			if err != nil {
				return err
			}
			t.static = append(t.static, text)
		}
	}
	if slices.Contains(t.static, "") {
		if len(t.dynamic) > 0 {
			return sqlerr.Plain(sqlerr.IllegalArgumentException, "Can not create a Path from an empty string")
		}
		return sqlerr.At(sqlerr.InvalidPartition, ast.SpecPlace{Spec: spec})
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
		place = ast.SpecPlace{Spec: t.ast.Partition}
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
		if !b.hive3() {
			return "", sqlerr.New(sqlerr.PartitionSpecTypeMismatch, k.Name, e.Type().String(), k.Type.String())
		}
		return b.env.Conf.Get("hive.exec.default.partition.name"), nil
	}
	if l, ok := v.Value.(*ast.Literal); ok && !b.env.Conf.Bool("hive.typecheck.on.insert") && !k.Type.IsString() {
		return l.Raw(), nil
	}
	to := castTo(e, types.StringType)
	if !k.Type.IsString() {
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
