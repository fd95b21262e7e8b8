package acid_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"math/rand"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/types"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/format/orc"
	"skep/engine/tablesink"
	"skep/engine/vector"
)

// world is a table in memory: a directory /t, and what each statement should see of it.
type world struct {
	t     *testing.T
	files map[string]*bytes.Buffer
	high  int64
	// rows are by write id what a statement that sees no later one sees.
	rows map[int64]map[int64]bool
}

type info struct {
	fs.FileInfo
	name string
	size int64
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) IsDir() bool        { return i.dir }
func (i info) ModTime() time.Time { return time.Time{} }

func (w *world) List(_ context.Context, dir string) ([]fs.FileInfo, error) {
	found := map[string]info{}
	for p, b := range w.files {
		rest, ok := strings.CutPrefix(p, dir+"/")
		if !ok {
			continue
		}
		name, _, below := strings.Cut(rest, "/")
		found[name] = info{name: name, size: int64(b.Len()), dir: below}
	}
	var out []fs.FileInfo
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[name])
	}
	return out, nil
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

func (w *world) Open(_ context.Context, path string) (format.Input, error) {
	b := w.files[path]
	if b == nil {
		return nil, fs.ErrNotExist
	}
	return file{bytes.NewReader(b.Bytes())}, nil
}

type buffer struct{ *bytes.Buffer }

func (buffer) Close() error { return nil }

func (w *world) create(path string) (io.WriteCloser, error) {
	if w.files[path] != nil {
		return nil, fs.ErrExist
	}
	w.files[path] = &bytes.Buffer{}
	return buffer{w.files[path]}, nil
}

var (
	orcFormat = orc.New()
	schema    = []format.Column{{Name: "id", Type: types.BigIntType}, {Name: "v", Type: types.StringType}}
)

