package parser

import (
	"strings"

	"skep/dialect/ast"
)

func (p *parser) alter() ast.Statement {
	p.enter("alter statement")
	var s ast.Statement
	pos := p.here()
	switch p.peek(1) {
	case kwTable:
		p.pos += 2
		n := &ast.AlterTable{Pos: pos, Table: p.tableName()}
		p.enter("alter table statement")
		if p.isSeq(kwPartition, kwColumn) {
			n.Action = p.alterPartitionColumn()
		} else {
			n.Partition = p.optPartitionSpec()
			n.Action = p.alterTableAction(n.Partition != nil)
		}
		p.leave()
		s = n
	case kwView:
		p.pos += 2
		n := &ast.AlterView{Pos: pos, View: p.tableName()}
		as := p.accept(kwAs)
		p.enter("alter view statement")
		n.Action = p.alterViewAction(as)
		p.leave()
		s = n
	case kwMaterialized:
		p.pos += 2
		p.expect(kwView)
		n := &ast.AlterMaterializedView{Pos: pos, Name: p.tableName()}
		p.enter("alter materialized view statement")
		switch {
		case p.accept(kwRebuild):
			n.Action = "REBUILD"
		case p.accept(kwEnable):
			p.expect(kwRewrite)
			n.Action = "ENABLE REWRITE"
		case p.accept(kwDisable):
			p.expect(kwRewrite)
			n.Action = "DISABLE REWRITE"
		default:
			p.noViable(0)
		}
		p.leave()
		s = n
	case kwDatabase, kwSchema:
		s = p.alterDatabase()
	case kwDataconnector:
		s = p.alterConnector()
	case kwScheduled:
		s = p.alterScheduledQuery()
	case kwResource:
		s = p.alterResourcePlan()
	case kwPool:
		s = p.pool("ALTER")
	case kwTrigger:
		s = p.trigger("ALTER")
	case kwUser, kwGroup, kwApplication:
		s = p.mapping("ALTER")
	default:
		p.rules[len(p.rules)-1] = "ddl statement"
		p.noViable(1)
	}
	p.leave()
	return s
}

func (p *parser) alterPartitionColumn() ast.AlterAction {
	p.enter("alter partition key type")
	n := &ast.AlterPartitionColumn{Pos: p.here()}
	p.pos += 2
	p.expect(tokLParen)
	p.enter("column specification")
	n.Column = p.columnNameType()
	n.Column.Comment = p.optString(kwComment)
	p.leave()
	p.expect(tokRParen)
	p.leave()
	return n
}

// alterViewAction parses what follows ALTER VIEW name [AS].
func (p *parser) alterViewAction(as bool) ast.AlterAction {
	pos := p.here()
	switch p.kind() {
	case kwSet, kwUnset:
		return p.alterProperties()
	case kwRename:
		p.pos++
		p.expect(kwTo)
		return &ast.AlterRename{Pos: pos, To: p.tableName()}
	case kwAdd:
		return p.addPartitions()
	case kwDrop:
		return p.dropPartitions()
	case kwSelect, kwWith, tokLParen, kwMap, kwReduce, kwValues:
		return &ast.AlterAsQuery{Pos: pos, Query: p.queryWithCTE()}
	}
	if as {
		p.queryWithCTE() // fails with the text for a bad query
	}
	p.noViable(0)
	return nil
}

