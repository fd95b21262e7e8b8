package ddl

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/warehouse"
)

// storageHandler is the property that names the class by which a table that is none of Hive's own is stored.
const storageHandler = "storage_handler"

// NonNative reports whether a table is stored by a class that is none of Hive's own.
func NonNative(t *model.Table) bool { return t.Parameters[storageHandler] != "" }

// discoverPartitions is the property by which the partitions of external tables are found regularly; Hive 3.1, as it was
// distributed, gives it to every new external table.
const discoverPartitions = "discover.partitions"

func (env *Env) createTable(ctx context.Context, s *ast.CreateTable) (*Task, error) {
	if s.Query != nil {
		return nil, nil // CREATE TABLE AS SELECT: the query driver plans it and calls NewTableAs
	}
	exists, err := env.TableExists(ctx, s)
	if err != nil {
		return nil, err
	}
	if exists && s.IfNotExists {
		return nothing, nil
	}
	if s.LikeFile != nil {
		return nil, sqlerr.Semanticf("CREATE TABLE LIKE FILE is not supported yet")
	}
	var t *model.Table
	if s.Like != nil {
		t, err = env.tableLike(ctx, s)
	} else {
		t, err = env.newTable(ctx, s, nil, nil)
	}
	if err != nil {
		return nil, err
	}
	if err := env.ownColumns(ctx, t); err != nil {
		return nil, err
	}
	constraints, err := env.constraints(ctx, s, t)
	if err != nil {
		return nil, err
	}
	if err := env.checkConstraints(t, constraints); err != nil {
		return nil, err
	}
	return done(func(ctx context.Context) error {
		if err := env.checkForeignKeys(ctx, t, constraints); err != nil {
			return err
		}
		return env.Create(ctx, s, t, constraints)
	}), nil
}

// exists reports whether a table of that name would be in the way.
func (env *Env) exists(ctx context.Context, db, name string, temporary bool) (bool, error) {
	if temporary {
		return env.Session.TemporaryTable(db, name) != nil, nil
	}
	_, err := env.Store.Table(ctx, db, name)
	if model.KindOf(err) == model.NoSuchObject {
		return false, nil
	}
	return err == nil, err
}

// Create makes the table's directory and its entry in the catalog or the session.
func (env *Env) Create(ctx context.Context, s *ast.CreateTable, t *model.Table, constraints []model.Constraint) error {
	if s.Temporary && env.Session.TemporaryTable(t.Database, t.Name) != nil {
		if s.IfNotExists {
			return nil
		}
		return env.failed(errors.New("MetaException(message:Temporary table " + t.Database + "." + t.Name + " already exists)"))
	}
	if !s.Temporary {
		switch _, err := env.Store.Table(ctx, t.Database, t.Name); {
		case err == nil && s.IfNotExists:
			return nil
		case err == nil:
			return env.failed(errors.New("AlreadyExistsException(message:Table hive." + t.Database + "." + t.Name + " already exists)"))
		case model.KindOf(err) != model.NoSuchObject:
			return env.failed(err)
		}
	}
	if err := env.newConstraints(ctx, constraints); err != nil {
		return err
	}
	if !env.validTableName(t.Name) {
		return env.failed(errors.New("org.apache.hadoop.hive.ql.metadata.HiveException: [" + t.Name + "]: is not a valid table name"))
	}
	if err := validTransactional(t); err != nil {
		return env.failed(err)
	}
	if !s.Temporary && !env.is31() {
		translate(t)
	}
	if reason := env.strictManaged(t); reason != "" && !s.Temporary {
		return env.failed(errors.New("MetaException(message:" + reason + ")"))
	}
	if t.Location != "" {
		made, err := env.makeDir(ctx, t.Location)
		if err != nil {
			return env.failed(err)
		}
		if !t.IsPartitioned() {
			own := s.Location == nil || s.Temporary || s.Like == nil && (t.Type == model.ManagedTable || !env.is31())
			if err := env.firstStatistics(ctx, t, t.Location, t.Parameters, made, own); err != nil {
				return env.failed(err)
			}
		}
	}
	if s.Temporary {
		env.Session.PutTemporaryTable(t)
		return nil
	}
	return env.update(ctx, func(tx metastore.Tx) error {
		if err := tx.CreateTable(ctx, t); err != nil {
			if s.IfNotExists && model.KindOf(err) == model.AlreadyExists {
				return nil
			}
			return err
		}
		if len(constraints) > 0 {
			return tx.AddConstraints(ctx, t.Database, t.Name, constraints)
		}
		return nil
	})
}

