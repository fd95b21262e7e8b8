package query

import (
	"encoding/json"
	"strconv"

	"skep/dialect/types"
	"skep/engine/colstats"
	"skep/engine/format"
	"skep/metastore/model"
)

// statisticsKind gives the metastore's family of statistics for a type; "" when there are none.
func statisticsKind(t *types.Type) model.StatisticsKind {
	switch t.Kind {
	case types.Boolean:
		return model.BooleanStatistics
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return model.LongStatistics
	case types.Float, types.Double:
		return model.DoubleStatistics
	case types.String, types.Char, types.Varchar:
		return model.StringStatistics
	case types.Binary:
		return model.BinaryStatistics
	case types.Decimal:
		return model.DecimalStatistics
	case types.Date:
		return model.DateStatistics
	case types.Timestamp:
		return model.TimestampStatistics
	}
	return ""
}

// columnStatistics turns gathered statistics into what the metastore keeps.
func (s *Session) columnStatistics(schema []format.Column, cols []*colstats.Column) ([]model.ColumnStatistics, error) {
	var out []model.ColumnStatistics
	for i, c := range cols {
		kind := statisticsKind(c.Type)
		if kind == "" {
			continue
		}
		m := model.ColumnStatistics{
			Column: schema[i].Name, Type: c.Type.String(), Kind: kind, Nulls: c.Nulls, Distinct: c.Distinct(),
			AvgLength: c.AvgLen(), MaxLength: c.MaxLen, BitVector: c.Sketch(),
		}
		if kind == model.BooleanStatistics {
			m.Trues, m.Falses = c.Trues, c.Rows-c.Nulls-c.Trues
		}
		if lo, hi, ok := c.Bounds(); ok && kind != model.StringStatistics && kind != model.BinaryStatistics && kind != model.BooleanStatistics {
			var err error
			if m.Low, err = s.castToText(lo, c.Type); err != nil {
				return nil, err
			}
			if m.High, err = s.castToText(hi, c.Type); err != nil {
				return nil, err
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// accurate is the content of COLUMN_STATS_ACCURATE.
type accurate struct {
	Basic   string            `json:"BASIC_STATS,omitempty"`
	Columns map[string]string `json:"COLUMN_STATS,omitempty"`
}

// setStatistics notes row and file counts among the parameters of a table or partition; columns lists the columns whose
// statistics are exact too.
func setStatistics(params map[string]string, files, bytes, rows, raw int64, columns []model.ColumnStatistics) {
	params[model.ParamNumFiles] = strconv.FormatInt(files, 10)
	params[model.ParamTotalSize] = strconv.FormatInt(bytes, 10)
	params[model.ParamNumRows] = strconv.FormatInt(rows, 10)
	params[model.ParamRawDataSize] = strconv.FormatInt(raw, 10)
	a := accurate{Basic: "true"}
	for _, c := range columns {
		if a.Columns == nil {
			a.Columns = map[string]string{}
		}
		a.Columns[c.Column] = "true"
	}
	text, err := json.Marshal(a)
	if err != nil {
		return // a map of strings always encodes
	}
	params[model.ParamStatsAccurate] = string(text)
}

// counter reads a numeric parameter; 0 when it is missing.
func counter(params map[string]string, key string) int64 {
	n, err := strconv.ParseInt(params[key], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
