package function

import (
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/json"
	"skep/engine/vector"
)

// jsonRead is json_read(text, type): the text as a value of the type, which is the call's.
func jsonRead(env *Env, call *Call) Kernel {
	reader, err := json.NewReader(&format.Session{HiveVersion: env.HiveVersion, Location: env.Location, Conf: env.Setting})
	if err != nil {
		return func([]*vector.Vector, Rows, *Result) error { return err }
	}
	values := vector.New(call.Result, 0) // row by row, NULL where none is asked for
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		values.Reset()
		a := textsOf(args[0])
		if err := rows.Try(func(i int) error {
			for values.Len() < i {
				values.AppendDatum(types.NullDatum)
			}
			if err := reader.Append(values, a.at(i)); err != nil {
				return errorf("Error parsing json: %v", err)
			}
			return nil
		}); err != nil {
			return err
		}
		for values.Len() < out.Len() {
			values.AppendDatum(types.NullDatum)
		}
		switch call.Result.Physical() {
		case types.I64:
			copy(out.I64, values.I64)
		case types.F64:
			copy(out.F64, values.F64)
		case types.I128:
			copy(out.W, values.W)
		case types.Bytes:
			out.Borrow(values.Data)
			copy(out.Refs, values.Refs)
		default:
			out.BorrowChildren(values.Children)
			copy(out.Refs, values.Refs)
		}
		for i, null := range values.Nulls {
			if null {
				out.Null(i)
			}
		}
		return nil
	}
}
