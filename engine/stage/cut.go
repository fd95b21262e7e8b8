package stage

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// Options steer the cutting.
type Options struct {
	// Partitions fixes the number of partitions of hash and round-robin exchanges; 0: by their estimated size, at least
	// MinPartitions (twice the slots, so that tasks can be made even).
	Partitions, MinPartitions int
	// Broadcast is the estimated size in bytes up to which the build side of a join is copied to every task.
	Broadcast float64
	// Filter is the estimated size in bytes from which a side of a join is filtered by the keys of the other one; negative: never.
	Filter float64
	// Whole is the estimated size in bytes up to which a table that is only filtered is read by each task that needs a copy of it,
	// instead of being sent to all of them by a stage of its own; 0: none is.
	Whole float64
	// NoLocalAggregation makes tasks send rows as they are instead of grouping them first, where there is a key to send them by.
	NoLocalAggregation bool
	// Distinct is the estimated number of rows from which duplicates of DISTINCT arguments that would meet in few tasks are removed by more
	// tasks before; negative: never.
	Distinct float64
	// UnequalGroups says that some groups of aggregations are expected to have a large part of the rows.
	UnequalGroups bool
	// Ranges is the estimated size in bytes from which rows are sorted in several tasks, each a range of keys; negative: never.
	Ranges float64
	// Rows estimates the rows that a node of the plan gives; nil: nothing is known, and no join is broadcast that need not be.
	Rows func(plan.Node) float64
}

// CutQuery cuts the plan of a query. The result exchange has the columns of root in order.
func CutQuery(root plan.Node, o Options) (*Graph, error) {
	c := newCutter(o, root)
	p, err := c.cut(root, plan.OutputSet(root))
	if err != nil {
		return nil, err
	}
	e, _ := c.write(p, Gather, nil, root.Columns(), root)
	c.graph.Result = e.ID
	c.sizePartitions()
	return c.graph, c.graph.check()
}

// CutWrites cuts plans whose rows go to sinks 0, 1, …: each task of the last stage of plan i writes rows of the columns of
// writes[i] in order to a sink of its own. The plans may share subplans.
func CutWrites(writes []Write, o Options) (*Graph, error) {
	roots := make([]plan.Node, len(writes))
	for i, w := range writes {
		roots[i] = w.Root
	}
	c := newCutter(o, roots...)
	for i, w := range writes {
		p, err := c.cut(w.Root, plan.OutputSet(w.Root))
		if err != nil {
			return nil, err
		}
		last, moved := c.merged(p, w)
		s := c.stage(arranged(last.node, w.Root.Columns()), last, -1)
		s.Sink = i
		if moved {
			s.Least, s.Most = w.Merge.Least, w.Merge.Most
			if x := s.Reads[0]; c.graph.Exchanges[x].Distribution == Hash { // a large directory may have several files
				s.Freedoms = map[int]Freedom{x: {Split: true}}
			}
		}
	}
	c.sizePartitions()
	return c.graph, c.graph.check()
}

// cutter cuts plans bottom-up. What it has of a plan at any time is a part: the beginning of a fragment.
type cutter struct {
	options Options
	graph   *Graph
	next    plan.ColumnID
	shared  map[*plan.SharedDef]*sharedPart
	wants   map[*plan.Aggregate][]want
}

// part is a fragment under construction and where its rows are.
type part struct {
	node plan.Node
	// single: the rows are in one task; otherwise they are spread over all tasks of the stage.
	single bool
	// hash, of spread rows, says that they are divided by a hash of these columns, in order; for each there may be several
	// that are equal. nil: they are anywhere.
	hash [][]plan.ColumnID
}

func newCutter(o Options, roots ...plan.Node) *cutter {
	c := &cutter{options: o, graph: &Graph{Result: -1}, shared: map[*plan.SharedDef]*sharedPart{}, wants: findWants(roots)}
	seen := map[*plan.SharedDef]bool{}
	var visit func(n plan.Node)
	visit = func(n plan.Node) {
		for _, col := range n.Columns() {
			c.next = max(c.next, col.ID+1)
		}
		if s, ok := n.(*plan.Shared); ok && !seen[s.Def] {
			seen[s.Def] = true
			visit(s.Def.Plan)
		}
		for _, in := range n.Inputs() {
			visit(in)
		}
	}
	for _, r := range roots {
		visit(r)
	}
	return c
}

