package ddl

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/vector/valuetext"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
)

// skew notes SKEWED BY in a storage descriptor.
func (env *Env) skew(ctx context.Context, sd *model.StorageDescriptor, x *ast.Skewed) error {
	var k model.Skew
	for _, c := range x.Columns {
		name := strings.ToLower(c.Name)
		if slices.Contains(k.Columns, name) {
			return sqlerr.New(sqlerr.SkewedTableDuplicateColumnNames, name)
		}
		if !hasColumn(sd.Columns, name) {
			return sqlerr.New(sqlerr.SkewedTableInvalidColumn, name+" ")
		}
		k.Columns = append(k.Columns, name)
	}
	for _, v := range x.Values {
		var tuple []string
		for _, e := range v.Values {
			text, _, err := env.Session.Const(ctx, e, types.StringType)
			if err != nil {
				return err
			}
			tuple = append(tuple, text)
		}
		if len(tuple) != len(k.Columns) {
			return sqlerr.CodedSemanticf(sqlerr.SkewedTableSkewedColNameValueMismatch3, "%s%d : %d",
				sqlerr.Text(sqlerr.SkewedTableSkewedColNameValueMismatch3), len(k.Columns), len(tuple))
		}
		k.Values = append(k.Values, tuple)
	}
	sd.Skew, sd.StoredAsSubDirectories = k, x.Directories
	return nil
}

func (a *alteration) skewed(ctx context.Context, x *ast.AlterSkewed) (*Task, error) {
	switch {
	case x.NotDirectories:
		if len(a.t.Storage.Skew.Columns) == 0 {
			return nil, sqlerr.New(sqlerr.AlterTblStoredasdirNotSkewed, a.t.Name)
		}
		return a.storage(func(sd *model.StorageDescriptor) error {
			sd.StoredAsSubDirectories = false
			return nil
		}), nil
	case x.Skewed == nil:
		return a.storage(func(sd *model.StorageDescriptor) error {
			sd.Skew, sd.StoredAsSubDirectories = model.Skew{}, false
			return nil
		}), nil
	}
	probe := a.t.Storage.Clone()
	if err := a.env.skew(ctx, probe, x.Skewed); err != nil {
		return nil, err
	}
	return a.storage(func(sd *model.StorageDescriptor) error {
		sd.Skew, sd.StoredAsSubDirectories = probe.Skew, probe.StoredAsSubDirectories
		return nil
	}), nil
}

func (a *alteration) skewedLocation(ctx context.Context, x *ast.AlterSkewedLocation) (*Task, error) {
	var list []model.SkewedLocation
	for _, l := range x.Locations {
		var tuple []string
		for _, e := range l.Value.Values {
			text, _, err := a.env.Session.Const(ctx, e, types.StringType)
			if err != nil {
				return nil, err
			}
			tuple = append(tuple, text)
		}
		if !strings.Contains(l.Location.Value, ":/") {
			return nil, sqlerr.Semanticf("%s is not absolute or has no scheme information. Please specify a complete absolute uri with scheme information.", l.Location.Value)
		}
		list = append(list, model.SkewedLocation{Values: tuple, Location: l.Location.Value})
	}
	return a.storage(func(sd *model.StorageDescriptor) error {
		sd.Skew.Locations = list
		return nil
	}), nil
}

