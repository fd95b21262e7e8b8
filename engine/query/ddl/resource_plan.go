package ddl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/printer"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/resourceplan"
)

// plans reads all resource plans and the ids of their records.
func plans(ctx context.Context, r metastore.Reader) (resourceplan.Set, map[*resourceplan.Plan]model.Record, error) {
	records, err := r.Records(ctx, model.ResourcePlanRecord)
	if err != nil {
		return nil, nil, err
	}
	var set resourceplan.Set
	of := map[*resourceplan.Plan]model.Record{}
	for _, x := range records {
		p := &resourceplan.Plan{}
		if err := json.Unmarshal(x.Body, p); err != nil {
			return nil, nil, fmt.Errorf("resource plan %s: %w", x.Name, err)
		}
		p.Name = x.Name
		set, of[p] = append(set, p), x
	}
	return set, of, nil
}

// changePlans is a task that changes resource plans.
func (env *Env) changePlans(change func(set resourceplan.Set) error) *Task {
	return done(func(ctx context.Context) error {
		return env.update(ctx, func(tx metastore.Tx) error {
			set, of, err := plans(ctx, tx)
			if err != nil {
				return err
			}
			if err := change(set); err != nil {
				return err
			}
			// a name is given up before another plan takes it
			taken := func(p *resourceplan.Plan) int {
				if slices.ContainsFunc(set, func(o *resourceplan.Plan) bool { return o != p && of[o].Name == p.Name }) {
					return 1
				}
				return 0
			}
			order := slices.Clone(set)
			slices.SortStableFunc(order, func(a, b *resourceplan.Plan) int { return taken(a) - taken(b) })
			for _, p := range order {
				if err := putPlan(ctx, tx, of[p].ID, p); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func putPlan(ctx context.Context, tx metastore.Tx, id int64, p *resourceplan.Plan) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return tx.PutRecord(ctx, model.Record{ID: id, Kind: model.ResourcePlanRecord, Name: p.Name, Body: body})
}

// editPlan is a task that changes what is in one plan, which must be disabled.
func (env *Env) editPlan(name *ast.Ident, edit func(p *resourceplan.Plan) error) (*Task, error) {
	return env.changePlans(func(set resourceplan.Set) error {
		p, err := set.Find(name.Name)
		if err != nil {
			return err
		}
		if err := p.Editable(); err != nil {
			return err
		}
		return edit(p)
	}), nil
}

func (env *Env) createResourcePlan(s *ast.CreateResourcePlan) (*Task, error) {
	p := resourceplan.New(strings.ToLower(s.Name.Name))
	for _, o := range s.Options {
		if o.Name != "QUERY_PARALLELISM" {
			return nil, sqlerr.Semanticf("Invalid create arguments for resource plan %s: %s", s.Name.Name, o.Name)
		}
		n, err := strconv.Atoi(o.Number.Text)
		if err != nil {
			return nil, sqlerr.Semanticf("Invalid value for query_parallelism: %s", o.Number.Text)
		}
		p.Parallelism = &n
	}
	return done(func(ctx context.Context) error {
		if p.Parallelism != nil && *p.Parallelism <= 0 {
			return env.failed(model.Errorf(model.InvalidObject, model.ResourcePlanObject, p.Name, "Query parallelism should be positive."))
		}
		return env.update(ctx, func(tx metastore.Tx) error {
			set, _, err := plans(ctx, tx)
			if err != nil {
				return err
			}
			if _, err := set.Find(p.Name); err == nil {
				if s.IfNotExists {
					return nil
				}
				return env.execution(sqlerr.ResourcePlanAlreadyExists, sqlerr.Text(sqlerr.ResourcePlanAlreadyExists, s.Name.Name))
			}
			if s.Like != nil {
				from, err := set.Find(s.Like.Name)
				if err != nil {
					return err
				}
				c := *from
				c.Name, c.Status = p.Name, resourceplan.Disabled
				p = &c
			}
			return putPlan(ctx, tx, 0, p)
		})
	}), nil
}

func (env *Env) dropResourcePlan(s *ast.DropResourcePlan) (*Task, error) {
	return done(func(ctx context.Context) error {
		return env.update(ctx, func(tx metastore.Tx) error {
			set, of, err := plans(ctx, tx)
			if err != nil {
				return err
			}
			p, err := set.Find(s.Name.Name)
			switch {
			case err != nil && s.IfExists:
				return nil
			case err != nil:
				return env.execution(sqlerr.ResourcePlanNotExists, sqlerr.Text(sqlerr.ResourcePlanNotExists, s.Name.Name))
			case p.Status == resourceplan.Active:
				return model.Errorf(model.InUse, model.ResourcePlanObject, p.Name, "Cannot drop an active resource plan")
			}
			return tx.DeleteRecord(ctx, of[p])
		})
	}), nil
}

func (env *Env) alterResourcePlan(s *ast.AlterResourcePlan) (*Task, error) {
	switch s.Action {
	case "VALIDATE":
		return env.validatePlan(s.Name), nil
	case "SET", "UNSET":
		return env.editPlan(s.Name, func(p *resourceplan.Plan) error { return setPlanOptions(p, s) })
	case "RENAME":
		return env.changePlans(func(set resourceplan.Set) error {
			p, err := set.Find(s.Name.Name)
			if err != nil {
				return err
			}
			if err := p.Editable(); err != nil {
				return err
			}
			name := strings.ToLower(s.To.Name)
			if o, err := set.Find(name); err == nil && o != p {
				return model.Errorf(model.AlreadyExists, model.ResourcePlanObject, name, "Resource plan name should be unique: ")
			}
			p.Name = name
			return nil
		}), nil
	case "ENABLE WORKLOAD MANAGEMENT":
		return nothing, nil // it is a word about the server's own pools, which are always on
	}
	return env.changePlans(func(set resourceplan.Set) error { return env.switchPlan(set, s) }), nil
}

// switchPlan changes the status of plans: enables, activates, disables or replaces.
func (env *Env) switchPlan(set resourceplan.Set, s *ast.AlterResourcePlan) error {
	if s.Action == "DISABLE WORKLOAD MANAGEMENT" {
		a := set.Active()
		if a == nil {
			return errors.New("there is no active resource plan")
		}
		a.Status = resourceplan.Enabled
		return nil
	}
	if s.Action == "REPLACE" || s.WithReplace {
		replaced := set.Active()
		if s.To != nil {
			var err error
			if replaced, err = set.Find(s.To.Name); err != nil {
				return err
			}
		}
		p, err := set.Find(s.Name.Name)
		switch {
		case err != nil:
			return err
		case replaced == nil:
			return errors.New("there is no active resource plan")
		}
		stamp := env.clock(env.Now.Unix()).Format("2006_01_02_15_04_05")
		old := func(i int) string {
			name := replaced.Name + "_old_" + stamp
			if i > 0 {
				name += "_" + strconv.Itoa(i)
			}
			return name
		}
		return set.Replace(replaced, p, old)
	}
	p, err := set.Find(s.Name.Name)
	if err != nil {
		return err
	}
	switch {
	case s.Activate:
		return set.Switch(p, resourceplan.Active, s.Enable)
	case s.Action == "DISABLE":
		return set.Switch(p, resourceplan.Disabled, false)
	}
	return set.Switch(p, resourceplan.Enabled, false)
}

func setPlanOptions(p *resourceplan.Plan, s *ast.AlterResourcePlan) error {
	for _, o := range s.Options {
		switch {
		case o.Name == "QUERY_PARALLELISM" && o.Number == nil:
			p.Parallelism = nil
		case o.Name == "QUERY_PARALLELISM":
			n, err := strconv.Atoi(o.Number.Text)
			if err != nil || n <= 0 {
				return model.Errorf(model.InvalidOperation, model.ResourcePlanObject, p.Name, "queryParallelism should be positive.")
			}
			p.Parallelism = &n
		case o.Name == "DEFAULT POOL":
			if err := p.SetDefaultPool(poolPath(o.Pool)); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a resource plan has no %s", strings.ToLower(o.Name))
		}
	}
	return nil
}

func (env *Env) validatePlan(name *ast.Ident) *Task {
	return lines("error", func(ctx context.Context) ([]string, error) {
		set, _, err := plans(ctx, env.Store)
		if err != nil {
			return nil, env.failed(err)
		}
		p, err := set.Find(name.Name)
		if err != nil {
			return nil, env.failed(err)
		}
		out, warnings := p.Validate()
		for _, w := range warnings {
			out = append(out, "warn: "+w)
		}
		return out, nil
	})
}

func (env *Env) showResourcePlans(s *ast.Show) *Task {
	if s.Name != nil {
		return lines("line", func(ctx context.Context) ([]string, error) {
			set, _, err := plans(ctx, env.Store)
			if err != nil {
				return nil, env.failed(err)
			}
			p, err := set.Find(s.Name.Name)
			if err != nil {
				return nil, env.failed(err)
			}
			return p.Lines(), nil
		})
	}
	return &Task{
		Columns: []string{"rp_name", "status", "query_parallelism"}, Types: map[string]*types.Type{"query_parallelism": types.IntType},
		Run: func(ctx context.Context) ([][]*string, error) {
			set, _, err := plans(ctx, env.Store)
			if err != nil {
				return nil, env.failed(err)
			}
			var rows [][]*string
			for _, p := range set {
				status := string(p.Status)
				row := []*string{&p.Name, &status, nil}
				if p.Parallelism != nil {
					n := strconv.Itoa(*p.Parallelism)
					row[2] = &n
				}
				rows = append(rows, row)
			}
			return rows, nil
		},
	}
}

func poolPath(p *ast.PoolPath) string {
	if p == nil {
		return ""
	}
	parts := make([]string, len(p.Parts))
	for i, x := range p.Parts {
		parts[i] = x.Name
	}
	return strings.Join(parts, ".")
}

func (env *Env) changePool(s *ast.PoolChange) (*Task, error) {
	path := poolPath(s.Path)
	switch {
	case s.Verb == "DROP":
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.DropPool(path) })
	case s.AddTrigger != nil:
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.Attach(path, s.AddTrigger.Name, false) })
	case s.DropTrigger != nil:
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.Attach(path, s.DropTrigger.Name, true) })
	}
	c, err := poolChange(s)
	if err != nil {
		return nil, err
	}
	if s.Verb == "ALTER" {
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.AlterPool(path, c) })
	}
	pool := resourceplan.Pool{Path: path}
	switch {
	case c.Path != nil:
		return nil, sqlerr.Semanticf("Invalid parameter path in create pool")
	case c.Fraction == nil:
		return nil, sqlerr.Semanticf("alloc_fraction should be specified for a pool")
	case c.Parallelism == nil:
		return nil, sqlerr.Semanticf("query_parallelism should be specified for a pool")
	}
	pool.Fraction, pool.Parallelism = *c.Fraction, *c.Parallelism
	if c.Policy != nil {
		if !resourceplan.ValidPolicy(*c.Policy) {
			return nil, env.failed(errors.New("Invalid scheduling policy " + *c.Policy))
		}
		pool.Policy = *c.Policy
	}
	return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.AddPool(pool) })
}

