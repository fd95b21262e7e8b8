package colstats

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
		var long, text, double sketch = newSketch(), newSketch(), newSketch()
		half := [2]sketch{newSketch(), newSketch()}
		for i := range c.n {
			long.add(hashLong(uint64(i*7919 - 3000)))
			text.add(hashBytes([]byte("val_" + strconv.FormatInt(i, 10))))
			double.add(hashLong(math.Float64bits(float64(i) * 0.37)))
			half[i%2].add(hashLong(uint64(i*7919 - 3000)))
		}
		if a, b, d := long.estimate(), text.estimate(), double.estimate(); a != c.long || b != c.text || d != c.double {
			t.Errorf("%d values: %d, %d, %d, Hive says %d, %d, %d", c.n, a, b, d, c.long, c.text, c.double)
		}
		if _, n, ok := Union(half[0].encode(), half[1].encode()); !ok || n != c.long {
			t.Errorf("%d values in two sketches: %d %v, Hive says %d", c.n, n, ok, c.long)
		}
	}
}
