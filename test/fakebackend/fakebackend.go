// Package fakebackend is a backend without an engine, for tests of the Thrift front end: its "statements" say how to behave.
//
//	select 1                 one row, one column _c0
//	rows N [WIDTH]           N rows of WIDTH (default 20) columns of many types
//	all types                a row of values, a row of NULLs and a row of empty or extreme values of every type
//	ddl                      no result set
//	modified N               no result set, N rows written
//	sleep MILLISECONDS       runs that long with progress and log lines; no result set
//	wait                     runs until Release or cancel; one row
//	bad table | bad syntax   compile errors
//	fail run | fail plain    execution errors
//	crash                    panics while compiling; "crash run" while running
//	set k=v | set k          a command; the second prints
package fakebackend

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/vector"
	"skep/thrift/backend"
)

// Backend implements backend.Backend.
type Backend struct {
	Conf     map[string]string // server-wide settings; not changed after the first session
	Catalog  Catalog
	Sessions atomic.Int64 // open sessions
	Open     atomic.Int64 // open statements

	mu       sync.Mutex
	requests []backend.SessionRequest
	release  chan struct{}
}

// New returns a backend with an empty catalog.
func New() *Backend {
	return &Backend{Conf: map[string]string{}, release: make(chan struct{})}
}

// Release ends all statements "wait", now and later.
func (b *Backend) Release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.release:
	default:
		close(b.release)
	}
}

// Requests returns what sessions were opened with.
func (b *Backend) Requests() []backend.SessionRequest {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]backend.SessionRequest(nil), b.requests...)
}

// OpenSession opens a session; the database "missing" does not exist.
func (b *Backend) OpenSession(_ context.Context, req backend.SessionRequest) (backend.Session, error) {
	b.mu.Lock()
	b.requests = append(b.requests, req)
	b.mu.Unlock()
	if req.Database == "missing" {
		return nil, sqlerr.New(sqlerr.DatabaseNotExists, req.Database)
	}
	b.Sessions.Add(1)
	return &session{backend: b, conf: req.Conf, vars: req.HiveVars}, nil
}

type session struct {
	backend *Backend
	mu      sync.Mutex
	conf    map[string]string
	vars    map[string]string
	closed  bool
}

func (s *session) Conf(key string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.conf[key]; ok {
		return v, true
	}
	v, ok := s.backend.Conf[key]
	return v, ok
}

func (s *session) SetHiveVar(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vars[name] = value
}

func (s *session) Metadata() backend.Metadata { return &s.backend.Catalog }

func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("session closed twice")
	}
	s.closed = true
	s.backend.Sessions.Add(-1)
	return nil
}

// where is the place of an error.
type where struct{ token string }

func (w where) Where() (line, col int, token string) { return 1, 14, w.token }