// NewTableAs describes the table that CREATE TABLE AS SELECT creates, with the query's columns.
func (env *Env) NewTableAs(ctx context.Context, s *ast.CreateTable, columns, keys []model.Column) (*model.Table, error) {
	t, err := env.newTable(ctx, s, columns, keys)
	if err == nil && !s.Temporary && !env.is31() {
		translate(t)
	}
	return t, err
}

// TableExists reports whether a table of the name that s wants exists already.
func (env *Env) TableExists(ctx context.Context, s *ast.CreateTable) (bool, error) {
	db, name := env.tableName(s.Name)
	if _, err := env.database(ctx, db); err != nil {
		return false, err
	}
	return env.exists(ctx, db, name, s.Temporary)
}

// AlreadyExists is the error of CREATE TABLE AS SELECT for a name that is taken.
func (env *Env) AlreadyExists(s *ast.CreateTable) error {
	db, name := env.tableName(s.Name)
	return sqlerr.Semanticf("org.apache.hadoop.hive.ql.parse.SemanticException: %s", sqlerr.Text(sqlerr.TableAlreadyExists, db+"."+name))
}

// newTable describes the table that s creates; columns and keys are given for CREATE TABLE AS SELECT.
func (env *Env) newTable(ctx context.Context, s *ast.CreateTable, columns, keys []model.Column) (*model.Table, error) {
	db, name := env.tableName(s.Name)
	d, err := env.database(ctx, db)
	if err != nil {
		return nil, err
	}
	t := &model.Table{
		Database: db, Name: name, Type: model.ManagedTable, Owner: env.Session.UserName(), OwnerType: "USER",
		Parameters: properties(s.Properties), CreateTime: env.Now.Unix(),
	}
	env.defaultParameters(t.Parameters)
	t.Parameters[model.ParamBucketingVersion] = "2"
	if s.Comment != nil {
		t.Parameters[model.ParamComment] = s.Comment.Value
	}
	if s.External {
		t.Type = model.ExternalTable
		t.Parameters[model.ParamExternal] = "TRUE"
		if _, ok := t.Parameters[discoverPartitions]; !ok && env.is31() {
			t.Parameters[discoverPartitions] = "true"
		}
	}
	if s.Transactional && s.External {
		return nil, sqlerr.Semanticf("%s cannot be declared transactional because it's an external table", name)
	}
	_, chosen := transactionalParameters(t.Parameters)
	if t.Parameters["transactional"] == "true" && !env.transactions() {
		return nil, sqlerr.CodedSemanticf(sqlerr.TxnmgrNotACID, "%s. Failed command: %s", sqlerr.Text(sqlerr.TxnmgrNotACID, db, name), env.SQL)
	}
	if s.Query != nil && len(s.Columns) > 0 {
		return nil, sqlerr.New(sqlerr.CTASCollstCoexistence)
	}
	if s.Query != nil && s.External && !env.Session.Conf().Bool("hive.ctas.external.tables") {
		return nil, sqlerr.New(sqlerr.CTASExttblCoexistence)
	}
	if s.Temporary && len(s.PartitionColumns) > 0 {
		return nil, sqlerr.Semanticf("Partition columns are not supported on temporary tables")
	}
	if len(s.PartitionTransforms) > 0 {
		return nil, sqlerr.Semanticf("Partition transforms are only supported by Iceberg storage handler")
	}
	if t.Storage, err = env.storageOf(s.RowFormat, s.FileFormat, s.External); err != nil {
		return nil, err
	}
	if !chosen && !s.External {
		env.asTransactional(s, t)
	}
	seen := map[string]bool{}
	if columns == nil {
		if columns, err = env.columns(s.Columns, seen); err != nil {
			return nil, err
		}
	}
	t.Storage.Columns = columns
	if t.PartitionKeys = keys; s.Query == nil {
		if t.PartitionKeys, err = env.keyColumns(s.PartitionColumns, seen); err != nil {
			return nil, err
		}
	}
	if f := s.FileFormat; f != nil && f.Handler != nil {
		t.Parameters[storageHandler] = f.Handler.Value
	}
	if len(columns) == 0 && s.Query == nil && !ownSchema(t.Storage.SerDe.Library) {
		return nil, sqlerr.New(sqlerr.InvalidTblDDLSerde)
	}
	if err := buckets(t, s.Buckets); err != nil {
		return nil, err
	}
	if sortedByBuckets(t.Storage) {
		t.Parameters["SORTBUCKETCOLSPREFIX"] = "TRUE"
	}
	if s.Skewed != nil {
		if err := env.skew(ctx, t.Storage, s.Skewed); err != nil {
			return nil, err
		}
	}
	switch {
	case s.Location != nil:
		t.Location = absolute(s.Location.Value)
	case s.Temporary:
		t.Location = "file:" + warehouse.TableLocation(&model.Database{Location: env.Session.ScratchDir()}, db+"."+name)
	default:
		t.Location = warehouse.TableLocation(d, name)
	}
	return t, nil
}

