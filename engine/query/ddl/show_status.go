package ddl

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/metastore"
	"skep/metastore/model"
)

// showTableStatus is SHOW TABLE EXTENDED.
func (env *Env) showTableStatus(ctx context.Context, s *ast.Show) (*Task, error) {
	db := env.Session.Database()
	if s.Database != nil {
		db = strings.ToLower(s.Database.Name)
	}
	var part *model.Partition
	if s.Partition != nil {
		t, err := env.Session.Table(ctx, db, strings.ToLower(s.Pattern.Text))
		if model.KindOf(err) == model.NoSuchObject {
			return nil, sqlerr.New(sqlerr.InvalidTable, s.Pattern.Text)
		}
		if err != nil {
			return nil, err
		}
		sp, err := env.spec(ctx, t, s.Partition, false)
		if err != nil {
			return nil, err
		}
		if part, err = env.partition(ctx, t, sp); err != nil {
			return nil, err
		}
	}
	return reporting([]string{"tab_name"}, func(ctx context.Context, r *report) error {
		match := env.pattern(s.Pattern)
		if part != nil {
			match = func(n string) bool { return strings.EqualFold(n, s.Pattern.Text) }
		}
		if _, err := env.Store.Database(ctx, db); err != nil {
			return env.failed(err)
		}
		names, err := env.tableTypes(ctx, db, match, nil)
		if err != nil {
			return env.failed(err)
		}
		for _, name := range sortedKeys(names) {
			t, err := env.Session.Table(ctx, db, name)
			if err != nil {
				return env.failed(err)
			}
			if err := env.writeStatus(ctx, r, t, part); err != nil {
				return env.failed(err)
			}
		}
		return nil
	}), nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (env *Env) writeStatus(ctx context.Context, r *report, t *model.Table, part *model.Partition) error {
	location, sd := t.Location, t.Storage
	if part != nil {
		if location = part.Location; part.Storage != nil {
			sd = part.Storage
		}
	}
	r.line("tableName:" + t.Name)
	r.line("owner:" + orNull(t.Owner))
	r.line("location:" + orNull(location))
	r.line("inputformat:" + orNull(sd.InputFormat))
	r.line("outputformat:" + orNull(storage.OutputFormat(sd.OutputFormat)))
	r.line("columns:" + thriftStruct("columns", t.Storage.Columns))
	r.line("partitioned:" + either(t.IsPartitioned(), "true", "false"))
	keys := ""
	if t.IsPartitioned() {
		keys = thriftStruct("partition_columns", t.PartitionKeys)
	}
	r.line("partitionColumns:" + keys)
	if !t.IsView() {
		locations := []string{location}
		if part == nil && t.IsPartitioned() {
			locations = nil
			parts, err := env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{WithoutParameters: true})
			if err != nil {
				return err
			}
			for _, p := range parts {
				locations = append(locations, p.Location)
			}
		}
		if err := env.writeFiles(ctx, r, t.Location, locations); err != nil {
			return err
		}
	}
	r.line("")
	return nil
}

// thriftStruct is a column list in the Thrift form of SHOW TABLE EXTENDED.
func thriftStruct(name string, cols []model.Column) string {
	var list []string
	for _, c := range cols {
		list = append(list, thriftType(c.Type)+" "+c.Name)
	}
	return "struct " + name + " { " + strings.Join(list, ", ") + "}"
}

var thriftTypes = map[types.Kind]string{types.TinyInt: "byte", types.SmallInt: "i16", types.Int: "i32", types.BigInt: "i64", types.Boolean: "bool"}

func thriftType(text string) string {
	t, err := types.Parse(text)
	if err != nil {
		return text
	}
	return thriftText(t)
}

func thriftText(t *types.Type) string {
	switch t.Kind {
	case types.Array:
		return "list<" + thriftText(t.Elem) + ">"
	case types.Map:
		return "map<" + thriftText(t.Key) + "," + thriftText(t.Elem) + ">"
	case types.Struct:
		var list []string
		for _, f := range t.Fields {
			list = append(list, f.Name+":"+thriftText(f.Type))
		}
		return "struct<" + strings.Join(list, ",") + ">"
	}
	if n, ok := thriftTypes[t.Kind]; ok {
		return n
	}
	return t.String()
}

// fileSummary sums up the files of directories.
type fileSummary struct {
	files, total, largest, smallest int64
	updated                         int64 // milliseconds since 1970
}

func (s *fileSummary) add(info fs.FileInfo) {
	s.updated = max(s.updated, info.ModTime().UnixMilli())
	if info.IsDir() {
		return
	}
	n := info.Size()
	if s.files == 0 || n < s.smallest {
		s.smallest = n
	}
	s.files, s.total, s.largest = s.files+1, s.total+n, max(s.largest, n)
}

func (env *Env) writeFiles(ctx context.Context, r *report, table string, locations []string) error {
	if len(locations) == 0 { // a partitioned table without partitions
		return nil
	}
	var s fileSummary
	unknown := false
	if info, err := env.Files.Stat(ctx, table); err == nil {
		s.add(info)
	} else if unknown = isMissing(err); !unknown {
		return err
	}
	for _, l := range locations {
		if unknown {
			break
		}
		if err := env.summarize(ctx, l, &s); err != nil {
			return err
		}
	}
	text := func(n int64) string {
		if unknown {
			return "unknown"
		}
		return formatInt(n)
	}
	r.line("totalNumberFiles:" + text(s.files))
	r.line("totalFileSize:" + text(s.total))
	r.line("maxFileSize:" + text(s.largest))
	r.line("minFileSize:" + text(s.smallest))
	r.line("lastAccessTime:" + text(s.updated))
	r.line("lastUpdateTime:" + text(s.updated))
	return nil
}

func (env *Env) summarize(ctx context.Context, dir string, s *fileSummary) error {
	entries, err := env.Files.List(ctx, dir)
	if err != nil {
		if isMissing(err) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		s.add(e)
		if e.IsDir() {
			if err := env.summarize(ctx, path.Join(dir, e.Name()), s); err != nil {
				return err
			}
		}
	}
	return nil
}
