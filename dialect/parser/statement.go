package parser

import (
	"strings"

	"skep/dialect/ast"
)

// statement parses any statement, including EXPLAIN.
func (p *parser) statement() ast.Statement {
	if p.is(kwExplain) {
		return p.explain()
	}
	return p.execStatement()
}

func (p *parser) explain() ast.Statement {
	p.enter("explain statement")
	n := &ast.Explain{Pos: p.posOf(p.next())}
	if p.is(kwRewrite) {
		p.pos++
		n.Rewrite = true
		n.Statement = p.queryStatement()
		p.leave()
		return n
	}
	for {
		o := p.explainOption()
		if o == nil {
			break
		}
		n.Options = append(n.Options, o)
	}
	p.nest()
	n.Statement = p.execStatement()
	p.depth--
	p.leave()
	return n
}

func (p *parser) explainOption() *ast.ExplainOption {
	k := p.kind()
	switch k {
	case kwExtended, kwFormatted, kwDependency, kwLogical, kwAuthorization, kwReoptimization, kwLocks, kwAst, kwDebug, kwDdl,
		kwCbo, kwVectorization:
	case kwAnalyze: // EXPLAIN ANALYZE query, but also EXPLAIN of an ANALYZE TABLE statement
		if p.peek(1) == kwTable {
			return nil
		}
	default:
		return nil
	}
	t := p.next()
	o := &ast.ExplainOption{Pos: p.posOf(t), Name: strings.ToUpper(p.text(t))}
	detail := func(kinds ...Kind) {
		if p.isAny(kinds...) {
			o.Details = append(o.Details, strings.ToUpper(p.text(p.next())))
		}
	}
	switch k {
	case kwCbo:
		detail(kwCost, kwJoincost)
	case kwVectorization:
		detail(kwOnly)
		detail(kwSummary, kwOperator, kwExpression, kwDetail)
	}
	return o
}

func (p *parser) execStatement() ast.Statement {
	rule := statementRule(p.kind())
	if rule == nil {
		p.noViable(0)
	}
	p.nest()
	p.enter("statement")
	s := rule(p)
	p.leave()
	p.depth--
	return s
}

// statementRule finds the rule of a statement by its first word; nil when no statement begins so.
func statementRule(k Kind) func(*parser) ast.Statement {
	switch k {
	case kwWith, kwFrom, kwSelect, kwMap, kwReduce, tokLParen, kwInsert, kwValues:
		return (*parser).queryStatement
	case kwLoad:
		return (*parser).load
	case kwExport:
		return (*parser).export
	case kwImport:
		return (*parser).importTable
	case kwRepl:
		return (*parser).repl
	case kwDelete:
		return (*parser).deleteStatement
	case kwUpdate:
		return (*parser).updateStatement
	case kwMerge:
		return (*parser).mergeStatement
	case kwStart:
		return (*parser).startTransaction
	case kwCommit:
		return (*parser).commit
	case kwRollback:
		return (*parser).rollback
	case kwSet:
		return (*parser).set
	case kwPrepare:
		return (*parser).prepare
	case kwExecute:
		return (*parser).execute
	case kwCreate:
		return (*parser).create
	case kwDrop:
		return (*parser).drop
	case kwAlter:
		return (*parser).alter
	case kwTruncate:
		return (*parser).truncate
	case kwDescribe, kwDesc:
		return (*parser).describe
	case kwShow:
		return (*parser).show
	case kwMsck:
		return (*parser).msck
	case kwAnalyze:
		return (*parser).analyze
	case kwUse:
		return (*parser).use
	case kwReload:
		return (*parser).reload
	case kwLock:
		return (*parser).lock
	case kwUnlock:
		return (*parser).unlock
	case kwGrant:
		return (*parser).grant
	case kwRevoke:
		return (*parser).revoke
	case kwAbort:
		return (*parser).abort
	case kwKill:
		return (*parser).killQuery
	case kwReplace:
		return (*parser).replacePlan
	case kwEnable, kwDisable:
		return (*parser).workloadManagement
	case kwOptimize:
		return (*parser).optimize
	}
	return nil
}

func (p *parser) load() ast.Statement {
	p.enter("load statement")
	n := &ast.Load{Pos: p.posOf(p.next())}
	p.expectBefore(kwData, kwLocal, kwInpath)
	n.Local = p.accept(kwLocal)
	p.expectBefore(kwInpath, tokString)
	n.Path = p.stringBefore(kwOverwrite, kwInto)
	n.Overwrite = p.accept(kwOverwrite)
	p.expectBefore(kwInto, kwTable)
	p.expectBeforeIdent(kwTable)
	n.Target = p.tableOrPartition()
	if p.accept(kwInputformat) {
		n.InputFormat = p.stringLit()
		p.expect(kwSerde)
		n.SerDe = p.stringLit()
	}
	p.leave()
	return n
}

