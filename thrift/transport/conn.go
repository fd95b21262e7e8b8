// Package transport is the wire under HiveServer2's binary mode: a TCP connection that carries Thrift messages either as they
// are (NOSASL) or in SASL frames after a login. A server port accepts both: the first byte a client sends tells them apart.
package transport

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"skep/auth/sasl"
)

// Options are shared by all connections of a server.
type Options struct {
	// Mechanisms start a negotiation by mechanism name. Empty refuses SASL clients.
	Mechanisms map[string]func() sasl.Server
	// Raw accepts clients that do not log in (auth=noSasl).
	Raw bool
	// MaxMessage bounds a request in bytes.
	MaxMessage int
	// LoginTimeout bounds the time from connecting to the end of the negotiation.
	LoginTimeout time.Duration
}

// Sizes of buffers in bytes.
const (
	readBuffer = 16 << 10
	keepBuffer = 64 << 10 // a write buffer above this is not kept by an idle connection
	frameSpace = 4        // room for the frame length in front of the payload
)

// errTooLarge is returned by reads beyond Options.MaxMessage.
var errTooLarge = errors.New("message exceeds the size limit")

// Conn is an established connection. It implements thrift.TTransport and thrift.TRichTransport. Reading and writing are each
// for one goroutine at a time; Close may be called from any.
type Conn struct {
	conn    net.Conn
	r       *bufio.Reader
	auth    sasl.Server // nil: raw
	frame   []byte      // unread rest of an unwrapped frame (protected connections)
	scratch []byte      // arena of frame
	left    int         // unread bytes of the current frame (unprotected SASL)
	budget  int         // bytes the current message may still take
	max     int
	w       []byte
	closed  atomic.Bool
}

var (
	_ thrift.TTransport     = (*Conn)(nil)
	_ thrift.TRichTransport = (*Conn)(nil)
)

// User returns the user who logged in, or "" on a raw connection.
func (c *Conn) User() string {
	if c.auth == nil {
		return ""
	}
	return c.auth.User()
}

// IsSASL reports whether the client logged in by SASL.
func (c *Conn) IsSASL() bool { return c.auth != nil }

// RemoteAddr returns the client's IP address.
func (c *Conn) RemoteAddr() string {
	if host, _, err := net.SplitHostPort(c.conn.RemoteAddr().String()); err == nil {
		return host
	}
	return c.conn.RemoteAddr().String()
}

// BeginMessage starts counting a new message against the size limit. It also gives back large buffers of the previous one.
func (c *Conn) BeginMessage() {
	c.budget = c.max
	if cap(c.w) > keepBuffer {
		c.w = nil
	}
	if cap(c.scratch) > keepBuffer && len(c.frame) == 0 {
		c.scratch, c.frame = nil, nil
	}
}

// Read reads decoded bytes of the current message.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.budget <= 0 {
		return 0, errTooLarge
	}
	if len(p) > c.budget {
		p = p[:c.budget]
	}
	n, err := c.read(p)
	c.budget -= n
	return n, err
}

