package ddl

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/engine/vector/valuetext"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/stats"
)

// tableText is a table in the text form of the metastore's Thrift structures, as DESCRIBE EXTENDED shows it.
func tableText(t *model.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Table(tableName:%s, dbName:%s, owner:%s, createTime:%d, lastAccessTime:%d, retention:%d, sd:%s, partitionKeys:%s, parameters:%s",
		t.Name, t.Database, orNull(t.Owner), t.CreateTime, t.LastAccessTime, t.Retention, storageText(t.Storage, t.Location),
		columnsText(t.PartitionKeys), mapText(visible(t.Parameters)))
	fmt.Fprintf(&b, ", viewOriginalText:%s, viewExpandedText:%s, tableType:%s, rewriteEnabled:%t, catName:hive, ownerType:%s)",
		orNull(t.ViewOriginalText), orNull(t.ViewExpandedText), t.Type, t.RewriteEnabled, orNull(t.OwnerType))
	return b.String()
}

func partitionText(t *model.Table, p *model.Partition) string {
	sd := p.Storage
	if sd == nil {
		sd = t.Storage
	}
	return fmt.Sprintf("Partition(values:%s, dbName:%s, tableName:%s, createTime:%d, lastAccessTime:%d, sd:%s, parameters:%s, catName:hive)",
		listText(p.Values), t.Database, t.Name, p.CreateTime, p.LastAccessTime, storageText(sd, p.Location), mapText(p.Parameters))
}

func storageText(sd *model.StorageDescriptor, location string) string {
	var values, locations []string
	for _, v := range sd.Skew.Values {
		values = append(values, listText(v))
	}
	for _, l := range sd.Skew.Locations {
		locations = append(locations, listText(l.Values)+"="+l.Location)
	}
	return fmt.Sprintf("StorageDescriptor(cols:%s, location:%s, inputFormat:%s, outputFormat:%s, compressed:%t, numBuckets:%d, "+
		"serdeInfo:SerDeInfo(name:%s, serializationLib:%s, parameters:%s), bucketCols:%s, sortCols:%s, parameters:%s, "+
		"skewedInfo:SkewedInfo(skewedColNames:%s, skewedColValues:%s, skewedColValueLocationMaps:{%s}), storedAsSubDirectories:%t)",
		columnsText(sd.Columns), orNull(location), orNull(sd.InputFormat), orNull(sd.OutputFormat), sd.Compressed, sd.NumBuckets,
		orNull(sd.SerDe.Name), orNull(sd.SerDe.Library), mapText(sd.SerDe.Parameters), listText(sd.BucketColumns), sortText(sd.SortColumns),
		mapText(sd.Parameters), listText(sd.Skew.Columns), listText(values), strings.Join(locations, ", "), sd.StoredAsSubDirectories)
}

func columnsText(cols []model.Column) string {
	var list []string
	for _, c := range cols {
		list = append(list, "FieldSchema(name:"+c.Name+", type:"+c.Type+", comment:"+orNull(c.Comment)+")")
	}
	return listText(list)
}

func mapText(m map[string]string) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, k+"="+m[k])
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// columnStatistics finds the statistics of a column, nil when there are none, and the table parameters that say whether
// they are reliable.
func (d *description) columnStatistics(ctx context.Context, c model.Column) (map[string]string, *model.ColumnStatistics, error) {
	env, t := d.env, d.t
	c.Name = strings.ToLower(c.Name)
	switch {
	case len(d.path) > 1:
		return t.Parameters, nil, nil
	case env.Session.TemporaryTable(t.Database, t.Name) != nil:
		return t.Parameters, only(env.Session.TemporaryStatistics(t.Database, t.Name), c), nil
	}
	if !t.IsPartitioned() {
		list, err := env.Store.ColumnStatistics(ctx, t.Database, t.Name, c.Name)
		return t.Parameters, only(list, c), err
	}
	if d.part != nil {
		name := partition.Name(keyNames(t), d.part.Values)
		list, err := env.Store.PartitionStatistics(ctx, t.Database, t.Name, []string{name}, c.Name)
		if err != nil || len(list) == 0 {
			return t.Parameters, nil, err
		}
		return t.Parameters, only(list[0].Columns, c), nil
	}
	return d.summary(ctx, c)
}

