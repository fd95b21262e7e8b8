package hashtable

import (
	"math/bits"

	"skep/dialect/types"
	"skep/engine/vector"
)

// JoinTable finds the rows of a build side by key. Rows of one key form a chain. It is immutable once built and may be probed
// concurrently, each prober with a Prober of its own.
//
// Depending on the keys it is one of:
//   - direct: integer keys in a small range index an array of rows,
//   - packed: integer keys that together fit 64 bits (by the observed ranges) are hashed as one word, stored in the slot,
//   - general: keys are hashed and compared column by column.
type JoinTable struct {
	keys     []*vector.Vector
	nullSafe []bool
	rows     int // rows in the table: those whose keys may match something
	next     []uint32
	unique   bool

	// packed and direct
	packed bool
	fields []packedField
	direct []uint32 // row+1 by packed key
	words  []wordSlot

	// general
	slots []uint64 // salt<<48 | row+1 of the first row of a key
}

// packedField is one key of the packed form: (value - min) << shift.
type packedField struct {
	min, max int64
	shift    uint8
}

type wordSlot struct {
	key uint64
	row uint32 // + 1; 0 is free
}

// BuildJoinTable builds the table over n rows of flat key columns, which it keeps. Rows with a NULL key match nothing
// unless that key is null-safe.
func BuildJoinTable(keys []*vector.Vector, nullSafe []bool, n int) *JoinTable {
	t := &JoinTable{keys: keys, nullSafe: nullSafe, unique: true}
	if t.pack(n) {
		t.buildPacked(n)
	} else {
		t.buildGeneral(n)
	}
	return t
}

// Rows returns the number of rows that can match.
func (t *JoinTable) Rows() int { return t.rows }

// Unique reports whether no key has more than one row.
func (t *JoinTable) Unique() bool { return t.unique }

// Next returns the row after row in its chain plus one, or 0 at the end.
func (t *JoinTable) Next(row uint32) uint32 { return t.next[row] }

// Bytes returns the memory held besides the keys.
func (t *JoinTable) Bytes() int64 {
	return int64(cap(t.next)*4 + cap(t.direct)*4 + cap(t.words)*16 + cap(t.slots)*8)
}

// skips reports whether a row has a NULL that keeps it from matching.
func skips(keys []*vector.Vector, nullSafe []bool, row int) bool {
	for i, k := range keys {
		if !nullSafe[i] && k.Nulls != nil && k.Nulls[row] {
			return true
		}
	}
	return false
}

// pack decides whether the keys are integers whose observed ranges fit 63 bits together.
func (t *JoinTable) pack(n int) bool {
	if len(t.keys) == 0 {
		return false
	}
	for i, k := range t.keys {
		if k.Type.Physical() != types.I64 || t.nullSafe[i] {
			return false
		}
	}
	fields := make([]packedField, len(t.keys))
	for i, k := range t.keys {
		f := packedField{min: 1<<63 - 1, max: -1 << 63}
		if k.Nulls == nil {
			for _, v := range k.I64[:n] {
				f.min, f.max = min(f.min, v), max(f.max, v)
			}
		} else {
			for r, v := range k.I64[:n] {
				if !k.Nulls[r] {
					f.min, f.max = min(f.min, v), max(f.max, v)
				}
			}
		}
		if f.max < f.min {
			f.min, f.max = 0, -1 // no key at all: nothing matches
		}
		fields[i] = f
	}
	shift := 0
	for i := len(fields) - 1; i >= 0; i-- {
		fields[i].shift = uint8(shift)
		shift += bits.Len64(uint64(fields[i].max) - uint64(fields[i].min))
		if fields[i].max < fields[i].min {
			shift = 0
			for j := range fields {
				fields[j] = packedField{0, -1, 0}
			}
			break
		}
		if shift > 63 {
			return false
		}
	}
	t.packed, t.fields = true, fields
	return true
}

// noWord is the word of a row that no build row matches: one with a NULL or with a key out of the build side's range. Words of
// keys have at most 63 bits.
const noWord = 1 << 63

