package warehouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/stats"
)

// Output is what a statement wrote for one partition, or for an unpartitioned table.
type Output struct {
	Values  []string // of all partition keys; nil for an unpartitioned table
	Files   []string // staged files
	Rows    stats.Rows
	Columns []model.ColumnStatistics // of the new rows; may be nil
	// Storage, when not nil, tells how the files of the partition are bucketed and sorted, other than the table demands.
	Storage *model.StorageDescriptor
}

// Insert is an INSERT INTO, INSERT OVERWRITE, LOAD DATA or CREATE TABLE AS SELECT.
type Insert struct {
	Staging *Staging
	// Table is the table as it was compiled against or, with Create, as it is to be.
	Table     *model.Table
	Create    bool
	Overwrite bool
	// Directory is that of Target, of a transactional table.
	Directory string
	// Outputs names each partition (or the table) once. With Overwrite one without files is emptied.
	Outputs []Output
	// Unknown says that Output.Rows is not known, as for LOAD DATA.
	Unknown bool
	// KeepStorage says that an existing partition keeps its format, as for LOAD DATA, which moves files as they are.
	KeepStorage bool
	// NoStatistics says that rows are not to be counted (hive.stats.autogather=false); counts there are stay as they are.
	NoStatistics bool
	// Merger merges column statistics.
	Merger stats.Merger
}

// Insert commits the output of a statement, creating partitions as needed and keeping statistics.
func (w *Warehouse) Insert(ctx context.Context, in Insert) error {
	c, err := w.InsertChange(ctx, in)
	if err != nil {
		return abandon(ctx, in.Staging, err)
	}
	return w.Commit(ctx, c)
}

// InsertChange returns the change that Insert makes, to be committed together with others.
func (w *Warehouse) InsertChange(ctx context.Context, in Insert) (Change, error) {
	x := insertion{Insert: in, t: in.Table}
	if err := x.resolve(ctx, w.o.Catalog); err != nil {
		return Change{}, err
	}
	c := Change{Staging: in.Staging, Catalog: x.commit}
	for i, o := range in.Outputs {
		c.Targets = append(c.Targets, Target{Location: x.locations[i], Files: o.Files, Directory: in.Directory, Overwrite: in.Overwrite})
	}
	return c, nil
}

func abandon(ctx context.Context, s *Staging, err error) error {
	if aerr := s.Abort(context.WithoutCancel(ctx)); aerr != nil {
		return fmt.Errorf("%w; %w", err, aerr)
	}
	return err
}

type insertion struct {
	Insert
	t         *model.Table
	names     []string // of the outputs' partitions
	locations []string
}

// resolve finds the directories to write: that of the table, of existing partitions, or where new partitions go.
func (x *insertion) resolve(ctx context.Context, r metastore.Reader) error {
	if !x.t.IsPartitioned() {
		for range x.Outputs {
			x.locations, x.names = append(x.locations, x.t.Location), append(x.names, "")
		}
		if len(x.Outputs) > 1 {
			return fmt.Errorf("insert into %s.%s: more than one output for an unpartitioned table", x.t.Database, x.t.Name)
		}
		return nil
	}
	keys := make([]string, len(x.t.PartitionKeys))
	for i, k := range x.t.PartitionKeys {
		keys[i] = k.Name
	}
	for _, o := range x.Outputs {
		if len(o.Values) != len(keys) {
			return fmt.Errorf("insert into %s.%s: partition values %q do not fit the keys %q", x.t.Database, x.t.Name, o.Values, keys)
		}
		x.names = append(x.names, partition.Name(keys, o.Values))
	}
	existing, err := x.existing(ctx, r)
	if err != nil {
		return err
	}
	for i, name := range x.names {
		if p := existing[name]; p != nil {
			x.locations = append(x.locations, p.Location)
		} else {
			x.locations = append(x.locations, PartitionLocation(x.t, x.Outputs[i].Values))
		}
	}
	return nil
}

// existing returns those partitions of the outputs that exist, by name.
func (x *insertion) existing(ctx context.Context, r metastore.Reader) (map[string]*model.Partition, error) {
	out := map[string]*model.Partition{}
	if x.Create || len(x.names) == 0 {
		return out, nil
	}
	parts, err := r.Partitions(ctx, x.t.Database, x.t.Name, metastore.PartitionQuery{Names: x.names})
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(x.t.PartitionKeys))
	for i, k := range x.t.PartitionKeys {
		keys[i] = k.Name
	}
	for _, p := range parts {
		out[partition.Name(keys, p.Values)] = p
	}
	return out, nil
}

