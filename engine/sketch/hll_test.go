package sketch

import (
	"math"
	"strconv"
	"testing"
)

// TestSketchAsHive compares with what Hive 4.0.1's estimator answers for the same values.
func TestSketchAsHive(t *testing.T) {
	for _, c := range []struct{ n, long, text, double int64 }{
		{0, 1, 1, 1}, {1, 1, 1, 1}, {5, 5, 5, 5}, {100, 100, 100, 100}, {153, 153, 153, 153}, {154, 152, 155, 151},
		{309, 312, 311, 305}, {880, 874, 902, 849}, {1000, 1004, 1017, 991}, {1500, 1469, 1527, 1492}, {3000, 3027, 3024, 3050},
		{6000, 6149, 6019, 6140}, {20000, 19938, 20409, 19823}, {100000, 99689, 100085, 101827},
	} {
		long, text, double := NewHLL(), NewHLL(), NewHLL()
		half := [2]HLL{NewHLL(), NewHLL()}
		for i := range c.n {
			long.Add(HashLong(uint64(i*7919 - 3000)))
			text.Add(HashBytes([]byte("val_" + strconv.FormatInt(i, 10))))
			double.Add(HashLong(math.Float64bits(float64(i) * 0.37)))
			half[i%2].Add(HashLong(uint64(i*7919 - 3000)))
		}
		if a, b, d := long.Estimate(), text.Estimate(), double.Estimate(); a != c.long || b != c.text || d != c.double {
			t.Errorf("%d values: %d, %d, %d, Hive says %d, %d, %d", c.n, a, b, d, c.long, c.text, c.double)
		}
		union, ok := DecodeHLL(half[0].Encode())
		other, ok2 := DecodeHLL(half[1].Encode())
		if union.Merge(other); !ok || !ok2 || union.Estimate() != c.long {
			t.Errorf("%d values in two sketches: %d, Hive says %d", c.n, union.Estimate(), c.long)
		}
	}
}
