package orc

import "math/bits"

// intWriter encodes integers in version 2 of the run-length encoding: repeats, fixed and monotonic deltas, and direct runs.
type intWriter struct {
	signed  bool
	out     *chunkWriter
	pending [maxRun]int64
	n       int
}

func (w *intWriter) write(v int64) {
	w.pending[w.n] = v
	if w.n++; w.n == maxRun {
		w.flush()
	}
}

// position appends the writer's place to a row index entry.
func (w *intWriter) position(dst []uint64) []uint64 { return append(w.out.position(dst), uint64(w.n)) }

func (w *intWriter) flush() {
	vs := w.pending[:w.n]
	w.n = 0
	for len(vs) > 0 {
		k := w.segment(vs)
		vs = vs[k:]
	}
}

// segment encodes the longest good run at the start of vs and returns its length.
func (w *intWriter) segment(vs []int64) int {
	same := 1
	for same < len(vs) && vs[same] == vs[0] {
		same++
	}
	if same >= 3 {
		if same <= 10 {
			w.shortRepeat(vs[0], same)
		} else {
			w.deltaHeader(0, same, vs[0], 0)
		}
		return same
	}
	if k := w.fixedDelta(vs); k >= 4 {
		w.deltaHeader(0, k, vs[0], vs[1]-vs[0])
		return k
	}
	// A direct run ends where a long enough repeat begins.
	end := len(vs)
	for i := 1; i+4 < len(vs); i++ {
		if vs[i] == vs[i+1] && vs[i] == vs[i+2] && vs[i] == vs[i+3] && vs[i] == vs[i+4] {
			end = i
			break
		}
	}
	w.direct(vs[:end])
	return end
}

// fixedDelta returns how many values at the start of vs have one difference (without overflow).
func (w *intWriter) fixedDelta(vs []int64) int {
	if len(vs) < 4 {
		return 0
	}
	d := vs[1] - vs[0]
	if (d > 0) != (vs[1] > vs[0]) {
		return 0
	}
	k := 2
	for k < len(vs) && vs[k]-vs[k-1] == d && (d > 0) == (vs[k] > vs[k-1]) {
		k++
	}
	return k
}

func (w *intWriter) zigzag(v int64) uint64 {
	if w.signed {
		return uint64(v)<<1 ^ uint64(v>>63)
	}
	return uint64(v)
}

func (w *intWriter) shortRepeat(v int64, n int) {
	u := w.zigzag(v)
	width := max(1, (bits.Len64(u)+7)/8)
	w.out.byte(byte((width-1)<<3 | (n - 3)))
	for i := width - 1; i >= 0; i-- {
		w.out.byte(byte(u >> (8 * i)))
	}
}

func (w *intWriter) deltaHeader(code, n int, first, step int64) {
	w.out.byte(byte(0xc0 | code<<1 | (n-1)>>8))
	w.out.byte(byte(n - 1))
	w.out.uvarint(w.zigzag(first))
	w.out.uvarint(uint64(step)<<1 ^ uint64(step>>63))
}

func (w *intWriter) direct(vs []int64) {
	var or uint64
	for _, v := range vs {
		or |= w.zigzag(v)
	}
	width := roundWidth(max(1, bits.Len64(or)))
	code := 0
	for widths[code] != width {
		code++
	}
	n := len(vs)
	w.out.byte(byte(0x40 | code<<1 | (n-1)>>8))
	w.out.byte(byte(n - 1))
	var acc uint64
	have := 0
	for _, v := range vs {
		u := w.zigzag(v)
		if width > 32 {
			// Two halves, so that the accumulator never overflows.
			acc, have = w.put(acc, have, u>>32, width-32)
			acc, have = w.put(acc, have, u&(1<<32-1), 32)
			continue
		}
		acc, have = w.put(acc, have, u, width)
	}
	if have > 0 {
		w.out.byte(byte(acc << (8 - have)))
	}
}

// put appends the width (≤ 32) low bits of u to acc, which holds have (< 8) bits, and writes out whole bytes.
func (w *intWriter) put(acc uint64, have int, u uint64, width int) (uint64, int) {
	acc = acc<<width | u
	have += width
	for have >= 8 {
		have -= 8
		w.out.byte(byte(acc >> have))
	}
	return acc & (1<<have - 1), have
}
