package parser

import "skep/dialect/ast"

func (p *parser) create() ast.Statement {
	p.enter("ddl statement")
	var s ast.Statement
	switch p.peek(1) {
	case kwTable, kwExternal, kwTransactional, kwManaged:
		s = p.createTable()
	case kwTemporary:
		switch p.peek(2) {
		case kwFunction:
			s = p.createFunction()
		case kwMacro:
			s = p.createMacro()
		default:
			s = p.createTable()
		}
	case kwDatabase, kwSchema, kwRemote:
		s = p.createDatabase()
	case kwView:
		s = p.createView()
	case kwOr:
		if p.peek(3) == kwBranch || p.peek(3) == kwTag {
			s = p.tableSnapshotRef()
		} else {
			s = p.createView()
		}
	case kwMaterialized:
		s = p.createMaterializedView()
	case kwFunction:
		s = p.createFunction()
	case kwRole:
		p.enter("create role")
		n := &ast.CreateRole{Pos: p.here()}
		p.pos += 2
		n.Name = p.ident()
		p.leave()
		s = n
	case kwScheduled:
		s = p.createScheduledQuery()
	case kwDataconnector:
		s = p.createConnector()
	case kwResource:
		s = p.createResourcePlan()
	case kwPool:
		s = p.pool("CREATE")
	case kwTrigger:
		s = p.trigger("CREATE")
	case kwUser, kwGroup, kwApplication:
		s = p.mapping("CREATE")
	case kwBranch, kwTag:
		s = p.tableSnapshotRef()
	default:
		p.noViable(1)
	}
	p.leave()
	return s
}

func (p *parser) drop() ast.Statement {
	p.enter("ddl statement")
	pos := p.here()
	var s ast.Statement
	switch p.peek(1) {
	case kwTable:
		p.enter("drop statement")
		p.pos += 2
		n := &ast.DropTable{Pos: pos, IfExists: p.ifExists(), Name: p.tableName(), Purge: p.accept(kwPurge)}
		n.Replication = p.replication()
		p.leave()
		s = n
	case kwDatabase, kwSchema:
		p.enter("drop database statement")
		p.pos += 2
		n := &ast.DropDatabase{Pos: pos, IfExists: p.ifExists(), Name: p.ident()}
		n.Behavior = p.behavior()
		p.leave()
		s = n
	case kwView:
		p.enter("drop view statement")
		p.pos += 2
		n := &ast.DropView{Pos: pos, IfExists: p.ifExists(), Name: p.tableName()}
		p.leave()
		s = n
	case kwMaterialized:
		p.enter("drop materialized view statement")
		p.pos += 2
		p.expect(kwView)
		n := &ast.DropView{Pos: pos, Materialized: true, IfExists: p.ifExists(), Name: p.tableName()}
		p.leave()
		s = n
	case kwFunction:
		p.pos += 2
		s = p.dropFunction(pos, false)
	case kwTemporary:
		if p.peek(2) == kwMacro {
			p.enter("drop macro statement")
			p.pos += 3
			n := &ast.DropMacro{Pos: pos, IfExists: p.ifExists(), Name: p.identFrom(p.expect(tokIdent))}
			p.leave()
			s = n
			break
		}
		if p.peek(2) != kwFunction {
			p.noViable(2)
		}
		p.pos += 3
		s = p.dropFunction(pos, true)
	case kwRole:
		p.enter("drop role")
		p.pos += 2
		n := &ast.DropRole{Pos: pos, Name: p.ident()}
		p.leave()
		s = n
	case kwScheduled:
		p.enter("drop scheduled query statement")
		p.pos += 2
		p.expect(kwQuery)
		n := &ast.DropScheduledQuery{Pos: pos, IfExists: p.ifExists(), Name: p.ident()}
		p.leave()
		s = n
	case kwDataconnector:
		p.enter("drop connector statement")
		p.pos += 2
		n := &ast.DropConnector{Pos: pos, IfExists: p.ifExists(), Name: p.ident()}
		p.leave()
		s = n
	case kwResource:
		s = p.dropResourcePlan()
	case kwPool:
		s = p.pool("DROP")
	case kwTrigger:
		s = p.trigger("DROP")
	case kwUser, kwGroup, kwApplication:
		s = p.mapping("DROP")
	case kwBranch, kwTag:
		s = p.tableSnapshotRef()
	default:
		p.noViable(1)
	}
	p.leave()
	return s
}

func (p *parser) dropFunction(pos ast.Pos, temporary bool) ast.Statement {
	p.enter("drop function statement")
	n := &ast.DropFunction{Pos: pos, Temporary: temporary, IfExists: p.ifExists(), Name: p.functionName()}
	p.leave()
	return n
}

// tableSnapshotRef parses CREATE|DROP BRANCH|TAG name FROM table, which is ALTER TABLE written the other way round.
func (p *parser) tableSnapshotRef() ast.Statement {
	pos := p.here()
	a := p.snapshotRef().(*ast.AlterSnapshotRef)
	p.expect(kwFrom)
	n := &ast.AlterTable{Pos: pos, Table: p.tableName(), Action: a}
	if a.Verb == "CREATE" {
		if p.accept(kwFor) {
			a.AsOf = p.snapshotPoint()
		}
		p.snapshotRetention(a)
	}
	return n
}

