package orc

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

// batchRows is the number of rows in which Hive gives rows to the writer in Java.
const batchRows = 1000

// columnWriter buffers and encodes one column of a stripe. Strings are collected as dictionary codes until it is decided, once for the
// file, whether a dictionary pays; if not they are written directly.
type columnWriter struct {
	*settings
	id    int
	typ   *types.Type
	kind  int
	names []string
	kids  []*columnWriter

	present     boolWriter // started at the stripe's first NULL
	hasNull     bool
	rows        int // in the stripe, NULLs included
	starts      []int
	presentAt   [][]uint64 // positions of the row groups
	dataAt      [][]uint64
	presentOut  chunkWriter
	dataOut     chunkWriter
	secondOut   chunkWriter
	dictOut     chunkWriter
	ints        intWriter // DATA of integers and seconds, dictionary codes
	second      intWriter // LENGTH, SECONDARY
	tiny        byteWriter
	bits        boolWriter
	useDict     bool
	decided     bool
	dict        map[string]uint32
	dictOrder   []string
	dictBytes   int
	codes       []uint32
	codeStarts  []int        // where row groups begin among codes
	given       uint64       // DictID of the dictionary with which strings came last
	entries     []givenEntry // of it
	groupStats  statsWriter
	groups      []statsWriter
	stripeStats statsWriter
	groupValues int64 // values counted by the parent for the root
	rowBuf      []uint32
	text        []byte
	bloom       *bloomFilter // of the row group; nil without
	blooms      builder      // the stripe's finished filters
}

type encodedStream struct {
	kind, column int
	data         []byte
	err          error
}

// givenShare is the number of entries per row up to which a dictionary that strings come with is worth memory.
const givenShare = 8

// givenEntry is what has become of an entry of a dictionary that strings came with.
type givenEntry struct {
	code  uint32 // in the column's own dictionary
	size  uint32 // bytes as stored
	group int    // the row group whose bounds know it, counted from 1
}

// start binds the column's encoders to their streams and begins the first row group.
func (c *columnWriter) start(o *writer) {
	c.settings = o.settings
	for _, w := range []*chunkWriter{&c.presentOut, &c.dataOut, &c.secondOut, &c.dictOut} {
		w.codec, w.size, w.enc, w.level = codecs[o.codec], o.block, &o.enc, o.dataLevel
	}
	c.presentOut.level, c.secondOut.level = levelNumbers, levelNumbers
	c.ints.packed, c.second.packed = o.packed, o.packed
	c.useDict = (c.kind == kindString || c.kind == kindVarchar || c.kind == kindChar) && o.dictionary > 0
	c.present.bytes.out = &c.presentOut
	c.bits.bytes.out = &c.dataOut
	c.tiny.out = &c.dataOut
	c.ints.out, c.ints.signed = &c.dataOut, true
	c.second.out = &c.secondOut
	c.second.signed = c.kind == kindDecimal
	c.reset()
}

// reset empties the column for the next stripe.
func (c *columnWriter) reset() {
	for _, w := range []*chunkWriter{&c.presentOut, &c.dataOut, &c.secondOut, &c.dictOut} {
		w.reset()
	}
	c.hasNull, c.rows = false, 0
	c.starts, c.presentAt, c.dataAt = c.starts[:0], c.presentAt[:0], c.dataAt[:0]
	c.groups, c.stripeStats, c.groupStats = c.groups[:0], statsWriter{}, statsWriter{}
	c.blooms.b = c.blooms.b[:0]
	if c.useDict {
		c.dict = map[string]uint32{}
	}
	c.ints.signed = !c.useDict
	c.dictOrder, c.dictBytes, c.codes, c.codeStarts = c.dictOrder[:0], 0, c.codes[:0], c.codeStarts[:0]
	c.given = 0
	c.beginGroup()
}

// beginGroup notes where a row group begins in every stream.
func (c *columnWriter) beginGroup() {
	c.starts = append(c.starts, c.rows)
	if c.hasNull {
		c.presentAt = append(c.presentAt, c.present.position(nil))
	}
	if c.useDict {
		c.codeStarts = append(c.codeStarts, len(c.codes))
		return
	}
	c.dataAt = append(c.dataAt, c.position())
}

// position is where the next value will be, in the order in which readers seek a column's streams.
func (c *columnWriter) position() []uint64 {
	switch c.kind {
	case kindBoolean:
		return c.bits.position(nil)
	case kindByte, kindUnion:
		return c.tiny.position(nil)
	case kindShort, kindInt, kindLong, kindDate:
		return c.ints.position(nil)
	case kindFloat, kindDouble:
		return c.dataOut.position(nil)
	case kindString, kindVarchar, kindChar, kindBinary, kindDecimal:
		return c.second.position(c.dataOut.position(nil))
	case kindTimestamp, kindTimestampInstant:
		return c.second.position(c.ints.position(nil))
	case kindList, kindMap:
		return c.second.position(nil)
	}
	return nil
}

