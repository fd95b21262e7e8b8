package tablesink

import (
	"cmp"
	"fmt"
	"path"

	"skep/dialect/types"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/vector"
)

// newKeys gives the rows of a file of inserts their keys: the write id, the file's bucket property and their number.
type newKeys struct {
	writeID, bucket, row *vector.Vector
	next                 int64
	batch                vector.Batch
}

// add returns b with the columns of format.EventKeys.
func (k *newKeys) add(b *vector.Batch) *vector.Batch {
	k.row.Resize(b.N)
	if b.Sel == nil {
		for i := range k.row.I64 {
			k.row.I64[i] = k.next + int64(i)
		}
	} else {
		for i, row := range b.Sel {
			k.row.I64[row] = k.next + int64(i)
		}
	}
	k.next += int64(b.Rows())
	k.batch = vector.Batch{N: b.N, Sel: b.Sel, Cols: append(append(k.batch.Cols[:0], b.Cols...), k.writeID, k.bucket, k.row, k.writeID)}
	return &k.batch
}

// eventFile names the next file of inserts of a target. Where the table has no buckets each file of a directory is one.
func (s *Sink) eventFile(t *target) (name string, keys *newKeys, err error) {
	bucket := t.bucket
	if s.spec.Buckets > 0 && t.opened > 0 {
		return "", nil, fmt.Errorf("the rows of bucket %d of %s come in several runs", bucket, cmp.Or(t.output.Partition, "the table"))
	}
	if s.spec.Buckets == 0 {
		s.mu.Lock()
		bucket = s.files[t.output]*max(s.spec.Tasks, 1) + s.spec.Task
		s.files[t.output]++
		s.mu.Unlock()
	}
	property, err := acid.BucketProperty(bucket, s.spec.Events.Statement)
	if err != nil {
		return "", nil, err
	}
	keys = &newKeys{
		writeID: vector.NewConst(types.BigIntType, types.Datum{I: s.spec.Events.WriteID}),
		bucket:  vector.NewConst(types.IntType, types.Datum{I: int64(property)}),
		row:     vector.New(types.BigIntType, 0),
	}
	return acid.BucketFile(bucket), keys, nil
}

// delete collects the keys of rows to be deleted. They are written in their order when all have come.
func (t *target) delete(b *vector.Batch) error {
	if t.deletes == nil {
		t.deletes = acid.NewKeys()
	}
	id := b.Cols[0]
	base := id.Base()
	writes, buckets, rows := base.Children[0], base.Children[1], base.Children[2]
	at := func(v *vector.Vector, row int) int64 { return v.Base().I64[v.At(row)] }
	for i := range b.Rows() {
		row := i
		if b.Sel != nil {
			row = int(b.Sel[i])
		}
		if id.IsNull(row) {
			continue // of a row that an outer join made up
		}
		k := id.At(row)
		t.deletes.Add(at(writes, k), int32(at(buckets, k)), at(rows, k))
	}
	return nil
}

// takeDeletes adds what a worker has collected for a target. The sink is locked.
func (s *Sink) takeDeletes(t *target) {
	if all := s.deletes[t.output]; all != nil {
		all.Merge(t.deletes)
	} else {
		s.deletes[t.output] = t.deletes
	}
	t.deletes = nil
}

// writeDeletes writes the deletes of a partition, a file for each bucket of the rows.
func (s *Sink) writeDeletes(o *Output, keys *acid.Keys) error {
	buckets, err := keys.Buckets()
	if err != nil {
		return err
	}
	for _, bucket := range buckets {
		f, err := s.create(path.Join(o.Partition, acid.BucketFile(bucket)))
		if err != nil {
			return err
		}
		columns := vector.Batch{}
		for _, k := range format.EventKeys() {
			columns.Cols = append(columns.Cols, vector.New(k.Type, 0))
		}
		columns.Cols[3] = vector.NewConst(types.BigIntType, types.Datum{I: s.spec.Events.WriteID})
		flush := func() error {
			err := f.write(&columns)
			columns.N = 0
			for _, v := range columns.Cols[:3] {
				v.I64 = v.I64[:0]
			}
			return err
		}
		err = keys.Each(bucket, func(writeID int64, property int32, row int64) error {
			for i, x := range []int64{writeID, int64(property), row} {
				columns.Cols[i].I64 = append(columns.Cols[i].I64, x)
			}
			if columns.N++; columns.N == vector.BatchSize {
				return flush()
			}
			return nil
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return joinClose(err, f.closer)
		}
		if err := s.finish(o, f); err != nil {
			return err
		}
	}
	return nil
}