// defaultParameters adds the properties that hive.table.parameters.default gives to every new table.
func (env *Env) defaultParameters(params map[string]string) {
	for pair := range strings.SplitSeq(env.Session.Conf().Get("hive.table.parameters.default"), ",") {
		k, v, ok := strings.Cut(pair, "=")
		if _, given := params[k]; ok && !given {
			params[k] = v
		}
	}
}

// ownColumns gives a table the columns that its Avro schema says it has.
func (env *Env) ownColumns(ctx context.Context, t *model.Table) error {
	if t.Storage == nil || t.Storage.SerDe.Library != storage.AvroSerDe {
		return nil
	}
	d, err := env.Session.Describe(ctx, t)
	if err != nil {
		return env.failed(err)
	}
	t.Storage = t.Storage.Clone()
	t.Storage.Columns = nil
	for _, c := range d.Columns {
		t.Storage.Columns = append(t.Storage.Columns, model.Column{Name: c.Name, Type: c.Type.String(), Comment: c.Comment})
	}
	return nil
}

// ownSchema reports whether a SerDe knows the columns itself, so that a table need not declare any: Avro's, and those of
// Java code that this server does not know.
func ownSchema(serde string) bool {
	switch serde {
	case storage.LazySimpleSerDe, storage.ColumnarSerDe, storage.LazyBinaryColumnarSerDe, storage.LazyBinarySerDe, storage.OrcSerDe, storage.ParquetSerDe,
		storage.OpenCSVSerDe, storage.RegexSerDe, storage.JSONSerDe, storage.HCatalogJSONSerDe, storage.MultiDelimitSerDe:
		return false
	}
	return true
}

// absolute gives a path a scheme, as Hive qualifies locations.
func absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return "file:" + path
	}
	if rest, ok := strings.CutPrefix(path, "file:///"); ok {
		return "file:/" + rest
	}
	return strings.TrimSuffix(path, "/")
}

// keyColumns are the partition keys of a new table; seen are the names of its columns.
func (env *Env) keyColumns(defs []*ast.ColumnDef, seen map[string]bool) ([]model.Column, error) {
	own := map[string]bool{}
	keys, err := env.columns(defs, own)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if seen[k.Name] {
			return nil, sqlerr.New(sqlerr.ColumnRepeatedInPartitioningCols)
		}
		if t, err := types.Parse(k.Type); err != nil || !t.IsPrimitive() {
			return nil, sqlerr.New(sqlerr.PartitionColumnNonPrimitive, "Found "+k.Name+" of type: "+k.Type)
		}
	}
	return keys, nil
}

