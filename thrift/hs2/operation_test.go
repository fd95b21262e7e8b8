package hs2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beltran/gohive/hiveserver"
)

// Traps 1 and 2: hasMoreRows is false throughout, an empty row set with all its columns ends the result, again and again.
func TestEmptyRowSetEndsResult(t *testing.T) {
	l := start(t, nil).dial(t)
	o := l.run(l.session(), "rows 5000 12")
	total, calls := 0, 0
	for {
		r := l.fetch(o, next, 1000, 0)
		l.success(r.Status)
		if r.GetHasMoreRows() || r.HasMoreRows == nil || r.Results.Rows == nil || len(r.Results.Columns) != 12 || r.Results.StartRowOffset != 0 {
			t.Fatalf("hasMoreRows %v, rows %v, %d columns, offset %d", r.HasMoreRows, r.Results.Rows, len(r.Results.Columns), r.Results.StartRowOffset)
		}
		n := columnLength(r.Results.Columns[0])
		for i, c := range r.Results.Columns {
			if columnLength(c) != n {
				t.Fatalf("column %d has %d values, column 0 %d", i, columnLength(c), n)
			}
		}
		if calls++; n == 0 {
			break
		}
		if n > 1000 {
			t.Fatalf("%d rows in a reply", n)
		}
		total += n
	}
	if total != 5000 || calls != 6 {
		t.Errorf("%d rows in %d calls", total, calls)
	}
	if n := columnLength(l.fetch(o, next, 1000, 0).Results.Columns[0]); n != 0 {
		t.Errorf("%d rows after the end", n)
	}
	// Trap 21: back to the start after the end.
	if n := columnLength(l.fetch(o, first, 10, 0).Results.Columns[0]); n != 10 {
		t.Errorf("%d rows after FETCH_FIRST", n)
	}
	if n := columnLength(l.fetch(o, next, 10, 0).Results.Columns[0]); n != 10 {
		t.Errorf("%d rows after that", n)
	}
}

func TestFetchLimits(t *testing.T) {
	l := start(t, nil).dial(t)
	o := l.run(l.session(), "rows 30000 2")
	for _, asked := range []int64{-1, 0, 20000} {
		if n := columnLength(l.fetch(o, first, asked, 0).Results.Columns[0]); n != 10000 {
			t.Errorf("asked for %d, got %d rows", asked, n)
		}
	}
	l.failure(l.fetch(o, hiveserver.TFetchOrientation_FETCH_PRIOR, 10, 0).Status, "The fetch type FETCH_PRIOR is not supported for this resultset", "HY106", 0)
}

func TestFetchBeforeTheEnd(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	o := l.execute(l.session(), "wait", true).OperationHandle
	waitFor(t, func() bool { return l.status(o, false).GetOperationState() == hiveserver.TOperationState_RUNNING_STATE })
	l.failure(l.fetch(o, next, 10, 0).Status, "Expected states: [FINISHED], but found RUNNING", "", 0)
	if _, err := l.CancelOperation(t.Context(), &hiveserver.TCancelOperationReq{OperationHandle: o}); err != nil {
		t.Fatal(err)
	}
	l.failure(l.fetch(o, next, 10, 0).Status, "Expected states: [FINISHED], but found CANCELED", "", 0)
}

