// Package deflate compresses to raw DEFLATE streams (RFC 1951) that are, bit for bit, those of zlib at the same level. Hive's
// writers of ORC, RCFile and the rest compress with zlib, and the sizes of their files are shown to users: with another
// encoder every size would differ.
//
// The algorithm is zlib's: hash chains over three bytes in a window of 32 KiB, greedy matches in levels 1 to 3, lazy ones from
// 4, blocks of at most 16,383 symbols with stored, fixed or dynamic codes, whichever is smallest. Since the input is given as
// a whole there is no sliding window; where the window's end shows in the output it is imitated (see window).
package deflate

// Levels of compression, as zlib counts them.
const (
	Fastest = 1
	Default = 6
	Best    = 9
)

const (
	minMatch     = 3
	maxMatch     = 258
	windowSize   = 1 << 15
	windowMask   = windowSize - 1
	minLookahead = maxMatch + minMatch + 1
	maxDistance  = windowSize - minLookahead
	tooFar       = 4096 // matches of three bytes from farther away cost more than literals
	hashBits     = 15
	hashShift    = (hashBits + minMatch - 1) / minMatch
	hashMask     = 1<<hashBits - 1
	blockSymbols = 1<<14 - 1
	maxOrigin    = 1 << 29 // where positions start anew
)

// effort says how hard a level searches.
type effort struct {
	good  int // from a match of this length on, chains are searched for a quarter
	lazy  int // no search behind a match of this length; greedy levels: longest match whose inside is entered
	nice  int // a match of this length ends the search
	chain int
	slow  bool
}

var efforts = [...]effort{
	1: {4, 4, 8, 4, false}, 2: {4, 5, 16, 8, false}, 3: {4, 6, 32, 32, false},
	4: {4, 4, 16, 16, true}, 5: {8, 16, 32, 32, true}, 6: {8, 16, 128, 128, true},
	7: {8, 32, 128, 256, true}, 8: {32, 128, 258, 1024, true}, 9: {32, 258, 258, 4096, true},
}

// Encoder compresses blocks, reusing its tables. It is for one goroutine; the zero value is ready.
type Encoder struct {
	// Positions in head and prev are counted from origin, which grows with every call: what earlier calls left is older than
	// origin and thereby unknown, without clearing the tables.
	head, prev []int32
	origin     int
	out        bitWriter
	codes      coder

	src    []byte
	pos    int
	base   int // where zlib's window would begin
	filled int // up to where zlib would have read
	block  int // where the current block began
	effort effort
}

// Encode appends src, compressed at a level of 1 to 9, to dst[:0] and returns it. dst and src must not overlap.
func (e *Encoder) Encode(dst, src []byte, level int) []byte {
	if e.head == nil {
		e.head, e.prev = make([]int32, 1<<hashBits), make([]int32, windowSize)
	}
	if e.origin+len(src) > maxOrigin {
		clear(e.head)
		clear(e.prev)
		e.origin = 0
	}
	e.src, e.pos, e.base, e.filled, e.block = src, 0, 0, 0, 0
	e.effort = efforts[level]
	e.out = bitWriter{dst: dst[:0]}
	e.codes.reset()
	if e.effort.slow {
		e.lazy()
	} else {
		e.greedy()
	}
	e.flush(true)
	e.out.align()
	e.origin += len(src) + 1
	e.src = nil
	dst = e.out.dst
	e.out.dst = nil
	return dst
}

// fill does what zlib's reading does to the window: it moves on by half when the position has come near its end.
func (e *Encoder) fill() {
	for {
		room := 2*windowSize - (e.filled - e.base)
		if e.pos-e.base >= windowSize+maxDistance {
			e.base += windowSize
			room += windowSize
		}
		if e.filled == len(e.src) {
			return
		}
		e.filled += min(room, len(e.src)-e.filled)
		if e.filled-e.pos >= minLookahead {
			return
		}
	}
}

func (e *Encoder) hash(i int) int {
	s := e.src[i : i+3 : i+3]
	return (int(s[0])<<(2*hashShift) ^ int(s[1])<<hashShift ^ int(s[2])) & hashMask
}

// insert enters the three bytes at i and returns the last place where their hash was seen before, -1 for none.
func (e *Encoder) insert(i int) int {
	h := &e.head[e.hash(i)]
	at := int32(i + e.origin)
	was := *h
	e.prev[at&windowMask] = was
	*h = at
	return int(was) - e.origin
}

// known reports whether zlib would know of the place at: its tables hold places relative to the window's beginning and 0 for none.
func (e *Encoder) known(at int) bool { return at > e.base && e.pos-at <= maxDistance }

// greedy takes every match.
func (e *Encoder) greedy() {
	for {
		if e.filled-e.pos < minLookahead {
			e.fill()
		}
		ahead := e.filled - e.pos
		if ahead == 0 {
			return
		}
		length, start := 0, 0
		if ahead >= minMatch {
			if at := e.insert(e.pos); e.known(at) {
				length, start = e.longest(at, minMatch-1, 0)
			}
		}
		full := false
		if length >= minMatch {
			full = e.codes.match(e.pos-start, length)
			ahead -= length
			end := e.pos + length
			if length <= e.effort.lazy && ahead >= minMatch {
				for i := e.pos + 1; i < end; i++ {
					e.insert(i)
				}
			}
			e.pos = end
		} else {
			full = e.codes.literal(e.src[e.pos])
			e.pos++
		}
		if full {
			e.flush(false)
		}
	}
}

// lazy takes a match unless the one that begins a byte later is longer.
func (e *Encoder) lazy() {
	length, start, pending := minMatch-1, 0, false
	for {
		if e.filled-e.pos < minLookahead {
			e.fill()
		}
		ahead := e.filled - e.pos
		if ahead == 0 {
			break
		}
		before, beforeStart := length, start
		at := -1
		if ahead >= minMatch {
			at = e.insert(e.pos)
		}
		length = minMatch - 1
		if before < e.effort.lazy && e.known(at) {
			length, start = e.longest(at, before, start)
			if length == minMatch && e.pos-start > tooFar {
				length = minMatch - 1
			}
		}
		switch {
		case before >= minMatch && length <= before:
			full := e.codes.match(e.pos-1-beforeStart, before)
			last := e.filled - minMatch
			end := e.pos - 1 + before
			for i := e.pos + 1; i < end; i++ {
				if i <= last {
					e.insert(i)
				}
			}
			e.pos, pending, length = end, false, minMatch-1
			if full {
				e.flush(false)
			}
		case pending:
			if e.codes.literal(e.src[e.pos-1]) {
				e.flush(false)
			}
			e.pos++
		default:
			pending = true
			e.pos++
		}
	}
	if pending {
		e.codes.literal(e.src[e.pos-1])
	}
}

// flush ends a block at the current position.
func (e *Encoder) flush(last bool) {
	var stored []byte
	if e.block >= e.base {
		stored = e.src[e.block:e.pos]
	}
	e.codes.block(&e.out, stored, e.block >= e.base, last)
	e.block = e.pos
}
