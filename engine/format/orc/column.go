package orc

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

// column decodes one column of a stripe, with its children. Its buffers live as long as the reader.
type column struct {
	id     int
	file   *orcType
	target *types.Type // the type of the vectors it fills; its physical form is the file's or reached by convert
	kids   []*column

	encoding   columnEncoding
	hasPresent bool
	present    boolReader
	ints       intReader // DATA of integers, codes, seconds
	second     intReader // LENGTH or SECONDARY
	raw        stream    // DATA of strings, floats, decimals
	bools      boolReader
	tiny       byteReader
	dict       *vector.Vector
	dictID     uint64
	dictData   stream
	dictLens   intReader
	zone       *time.Location // the writer's, for timestamps
	epoch      int64          // 2015-01-01 00:00:00 in zone, seconds since 1970

	notNull []bool
	nulls   []bool
	lengths []int64
	spare   []int64
	bits    []bool
	octets  []byte
	skipped int // rows to pass over before the next read
	scratch *vector.Vector
}

// nextDict numbers dictionaries; vectors of one stripe and column share a number.
var nextDict atomic.Uint64

// read fills v with the next n rows.
func (c *column) read(v *vector.Vector, n int) error {
	if c.skipped > 0 {
		k := c.skipped
		c.skipped = 0
		if c.scratch == nil {
			c.scratch = vector.New(c.target, 0)
		}
		for k > 0 {
			m := min(k, vector.BatchSize)
			if err := c.fill(c.scratch, m); err != nil {
				return err
			}
			k -= m
		}
	}
	return c.fill(v, n)
}

// nullsOf reads the PRESENT stream; it returns the number of values that are there and the NULL flags, nil without NULLs.
func (c *column) nullsOf(n int) (values int, nulls []bool, err error) {
	if !c.hasPresent {
		return n, nil, nil
	}
	if cap(c.notNull) < n {
		c.notNull, c.nulls = make([]bool, n), make([]bool, n)
	}
	c.notNull, c.nulls = c.notNull[:n], c.nulls[:n]
	all, err := c.present.read(c.notNull)
	if err != nil || all {
		return n, nil, err
	}
	for i, p := range c.notNull {
		c.nulls[i] = !p
		if p {
			values++
		}
	}
	return values, c.nulls, nil
}

// fill decodes n rows into v, whose memory it reuses.
func (c *column) fill(v *vector.Vector, n int) error {
	m, nulls, err := c.nullsOf(n)
	if err != nil {
		return err
	}
	switch c.file.kind {
	case kindBoolean:
		err = c.readBooleans(v, n, m)
	case kindByte:
		err = c.readBytes(v, n, m)
	case kindShort, kindInt, kindLong, kindDate:
		v.Resize(n)
		err = c.ints.read(v.I64[:m])
	case kindFloat, kindDouble:
		err = c.readFloats(v, n, m)
	case kindString, kindVarchar, kindChar, kindBinary:
		err = c.readStrings(v, n, m, nulls)
	case kindDecimal:
		err = c.readDecimals(v, n, m)
	case kindTimestamp, kindTimestampInstant:
		err = c.readTimestamps(v, n, m)
	case kindList, kindMap:
		err = c.readRuns(v, n, m)
	case kindStruct:
		return c.readStruct(v, n, m, nulls)
	case kindUnion:
		return c.readUnion(v, n, m, nulls)
	}
	if err != nil {
		return err
	}
	if nulls == nil {
		v.Nulls = nil
		return nil
	}
	if v.Form == vector.Flat {
		switch v.Type.Physical() {
		case types.I64:
			spread(v.I64, nulls, m)
		case types.F64:
			spread(v.F64, nulls, m)
		case types.I128:
			spread(v.W, nulls, m)
		default:
			spread(v.Refs, nulls, m)
		}
	} else {
		spread(v.Codes, nulls, m)
	}
	v.Nulls = nulls
	return nil
}

