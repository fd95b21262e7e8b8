package parser

import (
	"strings"

	"skep/dialect/ast"
)

// alterExecute parses EXECUTE operation: its words up to the arguments, which may be in parentheses.
func (p *parser) alterExecute() ast.AlterAction {
	p.enter("alter table execute")
	n := &ast.AlterExecute{Pos: p.posOf(p.next())}
	word := func(kinds ...Kind) bool {
		for _, k := range kinds {
			if p.is(k) {
				n.Words = append(n.Words, strings.ToUpper(p.text(p.next())))
				return true
			}
		}
		return false
	}
	arg := func() {
		if p.accept(tokLParen) {
			n.Args = append(n.Args, p.expression())
			p.expect(tokRParen)
			return
		}
		n.Args = append(n.Args, p.constant())
	}
	switch {
	case word(kwRollback, kwSetCurrentSnapshot):
		p.expect(tokLParen)
		n.Args = append(n.Args, p.expression())
		p.expect(tokRParen)
	case word(kwFastForward):
		arg()
		if p.is(tokString) {
			arg()
		}
	case word(kwCherryPick):
		arg()
	case word(kwExpireSnapshots):
		switch {
		case word(kwBetween):
			arg()
			p.expect(kwAnd)
			arg()
		case word(kwRetain):
			if !word(kwLast) {
				p.mismatch(kwLast)
			}
			arg()
		case p.is(tokLParen):
			arg()
		}
	case word(kwDelete):
		if !word(kwOrphanFiles) {
			p.mismatch(kwOrphanFiles)
		}
		if p.acceptSeq(kwOlder, kwThan) {
			arg()
		}
	default:
		p.noViable(0)
	}
	p.leave()
	return n
}

// snapshotRef parses CREATE|DROP|RENAME|REPLACE BRANCH|TAG of ALTER TABLE.
func (p *parser) snapshotRef() ast.AlterAction {
	p.enter("alter table create branch")
	t := p.next()
	n := &ast.AlterSnapshotRef{Pos: p.posOf(t), Verb: strings.ToUpper(p.text(t))}
	if t.kind == kwCreate && p.accept(kwOr) {
		p.expect(kwReplace)
		n.OrReplace = true
	}
	n.Tag = p.is(kwTag)
	if !p.isAny(kwBranch, kwTag) {
		p.noViable(0)
	}
	p.pos++
	switch t.kind {
	case kwCreate:
		n.IfExists = p.ifNotExists()
	case kwDrop:
		n.IfExists = p.ifExists()
	}
	n.Name = p.ident()
	switch t.kind {
	case kwRename:
		p.expect(kwTo)
		n.To = p.ident()
	case kwReplace:
		p.expectSeq(kwAs, kwOf)
		if p.accept(kwBranch) {
			n.To = p.ident()
		} else {
			n.AsOf = &ast.SnapshotPoint{Pos: p.here(), Kind: "SYSTEM_VERSION"}
			p.expect(kwSystemVersion)
			n.AsOf.Value = p.constant()
		}
		p.snapshotRetention(n)
	case kwCreate:
		if p.accept(kwFor) {
			n.AsOf = p.snapshotPoint()
		}
		p.snapshotRetention(n)
	}
	p.leave()
	return n
}

func (p *parser) snapshotPoint() *ast.SnapshotPoint {
	s := &ast.SnapshotPoint{Pos: p.here()}
	if !p.isAny(kwSystemVersion, kwSystemTime, kwTag) {
		p.noViable(0)
	}
	k := p.kind()
	s.Kind = strings.ToUpper(p.text(p.next()))
	p.expectSeq(kwAs, kwOf)
	if k == kwTag {
		s.Tag = p.ident()
	} else {
		s.Value = p.constant()
	}
	return s
}

func (p *parser) snapshotRetention(n *ast.AlterSnapshotRef) {
	if p.accept(kwRetain) {
		n.Retain = p.duration()
	}
	if p.acceptSeq(kwWith, kwSnapshot) {
		p.expect(kwRetention)
		n.MinSnapshot = p.numberLit()
		p.expect(kwSnapshots)
		if p.is(tokNumber) {
			n.MaxAge = p.duration()
		}
	}
}

func (p *parser) duration() *ast.Duration {
	d := &ast.Duration{Pos: p.here(), Count: p.numberLit()}
	switch p.kind() {
	case kwDay:
		d.Unit = "DAY"
	case kwHour:
		d.Unit = "HOUR"
	case kwMinute:
		d.Unit = "MINUTE"
	default:
		p.noViable(0)
	}
	p.pos++
	return d
}