// updateStatistics sets counters among the parameters, or the statistics of a column.
func (a *alteration) updateStatistics(ctx context.Context, x *ast.AlterUpdateStatistics) (*Task, error) {
	values := properties(x.Properties)
	if x.Column == nil {
		set := func(params map[string]string) error {
			for k, v := range values {
				if k != model.ParamNumRows && k != model.ParamRawDataSize {
					return a.env.failed(errors.New("Statistics " + k + " are unknown"))
				}
				params[k] = v
			}
			delete(params, model.ParamStatsAccurate)
			return nil
		}
		if a.parts != nil {
			return done(func(ctx context.Context) error {
				return a.changePartitions(ctx, func(p *model.Partition) error { return set(p.Parameters) })
			}), nil
		}
		return a.own(func(t *model.Table) error { return set(t.Parameters) }), nil
	}
	name := strings.ToLower(x.Column.Name)
	typ := columnType(&model.Table{Storage: a.t.Storage}, name)
	if typ == "" {
		return nil, sqlerr.New(sqlerr.InvalidColumn, name)
	}
	if _, err := columnStatistics(model.ColumnStatistics{Column: name, Type: typ}, values); err != nil {
		return nil, a.env.failed(err)
	}
	return done(func(ctx context.Context) error {
		return a.env.update(ctx, func(tx metastore.Tx) error {
			if a.parts == nil {
				t, err := tx.Table(ctx, a.t.Database, a.t.Name)
				if err != nil {
					return err
				}
				if err := stats.NoteColumn(t.Parameters, name); err != nil {
					return err
				}
				if err := tx.AlterTable(ctx, t.Database, t.Name, t); err != nil {
					return err
				}
				old, err := tx.ColumnStatistics(ctx, t.Database, t.Name, name)
				if err != nil {
					return err
				}
				s, err := columnStatistics(latest(old, name, typ), values)
				if err != nil {
					return err
				}
				return tx.SetColumnStatistics(ctx, t.Database, t.Name, "", []model.ColumnStatistics{s})
			}
			for _, p := range a.parts {
				if err := stats.NoteColumn(p.Parameters, name); err != nil {
					return err
				}
				if err := a.updatePartition(ctx, tx, p, name, typ, values); err != nil {
					return err
				}
			}
			return tx.AlterPartitions(ctx, a.t.Database, a.t.Name, a.parts)
		})
	}), nil
}

// updatePartition sets statistics of one column of one partition.
func (a *alteration) updatePartition(ctx context.Context, tx metastore.Tx, p *model.Partition, column, typ string, values map[string]string) error {
	part := partitionName(a.t, p)
	var old []model.ColumnStatistics
	list, err := tx.PartitionStatistics(ctx, a.t.Database, a.t.Name, []string{part}, column)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		old = list[0].Columns
	}
	s, err := columnStatistics(latest(old, column, typ), values)
	if err != nil {
		return err
	}
	return tx.SetColumnStatistics(ctx, a.t.Database, a.t.Name, part, []model.ColumnStatistics{s})
}

// latest are the statistics there are of a column, or empty ones.
func latest(old []model.ColumnStatistics, column, typ string) model.ColumnStatistics {
	for _, s := range old {
		if s.Column == column && s.Type == typ {
			return s
		}
	}
	return model.ColumnStatistics{Column: column, Type: typ}
}

// columnStatistics overlays column statistics with the names and values of UPDATE STATISTICS.
func columnStatistics(s model.ColumnStatistics, values map[string]string) (model.ColumnStatistics, error) {
	if s.Kind = StatisticsKind(s.Type); s.Kind == "" {
		return s, errors.New("Unsupported type")
	}
	for k, v := range values {
		var err error
		number := func(to *int64) { *to, err = strconv.ParseInt(v, 10, 64) }
		switch k {
		case "numNulls":
			number(&s.Nulls)
		case "numDVs":
			number(&s.Distinct)
		case "numTrues":
			number(&s.Trues)
		case "numFalses":
			number(&s.Falses)
		case "maxColLen":
			number(&s.MaxLength)
		case "avgColLen":
			s.AvgLength, err = strconv.ParseFloat(v, 64)
		case "lowValue":
			s.Low = bound(s.Kind, v)
		case "highValue":
			s.High = bound(s.Kind, v)
		default:
			err = errors.New("Unknown stat")
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// bound is a bound as the metastore keeps it: dates may be given as days since 1970, timestamps as seconds.
func bound(kind model.StatisticsKind, v string) string {
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case err == nil && kind == model.DateStatistics:
		return string(valuetext.AppendDate(nil, n))
	case err == nil && kind == model.TimestampStatistics:
		return string(valuetext.AppendTimestamp(nil, types.Int128{Hi: n}))
	case kind == model.DoubleStatistics:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return string(valuetext.AppendDouble(nil, f))
		}
	case kind == model.DecimalStatistics:
		return PlainDecimal(v)
	}
	return v
}

// PlainDecimal is a decimal without the zeros at its end, as statistics hold it.
func PlainDecimal(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// StatisticsKind gives the metastore's family of statistics for a column type; "" when there are none.
func StatisticsKind(typ string) model.StatisticsKind {
	t, err := types.Parse(typ)
	if err != nil {
		return ""
	}
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
