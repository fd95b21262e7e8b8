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

// nestedColumns returns the indexes of types with elements.
func nestedColumns(ts []*types.Type) []int {
	var out []int
	for i, t := range ts {
		if !t.IsPrimitive() {
			out = append(out, i)
		}
	}
	return out
}

// throughText gives nested values the form in which they come back from the text that Hive keeps the rows of a job in (LazySimpleSerDe with
// escapes): a list or struct of nothing but one NULL is the text of NULL, a list of one empty text is an empty list, and keys of maps
// are never NULL.
func throughText(b *vector.Batch, cols []int) {
	for _, i := range cols {
		v := b.Cols[i]
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
		return false, d.S == ""
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