func (p *parser) createDatabase() ast.Statement {
	p.enter("create database statement")
	n := &ast.CreateDatabase{Pos: p.posOf(p.next()), Remote: p.accept(kwRemote)}
	if !p.isAny(kwDatabase, kwSchema) {
		p.noViable(0)
	}
	p.pos++
	n.IfNotExists = p.ifNotExists()
	n.Name = p.ident()
	p.enter("database's comment")
	n.Comment = p.optString(kwComment)
	p.leave()
	if n.Remote {
		p.expect(kwUsing)
		n.Connector = p.ident()
	} else {
		p.enter("database location specification")
		n.Location = p.optString(kwLocation)
		p.leave()
		n.ManagedLocation = p.optString(kwManagedlocation)
	}
	if p.accept(kwWith) {
		p.expect(kwDbproperties)
		p.enter("dbproperties")
		n.Properties = p.properties()
		p.leave()
	}
	p.leave()
	return n
}

func (p *parser) alterDatabase() ast.Statement {
	p.enter("alter database statement")
	n := &ast.AlterDatabase{Pos: p.here()}
	p.pos += 2
	n.Name = p.ident()
	p.expect(kwSet)
	switch {
	case p.accept(kwDbproperties):
		n.Properties = p.properties()
	case p.accept(kwOwner):
		n.Owner = p.principal()
	case p.accept(kwLocation):
		n.Location = p.stringLit()
	case p.accept(kwManagedlocation):
		n.ManagedLocation = p.stringLit()
	default:
		p.noViable(0)
	}
	p.leave()
	return n
}

func (p *parser) createConnector() ast.Statement {
	p.enter("create connector statement")
	n := &ast.CreateConnector{Pos: p.here()}
	p.pos += 2
	n.IfNotExists = p.ifNotExists()
	n.Name = p.ident()
	p.expect(kwType)
	n.Type = p.stringLit()
	p.expect(kwUrl)
	n.URL = p.stringLit()
	n.Comment = p.optString(kwComment)
	if p.accept(kwWith) {
		p.expect(kwDcproperties)
		n.Properties = p.properties()
	}
	p.leave()
	return n
}

func (p *parser) alterConnector() ast.Statement {
	p.enter("alter connector statement")
	n := &ast.AlterConnector{Pos: p.here()}
	p.pos += 2
	n.Name = p.ident()
	p.expect(kwSet)
	switch {
	case p.accept(kwDcproperties):
		n.Properties = p.properties()
	case p.accept(kwOwner):
		n.Owner = p.principal()
	case p.accept(kwUrl):
		n.URL = p.stringLit()
	default:
		p.noViable(0)
	}
	p.leave()
	return n
}

func (p *parser) createView() ast.Statement {
	p.enter("create view statement")
	n := &ast.CreateView{Pos: p.posOf(p.next())}
	if p.accept(kwOr) {
		p.expect(kwReplace)
		n.OrReplace = true
	}
	p.expect(kwView)
	n.IfNotExists = p.ifNotExists()
	n.Name = p.tableName()
	if p.accept(tokLParen) {
		p.enter("column name comment list")
		for {
			name := p.ident()
			n.Columns = append(n.Columns, &ast.ColumnDef{Pos: name.Pos, Name: name, Comment: p.optString(kwComment)})
			if !p.accept(tokComma) {
				break
			}
		}
		p.leave()
		p.expect(tokRParen)
	}
	n.Comment = p.tableComment()
	n.PartitionedOn, n.PartitionTransforms = p.viewPartition()
	n.Properties = p.tblProperties()
	p.expect(kwAs)
	n.Query = p.queryWithCTE()
	p.leave()
	return n
}

// viewPartition parses an optional PARTITIONED ON (columns) or PARTITIONED ON SPEC (transforms).
func (p *parser) viewPartition() ([]*ast.Ident, []*ast.PartitionTransform) {
	if !p.is(kwPartitioned) {
		return nil, nil
	}
	p.enter("view partition specification")
	p.pos++
	p.expect(kwOn)
	var columns []*ast.Ident
	var transforms []*ast.PartitionTransform
	if p.is(kwSpec) && p.peek(1) == tokLParen {
		p.pos++
		transforms = p.partitionTransforms()
	} else {
		columns = p.parenColumnNames()
	}
	p.leave()
	return columns, transforms
}

