package query

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/parser"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/admission"
	"skep/engine/history"
	"skep/engine/query/ddl"
	"skep/engine/session"
	"skep/engine/vector"
	"skep/metastore/txn"
	"skep/metastore/warehouse"
)

// Log receives the lines of a statement's log, which clients may follow. It is safe for concurrent use.
type Log interface {
	Logf(level, format string, args ...any)
}

// Request is a statement to compile.
type Request struct {
	SQL     string
	Overlay map[string]string // settings for this statement alone
	QueryID string
	Log     Log // nil: none
	// Waiting, when not nil, is told when the statement begins to wait for its admission and when it stops. It is called by Run.
	Waiting func(waiting bool)
	// Client is what the client's side needs to find the statement again after the server has been restarted; opaque here.
	Client []byte
}

// Column is a result column under the name that clients see.
type Column struct {
	Name    string
	Type    *types.Type
	Comment string
}

// Statement is a compiled statement. Compile, Run, Result and Close are called by one goroutine at a time; Progress by any.
type Statement struct {
	session *Session
	sql     string
	queryID string
	conf    *conf.Conf
	log     Log
	now     time.Time

	columns []Column  // nil: no result set
	root    plan.Node // of a query, optimised
	// vectorized tells that a job of Hive would compute the rows; see function.Env.
	vectorized bool
	estimate   func(plan.Node) float64 // of the rows that a node of root gives
	command    bool
	execute    func() error // commands
	task       func(ctx context.Context) error
	result     *Result
	modified   int64
	// snapshot is the state of the warehouse that the statement was compiled against; nil when it reads no tables.
	snapshot *warehouse.Snapshot
	// tree and locks are of a statement that locks what it writes; seen are the transactional tables that it was compiled against.
	tree  ast.Statement
	locks []txn.Component
	seen  []*catalog.Table
	lock  *txn.Lock // while it runs
	// txn is the transaction under way; nil: none. It is over once committed.
	txn        *txn.Txn
	committed  bool
	statements int // of the transaction, so far
	running    atomic.Pointer[execution]
	ended      atomic.Bool
	failed     atomic.Bool // or was cancelled; known before ended

	kind     string                           // for the history: query, write, ddl …
	plans    []plan.Node                      // what it runs, optimised
	analyzes bool                             // EXPLAIN ANALYZE
	cancel   context.CancelCauseFunc          // while it runs
	waiting  func(bool)                       // Request.Waiting
	ticket   atomic.Pointer[admission.Ticket] // when it had to wait
	job      *history.Job                     // while it runs and after
	staged   bool                             // a write that runs in stages
	mapJoin  bool                             // an INSERT with a MAPJOIN hint that is followed
	// owner is whom the staging directories of a statement in stages belong to.
	owner     string
	client    []byte // Request.Client
	recovered bool   // an earlier process began it

	compileTime time.Duration
	commitTime  time.Duration
}

type discard struct{}

func (discard) Logf(string, string, ...any) {}

// Compile parses, analyses and plans a statement. Errors that Hive reports at compile time are returned here.
func (s *Session) Compile(ctx context.Context, r Request) (*Statement, error) {
	st := &Statement{
		session: s, sql: r.SQL, queryID: r.QueryID, log: r.Log, now: time.Now(), modified: -1, conf: s.conf, client: r.Client, kind: "unparsed",
		waiting: r.Waiting,
	}
	err := st.prepare(ctx, r)
	st.compileTime = time.Since(st.now)
	if err != nil {
		st.releaseSnapshot(ctx)
		st.refused(ctx, err)
		return nil, err
	}
	return st, nil
}

func (st *Statement) prepare(ctx context.Context, r Request) (err error) {
	s := st.session
	if st.log == nil {
		st.log = discard{}
	}
	if len(r.Overlay) > 0 {
		st.conf = conf.New(s.conf)
		for k, v := range r.Overlay {
			st.conf.Set(k, v)
		}
	}
	if c := parser.ParseCommand(r.SQL); c != nil && c.Name == "set" {
		// SET substitutes variables in the value alone.
		return s.compileCommand(st, c)
	}
	if st.sql, err = s.substitute(r.SQL, st.conf); err != nil {
		return err
	}
	if c := parser.ParseCommand(st.sql); c != nil {
		return s.compileCommand(st, c)
	}
	tree, err := parser.Parse(st.sql, st.parserOptions())
	if err != nil {
		return err
	}
	st.kind = kindOf(tree)
	if err := checkNames(tree); err != nil {
		return err
	}
	for _, name := range []string{"fs.default.name", "fs.defaultFS"} {
		if err := checkScheme(st.conf.Get(name)); err != nil {
			return err
		}
	}
	if err := st.resolveFunctions(ctx, tree); err != nil {
		return err
	}
	return st.compile(ctx, tree)
}

