package planner

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/expr"
	"skep/engine/operator"
	"skep/engine/pipeline"
)

// scanColumn is a column of a scan.
type scanColumn struct {
	scan   *operator.Scan
	node   *plan.Scan
	column int // in Cols
}

// filterScans lets the join's build side rule out rows where the probe side reads them.
func (s *stream) filterScans(j *operator.HashJoin, probeKeys []plan.Expr) {
	for i, e := range probeKeys {
		r, ok := e.(*plan.ColumnRef)
		if !ok {
			continue
		}
		c, ok := s.scans[r.ID]
		if !ok {
			continue
		}
		schema := c.node.Source[c.column]
		if schema >= len(c.node.Table.Columns) {
			schema = -1
		}
		if f := j.RuntimeFilter(i, c.column, schema); f != nil {
			c.scan.AddFilter(f)
		}
	}
}

// joinKinds maps a plan's join to the operator's, which knows probe and build side instead of left and right: the kind when
// the right side is built, and when the left one is.
var joinKinds = map[plan.JoinKind][2]operator.JoinKind{
	plan.InnerJoin: {operator.JoinInner, operator.JoinInner},
	plan.LeftJoin:  {operator.JoinProbeOuter, operator.JoinBuildOuter},
	plan.RightJoin: {operator.JoinBuildOuter, operator.JoinProbeOuter},
	plan.FullJoin:  {operator.JoinFullOuter, operator.JoinFullOuter},
	plan.SemiJoin:  {operator.JoinProbeSemi, operator.JoinBuildSemi},
	plan.AntiJoin:  {operator.JoinProbeAnti, operator.JoinBuildAnti},
}

func joinKind(n *plan.Join) (kind operator.JoinKind, buildLeft bool, err error) {
	switch n.Kind {
	case plan.NullAwareAntiJoin:
		return operator.JoinNullAwareAnti, false, nil
	case plan.MarkJoin:
		if n.NullAware {
			return operator.JoinNullAwareMark, false, nil
		}
		return operator.JoinMark, false, nil
	case plan.SingleJoin:
		return operator.JoinSingle, false, nil
	}
	kinds, ok := joinKinds[n.Kind]
	if !ok {
		return 0, false, fmt.Errorf("planner: unknown kind of join %d", n.Kind)
	}
	if n.BuildLeft {
		return kinds[1], true, nil
	}
	return kinds[0], false, nil
}

func (b *builder) join(n *plan.Join, need plan.ColumnSet) (*stream, error) {
	kind, buildLeft, err := joinKind(n)
	if err != nil {
		return nil, err
	}
	probeNode, buildNode := n.Left, n.Right
	if buildLeft {
		probeNode, buildNode = n.Right, n.Left
	}
	var probeKeys, buildKeys []plan.Expr
	spec := operator.JoinSpec{Name: "join", Kind: kind}
	var exact []plan.Expr
	for _, k := range n.Keys {
		l, r := k.Left, k.Right
		if buildLeft {
			l, r = r, l
		}
		probeKeys, buildKeys = append(probeKeys, l), append(buildKeys, r)
		spec.NullSafe = append(spec.NullSafe, k.NullSafe)
		op := "="
		if k.NullSafe {
			op = "<=>"
		}
		exact = append(exact, &plan.Call{Func: op, Args: []plan.Expr{l, r}, T: types.BooleanType})
	}
	if n.Residual != nil {
		exact = append(exact, n.Residual)
	}
	nullAware := kind == operator.JoinNullAwareAnti || kind == operator.JoinNullAwareMark
	wantsExact := nullAware && (len(exact) != 1 || n.Residual != nil) && len(exact) > 0

	// Columns of the build side that leave the join or take part in conditions over both sides.
	above := need.With(n.Residual)
	if wantsExact {
		above = above.With(exact...)
	}
	c := newComputed()
	var buildCols []plan.Column
	for _, col := range buildNode.Columns() {
		if above.Has(col.ID) {
			buildCols = append(buildCols, col)
			spec.BuildOut = append(spec.BuildOut, c.add(plan.NewColumnRef(col)))
		}
	}
	for _, k := range buildKeys {
		spec.BuildKeys = append(spec.BuildKeys, c.add(k))
	}
	var rangeProbes []plan.Expr
	if len(n.Keys) == 0 && kind.CanRange() {
		spec.Ranges, rangeProbes = rangeKeys(n.Residual, plan.OutputSet(probeNode), plan.OutputSet(buildNode), c)
	}
	spec.BuildTypes = c.types()

	s, err := b.compile(probeNode, above.With(probeKeys...))
	if err != nil {
		return nil, err
	}
	spec.ProbeTypes = s.types
	if spec.ProbeKeys, err = b.program(s, probeKeys); err != nil {
		return nil, err
	}
	if len(spec.Ranges) > 0 {
		if spec.RangeProbes, err = b.program(s, rangeProbes); err != nil {
			return nil, err
		}
	}
	both := expr.Layout{}
	for id, at := range s.layout {
		both[id] = at
	}
	for i, col := range buildCols {
		both[col.ID] = len(s.types) + i
	}
	if n.Residual != nil {
		if spec.Residual, err = b.condition(both, n.Residual); err != nil {
			return nil, err
		}
	}
	if wantsExact {
		if spec.Exact, err = b.programOver(both, []plan.Expr{plan.And(exact...)}); err != nil {
			return nil, err
		}
	}
	op := operator.NewHashJoin(spec, b.resources)
	b.query.AddCloser(op)
	end, err := b.table(op, joinBuild{n, buildNode, above.With(buildKeys...), c.exprs})
	if err != nil {
		return nil, err
	}
	for _, br := range s.branches {
		br.after = append(br.after, end)
	}
	s.filterScans(op, probeKeys)
	if n.Hint {
		return s, nil
	}
	s.append(op.Probe(), n, "join probe")

	// What is left after probing takes the same way as the probe's output.
	probing := s.branches
	later := func(source pipeline.Source, name string) {
		br := newStream(source, n, name, nil, end).branches[0]
		br.behind = probing
		s.branches = append(s.branches[:len(s.branches):len(s.branches)], br)
	}
	if op.CanSpill() {
		later(op.SpilledSource(), "join spilled")
	}
	switch kind {
	case operator.JoinBuildSemi, operator.JoinBuildAnti:
		s.layout, s.types, s.scans = expr.LayoutOf(buildCols), plan.Types(buildCols), nil
		later(op.BuildSource(), "join build rows")
	case operator.JoinProbeSemi, operator.JoinProbeAnti, operator.JoinNullAwareAnti:
	case operator.JoinMark, operator.JoinNullAwareMark:
		s.layout[n.Mark.ID] = len(s.types)
		s.types = append(s.types[:len(s.types):len(s.types)], n.Mark.Type)
	default:
		s.layout = both
		s.types = append(s.types[:len(s.types):len(s.types)], plan.Types(buildCols)...)
		if kind == operator.JoinBuildOuter || kind == operator.JoinFullOuter {
			s.scans = nil
			later(op.BuildSource(), "join build rows")
		}
	}
	return s, nil
}
