package planner

import (
	"errors"

	"skep/dialect/plan"
	"skep/engine/expr"
	"skep/engine/operator"
)

// script pipes the rows of the input through a process. One process sees all rows: those of a SORT BY or CLUSTER BY in their
// order, which also brings the rows of each key together.
func (b *builder) script(n *plan.Script) (*stream, error) {
	if b.env.Script == nil {
		return nil, errors.New("scripts cannot run here")
	}
	need := plan.ColumnSet(nil).With(n.Args...)
	var s *stream
	var err error
	if sorted, ok := n.Input.(*plan.Sort); ok {
		s, err = b.sort(sorted, need)
	} else {
		s, err = b.gather(n.Input, need)
	}
	if err != nil {
		return nil, err
	}
	program, err := b.program(s, n.Args)
	if err != nil {
		return nil, err
	}
	spec, err := b.env.Script(n)
	if err != nil {
		return nil, err
	}
	s.append(operator.NewScript(program, spec), n, "script")
	s.layout, s.types, s.scans = expr.LayoutOf(n.Outputs), plan.Types(n.Outputs), nil
	return s, nil
}
