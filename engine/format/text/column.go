package text

import (
	"bytes"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/vector"
)

// parse fills c.v with the column's values in rows 0..n-1, or only those of sel.
func (c *column) parse(p *params, in *cells, n int, sel []uint16) {
	v := c.v
	switch c.typ.Physical() {
	case types.I64, types.F64, types.I128:
		v.Resize(n)
		c.parseFixed(p, in, n, sel)
	case types.Bytes:
		v.Resize(n)
		if sel != nil {
			clear(v.Refs) // rows that are not parsed must be safe to read
		}
		if p.escaped || c.typ.Kind == types.Binary || !c.parseShared(p, in, n, sel) {
			c.parseCopied(p, in, n, sel)
		}
	case types.Nothing:
		v.Resize(n)
	default:
		// Nested values append to children row by row, so rows that are not wanted are NULL.
		v.Reset()
		next := 0
		for row := range n {
			off, length := in.field(row, c.field)
			if sel != nil {
				if next == len(sel) || int(sel[next]) != row {
					p.appendNull(v)
					continue
				}
				next++
			}
			p.appendValue(v, in.buf, off, length, 1)
		}
	}
}

// null marks row NULL in the column's own NULL buffer.
func (c *column) null(row, n int) {
	if c.v.Nulls == nil {
		if len(c.nulls) < n {
			c.nulls = make([]bool, n)
		}
		c.v.Nulls = c.nulls[:n]
		clear(c.v.Nulls)
	}
	c.v.Nulls[row] = true
}

// isNull reports whether the field is missing or equals the NULL sequence.
func (p *params) isNull(buf []byte, off, n int) bool {
	return n < 0 || n == len(p.null) && bytes.Equal(buf[off:off+n], p.null)
}

// parseFixed parses the kinds of fixed width. Each kind has its own loop so that the work per value is a direct call.
func (c *column) parseFixed(p *params, in *cells, n int, sel []uint16) {
	v, t := c.v, c.typ
	count := n
	if sel != nil {
		count = len(sel)
	}
	each := func(parse func(row, off, length int) bool) {
		for k := range count {
			row := k
			if sel != nil {
				row = int(sel[k])
			}
			off, length := in.field(row, c.field)
			if p.isNull(in.buf, off, length) || !parse(row, off, length) {
				c.null(row, n)
			}
		}
	}
	switch t.Kind {
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		c.parseIntegers(p, in, n, count, sel, intWidth(t))
	case types.Decimal:
		if t.Physical() == types.I64 {
			c.parseDecimals(p, in, n, count, sel)
			return
		}
		each(func(row, off, length int) (ok bool) {
			v.W[row], ok = parseDecimal(in.buf[off:off+length], t.Precision, t.Scale)
			return ok
		})
	case types.Date:
		each(func(row, off, length int) (ok bool) {
			v.I64[row], ok = calendar.FieldDate(in.buf[off:off+length], p.lenient)
			return ok
		})
	default:
		each(func(row, off, length int) bool {
			return p.setFixed(v, row, in.buf, off, length)
		})
	}
}

func intWidth(t *types.Type) uint { return 8 << (t.Kind - types.TinyInt) }

func (c *column) parseIntegers(p *params, in *cells, n, count int, sel []uint16, width uint) {
	out := c.v.I64
	for k := range count {
		row := k
		if sel != nil {
			row = int(sel[k])
		}
		off, length := in.field(row, c.field)
		if length > 0 {
			if v, ok := parseInteger(in.buf, off, length, width); ok && !p.isNull(in.buf, off, length) {
				out[row] = v
				continue
			}
		}
		c.null(row, n)
	}
}

func (c *column) parseDecimals(p *params, in *cells, n, count int, sel []uint16) {
	out, precision, scale := c.v.I64, c.typ.Precision, c.typ.Scale
	for k := range count {
		row := k
		if sel != nil {
			row = int(sel[k])
		}
		off, length := in.field(row, c.field)
		if length > 0 {
			if v, ok := parseDecimal64(in.buf, off, length, precision, scale); ok && !p.isNull(in.buf, off, length) {
				out[row] = v
				continue
			}
		}
		c.null(row, n)
	}
}

// setFixed parses a field that is not the NULL sequence into row of a flat vector of a fixed-width kind.
func (p *params) setFixed(v *vector.Vector, row int, buf []byte, off, n int) (ok bool) {
	s := buf[off : off+n]
	t := v.Type
	switch t.Kind {
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		v.I64[row], ok = parseInteger(buf, off, n, intWidth(t))
	case types.Boolean:
		v.I64[row], ok = p.parseBoolean(s)
	case types.Decimal:
		if t.Physical() == types.I64 {
			v.I64[row], ok = parseDecimal64(buf, off, n, t.Precision, t.Scale)
		} else {
			v.W[row], ok = parseDecimal(s, t.Precision, t.Scale)
		}
	case types.Float:
		v.F64[row], ok = parseFloat(s, 32)
	case types.Double:
		v.F64[row], ok = parseFloat(s, 64)
	case types.Date:
		v.I64[row], ok = calendar.FieldDate(s, p.lenient)
	case types.Timestamp:
		v.W[row], ok = p.parseTimestamp(s)
	case types.TimestampLTZ:
		v.W[row], ok = p.parseTimestampLTZ(s)
	case types.IntervalYearMonth:
		v.I64[row], ok = calendar.ParseYearMonth(s)
	case types.IntervalDayTime:
		v.W[row], ok = calendar.ParseDayTime(s)
	}
	return ok
}

func (p *params) parseBoolean(s []byte) (int64, bool) {
	switch {
	case len(s) == 4 && bytes.EqualFold(s, []byte("true")):
		return 1, true
	case len(s) == 5 && bytes.EqualFold(s, []byte("false")):
		return 0, true
	case len(s) == 1 && p.extendedBoolean:
		switch s[0] {
		case '1', 't', 'T':
			return 1, true
		case '0', 'f', 'F':
			return 0, true
		}
	}
	return 0, false
}

// parseTimestamp reads a timestamp field by the table's timestamp.formats, else as Hive writes them.
func (p *params) parseTimestamp(s []byte) (types.Int128, bool) {
	if len(s) < calendar.ShortestField {
		return types.Int128{}, false
	}
	if p.millis {
		if v, ok := parseIntegerSlow(s, 64); ok {
			return calendar.OfMillis(v), true // a fraction of them is dropped
		}
	}
	for i := range p.patterns {
		if v, ok := p.patterns[i].parse(string(s), calendar.Zone{}); ok {
			v.Lo -= v.Lo % 1e6 // these go through epoch milliseconds
			return v, true
		}
	}
	return calendar.FieldTimestamp(s, p.lenient)
}

// parseTimestampLTZ reads an instant by the table's timestamp.formats, else as Hive writes them; without a zone in the text it is local to
// the session.
func (p *params) parseTimestampLTZ(s []byte) (types.Int128, bool) {
	if len(s) < calendar.ShortestField {
		return types.Int128{}, false
	}
	local := calendar.ZoneOf(p.location)
	for i := range p.patterns {
		if v, ok := p.patterns[i].parse(string(s), local); ok {
			return v, true
		}
	}
	return calendar.FieldTimestampLTZ(s, local)
}
