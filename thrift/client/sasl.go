package client

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Status bytes of Thrift's SASL negotiation.
const (
	saslStart    = 1
	saslOK       = 2
	saslComplete = 5
)

// maxAnswer bounds the server's messages of the negotiation in bytes.
const maxAnswer = 1 << 16

// logIn negotiates PLAIN and returns the stream of SASL frames.
func logIn(conn net.Conn, user, password string) (net.Conn, error) {
	if err := conn.SetDeadline(time.Now().Add(dialTimeout)); err != nil {
		return nil, err
	}
	request := append(negotiation(saslStart, "PLAIN"), negotiation(saslOK, "\x00"+user+"\x00"+password)...)
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, fmt.Errorf("no answer to SASL; the server may want auth=noSasl: %w", err)
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxAnswer {
		return nil, errors.New("the server does not speak SASL")
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(conn, text); err != nil {
		return nil, err
	}
	if head[0] != saslComplete {
		return nil, fmt.Errorf("the server refused: %s", text)
	}
	return &frames{Conn: conn}, conn.SetDeadline(time.Time{})
}

func negotiation(status byte, payload string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{status}, uint32(len(payload))), payload...)
}

// frames puts written bytes into SASL frames without protection and reads the server's.
type frames struct {
	net.Conn
	rest int // unread bytes of the current frame
}

func (f *frames) Write(p []byte) (int, error) {
	frame := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(p)), uint32(len(p))), p...)
	if _, err := f.Conn.Write(frame); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *frames) Read(p []byte) (int, error) {
	for f.rest == 0 {
		var head [4]byte
		if _, err := io.ReadFull(f.Conn, head[:]); err != nil {
			return 0, err
		}
		f.rest = int(binary.BigEndian.Uint32(head[:]) & 0x7fffffff)
	}
	n, err := f.Conn.Read(p[:min(len(p), f.rest)])
	f.rest -= n
	return n, err
}
