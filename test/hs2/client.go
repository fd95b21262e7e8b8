// Package hs2 is the test suite's own small HiveServer2 client. It speaks the
// binary protocol over the generated TCLIService client, converts nothing on
// the way but to text, and is used against both the product and real Hive, so
// that both are read by the same code.
package hs2

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive"
	"github.com/beltran/gohive/hiveserver"
)

// Options say how to reach a server. The zero value of every field is usable.
type Options struct {
	Addr      string            // host:port
	Auth      string            // "NOSASL" (default) or "PLAIN"
	User      string            // default "root"
	Conf      map[string]string // session configuration sent with OpenSession
	FetchSize int64             // rows per FetchResults; default 10,000
	Timeout   time.Duration     // socket timeout; default 10 minutes
}

// Value is one cell as text. Text is empty when Null is set.
type Value struct {
	Text string
	Null bool
}

// Column is a result column: its name as the server labels it and its type in
// Hive's lower-case spelling ("decimal(7,2)", "varchar(10)", "array").
type Column struct {
	Name, Type string
}

// Result is what one statement answered. HasRows is false for a statement
// without a result set.
type Result struct {
	HasRows bool
	Columns []Column
	Rows    [][]Value
}

// Error is a failure the server reported, with the fields clients parse.
type Error struct {
	Code     int
	SQLState string
	Message  string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s (code %d, sqlstate %s)", e.Message, e.Code, e.SQLState)
}

// Client is one session on one connection. It is not safe for concurrent use,
// except Cancel.
type Client struct {
	transport thrift.TTransport
	service   *hiveserver.TCLIServiceClient
	session   *hiveserver.TSessionHandle
	fetchSize int64
}

// Dial connects and opens a session.
func Dial(ctx context.Context, o Options) (*Client, error) {
	if o.User == "" {
		o.User = "root"
	}
	if o.FetchSize == 0 {
		o.FetchSize = 10000
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Minute
	}
	conf := &thrift.TConfiguration{ConnectTimeout: 10 * time.Second, SocketTimeout: o.Timeout, MaxMessageSize: 1 << 30, MaxFrameSize: 1 << 30}
	var transport thrift.TTransport = thrift.NewTSocketConf(o.Addr, conf)
	if strings.EqualFold(o.Auth, "PLAIN") {
		host, _, err := net.SplitHostPort(o.Addr)
		if err != nil {
			return nil, fmt.Errorf("address %q: %w", o.Addr, err)
		}
		if err := transport.Open(); err != nil {
			return nil, fmt.Errorf("connect to %s: %w", o.Addr, err)
		}
		transport, err = gohive.NewTSaslTransport(transport, host, "PLAIN", map[string]string{"username": o.User, "password": "x"}, 1<<30)
		if err != nil {
			return nil, fmt.Errorf("SASL to %s: %w", o.Addr, err)
		}
	} else {
		transport = thrift.NewTBufferedTransport(transport, 64<<10)
	}
	if !transport.IsOpen() {
		if err := transport.Open(); err != nil {
			return nil, fmt.Errorf("connect to %s: %w", o.Addr, err)
		}
	}
	c := &Client{transport: transport, fetchSize: o.FetchSize}
	c.service = hiveserver.NewTCLIServiceClientFactory(transport, thrift.NewTBinaryProtocolFactoryConf(conf))
	req := hiveserver.NewTOpenSessionReq()
	req.ClientProtocol = hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10
	req.Configuration = o.Conf
	password := "x"
	req.Username, req.Password = &o.User, &password
	resp, err := c.service.OpenSession(ctx, req)
	if err == nil {
		err = statusError(resp.GetStatus())
	}
	if err != nil {
		_ = transport.Close()
		return nil, fmt.Errorf("open session: %w", err)
	}
	c.session = resp.SessionHandle
	return c, nil
}

// Close closes the session and the connection.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := c.service.CloseSession(ctx, &hiveserver.TCloseSessionReq{SessionHandle: c.session})
	if e := c.transport.Close(); err == nil {
		err = e
	}
	return err
}

// Exec runs one statement to its end and fetches all rows. A failure reported
// by the server is an *Error; any other error means the connection is lost.
// When ctx ends while the statement runs, it is cancelled on the server.
func (c *Client) Exec(ctx context.Context, sql string) (*Result, error) {
	op, err := c.Start(ctx, sql)
	if err != nil {
		return nil, err
	}
	return c.Await(ctx, op)
}

// Operation is a statement that was started.
type Operation struct{ handle *hiveserver.TOperationHandle }

// Start begins a statement.
func (c *Client) Start(ctx context.Context, sql string) (*Operation, error) {
	wire := context.WithoutCancel(ctx)
	resp, err := c.service.ExecuteStatement(wire, &hiveserver.TExecuteStatementReq{SessionHandle: c.session, Statement: sql, RunAsync: true})
	if err != nil {
		return nil, fmt.Errorf("ExecuteStatement: %w", err)
	}
	if err := statusError(resp.GetStatus()); err != nil {
		return nil, err
	}
	return &Operation{resp.OperationHandle}, nil
}

