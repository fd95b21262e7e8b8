package orc

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Limits of the runs of version 2 of the run-length encoding.
const (
	minRepeat      = 3
	maxShortRepeat = 10
	maxPatchBase   = 1 << 56
)

// Kinds of runs, as the two first bits of a run give them.
const (
	runShortRepeat = iota << 6
	runDirect
	runPatched
	runDelta
)

// intWriter encodes integers in version 2 of the run-length encoding. It divides values into runs and chooses the kinds of runs as
// the writer in Java does (ORC's RunLengthIntegerWriterV2), so that files have the same sizes: values that repeat thrice end the run before
// them; other runs are deltas when monotonic, patched when a few values are much wider than the rest, and direct otherwise.
type intWriter struct {
	signed  bool
	packed  bool // widths need not be whole bytes or fractions of them
	out     *chunkWriter
	pending [maxRun]int64 // given and not yet looked at
	n       int

	run      [maxRun]int64 // the current run
	length   int
	repeats  int   // the equal values at its end, when they matter
	variable int   // the values of a run of different ones; 0 in a run of equal values
	delta    int64 // between its last two values

	scratch [maxRun]int64
	deltas  [maxRun]int64
	widest  int         // width of the values as they are packed
	reduced widthCounts // of the values less their least
	buf     []byte
}

func (w *intWriter) write(v int64) {
	w.pending[w.n] = v
	if w.n++; w.n == maxRun {
		w.divide()
	}
}

// position appends the writer's place to a row index entry.
func (w *intWriter) position(dst []uint64) []uint64 {
	w.divide()
	return append(w.out.position(dst), uint64(w.length))
}

// flush writes out the last run.
func (w *intWriter) flush() {
	w.divide()
	switch {
	case w.length == 0:
	case w.variable != 0:
		w.writeVariable()
	case w.repeats < minRepeat:
		w.variable, w.repeats = w.repeats, 0
		w.writeVariable()
	default:
		w.writeRepeats()
	}
}

// divide adds the pending values to runs.
func (w *intWriter) divide() {
	for _, v := range w.pending[:w.n] {
		switch w.length {
		case 0:
			w.begin(v)
			continue
		case 1:
			w.delta = v - w.run[0]
			w.run[1], w.length = v, 2
			w.repeats, w.variable = 0, 2
			if w.delta == 0 {
				w.repeats, w.variable = 2, 0
			}
			continue
		}
		last := w.run[w.length-1]
		if w.delta == 0 && v == last {
			w.run[w.length] = v
			w.length++
			if w.variable > 0 {
				w.repeats = 2
			}
			w.repeats++
			if w.repeats >= minRepeat && w.variable > 0 {
				// The equal values begin a run of their own.
				w.length -= minRepeat
				w.variable -= minRepeat - 1
				w.writeVariable()
				for i := range minRepeat {
					w.run[i] = v
				}
				w.length = minRepeat
			}
			if w.repeats == maxRun {
				w.writeRepeats()
			}
			continue
		}
		if w.repeats >= minRepeat {
			w.writeRepeats()
			w.begin(v)
			continue
		}
		if w.repeats > 0 && v != last {
			w.variable, w.repeats = w.repeats, 0
		}
		w.delta = v - last
		w.run[w.length] = v
		w.length++
		if w.variable++; w.variable == maxRun {
			w.writeVariable()
		}
	}
	w.n = 0
}

func (w *intWriter) begin(v int64) {
	w.run[0], w.length = v, 1
	w.repeats, w.variable = 1, 1
}

// writeRepeats writes a run of equal values.
func (w *intWriter) writeRepeats() {
	v, n := w.run[0], w.repeats
	w.repeats, w.length, w.delta = 0, 0, 0
	if n > maxShortRepeat {
		w.header(runDelta, 0, n)
		w.base(v)
		w.buf = append(w.buf, 0) // the difference
		w.out.write(w.buf)
		return
	}
	u := uint64(v)
	if w.signed {
		u = zigzag(v)
	}
	size := max(1, (bits.Len64(u)+7)/8)
	w.buf = append(w.buf[:0], byte(runShortRepeat|(size-1)<<3|(n-minRepeat)))
	w.buf = appendBigEndian(w.buf, u, size)
	w.out.write(w.buf)
}

