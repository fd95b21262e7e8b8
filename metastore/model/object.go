package model

// Statistics and accounting parameters kept in table and partition parameters, with Hive's names.
const (
	ParamExternal          = "EXTERNAL"
	ParamComment           = "comment"
	ParamLastDDLTime       = "transient_lastDdlTime"
	ParamNumFiles          = "numFiles"
	ParamTotalSize         = "totalSize"
	ParamNumRows           = "numRows"
	ParamRawDataSize       = "rawDataSize"
	ParamStatsAccurate     = "COLUMN_STATS_ACCURATE"
	ParamBucketingVersion  = "bucketing_version"
	ParamNumPartitions     = "numPartitions"
	ParamErasureCodedFiles = "numFilesErasureCoded"
)

// StatisticsKind selects which fields of ColumnStatistics carry meaning; they are the unions of the metastore API.
type StatisticsKind string

// The statistics kinds.
const (
	BooleanStatistics   StatisticsKind = "boolean"
	LongStatistics      StatisticsKind = "long"
	DoubleStatistics    StatisticsKind = "double"
	StringStatistics    StatisticsKind = "string"
	BinaryStatistics    StatisticsKind = "binary"
	DecimalStatistics   StatisticsKind = "decimal"
	DateStatistics      StatisticsKind = "date"
	TimestampStatistics StatisticsKind = "timestamp"
)

// ColumnStatistics describes the values of one column in a table or partition. Counts of -1 are unknown.
type ColumnStatistics struct {
	Column   string         `json:"-"`
	Type     string         `json:"t"` // Hive type text
	Kind     StatisticsKind `json:"k"`
	Nulls    int64          `json:"n"`
	Distinct int64          `json:"d,omitempty"`
	// Low and High are the smallest and largest value as Hive prints them: integers and decimals in digits, doubles
	// in Java form, dates as yyyy-MM-dd, timestamps as yyyy-MM-dd HH:mm:ss[.f] in UTC. Empty: unknown.
	Low       string  `json:"lo,omitempty"`
	High      string  `json:"hi,omitempty"`
	AvgLength float64 `json:"al,omitempty"` // bytes; string and binary
	MaxLength int64   `json:"ml,omitempty"`
	Trues     int64   `json:"tr,omitempty"` // boolean
	Falses    int64   `json:"fa,omitempty"`
	// BitVector is a serialised HyperLogLog sketch of the distinct values, nil when none was computed.
	BitVector []byte `json:"-"`
}

// PartitionStatistics are the column statistics of one partition.
type PartitionStatistics struct {
	Partition string // name, e.g. ds=2020-01-01/hr=1
	Columns   []ColumnStatistics
}

// FunctionResource is a file a permanent function needs.
type FunctionResource struct {
	Kind string `json:"k"` // JAR, FILE or ARCHIVE
	URI  string `json:"u"`
}

// Function is a permanent function.
type Function struct {
	Database   string
	Name       string
	Class      string
	Owner      string
	OwnerType  string
	CreateTime int64
	Resources  []FunctionResource
}

// ConstraintKind is the kind of a table constraint.
type ConstraintKind string

// The constraint kinds.
const (
	PrimaryKey        ConstraintKind = "PRIMARY KEY"
	ForeignKey        ConstraintKind = "FOREIGN KEY"
	UniqueConstraint  ConstraintKind = "UNIQUE"
	NotNullConstraint ConstraintKind = "NOT NULL"
	DefaultConstraint ConstraintKind = "DEFAULT"
	CheckConstraint   ConstraintKind = "CHECK"
)

// Constraint is a declared property of a table.
type Constraint struct {
	Name       string         `json:"-"`
	Kind       ConstraintKind `json:"-"`
	Columns    []string       `json:"c,omitempty"`
	Expression string         `json:"x,omitempty"` // DEFAULT value or CHECK condition, as SQL text
	// ParentDatabase, ParentTable and ParentColumns name what a FOREIGN KEY refers to.
	ParentDatabase string   `json:"pd,omitempty"`
	ParentTable    string   `json:"pt,omitempty"`
	ParentColumns  []string `json:"pc,omitempty"`
	Enable         bool     `json:"e,omitempty"`
	Validate       bool     `json:"v,omitempty"`
	Rely           bool     `json:"r,omitempty"`
}

// IntentState is how far a journalled change has come.
type IntentState string

// The intent states. The step from Prepared to Committed happens in the same transaction as the catalog change, so it is
// the one moment at which old becomes new.
const (
	IntentPrepared  IntentState = "prepared"  // files may be half moved: undo
	IntentCommitted IntentState = "committed" // the catalog has the new state: finish cleaning up
)

// Intent is the journal record of a change that touches files as well as the catalog.
type Intent struct {
	ID    string
	State IntentState
	Body  []byte // owned by package warehouse
}
