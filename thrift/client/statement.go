package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/beltran/gohive/hiveserver"
)

// Statement is an executed statement.
type Statement struct {
	client    *Client
	operation *hiveserver.TOperationHandle
	modified  int64
	columns   []Column
	rows      [][]Value // fetched and not yet read
	end       bool
}

// Column is a result column: its name and its type in Hive's spelling, of nested types the outer kind only.
type Column struct{ Name, Type string }

// Value is a cell as text. Text is empty when Null is set.
type Value struct {
	Text string
	Null bool
}

// await polls until the statement has ended. The server holds each poll back for a while.
func (s *Statement) await(ctx context.Context, f Feedback) error {
	service, wire := s.client.service, context.WithoutCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = s.Cancel() }) // the state tells
	defer stop()
	progress := f.Progress != nil
	for {
		if err := s.drainLog(wire, f.Log); err != nil {
			return err
		}
		r, err := service.GetOperationStatus(wire, &hiveserver.TGetOperationStatusReq{OperationHandle: s.operation, GetProgressUpdate: &progress})
		if err != nil {
			return lost(err)
		}
		if err := failure(r.Status); err != nil {
			return err
		}
		if p := r.ProgressUpdateResponse; progress && p != nil && len(p.HeaderNames) > 0 {
			f.Progress(&Progress{Header: p.HeaderNames, Rows: p.Rows, Footer: p.FooterSummary, Done: p.ProgressedPercentage})
		}
		switch state := r.GetOperationState(); state {
		case hiveserver.TOperationState_INITIALIZED_STATE, hiveserver.TOperationState_PENDING_STATE, hiveserver.TOperationState_RUNNING_STATE:
			continue
		case hiveserver.TOperationState_FINISHED_STATE:
			s.operation.HasResultSet = r.GetHasResultSet()
			s.modified = r.GetNumModifiedRows()
			return s.drainLog(wire, f.Log)
		default:
			if err := s.drainLog(wire, f.Log); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			message := r.GetErrorMessage()
			if message == "" {
				message = "The statement ended in state " + strings.TrimSuffix(state.String(), "_STATE")
			}
			return &Error{Message: message, SQLState: r.GetSqlState(), Code: int(r.GetErrorCode())}
		}
	}
}

func (s *Statement) drainLog(ctx context.Context, log func(string)) error {
	if log == nil {
		return nil
	}
	for {
		r, err := s.client.service.FetchResults(ctx, &hiveserver.TFetchResultsReq{
			OperationHandle: s.operation, Orientation: hiveserver.TFetchOrientation_FETCH_NEXT, MaxRows: fetchRows, FetchType: 1,
		})
		if err != nil {
			return lost(err)
		}
		// A server without operation logs refuses; the statement is what matters.
		if failure(r.Status) != nil || r.Results == nil || len(r.Results.Columns) == 0 || len(r.Results.Columns[0].GetStringVal().GetValues()) == 0 {
			return nil
		}
		for _, line := range r.Results.Columns[0].StringVal.Values {
			log(line)
		}
	}
}

// Cancel asks the server to stop the statement, over a connection of its own: the statement's is waiting.
func (s *Statement) Cancel() error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	conn, service, err := connect(ctx, &s.client.options)
	if err != nil {
		return err
	}
	r, err := service.CancelOperation(ctx, &hiveserver.TCancelOperationReq{OperationHandle: s.operation})
	if err == nil {
		err = failure(r.Status)
	}
	if err = errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("cancel statement: %w", err)
	}
	return nil
}

// HasRows reports whether the statement has a result set.
func (s *Statement) HasRows() bool { return s.operation.HasResultSet }

// ModifiedRows returns the number of rows written, -1 when unknown.
func (s *Statement) ModifiedRows() int64 { return s.modified }

// Columns describes the result set.
func (s *Statement) Columns(ctx context.Context) ([]Column, error) {
	if s.columns != nil || !s.HasRows() {
		return s.columns, nil
	}
	r, err := s.client.service.GetResultSetMetadata(ctx, &hiveserver.TGetResultSetMetadataReq{OperationHandle: s.operation})
	if err != nil {
		return nil, lost(err)
	}
	if err := failure(r.Status); err != nil {
		return nil, err
	}
	for _, c := range r.Schema.Columns {
		s.columns = append(s.columns, Column{Name: c.ColumnName, Type: typeText(c.TypeDesc)})
	}
	return s.columns, nil
}

// Next returns the next row, valid until the next call, or nil at the end.
func (s *Statement) Next(ctx context.Context) ([]Value, error) {
	if len(s.rows) == 0 {
		if s.end || !s.HasRows() {
			return nil, nil
		}
		columns, err := s.Columns(ctx)
		if err != nil {
			return nil, err
		}
		r, err := s.client.service.FetchResults(ctx, &hiveserver.TFetchResultsReq{
			OperationHandle: s.operation, Orientation: hiveserver.TFetchOrientation_FETCH_NEXT, MaxRows: fetchRows,
		})
		if err != nil {
			return nil, lost(err)
		}
		if err := failure(r.Status); err != nil {
			return nil, err
		}
		if s.rows, err = decodeRows(r.Results, columns); err != nil {
			return nil, err
		}
		if len(s.rows) == 0 {
			s.end = true
			return nil, nil
		}
	}
	row := s.rows[0]
	s.rows = s.rows[1:]
	return row, nil
}

// Close releases the statement on the server.
func (s *Statement) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	r, err := s.client.service.CloseOperation(ctx, &hiveserver.TCloseOperationReq{OperationHandle: s.operation})
	if err != nil {
		return lost(err)
	}
	return failure(r.Status)
}

// typeText prints a type in Hive's spelling.
func typeText(d *hiveserver.TTypeDesc) string {
	if len(d.GetTypes()) == 0 || d.Types[0].PrimitiveEntry == nil {
		return "?"
	}
	e := d.Types[0].PrimitiveEntry
	name := strings.ToLower(strings.TrimSuffix(e.Type.String(), "_TYPE"))
	if name == "timestamplocaltz" {
		return "timestamp with local time zone"
	}
	if e.TypeQualifiers == nil {
		return name
	}
	qualifier := func(key string) string {
		if q := e.TypeQualifiers.Qualifiers[key]; q != nil {
			return strconv.Itoa(int(q.GetI32Value()))
		}
		return "?"
	}
	switch name {
	case "decimal":
		return "decimal(" + qualifier("precision") + "," + qualifier("scale") + ")"
	case "char", "varchar":
		return name + "(" + qualifier("characterMaximumLength") + ")"
	}
	return name
}
