package tablesink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

var errWrite = errors.New("disk full")

// store keeps the files of a test: the numbers of column 0 of the rows written to each.
type store struct {
	files map[string][]int64
	open  int
	fail  int // the write, by number, that fails; 0 for none
	wrote int
}

type file struct {
	store  *store
	path   string
	closed bool
}

func (s *store) create(path string) (io.WriteCloser, error) {
	if _, ok := s.files[path]; ok {
		return nil, fmt.Errorf("%s exists", path)
	}
	s.files[path] = nil
	s.open++
	return &file{store: s, path: path}, nil
}

func (f *file) Write(p []byte) (int, error) { return len(p), nil }

func (f *file) Close() error {
	if f.closed {
		return errors.New("closed twice")
	}
	f.closed = true
	f.store.open--
	return nil
}

// numbers is a format whose files are the rows' first column.
type numbers struct{ format.Format }

type numberWriter struct {
	f    *file
	rows int64
}

func (numbers) NewWriter(w io.Writer, _ *format.WriteOptions) (format.Writer, error) {
	return &numberWriter{f: w.(*file)}, nil
}

func (w *numberWriter) Write(b *vector.Batch) error {
	s := w.f.store
	if s.wrote++; s.wrote == s.fail {
		return errWrite
	}
	if len(b.Cols) != 2 {
		return fmt.Errorf("%d columns", len(b.Cols))
	}
	for k := range b.Rows() {
		row := k
		if b.Sel != nil {
			row = int(b.Sel[k])
		}
		s.files[w.f.path] = append(s.files[w.f.path], b.Cols[0].I64[row])
		w.rows++
	}
	return nil
}

func (w *numberWriter) Close() (format.FileStats, error) {
	return format.FileStats{Rows: w.rows, Bytes: 8 * w.rows, RawBytes: 4 * w.rows}, nil
}

func (numbers) Splits(context.Context, string, *format.ReadOptions, int64) ([]format.Split, error) {
	return nil, nil
}

func newSpec(keys ...string) Spec {
	return Spec{
		Columns: []format.Column{{Name: "a", Type: types.BigIntType}, {Name: "b", Type: types.StringType}},
		Dir:     "stage", Keys: keys, DefaultPartition: "none",
	}
}

func partitionName(keys, values []string) string {
	var parts []string
	for i, v := range values {
		parts = append(parts, keys[i]+"="+v)
	}
	return strings.Join(parts, "/")
}

