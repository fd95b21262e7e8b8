// Package memory accounts for the memory of queries: a tree of pools with limits, and accounts through which operators say
// how much they hold. Memory itself comes from the Go heap; the pools decide who has to spill.
//
// Reclaim is co-operative, as in Velox: an operator records what it uses after each batch. When a pool is over its limit, the
// recording operator is told so and spills if it can, and the largest other spillable account of the same query is asked to
// spill at its next batch. When it is the use of several queries together that is over a limit, the largest accounts of the other
// queries are asked too, and as long as what they will give back covers the excess, the one who asked goes on: a query does not
// fail, or spill the little it has, because it came last.
package memory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// ErrExceeded is wrapped by the errors of operators that need more memory than their query may use and cannot spill.
var ErrExceeded = errors.New("memory limit exceeded")

// Pool is a node of the tree: the server, or a query. Its methods are safe for concurrent use.
type Pool struct {
	name   string
	parent *Pool
	limit  int64
	// reserved counts in the parent from the start: what the pool's queries use up to it takes nothing from others any more.
	reserved int64
	used     atomic.Int64
	peak     atomic.Int64
	// spilled is what operators wrote to files for lack of memory, in bytes.
	spilled atomic.Int64
	closed  atomic.Bool

	mu       sync.Mutex
	accounts map[*Account]struct{}
	children map[*Pool]struct{}
}

// NewPool returns a root pool of limit bytes; limit ≤ 0 means no limit.
func NewPool(name string, limit int64) *Pool {
	return &Pool{name: name, limit: limit, accounts: map[*Account]struct{}{}, children: map[*Pool]struct{}{}}
}

// NewChild returns a pool whose use also counts in p; limit ≤ 0 means only p's limit holds.
func (p *Pool) NewChild(name string, limit int64) *Pool {
	c := NewPool(name, limit)
	c.parent = p
	p.mu.Lock()
	p.children[c] = struct{}{}
	p.mu.Unlock()
	return c
}

// Reserve returns a pool to which n bytes of p belong as long as it is open, whether they are used or not. It may use more, which
// counts in p as that of other children does; only p's limit holds.
func (p *Pool) Reserve(name string, n int64) *Pool {
	c := p.NewChild(name, 0)
	c.reserved = max(n, 0)
	p.add(c.reserved, false)
	return c
}

// Close takes a child out of its parent, with all that is still recorded in it, such as what an operator held that broke down:
// whatever happens to a query, its memory is the others' again when it has ended. What is recorded later goes nowhere.
func (p *Pool) Close() {
	p.closed.Store(true)
	left := max(p.used.Swap(0), p.reserved)
	for q := p.parent; q != nil; q = q.parent {
		q.used.Add(-left)
	}
	if p.parent != nil {
		p.parent.mu.Lock()
		delete(p.parent.children, p)
		p.parent.mu.Unlock()
	}
}

// Used returns the bytes recorded now.
func (p *Pool) Used() int64 { return p.used.Load() }

// Peak returns the largest number of bytes recorded so far.
func (p *Pool) Peak() int64 { return p.peak.Load() }

// Spilled returns the bytes that operators wrote to files.
func (p *Pool) Spilled() int64 { return p.spilled.Load() }

// AddSpilled counts bytes written to files.
func (p *Pool) AddSpilled(n int64) {
	for ; p != nil; p = p.parent {
		p.spilled.Add(n)
	}
}

// Limit returns the smallest limit of p and its ancestors, or 0 when there is none.
func (p *Pool) Limit() int64 {
	var limit int64
	for ; p != nil; p = p.parent {
		if p.limit > 0 && (limit == 0 || p.limit < limit) {
			limit = p.limit
		}
	}
	return limit
}

// Available returns how many more bytes fit below the limits of p and its ancestors (may be negative), or a very large
// number without limits.
func (p *Pool) Available() int64 {
	room, own := int64(1)<<62, int64(0)
	for ; p != nil; p = p.parent {
		used := p.used.Load()
		if p.limit > 0 {
			room = min(room, p.limit-used+own)
		}
		own += max(0, p.reserved-used)
	}
	return room
}

// reserve is the part of a limit that spillable accounts leave to those that cannot give memory back.
const reserve = 5 // one fifth

// overcommit is the part of a limit that may be exceeded while others spill. A server's limit leaves room for it: it is three
// quarters of the process's memory.
const overcommit = 8 // one eighth

// add records n bytes, those beyond a pool's reservation in its parent, too. It returns the first pool from p upwards whose limit, less the reserve for spillable accounts, they exceed,
// or nil.
func (p *Pool) add(n int64, spillable bool) (over *Pool) {
	for ; p != nil && !p.closed.Load(); p = p.parent {
		used := p.used.Add(n)
		for {
			peak := p.peak.Load()
			if used <= peak || p.peak.CompareAndSwap(peak, used) {
				break
			}
		}
		limit := p.limit
		if spillable {
			limit -= limit / reserve
		}
		if p.limit > 0 && used > limit && over == nil {
			over = p
		}
		if n = max(used, p.reserved) - max(used-n, p.reserved); n == 0 { // what is left of the reservation pays first
			return over
		}
	}
	return over
}

