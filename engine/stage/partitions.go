package stage

const (
	// partitionBytes is the estimated size of a partition. A task reads some eight, so that ranges of them are even.
	partitionBytes = 2 << 20
	maxPartitions  = 4096
)

// sizePartitions sets the number of partitions of exchanges that are divided. Those that one stage reads have the same number, that
// of the largest; through exchanges that several stages read, this concerns stages that have nothing else in common.
func (c *cutter) sizePartitions() {
	g := c.graph
	group := make([]int, len(g.Exchanges)) // union-find
	for i := range group {
		group[i] = i
	}
	var find func(x int) int
	find = func(x int) int {
		if group[x] != x {
			group[x] = find(group[x])
		}
		return group[x]
	}
	divided := func(x int) bool {
		return g.Exchanges[x].Distribution.divided()
	}
	for _, s := range g.Stages {
		first := -1
		for _, x := range s.Reads {
			if !divided(x) {
				continue
			}
			if first < 0 {
				first = x
			}
			group[find(x)] = find(first)
		}
	}
	partitions := make([]int, len(g.Exchanges)) // by group
	for x, e := range g.Exchanges {
		if divided(x) {
			partitions[find(x)] = max(partitions[find(x)], c.partitionsFor(e.Bytes))
		}
	}
	for x, e := range g.Exchanges {
		if divided(x) {
			e.Partitions = partitions[find(x)]
		}
	}
}

// partitionsFor is the number of partitions for an estimated size; negative: unknown.
func (c *cutter) partitionsFor(bytes float64) int {
	if n := c.options.Partitions; n > 0 {
		return min(n, maxPartitions)
	}
	n := 1
	for n < maxPartitions && float64(n)*partitionBytes < bytes {
		n *= 2
	}
	return min(max(n, c.options.MinPartitions, 1), maxPartitions)
}
