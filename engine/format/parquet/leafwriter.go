package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/compress"
	"skep/engine/vector"
)

// Pages are cut at this many rows or bytes of values, parquet-mr's defaults.
const (
	pageRows  = 20_000
	pageBytes = 1 << 20
)

// leafWriter collects the pages of one leaf's column chunk in memory. Values go through the dictionary until it turns out not
// to pay or grows too large; the pages from then on are plain.
type leafWriter struct {
	node       *node
	typ        *types.Type // of the values
	class      types.Physical
	compressor *compress.Encoder
	codec      compress.Block
	zone       *time.Location // of INT96 timestamps; nil for UTC
	julian     bool           // dates before the Gregorian change are written in the Julian calendar
	int64Unit  int16          // timestamps as INT64 of this unit; 0 for INT96

	dict       dictionaryWriter
	dictionary bool // still in use
	tried      bool // the first page has shown that the dictionary pays

	// The current page.
	rows       int // rows begun
	entries    int
	nulls      int
	defs, reps []uint32
	leveled    bool // defs has the page's definition levels; otherwise all are the maximum
	codes      []uint32
	plain      []byte
	bits       int // booleans in plain
	bounds     bounds

	// The finished pages of the chunk.
	body    []byte
	pages   []pageInfo
	total   bounds
	stats   chunkTotals
	dense   vector.Vector
	scratch struct {
		page, compressed []byte
		rows             []uint32
	}
}

// pageInfo describes a finished page for the page index.
type pageInfo struct {
	offset   int // in the chunk's body
	size     int
	firstRow int64
	entries  int
	nulls    int
	bounded  bool
	min, max []byte
}

type chunkTotals struct {
	rows, entries, nulls int64
	uncompressed         int64
	plainPages           bool
	codedPages           bool
}

// startChunk empties the writer for a new row group.
func (l *leafWriter) startChunk(dictionary bool) {
	l.dictionary = dictionary && l.class != types.Nothing && l.typ.Kind != types.Boolean
	l.tried = false
	l.dict.reset(l.typ)
	l.body, l.pages, l.stats = l.body[:0], l.pages[:0], chunkTotals{}
	l.total.reset()
	l.startPage()
}

func (l *leafWriter) startPage() {
	l.rows, l.entries, l.nulls, l.leveled, l.bits = 0, 0, 0, false, 0
	l.defs, l.reps, l.codes, l.plain = l.defs[:0], l.reps[:0], l.codes[:0], l.plain[:0]
	l.bounds.reset()
}

// buffered returns the memory the chunk takes so far.
func (l *leafWriter) buffered() int {
	return len(l.body) + len(l.plain) + 4*len(l.codes) + l.dict.bytes
}

