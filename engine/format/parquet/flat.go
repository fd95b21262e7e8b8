package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"
	"unsafe"

	"skep/dialect/types"
	"skep/engine/vector"
)

// column reads one wanted column of a row group in step with the others. skip only notes how many rows to leave out: pages
// that none of the rows read lies in are never decompressed.
type column interface {
	// start positions the column at a row group.
	start(g *rowGroup, id uint64) error
	// willSkip tells the column, after start, that pages of the row group will be skipped.
	willSkip(g *rowGroup) error
	// read returns the next n rows; the vector is valid until the next call.
	read(n int) (*vector.Vector, error)
	skip(n int)
	release()
}

// missing is a column the file does not have.
type missing struct{ v *vector.Vector }

func (missing) start(*rowGroup, uint64) error      { return nil }
func (missing) willSkip(*rowGroup) error           { return nil }
func (m missing) read(int) (*vector.Vector, error) { return m.v, nil }
func (missing) skip(int)                           {}
func (missing) release()                           {}

// flatColumn reads a top-level column of a primitive type.
type flatColumn struct {
	chunk    chunkReader
	optional bool
	target   *types.Type
	convert  *conversion // nil when the file's values are the target's
	v        vector.Vector
	nulls    []bool
	levels   []uint32
	codes    []uint32
	arena    []byte // strings copied because a batch lies in several pages
	copied   bool   // v's strings are in arena
	pending  int    // rows to skip before the next read
	// locations and rows of the row group are set when pages are to be skipped.
	locations []pageLocation
	rows      int64
}

func (c *flatColumn) start(g *rowGroup, id uint64) error {
	c.pending, c.locations = 0, nil
	c.chunk.dict.id = id + uint64(c.chunk.leaf.leaf)*2 + 1
	return c.chunk.reset(&g.columns[c.chunk.leaf.leaf])
}

// willSkip reads the offset index, with which skipping finds pages without reading those before.
func (c *flatColumn) willSkip(g *rowGroup) error {
	index := g.columns[c.chunk.leaf.leaf].offsetIndex
	if index.length <= 0 {
		return nil
	}
	b, err := readSection(c.chunk.window.input, index)
	if err == nil {
		c.locations, err = readOffsetIndex(b)
	}
	if err != nil {
		return fmt.Errorf("offset index of column %s: %w", c.chunk.leaf.path(), err)
	}
	c.rows = g.rows
	return nil
}

// jump moves to the page of the next row wanted when the offset index tells that pages lie between.
func (c *flatColumn) jump() error {
	chunk := &c.chunk
	consumed := c.rows - chunk.entries - int64(chunk.left)
	target := consumed + int64(c.pending)
	k := sort.Search(len(c.locations), func(i int) bool { return c.locations[i].firstRow > target }) - 1
	if k < 0 || c.locations[k].firstRow <= consumed+int64(chunk.left) {
		return nil
	}
	page := c.locations[k]
	if chunk.dict.size < 0 && chunk.first {
		if err := chunk.leadingDictionary(); err != nil {
			return err
		}
	}
	if page.offset < chunk.pos || page.offset >= chunk.end || page.firstRow > c.rows {
		return chunk.fail(fmt.Errorf("offset index has a page at %d", page.offset))
	}
	chunk.pos, chunk.entries = page.offset, c.rows-page.firstRow
	chunk.left, chunk.opened = 0, false
	c.pending = int(target - page.firstRow)
	return nil
}

func (c *flatColumn) skip(n int) { c.pending += n }

func (c *flatColumn) release() { c.chunk.release() }

func (c *flatColumn) read(n int) (*vector.Vector, error) {
	if err := c.skipPending(); err != nil {
		return nil, err
	}
	v, chunk := &c.v, &c.chunk
	class := chunk.values.class()
	v.Type, v.Form, v.Nulls, v.DictOf, v.DictID = chunk.values.typ, vector.Flat, nil, nil, 0
	c.copied = false
	switch class {
	case types.I64:
		v.I64 = resize(v.I64, n)
	case types.F64:
		v.F64 = resize(v.F64, n)
	case types.I128:
		v.W = resize(v.W, n)
	case types.Bytes:
		v.Refs, v.Codes, v.Data = resize(v.Refs, n), resize(v.Codes, n), nil
	}
	for got := 0; got < n; {
		if !chunk.opened || chunk.left == 0 {
			if class == types.Bytes && got > 0 {
				c.keep(got)
			}
			if err := c.nextPage(); err != nil {
				return nil, err
			}
		}
		k := min(n-got, chunk.left)
		m, err := c.present(got, k, n)
		if err == nil {
			switch class {
			case types.Bytes:
				err = c.readBytes(got, k, m)
			default:
				if m == k {
					err = chunk.fixed(v, class, got, m, &c.codes)
				} else {
					err = chunk.sparse(v, class, got, m, v.Nulls[got:got+k], &c.codes)
				}
			}
		}
		if err != nil {
			return nil, chunk.fail(err)
		}
		chunk.left -= k
		got += k
	}
	if c.convert != nil {
		return c.convert.apply(v, n)
	}
	v.Type = c.target
	return v, nil
}

