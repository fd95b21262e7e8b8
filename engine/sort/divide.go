package sort

import (
	"slices"
)

// Divided are rows that are divided into ranges: every row of a range comes before all rows of the next one, unless they are
// equal in everything, and then rows stay in row order. Ranges may be ordered at the same time.
type Divided struct {
	keys []Key
	next field // what the words do not tell yet
	// Range i is bounds[i] to bounds[i+1] of these.
	items, spare []item
	order        []uint32
	bounds       []int
}

// sampled is the number of words that decide where ranges end.
const sampled = 1024

// Divide divides rows 0..n-1 of the key columns into about the given number of ranges of similar size; fewer when many rows
// agree in the leading keys. stopped, when not nil, is asked from time to time; once it reports true, the result means nothing.
// The ranges follow from a sample (DeWitt, Naughton and Schneider 1991, "Parallel sorting … probabilistic splitting").
func Divide(keys []Key, n, ranges int, stopped func() bool) *Divided {
	d := &Divided{keys: keys, items: make([]item, n), spare: make([]item, n), order: make([]uint32, n), bounds: []int{0, n}}
	for i := range d.items {
		d.items[i] = item{row: uint32(i)}
	}
	s := Sorter{Stopped: stopped}
	if n == 0 || len(keys) == 0 || !hasFields(keys[0].Column.Type) {
		return d
	}
	d.next = s.fillWords(d.items, keys, field{})
	ends := d.splitters(ranges)
	if len(ends) == 0 || s.stopped() {
		return d
	}
	// Rows move to their ranges in row order.
	counts := make([]int, len(ends)+1)
	of := make([]uint8, n)
	for i := range d.items {
		at, equal := slices.BinarySearch(ends, d.items[i].word)
		if equal {
			at++
		}
		of[i] = uint8(at)
		counts[at]++
	}
	d.bounds = d.bounds[:1]
	for i, c := range counts {
		counts[i] = d.bounds[i]
		d.bounds = append(d.bounds, d.bounds[i]+c)
	}
	for i, it := range d.items {
		at := &counts[of[i]]
		d.spare[*at] = it
		*at++
	}
	d.items, d.spare = d.spare, d.items
	return d
}

// splitters returns the words with which ranges but the first begin, in order.
func (d *Divided) splitters(ranges int) []uint64 {
	words := make([]uint64, 0, sampled)
	for i := range min(sampled, len(d.items)) {
		words = append(words, d.items[i*len(d.items)/min(sampled, len(d.items))].word)
	}
	slices.Sort(words)
	var ends []uint64
	for i := 1; i < min(ranges, 256); i++ {
		ends = append(ends, words[i*len(words)/min(ranges, 256)])
	}
	return slices.Compact(ends)
}

// Ranges returns their number.
func (d *Divided) Ranges() int { return len(d.bounds) - 1 }

// OrderRange orders range i. Different ranges may be ordered by several goroutines.
func (d *Divided) OrderRange(i int, stopped func() bool) {
	from, to := d.bounds[i], d.bounds[i+1]
	items := d.items[from:to]
	s := Sorter{Stopped: stopped, spare: d.spare[from:from:to]}
	if d.next == (field{}) {
		s.sort(items, d.keys, field{})
	} else {
		s.byWords(items, d.keys, d.next)
	}
	for k, it := range items {
		d.order[from+k] = it.row
	}
}

// Order returns all rows in order, once all ranges are ordered.
func (d *Divided) Order() []uint32 { return d.order }
