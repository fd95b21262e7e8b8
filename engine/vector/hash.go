package vector

import (
	"encoding/binary"
	"math/bits"
)

const (
	mix1 = 0x9e3779b97f4a7c15
	mix2 = 0xbf58476d1ce4e5b9
	mix3 = 0xd6e8feb86659fd93
)

// MixWord mixes all bits of a word into all others: a bijection (multiply-xorshift finaliser).
func MixWord(x uint64) uint64 {
	x ^= x >> 32
	x *= mix3
	x ^= x >> 29
	x *= mix1
	return x ^ x>>32
}

// HashBytes hashes a byte string: FoldBytes, with its bits mixed.
func HashBytes(s []byte) uint64 { return MixWord(FoldBytes(s)) }

// FoldBytes folds a byte string into a word by 64×64-bit multiplications (after wyhash). Its bits are not mixed enough to index a
// table by.
func FoldBytes(s []byte) uint64 {
	h := uint64(len(s)) * mix1
	for len(s) > 16 {
		h = fold(binary.LittleEndian.Uint64(s)^mix2, binary.LittleEndian.Uint64(s[8:])^h)
		s = s[16:]
	}
	var a, b uint64
	switch {
	case len(s) >= 8:
		a, b = binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[len(s)-8:])
	case len(s) >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(s)), uint64(binary.LittleEndian.Uint32(s[len(s)-4:]))
	case len(s) > 0:
		a = uint64(s[0])<<16 | uint64(s[len(s)>>1])<<8 | uint64(s[len(s)-1])
	}
	return fold(a^mix2, b^h^mix3)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
