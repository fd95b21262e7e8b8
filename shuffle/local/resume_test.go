package local

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"net/http"
	"slices"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/shuffle"
	"skep/shuffle/store"
)

// lot writes the rows of a task, always the same ones, as an attempt. turned puts them in another order.
func lot(t testing.TB, e shuffle.Exchange, m *modelled, task, attempt int, turned bool) *shuffle.Output {
	t.Helper()
	r := rand.New(rand.NewSource(int64(task)))
	a := shuffle.AttemptID{StageID: m.stage, Task: task, Attempt: attempt}
	w, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{Attempt: a, Partitions: m.partitions, Types: m.types})
	if err != nil {
		t.Fatal(err)
	}
	type lot struct {
		b     *vector.Batch
		parts []uint32
	}
	var all []lot
	for range 4 {
		b := vector.NewBatch(m.types)
		b.N = 2000
		parts := make([]uint32, b.N)
		for i := range parts {
			parts[i] = uint32(r.Intn(m.partitions))
			b.Cols[0].AppendDatum(types.Datum{I: r.Int63()})
			b.Cols[1].AppendDatum(types.Datum{S: fmt.Sprint(r.Int63())})
		}
		all = append(all, lot{b, parts})
	}
	if turned {
		all[0], all[1] = all[1], all[0]
	}
	for _, x := range all {
		if err := w.Write(x.b, x.parts); err != nil {
			t.Fatal(err)
		}
	}
	o, err := w.Commit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// rows reads the numbers of rows, which tell them apart, calling between before each batch.
func rows(rd shuffle.Reader, between func(n int)) (out []int64, err error) {
	for n := 0; ; n++ {
		between(n)
		b, err := rd.Next(context.Background())
		if b == nil || err != nil {
			return out, err
		}
		out = append(out, b.Cols[0].I64...)
	}
}

// A place goes while its outputs are read. They are made again elsewhere, and the reader goes on where it was: it gives each row once,
// in the order of an undisturbed reading. One that was in the middle of an output of which the new one begins otherwise ends.
func TestReadersGoOn(t *testing.T) {
	const tasks = 6
	m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "bigint", "string"), partitions: 4}
	small := func() Options {
		return Options{Store: store.Options{Dirs: []string{t.TempDir()}, BlockBytes: 4 << 10}}
	}
	first, second, third := serve(t, small()), serve(t, small()), serve(t, small())
	var dead bool
	gone := newProxy(t, first.opts.Location, func(w http.ResponseWriter, _ []byte) {
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusBadGateway)
	})
	kill := func(is bool) {
		dead = is
		gone.spoil.Store(map[bool]int64{true: 1 << 40}[is])
	}
	var before, after, turned, changed []*shuffle.Output
	for task := range tasks {
		x := lot(t, first, m, task, 0, false)
		y := lot(t, second, m, task, 0, false)
		if x.Location = gone.URL; task%3 == 2 {
			x = y // a place that stays
		}
		before = append(before, x)
		z, u := x, x
		if task%3 != 2 {
			z = lot(t, third, m, task, 1, false)
			u = lot(t, third, m, task, 2, true)
		}
		after, turned = append(after, z), append(turned, u)
	}
	whole := []shuffle.Slice{{Partitions: shuffle.Range{From: 1, To: 4}}, {Partitions: shuffle.Range{To: 2}, Maps: shuffle.Range{From: 2, To: 5}}}
	reader := func(missing func(context.Context, *shuffle.Manifest, *shuffle.FetchError) (*shuffle.Manifest, error)) shuffle.Reader {
		c := open(t, Options{Token: "secret", InFlight: 1})
		rd, err := c.OpenReader(context.Background(), shuffle.ReaderSpec{
			Manifest: shuffle.NewManifest(m.stage, m.partitions, before), Slices: whole, Types: m.types, Missing: missing,
		})
		if err != nil {
			t.Fatal(err)
		}
		return rd
	}
	batches := 0
	rd := reader(nil)
	want, err := rows(rd, func(n int) { batches = n })
	if err = errors.Join(err, rd.Close()); err != nil || len(want) < 10000 {
		t.Fatalf("%d rows, %v", len(want), err)
	}
	resumed, refused := 0, 0
	for at := 0; at <= batches; at += 1 + batches/13 {
		for _, how := range []string{"made again", "comes back", "turned", "twice"} {
			asked := 0
			rd := reader(func(_ context.Context, used *shuffle.Manifest, e *shuffle.FetchError) (*shuffle.Manifest, error) {
				if !dead || e.Location != gone.URL {
					t.Fatalf("after %d batches, %s: %v", at, how, e)
				}
				asked++
				changed = after
				switch {
				case how == "turned":
					changed = turned
				case how == "comes back", how == "twice" && asked == 2:
					kill(false)
					return used, nil
				case how == "twice":
					return used, nil
				}
				return shuffle.NewManifest(m.stage, m.partitions, changed), nil
			})
			kill(false)
			got, err := rows(rd, func(n int) {
				if n == at {
					kill(true)
				}
			})
			if e := rd.Close(); e != nil {
				t.Fatal(e)
			}
			if how == "turned" && asked > 0 {
				if shuffle.KindOf(err) == shuffle.Unreachable {
					refused++ // it was in the middle of one
				} else if err != nil {
					t.Fatalf("after %d batches, %s: %v", at, how, err)
				}
				continue
			}
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("after %d batches, %s: %d rows instead of %d, or others; %v", at, how, len(got), len(want), err)
			}
			if asked > 0 {
				resumed++
			}
		}
	}
	if resumed < 20 || refused < 5 {
		t.Errorf("%d readers went on, %d could not", resumed, refused)
	}
}

// Who waits for a place is ended by a cancel and by Close.
func TestWaitingReadersEnd(t *testing.T) {
	m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: parseTypes(t, "bigint", "string"), partitions: 4}
	e := open(t, Options{Store: store.Options{Dirs: []string{t.TempDir()}}})
	o := lot(t, e, m, 0, 0, false)
	o.Attempt.Attempt++ // which nobody has
	for _, how := range []string{"cancel", "close"} {
		waits := make(chan struct{})
		rd, err := e.OpenReader(context.Background(), shuffle.ReaderSpec{
			Manifest: shuffle.NewManifest(m.stage, m.partitions, []*shuffle.Output{o}), Slices: []shuffle.Slice{{Partitions: shuffle.Range{To: 4}}}, Types: m.types,
			Missing: func(ctx context.Context, _ *shuffle.Manifest, _ *shuffle.FetchError) (*shuffle.Manifest, error) {
				close(waits)
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() {
			_, err := rd.Next(ctx)
			ended <- err
		}()
		<-waits
		if how == "cancel" {
			cancel()
		} else if err := rd.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", how, err)
		}
		cancel()
		if err := rd.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
