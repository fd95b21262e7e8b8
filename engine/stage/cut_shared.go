package stage

import (
	"slices"

	"skep/dialect/plan"
)

// sharedPart is the exchange of a subplan with several references.
type sharedPart struct {
	exchange int
	single   bool
	hash     [][]int // as of a part, by positions of the columns
}

// sharedRef reads a subplan with several references; its first reference cuts it. Rows that are divided by a hash stay so, so that references
// that want them by the same columns read them as they are.
func (c *cutter) sharedRef(n *plan.Shared) (part, error) {
	s := c.shared[n.Def]
	if s == nil {
		def := n.Def.Plan
		p, err := c.cut(def, plan.OutputSet(def))
		if err != nil {
			return part{}, err
		}
		s = &sharedPart{single: p.single, hash: positions(p.hash, def.Columns())}
		d, keys := RoundRobin, []plan.Expr(nil)
		switch {
		case p.single:
			d = Gather
		case s.hash != nil:
			d = Hash
			for _, equal := range s.hash {
				keys = append(keys, plan.NewColumnRef(def.Columns()[equal[0]]))
			}
		}
		e, _ := c.write(p, d, keys, def.Columns(), def)
		s.exchange = e.ID
		c.shared[n.Def] = s
	}
	out := part{node: &plan.RemoteSource{Exchange: s.exchange, Cols: n.Cols}, single: s.single}
	for _, equal := range s.hash {
		var ids []plan.ColumnID
		for _, at := range equal {
			ids = append(ids, n.Cols[at].ID)
		}
		out.hash = append(out.hash, ids)
	}
	return out, nil
}

// positions returns where the columns of a distribution are in cols; nil when one of them is not.
func positions(hash [][]plan.ColumnID, cols []plan.Column) [][]int {
	var out [][]int
	for _, equal := range hash {
		var at []int
		for i, col := range cols {
			if slices.Contains(equal, col.ID) {
				at = append(at, i)
			}
		}
		if at == nil {
			return nil
		}
		out = append(out, at)
	}
	return out
}
