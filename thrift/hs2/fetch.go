package hs2

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive/hiveserver"

	"skep/thrift/operation"
	"skep/thrift/rowset"
	"skep/thrift/session"
	"skep/thrift/tcli"
	"skep/thrift/transport"
)

// fetchLog is TFetchResultsReq.fetchType of the operation log.
const fetchLog = 1

func (s *service) fetchResults(ctx context.Context, c *client, req *hiveserver.TFetchResultsReq) result {
	o, err := s.operations.Get(req.OperationHandle)
	if err != nil {
		return failedFetch(err)
	}
	own := o.Owner().(*session.Session)
	if req.FetchType == fetchLog {
		// The limit of one reply bounds the whole log, so "all" is safe here.
		rows, err := o.FetchLog(req.Orientation, int(req.MaxRows), own.Columnar())
		if err != nil {
			return failedFetch(err)
		}
		return &fetched{conn: c.conn, rows: rows}
	}
	limit := setting(own, maxFetchSize, 10000)
	maxRows := int(min(req.MaxRows, int64(limit)))
	if maxRows <= 0 {
		maxRows = limit
	}
	rows, err := o.Fetch(ctx, req.Orientation, maxRows, own.Columnar())
	if err != nil {
		return failedFetch(err)
	}
	return &fetched{conn: c.conn, rows: rows, operation: o}
}

func failedFetch(err error) result {
	return &hiveserver.TCLIServiceFetchResultsResult{Success: &hiveserver.TFetchResultsResp{Status: tcli.Status(err)}}
}

// fetched is the result of FetchResults with the row set written from its encoded form. hasMoreRows is always false, as Hive
// sends it: clients go on until an empty row set.
type fetched struct {
	conn      *transport.Conn
	rows      *rowset.Builder
	operation *operation.Operation // takes the row set back; nil for logs
}

// Write writes {0: {1: status, 2: hasMoreRows, 3: results}}.
func (f *fetched) Write(ctx context.Context, out thrift.TProtocol) error {
	if err := out.WriteFieldBegin(ctx, "success", thrift.STRUCT, 0); err != nil {
		return err
	}
	if err := out.WriteFieldBegin(ctx, "status", thrift.STRUCT, 1); err != nil {
		return err
	}
	if err := tcli.Status(nil).Write(ctx, out); err != nil {
		return err
	}
	if err := out.WriteFieldBegin(ctx, "hasMoreRows", thrift.BOOL, 2); err != nil {
		return err
	}
	if err := out.WriteBool(ctx, false); err != nil {
		return err
	}
	if err := out.WriteFieldBegin(ctx, "results", thrift.STRUCT, 3); err != nil {
		return err
	}
	// The protocol writes unbuffered into the connection, so the encoded row set may follow directly.
	f.conn.Append(f.rows.AppendTo)
	if f.operation != nil {
		f.operation.Recycle(f.rows)
	}
	if err := out.WriteFieldStop(ctx); err != nil {
		return err
	}
	return out.WriteFieldStop(ctx)
}

// Read is not used on a server.
func (f *fetched) Read(ctx context.Context, in thrift.TProtocol) error {
	return in.Skip(ctx, thrift.STRUCT)
}
