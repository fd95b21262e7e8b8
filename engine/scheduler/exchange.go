package scheduler

import "slices"

// sizeExchange divides a stage that reads ranges of partitions: even ranges of
// the inputs' real sizes, and partitions that are far too large cut by producer
// tasks. It returns false when it asked for sizes.
func (c *Core) sizeExchange(j *job, s *stage, rec *RecStageSized) bool {
	var all []int
	for k := range rec.Patterns {
		if rec.Patterns[k] == AllToAll {
			all = append(all, k)
		}
	}
	parts := int(j.stages[s.spec.Inputs[all[0]].From].partitions)
	both := make([]int64, parts)
	var total int64
	for _, k := range all {
		for p, b := range j.stages[s.spec.Inputs[k].From].sums {
			both[p] += b
			total += b
		}
	}
	target := c.exchangeTarget(s, total)
	least, most := s.bounds()
	cuts := c.isolate(j, s, all, EvenRanges(both, target, least, most, 0), target)

	skew := c.skewed(j, s, all, cuts, target)
	if len(skew) > 0 && !c.sizesKnown(j, s, skew) {
		return false
	}
	rec.Ranges = make([][]Range, len(rec.Patterns))
	for r := 0; r+1 < len(cuts); r++ {
		lo, hi := cuts[r], cuts[r+1]
		pieces := c.pieces(j, s, all, lo, skew, target)
		for _, piece := range pieces {
			var bytes int64
			for n, k := range all {
				from := &j.stages[s.spec.Inputs[k].From]
				rg := Range{lo, hi, 0, int32(len(from.tasks))}
				if piece != nil && piece[n].hi > 0 {
					rg.MapLo, rg.MapHi = piece[n].lo, piece[n].hi
					bytes += piece[n].bytes
				} else {
					for _, b := range from.sums[lo:hi] {
						bytes += b
					}
				}
				rec.Ranges[k] = append(rec.Ranges[k], rg)
			}
			rec.Bytes = append(rec.Bytes, bytes)
		}
	}
	rec.Tasks = int32(len(rec.Bytes))
	return true
}

// skewedPartition is one side of a partition that will be cut by producer tasks.
type skewedPartition struct {
	input, n  int // index in Inputs, and among the all-to-all inputs
	partition int32
	target    int64
}

// skewed finds the sides of partitions that are more than a few times both the
// median and the target. Only those that are a range by themselves are cut.
func (c *Core) skewed(j *job, s *stage, all []int, cuts []int32, target int64) []skewedPartition {
	var found []skewedPartition
	if s.spec.Tasks > 0 {
		return nil
	}
	for n, k := range all {
		if !s.spec.Inputs[k].Splittable {
			continue
		}
		from := &j.stages[s.spec.Inputs[k].From]
		if len(from.tasks) < 2 {
			continue
		}
		limit := c.skewLimit(s, from, target)
		if limit >= from.bytes {
			continue
		}
		var rest, count int64
		first := len(found)
		for r := 0; r+1 < len(cuts); r++ {
			p := cuts[r]
			if b := from.sums[p]; cuts[r+1]-p == 1 && b > limit {
				found = append(found, skewedPartition{k, n, p, 0})
			} else {
				for _, b := range from.sums[p:cuts[r+1]] {
					rest += b
					count++
				}
			}
		}
		for i := first; i < len(found); i++ {
			found[i].target = max(target, rest/max(count, 1))
			if s.spec.SkewRows > 0 {
				found[i].target = min(found[i].target, limit)
			}
		}
	}
	return found
}

// skewLimit is the size above which a partition of an input is skewed.
func (c *Core) skewLimit(s, from *stage, target int64) int64 {
	z := &c.cfg.Sizing
	limit := max(z.SkewMin, z.SkewTimesTarget*target)
	if s.spec.SkewRows > 0 {
		limit = int64(float64(s.spec.SkewRows) * float64(from.bytes) / float64(max(from.rows, 1)))
	}
	if limit >= from.bytes {
		return limit
	}
	return max(limit, z.SkewFactor*median(from.sums))
}

