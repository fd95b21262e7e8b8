package expr

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/types"
	code "skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

type compiler struct {
	env    *Env
	layout Layout
	graph  *graph
	known  map[string]*node
}

func newCompiler(env *Env, layout Layout) *compiler {
	return &compiler{env: env, layout: layout, graph: &graph{}, known: map[string]*node{}}
}

// node adds n to the graph, or returns the equal node that is there already.
func (c *compiler) node(n *node) *node {
	for _, a := range n.args {
		n.fallible = n.fallible || a.fallible
		n.cost += a.cost
	}
	if !n.stable {
		return c.graph.add(n)
	}
	for _, a := range n.args {
		if !a.stable {
			n.stable = false
			return c.graph.add(n)
		}
	}
	key := n.key()
	if old := c.known[key]; old != nil {
		return old
	}
	if folded := c.fold(n); folded != nil {
		n = folded
	}
	c.known[key] = c.graph.add(n)
	return n
}

// key identifies a node among those of its graph; opIn nodes carry their list in name.
func (n *node) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %v %d %d %v %v %d %d %s", n.op, n.typ, n.col, n.cmp, n.want, n.negated, n.low, n.high, n.name)
	for _, a := range n.args {
		fmt.Fprintf(&b, " #%d", a.id)
	}
	return b.String()
}

// fold evaluates a node of constants; nil when it is not one or fails, which is then left to the evaluation of rows.
func (c *compiler) fold(n *node) *node {
	if n.op == opColumn || n.op == opConst || n.op == opCall && n.lazy {
		return nil
	}
	for _, a := range n.args {
		if !a.isConst() {
			return nil
		}
	}
	g := &graph{}
	only := *n
	only.args = make([]*node, len(n.args))
	for i, a := range n.args {
		arg := *a
		only.args[i] = g.add(&arg)
	}
	g.add(&only)
	m := newMachine(g)
	v, err := m.eval(&only, m.begin(&vector.Batch{N: 1}))
	if err != nil {
		return nil
	}
	return &node{op: opConst, typ: n.typ, value: vector.NewConst(n.typ, v.Datum(0)), stable: true}
}

func (c *compiler) constant(t *types.Type, d types.Datum) *node {
	name := fmt.Sprintf("%v", d)
	return c.node(&node{op: opConst, typ: t, value: vector.NewConst(t, d), stable: true, name: name})
}

func (c *compiler) boolean(v bool) *node {
	d := types.Datum{}
	if v {
		d.I = 1
	}
	return c.constant(types.BooleanType, d)
}

