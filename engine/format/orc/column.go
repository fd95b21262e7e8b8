package orc

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"skep/dialect/types"
	"skep/engine/vector"
)

// column decodes one column of a stripe, with its children. Its buffers live as long as the reader.
type column struct {
	id   int
	file *orcType
	typ  *types.Type // of the vectors it decodes to; conv turns those into the table's
	conv *conversion // nil when the file's values are the table's
	kids []*column   // nil for a field that the file does not have
	row  int64       // the next row of the stripe; kept for top-level columns

	encoding   columnEncoding
	hasPresent bool
	present    boolReader
	ints       intReader // DATA of integers, codes, seconds
	second     intReader // LENGTH or SECONDARY
	raw        stream    // DATA of strings, floats, decimals
	bools      boolReader
	tiny       byteReader
	dict       *vector.Vector // loaded for this stripe when not nil
	dictBuf    vector.Vector  // memory behind dict
	dictID     uint64
	dictData   stream
	dictLens   intReader
	julian     bool           // dates before 1582 are in the Julian calendar
	zone       *time.Location // the writer's, for timestamps
	zoneFrom   int64          // the offset of zone in [zoneFrom, zoneTo) seconds since 1970
	zoneTo     int64
	zoneOffset int64
	epoch      int64 // 2015-01-01 00:00:00 in zone, seconds since 1970

	vec     vector.Vector // for conversions and parents
	flat    vector.Vector
	nulls   []bool
	lengths []int64
	spare   []int64
	octets  []byte
}

// nextDict numbers dictionaries of files that cannot be told apart.
var nextDict atomic.Uint64

// streams returns all streams of the column, not those of its children.
func (c *column) streams() []*stream {
	return []*stream{&c.present.bytes.s, &c.ints.s, &c.second.s, &c.raw, &c.bools.bytes.s, &c.tiny.s, &c.dictData, &c.dictLens.s}
}

// advance moves a top-level column to a row of the stripe, by the row index over whole row groups.
func (c *column) advance(r *reader, s *stripe, row int64) error {
	if row == c.row {
		return nil
	}
	if stride := r.tail.stride; stride > 0 && c.row/stride < row/stride {
		if g := row / stride; s.indexed(r, c, int(g)) {
			if err := c.seekTree(s, int(g)); err != nil {
				return err
			}
			c.row = g * stride
		}
	}
	err := c.skip(int(row - c.row))
	c.row = row
	return err
}

// read decodes the next n rows into v, whose memory it uses again.
func (c *column) read(v *vector.Vector, n int) error {
	if c.conv == nil {
		return c.fill(v, n)
	}
	c.vec.Type = c.typ
	if err := c.fill(&c.vec, n); err != nil {
		return err
	}
	return c.conv.apply(v, &c.vec, n)
}

// nullsOf reads the PRESENT stream; it returns the number of values that are there and the NULL flags, nil without NULLs.
func (c *column) nullsOf(n int) (values int, nulls []bool, err error) {
	if !c.hasPresent {
		return n, nil, nil
	}
	if cap(c.nulls) < n+8 {
		c.nulls = make([]bool, max(n, vector.BatchSize)+8)
	}
	c.nulls = c.nulls[:n]
	if values, err = c.present.zeros(c.nulls); err != nil || values == n {
		return values, nil, err
	}
	return values, c.nulls, nil
}

