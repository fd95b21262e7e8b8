package ddl

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/metastore/model"
	"skep/metastore/stats"
)

// staysORC refuses to change the format of an ORC table, whose partitions or files would no longer fit it.
func (a *alteration) staysORC(leaves bool, format string) error {
	sd := a.t.Storage
	if len(a.parts) > 0 && a.parts[0].Storage != nil {
		sd = a.parts[0].Storage
	}
	evolves := a.env.Session.Conf().Bool("hive.exec.schema.evolution") || strings.EqualFold(a.t.Parameters["transactional"], "true")
	if sd.SerDe.Library != storage.OrcSerDe || !leaves || !evolves {
		return nil
	}
	return a.env.execution(sqlerr.GenericError, fmt.Sprintf("Changing "+format, a.t.Database+"."+a.t.Name))
}

func (a *alteration) serde(x *ast.AlterSerDe) (*Task, error) {
	if x.SerDe != nil {
		if err := a.staysORC(x.SerDe.Value != storage.OrcSerDe, "SerDe (from OrcSerde) is not supported for table %s. File format may be incompatible"); err != nil {
			return nil, err
		}
	}
	return a.storage(func(sd *model.StorageDescriptor) error {
		if sd.SerDe.Parameters == nil {
			sd.SerDe.Parameters = map[string]string{}
		}
		if x.Unset {
			for _, p := range x.Properties {
				delete(sd.SerDe.Parameters, p.Key.Value)
			}
			return nil
		}
		if x.SerDe != nil {
			sd.SerDe.Library = x.SerDe.Value
		}
		maps.Copy(sd.SerDe.Parameters, properties(x.Properties))
		return nil
	}), nil
}

func (a *alteration) fileFormat(x *ast.AlterFileFormat) (*Task, error) {
	to, err := a.env.storageOf(nil, x.Format, false)
	if err != nil {
		return nil, err
	}
	if to.OutputFormat == storage.TextOutputFormat {
		to.OutputFormat = "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat" // for which CREATE TABLE puts the other
	}
	if to.OutputFormat == storage.SequenceOutputFormat {
		to.OutputFormat = "org.apache.hadoop.mapred.SequenceFileOutputFormat"
	}
	if err := a.staysORC(to.InputFormat != storage.OrcInputFormat, "file format (from ORC) is not supported for table %s"); err != nil {
		return nil, err
	}
	return a.storage(func(sd *model.StorageDescriptor) error {
		sd.InputFormat, sd.OutputFormat, sd.SerDe.Library = to.InputFormat, to.OutputFormat, to.SerDe.Library
		return nil
	}), nil
}

func (a *alteration) location(x *ast.AlterLocation) (*Task, error) {
	path := x.Location.Value
	if !strings.HasPrefix(path, "/") && !strings.Contains(path, ":") {
		return nil, a.env.execution(sqlerr.BadLocationValue, sqlerr.Text(sqlerr.BadLocationValue, path))
	}
	path = absolute(path)
	return done(func(ctx context.Context) error {
		if a.parts != nil {
			return a.changePartitions(ctx, func(p *model.Partition) error {
				p.Location = path // what is known of the partition stays, true or not: so does Hive
				return nil
			})
		}
		files, err := a.env.listFiles(ctx, path)
		if err != nil {
			return a.env.failed(err)
		}
		return a.change(ctx, func(t *model.Table) error {
			t.Location = path
			if !t.IsPartitioned() {
				stats.FilesOnly(t.Parameters, files)
			}
			return nil
		}, nil)
	}), nil
}

func (a *alteration) buckets(x *ast.AlterBuckets) (*Task, error) {
	switch {
	case x.NotClustered:
		return a.storage(func(sd *model.StorageDescriptor) error {
			sd.BucketColumns, sd.SortColumns, sd.NumBuckets = nil, nil, -1
			return nil
		}), nil
	case x.NotSorted:
		return a.storage(func(sd *model.StorageDescriptor) error {
			sd.SortColumns = nil
			return nil
		}), nil
	}
	b := &model.Table{Storage: &model.StorageDescriptor{Columns: a.t.Storage.Columns}}
	if err := buckets(b, x.Buckets); err != nil {
		if sqlerr.CodeOf(err) == sqlerr.InvalidColumn {
			return nil, sqlerr.Execution(a.env.codeOf(sqlerr.InvalidColumn), a.env.taskClass(), sqlerr.Text(sqlerr.InvalidColumn))
		}
		return nil, err
	}
	if len(x.Buckets.Columns) == 0 {
		if len(a.t.Storage.BucketColumns) == 0 {
			return nil, sqlerr.New(sqlerr.AlterBucketnumNonbucketizedTbl)
		}
		return a.storage(func(sd *model.StorageDescriptor) error {
			sd.NumBuckets = b.Storage.NumBuckets
			return nil
		}), nil
	}
	return a.storage(func(sd *model.StorageDescriptor) error {
		sd.BucketColumns, sd.SortColumns, sd.NumBuckets = b.Storage.BucketColumns, b.Storage.SortColumns, b.Storage.NumBuckets
		return nil
	}), nil
}

// concatenate checks ALTER TABLE CONCATENATE, which the query driver carries out: see CheckConcatenate.
func (a *alteration) concatenate() error {
	t := a.t
	sd := t.Storage
	if a.parts != nil {
		sd = a.parts[0].Storage
	}
	switch {
	case t.Type != model.ManagedTable:
		return sqlerr.New(sqlerr.ConcatenateUnsupportedTableNotManaged)
	case sd.InputFormat != storage.OrcInputFormat && sd.InputFormat != storage.RCFileInputFormat:
		return sqlerr.New(sqlerr.ConcatenateUnsupportedFileFormat)
	case len(sd.BucketColumns) > 0:
		return sqlerr.New(sqlerr.ConcatenateUnsupportedTableBucketed)
	}
	return nil
}

// CheckConcatenate checks ALTER TABLE CONCATENATE. It returns the table and the values of the partition, nil for a table
// without partitions.
func (env *Env) CheckConcatenate(ctx context.Context, s *ast.AlterTable) (*model.Table, []string, error) {
	t, err := env.qualifiedTable(ctx, s.Table)
	if err != nil {
		return nil, nil, err
	}
	if t.IsView() {
		return nil, nil, sqlerr.New(sqlerr.AlterCommandForViews)
	}
	a := &alteration{env: env, t: t, table: s.Table}
	var values []string
	if s.Partition != nil {
		if a.spec, err = env.spec(ctx, t, s.Partition, true); err != nil {
			return nil, nil, err
		}
		p, err := env.partition(ctx, t, a.spec)
		if err != nil {
			return nil, nil, err
		}
		a.parts, values = []*model.Partition{p}, p.Values
	} else if t.IsPartitioned() {
		return nil, nil, sqlerr.Semanticf("source table %s.%s is partitioned but no partition desc found.", t.Database, t.Name)
	}
	return t, values, a.concatenate()
}