// Await waits for a statement's end, like Exec, and closes it. Any client's
// may have started it.
func (c *Client) Await(ctx context.Context, op *Operation) (*Result, error) {
	wire := context.WithoutCancel(ctx)
	res, err := c.await(ctx, wire, op.handle)
	if _, cerr := c.service.CloseOperation(wire, &hiveserver.TCloseOperationReq{OperationHandle: op.handle}); err == nil && cerr != nil {
		err = fmt.Errorf("CloseOperation: %w", cerr)
	}
	return res, err
}

func (c *Client) await(ctx, wire context.Context, op *hiveserver.TOperationHandle) (*Result, error) {
	if err := c.wait(ctx, wire, op); err != nil {
		return nil, err
	}
	if !op.HasResultSet {
		return &Result{}, nil
	}
	meta, err := c.service.GetResultSetMetadata(wire, &hiveserver.TGetResultSetMetadataReq{OperationHandle: op})
	if err != nil {
		return nil, fmt.Errorf("GetResultSetMetadata: %w", err)
	}
	if err := statusError(meta.GetStatus()); err != nil {
		return nil, err
	}
	res := &Result{HasRows: true}
	for _, col := range meta.GetSchema().GetColumns() {
		res.Columns = append(res.Columns, Column{Name: col.ColumnName, Type: typeName(col.TypeDesc)})
	}
	for {
		fetched, err := c.service.FetchResults(wire, &hiveserver.TFetchResultsReq{
			OperationHandle: op, Orientation: hiveserver.TFetchOrientation_FETCH_NEXT, MaxRows: c.fetchSize})
		if err != nil {
			return nil, fmt.Errorf("FetchResults: %w", err)
		}
		if err := statusError(fetched.GetStatus()); err != nil {
			return nil, err
		}
		rows, err := decode(fetched.GetResults(), res.Columns)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return res, nil
		}
		res.Rows = append(res.Rows, rows...)
	}
}

// wait polls until the operation ends, backing off from 0.2 ms to 50 ms.
func (c *Client) wait(ctx, wire context.Context, op *hiveserver.TOperationHandle) error {
	pause := 200 * time.Microsecond
	cancelled := false
	for {
		st, err := c.service.GetOperationStatus(wire, &hiveserver.TGetOperationStatusReq{OperationHandle: op})
		if err != nil {
			return fmt.Errorf("GetOperationStatus: %w", err)
		}
		if err := statusError(st.GetStatus()); err != nil {
			return err
		}
		switch state := st.GetOperationState(); state {
		case hiveserver.TOperationState_INITIALIZED_STATE, hiveserver.TOperationState_RUNNING_STATE, hiveserver.TOperationState_PENDING_STATE:
		case hiveserver.TOperationState_FINISHED_STATE:
			return nil
		default:
			e := &Error{Code: int(st.GetErrorCode()), SQLState: st.GetSqlState(), Message: st.GetErrorMessage()}
			if e.Message == "" {
				e.Message = "operation ended in state " + state.String()
			}
			return e
		}
		if ctx.Err() != nil && !cancelled {
			if _, err := c.service.CancelOperation(wire, &hiveserver.TCancelOperationReq{OperationHandle: op}); err != nil {
				return fmt.Errorf("CancelOperation: %w", err)
			}
			return ctx.Err()
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		pause = min(pause*2, 50*time.Millisecond)
	}
}

func statusError(st *hiveserver.TStatus) error {
	switch st.GetStatusCode() {
	case hiveserver.TStatusCode_SUCCESS_STATUS, hiveserver.TStatusCode_SUCCESS_WITH_INFO_STATUS:
		return nil
	}
	return &Error{Code: int(st.GetErrorCode()), SQLState: st.GetSqlState(), Message: st.GetErrorMessage()}
}

// typeName renders a TTypeDesc in Hive's spelling. The protocol carries only
// the outermost kind of a nested type.
func typeName(d *hiveserver.TTypeDesc) string {
	if len(d.GetTypes()) == 0 || d.Types[0].PrimitiveEntry == nil {
		return "?"
	}
	p := d.Types[0].PrimitiveEntry
	name := strings.ToLower(strings.TrimSuffix(p.Type.String(), "_TYPE"))
	if p.TypeQualifiers == nil { // the generated getters do not accept nil
		return name
	}
	q := p.TypeQualifiers.Qualifiers
	switch name {
	case "decimal":
		return fmt.Sprintf("decimal(%d,%d)", qualifier(q, "precision"), qualifier(q, "scale"))
	case "char", "varchar":
		return fmt.Sprintf("%s(%d)", name, qualifier(q, "characterMaximumLength"))
	}
	return name
}

// qualifier is an integer qualifier of a type, -1 when the server sent none.
func qualifier(q map[string]*hiveserver.TTypeQualifierValue, key string) int32 {
	if v := q[key]; v != nil && v.I32Value != nil {
		return *v.I32Value
	}
	return -1
}

// AddrPort is the address of a port on this machine.
func AddrPort(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
