package query

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
)

// informationSchema is the database of views over the metastore. Hive's is made by a script and read through JDBC; here it is always
// there, unless a database of that name has been created, and is not listed among the databases.
const informationSchema = "information_schema"

// systemView is a view over the metastore that has no text: its rows are made when a statement is compiled.
type systemView struct {
	name    string
	columns []model.Column
	rows    func(ctx context.Context, r metastore.Reader) ([]map[string]any, error)
}

// systemColumns makes columns of "name" (a string) or "name type".
func systemColumns(list string) []model.Column {
	var out []model.Column
	for c := range strings.SplitSeq(list, ",") {
		name, typ, ok := strings.Cut(strings.TrimSpace(c), " ")
		if !ok {
			typ = "string"
		}
		out = append(out, model.Column{Name: name, Type: typ})
	}
	return out
}

// systemViews are the views of information_schema, with the columns that Hive 4's have.
func systemViews() []systemView {
	return []systemView{
		{"schemata", systemColumns(`catalog_name, schema_name, schema_owner, default_character_set_catalog, default_character_set_schema,
			default_character_set_name, sql_path`), schemata},
		{"tables", systemColumns(`table_catalog, table_schema, table_name, table_type, self_referencing_column_name, reference_generation,
			user_defined_type_catalog, user_defined_type_schema, user_defined_type_name, is_insertable_into, is_typed, commit_action`), systemTables},
		{"table_privileges", systemColumns(`grantor, grantee, table_catalog, table_schema, table_name, privilege_type, is_grantable, with_hierarchy`), tablePrivileges},
		{"columns", systemColumns(`table_catalog, table_schema, table_name, column_name, ordinal_position int, column_default, is_nullable, data_type,
			character_maximum_length int, character_octet_length int, numeric_precision, numeric_precision_radix int, numeric_scale, datetime_precision int,
			interval_type, interval_precision, character_set_catalog, character_set_schema, character_set_name, collation_catalog, collation_schema,
			collation_name, udt_catalog, udt_schema, udt_name, scope_catalog, scope_schema, scope_name, maximum_cardinality, dtd_identifier bigint,
			is_self_referencing, is_identity, identity_generation, identity_start, identity_increment, identity_maximum, identity_minimum, identity_cycle,
			is_generated, generation_expression, is_system_time_period_start, is_system_time_period_end, system_time_period_timestamp_generation,
			is_updatable, declared_data_type, declared_numeric_precision, declared_numeric_scale int`), systemColumnRows},
		{"column_privileges", systemColumns(`grantor, grantee, table_catalog, table_schema, table_name, column_name, privilege_type, is_grantable`), noRows},
		{"views", systemColumns(`table_catalog, table_schema, table_name, view_definition, check_option, is_updatable boolean, is_insertable_into boolean,
			is_trigger_updatable boolean, is_trigger_deletable boolean, is_trigger_insertable_into boolean`), systemViewRows},
		{"scheduled_queries", systemColumns(`scheduled_query_id bigint, schedule_name, enabled boolean, cluster_namespace, schedule, user, query,
			next_execution, active_execution_id bigint`), scheduledRows},
		{"scheduled_executions", systemColumns(`scheduled_execution_id bigint, schedule_name, executor_query_id, state, start_time, end_time,
			elapsed int, error_message, last_update_time`), executionRows},
	}
}

// systemTable returns the description of a view of information_schema; nil when there is none, or the database is a common one.
func systemTable(ctx context.Context, r metastore.Reader, db, name string) (*model.Table, error) {
	if db != informationSchema {
		return nil, nil
	}
	if _, err := r.Database(ctx, db); model.KindOf(err) != model.NoSuchObject {
		return nil, err
	}
	for _, v := range systemViews() {
		if v.name == name {
			return v.table(), nil
		}
	}
	return nil, nil
}

func (v systemView) table() *model.Table {
	return &model.Table{
		Database: informationSchema, Name: v.name, Type: model.VirtualView, OwnerType: "USER", Parameters: map[string]string{},
		Storage: &model.StorageDescriptor{Columns: v.columns, InputFormat: storage.TextInputFormat, OutputFormat: storage.TextOutputFormat, NumBuckets: -1},
	}
}

