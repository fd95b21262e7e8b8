package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"skep/shuffle"
)

// errOther says that an output that was read in part is gone, and that what was made instead of it begins otherwise.
var errOther = errors.New("the output that was made instead of one read in part has its rows in another order")

// resume asks for a manifest with which to go on after an output could not be read, and opens the current output again.
func (r *Reader) resume(ctx context.Context, missing *shuffle.FetchError) error {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	old := r.spec.Manifest
	m, err := r.spec.Missing(wait, old, missing)
	if err != nil {
		return err
	}
	if m.Stage != old.Stage || m.Partitions != old.Partitions || len(m.Entries) != len(old.Entries) {
		return fmt.Errorf("going on with %d partitions of %d outputs of %v instead of %d of %d of %v: %w",
			m.Partitions, len(m.Entries), m.Stage, old.Partitions, len(old.Entries), old.Stage, errOther)
	}
	if o := r.output; o != nil {
		if len(o.seen) >= len(r.replay) {
			r.replay, r.replayOf = slices.Clone(o.seen), o.attempt
		}
		if err := r.leave(); err != nil {
			return err
		}
	}
	s := r.spec.Slices[r.slice]
	numbers := shuffle.Range{From: r.number, To: mapRange(m, s).To}
	keep := map[string]*fetcher{}
	for at, f := range r.fetchers {
		if at != missing.Location && f.stillWanted(m, old, numbers) {
			keep[at] = f
		} else {
			f.stop()
		}
	}
	r.spec.Manifest, r.fetchers = m, map[string]*fetcher{}
	r.readAhead(numbers, keep)
	r.partition = s.Partitions.From
	if err := r.open(ctx, s.Partitions); err != nil {
		return err
	}
	if len(r.replay) > 0 && r.output == nil {
		return errOther // it is in memory, not as frames
	}
	return nil
}

// stillWanted reports whether what a fetcher has yet to deliver is just what another manifest wants of its place.
func (f *fetcher) stillWanted(m, old *shuffle.Manifest, numbers shuffle.Range) bool {
	var wanted []int
	for n := numbers.From; n < numbers.To; n++ {
		if at := m.Entries[n].Location; at == shuffle.Nowhere || m.Locations[at] != f.location {
			continue
		}
		x, y := m.Entries[n], old.Entries[n]
		x.Location, y.Location = 0, 0 // the place is the same
		if x != y {
			return false
		}
		wanted = append(wanted, n)
	}
	first, _ := slices.BinarySearch(f.maps, numbers.From)
	return f.err == nil && slices.Equal(f.maps[first:], wanted)
}
