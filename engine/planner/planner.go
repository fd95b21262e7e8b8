// Package planner compiles logical plans to graphs of pipelines. The nodes of the plan are translated directly; there is no
// second plan type.
package planner

import (
	"context"
	"fmt"
	"sync"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/expr"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/operator"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// ScanProvider opens tables.
type ScanProvider interface {
	// Scan prepares reading n. predicates are those conjuncts of n.Filter that readers evaluate; the planner evaluates the
	// others. Their columns are indexes into the table's data columns. n.Sample is the provider's business.
	Scan(ctx context.Context, n *plan.Scan, predicates []format.Predicate) (operator.Table, error)
}

// RemoteProvider opens exchanges for reading.
type RemoteProvider interface {
	// Source returns the rows of the exchange that are this task's.
	Source(n *plan.RemoteSource) (pipeline.Source, error)
}

// Env is what compiling and running a query needs.
type Env struct {
	Expr     *expr.Env
	Slots    *pipeline.Slots
	Share    *pipeline.Share // of the slots; nil: that of all queries without one
	Threads  int             // workers per pipeline, at most
	Pool     *memory.Pool    // of the query
	SpillDir string
	Scans    ScanProvider
	Remote   RemoteProvider // nil where plans are not cut into stages
	// JoinTables, when not nil, shares tables of joins among tasks.
	JoinTables JoinTables
	// Script prepares running a script: it checks what can be checked before and returns what describes a process, once for
	// each. It is nil where scripts are not allowed.
	Script func(n *plan.Script) (func() (*operator.ScriptSpec, error), error)
	// Profile, when not nil, receives the counters of all operators.
	Profile *Profile
	// Progress, when not nil, counts splits.
	Progress *operator.Progress
}

// Output is a root of a query and where its rows go: batches of Root.Columns() in order. If Root is sorted, the sink has one
// worker, which gets the rows in order.
type Output struct {
	Root plan.Node
	Sink pipeline.Sink
	// InOrder asks for the rows of a window that nothing sorts in the order of its partition and order keys, in which Hive's
	// reducers leave them. One worker then computes the window and all that follows.
	InOrder bool
}

// Profile lists what the parts of a query's pipelines did.
type Profile struct{ Parts []Part }

// Part is one part of one pipeline. An operator that several pipelines share has one counter.
type Part struct {
	Node     plan.Node // the node it belongs to
	Pipeline int       // parts of one pipeline are listed from the source to the sink
	Name     string
	Stats    *pipeline.Stats
}

// Rows returns a function that tells how many rows a node has given, or -1 where that was not counted: nodes that only rename
// columns are no parts of pipelines, and the inputs of a union are counted together.
func (p *Profile) Rows() func(plan.Node) int64 {
	// Parts count what comes to them. One that several pipelines share has one counter.
	from := map[*pipeline.Stats]map[plan.Node]bool{}
	after := map[plan.Node]map[*pipeline.Stats]bool{}
	for i := 0; i+1 < len(p.Parts); i++ {
		a, b := p.Parts[i], p.Parts[i+1]
		if a.Pipeline != b.Pipeline || a.Node == b.Node {
			continue
		}
		if from[b.Stats] == nil {
			from[b.Stats] = map[plan.Node]bool{}
		}
		if after[a.Node] == nil {
			after[a.Node] = map[*pipeline.Stats]bool{}
		}
		from[b.Stats][a.Node], after[a.Node][b.Stats] = true, true
	}
	return func(n plan.Node) int64 {
		sum := int64(-1)
		for s := range after[n] {
			if len(from[s]) > 1 {
				return -1
			}
			sum = max(sum, 0) + s.Rows.Load()
		}
		return sum
	}
}

// Build compiles a query. Its outputs may share subplans by plan.Shared.
func Build(ctx context.Context, env *Env, outputs ...Output) (*pipeline.Query, error) {
	b := newBuilder(ctx, env)
	for _, o := range outputs {
		b.inOrder = nil
		if o.InOrder {
			b.inOrder = topWindow(o.Root)
		}
		s, err := b.compile(o.Root, plan.OutputSet(o.Root))
		if err != nil {
			return nil, err
		}
		b.rearrange(s, o.Root, o.Root.Columns())
		b.sink(s, o.Sink, o.Root, "output")
	}
	return b.query, nil
}

func newBuilder(ctx context.Context, env *Env) *builder {
	b := &builder{
		ctx: ctx, env: env, query: pipeline.NewQuery(env.Slots, env.Threads), shared: map[*plan.SharedDef]*sharedRows{},
		progress: env.Progress,
	}
	if env.Share != nil {
		b.query.Use(env.Share)
	}
	if b.progress == nil {
		b.progress = &operator.Progress{}
	}
	b.resources = &operator.Resources{Pool: env.Pool, SpillDir: env.SpillDir, Workers: b.query.Workers()}
	return b
}

type builder struct {
	ctx       context.Context
	env       *Env
	query     *pipeline.Query
	resources *operator.Resources
	shared    map[*plan.SharedDef]*sharedRows
	progress  *operator.Progress
	joins     int        // whose tables are shared
	mu        sync.Mutex // guards the profile and pipelines while tables are built by queries of their own
	pipelines int
	inOrder   *plan.Window // whose rows must come in order
}

// stream is the output of a compiled node: one or more beginnings of pipelines whose batches have the same layout.
type stream struct {
	layout   expr.Layout
	types    []*types.Type // by position
	branches []*branch
	// scans says which columns come unchanged from a scan of the same pipeline.
	scans map[plan.ColumnID]scanColumn
}

// branch is the beginning of a pipeline.
type branch struct {
	source pipeline.Source
	ops    []pipeline.Operator
	parts  []Part
	after  []*pipeline.Task // must have ended before it starts
	behind []*branch        // likewise; of the same stream
	task   *pipeline.Task
}

// newStream returns a stream of one source with the given columns.
func newStream(source pipeline.Source, n plan.Node, name string, cols []plan.Column, after ...*pipeline.Task) *stream {
	return &stream{
		layout: expr.LayoutOf(cols), types: plan.Types(cols),
		branches: []*branch{{source: source, after: after, parts: []Part{{Node: n, Name: name, Stats: &pipeline.Stats{}}}}},
	}
}

// append adds an operator to all branches of s.
func (s *stream) append(op pipeline.Operator, n plan.Node, name string) {
	part := Part{Node: n, Name: name, Stats: &pipeline.Stats{}}
	for _, b := range s.branches {
		b.ops = append(b.ops, op)
		b.parts = append(b.parts, part)
	}
}

// sink ends the stream in a sink and returns the task of the sink's end.
func (b *builder) sink(s *stream, sink pipeline.Sink, n plan.Node, name string) *pipeline.Task {
	end := b.query.AddTask(name, sink.Finish)
	b.feed(s, sink, n, name, end)
	return end
}

// feed ends the stream in a sink whose end is the given task.
func (b *builder) feed(s *stream, sink pipeline.Sink, n plan.Node, name string, end *pipeline.Task) {
	part := Part{Node: n, Name: name, Stats: &pipeline.Stats{}}
	for _, br := range s.branches {
		parts := append(br.parts, part)
		stats := make([]*pipeline.Stats, len(parts))
		for i := range parts {
			parts[i].Pipeline = b.pipelines
			stats[i] = parts[i].Stats
		}
		b.pipelines++
		if b.env.Profile != nil {
			b.env.Profile.Parts = append(b.env.Profile.Parts, parts...)
		}
		br.task = b.query.AddPipeline(name, br.source, br.ops, sink, stats)
		br.task.After(br.after...)
		end.After(br.task)
	}
	for i, br := range s.branches {
		for _, o := range br.behind {
			br.task.After(o.task)
		}
		if i > 0 && b.query.Workers() == 1 {
			br.task.After(s.branches[i-1].task) // one worker takes rows in the same order whenever it runs
		}
	}
}

// rearrange makes the batches of s have exactly cols in order.
func (b *builder) rearrange(s *stream, n plan.Node, cols []plan.Column) {
	positions := make([]int, len(cols))
	same := len(cols) == len(s.types)
	for i, c := range cols {
		positions[i] = s.layout[c.ID]
		same = same && positions[i] == i
	}
	if !same {
		s.append(operator.NewRearrange(positions), n, "rearrange")
	}
	s.layout, s.types = expr.LayoutOf(cols), plan.Types(cols)
}

// program compiles expressions over the batches of s.
func (b *builder) program(s *stream, exprs []plan.Expr) (operator.Program, error) {
	return b.programOver(s.layout, exprs)
}

func (b *builder) programOver(l expr.Layout, exprs []plan.Expr) (operator.Program, error) {
	p, err := expr.Compile(b.env.Expr, exprs, l)
	if err != nil {
		return nil, err
	}
	return func() operator.Evaluator { return p.NewEvaluator() }, nil
}

func (b *builder) condition(l expr.Layout, cond plan.Expr) (operator.Condition, error) {
	p, err := expr.CompileFilter(b.env.Expr, cond, l)
	if err != nil {
		return nil, err
	}
	return func() operator.Selector { return p.NewEvaluator() }, nil
}

// compile translates n. need are the columns of n that the parent uses; the stream has at least these.
func (b *builder) compile(n plan.Node, need plan.ColumnSet) (*stream, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return b.scan(n)
	case *plan.Values:
		return b.values(n)
	case *plan.Filter:
		return b.filter(n, need)
	case *plan.Project:
		return b.project(n, need)
	case *plan.Aggregate:
		return b.aggregate(n)
	case *plan.Join:
		return b.join(n, need)
	case *plan.Sort:
		return b.sort(n, need)
	case *plan.Generate:
		return b.generate(n, need)
	case *plan.Window:
		return b.window(n, need)
	case *plan.Script:
		return b.script(n)
	case *plan.Limit:
		return b.limit(n, need)
	case *plan.Union:
		return b.union(n, need)
	case *plan.Shared:
		return b.sharedRef(n)
	case *plan.Distribute:
		return b.compile(n.Input, need)
	case *plan.RemoteSource:
		return b.remote(n)
	}
	return nil, fmt.Errorf("planner: %T is not implemented", n)
}