// SystemTables implements ddl.Session.
func (s ddlSession) SystemTables(ctx context.Context, db string) ([]*model.Table, error) {
	var out []*model.Table
	for _, v := range systemViews() {
		t, err := systemTable(ctx, s.engine.store, db, v.name)
		if t == nil || err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// systemRows makes the rows of a view of information_schema.
func systemRows(ctx context.Context, r metastore.Reader, name string) ([][]types.Datum, error) {
	views := systemViews()
	v := views[slices.IndexFunc(views, func(v systemView) bool { return v.name == name })]
	list, err := v.rows(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make([][]types.Datum, len(list))
	for i, values := range list {
		out[i] = make([]types.Datum, len(v.columns))
		for k, c := range v.columns {
			out[i][k] = systemValue(values[c.Name])
		}
	}
	return out, nil
}

func systemValue(v any) types.Datum {
	switch v := v.(type) {
	case string:
		return types.Datum{S: v}
	case int:
		return types.Datum{I: int64(v)}
	case int64:
		return types.Datum{I: v}
	case bool:
		if v {
			return types.Datum{I: 1}
		}
		return types.Datum{}
	}
	return types.NullDatum
}

// catalogName is what Hive's views call the only catalog.
const catalogName = "default"

func noRows(context.Context, metastore.Reader) ([]map[string]any, error) { return nil, nil }

func schemata(ctx context.Context, r metastore.Reader) ([]map[string]any, error) {
	dbs, err := r.Databases(ctx, nil)
	var out []map[string]any
	for _, d := range dbs {
		out = append(out, map[string]any{"catalog_name": catalogName, "schema_name": d.Name, "schema_owner": d.Owner, "sql_path": d.Location})
	}
	return out, err
}

// eachTable makes a row, or none, of each table.
func eachTable(ctx context.Context, r metastore.Reader, row func(t *model.Table) map[string]any) ([]map[string]any, error) {
	var out []map[string]any
	err := r.ScanTables(ctx, metastore.TableQuery{}, func(t *model.Table) error {
		if m := row(t); m != nil {
			m["table_catalog"], m["table_schema"], m["table_name"] = catalogName, t.Database, t.Name
			out = append(out, m)
		}
		return nil
	})
	return out, err
}

func systemTables(ctx context.Context, r metastore.Reader) ([]map[string]any, error) {
	return eachTable(ctx, r, func(t *model.Table) map[string]any {
		kind, insertable := "BASE_TABLE", "YES"
		if t.ViewOriginalText != "" {
			kind, insertable = "VIEW", "NO"
		}
		return map[string]any{"table_type": kind, "is_insertable_into": insertable, "is_typed": "NO"}
	})
}

func systemViewRows(ctx context.Context, r metastore.Reader) ([]map[string]any, error) {
	return eachTable(ctx, r, func(t *model.Table) map[string]any {
		if t.ViewOriginalText == "" {
			return nil
		}
		return map[string]any{
			"view_definition": t.ViewOriginalText, "is_updatable": false, "is_insertable_into": false, "is_trigger_updatable": false,
			"is_trigger_deletable": false, "is_trigger_insertable_into": false,
		}
	})
}

func tablePrivileges(ctx context.Context, r metastore.Reader) ([]map[string]any, error) {
	list, err := r.Privileges(ctx, metastore.PrivilegeQuery{})
	var out []map[string]any
	for _, p := range list {
		if p.Table == "" {
			continue
		}
		grantable := "NO"
		if p.GrantOption {
			grantable = "YES"
		}
		out = append(out, map[string]any{
			"grantor": p.Grantor.Name, "grantee": p.Principal.Name, "table_catalog": catalogName, "table_schema": p.Database, "table_name": p.Table,
			"privilege_type": p.Name, "is_grantable": grantable, "with_hierarchy": "NO",
		})
	}
	return out, err
}

// systemColumnRows are the columns that are kept in files; partition keys are not among them, as in Hive's view.
func systemColumnRows(ctx context.Context, r metastore.Reader) ([]map[string]any, error) {
	var out []map[string]any
	err := r.ScanTables(ctx, metastore.TableQuery{}, func(t *model.Table) error {
		if t.Storage == nil {
			return nil
		}
		for i, c := range t.Storage.Columns {
			m := columnMeasures(c.Type)
			for k, v := range map[string]any{
				"table_catalog": catalogName, "table_schema": t.Database, "table_name": t.Name, "column_name": c.Name, "ordinal_position": i,
				"is_nullable": "YES", "data_type": c.Type, "dtd_identifier": t.ID, "is_self_referencing": "NO", "is_identity": "NO",
				"is_generated": "NEVER", "is_system_time_period_start": "NO", "is_system_time_period_end": "NO", "is_updatable": "YES",
				"declared_data_type": c.Type,
			} {
				m[k] = v
			}
			out = append(out, m)
		}
		return nil
	})
	return out, err
}

var measured = regexp.MustCompile(`^(varchar|char|decimal)\s*\((\d+)(?:,(\d+))?`)

// columnMeasures are the lengths and precisions of a type. Hive's view gives the radix as the declared scale.
func columnMeasures(typ string) map[string]any {
	m := map[string]any{}
	typ = strings.ToLower(typ)
	numeric := func(precision string, radix int) {
		m["numeric_precision"], m["declared_numeric_precision"] = precision, precision
		m["numeric_precision_radix"], m["declared_numeric_scale"] = radix, radix
	}
	switch typ {
	case "bigint":
		numeric("19", 10)
	case "int":
		numeric("10", 10)
	case "smallint":
		numeric("5", 10)
	case "tinyint":
		numeric("3", 10)
	case "float":
		numeric("23", 2)
	case "double":
		numeric("53", 2)
	case "date":
		m["datetime_precision"] = 0
	case "timestamp":
		m["datetime_precision"] = 9
	}
	switch x := measured.FindStringSubmatch(typ); {
	case x == nil:
	case x[1] == "decimal":
		numeric(x[2], 10)
		m["numeric_scale"] = x[3]
	default:
		n := 0
		for _, c := range x[2] {
			n = 10*n + int(c-'0')
		}
		m["character_maximum_length"], m["character_octet_length"] = n, n
	}
	return m
}
