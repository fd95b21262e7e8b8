package local

import (
	"context"
	"fmt"
	"math/rand"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/vector"
	"skep/shuffle"
	"skep/shuffle/fetch"
	"skep/shuffle/spool"
	"skep/shuffle/store"
)

func parseTypes(t testing.TB, texts ...string) []*types.Type {
	t.Helper()
	var ts []*types.Type
	for _, s := range texts {
		x, err := types.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		ts = append(ts, x)
	}
	return ts
}

func randomDatum(r *rand.Rand, t *types.Type) types.Datum {
	if r.Intn(6) == 0 || t.Kind == types.Void {
		return types.NullDatum
	}
	switch t.Physical() {
	case types.I64:
		if t.Kind == types.BigInt {
			return types.Datum{I: r.Int63()}
		}
		return types.Datum{I: r.Int63n(1000)}
	case types.F64:
		return types.Datum{F: r.NormFloat64()}
	case types.I128:
		return types.Datum{W: types.Int128{Hi: r.Int63n(3) - 1, Lo: r.Uint64()}}
	case types.Bytes:
		return types.Datum{S: fmt.Sprint("text ", r.Intn(40))}
	}
	var d types.Datum
	if t.Physical() == types.Record {
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, randomDatum(r, f.Type))
		}
		return d
	}
	for range r.Intn(4) {
		if t.Kind == types.Map {
			d.Elems = append(d.Elems, types.Datum{I: r.Int63n(9)})
		}
		d.Elems = append(d.Elems, randomDatum(r, t.Elem))
	}
	return d
}

// modelled is what should be in the outputs of a stage: rows by map number and partition.
type modelled struct {
	stage      shuffle.StageID
	types      []*types.Type
	partitions int
	rows       [][][][]types.Datum
	outputs    []*shuffle.Output
}

// batchOf makes a batch of rows, some columns as dictionaries, with a selection that leaves out rows put in between.
func batchOf(r *rand.Rand, ts []*types.Type, rows [][]types.Datum) *vector.Batch {
	b := vector.NewBatch(ts)
	var sel []uint16
	selected := r.Intn(2) == 0
	for _, row := range rows {
		if selected && r.Intn(3) == 0 {
			for c, t := range ts {
				b.Cols[c].AppendDatum(randomDatum(r, t))
			}
			b.N++
		}
		for c, d := range row {
			b.Cols[c].AppendDatum(d)
		}
		sel = append(sel, uint16(b.N))
		b.N++
	}
	if selected {
		b.Sel = sel
	}
	for c, v := range b.Cols {
		if r.Intn(3) != 0 || v.Type.Kind == types.Void {
			continue
		}
		d := &vector.Vector{Type: v.Type, Form: vector.Dict, DictOf: v, Nulls: v.Nulls}
		v.Nulls = nil
		for i := range b.N {
			if d.Nulls != nil && d.Nulls[i] {
				i = 0
			}
			d.Codes = append(d.Codes, uint32(i))
		}
		b.Cols[c] = d
	}
	return b
}

// write writes an output by one exchange and notes in the model what it should hold.
func (m *modelled) write(t testing.TB, r *rand.Rand, e shuffle.Exchange, task, batches, perBatch int) {
	t.Helper()
	a := shuffle.AttemptID{StageID: m.stage, Task: task, Attempt: r.Intn(3)}
	w, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{Attempt: a, Partitions: m.partitions, Types: m.types})
	if err != nil {
		t.Fatal(err)
	}
	held := make([][][]types.Datum, m.partitions)
	for range batches {
		var rows [][]types.Datum
		var parts []uint32
		for range 1 + r.Intn(perBatch) {
			row := make([]types.Datum, len(m.types))
			for c, x := range m.types {
				row[c] = randomDatum(r, x)
			}
			p := uint32(r.Intn(m.partitions))
			if r.Intn(2) == 0 {
				p /= 3 // some skew
			}
			rows, parts = append(rows, row), append(parts, p)
			held[p] = append(held[p], row)
		}
		if err := w.Write(batchOf(r, m.types, rows), parts); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.Commit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if out.Attempt != a || len(out.Partitions) != m.partitions {
		t.Fatalf("output %v of %d partitions", out.Attempt, len(out.Partitions))
	}
	for p, rows := range held {
		if got := out.Partitions[p]; got.Rows != int64(len(rows)) || (got.Bytes > 0) != (got.Rows > 0) || got.Digest.Rows != uint64(got.Rows) {
			t.Fatalf("partition %d: %+v, want %d rows", p, got, len(rows))
		}
	}
	m.rows = append(m.rows, held)
	m.outputs = append(m.outputs, out)
}

