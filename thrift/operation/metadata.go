package operation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beltran/gohive/hiveserver"

	"skep/dialect/types"
	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// The kinds of metadata operations.
const (
	getTypeInfo   = hiveserver.TOperationType_GET_TYPE_INFO
	getCatalogs   = hiveserver.TOperationType_GET_CATALOGS
	getSchemas    = hiveserver.TOperationType_GET_SCHEMAS
	getTables     = hiveserver.TOperationType_GET_TABLES
	getTableTypes = hiveserver.TOperationType_GET_TABLE_TYPES
	getColumns    = hiveserver.TOperationType_GET_COLUMNS
	getFunctions  = hiveserver.TOperationType_GET_FUNCTIONS
)

// fill produces the rows of a metadata call.
type fill func(ctx context.Context, md backend.Metadata, t *table) error

// metadata runs a metadata call to its end and returns it as a finished operation.
func (m *Manager) metadata(ctx context.Context, s Session, kind Type, columns []backend.Column, rows fill) (*Operation, error) {
	release, err := s.Acquire(ctx)
	if err != nil {
		return nil, tcli.Errorf("%v", err)
	}
	defer release()
	o, err := m.add(s, kind, "")
	if err != nil {
		return nil, err
	}
	o.columns, o.hasResult, o.compiled = columns, true, true
	o.setState(Running)
	t := newTable(columns)
	err = rows(ctx, s.Backend().Metadata(), t)
	o.cursor = t
	o.work.Done()
	if err != nil {
		return nil, m.reject(o, &tcli.Error{Message: err.Error(), Err: err})
	}
	o.setState(Finished)
	return o, nil
}

// schema makes result columns of "NAME", "NAME int" and the like.
func schema(specs ...string) []backend.Column {
	columns := make([]backend.Column, len(specs))
	for i, spec := range specs {
		name, kind, _ := strings.Cut(spec, " ")
		columns[i] = backend.Column{Name: name, Type: types.StringType}
		switch kind {
		case "int":
			columns[i].Type = types.IntType
		case "smallint":
			columns[i].Type = types.SmallIntType
		case "tinyint":
			columns[i].Type = types.TinyIntType
		case "boolean":
			columns[i].Type = types.BooleanType
		}
	}
	return columns
}

// TypeInfo lists the types.
func (m *Manager) TypeInfo(ctx context.Context, s Session) (*Operation, error) {
	columns := schema("TYPE_NAME", "DATA_TYPE int", "PRECISION int", "LITERAL_PREFIX", "LITERAL_SUFFIX", "CREATE_PARAMS",
		"NULLABLE smallint", "CASE_SENSITIVE boolean", "SEARCHABLE smallint", "UNSIGNED_ATTRIBUTE boolean", "FIXED_PREC_SCALE boolean",
		"AUTO_INCREMENT boolean", "LOCAL_TYPE_NAME", "MINIMUM_SCALE smallint", "MAXIMUM_SCALE smallint", "SQL_DATA_TYPE int",
		"SQL_DATETIME_SUB int", "NUM_PREC_RADIX int")
	return m.metadata(ctx, s, getTypeInfo, columns, func(_ context.Context, _ backend.Metadata, t *table) error {
		for _, i := range typeInfos() {
			var precision any
			if i.precision > 0 {
				precision = i.precision
			}
			searchable := typeSearchable
			if i.complex {
				searchable = typePredNone
			}
			numeric := i.precision > 0
			t.add(i.name, i.sqlType, precision, nil, nil, nil, 1, i.name == "STRING", searchable, !numeric, false, false, nil, 0, 0,
				nil, nil, radix(numeric))
		}
		return nil
	})
}

// Catalogs lists catalogs: there are none.
func (m *Manager) Catalogs(ctx context.Context, s Session) (*Operation, error) {
	return m.metadata(ctx, s, getCatalogs, schema("TABLE_CAT"), func(context.Context, backend.Metadata, *table) error { return nil })
}

