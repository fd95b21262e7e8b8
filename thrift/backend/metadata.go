package backend

import (
	"context"

	"skep/dialect/types"
)

// Metadata looks up catalog objects in bulk. Every Match argument is never nil; names are lower-case. Implementations answer a
// whole catalog of tens of thousands of tables in one pass, without a request per table, and may skip objects that the user is
// not allowed to see. It is safe for concurrent use.
type Metadata interface {
	// Schemas returns the databases whose name matches, sorted.
	Schemas(ctx context.Context, schema Match) ([]string, error)
	// Tables returns tables and views, sorted by schema and name.
	Tables(ctx context.Context, schema, table Match) ([]Table, error)
	// Columns returns the columns of matching tables, sorted by schema, table and position; partition columns come last.
	Columns(ctx context.Context, schema, table, column Match) ([]TableColumn, error)
	// Functions returns the functions whose name matches, sorted by name.
	Functions(ctx context.Context, name Match) ([]Function, error)
	// PrimaryKeys returns the key columns of one table, in key order; nothing for an unknown table.
	PrimaryKeys(ctx context.Context, schema, table string) ([]PrimaryKey, error)
	// CrossReference returns foreign-key columns; empty names are wildcards.
	CrossReference(ctx context.Context, parentSchema, parentTable, foreignSchema, foreignTable string) ([]ForeignKey, error)
}

// Match reports whether a lower-case name satisfies a client's search pattern.
type Match func(name string) bool

// TableKind is Hive's own kind of a table.
type TableKind string

// The kinds of tables.
const (
	ManagedTable     TableKind = "MANAGED_TABLE"
	ExternalTable    TableKind = "EXTERNAL_TABLE"
	VirtualView      TableKind = "VIRTUAL_VIEW"
	MaterializedView TableKind = "MATERIALIZED_VIEW"
)

// Table is a table or view. Comment is nil when there is none.
type Table struct {
	Schema, Name string
	Kind         TableKind
	Comment      *string
}

// TableColumn is a column of a table. Position counts from 1.
type TableColumn struct {
	Schema, Table, Name string
	Type                *types.Type
	Comment             *string
	Position            int
	NotNull             bool // column of the primary key; NOT NULL constraints do not count, as in Hive
}

// Function is a function visible to the session.
type Function struct {
	Name         string
	SpecificName string // tells the function from others; its name, where Hive has a class
	Table        bool   // table-generating
}

// PrimaryKey is one column of a primary key; Sequence counts from 1.
type PrimaryKey struct {
	Schema, Table, Column string
	Sequence              int
	Name                  string
}

// ForeignKey is one column pair of a foreign key; Sequence counts from 1.
type ForeignKey struct {
	ParentSchema, ParentTable, ParentColumn    string
	ForeignSchema, ForeignTable, ForeignColumn string
	Sequence                                   int
	UpdateRule, DeleteRule                     int
	ForeignName, ParentName                    string
}