// alterTableAction parses what follows ALTER TABLE name [PARTITION (..)].
func (p *parser) alterTableAction(partition bool) ast.AlterAction {
	pos := p.here()
	switch p.kind() {
	case kwRename:
		return p.alterRename()
	case kwAdd:
		return p.alterAdd()
	case kwReplace:
		if p.isAnyAt(1, kwBranch, kwTag) {
			return p.snapshotRef()
		}
		return p.addColumns()
	case kwDrop:
		return p.alterDrop()
	case kwTouch, kwArchive, kwUnarchive:
		n := &ast.AlterTouch{Pos: pos, Verb: strings.ToUpper(p.text(p.next()))}
		p.enter(strings.ToLower(n.Verb) + " statement")
		for p.is(kwPartition) {
			n.Partitions = append(n.Partitions, p.partitionSpec())
		}
		p.leave()
		return n
	case kwSet:
		return p.alterSet()
	case kwUnset:
		if p.peek(1) == kwSerdeproperties {
			p.pos += 2
			return &ast.AlterSerDe{Pos: pos, Unset: true, Properties: p.properties()}
		}
		return p.alterProperties()
	case kwSkewed:
		return &ast.AlterSkewed{Pos: pos, Skewed: p.skewed()}
	case kwNot:
		return p.alterNot()
	case kwExchange:
		p.enter("alter exchange partition")
		p.pos++
		n := &ast.AlterExchangePartition{Pos: pos, Spec: p.partitionSpec()}
		p.expectSeq(kwWith, kwTable)
		n.Table = p.tableName()
		p.leave()
		return n
	case kwConcatenate:
		p.pos++
		return &ast.AlterConcatenate{Pos: pos}
	case kwInto:
		p.pos++
		n := &ast.AlterBuckets{Pos: pos, Buckets: &ast.Buckets{Pos: pos, Count: p.numberLit()}}
		p.expect(kwBuckets)
		return n
	case kwClustered:
		return &ast.AlterBuckets{Pos: pos, Buckets: p.buckets()}
	case kwCompact:
		return p.alterCompact()
	case kwUpdate:
		return p.alterUpdate()
	case kwChange:
		return p.changeColumn()
	case kwConvert:
		p.pos++
		p.expect(kwTo)
		return &ast.AlterConvert{Pos: pos, Format: p.ident(), Properties: p.tblProperties()}
	case kwExecute:
		return p.alterExecute()
	case kwCreate:
		return p.snapshotRef()
	}
	p.noViable(0)
	return nil
}

func (p *parser) isAnyAt(n int, kinds ...Kind) bool {
	for _, k := range kinds {
		if p.peek(n) == k {
			return true
		}
	}
	return false
}

func (p *parser) alterRename() ast.AlterAction {
	if p.peek(1) == kwBranch {
		return p.snapshotRef()
	}
	p.enter("rename statement")
	pos := p.posOf(p.next())
	p.expect(kwTo)
	if p.is(kwPartition) {
		n := &ast.AlterRenamePartition{Pos: pos, To: p.partitionSpec()}
		p.leave()
		return n
	}
	n := &ast.AlterRename{Pos: pos, To: p.tableName()}
	p.leave()
	return n
}

func (p *parser) alterAdd() ast.AlterAction {
	switch p.peek(1) {
	case kwColumns:
		return p.addColumns()
	case kwConstraint:
		p.enter("add constraint statement")
		n := &ast.AlterAddConstraint{Pos: p.posOf(p.next())}
		n.Constraint = p.tableConstraint()
		p.leave()
		return n
	case kwPartition, kwIf:
		return p.addPartitions()
	}
	p.noViable(1)
	return nil
}

func (p *parser) addColumns() ast.AlterAction {
	p.enter("add column statement")
	t := p.next()
	n := &ast.AlterAddColumns{Pos: p.posOf(t), Replace: t.kind == kwReplace}
	p.expectSeq(kwColumns, tokLParen)
	n.Columns = p.columnList()
	p.expect(tokRParen)
	n.Behavior = p.behavior()
	p.leave()
	return n
}

func (p *parser) addPartitions() ast.AlterAction {
	p.enter("add partition statement")
	n := &ast.AlterAddPartitions{Pos: p.posOf(p.next()), IfNotExists: p.ifNotExists()}
	for {
		spec := p.partitionSpec()
		a := &ast.AddedPartition{Pos: spec.Pos, Spec: spec}
		p.enter("partition location")
		a.Location = p.optString(kwLocation)
		p.leave()
		n.Partitions = append(n.Partitions, a)
		if !p.is(kwPartition) {
			break
		}
	}
	p.leave()
	return n
}

func (p *parser) alterDrop() ast.AlterAction {
	pos := p.here()
	switch p.peek(1) {
	case kwConstraint:
		p.enter("drop constraint statement")
		p.pos += 2
		n := &ast.AlterDropConstraint{Pos: pos, Name: p.ident()}
		p.leave()
		return n
	case kwColumn:
		p.enter("drop column statement")
		p.pos += 2
		n := &ast.AlterDropColumn{Pos: pos, IfExists: p.ifExists()}
		n.Column = p.ident()
		n.Behavior = p.behavior()
		p.leave()
		return n
	case kwBranch, kwTag:
		return p.snapshotRef()
	case kwPartition, kwIf:
		return p.dropPartitions()
	}
	p.noViable(1)
	return nil
}

