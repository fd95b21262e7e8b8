package ast

// AlterTable is ALTER TABLE name [PARTITION (..)] action. OPTIMIZE TABLE (4.0) is an *AlterCompact action.
type AlterTable struct {
	Pos
	Table     *TableName
	Partition *PartitionSpec
	Action    AlterAction
}

// AlterView is ALTER VIEW name action: rename, properties, partitions, or AS query.
type AlterView struct {
	Pos
	View   *TableName
	Action AlterAction
}

// AlterAction is what an ALTER TABLE or ALTER VIEW does.
type AlterAction interface {
	Node
	alterAction()
}

// AlterRename is RENAME TO name.
type AlterRename struct {
	Pos
	To *TableName
}

// AlterRenamePartition is PARTITION (..) RENAME TO PARTITION (..).
type AlterRenamePartition struct {
	Pos
	To *PartitionSpec
}

// AlterAddColumns is ADD COLUMNS or REPLACE COLUMNS.
type AlterAddColumns struct {
	Pos
	Replace  bool
	Columns  []*ColumnDef
	Behavior string // "", "CASCADE" or "RESTRICT"
}

// AlterDropColumn is DROP COLUMN (4.0).
type AlterDropColumn struct {
	Pos
	IfExists bool
	Column   *Ident
	Behavior string
}

// AlterChangeColumn is CHANGE [COLUMN] old new type.
type AlterChangeColumn struct {
	Pos
	Old      *Ident
	Column   *ColumnDef
	First    bool
	After    *Ident
	Behavior string
}

// AlterUpdateColumns is UPDATE COLUMNS.
type AlterUpdateColumns struct {
	Pos
	Behavior string
}

// AlterPartitionColumn is PARTITION COLUMN (name type).
type AlterPartitionColumn struct {
	Pos
	Column *ColumnDef
}

// AddedPartition is one partition of AlterAddPartitions.
type AddedPartition struct {
	Pos
	Spec     *PartitionSpec
	Location *StringLit
}

// AlterAddPartitions is ADD [IF NOT EXISTS] PARTITION ...
type AlterAddPartitions struct {
	Pos
	IfNotExists bool
	Partitions  []*AddedPartition
}

// AlterDropPartitions is DROP [IF EXISTS] PARTITION ...
type AlterDropPartitions struct {
	Pos
	IfExists    bool
	Partitions  []*PartitionSpec
	Purge       bool
	Replication *Replication
}

// AlterExchangePartition is EXCHANGE PARTITION (..) WITH TABLE t.
type AlterExchangePartition struct {
	Pos
	Spec  *PartitionSpec
	Table *TableName
}

// AlterTouch is TOUCH, ARCHIVE or UNARCHIVE [PARTITION (..)].
type AlterTouch struct {
	Pos
	Verb       string // "TOUCH", "ARCHIVE", "UNARCHIVE"
	Partitions []*PartitionSpec
}

// AlterProperties is SET or UNSET TBLPROPERTIES.
type AlterProperties struct {
	Pos
	Unset      bool
	IfExists   bool
	Properties []*Property
}

// AlterSerDe is SET SERDE 'c', SET SERDEPROPERTIES or UNSET SERDEPROPERTIES.
type AlterSerDe struct {
	Pos
	SerDe      *StringLit // nil: only properties
	Unset      bool
	Properties []*Property
}

// AlterFileFormat is SET FILEFORMAT.
type AlterFileFormat struct {
	Pos
	Format *FileFormat
}

// AlterLocation is SET LOCATION.
type AlterLocation struct {
	Pos
	Location *StringLit
}

// AlterSkewed is SKEWED BY ..., NOT SKEWED, or NOT STORED AS DIRECTORIES.
type AlterSkewed struct {
	Pos
	Skewed         *Skewed
	NotDirectories bool
}

// SkewedLocation maps one skewed value to a path.
type SkewedLocation struct {
	Pos
	Value    *SkewedValue
	Location *StringLit
}

// AlterSkewedLocation is SET SKEWED LOCATION (..).
type AlterSkewedLocation struct {
	Pos
	Locations []*SkewedLocation
}

// AlterBuckets is CLUSTERED BY ..., INTO n BUCKETS (only Count set), NOT CLUSTERED or NOT SORTED.
type AlterBuckets struct {
	Pos
	Buckets      *Buckets
	NotClustered bool
	NotSorted    bool
}

// AlterConcatenate is CONCATENATE.
type AlterConcatenate struct {
	Pos
}