func (c *cutter) newColumn(name string, t *types.Type) plan.Column {
	c.next++
	return plan.Column{ID: c.next - 1, Name: name, Type: t}
}

// rows estimates the rows of a node of the uncut plan; -1 when unknown.
func (c *cutter) rows(n plan.Node) float64 {
	if c.options.Rows == nil {
		return -1
	}
	return c.options.Rows(n)
}

// bytes estimates the size of the given columns of n.
func (c *cutter) bytes(n plan.Node, cols []plan.Column) float64 {
	rows := c.rows(n)
	if rows < 0 {
		return -1
	}
	width := 1.0
	for _, col := range cols {
		switch col.Type.Physical() {
		case types.I64, types.F64:
			width += 8
		case types.I128:
			width += 16
		case types.Bytes:
			width += 24
		default:
			width += 64
		}
	}
	return rows * width
}

// stage ends a part: root, over the part's node, is the fragment of a new stage.
func (c *cutter) stage(root plan.Node, p part, exchange int) *Stage {
	s := &Stage{ID: len(c.graph.Stages), Root: root, Exchange: exchange, Sink: -1, Single: p.single}
	s.Scans, s.Reads = leaves(root)
	s.Freedoms, s.Empties = c.graph.freedoms(root), emptying(root)
	c.graph.Stages = append(c.graph.Stages, s)
	return s
}

// leaves lists the scans of a fragment and the exchanges that it reads.
func leaves(root plan.Node) (scans []*plan.Scan, reads []int) {
	seen := map[int]bool{}
	var visit func(n plan.Node)
	visit = func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Scan:
			scans = append(scans, n)
		case *plan.RemoteSource:
			if !seen[n.Exchange] {
				seen[n.Exchange] = true
				reads = append(reads, n.Exchange)
			}
		}
		for _, in := range n.Inputs() {
			visit(in)
		}
	}
	visit(root)
	return scans, reads
}

// arranged makes the columns of n be cols in order.
func arranged(n plan.Node, cols []plan.Column) plan.Node {
	have := n.Columns()
	same := len(have) == len(cols)
	for i := range cols {
		same = same && have[i].ID == cols[i].ID
	}
	if same {
		return n
	}
	p := &plan.Project{Input: n}
	for _, col := range cols {
		p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: plan.NewColumnRef(col)})
	}
	return p
}

// write ends a part in an exchange of cols, which are followed by those keys that are not among them already. It returns the
// keys' columns; they are sent along when keys is not just references. origin is the node of the uncut plan that has the rows,
// for estimates.
func (c *cutter) write(p part, d Distribution, keys []plan.Expr, cols []plan.Column, origin plan.Node) (*Exchange, []plan.Column) {
	e := &Exchange{ID: len(c.graph.Exchanges), Distribution: d, Partitions: 1, Rows: c.rows(origin)}
	c.graph.Exchanges = append(c.graph.Exchanges, e)
	project := &plan.Project{Input: p.node}
	at := map[plan.ColumnID]int{}
	send := func(col plan.Column, from plan.Expr) {
		at[col.ID] = len(project.Exprs)
		project.Exprs = append(project.Exprs, plan.Assign{Column: col, Expr: from})
	}
	for _, col := range cols {
		send(col, plan.NewColumnRef(col))
	}
	// Computed keys are sent, so that the reader need not compute them again (and, if they are random, has the same); others
	// are needed here only.
	keyCols := make([]plan.Column, len(keys))
	for i, k := range keys {
		if r, ok := k.(*plan.ColumnRef); ok {
			keyCols[i] = plan.Column{ID: r.ID, Name: r.Name, Type: r.T}
			continue
		}
		keyCols[i] = c.newColumn("key", k.Type())
		send(keyCols[i], k)
	}
	for _, x := range project.Exprs {
		e.Types = append(e.Types, x.Column.Type)
	}
	e.Bytes = c.bytes(origin, project.Columns())
	for _, k := range keyCols {
		if _, ok := at[k.ID]; !ok {
			send(k, plan.NewColumnRef(k))
		}
		e.Keys = append(e.Keys, at[k.ID])
	}
	root := arranged(p.node, project.Columns()) // unless keys are computed
	for _, x := range project.Exprs {
		if _, ok := x.Expr.(*plan.ColumnRef); !ok {
			root = project
		}
	}
	e.Producer = c.stage(root, p, e.ID).ID
	return e, keyCols
}

