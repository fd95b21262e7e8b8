// Package reader reads slices of the outputs that a manifest lists, from stores of this process and, by way of shuffle/fetch, of others.
package reader

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"skep/engine/block"
	"skep/engine/memory"
	"skep/engine/vector"
	"skep/shuffle"
	"skep/shuffle/fetch"
	"skep/shuffle/format"
	"skep/shuffle/store"
)

// Sources is where outputs may be.
type Sources struct {
	Store *store.Store
	// Local reports whether outputs at a location are in Store.
	Local func(location string) bool
	// Client reads from all other locations.
	Client *fetch.Client
	// InFlight bounds the bytes that are read ahead from other locations (48 MB).
	InFlight int64
}

// Reader implements shuffle.Reader. It reads the outputs of other places ahead, by one goroutine for each place.
type Reader struct {
	spec    shuffle.ReaderSpec
	sources Sources
	schema  uint64
	account *memory.Account

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup
	busy   sync.Mutex // held by Next; Close waits for it

	slice    int                 // current
	number   int                 // of the current output's map; -1 before the first
	fetchers map[string]*fetcher // by location
	pieces   *store.Pieces
	output   *output // current; nil between outputs
	// replay are the checksums of the frames of the current output that have been given, as replayOf wrote them, when it is read again.
	replay    []uint32
	replayOf  shuffle.AttemptID
	batches   [][]*vector.Batch
	partition int
	decoder   block.Decoder
	batch     *vector.Batch
	stats     shuffle.ReaderStats
	done      bool
}

var _ shuffle.Reader = &Reader{}

