package scheduler

import (
	"math"
	"sort"
)

// Sizes per partition travel as one byte each on a log scale: code c > 0 stands
// for about 1.1^c bytes (so to within 5 %), 0 for none. The scale reaches
// beyond 3.5·10^10 bytes per producer task and partition. (Spark's map statuses
// use the same base.)

var sizeOfCode = func() (t [256]int64) {
	for c := 1; c < len(t); c++ {
		t[c] = int64(math.Round(math.Pow(1.1, float64(c))))
	}
	return t
}()

// sizeBound[c] is the largest size with code ≤ c: the middle between neighbours.
var sizeBound = func() (t [256]int64) {
	for c := 1; c < len(t)-1; c++ {
		t[c] = (sizeOfCode[c] + sizeOfCode[c+1]) / 2
	}
	t[255] = math.MaxInt64
	return t
}()

// EncodeSize gives the one-byte code of a size in bytes. Only 0 has code 0.
func EncodeSize(bytes int64) byte {
	if bytes <= 0 {
		return 0
	}
	return byte(1 + sort.Search(254, func(i int) bool { return bytes <= sizeBound[i+1] }))
}

// DecodeSize gives the size a code stands for.
func DecodeSize(code byte) int64 { return sizeOfCode[code] }
