package printer

import (
	"strings"

	"skep/dialect/ast"
)

func (p *printer) show(s *ast.Show) {
	p.word("SHOW")
	switch s.Kind {
	case ast.ShowTables:
		p.when(s.Extended, "EXTENDED")
		p.word("TABLES")
		p.inDatabase(s.Database)
		if s.WhereColumn != nil {
			p.word("WHERE")
			p.ident(s.WhereColumn)
			p.optStr(s.WhereValue, "=")
		}
		p.pattern(s.Pattern)
		return
	case ast.ShowColumns:
		p.when(s.Sorted, "SORTED")
		p.words("COLUMNS", "FROM")
		p.table(s.Table)
		p.inDatabase(s.Database)
		p.pattern(s.Pattern)
		return
	case ast.ShowCompactions:
		p.word("COMPACTIONS")
		p.optNum(s.ID, "COMPACTIONID", "=")
		p.when(s.Database != nil, "DATABASE")
		p.ident(s.Database)
		if s.Table != nil {
			p.table(s.Table)
		}
		p.partition(s.Partition)
		for _, o := range s.Options {
			p.optStr(o.Value, o.Key.Value)
		}
		p.showOrder(s)
		return
	case ast.ShowLocks:
		p.word("LOCKS")
		p.when(s.Database != nil, "DATABASE")
		p.ident(s.Database)
		if s.Table != nil {
			p.table(s.Table)
		}
		p.partition(s.Partition)
		p.when(s.Extended, "EXTENDED")
		return
	}
	p.word(string(s.Kind))
	switch s.Kind {
	case ast.ShowCreateDatabase:
		p.ident(s.Database)
	case ast.ShowTableExtended:
		p.inDatabase(s.Database)
		p.pattern(s.Pattern)
		p.partition(s.Partition)
		return
	default:
		p.inDatabase(s.Database)
	}
	if s.Table != nil {
		p.table(s.Table)
	}
	p.partition(s.Partition)
	if s.Key != nil {
		if s.Kind == ast.ShowTblProperties {
			parens(p, []*ast.StringLit{s.Key}, p.str)
		} else {
			p.str(s.Key)
		}
	}
	p.ident(s.Name)
	if s.Principal != nil {
		p.principal(s.Principal)
	}
	if s.Object != nil {
		p.on(s.Object)
	}
	p.pattern(s.Pattern)
	p.where(s.Where)
	p.showOrder(s)
}

func (p *printer) showOrder(s *ast.Show) {
	if s.OrderBy != nil {
		p.words("ORDER", "BY")
		list(p, s.OrderBy, p.sortItem)
	}
	p.limit(s.Limit)
}

func (p *printer) inDatabase(db *ast.Ident) {
	if db != nil {
		p.word("IN")
		p.ident(db)
	}
}

func (p *printer) pattern(s *ast.ShowPattern) {
	if s == nil {
		return
	}
	p.when(s.Like, "LIKE")
	if s.Quoted {
		p.word(Quote(s.Text))
		return
	}
	p.word(Ident(s.Text, strings.ContainsFunc(s.Text, notInWord)))
}

// notInWord reports a character that makes back-ticks necessary; a function pattern may be db.name.
func notInWord(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.')
}