// header begins a run of n values whose width has the code.
func (w *intWriter) header(kind, code, n int) {
	w.buf = append(w.buf[:0], byte(kind|code<<1|(n-1)>>8), byte(n-1))
}

// base appends the first value of a run of deltas.
func (w *intWriter) base(v int64) {
	u := uint64(v)
	if w.signed {
		u = zigzag(v)
	}
	w.buf = binary.AppendUvarint(w.buf, u)
}

func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

func appendBigEndian(dst []byte, u uint64, size int) []byte {
	for i := size - 1; i >= 0; i-- {
		dst = append(dst, byte(u>>(8*i)))
	}
	return dst
}

// writeVariable writes the run in the kind that suits it.
func (w *intWriter) writeVariable() {
	vs := w.run[:w.length]
	if len(vs) <= minRepeat {
		w.writeDirect(w.zigzags(vs))
	} else {
		w.writeLong(vs)
	}
	w.out.write(w.buf)
	w.variable, w.length, w.delta = 0, 0, 0
}

// writeLong chooses between deltas, patches and direct values.
func (w *intWriter) writeLong(vs []int64) {
	low, high := slices.Min(vs), slices.Max(vs)
	// With differences beyond 64 bits there are no deltas and no patches.
	safe := (high^low) >= 0 || (high^(high-low)) >= 0
	if safe && w.writeDeltas(vs) {
		return
	}
	all := w.zigzags(vs)
	if safe && low > -maxPatchBase && low < maxPatchBase && w.uneven(all) {
		for i, v := range vs {
			w.deltas[i] = v - low
		}
		w.reduced.count(w.deltas[:len(vs)])
		if most, widest := w.reduced.percentile(len(vs), 0.95), w.reduced.percentile(len(vs), 1); most != widest {
			w.writePatched(low, w.deltas[:len(vs)], most, widest)
			return
		}
	}
	w.writeDirect(all)
}

// writeDeltas writes a run of one difference or a monotonic run and reports whether vs is one.
func (w *intWriter) writeDeltas(vs []int64) bool {
	first := vs[1] - vs[0]
	even := true
	widest := int64(0)
	for i, v := range vs[2:] {
		d := v - vs[i+1]
		even = even && d == first
		if d < 0 {
			if first > 0 {
				return false
			}
			d = -d
		} else if d > 0 && first < 0 {
			return false
		}
		if first == 0 && d != 0 {
			return false // the sign of the first difference gives that of the others
		}
		w.deltas[i] = d
		widest = max(widest, d)
	}
	code, width := 0, 0
	if !even {
		width = roundWidth(max(1, bits.Len64(uint64(widest))))
		if !w.packed {
			width = alignedWidth(width)
		}
		width = max(2, width) // a width of 1 stands for deltas of 0
		code = widthCode(width)
	}
	w.header(runDelta, code, len(vs))
	w.base(vs[0])
	w.buf = binary.AppendUvarint(w.buf, zigzag(first))
	if !even {
		w.pack(w.deltas[:len(vs)-2], width)
	}
	return true
}

// zigzags returns the values as they are packed, in scratch when that is not vs itself, and notes the width of the widest one.
func (w *intWriter) zigzags(vs []int64) []int64 {
	or := uint64(0)
	if w.signed {
		for i, v := range vs {
			u := zigzag(v)
			w.scratch[i] = int64(u)
			or |= u
		}
		vs = w.scratch[:len(vs)]
	} else {
		for _, v := range vs {
			or |= uint64(v)
		}
	}
	w.widest = roundWidth(max(1, bits.Len64(or)))
	return vs
}

// uneven reports whether nine of ten values are more than a bit narrower than the widest one.
func (w *intWriter) uneven(all []int64) bool {
	narrow := 0
	for _, x := range widths {
		if w.widest-x > 1 {
			narrow = x
		}
	}
	if narrow == 0 {
		return false
	}
	wide := 0
	for _, u := range all {
		if uint64(u)>>narrow != 0 {
			wide++
		}
	}
	share := 0.9
	return wide <= int(float64(len(all))*(1-share))
}

