package compress

import "math/bits"

// The values of deflate's symbols, as table entries without the bits of the code itself (RFC 1951, 3.2.5).
var (
	litValues  = makeLitValues()
	distValues = makeDistValues()
	preValues  = makePreValues()
)

func makeLitValues() (v [288]uint32) {
	for i := range 256 {
		v[i] = entryLiteral | uint32(i)<<8
	}
	v[256] = endOfBlock
	base, extra := uint32(3), uint32(0)
	for i := 257; i < 285; i++ {
		if i >= 265 && (i-265)%4 == 0 {
			extra++
		}
		v[i] = base<<16 | extra
		base += 1 << extra
	}
	v[285] = 258 << 16
	v[286], v[287] = litException, litException // never valid in data
	return v
}

func makeDistValues() (v [32]uint32) {
	base, extra := uint32(1), uint32(0)
	for i := range 30 {
		if i >= 4 && i%2 == 0 {
			extra++
		}
		v[i] = base<<16 | extra
		base += 1 << extra
	}
	v[30], v[31] = distException, distException
	return v
}

func makePreValues() (v [19]uint32) {
	for i := range v {
		v[i] = uint32(i) << 16
	}
	return v
}

// withCode completes a symbol's value with the number of bits of its code (or of the part a second-level table resolves).
func withCode(value uint32, n uint, exception uint32) uint32 {
	if value&exception != 0 || value&entryLiteral != 0 {
		return value | uint32(n)
	}
	return value + uint32(n)<<8 + uint32(n)
}

// buildTable fills a decoding table from the code lengths of the symbols. It reports false when the lengths are not those of a
// complete prefix code; no codes at all, and a single code of one bit, are let pass.
//
// Codes are visited in order of length. While they are no longer than the first level, the table so far is doubled per bit of
// length, so that each symbol is written once and the rest is copying; longer ones go to second-level tables behind it.
func buildTable(table []uint32, width uint, lengths []uint8, values []uint32, exception uint32) bool {
	var counts, offsets [16]uint16
	for _, n := range lengths {
		counts[n]++
	}
	counts[0] = 0
	longest, space := uint(0), 0
	for n := uint(1); n < 16; n++ {
		offsets[n] = offsets[n-1] + counts[n-1]
		if counts[n] > 0 {
			longest = n
		}
		space = space<<1 + int(counts[n])
		if space > 1<<n {
			return false
		}
	}
	unused := exception | 1 // one bit, so that lookups make progress
	if longest == 0 {
		for i := range table[:1<<width] {
			table[i] = unused
		}
		return true
	}
	if space != 1<<15 && !(longest == 1 && counts[1] == 1) {
		return false
	}
	var sorted [288]uint16
	for i, n := range lengths {
		if n > 0 {
			sorted[offsets[n]] = uint16(i)
			offsets[n]++
		}
	}
	total := int(offsets[longest])
	if longest == 1 && counts[1] == 1 {
		e := withCode(values[sorted[0]], 1, exception)
		for i := 0; i < 1<<width; i += 2 {
			table[i], table[i+1] = e, unused
		}
		return true
	}
	// code holds the code with its bits reversed, as they come from the stream.
	code, k := uint32(0), 0
	n := uint(1)
	size := 2 // entries filled by copying so far stand for codes of n bits
	for k < total {
		for counts[n] == 0 {
			n++
			if n <= width {
				copy(table[size:2*size], table[:size])
				size *= 2
			}
		}
		if n > width {
			break
		}
		for range counts[n] {
			table[code] = withCode(values[sorted[k]], n, exception)
			k++
			if code == 1<<n-1 { // the last code: all ones
				for ; n < width; n++ {
					copy(table[size:2*size], table[:size])
					size *= 2
				}
				return true
			}
			code = nextCode(code, n)
		}
		counts[n] = 0
	}
	buildSecondLevel(table, width, counts, sorted[k:total], values, code, n, exception)
	return true
}

// nextCode increments a bit-reversed code of n bits.
func nextCode(code uint32, n uint) uint32 {
	top := uint32(1) << (bits.Len32(code^(1<<n-1)) - 1)
	return code&(top-1) | top
}

// buildSecondLevel places the codes longer than the first level, the next of which is code with n bits.
func buildSecondLevel(table []uint32, width uint, counts [16]uint16, sorted []uint16, values []uint32, code uint32, n uint, exception uint32) {
	next := uint32(1) << width
	prefix, start, sub := ^uint32(0), uint32(0), uint(0)
	for _, symbol := range sorted {
		for counts[n] == 0 {
			n++
		}
		if p := code & (1<<width - 1); p != prefix {
			// A new second-level table, as wide as the codes with this prefix need.
			prefix, start = p, next
			sub = n - width
			used := int(counts[n])
			for used < 1<<sub {
				sub++
				used = used<<1 + int(counts[width+sub])
			}
			next += 1 << sub
			table[p] = exception | start<<16 | uint32(sub)<<8 | uint32(width)
		}
		e := withCode(values[symbol], n-width, exception)
		for i := start + code>>width; i < next; i += 1 << (n - width) {
			table[i] = e
		}
		counts[n]--
		if code == 1<<n-1 {
			return
		}
		code = nextCode(code, n)
	}
}

var preOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a dynamic block and builds its tables.
func (f *Inflater) readCodes(r *bitReader) error {
	if !r.need(14) {
		return errTruncated
	}
	lits, dists, pres := int(r.take(5))+257, int(r.take(5))+1, int(r.take(4))+4
	if lits > 286 || dists > 30 {
		return errInflate
	}
	f.fixed = false
	var lengths [19]uint8
	for i := range pres {
		if !r.need(3) {
			return errTruncated
		}
		lengths[preOrder[i]] = uint8(r.take(3))
	}
	if !buildTable(f.pre[:], preBits, lengths[:], preValues[:], distException) {
		return errInflate
	}
	all := f.lengths[:lits+dists]
	for i := 0; i < len(all); {
		e, ok := lookup(r, f.pre[:], preBits, distException)
		if !ok {
			return errTruncated
		}
		if e&distException != 0 {
			return errInflate
		}
		symbol := e >> 16
		if symbol < 16 {
			all[i] = uint8(symbol)
			i++
			continue
		}
		width, least, value := uint(2), 3, uint8(0)
		switch symbol {
		case 16:
			if i == 0 {
				return errInflate
			}
			value = all[i-1]
		case 17:
			width = 3
		case 18:
			width, least = 7, 11
		}
		if !r.need(width) {
			return errTruncated
		}
		run := least + int(r.take(width))
		if run > len(all)-i {
			return errInflate
		}
		for range run {
			all[i] = value
			i++
		}
	}
	if all[256] == 0 ||
		!buildTable(f.lit[:], litBits, all[:lits], litValues[:], litException) ||
		!buildTable(f.dist[:], distBits, all[lits:], distValues[:], distException) {
		return errInflate
	}
	return nil
}

// setFixed builds the tables of blocks with fixed codes.
func (f *Inflater) setFixed() {
	var lit [288]uint8
	for i := range lit {
		switch {
		case i < 144:
			lit[i] = 8
		case i < 256:
			lit[i] = 9
		case i < 280:
			lit[i] = 7
		default:
			lit[i] = 8
		}
	}
	var dist [32]uint8
	for i := range dist {
		dist[i] = 5
	}
	buildTable(f.lit[:], litBits, lit[:], litValues[:], litException)
	buildTable(f.dist[:], distBits, dist[:], distValues[:], distException)
	f.fixed = true
}