func (m *modelled) manifest() *shuffle.Manifest {
	return shuffle.NewManifest(m.stage, m.partitions, m.outputs)
}

// expect returns the rows that slices should give.
func (m *modelled) expect(slices []shuffle.Slice) (rows [][]types.Datum, parts []int) {
	for _, s := range slices {
		maps := s.Maps
		if maps == (shuffle.Range{}) {
			maps.To = len(m.rows)
		}
		for n := maps.From; n < maps.To; n++ {
			for p := s.Partitions.From; p < s.Partitions.To; p++ {
				for _, row := range m.rows[n][p] {
					rows, parts = append(rows, row), append(parts, p)
				}
			}
		}
	}
	return rows, parts
}

// check reads slices and compares.
func (m *modelled) check(t testing.TB, e shuffle.Exchange, slices ...shuffle.Slice) shuffle.ReaderStats {
	t.Helper()
	rd, err := e.OpenReader(context.Background(), shuffle.ReaderSpec{Manifest: m.manifest(), Slices: slices, Types: m.types})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	want, parts := m.expect(slices)
	at := 0
	for {
		b, err := rd.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			break
		}
		if b.N == 0 || b.Sel != nil || at+b.N > len(want) {
			t.Fatalf("a batch of %d rows after %d of %d", b.N, at, len(want))
		}
		for i := range b.N {
			if rd.Partition() != parts[at] {
				t.Fatalf("row %d: partition %d, want %d", at, rd.Partition(), parts[at])
			}
			for c := range m.types {
				if got := b.Cols[c].Datum(i); !reflect.DeepEqual(got, want[at][c]) {
					t.Fatalf("row %d column %d: got %v, want %v", at, c, got, want[at][c])
				}
			}
			at++
		}
	}
	if at != len(want) || rd.Stats().Rows != int64(at) {
		t.Fatalf("%d rows (%d counted), want %d", at, rd.Stats().Rows, len(want))
	}
	return rd.Stats()
}

// checkAll reads in many ways.
func (m *modelled) checkAll(t testing.TB, r *rand.Rand, e shuffle.Exchange) {
	t.Helper()
	whole := shuffle.Range{To: m.partitions}
	m.check(t, e, shuffle.Slice{Partitions: whole})
	m.check(t, e)
	m.check(t, e, shuffle.Slice{Partitions: shuffle.Range{From: 1, To: 1}})
	for range 4 {
		var slices []shuffle.Slice
		for range 1 + r.Intn(3) {
			var s shuffle.Slice
			s.Partitions.From = r.Intn(m.partitions)
			s.Partitions.To = s.Partitions.From + 1 + r.Intn(m.partitions-s.Partitions.From)
			if r.Intn(2) == 0 {
				s.Maps.From = r.Intn(len(m.rows))
				s.Maps.To = s.Maps.From + 1 + r.Intn(len(m.rows)-s.Maps.From)
			}
			slices = append(slices, s)
		}
		m.check(t, e, slices...)
	}
	p := r.Intn(m.partitions)
	sizes, err := e.MapSizes(context.Background(), m.manifest(), p)
	if err != nil {
		t.Fatal(err)
	}
	for n, size := range sizes {
		if (size > 0) != (len(m.rows[n][p]) > 0) {
			t.Errorf("map %d has %d bytes and %d rows of partition %d", n, size, len(m.rows[n][p]), p)
		}
	}
}

// fastRetries keeps tests of failures short.
var fastRetries = fetch.ClientOptions{Retries: []time.Duration{time.Millisecond, time.Millisecond}}

func open(t testing.TB, o Options) *Exchange {
	t.Helper()
	if o.Client.Retries == nil {
		o.Client = fastRetries
	}
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if n := e.Store().MemoryBytes(); n != 0 {
			t.Errorf("%d bytes are still counted after closing", n)
		}
	})
	return e
}

