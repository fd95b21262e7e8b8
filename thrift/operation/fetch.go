package operation

import (
	"context"

	"github.com/beltran/gohive/hiveserver"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/thrift/backend"
	"skep/thrift/rowset"
	"skep/thrift/tcli"
)

// Limits of one FetchResults reply. A reply ends early when it grows beyond replyBytes: clients go on until an empty one.
const (
	replyBytes = 16 << 20
	chunkRows  = vector.BatchSize
)

// Schema returns the result set's metadata; without a result set it has no columns.
func (o *Operation) Schema() (*hiveserver.TTableSchema, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != Running && o.state != Finished {
		return nil, tcli.Errorf("Expected states: [RUNNING, FINISHED], but found %s", stateName(o.state))
	}
	if !o.hasResult {
		return rowset.Schema(nil), nil
	}
	columns := make([]rowset.Column, len(o.columns))
	for i, c := range o.columns {
		columns[i] = rowset.Column{Name: c.Name, Comment: c.Comment, Type: c.Type}
	}
	return rowset.Schema(columns), nil
}

// rewind says where a fetch starts.
func rewind(orientation hiveserver.TFetchOrientation) (bool, error) {
	switch orientation {
	case hiveserver.TFetchOrientation_FETCH_NEXT:
		return false, nil
	case hiveserver.TFetchOrientation_FETCH_FIRST:
		return true, nil
	}
	return false, tcli.Errorf("The fetch type %s is not supported for this resultset", orientation).WithState("HY106")
}

// Fetch returns the next rows, at most maxRows, in the encoding of the protocol version. It returns no rows only at the end of
// the result, and then again at every call. The row set is the caller's until Recycle.
func (o *Operation) Fetch(ctx context.Context, orientation hiveserver.TFetchOrientation, maxRows int, columnar bool) (*rowset.Builder, error) {
	first, err := rewind(orientation)
	if err != nil {
		return nil, err
	}
	o.fetch.Lock()
	defer o.fetch.Unlock()
	o.mu.Lock()
	state, hasResult, columns := o.state, o.hasResult, o.columns
	o.mu.Unlock()
	if state != Finished || o.closed {
		return nil, tcli.Errorf("Expected states: [FINISHED], but found %s", stateName(state))
	}
	if !hasResult {
		return rowset.NewBuilder(nil, columnar, nil), nil
	}
	if o.cursor == nil {
		if o.cursor, err = o.stmt.Rows(); err != nil {
			return nil, tcli.Errorf("Unable to get the next row set with exception: %v", err)
		}
	} else if first {
		if err := o.cursor.Rewind(); err != nil {
			return nil, tcli.Errorf("Unable to get the next row set with exception: %v", err)
		}
	}
	b := o.builder(columns, columnar)
	for b.Rows() < maxRows && b.Bytes() < replyBytes {
		batch, err := o.cursor.Next(ctx, min(maxRows-b.Rows(), chunkRows))
		if err != nil {
			o.spare.Store(b)
			return nil, tcli.Errorf("Unable to get the next row set with exception: %v", err)
		}
		if batch == nil {
			break
		}
		b.Append(batch)
	}
	o.touch()
	return b, nil
}

// builder returns an empty row set builder, the previous fetch's when it has been given back.
func (o *Operation) builder(columns []backend.Column, columnar bool) *rowset.Builder {
	if b := o.spare.Swap(nil); b != nil && b.Columnar() == columnar {
		b.Reset()
		return b
	}
	ts := make([]*types.Type, len(columns))
	for i, c := range columns {
		ts[i] = c.Type
	}
	if o.stmt == nil { // metadata call
		return rowset.NewBuilder(ts, columnar, nil)
	}
	return rowset.NewBuilder(ts, columnar, o.stmt.Location())
}

// Recycle gives back a row set whose bytes have been taken.
func (o *Operation) Recycle(b *rowset.Builder) { o.spare.Store(b) }

// FetchLog returns further lines of the operation's log as a row set; maxRows ≤ 0 means all of them.
func (o *Operation) FetchLog(orientation hiveserver.TFetchOrientation, maxRows int, columnar bool) (*rowset.Builder, error) {
	first, err := rewind(orientation)
	if err != nil {
		return nil, err
	}
	b := rowset.NewBuilder([]*types.Type{types.StringType}, columnar, nil)
	lines, err := o.log.Fetch(maxRows, first)
	if err != nil {
		return nil, tcli.Errorf("Couldn't read the log associated with operation handle: %s: %v", o, err)
	}
	for len(lines) > 0 {
		n := min(len(lines), chunkRows)
		batch := vector.NewBatch([]*types.Type{types.StringType})
		for _, line := range lines[:n] {
			batch.Cols[0].AppendDatum(types.Datum{S: line})
		}
		batch.N = n
		b.Append(batch)
		lines = lines[n:]
	}
	return b, nil
}