func (c *compiler) compileAll(es []plan.Expr) ([]*node, error) {
	out := make([]*node, len(es))
	for i, e := range es {
		n, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

func (c *compiler) compile(e plan.Expr) (*node, error) {
	switch e := e.(type) {
	case *plan.ColumnRef:
		at, ok := c.layout[e.ID]
		if !ok {
			return nil, fmt.Errorf("column %v is not in the input", e)
		}
		return c.node(&node{op: opColumn, typ: e.T, col: at, stable: true}), nil
	case *plan.Literal:
		return c.constant(e.T, e.Value), nil
	case *plan.Call:
		args, err := c.compileAll(e.Args)
		if err != nil {
			return nil, err
		}
		return c.call(e, args)
	}
	return nil, fmt.Errorf("expression %T is not computable", e)
}

// condition compiles a filter's condition.
func (c *compiler) condition(e plan.Expr) (*node, error) {
	n, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	if n.typ.Kind != types.Boolean && n.typ.Kind != types.Void {
		return nil, fmt.Errorf("a condition of type %v", n.typ)
	}
	return n, nil
}

var comparisons = map[string]kernel.Op{
	"=": kernel.Eq, "<>": kernel.Ne, "<": kernel.Lt, "<=": kernel.Le, ">": kernel.Gt, ">=": kernel.Ge,
}

func (c *compiler) call(e *plan.Call, args []*node) (*node, error) {
	if cmp, ok := comparisons[e.Func]; ok && len(args) == 2 {
		return c.compare(cmp, args[0], args[1]), nil
	}
	boolean := types.BooleanType
	switch e.Func {
	case "and", "or":
		return c.junction(e.Func == "and", args), nil
	case "not":
		return c.not(args[0]), nil
	case "isnull":
		return c.node(&node{op: opIsNull, typ: boolean, args: args, stable: true}), nil
	case "isnotnull":
		return c.node(&node{op: opNotNull, typ: boolean, args: args, stable: true}), nil
	case "istrue", "isnottrue", "isfalse", "isnotfalse":
		return c.node(&node{op: opIs, typ: boolean, args: args, stable: true, want: strings.HasSuffix(e.Func, "true"),
			negated: strings.HasPrefix(e.Func, "isnot")}), nil
	case "<=>":
		return c.node(&node{op: opNullSafe, typ: boolean, args: args, stable: true, cost: 2}), nil
	case "between":
		n := c.junction(true, []*node{c.compare(kernel.Ge, args[1], args[2]), c.compare(kernel.Le, args[1], args[3])})
		if args[0].isConst() && !args[0].isNull() && args[0].value.I64[0] != 0 {
			n = c.not(n)
		}
		return n, nil
	case "in":
		return c.in(args), nil
	case "case":
		return c.branches(e.T, args), nil
	case "if":
		return c.branches(e.T, args), nil
	case "coalesce", "nvl":
		return c.coalesce(e.T, args), nil
	case "nullif":
		return c.nullif(e.T, args[0], args[1])
	case "cast":
		return c.cast(args[0], e.T)
	case "field":
		if len(args) > 1 {
			break // the string function of that name
		}
		return c.node(&node{op: opField, typ: e.T, args: args, col: e.Index, stable: true}), nil
	}
	return c.function(e, args)
}

// function compiles a call of an ordinary function.
func (c *compiler) function(e *plan.Call, args []*node) (*node, error) {
	call := &code.Call{Name: e.Func, Result: e.T, Index: e.Index}
	null := false
	for _, a := range args {
		call.Args = append(call.Args, a.typ)
		var d *types.Datum
		if a.isConst() {
			v := a.value.Datum(0)
			d = &v
			null = null || v.Null
		}
		call.Consts = append(call.Consts, d)
	}
	found, err := code.Find(c.env, call)
	if err != nil {
		if null && code.Has(e.Func) {
			return c.constant(e.T, types.NullDatum), nil // NULL has no type of its own; such functions give NULL for it
		}
		return nil, err
	}
	n := &node{op: opCall, typ: e.T, args: args, code: found, stable: true, fallible: found.Fallible, cost: 5, name: e.Func, col: e.Index}
	if found.Costly {
		n.cost = 20
	}
	if f, ok := function.Lookup(e.Func); ok && (!f.Deterministic || f.Stateful) {
		n.stable = false
	}
	return c.node(n), nil
}

// compare makes a op b.
func (c *compiler) compare(op kernel.Op, a, b *node) *node {
	if a.isConst() && !b.isConst() {
		a, b, op = b, a, op.Swapped()
	}
	if b.isConst() {
		op, a, b = c.unwrap(op, a, b)
	}
	cost := 1
	switch a.typ.Physical() {
	case types.I64, types.F64:
	case types.I128:
		cost = 2
	case types.Bytes:
		cost = 4
	default:
		cost = 50
	}
	return c.node(&node{op: opCompare, typ: types.BooleanType, args: []*node{a, b}, cmp: op, stable: true, cost: cost})
}

// junction makes AND or OR of args, flat and without constants that do not matter.
func (c *compiler) junction(and bool, args []*node) *node {
	kind := opOr
	if and {
		kind = opAnd
	}
	var flat []*node
	for _, a := range args {
		switch {
		case a.op == kind:
			flat = append(flat, a.args...)
		case a.isConst() && !a.isNull() && (a.value.I64[0] != 0) == and:
			// true in AND, false in OR
		case a.isConst() && !a.isNull() && len(flat) == 0:
			return a // decides before anything else is evaluated
		default:
			if !slices.Contains(flat, a) {
				flat = append(flat, a)
			}
		}
	}
	if and {
		flat = c.ranges(flat)
	}
	switch len(flat) {
	case 0:
		return c.boolean(and)
	case 1:
		return flat[0]
	}
	fallible := slices.ContainsFunc(flat, func(n *node) bool { return n.fallible || !n.stable })
	if !fallible {
		slices.SortStableFunc(flat, func(a, b *node) int { return a.cost - b.cost })
	}
	return c.node(&node{op: kind, typ: types.BooleanType, args: flat, stable: true})
}

// bounds returns the range of integers that a comparison with a constant, or a range, asks for.
func (n *node) bounds() (low, high int64, ok bool) {
	low, high = math.MinInt64, math.MaxInt64
	switch {
	case n.op == opRange:
		return n.low, n.high, true
	case n.op != opCompare || n.args[0].typ.Physical() != types.I64 || n.args[0].isConst() || !n.args[1].isConst() || n.args[1].isNull():
		return 0, 0, false
	}
	v := n.args[1].value.I64[0]
	switch n.cmp {
	case kernel.Eq:
		return v, v, true
	case kernel.Ge:
		return v, high, true
	case kernel.Le:
		return low, v, true
	case kernel.Gt:
		return v + 1, high, v < math.MaxInt64
	case kernel.Lt:
		return low, v - 1, v > math.MinInt64
	}
	return 0, 0, false
}

// ranges joins the comparisons of a conjunction that bound the same integer operand from both sides.
func (c *compiler) ranges(conjuncts []*node) []*node {
	var out []*node
	for _, n := range conjuncts {
		low, high, ok := n.bounds()
		joined := false
		for i, m := range out {
			if !ok || m.args == nil || m.args[0] != n.args[0] {
				continue
			}
			if l, h, both := m.bounds(); both {
				out[i] = c.node(&node{op: opRange, typ: types.BooleanType, args: []*node{n.args[0]}, low: max(l, low), high: min(h, high), stable: true, cost: 1})
				joined = true
				break
			}
		}
		if !joined {
			out = append(out, n)
		}
	}
	return out
}

// not makes NOT a, moved to the leaves: three-valued logic obeys De Morgan's laws.
func (c *compiler) not(a *node) *node {
	switch a.op {
	case opConst:
		if a.isNull() {
			return c.constant(types.BooleanType, types.NullDatum)
		}
		return c.boolean(a.value.I64[0] == 0)
	case opCompare:
		return c.compare(a.cmp.Negated(), a.args[0], a.args[1])
	case opAnd, opOr:
		args := make([]*node, len(a.args))
		for i, x := range a.args {
			args[i] = c.not(x)
		}
		return c.junction(a.op == opOr, args)
	case opNot:
		return a.args[0]
	case opIsNull, opNotNull:
		flipped := opIsNull
		if a.op == opIsNull {
			flipped = opNotNull
		}
		return c.node(&node{op: flipped, typ: types.BooleanType, args: a.args, stable: true})
	case opIs, opIn:
		n := *a
		n.negated = !a.negated
		n.cost = 0
		return c.node(&n)
	}
	return c.node(&node{op: opNot, typ: types.BooleanType, args: []*node{a}, stable: true})
}

func (c *compiler) in(args []*node) *node {
	x, list := args[0], args[1:]
	var values []*vector.Vector
	for _, a := range list {
		if !a.isConst() || x.typ.Kind == types.Struct {
			return c.node(&node{op: opInCols, typ: types.BooleanType, args: args, stable: true, cost: 10 * len(list)})
		}
		values = append(values, a.value)
	}
	if len(list) == 1 {
		return c.compare(kernel.Eq, x, list[0])
	}
	var name strings.Builder
	for _, v := range values {
		fmt.Fprintf(&name, "%v;", v.Datum(0))
	}
	return c.node(&node{op: opIn, typ: types.BooleanType, args: []*node{x}, set: newSet(x.typ, values), stable: true, cost: 6, name: name.String()})
}

// branches makes CASE; a missing ELSE is NULL. Branches that a constant condition rules out go.
func (c *compiler) branches(t *types.Type, args []*node) *node {
	if len(args)%2 == 0 {
		args = append(slices.Clone(args), c.constant(t, types.NullDatum))
	}
	var kept []*node
	for i := 0; i+1 < len(args); i += 2 {
		cond := args[i]
		if cond.isConst() {
			if cond.isNull() || cond.value.I64[0] == 0 {
				continue
			}
			kept = append(kept, args[i+1])
			break
		}
		kept = append(kept, cond, args[i+1])
	}
	if len(kept)%2 == 0 {
		kept = append(kept, args[len(args)-1])
	}
	if len(kept) == 1 {
		return kept[0]
	}
	return c.node(&node{op: opCase, typ: t, args: kept, stable: true, cost: 5})
}

func (c *compiler) coalesce(t *types.Type, args []*node) *node {
	var kept []*node
	for _, a := range args {
		if a.isNull() {
			continue
		}
		kept = append(kept, a)
		if a.isConst() {
			break
		}
	}
	switch len(kept) {
	case 0:
		return c.constant(t, types.NullDatum)
	case 1:
		return kept[0]
	}
	return c.node(&node{op: opCoalesce, typ: t, args: kept, stable: true, cost: 3})
}

// nullif is NULL where a = b, otherwise a; the comparison is done in the type common to both.
func (c *compiler) nullif(t *types.Type, a, b *node) (*node, error) {
	common := types.CommonComparison(a.typ, b.typ)
	if common == nil {
		common = types.DoubleType
	}
	x, err := c.cast(a, common)
	if err != nil {
		return nil, err
	}
	y, err := c.cast(b, common)
	if err != nil {
		return nil, err
	}
	return c.branches(t, []*node{c.compare(kernel.Eq, x, y), c.constant(t, types.NullDatum), a}), nil
}

// cast converts a to t.
func (c *compiler) cast(a *node, t *types.Type) (*node, error) {
	switch {
	case a.typ.Equal(t):
		return a, nil
	case a.isNull():
		return c.constant(t, types.NullDatum), nil
	case code.CastIsNoop(a.typ, t):
		return c.node(&node{op: opRetype, typ: t, args: []*node{a}, stable: true}), nil
	}
	call := &code.Call{Name: "cast", Args: []*types.Type{a.typ}, Consts: []*types.Datum{nil}, Result: t}
	if a.isConst() {
		d := a.value.Datum(0)
		call.Consts[0] = &d
	}
	found, err := code.Find(c.env, call)
	if err != nil {
		return nil, err
	}
	n := &node{op: opCall, typ: t, args: []*node{a}, code: found, stable: true, cost: 5, name: "cast"}
	return c.node(n), nil
}