// endGroup ends a row group of so many rows of the table.
func (c *columnWriter) endGroup(rows int64) {
	st := &c.groupStats
	switch {
	case (c.kind == kindList || c.kind == kindMap) && (st.values > 0 || st.hasNull):
		// Instead of numbers of elements ORC 1.8 takes the capacity of its batches, once for each.
		st.seen, st.minI, st.maxI = true, batchRows, batchRows
		st.sum = (rows + batchRows - 1) / batchRows * batchRows
	case c.kind == kindDecimal && c.hive3 && c.typ.Physical() == types.I64 && st.seen:
		// ORC 1.5.1 of Hive 3.1.0 begins with 0; the bounds hold nevertheless.
		st.addDecimalBound(types.Int128{})
	}
	if c.id == 0 {
		c.groupStats.values, c.groupValues = c.groupValues, 0
	}
	c.groups = append(c.groups, c.groupStats)
	c.stripeStats.merge(&c.groupStats)
	c.groupStats = statsWriter{}
	if c.bloom != nil {
		c.blooms.bytes(1, c.bloom.encode())
		clear(c.bloom.words)
	}
	if c.early {
		c.decide()
	}
	c.beginGroup()
}

// decide gives up the dictionary when it has too many of the strings seen so far.
func (c *columnWriter) decide() {
	if c.decided || !c.useDict {
		return
	}
	c.decided = true
	// The quotient of single precision is what the writer in Java compares: four of five are more than 0.8.
	if len(c.codes) > 0 && float64(float32(len(c.dictOrder))/float32(len(c.codes))) > c.dictionary {
		c.abandonDictionary()
	}
}

// abandonDictionary writes the collected strings directly, as all further ones will be.
func (c *columnWriter) abandonDictionary() {
	c.useDict = false
	g := 0
	for i, code := range c.codes {
		for g < len(c.codeStarts) && c.codeStarts[g] == i {
			c.dataAt = append(c.dataAt, c.position())
			g++
		}
		s := c.dictOrder[code]
		c.dataOut.write([]byte(s))
		c.second.write(int64(len(s)))
	}
	for ; g < len(c.codeStarts); g++ {
		c.dataAt = append(c.dataAt, c.position())
	}
	c.dict, c.dictOrder, c.codes = nil, c.dictOrder[:0], c.codes[:0]
}

func (c *columnWriter) buffered() int {
	return c.presentOut.buffered() + c.dataOut.buffered() + c.secondOut.buffered() + c.dictBytes + len(c.codes)*2
}

func (c *columnWriter) encoding() int {
	switch c.kind {
	case kindBoolean, kindByte, kindFloat, kindDouble, kindStruct, kindUnion:
		return encodingDirect
	}
	if c.useDict {
		return encodingDictionaryV2
	}
	return encodingDirectV2
}

// finish ends the stripe's streams and returns them.
func (c *columnWriter) finish() []encodedStream {
	var out []encodedStream
	add := func(kind int, w *chunkWriter) {
		data := w.bytes()
		out = append(out, encodedStream{kind, c.id, data, w.err})
	}
	if c.hasNull {
		c.present.flush()
		add(streamPresent, &c.presentOut)
	}
	switch c.kind {
	case kindStruct:
		return out
	case kindBoolean:
		c.bits.flush()
	case kindByte, kindUnion:
		c.tiny.flush()
	}
	c.decide()
	if c.useDict {
		order, rank := c.sorted()
		g := 0
		for i, code := range c.codes {
			for g < len(c.codeStarts) && c.codeStarts[g] == i {
				c.dataAt = append(c.dataAt, c.ints.position(nil))
				g++
			}
			c.ints.write(int64(rank[code]))
		}
		for ; g < len(c.codeStarts); g++ {
			c.dataAt = append(c.dataAt, c.ints.position(nil))
		}
		for _, code := range order {
			s := c.dictOrder[code]
			c.dictOut.write([]byte(s))
			c.second.write(int64(len(s)))
		}
	}
	c.ints.flush()
	c.second.flush()
	if c.kind != kindList && c.kind != kindMap {
		add(streamData, &c.dataOut)
	}
	switch c.kind {
	case kindString, kindVarchar, kindChar, kindBinary, kindList, kindMap:
		add(streamLength, &c.secondOut)
	case kindDecimal, kindTimestamp, kindTimestampInstant:
		add(streamSecondary, &c.secondOut)
	}
	if c.useDict {
		add(streamDictionaryData, &c.dictOut)
	}
	return out
}