func (env *Env) columns(defs []*ast.ColumnDef, seen map[string]bool) ([]model.Column, error) {
	var out []model.Column
	for _, d := range defs {
		name := strings.ToLower(d.Name.Name)
		if seen[name] {
			return nil, sqlerr.New(sqlerr.DuplicateColumnNames, name)
		}
		seen[name] = true
		t, err := TypeOf(d.Type)
		if err != nil {
			return nil, err
		}
		out = append(out, model.Column{Name: name, Type: declaredType(d.Type, t), Comment: text(d.Comment)})
	}
	return out, nil
}

func buckets(t *model.Table, b *ast.Buckets) error {
	t.Storage.NumBuckets = -1
	if b == nil {
		return nil
	}
	n, err := strconv.Atoi(b.Count.Text)
	if err != nil || n < 0 {
		return sqlerr.New(sqlerr.InvalidBucketNumber)
	}
	t.Storage.NumBuckets = n
	for _, c := range b.Columns {
		t.Storage.BucketColumns = append(t.Storage.BucketColumns, strings.ToLower(c.Name))
	}
	for _, c := range b.Sorted {
		order := model.Ascending
		if c.Order == ast.SortDesc {
			order = model.Descending
		}
		t.Storage.SortColumns = append(t.Storage.SortColumns, model.SortColumn{Column: strings.ToLower(c.Name.Name), Order: order})
	}
	return checkBuckets(t.Storage, t.Storage.Columns)
}

// sortedByBuckets reports whether the leading sort columns are among the bucket columns, as many as these.
func sortedByBuckets(sd *model.StorageDescriptor) bool {
	n := len(sd.BucketColumns)
	if len(sd.SortColumns) == 0 || len(sd.SortColumns) < n {
		return false
	}
	for _, b := range sd.BucketColumns {
		if !slices.ContainsFunc(sd.SortColumns[:n], func(c model.SortColumn) bool { return c.Column == b }) {
			return false
		}
	}
	return true
}

// checkBuckets checks that the columns of CLUSTERED BY and SORTED BY are among cols.
func checkBuckets(sd *model.StorageDescriptor, cols []model.Column) error {
	names := slices.Clone(sd.BucketColumns)
	for _, c := range sd.SortColumns {
		names = append(names, c.Column)
	}
	for _, n := range names {
		if !hasColumn(cols, n) {
			return sqlerr.New(sqlerr.InvalidColumn, " '"+n+"'")
		}
	}
	return nil
}

// tableLike describes CREATE TABLE … LIKE: the columns and storage of another table or view, none of its data.
func (env *Env) tableLike(ctx context.Context, s *ast.CreateTable) (*model.Table, error) {
	from, err := env.table(ctx, s.Like)
	if err != nil {
		return nil, err
	}
	db, name := env.tableName(s.Name)
	d, err := env.database(ctx, db)
	if err != nil {
		return nil, err
	}
	t := &model.Table{
		Database: db, Name: name, Type: model.ManagedTable, Owner: env.Session.UserName(), OwnerType: "USER",
		PartitionKeys: from.PartitionKeys, CreateTime: env.Now.Unix(), Parameters: map[string]string{},
	}
	if from.IsView() || s.FileFormat != nil || s.RowFormat != nil {
		if t.Storage, err = env.storageOf(s.RowFormat, s.FileFormat, s.External); err != nil {
			return nil, err
		}
		t.Storage.Columns = from.Storage.Columns
		if !from.IsView() && !env.is31() {
			t.Storage.SerDe.Parameters = nil // Hive 4 takes the classes alone
		}
	} else {
		t.Storage = from.Storage.Clone()
	}
	if t.Storage.SerDe.Library == from.Storage.SerDe.Library && !from.IsView() {
		keep := append(schemaProperties[t.Storage.SerDe.Library],
			strings.Split(env.Session.Conf().Get("hive.ddl.createtablelike.properties.whitelist"), ",")...)
		for k, v := range from.Parameters {
			if slices.Contains(keep, k) {
				t.Parameters[k] = v
			}
		}
	}
	if v := from.Parameters[model.ParamBucketingVersion]; v != "" {
		t.Parameters[model.ParamBucketingVersion] = v
	} else {
		t.Parameters[model.ParamBucketingVersion] = "2"
	}
	maps.Copy(t.Parameters, properties(s.Properties))
	env.defaultParameters(t.Parameters)
	if s.External {
		t.Type = model.ExternalTable
		t.Parameters[model.ParamExternal] = "TRUE"
		if _, ok := t.Parameters[discoverPartitions]; !ok && env.is31() && t.IsPartitioned() {
			t.Parameters[discoverPartitions] = "true"
		}
	}
	switch {
	case s.Location != nil:
		t.Location = absolute(s.Location.Value)
	case s.Temporary:
		t.Location = "file:" + warehouse.TableLocation(&model.Database{Location: env.Session.ScratchDir()}, db+"."+name)
	default:
		t.Location = warehouse.TableLocation(d, name)
	}
	return t, nil
}