// spread moves the first m values of s to the rows that are not NULL; NULL rows get the zero value.
func spread[T any](s []T, nulls []bool, m int) {
	var zero T
	for i := len(nulls) - 1; i >= 0; i-- {
		if nulls[i] {
			s[i] = zero
			continue
		}
		m--
		s[i] = s[m]
	}
}

func (c *column) readBooleans(v *vector.Vector, n, m int) error {
	v.Resize(n)
	if cap(c.bits) < m {
		c.bits = make([]bool, m)
	}
	if _, err := c.bools.read(c.bits[:m]); err != nil {
		return err
	}
	for i, b := range c.bits[:m] {
		v.I64[i] = 0
		if b {
			v.I64[i] = 1
		}
	}
	return nil
}

func (c *column) readBytes(v *vector.Vector, n, m int) error {
	v.Resize(n)
	if cap(c.octets) < m {
		c.octets = make([]byte, m)
	}
	if err := c.tiny.read(c.octets[:m]); err != nil {
		return err
	}
	for i, b := range c.octets[:m] {
		v.I64[i] = int64(int8(b))
	}
	return nil
}

func (c *column) readFloats(v *vector.Vector, n, m int) error {
	v.Resize(n)
	width := 8
	if c.file.kind == kindFloat {
		width = 4
	}
	if err := c.raw.must(m * width); err != nil {
		return err
	}
	b := c.raw.buf[c.raw.pos:]
	if width == 8 {
		for i := range m {
			v.F64[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
	} else {
		for i := range m {
			v.F64[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
	}
	c.raw.pos += m * width
	return nil
}

func (c *column) readStrings(v *vector.Vector, n, m int, nulls []bool) error {
	if cap(c.lengths) < m {
		c.lengths = make([]int64, m)
	}
	lens := c.lengths[:m]
	if c.encoding.kind == encodingDictionary || c.encoding.kind == encodingDictionaryV2 {
		if err := c.loadDictionary(); err != nil {
			return err
		}
		if err := c.ints.read(lens); err != nil {
			return err
		}
		size := uint64(len(c.dict.Refs))
		v.Form, v.DictOf, v.DictID, v.Nulls = vector.Dict, c.dict, c.dictID, nil
		if cap(v.Codes) < n {
			v.Codes = make([]uint32, max(n, vector.BatchSize))
		}
		v.Codes = v.Codes[:n]
		for i, code := range lens {
			if uint64(code) >= size {
				return fmt.Errorf("dictionary code %d of %d: %w", code, size, errProto)
			}
			v.Codes[i] = uint32(code)
		}
		return nil
	}
	if err := c.second.read(lens); err != nil {
		return err
	}
	total := int64(0)
	for _, l := range lens {
		if l < 0 || l > math.MaxInt32 {
			return fmt.Errorf("string of %d bytes: %w", l, errProto)
		}
		total += l
	}
	if total > math.MaxInt32 {
		return fmt.Errorf("strings of %d bytes in one batch: %w", total, errProto)
	}
	if err := c.raw.must(int(total)); err != nil {
		return err
	}
	v.Form, v.DictOf, v.DictID, v.Nulls = vector.Flat, nil, 0, nil
	if cap(v.Refs) < n {
		v.Refs = make([]vector.Ref, max(n, vector.BatchSize))
	}
	v.Refs = v.Refs[:n]
	// The strings stay where they are: the stream's buffer does not move before the next read.
	v.Data = c.raw.buf[c.raw.pos : c.raw.pos+int(total)]
	c.raw.pos += int(total)
	off := uint32(0)
	for i, l := range lens {
		v.Refs[i] = vector.Ref{Off: off, Len: uint32(l)}
		off += uint32(l)
	}
	if c.target.Kind == types.Char {
		trim(v.Refs[:m], v.Data)
	}
	_ = nulls
	return nil
}

// trim takes trailing blanks off char values.
func trim(refs []vector.Ref, data []byte) {
	for i, r := range refs {
		for r.Len > 0 && data[r.Off+r.Len-1] == ' ' {
			r.Len--
		}
		refs[i] = r
	}
}

// loadDictionary reads the stripe's dictionary at its first use.
func (c *column) loadDictionary() error {
	if c.dict != nil {
		return nil
	}
	data, err := c.dictData.all(math.MaxInt32)
	if err != nil {
		return err
	}
	d := &vector.Vector{Type: c.target, Data: data, Refs: make([]vector.Ref, 0, min(c.encoding.dictionarySize, 1<<20))}
	off := 0
	var lens [maxRun]int64
	for left := c.encoding.dictionarySize; left > 0; {
		k := min(left, len(lens))
		if err := c.dictLens.read(lens[:k]); err != nil {
			return err
		}
		for _, l := range lens[:k] {
			if l < 0 || l > int64(len(data)-off) {
				return fmt.Errorf("dictionary entry of %d bytes: %w", l, errProto)
			}
			d.Refs = append(d.Refs, vector.Ref{Off: uint32(off), Len: uint32(l)})
			off += int(l)
		}
		left -= k
	}
	if c.target.Kind == types.Char {
		trim(d.Refs, d.Data)
	}
	c.dict, c.dictID = d, nextDict.Add(1)
	return nil
}

func (c *column) readDecimals(v *vector.Vector, n, m int) error {
	v.Resize(n)
	if cap(c.lengths) < m {
		c.lengths = make([]int64, m)
	}
	scales := c.lengths[:m]
	if err := c.second.read(scales); err != nil {
		return err
	}
	small := v.Type.Physical() == types.I64
	want := int64(v.Type.Scale)
	for i := range m {
		x, err := c.raw.varint128()
		if err != nil {
			return err
		}
		if scales[i] != want {
			if scales[i] < 0 || scales[i] > types.MaxPrecision {
				return fmt.Errorf("decimal scale %d: %w", scales[i], errProto)
			}
			x, _ = decimal.Rescale(x, int(scales[i]), int(want))
		}
		if small {
			v.I64[i] = int64(x.Lo)
		} else {
			v.W[i] = x
		}
	}
	return nil
}

// varint128 reads a zigzag varint of up to 128 bits.
func (s *stream) varint128() (types.Int128, error) {
	if s.end-s.pos < 19 {
		if _, err := s.need(19); err != nil {
			return types.Int128{}, err
		}
	}
	var lo, hi uint64
	for shift := uint(0); shift < 133; shift += 7 {
		if s.pos == s.end {
			return types.Int128{}, errTruncated
		}
		b := s.buf[s.pos]
		s.pos++
		x := uint64(b & 0x7f)
		if shift < 64 {
			lo |= x << shift
			if shift > 57 {
				hi |= x >> (64 - shift)
			}
		} else {
			hi |= x << (shift - 64)
		}
		if b < 0x80 {
			neg := -(lo & 1)
			lo = lo>>1 | hi<<63
			return types.Int128{Hi: int64(hi>>1 ^ neg), Lo: lo ^ neg}, nil
		}
	}
	return types.Int128{}, errProto
}

func (c *column) readTimestamps(v *vector.Vector, n, m int) error {
	v.Resize(n)
	if cap(c.lengths) < m {
		c.lengths = make([]int64, m)
	}
	if cap(c.spare) < m {
		c.spare = make([]int64, m)
	}
	secs, nanos := c.lengths[:m], c.spare[:m]
	if err := c.ints.read(secs); err != nil {
		return err
	}
	if err := c.second.read(nanos); err != nil {
		return err
	}
	for i, s := range secs {
		ns := nanos[i] >> 3
		if zeros := nanos[i] & 7; zeros != 0 {
			for k := int64(0); k <= zeros; k++ {
				ns *= 10
			}
		}
		if ns < 0 || ns > 999_999_999 {
			return fmt.Errorf("%d nanoseconds: %w", ns, errProto)
		}
		t := s + c.epoch
		// Writers divide milliseconds by 1000 towards zero; the nanoseconds tell that there was a fraction.
		if t < 0 && ns > 999_999 {
			t--
		}
		if c.zone != nil {
			_, offset := time.Unix(t, 0).In(c.zone).Zone()
			t += int64(offset)
		}
		v.W[i] = types.Int128{Hi: t, Lo: uint64(ns)}
	}
	return nil
}

func (c *column) readRuns(v *vector.Vector, n, m int) error {
	v.Resize(n)
	if cap(c.lengths) < m {
		c.lengths = make([]int64, m)
	}
	lens := c.lengths[:m]
	if err := c.second.read(lens); err != nil {
		return err
	}
	total := int64(0)
	for i, l := range lens {
		if l < 0 || total+l > 1<<28 {
			return fmt.Errorf("collection of %d elements: %w", l, errProto)
		}
		v.Refs[i] = vector.Ref{Off: uint32(total), Len: uint32(l)}
		total += l
	}
	for i, k := range c.kids {
		child := v.Children[i]
		if err := k.read(child, int(total)); err != nil {
			return err
		}
		v.Children[i] = vector.Flatten(child, nil, int(total))
	}
	return nil
}

// ordinals maps each row to the number of values before it.
func ordinals(nulls []bool, n int) []uint32 {
	at := make([]uint32, n)
	k := uint32(0)
	for i := range at {
		at[i] = k
		if nulls == nil || !nulls[i] {
			k++
		} else if k > 0 {
			at[i] = k - 1
		}
	}
	return at
}

func (c *column) readStruct(v *vector.Vector, n, m int, nulls []bool) error {
	v.Resize(n)
	v.Nulls = nulls
	for i, k := range c.kids {
		if k == nil { // a field that the file does not have
			v.Children[i] = nullVector(v.Type.Fields[i].Type, n)
			continue
		}
		child := vector.New(k.target, 0)
		if err := k.read(child, m); err != nil {
			return err
		}
		v.Children[i] = align(child, nulls, n, m)
	}
	return nil
}

// align gives the n rows of a parent the m values of a child, which has none for NULL parents.
func align(child *vector.Vector, nulls []bool, n, m int) *vector.Vector {
	if nulls == nil {
		return vector.Flatten(child, nil, n)
	}
	if m == 0 {
		return nullVector(child.Type, n)
	}
	out := vector.New(child.Type, 0)
	vector.Gather(out, child, ordinals(nulls, n))
	return out
}

func nullVector(t *types.Type, n int) *vector.Vector {
	v := vector.New(t, 0)
	for range n {
		v.AppendDatum(types.NullDatum)
	}
	return v
}

func (c *column) readUnion(v *vector.Vector, n, m int, nulls []bool) error {
	v.Resize(n)
	v.Nulls = nulls
	if cap(c.octets) < m {
		c.octets = make([]byte, m)
	}
	tags := c.octets[:m]
	if err := c.tiny.read(tags); err != nil {
		return err
	}
	counts := make([]int, len(c.kids))
	for _, t := range tags {
		if int(t) >= len(c.kids) {
			return fmt.Errorf("union tag %d: %w", t, errProto)
		}
		counts[t]++
	}
	for a, k := range c.kids {
		child := vector.New(k.target, 0)
		if err := k.read(child, counts[a]); err != nil {
			return err
		}
		skip := make([]bool, n)
		j := 0
		for i := range n {
			skip[i] = true
			if nulls != nil && nulls[i] {
				continue
			}
			if int(tags[j]) == a {
				skip[i] = false
			}
			j++
		}
		out := align(child, skip, n, counts[a])
		for i, s := range skip {
			if s {
				out.SetNull(i, n)
			}
		}
		v.Children[a] = out
	}
	j := 0
	for i := range n {
		v.I64[i] = 0
		if nulls == nil || !nulls[i] {
			v.I64[i] = int64(tags[j])
			j++
		}
	}
	return nil
}
