package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// windowCall is a window function call and where it is computed.
type windowCall struct {
	name        string // of the function, as result columns are named by it
	call        plan.WindowCall
	partitionBy []plan.Expr
	orderBy     []plan.SortKey
	level       int // 0, or one more than that of the window calls it is computed from
}

// windowLevel is one more than the level of the window calls that w uses.
func (blk *block) windowLevel(w *windowCall) int {
	used := plan.ColumnSet{}
	for _, e := range w.call.Args {
		plan.Refs(e, used)
	}
	for _, e := range w.partitionBy {
		plan.Refs(e, used)
	}
	for _, k := range w.orderBy {
		plan.Refs(k.Expr, used)
	}
	level := 0
	for _, o := range blk.windows {
		if used.Has(o.call.Column.ID) {
			level = max(level, o.level+1)
		}
	}
	return level
}

// misplacedWindow is the error for a window function where there are none: Hive 4.0 looks for the columns of its window first, and takes the
// function for one.
func (x *exprs) misplacedWindow(e *ast.Call) error {
	names := possibleNames(x.scope.names(""))
	if p := e.Over.Partitioning; p != nil {
		columns := p.PartitionBy
		for _, o := range p.OrderBy {
			columns = append(columns[:len(columns):len(columns)], o.Expr)
		}
		if len(columns) > 0 {
			if _, err := x.with(0).expr(columns[0]); err != nil {
				return err
			}
			return sqlerr.AtReason(sqlerr.InvalidColumn, columns[0].Position(), names)
		}
	}
	at := e.Name.Position()
	return sqlerr.AtReason(sqlerr.InvalidColumn, at, names)
}

// havingAlias resolves a name as Hive does in windows behind HAVING: by the alias of an aggregate, or of a column, of the select list.
func (x *exprs) havingAlias(name string) plan.Expr {
	e, ok := x.named[name]
	if !ok {
		return nil
	}
	v, err := x.with(aggregates).expr(e)
	if err != nil {
		return nil // which is reported where it is written
	}
	return v
}

// windowError is what Hive makes of a name that nothing answers to in a window or the arguments of its function, other than in an aggregate
// there, which Hive computes before. 3.1 is judged by its recorded tests, which stop at the error of the first planner.
func (x *exprs) windowError(err error, written []ast.Expr) error {
	if code := sqlerr.CodeOf(err); x.hive3() || code != sqlerr.InvalidTableOrColumn && code != sqlerr.NonKeyExprInGroupby {
		return err
	}
	for _, e := range written {
		failed := false
		ast.Inspect(e, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			if !ok || c.Over != nil || failed {
				return !failed
			}
			if f, ok := function.Lookup(lower(c.Name.Name)); ok && f.Kind&function.Aggregate != 0 {
				_, inside := x.expr(c)
				failed = inside != nil
			}
			return !failed
		})
		if failed {
			return err
		}
	}
	return noWindowGroup(err)
}