// sorted returns the codes of the dictionary in the order of their strings, and the place of each code in it.
func (c *columnWriter) sorted() (order, rank []uint32) {
	order, rank = make([]uint32, len(c.dictOrder)), make([]uint32, len(c.dictOrder))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(c.dictOrder[a], c.dictOrder[b]) })
	for i, code := range order {
		rank[code] = uint32(i)
	}
	return order, rank
}

// indexStreams returns the stripe's row index and bloom filters.
func (c *columnWriter) indexStreams() []encodedStream {
	out := []encodedStream{{kind: streamRowIndex, data: c.rowIndex()}}
	if c.bloom != nil {
		out = append(out, encodedStream{kind: streamBloomUTF8, data: c.blooms.b})
	}
	return out
}

// rowIndex encodes the positions and statistics of the stripe's row groups.
func (c *columnWriter) rowIndex() []byte {
	var m builder
	for g := range c.groups {
		var p []uint64
		if c.hasNull {
			p = append(p, c.presentAt[g]...)
		}
		if g < len(c.dataAt) {
			p = append(p, c.dataAt[g]...)
		}
		var e builder
		e.packed(1, p)
		e.bytes(2, c.groups[g].encode(c, c.hive3))
		m.bytes(1, e.b)
	}
	return m.b
}

// startPresent begins the flags of NULL at the stripe's first NULL: the rows before it get theirs now.
func (c *columnWriter) startPresent() {
	g := 0
	for r := range c.rows + 1 {
		for g < len(c.starts) && c.starts[g] == r {
			c.presentAt = append(c.presentAt, c.present.position(nil))
			g++
		}
		if r < c.rows {
			c.present.write(true)
		}
	}
	c.hasNull = true
}

// write appends the given rows of v.
func write[I ~uint16 | ~uint32](c *columnWriter, v *vector.Vector, rows []I) {
	at := slices.Grow(c.rowBuf[:0], len(rows))
	if v.Nulls == nil && v.Type.Physical() != types.Nothing {
		if c.hasNull {
			for range rows {
				c.present.write(true)
			}
		}
		switch v.Form {
		case vector.Flat:
			for _, r := range rows {
				at = append(at, uint32(r))
			}
		case vector.Dict:
			for _, r := range rows {
				at = append(at, v.Codes[r])
			}
		default:
			at = at[:len(rows)]
			clear(at)
		}
	} else {
		present := &c.present
		for _, r := range rows {
			null := v.IsNull(int(r)) || v.Type.Physical() == types.Nothing
			if null && !c.hasNull {
				c.rows += len(at)
				c.startPresent()
				c.rows -= len(at)
			}
			if !null {
				at = append(at, uint32(v.At(int(r))))
			}
			if c.hasNull {
				present.write(!null)
			}
		}
		c.groupStats.hasNull = c.groupStats.hasNull || len(at) < len(rows)
	}
	c.rows += len(rows)
	c.groupStats.values += int64(len(at))
	c.rowBuf = at
	if c.useDict && v.Form == vector.Dict && v.DictID != 0 && len(v.DictOf.Refs) <= givenShare*len(at) {
		c.writeCoded(v, at)
	} else {
		c.values(v.Base(), at)
	}
	if c.bloom != nil {
		c.addBloom(v.Base(), at)
	}
}

// values appends the values at the given places of a flat vector; none is NULL.
func (c *columnWriter) values(b *vector.Vector, at []uint32) {
	st := &c.groupStats
	switch c.kind {
	case kindBoolean:
		for _, i := range at {
			c.bits.write(b.I64[i] != 0)
			st.sum += b.I64[i]
		}
	case kindByte:
		for _, i := range at {
			c.tiny.write(byte(b.I64[i]))
			st.addInt(b.I64[i])
		}
	case kindShort, kindInt, kindLong, kindDate:
		for _, i := range at {
			c.ints.write(b.I64[i])
			st.addInt(b.I64[i])
		}
	case kindFloat:
		for _, i := range at {
			c.dataOut.uint32(math.Float32bits(float32(b.F64[i])))
			st.addFloat(b.F64[i])
		}
	case kindDouble:
		for _, i := range at {
			c.dataOut.uint64(math.Float64bits(b.F64[i]))
			st.addFloat(b.F64[i])
		}
	case kindString, kindVarchar, kindChar, kindBinary:
		for _, i := range at {
			r := b.Refs[i]
			c.writeString(b.Data[r.Off : r.Off+r.Len])
		}
	case kindDecimal:
		for _, i := range at {
			x := types.Int128{}
			if c.typ.Physical() == types.I64 {
				x = types.Int128Of(b.I64[i])
			} else {
				x = b.W[i]
			}
			c.writeDecimal(x)
		}
	case kindTimestamp, kindTimestampInstant:
		for _, i := range at {
			c.writeTimestamp(b.W[i])
		}
	case kindList, kindMap:
		var run []uint32
		for _, i := range at {
			r := b.Refs[i]
			c.second.write(int64(r.Len))
			for k := range r.Len {
				run = append(run, r.Off+k)
			}
		}
		for i, k := range c.kids {
			write(k, b.Children[i], run)
		}
	case kindStruct:
		for i, k := range c.kids {
			write(k, b.Children[i], at)
		}
	case kindUnion:
		for _, i := range at {
			tag := b.I64[i]
			c.tiny.write(byte(tag))
			write(c.kids[tag], b.Children[tag], []uint32{i})
		}
	}
}

