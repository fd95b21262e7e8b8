package function

import (
	"hash/maphash"
	"sync/atomic"

	"skep/engine/vector"
)

// Seeds gives each random call of a query's fragment a seed: the same in every run that compiles the same expressions in the same
// order. It is safe for concurrent use.
type Seeds struct {
	base uint64
	n    atomic.Uint64
}

// NewSeeds returns the seeds that follow from base.
func NewSeeds(base uint64) *Seeds { return &Seeds{base: base} }

// next is the splitmix64 generator, which never gives two equal numbers in a row.
func (s *Seeds) next() uint64 {
	x := s.base + s.n.Add(1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return max(x^x>>31, 1)
}

// start is where a random call starts.
func (e *Env) start() uint64 {
	if e != nil && e.seed != 0 {
		return e.seed
	}
	return new(maphash.Hash).Sum64() // random per hash
}

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
func random(env *Env, call *Call) Kernel {
	var r JavaRandom
	started := false
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			if !started {
				seed := int64(env.start())
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