func (p *parser) dropPartitions() ast.AlterAction {
	p.enter("drop partition statement")
	n := &ast.AlterDropPartitions{Pos: p.posOf(p.next()), IfExists: p.ifExists()}
	for {
		p.expect(kwPartition)
		n.Partitions = append(n.Partitions, p.partitionSelector())
		if !p.accept(tokComma) {
			break
		}
	}
	n.Purge = p.accept(kwPurge)
	n.Replication = p.replication()
	p.leave()
	return n
}

// partitionSelector parses (col op constant, ...), the form of DROP PARTITION.
func (p *parser) partitionSelector() *ast.PartitionSpec {
	spec := &ast.PartitionSpec{}
	p.expect(tokLParen)
	for {
		name := p.ident()
		op, ok := partitionOps[p.kind()]
		if !ok {
			p.noViable(0)
		}
		p.pos++
		v := &ast.PartitionValue{Pos: name.Pos, Name: name, Op: op, Value: p.constant()}
		v.Pos = join(name.Pos, v.Value.Position())
		spec.Values = append(spec.Values, v)
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	spec.Pos = join(spec.Values[0].Pos, spec.Values[len(spec.Values)-1].Pos)
	return spec
}

func (p *parser) alterSet() ast.AlterAction {
	pos := p.here()
	switch p.peek(1) {
	case kwTblproperties:
		return p.alterProperties()
	case kwSerde:
		p.enter("alter serdes statement")
		p.pos += 2
		n := &ast.AlterSerDe{Pos: pos, SerDe: p.stringLit()}
		if p.accept(kwWith) {
			p.expect(kwSerdeproperties)
			n.Properties = p.properties()
		}
		p.leave()
		return n
	case kwSerdeproperties:
		p.enter("alter serdes statement")
		p.pos += 2
		n := &ast.AlterSerDe{Pos: pos, Properties: p.properties()}
		p.leave()
		return n
	case kwFileformat:
		p.enter("alter fileformat statement")
		p.pos += 2
		n := &ast.AlterFileFormat{Pos: pos, Format: p.alterFormat()}
		p.leave()
		return n
	case kwLocation:
		p.enter("alter location")
		p.pos += 2
		n := &ast.AlterLocation{Pos: pos, Location: p.stringLit()}
		p.leave()
		return n
	case kwSkewed:
		return p.skewedLocations()
	case kwOwner:
		p.enter("alter table set owner")
		p.pos += 2
		n := &ast.AlterOwner{Pos: pos, Owner: p.principal()}
		p.leave()
		return n
	case kwPartition:
		p.enter("alter table set partition spec")
		p.pos += 2
		p.expect(kwSpec)
		n := &ast.AlterPartitionSpec{Pos: pos, Transforms: p.partitionTransforms()}
		p.leave()
		return n
	}
	p.noViable(1)
	return nil
}

// alterFormat parses the format behind SET FILEFORMAT.
func (p *parser) alterFormat() *ast.FileFormat {
	p.enter("file format specification")
	n := &ast.FileFormat{Pos: p.here()}
	if p.is(kwInputformat) && p.peek(1) == tokString {
		p.pos++
		n.InputFormat = p.stringLit()
		p.expect(kwOutputformat)
		n.OutputFormat = p.stringLit()
		p.expect(kwSerde)
		n.SerDe = p.stringLit()
		p.drivers(n)
	} else {
		n.Name = p.ident()
	}
	p.leave()
	return n
}

func (p *parser) alterProperties() ast.AlterAction {
	p.enter("alter properties statement")
	t := p.next()
	n := &ast.AlterProperties{Pos: p.posOf(t), Unset: t.kind == kwUnset}
	p.expect(kwTblproperties)
	if n.Unset {
		n.IfExists = p.ifExists()
	}
	n.Properties = p.properties()
	p.leave()
	return n
}

func (p *parser) skewedLocations() ast.AlterAction {
	p.enter("alter partition skewed location")
	n := &ast.AlterSkewedLocation{Pos: p.here()}
	p.pos += 2
	p.expectSeq(kwLocation, tokLParen)
	for {
		l := &ast.SkewedLocation{Pos: p.here(), Value: p.skewedValue()}
		p.expect(tokEq)
		l.Location = p.stringLit()
		n.Locations = append(n.Locations, l)
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	p.leave()
	return n
}

// alterNot parses NOT SKEWED, NOT STORED AS DIRECTORIES, NOT CLUSTERED and NOT SORTED.
func (p *parser) alterNot() ast.AlterAction {
	pos := p.posOf(p.next())
	switch {
	case p.accept(kwSkewed):
		return &ast.AlterSkewed{Pos: pos}
	case p.accept(kwStored):
		p.expectSeq(kwAs, kwDirectories)
		return &ast.AlterSkewed{Pos: pos, NotDirectories: true}
	case p.accept(kwClustered):
		return &ast.AlterBuckets{Pos: pos, NotClustered: true}
	case p.accept(kwSorted):
		return &ast.AlterBuckets{Pos: pos, NotSorted: true}
	}
	p.noViable(0)
	return nil
}

func (p *parser) alterCompact() ast.AlterAction {
	p.enter("compaction request")
	n := &ast.AlterCompact{Pos: p.posOf(p.next()), Type: p.stringLit()}
	if p.accept(kwClustered) {
		p.expect(kwInto)
		n.Buckets = p.numberLit()
		p.expect(kwBuckets)
	}
	if p.accept(kwAnd) {
		p.expect(kwWait)
		n.Wait = true
	}
	n.Pool = p.optString(kwPool)
	if p.accept(kwWith) {
		p.expectSeq(kwOverwrite, kwTblproperties)
		n.Properties = p.properties()
	}
	n.Where = p.whereClause()
	if p.is(kwOrder) {
		n.OrderBy = p.orderBy()
	}
	p.leave()
	return n
}

// optimize parses OPTIMIZE TABLE t REWRITE DATA.
func (p *parser) optimize() ast.Statement {
	p.enter("alter statement")
	pos := p.posOf(p.next())
	p.expect(kwTable)
	n := &ast.AlterTable{Pos: pos, Table: p.tableName()}
	p.expectSeq(kwRewrite, kwData)
	c := &ast.AlterCompact{Pos: pos, Optimize: true, Pool: p.optString(kwPool), Where: p.whereClause()}
	if p.is(kwOrder) {
		c.OrderBy = p.orderBy()
	}
	n.Action = c
	p.leave()
	return n
}

func (p *parser) alterUpdate() ast.AlterAction {
	pos := p.here()
	switch p.peek(1) {
	case kwColumns:
		p.enter("update columns statement")
		p.pos += 2
		n := &ast.AlterUpdateColumns{Pos: pos, Behavior: p.behavior()}
		p.leave()
		return n
	case kwStatistics:
		p.enter("update column statistics")
		p.pos += 2
		n := &ast.AlterUpdateStatistics{Pos: pos}
		if p.accept(kwFor) {
			p.accept(kwColumn)
			n.Column = p.ident()
		}
		p.expect(kwSet)
		n.Properties = p.properties()
		n.Comment = p.optString(kwComment)
		p.leave()
		return n
	}
	p.noViable(1)
	return nil
}

func (p *parser) changeColumn() ast.AlterAction {
	p.enter("rename column name")
	n := &ast.AlterChangeColumn{Pos: p.posOf(p.next())}
	p.accept(kwColumn)
	n.Old = p.ident()
	name := p.ident()
	n.Column = &ast.ColumnDef{Pos: name.Pos, Name: name}
	p.enter("column type")
	n.Column.Type = p.typeName()
	p.leave()
	if p.startsColumnConstraint() {
		n.Column.Constraint = p.columnConstraint()
	}
	n.Column.Comment = p.optString(kwComment)
	if p.accept(kwFirst) {
		n.First = true
	} else if p.accept(kwAfter) {
		n.After = p.ident()
	}
	n.Behavior = p.behavior()
	p.leave()
	return n
}