// writeDirect writes values that zigzags has seen.
func (w *intWriter) writeDirect(all []int64) {
	width := w.widest
	if !w.packed {
		width = alignedWidth(width)
	}
	w.header(runDirect, widthCode(width), len(all))
	w.pack(all, width)
}

// writePatched writes values less their least one, low, in the width of most of them, and the higher bits of the others in a list.
func (w *intWriter) writePatched(low int64, vs []int64, most, all int) {
	patchWidth := roundWidth(all - most)
	if patchWidth == 64 { // gap and patch have to fit 64 bits together
		patchWidth, most = 56, 8
	}
	mask := int64(1)<<most - 1
	var list []int64
	last, widestGap := 0, 0
	type patch struct {
		gap  int
		bits int64
	}
	var patches []patch
	for i, v := range vs {
		if v > mask {
			gap := i - last
			widestGap, last = max(widestGap, gap), i
			patches = append(patches, patch{gap, int64(uint64(v) >> most)})
			vs[i] = v & mask
		}
	}
	gapWidth := min(8, max(1, bits.Len(uint(widestGap))))
	for _, p := range patches {
		for ; p.gap > 255; p.gap -= 255 {
			list = append(list, 255<<patchWidth)
		}
		list = append(list, int64(p.gap)<<patchWidth|p.bits)
	}
	magnitude := uint64(low)
	if low < 0 {
		magnitude = uint64(-low)
	}
	size := (roundWidth(max(1, bits.Len64(magnitude))) + 1 + 7) / 8
	if low < 0 {
		magnitude |= 1 << (size*8 - 1)
	}
	w.header(runPatched, widthCode(most), len(vs))
	w.buf = append(w.buf, byte((size-1)<<5|widthCode(patchWidth)), byte((gapWidth-1)<<5|len(list)))
	w.buf = appendBigEndian(w.buf, magnitude, size)
	w.pack(vs, most)
	w.pack(list, roundWidth(gapWidth+patchWidth))
}

// pack appends values of width bits each, the highest bit first, filled up to whole bytes.
func (w *intWriter) pack(vs []int64, width int) {
	switch {
	case width == 8:
		for _, v := range vs {
			w.buf = append(w.buf, byte(v))
		}
		return
	case width == 16:
		for _, v := range vs {
			w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(v))
		}
		return
	case width&7 == 0:
		for _, v := range vs {
			w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(v)<<(64-width))
			w.buf = w.buf[:len(w.buf)-8+width/8]
		}
		return
	}
	var acc uint64
	have := 0
	for _, v := range vs {
		u := uint64(v) & (1<<width - 1)
		acc = acc<<width | u // widths that are no whole bytes are at most 30, and less than 8 bits wait
		for have += width; have >= 8; {
			have -= 8
			w.buf = append(w.buf, byte(acc>>have))
		}
	}
	if have > 0 {
		w.buf = append(w.buf, byte(acc<<(8-have)))
	}
}

// widthCounts counts values by the code of the width they need.
type widthCounts [32]int

func (c *widthCounts) count(vs []int64) {
	clear(c[:])
	for _, v := range vs {
		c[codeOfBits[bits.Len64(uint64(v))]]++
	}
}

// percentile returns the width that the given share of n values does not exceed.
func (c *widthCounts) percentile(n int, share float64) int {
	above := int(float64(n) * (1 - share))
	for code := len(c) - 1; code >= 0; code-- {
		if above -= c[code]; above < 0 {
			return widths[code]
		}
	}
	return 0
}

// codeOfBits holds the code of the least width that has so many bits.
var codeOfBits = func() (t [65]uint8) {
	for n := range t {
		for widths[t[n]] < n {
			t[n]++
		}
	}
	return t
}()

func widthCode(width int) int { return int(codeOfBits[width]) }

// alignedWidth is the least width that is a power of two below a byte, or whole bytes.
func alignedWidth(width int) int {
	switch {
	case width <= 2:
		return width
	case width <= 4:
		return 4
	}
	return (width + 7) / 8 * 8
}
