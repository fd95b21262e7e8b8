package printer

import (
	"fmt"

	"skep/dialect/ast"
)

func (p *printer) alterTable(s *ast.AlterTable) {
	if c, ok := s.Action.(*ast.AlterCompact); ok && c.Optimize {
		p.words("OPTIMIZE", "TABLE")
	} else {
		p.words("ALTER", "TABLE")
	}
	p.table(s.Table)
	p.partition(s.Partition)
	p.action(s.Action)
}

func (p *printer) action(a ast.AlterAction) {
	switch a := a.(type) {
	case *ast.AlterRename:
		p.words("RENAME", "TO")
		p.table(a.To)
	case *ast.AlterRenamePartition:
		p.words("RENAME", "TO")
		p.partition(a.To)
	case *ast.AlterAddColumns:
		if a.Replace {
			p.words("REPLACE", "COLUMNS")
		} else {
			p.words("ADD", "COLUMNS")
		}
		parens(p, a.Columns, p.column)
		p.when(a.Behavior != "", a.Behavior)
	case *ast.AlterDropColumn:
		p.words("DROP", "COLUMN")
		p.when(a.IfExists, "IF", "EXISTS")
		p.ident(a.Column)
		p.when(a.Behavior != "", a.Behavior)
	case *ast.AlterChangeColumn:
		p.words("CHANGE", "COLUMN")
		p.ident(a.Old)
		p.column(a.Column)
		p.when(a.First, "FIRST")
		if a.After != nil {
			p.word("AFTER")
			p.ident(a.After)
		}
		p.when(a.Behavior != "", a.Behavior)
	case *ast.AlterUpdateColumns:
		p.words("UPDATE", "COLUMNS")
		p.when(a.Behavior != "", a.Behavior)
	case *ast.AlterPartitionColumn:
		p.words("PARTITION", "COLUMN")
		parens(p, []*ast.ColumnDef{a.Column}, p.column)
	case *ast.AlterAddPartitions:
		p.word("ADD")
		p.when(a.IfNotExists, "IF", "NOT", "EXISTS")
		for _, x := range a.Partitions {
			p.partition(x.Spec)
			p.optStr(x.Location, "LOCATION")
		}
	case *ast.AlterDropPartitions:
		p.word("DROP")
		p.when(a.IfExists, "IF", "EXISTS")
		list(p, a.Partitions, p.partition)
		p.when(a.Purge, "PURGE")
		p.replication(a.Replication)
	case *ast.AlterExchangePartition:
		p.word("EXCHANGE")
		p.partition(a.Spec)
		p.words("WITH", "TABLE")
		p.table(a.Table)
	case *ast.AlterTouch:
		p.word(a.Verb)
		for _, s := range a.Partitions {
			p.partition(s)
		}
	case *ast.AlterProperties:
		if a.Unset {
			p.words("UNSET", "TBLPROPERTIES")
		} else {
			p.words("SET", "TBLPROPERTIES")
		}
		p.when(a.IfExists, "IF", "EXISTS")
		p.properties(a.Properties)
	case *ast.AlterSerDe:
		p.alterSerDe(a)
	case *ast.AlterFileFormat:
		p.words("SET", "FILEFORMAT")
		p.format(a.Format)
	case *ast.AlterLocation:
		p.optStr(a.Location, "SET", "LOCATION")
	case *ast.AlterSkewed:
		switch {
		case a.Skewed != nil:
			p.skewed(a.Skewed)
		case a.NotDirectories:
			p.words("NOT", "STORED", "AS", "DIRECTORIES")
		default:
			p.words("NOT", "SKEWED")
		}
	case *ast.AlterSkewedLocation:
		p.words("SET", "SKEWED", "LOCATION")
		parens(p, a.Locations, func(l *ast.SkewedLocation) {
			p.skewedValue(l.Value)
			p.word("=")
			p.str(l.Location)
		})
	case *ast.AlterBuckets:
		p.when(a.NotClustered, "NOT", "CLUSTERED")
		p.when(a.NotSorted, "NOT", "SORTED")
		p.buckets(a.Buckets)
	case *ast.AlterConcatenate:
		p.word("CONCATENATE")
	case *ast.AlterCompact:
		p.compact(a)
	case *ast.AlterAddConstraint:
		p.word("ADD")
		p.constraint(a.Constraint)
	case *ast.AlterDropConstraint:
		p.words("DROP", "CONSTRAINT")
		p.ident(a.Name)
	case *ast.AlterUpdateStatistics:
		p.words("UPDATE", "STATISTICS")
		if a.Column != nil {
			p.words("FOR", "COLUMN")
			p.ident(a.Column)
		}
		p.word("SET")
		p.properties(a.Properties)
		p.optStr(a.Comment, "COMMENT")
	case *ast.AlterOwner:
		p.words("SET", "OWNER")
		p.principal(a.Owner)
	case *ast.AlterPartitionSpec:
		p.words("SET", "PARTITION", "SPEC")
		parens(p, a.Transforms, p.transformSpec)
	case *ast.AlterConvert:
		p.words("CONVERT", "TO")
		p.ident(a.Format)
		p.optProperties(a.Properties, "TBLPROPERTIES")
	case *ast.AlterExecute:
		p.execute(a)
	case *ast.AlterSnapshotRef:
		p.snapshotRef(a)
	case *ast.AlterAsQuery:
		p.word("AS")
		p.query(a.Query)
	default:
		panic(fmt.Sprintf("printer: no text for %T", a))
	}
}