// Trap 8: compile errors come with the reply, whether asynchronous or not; trap 3: in the shape drivers parse.
func TestErrors(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	s := l.session()
	const compiling = "Error while compiling statement: FAILED: "
	for _, c := range []struct {
		sql, message, state string
		code                int32
	}{
		{"bad table", compiling + "SemanticException [Error 10001]: Line 1:14 Table not found 'nope'", "42S02", 10001},
		{"bad syntax", compiling + "ParseException line 1:0 cannot recognize input near 'bad' 'syntax' '<EOF>'", "42000", 40000},
		{"crash", "Error running query: internal error: crash", "", 0},
	} {
		for _, async := range []bool{false, true} {
			r := l.execute(s, c.sql, async)
			l.failure(r.Status, c.message, c.state, c.code)
			if r.OperationHandle != nil {
				t.Errorf("%s: a handle came with the error", c.sql)
			}
		}
	}
	// Execution errors of asynchronous statements come with the status, whose own call succeeds (trap 7).
	const disk = compiling + "Execution Error, return code 2 from org.apache.hadoop.hive.ql.exec.tez.TezTask. disk full"
	for _, c := range []struct {
		sql, message, state string
		code                int32
	}{
		{"fail run", disk, "08S01", 2},
		{"fail plain", strings.Replace(disk, "disk full", "something broke", 1), "08S01", 2},
		{"crash run", "Error running query: internal error: crash run", "", 0},
	} {
		l.failure(l.execute(s, c.sql, false).Status, c.message, c.state, c.code)
		r := l.execute(s, c.sql, true)
		l.success(r.Status)
		st := l.await(r.OperationHandle)
		if st.GetOperationState() != hiveserver.TOperationState_ERROR_STATE || st.GetErrorMessage() != c.message || st.GetSqlState() != c.state ||
			st.GetErrorCode() != c.code || st.TaskStatus != nil {
			t.Errorf("%s: %v %q %q %d task %v", c.sql, st.GetOperationState(), st.GetErrorMessage(), st.GetSqlState(), st.GetErrorCode(), st.TaskStatus)
		}
		l.failure(l.fetch(r.OperationHandle, next, 1, 0).Status, "Expected states: [FINISHED], but found ERROR", "", 0)
	}
	// Hive 3 words execution errors differently.
	old := l.open(v10, map[string]string{"skep.hive.version": "3.1"}).SessionHandle
	l.failure(l.execute(old, "fail run", false).Status, strings.Replace(disk, "compiling", "processing", 1), "08S01", 2)
	l.success(l.execute(s, "select 1", false).Status)
}

// Trap 9: clients fetch, or do not, by the handle's hasResultSet.
func TestHasResultSet(t *testing.T) {
	l := start(t, nil).dial(t)
	s := l.session()
	for sql, want := range map[string]bool{"select 1": true, "ddl": false, "set k=v": false, "set k": true, "modified 5": false} {
		for _, async := range []bool{false, true} {
			r := l.execute(s, sql, async)
			l.success(r.Status)
			if r.OperationHandle.HasResultSet != want {
				t.Errorf("%s (async %v): hasResultSet %v", sql, async, !want)
			}
			if st := l.await(r.OperationHandle); st.HasResultSet == nil || st.GetHasResultSet() != want {
				t.Errorf("%s: status hasResultSet %v", sql, st.HasResultSet)
			}
		}
	}
	// Without a result set, metadata and fetch answer with nothing, not with an error.
	o := l.run(s, "ddl")
	m, err := l.GetResultSetMetadata(t.Context(), &hiveserver.TGetResultSetMetadataReq{OperationHandle: o})
	if err != nil {
		t.Fatal(err)
	}
	l.success(m.Status)
	if m.Schema == nil || len(m.Schema.Columns) != 0 {
		t.Errorf("schema %v", m.Schema)
	}
	l.success(l.fetch(o, next, 10, 0).Status)
	if st := l.await(l.run(s, "modified 5")); st.GetNumModifiedRows() != 5 {
		t.Errorf("%d modified rows", st.GetNumModifiedRows())
	}
}

func TestAsynchronousCompile(t *testing.T) {
	l := start(t, nil).dial(t)
	s := l.open(v10, map[string]string{"hive.server2.async.exec.async.compile": "true"}).SessionHandle
	r := l.execute(s, "slowcompile 30", true)
	l.success(r.Status)
	if r.OperationHandle.HasResultSet {
		t.Error("hasResultSet is known before the compilation")
	}
	l.await(r.OperationHandle)
	r = l.execute(s, "bad table", true)
	l.success(r.Status)
	if st := l.await(r.OperationHandle); st.GetOperationState() != hiveserver.TOperationState_ERROR_STATE || st.GetErrorCode() != 10001 {
		t.Errorf("%v %d", st.GetOperationState(), st.GetErrorCode())
	}
}

