package stage

import "skep/dialect/plan"

// Write is a plan whose rows go to a sink.
type Write struct {
	Root plan.Node
	// Merge asks for few files; nil: each task writes its own, in any order.
	Merge *Merge
}

// Merge says when files are too small and how large they should be.
//
// Rows that would end in files that are too small are sent to fewer tasks before they are written, rather than written, read and
// written again: what is staged and granted is then what is committed, any format will do, and how many tasks there are follows from
// the real size of the rows.
type Merge struct {
	// Keys are columns of the root whose values choose the directory of a row. There is none where all rows go to one directory.
	Keys []plan.Column
	// Open is the number of directories that a task can write to at a time.
	Open int
	// Always asks for it whatever sizes are expected, Never says that tasks write what they have.
	Always, Never bool
	// Least is the average size of files in bytes below which they are too small, Most the size that they should not exceed.
	Least, Most int64
}

// packed is how much smaller rows in files and exchanges are, roughly, than their values as 8 bytes each.
const packed = 4

// merged sends the rows of a write to as few tasks as its files should be, when they are expected to be too small otherwise: moved
// says that it does, to tasks that do nothing but write.
func (c *cutter) merged(p part, w Write) (_ part, moved bool) {
	m := w.Merge
	switch {
	case m == nil:
		return p, false
	case p.single, m.Never, !m.Always && !c.smallFiles(p, w):
		return c.byDirectory(p, w), false
	}
	keys := references(m.Keys)
	if len(keys) > 0 && p.together(keys) {
		return c.byDirectory(p, w), false // every directory is written by one task
	}
	d := Hash
	if len(keys) == 0 || sorted(w.Root) {
		d, keys = Pass, nil // keeps the order of rows
	}
	p, _ = c.exchange(p, d, keys, plan.OutputSet(w.Root), w.Root)
	return c.byDirectory(p, w), true
}

// byDirectory sorts the rows of a task by directories, if they are expected to be too many to be written at a time. Rows of a
// directory stay in their order.
func (c *cutter) byDirectory(p part, w Write) part {
	if c.directories(w) <= float64(w.Merge.Open)/2 {
		return p
	}
	s := &plan.Sort{Input: p.node, Limit: -1, Partial: true}
	for _, k := range w.Merge.Keys {
		s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(k), NullsFirst: true})
	}
	p.node = s
	return p
}

// directories estimates how many there are; negative: unknown.
func (c *cutter) directories(w Write) float64 {
	if len(w.Merge.Keys) == 0 {
		return 1
	}
	a := &plan.Aggregate{Input: w.Root}
	for _, k := range w.Merge.Keys {
		a.Keys = append(a.Keys, plan.Assign{Column: k, Expr: plan.NewColumnRef(k)})
	}
	return c.rows(a)
}

// smallFiles reports whether the files of a write are expected to be too small when each task of p writes its own ones.
func (c *cutter) smallFiles(p part, w Write) bool {
	bytes, read, directories := c.bytes(w.Root, w.Root.Columns()), c.bytesRead(p.node), c.directories(w)
	if bytes < 0 || read < 0 || directories < 0 {
		return true
	}
	files := max(directories, 1) * c.tasksFor(read)
	return bytes/packed < float64(w.Merge.Least)*files
}

// tasksFor estimates the number of tasks that read so many bytes: the scheduler's sizing, roughly.
func (c *cutter) tasksFor(read float64) float64 {
	const least, most = 16 << 20, 256 << 20
	read /= packed
	return max(1, min(read/least, float64(3*max(c.options.MinPartitions, 2)/2)), read/most)
}

// bytesRead estimates the size of what the tasks of a fragment share out; negative when unknown.
func (c *cutter) bytesRead(n plan.Node) float64 {
	switch n := n.(type) {
	case *plan.Scan:
		return c.bytes(n, n.Cols)
	case *plan.RemoteSource:
		if e := c.graph.Exchanges[n.Exchange]; e.Distribution != Broadcast {
			return e.Bytes
		}
		return 0
	}
	sum := 0.0
	for _, in := range n.Inputs() {
		b := c.bytesRead(in)
		if b < 0 {
			return b
		}
		sum += b
	}
	return sum
}

// sorted reports whether the rows of a plan come in an order that somebody asked for.
func sorted(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort:
		return true
	case *plan.Project, *plan.Filter, *plan.Limit:
		return sorted(n.Inputs()[0])
	}
	return false
}
