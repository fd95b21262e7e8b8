package acid

import (
	"context"
	"errors"
	"fmt"

	"skep/dialect/catalog"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/vector"
)

// Source says how the rows of a file of a transactional table get their keys, and which of them are seen.
type Source struct {
	// Original says that the file has no events: the keys of its rows are WriteID, Bucket (a bucket property) and the numbers from First
	// on.
	Original bool
	WriteID  int64
	Bucket   int32
	First    int64
	// Check says that the file may have events of write ids that the statement does not see.
	Check bool
	// Deletes are the files of deletes of the partition (or table); shared by its sources.
	Deletes []DeleteFile
}

// DeleteFile is a file of deletes.
type DeleteFile struct {
	File
	// Now is where the file is at present, if a commit has moved it since the statement found it: Path is still its name.
	Now string
	// Check is as that of Source.
	Check bool
}

// ReadDeletes reads the keys of deleted rows that a statement sees. options say how files are opened. The account grows with the set; it may
// be nil.
func ReadDeletes(
	ctx context.Context, f format.Eventful, options *format.ReadOptions, files []DeleteFile, ids *catalog.WriteIDs, account *memory.Account,
) (*Keys, error) {
	keys := NewKeys()
	o := &format.ReadOptions{Open: options.Open, Properties: options.Properties, Session: options.Session, Keys: true}
	for _, x := range files {
		if err := keys.read(ctx, f, o, x, ids, account); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// read adds the deletes of a file.
func (k *Keys) read(ctx context.Context, f format.Eventful, o *format.ReadOptions, x DeleteFile, ids *catalog.WriteIDs, account *memory.Account) (err error) {
	split := format.Split{Path: x.Path, FileSize: x.Size, ModTime: x.Modified, Length: x.Size}
	r, err := f.OpenSplit(ctx, split, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	seen := visible{ids: ids}
	for {
		b, err := r.Next()
		if err != nil || b == nil {
			return err
		}
		writes, buckets, rows, events := flat(b.Cols[0]), flat(b.Cols[1]), flat(b.Cols[2]), flat(b.Cols[3])
		for _, v := range b.Cols {
			if v.HasNulls() {
				return fmt.Errorf("reading %s: a delete without a key", x.Path)
			}
		}
		var of inserts
		var set *rowSet
		for i := range uint16(b.N) {
			if x.Check && !seen.sees(events.at(i)) {
				continue
			}
			if at := (inserts{writes.at(i), int32(buckets.at(i))}); set == nil || at != of {
				of, set = at, k.set(at)
			}
			grown, added := set.add(rows.at(i))
			k.bytes += grown
			if added {
				k.rows++
			}
		}
		if account != nil && !account.Set(k.bytes) {
			return account.Exceeded()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// visible remembers the last answer of a list of write ids.
type visible struct {
	ids   *catalog.WriteIDs
	last  int64
	known bool
	valid bool
}

func (v *visible) sees(id int64) bool {
	if v.ids == nil {
		return true
	}
	if !v.known || id != v.last {
		v.last, v.known, v.valid = id, true, v.ids.Valid(id)
	}
	return v.valid
}

// RowIDType is the type of the virtual column ROW__ID.
func RowIDType() *types.Type {
	return types.NewStruct(types.Field{Name: "writeid", Type: types.BigIntType}, types.Field{Name: "bucketid", Type: types.IntType},
		types.Field{Name: "rowid", Type: types.BigIntType})
}

// Extra says which columns batches have besides those of the projection.
type Extra uint8

// Extra columns.
const (
	NoKeys    Extra = iota
	RowID           // one of RowIDType
	EventKeys       // those of format.EventKeys
)

// Open starts reading a split of a file of a transactional table, without the rows that the statement does not see and those in deletes
// (which may be nil). What the format need not read for that, it does not.
func Open(
	ctx context.Context, f format.Eventful, s format.Split, options *format.ReadOptions, src *Source, ids *catalog.WriteIDs, deletes *Keys, extra Extra,
) (format.Reader, error) {
	check := src.Check && ids != nil
	if deletes != nil && (deletes.Len() == 0 || src.Original && !deletes.OfWriteID(src.WriteID)) {
		deletes = nil
	}
	keys := check && !src.Original || deletes != nil || extra != NoKeys
	o := *options
	o.Events = !src.Original
	o.Keys, o.RowNumbers = keys && !src.Original, keys && src.Original
	r, err := f.OpenSplit(ctx, s, &o)
	if err != nil || !keys {
		return r, err
	}
	x := &reader{reader: r, source: *src, path: s.Path, data: len(options.Projection), deletes: deletes, extra: extra}
	if check {
		x.seen = &visible{ids: ids}
	}
	if src.Original {
		x.keys.writeID = vector.NewConst(types.BigIntType, types.Datum{I: src.WriteID})
		x.keys.bucket = vector.NewConst(types.IntType, types.Datum{I: int64(src.Bucket)})
		x.keys.row = vector.New(types.BigIntType, vector.BatchSize)
	}
	if extra == RowID {
		x.id = &vector.Vector{Type: RowIDType()}
	}
	return x, nil
}

// reader leaves rows out and gives the others their keys.
type reader struct {
	reader  format.Reader
	source  Source
	path    string
	data    int // columns of the batches in front of the keys
	seen    *visible
	deletes *Keys
	extra   Extra
	keys    keyColumns
	id      *vector.Vector
	flat    [2]*vector.Vector // write ids and buckets as columns of ROW__ID where they are constants
	all     []uint16          // 0, 1, 2, …
	sel     []uint16
	batch   vector.Batch
}

// Next implements format.Reader.
func (r *reader) Next() (*vector.Batch, error) {
	for {
		b, err := r.reader.Next()
		if err != nil || b == nil {
			return nil, err
		}
		sel := b.Sel
		if r.source.Original {
			r.number(b.Cols[r.data], b.N)
		} else {
			for _, v := range b.Cols[r.data:] {
				if v.HasNulls() {
					return nil, fmt.Errorf("reading %s: an event without a key", r.path)
				}
			}
			r.keys = keyColumns{b.Cols[r.data], b.Cols[r.data+1], b.Cols[r.data+2]}
			if r.seen != nil {
				sel = r.check(b.Cols[r.data+3], r.rows(sel, b.N))
			}
		}
		if r.deletes != nil {
			sel = r.deletes.without(r.keys, r.rows(sel, b.N), r.room(b.N))
		}
		if sel != nil && len(sel) == 0 {
			continue
		}
		if len(sel) == b.N {
			sel = nil
		}
		r.batch = vector.Batch{N: b.N, Sel: sel, Cols: append(r.batch.Cols[:0], b.Cols[:r.data]...)}
		switch {
		case r.extra == RowID:
			r.batch.Cols = append(r.batch.Cols, r.rowIDs(b.N))
		case r.extra == EventKeys && r.source.Original: // the insert is the event
			r.batch.Cols = append(r.batch.Cols, r.keys.writeID, r.keys.bucket, r.keys.row, r.keys.writeID)
		case r.extra == EventKeys:
			r.batch.Cols = append(r.batch.Cols, b.Cols[r.data:]...)
		}
		return &r.batch, nil
	}
}

// number gives rows of originals their numbers among those of their bucket.
func (r *reader) number(inFile *vector.Vector, n int) {
	r.keys.row.Resize(n)
	for i := range r.keys.row.I64 {
		r.keys.row.I64[i] = r.source.First + inFile.I64[i]
	}
}

// rows are the selected rows as a list.
func (r *reader) rows(sel []uint16, n int) []uint16 {
	if sel != nil {
		return sel
	}
	for i := len(r.all); i < n; i++ {
		r.all = append(r.all, uint16(i))
	}
	return r.all[:n]
}

// room is an empty list for up to n rows.
func (r *reader) room(n int) []uint16 {
	if cap(r.sel) < n {
		r.sel = make([]uint16, max(n, vector.BatchSize))
	}
	return r.sel[:0]
}

// check leaves out the events of write ids that are not seen.
func (r *reader) check(events *vector.Vector, sel []uint16) []uint16 {
	out, ids := r.room(len(sel)), flat(events)
	for _, i := range sel {
		if r.seen.sees(ids.at(i)) {
			out = append(out, i)
		}
	}
	return out
}

// rowIDs is the column ROW__ID.
func (r *reader) rowIDs(n int) *vector.Vector {
	write, bucket := r.repeat(0, r.keys.writeID, n), r.repeat(1, r.keys.bucket, n)
	r.id.Children = append(r.id.Children[:0], write, bucket, r.keys.row)
	return r.id
}

// repeat returns a key column as a flat one: some are constants.
func (r *reader) repeat(at int, v *vector.Vector, n int) *vector.Vector {
	if v.Form == vector.Flat {
		return v
	}
	f := r.flat[at]
	if f == nil {
		f = vector.New(v.Type, 0)
		r.flat[at] = f
	}
	if f.Len() != n || f.I64[0] != v.I64[0] {
		f.Resize(n)
		for i := range f.I64 {
			f.I64[i] = v.I64[0]
		}
	}
	return f
}

// Close implements format.Reader.
func (r *reader) Close() error { return r.reader.Close() }