// summary puts the statistics of all partitions together.
func (d *description) summary(ctx context.Context, c model.Column) (map[string]string, *model.ColumnStatistics, error) {
	t := d.t
	parts, err := d.env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{})
	if err != nil {
		return nil, nil, err
	}
	params := maps.Clone(t.Parameters)
	if params == nil {
		params = map[string]string{}
	}
	if keyOf(t, c.Name) != nil {
		params[model.ParamStatsAccurate] = `{"COLUMN_STATS":{"` + c.Name + `":"true"}}`
		return params, keyStatistics(t, c, parts), nil
	}
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = partition.Name(keyNames(t), p.Values)
	}
	var total *model.ColumnStatistics
	found := 0
	if len(names) > 0 {
		list, err := d.env.Store.PartitionStatistics(ctx, t.Database, t.Name, names, c.Name)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range list {
			s := only(p.Columns, c)
			if s == nil {
				continue
			}
			found++
			if total == nil {
				total = s
				continue
			}
			m := stats.Merger{}
			if d.env.Session.Conf().Bool("hive.stats.fetch.bitvector") {
				m.Union = d.env.Merger.Union
			}
			merged := m.Merge(*total, *s)
			total = &merged
		}
	}
	params[model.ParamStatsAccurate] = "{}"
	if found == len(parts) {
		params[model.ParamStatsAccurate] = `{"COLUMN_STATS":{"` + c.Name + `":"true"}}`
	}
	return params, total, nil
}

// keyStatistics counts the values of a partition key.
func keyStatistics(t *model.Table, c model.Column, parts []*model.Partition) *model.ColumnStatistics {
	i := slices.IndexFunc(t.PartitionKeys, func(k model.Column) bool { return k.Name == c.Name })
	typ := partition.TypeOf(c.Type)
	seen := map[string]bool{}
	s := &model.ColumnStatistics{Column: c.Name, Type: c.Type}
	var low, high partition.Value
	for _, p := range parts {
		v := typ.Parse(p.Values[i])
		if v.Kind == partition.Null {
			if n, ok := stats.Counter(p.Parameters, model.ParamNumRows); ok {
				s.Nulls += n
			}
			continue
		}
		seen[p.Values[i]] = true
		if v.Kind == partition.String {
			continue
		}
		if order, ok := partition.Compare(v, low); !ok || order < 0 {
			low, s.Low = v, p.Values[i]
		}
		if order, ok := partition.Compare(v, high); !ok || order > 0 {
			high, s.High = v, p.Values[i]
		}
	}
	s.Distinct = int64(len(seen))
	if typ.Kind == partition.String {
		// Hive does not look at the values but assumes hive.stats.max.variable.length
		s.Kind, s.AvgLength, s.MaxLength = model.StringStatistics, 100, 100
	} else {
		s.Kind = model.LongStatistics
	}
	return s
}

func only(list []model.ColumnStatistics, c model.Column) *model.ColumnStatistics {
	for i := range list {
		if list[i].Column == c.Name && list[i].Type == c.Type {
			return &list[i]
		}
	}
	return nil
}

// statisticsTexts gives min, max, nulls, distinct values, average and maximal length, trues, falses and the kind of the
// sketch, as far as they apply to the column's type.
func statisticsTexts(s *model.ColumnStatistics, old, sketch bool) [9]string {
	var v [9]string
	if s == nil {
		return v
	}
	v[2] = formatInt(s.Nulls)
	if len(s.BitVector) > 0 && sketch && s.Kind != model.BooleanStatistics && s.Kind != model.BinaryStatistics {
		v[8] = "HL"
	}
	switch s.Kind {
	case model.BooleanStatistics:
		v[6], v[7] = formatInt(s.Trues), formatInt(s.Falses)
		return v
	case model.BinaryStatistics:
		v[4], v[5] = string(valuetext.AppendDouble(nil, s.AvgLength)), formatInt(s.MaxLength)
		return v
	case model.StringStatistics:
		v[4], v[5] = string(valuetext.AppendDouble(nil, s.AvgLength)), formatInt(s.MaxLength)
	default:
		v[0], v[1] = s.Low, s.High
		if old && s.Kind == model.TimestampStatistics {
			v[0], v[1] = epochSeconds(s.Low), epochSeconds(s.High)
		}
		if s.Low == "" && s.High == "" && s.Distinct <= 1 {
			switch s.Kind { // unset numbers of the Thrift structures
			case model.LongStatistics:
				v[0], v[1] = "0", "0"
			case model.DoubleStatistics:
				v[0], v[1] = "0.0", "0.0"
			}
		}
	}
	v[3] = formatInt(s.Distinct)
	return v
}

// epochSeconds gives a timestamp, in UTC, as seconds since 1970, which is what Hive 3.1 kept of timestamps.
func epochSeconds(text string) string {
	t, err := time.Parse("2006-01-02 15:04:05", text) // reads a fraction too
	if err != nil {
		return text
	}
	return formatInt(t.Unix())
}

