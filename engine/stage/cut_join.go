package stage

import (
	"skep/dialect/plan"
	"skep/engine/planner"
)

// join chooses between copying the build side to every task of the probe side and dividing both sides by the hash of the keys.
//
// A copied side must not be one of which each row is to appear once, matched or not, since every task has all of it. Nor may the
// right side of a null-aware join be divided: one NULL in it concerns all rows of the left side.
func (c *cutter) join(n *plan.Join, need plan.ColumnSet) (part, error) {
	above := need.With(n.Residual)
	inner := plan.ColumnSet{}
	for id := range above {
		inner.Add(id)
	}
	for _, k := range n.Keys {
		plan.Refs(k.Left, inner)
		plan.Refs(k.Right, inner)
	}
	left, err := c.cut(n.Left, inner)
	if err != nil {
		return part{}, err
	}
	right, err := c.cut(n.Right, inner)
	if err != nil {
		return part{}, err
	}
	if left.single && right.single {
		return joined(n, left, right), nil
	}
	side, must := c.broadcastSide(n, left, right, inner)
	if !must {
		order := keyOrder(left, leftKeys(n.Keys))
		together := order != nil && sameOrder(order, keyOrder(right, rightKeys(n.Keys))) // the rows are where they must be
		// Where nearly all rows that would be copied have no match, they are filtered where they are scanned, and need not be.
		if together || side != neither && side == c.filteredSide(n, left, right) {
			return c.partitioned(n, left, right, above), nil
		}
	}
	switch {
	case side == buildRight:
		right = c.copied(right, inner, n.Right)
		return c.broadcast(n, left, right, false), nil
	case side == buildLeft:
		left = c.copied(left, inner, n.Left)
		return c.broadcast(n, left, right, true), nil
	case must:
		return joined(n, c.gather(left, inner, n.Left), c.gather(right, inner, n.Right)), nil
	}
	return c.partitioned(n, left, right, above), nil
}

// maxWholePartitions is the number of partitions up to which a table may be read by every task that needs a copy.
const maxWholePartitions = 16

// copied gives each task of another part all rows of p. Those of a small table it reads itself.
func (c *cutter) copied(p part, need plan.ColumnSet, origin plan.Node) part {
	if n, ok := c.whole(p.node); ok && !p.single {
		return part{node: n}
	}
	p, _ = c.exchange(p, Broadcast, nil, need, origin)
	return p
}

// whole makes the scan of a small table, with filters and projections above it, be read as a whole by each task; false when n is something
// else.
func (c *cutter) whole(n plan.Node) (plan.Node, bool) {
	switch n := n.(type) {
	case *plan.Scan:
		if n.Sample != nil || len(n.Partitions) > maxWholePartitions {
			return nil, false
		}
		all := *n
		all.Filter = nil
		if bytes := c.bytes(&all, n.Cols); bytes < 0 || bytes > c.options.Whole {
			return nil, false
		}
		all.Filter, all.Whole = n.Filter, true
		return &all, planner.Stable(n)
	case *plan.Filter, *plan.Project:
		in, ok := c.whole(n.Inputs()[0])
		if !ok || !planner.Stable(n) {
			return nil, false
		}
		return plan.WithInputs(n, []plan.Node{in}), true
	}
	return nil, false
}

// joined joins parts whose rows are where they must be.
func joined(n *plan.Join, left, right part) part {
	return part{node: plan.WithInputs(n, []plan.Node{left.node, right.node}), single: left.single && right.single}
}

// side is the side of a join that is copied to all tasks.
type side uint8

const (
	neither side = iota
	buildLeft
	buildRight
)

// broadcastSide chooses the side to copy. must tells that dividing both sides by keys would be wrong.
func (c *cutter) broadcastSide(n *plan.Join, left, right part, need plan.ColumnSet) (_ side, must bool) {
	mayLeft := n.Kind == plan.InnerJoin || n.Kind == plan.RightJoin
	mayRight := n.Kind != plan.RightJoin && n.Kind != plan.FullJoin
	must = len(n.Keys) == 0 || n.Kind == plan.NullAwareAntiJoin || n.Kind == plan.MarkJoin && n.NullAware
	leftBytes, rightBytes := c.bytes(n.Left, needed(left.node, need)), c.bytes(n.Right, needed(right.node, need))
	small := func(bytes float64) bool { return must || bytes >= 0 && bytes <= c.options.Broadcast }
	mayLeft = mayLeft && small(leftBytes)
	mayRight = mayRight && small(rightBytes)
	switch {
	case mayLeft && mayRight:
		// Without estimates the side that is in one task already is taken for the smaller one.
		if leftBytes < rightBytes || leftBytes == rightBytes && (left.single || n.BuildLeft && !right.single) {
			return buildLeft, must
		}
		return buildRight, must
	case mayLeft:
		return buildLeft, must
	case mayRight:
		return buildRight, must
	}
	return neither, must
}

