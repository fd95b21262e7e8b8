package hs2_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive/hiveserver"
)

// login does the PLAIN negotiation and returns the server's last answer.
func login(t *testing.T, conn net.Conn, mechanism, response string) (byte, string) {
	t.Helper()
	if _, err := conn.Write(append(saslMessage(1, mechanism), saslMessage(2, response)...)); err != nil {
		t.Fatal(err)
	}
	return readSASL(t, conn)
}

// saslFrames puts a Thrift client's bytes into SASL frames, split to show that frames are a stream.
type saslFrames struct {
	net.Conn
	split int
	rest  int
}

func (f *saslFrames) Write(p []byte) (int, error) {
	for at := 0; at < len(p); at += f.split {
		part := p[at:min(at+f.split, len(p))]
		if _, err := f.Conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(part))), part...)); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (f *saslFrames) Read(p []byte) (int, error) {
	for f.rest == 0 {
		var head [4]byte
		if _, err := io.ReadFull(f.Conn, head[:]); err != nil {
			return 0, err
		}
		f.rest = int(binary.BigEndian.Uint32(head[:]))
	}
	n, err := f.Conn.Read(p[:min(len(p), f.rest)])
	f.rest -= n
	return n, err
}

// Trap 19 and the choice of the port: SASL and raw clients on the same one.
func TestSASLPlain(t *testing.T) {
	e := start(t, nil)
	for _, split := range []int{1 << 20, 7} {
		conn := e.raw(t)
		if status, text := login(t, conn, "PLAIN", "\x00carol\x00secret"); status != 5 {
			t.Fatalf("status %d %q", status, text)
		}
		framed := &saslFrames{Conn: conn, split: split}
		l := newLink(t, conn, thrift.NewTSocketFromConnConf(framed, nil))
		s := l.session() // says it is ann
		if got := e.backend.Requests(); got[len(got)-1].User != "carol" {
			t.Errorf("user %q, not the authenticated one", got[len(got)-1].User)
		}
		o := l.run(s, "rows 3000 20")
		if n := columnLength(l.fetch(o, next, 3000, 0).Results.Columns[19]); n != 3000 {
			t.Errorf("%d rows", n)
		}
	}
	e.dial(t).session()
}

func TestLoginFailures(t *testing.T) {
	e := start(t, nil)
	for _, c := range []struct {
		mechanism, response string
		status              byte
		text                string
	}{
		{"PLAIN", "\x00carol\x00", 4, "Error validating the login"},
		{"PLAIN", "\x00\x00secret", 4, "Error validating the login"},
		{"PLAIN", "garbage", 4, "Error validating the login"},
		{"GSSAPI", "", 3, "Unsupported mechanism type GSSAPI"},
	} {
		conn := e.raw(t)
		status, text := login(t, conn, c.mechanism, c.response)
		if status != c.status || text != c.text {
			t.Errorf("%s %q: %d %q", c.mechanism, c.response, status, text)
		}
		expectEOF(t, conn)
	}
	// A SASL client at a NOSASL server fails at once too.
	conn := start(t, map[string]string{"hive.server2.authentication": "NOSASL"}).raw(t)
	if status, text := login(t, conn, "PLAIN", "\x00carol\x00secret"); status != 3 || text != "Unsupported mechanism type PLAIN" {
		t.Errorf("%d %q", status, text)
	}
}

func expectEOF(t *testing.T, conn net.Conn) {
	t.Helper()
	rest, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection stays open")
	}
	if len(rest) > 0 {
		t.Errorf("unexpected answer %q", rest)
	}
}

func TestLoginTimeout(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.thrift.login.timeout": "50ms"})
	expectEOF(t, e.raw(t))
	conn := e.raw(t)
	if _, err := conn.Write(saslMessage(1, "PLAIN")); err != nil {
		t.Fatal(err)
	}
	expectEOF(t, conn)
}

