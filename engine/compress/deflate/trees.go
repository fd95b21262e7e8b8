package deflate

// The construction of Huffman codes, as zlib does it: equal frequencies are ordered by the depth of their trees and then by
// their place in the heap, so another construction would give other (equally long) codes and sometimes other sizes.

const (
	literals    = 286 // literal bytes, the end of a block, lengths
	distances   = 30
	lengthCodes = 19 // of the code in which the codes are sent
	endOfBlock  = 256
	maxBits     = 15
	maxTreeBits = 7
)

// tree is one Huffman code: frequencies of symbols, their codes and lengths.
type tree struct {
	freq  []uint16
	code  []uint16 // bits reversed, as they are written
	size  []uint8
	dad   []uint16
	last  int // the largest symbol that occurs
	extra []uint8
	base  int     // the first symbol with extra bits
	fixed []uint8 // sizes in the fixed code; nil without
	limit int     // the longest code
}

func newTree(symbols int, extra []uint8, base int, fixed []uint8, limit int) *tree {
	return &tree{freq: make([]uint16, 2*symbols+1), code: make([]uint16, symbols+1), size: make([]uint8, 2*symbols+1),
		dad: make([]uint16, 2*symbols+1), extra: extra, base: base, fixed: fixed, limit: limit}
}

func (t *tree) symbols() int { return len(t.code) - 1 }

// heap is the priority queue of a construction.
type heap struct {
	items [2*literals + 2]int // 1-based
	n     int
	max   int // nodes in the order they were taken, from the end
	depth [2*literals + 1]uint8
}

func (h *heap) less(t *tree, a, b int) bool {
	return t.freq[a] < t.freq[b] || t.freq[a] == t.freq[b] && h.depth[a] <= h.depth[b]
}

// down restores the order from place k on.
func (h *heap) down(t *tree, k int) {
	v := h.items[k]
	for j := 2 * k; j <= h.n; j = 2 * k {
		if j < h.n && h.less(t, h.items[j+1], h.items[j]) {
			j++
		}
		if h.less(t, v, h.items[j]) {
			break
		}
		h.items[k] = h.items[j]
		k = j
	}
	h.items[k] = v
}

// build makes the code for t's frequencies and returns the bits that its symbols take, in it and in the fixed code.
func (h *heap) build(t *tree) (dynamic, fixed int) {
	n := t.symbols()
	h.n, h.max = 0, len(h.items)-1
	t.last = -1
	for s := range n {
		t.size[s] = 0
		if t.freq[s] != 0 {
			h.n++
			h.items[h.n] = s
			h.depth[s] = 0
			t.last = s
		}
	}
	// Two codes at least: some decoders want them.
	for h.n < 2 {
		s := 0
		if t.last < 2 {
			t.last++
			s = t.last
		}
		h.n++
		h.items[h.n] = s
		t.freq[s] = 1
		h.depth[s] = 0
		dynamic--
		if t.fixed != nil {
			fixed -= int(t.fixed[s])
		}
	}
	for k := h.n / 2; k >= 1; k-- {
		h.down(t, k)
	}
	node := n
	for {
		a := h.items[1]
		h.items[1] = h.items[h.n]
		h.n--
		h.down(t, 1)
		b := h.items[1]
		h.items[h.max] = a
		h.items[h.max-1] = b
		h.max -= 2
		t.freq[node] = t.freq[a] + t.freq[b]
		h.depth[node] = max(h.depth[a], h.depth[b]) + 1
		t.dad[a], t.dad[b] = uint16(node), uint16(node)
		h.items[1] = node
		node++
		h.down(t, 1)
		if h.n < 2 {
			break
		}
	}
	h.items[h.max] = h.items[1]
	var counts [maxBits + 1]int
	d, f := h.lengths(t, &counts)
	t.assign(&counts)
	return dynamic + d, fixed + f
}

// lengths sets the symbols' lengths, none beyond the limit, and counts them.
func (h *heap) lengths(t *tree, counts *[maxBits + 1]int) (dynamic, fixed int) {
	over := 0
	t.size[h.items[h.max]] = 0 // the root
	i := h.max + 1
	for ; i < len(h.items); i++ {
		s := h.items[i]
		size := int(t.size[t.dad[s]]) + 1
		if size > t.limit {
			size = t.limit
			over++
		}
		t.size[s] = uint8(size)
		if s >= t.symbols() || s > t.last {
			continue // not a leaf
		}
		counts[size]++
		extra := 0
		if s >= t.base && len(t.extra) > 0 {
			extra = int(t.extra[s-t.base])
		}
		dynamic += int(t.freq[s]) * (size + extra)
		if t.fixed != nil {
			fixed += int(t.freq[s]) * (int(t.fixed[s]) + extra)
		}
	}
	if over == 0 {
		return dynamic, fixed
	}
	for over > 0 {
		size := t.limit - 1
		for counts[size] == 0 {
			size--
		}
		counts[size]--
		counts[size+1] += 2
		counts[t.limit]--
		over -= 2
	}
	i = len(h.items)
	for size := t.limit; size != 0; size-- {
		for n := counts[size]; n != 0; {
			i--
			s := h.items[i]
			if s > t.last {
				continue
			}
			if int(t.size[s]) != size {
				dynamic += (size - int(t.size[s])) * int(t.freq[s])
				t.size[s] = uint8(size)
			}
			n--
		}
	}
	return dynamic, fixed
}

// assign gives the symbols their codes, by length and then by value.
func (t *tree) assign(counts *[maxBits + 1]int) {
	var next [maxBits + 1]int
	code := 0
	for size := 1; size <= maxBits; size++ {
		code = (code + counts[size-1]) << 1
		next[size] = code
	}
	for s := 0; s <= t.last; s++ {
		if size := t.size[s]; size != 0 {
			t.code[s] = reversed(next[size], int(size))
			next[size]++
		}
	}
}

func reversed(code, n int) uint16 {
	r := 0
	for ; n > 0; n-- {
		r = r<<1 | code&1
		code >>= 1
	}
	return uint16(r)
}
