package hs2_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beltran/gohive/hiveserver"
)

func TestProtocolVersionIsTheSmallerOne(t *testing.T) {
	l := start(t, nil).dial(t)
	for offered, want := range map[hiveserver.TProtocolVersion]hiveserver.TProtocolVersion{0: 0, v5: v5, v6: v6, v10: v10, v11: v11, 99: v11} {
		r := l.open(offered, nil)
		l.success(r.Status)
		if r.ServerProtocolVersion != want {
			t.Errorf("offered %d, answered %d, want %d", offered, r.ServerProtocolVersion, want)
		}
	}
}

func TestOpenSessionConfiguration(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	r := l.open(v10, map[string]string{
		"use:database": "sales", "set:hiveconf:a": "1", "set:hivevar:b": "2", "set:system:c": "3", "set:metaconf:d": "4", "set:e": "5",
		"mapred.job.name": "airflow", "set:hiveconf:hive.server2.thrift.resultset.default.fetch.size": "50000",
	})
	l.success(r.Status)
	if got := r.Configuration["hive.server2.thrift.resultset.default.fetch.size"]; got != "10000" {
		t.Errorf("fetch size %q is not capped", got)
	}
	got := e.backend.Requests()[0]
	if got.User != "ann" || got.Database != "sales" || got.Address != "127.0.0.1" {
		t.Errorf("session request %+v", got)
	}
	for want, have := range map[string]string{
		"1": got.Conf["a"], "2": got.HiveVars["b"], "3": got.System["c"], "4": got.MetaConf["d"], "5": got.Conf["e"], "airflow": got.Conf["mapred.job.name"],
	} {
		if want != have {
			t.Errorf("setting arrived as %q, want %q", have, want)
		}
	}
	if got.ID == "" {
		t.Error("no session id")
	}
}

func TestOpenSessionFailures(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.limit.connections.per.user": "2"})
	l := e.dial(t)
	// Failed attempts must not use up the limit.
	for range 5 {
		l.failure(l.open(v10, map[string]string{"use:database": "missing"}).Status, "Failed to open new session: Database missing does not exist", "", 0)
		l.failure(l.open(v10, map[string]string{"set:env:HOME": "/"}).Status, "Failed to open new session: env:* variables can not be set.", "", 0)
	}
	s := l.session()
	l.session()
	l.failure(l.open(v10, nil).Status, "Connection limit per user reached (user: ann limit: 2)", "", 0)
	if _, err := l.CloseSession(t.Context(), &hiveserver.TCloseSessionReq{SessionHandle: s}); err != nil {
		t.Fatal(err)
	}
	l.session()
}

func TestProxyUser(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	l.success(l.open(v10, map[string]string{"hive.server2.proxy.user": "bob"}).Status)
	if got := e.backend.Requests()[0]; got.User != "bob" || got.RealUser != "ann" {
		t.Errorf("user %q for %q", got.RealUser, got.User)
	}
	l = start(t, map[string]string{"hive.server2.allow.user.substitution": "false"}).dial(t)
	l.failure(l.open(v10, map[string]string{"hive.server2.proxy.user": "bob"}).Status, "Proxy user substitution is not allowed", "", 0)
}

func unknownSession() *hiveserver.TSessionHandle {
	return &hiveserver.TSessionHandle{SessionId: &hiveserver.THandleIdentifier{GUID: make([]byte, 16), Secret: make([]byte, 16)}}
}

