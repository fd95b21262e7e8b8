package hs2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beltran/gohive/hiveserver"

	"skep/dialect/types"
	"skep/thrift/backend"
)

// TestGetInfo also covers trap 4: the value's union is set in an error, or the reply could not be read.
func TestGetInfo(t *testing.T) {
	l := start(t, nil).dial(t)
	s := l.session()
	ask := func(s *hiveserver.TSessionHandle, what hiveserver.TGetInfoType) *hiveserver.TGetInfoResp {
		t.Helper()
		r, err := l.GetInfo(t.Context(), &hiveserver.TGetInfoReq{SessionHandle: s, InfoType: what})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for what, want := range map[hiveserver.TGetInfoType]string{
		hiveserver.TGetInfoType_CLI_SERVER_NAME: "Hive", hiveserver.TGetInfoType_CLI_DBMS_NAME: "Apache Hive", hiveserver.TGetInfoType_CLI_DBMS_VER: "4.0.1",
	} {
		if r := ask(s, what); r.InfoValue.GetStringValue() != want {
			t.Errorf("%v: %v", what, r.InfoValue)
		}
	}
	old := l.open(v10, map[string]string{"skep.hive.version": "3.1"}).SessionHandle
	if r := ask(old, hiveserver.TGetInfoType_CLI_DBMS_VER); r.InfoValue.GetStringValue() != "3.1.3" {
		t.Errorf("version %v", r.InfoValue)
	}
	if r := ask(s, hiveserver.TGetInfoType_CLI_MAX_TABLE_NAME_LEN); r.InfoValue.GetLenValue() != 128 {
		t.Errorf("length %v", r.InfoValue)
	}
	if r := ask(s, hiveserver.TGetInfoType_CLI_ODBC_KEYWORDS); !strings.Contains(r.InfoValue.GetStringValue(), ",LATERAL,") {
		t.Errorf("keywords %v", r.InfoValue)
	}
	r := ask(s, hiveserver.TGetInfoType_CLI_TXN_CAPABLE)
	l.failure(r.Status, "Unrecognized GetInfoType value: CLI_TXN_CAPABLE", "", 0)
	if r := ask(unknownSession(), hiveserver.TGetInfoType_CLI_DBMS_NAME); r.Status.StatusCode != hiveserver.TStatusCode_ERROR_STATUS {
		t.Errorf("status %v", r.Status)
	}
}

func TestDelegationTokensAreRefused(t *testing.T) {
	l := start(t, nil).dial(t)
	s := l.session()
	const want = "Delegation token only supported over remote client with kerberos authentication"
	get, err := l.GetDelegationToken(t.Context(), &hiveserver.TGetDelegationTokenReq{SessionHandle: s, Owner: "a", Renewer: "b"})
	if err != nil {
		t.Fatal(err)
	}
	l.failure(get.Status, want, "", 0)
	cancel, err := l.CancelDelegationToken(t.Context(), &hiveserver.TCancelDelegationTokenReq{SessionHandle: s, DelegationToken: "x"})
	if err != nil {
		t.Fatal(err)
	}
	l.failure(cancel.Status, want, "", 0)
	renew, err := l.RenewDelegationToken(t.Context(), &hiveserver.TRenewDelegationTokenReq{SessionHandle: s, DelegationToken: "x"})
	if err != nil {
		t.Fatal(err)
	}
	l.failure(renew.Status, want, "", 0)
}

func comment(s string) *string { return &s }

func fill(e *endpoint) {
	c := &e.backend.Catalog
	c.SchemaNames = []string{"a_b", "acb", "default", "sales"}
	c.TableList = []backend.Table{
		{Schema: "a_b", Name: "t_1", Kind: backend.ManagedTable, Comment: comment("first")}, {Schema: "acb", Name: "t11", Kind: backend.ExternalTable},
		{Schema: "default", Name: "v", Kind: backend.VirtualView}, {Schema: "sales", Name: "m", Kind: backend.MaterializedView},
	}
	kinds := []string{"int", "string", "decimal(10,2)", "char(5)", "timestamp", "array<struct<x:int>>", "uniontype<int,string>", "binary", "float",
		"timestamp with local time zone", "boolean", "date"}
	for i, k := range kinds {
		typ, err := types.Parse(k)
		if err != nil {
			panic(err)
		}
		c.ColumnList = append(c.ColumnList, backend.TableColumn{Schema: "a_b", Table: "t_1", Name: fmt.Sprintf("c%d", i), Type: typ, Position: i + 1, NotNull: i == 0})
	}
	c.ColumnList[1].Comment = comment("text")
	c.Functs = []backend.Function{{Name: "abs", SpecificName: "A"}, {Name: "explode", SpecificName: "E", Table: true}}
	c.Primary = []backend.PrimaryKey{{Schema: "a_b", Table: "t_1", Column: "c0", Sequence: 1, Name: "pk"}}
	c.Foreign = []backend.ForeignKey{{ParentSchema: "a_b", ParentTable: "t_1", ParentColumn: "c0", ForeignSchema: "sales", ForeignTable: "m", ForeignColumn: "x", Sequence: 1, ForeignName: "fk", ParentName: "pk"}}
}

// rows fetches a metadata result as one string per row.
func (l *link) rows(status *hiveserver.TStatus, o *hiveserver.TOperationHandle) (names string, rows []string) {
	l.t.Helper()
	l.success(status)
	if !o.HasResultSet {
		l.t.Error("hasResultSet is false")
	}
	m, err := l.GetResultSetMetadata(l.t.Context(), &hiveserver.TGetResultSetMetadataReq{OperationHandle: o})
	if err != nil {
		l.t.Fatal(err)
	}
	var header []string
	for _, c := range m.Schema.Columns {
		header = append(header, c.ColumnName+":"+typeText(c.TypeDesc.Types[0].PrimitiveEntry))
	}
	for {
		r := l.fetch(o, next, 5, 0)
		l.success(r.Status)
		var columns [][]string
		for _, c := range r.Results.Columns {
			_, texts, nulls := cells(c)
			texts = slices.Clone(texts)
			for i := range texts {
				if i/8 < len(nulls) && nulls[i/8]&(1<<(i%8)) != 0 {
					texts[i] = "NULL"
				}
			}
			columns = append(columns, texts)
		}
		if len(columns[0]) == 0 {
			l.closeOperation(o)
			return strings.Join(header, " "), rows
		}
		for i := range columns[0] {
			var row []string
			for _, c := range columns {
				row = append(row, c[i])
			}
			rows = append(rows, strings.Join(row, "|"))
		}
	}
}

func expectRows(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func name[T ~string](s string) *T {
	v := T(s)
	return &v
}

// Trap 22: patterns with escapes, regular expressions, missing schemas; mapped table types.
func TestTablesAndSchemas(t *testing.T) {
	e := start(t, nil)
	fill(e)
	l := e.dial(t)
	s := l.session()
	schemas := func(p *hiveserver.TPatternOrIdentifier) []string {
		t.Helper()
		r, err := l.GetSchemas(t.Context(), &hiveserver.TGetSchemasReq{SessionHandle: s, SchemaName: p})
		if err != nil {
			t.Fatal(err)
		}
		names, rows := l.rows(r.Status, r.OperationHandle)
		if names != "TABLE_SCHEM:STRING TABLE_CATALOG:STRING" {
			t.Errorf("columns %s", names)
		}
		return rows
	}
	all := []string{"a_b|", "acb|", "default|", "sales|"}
	expectRows(t, "all", schemas(nil), all...)
	for pattern, want := range map[string][]string{
		"": all, "%": all, ".*": all, "*": all, "a_b": {"a_b|", "acb|"}, `a\_b`: {"a_b|"}, "DEF%": {"default|"}, "%a%l%": {"default|", "sales|"}, "none": nil,
	} {
		expectRows(t, pattern, schemas(name[hiveserver.TPatternOrIdentifier](pattern)), want...)
	}
	tables := func(s *hiveserver.TSessionHandle, schema, table *hiveserver.TPatternOrIdentifier, kinds []string) []string {
		t.Helper()
		r, err := l.GetTables(t.Context(), &hiveserver.TGetTablesReq{SessionHandle: s, SchemaName: schema, TableName: table, TableTypes: kinds})
		if err != nil {
			t.Fatal(err)
		}
		names, rows := l.rows(r.Status, r.OperationHandle)
		if names != "TABLE_CAT:STRING TABLE_SCHEM:STRING TABLE_NAME:STRING TABLE_TYPE:STRING REMARKS:STRING TYPE_CAT:STRING TYPE_SCHEM:STRING "+
			"TYPE_NAME:STRING SELF_REFERENCING_COL_NAME:STRING REF_GENERATION:STRING" {
			t.Errorf("columns %s", names)
		}
		for i := range rows {
			rows[i] = strings.TrimSuffix(rows[i], "|NULL|NULL|NULL|NULL|NULL")
		}
		return rows
	}
	const first, second, view, materialized = "|a_b|t_1|TABLE|first", "|acb|t11|TABLE|NULL", "|default|v|VIEW|NULL", "|sales|m|MATERIALIZED_VIEW|NULL"
	expectRows(t, "tables", tables(s, nil, nil, nil), first, second, view, materialized)
	expectRows(t, "views", tables(s, nil, name[hiveserver.TPatternOrIdentifier]("%"), []string{"view", "UNKNOWN"}), view)
	expectRows(t, "no kind", tables(s, nil, nil, []string{"UNKNOWN"}), first, second, view, materialized)
	expectRows(t, "alternatives", tables(s, nil, name[hiveserver.TPatternOrIdentifier](`v|t\_1`), nil), first, view)
	expectRows(t, "escaped", tables(s, nil, name[hiveserver.TPatternOrIdentifier](`t\_1`), []string{"TABLE"}), first)
	native := l.open(v10, map[string]string{"hive.server2.table.type.mapping": "HIVE"}).SessionHandle
	expectRows(t, "native", tables(native, nil, nil, []string{"EXTERNAL_TABLE"}), "|acb|t11|EXTERNAL_TABLE|NULL")
	r, err := l.GetTableTypes(t.Context(), &hiveserver.TGetTableTypesReq{SessionHandle: s})
	if err != nil {
		t.Fatal(err)
	}
	_, rows := l.rows(r.Status, r.OperationHandle)
	expectRows(t, "types", rows, "TABLE", "TABLE", "VIEW", "INDEX_TABLE", "MATERIALIZED_VIEW")
	catalogs, err := l.GetCatalogs(t.Context(), &hiveserver.TGetCatalogsReq{SessionHandle: s})
	if err != nil {
		t.Fatal(err)
	}
	_, rows = l.rows(catalogs.Status, catalogs.OperationHandle)
	expectRows(t, "catalogs", rows)
}

func TestColumns(t *testing.T) {
	e := start(t, nil)
	fill(e)
	l := e.dial(t)
	r, err := l.GetColumns(t.Context(), &hiveserver.TGetColumnsReq{SessionHandle: l.session(), TableName: name[hiveserver.TPatternOrIdentifier]("t%"), ColumnName: name[hiveserver.TPatternOrIdentifier]("C%")})
	if err != nil {
		t.Fatal(err)
	}
	names, rows := l.rows(r.Status, r.OperationHandle)
	want := "TABLE_CAT:STRING TABLE_SCHEM:STRING TABLE_NAME:STRING COLUMN_NAME:STRING DATA_TYPE:INT TYPE_NAME:STRING COLUMN_SIZE:INT BUFFER_LENGTH:TINYINT " +
		"DECIMAL_DIGITS:INT NUM_PREC_RADIX:INT NULLABLE:INT REMARKS:STRING COLUMN_DEF:STRING SQL_DATA_TYPE:INT SQL_DATETIME_SUB:INT CHAR_OCTET_LENGTH:INT " +
		"ORDINAL_POSITION:INT IS_NULLABLE:STRING SCOPE_CATALOG:STRING SCOPE_SCHEMA:STRING SCOPE_TABLE:STRING SOURCE_DATA_TYPE:SMALLINT IS_AUTO_INCREMENT:STRING"
	if names != want {
		t.Errorf("columns %s", names)
	}
	row := func(i int, spec, nullable, remark, yes string) string {
		return fmt.Sprintf("NULL|a_b|t_1|c%d|%s|%s|%s|NULL|NULL|NULL|NULL|%d|%s|NULL|NULL|NULL|NULL|NO", i, spec, nullable, remark, i+1, yes)
	}
	expectRows(t, "columns", rows,
		row(0, "4|INT|10|NULL|0|10", "0", "NULL", "NO"),
		row(1, "12|STRING|2147483647|NULL|NULL|NULL", "1", "text", "YES"),
		row(2, "3|DECIMAL|10|NULL|2|10", "1", "NULL", "YES"),
		row(3, "1|CHAR|5|NULL|NULL|NULL", "1", "NULL", "YES"),
		row(4, "93|TIMESTAMP|29|NULL|9|NULL", "1", "NULL", "YES"),
		row(5, "2003|array<struct<x:int>>|NULL|NULL|NULL|NULL", "1", "NULL", "YES"),
		row(6, "1111|uniontype<int,string>|NULL|NULL|NULL|NULL", "1", "NULL", "YES"),
		row(7, "-2|BINARY|2147483647|NULL|NULL|NULL", "1", "NULL", "YES"),
		row(8, "6|FLOAT|7|NULL|7|10", "1", "NULL", "YES"),
		row(9, "1111|TIMESTAMP WITH LOCAL TIME ZONE|31|NULL|NULL|NULL", "1", "NULL", "YES"),
		row(10, "16|BOOLEAN|NULL|NULL|0|NULL", "1", "NULL", "YES"),
		row(11, "91|DATE|10|NULL|NULL|NULL", "1", "NULL", "YES"))
}

func TestTypeInfo(t *testing.T) {
	l := start(t, nil).dial(t)
	r, err := l.GetTypeInfo(t.Context(), &hiveserver.TGetTypeInfoReq{SessionHandle: l.session()})
	if err != nil {
		t.Fatal(err)
	}
	_, rows := l.rows(r.Status, r.OperationHandle)
	if len(rows) != 23 {
		t.Fatalf("%d types", len(rows))
	}
	for i, want := range map[int]string{
		0:  "VOID|0|NULL|NULL|NULL|NULL|1|false|3|true|false|false|NULL|0|0|NULL|NULL|NULL",
		4:  "INT|4|10|NULL|NULL|NULL|1|false|3|false|false|false|NULL|0|0|NULL|NULL|10",
		8:  "STRING|12|NULL|NULL|NULL|NULL|1|true|3|true|false|false|NULL|0|0|NULL|NULL|NULL",
		17: "DECIMAL|3|38|NULL|NULL|NULL|1|false|3|false|false|false|NULL|0|0|NULL|NULL|10",
		18: "ARRAY|2003|NULL|NULL|NULL|NULL|1|false|0|true|false|false|NULL|0|0|NULL|NULL|NULL",
	} {
		if rows[i] != want {
			t.Errorf("type %d: %s, want %s", i, rows[i], want)
		}
	}
}

func TestFunctionsAndKeys(t *testing.T) {
	e := start(t, nil)
	fill(e)
	l := e.dial(t)
	s := l.session()
	functions := func(schema *hiveserver.TPatternOrIdentifier) []string {
		t.Helper()
		r, err := l.GetFunctions(t.Context(), &hiveserver.TGetFunctionsReq{SessionHandle: s, SchemaName: schema, FunctionName: "%"})
		if err != nil {
			t.Fatal(err)
		}
		_, rows := l.rows(r.Status, r.OperationHandle)
		return rows
	}
	expectRows(t, "functions", functions(nil), "NULL|NULL|abs||1|A", "NULL|NULL|explode||2|E")
	expectRows(t, "functions of a schema", functions(name[hiveserver.TPatternOrIdentifier]("default")))
	keys, err := l.GetPrimaryKeys(t.Context(), &hiveserver.TGetPrimaryKeysReq{SessionHandle: s, SchemaName: name[hiveserver.TIdentifier]("A_B"), TableName: name[hiveserver.TIdentifier]("t_1")})
	if err != nil {
		t.Fatal(err)
	}
	names, rows := l.rows(keys.Status, keys.OperationHandle)
	expectRows(t, "primary keys", rows, "NULL|a_b|t_1|c0|1|pk")
	if !strings.Contains(names, "KEY_SEQ:INT") {
		t.Errorf("columns %s", names)
	}
	refs, err := l.GetCrossReference(t.Context(), &hiveserver.TGetCrossReferenceReq{SessionHandle: s, ForeignTableName: name[hiveserver.TIdentifier]("m")})
	if err != nil {
		t.Fatal(err)
	}
	names, rows = l.rows(refs.Status, refs.OperationHandle)
	expectRows(t, "foreign keys", rows, "NULL|a_b|t_1|c0|NULL|sales|m|x|1|0|0|fk|pk|0")
	if !strings.Contains(names, "KEQ_SEQ:INT") {
		t.Errorf("columns %s", names)
	}
}

func TestLargeCatalog(t *testing.T) {
	e := start(t, nil)
	for i := range 20_000 {
		e.backend.Catalog.TableList = append(e.backend.Catalog.TableList, backend.Table{Schema: "s", Name: fmt.Sprintf("t%05d", i), Kind: backend.ManagedTable})
	}
	l := e.dial(t)
	r, err := l.GetTables(t.Context(), &hiveserver.TGetTablesReq{SessionHandle: l.session()})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		got := columnLength(l.fetch(r.OperationHandle, next, 3000, 0).Results.Columns[0])
		if n += got; got == 0 {
			break
		}
	}
	if n != 20_000 {
		t.Errorf("%d tables", n)
	}
}