func (c *flatColumn) nextPage() error {
	for c.chunk.left == 0 {
		if err := c.chunk.nextHeader(); err != nil {
			return err
		}
	}
	return c.chunk.open()
}

// skipPending drops the rows to skip.
func (c *flatColumn) skipPending() error {
	chunk := &c.chunk
	if c.pending > chunk.left && c.locations != nil {
		if err := c.jump(); err != nil {
			return err
		}
	}
	for c.pending > 0 {
		if chunk.left == 0 {
			if err := chunk.nextHeader(); err != nil {
				return err
			}
		}
		k := min(c.pending, chunk.left)
		if !chunk.opened && k < chunk.left {
			if err := chunk.open(); err != nil {
				return err
			}
		}
		if chunk.opened && k < chunk.left {
			m := k
			if c.optional {
				var err error
				if m, err = c.countPresent(k); err != nil {
					return chunk.fail(err)
				}
			}
			if err := chunk.values.skip(m); err != nil {
				return chunk.fail(err)
			}
		}
		chunk.left -= k
		c.pending -= k
	}
	return nil
}

func (c *flatColumn) countPresent(k int) (int, error) {
	if c.chunk.defs.all(1, k) {
		return k, nil
	}
	c.levels = resize(c.levels, k)
	if err := c.chunk.defs.decode(c.levels); err != nil {
		return 0, err
	}
	m := 0
	for _, l := range c.levels {
		m += int(l)
	}
	return m, nil
}

// present reads the definition levels of rows got..got+k-1 of n into v.Nulls and returns how many have values.
func (c *flatColumn) present(got, k, n int) (int, error) {
	if !c.optional {
		return k, nil
	}
	v := &c.v
	if c.chunk.defs.all(1, k) {
		if v.Nulls != nil {
			clear(v.Nulls[got : got+k])
		}
		return k, nil
	}
	if v.Nulls == nil {
		c.nulls = resize(c.nulls, n)
		v.Nulls = c.nulls
		clear(v.Nulls[:got])
	}
	return c.chunk.defs.nulls(v.Nulls[got : got+k])
}

// fixed decodes m values of a class of fixed width to v from row at on; scratch holds codes.
func (c *chunkReader) fixed(v *vector.Vector, class types.Physical, at, m int, scratch *[]uint32) error {
	if c.values.mode == modeDict {
		*scratch = resize(*scratch, m)
		codes := *scratch
		if err := c.values.dictCodes(codes); err != nil {
			return err
		}
		switch class {
		case types.I64:
			gather(v.I64[at:at+m], c.dict.i64, codes)
		case types.F64:
			gather(v.F64[at:at+m], c.dict.f64, codes)
		default:
			gather(v.W[at:at+m], c.dict.w, codes)
		}
		return nil
	}
	switch class {
	case types.I64:
		return c.values.int64s(v.I64[at : at+m])
	case types.F64:
		return c.values.float64s(v.F64[at : at+m])
	}
	return c.values.int128s(v.W[at : at+m])
}

// sparse decodes m values of a class of fixed width to those of the rows at.. that are not NULL.
func (c *chunkReader) sparse(v *vector.Vector, class types.Physical, at, m int, nulls []bool, scratch *[]uint32) error {
	d := &c.values
	n := len(nulls)
	switch {
	case d.mode == modeDict && m > 0:
		*scratch = resize(*scratch, m+1)
		codes := *scratch
		if err := d.dictCodes(codes[:m]); err != nil {
			return err
		}
		codes[m] = 0 // looked up for NULLs behind the last value
		switch class {
		case types.I64:
			gatherSparse(v.I64[at:at+n], c.dict.i64, codes, nulls)
		case types.F64:
			gatherSparse(v.F64[at:at+n], c.dict.f64, codes, nulls)
		default:
			gatherSparse(v.W[at:at+n], c.dict.w, codes, nulls)
		}
		return nil
	case d.mode == modePlain && (d.kind == kindInt32 || d.kind == kindInt64 || d.kind == kindDouble) && !d.hybrid:
		b, err := d.plain(m)
		if err != nil {
			return err
		}
		present := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(nulls))), n)
		b = b[:len(b)+8] // the padding stands in behind the last value
		switch d.kind {
		case kindInt32:
			j := 0
			for i, null := range present {
				v.I64[at+i] = int64(int32(binary.LittleEndian.Uint32(b[j:])))
				j += 4 - 4*int(null)
			}
		case kindInt64:
			j := 0
			for i, null := range present {
				v.I64[at+i] = int64(binary.LittleEndian.Uint64(b[j:]))
				j += 8 - 8*int(null)
			}
		default:
			j := 0
			for i, null := range present {
				v.F64[at+i] = math.Float64frombits(binary.LittleEndian.Uint64(b[j:]))
				j += 8 - 8*int(null)
			}
		}
		return nil
	}
	if err := c.fixed(v, class, at, m, scratch); err != nil {
		return err
	}
	spreadFixed(v, class, nulls, at, m)
	return nil
}

