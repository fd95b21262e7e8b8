package block

import (
	"encoding/binary"
	"math/bits"

	"github.com/parquet-go/bitpack"
)

// Integers are a kind byte and what the kind says; nothing when there are none:
//
//	packed:      width byte, least value, section of value-least in width bits each
//	differences: width byte, first value, least difference, section of difference-least in width bits each, one fewer than values
//	runs:        count uvarint, integers of the values, integers of the lengths less 1
//	dictionary:  count uvarint, integers of the entries, width byte, section of the codes in width bits each
//
// Single values are zigzag varints. Widths above 57 become 64. Bits are packed from the lowest of the first byte on, as in Parquet.
// Differences wrap around, so they exist for all values.
const (
	kindPacked = iota
	kindDelta
	kindRuns
	kindDictionary
)

const (
	// sampleSize values decide whether a dictionary is tried, of strings in large blocks bigSample.
	sampleSize = 64
	bigSample  = 256
	// maxIntEntries is the largest dictionary of integers.
	maxIntEntries = 256
	// minDictWidth is the width in bits from which on a dictionary may pay.
	minDictWidth = 12
	// maxPacked is the largest width that is not rounded up to 64.
	maxPacked = 57
)

// integers appends values. column selects what LZ4 remembers; -1 means that LZ4 is not worth trying.
func (e *Encoder) integers(dst []byte, vals []int64, column int) []byte {
	n := len(vals)
	if n == 0 {
		return dst
	}
	// One pass: range, range of differences, number of runs.
	first := vals[0]
	lo, hi, prev := first, first, first
	dlo, dhi, runs := int64(0), int64(0), 1
	if n > 1 {
		dlo = vals[1] - vals[0]
		dhi = dlo
	}
	for _, x := range vals[1:] {
		lo, hi = min(lo, x), max(hi, x)
		d := x - prev
		dlo, dhi = min(dlo, d), max(dhi, d)
		if d != 0 {
			runs++
		}
		prev = x
	}
	width := widthOf(uint64(hi) - uint64(lo))
	deltaWidth := widthOf(uint64(dhi) - uint64(dlo))
	// Cheaper to decode first; others must save an eighth and more.
	best, kind := n*width, kindPacked
	if c := n*deltaWidth + 64; c < best-best/8 {
		best, kind = c, kindDelta
	}
	if c := runs * (width + 10); runs <= n/4 && c < best-best/4 && !e.inRuns {
		best, kind = c, kindRuns
	}
	if best/n >= minDictWidth && n >= 4*sampleSize {
		if out, ok := e.intDictionary(dst, vals, best); ok {
			return out
		}
	}
	switch kind {
	case kindDelta:
		dst = append(dst, kindDelta, byte(deltaWidth))
		dst = binary.AppendVarint(dst, first)
		dst = binary.AppendVarint(dst, dlo)
		deltas := e.get(n - 1)
		prev := first
		for i, x := range vals[1:] {
			deltas[i] = x - prev
			prev = x
		}
		dst = e.packed(dst, deltas, dlo, deltaWidth, -1)
		e.put(deltas)
		return dst
	case kindRuns:
		values, lengths := e.get(runs), e.get(runs)
		at, start := 0, 0
		for i, x := range vals {
			if i > 0 && x != vals[start] {
				values[at], lengths[at] = vals[start], int64(i-start-1)
				at, start = at+1, i
			}
		}
		values[at], lengths[at] = vals[start], int64(n-start-1)
		dst = binary.AppendUvarint(append(dst, kindRuns), uint64(runs))
		e.inRuns = true // no runs of runs
		dst = e.integers(dst, values, -1)
		dst = e.integers(dst, lengths, -1)
		e.inRuns = false
		e.put(values)
		e.put(lengths)
		return dst
	}
	dst = append(dst, kindPacked, byte(width))
	dst = binary.AppendVarint(dst, lo)
	if width < 64 {
		column = -1 // what is packed to odd bits does not compress
	}
	return e.packed(dst, vals, lo, width, column)
}