// exchange moves the rows of a part, as far as their columns are needed, and returns the reading part with the columns of the
// keys. origin is the node of the uncut plan that has the rows.
func (c *cutter) exchange(p part, d Distribution, keys []plan.Expr, need plan.ColumnSet, origin plan.Node) (part, []plan.Column) {
	cols := needed(p.node, need)
	e, keyCols := c.write(p, d, keys, cols, origin)
	sent := c.graph.Stages[e.Producer].Root.Columns()[:len(e.Types)]
	out := part{node: &plan.RemoteSource{Exchange: e.ID, Cols: sent}, single: d == Gather}
	if d == Hash {
		for _, k := range keyCols {
			out.hash = append(out.hash, []plan.ColumnID{k.ID})
		}
	}
	return out, keyCols
}

// gather brings the rows of a part into one task.
func (c *cutter) gather(p part, need plan.ColumnSet, origin plan.Node) part {
	if p.single {
		return p
	}
	p, _ = c.exchange(p, Gather, nil, need, origin)
	return p
}

// needed lists the columns of n that are in need.
func needed(n plan.Node, need plan.ColumnSet) []plan.Column {
	var cols []plan.Column
	for _, col := range n.Columns() {
		if need.Has(col.ID) {
			cols = append(cols, col)
		}
	}
	return cols
}

// renamed carries a distribution over to the columns that assigns give the same values; nil when one of its columns is lost.
func renamed(hash [][]plan.ColumnID, assigns []plan.Assign) [][]plan.ColumnID {
	var out [][]plan.ColumnID
	for _, equal := range hash {
		var now []plan.ColumnID
		for _, a := range assigns {
			r, ok := a.Expr.(*plan.ColumnRef)
			if !ok {
				continue
			}
			for _, id := range equal {
				if r.ID == id {
					now = append(now, a.Column.ID)
				}
			}
		}
		if now == nil {
			return nil
		}
		out = append(out, now)
	}
	return out
}

// together reports whether rows with equal values of es are in one task.
func (p part) together(es []plan.Expr) bool {
	if p.single {
		return true
	}
	if p.hash == nil {
		return false
	}
	for _, equal := range p.hash {
		if position(equal, es) < 0 {
			return false
		}
	}
	return true
}

// position returns the index of the first of es that refers to one of the columns, or -1.
func position(ids []plan.ColumnID, es []plan.Expr) int {
	for i, e := range es {
		r, ok := e.(*plan.ColumnRef)
		if !ok {
			continue
		}
		for _, id := range ids {
			if r.ID == id {
				return i
			}
		}
	}
	return -1
}

// over puts n, which works on any division of its input's rows, on top of a part.
func over(n plan.Node, p part) part {
	p.node = plan.WithInputs(n, []plan.Node{p.node})
	return p
}

// cut cuts n. need are the columns of n that are used above; the part has at least these.
func (c *cutter) cut(n plan.Node, need plan.ColumnSet) (part, error) {
	switch n := n.(type) {
	case *plan.Scan:
		// The first rows of a table are those of all splits in order.
		return part{node: n, single: n.Sample != nil && n.Sample.Rows > 0 && n.Sample.OutOf == 0 && n.Sample.Percent == 0 && n.Sample.Bytes == 0}, nil
	case *plan.Values:
		return part{node: n, single: true}, nil
	case *plan.Filter:
		p, err := c.cut(n.Input, need.With(n.Cond))
		return over(n, p), err
	case *plan.Generate:
		p, err := c.cut(n.Input, need.With(n.Args...))
		return over(n, p), err
	case *plan.Project:
		return c.project(n, need)
	case *plan.Aggregate:
		return c.aggregate(n)
	case *plan.Join:
		return c.join(n, need)
	case *plan.Sort:
		return c.sort(n, need)
	case *plan.Limit:
		return c.limit(n, need)
	case *plan.Window:
		return c.window(n, need)
	case *plan.Union:
		return c.union(n, need)
	case *plan.Script:
		p, err := c.cut(n.Input, plan.ColumnSet(nil).With(n.Args...))
		p.hash = nil
		return over(n, p), err
	case *plan.Distribute:
		return c.distribute(n, need)
	case *plan.Shared:
		return c.sharedRef(n)
	}
	return part{}, fmt.Errorf("cutting a plan into stages: %T is not implemented", n)
}

