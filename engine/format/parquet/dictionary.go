package parquet

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/vector"
)

// dictionary holds the values of a column chunk's dictionary page in vector storage.
type dictionary struct {
	size int // entries; -1 without dictionary
	id   uint64
	buf  []byte // the decompressed page, which the strings point into
	i64  []int64
	f64  []float64
	w    []types.Int128
	vec  *vector.Vector // the entries of byte strings
}

// load decodes a dictionary page of n entries; like gives the leaf's kind.
func (d *dictionary) load(page []byte, n int, like *valueDecoder) error {
	least := like.size
	if least == 0 {
		least = 4 // the length of a byte string
	}
	if like.kind == kindBool || n > len(page)/least {
		return fmt.Errorf("dictionary of %d entries in %d bytes", n, len(page))
	}
	decoder := valueDecoder{leafType: like.leafType}
	if err := decoder.reset(page, encPlain, n, nil); err != nil {
		return err
	}
	d.size = n
	switch like.class() {
	case types.I64:
		d.i64 = resize(d.i64, n)
		return decoder.int64s(d.i64)
	case types.F64:
		d.f64 = resize(d.f64, n)
		return decoder.float64s(d.f64)
	case types.I128:
		d.w = resize(d.w, n)
		return decoder.int128s(d.w)
	}
	if d.vec == nil {
		d.vec = &vector.Vector{}
	}
	d.vec.Type, d.vec.Data = like.typ, page
	d.vec.Refs = resize(d.vec.Refs, n)
	return decoder.byteRefs(d.vec.Refs)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// gather looks codes up.
func gather[T any](dst, entries []T, codes []uint32) {
	for i, c := range codes {
		dst[i] = entries[c]
	}
}
