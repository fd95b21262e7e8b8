package expr

import (
	"sync"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// predicate is a condition on one column, for readers.
type predicate struct {
	column     int
	program    *FilterProgram
	evaluators sync.Pool
	bloom      *types.Datum
}

// CompilePredicate makes a reader's predicate of a conjunct over the one column given, whose index in the reader's schema is
// schemaIndex; false when the conjunct uses another column, is not deterministic or may fail.
func CompilePredicate(env *Env, conjunct plan.Expr, column plan.ColumnID, schemaIndex int) (format.Predicate, bool) {
	refs := plan.ColumnSet{}
	plan.Refs(conjunct, refs)
	if len(refs) != 1 || !refs.Has(column) {
		return nil, false
	}
	program, err := CompileFilter(env, conjunct, Layout{column: 0})
	if err != nil || program.root.fallible || !program.root.stable {
		return nil, false
	}
	p := &predicate{column: schemaIndex, program: program}
	p.evaluators.New = func() any { return program.NewEvaluator() }
	if r := program.root; r.op == opCompare && r.cmp == kernel.Eq && r.args[0].op == opColumn && r.args[1].isConst() && !r.args[1].isNull() {
		d := r.args[1].value.Datum(0)
		p.bloom = &d
	}
	return p, true
}

// Column implements format.Predicate.
func (p *predicate) Column() int { return p.column }

// BloomValue implements format.Predicate.
func (p *predicate) BloomValue() (types.Datum, bool) {
	if p.bloom == nil {
		return types.Datum{}, false
	}
	return *p.bloom, true
}

// Select implements format.Predicate.
func (p *predicate) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	e := p.evaluators.Get().(*FilterEvaluator)
	defer p.evaluators.Put(e)
	rows, err := e.Select(&vector.Batch{N: n, Sel: sel, Cols: []*vector.Vector{v}})
	if err != nil {
		// Fallible conditions were refused; were one to fail all the same, the filter above will tell.
		rows = allRows(function.Rows{Sel: sel, N: n}, e.out[:cap(e.out)])
	}
	return append(out[:0], rows...)
}

// MayMatch implements format.Predicate.
func (p *predicate) MayMatch(s *format.ColumnStats) bool { return mayBeTrue(p.program.root, s) }

// mayBeTrue reports whether the condition n may be true for a row with the statistics s. What it does not understand may.
func mayBeTrue(n *node, s *format.ColumnStats) bool {
	noValues := s.Nulls >= 0 && s.Rows >= 0 && s.Nulls == s.Rows
	switch n.op {
	case opConst:
		return !n.isNull() && n.value.I64[0] != 0
	case opAnd:
		for _, a := range n.args {
			if !mayBeTrue(a, s) {
				return false
			}
		}
	case opOr:
		for _, a := range n.args {
			if mayBeTrue(a, s) {
				return true
			}
		}
		return false
	case opIsNull:
		return n.args[0].op != opColumn || s.Nulls != 0
	case opNotNull:
		return n.args[0].op != opColumn || !noValues
	case opCompare:
		if n.args[0].op != opColumn || !n.args[1].isConst() {
			return true
		}
		if noValues || n.args[1].isNull() {
			return false
		}
		return !s.HasMinMax || overlaps(n.cmp, n.args[1].value, s)
	case opRange:
		if n.args[0].op != opColumn {
			return true
		}
		return !noValues && (!s.HasMinMax || s.Type != nil && s.Type.Physical() != types.I64 || s.Max.I >= n.low && s.Min.I <= n.high)
	case opIn:
		if n.args[0].op != opColumn || n.negated {
			return true
		}
		if noValues {
			return false
		}
		if !s.HasMinMax {
			return true
		}
		for _, v := range n.set.values {
			if overlaps(kernel.Eq, v, s) {
				return true
			}
		}
		return false
	}
	return true
}

// overlaps reports whether some value between the statistics' bounds satisfies "value op c".
func overlaps(op kernel.Op, c *vector.Vector, s *format.ColumnStats) bool {
	if s.Type != nil && s.Type.Physical() != c.Type.Physical() {
		return true
	}
	t := c.Type
	if t.Physical() == types.F64 && (s.Min.F != s.Min.F || s.Max.F != s.Max.F || c.F64[0] != c.F64[0]) {
		return true // bounds say nothing about NaN
	}
	low := compareValues(vector.NewConst(t, s.Min), 0, c, 0)
	high := compareValues(vector.NewConst(t, s.Max), 0, c, 0)
	if t.Physical() == types.F64 && (op == kernel.Gt || op == kernel.Ge || op == kernel.Ne) {
		return true // NaN is above all numbers, and not within the bounds
	}
	switch op {
	case kernel.Eq:
		return low <= 0 && high >= 0
	case kernel.Ne:
		return low != 0 || high != 0
	case kernel.Lt:
		return low < 0
	case kernel.Le:
		return low <= 0
	case kernel.Gt:
		return high > 0
	}
	return high >= 0
}
