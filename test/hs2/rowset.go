package hs2

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/beltran/gohive/hiveserver"
)

// decode turns a columnar TRowSet into rows of text.
func decode(rs *hiveserver.TRowSet, columns []Column) ([][]Value, error) {
	if rs == nil {
		return nil, nil
	}
	if len(rs.Columns) == 0 {
		if len(rs.Rows) > 0 {
			return nil, fmt.Errorf("row-based result set in a columnar protocol version")
		}
		return nil, nil
	}
	cols := make([][]Value, len(rs.Columns))
	for i, c := range rs.Columns {
		var err error
		if cols[i], err = decodeColumn(c); err != nil {
			return nil, fmt.Errorf("column %d: %w", i, err)
		}
		if len(cols[i]) != len(cols[0]) {
			return nil, fmt.Errorf("column %d has %d values, column 0 has %d", i, len(cols[i]), len(cols[0]))
		}
	}
	if len(cols) != len(columns) {
		return nil, fmt.Errorf("row set of %d columns, metadata of %d", len(cols), len(columns))
	}
	rows := make([][]Value, len(cols[0]))
	cells := make([]Value, len(cols)*len(rows))
	for r := range rows {
		rows[r], cells = cells[:len(cols):len(cols)], cells[len(cols):]
		for c := range cols {
			rows[r][c] = cols[c][r]
		}
	}
	return rows, nil
}

func decodeColumn(c *hiveserver.TColumn) ([]Value, error) {
	switch {
	case c.BoolVal != nil:
		return texts(c.BoolVal.Values, c.BoolVal.Nulls, strconv.FormatBool), nil
	case c.ByteVal != nil:
		return texts(c.ByteVal.Values, c.ByteVal.Nulls, func(v int8) string { return strconv.Itoa(int(v)) }), nil
	case c.I16Val != nil:
		return texts(c.I16Val.Values, c.I16Val.Nulls, func(v int16) string { return strconv.Itoa(int(v)) }), nil
	case c.I32Val != nil:
		return texts(c.I32Val.Values, c.I32Val.Nulls, func(v int32) string { return strconv.Itoa(int(v)) }), nil
	case c.I64Val != nil:
		return texts(c.I64Val.Values, c.I64Val.Nulls, func(v int64) string { return strconv.FormatInt(v, 10) }), nil
	case c.DoubleVal != nil:
		return texts(c.DoubleVal.Values, c.DoubleVal.Nulls, FormatDouble), nil
	case c.StringVal != nil:
		return texts(c.StringVal.Values, c.StringVal.Nulls, func(v string) string { return v }), nil
	case c.BinaryVal != nil:
		return texts(c.BinaryVal.Values, c.BinaryVal.Nulls, func(v []byte) string { return string(v) }), nil
	}
	return nil, fmt.Errorf("TColumn without a value list")
}

func texts[T any](values []T, nulls []byte, text func(T) string) []Value {
	out := make([]Value, len(values))
	for i, v := range values {
		if i/8 < len(nulls) && nulls[i/8]&(1<<(i%8)) != 0 {
			out[i].Null = true
		} else {
			out[i].Text = text(v)
		}
	}
	return out
}

// FormatDouble prints a double with the shortest digits that identify it, in
// the notation of Java's Double.toString.
func FormatDouble(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	if a := math.Abs(v); a == 0 || a >= 1e-3 && a < 1e7 {
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, err := strconv.Atoi(exponent)
	if err != nil {
		return mantissa + "E" + exponent
	}
	return mantissa + "E" + strconv.Itoa(n)
}
