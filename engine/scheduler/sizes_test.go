package scheduler

import (
	"math"
	"testing"
)

func TestSizeCodes(t *testing.T) {
	last := byte(0)
	for n := int64(0); n < 1<<34; n += 1 + n/97 {
		c := EncodeSize(n)
		if c < last {
			t.Fatalf("code of %d is %d, below that of a smaller size, %d", n, c, last)
		}
		last = c
		if (c == 0) != (n == 0) {
			t.Fatalf("code of %d is %d", n, c)
		}
		if d := DecodeSize(c); n > 100 && math.Abs(float64(d-n)) > 0.055*float64(n) {
			t.Fatalf("%d is read back as %d", n, d)
		}
	}
	if c := EncodeSize(math.MaxInt64); c != 255 {
		t.Fatalf("code of the largest size is %d", c)
	}
}