// serve gives an exchange an address.
func serve(t testing.TB, o Options) *Exchange {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	o.Location = "http://" + server.Listener.Addr().String()
	o.Token = "secret"
	e := open(t, o)
	server.Config.Handler = e.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return e
}

func TestRowsArriveWhole(t *testing.T) {
	everyType := []string{"int", "string", "decimal(30,2)", "double", "array<int>", "map<int,string>", "struct<a:int,b:string>", "void", "timestamp"}
	for _, c := range []struct {
		name       string
		store      store.Options
		partitions int
		tasks      int
		batches    int
		rows       int
		files      bool
		runs       bool
		segments   bool
	}{
		{name: "batches in memory", store: store.Options{Memory: 1 << 30}, partitions: 7, tasks: 4, batches: 5, rows: 300},
		{name: "batches in memory, hash way", store: store.Options{Memory: 1 << 30}, partitions: 7, tasks: 1, batches: 12, rows: 3000},
		{name: "one partition", store: store.Options{Memory: 1 << 30}, partitions: 1, tasks: 1, batches: 12, rows: 3000},
		{name: "bytes in memory", store: store.Options{Memory: 1 << 30, Encode: true}, partitions: 7, tasks: 4, batches: 5, rows: 300},
		{name: "too much for batches", store: store.Options{Memory: 1 << 30, MemoryPerOutput: 200 << 10}, partitions: 5, tasks: 2, batches: 10, rows: 800},
		{name: "files", store: store.Options{}, partitions: 7, tasks: 4, batches: 5, rows: 300, files: true},
		{name: "runs, hash way", store: store.Options{Budget: 256 << 10, BlockBytes: 16 << 10}, partitions: 2, tasks: 2, batches: 30, rows: 2400, files: true, runs: true},
		{name: "runs, sort way", store: store.Options{Budget: 128 << 10}, partitions: 100, tasks: 2, batches: 20, rows: 1000, files: true, runs: true},
		{name: "staged", store: store.Options{Budget: 64 << 20}, partitions: 60, tasks: 1, batches: 12, rows: 4000, files: true},
		{name: "segments", store: store.Options{MergeFiles: 3}, partitions: 9, tasks: 8, batches: 3, rows: 300, files: true, segments: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewSource(int64(len(c.name))))
			c.store.Dirs = []string{t.TempDir(), t.TempDir()}
			e := serve(t, Options{Store: c.store})
			other := serve(t, Options{})
			inProcess := open(t, Options{Store: c.store})
			shared, err := spool.Open(spool.Options{Folder: t.TempDir(), Scratch: []string{t.TempDir()}, Budget: c.store.Budget})
			if err != nil {
				t.Fatal(err)
			}
			defer shared.Close()
			texts := everyType
			if c.batches*c.rows > 4000 {
				texts = []string{"bigint", "string"}
			}
			for _, way := range []struct {
				name           string
				writer, reader shuffle.Exchange
			}{{"same process", inProcess, inProcess}, {"over HTTP", e, other}, {"spool", shared, shared}} {
				t.Run(way.name, func(t *testing.T) {
					m := &modelled{stage: shuffle.StageID{Job: "job" + fmt.Sprint(len(way.name)), Stage: 2}, types: parseTypes(t, texts...), partitions: c.partitions}
					for task := range c.tasks {
						m.write(t, r, way.writer, task, c.batches, c.rows)
					}
					if l, ok := way.writer.(*Exchange); ok {
						l.Store().Merged()
						s := l.Store().Stats()
						if (s.FileOutputs > 0) != c.files || (s.Runs > 0) != c.runs || (s.Segments > 0) != c.segments {
							t.Errorf("the way it went is not that of the test: %+v", s)
						}
					}
					m.checkAll(t, r, way.reader)
					if err := way.writer.Release(context.Background(), m.stage.Job); err != nil {
						t.Fatal(err)
					}
				})
			}
		})
	}
}