// intDictionary encodes values as codes of a small dictionary when a sample suggests one and it takes less than cost bits.
func (e *Encoder) intDictionary(dst []byte, vals []int64, cost int) ([]byte, bool) {
	const slots = 4 * maxIntEntries
	var table [slots]uint16 // 1 + code
	var entries [maxIntEntries]int64
	count := 0
	find := func(x int64) (int, bool) {
		at := uint64(x) * 0x9e3779b97f4a7c15 >> 54
		for {
			k := table[at&(slots-1)]
			if k == 0 {
				if count == maxIntEntries {
					return 0, false
				}
				entries[count] = x
				count++
				table[at&(slots-1)] = uint16(count)
				return count - 1, true
			}
			if entries[k-1] == x {
				return int(k - 1), true
			}
			at++
		}
	}
	for i := range sampleSize {
		find(vals[i*len(vals)/sampleSize])
	}
	if count > maxDistinct(sampleSize) {
		return dst, false
	}
	codes := e.get(len(vals))
	defer e.put(codes)
	for i, x := range vals {
		k, ok := find(x)
		if !ok {
			return dst, false
		}
		codes[i] = int64(k)
	}
	width := widthOf(uint64(count - 1))
	if len(vals)*width+count*64 > cost-cost/4 {
		return dst, false
	}
	dst = binary.AppendUvarint(append(dst, kindDictionary), uint64(count))
	dst = e.integers(dst, entries[:count], -1)
	return e.packed(append(dst, byte(width)), codes, 0, width, -1), true
}

// maxDistinct is the number of distinct values in a sample up to which a dictionary is tried: some must repeat.
func maxDistinct(sample int) int { return sample - sample/8 }

func widthOf(span uint64) int {
	w := bits.Len64(span)
	if w > maxPacked {
		return 64
	}
	return w
}

// packed appends the section of value-lo in width bits each.
func (e *Encoder) packed(dst []byte, vals []int64, lo int64, width, column int) []byte {
	size := (len(vals)*width + 7) / 8
	if width == 64 && column >= 0 && e.LZ4 && size >= minLZ4 && e.columns[column].skipLZ4 == 0 {
		e.raw = packInto(e.raw[:0], vals, lo, width)
		return e.section(dst, e.raw, column)
	}
	if width == 64 && column >= 0 && e.columns[column].skipLZ4 > 0 {
		e.columns[column].skipLZ4--
	}
	dst = binary.AppendUvarint(dst, uint64(size)<<1)
	return packInto(dst, vals, lo, width)
}

// packInto appends value-lo in width bits each.
func packInto(dst []byte, vals []int64, lo int64, width int) []byte {
	size := (len(vals)*width + 7) / 8
	at := len(dst)
	if cap(dst) < at+size+Slack {
		dst = append(make([]byte, 0, max(2*cap(dst), at+size+Slack)), dst...)
	}
	out := dst[at : at+size+Slack]
	switch width {
	case 0:
	case 8:
		for i, x := range vals {
			out[i] = byte(x - lo)
		}
	case 16:
		for i, x := range vals {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(x-lo))
		}
	case 32:
		for i, x := range vals {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(x-lo))
		}
	case 64:
		for i, x := range vals {
			binary.LittleEndian.PutUint64(out[8*i:], uint64(x-lo))
		}
	default:
		packBits(out, vals, lo, uint(width))
	}
	return dst[:at+size]
}

// packBits packs by eights, which fill width bytes; it may write Slack bytes beyond the last.
func packBits(out []byte, vals []int64, lo int64, width uint) {
	w := width
	i := 0
	switch {
	case w <= 16:
		// Two words of four values each, joined.
		for ; i+8 <= len(vals); i += 8 {
			v := vals[i : i+8 : i+8]
			a := uint64(v[0]-lo) | uint64(v[1]-lo)<<w | uint64(v[2]-lo)<<(2*w&63) | uint64(v[3]-lo)<<(3*w&63)
			b := uint64(v[4]-lo) | uint64(v[5]-lo)<<w | uint64(v[6]-lo)<<(2*w&63) | uint64(v[7]-lo)<<(3*w&63)
			binary.LittleEndian.PutUint64(out, a|b<<(4*w))
			binary.LittleEndian.PutUint64(out[8:], b>>(64-4*w))
			out = out[w:]
		}
	case w <= 32:
		// Words of two values each.
		var acc uint64
		var have uint
		for ; i+8 <= len(vals); i += 8 {
			v := vals[i : i+8 : i+8]
			for k := 0; k < 8; k += 2 {
				x := uint64(v[k]-lo) | uint64(v[k+1]-lo)<<w
				acc |= x << have
				have += 2 * w
				if have >= 64 {
					binary.LittleEndian.PutUint64(out, acc)
					out = out[8:]
					have -= 64
					acc = x >> (2*w - have)
				}
			}
		}
		// Eight values fill whole bytes, so what is left of the word is whole bytes too.
		binary.LittleEndian.PutUint64(out, acc)
		out = out[have/8:]
	}
	var acc uint64
	var have uint
	at := 0
	for ; i < len(vals); i++ {
		x := uint64(vals[i] - lo)
		acc |= x << have
		have += w
		if have >= 64 {
			binary.LittleEndian.PutUint64(out[at:], acc)
			at += 8
			have -= 64
			acc = x >> (w - have)
		}
	}
	if have > 0 {
		binary.LittleEndian.PutUint64(out[at:], acc)
	}
}