func (p *parser) createMaterializedView() ast.Statement {
	p.enter("create materialized view statement")
	n := &ast.CreateMaterializedView{Pos: p.here()}
	p.pos += 2
	p.expect(kwView)
	n.IfNotExists = p.ifNotExists()
	n.Name = p.tableName()
	if p.accept(kwDisable) {
		p.expect(kwRewrite)
		n.DisableRewrite = true
	} else if p.opts.Version == V31 && p.acceptSeq(kwEnable, kwRewrite) { // the old default, accepted by some 3.1 builds
		n.DisableRewrite = false
	}
	n.Comment = p.tableComment()
	n.PartitionedOn, n.PartitionTransforms = p.viewPartition()
	switch {
	case p.accept(kwClustered):
		p.expect(kwOn)
		n.ClusteredOn = p.parenColumnNames()
	case p.accept(kwDistributed) || p.opts.Version == V31 && p.acceptWord("DISTRIBUTED"):
		p.expect(kwOn)
		n.DistributedOn = p.parenColumnNames()
		p.expectSeq(kwSorted, kwOn)
		n.SortedOn = p.parenColumnNames()
	}
	n.RowFormat = p.rowFormat()
	n.FileFormat = p.fileFormat()
	n.Location = p.tableLocation()
	n.Properties = p.tblProperties()
	p.expect(kwAs)
	n.Query = p.queryWithCTE()
	p.leave()
	return n
}

func (p *parser) createFunction() ast.Statement {
	p.enter("create function statement")
	n := &ast.CreateFunction{Pos: p.posOf(p.next()), Temporary: p.accept(kwTemporary)}
	p.expect(kwFunction)
	n.Name = p.functionName()
	p.expect(kwAs)
	n.Class = p.stringLit()
	if p.accept(kwUsing) {
		p.enter("resource list")
		for {
			p.enter("resource")
			r := &ast.Resource{Pos: p.here()}
			switch {
			case p.accept(kwJar):
				r.Kind = "JAR"
			case p.accept(kwFile):
				r.Kind = "FILE"
			case p.accept(kwArchive):
				r.Kind = "ARCHIVE"
			default:
				p.enter("resource type")
				p.noViable(0)
			}
			r.URI = p.stringLit()
			n.Resources = append(n.Resources, r)
			p.leave()
			if !p.accept(tokComma) {
				break
			}
		}
		p.leave()
	}
	p.leave()
	return n
}

func (p *parser) createMacro() ast.Statement {
	p.enter("create macro statement")
	n := &ast.CreateMacro{Pos: p.here()}
	p.pos += 3
	n.Name = p.identFrom(p.expect(tokIdent))
	p.expect(tokLParen)
	if !p.is(tokRParen) {
		n.Params = p.columnList()
	}
	p.expect(tokRParen)
	start := p.here().Offset
	n.Body = p.expression()
	n.BodySpan = ast.Span{Start: start, End: p.prevEnd()}
	p.leave()
	return n
}

func (p *parser) createScheduledQuery() ast.Statement {
	p.enter("create scheduled query statement")
	n := &ast.CreateScheduledQuery{Pos: p.here()}
	p.pos += 2
	p.expect(kwQuery)
	n.Name = p.ident()
	n.Schedule = p.schedule()
	if p.accept(kwExecuted) {
		p.expect(kwAs)
		n.ExecutedAs = p.stringLit()
	}
	n.Enable = p.enable()
	n.Body, n.BodySpan = p.definedAs()
	p.leave()
	return n
}

func (p *parser) alterScheduledQuery() ast.Statement {
	p.enter("alter scheduled query statement")
	n := &ast.AlterScheduledQuery{Pos: p.here()}
	p.pos += 2
	p.expect(kwQuery)
	n.Name = p.ident()
	switch p.kind() {
	case kwCron, kwEvery:
		n.Schedule = p.schedule()
	case kwExecuted:
		p.pos++
		p.expect(kwAs)
		n.ExecutedAs = p.stringLit()
	case kwEnable, kwDisable:
		n.Enable = p.enable()
	case kwExecute:
		p.pos++
		n.Execute = true
	case kwDefined, kwAs:
		n.Body, n.BodySpan = p.definedAs()
	default:
		p.noViable(0)
	}
	p.leave()
	return n
}

func (p *parser) enable() string {
	switch {
	case p.accept(kwEnable):
		return "ENABLE"
	case p.accept(kwDisable):
		return "DISABLE"
	}
	return ""
}

// definedAs parses [DEFINED] AS statement.
func (p *parser) definedAs() (ast.Statement, ast.Span) {
	p.accept(kwDefined)
	p.expect(kwAs)
	start := p.here().Offset
	s := p.statement()
	return s, ast.Span{Start: start, End: p.prevEnd()}
}

func (p *parser) schedule() *ast.Schedule {
	p.enter("schedule specification")
	n := &ast.Schedule{Pos: p.here()}
	if p.accept(kwCron) {
		n.Cron = p.stringLit()
		p.leave()
		return n
	}
	p.expect(kwEvery)
	if p.is(tokNumber) {
		n.Every = p.numberLit()
	}
	n.Unit = p.intervalUnit()
	if p.accept(kwAt) {
		n.Offset = p.stringLit()
	} else if p.accept(kwOffset) {
		p.expect(kwBy)
		n.Offset = p.stringLit()
	}
	p.leave()
	return n
}