// checkScheme refuses the URI of a file system whose scheme is none, as Java does when it is looked at.
func checkScheme(uri string) error {
	scheme, _, ok := strings.Cut(uri, ":")
	if !ok {
		return nil
	}
	for i, c := range scheme {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return sqlerr.Plain(sqlerr.IllegalArgumentException, fmt.Sprintf("Illegal character in scheme name at index %d: %s", i, uri))
		}
	}
	return nil
}

// checkNames refuses names of tables with a dot inside.
func checkNames(tree ast.Node) (err error) {
	ast.Inspect(tree, func(n ast.Node) bool {
		if t, ok := n.(*ast.TableName); ok && err == nil && (strings.Contains(t.Name.Name, ".") || t.DB != nil && strings.Contains(t.DB.Name, ".")) {
			err = sqlerr.AtText(t.Position(), sqlerr.Text(sqlerr.ObjectnameContainsDot))
		}
		return err == nil
	})
	return err
}

func (st *Statement) parserOptions() parser.Options {
	var o parser.Options
	if st.conf.Hive3() {
		o.Version = parser.V31
	}
	switch strings.ToLower(st.conf.Get("hive.support.quoted.identifiers")) {
	case "none":
		o.Quoting = parser.QuoteNone
	case "standard":
		o.Quoting = parser.QuoteStandard
	}
	return o
}

func (st *Statement) compile(ctx context.Context, tree ast.Statement) error {
	st.tree = tree
	switch n := tree.(type) {
	case *ast.QueryStatement:
		return st.compileQuery(ctx, n.Query)
	case *ast.Insert:
		return st.compileInsert(ctx, n)
	case *ast.MultiInsert:
		return st.compileInsert(ctx, n)
	case *ast.Update, *ast.Merge:
		return st.compileInsert(ctx, n)
	case *ast.Delete:
		if n.Where != nil || st.conf.Hive3() || !st.conf.Bool("hive.optimize.delete.all") {
			return st.compileInsert(ctx, n)
		}
		if err := st.analysis().analyzer.CheckDelete(ctx, n); err != nil {
			return err
		}
		tree = &ast.TruncateTable{Pos: n.Pos, Target: &ast.TableOrPartition{Pos: n.Table.Pos, Table: n.Table}}
	case *ast.CreateTable:
		if n.Query != nil {
			return st.compileCTAS(ctx, n)
		}
	case *ast.CreateView:
		return st.compileView(ctx, n)
	case *ast.CreateMaterializedView:
		return st.compileMaterializedView(ctx, n)
	case *ast.AlterMaterializedView:
		if n.Action == "REBUILD" {
			return st.compileRebuild(ctx, n)
		}
	case *ast.AlterTable:
		if _, ok := n.Action.(*ast.AlterConcatenate); ok {
			return st.compileConcatenate(ctx, n)
		}
	case *ast.TruncateTable:
		if n.Columns != nil {
			return st.compileTruncateColumns(ctx, n)
		}
	case *ast.AlterView:
		if x, ok := n.Action.(*ast.AlterAsQuery); ok {
			return st.compileAlterView(ctx, n, x.Query)
		}
	case *ast.Load:
		return st.compileLoad(ctx, n)
	case *ast.Export:
		return st.compileExport(ctx, n)
	case *ast.Import:
		return st.compileImport(ctx, n)
	case *ast.Analyze:
		return st.compileAnalyze(ctx, n)
	case *ast.Explain:
		return st.compileExplain(ctx, n)
	case *ast.Prepare:
		return st.compilePrepare(ctx, n)
	case *ast.Execute:
		return st.compileExecute(ctx, n)
	case *ast.CreateScheduledQuery:
		return st.compileCreateSchedule(ctx, n)
	case *ast.AlterScheduledQuery:
		return st.compileAlterSchedule(ctx, n)
	case *ast.DropScheduledQuery:
		return st.compileDropSchedule(ctx, n)
	case *ast.KillQuery:
		st.compileKill(n)
		return nil
	}
	task, err := ddl.Compile(ctx, st.ddlEnv(), tree)
	if err != nil {
		return err
	}
	if task == nil {
		return unsupported(statementName(tree))
	}
	st.runs(task)
	return st.lockChanged(ctx, tree)
}

// runs makes a DDL task the statement's work.
func (st *Statement) runs(task *ddl.Task) {
	if task.Columns != nil {
		st.textColumns(task.Types, task.Columns...)
	}
	st.task = func(ctx context.Context) error {
		rows, err := task.Run(ctx)
		if err != nil {
			return err
		}
		if task.Columns != nil {
			b, err := st.rowsOfText(rows)
			if err != nil {
				return err
			}
			return st.result.AppendBatch(b)
		}
		return nil
	}
}

