// Package tcli is the product's part of the TCLIService protocol: dispatching calls to handlers, answers to methods outside the
// IDL, handles, and errors as TStatus. The structures themselves are gohive's generated ones
// (github.com/beltran/gohive/hiveserver), which follow Hive 4's IDL.
package tcli

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/hashicorp/go-hclog"
)

// Method reads a call's arguments and answers it for the client state C of a connection. The error means that the arguments
// could not be read; failures of the call itself travel inside the result.
type Method[C any] func(ctx context.Context, client C, in thrift.TProtocol) (thrift.TStruct, error)

// Handle makes a Method of a function over a generated Args structure.
func Handle[C, A any, P interface {
	*A
	thrift.TStruct
}](f func(ctx context.Context, client C, args P) thrift.TStruct) Method[C] {
	return func(ctx context.Context, client C, in thrift.TProtocol) (thrift.TStruct, error) {
		args := P(new(A))
		if err := args.Read(ctx, in); err != nil {
			return nil, err
		}
		return f(ctx, client, args), nil
	}
}

// Processor dispatches calls by name.
type Processor[C any] struct {
	Methods map[string]Method[C]
	Log     hclog.Logger
	// Discard drops what has been written of the current reply.
	Discard func(C)
}

// Process reads one call and answers it. An error means that the connection cannot be used any more. Unknown methods are
// answered with UNKNOWN_METHOD and leave the connection usable: clients probe for methods of other servers.
func (p *Processor[C]) Process(ctx context.Context, client C, in, out thrift.TProtocol) error {
	name, kind, seq, err := in.ReadMessageBegin(ctx)
	if err != nil {
		return err
	}
	if kind != thrift.CALL {
		return errors.Join(fmt.Errorf("message %q has type %d, not a call", name, kind),
			fail(ctx, out, name, seq, thrift.INVALID_MESSAGE_TYPE_EXCEPTION, "Invalid message type"))
	}
	method, ok := p.Methods[name]
	if !ok {
		if err := in.Skip(ctx, thrift.STRUCT); err != nil {
			return fmt.Errorf("skip unknown method %q: %w", name, err)
		}
		return fail(ctx, out, name, seq, thrift.UNKNOWN_METHOD, "Invalid method name: '"+name+"'")
	}
	result, err := p.call(ctx, client, name, method, in)
	var crash *panicError
	switch {
	case errors.As(err, &crash):
		return fail(ctx, out, name, seq, thrift.INTERNAL_ERROR, "Internal error processing "+name)
	case err != nil:
		return errors.Join(fmt.Errorf("read arguments of %s: %w", name, err), fail(ctx, out, name, seq, thrift.PROTOCOL_ERROR, err.Error()))
	}
	if err := p.reply(ctx, client, out, name, seq, result); err != nil {
		if !errors.As(err, &crash) {
			return fmt.Errorf("write result of %s: %w", name, err)
		}
		p.Discard(client)
		return fail(ctx, out, name, seq, thrift.INTERNAL_ERROR, "Internal error processing "+name)
	}
	if err := out.Flush(ctx); err != nil {
		return fmt.Errorf("answer %s: %w", name, err)
	}
	return nil
}

type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func (p *Processor[C]) recovered(name string, err *error) {
	if v := recover(); v != nil {
		p.Log.Error("call crashed", "method", name, "panic", v, "stack", string(debug.Stack()))
		*err = &panicError{v}
	}
}

func (p *Processor[C]) call(ctx context.Context, client C, name string, m Method[C], in thrift.TProtocol) (result thrift.TStruct, err error) {
	defer p.recovered(name, &err)
	return m(ctx, client, in)
}

func (p *Processor[C]) reply(ctx context.Context, client C, out thrift.TProtocol, name string, seq int32, result thrift.TStruct) (err error) {
	defer p.recovered(name, &err)
	if err := out.WriteMessageBegin(ctx, name, thrift.REPLY, seq); err != nil {
		return err
	}
	if err := result.Write(ctx, out); err != nil {
		return err
	}
	return out.WriteMessageEnd(ctx)
}

func fail(ctx context.Context, out thrift.TProtocol, name string, seq, kind int32, text string) error {
	if err := out.WriteMessageBegin(ctx, name, thrift.EXCEPTION, seq); err != nil {
		return fmt.Errorf("write exception: %w", err)
	}
	if err := thrift.NewTApplicationException(kind, text).Write(ctx, out); err != nil {
		return fmt.Errorf("write exception: %w", err)
	}
	if err := out.WriteMessageEnd(ctx); err != nil {
		return fmt.Errorf("write exception: %w", err)
	}
	if err := out.Flush(ctx); err != nil {
		return fmt.Errorf("write exception: %w", err)
	}
	return nil
}
