package query

import (
	"sync"
	"time"
)

// historySize is the number of ended statements that are remembered.
const historySize = 500

// State is the state of a statement.
type State string

// The states of a statement.
const (
	Running  State = "running"
	Finished State = "finished"
	Failed   State = "failed"
	Canceled State = "canceled"
)

// Record describes a statement that runs or ran.
type Record struct {
	QueryID  string
	User     string
	Database string
	SQL      string
	State    State
	Error    string
	Start    time.Time
	Compile  time.Duration
	Elapsed  time.Duration // of execution, until now while it runs
	Rows     int64         // result rows, or rows written
	Plan     string        // EXPLAIN ANALYZE text, when there is a plan
	Progress Progress
}

// Progress is a snapshot of an execution.
type Progress struct {
	Stages   []StageProgress
	Fraction float64 // 0 to 1
	Running  bool
}

// StageProgress is the progress of one stage, in tasks, or of the scans of a query that runs as a whole, in splits.
type StageProgress struct {
	Name                      string
	Status                    string
	Total, Completed, Running int
	Failed, Killed            int // attempts
}

// history remembers statements for the web page and the log.
type history struct {
	mu      sync.Mutex
	running map[*Statement]*Record
	ended   []Record // newest last
}

func newHistory() *history { return &history{running: map[*Statement]*Record{}} }

func (h *history) begin(st *Statement) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running[st] = &Record{
		QueryID: st.queryID, User: st.session.User, Database: st.session.Database(), SQL: st.sql, State: Running, Start: time.Now(),
		Compile: st.compileTime,
	}
}

func (h *history) end(st *Statement, state State, err error, rows int64, plan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.running[st]
	if r == nil {
		return
	}
	delete(h.running, st)
	r.State, r.Elapsed, r.Rows, r.Plan = state, time.Since(r.Start), rows, plan
	if err != nil {
		r.Error = err.Error()
	}
	h.ended = append(h.ended, *r)
	if len(h.ended) > historySize {
		h.ended = append(h.ended[:0], h.ended[len(h.ended)-historySize:]...)
	}
}

// History returns the statements that run and the latest that ended, newest first.
func (e *Engine) History() []Record {
	h := e.history
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Record
	for st, r := range h.running {
		c := *r
		c.Elapsed, c.Progress = time.Since(r.Start), st.Progress()
		out = append(out, c)
	}
	for i := len(h.ended) - 1; i >= 0; i-- {
		out = append(out, h.ended[i])
	}
	return out
}

// MemoryUsed returns the bytes that running queries account for, and the budget.
func (e *Engine) MemoryUsed() (used, limit int64) { return e.pool.Used(), e.config.Memory }
