package ddl

import (
	"context"
	"errors"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore/model"
	"skep/metastore/partition"
)

// archive checks ARCHIVE and UNARCHIVE PARTITION as Hive does. Making Hadoop archives is all that it cannot do, so that no
// partition is ever archived.
func (a *alteration) archive(ctx context.Context, x *ast.AlterTouch) (*Task, error) {
	if !a.env.Session.Conf().Bool("hive.archive.enabled") {
		return nil, sqlerr.New(sqlerr.ArchiveMethodsDisabled)
	}
	switch len(x.Partitions) {
	case 0:
		return nil, sqlerr.New(sqlerr.ArchiveOnTable)
	case 1:
	default:
		return nil, sqlerr.New(sqlerr.UnarchiveOnMuliParts) // for both: Hive finds codes by their text
	}
	s, err := a.env.spec(ctx, a.t, x.Partitions[0], false)
	if err != nil {
		return nil, err
	}
	keys := keyNames(a.t)
	var names, values []string
	prefix := true
	for i, v := range s {
		names, values = append(names, v.key), append(values, v.value)
		prefix = prefix && v.key == keys[i]
	}
	if !prefix {
		return nil, sqlerr.New(sqlerr.PartspecDifferFromSchema, "Partition columns in the table schema are: ("+strings.Join(keys, ", ")+
			"), while the partitions specified in the query are: ("+strings.Join(names, ", ")+").")
	}
	name := partition.Name(names, values)
	return a.env.running(func(ctx context.Context) error {
		if a.t.Type != model.ManagedTable {
			return errors.New(x.Verb + " can only be performed on managed tables")
		}
		if _, err := a.env.partitions(ctx, a.t, s); err != nil {
			return errPartitionMissing
		}
		if x.Verb == "UNARCHIVE" {
			return errors.New("Partition " + name + " is not archived.") //nolint:staticcheck // Hive's text
		}
		return errors.New("making Hadoop archives is not supported: the files of partition " + name + " stay as they are")
	})
}
