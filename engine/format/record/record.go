// Package record is the seam between containers of rows that are byte strings (lines of text, records of sequence files, the
// pipes of scripts) and SerDes, which give the strings columns: any SerDe reads and writes any container.
package record

import (
	"context"
	"io"

	"skep/engine/format"
	"skep/engine/vector"
)

// Padding is how many bytes behind the last row of a Rows are readable, so that a SerDe may load words.
const Padding = 16

// Rows are rows as byte strings within Buf: row i is Buf[At[i].Off : At[i].Off+At[i].Len].
type Rows struct {
	Buf []byte
	At  []vector.Ref
	// Offsets, when asked for, are the positions of the rows in their file.
	Offsets []int64
}

// Row returns row i.
func (r *Rows) Row(i int) []byte {
	at := r.At[i]
	return r.Buf[at.Off : at.Off+at.Len : at.Off+at.Len]
}

// Reader reads the rows of a split. It is used by one goroutine.
type Reader interface {
	// Next returns up to limit rows, valid until the next call; none at the end.
	Next(limit int) (Rows, error)
	Close() error
}

// Writer writes the rows of a file. It is used by one goroutine.
type Writer interface {
	// Write writes rows, the i-th of which ends at ends[i] of buf and is followed by the container's terminator. It keeps nothing
	// of buf.
	Write(buf []byte, ends []int) error
	// Close finishes the file and returns its size.
	Close() (int64, error)
}

// Container is a kind of file that holds rows.
type Container interface {
	// Splits is as format.Format's.
	Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error)
	// Open starts reading a split.
	Open(ctx context.Context, s format.Split, opts *format.ReadOptions) (Reader, error)
	// NewWriter starts a file on w, which it does not close.
	NewWriter(w io.Writer, opts *format.WriteOptions) (Writer, error)
	// Terminator is what follows each row handed to a writer.
	Terminator() string
}

// SerDe gives rows columns.
type SerDe interface {
	NewDeserializer(opts *format.ReadOptions) (Deserializer, error)
	NewSerializer(opts *format.WriteOptions) (Serializer, error)
}

// Deserializer reads columns out of rows. It is used by one goroutine.
type Deserializer interface {
	// Load takes up to vector.BatchSize rows, which stay valid until the next Load.
	Load(rows *Rows) error
	// Column returns column i of the schema, which is among the projected ones or those of predicates; only the rows of sel (all
	// when nil) need hold values. The vector is valid until the next Load.
	Column(i int, sel []uint16) (*vector.Vector, error)
}

// Serializer writes rows. It is used by one goroutine.
type Serializer interface {
	// Append appends the selected rows of b to dst, each followed by terminator, and where they end, before the terminator, to ends.
	Append(dst []byte, ends []int, b *vector.Batch, terminator string) ([]byte, []int, error)
}

// Wanted lists the columns that readers with these options need, without repetitions: the projected ones in order, then those
// of predicates.
func Wanted(opts *format.ReadOptions) []int {
	seen := make([]bool, len(opts.Schema))
	var out []int
	add := func(i int) {
		if !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	for _, i := range opts.Projection {
		add(i)
	}
	for _, p := range opts.Predicates {
		add(p.Column())
	}
	return out
}