// windowCall builds f(…) OVER (…): a reference to the column that a Window node will add.
func (x *exprs) windowCall(e *ast.Call, f *function.Function) (plan.Expr, error) {
	if x.allow&windows == 0 || x.allow&inAggregate != 0 {
		if !x.hive3() && !x.inOn && !x.inHaving {
			return nil, x.misplacedWindow(e)
		}
		return nil, sqlerr.AtReason(sqlerr.InvalidFunction, e.Position(), "Windowing is not supported in the context")
	}
	if f.Kind&(function.Window|function.Aggregate) == 0 {
		return nil, x.unknownFunction(e)
	}
	x.numOver++
	inner := x.with(x.allow)
	args := writtenArgs(e)
	if e.Star && f.Name == "count" {
		args = nil
	}
	inner.over = e.Over
	if x.named != nil {
		inner.alias = x.havingAlias
	}
	vs, err := inner.list(args, e)
	if err != nil {
		return nil, inner.windowError(err, args)
	}
	r, err := f.Resolve(&x.b.a.resolve, x.arguments(vs), e.Distinct)
	if err != nil {
		return nil, argumentError(err, e, e.Args)
	}
	spec, err := x.windowSpec(e.Over, nil)
	if err != nil {
		return nil, err
	}
	w := &windowCall{}
	if w.partitionBy, err = inner.list(spec.partitionBy, nil); err != nil {
		return nil, inner.windowError(err, spec.partitionBy)
	}
	if w.orderBy, err = inner.under(nil).sortKeys(spec.orderBy); err != nil {
		keys := make([]ast.Expr, len(spec.orderBy))
		for i, k := range spec.orderBy {
			keys[i] = k.Expr
		}
		return nil, inner.windowError(err, keys)
	}
	frame, err := x.frame(spec.frame, f, w)
	if err != nil {
		return nil, err
	}
	w.name = f.Name
	if written := strings.ToLower(e.Name.Name.Token); written != "" {
		if _, builtin := function.Lookup(written); !builtin {
			w.name = written // that users have given to a built-in class
		}
	}
	code := f.Name
	if r.Func != "" {
		code = r.Func
	}
	if code == "last_value" && !x.b.hive3() && frame.Start.Kind == plan.UnboundedPreceding && frame.End.Kind == plan.UnboundedFollowing {
		w.name, code = "first_value", "first_value"
		w.reverse()
	}
	w.call = plan.WindowCall{Func: code, Args: castAll(vs, r.Args), Distinct: e.Distinct,
		IgnoreNulls: e.Nulls == ast.IgnoreNulls, Frame: frame}
	for _, o := range x.windows {
		if o.same(w) {
			return plan.NewColumnRef(o.call.Column), nil
		}
	}
	w.call.Column = x.b.column(fmt.Sprintf("%s_window_%d", w.name, x.numOver-1), r.Result)
	w.level = x.block.windowLevel(w)
	x.block.windows = append(x.block.windows, w)
	x.isWindow.Add(w.call.Column.ID)
	return plan.NewColumnRef(w.call.Column), nil
}

// reverse turns the order round, which is by the partition columns if by nothing else. Hive 4 (HiveWindowingLastValueRewrite)
// takes the last row of a whole partition as the first one of the reverse order, which is another row when several are last.
func (w *windowCall) reverse() {
	if len(w.orderBy) == 0 {
		for _, e := range w.partitionBy {
			w.orderBy = append(w.orderBy, plan.SortKey{Expr: e})
		}
	}
	for i := range w.orderBy {
		k := &w.orderBy[i]
		k.Desc, k.NullsFirst = !k.Desc, !k.NullsFirst
	}
}

// windowName is the name of the window function that e refers to; "" when it is none.
func (blk *block) windowName(e plan.Expr) string {
	if c, ok := e.(*plan.ColumnRef); ok {
		for _, w := range blk.windows {
			if w.call.Column.ID == c.ID {
				return w.name
			}
		}
	}
	return ""
}

func (w *windowCall) same(o *windowCall) bool {
	return w.call.Func == o.call.Func && w.call.Distinct == o.call.Distinct && w.call.IgnoreNulls == o.call.IgnoreNulls &&
		sameFrame(w.call.Frame, o.call.Frame) && equalExprs(w.call.Args, o.call.Args) && w.sameWindow(o)
}

func sameFrame(a, b plan.Frame) bool {
	same := func(p, q plan.Bound) bool {
		return p.Kind == q.Kind && (p.Offset == nil) == (q.Offset == nil) && (p.Offset == nil || plan.Equal(p.Offset, q.Offset))
	}
	return a.Rows == b.Rows && same(a.Start, b.Start) && same(a.End, b.End)
}

// sameWindow reports whether both calls share partitioning and order.
func (w *windowCall) sameWindow(o *windowCall) bool {
	if !equalExprs(w.partitionBy, o.partitionBy) || len(w.orderBy) != len(o.orderBy) {
		return false
	}
	for i, k := range w.orderBy {
		if k.Desc != o.orderBy[i].Desc || k.NullsFirst != o.orderBy[i].NullsFirst || !plan.Equal(k.Expr, o.orderBy[i].Expr) {
			return false
		}
	}
	return true
}

// mergedSpec is a window specification after following its base windows.
type mergedSpec struct {
	partitionBy []ast.Expr
	orderBy     []*ast.SortItem
	frame       *ast.WindowFrame
}

