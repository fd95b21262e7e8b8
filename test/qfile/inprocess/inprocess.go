// Package inprocess runs .q files on the engine without Thrift: through the
// interface the front end uses, so that what remains untested here is only
// the wire.
package inprocess

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/vector/valuetext"
	"skep/test/hs2"
	"skep/test/qfile"
	"skep/thrift/backend"
)

// Engine opens sessions on a backend.
type Engine struct {
	Backend backend.Backend
	Conf    map[string]string // of every session
}

// Open implements qfile.Engine.
func (e Engine) Open(ctx context.Context) (qfile.Session, error) {
	s, err := e.Backend.OpenSession(ctx, backend.SessionRequest{User: "hive_test_user", RealUser: "hive_test_user", Address: "127.0.0.1", Conf: e.Conf})
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	return session{s}, nil
}

type session struct{ backend.Session }

type discard struct{}

func (discard) Logf(string, string, ...any) {}

// Exec implements qfile.Session.
func (s session) Exec(ctx context.Context, sql string) (res *hs2.Result, err error) {
	defer func() { // one broken statement must not hide what the others answer
		if p := recover(); p != nil {
			res, err = nil, &hs2.Error{Code: -1, SQLState: "panic", Message: fmt.Sprintf("panic: %v\n%s", p, debug.Stack())}
		}
	}()
	st, err := s.Compile(ctx, backend.StatementRequest{SQL: sql, Log: discard{}})
	if err != nil {
		return nil, refusal(err)
	}
	res, err = run(ctx, st)
	if cerr := st.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close the statement: %w", cerr)
	}
	return res, err
}

func run(ctx context.Context, st backend.Statement) (*hs2.Result, error) {
	if err := st.Run(ctx); err != nil {
		return nil, refusal(err)
	}
	if !st.HasResultSet() {
		return &hs2.Result{}, nil
	}
	res := &hs2.Result{HasRows: true}
	for _, c := range st.Columns() {
		res.Columns = append(res.Columns, hs2.Column{Name: c.Name, Type: wireName(c.Type)})
	}
	cursor, err := st.Rows()
	if err != nil {
		return nil, refusal(err)
	}
	for {
		batch, err := cursor.Next(ctx, 1000)
		if err != nil {
			return nil, refusal(err)
		}
		if batch == nil {
			return res, cursor.Close()
		}
		for i := range batch.Rows() {
			at := i
			if batch.Sel != nil {
				at = int(batch.Sel[i])
			}
			row := make([]hs2.Value, len(batch.Cols))
			for c, v := range batch.Cols {
				if v.Type.Kind == types.Void || v.IsNull(at) {
					row[c].Null = true
				} else {
					row[c].Text = string(valuetext.AppendValue(nil, v, at, st.Location()))
				}
			}
			res.Rows = append(res.Rows, row)
		}
	}
}

// wireName is the name of a type as the protocol's type identifiers give it.
func wireName(t *types.Type) string {
	switch t.Kind {
	case types.Void:
		return "null"
	case types.Union:
		return "union"
	case types.TimestampLTZ:
		return "timestamplocaltz"
	}
	return t.String()
}

// refusal turns an error of the engine into what a client sees. An error
// without a code is what it is to a client: a run-time failure.
func refusal(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e, ok := sqlerr.As(err)
	if !ok {
		return &hs2.Error{Code: 40000, SQLState: "42000", Message: err.Error()}
	}
	return &hs2.Error{Code: int(e.Code), SQLState: e.SQLState, Message: e.Error()}
}