// Clients of other protocols are dropped, whatever lengths their bytes pretend to be.
func TestGarbageIsDropped(t *testing.T) {
	e := start(t, nil)
	for name, data := range map[string][]byte{
		"HTTP":            []byte("POST /cliservice HTTP/1.1\r\nHost: x\r\n\r\n"),
		"TLS":             {0x16, 0x03, 0x01, 0x02, 0x00, 0x01},
		"huge SASL":       {1, 0x7f, 0xff, 0xff, 0xff, 'P'},
		"huge name":       {0x80, 0x01, 0x00, 0x01, 0x7f, 0xff, 0xff, 0xff, 'x'},
		"negative name":   {0x80, 0x01, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff, 'x'},
		"wrong version":   {0x80, 0x02, 0x00, 0x01, 0, 0, 0, 1, 'x', 0, 0, 0, 1},
		"old style name":  {0x7f, 0, 0, 0},
		"truncated frame": saslMessage(1, "PLAIN")[:3],
	} {
		conn := e.raw(t)
		if _, err := conn.Write(data); err != nil {
			t.Fatal(err)
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		rest, err := io.ReadAll(conn)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection stays open", name)
		}
		if len(rest) > 0 && name != "huge SASL" {
			t.Errorf("%s: answered %q", name, rest)
		}
	}
	e.dial(t).session()
}

// message builds a strict binary call.
func message(kind byte, name string, seq uint32, args []byte) []byte {
	m := []byte{0x80, 0x01, 0x00, kind}
	m = binary.BigEndian.AppendUint32(m, uint32(len(name)))
	m = append(m, name...)
	m = binary.BigEndian.AppendUint32(m, seq)
	return append(m, args...)
}

// readReply reads a reply's header and hands the protocol over for its body.
func readReply(t *testing.T, conn net.Conn) (name string, kind thrift.TMessageType, seq int32, in thrift.TProtocol) {
	t.Helper()
	in = thrift.NewTBinaryProtocolConf(thrift.NewTBufferedTransport(thrift.NewTSocketFromConnConf(conn, nil), 4096), nil)
	name, kind, seq, err := in.ReadMessageBegin(t.Context())
	if err != nil {
		t.Fatalf("read reply: %v", err)
	}
	return name, kind, seq, in
}