// sink writes batches into a directory.
func (w *world) sink(n acid.Name, e tablesink.Events, buckets int, batches ...*vector.Batch) {
	w.t.Helper()
	s, err := tablesink.New(tablesink.Spec{Dir: "/t/" + n.String(), Columns: schema, Events: e, Buckets: buckets}, tablesink.Env{
		Format: func(string, string) (format.Format, error) { return orcFormat, nil }, Create: w.create,
	})
	if err == nil {
		worker := s.Worker()
		for _, b := range batches {
			if err == nil {
				err = worker.Push(b)
			}
		}
		if err == nil {
			err = worker.Close()
		}
		if err == nil {
			err = s.Finish()
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func numbers(ids []int64) *vector.Batch {
	b := &vector.Batch{N: len(ids), Cols: []*vector.Vector{vector.New(types.BigIntType, len(ids)), vector.New(types.StringType, len(ids))}}
	for i, id := range ids {
		b.Cols[0].I64[i] = id
		b.Cols[1].SetString(i, fmt.Sprint("v", id))
	}
	return b
}

func (w *world) state(ids *catalog.WriteIDs) *acid.State {
	w.t.Helper()
	s, err := acid.ReadState(context.Background(), w, "/t", acid.Snapshot{WriteIDs: ids})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) options() *format.ReadOptions {
	return &format.ReadOptions{Open: w, Schema: schema, Projection: []int{0, 1}}
}

// read calls yield with the batches that a snapshot sees.
func (w *world) read(ids *catalog.WriteIDs, extra acid.Extra, yield func(*vector.Batch, int)) {
	w.t.Helper()
	ctx := context.Background()
	sources, err := w.state(ids).Sources(ctx, orcFormat, w.options(), ids)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, x := range sources {
		deletes, err := acid.ReadDeletes(ctx, orcFormat, w.options(), x.Source.Deletes, ids, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		r, err := acid.Open(ctx, orcFormat, format.Split{Path: x.Path, Length: math.MaxInt64 / 2}, w.options(), x.Source, ids, deletes, extra)
		if err != nil {
			w.t.Fatal(err)
		}
		for {
			b, err := r.Next()
			if err != nil {
				w.t.Fatal(err)
			}
			if b == nil {
				break
			}
			for i := range b.Rows() {
				row := i
				if b.Sel != nil {
					row = int(b.Sel[i])
				}
				if got, want := string(b.Cols[1].Bytes(row)), fmt.Sprint("v", b.Cols[0].I64[row]); got != want {
					w.t.Fatalf("row %s has %s", want, got)
				}
				yield(b, row)
			}
		}
		if err := r.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// check compares what statements see with what they should.
func (w *world) check(what string, high int64) {
	w.t.Helper()
	got, keys := map[int64]bool{}, map[string]int64{}
	w.read(&catalog.WriteIDs{High: high}, acid.RowID, func(b *vector.Batch, row int) {
		id := b.Cols[0].I64[row]
		if got[id] {
			w.t.Fatalf("%s: row %d is seen twice", what, id)
		}
		got[id] = true
		key := fmt.Sprint(b.Cols[2].Datum(row).Elems)
		if other, ok := keys[key]; ok {
			w.t.Fatalf("%s: rows %d and %d have the key %s", what, id, other, key)
		}
		keys[key] = id
	})
	if !maps.Equal(got, w.rows[high]) {
		w.t.Fatalf("%s: up to write id %d %d rows are seen, not %d", what, high, len(got), len(w.rows[high]))
	}
}

// transaction inserts rows and deletes others.
func (w *world) transaction(r *rand.Rand, next *int64, buckets int) {
	now := maps.Clone(w.rows[w.high])
	w.high++
	name := func(k acid.Kind, statement int) acid.Name {
		return acid.Name{Kind: k, Min: w.high, Max: w.high, Statement: statement}
	}
	if r.Intn(3) > 0 {
		deleted := vector.New(acid.RowIDType(), 0)
		w.read(&catalog.WriteIDs{High: w.high - 1}, acid.RowID, func(b *vector.Batch, row int) {
			if r.Intn(4) == 0 {
				delete(now, b.Cols[0].I64[row])
				deleted.AppendDatum(b.Cols[2].Datum(row))
			}
		})
		if deleted.Len() > 0 {
			w.sink(name(acid.DeleteDelta, 0), tablesink.Events{Kind: format.Deletes, WriteID: w.high}, 0, &vector.Batch{N: deleted.Len(), Cols: []*vector.Vector{deleted}})
		}
	}
	for statement := 1; statement <= r.Intn(3); statement++ {
		var batches []*vector.Batch
		for bucket := range max(buckets, 1) {
			var ids []int64
			for range 1 + r.Intn(30) {
				ids = append(ids, *next)
				now[*next] = true
				*next++
			}
			b := numbers(ids)
			if buckets > 0 {
				b.Cols = append(b.Cols, vector.NewConst(types.IntType, types.Datum{I: int64(bucket)}))
			}
			batches = append(batches, b)
		}
		w.sink(name(acid.Delta, statement), tablesink.Events{Kind: format.Inserts, WriteID: w.high, Statement: statement}, buckets, batches...)
	}
	w.rows[w.high] = now
}

func (w *world) compact(major bool, ids *catalog.WriteIDs, txn int64) *acid.Compacted {
	w.t.Helper()
	c := acid.Compaction{
		Major: major, Txn: txn, State: w.state(ids), Format: orcFormat, Read: w.options(), Write: &format.WriteOptions{Schema: schema},
		Create: func(name string) (io.WriteCloser, error) { return w.create("/t/" + name) },
	}
	if !c.Needed() {
		return nil
	}
	out, err := c.Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range out.Replaced {
		maps.DeleteFunc(w.files, func(f string, _ *bytes.Buffer) bool { return f == p || strings.HasPrefix(f, p+"/") })
	}
	return out
}

// TestCompaction compares tables with a model of them while transactions write them and they are compacted.
func TestCompaction(t *testing.T) {
	for seed := range int64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewSource(seed))
			w := &world{t: t, files: map[string]*bytes.Buffer{}, rows: map[int64]map[int64]bool{0: {}}}
			next, buckets := int64(0), r.Intn(2)*3
			if r.Intn(2) == 0 {
				for _, name := range []string{"000000_0", "000000_0_copy_1", "000001_0"} {
					var ids []int64
					for range 5 {
						ids = append(ids, next)
						w.rows[0][next] = true
						next++
					}
					w.plain(name, ids)
				}
			}
			oldest := int64(0)
			for step := range 20 {
				switch r.Intn(6) {
				case 0:
					if w.compact(true, &catalog.WriteIDs{High: w.high}, int64(step+1)) != nil {
						oldest = w.high
					}
				case 1:
					w.compact(false, &catalog.WriteIDs{High: w.high}, int64(step+1))
				default:
					w.transaction(r, &next, buckets)
				}
				w.check(fmt.Sprint("step ", step), w.high)
				w.check(fmt.Sprint("step ", step), oldest+r.Int63n(w.high-oldest+1)) // minor compaction keeps what was there before
			}
			w.compact(true, &catalog.WriteIDs{High: w.high}, 99)
			w.check("at the end", w.high)
			if s := w.state(nil); len(s.Deltas)+len(s.DeleteDeltas)+len(s.Originals) > 0 {
				t.Errorf("after a major compaction there is more than a base: %+v", s)
			}
		})
	}
}

// plain writes a file without events.
func (w *world) plain(name string, ids []int64) {
	w.t.Helper()
	out, err := w.create("/t/" + name)
	if err != nil {
		w.t.Fatal(err)
	}
	f, err := orcFormat.NewWriter(out, &format.WriteOptions{Schema: schema})
	if err == nil {
		err = f.Write(numbers(ids))
	}
	if err == nil {
		_, err = f.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestCompactionOfOriginals(t *testing.T) {
	w := &world{t: t, files: map[string]*bytes.Buffer{}, rows: map[int64]map[int64]bool{0: {1: true, 2: true}}}
	w.plain("000000_0", []int64{1})
	w.plain("000000_0_copy_1", []int64{2})
	if w.compact(false, nil, 3) != nil {
		t.Error("a minor compaction found something to do")
	}
	out := w.compact(true, nil, 4)
	if got := out.Directories[0].String(); got != "base_-9223372036854775808_v0000004" || out.Rows != 2 {
		t.Errorf("made %s of %d rows", got, out.Rows)
	}
	w.check("compacted", 0)
	var names []string
	for p := range w.files {
		names = append(names, path.Base(p))
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"_orc_acid_version", "bucket_00000"}) {
		t.Errorf("files %v", names)
	}
}

// What is open stays out, with all that came later.
func TestCompactionBesideAnOpenTransaction(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	w := &world{t: t, files: map[string]*bytes.Buffer{}, rows: map[int64]map[int64]bool{0: {}}}
	next := int64(0)
	for range 6 {
		w.transaction(r, &next, 0)
	}
	ids := &catalog.WriteIDs{High: 6, Open: []int64{5}}
	for _, major := range []bool{false, true} {
		out := w.compact(major, acid.CompactorIDs(ids), 9)
		if got := out.Directories[0].Max; got != 4 {
			t.Errorf("compacted up to %d", got)
		}
		for high := int64(4); high <= 6; high++ {
			w.check("compacted", high)
		}
	}
}