// Compile interprets the fake statement.
func (s *session) Compile(ctx context.Context, req backend.StatementRequest) (backend.Statement, error) {
	st := &statement{session: s, sql: req.SQL, log: req.Log, modified: -1, waiting: req.Waiting}
	words := strings.Fields(strings.TrimSuffix(strings.TrimSpace(req.SQL), ";"))
	name, argument := "", 0
	if len(words) > 0 {
		name = strings.ToLower(words[0])
	}
	if len(words) > 1 {
		argument, _ = strconv.Atoi(words[1]) // the words that are not numbers are compared below
	}
	switch {
	case strings.EqualFold(strings.Join(words, " "), "select 1"), name == "wait", name == "queue":
		st.columns = []backend.Column{{Name: "_c0", Type: types.IntType}}
		st.batches = constant(types.IntType, types.Datum{I: 1})
	case name == "rows":
		width := 20
		if len(words) > 2 {
			width, _ = strconv.Atoi(words[2])
		}
		st.columns, st.batches = manyRows(argument, width)
	case name == "all":
		st.columns, st.batches = allTypes()
	case name == "modified":
		st.modified = int64(argument)
	case name == "ddl", name == "use", name == "create", name == "drop":
	case name == "killed":
		st.failure = &backend.KilledError{Message: "User invoked KILL QUERY"}
	case name == "sleep":
		st.sleep = time.Duration(argument) * time.Millisecond
	case name == "bad" && words[1] == "table":
		return nil, sqlerr.At(sqlerr.InvalidTable, where{"nope"})
	case name == "bad":
		return nil, sqlerr.Parse(1, 0, "bad", "cannot recognize input near 'bad' 'syntax' '<EOF>'")
	case name == "fail" && words[1] == "run":
		st.failure = sqlerr.Execution(2, "org.apache.hadoop.hive.ql.exec.tez.TezTask", "disk full")
	case name == "fail":
		st.failure = errors.New("something broke")
	case name == "crash" && len(words) == 1:
		panic("crash")
	case name == "crash":
	case name == "set":
		st.command = true
	case name == "slowcompile":
		select {
		case <-time.After(time.Duration(argument) * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	default:
		return nil, sqlerr.Parse(1, 0, name, fmt.Sprintf("cannot recognize input near '%s' '<EOF>' '<EOF>'", name))
	}
	s.backend.Open.Add(1)
	return st, nil
}

type statement struct {
	session  *session
	sql      string
	log      backend.Log
	columns  []backend.Column
	batches  []*vector.Batch
	command  bool
	waiting  func(bool)
	sleep    time.Duration
	failure  error
	modified int64
	running  atomic.Bool
	closed   atomic.Bool
	cursor   *cursor
}

func (s *statement) HasResultSet() bool        { return s.columns != nil }
func (s *statement) Columns() []backend.Column { return s.columns }
func (s *statement) IsCommand() bool           { return s.command }
func (s *statement) ModifiedRows() int64       { return s.modified }

// Location is a zone with daylight saving.
func (s *statement) Location() *time.Location {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		return nil
	}
	return loc
}

func (s *statement) Run(ctx context.Context) error {
	s.running.Store(true)
	defer s.running.Store(false)
	switch sql := strings.ToLower(strings.TrimSpace(s.sql)); {
	case s.failure != nil:
		return s.failure
	case sql == "crash run":
		panic("crash run")
	case sql == "queue":
		s.waiting(true)
		defer s.waiting(false)
		select {
		case <-s.session.backend.release:
		case <-ctx.Done():
			return ctx.Err()
		}
	case sql == "wait":
		select {
		case <-s.session.backend.release:
		case <-ctx.Done():
			return ctx.Err()
		}
	case s.command:
		key, value, assign := strings.Cut(strings.TrimSpace(strings.TrimSpace(s.sql)[3:]), "=")
		if assign {
			s.session.mu.Lock()
			s.session.conf[key] = value
			s.session.mu.Unlock()
			return nil
		}
		v, ok := s.session.Conf(key)
		text := key + "=" + v
		if !ok {
			text = key + " is undefined"
		}
		s.columns = []backend.Column{{Name: "set", Type: types.StringType}}
		s.batches = constant(types.StringType, types.Datum{S: text})
	case s.sleep > 0:
		s.log.Logf("INFO", "Status: Running")
		select {
		case <-time.After(s.sleep):
		case <-ctx.Done():
			return ctx.Err()
		}
		s.log.Logf("INFO", "Status: done")
	}
	return nil
}

func (s *statement) Progress() backend.Progress {
	if s.sleep == 0 {
		return backend.Progress{}
	}
	return backend.Progress{Fraction: 0.5, Running: s.running.Load(), Vertices: []backend.VertexProgress{
		{Name: "Map 1", Mode: "container", Status: "RUNNING", Total: 2, Completed: 1, Running: 1},
		{Name: "Reducer 2", Mode: "container", Status: "SUCCEEDED", Total: 1, Completed: 1},
	}}
}

func (s *statement) Rows() (backend.Cursor, error) {
	if s.cursor == nil {
		s.cursor = &cursor{batches: s.batches}
	}
	return s.cursor, nil
}

func (s *statement) Close() error {
	if s.closed.Swap(true) {
		return errors.New("statement closed twice")
	}
	s.session.backend.Open.Add(-1)
	return nil
}

// cursor reads batches, cut to what is asked for.
type cursor struct {
	batches []*vector.Batch
	next    int
	offset  int
	view    vector.Batch
	empty   bool // whether the last answer was an empty batch
}

func (c *cursor) Next(_ context.Context, maxRows int) (*vector.Batch, error) {
	if c.next >= len(c.batches) {
		return nil, nil
	}
	// Engines may yield empty batches; they are not the end.
	if c.empty = !c.empty; c.empty {
		return &vector.Batch{Cols: c.batches[0].Cols}, nil
	}
	b := c.batches[c.next]
	n := min(b.Rows()-c.offset, maxRows)
	sel := make([]uint16, n)
	for i := range sel {
		sel[i] = uint16(c.offset + i)
		if b.Sel != nil {
			sel[i] = b.Sel[c.offset+i]
		}
	}
	c.view = vector.Batch{N: b.N, Cols: b.Cols, Sel: sel}
	if c.offset == 0 && n == b.Rows() {
		c.view = *b
	}
	if c.offset += n; c.offset == b.Rows() {
		c.next, c.offset = c.next+1, 0
	}
	return &c.view, nil
}

func (c *cursor) Rewind() error {
	c.next, c.offset = 0, 0
	return nil
}

func (c *cursor) Close() error { return nil }