// Predicates divides the filter of a scan into predicates that readers evaluate, over the table's data columns, and the rest.
func Predicates(env *expr.Env, n *plan.Scan) (pushed []format.Predicate, rest []plan.Expr) {
	for _, f := range n.Filter {
		if p, ok := predicate(env, n, f); ok {
			pushed = append(pushed, p)
		} else {
			rest = append(rest, f)
		}
	}
	return pushed, rest
}

func (b *builder) scan(n *plan.Scan) (*stream, error) {
	pushed, rest := Predicates(b.env.Expr, n)
	table, err := b.env.Scans.Scan(b.ctx, n, pushed)
	if err != nil {
		return nil, err
	}
	scan := operator.NewScan(n.Alias, table, b.progress)
	s := newStream(scan, n, "scan", n.Cols)
	s.scans = map[plan.ColumnID]scanColumn{}
	if n.Sample == nil {
		for i, c := range n.Cols {
			s.scans[c.ID] = scanColumn{scan, n, i}
		}
	}
	if n.Sample != nil && n.Sample.OutOf > 0 {
		rest = append([]plan.Expr{inBucket(n)}, rest...)
	}
	if cond := plan.And(rest...); cond != nil {
		c, err := b.condition(s.layout, cond)
		if err != nil {
			return nil, err
		}
		s.append(operator.NewFilter(c), n, "filter")
	}
	return s, nil
}

