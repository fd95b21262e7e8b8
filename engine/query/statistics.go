package query

import (
	"skep/dialect/types"
	"skep/engine/colstats"
	"skep/engine/format"
	"skep/engine/query/ddl"
	"skep/metastore/model"
)

// columnStatistics turns gathered statistics into what the metastore keeps.
func (s *Session) columnStatistics(schema []format.Column, cols []*colstats.Column) ([]model.ColumnStatistics, error) {
	var out []model.ColumnStatistics
	for i, c := range cols {
		kind := ddl.StatisticsKind(c.Type.String())
		if kind == "" {
			continue
		}
		m := model.ColumnStatistics{
			Column: schema[i].Name, Type: c.Type.String(), Kind: kind, Nulls: c.Nulls, Distinct: c.Distinct(),
			AvgLength: c.AvgLen(), MaxLength: c.MaxLen, BitVector: c.Sketch(),
		}
		if !s.conf.Hive3() && c.Rows > 0 {
			m.AvgLength = float64(c.TotalLen) / float64(c.Rows) // Hive 4 takes NULL for the empty text
		}
		if kind == model.BooleanStatistics {
			m.Trues, m.Falses = c.Trues, c.Rows-c.Nulls-c.Trues
		}
		if lo, hi, ok := c.Bounds(); ok && kind != model.StringStatistics && kind != model.BinaryStatistics && kind != model.BooleanStatistics {
			t := c.Type
			if t.Kind == types.Float {
				t = types.DoubleType // Hive keeps the bounds of both kinds as doubles
			}
			var err error
			if m.Low, err = s.castToText(lo, t); err != nil {
				return nil, err
			}
			if m.High, err = s.castToText(hi, t); err != nil {
				return nil, err
			}
			if t.Kind == types.Decimal {
				m.Low, m.High = ddl.PlainDecimal(m.Low), ddl.PlainDecimal(m.High)
			}
		}
		out = append(out, m)
	}
	return out, nil
}