func (c *Conn) read(p []byte) (int, error) {
	switch {
	case c.auth == nil:
		return c.r.Read(p)
	case c.auth.Protected():
		if err := c.fill(); err != nil {
			return 0, err
		}
		n := copy(p, c.frame)
		c.frame = c.frame[n:]
		return n, nil
	}
	for c.left == 0 {
		n, err := c.frameLength()
		if err != nil {
			return 0, err
		}
		c.left = n
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= n
	return n, err
}

// fill makes sure that the unwrapped frame has a byte to read.
func (c *Conn) fill() error {
	for len(c.frame) == 0 {
		n, err := c.frameLength()
		if err != nil {
			return err
		}
		if c.scratch, err = readFull(c.r, c.scratch[:0], n); err != nil {
			return fmt.Errorf("read SASL frame of %d bytes: %w", n, err)
		}
		if c.frame, err = c.auth.Unwrap(c.scratch); err != nil {
			return fmt.Errorf("unwrap SASL frame: %w", err)
		}
	}
	return nil
}

func (c *Conn) frameLength() (int, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if int64(n) > int64(c.max) {
		return 0, fmt.Errorf("SASL frame of %d bytes: %w", n, errTooLarge)
	}
	return int(n), nil
}

// readFull appends n bytes of r to dst, allocating as data arrives so that a made-up length costs nothing.
func readFull(r io.Reader, dst []byte, n int) ([]byte, error) {
	for len(dst) < n {
		step := min(n-len(dst), max(len(dst), readBuffer))
		at := len(dst)
		if cap(dst) < at+step {
			grown := make([]byte, at, at+step)
			copy(grown, dst)
			dst = grown
		}
		dst = dst[:at+step]
		if _, err := io.ReadFull(r, dst[at:]); err != nil {
			return dst[:at], err
		}
	}
	return dst, nil
}

// ReadByte reads one byte.
func (c *Conn) ReadByte() (byte, error) {
	var b [1]byte
	for {
		n, err := c.Read(b[:])
		if n == 1 {
			return b[0], nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// RemainingBytes bounds what the current message can still hold; Thrift checks container sizes against it.
func (c *Conn) RemainingBytes() uint64 { return uint64(max(c.budget, 0)) }

// Write appends to the current reply.
func (c *Conn) Write(p []byte) (int, error) {
	c.w = append(c.reply(), p...)
	return len(p), nil
}

// WriteString appends to the current reply.
func (c *Conn) WriteString(s string) (int, error) {
	c.w = append(c.reply(), s...)
	return len(s), nil
}

// WriteByte appends to the current reply.
func (c *Conn) WriteByte(b byte) error {
	c.w = append(c.reply(), b)
	return nil
}

// Append lets f append encoded bytes to the current reply in place. f must return its argument, extended.
func (c *Conn) Append(f func(dst []byte) []byte) { c.w = f(c.reply()) }

// Discard drops the unsent reply.
func (c *Conn) Discard() { c.w = c.w[:0] }

func (c *Conn) reply() []byte {
	if len(c.w) == 0 {
		c.w = append(c.w, make([]byte, frameSpace)...)
	}
	return c.w
}

// Flush sends the current reply.
func (c *Conn) Flush(context.Context) error {
	if len(c.w) <= frameSpace {
		return nil
	}
	out := c.w
	switch {
	case c.auth == nil:
		out = out[frameSpace:]
	case c.auth.Protected():
		wrapped, err := c.auth.Wrap(make([]byte, frameSpace, len(out)+64), out[frameSpace:])
		if err != nil {
			return fmt.Errorf("wrap SASL frame: %w", err)
		}
		out = wrapped
		fallthrough
	default:
		if len(out)-frameSpace > math.MaxInt32 {
			return fmt.Errorf("reply of %d bytes does not fit a SASL frame", len(out)-frameSpace)
		}
		binary.BigEndian.PutUint32(out, uint32(len(out)-frameSpace))
	}
	c.w = c.w[:0]
	if _, err := c.conn.Write(out); err != nil {
		return fmt.Errorf("send reply: %w", err)
	}
	return nil
}

// Open does nothing: a Conn is open from the start.
func (c *Conn) Open() error { return nil }

// IsOpen reports whether Close has not been called.
func (c *Conn) IsOpen() bool { return !c.closed.Load() }

// Close closes the connection; a blocked Read or Flush returns.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.conn.Close()
}

// WatchDisconnect calls lost, once, when the client goes away while the server works on its request. It may be used only
// between reading a request and answering it; the caller calls stop before the next read.
func (c *Conn) WatchDisconnect(lost func()) (stop func()) {
	var done sync.WaitGroup
	var stopped atomic.Bool
	done.Go(func() {
		// Clients send nothing before they have their answer, so a byte (pipelining) ends the watch and an error means that
		// the client is gone.
		if _, err := c.r.Peek(1); err != nil && !stopped.Load() && !errors.Is(err, os.ErrDeadlineExceeded) {
			lost()
		}
	})
	return func() {
		stopped.Store(true)
		// A deadline in the past wakes the watcher. On a closed connection both calls fail, which is as good.
		_ = c.conn.SetReadDeadline(time.Unix(1, 0))
		done.Wait()
		_ = c.conn.SetReadDeadline(time.Time{})
	}
}