// Schemas lists databases.
func (m *Manager) Schemas(ctx context.Context, s Session, pattern *string) (*Operation, error) {
	return m.metadata(ctx, s, getSchemas, schema("TABLE_SCHEM", "TABLE_CATALOG"), func(ctx context.Context, md backend.Metadata, t *table) error {
		names, err := md.Schemas(ctx, namePattern(pattern))
		if err != nil {
			return fmt.Errorf("list schemas: %w", err)
		}
		for _, n := range names {
			t.add(n, "")
		}
		return nil
	})
}

// tableTypeMapping is hive.server2.table.type.mapping: how clients see Hive's kinds of tables.
func tableTypeMapping(s Session) func(backend.TableKind) string {
	if strings.EqualFold(s.Conf("hive.server2.table.type.mapping"), "HIVE") {
		return func(k backend.TableKind) string { return string(k) }
	}
	return func(k backend.TableKind) string {
		switch k {
		case backend.VirtualView:
			return "VIEW"
		case backend.MaterializedView, indexTable:
			return string(k)
		}
		return "TABLE"
	}
}

// indexTable is a kind that Hive 4 lists and never uses.
const indexTable backend.TableKind = "INDEX_TABLE"

var tableKinds = [...]backend.TableKind{backend.ManagedTable, backend.ExternalTable, backend.VirtualView, indexTable, backend.MaterializedView}

// Tables lists tables and views. kinds filters by the mapped names; without one that is known all are listed, as Hive does for clients
// that ask for its own kinds although they are mapped.
func (m *Manager) Tables(ctx context.Context, s Session, schemas, tables *string, kinds []string) (*Operation, error) {
	columns := schema("TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS", "TYPE_CAT", "TYPE_SCHEM", "TYPE_NAME",
		"SELF_REFERENCING_COL_NAME", "REF_GENERATION")
	clientType := tableTypeMapping(s)
	filtered := slices.ContainsFunc(tableKinds[:], func(k backend.TableKind) bool { return containsFold(kinds, clientType(k)) })
	return m.metadata(ctx, s, getTables, columns, func(ctx context.Context, md backend.Metadata, t *table) error {
		found, err := md.Tables(ctx, namePattern(schemas), namePattern(tables))
		if err != nil {
			return fmt.Errorf("list tables: %w", err)
		}
		for _, f := range found {
			kind := clientType(f.Kind)
			if filtered && !containsFold(kinds, kind) {
				continue
			}
			t.add("", f.Schema, f.Name, kind, f.Comment, nil, nil, nil, nil, nil)
		}
		return nil
	})
}

func containsFold(list []string, s string) bool {
	for _, l := range list {
		if strings.EqualFold(strings.TrimSpace(l), s) {
			return true
		}
	}
	return false
}

// TableTypes lists the kinds of tables, one row per kind of Hive's own.
func (m *Manager) TableTypes(ctx context.Context, s Session) (*Operation, error) {
	clientType := tableTypeMapping(s)
	return m.metadata(ctx, s, getTableTypes, schema("TABLE_TYPE"), func(_ context.Context, _ backend.Metadata, t *table) error {
		for _, k := range tableKinds {
			if k != indexTable || !hive3(s) {
				t.add(clientType(k))
			}
		}
		return nil
	})
}

// Columns lists the columns of tables.
func (m *Manager) Columns(ctx context.Context, s Session, schemas, tables, names *string) (*Operation, error) {
	columns := schema("TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE int", "TYPE_NAME", "COLUMN_SIZE int",
		"BUFFER_LENGTH tinyint", "DECIMAL_DIGITS int", "NUM_PREC_RADIX int", "NULLABLE int", "REMARKS", "COLUMN_DEF",
		"SQL_DATA_TYPE int", "SQL_DATETIME_SUB int", "CHAR_OCTET_LENGTH int", "ORDINAL_POSITION int", "IS_NULLABLE", "SCOPE_CATALOG",
		"SCOPE_SCHEMA", "SCOPE_TABLE", "SOURCE_DATA_TYPE smallint", "IS_AUTO_INCREMENT")
	return m.metadata(ctx, s, getColumns, columns, func(ctx context.Context, md backend.Metadata, t *table) error {
		found, err := md.Columns(ctx, namePattern(schemas), namePattern(tables), namePattern(names))
		if err != nil {
			return fmt.Errorf("list columns: %w", err)
		}
		for _, c := range found {
			nullable, isNullable := 1, "YES"
			if c.NotNull {
				nullable, isNullable = 0, "NO"
			}
			t.add(nil, c.Schema, c.Table, c.Name, javaType(c.Type), jdbcTypeName(c.Type), columnSize(c.Type), nil, decimalDigits(c.Type),
				radix(c.Type.IsNumeric()), nullable, c.Comment, nil, nil, nil, nil, c.Position, isNullable, nil, nil, nil, nil, "NO")
		}
		return nil
	})
}

