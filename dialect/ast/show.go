package ast

// ShowKind is what a SHOW statement lists.
type ShowKind string

// The kinds of SHOW statements that share the Show node.
const (
	ShowDatabases         ShowKind = "DATABASES"
	ShowTables            ShowKind = "TABLES"
	ShowViews             ShowKind = "VIEWS"
	ShowMaterializedViews ShowKind = "MATERIALIZED VIEWS"
	ShowColumns           ShowKind = "COLUMNS"
	ShowFunctions         ShowKind = "FUNCTIONS"
	ShowPartitions        ShowKind = "PARTITIONS"
	ShowCreateDatabase    ShowKind = "CREATE DATABASE"
	ShowCreateTable       ShowKind = "CREATE TABLE"
	ShowTableExtended     ShowKind = "TABLE EXTENDED"
	ShowTblProperties     ShowKind = "TBLPROPERTIES"
	ShowLocks             ShowKind = "LOCKS"
	ShowCompactions       ShowKind = "COMPACTIONS"
	ShowTransactions      ShowKind = "TRANSACTIONS"
	ShowConf              ShowKind = "CONF"
	ShowResourcePlan      ShowKind = "RESOURCE PLAN"
	ShowResourcePlans     ShowKind = "RESOURCE PLANS"
	ShowConnectors        ShowKind = "CONNECTORS"
	ShowRoles             ShowKind = "ROLES"
	ShowCurrentRoles      ShowKind = "CURRENT ROLES"
	ShowRoleGrant         ShowKind = "ROLE GRANT"
	ShowPrincipals        ShowKind = "PRINCIPALS"
	ShowGrant             ShowKind = "GRANT"
)

// Show is a SHOW statement; which fields are used depends on Kind.
type Show struct {
	Pos
	Kind      ShowKind
	Extended  bool
	Sorted    bool   // SHOW SORTED COLUMNS (4.0)
	Database  *Ident // FROM|IN db; CREATE DATABASE db; LOCKS DATABASE db
	Table     *TableName
	Partition *PartitionSpec
	Pattern   *ShowPattern
	// WhereColumn and WhereValue are SHOW TABLES WHERE col = 'x' (4.0).
	WhereColumn *Ident
	WhereValue  *StringLit
	Where       Expr // SHOW PARTITIONS ... WHERE (4.0)
	OrderBy     []*SortItem
	Limit       *Limit
	Name        *Ident     // resource plan, principal's role
	Key         *StringLit // TBLPROPERTIES key, CONF name
	Principal   *Principal
	Object      *PrivilegeObject // SHOW GRANT ... ON
	Options     []*Property      // COMPACTIONS: POOL, TYPE, STATUS as key/value
	ID          *NumberLit       // COMPACTIONS COMPACTIONID = n
}

// ShowPattern is the pattern of a SHOW statement: an identifier or a string, with or without LIKE.
type ShowPattern struct {
	Pos
	Like   bool
	Text   string
	Quoted bool // given as a string literal
}

// DescribeTable is DESCRIBE [EXTENDED|FORMATTED] table [PARTITION (..)] [column].
type DescribeTable struct {
	Pos
	Option    string // "", "EXTENDED", "FORMATTED"
	Table     *TableName
	Partition *PartitionSpec
	Column    []*Ident // column path; $elem$, $key$ and $value$ step into collections
}

// DescribeDatabase is DESCRIBE DATABASE|SCHEMA.
type DescribeDatabase struct {
	Pos
	Extended bool
	Name     *Ident
}

// DescribeConnector is DESCRIBE CONNECTOR (4.0).
type DescribeConnector struct {
	Pos
	Extended bool
	Name     *Ident
}

// DescribeFunction is DESCRIBE FUNCTION; Name.Name also holds operators and quoted names.
type DescribeFunction struct {
	Pos
	Extended bool
	Name     *FunctionName
}

func (*Show) statement()              {}
func (*DescribeTable) statement()     {}
func (*DescribeDatabase) statement()  {}
func (*DescribeConnector) statement() {}
func (*DescribeFunction) statement()  {}