// integers fills out and reports whether all values are equal because they are one constant.
func (d *Decoder) integers(out []int64) (constant bool) {
	n := len(out)
	if n == 0 || d.err != nil {
		return false
	}
	kind := d.take(1)
	if d.err != nil {
		return false
	}
	switch kind[0] {
	case kindPacked:
		width := d.width()
		lo := d.varint()
		d.unpack(out, lo, width)
		return width == 0
	case kindDelta:
		width := d.width()
		x, dlo := d.varint(), d.varint()
		out[0] = x
		rest := out[1:]
		d.unpack(rest, dlo, width)
		for i, delta := range rest {
			x += delta
			rest[i] = x
		}
	case kindRuns:
		d.runs(out)
	case kindDictionary:
		count := d.uvarint()
		if count == 0 || count > maxIntEntries {
			d.fail("%d entries of a dictionary of integers", count)
			return false
		}
		// The width leaves room for codes beyond the entries: the table is as large as the codes may be.
		var entries [1 << 8]int64
		d.integers(entries[:count])
		width := d.width()
		if width > 8 {
			d.fail("codes of %d bits", width)
			return false
		}
		d.unpack(out, 0, width)
		for i, code := range out {
			out[i] = entries[uint8(code)]
		}
	default:
		d.fail("integers of kind %d", kind[0])
	}
	return false
}

func (d *Decoder) runs(out []int64) {
	count := d.uvarint()
	if count == 0 || count > uint64(len(out)) {
		d.fail("%d runs of %d values", count, len(out))
		return
	}
	k := int(count)
	d.runBuf = sized(d.runBuf, 2*k)
	values, lengths := d.runBuf[:k], d.runBuf[k:]
	d.depth++
	if d.depth > 1 {
		d.fail("runs of runs")
	}
	d.integers(values)
	d.integers(lengths)
	d.depth--
	if d.err != nil {
		return
	}
	at := 0
	for i, x := range values {
		more := lengths[i]
		if more < 0 || more >= int64(len(out)-at) {
			d.fail("a run of %d values", more)
			return
		}
		run := out[at : at+int(more)+1]
		for j := range run {
			run[j] = x
		}
		at += len(run)
	}
	if at != len(out) {
		d.fail("runs of %d of %d values", at, len(out))
	}
}

func (d *Decoder) width() int {
	b := d.take(1)
	if d.err != nil {
		return 0
	}
	if b[0] > maxPacked && b[0] != 64 {
		d.fail("integers of %d bits", b[0])
		return 0
	}
	return int(b[0])
}

func (d *Decoder) varint() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// unpack fills out with lo plus what a section holds.
func (d *Decoder) unpack(out []int64, lo int64, width int) {
	raw := d.section((len(out)*width + 7) / 8)
	if d.err != nil {
		return
	}
	switch width {
	case 0:
		for i := range out {
			out[i] = lo
		}
	case 8:
		raw = raw[:len(out)]
		for i := range out {
			out[i] = lo + int64(raw[i])
		}
	case 16:
		for i := range out {
			out[i] = lo + int64(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case 32:
		for i := range out {
			out[i] = lo + int64(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case 64:
		for i := range out {
			out[i] = lo + int64(binary.LittleEndian.Uint64(raw[8*i:]))
		}
	default:
		if len(out) > 0 {
			bitpack.Unpack(out, raw[:cap(raw)], uint(width))
		}
		if lo != 0 {
			for i := range out {
				out[i] += lo
			}
		}
	}
}
