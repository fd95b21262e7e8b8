package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"skep/engine/block"
	"skep/shuffle"
)

// ClientOptions configures a Client. Zero values mean the defaults.
type ClientOptions struct {
	Token string
	// Retries are the pauses before a failed request is repeated (100 ms, 1 s, 4 s, 10 s).
	Retries []time.Duration
	// Refused are the pauses instead, while nothing listens at the place (Retries): where outputs die with the process that serves
	// them, there is nothing to wait for.
	Refused []time.Duration
	// Timeout is how long an answer may be silent (30 s).
	Timeout time.Duration
	// PerPeer bounds the requests to one place at a time (8).
	PerPeer int
}

// Client asks other processes. Its methods are safe for concurrent use.
type Client struct {
	opts    ClientOptions
	http    *http.Client
	mu      sync.Mutex
	peers   map[string]chan struct{}
	retries atomic.Int64
}

// NewClient returns a client.
func NewClient(o ClientOptions) *Client {
	if o.Retries == nil {
		o.Retries = []time.Duration{100 * time.Millisecond, time.Second, 4 * time.Second, 10 * time.Second}
	}
	if o.Refused == nil {
		o.Refused = o.Retries
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.PerPeer == 0 {
		o.PerPeer = 8
	}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		MaxIdleConnsPerHost: o.PerPeer, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: o.Timeout, DisableCompression: true,
		ReadBufferSize: 64 << 10,
	}
	return &Client{opts: o, http: &http.Client{Transport: transport}, peers: map[string]chan struct{}{}}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Retries returns the number of requests that were repeated so far.
func (c *Client) Retries() int64 { return c.retries.Load() }

// Piece is a part of an answer: bytes of an output's range of partitions.
type Piece struct {
	Number              int // of the output in the request
	Offset              int64
	Total, Frames, Rows int64 // of the range
	Schema              uint64
	Data                []byte
	// Fault is why the output cannot be read, instead of Data.
	Fault     error
	FaultKind shuffle.FetchKind
}

// Answer is what a request gave, and where the next one begins.
type Answer struct {
	Pieces []Piece
	Next   int
	Skip   int64
	buf    []byte
}

// Fetch asks a place. into, which may be nil, is an answer that is not needed any more, whose memory is used again. Errors other than
// the context's are *shuffle.FetchError: Unreachable when the place does not answer after retries, Refused when the token is wrong.
func (c *Client) Fetch(ctx context.Context, location string, q *Request, into *Answer) (*Answer, error) {
	if into == nil {
		into = &Answer{}
	}
	err := c.retry(ctx, location, q.Maps[0].attempt(q.Job, q.Stage), func(ctx context.Context) error {
		return c.post(ctx, location+pathFetch, q, func(r *http.Response) error { return into.read(r, len(q.Maps)) })
	})
	return into, err
}

// read reads the records of an answer.
func (a *Answer) read(r *http.Response, maps int) error {
	if r.ContentLength < recordSize || r.ContentLength > maxLimit+MaxMaps*(recordSize+1024) {
		return fmt.Errorf("an answer of %d bytes", r.ContentLength)
	}
	n := int(r.ContentLength)
	if cap(a.buf) < n+block.Slack {
		a.buf = make([]byte, n+n/4+block.Slack)
	}
	buf := a.buf[:n]
	if _, err := io.ReadFull(r.Body, buf); err != nil {
		return fmt.Errorf("reading an answer: %w", err)
	}
	a.Pieces = a.Pieces[:0]
	for {
		rec, err := parseRecord(buf)
		if err != nil {
			return err
		}
		buf = buf[recordSize:]
		if rec.size > int64(len(buf)) || rec.kind != recordNext && rec.number >= maps {
			return errRecord
		}
		data := buf[:rec.size]
		buf = buf[rec.size:]
		p := Piece{Number: rec.number, Offset: rec.offset, Total: rec.total, Frames: rec.frames, Rows: rec.rows, Schema: rec.schema, Data: data}
		switch rec.kind {
		case recordPiece:
		case recordFault:
			p.Data, p.Fault, p.FaultKind = nil, errors.New(string(data)), rec.faultKind
		case recordNext:
			if len(buf) != 0 || rec.number > maps {
				return errRecord
			}
			a.Next, a.Skip = rec.number, rec.offset
			return nil
		default:
			return errRecord
		}
		a.Pieces = append(a.Pieces, p)
	}
}

// Sizes asks a place for the bytes of a partition of outputs.
func (c *Client) Sizes(ctx context.Context, location string, q *SizesRequest) (*Sizes, error) {
	var out Sizes
	err := c.retry(ctx, location, q.Maps[0].attempt(q.Job, q.Stage), func(ctx context.Context) error {
		return c.post(ctx, location+pathSizes, q, func(r *http.Response) error { return json.NewDecoder(r.Body).Decode(&out) })
	})
	return &out, err
}

// Release asks a place to drop outputs.
func (c *Client) Release(ctx context.Context, location string, q *ReleaseRequest) error {
	a := shuffle.AttemptID{StageID: shuffle.StageID{Job: q.Job}}
	return c.retry(ctx, location, a, func(ctx context.Context) error {
		return c.post(ctx, location+pathRelease, q, func(*http.Response) error { return nil })
	})
}

// Held asks a place which outputs of a job it has.
func (c *Client) Held(ctx context.Context, location, job string) ([]*shuffle.Output, error) {
	var out []*shuffle.Output
	a := shuffle.AttemptID{StageID: shuffle.StageID{Job: job}}
	err := c.retry(ctx, location, a, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, location+pathHeld+"?job="+url.QueryEscape(job), nil)
		if err != nil {
			return err
		}
		return c.do(r, func(r *http.Response) error { return json.NewDecoder(r.Body).Decode(&out) })
	})
	return out, err
}

// statusError is an answer that is not a success.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return fmt.Sprintf("HTTP status %d: %s", e.code, e.text) }

func (c *Client) post(ctx context.Context, to string, q any, read func(*http.Response) error) error {
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	return c.do(r, read)
}

func (c *Client) do(r *http.Request, read func(*http.Response) error) error {
	r.Header.Set("Authorization", "Bearer "+c.opts.Token)
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1024)) // what there is of it
		return &statusError{resp.StatusCode, string(bytes.TrimSpace(text))}
	}
	return read(resp)
}

// retry runs a request within the place's limit, again after each pause as long as it fails for reasons that may pass.
func (c *Client) retry(ctx context.Context, location string, a shuffle.AttemptID, f func(context.Context) error) error {
	gate := c.gate(location)
	for i := 0; ; i++ {
		select {
		case gate <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		attempt, cancel := context.WithTimeout(ctx, 4*c.opts.Timeout)
		err := f(attempt)
		cancel()
		<-gate
		if err == nil || ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		kind := shuffle.Unreachable
		var status *statusError
		if errors.As(err, &status) {
			switch {
			case status.code == http.StatusUnauthorized:
				kind = shuffle.Refused
			case status.code < 500:
				kind = shuffle.Corrupt // the two sides do not understand each other
			}
		}
		pauses := c.opts.Retries
		if errors.Is(err, syscall.ECONNREFUSED) {
			pauses = c.opts.Refused
		}
		if kind != shuffle.Unreachable || i >= len(pauses) {
			return &shuffle.FetchError{Kind: kind, Attempt: a, Location: location, Partition: -1, Err: err}
		}
		c.retries.Add(1)
		pause := time.NewTimer(pauses[i])
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

func (c *Client) gate(location string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.peers[location]
	if g == nil {
		g = make(chan struct{}, c.opts.PerPeer)
		c.peers[location] = g
	}
	return g
}