// Trap 7: a status call waits for the end instead of answering at once.
func TestStatusIsALongPoll(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	r := l.execute(l.session(), "sleep 300", true)
	calls := 0
	for {
		calls++
		if l.status(r.OperationHandle, false).GetOperationState() == hiveserver.TOperationState_FINISHED_STATE {
			break
		}
	}
	if calls > 20 {
		t.Errorf("%d status calls within 300 ms", calls)
	}
}

func TestProgress(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	s := l.session()
	r := l.execute(s, "sleep 700", true)
	st := l.status(r.OperationHandle, true)
	p := st.ProgressUpdateResponse
	want := []string{"VERTICES", "MODE", "STATUS", "TOTAL", "COMPLETED", "RUNNING", "PENDING", "FAILED", "KILLED"}
	if !slices.Equal(p.HeaderNames, want) || len(p.Rows) != 2 || p.FooterSummary != "VERTICES: 01/02" || p.ProgressedPercentage != 0.5 {
		t.Errorf("progress %+v", p)
	}
	if got := strings.Join(p.Rows[0], " "); got != "Map 1 container RUNNING 2 1 1 0 0 0" {
		t.Errorf("row %q", got)
	}
	if !strings.Contains(st.GetTaskStatus(), `"taskId":"Stage-1"`) {
		t.Errorf("task status %q", st.GetTaskStatus())
	}
	// All six fields are required, with or without content.
	p = l.await(l.execute(s, "select 1", true).OperationHandle).ProgressUpdateResponse
	if p == nil || p.HeaderNames == nil || p.Rows == nil || p.Status != hiveserver.TJobExecutionStatus_NOT_AVAILABLE {
		t.Errorf("progress %+v", p)
	}
}

func TestCancel(t *testing.T) {
	e := start(t, nil)
	l, other := e.dial(t), e.dial(t)
	s := l.session()
	o := l.execute(s, "wait", true).OperationHandle
	if _, err := other.CancelOperation(t.Context(), &hiveserver.TCancelOperationReq{OperationHandle: o}); err != nil {
		t.Fatal(err)
	}
	if st := l.await(o); st.GetOperationState() != hiveserver.TOperationState_CANCELED_STATE {
		t.Errorf("state %v", st.GetOperationState())
	}
	if lines := l.logLines(o, first); len(lines) == 0 {
		t.Error("no log after the cancel")
	}
	// Cancelling again, or something that has ended, does nothing.
	for _, o := range []*hiveserver.TOperationHandle{o, l.run(s, "select 1")} {
		r, err := other.CancelOperation(t.Context(), &hiveserver.TCancelOperationReq{OperationHandle: o})
		if err != nil {
			t.Fatal(err)
		}
		other.success(r.Status)
		l.closeOperation(o)
	}
	waitFor(t, func() bool { return e.backend.Open.Load() == 0 })
}

func TestQueryTimeout(t *testing.T) {
	l := start(t, nil).dial(t)
	s := l.open(v10, map[string]string{"hive.query.timeout.seconds": "1s"}).SessionHandle
	if st := l.await(l.execute(s, "wait", true).OperationHandle); st.GetOperationState() != hiveserver.TOperationState_TIMEDOUT_STATE {
		t.Errorf("state %v", st.GetOperationState())
	}
	r, err := l.ExecuteStatement(t.Context(), &hiveserver.TExecuteStatementReq{SessionHandle: l.session(), Statement: "wait", RunAsync: true, QueryTimeout: 1})
	if err != nil {
		t.Fatal(err)
	}
	if st := l.await(r.OperationHandle); st.GetOperationState() != hiveserver.TOperationState_TIMEDOUT_STATE {
		t.Errorf("state %v", st.GetOperationState())
	}
}

