package stage

import "skep/dialect/plan"

// emptying lists the exchanges of a fragment of which any one without rows leaves the fragment without rows, by number.
func emptying(n plan.Node) map[int]bool {
	switch n := n.(type) {
	case *plan.RemoteSource:
		return map[int]bool{n.Exchange: true}
	case *plan.Filter, *plan.Project, *plan.Sort, *plan.Limit, *plan.Generate, *plan.Window, *plan.Distribute:
		return emptying(n.Inputs()[0])
	case *plan.Aggregate:
		if len(n.Keys) == 0 || len(n.GroupingSets) > 0 { // the grand total is there without input
			return nil
		}
		return emptying(n.Input)
	case *plan.Join:
		left, right := emptying(n.Left), emptying(n.Right)
		switch n.Kind {
		case plan.InnerJoin, plan.SemiJoin:
			return either(left, right)
		case plan.RightJoin:
			return right
		case plan.FullJoin:
			return both(left, right)
		}
		return left
	case *plan.Union:
		all := emptying(n.All[0])
		for _, in := range n.All[1:] {
			all = both(all, emptying(in))
		}
		return all
	}
	return nil
}

func either(a, b map[int]bool) map[int]bool {
	out := map[int]bool{}
	for x := range a {
		out[x] = true
	}
	for x := range b {
		out[x] = true
	}
	return out
}

func both(a, b map[int]bool) map[int]bool {
	out := map[int]bool{}
	for x := range a {
		if b[x] {
			out[x] = true
		}
	}
	return out
}
