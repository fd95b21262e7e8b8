// Package resourceplan keeps Hive's resource plans: pools that share a cluster, triggers that kill or move queries, and mappings of
// users to pools, with the rules by which they may be changed. It knows no storage: plans are values that encode as JSON.
package resourceplan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"skep/metastore/model"
)

// Status is the state of a plan. Only a disabled one may be edited, at most one is active.
type Status string

// The states of a plan.
const (
	Disabled Status = "DISABLED"
	Enabled  Status = "ENABLED"
	Active   Status = "ACTIVE"
)

// Plan is a resource plan.
type Plan struct {
	Name        string `json:"-"`
	Status      Status
	Parallelism *int   // of queries in all pools; nil: not said
	DefaultPool string // path; "": none
	Pools       []Pool
	Triggers    []Trigger
	Mappings    []Mapping
}

// Pool is a share of the resources. Its path names its parents, with dots between.
type Pool struct {
	Path        string
	Fraction    float64 // of the parent's share
	Parallelism int
	Policy      string   `json:",omitempty"`
	Triggers    []string `json:",omitempty"` // names
}

// Trigger says what happens to a query for which a condition becomes true.
type Trigger struct {
	Name, Condition, Action string
	Unmanaged               bool // it is also for queries outside all pools
}

// Mapping says in which pool the queries of somebody run.
type Mapping struct {
	Kind  string // USER, GROUP or APPLICATION
	Name  string
	Pool  string // "": they are not managed
	Order int
}

// New returns a plan with one pool.
func New(name string) *Plan {
	return &Plan{Name: name, Status: Disabled, DefaultPool: "default", Pools: []Pool{{Path: "default", Fraction: 1, Parallelism: 4}}}
}

func missing(format string, args ...any) error {
	return model.Errorf(model.NoSuchObject, model.ResourcePlanObject, "", format, args...)
}

func invalid(format string, args ...any) error {
	return model.Errorf(model.InvalidOperation, model.ResourcePlanObject, "", format, args...)
}

// Editable fails unless the plan is disabled.
func (p *Plan) Editable() error {
	if p.Status != Disabled {
		return invalid("Resource plan must be disabled to edit it.")
	}
	return nil
}

// pool finds a pool by its path, in lower case as Hive does.
func (p *Plan) pool(path string) (*Pool, error) {
	path = strings.ToLower(path)
	for i := range p.Pools {
		if p.Pools[i].Path == path {
			return &p.Pools[i], nil
		}
	}
	return nil, missing("Cannot find pool: %s", path)
}

func (p *Plan) checkParent(path string) error {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		if _, err := p.pool(path[:i]); err != nil {
			return missing("Pool path is invalid, the parent does not exist")
		}
	}
	return nil
}

// ValidPolicy reports whether a scheduling policy is one.
func ValidPolicy(policy string) bool {
	return policy == "" || strings.EqualFold(policy, "fair") || strings.EqualFold(policy, "fifo")
}

// SetDefaultPool changes the pool of queries without a mapping; "" leaves them without.
func (p *Plan) SetDefaultPool(path string) error {
	if path != "" {
		pool, err := p.pool(path)
		if err != nil {
			return err
		}
		path = pool.Path
	}
	p.DefaultPool = path
	return nil
}

// AddPool adds a pool below an existing one or at the top.
func (p *Plan) AddPool(pool Pool) error {
	if err := p.checkParent(pool.Path); err != nil {
		return err
	}
	if slices.ContainsFunc(p.Pools, func(o Pool) bool { return o.Path == pool.Path }) {
		return model.Errorf(model.AlreadyExists, model.ResourcePlanObject, pool.Path, "Pool already exists: ")
	}
	p.Pools = append(p.Pools, pool)
	return nil
}

// PoolChange is what ALTER POOL changes; nil fields stay.
type PoolChange struct {
	Fraction    *float64
	Parallelism *int
	Policy      *string
	Path        *string
}