// commit is the catalog side of the insertion.
func (x *insertion) commit(ctx context.Context, tx metastore.Tx, contents []Contents) error {
	if x.Create {
		if err := tx.CreateTable(ctx, x.t); err != nil {
			return err
		}
	}
	t, err := tx.Table(ctx, x.t.Database, x.t.Name)
	if err != nil {
		return err
	}
	if !x.Create && (t.ID != x.t.ID || t.IsPartitioned() != x.t.IsPartitioned() || (!t.IsPartitioned() && t.Location != x.t.Location)) {
		return model.Errorf(model.InvalidOperation, model.TableObject, t.Database+"."+t.Name,
			"table %s.%s was changed by another session while it was being written", t.Database, t.Name)
	}
	if !t.IsPartitioned() {
		if len(x.Outputs) == 0 {
			return nil
		}
		if err := x.record(ctx, tx, 0, t.Parameters, contents[0]); err != nil {
			return err
		}
		t.Storage = listed(t.Storage, x.locations[0], contents[0])
		delete(t.Parameters, model.ParamLastDDLTime)
		return tx.AlterTable(ctx, t.Database, t.Name, t)
	}
	existing, err := x.existing(ctx, tx)
	if err != nil {
		return err
	}
	var c metastore.PartitionChanges
	for i, name := range x.names {
		p := existing[name]
		if p == nil {
			c.Add = append(c.Add, &model.Partition{Values: x.Outputs[i].Values, Location: x.locations[i]})
			continue
		}
		if p.Location != x.locations[i] {
			return model.Errorf(model.InvalidOperation, model.PartitionObject, name,
				"partition %s of %s.%s was changed by another session while it was being written", name, t.Database, t.Name)
		}
		delete(p.Parameters, model.ParamLastDDLTime)
		if !x.KeepStorage {
			inherit(p, t.Storage)
		}
		c.Alter = append(c.Alter, p)
	}
	// a new partition must exist before it can have column statistics
	if _, err := tx.AddPartitions(ctx, t.Database, t.Name, c.Add, false); err != nil {
		return err
	}
	added := c.Add
	for i, name := range x.names {
		p := existing[name]
		if p == nil {
			p, added = added[0], added[1:]
			p.Parameters = map[string]string{}
			c.Alter = append(c.Alter, p)
		}
		if p.Storage == nil && t.Storage != nil && t.Storage.StoredAsSubDirectories {
			p.Storage = t.Storage
		}
		if b := x.Outputs[i].Storage; b != nil {
			if p.Storage == nil {
				p.Storage = t.Storage
			}
			p.Storage = p.Storage.Clone()
			p.Storage.NumBuckets, p.Storage.BucketColumns, p.Storage.SortColumns = b.NumBuckets, b.BucketColumns, b.SortColumns
		}
		p.Storage = listed(p.Storage, x.locations[i], contents[i])
		if err := x.record(ctx, tx, i, p.Parameters, contents[i]); err != nil {
			return err
		}
	}
	c.Add = nil
	return metastore.CommitPartitions(ctx, tx, t.Database, t.Name, c)
}

// listed returns s with the directories in which list bucketing has put the rows of skewed values. Hive finds them in the same
// way: by the names of all directories that are there after the change.
func listed(s *model.StorageDescriptor, location string, c Contents) *model.StorageDescriptor {
	if s == nil || !s.StoredAsSubDirectories {
		return s
	}
	s = s.Clone()
	s.Skew.Locations = nil
	for _, dir := range c.Dirs {
		var values []string
		for _, name := range strings.Split(dir, "/") {
			if _, v, ok := strings.Cut(name, "="); ok {
				values = append(values, partition.Unescape(v))
			}
		}
		if len(values) == len(s.Skew.Columns) {
			s.Skew.Locations = append(s.Skew.Locations, model.SkewedLocation{Values: values, Location: strings.TrimSuffix(location, "/") + "/" + dir})
		}
	}
	slices.SortFunc(s.Skew.Locations, func(a, b model.SkewedLocation) int { return slices.Compare(a.Values, b.Values) })
	return s
}

// inherit gives a partition that is written the table's format and buckets, in which its files are.
func inherit(p *model.Partition, table *model.StorageDescriptor) {
	if p.Storage == nil || table == nil {
		return
	}
	s, n := table.Clone(), p.Storage
	if s.InputFormat == n.InputFormat && s.OutputFormat == n.OutputFormat && s.SerDe.Library == n.SerDe.Library && maps.Equal(s.SerDe.Parameters, n.SerDe.Parameters) &&
		s.NumBuckets == n.NumBuckets && slices.Equal(s.BucketColumns, n.BucketColumns) && slices.Equal(s.SortColumns, n.SortColumns) {
		return
	}
	s.Columns, s.Skew, s.StoredAsSubDirectories, s.Parameters, s.Compressed = n.Columns, n.Skew, n.StoredAsSubDirectories, n.Parameters, n.Compressed
	p.Storage = s
}

