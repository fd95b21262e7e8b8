package transport

import (
	"bufio"
	"context"
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
	saslBad      = 3
	saslError    = 4
	saslComplete = 5
)

// maxNegotiation bounds one message of the negotiation in bytes; Kerberos tickets stay below it.
const maxNegotiation = 256 << 10

// loginRefused is the text that clients print, and alerts match, after "Peer indicated failure: ".
const loginRefused = "Error validating the login"

// LoginError is a refused negotiation. The client has been told.
type LoginError struct {
	Mechanism string
	Err       error
}

func (e *LoginError) Error() string { return fmt.Sprintf("SASL %s login: %v", e.Mechanism, e.Err) }

// Unwrap returns the mechanism's error.
func (e *LoginError) Unwrap() error { return e.Err }

// Accept finds out how the client talks, lets it log in, and returns the connection ready for messages. The first byte
// decides: 0x01 starts a SASL negotiation; 0x80 is a strict and 0x00 an old-style Thrift message. Anything else (HTTP, TLS,
// garbage) is refused at once. On error the caller closes nc.
func Accept(ctx context.Context, nc net.Conn, o *Options) (*Conn, error) {
	c := &Conn{conn: nc, r: bufio.NewReaderSize(nc, readBuffer), max: o.MaxMessage}
	if err := nc.SetReadDeadline(time.Now().Add(o.LoginTimeout)); err != nil {
		return nil, fmt.Errorf("set login timeout: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	first, err := c.r.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("wait for the first byte: %w", err)
	}
	switch {
	case first[0] == saslStart:
		if err := c.login(o); err != nil {
			return nil, err
		}
	case first[0] == 0x80 || first[0] == 0x00:
		if !o.Raw {
			return nil, errors.New("the client does not log in (auth=noSasl), but this server requires SASL")
		}
	default:
		return nil, fmt.Errorf("first byte 0x%02x is neither SASL nor Thrift's binary protocol", first[0])
	}
	if !stop() {
		return nil, fmt.Errorf("accept connection: %w", context.Cause(ctx))
	}
	if err := nc.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("clear login timeout: %w", err)
	}
	return c, nil
}

func (c *Conn) login(o *Options) error {
	status, name, err := c.readNegotiation()
	if err != nil {
		return fmt.Errorf("SASL negotiation: %w", err)
	}
	if status != saslStart {
		return c.refuse(saslError, "", fmt.Errorf("expecting START status, received %d", status), "Expecting START status")
	}
	start := o.Mechanisms[string(name)]
	if start == nil {
		return c.refuse(saslBad, string(name), errors.New("unsupported mechanism"), fmt.Sprintf("Unsupported mechanism type %s", name))
	}
	auth := start()
	for {
		status, response, err := c.readNegotiation()
		if err != nil {
			return fmt.Errorf("SASL %s negotiation: %w", name, err)
		}
		switch status {
		case saslOK, saslComplete:
		case saslBad, saslError:
			return &LoginError{Mechanism: string(name), Err: fmt.Errorf("the client gave up: %q", response)}
		default:
			return c.refuse(saslError, string(name), fmt.Errorf("unexpected status %d", status), "Unexpected negotiation status")
		}
		challenge, done, err := auth.Step(response)
		if err != nil {
			return c.refuse(saslError, string(name), err, loginRefused)
		}
		reply := byte(saslOK)
		if done {
			reply = saslComplete
		}
		if err := c.writeNegotiation(reply, challenge); err != nil {
			return err
		}
		if done {
			c.auth = auth
			return nil
		}
	}
}

// refuse tells the client why, so that it prints a cause and not a lost connection.
func (c *Conn) refuse(status byte, mechanism string, cause error, text string) error {
	err := &LoginError{Mechanism: mechanism, Err: cause}
	if werr := c.writeNegotiation(status, []byte(text)); werr != nil {
		return errors.Join(err, werr)
	}
	return err
}

func (c *Conn) readNegotiation() (status byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxNegotiation {
		return 0, nil, fmt.Errorf("message of %d bytes: %w", n, errTooLarge)
	}
	payload, err = readFull(c.r, nil, int(n))
	return head[0], payload, err
}

func (c *Conn) writeNegotiation(status byte, payload []byte) error {
	out := make([]byte, 5, 5+len(payload))
	out[0] = status
	binary.BigEndian.PutUint32(out[1:], uint32(len(payload)))
	if _, err := c.conn.Write(append(out, payload...)); err != nil {
		return fmt.Errorf("send SASL message: %w", err)
	}
	return nil
}
