package query

import (
	"slices"
	"strings"

	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/vector"
)

// fetched reports whether Hive would answer a query without a job, by a fetch task (hive.fetch.task.conversion): the rows of one table, or
// the one row of a query without FROM, filtered, computed and limited, row by row. root is the plan as it was analysed. What a job
// answers has passed through a text file, which some nested values do not survive; see throughText.
func (st *Statement) fetched(root plan.Node) bool {
	mode := strings.ToLower(st.conf.Get("hive.fetch.task.conversion"))
	return mode != "none" && rowByRow(root, mode == "minimal")
}

// rowByRow reports whether a plan is a chain from a table to its rows. Only column references may stand above a LIMIT: one of a subquery is
// a job.
func rowByRow(n plan.Node, plain bool) bool {
	computed := false
	for {
		for _, e := range plan.Exprs(n) {
			if _, ok := e.(*plan.ColumnRef); !ok {
				computed = true
			}
		}
		switch n := n.(type) {
		case *plan.Scan:
			return !plain || !computed
		case *plan.Values:
			return len(n.Rows) == 1
		case *plan.Project, *plan.Generate:
		case *plan.Filter:
			computed = true
		case *plan.Limit:
			if computed {
				return false
			}
		default:
			return false
		}
		n = n.Inputs()[0]
	}
}

// padding are the functions whose texts Hive 4.0 declares as CHAR and leaves as long as they come out: a job's way through a file pads them,
// a fetch task does not. Those that are true read the padded value of a CHAR, the others the stripped one.
var padding = map[string]bool{
	"lower": false, "upper": false, "concat": false, "mask": true, "mask_first_n": true, "mask_last_n": true, "mask_show_first_n": true,
	"mask_show_last_n": true, "mask_hash": true,
}

// unpadded makes strings of the selected calls of such functions.
func unpadded(root plan.Node) plan.Node {
	p, ok := root.(*plan.Project)
	if !ok {
		return root
	}
	out := &plan.Project{Input: p.Input, Exprs: slices.Clone(p.Exprs)}
	for i, a := range out.Exprs {
		c, ok := a.Expr.(*plan.Call)
		if !ok || c.T.Kind != types.Char {
			continue
		}
		whole, ok := padding[c.Func]
		if !ok {
			continue
		}
		args := slices.Clone(c.Args)
		for k, arg := range args {
			if arg.Type().Kind != types.Char {
				continue
			}
			if whole {
				arg = &plan.Call{Func: "cast", Args: []plan.Expr{arg}, T: types.BinaryType}
			}
			args[k] = &plan.Call{Func: "cast", Args: []plan.Expr{arg}, T: types.StringType}
		}
		a.Column.Type = types.StringType
		out.Exprs[i] = plan.Assign{Column: a.Column, Expr: &plan.Call{Func: c.Func, Args: args, T: types.StringType}}
	}
	return out
}

// failedRows is failed for a query whose rows a fetch task of Hive 4.0 would compute: the error is then the operator's, not a task's.
func (st *Statement) failedRows(err error) error {
	if err == nil || st.conf.Hive3() {
		return failed(err)
	}
	if _, ok := sqlerr.As(err); ok {
		return err
	}
	return (&sqlerr.Error{Code: 1, Msg: "org.apache.hadoop.hive.ql.metadata.HiveException: " + err.Error()}).WithCause(err)
}

// vectorizes marks a statement as one whose rows a job computes by vectorised code. Table functions and scripts have none, nor have the
// operators around them.
func (st *Statement) vectorizes() {
	st.vectorized = !st.conf.Hive3() && st.conf.Bool("hive.vectorized.execution.enabled")
	for _, n := range st.plans {
		st.vectorized = st.vectorized && vectorizable(n)
	}
}

func vectorizable(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Generate, *plan.Script, *plan.Values:
		return false
	case *plan.Shared:
		return vectorizable(n.Def.Plan)
	}
	for _, in := range n.Inputs() {
		if !vectorizable(in) {
			return false
		}
	}
	return true
}

// textColumnsOf returns the indexes of the types with values that may not survive being kept as text.
func (st *Statement) textColumnsOf(ts []*types.Type) []int {
	var out []int
	for i, t := range ts {
		if !t.IsPrimitive() || !st.conf.Hive3() && (t.Kind == types.Date || t.Kind == types.Timestamp) {
			out = append(out, i)
		}
	}
	return out
}

// Days and seconds of the epoch at which the year 10000 begins.
const (
	endOfDates      = 2932897
	endOfTimestamps = endOfDates * 86400
)

// throughText gives values the form in which they come back from the text that Hive keeps the rows of a job in (LazySimpleSerDe with
// escapes): a list or struct of nothing but one NULL is the text of NULL, a list of one empty text is an empty list, keys of maps
// are never NULL; and years of five digits are written with a sign, which is not read.
func throughText(b *vector.Batch, cols []int) {
	for _, i := range cols {
		v := b.Cols[i]
		switch v.Type.Kind {
		case types.Date:
			for row := range b.N {
				if !v.IsNull(row) && v.I64[row] >= endOfDates {
					v.SetNull(row, b.N)
				}
			}
			continue
		case types.Timestamp:
			for row := range b.N {
				if !v.IsNull(row) && v.W[row].Hi >= endOfTimestamps {
					v.SetNull(row, b.N)
				}
			}
			continue
		}
		fresh := vector.New(v.Type, 0)
		for row := range b.N {
			d := v.Datum(row)
			textOf(&d, v.Type)
			fresh.AppendDatum(d)
		}
		b.Cols[i] = fresh
	}
}

// textOf changes d to what its text reads as, and reports what is special about the text.
func textOf(d *types.Datum, t *types.Type) (null, empty bool) {
	if d.Null {
		return true, false
	}
	switch t.Physical() {
	case types.Bytes:
		return false, d.S == "" && t.Kind != types.Char
	case types.List:
		for i := range d.Elems {
			null, empty = textOf(&d.Elems[i], t.Elem)
		}
		if len(d.Elems) != 1 {
			return false, len(d.Elems) == 0
		}
		if empty {
			d.Elems = nil
		}
	case types.Record:
		for i := range d.Elems {
			null, empty = textOf(&d.Elems[i], t.Fields[i].Type)
		}
		if len(d.Elems) != 1 {
			return false, false
		}
	case types.MapOf:
		if len(d.Elems) == 0 {
			return false, true
		}
		for i := range d.Elems {
			textOf(&d.Elems[i], []*types.Type{t.Key, t.Elem}[i%2])
		}
		kept := d.Elems[:0]
		for pair := range slices.Chunk(d.Elems, 2) {
			if !pair[0].Null {
				kept = append(kept, pair...)
			}
		}
		d.Elems = kept
		return false, false
	case types.Tagged:
		textOf(&d.Elems[0], t.Fields[d.I].Type)
		return false, false
	default:
		return false, false
	}
	if null {
		*d = types.NullDatum
	}
	return null, empty
}