// packRows sets words[k] to the packed keys of row from+k.
func (t *JoinTable) packRows(keys []*vector.Vector, from int, words []uint64) {
	for i, f := range t.fields {
		k := keys[i]
		vals := k.I64[from : from+len(words)]
		base, span := uint64(f.min), uint64(f.max)-uint64(f.min)
		if f.max < f.min {
			for r := range words {
				words[r] = noWord
			}
			return
		}
		if i == 0 {
			for r, v := range vals {
				d := uint64(v) - base
				w := d << f.shift
				if d > span {
					w = noWord
				}
				words[r] = w
			}
		} else {
			for r, v := range vals {
				d := uint64(v) - base
				w := d << f.shift
				if d > span {
					w = noWord
				}
				words[r] |= w
			}
		}
		if k.Nulls != nil {
			for r, null := range k.Nulls[from : from+len(words)] {
				if null {
					words[r] = noWord
				}
			}
		}
	}
}

func (t *JoinTable) buildPacked(n int) {
	last := t.fields[0]
	size := uint64(0)
	if last.max >= last.min {
		size = (uint64(last.max)-uint64(last.min))<<last.shift + 1<<last.shift
	}
	t.next = make([]uint32, n)
	direct := size > 0 && size <= uint64(max(4*n, 1<<12))
	if direct {
		t.direct = make([]uint32, size)
	} else {
		t.words = make([]wordSlot, tableSize(n))
	}
	// Backwards, so that chains are in row order.
	var buf [1024]uint64
	for to := n; to > 0; {
		from := max(to-len(buf), 0)
		words := buf[:to-from]
		t.packRows(t.keys, from, words)
		if direct {
			t.insertDirect(words, from)
		} else {
			t.insertWords(words, from)
		}
		to = from
	}
}

func (t *JoinTable) insertDirect(words []uint64, from int) {
	for k := len(words) - 1; k >= 0; k-- {
		w := words[k]
		if w >= noWord {
			continue
		}
		t.rows++
		if head := t.direct[w]; head != 0 {
			t.next[from+k] = head
			t.unique = false
		}
		t.direct[w] = uint32(from + k + 1)
	}
}

func (t *JoinTable) insertWords(words []uint64, from int) {
	mask := uint64(len(t.words) - 1)
	for k := len(words) - 1; k >= 0; k-- {
		w := words[k]
		if w >= noWord {
			continue
		}
		t.rows++
		at := vector.MixWord(w) & mask
		for t.words[at].row != 0 && t.words[at].key != w {
			at = (at + 1) & mask
		}
		if head := t.words[at].row; head != 0 {
			t.next[from+k] = head
			t.unique = false
		}
		t.words[at] = wordSlot{w, uint32(from + k + 1)}
	}
}

// tableSize returns the number of slots for n keys: a power of two with a load of at most 2/3.
func tableSize(n int) int {
	size := 16
	for size*2 < n*3 {
		size *= 2
	}
	return size
}

func (t *JoinTable) buildGeneral(n int) {
	t.next = make([]uint32, n)
	t.slots = make([]uint64, tableSize(n))
	mask := uint64(len(t.slots) - 1)
	hash := make([]uint64, n)
	Hash(t.keys, n, hash)
	for r := n - 1; r >= 0; r-- {
		if skips(t.keys, t.nullSafe, r) {
			continue
		}
		t.rows++
		h := hash[r]
		at := h & mask
		for {
			s := t.slots[at]
			if s == 0 {
				t.slots[at] = h>>rowBits<<rowBits | uint64(r+1)
				break
			}
			if head := uint32(s & rowMask); s>>rowBits == h>>rowBits && equalRows(t.keys, int(head-1), t.keys, r) {
				t.next[r] = head
				t.unique = false
				t.slots[at] = h>>rowBits<<rowBits | uint64(r+1)
				break
			}
			at = (at + 1) & mask
		}
	}
}

// Prober probes a table for one worker.
type Prober struct {
	t      *JoinTable
	hash   []uint64
	todo   []uint32
	pairs  []pair
	differ []pair
}

// NewProber returns a prober of t.
func (t *JoinTable) NewProber() *Prober { return &Prober{t: t} }

