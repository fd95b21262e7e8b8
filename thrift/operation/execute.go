package operation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/beltran/gohive/hiveserver"

	"skep/dialect/sqlerr"
	"skep/engine/vector/valuetext"
	"skep/thrift/backend"
	"skep/thrift/tcli"
)

// ExecuteRequest is one ExecuteStatement call.
type ExecuteRequest struct {
	SQL     string
	Overlay map[string]string
	Async   bool
	Timeout time.Duration // 0 means none
}

// Execute compiles a statement and runs it: to its end, or, when asked for, in the background. Compile errors are returned, not
// left to the status call; so are execution errors of synchronous statements. The operation of a returned error is closed. ctx
// ends the call, and with it a synchronous statement, when the client goes away.
func (m *Manager) Execute(ctx context.Context, s Session, req ExecuteRequest) (*Operation, error) {
	release, err := s.Acquire(ctx)
	if err != nil {
		return nil, tcli.Errorf("Error running query: %v", err)
	}
	o, err := m.add(s, hiveserver.TOperationType_EXECUTE_STATEMENT, req.SQL)
	if err != nil {
		release()
		return nil, err
	}
	o.async = req.Async
	stop := context.AfterFunc(ctx, o.Cancel)
	defer stop()
	timer := o.startTimeout(req.Timeout)
	end := func() {
		timer.Stop()
		release()
		o.work.Done()
	}

	background := req.Async && strings.EqualFold(s.Conf("hive.server2.async.exec.async.compile"), "true")
	if !background {
		if err := m.compile(o, req); err != nil {
			end()
			return nil, m.reject(o, err)
		}
		background = req.Async && !o.stmt.IsCommand()
	}
	if !background {
		m.run(o)
		end()
		if err := o.failure(); err != nil {
			return nil, m.reject(o, err)
		}
		return o, nil
	}
	o.setState(Pending)
	if !m.enqueue() {
		end()
		return nil, m.reject(o, tcli.Errorf("The background threadpool cannot accept new task for execution, please retry the operation"))
	}
	go func() {
		defer end()
		m.runInTurn(o, req)
	}()
	return o, nil
}

// runInTurn runs an asynchronous statement, compiling it first where that is asynchronous too.
func (m *Manager) runInTurn(o *Operation, req ExecuteRequest) {
	if !m.dequeue(o.ctx) {
		return
	}
	o.slot = held
	defer func() {
		if o.slot == held {
			<-m.slots
		}
	}()
	if o.stmt == nil {
		if err := m.compile(o, req); err != nil {
			o.fail(err)
			return
		}
	}
	m.run(o)
}

// wait gives the operation's slot to others while its statement waits to be admitted: those who wait in one pool must not keep the
// statements of another one from running.
func (m *Manager) wait(o *Operation, waiting bool) {
	switch {
	case waiting && o.slot == held:
		o.slot = lent
		<-m.slots
	case !waiting && o.slot == lent:
		select {
		case m.slots <- struct{}{}:
			o.slot = held
		case <-o.ctx.Done():
		}
	}
}

// startTimeout ends the operation when its time is up.
func (o *Operation) startTimeout(limit time.Duration) *time.Timer {
	if configured := seconds(o.owner.Conf("hive.query.timeout.seconds")); configured > 0 && (limit <= 0 || configured < limit) {
		limit = configured
	}
	if limit <= 0 {
		stopped := time.NewTimer(time.Hour)
		stopped.Stop()
		return stopped
	}
	return time.AfterFunc(limit, func() {
		o.log.Logf("WARN", "Query timed out after %d seconds", int(limit.Seconds()))
		o.end(TimedOut)
	})
}

// reject closes an operation that the client will never hear of.
func (m *Manager) reject(o *Operation, err *tcli.Error) error {
	o.fail(err)
	if cerr := m.Close(o.id); cerr != nil {
		m.opts.Log.Warn("close failed operation", "operation", o.id, "error", cerr)
	}
	return err
}

func (o *Operation) failure() *tcli.Error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	switch o.state {
	case TimedOut:
		return tcli.Errorf("Query timed out").WithState("HYT00")
	case Canceled, Closed:
		return tcli.Errorf("FAILED: command has been interrupted: after executing command").WithState("HY008")
	}
	return nil
}

// compile prepares the statement. On failure the caller decides whether the error goes to the status or to the reply.
func (m *Manager) compile(o *Operation, req ExecuteRequest) (failure *tcli.Error) {
	defer func() {
		if v := recover(); v != nil {
			m.opts.Log.Error("compilation crashed", "query", o.queryID, "panic", v, "stack", string(debug.Stack()))
			failure = &tcli.Error{Message: fmt.Sprintf("Error running query: internal error: %v", v)}
		}
	}()
	o.setState(Running)
	start := time.Now()
	overlay := map[string]string{"hive.query.id": o.queryID}
	for k, v := range req.Overlay {
		overlay[k] = v
	}
	// Commands leave no log of their own, so the first line of what may be one waits until that is known.
	compiling := sync.OnceFunc(func() { o.log.Logf("INFO", "Compiling command(queryId=%s): %s", o.queryID, o.sql) })
	if !mayBeCommand(o.sql) {
		compiling()
	}
	var client []byte
	if o.async { // nobody waits on the connection: the client may come back over another one
		var err error
		if client, err = o.save(); err != nil {
			return &tcli.Error{Message: "Error running query: " + err.Error(), Err: err}
		}
	}
	stmt, err := o.owner.Backend().Compile(o.ctx, backend.StatementRequest{
		SQL: req.SQL, Overlay: overlay, QueryID: o.queryID, Log: o.log, Client: client, Waiting: func(waiting bool) { m.wait(o, waiting) },
	})
	if err != nil {
		compiling()
		e := describe("Error while compiling statement: ", err, sqlerr.Plain(sqlerr.RuntimeException, err.Error()))
		o.log.Logf("ERROR", "%s", strings.TrimPrefix(e.Message, "Error while compiling statement: "))
		o.log.Logf("INFO", "Completed compiling command(queryId=%s); Time taken: %s seconds", o.queryID, elapsed(start))
		return e
	}
	columns := stmt.Columns()
	o.mu.Lock()
	o.stmt, o.compiled = stmt, true
	o.columns, o.hasResult = columns, stmt.HasResultSet()
	o.mu.Unlock()
	if !stmt.IsCommand() {
		compiling()
		o.log.Logf("INFO", "Semantic Analysis Completed (retrial = false)")
		verb := "Created"
		if hive3(o.owner) {
			verb = "Returning"
		}
		o.log.Logf("INFO", "%s Hive schema: %s", verb, schemaText(columns))
		o.log.Logf("INFO", "Completed compiling command(queryId=%s); Time taken: %s seconds", o.queryID, elapsed(start))
	}
	return nil
}

