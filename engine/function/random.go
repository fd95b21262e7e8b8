package function

import (
	"hash/maphash"

	"skep/engine/vector"
)

// JavaRandom is java.util.Random: a linear congruential generator of 48 bits.
type JavaRandom struct{ state int64 }

const (
	randomMultiplier = 0x5DEECE66D
	randomMask       = 1<<48 - 1
)

// NewJavaRandom starts a generator from a seed.
func NewJavaRandom(seed int64) JavaRandom { return JavaRandom{(seed ^ randomMultiplier) & randomMask} }

func (r *JavaRandom) next(bits uint) int64 {
	r.state = (r.state*randomMultiplier + 0xB) & randomMask
	return int64(int32(r.state >> (48 - bits)))
}

// Double is nextDouble: 53 random bits.
func (r *JavaRandom) Double() float64 {
	return float64(r.next(26)<<27+r.next(27)) / (1 << 53)
}

// random is rand([seed]). Each worker has its own sequence, which the seed starts.
func random(_ *Env, call *Call) Kernel {
	var r JavaRandom
	started := false
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			if !started {
				seed := int64(new(maphash.Hash).Sum64()) // random per hash
				if len(args) > 0 && !isNull(args[0], i) {
					s := ints(args[0])
					seed = s.at(i)
				}
				r, started = NewJavaRandom(seed), true
			}
			out.F64[i] = r.Double()
		})
		return nil
	}
}
