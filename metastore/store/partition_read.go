package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

const partitionColumns = "p.name, p.create_time, p.last_access_time, p.location, p.storage_id, p.parameters"

func noPartition(t *tableRow, name string) error {
	return model.Errorf(model.NoSuchObject, model.PartitionObject, t.t.Database+"."+t.t.Name+"/"+name,
		"partition %s of %s.%s not found", name, t.t.Database, t.t.Name)
}

// keyNames returns the names of the table's partition keys.
func keyNames(t *model.Table) []string {
	out := make([]string, len(t.PartitionKeys))
	for i, k := range t.PartitionKeys {
		out[i] = k.Name
	}
	return out
}

// keyTypes returns the partition keys with the types their values are compared in.
func keyTypes(t *model.Table) []partition.Key {
	out := make([]partition.Key, len(t.PartitionKeys))
	for i, k := range t.PartitionKeys {
		out[i] = partition.Key{Name: k.Name, Type: partition.TypeOf(k.Type)}
	}
	return out
}

// nameOf returns the name under which a partition with the given values is stored.
func nameOf(t *model.Table, values []string) (string, error) {
	if len(values) != len(t.PartitionKeys) || len(values) == 0 {
		return "", model.Errorf(model.InvalidObject, model.PartitionObject, t.Database+"."+t.Name,
			"Invalid partition values %q: table %s.%s has %d partition keys", values, t.Database, t.Name, len(t.PartitionKeys))
	}
	return partition.Name(keyNames(t), values), nil
}

// canonicalName returns the stored form of a partition name: keys in lower case, values escaped one way.
func canonicalName(t *model.Table, name string) (string, error) {
	keys, values, err := partition.ParseName(name)
	if err != nil {
		return "", model.Errorf(model.InvalidObject, model.PartitionObject, name, "%v", err)
	}
	if !slices.EqualFunc(keys, keyNames(t), strings.EqualFold) {
		return "", model.Errorf(model.InvalidObject, model.PartitionObject, name, "partition name %s does not fit the keys of %s.%s", name, t.Database, t.Name)
	}
	return nameOf(t, values)
}

// partitionID looks up a partition by name.
func (q *session) partitionID(ctx context.Context, t *tableRow, name string) (id, storageID int64, found bool, err error) {
	if name, err = canonicalName(&t.t, name); err != nil {
		return 0, 0, false, err
	}
	found, err = q.row(ctx, []any{&id, &storageID}, "SELECT id, storage_id FROM part WHERE tbl_id = ? AND name = ?", t.t.ID, name)
	if err != nil {
		err = fmt.Errorf("look up partition %s of %s.%s: %w", name, t.t.Database, t.t.Name, err)
	}
	return id, storageID, found, err
}

func (r *reader) Partition(ctx context.Context, database, table string, values []string) (*model.Partition, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	t, err := q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	name, err := nameOf(&t.t, values)
	if err != nil {
		return nil, err
	}
	s := partitionScan{q: q, table: t, full: true}
	if err := s.run(ctx, metastore.PartitionQuery{Names: []string{name}}); err != nil {
		return nil, err
	}
	if len(s.found) == 0 {
		return nil, noPartition(t, name)
	}
	return s.found[0].p, nil
}

func (r *reader) Partitions(ctx context.Context, database, table string, query metastore.PartitionQuery) ([]*model.Partition, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	t, err := q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	s := partitionScan{q: q, table: t, full: true}
	if err := s.run(ctx, query); err != nil {
		return nil, err
	}
	out := make([]*model.Partition, len(s.found))
	for i := range s.found {
		out[i] = s.found[i].p
	}
	return out, nil
}

func (r *reader) PartitionNames(ctx context.Context, database, table string, query metastore.PartitionQuery) ([]string, error) {
	q, done, err := r.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	t, err := q.table(ctx, database, table)
	if err != nil {
		return nil, err
	}
	s := partitionScan{q: q, table: t}
	if err := s.run(ctx, query); err != nil {
		return nil, err
	}
	out := make([]string, len(s.found))
	for i := range s.found {
		out[i] = s.found[i].name
	}
	return out, nil
}

// partitionScan is one listing. The index on key values only narrows down what is read: the bound predicate decides on
// every partition, so there is one definition of what a filter means.
type partitionScan struct {
	q     *session
	table *tableRow
	full  bool // names only otherwise

	keys       []partition.Key
	predicate  *partition.Predicate // nil: no filter
	parameters bool
	values     []partition.Value // scratch
	texts      []string          // scratch
	names      map[string]string // parameter names, shared between partitions
	found      []scannedPartition
}

type scannedPartition struct {
	name      string
	storageID int64
	p         *model.Partition
}

func (s *partitionScan) run(ctx context.Context, query metastore.PartitionQuery) error {
	s.keys = keyTypes(&s.table.t)
	s.parameters = !query.WithoutParameters
	s.values = make([]partition.Value, len(s.keys))
	s.names = map[string]string{}
	if query.Filter != nil {
		p, err := partition.Bind(query.Filter, s.keys)
		if err != nil {
			return model.Errorf(model.InvalidInput, model.PartitionObject, s.table.t.Name, "%v", err)
		}
		s.predicate = p
	}
	if err := s.collect(ctx, query); err != nil {
		return fmt.Errorf("list partitions of %s.%s: %w", s.table.t.Database, s.table.t.Name, err)
	}
	if query.Limit > 0 && len(s.found) > query.Limit {
		s.found = s.found[:query.Limit]
	}
	if !s.full {
		return nil
	}
	for i := range s.found {
		d, err := s.q.descriptor(ctx, s.found[i].storageID)
		if err != nil {
			return err
		}
		s.found[i].p.Storage = d
	}
	return nil
}

