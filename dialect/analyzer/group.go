package analyzer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// groupingSets are the sets of ROLLUP, CUBE and GROUPING SETS, as indexes into the keys.
type groupingSets struct {
	sets [][]int
}

// maxGroupingKeys is the number of keys that fit GROUPING__ID.
const maxGroupingKeys = 64

// groupBy builds the keys and sets of GROUP BY. items are the select list, for positions.
func (blk *block) groupBy(g *ast.GroupBy, items []*ast.SelectItem) error {
	blk.grouped = true
	x := blk.exprs(0)
	conf := blk.b.env.Conf
	byPosition := conf.Bool("hive.groupby.position.alias") || conf.Bool("hive.groupby.orderby.position.alias")
	for _, e := range g.Exprs {
		if l, ok := e.(*ast.Literal); ok && byPosition && l.Kind == ast.LitInteger {
			i, err := strconv.Atoi(l.Value)
			if err != nil || i < 1 || i > len(items) {
				return sqlerr.CodedSemanticf(sqlerr.InvalidPositionAliasInGroupby,
					"%s Position alias: %s does not exist\nThe Select List is indexed from 1 to %d",
					sqlerr.Text(sqlerr.InvalidPositionAliasInGroupby), l.Value, len(items))
			}
			e = items[i-1].Expr
		}
		v, err := x.expr(e)
		if err != nil {
			return err
		}
		name := "_k" + strconv.Itoa(len(blk.keys))
		if c, ok := v.(*plan.ColumnRef); ok {
			name = c.Name
		}
		blk.keys = append(blk.keys, plan.Assign{Column: blk.b.column(name, v.Type()), Expr: v})
	}
	n := len(blk.keys)
	if g.Kind == ast.GroupPlain {
		return nil
	}
	if n > maxGroupingKeys {
		return sqlerr.Semanticf("[Error 10411]: Grouping sets size cannot be greater than %d", maxGroupingKeys)
	}
	sets := &groupingSets{}
	switch g.Kind {
	case ast.GroupRollup:
		for k := n; k >= 0; k-- {
			sets.sets = append(sets.sets, indexes(k))
		}
	case ast.GroupCube:
		if n > 16 {
			return sqlerr.Semanticf("Cube of %d keys has too many grouping sets", n)
		}
		for mask := 1<<n - 1; mask >= 0; mask-- {
			var set []int
			for i := range n {
				if mask&(1<<(n-1-i)) != 0 {
					set = append(set, i)
				}
			}
			sets.sets = append(sets.sets, set)
		}
	case ast.GroupSets:
		if err := blk.explicitSets(g, sets); err != nil {
			return err
		}
	}
	blk.groups = sets
	return nil
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (blk *block) explicitSets(g *ast.GroupBy, sets *groupingSets) error {
	x := blk.exprs(0)
	empty := true
	for _, s := range g.Sets {
		var set []int
		for _, e := range s.Exprs {
			v, err := x.expr(e)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(blk.keys, func(k plan.Assign) bool { return plan.Equal(k.Expr, v) })
			if i < 0 {
				return sqlerr.Semanticf("%s", generated(e, "[Error 10213]: "+sqlerr.Text(sqlerr.HiveGroupingSetsExprNotInGroupby)))
			}
			if !slices.Contains(set, i) {
				set = append(set, i)
			}
		}
		slices.Sort(set)
		empty = empty && len(set) == 0
		duplicate := slices.ContainsFunc(sets.sets, func(o []int) bool { return slices.Equal(o, set) })
		if !duplicate {
			sets.sets = append(sets.sets, set)
		}
	}
	if empty {
		return sqlerr.New(sqlerr.HiveGroupingSetsEmpty)
	}
	return nil
}

// groupingIDRef refers to GROUPING__ID; a plain GROUP BY always has 0.
func (blk *block) groupingIDRef() plan.Expr {
	if blk.groups == nil {
		return intLiteral(types.BigIntType, 0)
	}
	if blk.groupingID.ID == 0 {
		blk.groupingID = blk.b.column("grouping__id", types.BigIntType)
		blk.isAgg.Add(blk.groupingID.ID)
	}
	return plan.NewColumnRef(blk.groupingID)
}

// grouping builds grouping(a, …): the bits of GROUPING__ID that belong to the keys named.
func (x *exprs) grouping(e *ast.Call) (plan.Expr, error) {
	if len(x.keys) == 0 {
		return nil, sqlerr.AtReason(sqlerr.InvalidArgumentLength, e.Position(), "grouping() requires at least 2 argument, got 1")
	}
	if len(e.Args) == 0 {
		return nil, sqlerr.AtReason(sqlerr.InvalidArgumentLength, e.Position(), "grouping() requires at least 2 argument, got 0")
	}
	if x.allow&inAggregate != 0 {
		if len(e.Args) == 1 {
			return nil, sqlerr.AtReason(sqlerr.InvalidArgumentLength, e.Position(), "grouping() requires at least 2 argument, got 1")
		}
		v, err := x.expr(e.Args[0])
		if err != nil {
			return nil, err
		}
		return nil, sqlerr.AtReason(sqlerr.InvalidArgumentType, e.Args[0].Position(), "The first argument to grouping() must be an int/long. Got: "+
			strings.ToUpper(v.Type().Kind.String()))
	}
	id := x.groupingIDRef()
	inner := x.with(0)
	var sum plan.Expr
	for i, a := range e.Args {
		v, err := inner.expr(a)
		if err != nil {
			return nil, err
		}
		k := slices.IndexFunc(x.keys, func(k plan.Assign) bool { return plan.Equal(k.Expr, v) })
		if k < 0 {
			return nil, &sqlerr.Error{Code: 10409, SQLState: "42000", Kind: sqlerr.RuntimeException,
				Msg: "Expression in GROUPING function not present in GROUP BY"}
		}
		if x.groups == nil {
			continue
		}
		bit := bigCall("&", bigCall("shiftright", id, intLiteral(types.IntType, int64(len(x.keys)-1-k))), intLiteral(types.BigIntType, 1))
		if up := len(e.Args) - 1 - i; up > 0 {
			bit = bigCall("*", bit, intLiteral(types.BigIntType, 1<<up))
		}
		if sum == nil {
			sum = bit
		} else {
			sum = bigCall("+", sum, bit)
		}
	}
	if sum == nil {
		return intLiteral(types.BigIntType, 0), nil
	}
	return sum, nil
}

func bigCall(name string, args ...plan.Expr) plan.Expr {
	return &plan.Call{Func: name, Args: args, T: types.BigIntType}
}

// aggregable refuses the combinations of settings and aggregations that Hive has no plan for.
func (blk *block) aggregable() error {
	conf := blk.b.env.Conf
	var distinct []*plan.AggCall
	for i, a := range blk.aggs {
		if a.Distinct {
			distinct = append(distinct, &blk.aggs[i])
		}
	}
	skew := conf.Bool("hive.groupby.skewindata")
	if skew && len(distinct) > 1 {
		return sqlerr.New(sqlerr.UnsupportedMultipleDistincts)
	}
	if blk.groups == nil {
		return nil
	}
	if !conf.Bool("hive.map.aggr") {
		return sqlerr.New(sqlerr.HiveGroupingSetsAggrNomapaggr)
	}
	n := len(blk.groups.sets)
	if n <= int(conf.Int("hive.new.job.grouping.set.cardinality", 30)) {
		return nil
	}
	reason := fmt.Sprintf(" The number of rows per input row due to grouping sets is %d", n)
	switch code := sqlerr.HiveGroupingSetsThresholdNotAllowedWithSkew; {
	case skew:
		return sqlerr.CodedSemanticf(code, "%s", sqlerr.Text(code)+reason)
	case len(distinct) > 0:
		code = sqlerr.HiveGroupingSetsThresholdNotAllowedWithDistincts
		return sqlerr.CodedSemanticf(code, "%s", sqlerr.Text(code)+reason)
	}
	return nil
}

// aggregateNode puts the block's aggregation on n.
func (blk *block) aggregateNode(n plan.Node) *plan.Aggregate {
	blk.countTuples()
	a := &plan.Aggregate{Input: n, Keys: blk.keys, Aggs: blk.aggs}
	if blk.groups != nil {
		a.GroupingSets = blk.groups.sets
		a.GroupingID = blk.groupingID
	}
	return a
}

// overGroups rewrites an expression built over FROM to one over the aggregation: group keys become references to their
// columns; any other column of FROM is an error.
func (blk *block) overGroups(e plan.Expr) (plan.Expr, error) {
	if e == nil {
		return nil, nil
	}
	for i := range blk.keys {
		if plan.Equal(blk.keys[i].Expr, e) {
			return plan.NewColumnRef(blk.keys[i].Column), nil
		}
	}
	switch e := e.(type) {
	case *plan.ColumnRef:
		if !blk.owns(e.ID) {
			return e, nil
		}
		return nil, blk.notGrouped(e)
	case *plan.Subquery:
		// An expression may stand in several places; what becomes of a subquery must be one thing.
		if s := blk.moved[e]; s != nil {
			return s, nil
		}
		p, err := blk.subqueryOverGroups(e.Plan)
		if err != nil {
			return nil, err
		}
		c := *e
		c.Plan = p
		if c.Arg, err = blk.overGroups(e.Arg); err != nil {
			return nil, err
		}
		blk.moved[e] = &c
		return &c, nil
	}
	var err error
	r := plan.WithArgs(e, func(a plan.Expr) plan.Expr {
		if err != nil {
			return a
		}
		v, failed := blk.overGroups(a)
		if failed != nil {
			err = failed
			return a
		}
		return v
	})
	return r, err
}

// notGrouped is the error for a column that is neither grouped nor aggregated.
func (blk *block) notGrouped(e *plan.ColumnRef) error {
	p := blk.places[e]
	switch at := p.at.(type) {
	case nil, *ast.Star:
		return sqlerr.CodedSemanticf(sqlerr.NonKeyExprInGroupby, "%s %s", sqlerr.Text(sqlerr.NonKeyExprInGroupby), e.Name)
	case *ast.FieldRef:
		return sqlerr.At(sqlerr.InvalidColumn, at.Name.Position())
	}
	if p.parent != nil {
		return sqlerr.At(sqlerr.NonKeyExprInGroupby, p.parent.Position())
	}
	return sqlerr.At(sqlerr.NonKeyExprInGroupby, p.at.Position())
}

// owns reports whether id is a column of the block's FROM.
func (blk *block) owns(id plan.ColumnID) bool {
	for _, r := range blk.scope.rels {
		for i := range r.cols {
			if r.cols[i].col.ID == id {
				return true
			}
		}
		if r.scan != nil {
			for _, c := range r.scan.Cols {
				if c.ID == id {
					return true
				}
			}
		}
	}
	return false
}

// subqueryOverGroups rewrites a subquery's references to this block.
func (blk *block) subqueryOverGroups(n plan.Node) (plan.Node, error) {
	free := plan.ColumnSet{}
	plan.FreeColumns(n, free)
	mine := false
	for id := range free {
		mine = mine || blk.owns(id)
	}
	if !mine {
		return n, nil
	}
	var err error
	in := n.Inputs()
	inputs := make([]plan.Node, len(in))
	for i := range in {
		if inputs[i], err = blk.subqueryOverGroups(in[i]); err != nil {
			return nil, err
		}
	}
	n = plan.WithInputs(n, inputs)
	n = plan.MapExprs(n, func(e plan.Expr) plan.Expr {
		if err != nil {
			return e
		}
		v, failed := blk.overGroups(e)
		if failed != nil {
			err = failed
			return e
		}
		return v
	})
	return n, err
}

// countTuples makes count(DISTINCT a, b) count tuples with NULLs too where Hive's optimizer does: when all aggregates of the block are
// such counts, and there are several, it counts the groups of grouping sets.
func (blk *block) countTuples() {
	if len(blk.aggs) < 2 || !blk.b.env.Conf.Bool("hive.cbo.enable") {
		return
	}
	for _, a := range blk.aggs {
		if a.Func != "count" || !a.Distinct {
			return
		}
	}
	for i, a := range blk.aggs {
		if len(a.Args) < 2 {
			continue
		}
		fields := make([]types.Field, len(a.Args))
		for k, arg := range a.Args {
			fields[k] = types.Field{Name: fmt.Sprintf("col%d", k+1), Type: arg.Type()}
		}
		blk.aggs[i].Args = []plan.Expr{&plan.Call{Func: "struct", Args: a.Args, T: types.NewStruct(fields...)}}
	}
}
