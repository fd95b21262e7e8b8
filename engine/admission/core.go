// Package admission decides which statements run and which wait. Statements enter by pool. A pool's statements are admitted in the
// order of their arrival; among pools that have a statement to admit, the one that uses least for its weight goes first.
//
// Core is the decision, without clock or goroutine; Controller lets statements wait for it.
package admission

import (
	"fmt"
	"slices"
)

// DefaultPool is the pool of statements that name none, or one that is not configured.
const DefaultPool = "default"

// Pool configures a pool.
type Pool struct {
	Name   string
	Weight int // share in relation to others; at least 1
	// Limits; 0: none.
	MaxRunning int   // statements at a time
	MaxQueued  int   // that wait
	PerUser    int   // statements of one user at a time
	Memory     int64 // bytes of the grants of running statements, and of what they use
}

// Config configures admission.
type Config struct {
	Pools []Pool
	// MaxRunning is the number of statements of all pools that may run at a time; 0: no limit.
	MaxRunning int
	// Memory is what the grants of all running statements may add up to; 0: no limit.
	Memory int64
	// ShortLane is the number of short statements that may run beyond MaxRunning of the server and of their pool.
	ShortLane int
}

// Request is a statement that wants to run.
type Request struct {
	Pool, User string
	// Short says that it is estimated to need less than a second of work.
	Short bool
	// Memory is the grant, in bytes, without which it does not run.
	Memory int64
}

// ID names a statement that was submitted.
type ID uint64

// patience is how often others are admitted past a statement that waits for memory before they have to wait with it.
const patience = 16

// Core is the state. It is not safe for concurrent use.
type Core struct {
	config Config
	pools  []*pool
	byID   map[ID]*statement
	last   ID

	running int // in the normal lane
	short   int // in the short lane
	memory  int64
	clock   float64 // virtual: the pass of the pool that was served last
}

type pool struct {
	Pool
	queue   []*statement
	running int // in the normal lane
	memory  int64
	users   map[string]int
	pass    float64 // statements admitted, divided by the weight
}

type statement struct {
	id       ID
	request  Request
	pool     *pool
	admitted bool
	lane     bool // runs in the short lane
	passed   int  // statements admitted while only memory lacked for this one
}

// NewCore returns the state in which nothing runs.
func NewCore(c Config) *Core {
	x := &Core{config: c, byID: map[ID]*statement{}}
	for _, p := range c.Pools {
		p.Weight = max(p.Weight, 1)
		x.pools = append(x.pools, &pool{Pool: p, users: map[string]int{}})
	}
	if x.pool(DefaultPool) == nil {
		x.pools = append(x.pools, &pool{Pool: Pool{Name: DefaultPool, Weight: 1}, users: map[string]int{}})
	}
	return x
}

