package ast

// PlanOption is one assignment of a resource plan or pool: QUERY_PARALLELISM, DEFAULT POOL, ALLOC_FRACTION,
// SCHEDULING_POLICY, PATH. The value is one of the three, or none in UNSET.
type PlanOption struct {
	Pos
	Name   string
	Number *NumberLit
	Text   *StringLit
	Pool   *PoolPath
}

// PoolPath is a dotted pool name.
type PoolPath struct {
	Pos
	Parts []*Ident
}

// CreateResourcePlan is CREATE RESOURCE PLAN.
type CreateResourcePlan struct {
	Pos
	IfNotExists bool // 4.0
	Name        *Ident
	Like        *Ident
	Options     []*PlanOption
}

// AlterResourcePlan is ALTER RESOURCE PLAN name action, ENABLE|DISABLE WORKLOAD MANAGEMENT (no name), and
// REPLACE [ACTIVE] RESOURCE PLAN.
type AlterResourcePlan struct {
	Pos
	Name *Ident
	// Action is "VALIDATE", "DISABLE", "SET", "UNSET", "RENAME", "ENABLE" (with or without Activate), "ACTIVATE",
	// "REPLACE" (To nil: the active plan), "ENABLE WORKLOAD MANAGEMENT" or "DISABLE WORKLOAD MANAGEMENT".
	Action      string
	Activate    bool
	Enable      bool
	WithReplace bool
	To          *Ident
	Options     []*PlanOption
}

// DropResourcePlan is DROP RESOURCE PLAN.
type DropResourcePlan struct {
	Pos
	IfExists bool // 4.0
	Name     *Ident
}

// PoolChange is CREATE, ALTER or DROP POOL plan.path.
type PoolChange struct {
	Pos
	Verb    string // "CREATE", "ALTER", "DROP"
	Plan    *Ident
	Path    *PoolPath
	Options []*PlanOption // CREATE WITH, ALTER SET
	// Unset is ALTER ... UNSET SCHEDULING_POLICY; AddTrigger and DropTrigger attach a trigger.
	Unset       bool
	AddTrigger  *Ident
	DropTrigger *Ident
}

// TriggerChange is CREATE, ALTER or DROP TRIGGER plan.trigger.
type TriggerChange struct {
	Pos
	Verb string // "CREATE", "ALTER", "DROP"
	Plan *Ident
	Name *Ident
	// Metric > Limit is the condition; the action is KILL, or MOVE TO MoveTo.
	Metric *Ident
	Limit  Expr
	Kill   bool
	MoveTo *PoolPath
	// Attach is "", "ADD" or "DROP": ALTER TRIGGER ... ADD TO|DROP FROM POOL path|UNMANAGED.
	Attach    string
	Pool      *PoolPath
	Unmanaged bool
}

// MappingChange is CREATE, ALTER or DROP USER|GROUP|APPLICATION MAPPING.
type MappingChange struct {
	Pos
	Verb      string
	Kind      string // "USER", "GROUP", "APPLICATION"
	Name      *StringLit
	Plan      *Ident
	Pool      *PoolPath
	Unmanaged bool
	Order     *NumberLit
}

func (*CreateResourcePlan) statement() {}
func (*AlterResourcePlan) statement()  {}
func (*DropResourcePlan) statement()   {}
func (*PoolChange) statement()         {}
func (*TriggerChange) statement()      {}
func (*MappingChange) statement()      {}
