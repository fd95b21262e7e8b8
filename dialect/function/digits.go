package function

import "math/bits"

// divideBy10 divides a 128-bit unsigned number by ten.
func divideBy10(hi, lo uint64) (qhi, qlo, rem uint64) {
	qhi, rem = hi/10, hi%10
	qlo, rem = bits.Div64(rem, lo, 10)
	return qhi, qlo, rem
}