func expectException(t *testing.T, conn net.Conn, name string, seq, kind int32) {
	t.Helper()
	gotName, gotKind, gotSeq, in := readReply(t, conn)
	if gotName != name || gotKind != thrift.EXCEPTION || gotSeq != seq {
		t.Fatalf("reply %q type %d seq %d", gotName, gotKind, gotSeq)
	}
	x := thrift.NewTApplicationException(0, "")
	if err := x.Read(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if x.TypeId() != kind {
		t.Errorf("exception type %d (%s), want %d", x.TypeId(), x, kind)
	}
}

// Trap 24: an unknown method is answered and the connection goes on; unknown fields are skipped.
func TestUnknownMethodsAndFields(t *testing.T) {
	e := start(t, nil)
	conn := e.raw(t)
	// Arguments of every kind: {1: {1: "x", 2: [true], 3: {"a": 1.5}}}
	args := []byte{12, 0, 1, 11, 0, 1, 0, 0, 0, 1, 'x', 15, 0, 2, 2, 0, 0, 0, 1, 1, 13, 0, 3, 11, 4, 0, 0, 0, 1, 0, 0, 0, 1, 'a', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0, 0}
	for i, name := range []string{"GetLog", "CloseImpalaOperation", "Nothing"} {
		if _, err := conn.Write(message(1, name, uint32(i+7), args)); err != nil {
			t.Fatal(err)
		}
		expectException(t, conn, name, int32(i+7), thrift.UNKNOWN_METHOD)
	}
	// OpenSession with {1: {1: V10, 99: "from the future"}}
	args = []byte{12, 0, 1, 8, 0, 1, 0, 0, 0, 9, 11, 0, 99, 0, 0, 0, 15}
	args = append(append(args, "from the future"...), 0, 0)
	if _, err := conn.Write(message(1, "OpenSession", 42, args)); err != nil {
		t.Fatal(err)
	}
	name, kind, seq, in := readReply(t, conn)
	var r hiveserver.TCLIServiceOpenSessionResult
	if err := r.Read(t.Context(), in); err != nil || name != "OpenSession" || kind != thrift.REPLY || seq != 42 {
		t.Fatalf("%q %d %d %v", name, kind, seq, err)
	}
	if r.Success.Status.StatusCode != hiveserver.TStatusCode_SUCCESS_STATUS || e.backend.Requests()[0].User != "anonymous" {
		t.Errorf("status %v, user %q", r.Success.Status, e.backend.Requests()[0].User)
	}
	// An old-style message, without version.
	old := append(binary.BigEndian.AppendUint32(nil, 11), "OpenSession"...)
	old = append(append(old, 1, 0, 0, 0, 43), args...)
	if _, err := conn.Write(old); err != nil {
		t.Fatal(err)
	}
	if _, kind, seq, in := readReply(t, conn); kind != thrift.REPLY || seq != 43 || r.Read(t.Context(), in) != nil {
		t.Errorf("old-style message: type %d seq %d", kind, seq)
	}
}

func TestMalformedCalls(t *testing.T) {
	e := start(t, nil)
	for name, c := range map[string]struct {
		data []byte
		kind int32
	}{
		"not a call":       {message(2, "OpenSession", 1, []byte{0}), thrift.INVALID_MESSAGE_TYPE_EXCEPTION},
		"missing field":    {message(1, "CloseSession", 1, []byte{12, 0, 1, 0, 0}), thrift.PROTOCOL_ERROR},
		"no request":       {message(1, "GetInfo", 1, []byte{0}), thrift.INTERNAL_ERROR},
		"oversized string": {message(1, "OpenSession", 1, []byte{12, 0, 1, 8, 0, 1, 0, 0, 0, 9, 11, 0, 2, 0x7f, 0, 0, 0}), thrift.PROTOCOL_ERROR},
		"oversized map":    {message(1, "OpenSession", 1, []byte{12, 0, 1, 13, 0, 4, 11, 11, 0x00, 0x10, 0, 0}), thrift.PROTOCOL_ERROR},
		"deep nesting":     {message(1, "Nothing", 1, bytes.Repeat([]byte{12, 0, 1}, 1000)), -1},
	} {
		conn := e.raw(t)
		if _, err := conn.Write(c.data); err != nil {
			t.Fatal(err)
		}
		if c.kind < 0 {
			expectEOF(t, conn)
			continue
		}
		method := "OpenSession"
		if name == "missing field" {
			method = "CloseSession"
		} else if name == "no request" {
			method = "GetInfo"
		}
		expectException(t, conn, method, 1, c.kind)
	}
}

func TestMessageSizeLimit(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.thrift.max.message.size": "100000"})
	l := e.dial(t)
	s := l.session()
	if r := l.execute(s, "select 1 "+strings.Repeat(" ", 90_000), false); r.Status.StatusCode != hiveserver.TStatusCode_SUCCESS_STATUS {
		t.Errorf("a statement below the limit: %s", r.Status.GetErrorMessage())
	}
	_, err := l.ExecuteStatement(t.Context(), &hiveserver.TExecuteStatementReq{SessionHandle: s, Statement: strings.Repeat("x", 110_000)})
	if err == nil {
		t.Error("a statement beyond the limit was accepted")
	}
	// In SASL mode the frame's length tells.
	conn := e.raw(t)
	if status, _ := login(t, conn, "PLAIN", "\x00carol\x00secret"); status != 5 {
		t.Fatal("no login")
	}
	if _, err := conn.Write([]byte{0x7f, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	expectEOF(t, conn)
}

func TestLongStatement(t *testing.T) {
	l := start(t, nil).dial(t)
	l.success(l.execute(l.session(), "select 1"+strings.Repeat(" ", 12<<20), false).Status)
}

func TestConnectionLimit(t *testing.T) {
	e := start(t, map[string]string{"hive.server2.thrift.max.worker.threads": "1"})
	one := e.dial(t)
	one.session()
	two := e.dial(t)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		two.session()
	}()
	select {
	case <-answered:
		t.Error("the second connection was answered")
	case <-time.After(100 * time.Millisecond):
	}
	if err := one.conn.Close(); err != nil {
		t.Fatal(err)
	}
	<-answered
}

// FuzzConnection feeds a server arbitrary bytes; it must end the connection or wait, and stay alive.
func FuzzConnection(f *testing.F) {
	f.Add(message(1, "OpenSession", 1, []byte{12, 0, 1, 8, 0, 1, 0, 0, 0, 9, 0, 0}))
	f.Add(message(1, "GetInfo", 1, []byte{0}))
	f.Add(append(saslMessage(1, "PLAIN"), saslMessage(2, "\x00a\x00b")...))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := start(t, nil)
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", e.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write(data); err != nil {
			return
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("the connection stays open after %q", data)
		}
	})
}
