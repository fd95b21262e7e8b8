package query

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"skep/dialect/catalog"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/engine/vector"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

// tables is one statement's view of the metastore and the session's temporary tables. It remembers what it looked up, so
// that a statement sees one state of each table.
type tables struct {
	session *Session
	reader  metastore.Reader
	known   map[string]*catalog.Table
	filling string // the materialized view that the statement fills, as database.table
}

func newTables(s *Session) *tables {
	return &tables{session: s, reader: s.engine.store, known: map[string]*catalog.Table{}}
}

// Table implements catalog.Catalog.
func (c *tables) Table(ctx context.Context, db, name string) (*catalog.Table, error) {
	key := db + "." + name
	if t := c.known[key]; t != nil {
		return t, nil
	}
	m, err := c.session.lookup(ctx, c.reader, db, name)
	if err != nil {
		return nil, notFound(err)
	}
	t, err := c.describe(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("reading the description of table %s: %w", key, err)
	}
	if m.Type == model.VirtualView && m.ViewExpandedText == "" {
		t.Rows = func(ctx context.Context) ([][]types.Datum, error) { return systemRows(ctx, c.reader, m.Name) }
	}
	c.known[key] = t
	return t, nil
}

// HasDatabase implements catalog.Catalog.
func (c *tables) HasDatabase(ctx context.Context, db string) (bool, error) {
	if db == informationSchema {
		return true, nil
	}
	_, err := c.reader.Database(ctx, db)
	if err = notFound(err); errors.Is(err, catalog.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Macro implements catalog.Catalog.
func (c *tables) Macro(name string) *catalog.Macro { return c.session.macro(name) }

// notFound maps the metastore's "no such object" to the analyzer's.
func notFound(err error) error {
	if model.KindOf(err) == model.NoSuchObject {
		return catalog.ErrNotFound
	}
	return err
}

func (c *tables) describe(ctx context.Context, m *model.Table) (*catalog.Table, error) {
	t := &catalog.Table{
		DB: m.Database, Name: m.Name, ViewText: m.ViewExpandedText, ViewDB: m.Database, Location: m.Location, Params: m.Parameters,
		Version: m.ID, Temporary: m.Parameters[temporaryParam] == "true",
	}
	switch m.Type {
	case model.ExternalTable:
		t.Kind = catalog.External
	case model.VirtualView:
		t.Kind = catalog.View
	case model.MaterializedView:
		t.Kind = catalog.MaterializedView
	}
	var err error
	if t.Transactional = strings.EqualFold(m.Parameters["transactional"], "true"); t.Transactional {
		if t.WriteIDs, err = c.reader.WriteIDs(ctx, m.ID); err != nil {
			return nil, err
		}
	}
	if m.Storage != nil {
		if t.Columns, err = dataColumns(m.Storage); err != nil {
			return nil, err
		}
		t.InputFormat, t.OutputFormat = m.Storage.InputFormat, m.Storage.OutputFormat
		t.SerDe, t.SerDeProps = m.Storage.SerDe.Library, m.Storage.SerDe.Parameters
		t.Buckets = buckets(m)
		if k := m.Storage.Skew; m.Storage.StoredAsSubDirectories && len(k.Columns) > 0 {
			t.Lists = &catalog.ListBuckets{Columns: k.Columns, Values: k.Values}
		}
		t.Nested = nested(m.Storage)
		if t.SerDe == storage.AvroSerDe {
			if err := c.avroColumns(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	if t.PartitionKeys, err = columns(m.PartitionKeys, ""); err != nil {
		return nil, err
	}
	// A table that is about to be created (no id yet) has neither constraints nor statistics.
	if (t.Kind == catalog.Managed || t.Kind == catalog.External) && m.ID != 0 {
		if err := c.constraints(ctx, t); err != nil {
			return nil, err
		}
		if t.Stats, err = c.statistics(ctx, m, t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// nested reports whether list bucketing has put files into directories below the location.
func nested(s *model.StorageDescriptor) bool {
	return s.StoredAsSubDirectories || len(s.Skew.Locations) > 0
}

// columns are the columns of a table. Structs that ORC and Parquet tables hold show the names of their fields as declared, others in lower
// case; serde is the class of the table's SerDe.
func columns(in []model.Column, serde string) ([]catalog.Column, error) {
	out := make([]catalog.Column, len(in))
	for i, c := range in {
		t, err := types.Parse(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if serde != storage.OrcSerDe && serde != storage.ParquetSerDe {
			t = t.Unlabelled()
		}
		out[i] = catalog.Column{Name: c.Name, Type: t, Comment: c.Comment}
	}
	return out, nil
}

// dataColumns are the columns of a storage under the types that its SerDe reads.
func dataColumns(s *model.StorageDescriptor) ([]catalog.Column, error) {
	cols, err := columns(s.Columns, s.SerDe.Library)
	for i := range cols {
		cols[i].Type = storage.DeclaredType(s.SerDe.Library, cols[i].Type)
	}
	return cols, err
}

func buckets(m *model.Table) catalog.Buckets {
	b := catalog.Buckets{Columns: m.Storage.BucketColumns, Version: 1}
	if m.Storage.NumBuckets > 0 {
		b.Count = m.Storage.NumBuckets
	}
	for _, s := range m.Storage.SortColumns {
		b.Sort = append(b.Sort, catalog.SortColumn{Name: s.Column, Desc: s.Order == model.Descending})
	}
	if v, err := strconv.Atoi(m.Parameters[model.ParamBucketingVersion]); err == nil {
		b.Version = v
	}
	return b
}

// constraints notes NOT NULL, DEFAULT and CHECK, which INSERT honours.
func (c *tables) constraints(ctx context.Context, t *catalog.Table) error {
	if t.Temporary {
		return nil
	}
	list, err := c.reader.Constraints(ctx, t.DB, t.Name)
	if err != nil {
		return err
	}
	for _, k := range list {
		if k.Enable && k.Kind == model.CheckConstraint {
			t.Checks = append(t.Checks, k.Expression)
		}
		if !k.Enable || len(k.Columns) != 1 {
			continue
		}
		for i := range t.Columns {
			if t.Columns[i].Name != k.Columns[0] {
				continue
			}
			switch k.Kind {
			case model.NotNullConstraint:
				t.Columns[i].NotNull = true
			case model.DefaultConstraint:
				t.Columns[i].Default = k.Expression
			}
		}
	}
	return nil
}

// statistics returns what the metastore knows of an unpartitioned table's rows and of any table's columns.
func (c *tables) statistics(ctx context.Context, m *model.Table, t *catalog.Table) (*catalog.Stats, error) {
	s := rowStatistics(m.Parameters)
	if t.Temporary {
		return s, nil
	}
	cols, err := c.reader.ColumnStatistics(ctx, m.Database, m.Name)
	if err != nil {
		return nil, err
	}
	if len(cols) == 0 {
		return s, nil
	}
	if s == nil {
		s = &catalog.Stats{Rows: -1, Bytes: -1}
	}
	s.Columns = map[string]*catalog.ColumnStats{}
	for i := range cols {
		k := &cols[i]
		cs := &catalog.ColumnStats{Distinct: k.Distinct, Nulls: k.Nulls, AvgLen: k.AvgLength, MaxLen: k.MaxLength}
		if typ := columnType(t, k.Column); typ != nil && k.Low != "" && k.High != "" {
			lo, okLo := c.session.parseValue(k.Low, typ)
			hi, okHi := c.session.parseValue(k.High, typ)
			if okLo && okHi {
				cs.HasMinMax, cs.Min, cs.Max = true, lo, hi
			}
		}
		s.Columns[k.Column] = cs
	}
	return s, nil
}

func columnType(t *catalog.Table, name string) *types.Type {
	for _, c := range t.Columns {
		if c.Name == name {
			return c.Type
		}
	}
	return nil
}

// rowStatistics reads the counters that Hive keeps among the parameters; nil when there is no row count.
func rowStatistics(params map[string]string) *catalog.Stats {
	rows, err := strconv.ParseInt(params[model.ParamNumRows], 10, 64)
	if err != nil || rows < 0 || !strings.Contains(params[model.ParamStatsAccurate], "BASIC_STATS") {
		return nil
	}
	bytes, err := strconv.ParseInt(params[model.ParamTotalSize], 10, 64)
	if err != nil {
		bytes = -1
	}
	return &catalog.Stats{Rows: rows, Bytes: bytes}
}

// Partitions implements catalog.Catalog.
func (c *tables) Partitions(ctx context.Context, t *catalog.Table, filter *catalog.PartitionFilter, keep func([]types.Datum) (bool, error)) ([]*catalog.Partition, error) {
	q := metastore.PartitionQuery{Filter: c.storeFilter(filter, t)}
	list, err := c.reader.Partitions(ctx, t.DB, t.Name, q)
	if err != nil {
		return nil, fmt.Errorf("listing partitions of %s.%s: %w", t.DB, t.Name, err)
	}
	var out []*catalog.Partition
	for _, m := range list {
		p := &catalog.Partition{Names: m.Values, Location: m.Location, Params: m.Parameters, Stats: rowStatistics(m.Parameters)}
		for i, v := range m.Values {
			p.Values = append(p.Values, c.session.partitionValue(v, t.PartitionKeys[i].Type))
		}
		ok, err := keep(p.Values)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if m.Storage != nil {
			if p.Columns, err = dataColumns(m.Storage); err != nil {
				return nil, err
			}
			p.InputFormat, p.OutputFormat = m.Storage.InputFormat, m.Storage.OutputFormat
			p.SerDe, p.SerDeProps = m.Storage.SerDe.Library, m.Storage.SerDe.Parameters
			p.Nested = nested(m.Storage)
		}
		out = append(out, p)
	}
	return out, nil
}

// partitionValue gives the typed value of a partition name. The default partition and text that does not fit are NULL, but
// a string key has the name itself as its value.
func (s *Session) partitionValue(name string, t *types.Type) types.Datum {
	if t.IsString() {
		return types.Datum{S: name}
	}
	if name == s.conf.Get("hive.exec.default.partition.name") || name == partition.DefaultName {
		return types.NullDatum
	}
	if d, ok := s.parseValue(name, t); ok {
		return d
	}
	return types.NullDatum
}

// parseValue casts text to t as the engine does.
func (s *Session) parseValue(text string, t *types.Type) (types.Datum, bool) {
	if t.IsString() {
		return types.Datum{S: text}, true
	}
	d, err := s.castText(text, t)
	return d, err == nil && !d.Null
}

// rowsOfStrings makes a batch of string columns from rows; nil cells are NULL.
func rowsOfStrings(cols int, rows [][]*string) *vector.Batch {
	ts := make([]*types.Type, cols)
	for i := range ts {
		ts[i] = types.StringType
	}
	b := vector.NewBatch(ts)
	for _, row := range rows {
		for i := range cols {
			d := types.NullDatum
			if i < len(row) && row[i] != nil {
				d = types.Datum{S: *row[i]}
			}
			b.Cols[i].AppendDatum(d)
		}
	}
	b.N = len(rows)
	return b
}
