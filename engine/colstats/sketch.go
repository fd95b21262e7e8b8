package colstats

import (
	"math"
	"math/bits"
)

// precision is the number of hash bits that choose a register: 2^12 registers of one byte, a standard error of 1.6 %.
const precision = 12

// sketch is a HyperLogLog counter of distinct 64-bit hashes (Flajolet et al. 2007) with linear counting for small sets.
type sketch struct{ registers []uint8 }

func newSketch() sketch { return sketch{registers: make([]uint8, 1<<precision)} }

func (s *sketch) add(h uint64) {
	i := h >> (64 - precision)
	rank := uint8(bits.LeadingZeros64(h<<precision|1<<(precision-1))) + 1
	if rank > s.registers[i] {
		s.registers[i] = rank
	}
}

func (s *sketch) merge(o sketch) {
	for i, r := range o.registers {
		if r > s.registers[i] {
			s.registers[i] = r
		}
	}
}

func (s *sketch) estimate() int64 {
	m := float64(len(s.registers))
	sum, zeros := 0.0, 0
	for _, r := range s.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		e = m * math.Log(m/float64(zeros))
	}
	return int64(e + 0.5)
}

// mix hashes an integer by two rounds of xor-shift-multiply (the finaliser of MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