func TestUnknownHandles(t *testing.T) {
	l := start(t, nil).dial(t)
	const zero = "00000000-0000-0000-0000-000000000000"
	l.failure(l.execute(unknownSession(), "select 1", true).Status, "Invalid SessionHandle: SessionHandle ["+zero+"]", "", 0)
	r, err := l.CloseSession(t.Context(), &hiveserver.TCloseSessionReq{SessionHandle: unknownSession()})
	if err != nil {
		t.Fatal(err)
	}
	l.failure(r.Status, "Session does not exist: SessionHandle ["+zero+"]", "", 0)
	o := &hiveserver.TOperationHandle{OperationId: &hiveserver.THandleIdentifier{GUID: make([]byte, 16), Secret: make([]byte, 16)}}
	want := "Invalid OperationHandle: OperationHandle [opType=EXECUTE_STATEMENT, getHandleIdentifier()=" + zero + "]"
	l.failure(l.status(o, false).Status, want, "", 0)
	l.failure(l.fetch(o, next, 1, 0).Status, want, "", 0)
	// A known identifier with a wrong secret is unknown too.
	s := l.session()
	s.SessionId.Secret = make([]byte, 16)
	if r := l.execute(s, "select 1", true); r.Status.StatusCode != hiveserver.TStatusCode_ERROR_STATUS {
		t.Error("a session handle with a wrong secret was accepted")
	}
}

// Handles belong to the server: another connection may use them (trap 15).
func TestHandlesWorkOnAnyConnection(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.close.session.on.disconnect": "false"})
	l := e.dial(t)
	s := l.session()
	o := l.run(s, "rows 10 2")
	if err := l.conn.Close(); err != nil {
		t.Fatal(err)
	}
	other := e.dial(t)
	r := other.fetch(o, next, 100, 0)
	other.success(r.Status)
	if n := columnLength(r.Results.Columns[0]); n != 10 {
		t.Errorf("%d rows over the second connection", n)
	}
	other.success(other.execute(s, "select 1", false).Status)
}

func TestDisconnectClosesSession(t *testing.T) {
	e := start(t, nil)
	l, other := e.dial(t), e.dial(t)
	l.success(l.execute(l.session(), "wait", true).Status)
	keep := other.session()
	if err := l.conn.Close(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		return e.server.Sessions() == 1 && e.server.Operations() == 0 && e.backend.Open.Load() == 0
	})
	other.success(other.execute(keep, "select 1", false).Status)
}

