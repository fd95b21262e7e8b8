package analyzer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// output is a visible column of a query: name is lower-case; table is the alias under which the user named it, or "".
type output struct {
	col   plan.Column
	name  string
	table string
	// origin is the table column that passes through unchanged, for the name of casts of it; "" when there is none.
	origin string
	star   bool // the column comes from *
	folded bool // is named like the column that it becomes when the planner simplifies it
}

// result is an analysed query: its plan and its visible columns, each of which is a column of node. Repeated columns may
// appear twice.
type result struct {
	node plan.Node
	cols []output
}

func planColumns(cols []output) []plan.Column {
	out := make([]plan.Column, len(cols))
	for i, c := range cols {
		out[i] = c.col
	}
	return out
}

// resultNames gives the names clients see: qualified where the query was, made unique by a suffix. Names that the planner gives to what it
// simplifies come later and may repeat others.
func (b *builder) resultNames(cols []output) []string {
	qualify := b.env.Conf.Bool("hive.resultset.use.unique.column.names")
	out := make([]string, len(cols))
	var written []int
	for i, c := range cols {
		out[i] = c.name
		if qualify && c.table != "" {
			out[i] = c.table + "." + c.name
		}
		if !c.folded {
			written = append(written, i)
		}
	}
	for k, name := range uniqueNames(len(written), func(k int) string { return out[written[k]] }) {
		out[written[k]] = name
	}
	return out
}

// columnNames gives the names of the columns of a table created from the query.
func columnNames(cols []output) []string {
	return uniqueNames(len(cols), func(i int) string { return cols[i].name })
}

// uniqueNames appends _1, _2, … to repeated names, skipping names that exist already.
func uniqueNames(n int, name func(int) string) []string {
	taken := make(map[string]bool, n)
	for i := range n {
		taken[name(i)] = true
	}
	seen := make(map[string]int, n)
	out := make([]string, n)
	for i := range n {
		base := name(i)
		out[i] = base
		if k, ok := seen[base]; ok {
			for {
				k++
				if c := base + "_" + strconv.Itoa(k); !taken[c] {
					out[i] = c
					taken[c] = true
					break
				}
			}
			seen[base] = k
			continue
		}
		seen[base] = 0
	}
	return out
}

// checkCreatedColumns refuses columns that a table cannot have.
func checkCreatedColumns(cols []output) error {
	for _, c := range cols {
		if containsVoid(c.col.Type) {
			return sqlerr.CodedSemanticf(sqlerr.CTASCreatesVoidType, "%s%s", sqlerr.Text(sqlerr.CTASCreatesVoidType), " "+c.name)
		}
	}
	return nil
}

func containsVoid(t *types.Type) bool {
	switch {
	case t == nil:
		return false
	case t.Kind == types.Void:
		return true
	}
	for _, f := range t.Fields {
		if containsVoid(f.Type) {
			return true
		}
	}
	return containsVoid(t.Elem) || containsVoid(t.Key)
}

// asRelation makes a FROM item of a result: columns whose name came before are reachable by * only, as _colN.
func (b *builder) asRelation(r *result, alias string) *relation {
	rel := &relation{alias: alias, cols: make([]scopeColumn, len(r.cols))}
	index := make(map[string]int, len(r.cols))
	for i, c := range r.cols {
		sc := scopeColumn{col: c.col, name: c.name, origin: c.origin}
		if first, ok := index[c.name]; ok {
			// Hive 3.1 takes the first when the others come from *.
			rel.cols[first].ambiguous = rel.cols[first].ambiguous || !b.hive3() || !c.star
			sc.name = fmt.Sprintf("_col%d", i)
		} else {
			index[c.name] = i
		}
		rel.cols[i] = sc
	}
	return rel
}

// distinctIDs makes every visible column a plan column of its own, so that set operations and writers can tell them apart.
func (b *builder) distinctIDs(r *result) *result {
	seen := plan.ColumnSet{}
	repeated := false
	for _, c := range r.cols {
		repeated = repeated || seen.Has(c.col.ID)
		seen.Add(c.col.ID)
	}
	if !repeated {
		return r
	}
	seen = plan.ColumnSet{}
	out := &result{cols: make([]output, len(r.cols))}
	p := &plan.Project{Input: r.node}
	for i, c := range r.cols {
		ref := plan.NewColumnRef(c.col)
		if seen.Has(c.col.ID) {
			c.col = b.column(c.col.Name, c.col.Type)
		}
		seen.Add(c.col.ID)
		p.Exprs = append(p.Exprs, plan.Assign{Column: c.col, Expr: ref})
		out.cols[i] = c
	}
	out.node = p
	return out
}

// possibleNames renders names for "possible column names are" messages.
func possibleNames(names []string) string {
	return "(possible column names are: " + strings.Join(names, ", ") + ")"
}

// starDuplicate returns a name that several columns of a query with * in its select list have, "" when there is none: written columns of
// one name are numbered, but not next to *.
func starDuplicate(cols []output) string {
	if !slices.ContainsFunc(cols, func(c output) bool { return c.star }) {
		return ""
	}
	seen := map[string]bool{}
	for _, c := range cols {
		if seen[c.name] {
			return c.name
		}
		seen[c.name] = true
	}
	return ""
}
