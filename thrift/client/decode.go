package client

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/beltran/gohive/hiveserver"

	"skep/engine/vector/valuetext"
)

// decodeRows turns a columnar row set into rows of text.
func decodeRows(set *hiveserver.TRowSet, columns []Column) ([][]Value, error) {
	if set == nil || len(set.Columns) == 0 {
		return nil, nil
	}
	if len(set.Columns) != len(columns) {
		return nil, fmt.Errorf("the server sent %d columns of %d", len(set.Columns), len(columns))
	}
	var rows [][]Value
	for i, c := range set.Columns {
		values, err := decodeColumn(c, columns[i].Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
		if i == 0 {
			rows = make([][]Value, len(values))
			cells := make([]Value, len(values)*len(columns))
			for r := range rows {
				rows[r], cells = cells[:len(columns):len(columns)], cells[len(columns):]
			}
		}
		if len(values) != len(rows) {
			return nil, fmt.Errorf("column %s has %d values, the first has %d", columns[i].Name, len(values), len(rows))
		}
		for r, v := range values {
			rows[r][i] = v
		}
	}
	return rows, nil
}

func decodeColumn(c *hiveserver.TColumn, typ string) ([]Value, error) {
	switch {
	case c.BoolVal != nil:
		return values(c.BoolVal.Values, c.BoolVal.Nulls, strconv.FormatBool), nil
	case c.ByteVal != nil:
		return values(c.ByteVal.Values, c.ByteVal.Nulls, integer[int8]), nil
	case c.I16Val != nil:
		return values(c.I16Val.Values, c.I16Val.Nulls, integer[int16]), nil
	case c.I32Val != nil:
		return values(c.I32Val.Values, c.I32Val.Nulls, integer[int32]), nil
	case c.I64Val != nil:
		return values(c.I64Val.Values, c.I64Val.Nulls, integer[int64]), nil
	case c.DoubleVal != nil:
		if typ == "float" {
			return values(c.DoubleVal.Values, c.DoubleVal.Nulls, func(v float64) string { return string(valuetext.AppendFloat(nil, float64(float32(v)))) }), nil
		}
		return values(c.DoubleVal.Values, c.DoubleVal.Nulls, func(v float64) string { return string(valuetext.AppendDouble(nil, v)) }), nil
	case c.StringVal != nil:
		return values(c.StringVal.Values, c.StringVal.Nulls, func(v string) string { return v }), nil
	case c.BinaryVal != nil:
		return values(c.BinaryVal.Values, c.BinaryVal.Nulls, func(v []byte) string { return string(v) }), nil
	}
	return nil, errors.New("no value list was sent")
}

func integer[T int8 | int16 | int32 | int64](v T) string { return strconv.FormatInt(int64(v), 10) }

func values[T any](list []T, nulls []byte, text func(T) string) []Value {
	out := make([]Value, len(list))
	for i, v := range list {
		if i/8 < len(nulls) && nulls[i/8]&(1<<(i%8)) != 0 {
			out[i].Null = true
		} else {
			out[i].Text = text(v)
		}
	}
	return out
}
