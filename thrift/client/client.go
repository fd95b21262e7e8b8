// Package client is a thin HiveServer2 client: it connects over the binary transport, runs statements, streams their logs and
// progress, and yields rows as text.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive/hiveserver"
)

// Options say how to reach a server and with what session.
type Options struct {
	Address  string // host:port
	NoSASL   bool   // do not log in (auth=noSasl)
	User     string
	Password string
	Database string // empty means default
	HiveConf map[string]string
	HiveVars map[string]string
}

// Error is a failure the server reported.
type Error struct {
	Message  string
	SQLState string
	Code     int
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s (state=%s,code=%d)", e.Message, e.SQLState, e.Code)
}

// Limits of the wire.
const (
	maxMessage  = 1 << 30
	dialTimeout = 10 * time.Second
	fetchRows   = 10000
	bufferBytes = 64 << 10
)

// Client is a session on a connection of its own. Only Cancel of a Statement may be called while another call runs.
type Client struct {
	options Options
	conn    net.Conn
	service *hiveserver.TCLIServiceClient
	session *hiveserver.TSessionHandle
}

// Dial connects and opens a session.
func Dial(ctx context.Context, o Options) (*Client, error) {
	c := &Client{options: o}
	var err error
	if c.conn, c.service, err = connect(ctx, &o); err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		return nil, errors.Join(err, c.conn.Close())
	}
	return c, nil
}

func connect(ctx context.Context, o *Options) (net.Conn, *hiveserver.TCLIServiceClient, error) {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", o.Address)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to HiveServer2: %w", err)
	}
	var stream net.Conn = conn
	if !o.NoSASL {
		if stream, err = logIn(conn, o.User, o.Password); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("log in at %s: %w", o.Address, err), conn.Close())
		}
	}
	conf := &thrift.TConfiguration{MaxMessageSize: maxMessage, MaxFrameSize: maxMessage}
	transport := thrift.NewTBufferedTransport(thrift.NewTSocketFromConnConf(stream, conf), bufferBytes)
	return conn, hiveserver.NewTCLIServiceClientFactory(transport, thrift.NewTBinaryProtocolFactoryConf(conf)), nil
}

func (c *Client) open(ctx context.Context) error {
	conf := map[string]string{}
	for k, v := range c.options.HiveConf {
		conf["set:hiveconf:"+k] = v
	}
	for k, v := range c.options.HiveVars {
		conf["set:hivevar:"+k] = v
	}
	if c.options.Database != "" {
		conf["use:database"] = c.options.Database
	}
	r, err := c.service.OpenSession(ctx, &hiveserver.TOpenSessionReq{
		ClientProtocol: hiveserver.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10, Username: &c.options.User, Password: &c.options.Password,
		Configuration: conf,
	})
	if err == nil {
		err = failure(r.Status)
	}
	if err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	c.session = r.SessionHandle
	return nil
}

// Close closes the session and the connection.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	_, err := c.service.CloseSession(ctx, &hiveserver.TCloseSessionReq{SessionHandle: c.session})
	if err = errors.Join(err, c.conn.Close()); err != nil {
		return fmt.Errorf("close session: %w", err)
	}
	return nil
}

// failure is the error in a status, or nil.
func failure(s *hiveserver.TStatus) error {
	switch s.GetStatusCode() {
	case hiveserver.TStatusCode_SUCCESS_STATUS, hiveserver.TStatusCode_SUCCESS_WITH_INFO_STATUS:
		return nil
	}
	return &Error{Message: s.GetErrorMessage(), SQLState: s.GetSqlState(), Code: int(s.GetErrorCode())}
}

// Feedback is what a caller sees of a running statement. Both functions may be nil.
type Feedback struct {
	Log      func(line string)
	Progress func(p *Progress)
}

// Progress is the server's table of stages: a header, rows of the same length, and the part done, from 0 to 1.
type Progress struct {
	Header []string
	Rows   [][]string
	Footer string
	Done   float64
}

// Execute runs a statement to its end, reporting as it goes. When ctx ends, the statement is cancelled on the server and ctx's
// error is returned. The statement must be closed.
func (c *Client) Execute(ctx context.Context, sql string, f Feedback) (*Statement, error) {
	r, err := c.service.ExecuteStatement(context.WithoutCancel(ctx), &hiveserver.TExecuteStatementReq{SessionHandle: c.session, Statement: sql, RunAsync: true})
	if err != nil {
		return nil, lost(err)
	}
	if err := failure(r.Status); err != nil {
		return nil, err
	}
	s := &Statement{client: c, operation: r.OperationHandle}
	if err := s.await(ctx, f); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// lost describes a broken connection.
func lost(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the server closed the connection: %w", err)
	}
	return fmt.Errorf("talk to HiveServer2: %w", err)
}
