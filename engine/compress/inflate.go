package compress

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Inflater decompresses whole buffers of deflate data (RFC 1951). Against a streaming decoder it keeps up to 63 bits in a
// register, refilled by one 8-byte load, decodes through two-level tables whose entries carry base values and bit counts, and
// copies matches by words. The design of tables and bit buffer follows what libdeflate's author describes. The zero value is
// ready; it is for one goroutine.
type Inflater struct {
	lit     [litSize]uint32
	dist    [distSize]uint32
	pre     [1 << preBits]uint32
	lengths [288 + 32]uint8
	fixed   bool // lit and dist hold the fixed codes
}

const (
	litBits  = 11 // bits resolved by the first level
	distBits = 8
	preBits  = 7
	// Sizes of tables with all second levels for complete codes of at most 15 bits (the ENOUGH values of zlib's enough.c).
	litSize  = 2342
	distSize = 402

	maxRatio = 1032 // the most bytes one byte of deflate data can stand for
	// slack is what a destination has beyond the declared size, so that the fast loop runs up to the end.
	slack = 320
)

// Entries of the tables. The low 8 bits count the bits to drop.
//
//	literal:     bit 31 set in lit; bits 8–15 the byte
//	length:      bits 16–24 the base, bits 8–12 the length of the code alone; low bits include the extra bits
//	distance:    bits 16–30 the base; the rest as for length
//	exceptional: bit 30 (lit) or 31 (dist); bits 8–11 the index width of the second-level table that starts at bits 16–29,
//	             or width 0: start 0 an unused code, 1 the end of the block
const (
	entryLiteral  = 1 << 31
	litException  = 1 << 30
	distException = 1 << 31
	endOfBlock    = litException | 1<<16
)

var (
	errInflate   = errors.New("invalid deflate data")
	errTruncated = errors.New("deflate data ends early")
	errChecksum  = errors.New("gzip checksum does not match")
)

// Inflate decompresses raw deflate data into dst's storage, grown when needed, and returns it; more than limit bytes are an
// error. Bytes after the final block are ignored.
func (f *Inflater) Inflate(dst, src []byte, limit int) ([]byte, error) {
	dst = room(dst, src, limit)
	op, _, err := f.inflate(dst, 0, min(limit, len(dst)), src)
	if err != nil {
		return nil, err
	}
	return dst[:op], nil
}

// room returns dst with space for what src can decompress to, plus slack.
func room(dst, src []byte, limit int) []byte {
	return sized(dst, min(limit, maxRatio*len(src)+1)+slack)
}

// InflateGzip is Inflate for a gzip file (RFC 1952) of one or more members, whose checksums it verifies.
func (f *Inflater) InflateGzip(dst, src []byte, limit int) ([]byte, error) {
	dst = room(dst, src, limit)
	end := min(limit, len(dst))
	op := 0
	for first := true; first || len(src) > 0; first = false {
		head, err := gzipHeader(src)
		if err != nil {
			return nil, err
		}
		start := op
		var n int
		if op, n, err = f.inflate(dst, op, end, src[head:]); err != nil {
			return nil, err
		}
		src = src[head+n:]
		if len(src) < 8 {
			return nil, errTruncated
		}
		if binary.LittleEndian.Uint32(src) != crc32.ChecksumIEEE(dst[start:op]) || binary.LittleEndian.Uint32(src[4:]) != uint32(op-start) {
			return nil, errChecksum
		}
		src = src[8:]
	}
	return dst[:op], nil
}

// gzipHeader returns the length of the header.
func gzipHeader(src []byte) (int, error) {
	if len(src) < 10 {
		return 0, errTruncated
	}
	if src[0] != 0x1f || src[1] != 0x8b || src[2] != 8 {
		return 0, errors.New("not gzip data")
	}
	flags, n := src[3], 10
	if flags&4 != 0 {
		if len(src) < n+2 {
			return 0, errTruncated
		}
		n += 2 + int(binary.LittleEndian.Uint16(src[n:]))
	}
	for _, text := range []byte{8, 16} { // name, comment
		for flags&text != 0 {
			if n >= len(src) {
				return 0, errTruncated
			}
			n++
			if src[n-1] == 0 {
				break
			}
		}
	}
	if flags&2 != 0 {
		n += 2
	}
	if n > len(src) {
		return 0, errTruncated
	}
	return n, nil
}

