package analyzer

import (
	"context"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/sqlerr"
)

// trace collects the edits that turn a view's query into the text that Hive stores: tables get their database, columns their
// table, * is written out. A nil trace collects nothing.
type trace struct {
	text  string
	edits map[int]edit // by offset
	// temporary is the first temporary table used, "" when there is none.
	temporary string
}

// edit replaces text[start:end].
type edit struct {
	start, end int
	with       string
}

func quoteName(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

// extent is the identifier's length in the text at its offset, quotes included.
func (t *trace) extent(at ast.Pos, name string) int {
	if at.Offset >= len(t.text) || t.text[at.Offset] != '`' {
		return at.Offset + len(name)
	}
	for i := at.Offset + 1; i < len(t.text); i++ {
		if t.text[i] == '`' {
			if i+1 < len(t.text) && t.text[i+1] == '`' {
				i++
				continue
			}
			return i + 1
		}
	}
	return at.Offset + len(name)
}

func (t *trace) put(id *ast.Ident, with string) {
	t.edits[id.Offset] = edit{id.Offset, t.extent(id.Pos, id.Name), with}
}

// qualify writes an unqualified column with its relation's name.
func (t *trace) qualify(at ast.Node, r *relation, c *scopeColumn) {
	ref, ok := at.(*ast.ColumnRef)
	if t == nil || !ok {
		return
	}
	name := quoteName(c.name)
	if r.alias != "" {
		name = quoteName(r.alias) + "." + name
	}
	t.put(ref.Name, name)
}

// quote writes a qualified column with quotes.
func (t *trace) quote(table *ast.ColumnRef, column *ast.Ident, r *relation, c *scopeColumn) {
	if t == nil {
		return
	}
	t.put(table.Name, quoteName(r.alias))
	t.put(column, quoteName(c.name))
}

// table writes a table name with its database.
func (t *trace) table(n *ast.TableName, tbl *catalog.Table) {
	if t == nil {
		return
	}
	if tbl.Temporary && t.temporary == "" {
		t.temporary = tbl.Name
	}
	full := quoteName(tbl.DB) + "." + quoteName(tbl.Name)
	if n.DB == nil {
		t.put(n.Name, full)
		return
	}
	t.edits[n.DB.Offset] = edit{n.DB.Offset, t.extent(n.Name.Pos, n.Name.Name), full}
}

// star collects the columns that * stands for.
func (t *trace) star(s *ast.Star, c starColumn) {
	if t == nil {
		return
	}
	e := t.edits[s.Offset]
	if e.with != "" {
		e.with += ", "
	}
	if c.rel.alias != "" {
		e.with += quoteName(c.rel.alias) + "."
	}
	e.with += quoteName(c.col.name)
	t.edits[s.Offset] = e
}

// endStar closes the edit of *.
func (t *trace) endStar(s *ast.Star) {
	if t == nil {
		return
	}
	e := t.edits[s.Offset]
	e.start = s.Offset
	e.end = s.Offset
	if i := strings.IndexByte(t.text[s.Offset:], '*'); i >= 0 {
		e.end += i + 1
	}
	t.edits[s.Offset] = e
}

// alias writes a select item's alias with quotes.
func (t *trace) alias(id *ast.Ident) {
	if t != nil {
		t.put(id, quoteName(lower(id)))
	}
}

// expanded applies the edits within the span.
func (t *trace) expanded(span ast.Span) string {
	edits := make([]edit, 0, len(t.edits))
	for _, e := range t.edits {
		if e.start >= span.Start && e.end <= span.End {
			edits = append(edits, e)
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	var b strings.Builder
	at := span.Start
	for _, e := range edits {
		if e.start < at {
			continue
		}
		b.WriteString(t.text[at:e.start])
		b.WriteString(e.with)
		at = e.end
	}
	b.WriteString(t.text[at:span.End])
	return b.String()
}

// ViewColumn is a column of a new view.
type ViewColumn = catalog.Column

// ExpandView analyses the query of CREATE VIEW view, which may be qualified by its database. It returns the text that the metastore keeps, whose names no longer depend on
// the session, and the view's columns. names is the view's column list, or nil; Env.Text must be the statement's text.
func (a *Analyzer) ExpandView(ctx context.Context, view string, q *ast.Query, names []*ast.ColumnDef) (string, []ViewColumn, error) {
	if q.Span.End > len(a.env.Text) {
		return "", nil, sqlerr.Semanticf("The text of view %s is not known", view)
	}
	b := a.newBuilder(ctx)
	b.trace = &trace{text: a.env.Text, edits: map[int]edit{}}
	full := strings.ToLower(view)
	if !strings.Contains(full, ".") {
		full = b.db + "." + full
	}
	b.views = []string{full}
	r, err := b.query(q, nil, true)
	if err != nil {
		return "", nil, err
	}
	if _, err := b.finish(r); err != nil {
		return "", nil, err
	}
	if b.trace.temporary != "" {
		return "", nil, sqlerr.Semanticf("org.apache.hadoop.hive.ql.parse.SemanticException: View definition references temporary table %s",
			b.trace.temporary)
	}
	text := b.trace.expanded(q.Span)
	cols := make([]ViewColumn, len(r.cols))
	seen := map[string]bool{}
	for i, c := range r.cols {
		if seen[c.name] {
			return "", nil, duplicateColumn(c.name)
		}
		seen[c.name] = true
		cols[i] = ViewColumn{Name: c.name, Type: c.col.Type}
	}
	if len(names) == 0 {
		return text, cols, nil
	}
	if len(names) != len(cols) {
		return "", nil, viewMismatch()
	}
	list := make([]string, len(cols))
	for i, n := range names {
		list[i] = quoteName(cols[i].Name) + " AS " + quoteName(lower(n.Name))
		cols[i].Name = lower(n.Name)
		if n.Comment != nil {
			cols[i].Comment = n.Comment.Value
		}
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM (" + text + ") " + quoteName(full[strings.LastIndexByte(full, '.')+1:]), cols, nil
}
