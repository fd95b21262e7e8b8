package hs2_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive/hiveserver"

	"skep/test/fakebackend"
	"skep/thrift/hs2"
)

// endpoint is a running server over a fake backend.
type endpoint struct {
	server  *hs2.Server
	backend *fakebackend.Backend
	addr    string
	stop    context.CancelFunc
	served  chan error
}

func start(t *testing.T, settings map[string]string) *endpoint {
	t.Helper()
	e := &endpoint{backend: fakebackend.New(), served: make(chan error, 1)}
	server, err := hs2.Listen(hs2.Config{Address: "127.0.0.1:0", Backend: e.backend, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	e.server, e.addr = server, server.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	e.stop = cancel
	go func() { e.served <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := server.Close(); err != nil {
			t.Errorf("close server: %v", err)
		}
		if err := <-e.served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if n := e.backend.Open.Load(); n != 0 {
			t.Errorf("%d statements were left open", n)
		}
		if n := e.backend.Sessions.Load(); n != 0 {
			t.Errorf("%d sessions were left open", n)
		}
	})
	return e
}

// link is a connection with the generated client on it.
type link struct {
	*hiveserver.TCLIServiceClient
	t    *testing.T
	conn net.Conn
}

func (e *endpoint) dial(t *testing.T) *link {
	t.Helper()
	conn, err := net.Dial("tcp", e.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return newLink(t, conn, thrift.NewTSocketFromConnConf(conn, nil))
}

func newLink(t *testing.T, conn net.Conn, tr thrift.TTransport) *link {
	buffered := thrift.NewTBufferedTransport(tr, 4096)
	conf := &thrift.TConfiguration{MaxMessageSize: 1 << 30}
	return &link{TCLIServiceClient: hiveserver.NewTCLIServiceClientFactory(buffered, thrift.NewTBinaryProtocolFactoryConf(conf)), t: t, conn: conn}
}

const (
	v5  = hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V5
	v6  = hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V6
	v10 = hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10
	v11 = hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V11
)

func (l *link) open(version hiveserver.TProtocolVersion, conf map[string]string) *hiveserver.TOpenSessionResp {
	l.t.Helper()
	user, password := "ann", "x"
	r, err := l.OpenSession(l.t.Context(), &hiveserver.TOpenSessionReq{ClientProtocol: version, Username: &user, Password: &password, Configuration: conf})
	if err != nil {
		l.t.Fatalf("OpenSession: %v", err)
	}
	return r
}

func (l *link) session() *hiveserver.TSessionHandle {
	l.t.Helper()
	r := l.open(v10, nil)
	l.success(r.Status)
	return r.SessionHandle
}

func (l *link) success(s *hiveserver.TStatus) {
	l.t.Helper()
	if s.StatusCode != hiveserver.TStatusCode_SUCCESS_STATUS {
		l.t.Fatalf("status %v: %s", s.StatusCode, s.GetErrorMessage())
	}
}

// failure checks an error's fields and the shape that drivers take apart.
func (l *link) failure(s *hiveserver.TStatus, message, state string, code int32) {
	l.t.Helper()
	if s.StatusCode != hiveserver.TStatusCode_ERROR_STATUS || s.GetErrorMessage() != message || s.GetSqlState() != state || s.GetErrorCode() != code {
		l.t.Errorf("status %v %q state %q code %d; want an error %q state %q code %d", s.StatusCode, s.GetErrorMessage(), s.GetSqlState(),
			s.GetErrorCode(), message, state, code)
	}
	if s.InfoMessages != nil && len(s.InfoMessages) == 0 {
		l.t.Error("infoMessages is an empty list")
	}
}

func (l *link) execute(s *hiveserver.TSessionHandle, sql string, async bool) *hiveserver.TExecuteStatementResp {
	l.t.Helper()
	r, err := l.ExecuteStatement(l.t.Context(), &hiveserver.TExecuteStatementReq{SessionHandle: s, Statement: sql, RunAsync: async})
	if err != nil {
		l.t.Fatalf("ExecuteStatement: %v", err)
	}
	return r
}

// run executes a statement to its end.
func (l *link) run(s *hiveserver.TSessionHandle, sql string) *hiveserver.TOperationHandle {
	l.t.Helper()
	r := l.execute(s, sql, false)
	l.success(r.Status)
	return r.OperationHandle
}

func (l *link) status(o *hiveserver.TOperationHandle, progress bool) *hiveserver.TGetOperationStatusResp {
	l.t.Helper()
	r, err := l.GetOperationStatus(l.t.Context(), &hiveserver.TGetOperationStatusReq{OperationHandle: o, GetProgressUpdate: &progress})
	if err != nil {
		l.t.Fatalf("GetOperationStatus: %v", err)
	}
	return r
}

// await polls until the operation has ended.
func (l *link) await(o *hiveserver.TOperationHandle) *hiveserver.TGetOperationStatusResp {
	l.t.Helper()
	for {
		r := l.status(o, false)
		l.success(r.Status)
		switch r.GetOperationState() {
		case hiveserver.TOperationState_INITIALIZED_STATE, hiveserver.TOperationState_PENDING_STATE, hiveserver.TOperationState_RUNNING_STATE:
		default:
			return r
		}
	}
}

func (l *link) fetch(o *hiveserver.TOperationHandle, orientation hiveserver.TFetchOrientation, rows int64, kind int16) *hiveserver.TFetchResultsResp {
	l.t.Helper()
	r, err := l.FetchResults(l.t.Context(), &hiveserver.TFetchResultsReq{OperationHandle: o, Orientation: orientation, MaxRows: rows, FetchType: kind})
	if err != nil {
		l.t.Fatalf("FetchResults: %v", err)
	}
	return r
}

const (
	next  = hiveserver.TFetchOrientation_FETCH_NEXT
	first = hiveserver.TFetchOrientation_FETCH_FIRST
)

func (l *link) logLines(o *hiveserver.TOperationHandle, orientation hiveserver.TFetchOrientation) []string {
	l.t.Helper()
	r := l.fetch(o, orientation, 1000, 1)
	l.success(r.Status)
	return r.Results.Columns[0].StringVal.Values
}

func (l *link) closeOperation(o *hiveserver.TOperationHandle) {
	l.t.Helper()
	r, err := l.CloseOperation(l.t.Context(), &hiveserver.TCloseOperationReq{OperationHandle: o})
	if err != nil {
		l.t.Fatalf("CloseOperation: %v", err)
	}
	l.success(r.Status)
}

// columnLength is the number of values of a column, whichever member is set; -1 when none is.
func columnLength(c *hiveserver.TColumn) int {
	switch {
	case c.BoolVal != nil:
		return len(c.BoolVal.Values)
	case c.ByteVal != nil:
		return len(c.ByteVal.Values)
	case c.I16Val != nil:
		return len(c.I16Val.Values)
	case c.I32Val != nil:
		return len(c.I32Val.Values)
	case c.I64Val != nil:
		return len(c.I64Val.Values)
	case c.DoubleVal != nil:
		return len(c.DoubleVal.Values)
	case c.StringVal != nil:
		return len(c.StringVal.Values)
	case c.BinaryVal != nil:
		return len(c.BinaryVal.Values)
	}
	return -1
}

// raw is a connection that speaks bytes.
func (e *endpoint) raw(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", e.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func saslMessage(status byte, payload string) []byte {
	out := []byte{status}
	out = binary.BigEndian.AppendUint32(out, uint32(len(payload)))
	return append(out, payload...)
}

func readSASL(t *testing.T, conn net.Conn) (byte, string) {
	t.Helper()
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		t.Fatalf("read SASL message: %v", err)
	}
	payload := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err := io.ReadFull(conn, payload); err != nil {
		t.Fatalf("read SASL message: %v", err)
	}
	return head[0], string(payload)
}
