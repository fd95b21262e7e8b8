package stage

import "skep/dialect/plan"

const (
	// baseMemory is what a task needs for batches on their way, buffers of readers and of exchanges.
	baseMemory = 8 << 20
	// sinkMemory is what files being written need.
	sinkMemory = 32 << 20
	// heldPercent is the size of rows in hash tables and sorts in per cent of that in exchanges: they are unpacked there, and found by
	// hashes or ordered by keys.
	heldPercent = 150 * packed
)

// Memory estimates what a task of the stage holds at a time: so many bytes, and so many per cent of what it reads. Operators that hold their whole
// input are counted once: what one of them makes of it is no larger, as a rule, and they spill when it is.
func (s *Stage) Memory() (bytes, percent int64) {
	bytes = baseMemory
	if s.Sink >= 0 {
		bytes += sinkMemory
	}
	if !holds(s.Root) {
		return bytes, 0
	}
	if len(s.Scans) > 0 { // of which few columns are read, as a rule, and grouped by tables that are kept small
		return bytes, 100
	}
	return bytes, heldPercent
}

// holds reports whether an operator of a fragment holds rows.
func holds(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Join, *plan.Aggregate, *plan.Window:
		return true
	case *plan.Sort:
		if n.Limit < 0 {
			return true
		}
	}
	for _, in := range n.Inputs() {
		if holds(in) {
			return true
		}
	}
	return false
}
