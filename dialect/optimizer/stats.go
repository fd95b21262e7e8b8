package optimizer

import (
	"math"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/types"
)

// relation is the estimated result of a node.
type relation struct {
	rows float64
	cols map[plan.ColumnID]column
}

// column estimates one column: distinct values, and bounds as numbers when the type has an order that maps to numbers.
type column struct {
	distinct float64
	// base is the number of distinct values before filters on other columns thinned out the rows; joins compare bases, since
	// a filter on another column does not tell which key values are left.
	base      float64
	nulls     float64 // fraction
	hasBounds bool
	min, max  float64
	width     float64
}

const (
	defaultRows        = 100_000
	defaultSelectivity = 0.25
	equalitySelect     = 0.05 // equality with a column of unknown cardinality
	rangeSelectivity   = 0.33
	likeSelectivity    = 0.1
)

// estimate returns the estimate of n, remembering it for the duration of the current rule.
func (o *optimizer) estimate(n plan.Node) *relation {
	if r := o.stats[n]; r != nil {
		return r
	}
	r := o.compute(n)
	if r.rows < 1 {
		r.rows = 1
	}
	o.stats[n] = r
	return r
}

// Estimator returns a function that estimates the number of rows that a node of an optimised plan gives.
func Estimator(env *Env) func(plan.Node) float64 {
	o := &optimizer{env: env, stats: map[plan.Node]*relation{}, tableRows: map[scanned]float64{}}
	return func(n plan.Node) float64 { return o.estimate(n).rows }
}

// scanned identifies what a scan reads, as far as its number of rows goes.
type scanned struct {
	table      *catalog.Table
	partitions int
	first      *catalog.Partition
}

// rowsOfFiles estimates the rows of a table without statistics; it asks for the files once per statement.
func (o *optimizer) rowsOfFiles(t *catalog.Table, parts []*catalog.Partition) float64 {
	if o.env.TableRows == nil {
		return -1
	}
	key := scanned{table: t, partitions: len(parts)}
	if len(parts) > 0 {
		key.first = parts[0]
	}
	rows, ok := o.tableRows[key]
	if !ok {
		rows = o.env.TableRows(t, parts)
		o.tableRows[key] = rows
	}
	return rows
}

func (o *optimizer) compute(n plan.Node) *relation {
	switch n := n.(type) {
	case *plan.Scan:
		return o.scanRelation(n)
	case *plan.Values:
		return &relation{rows: float64(len(n.Rows)), cols: map[plan.ColumnID]column{}}
	case *plan.Filter:
		return restrict(o.estimate(n.Input), plan.Conjuncts(n.Cond))
	case *plan.Project:
		in := o.estimate(n.Input)
		r := &relation{rows: in.rows, cols: map[plan.ColumnID]column{}}
		for _, a := range n.Exprs {
			r.cols[a.Column.ID] = exprColumn(in, a.Expr)
		}
		return r
	case *plan.Aggregate:
		return aggregateRelation(o.estimate(n.Input), n)
	case *plan.Join:
		return o.joinRelation(n)
	case *plan.Sort:
		return limited(o.estimate(n.Input), n.Limit)
	case *plan.Limit:
		return limited(o.estimate(n.Input), n.N)
	case *plan.Union:
		r := &relation{cols: map[plan.ColumnID]column{}}
		for k, x := range n.All {
			in := o.estimate(x)
			for i, c := range n.Cols {
				a, b := r.cols[c.ID], in.cols[n.Sources[k][i]]
				if k == 0 {
					r.cols[c.ID] = b
					continue
				}
				a.distinct = math.Max(a.distinct, b.distinct)
				a.hasBounds = a.hasBounds && b.hasBounds
				a.min, a.max = math.Min(a.min, b.min), math.Max(a.max, b.max)
				r.cols[c.ID] = a
			}
			r.rows += in.rows
		}
		return r
	case *plan.Shared:
		in := o.estimate(n.Def.Plan)
		r := &relation{rows: in.rows, cols: map[plan.ColumnID]column{}}
		for i, c := range n.Def.Plan.Columns() {
			if s, ok := in.cols[c.ID]; ok && i < len(n.Cols) {
				r.cols[n.Cols[i].ID] = s
			}
		}
		return r
	case *plan.Generate:
		in := o.estimate(n.Input)
		return &relation{rows: in.rows * 3, cols: in.cols}
	}
	if in := n.Inputs(); len(in) == 1 {
		return o.estimate(in[0])
	}
	return &relation{rows: defaultRows, cols: map[plan.ColumnID]column{}}
}