// fill decodes n rows into v.
func (c *column) fill(v *vector.Vector, n int) error {
	m, nulls, err := c.nullsOf(n)
	if err != nil {
		return err
	}
	switch c.file.kind {
	case kindStruct:
		return c.readStruct(v, n, m, nulls)
	case kindUnion:
		return c.readUnion(v, n, m, nulls)
	case kindString, kindVarchar, kindChar, kindBinary:
		err = c.readStrings(v, n, m)
	default:
		v.Resize(n)
		switch c.file.kind {
		case kindBoolean:
			err = c.readBooleans(v.I64[:m])
		case kindByte:
			err = c.readBytes(v.I64[:m])
		case kindShort, kindInt, kindLong:
			err = c.ints.read(v.I64[:m])
		case kindDate:
			if err = c.ints.read(v.I64[:m]); c.julian {
				toProleptic(v.I64[:m])
			}
		case kindFloat, kindDouble:
			err = c.readFloats(v.F64[:m])
		case kindDecimal:
			err = c.readDecimals(v, m)
		case kindTimestamp, kindTimestampInstant:
			err = c.readTimestamps(v.W[:m])
		case kindList, kindMap:
			err = c.readRuns(v, m)
		}
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

// spread moves the first m values of s to the rows that are not NULL. A NULL row gets a copy of the value before it, which is
// safe to read, or zero: no branch depends on the data.
func spread[T any](s []T, nulls []bool, m int) {
	flags := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(nulls))), len(nulls))
	i := len(flags) - 1
	for ; i >= 0 && m > 0; i-- {
		s[i] = s[m-1]
		m -= 1 - int(flags[i])
	}
	clear(s[:i+1])
}

// skip passes over n rows.
func (c *column) skip(n int) (err error) {
	if n == 0 {
		return nil
	}
	if c.hasPresent {
		if n, err = c.present.count(n); err != nil {
			return err
		}
	}
	switch c.file.kind {
	case kindBoolean:
		_, err = c.bools.count(n)
	case kindByte:
		err = c.tiny.discard(n)
	case kindShort, kindInt, kindLong, kindDate:
		err = c.ints.discard(n)
	case kindFloat:
		err = c.raw.skip(4 * int64(n))
	case kindDouble:
		err = c.raw.skip(8 * int64(n))
	case kindString, kindVarchar, kindChar, kindBinary:
		if c.dictionary() {
			return c.ints.discard(n)
		}
		var total int64
		if total, err = c.skipLengths(n, math.MaxInt64); err == nil {
			err = c.raw.skip(total)
		}
	case kindDecimal:
		if err = c.second.discard(n); err == nil {
			err = c.raw.skipVarints(n)
		}
	case kindTimestamp, kindTimestampInstant:
		if err = c.ints.discard(n); err == nil {
			err = c.second.discard(n)
		}
	case kindList, kindMap:
		var total int64
		if total, err = c.skipLengths(n, math.MaxInt32); err != nil {
			return err
		}
		for _, k := range c.kids {
			if err = k.skip(int(total)); err != nil {
				return err
			}
		}
	case kindStruct:
		for _, k := range c.kids {
			if k == nil {
				continue
			}
			if err = k.skip(n); err != nil {
				return err
			}
		}
	case kindUnion:
		err = c.skipUnion(n)
	}
	return err
}

// skipLengths consumes n lengths and returns their sum, at most limit.
func (c *column) skipLengths(n int, limit int64) (int64, error) {
	total := int64(0)
	for n > 0 {
		k := min(n, vector.BatchSize)
		lens := ints(&c.lengths, k)
		if err := c.second.read(lens); err != nil {
			return 0, err
		}
		for _, l := range lens {
			if l < 0 || l > limit-total {
				return 0, fmt.Errorf("a length of %d: %w", l, errProto)
			}
			total += l
		}
		n -= k
	}
	return total, nil
}

func (c *column) skipUnion(n int) error {
	counts := make([]int, len(c.kids))
	for n > 0 {
		k := min(n, vector.BatchSize)
		tags := c.bytes(k)
		if err := c.tiny.read(tags); err != nil {
			return err
		}
		for _, t := range tags {
			if int(t) >= len(counts) {
				return fmt.Errorf("union tag %d: %w", t, errProto)
			}
			counts[t]++
		}
		n -= k
	}
	for i, k := range c.kids {
		if err := k.skip(counts[i]); err != nil {
			return err
		}
	}
	return nil
}

// ints makes a scratch slice n long.
func ints(s *[]int64, n int) []int64 {
	if cap(*s) < n {
		*s = make([]int64, max(n, vector.BatchSize))
	}
	return (*s)[:n]
}

func (c *column) bytes(n int) []byte {
	if cap(c.octets) < n {
		c.octets = make([]byte, max(n, vector.BatchSize))
	}
	return c.octets[:n]
}

func (c *column) dictionary() bool {
	return c.encoding.kind == encodingDictionary || c.encoding.kind == encodingDictionaryV2
}
