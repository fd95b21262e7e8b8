package printer

import "skep/dialect/ast"

// ddl writes the statements that are not queries or data changes.
func (p *printer) ddl(s ast.Statement) {
	switch s := s.(type) {
	case *ast.CreateTable:
		p.createTable(s)
	case *ast.DropTable:
		p.words("DROP", "TABLE")
		p.when(s.IfExists, "IF", "EXISTS")
		p.table(s.Name)
		p.when(s.Purge, "PURGE")
		p.replication(s.Replication)
	case *ast.TruncateTable:
		p.words("TRUNCATE", "TABLE")
		p.target(s.Target)
		if s.Columns != nil {
			p.word("COLUMNS")
			p.idents(s.Columns)
		}
		p.when(s.Force, "FORCE")
	case *ast.Analyze:
		p.words("ANALYZE", "TABLE")
		p.target(s.Target)
		if s.CacheMetadata {
			p.words("CACHE", "METADATA")
			return
		}
		p.words("COMPUTE", "STATISTICS")
		p.when(s.NoScan, "NOSCAN")
		p.when(s.ForColumns, "FOR", "COLUMNS")
		list(p, s.Columns, p.ident)
	case *ast.Msck:
		p.word("MSCK")
		p.when(s.Repair, "REPAIR")
		if s.Table != nil {
			p.word("TABLE")
			p.table(s.Table)
		}
		if s.Action != "" {
			p.words(s.Action, "PARTITIONS")
			if s.Partition != nil {
				p.selector(s.Partition)
			}
			return
		}
		p.partition(s.Partition)
	case *ast.AlterTable:
		p.alterTable(s)
	case *ast.AlterView:
		p.words("ALTER", "VIEW")
		p.table(s.View)
		p.action(s.Action)
	case *ast.Show:
		p.show(s)
	case *ast.DescribeTable:
		p.word("DESCRIBE")
		p.when(s.Option != "", s.Option)
		p.table(s.Table)
		p.partition(s.Partition)
		p.dotted(s.Column...)
	case *ast.DescribeDatabase:
		p.words("DESCRIBE", "DATABASE")
		p.when(s.Extended, "EXTENDED")
		p.ident(s.Name)
	case *ast.DescribeConnector:
		p.words("DESCRIBE", "CONNECTOR")
		p.when(s.Extended, "EXTENDED")
		p.ident(s.Name)
	case *ast.DescribeFunction:
		p.words("DESCRIBE", "FUNCTION")
		p.when(s.Extended, "EXTENDED")
		p.function(s.Name)
	default:
		p.object(s)
	}
}

func (p *printer) createTable(s *ast.CreateTable) {
	p.word("CREATE")
	p.when(s.Temporary, "TEMPORARY")
	p.when(s.Transactional, "TRANSACTIONAL")
	p.when(s.External, "EXTERNAL")
	p.when(s.Managed, "MANAGED")
	p.word("TABLE")
	p.when(s.IfNotExists, "IF", "NOT", "EXISTS")
	p.table(s.Name)
	switch {
	case s.Like != nil:
		p.word("LIKE")
		p.table(s.Like)
	case s.LikeFile != nil:
		p.words("LIKE", "FILE")
		p.ident(s.LikeFile)
		p.str(s.LikeFileAt)
	case len(s.Columns)+len(s.Constraints) > 0:
		p.open()
		list(p, s.Columns, p.column)
		for i, c := range s.Constraints {
			if i+len(s.Columns) > 0 {
				p.comma()
			}
			p.constraint(c)
		}
		p.end()
	}
	p.optStr(s.Comment, "COMMENT")
	if s.PartitionColumns != nil {
		p.words("PARTITIONED", "BY")
		parens(p, s.PartitionColumns, p.column)
	}
	if s.PartitionTransforms != nil {
		p.words("PARTITIONED", "BY", "SPEC")
		parens(p, s.PartitionTransforms, p.transformSpec)
	}
	p.buckets(s.Buckets)
	p.skewed(s.Skewed)
	p.rowFormat(s.RowFormat)
	p.fileFormat(s.FileFormat)
	p.optStr(s.Location, "LOCATION")
	p.optProperties(s.Properties, "TBLPROPERTIES")
	if s.Query != nil {
		p.word("AS")
		p.query(s.Query)
	}
}

func (p *printer) column(c *ast.ColumnDef) {
	p.ident(c.Name)
	if c.Type != nil {
		p.typeName(c.Type)
	}
	if c.Constraint != nil {
		p.constraint(c.Constraint)
	}
	p.optStr(c.Comment, "COMMENT")
}