// AlterCompact is COMPACT 'type' with its options.
type AlterCompact struct {
	Pos
	Optimize   bool       // OPTIMIZE TABLE t REWRITE DATA
	Type       *StringLit // nil for Optimize
	Buckets    *NumberLit // CLUSTERED INTO n BUCKETS (4.0)
	Wait       bool
	Pool       *StringLit
	Properties []*Property
	Where      Expr        // 4.0
	OrderBy    []*SortItem // 4.0
}

// AlterAddConstraint is ADD CONSTRAINT.
type AlterAddConstraint struct {
	Pos
	Constraint *Constraint
}

// AlterDropConstraint is DROP CONSTRAINT.
type AlterDropConstraint struct {
	Pos
	Name *Ident
}

// AlterUpdateStatistics is UPDATE STATISTICS [FOR COLUMN c] SET (..).
type AlterUpdateStatistics struct {
	Pos
	Column     *Ident
	Properties []*Property
	Comment    *StringLit
}

// AlterOwner is SET OWNER.
type AlterOwner struct {
	Pos
	Owner *Principal
}

// AlterPartitionSpec is SET PARTITION SPEC (..) (4.0).
type AlterPartitionSpec struct {
	Pos
	Transforms []*PartitionTransform
}

// AlterConvert is CONVERT TO format (4.0).
type AlterConvert struct {
	Pos
	Format     *Ident
	Properties []*Property
}

// AlterExecute is EXECUTE operation(args) on an Iceberg table (4.0); Words holds the operation's keywords in upper case.
type AlterExecute struct {
	Pos
	Words []string
	Args  []Expr
}

// AlterSnapshotRef is CREATE, DROP, RENAME or REPLACE of a BRANCH or TAG (4.0).
type AlterSnapshotRef struct {
	Pos
	Verb        string // "CREATE", "DROP", "RENAME", "REPLACE"
	Tag         bool   // false: branch
	OrReplace   bool
	IfExists    bool // IF EXISTS of DROP, IF NOT EXISTS of CREATE
	Name        *Ident
	To          *Ident // RENAME target, or the branch of REPLACE ... AS OF BRANCH
	AsOf        *SnapshotPoint
	Retain      *Duration
	MinSnapshot *NumberLit // WITH SNAPSHOT RETENTION n SNAPSHOTS
	MaxAge      *Duration
}

// SnapshotPoint is the version a snapshot reference starts from.
type SnapshotPoint struct {
	Pos
	Kind  string // "SYSTEM_VERSION", "SYSTEM_TIME" or "TAG"
	Value Expr   // literal; nil for TAG
	Tag   *Ident
}

// Duration is a number with a time unit.
type Duration struct {
	Pos
	Count *NumberLit
	Unit  string
}

// AlterAsQuery is ALTER VIEW ... AS query.
type AlterAsQuery struct {
	Pos
	Query *Query
}

func (*AlterTable) statement() {}
func (*AlterView) statement()  {}

func (*AlterRename) alterAction()            {}
func (*AlterRenamePartition) alterAction()   {}
func (*AlterAddColumns) alterAction()        {}
func (*AlterDropColumn) alterAction()        {}
func (*AlterChangeColumn) alterAction()      {}
func (*AlterUpdateColumns) alterAction()     {}
func (*AlterPartitionColumn) alterAction()   {}
func (*AlterAddPartitions) alterAction()     {}
func (*AlterDropPartitions) alterAction()    {}
func (*AlterExchangePartition) alterAction() {}
func (*AlterTouch) alterAction()             {}
func (*AlterProperties) alterAction()        {}
func (*AlterSerDe) alterAction()             {}
func (*AlterFileFormat) alterAction()        {}
func (*AlterLocation) alterAction()          {}
func (*AlterSkewed) alterAction()            {}
func (*AlterSkewedLocation) alterAction()    {}
func (*AlterBuckets) alterAction()           {}
func (*AlterConcatenate) alterAction()       {}
func (*AlterCompact) alterAction()           {}
func (*AlterAddConstraint) alterAction()     {}
func (*AlterDropConstraint) alterAction()    {}
func (*AlterUpdateStatistics) alterAction()  {}
func (*AlterOwner) alterAction()             {}
func (*AlterPartitionSpec) alterAction()     {}
func (*AlterConvert) alterAction()           {}
func (*AlterExecute) alterAction()           {}
func (*AlterSnapshotRef) alterAction()       {}
func (*AlterAsQuery) alterAction()           {}
