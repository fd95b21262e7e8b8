package stage

import (
	"context"
	"errors"
	"fmt"

	"skep/dialect/types"
	"skep/engine/sort"
	"skep/engine/vector"
	"skep/shuffle"
)

// bounds are the keys with which the ranges of an exchange begin, the first one left out. Where a key begins several of them, its rows
// are divided among these by the place of the task that has them among all tasks: rows of equal keys stay in their order.
type bounds struct {
	order  []Order
	keys   []*vector.Vector
	words  []uint64 // prefixes of the first key
	n      int
	at, of int // the first producer task whose rows the dividing task reads, and the number of producer tasks
}

// readBounds reads the ordered sample that a task is given and takes partitions-1 keys from it.
func readBounds(ctx context.Context, env *Env, t *Task, o *Output, ts []*types.Type) (_ *bounds, err error) {
	in, ok := t.Inputs[o.Bounds]
	if !ok {
		return nil, fmt.Errorf("%v: nothing was given to read of the sample in exchange %d", t.Attempt, o.Bounds)
	}
	b := &bounds{order: o.Order, of: 1}
	sample := make([]*vector.Vector, len(o.Keys))
	keyTypes := make([]*types.Type, len(o.Keys))
	for i, k := range o.Keys {
		keyTypes[i] = ts[k]
		sample[i] = vector.New(ts[k], 0)
	}
	spec := shuffle.ReaderSpec{Manifest: in.Manifest, Slices: in.Slices, Types: keyTypes, Pool: env.Planner.Pool}
	if env.Missing != nil {
		spec.Missing = func(ctx context.Context, used *shuffle.Manifest, e *shuffle.FetchError) (*shuffle.Manifest, error) {
			return env.Missing(ctx, o.Bounds, used, e)
		}
	}
	r, err := env.Exchange.OpenReader(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("%v: reading the sample: %w", t.Attempt, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	rows := 0
	for {
		batch, err := r.Next(ctx)
		if err != nil {
			return nil, fmt.Errorf("%v: reading the sample: %w", t.Attempt, err)
		}
		if batch == nil {
			break
		}
		for i, v := range sample {
			vector.AppendAll(v, batch.Cols[i], batch.Sel, batch.N)
		}
		rows += batch.Rows()
	}
	b.choose(sample, rows, o.Partitions)
	for x, in := range t.Inputs {
		if x != o.Bounds && len(in.Slices) > 0 {
			b.at, b.of = in.Slices[0].Maps.From, max(len(in.Manifest.Entries), 1)
		}
	}
	return b, nil
}

// choose takes the keys of ranges of similar size from ordered rows.
func (b *bounds) choose(sample []*vector.Vector, rows, ranges int) {
	var at []uint32
	for i := 1; i < ranges && rows > 0; i++ {
		at = append(at, uint32(i*rows/ranges))
	}
	b.n = len(at)
	for _, v := range sample {
		k := vector.New(v.Type, 0)
		vector.AppendRows(k, v, at)
		b.keys = append(b.keys, k)
	}
	b.words = make([]uint64, b.n)
	sort.Prefix(sort.Key{Column: b.keys[0], Desc: b.order[0].Desc, NullsFirst: b.order[0].NullsFirst}, b.n, b.words)
}

// divide sets parts to the ranges of n rows of flat key columns. words is room for as many.
func (b *bounds) divide(keys []*vector.Vector, n int, words []uint64, parts []uint32) {
	sort.Prefix(sort.Key{Column: keys[0], Desc: b.order[0].Desc, NullsFirst: b.order[0].NullsFirst}, n, words)
	for row := range n {
		below, end := 0, b.n // bounds that come before the row
		for below < end {
			mid := int(uint(below+end) >> 1)
			if b.compare(mid, keys, row, words[row]) < 0 {
				below = mid + 1
			} else {
				end = mid
			}
		}
		upTo := below
		for upTo < b.n && b.compare(upTo, keys, row, words[row]) == 0 {
			upTo++
		}
		parts[row] = uint32(below)
		if upTo > below {
			parts[row] = uint32(below + 1 + (upTo-below)*b.at/b.of)
		}
	}
}

// compare compares a bound with a row.
func (b *bounds) compare(i int, keys []*vector.Vector, row int, word uint64) int {
	switch w := b.words[i]; {
	case w < word:
		return -1
	case w > word:
		return 1
	}
	for k, o := range b.order {
		if c := (sort.Key{Desc: o.Desc, NullsFirst: o.NullsFirst}).Compare(b.keys[k], i, keys[k], row); c != 0 {
			return c
		}
	}
	return 0
}
