package query

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/explain"
	"skep/engine/admission"
	"skep/engine/history"
	"skep/engine/metrics"
)

// The settings of the server that bound the history.
const (
	historyAge   = "skep.history.max.age.days"
	historyCount = "skep.history.max.statements"
	historyBytes = "skep.history.max.bytes"
)

const (
	defaultHistoryDays  = 30
	defaultHistoryCount = 50_000
	defaultHistoryBytes = 1 << 30
)

func (e *Engine) openHistory(ctx context.Context) (*history.History, error) {
	return history.Open(ctx, history.Options{
		Dir: filepath.Join(e.config.DataDir, "history"), Log: e.log, GoesOn: func(queryID string) bool { return e.jobs.goesOn[queryID] },
		Age:   time.Duration(e.conf.Int(historyAge, defaultHistoryDays)) * 24 * time.Hour,
		Count: e.conf.Int(historyCount, defaultHistoryCount), Bytes: e.conf.Int(historyBytes, defaultHistoryBytes),
	})
}

// History is what statements did and do.
func (e *Engine) History() *history.History { return e.history }

// Progress describes the execution of a statement that runs, by its number in the history; false when it does not run.
func (e *Engine) Progress(id int64) (Progress, bool) {
	e.runningMu.Lock()
	st := e.running[id]
	e.runningMu.Unlock()
	if st == nil {
		return Progress{}, false
	}
	return st.Progress(), true
}

// MemoryUsed returns the bytes that running queries account for, and the budget.
func (e *Engine) MemoryUsed() (used, limit int64) { return e.pool.Used(), e.config.Memory }

// kindOf is the kind of a statement in the history.
func kindOf(tree ast.Statement) string {
	switch n := tree.(type) {
	case *ast.QueryStatement:
		return "query"
	case *ast.Insert, *ast.MultiInsert, *ast.Delete, *ast.Update, *ast.Merge, *ast.Load, *ast.Export, *ast.Import:
		return "write"
	case *ast.CreateMaterializedView:
		return "write"
	case *ast.AlterMaterializedView:
		if n.Action == "REBUILD" {
			return "write"
		}
	case *ast.CreateTable:
		if n.Query != nil {
			return "write"
		}
	case *ast.Explain:
		return "explain"
	case *ast.Analyze:
		return "analyze"
	}
	return "ddl"
}

// described is the statement as the history knows it when it begins.
func (st *Statement) described() history.Begin {
	settings := st.conf.Overrides()
	for k := range settings {
		if slices.Contains(hiddenSettings, k) || k == "hive.session.id" || k == "hive.query.id" {
			delete(settings, k)
		}
	}
	var plans []string
	for _, p := range st.plans {
		plans = append(plans, explain.Plan(p, explain.Options{}))
	}
	return history.Begin{
		QueryID: st.queryID, SessionID: st.session.ID, User: st.session.User, Database: st.session.Database(), Pool: st.poolName(), Kind: st.kind,
		SQL: st.sql, Start: st.now, Compile: st.compileTime, Settings: settings, Plan: strings.Join(plans, "\n"),
	}
}

// refused notes a statement that could not be compiled.
func (st *Statement) refused(ctx context.Context, err error) {
	e, state := st.session.engine, endState(ctx, err)
	e.history.Begin(st.described()).End(history.End{State: state, Error: err.Error(), Rows: -1})
	e.counted(st, state)
}

// begin notes that the statement begins to be executed.
func (st *Statement) begin() {
	e := st.session.engine
	if st.job == nil { // otherwise an earlier process began it
		st.job = e.history.Begin(st.described())
	}
	e.runningMu.Lock()
	e.running[st.job.ID()] = st
	e.runningMu.Unlock()
}

// end notes how the statement ended.
func (st *Statement) end(ctx context.Context, err error) {
	e := st.session.engine
	end := history.End{State: endState(ctx, err), Rows: st.modified, Commit: st.commitTime, Profile: st.profileText()}
	if err != nil {
		end.Error = err.Error()
	}
	if st.result != nil && err == nil {
		end.Rows = st.result.Rows()
	}
	if x := st.running.Load(); x != nil {
		end.Memory, end.Spill, end.Shuffle = x.pool.Peak(), x.pool.Spilled(), x.shuffled.Load()
	}
	st.job.End(end)
	e.counted(st, end.State)
	e.metrics.Spilled.Add(float64(end.Spill))
	e.metrics.ShuffleBytes.WithLabelValues("written").Add(float64(end.Shuffle))
	if st.commitTime > 0 {
		metrics.Observe(e.metrics.CommitTime.WithLabelValues("move"), st.commitTime)
	}
	e.runningMu.Lock()
	delete(e.running, st.job.ID())
	e.runningMu.Unlock()
}

// counted adds a statement that ended to the metrics.
func (e *Engine) counted(st *Statement, state history.State) {
	e.metrics.Statements.WithLabelValues(st.kind, string(state)).Inc()
	metrics.Observe(e.metrics.StatementTime.WithLabelValues(st.kind), time.Since(st.now))
}

func endState(ctx context.Context, err error) history.State {
	switch {
	case err == nil:
		return history.Finished
	case ctx.Err() != nil:
		return history.Canceled
	}
	return history.Failed
}

// Progress is a snapshot of an execution.
type Progress struct {
	Stages   []StageProgress
	Fraction float64 // 0 to 1
	Running  bool
	Memory   int64 // bytes that it accounts for now
	// Queue is where the statement waits for admission; Position 0: it does not.
	Queue admission.Place
}

// StageProgress is the progress of one stage, in tasks, or of the scans of a query that runs as a whole, in splits.
type StageProgress struct {
	Name                      string
	Status                    string
	Total, Completed, Running int
	Failed, Killed            int // attempts
}

// Kinds are the kinds of statements in the history.
func Kinds() []string {
	return []string{"query", "write", "ddl", "analyze", "explain", "command", "unparsed"}
}

// Worker is a worker of queries in stages.
type Worker struct {
	ID, Host, State string
	Slots, Running  int
	Memory, Granted int64   // bytes
	Health          float64 // 1: as good as the others
}

// Workers describes the workers; none before the first query in stages.
func (e *Engine) Workers() []Worker {
	e.starting.Lock()
	c := e.coordinator
	e.starting.Unlock()
	if c == nil {
		return nil
	}
	var out []Worker
	for _, w := range c.Workers() {
		x := Worker{
			ID: strconv.FormatUint(uint64(w.Worker), 10), Host: w.Host, State: "active", Slots: w.Slots, Running: w.Used, Memory: w.Memory,
			Granted: w.UsedMemory, Health: w.Health,
		}
		switch {
		case !w.Attached:
			x.State = "gone"
		case w.Draining:
			x.State = "draining"
		case w.Probation:
			x.State = "on probation"
		}
		out = append(out, x)
	}
	return out
}