func (x *Core) pool(name string) *pool {
	for _, p := range x.pools {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// FullError is the refusal of a statement whose pool has too many waiting ones.
type FullError struct {
	Pool   string
	Queued int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("the queue of pool %q is full: %d queries are waiting there; try again later, or use another pool "+
		"(tez.queue.name, mapreduce.job.queuename)", e.Pool, e.Queued)
}

// Submit takes a statement. It is admitted by Next, or refused with a *FullError, or, where it could never run, with another one.
func (x *Core) Submit(r Request) (ID, error) {
	p := x.pool(r.Pool)
	if p == nil {
		p = x.pool(DefaultPool)
	}
	for _, limit := range []int64{x.config.Memory, p.Memory} {
		if limit > 0 && r.Memory > limit {
			return 0, fmt.Errorf("the query needs a grant of %d MB to begin, and all of pool %q may have %d MB", r.Memory>>20, p.Name, limit>>20)
		}
	}
	x.last++
	s := &statement{id: x.last, request: r, pool: p}
	p.queue = append(p.queue, s)
	if n := len(p.queue) - 1; p.MaxQueued > 0 && n >= p.MaxQueued {
		if first, _ := x.candidate(p); first != s || x.starved() != nil {
			p.queue = p.queue[:n]
			return 0, &FullError{p.Name, n}
		}
	}
	if len(p.queue) == 1 && p.running == 0 {
		p.pass = max(p.pass, x.clock) // a pool that was away has not saved anything up
	}
	x.byID[s.id] = s
	return s.id, nil
}

// fits says whether a statement may run now, and in which lane.
func (x *Core) fits(s *statement) (ok, lane bool) {
	p, r := s.pool, s.request
	if p.PerUser > 0 && p.users[r.User] >= p.PerUser || !x.memoryFor(s) {
		return false, false
	}
	if (x.config.MaxRunning == 0 || x.running < x.config.MaxRunning) && (p.MaxRunning == 0 || p.running < p.MaxRunning) {
		return true, false
	}
	return r.Short && x.short < x.config.ShortLane, true
}

func (x *Core) memoryFor(s *statement) bool {
	n := s.request.Memory
	return (x.config.Memory == 0 || x.memory+n <= x.config.Memory) && (s.pool.Memory == 0 || s.pool.memory+n <= s.pool.Memory)
}

// share is what a pool uses of what is scarcer for it, statements or memory, divided by its weight.
func (x *Core) share(p *pool) float64 {
	s := float64(p.running) / float64(max(x.config.MaxRunning, x.running, 1))
	if x.config.Memory > 0 {
		s = max(s, float64(p.memory)/float64(x.config.Memory))
	}
	return s / float64(p.Weight)
}

// Next admits a statement, if one may run; it is to be called until it reports false.
func (x *Core) Next() (ID, bool) {
	var best *statement
	var bestLane bool
	for _, p := range x.pools {
		s, lane := x.candidate(p)
		if s == nil || best != nil && !x.before(s, best) {
			continue
		}
		best, bestLane = s, lane
	}
	if best == nil {
		return 0, false
	}
	if starved := x.starved(); starved != nil && starved != best {
		return 0, false
	}
	x.admit(best, bestLane)
	return best.id, true
}

// candidate is the first statement of a pool that may run. Statements pass others of their pool only where those wait for their
// user's others, or in the short lane.
func (x *Core) candidate(p *pool) (*statement, bool) {
	blocked := false
	for _, s := range p.queue {
		if p.PerUser > 0 && p.users[s.request.User] >= p.PerUser {
			continue
		}
		ok, lane := x.fits(s)
		if ok && (!blocked || lane) {
			return s, lane
		}
		blocked = true
	}
	return nil, false
}

// before orders the candidates of two pools.
func (x *Core) before(a, b *statement) bool {
	if s, t := x.share(a.pool), x.share(b.pool); s != t {
		return s < t
	}
	if a.pool.pass != b.pool.pass {
		return a.pool.pass < b.pool.pass
	}
	return a.id < b.id
}

// starved is a statement that lacks nothing but memory and that too many have passed.
func (x *Core) starved() *statement {
	for _, p := range x.pools {
		if len(p.queue) > 0 && p.queue[0].passed >= patience && !x.memoryFor(p.queue[0]) {
			return p.queue[0]
		}
	}
	return nil
}

func (x *Core) admit(s *statement, lane bool) {
	p := s.pool
	for _, o := range x.pools {
		if len(o.queue) > 0 && o.queue[0] != s && !x.memoryFor(o.queue[0]) {
			o.queue[0].passed++
		}
	}
	p.queue = slices.DeleteFunc(p.queue, func(o *statement) bool { return o == s })
	s.admitted, s.lane = true, lane
	if lane {
		x.short++
	} else {
		x.running++
		p.running++
		x.clock = p.pass
		p.pass += 1 / float64(p.Weight)
	}
	p.users[s.request.User]++
	p.memory += s.request.Memory
	x.memory += s.request.Memory
}

// Leave takes a statement out: it ended, or need not wait any more.
func (x *Core) Leave(id ID) {
	s := x.byID[id]
	if s == nil {
		return
	}
	delete(x.byID, id)
	p := s.pool
	if !s.admitted {
		p.queue = slices.DeleteFunc(p.queue, func(o *statement) bool { return o == s })
		return
	}
	if s.lane {
		x.short--
	} else {
		x.running--
		p.running--
	}
	if p.users[s.request.User]--; p.users[s.request.User] == 0 {
		delete(p.users, s.request.User)
	}
	p.memory -= s.request.Memory
	x.memory -= s.request.Memory
}

// Place is where a statement waits.
type Place struct {
	Pool     string
	Position int // from 1; 0: it does not wait
	Queued   int // statements that wait there
}

// Place tells where a statement waits.
func (x *Core) Place(id ID) Place {
	s := x.byID[id]
	if s == nil {
		return Place{}
	}
	return Place{s.pool.Name, slices.Index(s.pool.queue, s) + 1, len(s.pool.queue)}
}

// View is what users see of a pool.
type View struct {
	Pool
	Running, Queued int
	Granted         int64 // bytes
}

// Pools describes the pools.
func (x *Core) Pools() []View {
	running := map[*pool]int{}
	for _, s := range x.byID {
		if s.admitted {
			running[s.pool]++
		}
	}
	var out []View
	for _, p := range x.pools {
		out = append(out, View{p.Pool, running[p], len(p.queue), p.memory})
	}
	return out
}