// predicate turns a conjunct over one data column of a scan into a reader's predicate.
func predicate(env *expr.Env, n *plan.Scan, f plan.Expr) (format.Predicate, bool) {
	refs := plan.ColumnSet{}
	plan.Refs(f, refs)
	if len(refs) != 1 {
		return nil, false
	}
	for i, c := range n.Cols {
		if refs.Has(c.ID) {
			if n.Source[i] < 0 || n.Source[i] >= len(n.Table.Columns) {
				return nil, false
			}
			return expr.CompilePredicate(env, f, c.ID, n.Source[i])
		}
	}
	return nil, false
}

func (b *builder) values(n *plan.Values) (*stream, error) {
	var batches []*vector.Batch
	ts := plan.Types(n.Cols)
	for i, row := range n.Rows {
		if i%vector.BatchSize == 0 {
			batches = append(batches, vector.NewBatch(ts))
		}
		cur := batches[len(batches)-1]
		for c, e := range row {
			d, err := expr.Fold(b.env.Expr, e)
			if err != nil {
				return nil, err
			}
			cur.Cols[c].AppendDatum(d)
		}
		cur.N++
	}
	return newStream(operator.NewBatches(batches...), n, "values", n.Cols), nil
}

func (b *builder) remote(n *plan.RemoteSource) (*stream, error) {
	if b.env.Remote == nil {
		return nil, fmt.Errorf("planner: exchange %d is read outside of a task", n.Exchange)
	}
	source, err := b.env.Remote.Source(n)
	if err != nil {
		return nil, err
	}
	return newStream(source, n, "remote", n.Cols), nil
}

