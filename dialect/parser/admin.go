package parser

import (
	"strings"

	"skep/dialect/ast"
)

// compactionKey is the canonical spelling of a filter word of SHOW COMPACTIONS.
func compactionKey(word string) string { return strings.ToUpper(word) }

func (p *parser) principal() *ast.Principal {
	p.enter("user|group|role name")
	n := &ast.Principal{Pos: p.here()}
	switch {
	case p.accept(kwUser):
		n.Kind = ast.UserPrincipal
	case p.accept(kwGroup):
		n.Kind = ast.GroupPrincipal
	case p.accept(kwRole):
		n.Kind = ast.RolePrincipal
	default:
		p.noViable(0)
	}
	n.Name = p.ident()
	p.leave()
	return n
}

func (p *parser) principals() []*ast.Principal {
	p.enter("user/group/role name list")
	list := []*ast.Principal{p.principal()}
	for p.accept(tokComma) {
		list = append(list, p.principal())
	}
	p.leave()
	return list
}

func isPrivilege(k Kind) bool {
	switch k {
	case kwAll, kwAlter, kwUpdate, kwCreate, kwDrop, kwLock, kwSelect, kwShowDatabase, kwInsert, kwDelete:
		return true
	}
	return false
}

func (p *parser) privileges() []*ast.Privilege {
	p.enter("grant privilege list")
	var list []*ast.Privilege
	for {
		p.enter("grant privilege")
		if !isPrivilege(p.kind()) {
			p.enter("privilege type")
			p.noViable(0)
		}
		t := p.next()
		n := &ast.Privilege{Pos: p.posOf(t), Name: strings.ToUpper(p.text(t))}
		if p.is(tokLParen) {
			n.Columns = p.parenColumnNames()
		}
		list = append(list, n)
		p.leave()
		if !p.accept(tokComma) {
			break
		}
	}
	p.leave()
	return list
}

// privilegeObject parses the object behind ON; columns are allowed in SHOW GRANT only.
func (p *parser) privilegeObject(columns bool) *ast.PrivilegeObject {
	n := &ast.PrivilegeObject{Pos: p.here(), Kind: ast.ObjectTable}
	switch {
	case p.is(kwDatabase), p.is(kwSchema) && p.isIdent(1):
		p.pos++
		n.Kind = ast.ObjectDatabase
		n.Name = p.ident()
		return n
	case p.is(kwUri) && p.peek(1) == tokString:
		p.pos++
		n.Kind = ast.ObjectURI
		n.URI = p.stringLit()
		return n
	case p.is(kwServer) && p.isIdent(1):
		p.pos++
		n.Kind = ast.ObjectServer
		n.Name = p.ident()
		return n
	}
	p.accept(kwTable)
	n.Table = p.tableName()
	if columns && p.is(tokLParen) {
		n.Columns = p.parenColumnNames()
	}
	n.Partition = p.optPartitionSpec()
	return n
}

func (p *parser) optPrivilegeObject() *ast.PrivilegeObject {
	if !p.is(kwOn) {
		return nil
	}
	p.enter("privilege object")
	p.pos++
	n := p.privilegeObject(false)
	p.leave()
	return n
}

func (p *parser) grant() ast.Statement {
	pos := p.posOf(p.next())
	if isPrivilege(p.kind()) {
		p.enter("grant privileges")
		n := &ast.Grant{Pos: pos, Privileges: p.privileges(), Object: p.optPrivilegeObject()}
		p.expect(kwTo)
		n.To = p.principals()
		if p.accept(kwWith) {
			p.enter("with grant option")
			p.expectSeq(kwGrant, kwOption)
			p.leave()
			n.WithGrant = true
		}
		p.leave()
		return n
	}
	p.enter("grant role")
	if p.is(kwRole) && p.isIdent(1) {
		p.pos++
	}
	n := &ast.GrantRole{Pos: pos, Roles: p.idents()}
	p.expect(kwTo)
	n.To = p.principals()
	if p.accept(kwWith) {
		p.enter("with admin option")
		p.expectSeq(kwAdmin, kwOption)
		p.leave()
		n.WithAdmin = true
	}
	p.leave()
	return n
}

func (p *parser) revoke() ast.Statement {
	pos := p.posOf(p.next())
	if isPrivilege(p.kind()) || p.is(kwGrant) {
		p.enter("revoke privileges")
		n := &ast.Revoke{Pos: pos}
		if p.accept(kwGrant) {
			p.expectSeq(kwOption, kwFor)
			n.GrantOptionFor = true
		}
		n.Privileges = p.privileges()
		n.Object = p.optPrivilegeObject()
		p.expect(kwFrom)
		n.From = p.principals()
		p.leave()
		return n
	}
	p.enter("revoke role")
	n := &ast.RevokeRole{Pos: pos}
	if p.isSeq(kwAdmin, kwOption) {
		p.pos += 2
		p.expect(kwFor)
		n.AdminOptionFor = true
	}
	if p.is(kwRole) && p.isIdent(1) {
		p.pos++
	}
	n.Roles = p.idents()
	p.expect(kwFrom)
	n.From = p.principals()
	p.leave()
	return n
}

func (p *parser) lock() ast.Statement {
	pos := p.posOf(p.next())
	var s ast.Statement
	if p.accept(kwDatabase) || p.accept(kwSchema) {
		p.enter("lock database statement")
		s = &ast.LockDatabase{Pos: pos, Name: p.ident(), Exclusive: p.lockMode()}
	} else {
		p.enter("lock statement")
		p.expect(kwTable)
		s = &ast.LockTable{Pos: pos, Target: p.tableOrPartition(), Exclusive: p.lockMode()}
	}
	p.leave()
	return s
}

func (p *parser) lockMode() (exclusive bool) {
	p.enter("lock mode")
	if !p.isAny(kwShared, kwExclusive) {
		p.fail(failure{kind: failSet, at: p.pos})
	}
	p.leave()
	return p.next().kind == kwExclusive
}

func (p *parser) unlock() ast.Statement {
	pos := p.posOf(p.next())
	var s ast.Statement
	if p.accept(kwDatabase) || p.accept(kwSchema) {
		p.enter("unlock database statement")
		s = &ast.UnlockDatabase{Pos: pos, Name: p.ident()}
	} else {
		p.enter("unlock statement")
		p.expect(kwTable)
		s = &ast.UnlockTable{Pos: pos, Target: p.tableOrPartition()}
	}
	p.leave()
	return s
}