// top appends n rows of a top-level column: a flat vector, or one with a known dictionary.
func (l *leafWriter) top(v *vector.Vector, n int) error {
	for from := 0; from < n; {
		to := min(n, from+pageRows-l.rows)
		present := to - from
		if v.Nulls != nil {
			for _, null := range v.Nulls[from:to] {
				if null {
					present--
				}
			}
		}
		l.level(v, from, to, present)
		l.rows += to - from
		l.entries += to - from
		l.nulls += to - from - present
		switch {
		case v.Form == vector.Dict && l.dictionary:
			l.coded(v, from, to)
		case v.Form == vector.Flat && present == to-from:
			l.values(v, from, to)
		default:
			l.dense.Type = v.Type
			l.scratch.rows = l.scratch.rows[:0]
			for row := from; row < to; row++ {
				if v.Nulls == nil || !v.Nulls[row] {
					l.scratch.rows = append(l.scratch.rows, uint32(row))
				}
			}
			vector.GatherView(&l.dense, v, l.scratch.rows)
			l.values(&l.dense, 0, present)
		}
		if err := l.cut(); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// level records definition levels from the first NULL of the page on.
func (l *leafWriter) level(v *vector.Vector, from, to, present int) {
	if l.node.maxDef == 0 || !l.leveled && present == to-from {
		return
	}
	if !l.leveled {
		l.leveled = true
		for range l.entries {
			l.defs = append(l.defs, 1)
		}
	}
	for row := from; row < to; row++ {
		if v.Nulls != nil && v.Nulls[row] {
			l.defs = append(l.defs, 0)
		} else {
			l.defs = append(l.defs, 1)
		}
	}
}

// givenShare is the number of entries per row up to which a dictionary that strings come with is worth memory.
const givenShare = 8

// codable reports whether n strings are to be written by the codes that they come with.
func (l *leafWriter) codable(v *vector.Vector, n int) bool {
	return v.Form == vector.Dict && v.DictID != 0 && l.class == types.Bytes && l.dictionary && len(v.DictOf.Refs) <= givenShare*n
}

// coded appends the rows from..to-1, but for NULLs, of a column of strings with a dictionary, looking each entry up once.
func (l *leafWriter) coded(v *vector.Vector, from, to int) {
	known := l.dict.knownOf(v)
	data := v.DictOf.Data
	for row := from; row < to; row++ {
		if v.Nulls != nil && v.Nulls[row] {
			continue
		}
		k := &known[v.Codes[row]]
		if *k == 0 {
			r := v.DictOf.Refs[v.Codes[row]]
			*k = l.dict.codeOf(data[r.Off:r.Off+r.Len]) + 1
		}
		l.codes = append(l.codes, *k-1)
	}
}

// values appends the rows from..to-1 of a flat vector without NULLs as values.
func (l *leafWriter) values(v *vector.Vector, from, to int) {
	if !l.dictionary {
		l.bounds.values(v, from, to)
		if l.typ.Kind == types.Boolean {
			l.appendBits(v.I64[from:to])
		} else {
			l.plain = l.appendPlain(l.plain, v, from, to)
		}
		return
	}
	d := &l.dict
	switch l.class {
	case types.I64:
		l.codes = d.codesInt(v.I64[from:to], l.plainSize(), l.codes)
	case types.F64:
		l.codes = codes64(d, &d.entries.F64, v.F64[from:to], math.Float64bits, l.plainSize(), l.codes)
	case types.I128:
		l.codes = d.codes128(v.W[from:to], l.plainSize(), l.codes)
	default:
		l.codes = d.codesBytes(v.Refs[from:to], v.Data, l.codes)
	}
}

func (l *leafWriter) plainSize() int { return plainSize(&l.node.element) }

// boundCodes computes the page's bounds from the distinct codes in it.
func (l *leafWriter) boundCodes() {
	page := uint32(len(l.pages) + 1)
	for _, c := range l.codes {
		if l.dict.seen[c] != page {
			l.dict.seen[c] = page
			l.bounds.values(l.dict.entries, int(c), int(c)+1)
		}
	}
}

// cut finishes the page when it is large enough, and with it the use of a dictionary that has grown too large. Pages begin at
// rows.
func (l *leafWriter) cut() error {
	size := len(l.plain)
	if l.dictionary {
		size = len(l.codes) * int(codeWidth(l.dict.n)) / 8
	}
	full := l.dictionary && l.dict.bytes > maxDictionary
	if l.rows < pageRows && size < pageBytes && !full {
		return nil
	}
	err := l.finishPage()
	if full {
		l.dictionary = false
	}
	return err
}

// undoDictionary turns the page's codes into plain values when the dictionary does not make the chunk's first page smaller.
func (l *leafWriter) undoDictionary() {
	if l.tried || !l.dictionary || len(l.codes) == 0 {
		return
	}
	l.tried = true
	plain := 0
	if l.class == types.Bytes {
		for _, c := range l.codes {
			plain += 4 + int(l.dict.entries.Refs[c].Len)
		}
	} else {
		plain = len(l.codes) * l.plainSize()
	}
	if l.dict.bytes+len(l.codes)*int(codeWidth(l.dict.n))/8 < plain {
		return
	}
	l.dictionary = false
	for _, c := range l.codes {
		l.plain = l.appendPlain(l.plain, l.dict.entries, int(c), int(c)+1)
	}
	l.bounds.values(l.dict.entries, 0, l.dict.n)
	l.codes = l.codes[:0]
	l.dict.reset(l.typ)
}

// finishPage encodes and compresses the current page.
func (l *leafWriter) finishPage() error {
	if l.entries == 0 {
		return nil
	}
	l.undoDictionary()
	page := appendLevels(l.scratch.page[:0], l.reps, l.node.maxRep)
	page = l.appendDefinitions(page)
	encoding := int32(encPlain)
	if l.dictionary && len(l.codes) > 0 {
		l.boundCodes()
		width := max(codeWidth(l.dict.n), 1)
		page = append(page, byte(width))
		page = appendHybrid(page, l.codes, width)
		encoding = encPlainDictionary
		l.stats.codedPages = true
	} else {
		page = append(page, l.plain...)
		l.stats.plainPages = true
	}
	l.scratch.page = page
	out, err := l.compressor.Encode(l.codec, l.scratch.compressed, page)
	if err != nil {
		return fmt.Errorf("column %s: %w", l.node.path(), err)
	}
	if l.codec != compress.BlockNone {
		l.scratch.compressed = out
	}
	info := pageInfo{offset: len(l.body), firstRow: l.stats.rows, entries: l.entries, nulls: l.nulls, bounded: l.bounds.some}
	l.body = appendPageHeader(l.body, &pageHeader{kind: dataPage, uncompressed: int32(len(page)), compressed: int32(len(out)),
		values: int32(l.entries), encoding: encoding})
	l.stats.uncompressed += int64(len(l.body) - info.offset + len(page))
	l.body = append(l.body, out...)
	info.size = len(l.body) - info.offset
	if l.bounds.some && l.ordered() {
		info.min, info.max = l.boundBytes(&l.bounds, true)
	}
	l.pages = append(l.pages, info)
	l.total.add(&l.bounds, l.class)
	l.stats.rows += int64(l.rows)
	l.stats.entries += int64(l.entries)
	l.stats.nulls += int64(l.nulls)
	l.startPage()
	return nil
}

// appendDefinitions appends the definition levels.
func (l *leafWriter) appendDefinitions(page []byte) []byte {
	if l.node.maxDef == 0 || l.leveled {
		return appendLevels(page, l.defs, l.node.maxDef)
	}
	run := binary.AppendUvarint(nil, uint64(l.entries)<<1)
	run = append(run, byte(l.node.maxDef))
	page = binary.LittleEndian.AppendUint32(page, uint32(len(run)))
	return append(page, run...)
}

// ordered reports whether statistics have a meaning for the type.
func (l *leafWriter) ordered() bool { return l.node.element.physical != int96Type }

// boundBytes encodes bounds for statistics; short cuts byte strings to the page index's length.
func (l *leafWriter) boundBytes(b *bounds, short bool) (lo, hi []byte) {
	if l.class == types.Bytes {
		text := l.typ.Kind != types.Binary
		if short {
			return append([]byte{}, cutLow(b.lo, text)...), append([]byte{}, cutHigh(b.hi, text)...)
		}
		return append([]byte{}, b.lo...), append([]byte{}, b.hi...)
	}
	v := vector.New(l.typ, 0)
	first, last := b.min, b.max
	if l.class == types.F64 {
		// Zero has two signs: a bound covers both.
		if first.F == 0 {
			first.F = math.Copysign(0, -1)
		}
		if last.F == 0 {
			last.F = 0
		}
	}
	v.AppendDatum(first)
	v.AppendDatum(last)
	return l.appendPlain(nil, v, 0, 1), l.appendPlain(nil, v, 1, 2)
}

// appendPlain appends rows from..to-1 of a flat vector in PLAIN encoding, but booleans a byte each, as statistics have them.
func (l *leafWriter) appendPlain(dst []byte, v *vector.Vector, from, to int) []byte {
	switch l.node.element.physical {
	case boolean:
		for _, x := range v.I64[from:to] {
			dst = append(dst, byte(x))
		}
	case int32Type:
		for _, x := range v.I64[from:to] {
			if l.julian && x < calendar.GregorianStart && l.typ.Kind == types.Date {
				x = calendar.ProlepticToJulian(x)
			}
			dst = binary.LittleEndian.AppendUint32(dst, uint32(x))
		}
	case int64Type:
		if l.class == types.I128 {
			for _, x := range v.W[from:to] {
				dst = binary.LittleEndian.AppendUint64(dst, uint64(l.instant(x)))
			}
			break
		}
		for _, x := range v.I64[from:to] {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(x))
		}
	case floatType:
		for _, x := range v.F64[from:to] {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(x)))
		}
	case doubleType:
		for _, x := range v.F64[from:to] {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
		}
	case int96Type:
		for _, x := range v.W[from:to] {
			dst = l.appendInt96(dst, x)
		}
	case fixedLenByteArray:
		dst = l.appendDecimals(dst, v, from, to)
	case byteArray:
		for _, r := range v.Refs[from:to] {
			dst = binary.LittleEndian.AppendUint32(dst, r.Len)
			dst = append(dst, v.Data[r.Off:r.Off+r.Len]...)
		}
	}
	return dst
}