func (b *builder) filter(n *plan.Filter, need plan.ColumnSet) (*stream, error) {
	s, err := b.compile(n.Input, need.With(n.Cond))
	if err != nil {
		return nil, err
	}
	c, err := b.condition(s.layout, n.Cond)
	if err != nil {
		return nil, err
	}
	s.append(operator.NewFilter(c), n, "filter")
	return s, nil
}

func (b *builder) project(n *plan.Project, need plan.ColumnSet) (*stream, error) {
	var used []plan.Assign
	var exprs []plan.Expr
	simple := true
	for _, a := range n.Exprs {
		if !need.Has(a.Column.ID) {
			continue
		}
		used = append(used, a)
		exprs = append(exprs, a.Expr)
		_, isRef := a.Expr.(*plan.ColumnRef)
		simple = simple && isRef
	}
	s, err := b.compile(n.Input, plan.ColumnSet(nil).With(exprs...))
	if err != nil {
		return nil, err
	}
	layout, scans := expr.Layout{}, map[plan.ColumnID]scanColumn{}
	for _, a := range used {
		if r, ok := a.Expr.(*plan.ColumnRef); ok {
			if sc, ok := s.scans[r.ID]; ok {
				scans[a.Column.ID] = sc
			}
		}
	}
	if simple {
		// Columns change their ids only.
		for _, a := range used {
			at, ok := s.layout[a.Expr.(*plan.ColumnRef).ID]
			if !ok {
				return nil, fmt.Errorf("planner: column %v is not in the input", a.Expr)
			}
			layout[a.Column.ID] = at
		}
		s.layout, s.scans = layout, scans
		return s, nil
	}
	program, err := b.program(s, exprs)
	if err != nil {
		return nil, err
	}
	s.append(operator.NewProject(program), n, "project")
	s.types = nil
	for i, a := range used {
		layout[a.Column.ID] = i
		s.types = append(s.types, a.Column.Type)
	}
	s.layout, s.scans = layout, scans
	return s, nil
}