// replication parses an optional FOR [METADATA] REPLICATION ('id').
func (p *parser) replication() *ast.Replication {
	if !p.is(kwFor) {
		return nil
	}
	p.enter("replication clause")
	n := &ast.Replication{Pos: p.posOf(p.next()), MetadataOnly: p.accept(kwMetadata)}
	p.expectSeq(kwReplication, tokLParen)
	n.ID = p.stringLit()
	p.expect(tokRParen)
	p.leave()
	return n
}

func (p *parser) export() ast.Statement {
	p.enter("export statement")
	n := &ast.Export{Pos: p.posOf(p.next())}
	p.expect(kwTable)
	n.Source = p.tableOrPartition()
	p.expect(kwTo)
	n.Path = p.stringLit()
	n.Replication = p.replication()
	p.leave()
	return n
}

func (p *parser) importTable() ast.Statement {
	p.enter("import statement")
	n := &ast.Import{Pos: p.posOf(p.next()), External: p.accept(kwExternal)}
	if n.External && !p.is(kwTable) {
		p.mismatch(kwTable)
		p.pos--
	}
	if p.accept(kwTable) {
		n.Target = p.tableOrPartition()
	}
	p.expect(kwFrom)
	n.Path = p.stringLit()
	n.Location = p.optString(kwLocation)
	p.leave()
	return n
}

func (p *parser) prepare() ast.Statement {
	p.enter("prepare statement ")
	n := &ast.Prepare{Pos: p.posOf(p.next()), Name: p.ident()}
	p.expect(kwFrom)
	n.Query = p.queryStatement()
	p.leave()
	return n
}

func (p *parser) execute() ast.Statement {
	p.enter("execute statement ")
	n := &ast.Execute{Pos: p.posOf(p.next()), Name: p.ident()}
	p.expect(kwUsing)
	n.Args = []ast.Expr{p.constant()}
	for p.accept(tokComma) {
		n.Args = append(n.Args, p.constant())
	}
	p.leave()
	return n
}

func (p *parser) startTransaction() ast.Statement {
	p.enter("transaction statement")
	n := &ast.StartTransaction{Pos: p.posOf(p.next())}
	p.expect(kwTransaction)
	for p.isAny(kwIsolation, kwRead) || len(n.Modes) > 0 && p.accept(tokComma) {
		switch {
		case p.accept(kwIsolation):
			p.expectSeq(kwLevel, kwSnapshot)
			n.Modes = append(n.Modes, "ISOLATION LEVEL SNAPSHOT")
		case p.acceptSeq(kwRead, kwOnly):
			n.Modes = append(n.Modes, "READ ONLY")
		case p.acceptSeq(kwRead, kwWrite):
			n.Modes = append(n.Modes, "READ WRITE")
		default:
			p.noViable(0)
		}
		if !p.is(tokComma) {
			break
		}
	}
	p.leave()
	return n
}

func (p *parser) commit() ast.Statement {
	n := &ast.Commit{Pos: p.posOf(p.next())}
	p.accept(kwWork)
	return n
}

func (p *parser) rollback() ast.Statement {
	n := &ast.Rollback{Pos: p.posOf(p.next())}
	p.accept(kwWork)
	return n
}

// set parses SET ROLE and SET AUTOCOMMIT; other SETs are commands.
func (p *parser) set() ast.Statement {
	pos := p.here()
	switch p.peek(1) {
	case kwRole:
		p.enter("set role")
		p.pos += 2
		var id *ast.Ident
		if p.isAny(kwAll, kwNone) {
			id = p.identFrom(p.next())
		} else {
			id = p.ident()
		}
		p.leave()
		return &ast.SetRole{Pos: pos, Name: id}
	case kwAutocommit:
		p.enter("transaction statement")
		p.pos += 2
		n := &ast.SetAutoCommit{Pos: pos, On: p.is(kwTrue)}
		if !p.isAny(kwTrue, kwFalse) {
			p.noViable(0)
		}
		p.pos++
		p.leave()
		return n
	}
	p.noViable(1)
	return nil
}

func (p *parser) use() ast.Statement {
	p.enter("switch database statement")
	n := &ast.Use{Pos: p.posOf(p.next()), Name: p.ident()}
	p.leave()
	return n
}

func (p *parser) reload() ast.Statement {
	p.enter("reload function statement")
	n := &ast.ReloadFunctions{Pos: p.posOf(p.next())}
	if !p.accept(kwFunctions) {
		p.expect(kwFunction)
	}
	p.leave()
	return n
}

func (p *parser) abort() ast.Statement {
	p.enter("abort transactions statement")
	n := &ast.AbortTransactions{Pos: p.posOf(p.next())}
	if p.accept(kwCompactions) {
		n.Compactions = true
	} else {
		p.expect(kwTransactions)
	}
	if !p.is(tokNumber) {
		p.fail(failure{kind: failEarlyExit, at: p.pos})
	}
	for p.is(tokNumber) {
		n.IDs = append(n.IDs, p.numberLit())
	}
	p.leave()
	return n
}

