// Package operation runs what clients ask of a session: statements and metadata calls. An Operation is Hive's state machine
// around one of them, with its log, its result cursor and its cancellation.
package operation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/backend"
	"skep/thrift/rowset"
	"skep/thrift/tcli"
)

// State is a state of Hive's operation state machine. The values are the wire's.
type State = hiveserver.TOperationState

// The states. Finished, Canceled, Failed, TimedOut and Closed are terminal; from them only Closed can follow.
const (
	Initialized = hiveserver.TOperationState_INITIALIZED_STATE
	Running     = hiveserver.TOperationState_RUNNING_STATE
	Finished    = hiveserver.TOperationState_FINISHED_STATE
	Canceled    = hiveserver.TOperationState_CANCELED_STATE
	Closed      = hiveserver.TOperationState_CLOSED_STATE
	Failed      = hiveserver.TOperationState_ERROR_STATE
	Pending     = hiveserver.TOperationState_PENDING_STATE
	TimedOut    = hiveserver.TOperationState_TIMEDOUT_STATE
)

// Type is the kind of an operation. The values are the wire's.
type Type = hiveserver.TOperationType

func terminal(s State) bool {
	switch s {
	case Finished, Canceled, Failed, TimedOut, Closed:
		return true
	}
	return false
}

// stateName is Hive's name of a state in messages.
func stateName(s State) string {
	switch s {
	case Failed:
		return "ERROR"
	case TimedOut:
		return "TIMEDOUT"
	case Canceled:
		return "CANCELED"
	case Closed:
		return "CLOSED"
	case Finished:
		return "FINISHED"
	case Running:
		return "RUNNING"
	case Pending:
		return "PENDING"
	}
	return "INITIALIZED"
}

// errAborted is the cancellation cause of a statement whose operation was cancelled, timed out or closed.
var errAborted = errors.New("operation aborted")

// Operation is one statement or metadata call. All methods are safe for concurrent use.
type Operation struct {
	id      tcli.HandleID
	kind    Type
	owner   Session
	sql     string
	queryID string
	log     *Log
	created time.Time
	async   bool // runs in the background; status calls wait for it

	ctx   context.Context // ends when the operation is aborted
	abort context.CancelCauseFunc
	done  chan struct{} // closed in the first terminal state

	mu        sync.Mutex
	state     State
	err       *tcli.Error // why state is Failed
	killed    string      // what the client is told when somebody else cancelled the operation
	started   time.Time
	completed time.Time
	touched   time.Time // last call of a client
	compiled  bool      // hasResult, columns and stmt are known
	hasResult bool
	columns   []backend.Column
	stmt      backend.Statement // nil for metadata calls
	modified  int64             // rows, -1 unknown
	work      sync.WaitGroup    // the goroutine or call that executes

	slot slotState // of the goroutine that executes

	fetch  sync.Mutex // one fetch at a time; also guards the following
	cursor backend.Cursor
	closed bool // resources released

	spare atomic.Pointer[rowset.Builder] // a row set to fill at the next fetch
}

// slotState says whether an operation has one of the manager's slots.
type slotState uint8

const (
	none slotState = iota
	held
	lent // given to others while the statement waits to be admitted
)

// ID returns the operation's identifier.
func (o *Operation) ID() tcli.HandleID { return o.id }

// SQL returns the statement's text, empty for metadata calls.
func (o *Operation) SQL() string { return o.sql }

// QueryID returns the query id, empty for metadata calls.
func (o *Operation) QueryID() string { return o.queryID }

// Owner returns the operation's session.
func (o *Operation) Owner() Session { return o.owner }

// String is Hive's text of the handle.
func (o *Operation) String() string { return handleText(o.kind, o.id) }

func handleText(kind Type, id tcli.HandleID) string {
	return fmt.Sprintf("OperationHandle [opType=%s, getHandleIdentifier()=%s]", kind, id)
}

// Handle returns the wire form of the handle.
func (o *Operation) Handle() *hiveserver.TOperationHandle {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &hiveserver.TOperationHandle{OperationId: o.id.Thrift(), OperationType: o.kind, HasResultSet: o.hasResult}
}

// setState moves to state s unless the state machine forbids it, and reports whether it did.
func (o *Operation) setState(s State) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.setStateLocked(s)
}

func (o *Operation) setStateLocked(s State) bool {
	if o.state == Closed || terminal(o.state) && s != Closed {
		return false
	}
	was := o.state
	o.state = s
	now := time.Now()
	if s == Running && o.started.IsZero() {
		o.started = now
	}
	if terminal(s) && !terminal(was) {
		o.completed = now
		close(o.done)
	}
	return true
}

// fail ends the operation with an error, unless it has ended already.
func (o *Operation) fail(err *tcli.Error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !terminal(o.state) {
		o.err = err
		o.setStateLocked(Failed)
	}
}

func (o *Operation) touch() {
	o.mu.Lock()
	o.touched = time.Now()
	o.mu.Unlock()
	o.owner.Touch()
}

// State returns the current state.
func (o *Operation) State() State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state
}

// kill cancels the operation for a reason that the client is told.
func (o *Operation) kill(reason string) {
	o.mu.Lock()
	if !terminal(o.state) {
		o.killed = reason
		o.setStateLocked(Canceled)
	}
	o.mu.Unlock()
	o.abort(errAborted)
}

// Cancel aborts a running operation; in a terminal state it does nothing.
func (o *Operation) Cancel() { o.end(Canceled) }

func (o *Operation) end(s State) {
	if o.setState(s) {
		o.abort(errAborted)
	}
}

// Close aborts the operation, waits until its execution has stopped, and releases results.
func (o *Operation) Close() error {
	o.mu.Lock()
	running := !terminal(o.state)
	o.setStateLocked(Closed)
	o.mu.Unlock()
	o.abort(errAborted)
	if running {
		o.log.Logf("WARN", "The operation was closed before it ended")
	}
	o.work.Wait()
	o.fetch.Lock()
	defer o.fetch.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	errs := []error{o.log.Close()}
	if o.cursor != nil {
		errs = append(errs, o.cursor.Close())
	}
	o.mu.Lock()
	stmt := o.stmt
	o.mu.Unlock()
	if stmt != nil {
		errs = append(errs, stmt.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", o, err)
	}
	return nil
}

// expired reports whether no client has asked for the operation for the idle time. A positive timeout counts for ended
// operations only, a negative one for all.
func (o *Operation) expired(now time.Time, timeout time.Duration) bool {
	if timeout == 0 {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if timeout > 0 {
		return terminal(o.state) && now.Sub(o.touched) >= timeout
	}
	return now.Sub(o.touched) >= -timeout
}
