package codec

import (
	"maps"
	"slices"

	"skep/dialect/catalog"
	"skep/dialect/types"
)

func (c *Coder) tableColumns(cols *[]catalog.Column) {
	List(c, cols, func(col *catalog.Column) {
		c.String(&col.Name)
		c.mustType(&col.Type)
		c.String(&col.Comment)
		c.Bool(&col.NotNull)
		c.String(&col.Default)
	})
}

func (c *Coder) table(t **catalog.Table) {
	shared(c, t, func(t *catalog.Table) {
		c.String(&t.DB)
		c.String(&t.Name)
		Enum(c, &t.Kind, int(catalog.MaterializedView)+1)
		c.Bool(&t.Temporary)
		c.tableColumns(&t.Columns)
		c.tableColumns(&t.PartitionKeys)
		c.String(&t.ViewText)
		c.String(&t.ViewDB)
		c.String(&t.Location)
		c.String(&t.InputFormat)
		c.String(&t.OutputFormat)
		c.String(&t.SerDe)
		c.Map(&t.SerDeProps)
		c.Map(&t.Params)
		c.Int(&t.Buckets.Count)
		c.Strings(&t.Buckets.Columns)
		List(c, &t.Buckets.Sort, func(s *catalog.SortColumn) {
			c.String(&s.Name)
			c.Bool(&s.Desc)
		})
		c.Int(&t.Buckets.Version)
		shared(c, &t.Lists, func(l *catalog.ListBuckets) {
			c.Strings(&l.Columns)
			List(c, &l.Values, c.Strings)
		})
		c.Bool(&t.Nested)
		shared(c, &t.Stats, c.stats)
		c.Bool(&t.Transactional)
		shared(c, &t.WriteIDs, func(w *catalog.WriteIDs) {
			c.Int64(&w.High)
			List(c, &w.Open, c.Int64)
		})
		c.Strings(&t.Checks)
		c.Int64(&t.Version)
	})
}

func (c *Coder) partitions(ps *[]*catalog.Partition) {
	List(c, ps, func(p **catalog.Partition) {
		shared(c, p, func(p *catalog.Partition) {
			List(c, &p.Values, func(d *types.Datum) { c.Datum(d) })
			c.Strings(&p.Names)
			c.String(&p.Location)
			c.tableColumns(&p.Columns)
			c.String(&p.InputFormat)
			c.String(&p.OutputFormat)
			c.String(&p.SerDe)
			c.Map(&p.SerDeProps)
			c.Map(&p.Params)
			c.Bool(&p.Nested)
			shared(c, &p.Stats, c.stats)
		})
	})
}

func (c *Coder) stats(s *catalog.Stats) {
	c.Int64(&s.Rows)
	c.Int64(&s.Bytes)
	var names []string
	if s.Columns != nil {
		names = append([]string{}, slices.Sorted(maps.Keys(s.Columns))...)
	}
	c.Strings(&names)
	if c.reading && names != nil {
		s.Columns = make(map[string]*catalog.ColumnStats, len(names))
	}
	for _, name := range names {
		x := s.Columns[name]
		shared(c, &x, func(x *catalog.ColumnStats) {
			c.Int64(&x.Distinct)
			c.Int64(&x.Nulls)
			c.Float(&x.AvgLen)
			c.Int64(&x.MaxLen)
			c.Bool(&x.HasMinMax)
			c.Datum(&x.Min)
			c.Datum(&x.Max)
		})
		if c.reading {
			s.Columns[name] = x
		}
	}
}
