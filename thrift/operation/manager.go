package operation

import (
	"context"
	"sync"
	"time"

	"github.com/beltran/gohive/hiveserver"
	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"

	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// Session is what operations need of the session they belong to.
type Session interface {
	Backend() backend.Session
	// Conf returns the effective value of a setting.
	Conf(key string) string
	// Touch marks the session as used now.
	Touch()
	// Acquire waits for the session's turn to run an operation when the session runs one at a time. release gives it back.
	Acquire(ctx context.Context) (release func(), err error)
	// Add and Remove keep the session's set of open operations. Add reports false when the session is being closed.
	Add(id tcli.HandleID) bool
	Remove(id tcli.HandleID)
	// Save describes the session, so that it can be found again after a restart of the server.
	Save() ([]byte, error)
}

// Options configure a Manager.
type Options struct {
	Log hclog.Logger
	// ProcessUser is the first part of query ids.
	ProcessUser string
	// Threads bounds the statements that run asynchronously at one time, WaitQueue those that wait for their turn.
	Threads, WaitQueue int
	// LongPoll bounds the wait of a status call.
	LongPoll time.Duration
	// LogDir is where the logs of operations are that memory is too small for; "" = the system's directory of temporary files.
	LogDir string
	// IdleTimeout closes operations no client asks for: when positive, ended ones; when negative, all. 0 is off.
	IdleTimeout time.Duration
}

// Manager holds the server's open operations. It is safe for concurrent use.
type Manager struct {
	opts  Options
	base  context.Context // parent of all executions
	slots chan struct{}   // one token per running asynchronous statement

	mu         sync.Mutex
	operations map[tcli.HandleID]*Operation
	waiting    int
}

// NewManager returns an empty manager. Executions end when ctx does.
func NewManager(ctx context.Context, opts Options) *Manager {
	return &Manager{opts: opts, base: ctx, slots: make(chan struct{}, opts.Threads), operations: map[tcli.HandleID]*Operation{}}
}

// LongPoll returns the longest wait of a status call.
func (m *Manager) LongPoll() time.Duration { return m.opts.LongPoll }

// Get finds an operation by its wire handle and refreshes its idle timer.
func (m *Manager) Get(h *hiveserver.TOperationHandle) (*Operation, error) {
	var id tcli.HandleID
	kind := hiveserver.TOperationType_UNKNOWN
	if h != nil {
		id, kind = tcli.HandleIDOf(h.OperationId), h.OperationType
	}
	m.mu.Lock()
	o := m.operations[id]
	m.mu.Unlock()
	if o == nil || o.kind != kind {
		return nil, tcli.Errorf("Invalid OperationHandle: %s", handleText(kind, id))
	}
	o.touch()
	return o, nil
}

// Open returns the number of open operations.
func (m *Manager) Open() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.operations)
}

// All returns the open operations, in no order.
func (m *Manager) All() []*Operation {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]*Operation, 0, len(m.operations))
	for _, o := range m.operations {
		all = append(all, o)
	}
	return all
}

// add opens an operation whose work has begun: the caller ends it with o.work.Done.
func (m *Manager) add(s Session, kind Type, sql string) (*Operation, error) {
	now := time.Now()
	ctx, abort := context.WithCancelCause(m.base)
	o := &Operation{
		id: tcli.NewHandleID(), kind: kind, owner: s, sql: sql, created: now, touched: now, ctx: ctx, abort: abort,
		done: make(chan struct{}), state: Initialized, modified: -1,
	}
	if kind == hiveserver.TOperationType_EXECUTE_STATEMENT {
		o.queryID = m.opts.ProcessUser + "_" + now.Format("20060102150405") + "_" + uuid.NewString()
		o.log = newLog(s, m.opts.LogDir)
	} else {
		o.log = NewLog(false, "")
	}
	o.work.Add(1)
	m.mu.Lock()
	m.operations[o.id] = o
	m.mu.Unlock()
	if !s.Add(o.id) {
		m.mu.Lock()
		delete(m.operations, o.id)
		m.mu.Unlock()
		abort(errAborted)
		return nil, tcli.Errorf("Invalid SessionHandle: the session is closed")
	}
	return o, nil
}

// Close closes an operation and forgets it. Closing an unknown one does nothing.
func (m *Manager) Close(id tcli.HandleID) error {
	m.mu.Lock()
	o := m.operations[id]
	delete(m.operations, id)
	m.mu.Unlock()
	if o == nil {
		return nil
	}
	o.owner.Remove(id)
	return o.Close()
}

// Expire closes the operations that have been idle for too long.
func (m *Manager) Expire(now time.Time) {
	for _, o := range m.All() {
		if !o.expired(now, m.opts.IdleTimeout) {
			continue
		}
		m.opts.Log.Info("closing idle operation", "operation", o.id, "query", o.queryID, "state", stateName(o.State()))
		if err := m.Close(o.id); err != nil {
			m.opts.Log.Warn("close idle operation", "operation", o.id, "error", err)
		}
	}
}

// enqueue takes a place in the queue of asynchronous statements and reports whether there is one.
func (m *Manager) enqueue() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting >= m.opts.WaitQueue && len(m.slots) == cap(m.slots) {
		return false
	}
	m.waiting++
	return true
}

// dequeue waits for a slot to run in and leaves the queue. It reports whether it got one.
func (m *Manager) dequeue(ctx context.Context) bool {
	got := false
	select {
	case m.slots <- struct{}{}:
		got = true
	case <-ctx.Done():
	}
	m.mu.Lock()
	m.waiting--
	m.mu.Unlock()
	return got
}
