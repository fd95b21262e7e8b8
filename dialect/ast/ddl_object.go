package ast

// CreateDatabase is CREATE [REMOTE] DATABASE.
type CreateDatabase struct {
	Pos
	Remote          bool // 4.0
	IfNotExists     bool
	Name            *Ident
	Comment         *StringLit
	Location        *StringLit
	ManagedLocation *StringLit // 4.0
	Connector       *Ident     // REMOTE ... USING connector
	Properties      []*Property
}

// DropDatabase is DROP DATABASE.
type DropDatabase struct {
	Pos
	IfExists bool
	Name     *Ident
	Behavior string // "", "CASCADE", "RESTRICT"
}

// AlterDatabase is ALTER DATABASE; exactly one of the changes is set.
type AlterDatabase struct {
	Pos
	Name            *Ident
	Properties      []*Property
	Owner           *Principal
	Location        *StringLit
	ManagedLocation *StringLit // 4.0
}

// Use is USE database.
type Use struct {
	Pos
	Name *Ident
}

// CreateConnector is CREATE CONNECTOR (4.0).
type CreateConnector struct {
	Pos
	IfNotExists bool
	Name        *Ident
	Type        *StringLit
	URL         *StringLit
	Comment     *StringLit
	Properties  []*Property
}

// AlterConnector is ALTER CONNECTOR (4.0); exactly one of the changes is set.
type AlterConnector struct {
	Pos
	Name       *Ident
	Properties []*Property
	Owner      *Principal
	URL        *StringLit
}

// DropConnector is DROP CONNECTOR (4.0).
type DropConnector struct {
	Pos
	IfExists bool
	Name     *Ident
}

// CreateView is CREATE [OR REPLACE] VIEW. Query.Span gives the text to store.
type CreateView struct {
	Pos
	OrReplace           bool
	IfNotExists         bool
	Name                *TableName
	Columns             []*ColumnDef // names and comments only
	Comment             *StringLit
	PartitionedOn       []*Ident
	PartitionTransforms []*PartitionTransform // 4.0
	Properties          []*Property
	Query               *Query
}

// DropView is DROP VIEW or DROP MATERIALIZED VIEW.
type DropView struct {
	Pos
	Materialized bool
	IfExists     bool
	Name         *TableName
}

// CreateMaterializedView is CREATE MATERIALIZED VIEW.
type CreateMaterializedView struct {
	Pos
	IfNotExists         bool
	Name                *TableName
	DisableRewrite      bool
	Comment             *StringLit
	PartitionedOn       []*Ident
	PartitionTransforms []*PartitionTransform
	ClusteredOn         []*Ident
	DistributedOn       []*Ident
	SortedOn            []*Ident
	RowFormat           *RowFormat
	FileFormat          *FileFormat
	Location            *StringLit
	Properties          []*Property
	Query               *Query
}

// AlterMaterializedView is ALTER MATERIALIZED VIEW name REBUILD | ENABLE REWRITE | DISABLE REWRITE.
type AlterMaterializedView struct {
	Pos
	Name   *TableName
	Action string // "REBUILD", "ENABLE REWRITE", "DISABLE REWRITE"
}

// Resource is JAR|FILE|ARCHIVE 'uri'.
type Resource struct {
	Pos
	Kind string // "JAR", "FILE", "ARCHIVE"
	URI  *StringLit
}

// CreateFunction is CREATE [TEMPORARY] FUNCTION f AS 'class' [USING ...].
type CreateFunction struct {
	Pos
	Temporary bool
	Name      *FunctionName
	Class     *StringLit
	Resources []*Resource
}

// DropFunction is DROP [TEMPORARY] FUNCTION.
type DropFunction struct {
	Pos
	Temporary bool
	IfExists  bool
	Name      *FunctionName
}

// ReloadFunctions is RELOAD FUNCTION or RELOAD FUNCTIONS.
type ReloadFunctions struct {
	Pos
}

// CreateMacro is CREATE TEMPORARY MACRO.
type CreateMacro struct {
	Pos
	Name     *Ident
	Params   []*ColumnDef
	Body     Expr
	BodySpan Span
}

// DropMacro is DROP TEMPORARY MACRO.
type DropMacro struct {
	Pos
	IfExists bool
	Name     *Ident
}

// CreateScheduledQuery is CREATE SCHEDULED QUERY (4.0).
type CreateScheduledQuery struct {
	Pos
	Name       *Ident
	Schedule   *Schedule
	ExecutedAs *StringLit
	Enable     string // "", "ENABLE" or "DISABLE"
	Body       Statement
	BodySpan   Span
}

// AlterScheduledQuery is ALTER SCHEDULED QUERY; exactly one of the changes is set.
type AlterScheduledQuery struct {
	Pos
	Name       *Ident
	Schedule   *Schedule
	ExecutedAs *StringLit
	Enable     string
	Execute    bool
	Body       Statement
	BodySpan   Span
}

// DropScheduledQuery is DROP SCHEDULED QUERY.
type DropScheduledQuery struct {
	Pos
	IfExists bool
	Name     *Ident
}

// Schedule is CRON '...' or EVERY [n] unit [AT|OFFSET BY '...'].
type Schedule struct {
	Pos
	Cron   *StringLit
	Every  *NumberLit
	Unit   IntervalUnit
	Offset *StringLit
}

func (*CreateDatabase) statement()         {}
func (*DropDatabase) statement()           {}
func (*AlterDatabase) statement()          {}
func (*Use) statement()                    {}
func (*CreateConnector) statement()        {}
func (*AlterConnector) statement()         {}
func (*DropConnector) statement()          {}
func (*CreateView) statement()             {}
func (*DropView) statement()               {}
func (*CreateMaterializedView) statement() {}
func (*AlterMaterializedView) statement()  {}
func (*CreateFunction) statement()         {}
func (*DropFunction) statement()           {}
func (*ReloadFunctions) statement()        {}
func (*CreateMacro) statement()            {}
func (*DropMacro) statement()              {}
func (*CreateScheduledQuery) statement()   {}
func (*AlterScheduledQuery) statement()    {}
func (*DropScheduledQuery) statement()     {}
