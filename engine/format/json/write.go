package json

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

type serializer struct {
	names   []string
	raw     bool
	scratch []byte
}

// NewSerializer implements record.SerDe.
func (SerDe) NewSerializer(opts *format.WriteOptions) (record.Serializer, error) {
	s := &serializer{raw: strings.EqualFold(opts.Properties["json.binary.format"], "rawstring")}
	for _, c := range opts.Schema {
		s.names = append(s.names, c.Name)
	}
	return s, nil
}

// Append implements record.Serializer.
func (s *serializer) Append(dst []byte, ends []int, b *vector.Batch, terminator string) ([]byte, []int, error) {
	if len(b.Cols) != len(s.names) {
		return dst, ends, fmt.Errorf("writing JSON: rows have %d columns, the table %d", len(b.Cols), len(s.names))
	}
	var err error
	for k := range b.Rows() {
		row := k
		if b.Sel != nil {
			row = int(b.Sel[k])
		}
		dst = append(dst, '{')
		for i, c := range b.Cols {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, []byte(s.names[i])), ':')
			if dst, err = s.value(dst, c, row); err != nil {
				return dst, ends, fmt.Errorf("writing JSON: column %s: %w", s.names[i], err)
			}
		}
		dst = append(dst, '}')
		ends = append(ends, len(dst))
		dst = append(dst, terminator...)
	}
	return dst, ends, nil
}

// value appends the value of a row.
func (s *serializer) value(dst []byte, v *vector.Vector, row int) (_ []byte, err error) {
	if v.Type.Kind == types.Void || v.IsNull(row) {
		return append(dst, "null"...), nil
	}
	b, at := v.Base(), v.At(row)
	switch v.Type.Kind {
	case types.Boolean, types.TinyInt, types.SmallInt, types.Int, types.BigInt, types.Decimal:
		return s.appendScalar(dst, v, row), nil
	case types.Float, types.Double:
		if f := b.F64[at]; math.IsNaN(f) || math.IsInf(f, 0) {
			return append(s.appendScalar(append(dst, '"'), v, row), '"'), nil
		}
		return s.appendScalar(dst, v, row), nil
	case types.Binary:
		if s.raw {
			return appendString(dst, v.Bytes(row)), nil
		}
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v.Bytes(row))
		return append(dst, '"'), nil
	case types.Array:
		ref := b.Refs[at]
		dst = append(dst, '[')
		for k := range ref.Len {
			if k > 0 {
				dst = append(dst, ',')
			}
			if dst, err = s.value(dst, b.Children[0], int(ref.Off+k)); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case types.Map:
		ref := b.Refs[at]
		dst = append(dst, '{')
		for k := range ref.Len {
			if k > 0 {
				dst = append(dst, ',')
			}
			s.scratch = s.appendScalar(s.scratch[:0], b.Children[0], int(ref.Off+k))
			dst = append(appendString(dst, s.scratch), ':')
			if dst, err = s.value(dst, b.Children[1], int(ref.Off+k)); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	case types.Struct:
		dst = append(dst, '{')
		for i, f := range v.Type.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, []byte(f.Name)), ':')
			if dst, err = s.value(dst, b.Children[i], at); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	case types.Union:
		tag := b.I64[at]
		dst = append(strconv.AppendInt(append(dst, `{"`...), tag, 10), `":`...)
		if dst, err = s.value(dst, b.Children[tag], at); err != nil {
			return dst, err
		}
		return append(dst, '}'), nil
	case types.TimestampLTZ, types.IntervalYearMonth, types.IntervalDayTime:
		return dst, fmt.Errorf("type %s is not supported", v.Type)
	default:
		s.scratch = s.appendScalar(s.scratch[:0], v, row)
		return appendString(dst, s.scratch), nil
	}
}

// appendScalar appends a value as text without quotes.
func (s *serializer) appendScalar(dst []byte, v *vector.Vector, row int) []byte {
	start := len(dst)
	dst = valuetext.AppendValue(dst, v, row, nil)
	if v.Type.Kind == types.Decimal {
		dst = valuetext.TrimDecimal(dst, start)
	}
	return dst
}

// appendString appends s as a JSON string.
func appendString(dst, s []byte) []byte {
	return append(valuetext.AppendEscaped(append(dst, '"'), s), '"')
}

// appendCompact appends a checked value without blanks, its strings and numbers in the usual form.
func appendCompact(dst, s []byte) []byte {
	for len(s) > 0 {
		switch c := s[0]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s = s[1:]
		case c == '"':
			sc := scanner{buf: s}
			if _, err := sc.text(); err != nil {
				return dst
			}
			dst = appendString(dst, unescape(nil, s[1:sc.at-1]))
			s = s[sc.at:]
		case c == '-' || c >= '0' && c <= '9':
			n := 1
			for n < len(s) && (s[n] >= '0' && s[n] <= '9' || strings.IndexByte("+-.eE", s[n]) >= 0) {
				n++
			}
			dst = append(dst, leaf{'0', s[:n]}.asText()...)
			s = s[n:]
		default:
			dst = append(dst, c)
			s = s[1:]
		}
	}
	return dst
}
