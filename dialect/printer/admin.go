package printer

import (
	"fmt"
	"strings"

	"skep/dialect/ast"
)

// admin writes the statements on roles, locks, transactions, replication and workload management.
func (p *printer) admin(s ast.Statement) {
	switch s := s.(type) {
	case *ast.Grant:
		p.word("GRANT")
		list(p, s.Privileges, p.privilege)
		p.on(s.Object)
		p.word("TO")
		list(p, s.To, p.principal)
		p.when(s.WithGrant, "WITH", "GRANT", "OPTION")
	case *ast.Revoke:
		p.word("REVOKE")
		p.when(s.GrantOptionFor, "GRANT", "OPTION", "FOR")
		list(p, s.Privileges, p.privilege)
		p.on(s.Object)
		p.word("FROM")
		list(p, s.From, p.principal)
	case *ast.GrantRole:
		p.words("GRANT", "ROLE")
		list(p, s.Roles, p.ident)
		p.word("TO")
		list(p, s.To, p.principal)
		p.when(s.WithAdmin, "WITH", "ADMIN", "OPTION")
	case *ast.RevokeRole:
		p.word("REVOKE")
		p.when(s.AdminOptionFor, "ADMIN", "OPTION", "FOR")
		p.word("ROLE")
		list(p, s.Roles, p.ident)
		p.word("FROM")
		list(p, s.From, p.principal)
	case *ast.CreateRole:
		p.words("CREATE", "ROLE")
		p.ident(s.Name)
	case *ast.DropRole:
		p.words("DROP", "ROLE")
		p.ident(s.Name)
	case *ast.SetRole:
		p.words("SET", "ROLE")
		p.ident(s.Name)
	case *ast.LockTable:
		p.words("LOCK", "TABLE")
		p.target(s.Target)
		p.lockMode(s.Exclusive)
	case *ast.UnlockTable:
		p.words("UNLOCK", "TABLE")
		p.target(s.Target)
	case *ast.LockDatabase:
		p.words("LOCK", "DATABASE")
		p.ident(s.Name)
		p.lockMode(s.Exclusive)
	case *ast.UnlockDatabase:
		p.words("UNLOCK", "DATABASE")
		p.ident(s.Name)
	case *ast.StartTransaction:
		p.words("START", "TRANSACTION")
		list(p, s.Modes, p.word)
	case *ast.Commit:
		p.word("COMMIT")
	case *ast.Rollback:
		p.word("ROLLBACK")
	case *ast.SetAutoCommit:
		p.words("SET", "AUTOCOMMIT", strings.ToUpper(fmt.Sprint(s.On)))
	case *ast.AbortTransactions:
		p.word("ABORT")
		if s.Compactions {
			p.word("COMPACTIONS")
		} else {
			p.word("TRANSACTIONS")
		}
		for _, id := range s.IDs {
			p.num(id)
		}
	case *ast.KillQuery:
		p.words("KILL", "QUERY")
		for _, id := range s.IDs {
			p.str(id)
		}
	case *ast.ReplDump:
		p.words("REPL", "DUMP")
		p.policy(s.Source)
		if s.Replace != nil {
			p.word("REPLACE")
			p.policy(s.Replace)
		}
		p.optNum(s.From, "FROM")
		p.optNum(s.To, "TO")
		p.optNum(s.Limit, "LIMIT")
		p.optProperties(s.Config, "WITH")
	case *ast.ReplLoad:
		p.words("REPL", "LOAD")
		if s.Source != nil {
			p.policy(s.Source)
		}
		p.optStr(s.Path, "FROM")
		p.when(s.Into != nil, "INTO")
		p.ident(s.Into)
		p.optProperties(s.Config, "WITH")
	case *ast.ReplStatus:
		p.words("REPL", "STATUS")
		p.policy(s.Source)
		p.optProperties(s.Config, "WITH")
	default:
		p.workload(s)
	}
}

func (p *printer) optNum(n *ast.NumberLit, keywords ...string) {
	if n != nil {
		p.words(keywords...)
		p.num(n)
	}
}

func (p *printer) policy(r *ast.ReplPolicy) {
	p.ident(r.DB)
	switch {
	case r.Table != nil:
		p.tight(".")
		p.ident(r.Table)
	case r.Include != nil:
		p.tight(".")
		p.str(r.Include)
		if r.Exclude != nil {
			p.tight(".")
			p.str(r.Exclude)
		}
	}
}

func (p *printer) principal(x *ast.Principal) {
	p.word(string(x.Kind))
	p.ident(x.Name)
}

func (p *printer) privilege(x *ast.Privilege) {
	p.word(x.Name)
	if x.Columns != nil {
		p.idents(x.Columns)
	}
}