// TestOutputsOfSeveralPlaces reads outputs that are spread over three places, in map order.
func TestOutputsOfSeveralPlaces(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	var places []*Exchange
	for range 3 {
		places = append(places, serve(t, Options{Store: store.Options{Memory: 1 << 30, Dirs: []string{t.TempDir()}}, InFlight: 600 << 10}))
	}
	m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "int", "string"), partitions: 20}
	for task := range 12 {
		m.write(t, r, places[r.Intn(3)], task, 4, 2000)
	}
	m.checkAll(t, r, places[0])
	stats := m.check(t, places[1], shuffle.Slice{Partitions: shuffle.Range{To: 20}})
	if stats.LocalBytes == 0 || stats.RemoteBytes == 0 || stats.Requests < 2 {
		t.Errorf("%+v: want bytes from here and from elsewhere", stats)
	}
}

func TestDigestsKnowRowsNotOrder(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	ts := parseTypes(t, "int", "string", "decimal(30,2)", "array<int>")
	e := open(t, Options{Store: store.Options{Memory: 1 << 30}})
	var rows [][]types.Datum
	for range 500 {
		row := make([]types.Datum, len(ts))
		for c, x := range ts {
			row[c] = randomDatum(r, x)
		}
		rows = append(rows, row)
	}
	digests := func(number int, change bool) []shuffle.PartitionInfo {
		order := r.Perm(len(rows))
		w, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{
			Attempt: shuffle.AttemptID{StageID: shuffle.StageID{Job: "j"}, Attempt: number}, Partitions: 3, Types: ts})
		if err != nil {
			t.Fatal(err)
		}
		for len(order) > 0 {
			n := min(len(order), 1+r.Intn(100))
			var some [][]types.Datum
			var parts []uint32
			for _, i := range order[:n] {
				row := rows[i]
				if change && i == 7 {
					row = append([]types.Datum{{I: row[0].I + 1, Null: false}}, row[1:]...)
				}
				some, parts = append(some, row), append(parts, uint32(i%3))
			}
			order = order[n:]
			if err := w.Write(batchOf(r, ts, some), parts); err != nil {
				t.Fatal(err)
			}
		}
		out, err := w.Commit(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return out.Partitions
	}
	first := digests(0, false)
	for number := 1; number < 5; number++ {
		for p, x := range digests(number, false) {
			if x.Digest != first[p].Digest {
				t.Errorf("partition %d: %v, in another order %v", p, first[p].Digest, x.Digest)
			}
		}
	}
	for p, x := range digests(9, true) {
		if (x.Digest != first[p].Digest) != (p == 7%3) {
			t.Errorf("a changed row: partition %d: %v and %v", p, first[p].Digest, x.Digest)
		}
	}
}

// TestPoolMakesWritersSpill gives a writer a pool that is too small for what it writes.
func TestPoolMakesWritersSpill(t *testing.T) {
	r := rand.New(rand.NewSource(8))
	e := open(t, Options{Store: store.Options{Memory: 1 << 30, Dirs: []string{t.TempDir()}}})
	pool := memory.NewPool("query", 2<<20)
	ts := parseTypes(t, "bigint", "string")
	w, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{
		Attempt: shuffle.AttemptID{StageID: shuffle.StageID{Job: "j"}}, Partitions: 4, Types: ts, Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	b := vector.NewBatch(ts)
	parts := make([]uint32, 2000)
	for i := range parts {
		parts[i] = uint32(r.Intn(4))
		b.Cols[0].AppendDatum(types.Datum{I: r.Int63()})
		b.Cols[1].AppendDatum(types.Datum{S: fmt.Sprint("row ", r.Int63())})
	}
	b.N = len(parts)
	for range 100 {
		if err := w.Write(b, parts); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.Commit(context.Background())
	if err != nil || out.Rows() != 200000 {
		t.Fatalf("%v: %v", out, err)
	}
	if e.Store().Stats().Runs == 0 {
		t.Error("nothing was spilled")
	}
	if pool.Used() != 0 || pool.Peak() > 4<<20 {
		t.Errorf("the pool has %d bytes in use, %d at most", pool.Used(), pool.Peak())
	}
}

// someRows makes a batch for three partitions.
func someRows(r *rand.Rand, ts []*types.Type, n int) (*vector.Batch, []uint32) {
	b := vector.NewBatch(ts)
	parts := make([]uint32, n)
	for i := range parts {
		parts[i] = uint32(r.Intn(3))
		for c, t := range ts {
			b.Cols[c].AppendDatum(randomDatum(r, t))
		}
	}
	b.N = n
	return b, parts
}
