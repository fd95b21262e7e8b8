package planmodel

import (
	"errors"
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// Fold evaluates an expression without columns.
func (m *Model) Fold(e plan.Expr) (d types.Datum, err error) {
	defer func() {
		if f := recover(); f != nil {
			err = errors.New(fmt.Sprint(f))
		}
	}()
	v := m.eval(e, Row{})
	return types.Datum{Null: v.Null, I: v.N}, nil
}

func (m *Model) holds(e plan.Expr, env Row) bool {
	v := m.eval(e, env)
	return !v.Null && v.N != 0
}

func boolean(b bool) Value {
	if b {
		return Value{N: 1}
	}
	return Value{}
}

func (m *Model) eval(e plan.Expr, env Row) Value {
	switch e := e.(type) {
	case *plan.ColumnRef:
		v, ok := env[e.ID]
		if !ok {
			panic("model: no column " + e.String())
		}
		return v
	case *plan.Literal:
		if e.Value.Null {
			return Value{Null: true}
		}
		return Value{N: e.Value.I}
	case *plan.Subquery:
		return m.subquery(e, env)
	case *plan.Call:
		return m.call(e, env)
	}
	panic(fmt.Sprintf("model: %T", e))
}

func (m *Model) call(e *plan.Call, env Row) Value {
	arg := func(i int) Value { return m.eval(e.Args[i], env) }
	switch e.Func {
	case "and", "or":
		stop := e.Func == "or"
		out := boolean(!stop)
		for i := range e.Args {
			v := arg(i)
			if !v.Null && (v.N != 0) == stop {
				return boolean(stop)
			}
			if v.Null {
				out = v
			}
		}
		return out
	case "not":
		v := arg(0)
		v.N = 1 - v.N
		return v
	case "isnull":
		return boolean(arg(0).Null)
	case "isnotnull":
		return boolean(!arg(0).Null)
	case "istrue":
		v := arg(0)
		return boolean(!v.Null && v.N != 0)
	case "assert_true":
		if !m.holds(e.Args[0], env) {
			panic(failure{"assertion"})
		}
		return Value{Null: true}
	case "cast":
		return arg(0)
	case "coalesce":
		for i := range e.Args {
			if v := arg(i); !v.Null {
				return v
			}
		}
		return Value{Null: true}
	case "if":
		if m.holds(e.Args[0], env) {
			return arg(1)
		}
		return arg(2)
	case "case":
		for i := 0; i+1 < len(e.Args); i += 2 {
			if m.holds(e.Args[i], env) {
				return arg(i + 1)
			}
		}
		if len(e.Args)%2 == 1 {
			return arg(len(e.Args) - 1)
		}
		return Value{Null: true}
	case "in":
		x, unknown := arg(0), false
		for i := range e.Args[1:] {
			v := binary("=", x, arg(i+1))
			unknown = unknown || v.Null
			if !v.Null && v.N != 0 {
				return v
			}
		}
		return Value{Null: unknown}
	}
	return binary(e.Func, arg(0), arg(1))
}

func binary(op string, a, b Value) Value {
	if op == "<=>" {
		return boolean(a.Null == b.Null && (a.Null || a.N == b.N))
	}
	if a.Null || b.Null {
		return Value{Null: true}
	}
	switch op {
	case "=":
		return boolean(a.N == b.N)
	case "<>":
		return boolean(a.N != b.N)
	case "<":
		return boolean(a.N < b.N)
	case "<=":
		return boolean(a.N <= b.N)
	case ">":
		return boolean(a.N > b.N)
	case ">=":
		return boolean(a.N >= b.N)
	case "+":
		return Value{N: a.N + b.N}
	case "-":
		return Value{N: a.N - b.N}
	case "*":
		return Value{N: a.N * b.N}
	case "/":
		if b.N == 0 {
			return Value{Null: true}
		}
		return Value{N: a.N / b.N}
	}
	panic("model: " + op)
}

func (m *Model) subquery(s *plan.Subquery, env Row) Value {
	rows := m.rows(s.Plan, env)
	col := s.Plan.Columns()[0].ID
	switch s.Kind {
	case plan.ExistsSubquery:
		return boolean(len(rows) > 0)
	case plan.ScalarSubquery:
		if len(rows) > 1 {
			panic(failure{"more than one row"})
		}
		if len(rows) == 0 {
			return Value{Null: true}
		}
		return rows[0][col]
	}
	op, all := s.Op, s.Kind == plan.AllSubquery
	if s.Kind == plan.InSubquery {
		op = "="
	}
	x, unknown := m.eval(s.Arg, env), false
	for _, r := range rows {
		v := binary(op, x, r[col])
		unknown = unknown || v.Null
		if !v.Null && (v.N != 0) != all {
			return boolean(!all)
		}
	}
	if unknown {
		return Value{Null: true}
	}
	return boolean(all)
}