// candidate is a spillable account that may be asked.
type candidate struct {
	account *Account
	held    int64
	asked   bool
}

// candidates appends the spillable accounts below p, but for those of one query.
func (p *Pool) candidates(but *Pool, list []candidate) []candidate {
	if p == but {
		return list
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for a := range p.accounts {
		if held := a.held.Load(); a.spillable && held > 0 {
			list = append(list, candidate{a, held, a.asked.Load()})
		}
	}
	for c := range p.children {
		list = c.candidates(but, list)
	}
	return list
}

// reclaim asks accounts of other queries than a's below p, which is over its limit, to spill, the largest first, until they cover
// the excess. Accounts smaller than a are not asked for one that can spill itself. It reports whether the excess is covered.
func (p *Pool) reclaim(a *Account) bool {
	limit := p.limit
	if a.spillable {
		limit -= limit / reserve
	}
	used := p.used.Load()
	excess := used - limit
	list := p.candidates(a.pool, nil)
	slices.SortFunc(list, func(x, y candidate) int { return cmp.Compare(y.held, x.held) })
	for _, c := range list {
		if c.asked {
			excess -= c.held
		}
	}
	for _, c := range list {
		if excess <= 0 || a.spillable && c.held <= a.held.Load() {
			break
		}
		if !c.asked {
			c.account.asked.Store(true)
			excess -= c.held
		}
	}
	return excess <= 0 && used <= p.limit+p.limit/overcommit
}

// askLargest asks the largest spillable account other than a to spill, when it holds more than a does.
func (p *Pool) askLargest(a *Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	largest := a
	for o := range p.accounts {
		if o.spillable && o.held.Load() > largest.held.Load() {
			largest = o
		}
	}
	if largest != a {
		largest.asked.Store(true)
	}
}

// Account is what one operator, or one worker of it, holds in a pool. It is used by one goroutine at a time.
type Account struct {
	pool      *Pool
	name      string
	spillable bool
	floor     int64 // what may be held in any case
	held      atomic.Int64
	asked     atomic.Bool
}

// floorShare is the share of the limit that any account may hold, so that everyone gets on, if slowly. Accounts that cannot
// spill may hold twice as much.
const floorShare = 32

// NewAccount opens an account. A spillable one may be asked to spill (see Asked).
func (p *Pool) NewAccount(name string, spillable bool) *Account {
	a := &Account{pool: p, name: name, spillable: spillable, floor: p.Limit() / floorShare}
	if !spillable {
		a.floor *= 2
	}
	p.mu.Lock()
	p.accounts[a] = struct{}{}
	p.mu.Unlock()
	return a
}

// Set records that the holder uses n bytes now. It reports whether that is acceptable: the pool stays within its limits, or n is
// a small part of them. If not, the holder should spill, or fail with Exceeded. The use is recorded in any case, since the
// memory is in use.
func (a *Account) Set(n int64) bool {
	d := n - a.held.Load()
	if d <= 0 {
		if d < 0 {
			a.held.Add(d)
			a.pool.add(d, a.spillable)
			a.asked.Store(false)
		}
		return true
	}
	a.held.Add(d)
	over := a.pool.add(d, a.spillable)
	if over == nil {
		return true
	}
	a.pool.askLargest(a)
	return n <= a.floor || over != a.pool && over.reclaim(a)
}

// Room reports whether n more bytes would fit.
func (a *Account) Room(n int64) bool { return a.pool.Available() >= n }

// Held returns the recorded bytes.
func (a *Account) Held() int64 { return a.held.Load() }

// Asked reports whether another operator of the query needs memory and this account was the largest.
func (a *Account) Asked() bool { return a.asked.Load() }

// Exceeded returns the error of an operator that cannot go on.
func (a *Account) Exceeded() error {
	mine := a.pool.used.Load()
	var others int64
	for p := a.pool.parent; p != nil; p = p.parent {
		others = max(others, p.used.Load()-mine)
	}
	if others > 0 {
		return fmt.Errorf("%s holds %d MB and needs more than there is: of %d MB this query uses %d MB and others %d MB: %w",
			a.name, a.held.Load()>>20, a.pool.Limit()>>20, mine>>20, others>>20, ErrExceeded)
	}
	return fmt.Errorf("%s holds %d MB and needs more than the query's limit of %d MB: %w",
		a.name, a.held.Load()>>20, a.pool.Limit()>>20, ErrExceeded)
}

// Close gives everything back.
func (a *Account) Close() {
	a.Set(0)
	a.pool.mu.Lock()
	delete(a.pool.accounts, a)
	a.pool.mu.Unlock()
}