// Open begins reading.
func Open(spec shuffle.ReaderSpec, sources Sources) (*Reader, error) {
	m := spec.Manifest
	for _, s := range spec.Slices {
		maps := mapRange(m, s)
		if s.Partitions.From < 0 || s.Partitions.To < s.Partitions.From || s.Partitions.To > m.Partitions ||
			maps.From < 0 || maps.To < maps.From || maps.To > len(m.Entries) {
			return nil, fmt.Errorf("opening a shuffle reader: slice %v of %d partitions of %d outputs", s, m.Partitions, len(m.Entries))
		}
	}
	if sources.InFlight == 0 {
		sources.InFlight = 48 << 20
	}
	r := &Reader{spec: spec, sources: sources, schema: format.Schema(spec.Types), slice: -1, number: -1, batch: vector.NewBatch(spec.Types)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if spec.Pool != nil {
		r.account = spec.Pool.NewAccount("shuffle reader", false)
	}
	return r, nil
}

func mapRange(m *shuffle.Manifest, s shuffle.Slice) shuffle.Range {
	if s.Maps == (shuffle.Range{}) {
		return shuffle.Range{To: len(m.Entries)}
	}
	return s.Maps
}

// Partition implements shuffle.Reader.
func (r *Reader) Partition() int { return r.partition }

// Stats implements shuffle.Reader.
func (r *Reader) Stats() shuffle.ReaderStats { return r.stats }

// Close implements shuffle.Reader.
func (r *Reader) Close() error {
	r.cancel()
	r.busy.Lock()
	defer r.busy.Unlock()
	r.wg.Wait()
	err := r.leave()
	if r.account != nil {
		r.account.Close()
		r.account = nil
	}
	r.done, r.fetchers, r.batches = true, nil, nil
	return err
}

// Next implements shuffle.Reader.
func (r *Reader) Next(ctx context.Context) (*vector.Batch, error) {
	r.busy.Lock()
	defer r.busy.Unlock()
	if r.done {
		return nil, nil
	}
	if err := errors.Join(ctx.Err(), r.ctx.Err()); err != nil {
		return nil, err
	}
	b, err := r.next(ctx)
	var missing *shuffle.FetchError
	for err != nil && r.spec.Missing != nil && errors.As(err, &missing) {
		if err = r.resume(ctx, missing); err == nil {
			b, err = r.next(ctx)
		}
	}
	if errors.Is(err, errOther) {
		err = &shuffle.FetchError{Kind: missing.Kind, Attempt: missing.Attempt, Location: missing.Location, Partition: -1, Err: err}
	}
	if err != nil || b == nil {
		r.done = true
		if err == nil {
			err = r.leave()
		} else {
			err = errors.Join(err, r.leave())
		}
		return nil, err
	}
	r.stats.Rows += int64(b.N)
	return b, nil
}

func (r *Reader) next(ctx context.Context) (*vector.Batch, error) {
	for {
		if len(r.batches) > 0 {
			if len(r.batches[0]) == 0 {
				r.batches = r.batches[1:]
				r.partition++
				continue
			}
			b := r.batches[0][0]
			r.batches[0] = r.batches[0][1:]
			r.stats.Blocks++
			return b, nil
		}
		if r.output != nil {
			b, err := r.nextFrame(ctx)
			if b != nil || err != nil {
				return b, err
			}
			if err := r.leave(); err != nil {
				return nil, err
			}
			continue
		}
		if more, err := r.advance(ctx); !more || err != nil {
			return nil, err
		}
	}
}

// leave ends the current output.
func (r *Reader) leave() error {
	o := r.output
	r.output = nil
	if o == nil {
		return nil
	}
	return o.stream.close()
}

// advance goes on to the next output; false at the end.
func (r *Reader) advance(ctx context.Context) (bool, error) {
	m := r.spec.Manifest
	for r.slice < 0 || r.number+1 >= mapRange(m, r.spec.Slices[r.slice]).To {
		r.slice++
		if r.slice >= len(r.spec.Slices) {
			return false, nil
		}
		r.begin()
	}
	r.number++
	r.replay = r.replay[:0]
	s := r.spec.Slices[r.slice]
	if s.Partitions.From == s.Partitions.To {
		return true, nil
	}
	r.partition = s.Partitions.From
	return true, r.open(ctx, s.Partitions)
}

// begin begins the current slice.
func (r *Reader) begin() {
	s := r.spec.Slices[r.slice]
	maps := mapRange(r.spec.Manifest, s)
	r.number = maps.From - 1
	r.fetchers = map[string]*fetcher{}
	r.pieces = store.NewPieces(s.Partitions)
	r.readAhead(maps, nil)
}

// readAhead starts reading ahead some outputs of the current slice. Fetchers of keep go on.
func (r *Reader) readAhead(numbers shuffle.Range, keep map[string]*fetcher) {
	m, partitions := r.spec.Manifest, r.spec.Slices[r.slice].Partitions
	if partitions.From == partitions.To {
		return
	}
	for n := numbers.From; n < numbers.To; n++ {
		at := m.Entries[n].Location
		if at == shuffle.Nowhere || keep[m.Locations[at]] != nil {
			continue
		}
		location := m.Locations[at]
		if r.sources.Local(location) {
			continue
		}
		f := r.fetchers[location]
		if f == nil {
			f = &fetcher{location: location, partitions: partitions, out: make(chan fetched, 1), free: make(chan *fetch.Answer, 3)}
			r.fetchers[location] = f
		}
		f.maps = append(f.maps, n)
	}
	// Each place has up to three answers: being read, waiting, and coming.
	places := int64(len(r.fetchers) + len(keep))
	if places == 0 {
		return
	}
	limit := min(4<<20, max(64<<10, r.sources.InFlight/3/places))
	for _, f := range r.fetchers {
		var ctx context.Context
		ctx, f.stop = context.WithCancel(r.ctx)
		f.limit = limit
		r.wg.Go(func() { f.run(ctx, r.sources.Client, m) })
	}
	maps.Copy(r.fetchers, keep)
	var held int64
	for _, f := range r.fetchers {
		held += 3 * f.limit
	}
	if r.account != nil {
		r.account.Set(held)
	}
}

// open opens the current output.
func (r *Reader) open(ctx context.Context, partitions shuffle.Range) error {
	m := r.spec.Manifest
	e := m.Entries[r.number]
	if e.Location == shuffle.Nowhere {
		return nil
	}
	a := m.Attempt(r.number)
	o := &output{attempt: a, fingerprint: a.Fingerprint(), location: m.Locations[e.Location], partitions: partitions, partition: -1}
	if f := r.fetchers[o.location]; f != nil {
		o.remote = true
		o.stream = &remoteStream{fetcher: f, number: r.number, stats: &r.stats, closed: r.ctx}
		r.output = o
		return nil
	}
	stored, err := r.sources.Store.Lookup(a, e.Check)
	if err != nil {
		return fetch.Fault(err, a, o.location)
	}
	if stored.Schema() != r.schema {
		return fmt.Errorf("reading the shuffle output of %s: its columns are not those expected", a)
	}
	if batches, ok := stored.Batches(partitions); ok {
		r.batches = batches
		if x, err := stored.Extent(partitions); err == nil {
			r.stats.LocalBytes += x.Bytes
		}
		return nil
	}
	s, err := openLocal(stored, partitions, r.pieces, 0)
	if err != nil {
		return fetch.Fault(err, a, o.location)
	}
	o.stream = s
	r.output = o
	return nil
}

// nextFrame returns the rows of the next frame of the current output, or nil at its end. What is damaged is read once more.
func (r *Reader) nextFrame(ctx context.Context) (*vector.Batch, error) {
	o := r.output
	for {
		b, err := r.decodeFrame(ctx, o)
		if err == nil {
			if b != nil && o.frames <= int64(len(r.replay)) {
				continue // given before
			}
			return b, nil
		}
		kind := damage(err)
		if kind == 0 {
			return nil, err // a place does not answer, or it is not the output's fault
		}
		if o.again || kind == shuffle.Missing {
			return nil, &shuffle.FetchError{Kind: kind, Attempt: o.attempt, Location: o.location, Partition: max(o.partition, o.partitions.From), Err: err}
		}
		o.again = true
		r.stats.Retries++
		if err := r.reopen(o); err != nil {
			return nil, err
		}
	}
}

// damage classifies errors of bytes.
func damage(err error) shuffle.FetchKind {
	var place *placeError
	switch {
	case errors.As(err, &place):
		return place.kind
	case errors.Is(err, format.ErrStale):
		return shuffle.Stale
	case errors.Is(err, format.ErrCorrupt), errors.Is(err, block.ErrCorrupt):
		return shuffle.Corrupt
	}
	return 0
}

// reopen reads the current output again from the frame that was damaged, not from copies.
func (r *Reader) reopen(o *output) error {
	if err := o.stream.close(); err != nil {
		return err
	}
	o.rest, o.carry = nil, o.carry[:0]
	m := r.spec.Manifest
	if o.remote {
		o.stream = &againStream{
			client: r.sources.Client, location: o.location, stats: &r.stats, closed: r.ctx, attempt: o.attempt,
			request: fetch.Request{
				Job: m.Stage.Job, Stage: m.Stage.Stage, From: o.partitions.From, To: o.partitions.To,
				Maps: []fetch.Map{fetch.MapOf(m.Entries[r.number])}, Skip: o.position, Limit: 4 << 20, Again: true,
			},
		}
		return nil
	}
	stored, err := r.sources.Store.Lookup(o.attempt, m.Entries[r.number].Check)
	if err != nil {
		return fetch.Fault(err, o.attempt, o.location)
	}
	s, err := openLocal(stored, o.partitions, nil, o.position)
	if err != nil {
		return fetch.Fault(err, o.attempt, o.location)
	}
	o.stream = s
	return nil
}

// decodeFrame reads, checks and decodes a frame.
func (r *Reader) decodeFrame(ctx context.Context, o *output) (*vector.Batch, error) {
	raw, err := o.frame(ctx)
	if err != nil {
		return nil, err
	}
	want := o.stream.contents()
	if raw == nil {
		if o.frames != want.Frames || o.rows != want.Rows {
			return nil, fmt.Errorf("%w: %d frames and %d rows instead of %d and %d", format.ErrCorrupt, o.frames, o.rows, want.Frames, want.Rows)
		}
		return nil, nil
	}
	if want.schema != r.schema {
		return nil, fmt.Errorf("reading the shuffle output of %s: its columns are not those expected", o.attempt)
	}
	f, err := format.ParseFrame(raw)
	if err != nil {
		return nil, err
	}
	p := int(f.Partition)
	switch {
	case f.Fingerprint != o.fingerprint:
		return nil, fmt.Errorf("%w: a frame of another attempt than %s", format.ErrStale, o.attempt)
	case p < o.partitions.From || p >= o.partitions.To || p < o.partition,
		p == o.partition && f.Number != o.number, p > o.partition && f.Number != 0:
		return nil, fmt.Errorf("%w: frame %d of partition %d out of place", format.ErrCorrupt, f.Number, p)
	}
	given := o.frames < int64(len(r.replay))
	if given {
		if format.ChecksumAs(raw, r.replayOf.Fingerprint()) != r.replay[o.frames] {
			return nil, errOther
		}
	} else if err := r.decoder.Decode(f.Block, r.batch); err != nil {
		return nil, err
	} else if r.batch.N != int(f.Rows) {
		return nil, fmt.Errorf("%w: %d rows instead of %d", format.ErrCorrupt, r.batch.N, f.Rows)
	}
	o.seen = append(o.seen, format.Checksum(raw))
	o.partition, o.number = p, f.Number+1
	o.frames++
	o.rows += int64(f.Rows)
	o.position += int64(len(raw))
	r.partition = p
	r.stats.Blocks++
	if o.remote {
		r.stats.RemoteBytes += int64(len(raw))
	} else {
		r.stats.LocalBytes += int64(len(raw))
	}
	return r.batch, nil
}