func (p *parser) killQuery() ast.Statement {
	p.enter("kill query statement")
	n := &ast.KillQuery{Pos: p.posOf(p.next())}
	p.expect(kwQuery)
	if !p.is(tokString) {
		p.fail(failure{kind: failEarlyExit, at: p.pos})
	}
	for p.is(tokString) {
		n.IDs = append(n.IDs, p.stringLit())
	}
	p.leave()
	return n
}

func (p *parser) repl() ast.Statement {
	pos := p.here()
	switch p.peek(1) {
	case kwDump:
		p.enter("replication dump statement")
		p.pos += 2
		n := &ast.ReplDump{Pos: pos, Source: p.replPolicy()}
		if p.accept(kwReplace) {
			n.Replace = p.replPolicy()
		}
		if p.accept(kwFrom) {
			n.From = p.numberLit()
			if p.accept(kwTo) {
				n.To = p.numberLit()
			}
			if p.accept(kwLimit) {
				n.Limit = p.numberLit()
			}
		}
		n.Config = p.replConfig()
		p.leave()
		return n
	case kwLoad:
		p.enter("replication load statement")
		p.pos += 2
		n := &ast.ReplLoad{Pos: pos}
		if !p.is(kwFrom) {
			n.Source = p.replPolicy()
		}
		n.Path = p.optString(kwFrom)
		if n.Path == nil && p.accept(kwInto) {
			n.Into = p.ident()
		}
		n.Config = p.replConfig()
		p.leave()
		return n
	case kwStatus:
		p.enter("replication status statement")
		p.pos += 2
		n := &ast.ReplStatus{Pos: pos, Source: p.replPolicy(), Config: p.replConfig()}
		p.leave()
		return n
	}
	p.noViable(1)
	return nil
}

func (p *parser) replPolicy() *ast.ReplPolicy {
	db := p.ident()
	n := &ast.ReplPolicy{Pos: db.Pos, DB: db}
	if !p.accept(tokDot) {
		return n
	}
	if !p.is(tokString) {
		n.Table = p.ident()
		return n
	}
	n.Include = p.stringLit()
	n.Exclude = p.optString(tokDot)
	return n
}

func (p *parser) replConfig() []*ast.Property {
	if !p.accept(kwWith) {
		return nil
	}
	p.enter("repl configurations")
	p.expect(tokLParen)
	list := p.propertyList()
	p.expect(tokRParen)
	p.leave()
	return list
}

func (p *parser) analyze() ast.Statement {
	p.enter("analyze statement")
	n := &ast.Analyze{Pos: p.posOf(p.next())}
	p.expect(kwTable)
	n.Target = p.tableOrPartition()
	switch {
	case p.accept(kwCompute):
		p.expect(kwStatistics)
		switch {
		case p.accept(kwNoscan):
			n.NoScan = true
		case p.accept(kwFor):
			p.expect(kwColumns)
			n.ForColumns = true
			if p.isIdent(0) {
				n.Columns = p.columnNames()
			}
		}
	case p.accept(kwCache):
		p.expect(kwMetadata)
		n.CacheMetadata = true
	default:
		p.mismatch(kwCache)
	}
	p.leave()
	return n
}

func (p *parser) msck() ast.Statement {
	p.enter("metastore check statement")
	n := &ast.Msck{Pos: p.posOf(p.next()), Repair: p.accept(kwRepair)}
	switch {
	case p.accept(kwTable):
		n.Table = p.tableName()
		if p.isAny(kwAdd, kwDrop, kwSync) {
			n.Action = strings.ToUpper(p.text(p.next()))
			p.expect(kwPartitions)
			if p.is(tokLParen) { // 4.0: a selector without PARTITION
				n.Partition = p.partitionSelector()
			}
		}
		if n.Partition == nil {
			n.Partition = p.optPartitionSpec()
		}
	case p.is(kwPartition):
		n.Partition = p.partitionSpec()
	}
	p.leave()
	return n
}

func (p *parser) truncate() ast.Statement {
	p.enter("truncate table statement")
	n := &ast.TruncateTable{Pos: p.posOf(p.next())}
	if p.opts.Version == V31 {
		p.expect(kwTable)
	} else {
		p.accept(kwTable)
	}
	p.enter("table partition prefix")
	n.Target = p.tableOrPartition()
	p.leave()
	if p.accept(kwColumns) {
		n.Columns = p.parenColumnNames()
	}
	n.Force = p.accept(kwForce) || p.opts.Version == V31 && p.acceptWord("FORCE")
	p.leave()
	return n
}

// acceptWord consumes an unquoted word that is not a keyword in the version being parsed.
func (p *parser) acceptWord(word string) bool {
	if t := &p.toks[p.pos]; t.kind == tokIdent && !t.quoted && strings.EqualFold(p.text(t), word) {
		p.pos++
		return true
	}
	return false
}