func (p *printer) on(o *ast.PrivilegeObject) {
	if o == nil {
		return
	}
	p.words("ON", string(o.Kind))
	switch o.Kind {
	case ast.ObjectTable:
		p.table(o.Table)
		if o.Columns != nil {
			p.idents(o.Columns)
		}
		p.partition(o.Partition)
	case ast.ObjectURI:
		p.str(o.URI)
	case ast.ObjectDatabase, ast.ObjectServer:
		p.ident(o.Name)
	}
}

func (p *printer) lockMode(exclusive bool) {
	if exclusive {
		p.word("EXCLUSIVE")
	} else {
		p.word("SHARED")
	}
}

func (p *printer) workload(s ast.Statement) {
	switch s := s.(type) {
	case *ast.CreateResourcePlan:
		p.words("CREATE", "RESOURCE", "PLAN")
		p.when(s.IfNotExists, "IF", "NOT", "EXISTS")
		p.ident(s.Name)
		p.when(s.Like != nil, "LIKE")
		p.ident(s.Like)
		if s.Options != nil {
			p.word("WITH")
			list(p, s.Options, p.planOption)
		}
	case *ast.AlterResourcePlan:
		p.alterPlan(s)
	case *ast.DropResourcePlan:
		p.words("DROP", "RESOURCE", "PLAN")
		p.when(s.IfExists, "IF", "EXISTS")
		p.ident(s.Name)
	case *ast.PoolChange:
		p.words(s.Verb, "POOL")
		p.ident(s.Plan)
		p.tight(".")
		p.pool(s.Path)
		if s.Options != nil {
			p.word(map[bool]string{true: "WITH", false: "SET"}[s.Verb == "CREATE"])
			list(p, s.Options, p.planOption)
		}
		p.when(s.Unset, "UNSET", "SCHEDULING_POLICY")
		p.when(s.AddTrigger != nil, "ADD", "TRIGGER")
		p.ident(s.AddTrigger)
		p.when(s.DropTrigger != nil, "DROP", "TRIGGER")
		p.ident(s.DropTrigger)
	case *ast.TriggerChange:
		p.trigger(s)
	case *ast.MappingChange:
		p.words(s.Verb, s.Kind, "MAPPING")
		p.str(s.Name)
		p.word("IN")
		p.ident(s.Plan)
		p.when(s.Unmanaged, "UNMANAGED")
		if s.Pool != nil {
			p.word("TO")
			p.pool(s.Pool)
		}
		p.optNum(s.Order, "WITH", "ORDER")
	default:
		panic(fmt.Sprintf("printer: no text for %T", s))
	}
}

func (p *printer) pool(path *ast.PoolPath) { p.dotted(path.Parts...) }

func (p *printer) planOption(o *ast.PlanOption) {
	p.word(o.Name)
	switch {
	case o.Number != nil:
		p.optNum(o.Number, "=")
	case o.Text != nil:
		p.optStr(o.Text, "=")
	case o.Pool != nil:
		p.word("=")
		p.pool(o.Pool)
	}
}

func (p *printer) alterPlan(s *ast.AlterResourcePlan) {
	if s.Name == nil {
		p.word(s.Action)
		return
	}
	if s.Action == "REPLACE" {
		p.word("REPLACE")
		p.when(s.To == nil, "ACTIVE")
		p.words("RESOURCE", "PLAN")
		p.ident(s.To)
		p.word("WITH")
		p.ident(s.Name)
		return
	}
	p.words("ALTER", "RESOURCE", "PLAN")
	p.ident(s.Name)
	switch s.Action {
	case "RENAME":
		p.words("RENAME", "TO")
		p.ident(s.To)
	case "ENABLE", "ACTIVATE":
		p.word(s.Action)
		p.when(s.Action == "ENABLE" && s.Activate, "ACTIVATE")
		p.when(s.WithReplace, "WITH", "REPLACE")
		p.when(s.Action == "ACTIVATE" && s.Enable, "ENABLE")
	default:
		p.word(s.Action)
		list(p, s.Options, p.planOption)
	}
}

func (p *printer) trigger(s *ast.TriggerChange) {
	p.words(s.Verb, "TRIGGER")
	p.dotted(s.Plan, s.Name)
	if s.Attach != "" {
		p.word(s.Attach)
		p.word(map[bool]string{true: "TO", false: "FROM"}[s.Attach == "ADD"])
		p.when(s.Unmanaged, "UNMANAGED")
		if s.Pool != nil {
			p.word("POOL")
			p.pool(s.Pool)
		}
		return
	}
	if s.Metric == nil {
		return
	}
	p.word("WHEN")
	p.ident(s.Metric)
	p.word(">")
	p.item(s.Limit)
	p.word("DO")
	if s.Kill {
		p.word("KILL")
		return
	}
	p.words("MOVE", "TO")
	p.pool(s.MoveTo)
}