// jdbcTypeName is TYPE_NAME: the bare kind of a primitive type, the whole text of a nested one.
func jdbcTypeName(t *types.Type) string {
	if t.IsPrimitive() {
		return strings.ToUpper(t.Kind.String())
	}
	return t.String()
}

// Functions lists functions. There are rows only when no schema is asked for, because functions belong to none.
func (m *Manager) Functions(ctx context.Context, s Session, catalog, schemas, names *string) (*Operation, error) {
	columns := schema("FUNCTION_CAT", "FUNCTION_SCHEM", "FUNCTION_NAME", "REMARKS", "FUNCTION_TYPE int", "SPECIFIC_NAME")
	return m.metadata(ctx, s, getFunctions, columns, func(ctx context.Context, md backend.Metadata, t *table) error {
		if text(catalog) != "" || text(schemas) != "" {
			return nil
		}
		found, err := md.Functions(ctx, namePattern(names))
		if err != nil {
			return fmt.Errorf("list functions: %w", err)
		}
		for _, f := range found {
			kind := functionScalar
			if f.Table {
				kind = functionTable
			}
			t.add(nil, nil, f.Name, "", kind, f.SpecificName)
		}
		return nil
	})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// keyColumn is the name of the key sequence column, misspelt until Hive 4.
func keyColumn(s Session) string {
	if hive3(s) {
		return "KEQ_SEQ int"
	}
	return "KEY_SEQ int"
}

// PrimaryKeys lists the primary key columns of a table; nil or empty names match any.
func (m *Manager) PrimaryKeys(ctx context.Context, s Session, schemaName, tableName *string) (*Operation, error) {
	columns := schema("TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", keyColumn(s), "PK_NAME")
	return m.metadata(ctx, s, getFunctions, columns, func(ctx context.Context, md backend.Metadata, t *table) error {
		keys, err := md.PrimaryKeys(ctx, strings.ToLower(text(schemaName)), strings.ToLower(text(tableName)))
		if err != nil {
			return fmt.Errorf("list primary keys: %w", err)
		}
		for _, k := range keys {
			t.add(nil, k.Schema, k.Table, k.Column, k.Sequence, k.Name)
		}
		return nil
	})
}

// Reference names the two tables of a foreign key; nil or empty names match any.
type Reference struct {
	ParentSchema, ParentTable, ForeignSchema, ForeignTable *string
}

// CrossReference lists foreign key columns between two tables.
func (m *Manager) CrossReference(ctx context.Context, s Session, r Reference) (*Operation, error) {
	columns := schema("PKTABLE_CAT", "PKTABLE_SCHEM", "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_CAT", "FKTABLE_SCHEM", "FKTABLE_NAME",
		"FKCOLUMN_NAME", "KEQ_SEQ int", "UPDATE_RULE int", "DELETE_RULE int", "FK_NAME", "PK_NAME", "DEFERRABILITY int")
	return m.metadata(ctx, s, getFunctions, columns, func(ctx context.Context, md backend.Metadata, t *table) error {
		keys, err := md.CrossReference(ctx, strings.ToLower(text(r.ParentSchema)), strings.ToLower(text(r.ParentTable)),
			strings.ToLower(text(r.ForeignSchema)), strings.ToLower(text(r.ForeignTable)))
		if err != nil {
			return fmt.Errorf("list foreign keys: %w", err)
		}
		for _, k := range keys {
			t.add(nil, k.ParentSchema, k.ParentTable, k.ParentColumn, nil, k.ForeignSchema, k.ForeignTable, k.ForeignColumn, k.Sequence,
				k.UpdateRule, k.DeleteRule, k.ForeignName, k.ParentName, 0)
		}
		return nil
	})
}
