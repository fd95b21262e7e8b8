// Package format defines what the engine asks of a storage format: dividing files into splits, reading a split as batches
// with projection and exact predicates, and writing batches. The formats themselves are its sub-packages.
package format

import (
	"context"
	"io"
	"time"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Column is a named, typed column of a table or file.
type Column struct {
	Name string // lower-case
	Type *types.Type
}

// Input is an open file for random reads. ReadAt may be called concurrently.
type Input interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Opener opens files by path or URI for reading.
type Opener interface {
	Open(ctx context.Context, path string) (Input, error)
}

// Split is an independently readable part of one file: the rows whose start (line, row group, stripe) lies in
// [Start, Start+Length).
type Split struct {
	Path          string
	FileSize      int64
	ModTime       time.Time // guards caches of footers
	Start, Length int64
	Rows          int64 // rows in the split, or -1 when unknown without reading
}

// Format reads and writes one storage format.
type Format interface {
	// Splits divides the file path into splits of about target bytes, dropping parts that statistics prove empty under
	// opts.Predicates. An empty file gives no split.
	Splits(ctx context.Context, path string, opts *ReadOptions, target int64) ([]Split, error)
	// OpenSplit starts reading a split.
	OpenSplit(ctx context.Context, s Split, opts *ReadOptions) (Reader, error)
	// NewWriter starts a file on w. The writer does not close w.
	NewWriter(w io.Writer, opts *WriteOptions) (Writer, error)
}

// Positioner is implemented by formats that know where in the file a row is: with ReadOptions.Offsets their batches end in a
// bigint column with the offset of each row or of the block that holds it, as Hive's BLOCK__OFFSET__INSIDE__FILE.
type Positioner interface {
	Format
	Positions()
}

// Counter is implemented by formats whose files say how many rows they hold.
type Counter interface {
	Format
	// Count returns the statistics of the file path, as its writer gave them. An empty file has none.
	Count(ctx context.Context, path string, opts *ReadOptions) (FileStats, error)
}

// Eventful is implemented by formats in which transactions can write: files whose rows are events, inserts of a row or deletes of the row
// that has a key.
type Eventful interface {
	Format
	// HasEvents reports whether the file path is of events.
	HasEvents(ctx context.Context, path string, opts *ReadOptions) (bool, error)
}

// EventKind says what the events of a file do.
type EventKind uint8

// Kinds of events.
const (
	NoEvents EventKind = iota
	Inserts
	Deletes
)

// EventKeys are the columns that events have besides the row: the key of the row (the write id of its insert, the bucket property and the
// number of the row), and the write id of the event.
func EventKeys() []Column {
	return []Column{
		{"originalTransaction", types.BigIntType}, {"bucket", types.IntType}, {"rowId", types.BigIntType}, {"currentTransaction", types.BigIntType},
	}
}

// Reader yields the batches of a split. It is used by one goroutine.
type Reader interface {
	// Next returns the next non-empty batch, or nil at the end. Columns are in the order of ReadOptions.Projection; the batch
	// is valid until the next call. Sel excludes rows that fail ReadOptions.Predicates.
	Next() (*vector.Batch, error)
	// Close releases buffers and the file.
	Close() error
}

// Writer writes one file. It is used by one goroutine and keeps nothing of a batch after Write.
type Writer interface {
	Write(b *vector.Batch) error
	// Close flushes and finishes the file; without it the file is invalid. It returns the file's statistics.
	Close() (FileStats, error)
}

// FileStats describes a finished file. RawBytes is Hive's rawDataSize estimate.
type FileStats struct {
	Rows, Bytes, RawBytes int64
}

// ReadOptions says what to read and how. It is shared by the readers of all splits of a table or partition and immutable.
type ReadOptions struct {
	Open Opener
	// Schema lists the data columns (no partition columns) as the table or partition declares them.
	Schema []Column
	// Projection lists the wanted columns as indexes into Schema, in output order. It may be empty: batches then have rows only.
	Projection []int
	// Predicates are conjuncts that every returned row satisfies. Their columns need not be in Projection.
	Predicates []Predicate
	// Offsets asks readers of a Positioner for one more column behind the projection.
	Offsets bool
	// Events says that the files are of events (Eventful): the columns of Schema are inside their rows. Keys asks for four more
	// columns behind the projection, EventKeys.
	Events, Keys bool
	// RowNumbers asks readers of an Eventful format for one more column at the end, a bigint: the number of the row in its file, from 0.
	RowNumbers bool
	// Properties are the SerDe properties over the table's (partition's) properties.
	Properties map[string]string
	Session    Session
}

// Session carries the session settings a format depends on.
type Session struct {
	HiveVersion string         // "3.1" or "4.0"
	Location    *time.Location // session time zone
	Conf        func(key string) string
}

// Hive3 reports whether Hive 3.1's behaviour is asked for.
func (s *Session) Hive3() bool { return s.HiveVersion == "3.1" }

// WriteOptions says what to write and how.
type WriteOptions struct {
	Schema     []Column
	Properties map[string]string // SerDe and table properties, e.g. "orc.compress", "parquet.compression"
	Session    Session
	// Events asks an Eventful format for a file of events. The batches of Inserts end in EventKeys, those of Deletes are nothing else.
	Events EventKind
}

// Predicate is a conjunct over one column. Implementations are immutable apart from internal caches and safe for
// concurrent use.
type Predicate interface {
	// Column is the index into ReadOptions.Schema.
	Column() int
	// MayMatch reports whether some row with these statistics might satisfy the predicate.
	MayMatch(s *ColumnStats) bool
	// Select appends to out[:0] the rows of sel (all of 0..n-1 when sel is nil) whose value in v satisfies the predicate, and
	// returns it; out has capacity for n and may alias sel.
	Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16
	// BloomValue returns the single value the predicate asks equality with, if it is of that kind, for bloom filter tests.
	BloomValue() (types.Datum, bool)
}

// ColumnStats are the statistics of a run of rows of one column. Min and Max are bounds (inclusive) in the physical form of
// the column's declared type and valid when HasMinMax; they need not be attained. Numbers are -1 when unknown.
type ColumnStats struct {
	Type      *types.Type
	HasMinMax bool
	Min, Max  types.Datum
	Nulls     int64
	Rows      int64
}

// ModTime returns when an open file was last changed, or the zero time when the file system does not say. Together with path
// and size it identifies a version of the file in caches.
func ModTime(in Input) time.Time {
	if m, ok := in.(interface{ ModTime() time.Time }); ok {
		return m.ModTime()
	}
	return time.Time{}
}
