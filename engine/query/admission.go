package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/dialect/plan"
	"skep/engine/admission"
	"skep/engine/metrics"
	"skep/engine/pipeline"
	"skep/engine/scheduler"
)

// The settings of the server (hive-site.xml) that say which statements run. Pools are configured by settings of the form
// skep.pool.NAME.PROPERTY; properties are weight, max.running, max.queued, per.user and memory.
const (
	poolPrefix     = "skep.pool."
	maxRunning     = "skep.admission.max.running" // statements of all pools at a time; 0: no limit
	shortLane      = "skep.admission.short.lane"  // short statements beyond the limits
	statementGrant = "skep.admission.grant.bytes" // memory that must be free for a statement to begin
)

// shortRows is the number of rows, of all operators together, up to which a statement counts as short: less than a second of one
// processor for usual operators.
const shortRows = 5_000_000

// positionEvery is how often a waiting statement's log says where it is.
const positionEvery = 10 * time.Second

// admissionConfig reads the configuration of pools.
func admissionConfig(settings map[string]string, memory int64) (admission.Config, error) {
	c := admission.Config{Memory: memory, ShortLane: 1}
	pools := map[string]*admission.Pool{}
	for key, value := range settings {
		var to *int64
		var n int64
		name, property, _ := strings.Cut(strings.TrimPrefix(key, poolPrefix), ".")
		switch {
		case key == maxRunning, key == shortLane:
		case strings.HasPrefix(key, poolPrefix):
			if !slices.Contains([]string{"weight", "max.running", "max.queued", "per.user", "memory"}, property) || name == "" {
				return c, fmt.Errorf("setting %s: no such property of a pool", key)
			}
			if pools[name] == nil {
				pools[name] = &admission.Pool{Name: name, Weight: 1}
			}
			if property == "memory" {
				to = &pools[name].Memory
			}
		default:
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil || n < 0 {
			return c, fmt.Errorf("setting %s: %q is not a number", key, value)
		}
		switch p := pools[name]; {
		case to != nil:
			*to = n
		case key == maxRunning:
			c.MaxRunning = int(n)
		case key == shortLane:
			c.ShortLane = int(n)
		case property == "weight":
			p.Weight = int(max(n, 1))
		case property == "max.running":
			p.MaxRunning = int(n)
		case property == "max.queued":
			p.MaxQueued = int(n)
		case property == "per.user":
			p.PerUser = int(n)
		}
	}
	for _, p := range pools {
		c.Pools = append(c.Pools, *p)
	}
	slices.SortFunc(c.Pools, func(a, b admission.Pool) int { return strings.Compare(a.Name, b.Name) })
	return c, nil
}

// openPools makes the pools that the settings configure.
func (e *Engine) openPools() error {
	c, err := admissionConfig(e.config.Settings, e.config.Memory)
	if err != nil {
		return err
	}
	e.admission = admission.NewController(c)
	for _, p := range e.admission.Pools() {
		e.poolMemory[p.Name] = e.pool.NewChild("pool "+p.Name, p.Memory)
		e.poolSlots[p.Name] = pipeline.NewShare(p.Weight)
		e.limited = e.limited || p.MaxRunning > 0
	}
	e.limited = e.limited || c.MaxRunning > 0
	e.grant = e.conf.Int(statementGrant, min(16<<20, e.config.Memory/64))
	return nil
}

// schedulerPools are the pools as the scheduler of stages knows them: it shares slots; who runs is decided here.
func (e *Engine) schedulerPools() []scheduler.PoolConfig {
	var out []scheduler.PoolConfig
	for _, p := range e.admission.Pools() {
		out = append(out, scheduler.PoolConfig{Name: p.Name, Weight: p.Weight})
	}
	return out
}

// poolName is the pool that the statement is counted in.
func (st *Statement) poolName() string {
	for _, key := range []string{"tez.queue.name", "mapreduce.job.queuename"} {
		if name := st.conf.Get(key); st.session.engine.poolMemory[name] != nil {
			return name
		}
	}
	return admission.DefaultPool
}

// enter waits until the statement may run. leave is to be called at its end; it is never nil.
func (st *Statement) enter(ctx context.Context) (leave func(), err error) {
	switch {
	case st.recovered: // it was admitted, and its tasks may run
		return func() {}, nil
	case st.analyzes || st.kind == "query" || st.kind == "write" || st.kind == "analyze":
	default:
		return func() {}, nil
	}
	e, name := st.session.engine, st.poolName()
	t, err := e.admission.Submit(admission.Request{Pool: name, User: st.session.User, Short: e.limited && st.short(), Memory: e.grant})
	if err != nil {
		var full *admission.FullError
		if errors.As(err, &full) {
			e.metrics.Rejected.WithLabelValues(name).Inc()
		}
		return func() {}, failed(err)
	}
	start := time.Now()
	if !t.Admitted() {
		st.ticket.Store(t)
		if err := st.wait(ctx, t, start); err != nil {
			t.Leave()
			return func() {}, err
		}
	}
	metrics.Observe(e.metrics.QueueWait.WithLabelValues(name), time.Since(start))
	return t.Leave, nil
}

// wait waits for a ticket and tells the log of it.
func (st *Statement) wait(ctx context.Context, t *admission.Ticket, start time.Time) error {
	if st.waiting != nil {
		st.waiting(true)
		defer st.waiting(false)
	}
	var last admission.Place
	for {
		if p := t.Place(); p.Position > 0 && p != last {
			st.log.Logf("INFO", "Waiting in pool %s: position %d of %d", p.Pool, p.Position, p.Queued)
			last = p
		}
		turn, cancel := context.WithTimeout(ctx, positionEvery)
		err := t.Wait(turn)
		cancel()
		switch {
		case err == nil:
			st.log.Logf("INFO", "Admitted to pool %s after %.3f seconds", st.poolName(), time.Since(start).Seconds())
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
}

// short says that the statement is estimated to be done within a second.
func (st *Statement) short() bool {
	if st.estimate == nil || len(st.plans) == 0 {
		return false
	}
	rows := 0.0
	var add func(n plan.Node) bool
	add = func(n plan.Node) bool {
		r := st.estimate(n)
		if rows += r; r < 0 || rows > shortRows {
			return false
		}
		for _, in := range n.Inputs() {
			if !add(in) {
				return false
			}
		}
		return true
	}
	for _, p := range st.plans {
		if !add(p) {
			return false
		}
	}
	return true
}

// Pools describes the pools.
func (e *Engine) Pools() []admission.View { return e.admission.Pools() }
