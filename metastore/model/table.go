package model

import (
	"maps"
	"slices"
)

// TableType is the kind of a table, spelled as Hive's metastore spells it.
type TableType string

// The table types of Hive.
const (
	ManagedTable     TableType = "MANAGED_TABLE"
	ExternalTable    TableType = "EXTERNAL_TABLE"
	VirtualView      TableType = "VIRTUAL_VIEW"
	MaterializedView TableType = "MATERIALIZED_VIEW"
)

// DefaultDatabase is the database that always exists.
const DefaultDatabase = "default"

// Database is a namespace of tables and functions.
type Database struct {
	Name       string
	Comment    string
	Location   string
	Owner      string
	OwnerType  string // USER, ROLE or GROUP
	CreateTime int64  // seconds since 1970
	Parameters map[string]string
}

// Column is a column of a table or partition, or a partition key.
type Column struct {
	Name    string `json:"n"`
	Type    string `json:"t"` // Hive type text
	Comment string `json:"c,omitempty"`
}

// Sort directions of SortColumn.Order, with the numbers Hive prints.
const (
	Descending = 0
	Ascending  = 1
)

// SortColumn is one column of SORTED BY.
type SortColumn struct {
	Column string `json:"c"`
	Order  int    `json:"o"`
}

// SerDe names the serializer of a table and its properties.
type SerDe struct {
	Name       string            `json:"n,omitempty"`
	Library    string            `json:"l,omitempty"` // Java class name, e.g. org.apache.hadoop.hive.ql.io.orc.OrcSerde
	Parameters map[string]string `json:"p,omitempty"`
}

// SkewedLocation is the directory of one skewed value tuple (list bucketing).
type SkewedLocation struct {
	Values   []string `json:"v"`
	Location string   `json:"l"`
}

// Skew is the SKEWED BY clause.
type Skew struct {
	Columns   []string         `json:"c,omitempty"`
	Values    [][]string       `json:"v,omitempty"`
	Locations []SkewedLocation `json:"l,omitempty"`
}

// StorageDescriptor says how the rows of a table or partition are stored; the location is kept apart, with the table or
// partition, so that all partitions of a table can share one descriptor. It is immutable once handed to or received from
// a catalog.
type StorageDescriptor struct {
	Columns                []Column          `json:"-"` // data columns, without partition keys
	InputFormat            string            `json:"if,omitempty"`
	OutputFormat           string            `json:"of,omitempty"`
	SerDe                  SerDe             `json:"sd"`
	Compressed             bool              `json:"z,omitempty"`
	NumBuckets             int               `json:"nb"` // -1 when not bucketed, as Hive prints
	BucketColumns          []string          `json:"bc,omitempty"`
	SortColumns            []SortColumn      `json:"sc,omitempty"`
	Skew                   Skew              `json:"sk"`
	StoredAsSubDirectories bool              `json:"sub,omitempty"`
	Parameters             map[string]string `json:"p,omitempty"`
}

// Clone returns a deep copy that the caller may change.
func (s *StorageDescriptor) Clone() *StorageDescriptor {
	if s == nil {
		return nil
	}
	c := *s
	c.Columns = slices.Clone(s.Columns)
	c.SerDe.Parameters = maps.Clone(s.SerDe.Parameters)
	c.BucketColumns = slices.Clone(s.BucketColumns)
	c.SortColumns = slices.Clone(s.SortColumns)
	c.Parameters = maps.Clone(s.Parameters)
	c.Skew.Columns = slices.Clone(s.Skew.Columns)
	c.Skew.Values = slices.Clone(s.Skew.Values)
	for i, v := range c.Skew.Values {
		c.Skew.Values[i] = slices.Clone(v)
	}
	c.Skew.Locations = slices.Clone(s.Skew.Locations)
	for i, l := range c.Skew.Locations {
		c.Skew.Locations[i].Values = slices.Clone(l.Values)
	}
	return &c
}

// Table is a table or view.
type Table struct {
	ID             int64 // identity across renames, given by the catalog; ignored on create and alter
	Database       string
	Name           string
	Type           TableType
	Owner          string
	OwnerType      string
	CreateTime     int64 // seconds since 1970; 0 on create = now
	LastAccessTime int64 // seconds since 1970; 0 = unknown
	Retention      int64
	Location       string // empty for views
	Storage        *StorageDescriptor
	PartitionKeys  []Column
	Parameters     map[string]string

	ViewOriginalText string // views only
	ViewExpandedText string
	RewriteEnabled   bool // materialized views only
}

// Clone returns a deep copy that the caller may change.
func (t *Table) Clone() *Table {
	c := *t
	c.Storage = t.Storage.Clone()
	c.PartitionKeys = slices.Clone(t.PartitionKeys)
	c.Parameters = maps.Clone(t.Parameters)
	return &c
}

// IsView reports whether the table has no data of its own.
func (t *Table) IsView() bool { return t.Type == VirtualView }

// IsPartitioned reports whether the table has partition keys.
func (t *Table) IsPartitioned() bool { return len(t.PartitionKeys) > 0 }

// Partition is one partition of a table.
type Partition struct {
	Values         []string // one per partition key, unescaped; __HIVE_DEFAULT_PARTITION__ stands for NULL
	CreateTime     int64    // seconds since 1970; 0 on add = now
	LastAccessTime int64
	Location       string
	Storage        *StorageDescriptor // nil when adding: as the table's at that moment
	Parameters     map[string]string
}

// Clone returns a copy that the caller may change; the storage descriptor stays shared.
func (p *Partition) Clone() *Partition {
	c := *p
	c.Values = slices.Clone(p.Values)
	c.Parameters = maps.Clone(p.Parameters)
	return &c
}
