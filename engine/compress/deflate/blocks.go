package deflate

import "encoding/binary"

var (
	lengthExtra   = [29]uint8{8: 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5}
	distanceExtra = [distances]uint8{4: 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	lengthOrder   = [lengthCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	treeExtra     = [lengthCodes]uint8{16: 2, 3, 7}
	fixed         = makeFixed()
)

// fixedCodes are what RFC 1951 defines, and the symbols of lengths and distances.
type fixedCodes struct {
	literalSize  [288]uint8
	literal      [288]uint16
	distanceSize [distances]uint8
	distance     [distances]uint16
	lengthOf     [256]uint8 // code of a length less three
	lengthBase   [29]uint16
	distanceOf   [512]uint8 // code of a distance less one: below 256 itself, above in steps of 128
	distanceBase [distances]uint16
}

func makeFixed() *fixedCodes {
	f := &fixedCodes{}
	var counts [maxBits + 1]int
	for s := range f.literalSize {
		size := uint8(8)
		switch {
		case s >= 144 && s < 256:
			size = 9
		case s >= 256 && s < 280:
			size = 7
		}
		f.literalSize[s] = size
		counts[size]++
	}
	t := &tree{size: f.literalSize[:], code: f.literal[:], last: len(f.literal) - 1}
	t.assign(&counts)
	length := 0
	for c := range 28 {
		f.lengthBase[c] = uint16(length)
		for range 1 << lengthExtra[c] {
			f.lengthOf[length] = uint8(c)
			length++
		}
	}
	f.lengthOf[255], f.lengthBase[28] = 28, 255 // 258 has a code of its own
	f.lengthBase[28] = 0
	distance := 0
	for c := range distances {
		f.distanceSize[c] = 5
		f.distance[c] = reversed(c, 5)
		f.distanceBase[c] = uint16(distance)
		for range 1 << distanceExtra[c] {
			if distance < 256 {
				f.distanceOf[distance] = uint8(c)
			} else {
				f.distanceOf[256+distance>>7] = uint8(c)
			}
			distance++
		}
	}
	return f
}

// distanceCode returns the code of a distance less one.
func (f *fixedCodes) distanceCode(d int) uint8 {
	if d < 256 {
		return f.distanceOf[d]
	}
	return f.distanceOf[256+d>>7]
}

// coder collects the symbols of a block and writes it.
type coder struct {
	symbols   [blockSymbols]uint32 // distance<<8 | literal or length less three
	n         int
	literals  *tree
	distances *tree
	lengths   *tree
	heap      heap
}

func (c *coder) reset() {
	if c.literals == nil {
		c.literals = newTree(literals, lengthExtra[:], endOfBlock+1, fixed.literalSize[:], maxBits)
		c.distances = newTree(distances, distanceExtra[:], 0, fixed.distanceSize[:], maxBits)
		c.lengths = newTree(lengthCodes, treeExtra[:], 0, nil, maxTreeBits)
	}
	clear(c.literals.freq)
	clear(c.distances.freq)
	clear(c.lengths.freq)
	c.literals.freq[endOfBlock] = 1
	c.n = 0
}

// literal adds a byte and reports whether the block is full.
func (c *coder) literal(b byte) bool {
	c.symbols[c.n] = uint32(b)
	c.n++
	c.literals.freq[b]++
	return c.n == blockSymbols
}

// match adds a match and reports whether the block is full.
func (c *coder) match(distance, length int) bool {
	c.symbols[c.n] = uint32(distance)<<8 | uint32(length-minMatch)
	c.n++
	c.literals.freq[endOfBlock+1+int(fixed.lengthOf[length-minMatch])]++
	c.distances.freq[fixed.distanceCode(distance-1)]++
	return c.n == blockSymbols
}

// block writes the collected symbols in the shortest way; stored are the bytes they stand for, when storable.
func (c *coder) block(w *bitWriter, stored []byte, storable, last bool) {
	final := uint64(0)
	if last {
		final = 1
	}
	dynamic, static := c.heap.build(c.literals)
	d, s := c.heap.build(c.distances)
	dynamic, static = dynamic+d, static+s
	c.countLengths(c.literals)
	c.countLengths(c.distances)
	d, _ = c.heap.build(c.lengths)
	sent := lengthCodes
	for sent > 4 && c.lengths.size[lengthOrder[sent-1]] == 0 {
		sent--
	}
	dynamic += d + 3*sent + 5 + 5 + 4
	dynamicBytes, staticBytes := (dynamic+3+7)>>3, (static+3+7)>>3
	best := min(dynamicBytes, staticBytes)
	switch {
	case storable && len(stored)+4 <= best:
		w.write(final, 3)
		w.align()
		w.dst = binary.LittleEndian.AppendUint16(w.dst, uint16(len(stored)))
		w.dst = binary.LittleEndian.AppendUint16(w.dst, ^uint16(len(stored)))
		w.dst = append(w.dst, stored...)
	case staticBytes <= dynamicBytes:
		w.write(1<<1|final, 3)
		c.writeSymbols(w, fixed.literal[:], fixed.literalSize[:], fixed.distance[:], fixed.distanceSize[:])
	default:
		w.write(2<<1|final, 3)
		w.write(uint64(c.literals.last+1-257), 5)
		w.write(uint64(c.distances.last), 5)
		w.write(uint64(sent-4), 4)
		for _, s := range lengthOrder[:sent] {
			w.write(uint64(c.lengths.size[s]), 3)
		}
		c.sendLengths(w, c.literals)
		c.sendLengths(w, c.distances)
		c.writeSymbols(w, c.literals.code, c.literals.size, c.distances.code, c.distances.size)
	}
	c.reset()
}

// runs calls f for every run of a code's lengths: a length itself n times (symbol below 16), or a repeat symbol with its extra
// bits.
func (t *tree) runs(f func(symbol int, n int, extra uint64)) {
	before, next := -1, int(t.size[0])
	count, most, least := 0, 7, 4
	if next == 0 {
		most, least = 138, 3
	}
	for s := 0; s <= t.last; s++ {
		cur := next
		next = -1
		if s < t.last {
			next = int(t.size[s+1])
		}
		count++
		switch {
		case count < most && cur == next:
			continue
		case count < least:
			f(cur, count, 0)
		case cur != 0:
			if cur != before {
				f(cur, 1, 0)
				count--
			}
			f(16, 1, uint64(count-3))
		case count <= 10:
			f(17, 1, uint64(count-3))
		default:
			f(18, 1, uint64(count-11))
		}
		count, before = 0, cur
		switch {
		case next == 0:
			most, least = 138, 3
		case cur == next:
			most, least = 6, 3
		default:
			most, least = 7, 4
		}
	}
}

func (c *coder) countLengths(t *tree) {
	t.runs(func(symbol, n int, _ uint64) { c.lengths.freq[symbol] += uint16(n) })
}

func (c *coder) sendLengths(w *bitWriter, t *tree) {
	t.runs(func(symbol, n int, extra uint64) {
		for range n {
			w.write(uint64(c.lengths.code[symbol]), uint(c.lengths.size[symbol]))
		}
		w.write(extra, uint(treeExtra[symbol]))
	})
}

func (c *coder) writeSymbols(w *bitWriter, literal []uint16, literalSize []uint8, distance []uint16, distanceSize []uint8) {
	for _, s := range c.symbols[:c.n] {
		d := int(s >> 8)
		if d == 0 {
			w.write(uint64(literal[s]), uint(literalSize[s]))
			continue
		}
		length := uint8(s)
		code := fixed.lengthOf[length]
		symbol := endOfBlock + 1 + int(code)
		n := uint(literalSize[symbol])
		bits := uint64(literal[symbol])
		if extra := uint(lengthExtra[code]); extra > 0 {
			bits |= uint64(uint16(length)-fixed.lengthBase[code]) << n
			n += extra
		}
		d--
		code = fixed.distanceCode(d)
		bits |= uint64(distance[code]) << n
		n += uint(distanceSize[code])
		bits |= uint64(uint16(d)-fixed.distanceBase[code]) << n
		w.write(bits, n+uint(distanceExtra[code]))
	}
	w.write(uint64(literal[endOfBlock]), uint(literalSize[endOfBlock]))
}

// bitWriter appends bits, the lowest first.
type bitWriter struct {
	dst  []byte
	bits uint64
	n    uint
}

// write appends the n (≤ 48) low bits of v, whose others are 0.
func (w *bitWriter) write(v uint64, n uint) {
	w.bits |= v << w.n
	if w.n += n; w.n >= 16 {
		whole := w.n >> 3
		w.dst = binary.LittleEndian.AppendUint64(w.dst, w.bits)
		w.dst = w.dst[:len(w.dst)-8+int(whole)]
		w.bits >>= 8 * whole
		w.n &= 7
	}
}

// align fills up the current byte.
func (w *bitWriter) align() {
	for {
		if w.n == 0 {
			break
		}
		w.dst = append(w.dst, byte(w.bits))
		w.bits >>= 8
		w.n -= min(8, w.n)
	}
	w.bits = 0
}
