package acid

import (
	"cmp"
	"maps"
	"slices"

	"skep/engine/vector"
)

// Keys is a set of keys of rows. Once it is complete any number of goroutines may ask it.
type Keys struct {
	sets  map[inserts]*rowSet
	rows  int64
	bytes int64
}

// inserts are the rows that one statement of a transaction inserted into one bucket.
type inserts struct {
	writeID int64
	bucket  int32
}

// setBytes is about what a set takes besides its runs.
const setBytes = 96

// NewKeys returns an empty set.
func NewKeys() *Keys { return &Keys{sets: map[inserts]*rowSet{}} }

// Add adds a key; bucket is a bucket property. It reports whether the key is new.
func (k *Keys) Add(writeID int64, bucket int32, row int64) bool {
	s := k.set(inserts{writeID, bucket})
	grown, added := s.add(row)
	k.bytes += grown
	if added {
		k.rows++
	}
	return added
}

func (k *Keys) set(of inserts) *rowSet {
	s := k.sets[of]
	if s == nil {
		s = &rowSet{}
		k.sets[of] = s
		k.bytes += setBytes
	}
	return s
}

// Len is the number of keys.
func (k *Keys) Len() int64 { return k.rows }

// Bytes is the memory that the set takes.
func (k *Keys) Bytes() int64 { return k.bytes }

// OfWriteID reports whether there are keys of rows that a write id inserted.
func (k *Keys) OfWriteID(id int64) bool {
	for of := range k.sets {
		if of.writeID == id {
			return true
		}
	}
	return false
}

// keyColumns are the columns of keys of a batch: bigint, int and bigint.
type keyColumns struct{ writeID, bucket, row *vector.Vector }

// without appends to out the rows of sel whose keys are not in the set; out has room for them and may alias sel.
func (k *Keys) without(c keyColumns, sel, out []uint16) []uint16 {
	writes, buckets, rows := flat(c.writeID), flat(c.bucket), flat(c.row)
	for len(sel) > 0 {
		of := inserts{writes.at(sel[0]), int32(buckets.at(sel[0]))}
		n := len(sel)
		if writes.mask != 0 || buckets.mask != 0 {
			n = 1
			for n < len(sel) && writes.at(sel[n]) == of.writeID && buckets.at(sel[n]) == int64(of.bucket) {
				n++
			}
		}
		if set := k.sets[of]; set != nil {
			out = set.without(rows, sel[:n], out)
		} else {
			out = append(out, sel[:n]...)
		}
		sel = sel[n:]
	}
	return out
}

// ints reads the numbers of a flat vector or a constant.
type ints struct {
	values []int64
	mask   int // 0 for constants
}

func flat(v *vector.Vector) ints {
	if v.Form == vector.Const {
		return ints{v.I64, 0}
	}
	return ints{v.I64, -1}
}

func (x ints) at(row uint16) int64 { return x.values[int(row)&x.mask] }

// Buckets returns the numbers of the buckets that the rows of the keys are in, ascending.
func (k *Keys) Buckets() ([]int, error) {
	found := map[int]bool{}
	for of := range k.sets {
		bucket, _, err := BucketOf(of.bucket)
		if err != nil {
			return nil, err
		}
		found[bucket] = true
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// Each calls yield with the keys of the rows of a bucket in their order, until it returns an error.
func (k *Keys) Each(bucket int, yield func(writeID int64, property int32, row int64) error) error {
	var all []inserts
	for of := range k.sets {
		if b, _, err := BucketOf(of.bucket); err != nil {
			return err
		} else if b == bucket {
			all = append(all, of)
		}
	}
	slices.SortFunc(all, func(a, b inserts) int {
		return cmp.Or(cmp.Compare(a.writeID, b.writeID), cmp.Compare(a.bucket, b.bucket))
	})
	for _, of := range all {
		if err := k.sets[of].each(func(row int64) error { return yield(of.writeID, of.bucket, row) }); err != nil {
			return err
		}
	}
	return nil
}

// Merge adds the keys of other.
func (k *Keys) Merge(other *Keys) {
	for of, s := range other.sets {
		_ = s.each(func(row int64) error { // fails only if the function does
			k.Add(of.writeID, of.bucket, row)
			return nil
		})
	}
}