// writeConstraints writes the section about constraints, when there are any.
func (r *report) writeConstraints(t *model.Table, list []model.Constraint) {
	if len(list) == 0 {
		return
	}
	r.title("Constraints")
	section := func(title string, kind model.ConstraintKind, write func(c model.Constraint)) {
		first := true
		for _, c := range list {
			if c.Kind != kind {
				continue
			}
			if first {
				r.title(title)
				r.pair("Table:", t.Database+"."+t.Name)
				first = false
			}
			r.pair("Constraint Name:", c.Name)
			write(c)
		}
	}
	section("Primary Key", model.PrimaryKey, func(c model.Constraint) {
		for _, col := range c.Columns {
			fmt.Fprintf(r, "%-*s\t", nameWidth, "Column Name:")
			r.fields(col)
		}
	})
	section("Foreign Keys", model.ForeignKey, func(c model.Constraint) {
		for i, col := range c.Columns {
			parent := c.ParentDatabase + "." + c.ParentTable
			if i < len(c.ParentColumns) {
				parent += "." + c.ParentColumns[i]
			}
			r.fields("Parent Column Name:"+parent, "Column Name:"+col, "Key Sequence:"+strconv.Itoa(i+1))
		}
		r.line("")
	})
	section("Unique Constraints", model.UniqueConstraint, func(c model.Constraint) {
		for i, col := range c.Columns {
			r.fields("Column Name:"+col, "Key Sequence:"+strconv.Itoa(i+1))
		}
		r.line("")
	})
	section("Not Null Constraints", model.NotNullConstraint, func(c model.Constraint) {
		r.pair("Column Name:", strings.Join(c.Columns, ""))
		r.line("")
	})
	section("Default Constraints", model.DefaultConstraint, func(c model.Constraint) {
		r.fields("Column Name:"+strings.Join(c.Columns, ""), "Default Value:"+c.Expression)
		r.line("")
	})
	section("Check Constraints", model.CheckConstraint, func(c model.Constraint) {
		r.fields("Column Name:"+orNull(strings.Join(c.Columns, "")), "Check Value:"+c.Expression)
		r.line("")
	})
}

// summarizeConstraints writes the constraints as DESCRIBE EXTENDED does.
func (r *report) summarizeConstraints(t *model.Table, list []model.Constraint) {
	var texts []string
	section := func(title string, kind model.ConstraintKind, describe func(c model.Constraint) string) {
		var items []string
		for _, c := range list {
			if c.Kind == kind {
				items = append(items, describe(c))
			}
		}
		if len(items) > 0 {
			texts = append(texts, title+" for "+t.Database+"."+t.Name+":["+strings.Join(items, ", ")+"]")
		}
	}
	columns := func(c model.Constraint, extra string) string {
		s := " {Constraint Name: " + c.Name
		for i, col := range c.Columns {
			s += ", (Column Name: " + col
			if extra == "" {
				s += ", Key Sequence: " + strconv.Itoa(i+1)
			}
			s += extra + ")"
		}
		return s + "}"
	}
	for _, c := range list {
		if c.Kind == model.PrimaryKey {
			texts = append(texts, "Primary Key for "+t.Database+"."+t.Name+":"+listText(c.Columns)+", Constraint Name: "+c.Name)
		}
	}
	section("Foreign Keys", model.ForeignKey, func(c model.Constraint) string {
		s := " {Constraint Name: " + c.Name
		for i, col := range c.Columns {
			parent := c.ParentDatabase + "." + c.ParentTable
			if i < len(c.ParentColumns) {
				parent += "." + c.ParentColumns[i]
			}
			s += ", (Parent Column Name: " + parent + ", Column Name: " + col + ", Key Sequence: " + strconv.Itoa(i+1) + ")"
		}
		return s + "}"
	})
	section("Unique Constraints", model.UniqueConstraint, func(c model.Constraint) string { return columns(c, "") })
	section("Not Null Constraints", model.NotNullConstraint, func(c model.Constraint) string {
		return " {Constraint Name: " + c.Name + ", Column Name: " + strings.Join(c.Columns, "") + "}"
	})
	section("Default Constraints", model.DefaultConstraint, func(c model.Constraint) string { return columns(c, ", Default Value: "+c.Expression) })
	section("Check Constraints", model.CheckConstraint, func(c model.Constraint) string {
		return " {Constraint Name: " + c.Name + ", (Column Name: " + strings.Join(c.Columns, "") + ", Check Expression : " + c.Expression + ")}"
	})
	if len(texts) > 0 {
		r.line("Constraints\t" + strings.Join(texts, "\n"))
	}
}

// clock is a time in the server's zone.
func (env *Env) clock(seconds int64) time.Time { return time.Unix(seconds, 0) }
