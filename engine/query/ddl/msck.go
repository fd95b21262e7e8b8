package ddl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/engine/acid"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/warehouse"
)

func partitionName(t *model.Table, p *model.Partition) string {
	return partition.Name(keyNames(t), p.Values)
}

// msck compares the directories of a table with its partitions and, with REPAIR, adds or drops partitions to match.
func (env *Env) msck(ctx context.Context, s *ast.Msck) (*Task, error) {
	t, err := env.table(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	if t.IsView() {
		return nil, sqlerr.New(sqlerr.AlterCommandForViews)
	}
	var filter partition.Filter
	if s.Partition != nil {
		if filter, err = env.comparisons(ctx, t, s.Partition); err != nil {
			return nil, err
		}
	}
	run := func(ctx context.Context) ([]string, error) {
		add := s.Repair && s.Action != "DROP"
		if !t.IsPartitioned() {
			if add {
				return nil, env.failed(env.seedWriteIDs(ctx, t, t.Location))
			}
			return nil, nil
		}
		c := &check{env: env, t: t}
		err := c.compare(ctx, filter)
		if err == nil && s.Repair {
			err = c.repair(ctx, add, s.Action == "DROP" || s.Action == "SYNC")
		}
		if err != nil && env.is31() {
			return nil, sqlerr.Execution(1, env.taskClass(), "").WithCause(err) // the reason is in Hive's log only
		}
		return c.lines(), env.failed(err)
	}
	if !env.is31() { // clients see no rows
		return done(func(ctx context.Context) error {
			_, err := run(ctx)
			return err
		}), nil
	}
	return &Task{Columns: []string{"msck"}, Run: func(ctx context.Context) ([][]*string, error) {
		lines, err := run(ctx)
		var rows [][]*string
		for _, l := range lines {
			rows = append(rows, []*string{&l})
		}
		return rows, err
	}}, nil
}

// check is what MSCK finds out about a table.
type check struct {
	env    *Env
	t      *model.Table
	found  []*model.Partition // directories that are no partitions of the catalog
	gone   []string           // partitions without a directory
	old    []*model.Partition // partitions beyond their retention period
	report []string           // what was repaired
}

// compare fills found and gone, of the partitions that filter selects.
func (c *check) compare(ctx context.Context, filter partition.Filter) error {
	env, t := c.env, c.t
	known, err := env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: filter, WithoutParameters: true})
	if err != nil {
		return err
	}
	retention, err := env.retention(t)
	if err != nil {
		return err
	}
	now := time.Now().Unix()
	inCatalog := map[string]bool{}
	for _, p := range known {
		name := partitionName(t, p)
		inCatalog[name] = true
		if _, err := env.Files.Stat(ctx, p.Location); isMissing(err) {
			c.gone = append(c.gone, name)
		} else if retention > 0 && now-p.CreateTime > retention {
			c.old = append(c.old, p)
		}
	}
	var predicate *partition.Predicate
	if filter != nil {
		keys := make([]partition.Key, len(t.PartitionKeys))
		for i, k := range t.PartitionKeys {
			keys[i] = partition.Key{Name: k.Name, Type: partition.TypeOf(k.Type)}
		}
		if predicate, err = partition.Bind(filter, keys); err != nil {
			return err
		}
	}
	if err := env.findPartitions(ctx, t, t.Location, nil, &c.found); err != nil {
		return err
	}
	c.found = slices.DeleteFunc(c.found, func(p *model.Partition) bool {
		return inCatalog[partitionName(t, p)] || predicate != nil && predicate.Match(typed(t, p.Values)) != partition.True
	})
	slices.SortFunc(c.found, func(a, b *model.Partition) int { return strings.Compare(partitionName(t, a), partitionName(t, b)) })
	slices.Sort(c.gone)
	return nil
}

// repair adds what was found to the catalog and drops what is gone.
func (c *check) repair(ctx context.Context, add, drop bool) error {
	env, t := c.env, c.t
	if add && len(c.found) > 0 {
		var good []*model.Partition
		var refused []string
		validation := env.Session.Conf().Get("hive.msck.path.validation")
		for _, p := range c.found {
			bad := slices.ContainsFunc(p.Values, func(v string) bool { return partition.Escape(v) != v })
			if !bad || validation == "ignore" {
				good = append(good, p)
				continue
			}
			text := "Repair: Cannot add partition " + t.Name + ":" + plainName(t, p) + " due to invalid characters in the name"
			if validation != "skip" {
				return errors.New(text)
			}
			refused = append(refused, text)
		}
		c.found = good
		if err := env.addPartitions(ctx, t, good, true); err != nil {
			return err
		}
		for _, p := range good {
			if err := env.seedWriteIDs(ctx, t, p.Location); err != nil {
				return err
			}
		}
		for _, p := range good {
			c.report = append(c.report, "Repair: Added partition to metastore "+t.Name+":"+partitionName(t, p))
		}
		c.report = append(c.report, refused...)
	}
	if !drop {
		return nil
	}
	dropped := slices.Clone(c.gone)
	for _, p := range c.old {
		dropped = append(dropped, partitionName(t, p))
	}
	for _, name := range dropped {
		c.report = append(c.report, "Repair: Dropped partition from metastore hive."+t.Database+"."+t.Name+":"+name)
	}
	if err := env.removePartitions(ctx, t, c.old); err != nil || len(c.gone) == 0 {
		return err
	}
	return env.Store.Update(ctx, func(tx metastore.Tx) error { return tx.DropPartitions(ctx, t.Database, t.Name, c.gone) })
}

