package txn

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Mode is what a lock is for.
type Mode uint8

// The modes, weakest first.
const (
	// SharedRead is held by who reads.
	SharedRead Mode = iota
	// SharedWrite is held by who adds rows: several may at a time.
	SharedWrite
	// ExclusiveWrite is held by who changes rows, and excludes other writers.
	ExclusiveWrite
	// Exclusive excludes everybody.
	Exclusive
)

// String is Hive's name of the mode.
func (m Mode) String() string {
	return [...]string{"SHARED_READ", "SHARED_WRITE", "EXCL_WRITE", "EXCLUSIVE"}[m]
}

// excludes reports whether locks of two modes on one object exclude each other.
func (m Mode) excludes(o Mode) bool {
	weak, strong := min(m, o), max(m, o)
	return strong == Exclusive || weak == SharedWrite && strong == ExclusiveWrite || weak == ExclusiveWrite
}

// Component is a part of a lock: the mode for a database, a table or a partition. Empty names stand for all there are below.
type Component struct {
	Database, Table, Partition string
	Mode                       Mode
}

// excludes reports whether two components exclude each other.
func (c Component) excludes(o Component) bool {
	if !c.Mode.excludes(o.Mode) || c.Database != o.Database {
		return false
	}
	if c.Table != o.Table {
		return c.Table == "" && c.Mode == Exclusive || o.Table == "" && o.Mode == Exclusive
	}
	return c.Partition == o.Partition || c.Partition == "" || o.Partition == ""
}

// Request is a wish for locks.
type Request struct {
	Txn           int64 // 0: none
	QueryID, User string
	Components    []Component
}

// Lock is what was granted, or is waited for.
type Lock struct {
	Request
	ID   int64
	Host string
	// Asked and Acquired are the times; Acquired is zero while it is waited for.
	Asked, Acquired time.Time
	// BlockedBy is the id of the lock that is in the way.
	BlockedBy int64

	locks *locks
}

// locks are the locks of a manager, in the order in which they were asked for. Nobody overtakes an earlier request that is in the way,
// whether granted or waiting, so nobody starves; and all components of a request are granted at once, so nobody waits in a circle.
type locks struct {
	mu      sync.Mutex
	next    int64
	all     []*Lock
	changed chan struct{} // closed when a lock goes
}

// Lock waits until no earlier lock is in the way.
func (m *Manager) Lock(ctx context.Context, r Request) (*Lock, error) {
	x := &m.locks
	x.mu.Lock()
	x.next++
	l := &Lock{Request: r, ID: x.next, Host: m.o.Host, Asked: m.o.Now(), locks: x}
	x.all = append(x.all, l)
	for {
		if l.BlockedBy = x.blocker(l); l.BlockedBy == 0 {
			l.Acquired = m.o.Now()
			x.mu.Unlock()
			return l, nil
		}
		if x.changed == nil {
			x.changed = make(chan struct{})
		}
		changed := x.changed
		x.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			l.Release()
			return nil, context.Cause(ctx)
		}
		x.mu.Lock()
	}
}

// blocker is the id of the first earlier lock in the way of l. The caller holds x.mu.
func (x *locks) blocker(l *Lock) int64 {
	for _, o := range x.all {
		if o == l {
			return 0
		}
		for _, c := range l.Components {
			if slices.ContainsFunc(o.Components, c.excludes) {
				return o.ID
			}
		}
	}
	return 0
}

// Release gives the lock up.
func (l *Lock) Release() {
	x := l.locks
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all = slices.DeleteFunc(x.all, func(o *Lock) bool { return o == l })
	if x.changed != nil {
		close(x.changed)
		x.changed = nil
	}
}

// Locks lists the locks that are held or waited for, by id.
func (m *Manager) Locks() []Lock {
	x := &m.locks
	x.mu.Lock()
	defer x.mu.Unlock()
	out := make([]Lock, len(x.all))
	for i, l := range x.all {
		out[i] = *l
	}
	slices.SortFunc(out, func(a, b Lock) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
