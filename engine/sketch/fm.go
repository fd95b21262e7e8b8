package sketch

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// FM counts distinct values by the bit vectors of Flajolet and Martin (Probabilistic Counting Algorithms, 1985), a vector for
// each of its linear hash functions, as Hive's compute_stats(x, 'fm', n) does.
type FM struct {
	a, b    []int32
	vectors []uint32
}

const (
	fmBits     = 31
	fmModulus  = 1<<fmBits - 1 // a prime
	fmMagic    = "FM"
	fmSeedA    = 99397
	fmSeedB    = 9876413
	fmConstant = 0.77351 // Flajolet and Martin's φ
)

// NewFM returns a sketch of n vectors that has seen nothing.
func NewFM(n int) *FM {
	return &FM{a: oddNumbers(fmSeedA, n), b: oddNumbers(fmSeedB, n), vectors: make([]uint32, n)}
}

// oddNumbers draws n odd numbers from Java's generator; even ones would leave the lowest bit of every hash alone. What Hive adds to
// negative ones is half the modulus, so that they may stay negative.
func oddNumbers(seed int64, n int) []int32 {
	state := uint64(seed) ^ 0x5DEECE66D
	out := make([]int32, n)
	for i := range out {
		for {
			state = (state*0x5DEECE66D + 0xB) & (1<<48 - 1)
			if out[i] = int32(state >> 16); out[i]%2 != 0 {
				break
			}
		}
		if out[i] < 0 {
			out[i] += 1 << (fmBits - 1)
		}
	}
	return out
}

// Bytes is the memory that the sketch holds.
func (s *FM) Bytes() int64 { return int64(12 * len(s.vectors)) }

// Add takes a value: an integer, or the 32-bit Java hash of another one.
func (s *FM) Add(v int64) {
	for i := range s.vectors {
		h := (int64(s.a[i])*v + int64(s.b[i])) % fmModulus
		if h < 0 {
			h += fmModulus
		}
		s.vectors[i] |= 1 << min(bits.TrailingZeros64(uint64(h)), fmBits)
	}
}

// Merge adds what o, of as many vectors, has seen.
func (s *FM) Merge(o *FM) {
	for i, v := range o.vectors {
		s.vectors[i] |= v
	}
}

// Estimate returns the estimated number of distinct values, at least 1 where there are vectors.
func (s *FM) Estimate() int64 {
	sum := 0
	for _, v := range s.vectors {
		sum += bits.TrailingZeros32(^v)
	}
	mean := float64(sum) / float64(len(s.vectors))
	if mean -= math.Log(fmConstant) / math.Log(2); math.IsNaN(mean) {
		return 0 // no vectors
	}
	return int64(math.Pow(2, mean))
}

// Serialize returns the sketch as Hive writes it: magic, number of vectors, vectors.
func (s *FM) Serialize() []byte {
	b := binary.LittleEndian.AppendUint16([]byte(fmMagic), uint16(len(s.vectors)))
	for _, v := range s.vectors {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// DecodeFM reads what Serialize wrote; ok is false for other bytes.
func DecodeFM(b []byte) (s *FM, ok bool) {
	if len(b) < 4 || string(b[:2]) != fmMagic || len(b) != 4+4*int(binary.LittleEndian.Uint16(b[2:])) {
		return nil, false
	}
	s = NewFM(int(binary.LittleEndian.Uint16(b[2:])))
	for i := range s.vectors {
		s.vectors[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	return s, true
}
