package acid

import (
	"math"
	"math/bits"
	"slices"
	"sort"
	"unsafe"
)

// rowSet is a set of row numbers, in runs of 2^16: a run with few members is a sorted list of their low halves, another one a bitmap (as
// in Roaring bitmaps: Chambi, Lemire, Kaser, Godin 2016). Rows that come in ascending order are cheapest to add.
type rowSet struct {
	runs []run // by high
}

type run struct {
	high int64 // row number >> 16
	list []uint16
	bits []uint64 // 1024 words, instead of the list
}

// listMax is the length at which a list would take as much memory as the bitmap.
const listMax = 4096

const (
	bitmapWords = 1 << 16 / 64
	runBytes    = int64(unsafe.Sizeof(run{}))
)

// add adds a row and returns by how many bytes the set has grown, and whether the row is new.
func (s *rowSet) add(row int64) (grown int64, added bool) {
	high, low := row>>16, uint16(row)
	if n := len(s.runs); n == 0 || s.runs[n-1].high < high {
		s.runs = append(s.runs, run{high: high})
		grown = runBytes
	}
	r := &s.runs[len(s.runs)-1]
	if r.high != high {
		i := s.search(high)
		if i == len(s.runs) || s.runs[i].high != high {
			s.runs = slices.Insert(s.runs, i, run{high: high})
			grown = runBytes
		}
		r = &s.runs[i]
	}
	more, added := r.add(low)
	return grown + more, added
}

func (r *run) add(low uint16) (grown int64, added bool) {
	if r.bits != nil {
		w, b := &r.bits[low>>6], uint64(1)<<(low&63)
		added = *w&b == 0
		*w |= b
		return 0, added
	}
	before := cap(r.list)
	if n := len(r.list); n == 0 || r.list[n-1] < low {
		r.list = append(r.list, low)
	} else {
		i, found := slices.BinarySearch(r.list, low)
		if found {
			return 0, false
		}
		r.list = slices.Insert(r.list, i, low)
	}
	grown = int64(cap(r.list)-before) * 2
	if len(r.list) > listMax {
		grown += bitmapWords*8 - int64(cap(r.list))*2
		r.bits = make([]uint64, bitmapWords)
		for _, x := range r.list {
			r.bits[x>>6] |= 1 << (x & 63)
		}
		r.list = nil
	}
	return grown, true
}

// search returns the index of the first run that is not below high.
func (s *rowSet) search(high int64) int {
	return sort.Search(len(s.runs), func(i int) bool { return s.runs[i].high >= high })
}

// find returns the run of a row; nil without one.
func (s *rowSet) find(row int64) *run {
	if i := s.search(row >> 16); i < len(s.runs) && s.runs[i].high == row>>16 {
		return &s.runs[i]
	}
	return nil
}

// without appends to out the rows of sel whose numbers are not in the set; out has room for them and may alias sel. Numbers that ascend, as
// those of files do, are merged with the lists.
func (s *rowSet) without(numbers ints, sel, out []uint16) []uint16 {
	n := len(out)
	out = out[:n+len(sel)]
	high, none := int64(math.MinInt64), &run{}
	in, at := none, 0 // all of in.list[:at] is below the number that comes
	for _, i := range sel {
		number := numbers.at(i)
		low := uint16(number)
		if number>>16 != high {
			high = number >> 16
			if in = s.find(number); in == nil {
				in = none
			}
			at, _ = slices.BinarySearch(in.list, low)
		}
		deleted := 0
		if in.bits != nil {
			deleted = int(in.bits[low>>6] >> (low & 63) & 1)
		} else {
			if at > 0 && in.list[at-1] >= low {
				at, _ = slices.BinarySearch(in.list, low)
			}
			for at < len(in.list) && in.list[at] < low {
				at++
			}
			if at < len(in.list) && in.list[at] == low {
				deleted = 1
			}
		}
		out[n] = i
		n += 1 - deleted
	}
	return out[:n]
}

// each calls yield with the rows in ascending order, until it returns an error.
func (s *rowSet) each(yield func(row int64) error) error {
	for i := range s.runs {
		r := &s.runs[i]
		for _, low := range r.list {
			if err := yield(r.high<<16 | int64(low)); err != nil {
				return err
			}
		}
		for w, word := range r.bits {
			for ; word != 0; word &= word - 1 {
				if err := yield(r.high<<16 | int64(w<<6+bits.TrailingZeros64(word))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
