package tablesink

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/format/orc"
	"skep/engine/vector"
)

// written are the files of a test by path.
type written map[string]*bytes.Buffer

type writtenFile struct{ *bytes.Buffer }

func (writtenFile) Close() error { return nil }

func (w written) create(path string) (io.WriteCloser, error) {
	if w[path] != nil {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	w[path] = &bytes.Buffer{}
	return writtenFile{w[path]}, nil
}

type readFile struct{ *bytes.Reader }

func (readFile) Close() error { return nil }

func (w written) Open(_ context.Context, path string) (format.Input, error) {
	if w[path] == nil {
		return nil, fs.ErrNotExist
	}
	return readFile{bytes.NewReader(w[path].Bytes())}, nil
}

// events returns the keys in a file, with the column id of inserts.
func (w written) events(t *testing.T, path string, columns []format.Column) []string {
	t.Helper()
	f, o := orc.New(), &format.ReadOptions{Open: w, Schema: columns, Keys: true}
	if len(columns) > 0 {
		o.Events, o.Projection = true, []int{0}
	}
	r, err := f.OpenSplit(context.Background(), format.Split{Path: path, Length: 1 << 40}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []string
	for {
		b, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			return out
		}
		for i := range b.N {
			var cells []string
			for _, v := range b.Cols {
				cells = append(cells, fmt.Sprint(v.Datum(i).I))
			}
			out = append(out, strings.Join(cells, " "))
		}
	}
}

func eventSink(t *testing.T, files written, spec Spec) *Sink {
	t.Helper()
	spec.Dir, spec.Columns = "/s", []format.Column{{Name: "id", Type: types.IntType}}
	s, err := New(spec, Env{
		Format: func(string, string) (format.Format, error) { return orc.New(), nil }, Create: files.create,
		PartitionName: func(keys, values []string) string { return keys[0] + "=" + values[0] },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ids is a batch of numbers from..to-1, of which every second one is selected, with a partition key and a bucket if they are not "" and -1.
func ids(from, to int, key string, bucket int64) *vector.Batch {
	b := &vector.Batch{N: to - from, Cols: []*vector.Vector{vector.New(types.IntType, to-from)}}
	for i := range b.N {
		b.Cols[0].I64[i] = int64(from + i)
		if i%2 == 1 {
			b.Sel = append(b.Sel, uint16(i))
		}
	}
	if key != "" {
		b.Cols = append(b.Cols, vector.NewConst(types.StringType, types.Datum{S: key}))
	}
	if bucket >= 0 {
		b.Cols = append(b.Cols, vector.NewConst(types.IntType, types.Datum{I: bucket}))
	}
	return b
}

func push(t *testing.T, w *Worker, batches ...*vector.Batch) {
	t.Helper()
	for _, b := range batches {
		if err := w.Push(b); err != nil {
			t.Fatal(err)
		}
	}
}

func finish(t *testing.T, s *Sink, workers ...*Worker) map[string]int64 {
	t.Helper()
	for _, w := range workers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(); err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, o := range s.Outputs() {
		for _, f := range o.Files {
			rows[f.Path] = f.Rows
		}
	}
	return rows
}

func TestInserts(t *testing.T) {
	files := written{}
	s := eventSink(t, files, Spec{Events: Events{Kind: format.Inserts, WriteID: 7, Statement: 1}, Task: 2, Tasks: 10})
	a, b := s.Worker(), s.Worker()
	push(t, a, ids(0, 4, "", -1), ids(10, 14, "", -1))
	push(t, b, ids(20, 22, "", -1))
	if got, want := finish(t, s, a, b), map[string]int64{"bucket_00002": 4, "bucket_00012": 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	columns := s.spec.Columns
	two, twelve := property(t, 2, 1), property(t, 12, 1)
	for path, want := range map[string][]string{
		"/s/bucket_00002": {"1 7 " + two + " 0 7", "3 7 " + two + " 1 7", "11 7 " + two + " 2 7", "13 7 " + two + " 3 7"},
		"/s/bucket_00012": {"21 7 " + twelve + " 0 7"},
	} {
		if got := files.events(t, path, columns); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func property(t *testing.T, bucket, statement int) string {
	t.Helper()
	p, err := acid.BucketProperty(bucket, statement)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(p)
}

func TestInsertsIntoBucketsOfPartitions(t *testing.T) {
	files := written{}
	s := eventSink(t, files, Spec{Events: Events{Kind: format.Inserts, WriteID: 3}, Buckets: 4, Keys: []string{"k"}, Task: 2, Tasks: 10})
	w := s.Worker()
	push(t, w, ids(0, 2, "a", 0), ids(2, 4, "a", 3), ids(4, 6, "b", 3))
	got := finish(t, s, w)
	if want := map[string]int64{"k=a/bucket_00000": 1, "k=a/bucket_00003": 1, "k=b/bucket_00003": 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if got, want := files.events(t, "/s/k=b/bucket_00003", s.spec.Columns), []string{"5 3 " + property(t, 3, 0) + " 0 3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// rowIDs is a batch of keys.
func rowIDs(key string, ids ...[3]int64) *vector.Batch {
	v := vector.New(acid.RowIDType(), len(ids))
	for i, id := range ids {
		for k, x := range id {
			v.Children[k].I64[i] = x
		}
	}
	b := &vector.Batch{N: len(ids), Cols: []*vector.Vector{v}}
	if key != "" {
		b.Cols = append(b.Cols, vector.NewConst(types.StringType, types.Datum{S: key}))
	}
	return b
}

// Deletes come in any order, from several workers, some of them twice; each bucket gets a file with its keys in order.
func TestDeletes(t *testing.T) {
	const first, second, other = 536870912, 536870913, 536936448
	files := written{}
	s := eventSink(t, files, Spec{Events: Events{Kind: format.Deletes, WriteID: 9}, Keys: []string{"k"}, Statistics: true})
	a, b := s.Worker(), s.Worker()
	push(t, a, rowIDs("x", [3]int64{2, first, 70000}, [3]int64{2, other, 4}, [3]int64{1, second, 0}, [3]int64{2, first, 3}))
	push(t, b, rowIDs("x", [3]int64{2, first, 3}, [3]int64{2, first, 2}), rowIDs("y", [3]int64{1, first, 5}))
	null := rowIDs("x", [3]int64{2, first, 99})
	null.Cols[0].SetNull(0, 1)
	push(t, b, null)
	if got, want := finish(t, s, a, b), map[string]int64{"k=x/bucket_00000": 4, "k=x/bucket_00001": 1, "k=y/bucket_00000": 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	for path, want := range map[string][]string{
		"/s/k=x/bucket_00000": {"1 536870913 0 9", "2 536870912 2 9", "2 536870912 3 9", "2 536870912 70000 9"},
		"/s/k=x/bucket_00001": {"2 536936448 4 9"},
		"/s/k=y/bucket_00000": {"1 536870912 5 9"},
	} {
		if got := files.events(t, path, nil); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// More keys than a batch has, and none.
func TestManyDeletes(t *testing.T) {
	files := written{}
	s := eventSink(t, files, Spec{Events: Events{Kind: format.Deletes, WriteID: 9}})
	w := s.Worker()
	for from := int64(0); from < 3*vector.BatchSize; from += 1000 {
		var keys [][3]int64
		for row := range int64(1000) {
			keys = append(keys, [3]int64{1, 536870912, (from + row) * 2})
		}
		push(t, w, rowIDs("", keys...))
	}
	if got, want := finish(t, s, w), map[string]int64{"bucket_00000": 7000}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	got := files.events(t, "/s/bucket_00000", nil)
	for i, x := range got {
		if want := fmt.Sprintf("1 536870912 %d 9", i*2); x != want {
			t.Fatalf("row %d: got %s, want %s", i, x, want)
		}
	}
	none := eventSink(t, files, Spec{Events: Events{Kind: format.Deletes, WriteID: 9}})
	if got := finish(t, none, none.Worker()); len(got) != 0 {
		t.Errorf("without deletes: %v", got)
	}
	if _, err := New(Spec{Events: Events{Kind: format.Inserts}}, Env{Format: func(string, string) (format.Format, error) { return numbers{}, nil }}); err == nil {
		t.Error("a format without events is taken")
	}
}