// TestWaitingStatementsLendTheirSlots: statements that wait for their admission do not keep others from running.
func TestWaitingStatementsLendTheirSlots(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.async.exec.threads": "1", "hive.server2.async.exec.wait.queue.size": "9"})
	l := e.dial(t)
	s := l.session()
	var queued []*hiveserver.TOperationHandle
	for range 3 {
		queued = append(queued, l.execute(s, "queue", true).OperationHandle)
	}
	if st := l.await(l.execute(s, "select 1", true).OperationHandle); st.GetOperationState() != hiveserver.TOperationState_FINISHED_STATE {
		t.Errorf("state %v", st.GetOperationState())
	}
	cancelled := queued[0]
	r, err := l.CancelOperation(t.Context(), &hiveserver.TCancelOperationReq{OperationHandle: cancelled})
	if err != nil {
		t.Fatal(err)
	}
	l.success(r.Status)
	e.backend.Release()
	for _, o := range queued[1:] {
		if st := l.await(o); st.GetOperationState() != hiveserver.TOperationState_FINISHED_STATE {
			t.Errorf("state %v", st.GetOperationState())
		}
	}
	// The slot is there for the next one.
	if st := l.await(l.execute(s, "sleep 1", true).OperationHandle); st.GetOperationState() != hiveserver.TOperationState_FINISHED_STATE {
		t.Errorf("state %v", st.GetOperationState())
	}
}

func TestFullQueueRefuses(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.async.exec.threads": "2", "hive.server2.async.exec.wait.queue.size": "1"})
	l := e.dial(t)
	s := l.session()
	var handles []*hiveserver.TOperationHandle
	for i := range 2 {
		handles = append(handles, l.execute(s, "wait", true).OperationHandle)
		waitFor(t, func() bool {
			return l.status(handles[i], false).GetOperationState() == hiveserver.TOperationState_RUNNING_STATE
		})
	}
	waiting := l.execute(s, "wait", true).OperationHandle
	if st := l.status(waiting, false); st.GetOperationState() != hiveserver.TOperationState_PENDING_STATE {
		t.Errorf("state %v", st.GetOperationState())
	}
	l.failure(l.execute(s, "wait", true).Status, "The background threadpool cannot accept new task for execution, please retry the operation", "", 0)
	l.success(l.execute(s, "set a", true).Status) // commands do not queue
	e.backend.Release()
	for _, o := range append(handles, waiting) {
		if st := l.await(o); st.GetOperationState() != hiveserver.TOperationState_FINISHED_STATE {
			t.Errorf("state %v", st.GetOperationState())
		}
	}
}

// A statement that somebody else killed is cancelled, with the reason that drivers print.
func TestKilled(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	st := l.await(l.execute(l.session(), "killed", true).OperationHandle)
	if st.GetOperationState() != hiveserver.TOperationState_CANCELED_STATE || st.GetErrorMessage() != "User invoked KILL QUERY" {
		t.Errorf("state %v, message %q", st.GetOperationState(), st.GetErrorMessage())
	}
}