// bitReader is the state between blocks: n valid bits in b, next input byte at ip.
type bitReader struct {
	src []byte
	ip  int
	b   uint64
	n   uint
}

// need makes n ≥ want (≤ 32) when the input has that many bits.
func (r *bitReader) need(want uint) bool {
	for r.n < want {
		if r.ip == len(r.src) {
			return false
		}
		r.b |= uint64(r.src[r.ip]) << r.n
		r.ip++
		r.n += 8
	}
	return true
}

func (r *bitReader) take(k uint) uint32 {
	v := uint32(r.b & (1<<k - 1))
	r.b >>= k
	r.n -= k
	return v
}

// inflate decompresses src to dst[start:end] and returns the new end of output and the input bytes used. dst has slack beyond
// end.
func (f *Inflater) inflate(dst []byte, start, end int, src []byte) (op, used int, err error) {
	r := bitReader{src: src}
	op = start
	for {
		if !r.need(3) {
			return 0, 0, errTruncated
		}
		final := r.take(1) == 1
		switch r.take(2) {
		case 0:
			op, err = stored(&r, dst, op, end)
		case 1:
			if !f.fixed {
				f.setFixed()
			}
			op, err = f.block(&r, dst, start, op, end)
		case 2:
			if err = f.readCodes(&r); err == nil {
				op, err = f.block(&r, dst, start, op, end)
			}
		default:
			err = errInflate
		}
		if err != nil {
			return 0, 0, err
		}
		if final {
			return op, r.ip - int(r.n/8), nil
		}
	}
}

// stored copies an uncompressed block.
func stored(r *bitReader, dst []byte, op, end int) (int, error) {
	r.take(r.n & 7)
	r.ip -= int(r.n / 8)
	r.b, r.n = 0, 0
	if len(r.src)-r.ip < 4 {
		return 0, errTruncated
	}
	n := int(binary.LittleEndian.Uint16(r.src[r.ip:]))
	if uint16(n) != ^binary.LittleEndian.Uint16(r.src[r.ip+2:]) {
		return 0, errInflate
	}
	r.ip += 4
	if len(r.src)-r.ip < n {
		return 0, errTruncated
	}
	if end-op < n {
		return 0, errTooLong
	}
	copy(dst[op:], r.src[r.ip:r.ip+n])
	r.ip += n
	return op + n, nil
}

// block decodes the symbols of one block.
func (f *Inflater) block(r *bitReader, dst []byte, start, op, end int) (int, error) {
	src, ip, b, n := r.src, r.ip, r.b, r.n
	lit, dist := &f.lit, &f.dist
	// The fast loop reads 8 bytes at a time and may write a match of 258 bytes, rounded up to words, past three literals.
	fastIn, fastOut := len(src)-16, len(dst)-(258+16)
	for ip <= fastIn && op <= fastOut && op <= end {
		b |= binary.LittleEndian.Uint64(src[ip:]) << (n & 63)
		ip += int(63-n) >> 3
		n |= 56
		e := lit[b&(1<<litBits-1)]
		if e&entryLiteral != 0 {
			b >>= e & 63
			n -= uint(e & 63)
			dst[op] = byte(e >> 8)
			op++
			e = lit[b&(1<<litBits-1)]
			if e&entryLiteral != 0 {
				b >>= e & 63
				n -= uint(e & 63)
				dst[op] = byte(e >> 8)
				op++
				e = lit[b&(1<<litBits-1)]
				if e&entryLiteral != 0 {
					b >>= e & 63
					n -= uint(e & 63)
					dst[op] = byte(e >> 8)
					op++
					continue
				}
			}
		}
		if e&litException != 0 {
			width := e >> 8 & 15
			if width == 0 {
				if e&^0xff != endOfBlock {
					return 0, errInflate
				}
				b >>= e & 63
				n -= uint(e & 63)
				r.ip, r.b, r.n = ip, b&(1<<n-1), n
				return op, overrun(op, end)
			}
			b >>= litBits
			n -= litBits
			e = lit[(e>>16&0x3fff)+uint32(b)&(1<<width-1)]
			if e&entryLiteral != 0 {
				b >>= e & 63
				n -= uint(e & 63)
				dst[op] = byte(e >> 8)
				op++
				continue
			}
			if e&litException != 0 {
				if e&^0xff != endOfBlock {
					return 0, errInflate
				}
				b >>= e & 63
				n -= uint(e & 63)
				r.ip, r.b, r.n = ip, b&(1<<n-1), n
				return op, overrun(op, end)
			}
		}
		length := int(e>>16) + int(uint32(b)&(1<<(e&31)-1)>>(e>>8&31))
		b >>= e & 63
		n -= uint(e & 63)
		b |= binary.LittleEndian.Uint64(src[ip:]) << (n & 63)
		ip += int(63-n) >> 3
		n |= 56
		d := dist[b&(1<<distBits-1)]
		if d&distException != 0 {
			width := d >> 8 & 15
			if width == 0 {
				return 0, errInflate
			}
			b >>= distBits
			n -= distBits
			d = dist[(d>>16&0x3fff)+uint32(b)&(1<<width-1)]
			if d&distException != 0 {
				return 0, errInflate
			}
		}
		distance := int(d>>16) + int(uint32(b)&(1<<(d&31)-1)>>(d>>8&31))
		b >>= d & 63
		n -= uint(d & 63)
		from := op - distance
		if from < start {
			return 0, errInflate
		}
		stop := op + length
		if distance >= 8 {
			for {
				binary.LittleEndian.PutUint64(dst[op:], binary.LittleEndian.Uint64(dst[from:]))
				op += 8
				from += 8
				if op >= stop {
					break
				}
			}
		} else {
			for i := op; i < stop; i++ {
				dst[i] = dst[i-distance]
			}
		}
		op = stop
	}
	r.ip, r.b, r.n = ip, b&(1<<n-1), n
	return f.blockSlowly(r, dst, start, op, end)
}