func (b *builder) limit(n *plan.Limit, need plan.ColumnSet) (*stream, error) {
	s, err := b.compile(n.Input, need)
	if err != nil {
		return nil, err
	}
	s.append(operator.NewLimit(n.N, n.Offset), n, "limit")
	s.scans = nil // fewer rows at the scan would let others through
	return s, nil
}

func (b *builder) sort(n *plan.Sort, need plan.ColumnSet) (*stream, error) {
	var keyExprs []plan.Expr
	for _, k := range n.Keys {
		keyExprs = append(keyExprs, k.Expr)
	}
	s, err := b.compile(n.Input, need.With(keyExprs...))
	if err != nil {
		return nil, err
	}
	spec := operator.SortSpec{Name: "sort", Limit: n.Limit, Offset: n.Offset}
	c := newComputed()
	var out []plan.Column
	for _, col := range n.Columns() {
		if need.Has(col.ID) {
			out = append(out, col)
			c.add(plan.NewColumnRef(col))
		}
	}
	spec.Out = len(out)
	for _, k := range n.Keys {
		spec.Keys = append(spec.Keys, operator.SortKey{Column: c.add(k.Expr), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	spec.Types = c.types()
	program, err := b.program(s, c.exprs)
	if err != nil {
		return nil, err
	}
	op := operator.NewSort(spec, b.resources)
	b.query.AddCloser(op)
	end := op.Parallel(b.query, b.sink(s, op.Input(program), n, "sort"))
	return newStream(op.Source(), n, "sorted", out, end), nil
}

// computed is a list of expressions without repetitions.
type computed struct{ exprs []plan.Expr }

func newComputed() *computed { return &computed{} }

// add returns the position of e in the list, appending it when it is not there.
func (c *computed) add(e plan.Expr) int {
	for i, x := range c.exprs {
		if plan.Equal(x, e) {
			return i
		}
	}
	c.exprs = append(c.exprs, e)
	return len(c.exprs) - 1
}

func (c *computed) types() []*types.Type {
	ts := make([]*types.Type, len(c.exprs))
	for i, e := range c.exprs {
		ts[i] = e.Type()
	}
	return ts
}

func (b *builder) union(n *plan.Union, need plan.ColumnSet) (*stream, error) {
	var out *stream
	var kept []int
	var cols []plan.Column
	for i, c := range n.Cols {
		if need.Has(c.ID) {
			kept = append(kept, i)
			cols = append(cols, c)
		}
	}
	for k, in := range n.All {
		set := plan.ColumnSet{}
		inCols := make([]plan.Column, len(kept))
		for i, at := range kept {
			id := n.Sources[k][at]
			set.Add(id)
			inCols[i] = plan.Column{ID: id, Type: n.Cols[at].Type}
		}
		s, err := b.compile(in, set)
		if err != nil {
			return nil, err
		}
		b.rearrange(s, n, inCols)
		if out == nil {
			out = s
		} else {
			out.branches = append(out.branches, s.branches...)
		}
	}
	out.layout, out.types, out.scans = expr.LayoutOf(cols), plan.Types(cols), nil
	return out, nil
}

// sharedRows is a materialised subplan.
type sharedRows struct {
	rows *operator.Rows
	end  *pipeline.Task
}

func (b *builder) sharedRef(n *plan.Shared) (*stream, error) {
	sh := b.shared[n.Def]
	if sh == nil {
		cols := n.Def.Plan.Columns()
		s, err := b.compile(n.Def.Plan, plan.OutputSet(n.Def.Plan))
		if err != nil {
			return nil, err
		}
		b.rearrange(s, n, cols)
		sh = &sharedRows{rows: operator.NewRows(n.Def.Name, plan.Types(cols), b.resources)}
		b.query.AddCloser(sh.rows)
		sh.end = b.sink(s, sh.rows, n, "materialise "+n.Def.Name)
		b.shared[n.Def] = sh
	}
	return newStream(sh.rows.Source(), n, "shared "+n.Def.Name, n.Cols, sh.end), nil
}