// A client that goes away during a blocking statement takes the statement with it (trap 16).
func TestDisconnectCancelsBlockingStatement(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	s := l.session()
	go func() {
		waitFor(t, func() bool { return e.server.Operations() == 1 })
		_ = l.conn.Close()
	}()
	_, err := l.ExecuteStatement(t.Context(), &hiveserver.TExecuteStatementReq{SessionHandle: s, Statement: "wait"})
	if err == nil {
		t.Error("the call was answered")
	}
	waitFor(t, func() bool { return e.server.Sessions() == 0 && e.server.Operations() == 0 })
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 6000 {
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("waited in vain")
}

// Closing a session ends its operations (trap 23).
func TestCloseSessionClosesOperations(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	s := l.session()
	running := l.execute(s, "wait", true).OperationHandle
	l.run(s, "rows 10")
	r, err := l.CloseSession(t.Context(), &hiveserver.TCloseSessionReq{SessionHandle: s})
	if err != nil {
		t.Fatal(err)
	}
	l.success(r.Status)
	if e.server.Operations() != 0 || e.backend.Open.Load() != 0 || e.backend.Sessions.Load() != 0 {
		t.Errorf("left: %d operations, %d statements, %d sessions", e.server.Operations(), e.backend.Open.Load(), e.backend.Sessions.Load())
	}
	if st := l.status(running, false).Status; !strings.HasPrefix(st.GetErrorMessage(), "Invalid OperationHandle: ") {
		t.Errorf("status of an operation of a closed session: %q", st.GetErrorMessage())
	}
}

func TestManySessionsLeaveNothing(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	for i := range 300 {
		s := l.session()
		l.run(s, "select 1")
		l.execute(s, "bad table", true)
		if i%2 == 0 {
			l.closeOperation(l.run(s, "ddl"))
		}
		if _, err := l.CloseSession(t.Context(), &hiveserver.TCloseSessionReq{SessionHandle: s}); err != nil {
			t.Fatal(err)
		}
	}
	if e.server.Sessions() != 0 || e.server.Operations() != 0 {
		t.Errorf("left: %d sessions, %d operations", e.server.Sessions(), e.server.Operations())
	}
}

// Any call refreshes the idle timer (trap 27); open operations keep a session.
func TestIdleExpiry(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.idle.session.timeout": "1h", "hive.server2.idle.operation.timeout": "2h"})
	l := e.dial(t)
	idle, busy := l.session(), l.session()
	ended, running := l.run(busy, "select 1"), l.execute(busy, "wait", true).OperationHandle
	e.server.ExpireIdle(time.Now().Add(59 * time.Minute))
	if e.server.Sessions() != 2 {
		t.Fatalf("%d sessions after 59 minutes", e.server.Sessions())
	}
	e.server.ExpireIdle(time.Now().Add(61 * time.Minute))
	if e.server.Sessions() != 1 || e.server.Operations() != 2 {
		t.Fatalf("%d sessions, %d operations after 61 minutes", e.server.Sessions(), e.server.Operations())
	}
	if st := l.execute(idle, "select 1", true).Status; !strings.HasPrefix(st.GetErrorMessage(), "Invalid SessionHandle: ") {
		t.Errorf("expired session: %q", st.GetErrorMessage())
	}
	// Ended operations expire, running ones do not.
	e.server.ExpireIdle(time.Now().Add(121 * time.Minute))
	if st := l.status(ended, false).Status; !strings.HasPrefix(st.GetErrorMessage(), "Invalid OperationHandle: ") {
		t.Errorf("expired operation: %q", st.GetErrorMessage())
	}
	if st := l.status(running, false); st.GetOperationState() != hiveserver.TOperationState_RUNNING_STATE {
		t.Errorf("running operation: %v %q", st.GetOperationState(), st.Status.GetErrorMessage())
	}
	if e.server.Sessions() != 1 {
		t.Errorf("%d sessions", e.server.Sessions())
	}
}

func TestNegativeOperationTimeoutClosesRunning(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.idle.operation.timeout": "-2h"})
	l := e.dial(t)
	l.success(l.execute(l.session(), "wait", true).Status)
	e.server.ExpireIdle(time.Now().Add(121 * time.Minute))
	if e.server.Operations() != 0 {
		t.Error("the running operation was kept")
	}
}

// A graceful stop refuses sessions, lets clients fetch, and ends with the last operation.
func TestGracefulStop(t *testing.T) {
	e := start(t, nil)
	l := e.dial(t)
	s := l.session()
	o := l.execute(s, "wait", true).OperationHandle
	e.stop()
	waitFor(t, func() bool { return l.open(v10, nil).Status.StatusCode == hiveserver.TStatusCode_ERROR_STATUS })
	l.failure(l.open(v10, nil).Status, "Cannot open sessions on an inactive HS2 instance; use service discovery to connect", "", 0)
	e.backend.Release()
	if st := l.await(o); st.GetOperationState() != hiveserver.TOperationState_FINISHED_STATE {
		t.Fatalf("state %v", st.GetOperationState())
	}
	if n := columnLength(l.fetch(o, next, 10, 0).Results.Columns[0]); n != 1 {
		t.Errorf("%d rows while stopping", n)
	}
	l.closeOperation(o)
	if err := <-e.served; err != nil {
		t.Error(err)
	}
	e.served <- nil
}

func TestParallelOperationsOff(t *testing.T) {
	e := start(t, nil)
	l, other := e.dial(t), e.dial(t)
	r := l.open(v10, map[string]string{"hive.server2.parallel.ops.in.session": "false"})
	running := l.execute(r.SessionHandle, "wait", true).OperationHandle
	second := make(chan error, 1)
	go func() {
		got, err := other.ExecuteStatement(t.Context(), &hiveserver.TExecuteStatementReq{SessionHandle: r.SessionHandle, Statement: "select 1"})
		if err == nil && got.Status.StatusCode != hiveserver.TStatusCode_SUCCESS_STATUS {
			err = fmt.Errorf("%s", got.Status.GetErrorMessage())
		}
		second <- err
	}()
	// Status, log and cancel do not wait for the running statement.
	l.status(running, false)
	l.logLines(running, next)
	if _, err := l.CancelOperation(t.Context(), &hiveserver.TCancelOperationReq{OperationHandle: running}); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
}