// broadcast joins where one side is copied: the rows stay where those of the other side are.
func (c *cutter) broadcast(n *plan.Join, left, right part, copyLeft bool) part {
	j := *n
	j.Left, j.Right, j.BuildLeft, j.Broadcast = left.node, right.node, copyLeft, true
	probe := left
	if copyLeft {
		probe = right
	}
	out := part{node: &j, single: probe.single, hash: probe.hash}
	if n.Kind == plan.InnerJoin {
		out.hash = equated(probe.hash, n.Keys, copyLeft)
	}
	return out
}

// equated adds to a distribution by columns of one side what the keys of an inner join say is equal to them on the other side.
func equated(hash [][]plan.ColumnID, keys []plan.EquiKey, byRight bool) [][]plan.ColumnID {
	var out [][]plan.ColumnID
	for _, equal := range hash {
		equal = append([]plan.ColumnID(nil), equal...)
		for _, k := range keys {
			from, to := k.Left, k.Right
			if byRight {
				from, to = to, from
			}
			if r, ok := to.(*plan.ColumnRef); ok && position(equal, []plan.Expr{from}) == 0 {
				equal = append(equal, r.ID)
			}
		}
		out = append(out, equal)
	}
	return out
}

// partitioned joins partition by partition. A side that is divided by (some of) the keys already stays where it is.
func (c *cutter) partitioned(n *plan.Join, left, right part, above plan.ColumnSet) part {
	j := *n
	j.Keys = append([]plan.EquiKey(nil), n.Keys...)
	j.Broadcast = false
	order := keyOrder(left, leftKeys(n.Keys))
	other := keyOrder(right, rightKeys(n.Keys))
	switch {
	case order != nil && sameOrder(order, other):
	case order != nil:
		right = c.divide(j.Keys, order, right, false, above, n.Right)
	case other != nil:
		order = other
		left = c.divide(j.Keys, order, left, true, above, n.Left)
	default:
		for i := range n.Keys {
			order = append(order, i)
		}
		switch c.filteredSide(n, left, right) {
		case buildLeft:
			right = c.divide(j.Keys, order, right, false, above, n.Right)
			left = c.filtered(left, right, j.Keys, true, n.Right)
			left = c.divide(j.Keys, order, left, true, above, n.Left)
		case buildRight:
			left = c.divide(j.Keys, order, left, true, above, n.Left)
			right = c.filtered(right, left, j.Keys, false, n.Left)
			right = c.divide(j.Keys, order, right, false, above, n.Right)
		default:
			left = c.divide(j.Keys, order, left, true, above, n.Left)
			right = c.divide(j.Keys, order, right, false, above, n.Right)
		}
	}
	j.Left, j.Right = left.node, right.node
	out := part{node: &j}
	switch n.Kind {
	case plan.InnerJoin:
		out.hash = equated(left.hash, j.Keys, false)
	case plan.RightJoin:
		out.hash = right.hash
	case plan.FullJoin: // the keys of either side may be NULL where those of the other are not
	default:
		out.hash = left.hash
	}
	return out
}

func leftKeys(keys []plan.EquiKey) []plan.Expr {
	es := make([]plan.Expr, len(keys))
	for i, k := range keys {
		es[i] = k.Left
	}
	return es
}

func rightKeys(keys []plan.EquiKey) []plan.Expr {
	es := make([]plan.Expr, len(keys))
	for i, k := range keys {
		es[i] = k.Right
	}
	return es
}

// keyOrder returns which of the keys a part is divided by, in the order of its hash; nil when it is not.
func keyOrder(p part, keys []plan.Expr) []int {
	var order []int
	for _, equal := range p.hash {
		at := position(equal, keys)
		if at < 0 {
			return nil
		}
		order = append(order, at)
	}
	return order
}

func sameOrder(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// divide sends one side of a join by the keys of the given order. In keys, what has been computed for that becomes a reference.
func (c *cutter) divide(keys []plan.EquiKey, order []int, p part, isLeft bool, above plan.ColumnSet, origin plan.Node) part {
	var by []plan.Expr
	need := above
	for i := range keys {
		e := keys[i].Right
		if isLeft {
			e = keys[i].Left
		}
		if r, ok := e.(*plan.ColumnRef); ok || !contains(order, i) {
			if ok {
				need = need.With(r)
			} else {
				need = need.With(e)
			}
		}
	}
	for _, i := range order {
		if isLeft {
			by = append(by, keys[i].Left)
		} else {
			by = append(by, keys[i].Right)
		}
	}
	p, cols := c.exchange(p, Hash, by, need, origin)
	for k, i := range order {
		if isLeft {
			keys[i].Left = plan.NewColumnRef(cols[k])
		} else {
			keys[i].Right = plan.NewColumnRef(cols[k])
		}
	}
	return p
}

func contains(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}