// isolate makes ranges of their own of partitions that are skewed by the rows that the stage names; by size they are anyway.
func (c *Core) isolate(j *job, s *stage, all []int, cuts []int32, target int64) []int32 {
	if s.spec.SkewRows <= 0 || s.spec.Tasks > 0 {
		return cuts
	}
	out := slices.Clone(cuts)
	for _, k := range all {
		from := &j.stages[s.spec.Inputs[k].From]
		if !s.spec.Inputs[k].Splittable || len(from.tasks) < 2 {
			continue
		}
		limit := c.skewLimit(s, from, target)
		for p, b := range from.sums {
			if b > limit {
				out = append(out, int32(p), int32(p)+1)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sizesKnown asks for the sizes by producer task that are not there yet.
func (c *Core) sizesKnown(j *job, s *stage, skew []skewedPartition) bool {
	known := true
	for _, sk := range skew {
		a := s.askedFor(sk.input, sk.partition)
		if a == nil {
			s.asked = append(s.asked, askedSizes{input: sk.input, partition: sk.partition})
			known = false
		} else if a.bytes == nil {
			known = false
		}
	}
	if !known {
		s.state = stageAsking
		c.ask(j, s)
	}
	return known
}

func (s *stage) askedFor(input int, partition int32) *askedSizes {
	for i := range s.asked {
		if a := &s.asked[i]; a.input == input && a.partition == partition {
			return a
		}
	}
	return nil
}

// ask sends the open questions, one action per input.
func (c *Core) ask(j *job, s *stage) {
	s.askedAt = c.now
	for k, in := range s.spec.Inputs {
		var open []int32
		for _, a := range s.asked {
			if a.input == k && a.bytes == nil {
				open = append(open, a.partition)
			}
		}
		if open != nil {
			c.emit(AskSizes{Job: j.id, Stage: in.From, Epoch: j.stages[in.From].epoch, Partitions: open})
		}
	}
}

func (c *Core) partitionSizes(e PartitionSizes) {
	j := c.job(e.Job)
	if j == nil || j.state != JobRunning || e.Stage < 0 || int(e.Stage) >= len(j.stages) {
		return
	}
	from := &j.stages[e.Stage]
	if from.epoch != e.Epoch || len(e.Bytes) != len(from.tasks) {
		return
	}
	for _, k := range from.consumers {
		s := &j.stages[k]
		if s.state != stageAsking {
			continue
		}
		open := false
		for i := range s.asked {
			a := &s.asked[i]
			if s.spec.Inputs[a.input].From == e.Stage && a.partition == e.Partition && a.bytes == nil {
				a.bytes = e.Bytes
			}
			open = open || a.bytes == nil
		}
		if !open {
			s.state = stageWaiting // sized by the next advance
		}
	}
}

// mapRange is a piece of one side: producer tasks [lo, hi); hi 0: all of them.
type mapRange struct {
	lo, hi int32
	bytes  int64
}

// pieces are the tasks that a range is read by: one (nil) normally; for a
// skewed partition the product of the pieces of its sides, so that each pair of
// rows of the two sides meets in exactly one task.
func (c *Core) pieces(j *job, s *stage, all []int, partition int32, skew []skewedPartition, target int64) [][]mapRange {
	var sides []skewedPartition
	for _, sk := range skew {
		if sk.partition == partition {
			sides = append(sides, sk)
		}
	}
	if len(sides) == 0 {
		return [][]mapRange{nil}
	}
	cut := make([][]mapRange, len(sides))
	for grow := 1.0; ; grow *= 1.1 {
		product := 1
		for i, sk := range sides {
			bytes := s.askedFor(sk.input, partition).bytes
			cuts := splitMaps(bytes, int64(float64(sk.target)*grow))
			cut[i] = cut[i][:0]
			for q := 0; q+1 < len(cuts); q++ {
				m := mapRange{lo: cuts[q], hi: cuts[q+1]}
				for _, b := range bytes[m.lo:m.hi] {
					m.bytes += b
				}
				cut[i] = append(cut[i], m)
			}
			product *= len(cut[i])
		}
		if product <= c.cfg.Sizing.MaxCombinations {
			break
		}
	}
	out := [][]mapRange{make([]mapRange, len(all))}
	for i, sk := range sides {
		var next [][]mapRange
		for _, combo := range out {
			for _, m := range cut[i] {
				full := append([]mapRange(nil), combo...)
				full[sk.n] = m
				next = append(next, full)
			}
		}
		out = next
	}
	return out
}