// gatherSparse looks up the next code for every row and moves on to the one after where the row is not NULL: no branch depends
// on the data.
func gatherSparse[T any](dst, entries []T, codes []uint32, nulls []bool) {
	present := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(nulls))), len(nulls))
	j := 0
	for i, null := range present {
		dst[i] = entries[codes[j]]
		j += 1 - int(null)
	}
}

// spreadFixed moves the m values at rows at.. to the rows that are not NULL.
func spreadFixed(v *vector.Vector, class types.Physical, nulls []bool, at, m int) {
	switch class {
	case types.I64:
		spread(v.I64[at:at+len(nulls)], nulls, m)
	case types.F64:
		spread(v.F64[at:at+len(nulls)], nulls, m)
	default:
		spread(v.W[at:at+len(nulls)], nulls, m)
	}
}

// spread moves the first m elements of s to the positions that are not NULL, in order, and zeroes the others.
func spread[T any](s []T, nulls []bool, m int) {
	var zero T
	for i := len(nulls) - 1; i >= 0; i-- {
		if nulls[i] {
			s[i] = zero
		} else {
			m--
			s[i] = s[m]
		}
	}
}

// readBytes decodes m byte strings for rows at..at+k-1: as dictionary codes while all pages of the batch have them, otherwise as
// references into the page, or into the arena when the batch has values of other pages.
func (c *flatColumn) readBytes(at, k, m int) error {
	v, d := &c.v, &c.chunk.values
	if d.mode == modeDict && (at == 0 || v.Form == vector.Dict) {
		v.Form, v.DictOf, v.DictID = vector.Dict, c.chunk.dict.vec, c.chunk.dict.id
		if err := d.dictCodes(v.Codes[at : at+m]); err != nil {
			return err
		}
		if m < k {
			spread(v.Codes[at:at+k], v.Nulls[at:at+k], m)
		}
		return nil
	}
	if v.Form == vector.Dict {
		c.flatten(at)
	}
	data := d.b
	if d.mode == modeDict {
		c.codes = resize(c.codes, m)
		if err := d.dictCodes(c.codes); err != nil {
			return err
		}
		gather(v.Refs[at:at+m], c.chunk.dict.vec.Refs, c.codes)
		data = c.chunk.dict.vec.Data
	} else if err := d.byteRefs(v.Refs[at : at+m]); err != nil {
		return err
	}
	if at == 0 {
		v.Data = data
	} else {
		c.arena = copyRefs(v.Refs[at:at+m], data, c.arena)
		v.Data = c.arena
	}
	if m < k {
		spread(v.Refs[at:at+k], v.Nulls[at:at+k], m)
	}
	return nil
}

// keep copies the strings of the first n rows to the arena, because the page they are in is about to go.
func (c *flatColumn) keep(n int) {
	v := &c.v
	if c.copied || v.Form == vector.Dict { // the dictionary stays
		return
	}
	c.arena = copyRefs(v.Refs[:n], v.Data, c.arena[:0])
	v.Data, c.copied = c.arena, true
}

// flatten gives up the dictionary form of the first n rows.
func (c *flatColumn) flatten(n int) {
	v := &c.v
	if len(v.DictOf.Refs) == 0 { // all rows are NULL
		clear(v.Refs[:n])
	} else {
		gather(v.Refs[:n], v.DictOf.Refs, v.Codes[:n])
	}
	if v.Nulls != nil {
		for i, null := range v.Nulls[:n] {
			if null {
				v.Refs[i] = vector.Ref{}
			}
		}
	}
	c.arena = copyRefs(v.Refs[:n], v.DictOf.Data, c.arena[:0])
	v.Form, v.DictOf, v.DictID, v.Data, c.copied = vector.Flat, nil, 0, c.arena, true
}

// copyRefs appends the strings to arena and makes the references point there.
func copyRefs(refs []vector.Ref, data, arena []byte) []byte {
	for i, r := range refs {
		refs[i].Off = uint32(len(arena))
		arena = append(arena, data[r.Off:r.Off+r.Len]...)
	}
	return arena
}
