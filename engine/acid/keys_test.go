package acid

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"skep/dialect/catalog"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/vector"
)

const firstBucket = 1 << 29

// keysOf makes the columns of keys; bucket is the second column of rows.
func keysOf(rows [][3]int64) keyColumns {
	c := keyColumns{vector.New(types.BigIntType, len(rows)), vector.New(types.IntType, len(rows)), vector.New(types.BigIntType, len(rows))}
	for i, r := range rows {
		c.writeID.I64[i], c.bucket.I64[i], c.row.I64[i] = r[0], r[1], r[2]
	}
	return c
}

// TestKeysAgainstAMap compares sets of all densities with a map.
func TestKeysAgainstAMap(t *testing.T) {
	for _, spread := range []int64{10, 5000, 200_000, 1 << 40} {
		r := rand.New(rand.NewSource(spread))
		k, all := NewKeys(), map[[3]int64]bool{}
		other := NewKeys()
		random := func() [3]int64 { return [3]int64{r.Int63n(3), firstBucket + r.Int63n(2)<<16, r.Int63n(spread)} }
		for i := range 30_000 {
			x := random()
			into := k
			if i%3 == 0 {
				into = other
			}
			into.Add(x[0], int32(x[1]), x[2])
			all[x] = true
		}
		k.Merge(other)
		if k.Len() != int64(len(all)) {
			t.Fatalf("%d keys of %d", k.Len(), len(all))
		}
		var rows [][3]int64
		for range 4000 {
			rows = append(rows, random())
		}
		var sel, want []uint16
		for i, x := range rows {
			if i%5 == 0 {
				continue
			}
			sel = append(sel, uint16(i))
			if !all[x] {
				want = append(want, uint16(i))
			}
		}
		if got := k.without(keysOf(rows), sel, sel[:0]); !slices.Equal(got, want) {
			t.Errorf("spread %d: %d rows are left, want %d", spread, len(got), len(want))
		}
		// All keys come back, in order.
		buckets, err := k.Buckets()
		if err != nil || !slices.Equal(buckets, []int{0, 1}) {
			t.Fatal(buckets, err)
		}
		n, before := 0, [3]int64{-1}
		for _, b := range buckets {
			before = [3]int64{-1}
			if err := k.Each(b, func(writeID int64, bucket int32, row int64) error {
				x := [3]int64{writeID, int64(bucket), row}
				if !all[x] || slices.Compare(before[:], x[:]) >= 0 {
					return fmt.Errorf("%v after %v", x, before)
				}
				before, n = x, n+1
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if n != len(all) {
			t.Errorf("%d keys come back of %d", n, len(all))
		}
	}
}

// What a set says of its size is about what it takes: dense deletes a bit each, sparse ones two bytes or a run.
func TestKeysAreSmall(t *testing.T) {
	dense, sparse := NewKeys(), NewKeys()
	for row := range int64(1 << 20) {
		dense.Add(1, firstBucket, row)
		if row%100 == 0 {
			sparse.Add(1, firstBucket, row)
		}
	}
	if b := dense.Bytes(); b > 150_000 {
		t.Errorf("a million adjacent rows take %d bytes", b)
	}
	if b := sparse.Bytes(); b > 40_000 {
		t.Errorf("ten thousand rows take %d bytes", b)
	}
}

// script is a format whose files are batches of a test.
type script struct {
	format.Format
	files map[string][]*vector.Batch
	rows  map[string]int64
	asked []format.ReadOptions
}

func (s *script) HasEvents(_ context.Context, path string, _ *format.ReadOptions) (bool, error) {
	return s.rows[path] == 0, nil
}

func (s *script) Count(_ context.Context, path string, _ *format.ReadOptions) (format.FileStats, error) {
	return format.FileStats{Rows: s.rows[path]}, nil
}

func (s *script) OpenSplit(_ context.Context, x format.Split, o *format.ReadOptions) (format.Reader, error) {
	s.asked = append(s.asked, *o)
	return &scriptReader{s.files[x.Path]}, nil
}

type scriptReader struct{ left []*vector.Batch }

func (r *scriptReader) Next() (*vector.Batch, error) {
	if len(r.left) == 0 {
		return nil, nil
	}
	b := r.left[0]
	r.left = r.left[1:]
	return b, nil
}

func (r *scriptReader) Close() error { return nil }

// batch makes a batch of bigint columns (the bucket's is int).
func batch(rows ...[]int64) *vector.Batch {
	b := &vector.Batch{N: len(rows)}
	for i := range rows[0] {
		v := vector.New(types.BigIntType, len(rows))
		for k, r := range rows {
			v.I64[k] = r[i]
		}
		b.Cols = append(b.Cols, v)
	}
	return b
}

// read returns the numbers of the rows of a file, ROW__ID included.
func read(t *testing.T, f *script, src *Source, ids *catalog.WriteIDs, deletes *Keys, extra Extra) [][]int64 {
	t.Helper()
	r, err := Open(context.Background(), f, format.Split{Path: "f"}, &format.ReadOptions{Projection: []int{0}}, src, ids, deletes, extra)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]int64
	for {
		b, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			return out
		}
		if b.Rows() == 0 {
			t.Error("an empty batch")
		}
		for i := range b.Rows() {
			row := i
			if b.Sel != nil {
				row = int(b.Sel[i])
			}
			var x []int64
			for _, v := range b.Cols {
				d := v.Datum(row)
				if d.Elems == nil {
					x = append(x, d.I)
				}
				for _, e := range d.Elems {
					x = append(x, e.I)
				}
			}
			out = append(out, x)
		}
	}
}

func TestRowsOfEvents(t *testing.T) {
	b := firstBucket
	selected := batch([]int64{10, 1, int64(b), 0, 1}, []int64{11, 1, int64(b), 1, 1}, []int64{12, 2, int64(b), 0, 2}, []int64{13, 3, int64(b), 0, 3})
	selected.Sel = []uint16{1, 2, 3}
	f := &script{files: map[string][]*vector.Batch{"f": {selected, batch([]int64{14, 3, int64(b), 1, 3}), batch([]int64{15, 2, int64(b), 1, 2})}}}
	ids := &catalog.WriteIDs{High: 3, Open: []int64{2}}
	deletes := NewKeys()
	deletes.Add(3, firstBucket, 0)
	deletes.Add(3, firstBucket, 99)
	if got, want := read(t, f, &Source{Check: true}, ids, deletes, RowID), [][]int64{{11, 1, int64(b), 1}, {14, 3, int64(b), 1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := read(t, f, &Source{}, ids, deletes, NoKeys), [][]int64{{11}, {12}, {14}, {15}}; !reflect.DeepEqual(got, want) {
		t.Errorf("a file of which all is seen: got %v, want %v", got, want)
	}
	// Where nothing depends on the keys they are not read.
	f.asked = nil
	plain := batch([]int64{10})
	f.files["f"] = []*vector.Batch{plain}
	if got := read(t, f, &Source{Check: true}, nil, NewKeys(), NoKeys); !reflect.DeepEqual(got, [][]int64{{10}}) || f.asked[0].Keys || !f.asked[0].Events {
		t.Errorf("got %v of %+v", got, f.asked)
	}
}

func TestRowsOfOriginals(t *testing.T) {
	f := &script{files: map[string][]*vector.Batch{"f": {batch([]int64{10, 0}, []int64{11, 1}), batch([]int64{12, 2})}}}
	deletes := NewKeys()
	deletes.Add(0, firstBucket, 101)
	src := &Source{Original: true, Bucket: firstBucket, First: 100}
	if got, want := read(t, f, src, nil, deletes, RowID), [][]int64{{10, 0, firstBucket, 100}, {12, 0, firstBucket, 102}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !f.asked[0].RowNumbers || f.asked[0].Events {
		t.Errorf("asked %+v", f.asked[0])
	}
}

func TestSources(t *testing.T) {
	files := table("000000_0", "000000_0_copy_1", "000001_0", "base_0000003/bucket_00000", "delta_0000004_0000004_0001/000001_0", "delta_0000004_0000004_0001/000001_0_copy_1",
		"delta_0000005_0000007/bucket_00001_0", "delete_delta_0000005_0000007/bucket_00000", "delete_delta_0000005_0000007/_orc_acid_version")
	f := &script{rows: map[string]int64{
		"/t/000000_0": 10, "/t/000000_0_copy_1": 20, "/t/000001_0": 5,
		"/t/delta_0000004_0000004_0001/000001_0": 3, "/t/delta_0000004_0000004_0001/000001_0_copy_1": 4,
	}}
	sources := func(ids *catalog.WriteIDs) (out []string) {
		s, err := ReadState(context.Background(), files, "/t", Snapshot{WriteIDs: ids})
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Sources(context.Background(), f, &format.ReadOptions{}, ids)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			text := x.Path[3:]
			if x.Source.Original {
				text += fmt.Sprintf(" %d/%#x/%d", x.Source.WriteID, x.Source.Bucket, x.Source.First)
			}
			if x.Source.Check {
				text += " checked"
			}
			for _, d := range x.Source.Deletes {
				text += " -" + d.Path[3:]
				if d.Check {
					text += " checked"
				}
			}
			out = append(out, text)
		}
		return out
	}
	const deletes = " -delete_delta_0000005_0000007/bucket_00000"
	if got, want := sources(nil), []string{
		"base_0000003/bucket_00000" + deletes,
		"delta_0000004_0000004_0001/000001_0 4/0x20010001/0" + deletes, "delta_0000004_0000004_0001/000001_0_copy_1 4/0x20010001/3" + deletes,
		"delta_0000005_0000007/bucket_00001_0" + deletes,
	}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := sources(&catalog.WriteIDs{High: 6, Open: []int64{3}}), []string{
		"000000_0 0/0x20000000/0" + deletes + " checked", "000000_0_copy_1 0/0x20000000/10" + deletes + " checked", "000001_0 0/0x20010000/0" + deletes + " checked",
		"delta_0000004_0000004_0001/000001_0 4/0x20010001/0" + deletes + " checked", "delta_0000004_0000004_0001/000001_0_copy_1 4/0x20010001/3" + deletes + " checked",
		"delta_0000005_0000007/bucket_00001_0 checked" + deletes + " checked",
	}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestReadDeletes(t *testing.T) {
	b := int64(firstBucket)
	f := &script{files: map[string][]*vector.Batch{
		"a": {batch([]int64{1, b, 0, 5}, []int64{1, b, 3, 6}), batch([]int64{1, b, 4, 7})},
		"b": {batch([]int64{1, b, 9, 9})},
	}}
	files := []DeleteFile{{File: File{Path: "a"}, Check: true}, {File: File{Path: "b"}}}
	ids := &catalog.WriteIDs{High: 7, Open: []int64{6}}
	k, err := ReadDeletes(context.Background(), f, &format.ReadOptions{}, files, ids, nil)
	if err != nil || k.Len() != 3 || len(k.without(keysOf([][3]int64{{1, b, 0}, {1, b, 4}, {1, b, 9}}), []uint16{0, 1, 2}, make([]uint16, 0, 3))) != 0 {
		t.Errorf("%+v, %v", k, err)
	}
	var many [][]int64
	for row := range int64(2000) {
		many = append(many, []int64{1, b, row << 17, 1})
	}
	f.files["a"] = []*vector.Batch{batch(many...)}
	pool := memory.NewPool("test", 1000)
	account := pool.NewAccount("deleted rows", false)
	if _, err := ReadDeletes(context.Background(), f, &format.ReadOptions{}, files, ids, account); !errors.Is(err, memory.ErrExceeded) {
		t.Errorf("got %v", err)
	}
	null := batch([]int64{1, b, 0, 1})
	null.Cols[2].SetNull(0, 1)
	f.files["a"] = []*vector.Batch{null}
	if _, err := ReadDeletes(context.Background(), f, &format.ReadOptions{}, files, ids, nil); err == nil {
		t.Error("a delete without a key is read")
	}
}
