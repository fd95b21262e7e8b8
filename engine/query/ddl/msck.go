package ddl

import (
	"context"
	"path"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
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
	return done(func(ctx context.Context) error {
		if !t.IsPartitioned() || !s.Repair {
			return nil
		}
		return env.failed(env.repair(ctx, t, filter, s.Action != "DROP", s.Action == "DROP" || s.Action == "SYNC"))
	}), nil
}

func (env *Env) repair(ctx context.Context, t *model.Table, filter partition.Filter, add, drop bool) error {
	known, err := env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: filter, WithoutParameters: true})
	if err != nil {
		return err
	}
	inCatalog := map[string]bool{}
	for _, p := range known {
		inCatalog[partitionName(t, p)] = true
	}
	if add {
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
		var found []*model.Partition
		if err := env.findPartitions(ctx, t, t.Location, nil, &found); err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(p *model.Partition) bool {
			return inCatalog[partitionName(t, p)] || predicate != nil && predicate.Match(typed(t, p.Values)) != partition.True
		})
		if len(found) > 0 {
			if err := env.addPartitions(ctx, t, found, true); err != nil {
				return err
			}
		}
	}
	if !drop {
		return nil
	}
	var gone []string
	for _, p := range known {
		if _, err := env.Files.Stat(ctx, p.Location); isMissing(err) {
			gone = append(gone, partitionName(t, p))
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return env.Store.Update(ctx, func(tx metastore.Tx) error { return tx.DropPartitions(ctx, t.Database, t.Name, gone) })
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
	for _, e := range entries {
		if !e.IsDir() || warehouse.IsHidden(e.Name()) {
			continue
		}
		keys, v, err := partition.ParseName(e.Name())
		if err != nil || len(keys) != 1 || !strings.EqualFold(keys[0], t.PartitionKeys[len(values)].Name) {
			if env.Session.Conf().Get("hive.msck.path.validation") == "ignore" || env.Session.Conf().Get("hive.msck.path.validation") == "skip" {
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