func overrun(op, end int) error {
	if op > end {
		return errTooLong
	}
	return nil
}

// blockSlowly is block near the ends of input and output.
func (f *Inflater) blockSlowly(r *bitReader, dst []byte, start, op, end int) (int, error) {
	for {
		if op > end {
			return 0, errTooLong
		}
		e, ok := lookup(r, f.lit[:], litBits, litException)
		if !ok {
			return 0, errTruncated
		}
		switch {
		case e&entryLiteral != 0:
			if op >= end {
				return 0, errTooLong
			}
			dst[op] = byte(e >> 8)
			op++
			continue
		case e&litException != 0:
			if e&^0xff != endOfBlock {
				return 0, errInflate
			}
			return op, nil
		}
		length, ok := extra(r, e)
		if !ok {
			return 0, errTruncated
		}
		d, ok := lookup(r, f.dist[:], distBits, distException)
		if !ok {
			return 0, errTruncated
		}
		if d&distException != 0 {
			return 0, errInflate
		}
		distance, ok := extra(r, d)
		if !ok {
			return 0, errTruncated
		}
		if distance > op-start {
			return 0, errInflate
		}
		if length > end-op {
			return 0, errTooLong
		}
		for range length {
			dst[op] = dst[op-distance]
			op++
		}
	}
}

// lookup finds the entry of the next code and drops the code's bits, but not the extra bits of lengths and distances. It
// returns false when the input ends before the code does.
func lookup(r *bitReader, table []uint32, width uint, exception uint32) (uint32, bool) {
	r.need(15) // fewer may do at the end of the input
	e := table[r.b&(1<<width-1)]
	used := uint(0)
	if e&exception != 0 && (exception != litException || e&entryLiteral == 0) {
		if sub := e >> 8 & 15; sub != 0 {
			used = width
			e = table[(e>>16&0x3fff)+uint32(r.b>>width)&(1<<sub-1)]
		}
	}
	code := uint(e & 0xff)
	if e&exception == 0 && (exception != litException || e&entryLiteral == 0) {
		code = uint(e >> 8 & 31)
	}
	if used+code > r.n {
		return 0, false
	}
	r.take(used + code)
	return e, true
}

// extra reads the extra bits of a length or distance and returns its value.
func extra(r *bitReader, e uint32) (int, bool) {
	k := uint(e&0xff) - uint(e>>8&31)
	if !r.need(k) {
		return 0, false
	}
	return int(e>>16) + int(r.take(k)), true
}