func limited(in *relation, n int64) *relation {
	if n < 0 || float64(n) >= in.rows {
		return in
	}
	return &relation{rows: float64(n), cols: in.cols}
}

func (o *optimizer) scanRelation(n *plan.Scan) *relation {
	stats := n.Table.Stats
	if n.Pruned {
		stats = mergePartitions(n.Partitions)
	}
	r := &relation{rows: -1, cols: map[plan.ColumnID]column{}}
	if stats != nil && stats.Rows >= 0 {
		r.rows = float64(stats.Rows)
	}
	if r.rows < 0 {
		r.rows = o.rowsOfFiles(n.Table, n.Partitions)
	}
	if r.rows < 0 {
		r.rows = defaultRows
	}
	for i, c := range n.Cols {
		col := tableColumn(n, stats, i, r.rows)
		col.base = col.distinct
		r.cols[c.ID] = col
	}
	return restrict(r, n.Filter)
}

func mergePartitions(parts []*catalog.Partition) *catalog.Stats {
	sum := &catalog.Stats{}
	for _, p := range parts {
		if p.Stats == nil || p.Stats.Rows < 0 {
			return nil
		}
		sum.Rows += p.Stats.Rows
	}
	return sum
}

func tableColumn(n *plan.Scan, stats *catalog.Stats, i int, rows float64) column {
	c := column{distinct: -1, width: defaultWidth(n.Cols[i].Type)}
	src := n.Source[i]
	if src >= len(n.Table.Columns) {
		if n.Pruned {
			values := map[string]bool{}
			for _, p := range n.Partitions {
				values[p.Names[src-len(n.Table.Columns)]] = true
			}
			c.distinct = float64(len(values))
		}
		return c
	}
	if src < 0 || stats == nil {
		return c
	}
	s := stats.Columns[n.Table.Columns[src].Name]
	if s == nil {
		return c
	}
	if s.Distinct >= 0 {
		c.distinct = math.Max(1, float64(s.Distinct))
	}
	if s.Nulls > 0 && rows > 0 {
		c.nulls = math.Min(1, float64(s.Nulls)/rows)
	}
	if s.AvgLen > 0 {
		c.width = s.AvgLen
	}
	if s.HasMinMax {
		lo, ok1 := asNumber(s.Min, n.Cols[i].Type)
		hi, ok2 := asNumber(s.Max, n.Cols[i].Type)
		if ok1 && ok2 {
			c.hasBounds, c.min, c.max = true, lo, hi
			if n.Cols[i].Type.Physical() == types.I64 && n.Cols[i].Type.Kind != types.Decimal {
				if span := hi - lo + 1; c.distinct < 0 || c.distinct > span {
					c.distinct = math.Min(span, rows)
				}
			}
		}
	}
	return c
}

func defaultWidth(t *types.Type) float64 {
	switch t.Physical() {
	case types.I64, types.F64:
		return 8
	case types.I128:
		return 16
	}
	return 24
}

// asNumber maps a value to a number that keeps the order of its type.
func asNumber(d types.Datum, t *types.Type) (float64, bool) {
	if d.Null {
		return 0, false
	}
	switch t.Physical() {
	case types.I64:
		v := float64(d.I)
		if t.Kind == types.Decimal {
			v /= math.Pow10(t.Scale)
		}
		return v, true
	case types.F64:
		return d.F, true
	case types.I128:
		v := float64(d.W.Hi)
		if t.Kind == types.Decimal {
			v = (float64(d.W.Hi)*math.Exp2(64) + float64(d.W.Lo)) / math.Pow10(t.Scale)
		}
		return v, true
	}
	return 0, false
}