func (p *printer) constraint(c *ast.Constraint) {
	if c.Name != nil {
		p.word("CONSTRAINT")
		p.ident(c.Name)
	}
	table := c.Columns != nil
	switch {
	case c.Kind == ast.ForeignKey:
		if table {
			p.words("FOREIGN", "KEY")
			p.idents(c.Columns)
		}
		p.word("REFERENCES")
		p.table(c.References)
		p.idents(c.RefColumns)
	case c.Kind == ast.CheckConstraint:
		p.word("CHECK")
		parens(p, []ast.Expr{c.Expr}, p.item)
	case c.Kind == ast.DefaultConstraint:
		p.word("DEFAULT")
		p.expr(c.Expr, precPrimary)
	default:
		p.word(string(c.Kind))
		if table {
			p.idents(c.Columns)
		}
	}
	p.when(c.Enable != "", c.Enable)
	p.when(c.Validate != "", c.Validate)
	p.when(c.Rely != "", c.Rely)
}

func (p *printer) transformSpec(t *ast.PartitionTransform) {
	if t.Transform == "" {
		p.ident(t.Column)
		return
	}
	p.word(t.Transform)
	p.open()
	if t.Arg != nil {
		p.num(t.Arg)
		p.comma()
	}
	p.ident(t.Column)
	p.end()
}

func (p *printer) buckets(b *ast.Buckets) {
	if b == nil {
		return
	}
	if b.Columns != nil {
		p.words("CLUSTERED", "BY")
		p.idents(b.Columns)
	}
	if b.Sorted != nil {
		p.words("SORTED", "BY")
		parens(p, b.Sorted, func(c *ast.SortColumn) {
			p.ident(c.Name)
			p.when(c.Order != "", string(c.Order))
			p.when(c.Nulls != "", string(c.Nulls))
		})
	}
	p.word("INTO")
	p.num(b.Count)
	p.word("BUCKETS")
}

func (p *printer) skewed(s *ast.Skewed) {
	if s == nil {
		return
	}
	p.words("SKEWED", "BY")
	p.idents(s.Columns)
	p.word("ON")
	parens(p, s.Values, p.skewedValue)
	p.when(s.Directories, "STORED", "AS", "DIRECTORIES")
}

func (p *printer) skewedValue(v *ast.SkewedValue) {
	if v.Tuple {
		parens(p, v.Values, p.item)
		return
	}
	p.item(v.Values[0])
}

func (p *printer) rowFormat(r *ast.RowFormat) {
	if r == nil {
		return
	}
	p.words("ROW", "FORMAT")
	if r.SerDe != nil {
		p.optStr(r.SerDe, "SERDE")
		p.optProperties(r.SerDeProperties, "WITH", "SERDEPROPERTIES")
		return
	}
	p.word("DELIMITED")
	p.optStr(r.Fields, "FIELDS", "TERMINATED", "BY")
	p.optStr(r.Escaped, "ESCAPED", "BY")
	p.optStr(r.CollectionItems, "COLLECTION", "ITEMS", "TERMINATED", "BY")
	p.optStr(r.MapKeys, "MAP", "KEYS", "TERMINATED", "BY")
	p.optStr(r.Lines, "LINES", "TERMINATED", "BY")
	p.optStr(r.NullDefined, "NULL", "DEFINED", "AS")
}

func (p *printer) fileFormat(f *ast.FileFormat) {
	if f == nil {
		return
	}
	if f.Handler != nil || f.HandlerName != nil {
		p.words("STORED", "BY")
		if f.Handler != nil {
			p.str(f.Handler)
		} else {
			p.ident(f.HandlerName)
		}
		p.optProperties(f.HandlerProperties, "WITH", "SERDEPROPERTIES")
		if f.Name == nil {
			return
		}
	}
	p.words("STORED", "AS")
	p.format(f)
}

// format writes a file format as it stands behind STORED AS and SET FILEFORMAT.
func (p *printer) format(f *ast.FileFormat) {
	if f.Name != nil {
		p.ident(f.Name)
		return
	}
	p.optStr(f.InputFormat, "INPUTFORMAT")
	p.optStr(f.OutputFormat, "OUTPUTFORMAT")
	p.optStr(f.SerDe, "SERDE")
	p.optStr(f.InputDriver, "INPUTDRIVER")
	p.optStr(f.OutputDriver, "OUTPUTDRIVER")
}