// record brings the statistics of output i's table or partition up to date; params are its parameters.
func (x *insertion) record(ctx context.Context, tx metastore.Tx, i int, params map[string]string, c Contents) error {
	o := x.Outputs[i]
	files := stats.Files{Files: c.Files, Bytes: c.Bytes}
	columns := make([]string, len(o.Columns))
	for k, s := range o.Columns {
		columns[k] = s.Column
	}
	fresh := x.Overwrite || x.Create || c.Files == c.Added // nothing from before
	if fresh || x.Unknown || x.NoStatistics {
		if err := tx.DeleteColumnStatistics(ctx, x.t.Database, x.t.Name, x.names[i]); err != nil {
			return err
		}
	}
	switch {
	case x.NoStatistics:
		stats.FilesOnly(params, files)
		return nil
	case x.Unknown:
		delete(params, model.ParamStatsAccurate)
		for _, count := range []string{model.ParamNumRows, model.ParamRawDataSize} {
			if _, ok := params[count]; !ok {
				params[count] = "0" // as Hive shows it
			}
		}
		return stats.Append(params, files, stats.Rows{}, nil)
	case fresh:
		if err := stats.Replace(params, files, o.Rows, columns); err != nil {
			return err
		}
		return tx.SetColumnStatistics(ctx, x.t.Database, x.t.Name, x.names[i], o.Columns)
	}
	accurate := stats.AccurateColumns(params)
	if err := stats.Append(params, files, o.Rows, columns); err != nil {
		return err
	}
	old, err := x.columnStatistics(ctx, tx, x.names[i], accurate)
	if err != nil {
		return err
	}
	var merged []model.ColumnStatistics
	for _, s := range o.Columns {
		k := slices.IndexFunc(old, func(b model.ColumnStatistics) bool { return b.Column == s.Column })
		if k >= 0 && old[k].Type == s.Type {
			merged = append(merged, x.Merger.Merge(old[k], s))
		}
	}
	return tx.SetColumnStatistics(ctx, x.t.Database, x.t.Name, x.names[i], merged)
}

func (x *insertion) columnStatistics(ctx context.Context, r metastore.Reader, name string, columns []string) ([]model.ColumnStatistics, error) {
	if len(columns) == 0 {
		return nil, nil
	}
	if name == "" {
		return r.ColumnStatistics(ctx, x.t.Database, x.t.Name, columns...)
	}
	ps, err := r.PartitionStatistics(ctx, x.t.Database, x.t.Name, []string{name}, columns...)
	if err != nil || len(ps) == 0 {
		return nil, err
	}
	return ps[0].Columns, nil
}

// Remove drops files and catalog entries together: paths are removed, parents that it leaves empty are too, as far as
// named in prune (innermost first). The paths must lie on one volume.
func (w *Warehouse) Remove(ctx context.Context, paths, prune []string, catalog func(ctx context.Context, tx metastore.Tx) error) error {
	return w.withStaging(ctx, paths, Change{Remove: paths, Prune: prune}, catalog)
}

// Rename moves directories and changes the catalog accordingly.
func (w *Warehouse) Rename(ctx context.Context, moves []Move, catalog func(ctx context.Context, tx metastore.Tx) error) error {
	var paths []string
	for _, m := range moves {
		paths = append(paths, m.From)
	}
	return w.withStaging(ctx, paths, Change{Moves: moves}, catalog)
}

// withStaging commits c with a staging directory beside the first of paths that exists. If none does there is nothing to
// move: only the catalog changes, and then directories to prune go that hold nothing.
func (w *Warehouse) withStaging(ctx context.Context, paths []string, c Change, catalog func(context.Context, metastore.Tx) error) error {
	for _, p := range paths {
		missing, err := w.missing(ctx, canonical(p), nil)
		if err != nil {
			return fmt.Errorf("change files of %s: %w", p, err)
		}
		if len(missing) > 0 {
			continue
		}
		if c.Staging, err = w.Stage(ctx, parent(canonical(p))); err != nil {
			return err
		}
		c.Catalog = func(ctx context.Context, tx metastore.Tx, _ []Contents) error { return catalog(ctx, tx) }
		return w.Commit(ctx, c)
	}
	if err := w.o.Catalog.Update(ctx, func(tx metastore.Tx) error { return catalog(ctx, tx) }); err != nil {
		return err
	}
	for _, p := range c.Prune {
		if err := w.removeEmpty(ctx, canonical(p)); err != nil {
			w.report(err)
		}
	}
	return nil
}