// restrict estimates r after the conjuncts.
func restrict(r *relation, conds []plan.Expr) *relation {
	if len(conds) == 0 {
		return r
	}
	out := &relation{rows: r.rows, cols: make(map[plan.ColumnID]column, len(r.cols))}
	for id, c := range r.cols {
		out.cols[id] = c
	}
	for _, p := range conds {
		out.rows *= selectivity(out, p, true)
	}
	out.capDistinct()
	return out
}

func (r *relation) capDistinct() {
	for id, c := range r.cols {
		if c.distinct > r.rows {
			c.distinct = math.Max(1, r.rows)
			r.cols[id] = c
		}
	}
}

// selectivity estimates the share of rows that satisfy p; with narrow it also notes the consequence for the columns in r.
func selectivity(r *relation, p plan.Expr, narrow bool) float64 {
	c, ok := p.(*plan.Call)
	if !ok {
		if v, _, lit := literalBool(p); lit {
			return float64(b2i(v))
		}
		return 0.5
	}
	switch c.Func {
	case "and":
		s := 1.0
		for _, a := range c.Args {
			s *= selectivity(r, a, narrow)
		}
		return s
	case "or":
		return orSelectivity(r, c, narrow)
	case "not":
		return math.Max(0.01, 1-selectivity(r, c.Args[0], false))
	case "isnull", "isnotnull":
		nulls := 0.01
		if ref, ok := c.Args[0].(*plan.ColumnRef); ok {
			nulls = r.cols[ref.ID].nulls
		}
		if c.Func == "isnull" {
			return math.Max(nulls, 1e-6)
		}
		return 1 - nulls
	case "in":
		return inSelectivity(r, c, narrow)
	case "like", "rlike":
		return likeSelectivity
	case "=", "<=>", "<>", "<", "<=", ">", ">=":
		return compareSelectivity(r, c, narrow)
	}
	return defaultSelectivity
}

// maxNarrowed is the most branches of an OR whose columns are looked at.
const maxNarrowed = 16

// orSelectivity takes the branches for independent of each other. A column has the values that it has in some branch.
func orSelectivity(r *relation, c *plan.Call, narrow bool) float64 {
	narrow = narrow && len(c.Args) <= maxNarrowed
	miss := 1.0
	used := plan.ColumnSet{}
	if narrow {
		plan.Refs(c, used)
	}
	values := map[plan.ColumnID]column{}
	for i, a := range c.Args {
		branch := r
		if narrow {
			branch = &relation{rows: r.rows, cols: make(map[plan.ColumnID]column, len(used))}
			for id := range used {
				branch.cols[id] = r.cols[id]
			}
		}
		miss *= 1 - selectivity(branch, a, narrow)
		for id := range used {
			v, w := branch.cols[id], values[id]
			if i > 0 {
				v.distinct, v.base = v.distinct+w.distinct, v.base+w.base
				v.nulls = math.Max(v.nulls, w.nulls)
				v.hasBounds = v.hasBounds && w.hasBounds
				v.min, v.max = math.Min(v.min, w.min), math.Max(v.max, w.max)
			}
			values[id] = v
		}
	}
	for id, v := range values {
		old, known := r.cols[id]
		if !known || old.distinct <= 0 {
			continue
		}
		v.distinct, v.base = math.Min(v.distinct, old.distinct), math.Min(v.base, old.base)
		r.cols[id] = v
	}
	return 1 - miss
}

func inSelectivity(r *relation, c *plan.Call, narrow bool) float64 {
	n := float64(len(c.Args) - 1)
	col := exprColumn(r, c.Args[0])
	if col.distinct <= 0 {
		return math.Min(0.5, n*equalitySelect)
	}
	share := math.Min(1, n/col.distinct)
	if ref, ok := c.Args[0].(*plan.ColumnRef); ok && narrow {
		col.distinct = math.Min(col.distinct, n)
		col.base = col.distinct
		r.cols[ref.ID] = col
	}
	return share
}

