// Package history keeps what statements did: a row per statement in an index (SQLite) and a file of events beside it, from which
// the statement's page is shown long after its end.
//
//	statement ── Begin, Phase, Attempt, End ──► Job (aggregates) ──► queue ──► the writer's goroutine ──► events/…/N.zst, history.db
//
// A file is zstd of one JSON event per line, so that `zstdcat` reads it; behind the events there is a skippable frame with what
// they amount to (Detail), stages already added up, so that opening a job of many tasks reads that frame alone. What would be a
// file of a few kilobytes is kept in the index, since most statements do less than making a file costs. A file that was
// cut short by a crash lacks the frame and is added up when the history is opened next; its statement is Lost.
//
// Nothing here makes a statement wait: what cannot be written is counted, logged and dropped.
package history

import "time"

// State is the state of a statement.
type State string

// The states of a statement. Lost are those that ran when the server was killed.
const (
	Queued   State = "queued"
	Running  State = "running"
	Finished State = "finished"
	Failed   State = "failed"
	Canceled State = "canceled"
	Lost     State = "lost"
)

// Ended reports whether the state is final.
func (s State) Ended() bool { return s != Queued && s != Running }

// Record is the index row of a statement.
type Record struct {
	ID        int64     `json:"id"` // of the history, ascending
	QueryID   string    `json:"queryId"`
	SessionID string    `json:"session,omitempty"`
	User      string    `json:"user"`
	Database  string    `json:"database"`
	Pool      string    `json:"pool,omitempty"`
	Kind      string    `json:"kind"` // query, write, ddl, command …
	SQL       string    `json:"sql"`  // in lists: its beginning
	State     State     `json:"state"`
	Error     string    `json:"error,omitempty"` // the first cause
	Start     time.Time `json:"start"`           // of the compilation
	// Durations of the phases. Elapsed is all of them, until now while the statement runs.
	Compile time.Duration `json:"compile,omitempty"`
	Queue   time.Duration `json:"queue,omitempty"`
	Run     time.Duration `json:"run,omitempty"`
	Commit  time.Duration `json:"commit,omitempty"`
	Elapsed time.Duration `json:"elapsed,omitempty"`

	Rows           int64 `json:"rows"` // of the result, or written; -1: neither
	Tasks          int   `json:"tasks,omitempty"`
	FailedAttempts int   `json:"failedAttempts,omitempty"`
	Spill          int64 `json:"spill,omitempty"`   // bytes
	Shuffle        int64 `json:"shuffle,omitempty"` // bytes
	Memory         int64 `json:"memory,omitempty"`  // peak bytes
}

// Detail is all that is known of a statement.
type Detail struct {
	Record
	Settings map[string]string `json:"settings,omitempty"` // that the session or the statement changed
	Plan     string            `json:"plan,omitempty"`
	Profile  string            `json:"profile,omitempty"` // what the operators did
	Stages   []Stage           `json:"stages,omitempty"`
	Classes  map[string]int    `json:"classes,omitempty"`  // attempts that failed, by class
	Failures []Failure         `json:"failures,omitempty"` // the first ones
	// Copies of slow tasks: Launched, of them first (Won), and of no use (Wasted).
	Launched int `json:"copies,omitempty"`
	Won      int `json:"copiesWon,omitempty"`
	Wasted   int `json:"copiesWasted,omitempty"`
	Dropped  int `json:"dropped,omitempty"` // events that were not recorded, for lack of room
}

// Stage is what the tasks of a stage did, added up.
type Stage struct {
	Name      string `json:"name"`
	State     string `json:"state,omitempty"`
	Tasks     int    `json:"tasks"`
	Completed int    `json:"completed"`
	Running   int    `json:"-"`
	Failed    int    `json:"failed,omitempty"` // attempts
	Killed    int    `json:"killed,omitempty"` // attempts
	Copies    int    `json:"copies,omitempty"`
	Rows      int64  `json:"rows"`  // written
	Bytes     int64  `json:"bytes"` // written
	Spill     int64  `json:"spill,omitempty"`
	// Begin and End are those of its attempts, from the statement's start.
	Begin time.Duration `json:"begin"`
	End   time.Duration `json:"end"`
	// Time of all finished attempts, of the one in the middle and of the longest one.
	Time    time.Duration `json:"time"`
	Median  time.Duration `json:"median"`
	Longest time.Duration `json:"longest"`
	// Bytes that the task in the middle and the largest one read.
	MedianTask  int64 `json:"medianTask,omitempty"`
	LargestTask int64 `json:"largestTask,omitempty"`
}

// Skew is how many times longer the longest task ran than the one in the middle.
func (s *Stage) Skew() float64 {
	if s.Median <= 0 {
		return 1
	}
	return float64(s.Longest) / float64(s.Median)
}

// Attempt is a run of a task that has ended.
type Attempt struct {
	Stage   int       `json:"stage"`
	Epoch   int       `json:"epoch,omitempty"`
	Task    int       `json:"task"`
	Attempt int       `json:"attempt"`
	Worker  string    `json:"worker,omitempty"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Class   string    `json:"class,omitempty"` // of a failure; "" when it ended well
	// Killed says that its end was not its own failure: another attempt was first, the job ended, the slot was wanted elsewhere.
	Killed  bool   `json:"killed,omitempty"`
	Message string `json:"message,omitempty"`
	Copy    bool   `json:"copy,omitempty"` // of a slow attempt
	Rows    int64  `json:"rows,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
	Spill   int64  `json:"spill,omitempty"`
}

// Failure is an attempt that failed.
type Failure struct {
	At      time.Duration `json:"at"` // from the statement's start
	Stage   int           `json:"stage"`
	Task    int           `json:"task"`
	Attempt int           `json:"attempt"`
	Worker  string        `json:"worker,omitempty"`
	Class   string        `json:"class"`
	Message string        `json:"message"`
}

// Begin describes a statement that begins.
type Begin struct {
	QueryID, SessionID, User, Database, Pool, Kind, SQL string
	Start                                               time.Time
	Compile                                             time.Duration
	Settings                                            map[string]string
	Plan                                                string
}

// End describes how a statement ended.
type End struct {
	State   State
	Error   string
	Rows    int64
	Commit  time.Duration
	Profile string
	Spill   int64
	Shuffle int64
	Memory  int64
}
