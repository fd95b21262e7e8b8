// Package printer writes syntax trees as Hive SQL. Parsing the text gives an equal tree again (ast.Equal): operands are
// parenthesised where the grammar needs it, names are quoted where they must be, strings are escaped anew.
package printer

import (
	"strings"

	"skep/dialect/ast"
)

// Statement returns the SQL text of a statement.
func Statement(s ast.Statement) string {
	p := &printer{}
	p.statement(s)
	return p.String()
}

// Query returns the SQL text of a query.
func Query(q *ast.Query) string {
	p := &printer{}
	p.query(q)
	return p.String()
}

// Expr returns the SQL text of an expression.
func Expr(e ast.Expr) string {
	p := &printer{}
	p.expr(e, precLowest)
	return p.String()
}

// Type returns the text of a type.
func Type(t *ast.TypeName) string {
	p := &printer{}
	p.typeName(t)
	return p.String()
}

// printer collects the text. Its methods take care of single blanks between words: word and the node methods put one in
// front unless the text ends in an opening parenthesis or a point.
type printer struct {
	strings.Builder
	glue bool // the next word follows without a blank
}

// word writes s as one word.
func (p *printer) word(s string) {
	if p.Len() > 0 && !p.glue {
		p.WriteByte(' ')
	}
	p.glue = false
	p.WriteString(s)
}

// words writes several words.
func (p *printer) words(list ...string) {
	for _, s := range list {
		p.word(s)
	}
}

// when writes the words if cond holds.
func (p *printer) when(cond bool, list ...string) {
	if cond {
		p.words(list...)
	}
}

// tight writes s without a blank on either side.
func (p *printer) tight(s string) {
	p.WriteString(s)
	p.glue = true
}

// open and end write parentheses; end leaves room for a blank behind.
func (p *printer) open() {
	p.word("(")
	p.glue = true
}

func (p *printer) end() {
	p.WriteByte(')')
	p.glue = false
}

func (p *printer) comma() { p.WriteByte(',') }

// list writes items with commas between them.
func list[T any](p *printer, items []T, f func(T)) {
	for i, it := range items {
		if i > 0 {
			p.comma()
		}
		f(it)
	}
}

// parens writes a parenthesised list.
func parens[T any](p *printer, items []T, f func(T)) {
	p.open()
	list(p, items, f)
	p.end()
}

// ident writes a name, quoted if it was.
func (p *printer) ident(id *ast.Ident) {
	if id == nil {
		return
	}
	p.word(Ident(id.Name, id.Quoted))
}

// Ident returns the text of an identifier, in back-ticks when quoted is set.
func Ident(name string, quoted bool) string {
	if !quoted {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func (p *printer) idents(list []*ast.Ident) { parens(p, list, p.ident) }

func (p *printer) dotted(parts ...*ast.Ident) {
	first := true
	for _, id := range parts {
		if id == nil {
			continue
		}
		if !first {
			p.tight(".")
		}
		p.ident(id)
		first = false
	}
}

func (p *printer) table(t *ast.TableName) { p.dotted(t.DB, t.Name, t.Meta) }

func (p *printer) function(f *ast.FunctionName) { p.dotted(f.DB, f.Name) }

// str writes a string literal.
func (p *printer) str(s *ast.StringLit) { p.word(Quote(s.Value)) }

// optStr writes keywords and a string when there is one.
func (p *printer) optStr(s *ast.StringLit, keywords ...string) {
	if s != nil {
		p.words(keywords...)
		p.str(s)
	}
}

func (p *printer) num(n *ast.NumberLit) { p.word(n.Text) }

// Quote returns s as a string literal.
func Quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('\'')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\'':
			b.WriteString(`\'`)
		case '\\':
			if i+1 < len(s) && (s[i+1] == '%' || s[i+1] == '_') { // stays as it is
				b.WriteByte('\\')
				i++
				b.WriteByte(s[i])
				continue
			}
			b.WriteString(`\\`)
		case 0:
			b.WriteString(`\000`)
		case '\b':
			b.WriteString(`\b`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case 0x1A:
			b.WriteString(`\Z`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func (p *printer) properties(props []*ast.Property) { parens(p, props, p.property) }

func (p *printer) property(x *ast.Property) {
	p.str(x.Key)
	if x.Value != nil {
		p.word("=")
		p.str(x.Value)
	}
}

func (p *printer) optProperties(props []*ast.Property, keywords ...string) {
	if props != nil {
		p.words(keywords...)
		p.properties(props)
	}
}

func (p *printer) partition(s *ast.PartitionSpec) {
	if s == nil {
		return
	}
	p.word("PARTITION")
	p.selector(s)
}

func (p *printer) selector(s *ast.PartitionSpec) {
	parens(p, s.Values, func(v *ast.PartitionValue) {
		p.ident(v.Name)
		if v.Op != "" {
			p.word(v.Op)
			p.expr(v.Value, precLowest)
		}
	})
}

func (p *printer) target(t *ast.TableOrPartition) {
	p.table(t.Table)
	p.partition(t.Partition)
}

func (p *printer) typeName(t *ast.TypeName) {
	p.word(t.Name)
	switch t.Name {
	case "struct":
		p.tight("<")
		list(p, t.Fields, func(f *ast.FieldDef) {
			p.ident(f.Name)
			p.tight(":")
			p.typeName(f.Type)
			p.optStr(f.Comment, "COMMENT")
		})
		p.WriteByte('>')
		p.glue = false
	case "array", "map", "uniontype":
		p.tight("<")
		list(p, t.Params, p.typeName)
		p.WriteByte('>')
		p.glue = false
	default:
		for i, a := range t.Args {
			p.WriteString([]string{"(", ","}[min(i, 1)])
			p.WriteString(itoa(a))
		}
		if len(t.Args) > 0 {
			p.WriteByte(')')
		}
	}
}