func newSink(t *testing.T, spec Spec, s *store) *Sink {
	t.Helper()
	sink, err := New(spec, Env{
		Format: func(string, string) (format.Format, error) { return numbers{}, nil }, Create: s.create, PartitionName: partitionName,
	})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// batch makes rows next.. with keys drawn by key (nil for NULL), of which a random part is selected.
func batch(r *rand.Rand, next *int64, keys int, key func(k int) *string, visit func(row int64, keys []*string)) *vector.Batch {
	n := 1 + r.Intn(500)
	b := &vector.Batch{N: n, Cols: []*vector.Vector{vector.New(types.BigIntType, n), vector.New(types.StringType, 0)}}
	for range keys {
		b.Cols = append(b.Cols, vector.New(types.StringType, 0))
	}
	selective := r.Intn(2) == 0
	b.Sel = nil
	if selective {
		b.Sel = []uint16{}
	}
	for i := range n {
		b.Cols[0].I64[i] = *next
		b.Cols[1].AppendDatum(types.Datum{S: fmt.Sprint(*next % 17)})
		var row []*string
		for k := range keys {
			v := key(k)
			row = append(row, v)
			if v == nil {
				b.Cols[2+k].AppendDatum(types.NullDatum)
			} else {
				b.Cols[2+k].AppendDatum(types.Datum{S: *v})
			}
		}
		if !selective || r.Intn(3) > 0 {
			if selective {
				b.Sel = append(b.Sel, uint16(i))
			}
			visit(*next, row)
		}
		*next++
	}
	return b
}

func TestDynamicPartitions(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, distinct := range []int{3, 20} { // 20×20 combinations are more than the open files of a worker
		s := &store{files: map[string][]int64{}}
		spec := newSpec("k0", "k1")
		spec.Statistics = true
		sink := newSink(t, spec, s)
		workers := []*Worker{sink.Worker(), sink.Worker()}
		want := map[string][]int64{}
		next := int64(0)
		key := func(int) *string {
			n := r.Intn(distinct)
			if n == 0 {
				return nil
			}
			v := strings.Repeat("x", n)
			return &v
		}
		for range 60 {
			b := batch(r, &next, 2, key, func(row int64, keys []*string) {
				values := []string{"none", "none"}
				for i, k := range keys {
					if k != nil {
						values[i] = *k
					}
				}
				name := partitionName(spec.Keys, values)
				want[name] = append(want[name], row)
			})
			if err := workers[r.Intn(2)].Push(b); err != nil {
				t.Fatal(err)
			}
			if s.open > 2*MaxOpen {
				t.Fatalf("%d open files", s.open)
			}
		}
		for _, w := range workers {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		outputs := sink.Outputs()
		if len(outputs) != len(want) {
			t.Errorf("%d partitions, want %d", len(outputs), len(want))
		}
		files := 0
		for _, o := range outputs {
			var got []int64
			for _, f := range o.Files {
				if !strings.HasPrefix(f.Path, o.Partition+"/") || f.Rows != int64(len(s.files["stage/"+f.Path])) {
					t.Errorf("file %+v of partition %s", f, o.Partition)
				}
				got = append(got, s.files["stage/"+f.Path]...)
				files++
			}
			slices.Sort(got)
			rows := want[o.Partition]
			if !reflect.DeepEqual(got, rows) {
				t.Errorf("partition %s has %d rows, want %d", o.Partition, len(got), len(rows))
				continue
			}
			if n := int64(len(rows)); o.Rows != n || o.Bytes != 8*n || o.RawBytes != 4*n {
				t.Errorf("partition %s: %d rows, %d bytes, %d raw, want %d rows", o.Partition, o.Rows, o.Bytes, o.RawBytes, n)
			}
			c := o.Columns[0]
			lo, hi, ok := c.Bounds()
			if !ok || c.Rows != int64(len(rows)) || lo.I != rows[0] || hi.I != rows[len(rows)-1] {
				t.Errorf("partition %s: statistics of %d rows in %d..%d", o.Partition, c.Rows, lo.I, hi.I)
			}
		}
		if files != len(s.files) || s.open != 0 {
			t.Errorf("%d files accounted for, %d written, %d left open", files, len(s.files), s.open)
		}
	}
}

func TestBuckets(t *testing.T) {
	s := &store{files: map[string][]int64{}}
	spec := newSpec("k0")
	spec.Buckets, spec.Extension = 4, ".gz"
	sink := newSink(t, spec, s)
	w := sink.Worker()
	n := 100
	b := &vector.Batch{N: n, Cols: []*vector.Vector{vector.New(types.BigIntType, n), vector.New(types.StringType, 0), vector.New(types.StringType, 0),
		vector.New(types.IntType, n)}}
	want := map[string][]int64{}
	for i := range n {
		b.Cols[0].I64[i], b.Cols[3].I64[i] = int64(i), int64(i%4)
		b.Cols[1].AppendDatum(types.NullDatum)
		b.Cols[2].AppendDatum(types.Datum{S: string(rune('a' + i%2))})
		name := fmt.Sprintf("stage/k0=%c/%06d_0.gz", 'a'+i%2, i%4)
		want[name] = append(want[name], int64(i))
	}
	if err := errors.Join(w.Push(b), w.Close()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.files, want) {
		t.Errorf("files %v, want %v", s.files, want)
	}
}

func TestOneTable(t *testing.T) {
	s := &store{files: map[string][]int64{}}
	sink := newSink(t, newSpec(), s)
	var want []int64
	r, next := rand.New(rand.NewSource(2)), int64(0)
	for _, batches := range []int{5, 1, 0} {
		w := sink.Worker()
		for range batches {
			if err := w.Push(batch(r, &next, 0, nil, func(row int64, _ []*string) { want = append(want, row) })); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	outputs := sink.Outputs()
	if len(s.files) != 2 { // a worker without rows makes no file
		t.Errorf("%d files", len(s.files))
	}
	if len(outputs) != 1 || outputs[0].Partition != "" || outputs[0].Rows != int64(len(want)) || outputs[0].Columns != nil {
		t.Errorf("outputs %+v", outputs)
	}
	var got []int64
	for _, f := range outputs[0].Files {
		got = append(got, s.files["stage/"+f.Path]...)
	}
	slices.Sort(got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
}

func TestTooManyPartitions(t *testing.T) {
	s := &store{files: map[string][]int64{}}
	spec := newSpec("k0")
	spec.MaxPartitions, spec.PartitionLimit = 5, 4
	sink := newSink(t, spec, s)
	a, b := sink.Worker(), sink.Worker()
	r, next := rand.New(rand.NewSource(3)), int64(0)
	keys := 0
	fresh := func(int) *string {
		v := fmt.Sprint(min(keys, 4))
		keys++
		return &v
	}
	ignore := func(int64, []*string) {}
	full := batch(r, &next, 1, fresh, ignore)
	full.Sel = nil
	if err := errors.Join(a.Push(full), b.Push(full)); err != nil {
		t.Fatalf("as many partitions as allowed: %v", err)
	}
	one := "another"
	more := batch(r, &next, 1, func(int) *string { return &one }, ignore)
	more.Sel = nil
	if err := b.Push(more); sqlerr.CodeOf(err) != sqlerr.DynamicPartitionsTooManyPerNodeError ||
		!strings.HasSuffix(err.Error(), "number of dynamic partitions 6 exceeds hive.exec.max.dynamic.partitions = 4") {
		t.Errorf("a partition too many gives %v", err)
	}
	if err := sink.Close(); err != nil || s.open != 0 {
		t.Errorf("%d files left open, %v", s.open, err)
	}
}

func TestFailuresLeaveNoFileOpen(t *testing.T) {
	for fail := 1; fail < 40; fail += 6 {
		s := &store{files: map[string][]int64{}, fail: fail}
		sink := newSink(t, newSpec("k0"), s)
		w := sink.Worker()
		r, next := rand.New(rand.NewSource(int64(fail))), int64(0)
		var err error
		for err == nil {
			err = w.Push(batch(r, &next, 1, func(int) *string {
				v := fmt.Sprint(r.Intn(9))
				return &v
			}, func(int64, []*string) {}))
		}
		if !errors.Is(err, errWrite) {
			t.Errorf("push gives %v", err)
		}
		if err := sink.Close(); err != nil || s.open != 0 {
			t.Errorf("after write %d failed: %d files open, %v", fail, s.open, err)
		}
	}
}

// TestManyPartitionsDoNotTakeFilesFromEachOther writes some rows of each of more partitions than may be open with every batch.
func TestManyPartitionsDoNotTakeFilesFromEachOther(t *testing.T) {
	s := &store{files: map[string][]int64{}}
	sink := newSink(t, newSpec("k0"), s)
	w := sink.Worker()
	const partitions, batches = 3 * MaxOpen, 50
	for i := range batches {
		b := &vector.Batch{N: partitions, Cols: []*vector.Vector{
			vector.New(types.BigIntType, partitions), vector.New(types.StringType, 0), vector.New(types.StringType, 0),
		}}
		for k := range partitions {
			b.Cols[0].I64[k] = int64(i)
			b.Cols[1].AppendDatum(types.Datum{S: "x"})
			b.Cols[2].AppendDatum(types.Datum{S: fmt.Sprint(k)})
		}
		if err := w.Push(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if len(s.files) != partitions || s.open != 0 || w.held != 0 {
		t.Errorf("%d files of %d partitions, %d left open, %d bytes waiting", len(s.files), partitions, s.open, w.held)
	}
	for name, rows := range s.files {
		if len(rows) != batches || !slices.IsSorted(rows) {
			t.Errorf("%s has %d rows, in order %v", name, len(rows), slices.IsSorted(rows))
		}
	}
}
