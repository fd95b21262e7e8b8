package planner

import (
	"skep/dialect/plan"
	"skep/engine/expr"
	"skep/engine/function"
	"skep/engine/operator"
	"skep/engine/vector"
)

// generate applies a table function to the rows of the input.
func (b *builder) generate(n *plan.Generate, need plan.ColumnSet) (*stream, error) {
	s, err := b.compile(n.Input, need.With(n.Args...))
	if err != nil {
		return nil, err
	}
	var exprs []plan.Expr
	var out []plan.Column
	for _, col := range n.Input.Columns() {
		if _, ok := s.layout[col.ID]; ok && need.Has(col.ID) {
			out = append(out, col)
			exprs = append(exprs, plan.NewColumnRef(col))
		}
	}
	pass := len(exprs)
	program, err := b.program(s, append(exprs, n.Args...))
	if err != nil {
		return nil, err
	}
	outputs := plan.Types(n.Outputs)
	name := n.Func
	if _, err := function.NewTable(name, outputs); err != nil {
		return nil, err
	}
	s.append(operator.NewGenerate(program, pass, outputs, n.Outer, func() (operator.TableFunction, error) {
		t, err := function.NewTable(name, outputs)
		if err != nil {
			return nil, err
		}
		return func(args []*vector.Vector, rows int) (operator.Generated, error) {
			r, err := t.Apply(args, rows)
			if err != nil {
				return operator.Generated{}, err
			}
			return operator.Generated{From: r.From, Cols: r.Cols}, nil
		}, nil
	}), n, "generate")
	out = append(out, n.Outputs...)
	s.layout, s.types, s.scans = expr.LayoutOf(out), plan.Types(out), nil
	return s, nil
}