// seedWriteIDs makes what is in a directory of a transactional table seen: directories of other transactions than the catalog's, as of a
// table that was copied here, are those of write ids that have been given out.
func (env *Env) seedWriteIDs(ctx context.Context, t *model.Table, dir string) error {
	if t.Parameters["transactional"] != "true" {
		return nil
	}
	entries, err := env.Files.List(ctx, dir)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	high := int64(0)
	for _, e := range entries {
		if n, ok := acid.ParseName(e.Name()); ok && e.IsDir() {
			high = max(high, n.Max)
		}
	}
	if high == 0 {
		return nil
	}
	return env.Store.Update(ctx, func(tx metastore.Tx) error { return tx.SeedWriteIDs(ctx, t.ID, high) })
}

// plainName is a partition's name with nothing escaped.
func plainName(t *model.Table, p *model.Partition) string {
	parts := make([]string, len(p.Values))
	for i, v := range p.Values {
		parts[i] = t.PartitionKeys[i].Name + "=" + v
	}
	return strings.Join(parts, "/")
}

// lines are the findings as Hive's command line shows them.
func (c *check) lines() []string {
	var out []string
	if len(c.found) > 0 {
		line := "Partitions not in metastore:"
		for _, p := range c.found {
			line += "\t" + c.t.Name + ":" + partitionName(c.t, p)
		}
		out = append(out, line)
	}
	if len(c.gone) > 0 {
		line := "Partitions missing from filesystem:"
		for _, name := range c.gone {
			line += "\t" + c.t.Name + ":" + name
		}
		out = append(out, line)
	}
	if len(c.old) > 0 {
		line := "Expired partitions (retention period: " + c.t.Parameters[retentionPeriod] + ") :"
		for _, p := range c.old {
			line += "\t" + c.t.Name + ":" + partitionName(c.t, p)
		}
		out = append(out, line)
	}
	return append(out, c.report...)
}

// retentionPeriod is the table property that says for how long partitions are kept: a number with an optional unit.
const retentionPeriod = "partition.retention.period"

// retention is the age in seconds beyond which MSCK takes partitions for expired; 0: they do not expire.
func (env *Env) retention(t *model.Table) (int64, error) {
	text := t.Parameters[retentionPeriod]
	if text == "" || !env.Session.Conf().Bool("metastore.msck.repair.enable.partition.retention") {
		return 0, nil
	}
	seconds, ok := parseSeconds(text)
	if !ok {
		return 0, fmt.Errorf("%s of %s.%s is %q, no time", retentionPeriod, t.Database, t.Name, text)
	}
	return seconds, nil
}

// parseSeconds reads a time as settings of Hive give it: a number and, unless it counts seconds, the start of a unit's name.
func parseSeconds(text string) (int64, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	unit := strings.TrimLeft(text, "0123456789")
	n, err := strconv.ParseInt(text[:len(text)-len(unit)], 10, 64)
	if err != nil {
		return 0, false
	}
	switch unit = strings.TrimSpace(unit); {
	case unit == "", unit == "s", strings.HasPrefix(unit, "sec"):
		return n, true
	case unit == "m", strings.HasPrefix(unit, "min"):
		return n * 60, true
	case unit == "h", strings.HasPrefix(unit, "hour"):
		return n * 3600, true
	case unit == "d", strings.HasPrefix(unit, "day"):
		return n * 86400, true
	case unit == "ms", strings.HasPrefix(unit, "msec"):
		return n / 1e3, true
	case unit == "us", strings.HasPrefix(unit, "usec"):
		return n / 1e6, true
	case unit == "ns", strings.HasPrefix(unit, "nsec"):
		return n / 1e9, true
	}
	return 0, false
}

// typed gives partition values in the types of their keys.
func typed(t *model.Table, values []string) []partition.Value {
	out := make([]partition.Value, len(values))
	for i, v := range values {
		out[i] = partition.TypeOf(t.PartitionKeys[i].Type).Parse(v)
	}
	return out
}

// findPartitions collects the partitions that the directories below dir stand for.
func (env *Env) findPartitions(ctx context.Context, t *model.Table, dir string, values []string, found *[]*model.Partition) error {
	if len(values) == len(t.PartitionKeys) {
		*found = append(*found, &model.Partition{Values: slices.Clone(values), Location: dir, Parameters: map[string]string{}})
		return nil
	}
	entries, err := env.Files.List(ctx, dir)
	if err != nil {
		if isMissing(err) {
			return nil
		}
		return err
	}
	validation := env.Session.Conf().Get("hive.msck.path.validation")
	lenient := validation == "ignore" || validation == "skip"
	entries = slices.DeleteFunc(entries, func(e fs.FileInfo) bool { return warehouse.IsHidden(e.Name()) })
	if len(entries) == 0 && len(values) > 0 && !lenient {
		return errors.New("MSCK is missing partition columns under " + dir)
	}
	for _, e := range entries {
		if !e.IsDir() {
			if !lenient {
				return errors.New("MSCK finds a file rather than a directory when it searches for " + path.Join(dir, e.Name()))
			}
			continue
		}
		keys, v, err := partition.ParseName(e.Name())
		if err != nil || len(keys) != 1 || !strings.EqualFold(keys[0], t.PartitionKeys[len(values)].Name) {
			if lenient {
				continue
			}
			return errUnexpectedDirectory(path.Join(dir, e.Name()))
		}
		if err := env.findPartitions(ctx, t, strings.TrimSuffix(dir, "/")+"/"+e.Name(), append(values, v[0]), found); err != nil {
			return err
		}
	}
	return nil
}

// errUnexpectedDirectory is the failure of MSCK at a directory that is no partition's.
type errUnexpectedDirectory string

func (e errUnexpectedDirectory) Error() string {
	return "MetaException(message:Unexpected component " + string(e) + ")"
}