// windowSpec merges a specification with the named windows it is based on; what it says itself wins.
func (x *exprs) windowSpec(s *ast.WindowSpec, seen []string) (*mergedSpec, error) {
	m := &mergedSpec{frame: s.Frame}
	if p := s.Partitioning; p != nil {
		m.partitionBy, m.orderBy = p.PartitionBy, p.OrderBy
		if len(p.ClusterBy) > 0 {
			m.partitionBy = p.ClusterBy
			for _, e := range p.ClusterBy {
				m.orderBy = append(m.orderBy, &ast.SortItem{Pos: e.Position(), Expr: e})
			}
		}
	}
	if s.Name == nil {
		return m, nil
	}
	name := lower(s.Name)
	def, ok := x.windowDef[name]
	if !ok {
		return nil, sqlerr.Semanticf("Window Spec=[Name='%s'] refers to an unknown source", name)
	}
	if slices.Contains(seen, name) {
		return nil, sqlerr.Semanticf("Cycle in Window references [%s]", strings.Join(append(seen, name), ", "))
	}
	base, err := x.windowSpec(def, append(seen, name))
	if err != nil {
		return nil, err
	}
	if m.partitionBy == nil {
		m.partitionBy = base.partitionBy
	}
	if m.orderBy == nil {
		m.orderBy = base.orderBy
	}
	if m.frame == nil {
		m.frame = base.frame
	}
	return m, nil
}

// wholePartition are the functions that ignore frames: they always see the whole partition.
var wholePartition = map[string]bool{
	"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true, "ntile": true, "lead": true, "lag": true,
}

// frame fills in Hive's defaults and checks value ranges.
func (x *exprs) frame(f *ast.WindowFrame, fn *function.Function, w *windowCall) (plan.Frame, error) {
	whole := plan.Frame{Rows: true, Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.UnboundedFollowing}}
	if wholePartition[fn.Name] {
		return whole, nil
	}
	if f == nil {
		if len(w.orderBy) == 0 {
			return whole, nil
		}
		return plan.Frame{Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.CurrentRow}}, nil
	}
	out := plan.Frame{Rows: f.Unit == ast.FrameRows, End: plan.Bound{Kind: plan.CurrentRow}}
	var err error
	if out.Start, err = x.bound(f.Start, out.Rows, w); err != nil {
		return out, err
	}
	if f.End != nil {
		if out.End, err = x.bound(f.End, out.Rows, w); err != nil {
			return out, err
		}
	}
	switch {
	case out.Start.Kind == plan.UnboundedFollowing:
		return out, sqlerr.Semanticf("Start of a WindowFrame cannot be UNBOUNDED FOLLOWING")
	case out.End.Kind == plan.UnboundedPreceding:
		return out, sqlerr.Semanticf("End of a WindowFrame cannot be UNBOUNDED PRECEDING")
	case reversed(out):
		return out, sqlerr.Semanticf("%sWindow range invalid, start boundary is greater than end boundary: window(type=%s, start=%s, end=%s)",
			windowGroupsText, f.Unit, boundText(f.Start), boundText(f.End))
	}
	valued := out.Start.Offset != nil || out.End.Offset != nil
	if !out.Rows && valued && len(w.orderBy) == 0 {
		if !x.hive3() {
			return out, sqlerr.Semanticf("RANGE with offset PRECEDING/FOLLOWING requires at least one ORDER BY column")
		}
		// Hive 3.1 orders such a window by its partition, so that all its rows are peers.
		for _, e := range w.partitionBy {
			w.orderBy = append(w.orderBy, x.b.sortKey(e, &ast.SortItem{}))
		}
	}
	if !out.Rows && valued && len(w.orderBy) != 1 {
		return out, sqlerr.Semanticf("Range value based Window Frame can have only 1 Sort Key")
	}
	if !out.Rows && valued {
		switch t := w.orderBy[0].Expr.Type(); {
		case t.IsString(), t.IsNumeric(), t.IsDateGroup():
		default:
			return out, sqlerr.Semanticf("Primitive type %s not supported in Value Boundary expression", t.Kind)
		}
	}
	if len(w.orderBy) == 0 && !out.Rows {
		return whole, nil
	}
	return out, nil
}