// poolChange reads the assignments of CREATE and ALTER POOL.
func poolChange(s *ast.PoolChange) (c resourceplan.PoolChange, err error) {
	for _, o := range s.Options {
		switch o.Name {
		case "ALLOC_FRACTION":
			f, ferr := strconv.ParseFloat(o.Number.Text, 64)
			c.Fraction, err = &f, errors.Join(err, ferr)
		case "QUERY_PARALLELISM":
			n, nerr := strconv.Atoi(o.Number.Text)
			c.Parallelism, err = &n, errors.Join(err, nerr)
		case "SCHEDULING_POLICY":
			c.Policy = &o.Text.Value
		case "PATH":
			path := poolPath(o.Pool)
			c.Path = &path
		default:
			return c, sqlerr.Semanticf("Invalid parameter %s in %s pool", strings.ToLower(o.Name), strings.ToLower(s.Verb))
		}
	}
	if s.Unset {
		none := ""
		c.Policy = &none
	}
	if err != nil {
		return c, sqlerr.Semanticf("%s", err)
	}
	return c, nil
}

func (env *Env) changeTrigger(s *ast.TriggerChange) (*Task, error) {
	switch {
	case s.Verb == "DROP":
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.DropTrigger(s.Name.Name) })
	case s.Attach != "" && s.Unmanaged:
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error {
			t, err := p.Trigger(s.Name.Name)
			if err == nil {
				t.Unmanaged = s.Attach == "ADD"
			}
			return err
		})
	case s.Attach != "":
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.Attach(poolPath(s.Pool), s.Name.Name, s.Attach == "DROP") })
	}
	t := resourceplan.Trigger{Name: s.Name.Name, Condition: s.Metric.Name + " > " + printer.Expr(s.Limit), Action: "KILL"}
	if !s.Kill {
		t.Action = "MOVE TO " + poolPath(s.MoveTo)
	}
	if err := checkLimit(s.Metric.Name, s.Limit); err != nil {
		return nil, env.failed(fmt.Errorf("java.lang.IllegalArgumentException: %w", err))
	}
	return env.editPlan(s.Plan, func(p *resourceplan.Plan) error {
		if s.Verb == "CREATE" {
			return p.AddTrigger(t)
		}
		old, err := p.Trigger(s.Name.Name)
		if err == nil {
			old.Condition, old.Action = t.Condition, t.Action
		}
		return err
	})
}

