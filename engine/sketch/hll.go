// Package sketch estimates the number of distinct values as Hive does, to the same number and the same bytes.
package sketch

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// precision is the number of hash bits that choose a register of a sketch for statistics: 2^10 registers of one byte, a standard error
// of 3.25 %. Hive's approx_distinct takes finePrecision instead.
const (
	precision     = 10
	finePrecision = 12
)

// fineBits is the number of hash bits by which a small set is counted almost exactly.
const fineBits = 25

// maxFine is the largest set that is counted by fineBits: Hive's bound for a sketch of so many registers.
func maxFine(registers int) int { return registers * 6 / 8 / 5 }

// HLL counts distinct 64-bit hashes as Hive's size-optimised HyperLogLog does, to the same number: linear counting over
// 2^25 places for small sets, then HyperLogLog (Flajolet et al. 2007) with the bias correction of Heule et al. (2013).
type HLL struct {
	registers []uint8
	fine      []uint32 // places taken, ascending; meaningless once dense
	dense     bool
}

// NewHLL returns a sketch of nothing, of the precision that statistics have.
func NewHLL() HLL { return HLL{registers: make([]uint8, 1<<precision)} }

// NewFineHLL returns a sketch of nothing, of the precision that approx_distinct has.
func NewFineHLL() HLL { return HLL{registers: make([]uint8, 1<<finePrecision)} }

// precision is the number of hash bits that choose a register.
func (s *HLL) precision() int { return bits.TrailingZeros(uint(len(s.registers))) }

// Bytes is the memory that the sketch holds.
func (s *HLL) Bytes() int64 { return int64(cap(s.registers) + 4*cap(s.fine)) }

// Add takes a hash, of HashLong or another of this package.
func (s *HLL) Add(h uint64) {
	i := h & uint64(len(s.registers)-1)
	rank := uint8(bits.TrailingZeros64(h>>s.precision())) + 1
	if rank > s.registers[i] {
		s.registers[i] = rank
	}
	if !s.dense {
		s.place(uint32(h & (1<<fineBits - 1)))
	}
}

func (s *HLL) place(p uint32) {
	i, found := slices.BinarySearch(s.fine, p)
	if found {
		return
	}
	if s.fine = slices.Insert(s.fine, i, p); len(s.fine) > maxFine(len(s.registers)) {
		s.fine, s.dense = nil, true
	}
}

// Merge adds what o, of the same precision, has seen.
func (s *HLL) Merge(o HLL) {
	for i, r := range o.registers {
		if r > s.registers[i] {
			s.registers[i] = r
		}
	}
	if o.dense {
		s.fine, s.dense = nil, true
	}
	for _, p := range o.fine {
		if s.dense {
			break
		}
		s.place(p)
	}
}

// Estimate returns the number of distinct hashes, at least 1.
func (s *HLL) Estimate() int64 { return max(s.count(), 1) }

func (s *HLL) count() int64 {
	if !s.dense {
		return linear(1<<fineBits, 1<<fineBits-len(s.fine))
	}
	m, bias := len(s.registers), coarse
	if m == 1<<finePrecision {
		bias = fine
	}
	sum, zeros := 0.0, 0
	for _, r := range s.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	// single precision, as Hive computes it
	alpha := float32(0.7213) / (1 + float32(1.079)/float32(m)) * float32(m) * float32(m)
	n := int64(float64(alpha) * (1 / sum))
	if n <= int64(5*m) {
		n -= bias.at(n)
	}
	h := n
	if zeros != 0 {
		h = linear(m, zeros)
	}
	if h < bias.threshold {
		return h
	}
	return n
}

// linear is the estimate of linear counting: zeros of m places are free.
func linear(m, zeros int) int64 {
	return int64(math.Floor(float64(m)*math.Log(float64(m)/float64(zeros)) + 0.5))
}

// biases are what is known about the estimates of a precision.
type biases struct {
	raw, bias []float64 // raw estimates, ascending, and by how much they are too high
	threshold int64     // below it linear counting is more exact than the corrected estimate
}

var (
	coarse = biases{rawEstimates[:], estimateBias[:], 900}
	fine   = biases{rawEstimates12[:], estimateBias12[:], 3100}
)

// at is the mean bias at the six points nearest to a raw estimate.
func (b *biases) at(n int64) int64 {
	const nearest = 6
	x := float64(n)
	// points are ascending: the nearest six lie next to each other, around x
	hi, _ := slices.BinarySearch(b.raw, x)
	lo := hi
	for hi-lo < nearest {
		if lo > 0 && (hi == len(b.raw) || x-b.raw[lo-1] <= b.raw[hi]-x) {
			lo--
		} else {
			hi++
		}
	}
	sum := 0.0
	for _, d := range b.bias[lo:hi] {
		sum += d
	}
	return int64(sum/nearest + 0.5)
}

