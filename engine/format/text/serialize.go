package text

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// NewSerializer implements record.SerDe.
func (d SerDe) NewSerializer(opts *format.WriteOptions) (record.Serializer, error) {
	p, err := newParams(opts.Properties, &opts.Session)
	if err != nil {
		return nil, fmt.Errorf("writing text: %w", err)
	}
	for _, c := range opts.Schema {
		if d.JSON {
			continue
		}
		if err := p.checkDepth(c); err != nil {
			return nil, fmt.Errorf("writing text: %w", err)
		}
	}
	s := &serializer{params: p, json: d.JSON, delimiter: p.separators[:1]}
	if d.MultiDelimit {
		p.rawBinary = true
		if s.delimiter, err = multiDelimiter(opts.Properties); err != nil {
			return nil, fmt.Errorf("writing text: %w", err)
		}
	}
	return s, nil
}

type serializer struct {
	params    *params
	delimiter []byte
	json      bool
	scratch   []byte
}

// Append implements record.Serializer.
func (s *serializer) Append(dst []byte, ends []int, b *vector.Batch, terminator string) ([]byte, []int, error) {
	for k := range b.Rows() {
		row := k
		if b.Sel != nil {
			row = int(b.Sel[k])
		}
		for i, c := range b.Cols {
			if i > 0 {
				dst = append(dst, s.delimiter...)
			}
			if s.json && !c.IsNull(row) && (c.Type.Kind == types.Binary || !c.Type.IsPrimitive()) {
				s.scratch = valuetext.AppendJSON(s.scratch[:0], c, row, s.params.location)
				dst = s.params.appendEscaped(dst, s.scratch)
				continue
			}
			dst = s.params.appendText(dst, c, row, 1)
		}
		ends = append(ends, len(dst))
		dst = append(dst, terminator...)
	}
	return dst, ends, nil
}

// appendText appends the value of a row as a field; level is the index of the separator that divides a nested value.
func (p *params) appendText(dst []byte, v *vector.Vector, row, level int) []byte {
	if v.IsNull(row) || v.Type.Kind == types.Void {
		return append(dst, p.null...)
	}
	b, at := v.Base(), v.At(row)
	switch t := v.Type; t.Kind {
	case types.Boolean:
		return strconv.AppendBool(dst, b.I64[at] != 0)
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return strconv.AppendInt(dst, b.I64[at], 10)
	case types.Decimal:
		if t.Physical() == types.I64 {
			return valuetext.AppendDecimal64(dst, b.I64[at], t.Scale)
		}
		return valuetext.AppendDecimal128(dst, b.W[at], t.Scale)
	case types.Float:
		return valuetext.AppendFloat(dst, b.F64[at])
	case types.Double:
		return valuetext.AppendDouble(dst, b.F64[at])
	case types.Date:
		return valuetext.AppendDate(dst, b.I64[at])
	case types.Timestamp:
		return valuetext.AppendTimestamp(dst, b.W[at])
	case types.TimestampLTZ:
		return valuetext.AppendTimestampLTZ(dst, b.W[at], p.location)
	case types.IntervalYearMonth:
		return valuetext.AppendIntervalYearMonth(dst, b.I64[at])
	case types.IntervalDayTime:
		return valuetext.AppendIntervalDayTime(dst, b.W[at])
	case types.Binary:
		if p.rawBinary {
			return append(dst, v.Bytes(row)...)
		}
		return base64.RawStdEncoding.AppendEncode(dst, v.Bytes(row))
	case types.Char:
		start := len(dst)
		dst = valuetext.AppendChar(dst, v.Bytes(row), t.Length)
		if p.escaped {
			dst = p.appendEscaped(dst[:start], append([]byte(nil), dst[start:]...))
		}
		return dst
	case types.String, types.Varchar:
		return p.appendEscaped(dst, v.Bytes(row))
	}
	return p.appendNested(dst, b, at, level)
}

func (p *params) appendNested(dst []byte, b *vector.Vector, at, level int) []byte {
	separator := p.separator(level)
	switch b.Type.Kind {
	case types.Array:
		ref := b.Refs[at]
		for k := range ref.Len {
			if k > 0 {
				dst = append(dst, separator)
			}
			dst = p.appendText(dst, b.Children[0], int(ref.Off+k), level+1)
		}
	case types.Map:
		ref := b.Refs[at]
		for k := range ref.Len {
			if k > 0 {
				dst = append(dst, separator)
			}
			dst = p.appendText(dst, b.Children[0], int(ref.Off+k), level+2)
			dst = append(dst, p.separator(level+1))
			dst = p.appendText(dst, b.Children[1], int(ref.Off+k), level+2)
		}
	case types.Struct:
		for i, c := range b.Children {
			if i > 0 {
				dst = append(dst, separator)
			}
			dst = p.appendText(dst, c, at, level+1)
		}
	case types.Union:
		tag := b.I64[at]
		dst = append(strconv.AppendInt(dst, tag, 10), separator)
		dst = p.appendText(dst, b.Children[tag], at, level+1)
	}
	return dst
}

// appendEscaped appends s with the escape character before the bytes that need it; escaped line ends become r and n.
func (p *params) appendEscaped(dst, s []byte) []byte {
	if !p.escaped {
		return append(dst, s...)
	}
	for _, b := range s {
		if p.needsEscape[b] {
			dst = append(dst, p.escape)
			switch b {
			case '\r':
				b = 'r'
			case '\n':
				b = 'n'
			}
		}
		dst = append(dst, b)
	}
	return dst
}