func (c *cutter) project(n *plan.Project, need plan.ColumnSet) (part, error) {
	used := &plan.Project{}
	inner := plan.ColumnSet{}
	for _, a := range n.Exprs {
		if need.Has(a.Column.ID) {
			used.Exprs = append(used.Exprs, a)
			plan.Refs(a.Expr, inner)
		}
	}
	p, err := c.cut(n.Input, inner)
	if err != nil {
		return part{}, err
	}
	used.Input = p.node
	return part{node: used, single: p.single, hash: renamed(p.hash, used.Exprs)}, nil
}

func (c *cutter) limit(n *plan.Limit, need plan.ColumnSet) (part, error) {
	p, err := c.cut(n.Input, need)
	if err != nil {
		return part{}, err
	}
	if !p.single {
		p = c.gather(over(&plan.Limit{Input: n.Input, N: n.N + n.Offset}, p), need, n)
	}
	return over(n, p), nil
}

func references(cols []plan.Column) []plan.Expr {
	es := make([]plan.Expr, len(cols))
	for i, col := range cols {
		es[i] = plan.NewColumnRef(col)
	}
	return es
}

func (c *cutter) distribute(n *plan.Distribute, need plan.ColumnSet) (part, error) {
	p, err := c.cut(n.Input, need.With(n.By...))
	if err != nil || p.single {
		return p, err
	}
	if p.together(n.By) {
		return over(n, p), nil // the node tells that the rows must stay where they are
	}
	p, _ = c.exchange(p, Hash, n.By, need, n.Input)
	return p, nil
}

// union keeps its inputs in one stage, whose tasks share out all their splits, or all their partitions. When some inputs are read
// from splits and others from partitions, or are in one task, what is not read from partitions is sent to partitions first.
func (c *cutter) union(n *plan.Union, need plan.ColumnSet) (part, error) {
	parts := make([]part, len(n.All))
	single, fromSplits := true, true
	for k, in := range n.All {
		set := plan.ColumnSet{}
		for i, col := range n.Cols {
			if need.Has(col.ID) {
				set.Add(n.Sources[k][i])
			}
		}
		var err error
		if parts[k], err = c.cut(in, set); err != nil {
			return part{}, err
		}
		single = single && parts[k].single
		fromSplits = fromSplits && !parts[k].single && !c.readsPartitions(parts[k])
	}
	u := &plan.Union{Cols: n.Cols, Sources: n.Sources}
	var kept []int
	for i, col := range n.Cols {
		if need.Has(col.ID) {
			kept = append(kept, i)
		}
	}
	if len(kept) < len(n.Cols) {
		u.Cols, u.Sources = nil, make([][]plan.ColumnID, len(n.Sources))
		for _, i := range kept {
			u.Cols = append(u.Cols, n.Cols[i])
			for k := range u.Sources {
				u.Sources[k] = append(u.Sources[k], n.Sources[k][i])
			}
		}
	}
	for k, p := range parts {
		if !single && !fromSplits && (p.single || !c.readsPartitions(p)) {
			set := plan.ColumnSet{}
			for _, id := range u.Sources[k] {
				set.Add(id)
			}
			p, _ = c.exchange(p, RoundRobin, nil, set, n.All[k])
			parts[k] = p
		}
		u.All = append(u.All, p.node)
	}
	return part{node: u, single: single, hash: unionHash(u, parts)}, nil
}

// readsPartitions reports whether the tasks of a part share out the partitions of exchanges.
func (c *cutter) readsPartitions(p part) bool {
	_, reads := leaves(p.node)
	for _, x := range reads {
		if d := c.graph.Exchanges[x].Distribution; d.divided() {
			return true
		}
	}
	return false
}

// unionHash returns the distribution that all inputs of a union have in its columns, or nil.
func unionHash(u *plan.Union, parts []part) [][]plan.ColumnID {
	var out [][]plan.ColumnID
	for k, p := range parts {
		var assigns []plan.Assign
		for i, col := range u.Cols {
			assigns = append(assigns, plan.Assign{Column: col, Expr: &plan.ColumnRef{ID: u.Sources[k][i]}})
		}
		hash := renamed(p.hash, assigns)
		if hash == nil || k > 0 && len(hash) != len(out) {
			return nil
		}
		if k == 0 {
			out = hash
			continue
		}
		for i := range out {
			var both []plan.ColumnID
			for _, a := range out[i] {
				for _, b := range hash[i] {
					if a == b {
						both = append(both, a)
					}
				}
			}
			if both == nil {
				return nil
			}
			out[i] = both
		}
	}
	return out
}