func (c column) distinctOr(d float64) float64 {
	if c.distinct > 0 {
		return c.distinct
	}
	return d
}

func compareSelectivity(r *relation, c *plan.Call, narrow bool) float64 {
	a, b := c.Args[0], c.Args[1]
	lit, isLit := b.(*plan.Literal)
	if !isLit {
		if c.Func == "=" || c.Func == "<=>" {
			d := math.Max(exprColumn(r, a).distinct, exprColumn(r, b).distinct)
			if d > 0 {
				return 1 / d
			}
			return equalitySelect
		}
		return rangeSelectivity
	}
	col := exprColumn(r, a)
	ref, isRef := a.(*plan.ColumnRef)
	value, numeric := asNumber(lit.Value, lit.T)
	switch c.Func {
	case "=", "<=>":
		s := equalitySelect
		if col.distinct > 0 {
			s = 1 / col.distinct
		}
		if numeric && col.hasBounds && (value < col.min || value > col.max) {
			s = 1e-6
		}
		if isRef && narrow {
			col.distinct, col.base, col.nulls = 1, 1, 0
			if numeric {
				col.hasBounds, col.min, col.max = true, value, value
			}
			r.cols[ref.ID] = col
		}
		return s
	case "<>":
		if col.distinct > 0 {
			return math.Max(1-1/col.distinct, 1e-3)
		}
		return 1 - equalitySelect
	}
	if !numeric || !col.hasBounds || col.max <= col.min {
		return rangeSelectivity
	}
	share := (value - col.min) / (col.max - col.min)
	below := c.Func == "<" || c.Func == "<="
	if !below {
		share = 1 - share
	}
	share = math.Min(1, math.Max(share, 1e-6))
	if isRef && narrow {
		if below {
			col.max = math.Max(col.min, math.Min(col.max, value))
		} else {
			col.min = math.Min(col.max, math.Max(col.min, value))
		}
		if col.distinct > 0 {
			col.distinct = math.Max(1, col.distinct*share)
			col.base = math.Max(1, col.base*share)
		}
		r.cols[ref.ID] = col
	}
	return share
}

// exprColumn estimates the values of an expression over r.
func exprColumn(r *relation, e plan.Expr) column {
	switch e := e.(type) {
	case *plan.ColumnRef:
		if c, ok := r.cols[e.ID]; ok {
			return c
		}
	case *plan.Literal:
		c := column{distinct: 1, width: defaultWidth(e.T)}
		if v, ok := asNumber(e.Value, e.T); ok {
			c.hasBounds, c.min, c.max = true, v, v
		}
		return c
	case *plan.Call:
		if e.Func == "cast" {
			return exprColumn(r, e.Args[0])
		}
		d := 1.0
		for _, a := range e.Args {
			c := exprColumn(r, a)
			if c.distinct <= 0 {
				d = -1
				break
			}
			d *= c.distinct
		}
		if d > 0 {
			return column{distinct: math.Min(d, math.Max(1, r.rows)), width: defaultWidth(e.T)}
		}
	}
	return column{distinct: -1, width: defaultWidth(e.Type())}
}

func aggregateRelation(in *relation, n *plan.Aggregate) *relation {
	groups := 1.0
	out := &relation{cols: map[plan.ColumnID]column{}}
	for _, k := range n.Keys {
		c := exprColumn(in, k.Expr)
		out.cols[k.Column.ID] = c
		groups *= c.distinctOr(math.Sqrt(math.Max(in.rows, 1)))
	}
	out.rows = math.Min(groups, math.Max(1, in.rows*0.9))
	if len(n.Keys) == 0 {
		out.rows = 1
	}
	if len(n.GroupingSets) > 0 {
		out.rows *= 1 + 0.2*float64(len(n.GroupingSets)-1)
	}
	for _, a := range n.Aggs {
		out.cols[a.Column.ID] = column{distinct: -1, width: defaultWidth(a.Column.Type)}
	}
	out.capDistinct()
	return out
}