// Encode is the form in which a sketch is kept with statistics: the registers, then the places of a small set.
func (s *HLL) Encode() []byte {
	b := append([]byte(nil), s.registers...)
	if s.dense {
		return b
	}
	b = append(b, 0) // tells an empty small set from a large one
	for _, p := range s.fine {
		b = binary.BigEndian.AppendUint32(b, p)
	}
	return b
}

// Decode reads into a sketch, whatever it holds, what Encode wrote of one of the same precision; false for other bytes.
func (s *HLL) Decode(b []byte) bool {
	n := len(s.registers)
	if len(b) < n || len(b) > n && (len(b)-n)%4 != 1 {
		return false
	}
	*s = HLL{registers: slices.Clone(b[:n]), dense: len(b) == n}
	if !s.dense {
		for b = b[n+1:]; len(b) > 0; b = b[4:] {
			s.fine = append(s.fine, binary.BigEndian.Uint32(b))
		}
	}
	return true
}

// DecodeHLL is Decode for a sketch of the precision that statistics have.
func DecodeHLL(b []byte) (HLL, bool) {
	s := NewHLL()
	ok := s.Decode(b)
	return s, ok
}

// The constants of MurmurHash3's 128-bit form, of which Hive's 64-bit hash is one half.
const (
	hashSeed = 104729
	hashC1   = 0x87c37b91114253d5
	hashC2   = 0x4cf5ad432745937f
)

func hashBlock(h, k uint64) uint64 {
	return bits.RotateLeft64(h^bits.RotateLeft64(k*hashC1, 31)*hashC2, 27)*5 + 0x52dce729
}

func hashEnd(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// HashLong is Hive's hash of eight bytes, most significant first.
func HashLong(x uint64) uint64 { return hashEnd(hashBlock(hashSeed, bits.ReverseBytes64(x)) ^ 8) }

// HashInt is Hive's hash of four bytes, most significant first.
func HashInt(x uint32) uint64 {
	return hashEnd(hashSeed ^ bits.RotateLeft64(uint64(bits.ReverseBytes32(x))*hashC1, 31)*hashC2 ^ 4)
}

// HashBytes is Hive's hash of bytes.
func HashBytes(b []byte) uint64 {
	h, n := uint64(hashSeed), uint64(len(b))
	for ; len(b) >= 8; b = b[8:] {
		h = hashBlock(h, binary.LittleEndian.Uint64(b))
	}
	if len(b) > 0 {
		var k uint64
		for i, c := range b {
			k |= uint64(c) << (8 * i)
		}
		h ^= bits.RotateLeft64(k*hashC1, 31) * hashC2
	}
	return hashEnd(h ^ n)
}

// hiveMagic begins an HLL in Hive's own form, and hivePrecision, in the high half of the next byte, says how many bits choose a register.
const (
	hiveMagic    = "HLL"
	hivePlaceBit = 6 // a place is written above the rank of its hash
)

// SerializedEstimate is the estimate that a sketch written by Serialize holds; false for other bytes.
func SerializedEstimate(b []byte) (int64, bool) {
	if s, ok := DecodeFM(b); ok {
		return s.Estimate(), true
	}
	if len(b) < len(hiveMagic)+2 || string(b[:len(hiveMagic)]) != hiveMagic {
		return 0, false
	}
	n, used := binary.Uvarint(b[len(hiveMagic)+1:])
	return int64(n), used > 0
}

// Serialize returns the sketch as Hive writes it: magic, precision and width of a register in one byte, the estimate, then the
// places of a small set with their ranks as differences, or all registers packed to the width of the largest. Numbers are
// seven bits a byte, least significant first.
func (s *HLL) Serialize() []byte {
	b := append([]byte(hiveMagic), byte(s.precision()<<4))
	if !s.dense {
		b = binary.AppendUvarint(b, uint64(s.Estimate()))
		b = binary.AppendUvarint(b, uint64(len(s.fine)))
		last := uint64(0)
		for _, p := range s.fine {
			// Where the bits of a place do not say the rank, the place has the largest rank of its register.
			rank := s.registers[p&uint32(len(s.registers)-1)]
			if p>>s.precision() != 0 {
				rank = uint8(bits.TrailingZeros32(p>>s.precision())) + 1
			}
			entry := uint64(p)<<hivePlaceBit | uint64(rank)
			b = binary.AppendUvarint(b, entry-last)
			last = entry
		}
		return b
	}
	width := bits.Len8(slices.Max(s.registers))
	b[len(b)-1] |= byte(width)
	b = binary.AppendUvarint(b, uint64(s.Estimate()))
	word, held := uint16(0), 0
	for _, r := range s.registers {
		word, held = word<<width|uint16(r), held+width
		for held >= 8 {
			held -= 8
			b = append(b, byte(word>>held))
		}
	}
	return b
}
