package parser

import (
	"strings"

	"skep/dialect/ast"
)

func (p *parser) poolPath() *ast.PoolPath {
	p.enter("poolPath")
	first := p.ident()
	n := &ast.PoolPath{Pos: first.Pos, Parts: []*ast.Ident{first}}
	for p.accept(tokDot) {
		n.Parts = append(n.Parts, p.ident())
	}
	p.leave()
	return n
}

// planOptions parses the assignments of a plan or pool; with unset only the names.
func (p *parser) planOptions(unset bool) []*ast.PlanOption {
	var list []*ast.PlanOption
	for {
		t := p.here()
		o := &ast.PlanOption{Pos: t, Name: strings.ToUpper(t.Token)}
		k := p.kind()
		switch k {
		case kwQueryParallelism, kwAllocFraction, kwSchedulingPolicy, kwPath:
			p.pos++
		case kwDefault:
			p.pos++
			p.expect(kwPool)
			o.Name = "DEFAULT POOL"
		default:
			p.noViable(0)
		}
		if !unset {
			p.expect(tokEq)
			switch k {
			case kwSchedulingPolicy:
				o.Text = p.stringLit()
			case kwDefault, kwPath:
				o.Pool = p.poolPath()
			default:
				o.Number = p.numberLit()
			}
		}
		list = append(list, o)
		if !p.accept(tokComma) {
			return list
		}
	}
}

func (p *parser) createResourcePlan() ast.Statement {
	p.enter("create resource plan statement")
	n := &ast.CreateResourcePlan{Pos: p.here()}
	p.pos += 2
	p.expect(kwPlan)
	n.IfNotExists = p.ifNotExists()
	n.Name = p.ident()
	switch {
	case p.accept(kwLike):
		n.Like = p.ident()
	case p.accept(kwWith):
		n.Options = p.planOptions(false)
	}
	p.leave()
	return n
}

func (p *parser) dropResourcePlan() ast.Statement {
	p.enter("drop resource plan statement")
	n := &ast.DropResourcePlan{Pos: p.here()}
	p.pos += 2
	p.expect(kwPlan)
	n.IfExists = p.ifExists()
	n.Name = p.ident()
	p.leave()
	return n
}

func (p *parser) alterResourcePlan() ast.Statement {
	p.enter("alter resource plan statement")
	n := &ast.AlterResourcePlan{Pos: p.here()}
	p.pos += 2
	p.expect(kwPlan)
	n.Name = p.ident()
	switch k := p.kind(); k {
	case kwValidate, kwDisable:
		n.Action = strings.ToUpper(p.text(p.next()))
		if k == kwDisable {
			n.Action = "DISABLE"
		}
	case kwSet, kwUnset:
		n.Action = strings.ToUpper(p.text(p.next()))
		n.Options = p.planOptions(k == kwUnset)
	case kwRename:
		p.pos++
		p.expect(kwTo)
		n.Action = "RENAME"
		n.To = p.ident()
	case kwActivate, kwEnable:
		n.Action = "ACTIVATE"
		if k == kwEnable {
			n.Action = "ENABLE"
		}
		for p.isAny(kwActivate, kwEnable) {
			if p.next().kind == kwEnable {
				n.Enable = true
				continue
			}
			n.Activate = true
			if p.accept(kwWith) {
				p.expect(kwReplace)
				n.WithReplace = true
			}
		}
	default:
		p.noViable(0)
	}
	p.leave()
	return n
}

// workloadManagement parses ENABLE|DISABLE WORKLOAD MANAGEMENT.
func (p *parser) workloadManagement() ast.Statement {
	p.enter("global WM statement")
	n := &ast.AlterResourcePlan{Pos: p.here(), Action: p.enable() + " WORKLOAD MANAGEMENT"}
	p.expectSeq(kwWorkload, kwManagement)
	p.leave()
	return n
}

// replacePlan parses REPLACE [ACTIVE] RESOURCE PLAN.
func (p *parser) replacePlan() ast.Statement {
	p.enter("replace resource plan statement")
	n := &ast.AlterResourcePlan{Pos: p.posOf(p.next()), Action: "REPLACE"}
	active := p.accept(kwActive)
	p.expectSeq(kwResource, kwPlan)
	if !active {
		n.To = p.ident()
	}
	p.expect(kwWith)
	n.Name = p.ident()
	p.leave()
	return n
}

func (p *parser) pool(verb string) ast.Statement {
	p.enter(strings.ToLower(verb) + " pool statement")
	n := &ast.PoolChange{Pos: p.here(), Verb: verb}
	p.pos += 2
	n.Plan = p.ident()
	p.expect(tokDot)
	n.Path = p.poolPath()
	switch verb {
	case "CREATE":
		p.expect(kwWith)
		n.Options = p.planOptions(false)
	case "ALTER":
		switch {
		case p.accept(kwSet):
			n.Options = p.planOptions(false)
		case p.accept(kwUnset):
			p.expect(kwSchedulingPolicy)
			n.Unset = true
		case p.accept(kwAdd):
			p.expect(kwTrigger)
			n.AddTrigger = p.ident()
		case p.accept(kwDrop):
			p.expect(kwTrigger)
			n.DropTrigger = p.ident()
		default:
			p.noViable(0)
		}
	}
	p.leave()
	return n
}

func (p *parser) trigger(verb string) ast.Statement {
	p.enter(strings.ToLower(verb) + " trigger statement")
	n := &ast.TriggerChange{Pos: p.here(), Verb: verb}
	p.pos += 2
	n.Plan = p.ident()
	p.expect(tokDot)
	n.Name = p.ident()
	switch {
	case verb == "DROP":
	case verb == "ALTER" && p.isAny(kwAdd, kwDrop):
		if p.next().kind == kwAdd {
			n.Attach = "ADD"
			p.expect(kwTo)
		} else {
			n.Attach = "DROP"
			p.expect(kwFrom)
		}
		if p.accept(kwUnmanaged) {
			n.Unmanaged = true
		} else {
			p.expect(kwPool)
			n.Pool = p.poolPath()
		}
	default:
		p.expect(kwWhen)
		n.Metric = p.ident()
		p.expect(tokGreater)
		if !p.isAny(tokNumber, tokString) {
			p.noViable(0)
		}
		n.Limit = p.simpleLiteral()
		p.expect(kwDo)
		if p.accept(kwKill) {
			n.Kill = true
		} else {
			p.expectSeq(kwMove, kwTo)
			n.MoveTo = p.poolPath()
		}
	}
	p.leave()
	return n
}

func (p *parser) mapping(verb string) ast.Statement {
	p.enter(strings.ToLower(verb) + " mapping statement")
	n := &ast.MappingChange{Pos: p.posOf(p.next()), Verb: verb}
	n.Kind = strings.ToUpper(p.text(p.next()))
	p.expect(kwMapping)
	n.Name = p.stringLit()
	p.expect(kwIn)
	n.Plan = p.ident()
	if verb != "DROP" {
		if p.accept(kwUnmanaged) {
			n.Unmanaged = true
		} else {
			p.expect(kwTo)
			n.Pool = p.poolPath()
		}
		if p.accept(kwWith) {
			p.expect(kwOrder)
			n.Order = p.numberLit()
		}
	}
	p.leave()
	return n
}
