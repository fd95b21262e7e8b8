package text

import (
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/vector"
)

// ValueParser parses single values of primitive types from their text, for SerDes that find it by other means. It is for one
// goroutine.
type ValueParser struct {
	params *params
	buf    []byte
}

// NewValueParser returns a parser under a SerDe's properties (timestamp.formats) and the session's settings.
func NewValueParser(properties map[string]string, session *format.Session) (*ValueParser, error) {
	p, err := newParams(properties, session)
	if err != nil {
		return nil, err
	}
	// Binary values are taken as they are; escapes and NULL sequences are LazySimpleSerDe's only.
	p.base64, p.escaped = false, false
	return &ValueParser{params: p}, nil
}

// Append appends the value of s to the flat vector v of a primitive type. What does not parse is appended as NULL, and false
// is returned.
func (p *ValueParser) Append(v *vector.Vector, s []byte) bool {
	row := v.Len()
	ok := true
	switch v.Type.Physical() {
	case types.Bytes:
		v.Refs = append(v.Refs, p.params.appendBytes(v, s))
	case types.I64:
		v.I64 = append(v.I64, 0)
		ok = p.set(v, row, s)
	case types.F64:
		v.F64 = append(v.F64, 0)
		ok = p.set(v, row, s)
	case types.I128:
		v.W = append(v.W, types.Int128{})
		ok = p.set(v, row, s)
	default:
		p.params.appendNull(v)
		return false
	}
	if !ok || v.Nulls != nil {
		v.MakeNulls(row + 1)[row] = !ok
	}
	return ok
}

// set parses s, copied to where words can be loaded.
func (p *ValueParser) set(v *vector.Vector, row int, s []byte) bool {
	p.buf = append(p.buf[:0], s...)
	p.buf = append(p.buf, make([]byte, record.Padding)...)
	return p.params.setFixed(v, row, p.buf, 0, len(s))
}