// Probe sets heads[k] to the first build row that matches row k of n rows of keys (flat vectors) plus one, or 0.
func (p *Prober) Probe(keys []*vector.Vector, n int, heads []uint32) {
	t := p.t
	heads = heads[:n]
	switch {
	case t.rows == 0:
		clear(heads)
	case t.direct != nil && len(keys) == 1:
		p.probeDirect(keys[0], heads)
	case t.packed:
		p.probePacked(keys, heads)
	default:
		p.probeGeneral(keys, n, heads)
	}
}

func (p *Prober) probeDirect(key *vector.Vector, heads []uint32) {
	direct, base := p.t.direct, uint64(p.t.fields[0].min)
	vals := key.I64[:len(heads)]
	for k, v := range vals {
		heads[k] = 0
		if at := uint64(v) - base; at < uint64(len(direct)) {
			heads[k] = direct[at]
		}
	}
	clearNulls(key.Nulls, heads)
}

func clearNulls(nulls []bool, heads []uint32) {
	if nulls == nil {
		return
	}
	for k, null := range nulls[:len(heads)] {
		if null {
			heads[k] = 0
		}
	}
}

// probePacked probes by packed words. The first slots of all rows are looked at without branches, so that the processor can
// wait for many cache lines at once; the few rows whose first slot holds another key follow.
func (p *Prober) probePacked(keys []*vector.Vector, heads []uint32) {
	t := p.t
	if cap(p.hash) < len(heads) {
		p.hash, p.todo = make([]uint64, len(heads)), make([]uint32, len(heads))
	}
	words := p.hash[:len(heads)]
	t.packRows(keys, 0, words)
	if t.direct != nil {
		for k, w := range words {
			heads[k] = 0
			if w < uint64(len(t.direct)) {
				heads[k] = t.direct[w]
			}
		}
		return
	}
	mask := uint64(len(t.words) - 1)
	todo, n := p.todo[:len(heads)], 0
	for k, w := range words {
		s := &t.words[vector.MixWord(w)&mask]
		row, more := s.row, 0
		if s.key != w {
			row = 0
		}
		if s.row != row {
			more = 1
		}
		heads[k] = row
		todo[n] = uint32(k)
		n += more
	}
	for _, k := range todo[:n] {
		w := words[k]
		at := (vector.MixWord(w) + 1) & mask
		for s := &t.words[at]; s.row != 0; s = &t.words[at] {
			if s.key == w {
				heads[k] = s.row
				break
			}
			at = (at + 1) & mask
		}
	}
}

func (p *Prober) probeGeneral(keys []*vector.Vector, n int, heads []uint32) {
	t := p.t
	if cap(p.hash) < n {
		p.hash, p.todo = make([]uint64, n), make([]uint32, n)
	}
	hash := p.hash[:n]
	Hash(keys, n, hash)
	mask := uint64(len(t.slots) - 1)
	pairs := p.pairs[:0]
	checked := false
	for i, k := range keys {
		checked = checked || k.Nulls != nil && !t.nullSafe[i]
	}
	for k, h := range hash {
		heads[k] = 0
		if checked && skips(keys, t.nullSafe, k) {
			continue
		}
		at := h & mask
		for s := t.slots[at]; s != 0; s = t.slots[at] {
			if s>>rowBits == h>>rowBits {
				row := uint32(s & rowMask)
				heads[k] = row
				pairs = append(pairs, pair{uint32(k), row - 1})
				break
			}
			at = (at + 1) & mask
		}
	}
	pairs, differ := match(t.keys, keys, pairs, p.differ[:0])
	for _, d := range differ {
		heads[d.row] = t.search(keys, int(d.row), hash[d.row])
	}
	p.pairs, p.differ = pairs[:0], differ[:0]
}

// search finds one row whose first candidate was another key.
func (t *JoinTable) search(keys []*vector.Vector, row int, h uint64) uint32 {
	mask := uint64(len(t.slots) - 1)
	at := h & mask
	for s := t.slots[at]; s != 0; s = t.slots[at] {
		if head := uint32(s & rowMask); s>>rowBits == h>>rowBits && equalRows(t.keys, int(head-1), keys, row) {
			return head
		}
		at = (at + 1) & mask
	}
	return 0
}