// Trap 10: each log line is read once, with the level padded to five characters, and reading goes on after the end.
func TestOperationLog(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	s := l.session()
	l.success(l.execute(s, "set hive.tez.exec.print.summary=true", true).Status)
	o := l.execute(s, "sleep 50", true).OperationHandle
	var lines []string
	ended := false
	for {
		got := l.logLines(o, next)
		lines = append(lines, got...)
		if ended && len(got) == 0 {
			break
		}
		ended = l.status(o, false).GetOperationState() == hiveserver.TOperationState_FINISHED_STATE
	}
	query := queryID(t, l, o)
	want := []string{
		"INFO  : Compiling command(queryId=" + query + "): sleep 50", "INFO  : Semantic Analysis Completed (retrial = false)",
		"INFO  : Created Hive schema: Schema(fieldSchemas:null, properties:null)", "INFO  : Completed compiling command(queryId=" + query + ")",
		"INFO  : Executing command(queryId=" + query + "): sleep 50", "INFO  : Query ID = " + query, "INFO  : Status: Running", "INFO  : Status: done",
		"INFO  : Map 1: 1(+1)/2\tReducer 2: 1/1", "INFO  : Status: DAG finished successfully in ", "INFO  : ----", "INFO  : VERTICES ", "INFO  : ----",
		"INFO  : Map 1              container  RUNNING             2          1        1        0       0       0",
		"INFO  : Reducer 2          container  SUCCEEDED           1          1        0        0       0       0", "INFO  : ----",
		"INFO  : Completed executing command(queryId=" + query + ")", "INFO  : OK",
	}
	if len(lines) != len(want) {
		t.Fatalf("log:\n%s", strings.Join(lines, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %d: %q, want %q", i, lines[i], want[i])
		}
	}
	if again := l.logLines(o, first); !slices.Equal(again, lines) {
		t.Errorf("the log from its start has %d lines, not %d", len(again), len(lines))
	}
	// Hue asks for all lines with -1.
	if r := l.fetch(o, first, -1, 1); columnLength(r.Results.Columns[0]) != len(lines) {
		t.Errorf("%d lines", columnLength(r.Results.Columns[0]))
	}
	if lines := l.logLines(l.run(s, "set k"), next); len(lines) != 0 {
		t.Errorf("a command has the log %q", lines)
	}
	l.closeOperation(o)
	if st := l.fetch(o, next, 10, 1).Status; !strings.HasPrefix(st.GetErrorMessage(), "Invalid OperationHandle: ") {
		t.Errorf("log of a closed operation: %q", st.GetErrorMessage())
	}
	off := l.open(v10, map[string]string{"hive.server2.logging.operation.enabled": "false"}).SessionHandle
	if lines := l.logLines(l.run(off, "select 1"), next); len(lines) != 0 {
		t.Errorf("logging is off, but the log is %q", lines)
	}
}

func queryID(t *testing.T, l *link, o *hiveserver.TOperationHandle) string {
	t.Helper()
	r, err := l.GetQueryId(t.Context(), &hiveserver.TGetQueryIdReq{OperationHandle: o})
	if err != nil {
		t.Fatal(err)
	}
	return r.QueryId
}

func TestQueryIdAndClientInfo(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	s := l.session()
	id := queryID(t, l, l.run(s, "select 1"))
	var user, stamp, unique string
	if parts := strings.Split(id, "_"); len(parts) >= 3 {
		user, stamp, unique = strings.Join(parts[:len(parts)-2], "_"), parts[len(parts)-2], parts[len(parts)-1]
	}
	if user == "" || len(stamp) != len("20060102150405") || len(unique) != 36 {
		t.Errorf("query id %q", id)
	}
	if got := queryID(t, l, &hiveserver.TOperationHandle{OperationId: &hiveserver.THandleIdentifier{GUID: []byte{}, Secret: []byte{}}}); got != "" {
		t.Errorf("query id %q of an unknown operation", got)
	}
	r, err := l.SetClientInfo(t.Context(), &hiveserver.TSetClientInfoReq{SessionHandle: s, Configuration: map[string]string{"ApplicationName": "etl", "Other": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	l.success(r.Status)
	if got := e.backend.Requests()[0].HiveVars["wmapp"]; got != "etl" {
		t.Errorf("application %q", got)
	}
}

func TestResultNames(t *testing.T) {
	l := start(t, nil).dial(t)
	m, err := l.GetResultSetMetadata(t.Context(), &hiveserver.TGetResultSetMetadataReq{OperationHandle: l.run(l.session(), "rows 1 2")})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range m.Schema.Columns {
		if c.ColumnName != fmt.Sprintf("t.c%d", i) {
			t.Errorf("column %d is called %q", i, c.ColumnName)
		}
	}
}