// writeCoded appends entries of v's dictionary, looking each up once in a row group.
func (c *columnWriter) writeCoded(v *vector.Vector, codes []uint32) {
	b := v.DictOf
	if c.given != v.DictID || len(c.entries) != len(b.Refs) {
		c.given, c.entries = v.DictID, make([]givenEntry, len(b.Refs))
	}
	group := len(c.starts)
	for _, i := range codes {
		e := &c.entries[i]
		if e.group == group {
			c.groupStats.sum += int64(e.size)
			c.codes = append(c.codes, e.code)
			continue
		}
		r := b.Refs[i]
		size := c.writeString(b.Data[r.Off : r.Off+r.Len])
		*e = givenEntry{code: c.codes[len(c.codes)-1], size: uint32(size), group: group}
	}
}

// writeString appends a string and returns its size as stored.
func (c *columnWriter) writeString(s []byte) int {
	if c.kind == kindChar {
		// Stored blank-padded to the declared length, as Hive does.
		c.text = append(c.text[:0], s...)
		for n := utf8Len(s); n < c.typ.Length; n++ {
			c.text = append(c.text, ' ')
		}
		s = c.text
	}
	if c.kind != kindBinary {
		c.groupStats.addString(s)
	} else {
		c.groupStats.sum += int64(len(s))
	}
	if !c.useDict {
		c.dataOut.write(s)
		c.second.write(int64(len(s)))
		return len(s)
	}
	code, ok := c.dict[string(s)]
	if !ok {
		code = uint32(len(c.dictOrder))
		key := string(s)
		c.dict[key] = code
		c.dictOrder = append(c.dictOrder, key)
		c.dictBytes += len(key) + 2
	}
	c.codes = append(c.codes, code)
	return len(s)
}

func utf8Len(s []byte) int {
	n := 0
	for _, b := range s {
		if b&0xc0 != 0x80 {
			n++
		}
	}
	return n
}

func (c *columnWriter) writeDecimal(x types.Int128) {
	c.groupStats.addDecimal(x)
	scale := c.typ.Scale
	if c.typ.Physical() != types.I64 {
		x, scale = decimal.Trim(x, scale) // larger decimals are kept without zeros at the end
	}
	c.second.write(int64(scale))
	// Zigzag: shift left and flip all bits of negative numbers.
	sign := uint64(x.Hi >> 63)
	hi, lo := (uint64(x.Hi)<<1|x.Lo>>63)^sign, (x.Lo<<1)^sign
	if hi == 0 {
		var buf [binary.MaxVarintLen64]byte
		n := binary.PutUvarint(buf[:], lo)
		c.dataOut.write(buf[:n])
		return
	}
	for hi != 0 || lo >= 0x80 {
		c.dataOut.byte(byte(lo) | 0x80)
		lo = lo>>7 | hi<<57
		hi >>= 7
	}
	c.dataOut.byte(byte(lo))
}

// epoch2015 is 2015-01-01 00:00:00 UTC, from which timestamps count.
const epoch2015 = 1420070400

func (c *columnWriter) writeTimestamp(t types.Int128) {
	secs, nanos := t.Hi, int64(t.Lo)
	c.groupStats.addTime(secs*1000+nanos/1_000_000, int32(nanos%1_000_000))
	// Readers subtract a second from negative times with a fraction of a millisecond or more, as Java's division rounded
	// towards zero when the format was made.
	if secs < 0 && nanos > 999_999 {
		secs++
	}
	c.ints.write(secs - epoch2015)
	zeros := int64(0)
	if nanos != 0 {
		for nanos%10 == 0 && zeros < 8 {
			nanos /= 10
			zeros++
		}
		if zeros == 1 { // one zero cannot be expressed
			nanos *= 10
			zeros = 0
		}
		if zeros > 0 {
			zeros--
		}
	}
	c.second.write(nanos<<3 | zeros)
}
