// Package backend is what the HiveServer2 front end asks of the system behind it: sessions that compile statements, statements
// that run and yield columnar results, and bulk look-ups of metadata. The front end (thrift/operation, thrift/session,
// thrift/hs2) is the consumer and defines it; the engine's adapter and the tests' fake implement it.
//
// Errors. An error that unwraps to *sqlerr.Error reaches the client with its code, SQLSTATE and Hive's text; any other error
// becomes a runtime error (code 40000 while compiling, otherwise the generic execution failure).
package backend

import (
	"context"
	"time"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Backend opens sessions. It is safe for concurrent use.
type Backend interface {
	OpenSession(ctx context.Context, req SessionRequest) (Session, error)
}

// Recoverer is a Backend that goes on with statements of an earlier process.
type Recoverer interface {
	Recovered() []Recovered
}

// Recovered is a statement that an earlier process began. Its Run waits for its end.
type Recovered struct {
	Session      Session
	Statement    Statement
	SQL, QueryID string
	Client       []byte // StatementRequest.Client
}

// SessionRequest describes a new session. The maps belong to the receiver.
type SessionRequest struct {
	ID       string // the session handle's UUID, Hive's hive.session.id
	User     string // effective user, never empty
	RealUser string // authenticated user when a proxy user is in effect, else equal to User
	Address  string // client's IP address
	Database string // from "use:database"; empty means default
	Conf     map[string]string
	HiveVars map[string]string
	System   map[string]string // "set:system:" properties
	MetaConf map[string]string // "set:metaconf:" properties
}

// Session is one client session. It is safe for concurrent use: statements of one session may compile and run at the same
// time, and metadata calls may come while they do.
type Session interface {
	// Compile parses, analyses and optimises one statement (command or SQL, variables not yet substituted). It returns the
	// errors a client must see before execution. ctx ends when the operation is cancelled.
	Compile(ctx context.Context, req StatementRequest) (Statement, error)
	// Conf returns the session's effective value of a setting, defaults included.
	Conf(key string) (string, bool)
	// SetHiveVar sets a session variable (hivevar namespace).
	SetHiveVar(name, value string)
	// Metadata answers the metadata calls of JDBC.
	Metadata() Metadata
	// Close drops temporary objects and scratch data. All statements are closed before.
	Close() error
}

// KilledError is the error of a statement that somebody ended, not through its own operation: it is cancelled then, not failed.
type KilledError struct{ Message string }

func (e *KilledError) Error() string { return e.Message }

// StatementRequest is one statement to compile.
type StatementRequest struct {
	SQL     string
	Overlay map[string]string // settings for this statement only
	QueryID string            // hive.query.id
	// Waiting, when not nil, is told when the statement begins to wait until it may run and when it stops. It is called by Run, one
	// call after the other.
	Waiting func(waiting bool)
	Log     Log // the operation's log, valid until the statement is closed
	// Client is kept with the statement where it may go on in another process; opaque to the backend.
	Client []byte
}

// Log receives the lines of an operation's log, which clients stream while the statement runs. Levels are "INFO", "WARN" and
// "ERROR". It is safe for concurrent use.
type Log interface {
	Logf(level, format string, args ...any)
}

// Statement is a compiled statement. Methods other than Progress are called by one goroutine at a time.
type Statement interface {
	// HasResultSet reports whether Rows will be available after Run.
	HasResultSet() bool
	// Columns describes the result set; nil without one. The slice is immutable.
	Columns() []Column
	// IsCommand reports whether this is a command such as SET or ADD, which runs within the ExecuteStatement call even when
	// asynchronous execution is asked for.
	IsCommand() bool
	// Run executes the statement to its end: all writes are committed and, for a query, the result is ready to be read.
	// It stops soon after ctx ends.
	Run(ctx context.Context) error
	// Progress describes the execution. It may be called at any time from any goroutine.
	Progress() Progress
	// Rows returns the cursor over the result set after a successful Run. The statement owns it: every call returns the same
	// cursor.
	Rows() (Cursor, error)
	// ModifiedRows returns the number of rows written, or -1 when unknown or not applicable.
	ModifiedRows() int64
	// Location is the session's time zone for printing timestamps with local time zone; nil means UTC.
	Location() *time.Location
	// Close releases results and scratch data. It may be called at any stage, once.
	Close() error
}

// Column is a result column, named as clients see it ("c", "_c0", or "table.c").
type Column struct {
	Name    string
	Type    *types.Type
	Comment string
}

// Cursor reads a result from the start. It is used by one goroutine at a time.
type Cursor interface {
	// Next returns up to maxRows further rows, or nil at the end, repeatedly. The batch is valid until the next call and must
	// not be changed. An empty batch is not the end.
	Next(ctx context.Context, maxRows int) (*vector.Batch, error)
	// Rewind goes back to the first row.
	Rewind() error
	// Close releases the cursor.
	Close() error
}

// Progress is a snapshot of an execution.
type Progress struct {
	Vertices []VertexProgress
	Fraction float64 // 0 to 1
	Running  bool    // between submission and end
}

// VertexProgress is one row of the progress table that beeline draws.
type VertexProgress struct {
	Name      string // "Map 1"
	Mode      string // "vectorized"
	Status    string // "RUNNING"
	Total     int
	Completed int
	Running   int
	Pending   int
	Failed    int
	Killed    int
}