// AlterPool changes a pool. Its children move along with it.
func (p *Plan) AlterPool(path string, c PoolChange) error {
	pool, err := p.pool(path)
	if err != nil {
		return err
	}
	if c.Fraction != nil {
		pool.Fraction = *c.Fraction
	}
	if c.Parallelism != nil {
		pool.Parallelism = *c.Parallelism
	}
	if c.Policy != nil {
		if !ValidPolicy(*c.Policy) {
			return invalid("Invalid scheduling policy %s", *c.Policy)
		}
		pool.Policy = *c.Policy
	}
	if c.Path == nil || *c.Path == pool.Path {
		return nil
	}
	if err := p.checkParent(*c.Path); err != nil {
		return err
	}
	old := pool.Path
	for i := range p.Pools {
		if rest, ok := strings.CutPrefix(p.Pools[i].Path, old); ok && (rest == "" || rest[0] == '.') {
			p.repoint(p.Pools[i].Path, *c.Path+rest)
			p.Pools[i].Path = *c.Path + rest
		}
	}
	return nil
}

// repoint renames a pool where it is referred to.
func (p *Plan) repoint(from, to string) {
	if p.DefaultPool == from {
		p.DefaultPool = to
	}
	for i := range p.Mappings {
		if p.Mappings[i].Pool == from {
			p.Mappings[i].Pool = to
		}
	}
}

// DropPool drops a pool that nothing refers to.
func (p *Plan) DropPool(path string) error {
	path = strings.ToLower(path)
	if p.DefaultPool == path {
		return invalid("Cannot drop default pool of a resource plan")
	}
	if slices.ContainsFunc(p.Pools, func(o Pool) bool { return strings.HasPrefix(o.Path, path+".") }) {
		return invalid("Cannot drop a pool that has child pools")
	}
	i := slices.IndexFunc(p.Pools, func(o Pool) bool { return o.Path == path })
	if i < 0 {
		return missing("Cannot delete pool: %s", path)
	}
	if slices.ContainsFunc(p.Mappings, func(m Mapping) bool { return m.Pool == path }) {
		return invalid("Please remove all mappings for this pool.")
	}
	p.Pools = slices.Delete(p.Pools, i, i+1)
	return nil
}

// Trigger finds a trigger.
func (p *Plan) Trigger(name string) (*Trigger, error) {
	name = strings.ToLower(name)
	for i := range p.Triggers {
		if p.Triggers[i].Name == name {
			return &p.Triggers[i], nil
		}
	}
	return nil, missing("Cannot find trigger with name: %s", name)
}

// AddTrigger adds a trigger that no pool has yet.
func (p *Plan) AddTrigger(t Trigger) error {
	if _, err := p.Trigger(t.Name); err == nil {
		return model.Errorf(model.AlreadyExists, model.ResourcePlanObject, t.Name, "Trigger already exists, use alter: ")
	}
	t.Name = strings.ToLower(t.Name)
	p.Triggers = append(p.Triggers, t)
	return nil
}

// DropTrigger drops a trigger, from its pools too.
func (p *Plan) DropTrigger(name string) error {
	name = strings.ToLower(name)
	i := slices.IndexFunc(p.Triggers, func(t Trigger) bool { return t.Name == name })
	if i < 0 {
		return missing("Cannot delete trigger: %s", name)
	}
	p.Triggers = slices.Delete(p.Triggers, i, i+1)
	for i := range p.Pools {
		p.Pools[i].Triggers = slices.DeleteFunc(p.Pools[i].Triggers, func(n string) bool { return n == name })
	}
	return nil
}

// Attach gives a pool a trigger or, with drop, takes it away.
func (p *Plan) Attach(path, trigger string, drop bool) error {
	pool, err := p.pool(path)
	if err != nil {
		return err
	}
	t, err := p.Trigger(trigger)
	if err != nil {
		return err
	}
	pool.Triggers = slices.DeleteFunc(pool.Triggers, func(n string) bool { return n == t.Name })
	if !drop {
		pool.Triggers = append(pool.Triggers, t.Name)
	}
	return nil
}

// PutMapping adds a mapping, or changes the pool of one that exists.
func (p *Plan) PutMapping(m Mapping, change bool) error {
	m.Name = strings.ToLower(m.Name)
	if m.Pool != "" {
		pool, err := p.pool(m.Pool)
		if err != nil {
			return err
		}
		m.Pool = pool.Path
	}
	i := slices.IndexFunc(p.Mappings, func(o Mapping) bool { return o.Kind == m.Kind && o.Name == m.Name })
	switch {
	case change && i < 0:
		return missing("There is no mapping of %s %s.", strings.ToLower(m.Kind), m.Name)
	case change:
		p.Mappings[i].Pool = m.Pool
	case i >= 0:
		return model.Errorf(model.AlreadyExists, model.ResourcePlanObject, m.Name, "The mapping of %s %s exists already.", strings.ToLower(m.Kind), m.Name)
	default:
		p.Mappings = append(p.Mappings, m)
	}
	return nil
}