// checkLimit checks the limit of a trigger: a size for counters of bytes, a time for those of time, otherwise a number.
func checkLimit(metric string, limit ast.Expr) error {
	text := strings.ToLower(strings.Trim(printer.Expr(limit), `'"`))
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return nil
	}
	upper := strings.ToUpper(metric)
	for _, c := range []string{"BYTES_READ", "BYTES_WRITTEN", "SHUFFLE_BYTES"} {
		if strings.HasSuffix(upper, c) {
			if !quantity(text, []string{"b", "byte", "bytes", "kb", "k", "mb", "m", "gb", "g", "tb", "t", "pb", "p"}) {
				return fmt.Errorf("Invalid counter value: %s", text) //nolint:staticcheck // Hive's text
			}
			return nil
		}
	}
	if upper != "ELAPSED_TIME" && upper != "EXECUTION_TIME" {
		return fmt.Errorf("Invalid counter value: %s", text) //nolint:staticcheck // Hive's text
	}
	number := strings.IndexFunc(text, func(c rune) bool { return c < '0' || c > '9' })
	unit := strings.TrimSpace(text[number:])
	if _, ok := timeUnits[unit]; !ok || number == 0 {
		return fmt.Errorf("Invalid time unit %s", unit) //nolint:staticcheck // Hive's text
	}
	return nil
}

// quantity reports whether text is digits and one of units.
func quantity(text string, units []string) bool {
	number := strings.IndexFunc(text, func(c rune) bool { return c < '0' || c > '9' })
	return number > 0 && slices.Contains(units, strings.TrimSpace(text[number:]))
}

func (env *Env) changeMapping(s *ast.MappingChange) (*Task, error) {
	if s.Verb == "DROP" {
		return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.DropMapping(s.Kind, s.Name.Value) })
	}
	m := resourceplan.Mapping{Kind: s.Kind, Name: s.Name.Value, Pool: poolPath(s.Pool)}
	if s.Order != nil {
		n, err := strconv.Atoi(s.Order.Text)
		if err != nil {
			return nil, sqlerr.Semanticf("Invalid order of a mapping: %s", s.Order.Text)
		}
		m.Order = n
	}
	return env.editPlan(s.Plan, func(p *resourceplan.Plan) error { return p.PutMapping(m, s.Verb == "ALTER") })
}
