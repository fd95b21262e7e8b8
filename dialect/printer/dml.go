package printer

import "skep/dialect/ast"

func (p *printer) statement(s ast.Statement) {
	switch s := s.(type) {
	case *ast.QueryStatement:
		p.query(s.Query)
	case *ast.Insert:
		p.with(s.With)
		p.insertTarget(s.Target)
		p.query(s.Query)
	case *ast.MultiInsert:
		p.multiInsert(s)
	case *ast.Update:
		p.word("UPDATE")
		p.table(s.Table)
		p.set(s.Set)
		p.where(s.Where)
	case *ast.Delete:
		p.words("DELETE", "FROM")
		p.table(s.Table)
		p.where(s.Where)
	case *ast.Merge:
		p.merge(s)
	case *ast.Load:
		p.words("LOAD", "DATA")
		p.when(s.Local, "LOCAL")
		p.optStr(s.Path, "INPATH")
		p.when(s.Overwrite, "OVERWRITE")
		p.words("INTO", "TABLE")
		p.target(s.Target)
		p.optStr(s.InputFormat, "INPUTFORMAT")
		p.optStr(s.SerDe, "SERDE")
	case *ast.Export:
		p.words("EXPORT", "TABLE")
		p.target(s.Source)
		p.optStr(s.Path, "TO")
		p.replication(s.Replication)
	case *ast.Import:
		p.word("IMPORT")
		p.when(s.External, "EXTERNAL")
		if s.Target != nil {
			p.word("TABLE")
			p.target(s.Target)
		}
		p.optStr(s.Path, "FROM")
		p.optStr(s.Location, "LOCATION")
	case *ast.Explain:
		p.word("EXPLAIN")
		for _, o := range s.Options {
			p.word(o.Name)
			p.words(o.Details...)
		}
		p.when(s.Rewrite, "REWRITE")
		p.statement(s.Statement)
	case *ast.Prepare:
		p.word("PREPARE")
		p.ident(s.Name)
		p.word("FROM")
		p.statement(s.Query)
	case *ast.Execute:
		p.word("EXECUTE")
		p.ident(s.Name)
		p.word("USING")
		list(p, s.Args, p.item)
	case *ast.Command:
		p.keyword(s.Name)
		p.when(s.Args != "", s.Args)
	default:
		p.ddl(s)
	}
}

func (p *printer) replication(r *ast.Replication) {
	if r == nil {
		return
	}
	p.word("FOR")
	p.when(r.MetadataOnly, "METADATA")
	p.word("REPLICATION")
	parens(p, []*ast.StringLit{r.ID}, p.str)
}

func (p *printer) insertTarget(t *ast.InsertTarget) {
	p.word("INSERT")
	if !t.Overwrite {
		p.words("INTO", "TABLE")
		p.table(t.Table)
		p.partition(t.Partition)
		if t.Columns != nil {
			p.idents(t.Columns)
		}
		return
	}
	p.word("OVERWRITE")
	if d := t.Directory; d != nil {
		p.when(d.Local, "LOCAL")
		p.optStr(d.Path, "DIRECTORY")
		p.rowFormat(d.RowFormat)
		p.fileFormat(d.FileFormat)
	} else {
		p.word("TABLE")
		p.table(t.Table)
		p.partition(t.Partition)
	}
	p.when(t.IfNotExists, "IF", "NOT", "EXISTS")
}

func (p *printer) multiInsert(s *ast.MultiInsert) {
	p.with(s.With)
	p.word("FROM")
	p.from(s.From)
	for _, b := range s.Branches {
		if b.Target != nil {
			p.insertTarget(b.Target)
		}
		block := b.Query.Body.(*ast.Select)
		p.selectHead(block)
		if b.LateralView != nil {
			p.lateralView(b.LateralView)
		}
		p.blockClauses(block)
		p.queryClauses(b.Query)
	}
}

func (p *printer) set(assignments []*ast.Assignment) {
	p.word("SET")
	list(p, assignments, func(a *ast.Assignment) {
		p.ident(a.Column)
		p.word("=")
		p.expr(a.Value, precAdd)
	})
}

func (p *printer) merge(s *ast.Merge) {
	p.word("MERGE")
	p.when(s.HintText != "", "/*+"+s.HintText+"*/")
	p.word("INTO")
	p.table(s.Target)
	p.alias(s.Alias)
	p.word("USING")
	p.from(s.Source)
	p.word("ON")
	p.expr(s.On, precLowest)
	for _, c := range s.Clauses {
		p.word("WHEN")
		p.when(!c.Matched, "NOT")
		p.word("MATCHED")
		if c.Cond != nil {
			p.word("AND")
			p.expr(c.Cond, precLowest)
		}
		p.words("THEN", string(c.Action))
		switch c.Action {
		case ast.MergeUpdate:
			p.set(c.Set)
		case ast.MergeInsert:
			if c.Columns != nil {
				p.idents(c.Columns)
			}
			p.word("VALUES")
			p.row(c.Values)
		}
	}
}