// statementName names a statement in messages: the node's type in words.
func statementName(n ast.Statement) string {
	return fmt.Sprintf("%T", n)[len("*ast."):]
}

// stringColumns gives the statement a result set of string columns.
func (st *Statement) stringColumns(names ...string) { st.textColumns(nil, names...) }

// textColumns gives the statement a result set of columns that are strings but for those that other has.
func (st *Statement) textColumns(other map[string]*types.Type, names ...string) {
	st.columns = nil
	var ts []*types.Type
	for _, n := range names {
		t := types.StringType
		if o := other[n]; o != nil {
			t = o
		}
		st.columns = append(st.columns, Column{Name: n, Type: t})
		ts = append(ts, t)
	}
	st.result = st.session.engine.newResult(ts)
}

// setLines makes lines the rows of a one-column result.
func (st *Statement) setLines(lines []string) error {
	rows := make([][]*string, len(lines))
	for i := range lines {
		rows[i] = []*string{&lines[i]}
	}
	return st.result.AppendBatch(rowsOfStrings(1, rows))
}

// rowsOfText brings rows of text to the types of the result's columns.
func (st *Statement) rowsOfText(rows [][]*string) (*vector.Batch, error) {
	var ts []*types.Type
	for _, c := range st.columns {
		ts = append(ts, c.Type)
	}
	b := vector.NewBatch(ts)
	for _, r := range rows {
		for i, t := range ts {
			d := types.Datum{Null: i >= len(r) || r[i] == nil}
			if !d.Null {
				switch t.Kind {
				case types.BigInt, types.Int:
					n, err := strconv.ParseInt(*r[i], 10, 64)
					if err != nil {
						return nil, fmt.Errorf("column %s: %w", st.columns[i].Name, err)
					}
					d.I = n
				case types.Boolean:
					if *r[i] == "true" {
						d.I = 1
					}
				default:
					d.S = *r[i]
				}
			}
			b.Cols[i].AppendDatum(d)
		}
		b.N++
	}
	return b, nil
}

// SQL returns the statement's text, QueryID its identifier.
func (st *Statement) SQL() string     { return st.sql }
func (st *Statement) QueryID() string { return st.queryID }

// HasResultSet reports whether the statement has rows to fetch.
func (st *Statement) HasResultSet() bool { return st.columns != nil }

// Columns describes the result set.
func (st *Statement) Columns() []Column { return st.columns }

// IsCommand reports whether the statement is a command such as SET.
func (st *Statement) IsCommand() bool { return st.command }

// ModifiedRows returns the number of rows written, or -1.
func (st *Statement) ModifiedRows() int64 { return st.modified }

// Location returns the session's time zone.
func (st *Statement) Location() *time.Location { return session.Location(st.conf) }

// Result returns the rows after a successful Run; nil without a result set.
func (st *Statement) Result() *Result { return st.result }

// Run executes the statement. When it returns nil, everything is committed and the result is complete.
func (st *Statement) Run(ctx context.Context) (err error) {
	ctx, st.cancel = context.WithCancelCause(ctx)
	defer st.cancel(nil)
	st.begin()
	leave, broken := func() {}, true
	defer func() { // also when it panics: its place and its memory are others' then
		if broken {
			err = errors.New("internal error: the statement broke down")
		}
		st.failed.Store(err != nil)
		st.ended.Store(true)
		st.releaseSnapshot(ctx)
		leave()
		if killed := (*KilledError)(nil); err != nil && errors.As(context.Cause(ctx), &killed) {
			err = killed
		}
		st.end(ctx, err)
	}()
	if leave, err = st.enter(ctx); err == nil {
		st.job.Running()
		err = st.perform(ctx)
	}
	broken = false
	return err
}

// perform is Run without a trace in the history.
func (st *Statement) perform(ctx context.Context) (err error) {
	switch {
	case st.execute != nil:
		err = st.execute()
	case st.task != nil:
		if err = st.acquire(ctx); err == nil {
			err = st.task(ctx)
		}
		err = st.endTransaction(ctx, err)
	}
	st.failed.Store(err != nil)
	st.ended.Store(true)
	st.releaseSnapshot(ctx)
	return err
}

// releaseSnapshot lets go of the files that the statement was to read.
func (st *Statement) releaseSnapshot(ctx context.Context) {
	if st.snapshot != nil {
		st.snapshot.Release(context.WithoutCancel(ctx))
	}
}

// Close releases the statement's result.
func (st *Statement) Close() error {
	st.releaseSnapshot(context.Background())
	if st.result != nil {
		return st.result.Close()
	}
	return nil
}
