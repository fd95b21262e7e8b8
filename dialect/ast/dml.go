package ast

// QueryStatement is a query on its own.
type QueryStatement struct {
	Pos
	Query *Query
}

// InsertTarget is where an INSERT writes: a table or a directory.
type InsertTarget struct {
	Pos
	Overwrite   bool // INSERT OVERWRITE, else INSERT INTO
	Table       *TableName
	Partition   *PartitionSpec
	IfNotExists bool     // OVERWRITE ... IF NOT EXISTS
	Columns     []*Ident // INTO t (a, b)
	Directory   *DirectoryTarget
}

// DirectoryTarget is [LOCAL] DIRECTORY 'path' with its format.
type DirectoryTarget struct {
	Pos
	Local      bool
	Path       *StringLit
	RowFormat  *RowFormat
	FileFormat *FileFormat
}

// Insert is INSERT ... SELECT or VALUES. The FROM-first form with one INSERT is stored in the same shape.
type Insert struct {
	Pos
	With   []*CTE
	Target *InsertTarget
	Query  *Query
}

// MultiInsert is FROM source followed by two or more INSERT ... SELECT or SELECT branches.
type MultiInsert struct {
	Pos
	With     []*CTE
	From     FromItem
	Branches []*InsertBranch
}

// InsertBranch is one branch of a MultiInsert. Query.Body is a *Select without From.
type InsertBranch struct {
	Pos
	Target      *InsertTarget // nil for a plain SELECT branch
	LateralView *LateralView  // with a nil Source
	Query       *Query
}

// Assignment is column = value in SET.
type Assignment struct {
	Pos
	Column *Ident
	Value  Expr // may be *DefaultValue
}

// Update is UPDATE t SET ... WHERE.
type Update struct {
	Pos
	Table *TableName
	Set   []*Assignment
	Where Expr
}

// Delete is DELETE FROM t WHERE.
type Delete struct {
	Pos
	Table *TableName
	Where Expr
}

// Merge is MERGE INTO target USING source ON cond WHEN ...
type Merge struct {
	Pos
	Hints    []*Hint
	HintText string
	Target   *TableName
	Alias    *Ident
	Source   FromItem
	On       Expr
	Clauses  []*MergeClause
}

// MergeAction is what a MERGE branch does.
type MergeAction string

// The actions of a MERGE branch.
const (
	MergeUpdate MergeAction = "UPDATE"
	MergeDelete MergeAction = "DELETE"
	MergeInsert MergeAction = "INSERT"
)

// MergeClause is WHEN [NOT] MATCHED [AND cond] THEN action.
type MergeClause struct {
	Pos
	Matched bool
	Cond    Expr
	Action  MergeAction
	Set     []*Assignment // MergeUpdate
	Columns []*Ident      // MergeInsert, 4.0
	Values  *Row          // MergeInsert
}

// Load is LOAD DATA.
type Load struct {
	Pos
	Local       bool
	Path        *StringLit
	Overwrite   bool
	Target      *TableOrPartition
	InputFormat *StringLit // INPUTFORMAT 'f' SERDE 's'
	SerDe       *StringLit
}

// Replication is FOR [METADATA] REPLICATION('id').
type Replication struct {
	Pos
	MetadataOnly bool
	ID           *StringLit
}

// Export is EXPORT TABLE.
type Export struct {
	Pos
	Source      *TableOrPartition
	Path        *StringLit
	Replication *Replication
}

// Import is IMPORT.
type Import struct {
	Pos
	External bool
	Target   *TableOrPartition // nil: names come from the exported metadata
	Path     *StringLit
	Location *StringLit
}

// ExplainOption is one option of EXPLAIN; VECTORIZATION and CBO carry their details as text ("ONLY", "SUMMARY", "COST").
type ExplainOption struct {
	Pos
	Name    string // upper case
	Details []string
}

// Explain is EXPLAIN [options] statement, or EXPLAIN REWRITE query.
type Explain struct {
	Pos
	Options   []*ExplainOption
	Rewrite   bool
	Statement Statement
}

// Prepare is PREPARE name FROM query (4.0).
type Prepare struct {
	Pos
	Name  *Ident
	Query Statement
}

// Execute is EXECUTE name USING constants (4.0).
type Execute struct {
	Pos
	Name *Ident
	Args []Expr
}

func (*QueryStatement) statement() {}
func (*Insert) statement()         {}
func (*MultiInsert) statement()    {}
func (*Update) statement()         {}
func (*Delete) statement()         {}
func (*Merge) statement()          {}
func (*Load) statement()           {}
func (*Export) statement()         {}
func (*Import) statement()         {}
func (*Explain) statement()        {}
func (*Prepare) statement()        {}
func (*Execute) statement()        {}