// reversed reports whether the frame's start is behind its end.
func reversed(f plan.Frame) bool {
	if f.Start.Kind != f.End.Kind || f.Start.Offset == nil {
		return f.Start.Kind > f.End.Kind
	}
	a, b := f.Start.Offset.Value, f.End.Offset.Value
	less := a.I < b.I || a.F < b.F || a.W.Less(b.W)
	if f.Start.Kind == plan.Preceding {
		return less
	}
	return !less && !plan.Equal(f.Start.Offset, f.End.Offset)
}

func boundText(b *ast.FrameBound) string {
	if b == nil {
		return "CURRENT ROW"
	}
	if b.Value != nil {
		return b.Value.Text + " " + string(b.Kind)
	}
	return string(b.Kind)
}

func (x *exprs) bound(b *ast.FrameBound, rows bool, w *windowCall) (plan.Bound, error) {
	switch b.Kind {
	case ast.UnboundedPreceding:
		return plan.Bound{Kind: plan.UnboundedPreceding}, nil
	case ast.UnboundedFollowing:
		return plan.Bound{Kind: plan.UnboundedFollowing}, nil
	case ast.CurrentRow:
		return plan.Bound{Kind: plan.CurrentRow}, nil
	}
	out := plan.Bound{Kind: plan.Preceding}
	if b.Kind == ast.Following {
		out.Kind = plan.Following
	}
	v := numberLiteral(ast.LitInteger, b.Value.Text)
	if v == nil || !v.T.IsInteger() {
		return out, sqlerr.At(sqlerr.InvalidNumericalConstant, b.Position())
	}
	out.Offset = intLiteral(types.BigIntType, v.Value.I)
	if rows || len(w.orderBy) != 1 {
		return out, nil
	}
	// A range's offset has the domain of the key: days for dates, seconds for timestamps, a number otherwise.
	switch t := w.orderBy[0].Expr.Type(); {
	case t.Kind == types.Timestamp || t.Kind == types.TimestampLTZ:
		out.Offset = newLiteral(types.IntervalDayTimeType, types.Datum{W: types.Int128{Hi: v.Value.I}})
	case t.Kind == types.Double, t.Kind == types.Float, t.IsString():
		out.Offset = newLiteral(types.DoubleType, types.Datum{F: float64(v.Value.I)})
	case t.Kind == types.Decimal:
		out.Offset = decimalLiteral(b.Value.Text)
	}
	return out, nil
}

// sortKeys builds ORDER BY items with the session's NULL ordering.
func (x *exprs) sortKeys(items []*ast.SortItem) ([]plan.SortKey, error) {
	var out []plan.SortKey
	for _, it := range items {
		v, err := x.expr(it.Expr)
		if err != nil {
			return nil, err
		}
		out = append(out, x.b.sortKey(v, it))
	}
	return out, nil
}

// sortKey applies the direction and NULL order of it, or Hive's defaults.
func (b *builder) sortKey(v plan.Expr, it *ast.SortItem) plan.SortKey {
	k := plan.SortKey{Expr: v, Desc: it.Order == ast.SortDesc}
	switch it.Nulls {
	case ast.NullsFirst:
		k.NullsFirst = true
	case ast.NullsLast:
	default:
		// hive.default.nulls.last governs ascending order; descending order is the reverse.
		k.NullsFirst = b.env.Conf.NullsLast() == k.Desc
	}
	return k
}

// addWindows puts the block's window calls on n: one node per distinct specification, in order of first use, calls that
// others are computed from first.
func addWindows(n plan.Node, calls []*windowCall) plan.Node {
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, func(a, b *windowCall) int { return a.level - b.level })
	for len(calls) > 0 {
		w := &plan.Window{Input: n, PartitionBy: calls[0].partitionBy, OrderBy: calls[0].orderBy}
		var rest []*windowCall
		for _, c := range calls {
			if c.level == calls[0].level && c.sameWindow(calls[0]) {
				w.Calls = append(w.Calls, c.call)
			} else {
				rest = append(rest, c)
			}
		}
		n, calls = w, rest
	}
	return n
}
