package query

import (
	"strings"
	"testing"

	"skep/dialect/types"
)

// TestInformationSchema reads the views over the metastore as any other table.
func TestInformationSchema(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 1, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ sql, want, fails string }{
		{"create table t (a int, b varchar(7), c decimal(10,2), d timestamp) partitioned by (p string)", "", ""},
		{"create view v as select a from t", "", ""},
		{"select schema_name from information_schema.schemata", "default", ""},
		{"select table_name, table_type, is_insertable_into from information_schema.tables order by table_name", "t BASE_TABLE YES; v VIEW NO", ""},
		{"select column_name, ordinal_position, data_type, character_maximum_length, numeric_precision, numeric_scale, datetime_precision " +
			"from information_schema.columns where table_name = 't' order by ordinal_position",
			"a 0 int NULL 10 NULL NULL; b 1 varchar(7) 7 NULL NULL NULL; c 2 decimal(10,2) NULL 10 2 NULL; d 3 timestamp NULL NULL NULL 9", ""},
		{"select table_name, view_definition, is_updatable from information_schema.views", "v select a from t false", ""},
		{"select grantee, privilege_type from information_schema.table_privileges where table_name = 't' and is_grantable = 'YES' order by privilege_type",
			"ann DELETE; ann INSERT; ann SELECT; ann UPDATE", ""},
		{"select count(*) from information_schema.tables x join information_schema.columns y on x.table_name = y.table_name", "5", ""},
		{"show tables in information_schema", "column_privileges; columns; scheduled_executions; scheduled_queries; schemata; table_privileges; tables; views", ""},
		{"show databases", "default", ""},
		{"use information_schema", "", ""},
		{"select count(*) from tables", "2", ""},
		{"describe column_privileges", "grantor string ; grantee string ; table_catalog string ; table_schema string ; table_name string ; column_name string ; " +
			"privilege_type string ; is_grantable string ", ""},
		{"select * from nosuch", "", "Table not found 'nosuch'"},
		{"insert into tables values (1)", "", "A view cannot be used as target table"},
		{"create table x (a int)", "", "information_schema"},
		{"use default", "", ""},
		{"create database information_schema", "", ""},
		{"select * from information_schema.tables", "", "Table not found"},
	} {
		got, err := rowsAsText(t, s, step.sql)
		switch {
		case step.fails != "" && (err == nil || !strings.Contains(err.Error(), step.fails)):
			t.Errorf("%s: %v, want an error with %q", step.sql, err, step.fails)
		case step.fails == "" && err != nil:
			t.Errorf("%s: %v", step.sql, err)
		case got != step.want:
			t.Errorf("%s:\n got %s\nwant %s", step.sql, got, step.want)
		}
	}
}

// rowsAsText runs a statement and gives its rows as text.
func rowsAsText(t *testing.T, s *Session, sql string) (string, error) {
	t.Helper()
	st, err := s.Compile(t.Context(), Request{SQL: sql})
	if err != nil {
		return "", err
	}
	defer st.Close()
	if err := st.Run(t.Context()); err != nil || !st.HasResultSet() {
		return "", err
	}
	b, err := st.Result().Cursor().Next(1000)
	if b == nil || err != nil {
		return "", err
	}
	var rows []string
	for i := range b.Rows() {
		var cells []string
		for k, c := range b.Cols {
			text, err := s.castToText(c.Datum(i), st.Columns()[k].Type)
			if err != nil {
				return "", err
			}
			if c.Datum(i).Null {
				text = "NULL"
			}
			if st.Columns()[k].Type.Kind == types.Boolean {
				text = strings.ToLower(text)
			}
			cells = append(cells, text)
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	return strings.Join(rows, "; "), nil
}
