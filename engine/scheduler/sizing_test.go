package scheduler

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// largest is the largest sum of the ranges.
func largest(sizes []int64, cuts []int32) int64 {
	var most int64
	for i := 0; i+1 < len(cuts); i++ {
		var sum int64
		for _, s := range sizes[cuts[i]:cuts[i+1]] {
			sum += s
		}
		most = max(most, sum)
	}
	return most
}

// best is the smallest possible largest sum of n consecutive ranges, by trying all cuts.
func best(sizes []int64, n int) int64 {
	if n == 1 {
		return largest(sizes, []int32{0, int32(len(sizes))})
	}
	least := int64(1) << 62
	var sum int64
	for first := 1; first <= len(sizes)-n+1; first++ {
		sum += sizes[first-1]
		least = min(least, max(sum, best(sizes[first:], n-1)))
	}
	return least
}

func TestEvenRanges(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		sizes := make([]int64, 1+r.IntN(9))
		for i := range sizes {
			sizes[i] = r.Int64N(100)
		}
		limit, least, most, width := 1+r.Int64N(250), r.IntN(5), r.IntN(10), r.IntN(6)
		if most > 0 && most < least {
			least = most
		}
		cuts := EvenRanges(sizes, limit, least, most, width)
		p := len(cuts) - 1
		if cuts[0] != 0 || int(cuts[p]) != len(sizes) || !slices.IsSorted(cuts) || p < 1 {
			t.Fatalf("%v: cuts %v", sizes, cuts)
		}
		for i := range p {
			if cuts[i] == cuts[i+1] {
				t.Fatalf("%v: empty range in %v", sizes, cuts)
			}
		}
		lo, hi := max(1, min(least, len(sizes))), len(sizes)
		if most > 0 {
			hi = max(min(most, len(sizes)), lo)
		}
		if p < lo || p > hi {
			t.Fatalf("%v: %d ranges, bounds %d…%d", sizes, p, lo, hi)
		}
		free := least <= 1 && most == 0 && width == 0
		if free && largest(sizes, cuts) > max(limit, slices.Max(sizes)) {
			t.Fatalf("%v: a range of %d beyond the limit %d", sizes, largest(sizes, cuts), limit)
		}
		if free && largest(sizes, cuts) != best(sizes, p) {
			t.Fatalf("%v in %d ranges: %v has a range of %d, %d is possible", sizes, p, cuts, largest(sizes, cuts), best(sizes, p))
		}
	}
	if cuts := EvenRanges(nil, 1, 0, 0, 0); len(cuts) != 1 {
		t.Fatalf("ranges of nothing: %v", cuts)
	}
}

// TestEvenness: the goal of max/median ≤ 1.3 on exchanges whose keys are spread
// by hash: here 256 partitions of rows of Poisson counts, cut for 8 slots.
func TestEvenness(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		sizes := make([]int64, 256)
		var total int64
		for i := range sizes {
			sizes[i] = 8<<20 + int64(r.NormFloat64()*float64(1<<20))
			total += sizes[i]
		}
		cuts := EvenRanges(sizes, clamp(total/16, 16<<20, 128<<20), 0, 0, 0)
		var sums []int64
		for i := 0; i+1 < len(cuts); i++ {
			sums = append(sums, largest(sizes[cuts[i]:cuts[i+1]], []int32{0, cuts[i+1] - cuts[i]}))
		}
		if m := median(sums); float64(slices.Max(sums)) > 1.3*float64(m) {
			t.Fatalf("largest %d, median %d: %v", slices.Max(sums), m, sums)
		}
	}
}

func TestSplitMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		bytes := make([]int64, 1+r.IntN(40))
		var total int64
		for i := range bytes {
			bytes[i] = r.Int64N(100)
			total += bytes[i]
		}
		target := 1 + r.Int64N(300)
		cuts := splitMaps(bytes, target)
		p := len(cuts) - 1
		if cuts[0] != 0 || int(cuts[p]) != len(bytes) || p < 1 {
			t.Fatalf("%v: %v", bytes, cuts)
		}
		for i := range p {
			if cuts[i] >= cuts[i+1] {
				t.Fatalf("%v: %v", bytes, cuts)
			}
			var sum int64
			for _, b := range bytes[cuts[i]:cuts[i+1]] {
				sum += b
			}
			if cuts[i+1]-cuts[i] > 1 && sum > 2*target+100 {
				t.Fatalf("a piece of %d for a target of %d: %v of %v", sum, target, cuts, bytes)
			}
		}
	}
}

func TestInitialPartitions(t *testing.T) {
	for _, c := range []struct {
		bytes int64
		slots int
		want  int
	}{{0, 1, 2}, {1 << 20, 8, 16}, {16 << 20, 1, 2}, {1 << 30, 8, 64}, {1<<30 + 1, 8, 128}, {1 << 40, 8, 4096}} {
		if got := InitialPartitions(c.bytes, c.slots); got != c.want {
			t.Errorf("%d bytes on %d slots: %d partitions, want %d", c.bytes, c.slots, got, c.want)
		}
	}
}
