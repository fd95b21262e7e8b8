// Package catalog is what the analyzer and the optimizer need to know of tables: a read-only view of the metastore that its
// owner implements. All names are lower-case.
package catalog

import (
	"context"
	"errors"

	"skep/dialect/types"
)

// ErrNotFound is returned (wrapped or not) for a table, database or function that does not exist.
var ErrNotFound = errors.New("not found")

// Catalog looks up metadata for one session: temporary tables and the session's view of the metastore are its business.
// Implementations are safe for concurrent use and may cache for the duration of a statement.
type Catalog interface {
	// Table returns a table or view; ErrNotFound when it does not exist.
	Table(ctx context.Context, db, name string) (*Table, error)
	// HasDatabase reports whether the database exists.
	HasDatabase(ctx context.Context, db string) (bool, error)
	// Partitions returns the partitions of t that may satisfy keep, which sees the partition's values in the order of
	// PartitionKeys. filter, when not nil, is an equivalent or weaker predicate that the catalog may evaluate itself first.
	Partitions(ctx context.Context, t *Table, filter *PartitionFilter, keep func(values []types.Datum) (bool, error)) ([]*Partition, error)
	// Macro returns the definition of a temporary macro, or nil.
	Macro(name string) *Macro
}

// Kind is the kind of a table.
type Kind uint8

// The kinds of tables.
const (
	Managed Kind = iota
	External
	View
	MaterializedView
)

// Column is a table column.
type Column struct {
	Name    string
	Type    *types.Type
	Comment string
	NotNull bool
	Default string // SQL text of the default expression, "" when there is none
}

// Table is an immutable description of a table or view as a statement sees it.
type Table struct {
	DB, Name      string
	Kind          Kind
	Temporary     bool
	Columns       []Column // data columns
	PartitionKeys []Column
	ViewText      string // views: the expanded query text
	ViewDB        string // views: the database in which unqualified names of ViewText resolve
	Location      string
	InputFormat   string // Java class names as the metastore keeps them
	OutputFormat  string
	SerDe         string
	SerDeProps    map[string]string
	Params        map[string]string
	Buckets       Buckets
	Lists         *ListBuckets // nil without list bucketing
	Nested        bool         // list bucketing: files are in directories below
	Stats         *Stats       // unpartitioned tables; nil when unknown
	Transactional bool
	// WriteIDs are what the statement sees of a transactional table; nil for other tables.
	WriteIDs *WriteIDs
	// Rows, when set, makes the rows of a table that has no files; Location and the like are empty then.
	Rows    func(ctx context.Context) ([][]types.Datum, error)
	Checks  []string // conditions of the CHECK constraints that are enabled
	Version int64    // changes whenever the table does; a key for caches
}

// Buckets describes bucketing; Count is 0 without it.
type Buckets struct {
	Count   int
	Columns []string
	Sort    []SortColumn
	Version int // bucketing_version: 1 Java hashes, 2 murmur3
}

// ListBuckets is SKEWED BY … STORED AS DIRECTORIES: the rows of each tuple of values are in a directory of their own.
type ListBuckets struct {
	Columns []string
	Values  [][]string // as text
}

// SortColumn is one column of SORTED BY.
type SortColumn struct {
	Name string
	Desc bool
}

// Partition is one partition of a table.
type Partition struct {
	Values       []types.Datum // in the order of PartitionKeys, in the physical form of their types
	Names        []string      // the values as the metastore keeps them
	Location     string
	Columns      []Column // nil: as the table
	InputFormat  string
	OutputFormat string
	SerDe        string
	SerDeProps   map[string]string
	Params       map[string]string
	Nested       bool // list bucketing: files are in directories below
	Stats        *Stats
}

// Stats are row and column statistics; -1 means unknown.
type Stats struct {
	Rows    int64
	Bytes   int64
	Columns map[string]*ColumnStats
}

// ColumnStats are statistics of one column; -1 means unknown. Min and Max are in the physical form of the column's type.
type ColumnStats struct {
	Distinct  int64
	Nulls     int64
	AvgLen    float64
	MaxLen    int64
	HasMinMax bool
	Min, Max  types.Datum
}

// Macro is a temporary macro: its body is an expression text over the parameters.
type Macro struct {
	Name   string
	Params []Column
	Body   string
}

// FilterOp is an operator of a PartitionFilter.
type FilterOp uint8

// The operators: And and Or take Args; the others compare column Column with Values.
const (
	And FilterOp = iota
	Or
	Equal
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	In
	IsNull
	IsNotNull
)

// PartitionFilter is a predicate over partition keys that a catalog can evaluate by its indexes.
type PartitionFilter struct {
	Op     FilterOp
	Args   []*PartitionFilter
	Column int           // index into PartitionKeys
	Values []types.Datum // in the physical form of the key's type
}
