package tcli

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive/hiveserver"
)

// TransferArgs are the arguments of UploadData and DownloadData, which Hive 4's IDL has and Hive does not implement. They are
// skipped.
type TransferArgs struct{}

// Read skips the arguments.
func (*TransferArgs) Read(ctx context.Context, in thrift.TProtocol) error {
	return in.Skip(ctx, thrift.STRUCT)
}

// Write writes no field.
func (*TransferArgs) Write(ctx context.Context, out thrift.TProtocol) error {
	return out.WriteFieldStop(ctx)
}

// TransferResult is the result of UploadData and DownloadData: field 0 holds {1: status, 2: operationHandle}, both required.
type TransferResult struct {
	Status *hiveserver.TStatus
	Handle *hiveserver.TOperationHandle
}

// Read skips the result.
func (*TransferResult) Read(ctx context.Context, in thrift.TProtocol) error {
	return in.Skip(ctx, thrift.STRUCT)
}

// Write writes the result.
func (r *TransferResult) Write(ctx context.Context, out thrift.TProtocol) error {
	w := fieldWriter{ctx: ctx, out: out}
	w.begin("success", 0)
	w.field("status", 1, r.Status)
	w.field("operationHandle", 2, r.Handle)
	w.stop()
	w.stop()
	return w.err
}

// fieldWriter writes structures field by field, keeping the first error.
type fieldWriter struct {
	ctx context.Context
	out thrift.TProtocol
	err error
}

func (w *fieldWriter) begin(name string, id int16) {
	if w.err == nil {
		w.err = w.out.WriteFieldBegin(w.ctx, name, thrift.STRUCT, id)
	}
}

func (w *fieldWriter) field(name string, id int16, s thrift.TStruct) {
	w.begin(name, id)
	if w.err == nil {
		w.err = s.Write(w.ctx, w.out)
	}
}

func (w *fieldWriter) stop() {
	if w.err == nil {
		w.err = w.out.WriteFieldStop(w.ctx)
	}
}