// appendBits packs booleans behind those the page has.
func (l *leafWriter) appendBits(values []int64) {
	for _, x := range values {
		if l.bits&7 == 0 {
			l.plain = append(l.plain, 0)
		}
		l.plain[len(l.plain)-1] |= byte(x&1) << (l.bits & 7)
		l.bits++
	}
}

func (l *leafWriter) appendDecimals(dst []byte, v *vector.Vector, from, to int) []byte {
	size := int(l.node.element.length)
	var b [16]byte
	if l.class == types.I64 {
		for _, x := range v.I64[from:to] {
			binary.BigEndian.PutUint64(b[:], uint64(x))
			dst = append(dst, b[8-size:8]...)
		}
		return dst
	}
	for _, x := range v.W[from:to] {
		binary.BigEndian.PutUint64(b[:], uint64(x.Hi))
		binary.BigEndian.PutUint64(b[8:], x.Lo)
		dst = append(dst, b[16-size:]...)
	}
	return dst
}

// utc converts seconds of local time in the writer's zone to seconds since the epoch.
func (l *leafWriter) utc(seconds int64) int64 {
	if l.zone == nil {
		return seconds
	}
	t := time.Unix(seconds, 0).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, l.zone).Unix()
}

func (l *leafWriter) appendInt96(dst []byte, x types.Int128) []byte {
	seconds := l.utc(x.Hi)
	day := floorDiv(seconds, secondsPerDay)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(seconds-day*secondsPerDay)*1e9+x.Lo)
	return binary.LittleEndian.AppendUint32(dst, uint32(day+julianEpoch))
}

// instant returns a timestamp in the unit of an INT64 column.
func (l *leafWriter) instant(x types.Int128) int64 {
	switch l.int64Unit {
	case unitMillis:
		return x.Hi*1e3 + int64(x.Lo/1e6)
	case unitMicros:
		return x.Hi*1e6 + int64(x.Lo/1e3)
	}
	return x.Hi*1e9 + int64(x.Lo)
}

func appendPageHeader(dst []byte, h *pageHeader) []byte {
	w := thriftWriter{b: dst}
	w.begin()
	w.i32(1, h.kind)
	w.i32(2, h.uncompressed)
	w.i32(3, h.compressed)
	if h.kind == dictionaryPage {
		w.field(7, wireStruct)
		w.begin()
		w.i32(1, h.values)
		w.i32(2, h.encoding)
		w.end()
	} else {
		w.field(5, wireStruct)
		w.begin()
		w.i32(1, h.values)
		w.i32(2, h.encoding)
		w.i32(3, encRLE)
		w.i32(4, encRLE)
		w.end()
	}
	w.end()
	return w.b
}
