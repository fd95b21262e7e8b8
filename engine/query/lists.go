package query

import (
	"path"
	"slices"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/tablesink"
)

// listsAsText adds the skewed columns of list bucketing once more, as strings.
func (w *write) listsAsText(root plan.Node) plan.Node {
	cols := root.Columns()
	p := &plan.Project{Input: root}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	id := nextID(root)
	for _, name := range w.branch.Table.Lists.Columns {
		var text plan.Expr = &plan.Literal{Value: types.NullDatum, T: types.StringType}
		for i, c := range w.branch.Table.Columns {
			if c.Name == name {
				text = asText(cols[i])
			}
		}
		p.Exprs = append(p.Exprs, plan.Assign{Column: plan.Column{ID: id, Name: name, Type: types.StringType}, Expr: text})
		id++
	}
	return p
}

// asText is a column's value as names of directories hold it.
func asText(c plan.Column) plan.Expr {
	if c.Type.Kind == types.String {
		return plan.NewColumnRef(c)
	}
	var text plan.Expr = &plan.Call{Func: "cast", Args: []plan.Expr{plan.NewColumnRef(c)}, T: types.StringType}
	if c.Type.Kind == types.Decimal && c.Type.Scale > 0 { // without zeros at the end
		for _, cut := range []string{"0", "."} {
			text = &plan.Call{Func: "rtrim", Args: []plan.Expr{text, &plan.Literal{Value: types.Datum{S: cut}, T: types.StringType}}, T: types.StringType}
		}
	}
	if c.Type.Kind == types.Boolean { // they hold Java's spelling, CAST gives SQL's
		text = &plan.Call{Func: "lower", Args: []plan.Expr{text}, T: types.StringType}
	}
	return text
}

// files lists what an output has staged: files, and for list bucketing the directories that hold them.
func (w *write) files(o *tablesink.Output) []string {
	var out []string
	for _, f := range o.Files {
		name := f.Path
		for range w.spec.Lists {
			name = path.Dir(name)
		}
		if full := path.Join(w.staging.Dir(), name); !slices.Contains(out, full) {
			out = append(out, full)
		}
	}
	return out
}