func (p *printer) alterSerDe(a *ast.AlterSerDe) {
	switch {
	case a.Unset:
		p.words("UNSET", "SERDEPROPERTIES")
		p.properties(a.Properties)
	case a.SerDe != nil:
		p.optStr(a.SerDe, "SET", "SERDE")
		p.optProperties(a.Properties, "WITH", "SERDEPROPERTIES")
	default:
		p.words("SET", "SERDEPROPERTIES")
		p.properties(a.Properties)
	}
}

func (p *printer) compact(a *ast.AlterCompact) {
	if a.Optimize {
		p.words("REWRITE", "DATA")
	} else {
		p.optStr(a.Type, "COMPACT")
	}
	if a.Buckets != nil {
		p.words("CLUSTERED", "INTO")
		p.num(a.Buckets)
		p.word("BUCKETS")
	}
	p.when(a.Wait, "AND", "WAIT")
	p.optStr(a.Pool, "POOL")
	p.optProperties(a.Properties, "WITH", "OVERWRITE", "TBLPROPERTIES")
	p.where(a.Where)
	if a.OrderBy != nil {
		p.words("ORDER", "BY")
		list(p, a.OrderBy, p.sortItem)
	}
}

func (p *printer) execute(a *ast.AlterExecute) {
	p.word("EXECUTE")
	p.words(a.Words...)
	bare := a.Words[0] == "FAST_FORWARD" || a.Words[0] == "CHERRY_PICK" || len(a.Words) > 1 && a.Words[1] == "RETAIN"
	if a.Words[0] == "DELETE" && len(a.Args) > 0 {
		p.words("OLDER", "THAN")
	}
	for i, e := range a.Args {
		if i > 0 && a.Words[len(a.Words)-1] == "BETWEEN" {
			p.word("AND")
		}
		if bare {
			p.item(e)
		} else {
			parens(p, []ast.Expr{e}, p.item)
		}
	}
}

func (p *printer) snapshotRef(a *ast.AlterSnapshotRef) {
	p.word(a.Verb)
	p.when(a.OrReplace, "OR", "REPLACE")
	if a.Tag {
		p.word("TAG")
	} else {
		p.word("BRANCH")
	}
	if a.IfExists {
		p.word("IF")
		p.when(a.Verb == "CREATE", "NOT")
		p.word("EXISTS")
	}
	p.ident(a.Name)
	switch {
	case a.Verb == "RENAME":
		p.word("TO")
		p.ident(a.To)
	case a.Verb == "REPLACE" && a.To != nil:
		p.words("AS", "OF", "BRANCH")
		p.ident(a.To)
	case a.Verb == "REPLACE":
		p.words("AS", "OF", a.AsOf.Kind)
		p.item(a.AsOf.Value)
	case a.AsOf != nil:
		p.words("FOR", a.AsOf.Kind, "AS", "OF")
		if a.AsOf.Tag != nil {
			p.ident(a.AsOf.Tag)
		} else {
			p.item(a.AsOf.Value)
		}
	}
	if a.Retain != nil {
		p.word("RETAIN")
		p.duration(a.Retain)
	}
	if a.MinSnapshot != nil {
		p.words("WITH", "SNAPSHOT", "RETENTION")
		p.num(a.MinSnapshot)
		p.word("SNAPSHOTS")
		if a.MaxAge != nil {
			p.duration(a.MaxAge)
		}
	}
}

func (p *printer) duration(d *ast.Duration) {
	p.num(d.Count)
	p.word(d.Unit)
}
