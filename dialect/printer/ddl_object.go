package printer

import "skep/dialect/ast"

// object writes the statements on databases, views, functions and the like.
func (p *printer) object(s ast.Statement) {
	switch s := s.(type) {
	case *ast.CreateDatabase:
		p.word("CREATE")
		p.when(s.Remote, "REMOTE")
		p.word("DATABASE")
		p.when(s.IfNotExists, "IF", "NOT", "EXISTS")
		p.ident(s.Name)
		p.optStr(s.Comment, "COMMENT")
		p.optStr(s.Location, "LOCATION")
		p.optStr(s.ManagedLocation, "MANAGEDLOCATION")
		p.when(s.Connector != nil, "USING")
		p.ident(s.Connector)
		p.optProperties(s.Properties, "WITH", "DBPROPERTIES")
	case *ast.DropDatabase:
		p.words("DROP", "DATABASE")
		p.when(s.IfExists, "IF", "EXISTS")
		p.ident(s.Name)
		p.when(s.Behavior != "", s.Behavior)
	case *ast.AlterDatabase:
		p.words("ALTER", "DATABASE")
		p.ident(s.Name)
		p.word("SET")
		p.optProperties(s.Properties, "DBPROPERTIES")
		p.owner(s.Owner)
		p.optStr(s.Location, "LOCATION")
		p.optStr(s.ManagedLocation, "MANAGEDLOCATION")
	case *ast.Use:
		p.word("USE")
		p.ident(s.Name)
	case *ast.CreateConnector:
		p.words("CREATE", "CONNECTOR")
		p.when(s.IfNotExists, "IF", "NOT", "EXISTS")
		p.ident(s.Name)
		p.optStr(s.Type, "TYPE")
		p.optStr(s.URL, "URL")
		p.optStr(s.Comment, "COMMENT")
		p.optProperties(s.Properties, "WITH", "DCPROPERTIES")
	case *ast.AlterConnector:
		p.words("ALTER", "CONNECTOR")
		p.ident(s.Name)
		p.word("SET")
		p.optProperties(s.Properties, "DCPROPERTIES")
		p.owner(s.Owner)
		p.optStr(s.URL, "URL")
	case *ast.DropConnector:
		p.words("DROP", "CONNECTOR")
		p.when(s.IfExists, "IF", "EXISTS")
		p.ident(s.Name)
	case *ast.CreateView:
		p.createView(s)
	case *ast.CreateMaterializedView:
		p.createMaterializedView(s)
	case *ast.DropView:
		p.word("DROP")
		p.when(s.Materialized, "MATERIALIZED")
		p.word("VIEW")
		p.when(s.IfExists, "IF", "EXISTS")
		p.table(s.Name)
	case *ast.AlterMaterializedView:
		p.words("ALTER", "MATERIALIZED", "VIEW")
		p.table(s.Name)
		p.word(s.Action)
	case *ast.CreateFunction:
		p.word("CREATE")
		p.when(s.Temporary, "TEMPORARY")
		p.word("FUNCTION")
		p.function(s.Name)
		p.optStr(s.Class, "AS")
		if s.Resources != nil {
			p.word("USING")
			list(p, s.Resources, func(r *ast.Resource) { p.optStr(r.URI, r.Kind) })
		}
	case *ast.DropFunction:
		p.word("DROP")
		p.when(s.Temporary, "TEMPORARY")
		p.word("FUNCTION")
		p.when(s.IfExists, "IF", "EXISTS")
		p.function(s.Name)
	case *ast.ReloadFunctions:
		p.words("RELOAD", "FUNCTIONS")
	case *ast.CreateMacro:
		p.words("CREATE", "TEMPORARY", "MACRO")
		p.ident(s.Name)
		parens(p, s.Params, p.column)
		p.expr(s.Body, precLowest)
	case *ast.DropMacro:
		p.words("DROP", "TEMPORARY", "MACRO")
		p.when(s.IfExists, "IF", "EXISTS")
		p.ident(s.Name)
	case *ast.CreateScheduledQuery:
		p.words("CREATE", "SCHEDULED", "QUERY")
		p.ident(s.Name)
		p.schedule(s.Schedule)
		p.optStr(s.ExecutedAs, "EXECUTED", "AS")
		p.when(s.Enable != "", s.Enable)
		p.words("DEFINED", "AS")
		p.statement(s.Body)
	case *ast.AlterScheduledQuery:
		p.words("ALTER", "SCHEDULED", "QUERY")
		p.ident(s.Name)
		p.schedule(s.Schedule)
		p.optStr(s.ExecutedAs, "EXECUTED", "AS")
		p.when(s.Enable != "", s.Enable)
		p.when(s.Execute, "EXECUTE")
		if s.Body != nil {
			p.words("DEFINED", "AS")
			p.statement(s.Body)
		}
	case *ast.DropScheduledQuery:
		p.words("DROP", "SCHEDULED", "QUERY")
		p.when(s.IfExists, "IF", "EXISTS")
		p.ident(s.Name)
	default:
		p.admin(s)
	}
}

func (p *printer) owner(o *ast.Principal) {
	if o != nil {
		p.word("OWNER")
		p.principal(o)
	}
}

func (p *printer) viewPartition(columns []*ast.Ident, transforms []*ast.PartitionTransform) {
	if columns != nil {
		p.words("PARTITIONED", "ON")
		p.idents(columns)
	}
	if transforms != nil {
		p.words("PARTITIONED", "ON", "SPEC")
		parens(p, transforms, p.transformSpec)
	}
}

func (p *printer) createView(s *ast.CreateView) {
	p.word("CREATE")
	p.when(s.OrReplace, "OR", "REPLACE")
	p.word("VIEW")
	p.when(s.IfNotExists, "IF", "NOT", "EXISTS")
	p.table(s.Name)
	if s.Columns != nil {
		parens(p, s.Columns, p.column)
	}
	p.optStr(s.Comment, "COMMENT")
	p.viewPartition(s.PartitionedOn, s.PartitionTransforms)
	p.optProperties(s.Properties, "TBLPROPERTIES")
	p.word("AS")
	p.query(s.Query)
}

func (p *printer) createMaterializedView(s *ast.CreateMaterializedView) {
	p.words("CREATE", "MATERIALIZED", "VIEW")
	p.when(s.IfNotExists, "IF", "NOT", "EXISTS")
	p.table(s.Name)
	p.when(s.DisableRewrite, "DISABLE", "REWRITE")
	p.optStr(s.Comment, "COMMENT")
	p.viewPartition(s.PartitionedOn, s.PartitionTransforms)
	if s.ClusteredOn != nil {
		p.words("CLUSTERED", "ON")
		p.idents(s.ClusteredOn)
	}
	if s.DistributedOn != nil {
		p.words("DISTRIBUTED", "ON")
		p.idents(s.DistributedOn)
		p.words("SORTED", "ON")
		p.idents(s.SortedOn)
	}
	p.rowFormat(s.RowFormat)
	p.fileFormat(s.FileFormat)
	p.optStr(s.Location, "LOCATION")
	p.optProperties(s.Properties, "TBLPROPERTIES")
	p.word("AS")
	p.query(s.Query)
}

func (p *printer) schedule(s *ast.Schedule) {
	if s == nil {
		return
	}
	if s.Cron != nil {
		p.optStr(s.Cron, "CRON")
		return
	}
	p.word("EVERY")
	if s.Every != nil {
		p.num(s.Every)
	}
	p.word(string(s.Unit))
	p.optStr(s.Offset, "AT")
}
