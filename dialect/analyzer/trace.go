package analyzer

import (
	"context"
	"errors"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// trace collects the edits that turn a view's query into the text that Hive stores: tables get their database, columns their
// table, * is written out. A nil trace collects nothing.
type trace struct {
	text  string
	edits map[int]edit // by offset
	// dropped are the casts to a column's own type, which the text does without.
	dropped map[*ast.Cast]bool
	// temporary is the first temporary table used, "" when there is none.
	temporary string
	// materialized is the first materialized view used, "" when there is none.
	materialized string
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
	t.put(ref.Name, quoteColumn(r, c))
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
		t.temporary = tbl.DB + "@" + tbl.Name
	}
	if tbl.Kind == catalog.MaterializedView && t.materialized == "" {
		t.materialized = tbl.DB + "@" + tbl.Name
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
	e.with += quoteColumn(c.rel, c.col)
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

// alias writes the alias of a select item or table, or a column named elsewhere than in an expression, with quotes.
func (t *trace) alias(ids ...*ast.Ident) {
	for _, id := range ids {
		if t != nil && id != nil {
			t.put(id, quoteName(id.Name))
		}
	}
}

func quoteColumn(r *relation, c *scopeColumn) string {
	if r.alias == "" {
		return quoteName(c.name)
	}
	return quoteName(r.alias) + "." + quoteName(c.name)
}

// written gives a column of the select list as the text will have it, "" for another expression.
func (t *trace) written(e ast.Expr) string {
	if t == nil {
		return ""
	}
	switch e := e.(type) {
	case *ast.ColumnRef:
		return t.edits[e.Name.Offset].with
	case *ast.FieldRef:
		if base, ok := e.Base.(*ast.ColumnRef); ok && t.edits[e.Name.Offset].with != "" {
			return t.edits[base.Name.Offset].with + "." + t.edits[e.Name.Offset].with
		}
	}
	return ""
}

// orderBy writes an unqualified name of ORDER BY that stands for a select item as that item is written: with its table where
// it is a column without an alias.
func (t *trace) orderBy(at ast.Node, items []item, name string) {
	ref, ok := at.(*ast.ColumnRef)
	if t == nil || !ok {
		return
	}
	for _, it := range items {
		if it.name == name && it.column != "" {
			t.put(ref.Name, it.column)
			return
		}
	}
}

// dropCast leaves the cast of a value to its own type out of the text.
func (t *trace) dropCast(e *ast.Cast, typ *types.Type) {
	if t == nil || typ.Kind == types.Decimal || typ.Kind == types.Char || typ.Kind == types.Varchar {
		return
	}
	// The node stands at the type: what is open there is the parenthesis of CAST, what precedes it AS.
	open := openParentheses(t.text[:e.Offset])
	as := strings.TrimRight(t.text[:e.Offset], " \t\r\n")
	if len(open) == 0 || len(as) < 3 || !strings.EqualFold(as[len(as)-2:], "as") {
		return
	}
	from, end := open[len(open)-1], e.Offset+strings.IndexByte(t.text[e.Offset:], ')')+1
	start := len(strings.TrimRight(t.text[:from], " \t\r\n")) - len("cast")
	if start < 0 || end <= e.Offset {
		return
	}
	for from++; isBlank(t.text[from]); from++ {
	}
	to := len(strings.TrimRight(as[:len(as)-2], " \t\r\n"))
	t.dropped[e] = true
	t.edits[start] = edit{start, from, ""}
	t.edits[to] = edit{to, end, ""}
}

// openParentheses lists where the parentheses stand that are open at the end of text.
func openParentheses(text string) []int {
	var open []int
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\'', '"', '`':
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' && c != '`' {
					i++
				}
			}
		case '(':
			open = append(open, i)
		case ')':
			open = open[:max(len(open)-1, 0)]
		}
	}
	return open
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// unquoted is text as Hive's lexer gives it back: without the quotes around names.
func unquoted(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\'' || c == '"':
			from := i
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			b.WriteString(text[from:min(i+1, len(text))])
		case c == '`':
			for i++; i < len(text); i++ {
				if text[i] == '`' {
					if i+1 == len(text) || text[i+1] != '`' {
						break
					}
					i++
				}
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
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
		b.WriteString(unquoted(t.text[at:e.start]))
		b.WriteString(e.with)
		at = e.end
	}
	b.WriteString(unquoted(t.text[at:span.End]))
	return b.String()
}

// ViewColumn is a column of a new view.
type ViewColumn = catalog.Column

// ViewOriginal is the text of a view's query as Hive keeps it.
func ViewOriginal(text string) string { return unquoted(text) }

// ExpandView analyses the query of CREATE VIEW view, which may be qualified by its database. It returns the text that the metastore keeps, whose names no longer depend on
// the session, and the view's columns. names is the view's column list, or nil; Env.Text must be the statement's text.
func (a *Analyzer) ExpandView(ctx context.Context, view string, q *ast.Query, names []*ast.ColumnDef) (string, []ViewColumn, error) {
	if q.Span.End > len(a.env.Text) {
		return "", nil, sqlerr.Semanticf("The text of view %s is not known", view)
	}
	b := a.newBuilder(ctx)
	b.trace = &trace{text: a.env.Text, edits: map[int]edit{}, dropped: map[*ast.Cast]bool{}}
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
	if used := b.trace.temporary; used != "" {
		return "", nil, b.refusedIn("temporary table", used)
	}
	if used := b.trace.materialized; used != "" {
		return "", nil, b.refusedIn("materialized view", used)
	}
	text := b.trace.expanded(q.Span)
	cols := make([]ViewColumn, len(r.cols))
	seen := map[string]bool{}
	for i, c := range r.cols {
		if seen[c.name] {
			return "", nil, ViewRefused(a.env.Conf, duplicateColumn(c.name))
		}
		seen[c.name] = true
		cols[i] = ViewColumn{Name: c.name, Type: c.col.Type}
	}
	if len(names) == 0 {
		return text, cols, nil
	}
	if len(names) != len(cols) {
		at, last := viewPlace(q)
		return "", nil, ViewRefused(a.env.Conf, sqlerr.Semanticf("%d:%d %s. Error encountered near token '%s'", at.Line, at.Col, sqlerr.Text(sqlerr.ViewColMismatch), last))
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

// refusedIn is the error for a view over used, given as database@table.
func (b *builder) refusedIn(what, used string) error {
	if b.hive3() {
		_, name, _ := strings.Cut(used, "@")
		return sqlerr.Semanticf("org.apache.hadoop.hive.ql.parse.SemanticException: View definition references %s %s", what, name)
	}
	return sqlerr.Semanticf("View definition references %s %s", what, used)
}

// ViewRefused is the error that the client sees for err, found in the columns of a view: Hive 3.1 wraps it while it plans by costs, which loses
// the code.
func ViewRefused(c *conf.Conf, err error) error {
	var e *sqlerr.Error
	if !c.Hive3() || !c.Bool("hive.cbo.enable") || !errors.As(err, &e) {
		return err
	}
	return sqlerr.Semanticf("org.apache.hadoop.hive.ql.optimizer.calcite.CalciteViewSemanticException: %s", e.Msg)
}

// viewPlace is where Hive's messages about all of a view's query point: at the first word of its FROM, with the last word of its last clause.
func viewPlace(q *ast.Query) (at ast.Pos, last string) {
	at = q.Position()
	body := q.Body
	for {
		op, ok := body.(*ast.SetOp)
		if !ok {
			break
		}
		body = op.Left
	}
	s, ok := body.(*ast.Select)
	if !ok {
		return at, at.Token
	}
	if s.From != nil {
		at = s.From.Position()
	}
	var end ast.Pos
	latest := func(n ast.Node) bool {
		if p := n.Position(); p.Token != "" && (p.Line > end.Line || p.Line == end.Line && p.Col >= end.Col) {
			end = p
		}
		return true
	}
	switch {
	case q.Limit != nil:
		ast.Inspect(q.Limit, latest)
	case len(q.OrderBy) > 0:
		ast.Inspect(q.OrderBy[len(q.OrderBy)-1], latest)
	case s.Having != nil:
		ast.Inspect(s.Having, latest)
	case s.GroupBy != nil:
		ast.Inspect(s.GroupBy, latest)
	case s.Where != nil:
		ast.Inspect(s.Where, latest)
	case len(s.Items) > 0:
		ast.Inspect(s.Items[len(s.Items)-1], latest)
	}
	return at, end.Token
}
