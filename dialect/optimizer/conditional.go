package optimizer

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// conditional is an aggregate over a searched CASE: values[i] counts where conds[i] is the first true condition, the last value
// where none is. Values may be NULL literals.
type conditional struct{ conds, values []plan.Expr }

// conditionalOf takes an aggregate apart; nil when it is of another form.
func conditionalOf(g plan.AggCall) *conditional {
	if g.Distinct || len(g.Args) != 1 || g.Func != "sum" && g.Func != "min" && g.Func != "max" {
		return nil
	}
	if g.Func == "sum" && g.Column.Type.Physical() == types.F64 {
		return nil // floating-point sums depend on the order of additions
	}
	call, ok := g.Args[0].(*plan.Call)
	if !ok || call.Func != "case" && call.Func != "if" {
		return nil
	}
	c := &conditional{}
	args := call.Args
	for ; len(args) > 1; args = args[2:] {
		c.conds, c.values = append(c.conds, args[0]), append(c.values, args[1])
	}
	if len(args) == 1 {
		c.values = append(c.values, args[0])
	} else {
		c.values = append(c.values, &plan.Literal{Value: types.NullDatum, T: call.T})
	}
	return c
}

// divideAt is divide for a first step that lacks the columns in late. Aggregates over a CASE whose conditions are about those
// aggregate every value in the first step and choose among the results in the second.
func (o *optimizer) divideAt(aggs []plan.AggCall, late plan.ColumnSet) *division {
	d := &division{}
	for _, g := range aggs {
		part := o.divide([]plan.AggCall{g})
		if cond := conditionalOf(g); cond != nil && refersAny(g.Args[0], late) {
			part = o.divideConditional(g, cond, late)
		}
		if part == nil {
			return nil
		}
		d.combine, d.final = append(d.combine, part.combine...), append(d.final, part.final...)
		d.partial = append(d.partial, part.partial...)
	}
	d.mergeEqual()
	return d
}

func (o *optimizer) divideConditional(g plan.AggCall, c *conditional, late plan.ColumnSet) *division {
	d := &division{}
	choice := &plan.Call{Func: "case", T: g.Column.Type}
	for i, v := range c.values {
		if refersAny(v, late) {
			return nil
		}
		if i < len(c.conds) {
			if !refersOnly(c.conds[i], late) {
				return nil
			}
			choice.Args = append(choice.Args, c.conds[i])
		}
		if l, ok := v.(*plan.Literal); ok && l.Value.Null {
			choice.Args = append(choice.Args, &plan.Literal{Value: types.NullDatum, T: g.Column.Type})
			continue
		}
		part := o.newColumn(g.Func, g.Column.Type)
		d.partial = append(d.partial, plan.AggCall{Column: part, Func: g.Func, Args: []plan.Expr{v}})
		choice.Args = append(choice.Args, plan.NewColumnRef(part))
	}
	whole := o.newColumn(g.Func, g.Column.Type)
	d.combine = []plan.AggCall{{Column: whole, Func: g.Func, Args: []plan.Expr{choice}}}
	d.final = []plan.Assign{{Column: g.Column, Expr: plan.NewColumnRef(whole)}}
	return d
}

// mergeEqual computes partial results that are wanted several times once.
func (d *division) mergeEqual() {
	same := map[plan.ColumnID]plan.Expr{}
	var kept []plan.AggCall
next:
	for _, p := range d.partial {
		for _, k := range kept {
			if k.Func == p.Func && k.Column.Type.Equal(p.Column.Type) && len(k.Args) == len(p.Args) {
				equal := true
				for i := range k.Args {
					equal = equal && plan.Equal(k.Args[i], p.Args[i])
				}
				if equal {
					same[p.Column.ID] = plan.NewColumnRef(k.Column)
					continue next
				}
			}
		}
		kept = append(kept, p)
	}
	d.partial = kept
	for i, c := range d.combine {
		args := make([]plan.Expr, len(c.Args))
		for k, e := range c.Args {
			args[k] = plan.Substitute(e, same)
		}
		d.combine[i].Args = args
	}
}