// run executes the compiled statement to its end.
func (m *Manager) run(o *Operation) {
	defer func() {
		if v := recover(); v != nil {
			m.opts.Log.Error("execution crashed", "query", o.queryID, "panic", v, "stack", string(debug.Stack()))
			o.fail(&tcli.Error{Message: fmt.Sprintf("Error running query: internal error: %v", v)})
		}
	}()
	if !o.setState(Running) {
		return // cancelled while it waited
	}
	start := time.Now()
	command := o.stmt.IsCommand()
	if !command {
		o.log.Logf("INFO", "Executing command(queryId=%s): %s", o.queryID, o.sql)
		o.log.Logf("INFO", "Query ID = %s", o.queryID)
	}
	reported := o.reportProgress()
	err := o.stmt.Run(o.ctx)
	reported()
	if killed := (*backend.KilledError)(nil); errors.As(err, &killed) {
		o.log.Logf("ERROR", "Query was cancelled. %s", killed.Message)
		o.kill(killed.Message)
	} else if err != nil {
		prefix := "Error while processing statement: "
		if !command && !hive3(o.owner) {
			prefix = "Error while compiling statement: " // Hive 4.0 says so of execution errors too
		}
		e := describe(prefix, err, sqlerr.Execution(2, tezTask, err.Error()))
		o.log.Logf("ERROR", "%s", strings.TrimPrefix(e.Message, prefix))
		o.fail(e)
	} else {
		o.reportEnd(start)
	}
	if !command {
		o.log.Logf("INFO", "Completed executing command(queryId=%s); Time taken: %s seconds", o.queryID, elapsed(start))
	}
	if err != nil {
		return
	}
	// A command knows only now whether it printed anything.
	columns, hasResult, modified := o.stmt.Columns(), o.stmt.HasResultSet(), o.stmt.ModifiedRows()
	o.mu.Lock()
	o.columns, o.hasResult, o.modified = columns, hasResult, modified
	o.mu.Unlock()
	if !command {
		o.log.Logf("INFO", "OK")
	}
	o.setState(Finished)
}

// tezTask is the class that Hive's execution errors name; alerts match it.
const tezTask = "org.apache.hadoop.hive.ql.exec.tez.TezTask"

// describe makes the error that clients see of err, or of other when err says nothing about codes.
func describe(prefix string, err error, other *sqlerr.Error) *tcli.Error {
	e, ok := sqlerr.As(err)
	if !ok {
		e = other
	}
	text := e.Error()
	if e.Kind != "" {
		text = "FAILED: " + text
	}
	return &tcli.Error{Message: prefix + text, SQLState: e.SQLState, Code: int32(e.Code), Err: err}
}

// hive3 reports whether the session behaves like Hive 3.1.
func hive3(s Session) bool { return strings.HasPrefix(s.Conf("skep.hive.version"), "3.") }

// mayBeCommand reports whether a statement begins like one for Hive's command processors. The backend decides.
func mayBeCommand(sql string) bool {
	first := strings.ToLower(strings.TrimSpace(sql))
	if i := strings.IndexAny(first, " \t\r\n;"); i >= 0 {
		first = first[:i]
	}
	switch first {
	case "set", "reset", "dfs", "add", "list", "delete", "reload", "compile", "crypto", "llap":
		return true
	}
	return strings.HasPrefix(first, "--") || strings.HasPrefix(first, "/*")
}

// schemaText prints a result schema the way Hive's driver logs it.
func schemaText(columns []backend.Column) string {
	if columns == nil {
		return "Schema(fieldSchemas:null, properties:null)"
	}
	var b strings.Builder
	b.WriteString("Schema(fieldSchemas:[")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		comment := "null"
		if c.Comment != "" {
			comment = c.Comment
		}
		fmt.Fprintf(&b, "FieldSchema(name:%s, type:%s, comment:%s)", c.Name, c.Type, comment)
	}
	b.WriteString("], properties:null)")
	return b.String()
}

// elapsed prints the seconds since start with milliseconds, as Java prints a double.
func elapsed(start time.Time) string {
	return string(valuetext.AppendDouble(nil, float64(time.Since(start).Milliseconds())/1000))
}

// seconds reads a setting in seconds with an optional unit s.
func seconds(setting string) time.Duration {
	if setting == "" || setting == "0" || setting == "0s" {
		return 0
	}
	if setting[len(setting)-1] >= '0' && setting[len(setting)-1] <= '9' {
		setting += "s"
	}
	d, err := time.ParseDuration(setting)
	if err != nil {
		return 0
	}
	return d
}