// schemaProperties are the table properties that belong to the schema of a SerDe, so that CREATE TABLE LIKE copies them.
var schemaProperties = map[string][]string{
	storage.OrcSerDe:     {"orc.compress"},
	storage.ParquetSerDe: {"parquet.compression"},
	storage.AvroSerDe: {
		"name", "comment", "avro.schema.literal", "avro.schema.url", "avro.schema.namespace", "avro.schema.name", "avro.schema.doc",
	},
	storage.LazySimpleSerDe: lazyProperties,
	storage.ColumnarSerDe:   lazyProperties,
	storage.RegexSerDe:      {"input.regex", "input.regex.case.insensitive"},
	storage.OpenCSVSerDe:    {"separatorChar", "quoteChar", "escapeChar"},
	storage.JSONSerDe:       {"timestamp.formats"},
}

var lazyProperties = []string{
	"field.delim", "collection.delim", "mapkey.delim", "serialization.format", "serialization.null.format",
	"serialization.escape.crlf", "serialization.last.column.takes.rest", "escape.delim", "serialization.encoding",
	"hive.serialization.extend.nesting.levels", "hive.serialization.extend.additional.nesting.levels",
}

// constraints collects the constraints of a CREATE TABLE.
func (env *Env) constraints(ctx context.Context, s *ast.CreateTable, t *model.Table) ([]model.Constraint, error) {
	var out []model.Constraint
	add := func(k *ast.Constraint, columns []string) error {
		c := env.constraint(k, columns)
		var own *model.Column
		if len(columns) == 1 {
			own = &model.Column{Name: columns[0], Type: columnType(t, columns[0])}
		}
		if c.Name == "" {
			db, name := env.tableName(s.Name)
			c.Name = env.constraintName(c.Kind, db, name, len(out))
		}
		out = append(out, c)
		return env.checkConstraint(ctx, k, own, t.Storage.Columns)
	}
	for _, d := range s.Columns {
		if d.Constraint != nil {
			if err := add(d.Constraint, []string{strings.ToLower(d.Name.Name)}); err != nil {
				return nil, err
			}
		}
	}
	for _, k := range s.Constraints {
		if err := add(k, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// constraintName makes a name for a constraint that was given none; n tells those of one statement apart.
func (env *Env) constraintName(kind model.ConstraintKind, db, table string, n int) string {
	return fmt.Sprintf("%s_%d_%d_%d", constraintPrefixes[kind], crc32.ChecksumIEEE([]byte(db+"."+table)), env.Now.UnixMilli(), n)
}

// constraintPrefixes begin the names of constraints that were given none.
var constraintPrefixes = map[model.ConstraintKind]string{
	model.PrimaryKey: "pk", model.ForeignKey: "fk", model.UniqueConstraint: "uk", model.NotNullConstraint: "nn",
	model.DefaultConstraint: "dc", model.CheckConstraint: "dc",
}
