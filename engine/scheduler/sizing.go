package scheduler

import (
	"math/bits"
	"slices"
)

// EvenRanges cuts consecutive sizes into ranges: range i is [cuts[i],
// cuts[i+1]). It sweeps upward and closes a range where the next size would
// take it beyond limit or beyond width elements (0: no bound); then the limit
// is bisected, first so that the number of ranges lies within least and most
// (0: no bound), then to the smallest that gives this number, which makes the
// ranges as even as consecutive ones can be. (The method of Flink's adaptive
// batch scheduler.) A range of one element may exceed the limit. Where
// no limit gives a number within the bounds the ranges have equal counts of
// elements. No sizes give no ranges.
func EvenRanges(sizes []int64, limit int64, least, most, width int) []int32 {
	n := len(sizes)
	if n == 0 {
		return []int32{0}
	}
	least = min(max(least, 1), n)
	if most <= 0 || most > n {
		most = n
	}
	most = max(most, least)
	var total, smallest, largest int64
	smallest = sizes[0]
	for _, s := range sizes {
		total += s
		smallest, largest = min(smallest, s), max(largest, s)
	}
	limit = max(limit, 1)
	count := func(l int64) int { return sweep(sizes, l, width, nil) }
	p := count(limit)
	if p < least {
		// The largest limit below this one that gives enough ranges.
		lo, hi := smallest, limit
		for lo < hi {
			mid := lo + (hi-lo+1)/2
			if count(mid) >= least {
				lo = mid
			} else {
				hi = mid - 1
			}
		}
		limit = lo
	} else if p > most {
		// The smallest limit above this one that gives few enough.
		lo, hi := limit, max(total, limit)
		for lo < hi {
			mid := lo + (hi-lo)/2
			if count(mid) <= most {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		limit = lo
	}
	p = count(limit)
	if p < least || p > most {
		p = min(max(p, least), most)
		cuts := make([]int32, p+1)
		for i := range cuts {
			cuts[i] = int32(i * n / p)
		}
		return cuts
	}
	lo, hi := max(total/int64(p)/2, 1), limit
	for lo < hi {
		mid := lo + (hi-lo)/2
		if count(mid) <= p {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if count(lo) != p {
		lo = limit // width closed ranges so that fewer are not reached by a smaller limit
	}
	cuts := make([]int32, 1, p+1)
	sweep(sizes, lo, width, &cuts)
	return cuts
}

// sweep counts the ranges a limit gives and, with cuts, appends their ends.
func sweep(sizes []int64, limit int64, width int, cuts *[]int32) int {
	ranges, start, sum := 1, 0, int64(0)
	for i, s := range sizes {
		if i > start && (sum+s > limit || (width > 0 && i-start >= width)) {
			if cuts != nil {
				*cuts = append(*cuts, int32(i))
			}
			ranges++
			start, sum = i, 0
		}
		sum += s
	}
	if cuts != nil {
		*cuts = append(*cuts, int32(len(sizes)))
	}
	return ranges
}

// splitMaps cuts the producer tasks of one skewed partition, of which each has
// bytes[task], into consecutive pieces of about target bytes: a piece ends where
// the next task would take it beyond the target, and is joined to the one
// before when both together are below 1.2 targets or one is below 0.2 of it.
func splitMaps(bytes []int64, target int64) []int32 {
	target = max(target, 1)
	var cuts []int32
	var sums []int64
	closePiece := func(end int, sum int64) {
		if k := len(sums); k > 0 {
			last := sums[k-1]
			if 5*(last+sum) < 6*target || 5*last < target || 5*sum < target {
				sums[k-1] += sum
				cuts[len(cuts)-1] = int32(end)
				return
			}
		}
		sums = append(sums, sum)
		cuts = append(cuts, int32(end))
	}
	start, sum := 0, int64(0)
	for i, b := range bytes {
		if i > start && sum+b > target {
			closePiece(i, sum)
			start, sum = i, 0
		}
		sum += b
	}
	if start < len(bytes) {
		closePiece(len(bytes), sum)
	}
	return slices.Insert(cuts, 0, 0)
}

// median of sizes; 0 of none. It sorts a copy.
func median(sizes []int64) int64 {
	if len(sizes) == 0 {
		return 0
	}
	s := slices.Clone(sizes)
	slices.Sort(s)
	return s[len(s)/2]
}

// InitialPartitions is how many partitions an exchange of about so many bytes
// should have before its real size is known: a power of two of pieces of
// 16 MB, at least twice the slots and at most 4096, so that sizing by ranges
// has something to choose from.
func InitialPartitions(estimate int64, slots int) int {
	pieces := uint64(max(estimate, 1)-1) >> 24
	r := 1 << bits.Len64(pieces)
	return min(max(r, 2*slots, 1), 4096)
}

func clamp(v, lo, hi int64) int64 { return max(lo, min(v, hi)) }
