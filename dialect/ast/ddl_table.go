package ast

// ColumnDef is a column of a table, a TRANSFORM output or a macro parameter.
type ColumnDef struct {
	Pos
	Name       *Ident
	Type       *TypeName   // nil where only a name is given
	Constraint *Constraint // nil when none
	Comment    *StringLit
}

// ConstraintKind is the kind of a constraint.
type ConstraintKind string

// The kinds of constraints.
const (
	PrimaryKey        ConstraintKind = "PRIMARY KEY"
	UniqueConstraint  ConstraintKind = "UNIQUE"
	ForeignKey        ConstraintKind = "FOREIGN KEY"
	CheckConstraint   ConstraintKind = "CHECK"
	NotNullConstraint ConstraintKind = "NOT NULL"
	DefaultConstraint ConstraintKind = "DEFAULT"
)

// Constraint is a column or table constraint.
type Constraint struct {
	Pos
	Name    *Ident
	Kind    ConstraintKind
	Columns []*Ident // PRIMARY KEY, UNIQUE, FOREIGN KEY at table level
	// References and RefColumns are set for FOREIGN KEY and a column's REFERENCES.
	References *TableName
	RefColumns []*Ident
	Expr       Expr // CHECK condition, DEFAULT value
	ExprSpan   Span // text of Expr
	// Enable is "", "ENABLE" or "DISABLE" (ENFORCED and NOT ENFORCED are stored so); Validate "", "VALIDATE" or
	// "NOVALIDATE"; Rely "", "RELY" or "NORELY".
	Enable   string
	Validate string
	Rely     string
}

// RowFormat is ROW FORMAT DELIMITED ... or ROW FORMAT SERDE 'c'.
type RowFormat struct {
	Pos
	SerDe           *StringLit // nil: DELIMITED
	SerDeProperties []*Property
	Fields          *StringLit // FIELDS TERMINATED BY
	Escaped         *StringLit // ESCAPED BY
	CollectionItems *StringLit
	MapKeys         *StringLit
	Lines           *StringLit
	NullDefined     *StringLit
}

// FileFormat is STORED AS name, STORED AS INPUTFORMAT .. OUTPUTFORMAT .., STORED BY 'handler', or the same forms of
// SET FILEFORMAT.
type FileFormat struct {
	Pos
	Name              *Ident // STORED AS ORC; also the format after STORED BY (4.0)
	InputFormat       *StringLit
	OutputFormat      *StringLit
	SerDe             *StringLit // SET FILEFORMAT INPUTFORMAT .. OUTPUTFORMAT .. SERDE ..
	InputDriver       *StringLit
	OutputDriver      *StringLit
	Handler           *StringLit // STORED BY 'class'
	HandlerName       *Ident     // STORED BY ICEBERG (4.0)
	HandlerProperties []*Property
}

// Buckets is CLUSTERED BY (..) [SORTED BY (..)] INTO n BUCKETS.
type Buckets struct {
	Pos
	Columns []*Ident
	Sorted  []*SortColumn
	Count   *NumberLit
}

// SortColumn is one column of SORTED BY.
type SortColumn struct {
	Pos
	Name  *Ident
	Order SortOrder
	Nulls NullOrder
}

// Skewed is SKEWED BY (..) ON (..) [STORED AS DIRECTORIES].
type Skewed struct {
	Pos
	Columns     []*Ident
	Values      []*SkewedValue
	Directories bool
}

// SkewedValue is one skewed value: a single constant, or one constant per column when Tuple is set.
type SkewedValue struct {
	Pos
	Tuple  bool
	Values []Expr
}

// PartitionTransform is one entry of PARTITIONED BY SPEC (4.0): a column, or transform(column).
type PartitionTransform struct {
	Pos
	Transform string // "", "YEAR", "MONTH", "DAY", "HOUR", "TRUNCATE", "BUCKET"
	Arg       *NumberLit
	Column    *Ident
}

// CreateTable is CREATE TABLE in all forms: with columns, AS query, LIKE table, LIKE FILE.
type CreateTable struct {
	Pos
	Temporary     bool
	Transactional bool // 4.0
	External      bool
	Managed       bool // 4.0
	IfNotExists   bool
	Name          *TableName

	Columns     []*ColumnDef
	Constraints []*Constraint // table level

	Like       *TableName
	LikeFile   *Ident // LIKE FILE format 'uri' (4.0)
	LikeFileAt *StringLit

	Comment             *StringLit
	PartitionColumns    []*ColumnDef          // PARTITIONED BY (c type, ..); in 4.0 CTAS names without types
	PartitionTransforms []*PartitionTransform // PARTITIONED BY SPEC (..)
	Buckets             *Buckets
	Skewed              *Skewed
	RowFormat           *RowFormat
	FileFormat          *FileFormat
	Location            *StringLit
	Properties          []*Property
	Query               *Query // AS query
}

// DropTable is DROP TABLE.
type DropTable struct {
	Pos
	IfExists    bool
	Name        *TableName
	Purge       bool
	Replication *Replication
}

// TruncateTable is TRUNCATE TABLE.
type TruncateTable struct {
	Pos
	Target  *TableOrPartition
	Columns []*Ident
	Force   bool // 4.0
}

// Analyze is ANALYZE TABLE ... COMPUTE STATISTICS or CACHE METADATA.
type Analyze struct {
	Pos
	Target        *TableOrPartition
	CacheMetadata bool
	NoScan        bool
	ForColumns    bool
	Columns       []*Ident // empty with ForColumns: all columns
}

// Msck is MSCK [REPAIR] TABLE t [ADD|DROP|SYNC PARTITIONS].
type Msck struct {
	Pos
	Repair    bool
	Table     *TableName
	Action    string // "", "ADD", "DROP", "SYNC"
	Partition *PartitionSpec
}

func (*CreateTable) statement()   {}
func (*DropTable) statement()     {}
func (*TruncateTable) statement() {}
func (*Analyze) statement()       {}
func (*Msck) statement()          {}
