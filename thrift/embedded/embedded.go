// Package embedded lets the HiveServer2 front end run statements on the engine in the same process: it implements package
// backend by engine/query.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"skep/engine/query"
	"skep/engine/vector"
	"skep/thrift/backend"
)

// Backend runs sessions on an engine.
type Backend struct{ engine *query.Engine }

var (
	_ backend.Backend   = (*Backend)(nil)
	_ backend.Recoverer = (*Backend)(nil)
)

// New returns a backend on e, which stays the caller's.
func New(e *query.Engine) *Backend { return &Backend{engine: e} }

// OpenSession implements backend.Backend.
func (b *Backend) OpenSession(ctx context.Context, r backend.SessionRequest) (backend.Session, error) {
	settings := map[string]string{}
	maps.Copy(settings, r.Conf)
	maps.Copy(settings, r.MetaConf)
	for k, v := range r.System {
		settings["system:"+k] = v
	}
	s, err := b.engine.NewSession(ctx, query.SessionOptions{ID: r.ID, User: r.User, Database: r.Database, Conf: settings, Vars: r.HiveVars})
	if err != nil {
		return nil, err
	}
	return &session{s}, nil
}

type session struct{ *query.Session }

// Compile implements backend.Session.
func (s *session) Compile(ctx context.Context, r backend.StatementRequest) (backend.Statement, error) {
	st, err := s.Session.Compile(ctx, query.Request{SQL: r.SQL, Overlay: r.Overlay, QueryID: r.QueryID, Log: r.Log, Client: r.Client, Waiting: r.Waiting})
	if err != nil {
		return nil, err
	}
	return newStatement(st), nil
}

func newStatement(st *query.Statement) *statement {
	out := &statement{Statement: st}
	for _, c := range st.Columns() {
		out.columns = append(out.columns, backend.Column{Name: c.Name, Type: c.Type, Comment: c.Comment})
	}
	return out
}

// Recovered implements backend.Recoverer.
func (b *Backend) Recovered() []backend.Recovered {
	var out []backend.Recovered
	for _, r := range b.engine.Recovered() {
		out = append(out, backend.Recovered{
			Session: &session{r.Session}, Statement: &recovered{newStatement(r.Statement), r}, SQL: r.SQL(), QueryID: r.QueryID(), Client: r.Client,
		})
	}
	return out
}

// recovered is a statement that an earlier process began.
type recovered struct {
	*statement
	from *query.Recovered
}

// Run implements backend.Statement.
func (r *recovered) Run(ctx context.Context) error { return r.from.Run(ctx) }

// Conf implements backend.Session.
func (s *session) Conf(key string) (string, bool) { return s.Session.Conf().Lookup(key) }

// SetHiveVar implements backend.Session.
func (s *session) SetHiveVar(name, value string) { s.SetVariable(name, value) }

// Metadata implements backend.Session.
func (s *session) Metadata() backend.Metadata { return metadata{s.Session} }

type statement struct {
	*query.Statement
	columns []backend.Column
}

// Run implements backend.Statement.
func (s *statement) Run(ctx context.Context) error {
	err := s.Statement.Run(ctx)
	if killed := (*query.KilledError)(nil); errors.As(err, &killed) {
		return &backend.KilledError{Message: killed.Message}
	}
	return err
}

// Columns implements backend.Statement.
func (s *statement) Columns() []backend.Column { return s.columns }

// Rows implements backend.Statement.
func (s *statement) Rows() (backend.Cursor, error) {
	return &cursor{s.Result().Cursor()}, nil
}

// Progress implements backend.Statement.
func (s *statement) Progress() backend.Progress {
	p := s.Statement.Progress()
	out := backend.Progress{Fraction: p.Fraction, Running: p.Running}
	if q := p.Queue; q.Position > 0 {
		out.Vertices = []backend.VertexProgress{{
			Name: "pool " + q.Pool, Mode: "queue", Status: fmt.Sprintf("%d OF %d", q.Position, q.Queued), Total: 1, Pending: 1,
		}}
	}
	for _, v := range p.Stages {
		out.Vertices = append(out.Vertices, backend.VertexProgress{
			Name: v.Name, Mode: "vectorized", Status: v.Status, Total: v.Total, Completed: v.Completed, Running: v.Running,
			Pending: v.Total - v.Completed - v.Running, Failed: v.Failed, Killed: v.Killed,
		})
	}
	return out
}

// Location implements backend.Statement.
func (s *statement) Location() *time.Location { return s.Statement.Location() }

type cursor struct{ *query.Cursor }

// Next implements backend.Cursor.
func (c *cursor) Next(_ context.Context, maxRows int) (*vector.Batch, error) {
	return c.Cursor.Next(maxRows)
}