// DropMapping drops a mapping.
func (p *Plan) DropMapping(kind, name string) error {
	i := slices.IndexFunc(p.Mappings, func(o Mapping) bool { return o.Kind == kind && o.Name == strings.ToLower(name) })
	if i < 0 {
		return missing("Cannot delete mapping.")
	}
	p.Mappings = slices.Delete(p.Mappings, i, i+1)
	return nil
}

// Validate lists what keeps a plan from being enabled, and what is only odd.
func (p *Plan) Validate() (errs, warnings []string) {
	total := 0
	shares, exists := map[string]float64{}, map[string]bool{"": true}
	for _, o := range p.Pools {
		exists[o.Path] = true
		shares[parent(o.Path)] += o.Fraction
		if o.Parallelism < 1 {
			errs = append(errs, "Invalid query parallelism for pool: "+o.Path)
		} else {
			total += o.Parallelism
		}
	}
	if n := p.Parallelism; n != nil && *n < total {
		errs = append(errs, fmt.Sprintf("Sum of all pools' query parallelism: %d exceeds resource plan query parallelism: %d", total, *n))
	} else if n != nil && *n != total {
		warnings = append(warnings, fmt.Sprintf("Sum of all pools' query parallelism: %d is less than resource plan query parallelism: %d", total, *n))
	}
	if len(p.Pools) == 0 {
		errs = append(errs, "Root has no children")
	}
	const tolerance = 0.00001
	for path, sum := range sortedShares(shares) {
		switch {
		case path == "" && math.Abs(1-sum) > tolerance:
			errs = append(errs, "Sum of root children pools' alloc fraction should be 1.0 got: "+Fraction(sum)+" for pool: ")
		case !exists[path]:
			errs = append(errs, "Pool does not exists but has children: "+path)
		case path != "" && sum-1 > tolerance:
			errs = append(errs, "Sum of children pools' alloc fraction should be less than 1 got: "+Fraction(sum)+" for pool: "+path)
		}
	}
	return errs, warnings
}

func sortedShares(m map[string]float64) func(yield func(string, float64) bool) {
	return func(yield func(string, float64) bool) {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, cmp.Compare)
		for _, k := range keys {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

func parent(path string) string {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)]
}

// Set is all plans of a catalog.
type Set []*Plan

// Find returns a plan.
func (s Set) Find(name string) (*Plan, error) {
	name = strings.ToLower(name)
	for _, p := range s {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, missing("There is no resource plan named: %s in default", name)
}

// Active returns the active plan, nil when there is none.
func (s Set) Active() *Plan {
	for _, p := range s {
		if p.Status == Active {
			return p
		}
	}
	return nil
}

// Switch enables, disables or activates a plan; enabling says that a disabled plan may be activated at once.
func (s Set) Switch(p *Plan, to Status, enabling bool) error {
	switch {
	case p.Status == to:
		return nil
	case p.Status == Active:
		return invalid("Resource plan %s is active; activate another plan first, or disable workload management.", p.Name)
	case p.Status == Disabled && to == Active && !enabling:
		return invalid("Resource plan %s is disabled and should be enabled before activation (or in the same command)", p.Name)
	case p.Status == Disabled:
		if errs, _ := p.Validate(); len(errs) > 0 {
			return invalid("ResourcePlan: %s is invalid: [%s]", p.Name, strings.Join(errs, ", "))
		}
	}
	if a := s.Active(); a != nil && to == Active {
		a.Status = Enabled
	}
	p.Status = to
	return nil
}

// Replace puts p in the place of old, whose name and state it takes; old stays as a disabled plan of another name, which made makes.
func (s Set) Replace(old, p *Plan, made func(i int) string) error {
	if old == p {
		return invalid("A plan cannot replace itself")
	}
	name := ""
	for i := 0; ; i++ {
		name = made(i)
		if _, err := s.Find(name); err != nil {
			break
		}
	}
	p.Name, p.Status = old.Name, old.Status
	old.Name, old.Status = name, Disabled
	return nil
}
