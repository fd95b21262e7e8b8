package orc

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// Files of events, as the OrcRecordUpdater of Hive's ACID tables writes them: the columns of a row of the table are the fields of the
// struct that is the last of six columns.
const (
	eventOperation = iota
	eventWriteID
	eventBucket
	eventRowID
	eventCurrent
	eventRow
)

// eventNames are the names of the columns of a file of events; readers in Java look at their order only.
func eventNames() []string {
	return []string{"operation", "originalTransaction", "bucket", "rowId", "currentTransaction", "row"}
}

// Operations. Updates are a delete and an insert.
const (
	operationInsert = 0
	operationDelete = 2
)

// User metadata of a file of events.
const (
	metadataKeyIndex = "hive.acid.key.index" // the last key of each stripe
	metadataStats    = "hive.acid.stats"     // the numbers of inserts, updates and deletes
	metadataVersion  = "hive.acid.version"
	eventVersion     = "2"
)

func (t *fileTail) hasEvents() bool {
	root := &t.types[0]
	return slices.EqualFunc(root.names, eventNames(), strings.EqualFold) && t.types[root.children[eventRow]].kind == kindStruct
}

// HasEvents implements format.Eventful.
func (f *Format) HasEvents(ctx context.Context, path string, opts *format.ReadOptions) (bool, error) {
	in, err := opts.Open.Open(ctx, path)
	if err != nil {
		return false, err
	}
	defer in.Close()
	if in.Size() == 0 {
		return false, nil
	}
	t, err := f.tail(in, path, format.ModTime(in))
	return err == nil && t.hasEvents(), err
}

// root returns the type whose fields are the columns of the table.
func (r *reader) root(events bool) (*orcType, error) {
	root := &r.tail.types[0]
	if !events {
		return root, nil
	}
	if !r.tail.hasEvents() {
		return nil, fmt.Errorf("a file of a transaction has the columns %s: %w", strings.Join(root.names, ", "), errProto)
	}
	r.row = root.children[eventRow]
	return &r.tail.types[r.row], nil
}

// resolveKeys adds the columns of format.EventKeys to the output.
func (r *reader) resolveKeys() error {
	root := &r.tail.types[0]
	if !r.tail.hasEvents() {
		return fmt.Errorf("keys of rows of a file that has the columns %s: %w", strings.Join(root.names, ", "), errProto)
	}
	for i, k := range format.EventKeys() {
		c, err := r.column(root.children[eventWriteID+i], k.Type)
		if err != nil {
			return fmt.Errorf("column %s: %w", k.Name, err)
		}
		r.fields = append(r.fields, &field{schema: -1, column: c, vec: vector.New(k.Type, 0)})
		r.output = append(r.output, len(r.fields)-1)
	}
	return nil
}

// constantKeys makes constants of the columns of keys that have one value in a stripe, as write ids and buckets do unless a file was
// compacted: they are not read.
func (r *reader) constantKeys(s *stripe) {
	for _, f := range r.fields {
		if f.schema >= 0 {
			continue
		}
		f.constant = nil
		if f.column.id >= len(s.stats) {
			continue
		}
		if x := &s.stats[f.column.id]; x.ints && x.minInt == x.maxInt && !x.hasNull && x.values == s.info.rows {
			f.constant = vector.NewConst(f.vec.Type, types.Datum{I: x.minInt})
		}
	}
}

// eventWriter writes a file of events.
type eventWriter struct {
	*writer
	kind      format.EventKind
	operation *vector.Vector
	row       *vector.Vector // of inserts its children are set for each batch
	batch     vector.Batch
	last      [3]int64 // the key that came last
	index     []byte   // the last keys of the stripes
}

func newEventWriter(w io.Writer, opts *format.WriteOptions) (format.Writer, error) {
	o := *opts
	row := &types.Type{Kind: types.Struct}
	for _, c := range opts.Schema {
		row.Fields = append(row.Fields, types.Field{Name: c.Name, Type: c.Type})
	}
	o.Schema = append([]format.Column{{Name: eventNames()[eventOperation], Type: types.IntType}}, format.EventKeys()...)
	o.Schema = append(o.Schema, format.Column{Name: eventNames()[eventRow], Type: row})
	e := &eventWriter{kind: opts.Events}
	if e.kind == format.Deletes {
		e.operation, e.row = constant(operationDelete), vector.NewNull(row)
	} else {
		e.operation, e.row = constant(operationInsert), &vector.Vector{Type: row}
	}
	var err error
	if e.writer, err = newWriter(w, &o); err != nil {
		return nil, err
	}
	e.writer.events = e
	return e, nil
}

func constant(operation int64) *vector.Vector {
	return vector.NewConst(types.IntType, types.Datum{I: operation})
}

// Write implements format.Writer.
func (e *eventWriter) Write(b *vector.Batch) error {
	data := len(b.Cols) - len(format.EventKeys())
	if e.kind == format.Inserts {
		e.row.Children = b.Cols[:data]
	}
	e.batch = vector.Batch{N: b.N, Sel: b.Sel, Cols: append(append(append(e.batch.Cols[:0], e.operation), b.Cols[data:]...), e.row)}
	return e.writer.Write(&e.batch)
}

// note remembers the key of a row, the last one that was written.
func (e *eventWriter) note(b *vector.Batch, row int) {
	for i := range e.last {
		v := b.Cols[eventWriteID+i]
		e.last[i] = v.Base().I64[v.At(row)]
	}
}

// endStripe notes the last key of a stripe.
func (e *eventWriter) endStripe() {
	for i, k := range e.last {
		if i > 0 {
			e.index = append(e.index, ',')
		}
		e.index = strconv.AppendInt(e.index, k, 10)
	}
	e.index = append(e.index, ';')
}

// metadata adds what readers of events expect to a footer.
func (e *eventWriter) metadata(footer *builder, rows int64) {
	stats := fmt.Sprintf("%d,0,0", rows)
	if e.kind == format.Deletes {
		stats = fmt.Sprintf("0,0,%d", rows)
	}
	for _, x := range [][2]string{{metadataKeyIndex, string(e.index)}, {metadataStats, stats}, {metadataVersion, eventVersion}} {
		var m builder
		m.string(1, x[0])
		m.string(2, x[1])
		footer.bytes(5, m.b)
	}
}