// collect fills s.found, ordered by name.
func (s *partitionScan) collect(ctx context.Context, query metastore.PartitionQuery) error {
	columns := "p.name"
	if s.full {
		columns = partitionColumns
	}
	if query.Names != nil {
		names := make([]string, 0, len(query.Names))
		for _, n := range query.Names {
			n, err := canonicalName(&s.table.t, n)
			if err != nil {
				return err
			}
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			if err := s.q.rows(ctx, s.scan, "SELECT "+columns+" FROM part p WHERE p.tbl_id = ? AND p.name = ?", s.table.t.ID, n); err != nil {
				return err
			}
		}
		return nil
	}
	look, err := s.chooseLookup(ctx)
	if err != nil {
		return err
	}
	if look == nil {
		limit := -1
		if s.predicate == nil && query.Limit > 0 {
			limit = query.Limit
		}
		return s.q.rows(ctx, s.scan, "SELECT "+columns+" FROM part p WHERE p.tbl_id = ? ORDER BY p.name LIMIT ?", s.table.t.ID, limit)
	}
	for _, r := range look.ranges {
		text := "SELECT " + columns + " FROM partition_key_val k CROSS JOIN part p ON p.id = k.part_id WHERE " + r.where
		if err := s.q.rows(ctx, s.scan, text, r.args...); err != nil {
			return err
		}
	}
	slices.SortFunc(s.found, func(a, b scannedPartition) int { return strings.Compare(a.name, b.name) })
	return nil
}

// scan reads one row and keeps it if the predicate selects it.
func (s *partitionScan) scan(rs *sql.Rows) error {
	var f scannedPartition
	if !s.full {
		if err := rs.Scan(&f.name); err != nil {
			return err
		}
		if s.matches(f.name) {
			s.found = append(s.found, f)
		}
		return nil
	}
	var created, accessed int64
	var name, location, parameters sql.RawBytes
	if err := rs.Scan(&name, &created, &accessed, &location, &f.storageID, &parameters); err != nil {
		return err
	}
	f.name = string(name)
	if !s.matches(f.name) {
		return nil
	}
	f.p = &model.Partition{CreateTime: created, LastAccessTime: accessed, Location: string(location)}
	// the values are parts of the name wherever nothing is escaped, and the name mostly is the end of the location
	own := f.name
	if strings.HasSuffix(f.p.Location, own) {
		own = f.p.Location[len(f.p.Location)-len(own):]
		f.name = own
	}
	f.p.Values = partition.AppendValues(make([]string, 0, len(s.keys)), own)
	if s.parameters {
		var err error
		if f.p.Parameters, err = decodeMap(parameters, s.names); err != nil {
			return err
		}
	}
	s.found = append(s.found, f)
	return nil
}

func (s *partitionScan) matches(name string) bool {
	if s.predicate == nil {
		return true
	}
	s.texts = partition.AppendValues(s.texts[:0], name)
	for i, text := range s.texts {
		s.values[i] = s.keys[i].Type.Parse(text)
	}
	return s.predicate.Match(s.values) == partition.True
}

// keyRange is a condition on the rows of partition_key_val.
type keyRange struct {
	where string
	args  []any
}

// lookup is a way to find candidates by the values of one key.
type lookup struct {
	ranges []keyRange
	rows   int // how many there are, up to maxLookup
}

const (
	// maxLookup is the number of candidates above which reading all partitions in order is no slower.
	maxLookup = 50000
	// maxRanges bounds the index probes for one filter; a longer IN list is looked up by its hull.
	maxRanges = 2000
)

// chooseLookup returns the key whose values narrow the filter down most, nil if none does.
func (s *partitionScan) chooseLookup(ctx context.Context) (*lookup, error) {
	if s.predicate == nil {
		return nil, nil
	}
	best := &lookup{rows: maxLookup}
	for k := range s.keys {
		d := s.predicate.Domain(k)
		if d.Unrestricted() {
			continue
		}
		l := &lookup{ranges: s.ranges(k, d)}
		for _, r := range l.ranges {
			var n int
			if _, err := s.q.row(ctx, []any{&n}, "SELECT count(*) FROM (SELECT 1 FROM partition_key_val k WHERE "+r.where+" LIMIT ?)",
				append(slices.Clone(r.args), best.rows-l.rows)...); err != nil {
				return nil, err
			}
			if l.rows += n; l.rows >= best.rows {
				break
			}
		}
		if l.rows < best.rows {
			best = l
		}
	}
	if best.rows == maxLookup {
		return nil, nil
	}
	return best, nil
}

func (s *partitionScan) ranges(key int, d partition.Domain) []keyRange {
	in := d.Intervals
	if len(in) > maxRanges {
		in = []partition.Interval{{Low: in[0].Low, High: in[len(in)-1].High}}
	}
	var out []keyRange
	add := func(isNull int) *keyRange {
		out = append(out, keyRange{"k.tbl_id = ? AND k.key_no = ? AND k.is_null = ?", []any{s.table.t.ID, key, isNull}})
		return &out[len(out)-1]
	}
	if d.Null {
		add(1)
	}
	for _, i := range in {
		r := add(0)
		if i.Low != nil && i.Low == i.High {
			r.where += " AND k.val = ?"
			r.args = append(r.args, i.Low.Value.Key())
			continue
		}
		if i.Low != nil {
			r.where += " AND k.val >" + orEqual(i.Low) + " ?"
			r.args = append(r.args, i.Low.Value.Key())
		}
		if i.High != nil {
			r.where += " AND k.val <" + orEqual(i.High) + " ?"
			r.args = append(r.args, i.High.Value.Key())
		}
	}
	return out
}

func orEqual(b *partition.Bound) string {
	if b.Inclusive {
		return "="
	}
	return ""
}
