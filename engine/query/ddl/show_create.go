package ddl

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/metastore/model"
)

// hiddenProperties are the table parameters that SHOW CREATE TABLE expresses otherwise or leaves out.
var hiddenProperties = map[string]bool{
	"TEMPORARY": true, model.ParamExternal: true, model.ParamComment: true, "SORTBUCKETCOLSPREFIX": true, "storage_handler": true,
	"created_with_ctas": true, model.ParamStatsAccurate: true, model.ParamNumFiles: true, model.ParamNumRows: true,
	model.ParamRawDataSize: true, model.ParamTotalSize: true, model.ParamNumPartitions: true, model.ParamErasureCodedFiles: true,
}

func (env *Env) showCreateTable(ctx context.Context, s *ast.Show) (*Task, error) {
	t, err := env.table(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	qualifier := ""
	if s.Table.DB != nil && !env.is31() {
		qualifier = quoted(t.Database) + "."
	}
	name := qualifier + quoted(t.Name)
	if env.is31() { // as written, in one pair of quotes
		if name = s.Table.Name.Name; s.Table.DB != nil {
			name = s.Table.DB.Name + "." + name
		}
		name = quoted(name)
	}
	return reporting([]string{"createtab_stmt"}, func(ctx context.Context, r *report) error {
		if t.IsView() {
			partitioned := ""
			if t.IsPartitioned() {
				partitioned = " PARTITIONED ON (" + quotedList(keyNames(t), ", ") + ")"
			}
			r.line("CREATE VIEW " + name + partitioned + " AS " + t.ViewExpandedText)
			return nil
		}
		w := createWriter{report: r, old: env.is31()}
		w.table(t, name, env.Session.TemporaryTable(t.Database, t.Name) != nil)
		if !env.is31() && env.Session.TemporaryTable(t.Database, t.Name) == nil {
			list, err := env.Store.Constraints(ctx, t.Database, t.Name)
			if err != nil {
				return env.failed(err)
			}
			w.constraints(t, list)
		}
		return nil
	}), nil
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func quotedList(names []string, separator string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = quoted(n)
	}
	return strings.Join(list, separator)
}

// createWriter writes SHOW CREATE TABLE.
type createWriter struct {
	*report
	old bool // as Hive 3.1
}

func (w createWriter) table(t *model.Table, name string, temporary bool) {
	head := "CREATE "
	if temporary {
		head += "TEMPORARY "
	}
	if t.Type == model.ExternalTable {
		head += "EXTERNAL "
	}
	w.line(head + "TABLE " + name + "(")
	w.line(w.columns(t.Storage.Columns, t.Storage.SerDe.Library) + ")")
	if c, ok := t.Parameters[model.ParamComment]; ok {
		w.line("COMMENT '" + quoteCommand(c) + "'")
	}
	if t.IsPartitioned() {
		w.line("PARTITIONED BY ( \n" + w.columns(t.PartitionKeys, "") + ")")
	}
	w.buckets(t.Storage)
	w.skew(t.Storage)
	w.rowFormat(t.Storage, t.Parameters[storageHandler])
	w.line("LOCATION\n  '" + quoteCommand(t.Location) + "'")
	var list []string
	params := visible(t.Parameters)
	for _, k := range slices.Sorted(maps.Keys(params)) {
		if !hiddenProperties[k] || k == model.ParamExternal && t.Type != model.ExternalTable && w.old {
			list = append(list, "  '"+k+"'='"+quoteCommand(params[k])+"'")
		}
	}
	w.line("TBLPROPERTIES (\n" + strings.Join(list, ", \n") + ")")
}

// columns lists data columns, which are serde's, or with serde "" partition columns.
func (w createWriter) columns(cols []model.Column, serde string) string {
	var list []string
	for _, c := range cols {
		typ := c.Type
		if serde != "" && !w.old {
			typ = quotedType(typ)
		}
		text := "  " + quoted(c.Name) + " " + typ
		if comment, shown := storage.ShownComment(serde, c.Comment, w.old); shown {
			text += " COMMENT '" + quoteCommand(comment) + "'"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", \n")
}

// quotedType is a type's text with the names of struct fields in back-ticks.
func quotedType(text string) string {
	t, err := types.Parse(text)
	if err != nil {
		return text
	}
	return quoteFields(t)
}

func quoteFields(t *types.Type) string {
	var list []string
	switch t.Kind {
	case types.Array:
		return "array<" + quoteFields(t.Elem) + ">"
	case types.Map:
		return "map<" + t.Key.String() + "," + quoteFields(t.Elem) + ">"
	case types.Struct:
		for _, f := range t.Fields {
			list = append(list, quoted(f.Name)+":"+quoteFields(f.Type))
		}
		return "struct<" + strings.Join(list, ", ") + ">"
	case types.Union:
		for _, f := range t.Fields {
			list = append(list, quoteFields(f.Type))
		}
		return "uniontype<" + strings.Join(list, ", ") + ">"
	}
	return t.String()
}

func (w createWriter) buckets(sd *model.StorageDescriptor) {
	if len(sd.BucketColumns) == 0 {
		return
	}
	name := quoted
	if w.old {
		name = func(s string) string { return s }
		w.line("CLUSTERED BY ( \n  " + strings.Join(sd.BucketColumns, ", \n  ") + ") ")
	} else {
		w.line("CLUSTERED BY (\n  " + quotedList(sd.BucketColumns, ",\n  ") + ")")
	}
	if len(sd.SortColumns) > 0 {
		var list []string
		for _, c := range sd.SortColumns {
			order := " ASC"
			if c.Order == model.Descending {
				order = " DESC"
			}
			list = append(list, "  "+name(c.Column)+order)
		}
		w.line("SORTED BY ( \n" + strings.Join(list, ", \n") + ") ")
	}
	w.line("INTO " + strconv.Itoa(sd.NumBuckets) + " BUCKETS")
}

func (w createWriter) skew(sd *model.StorageDescriptor) {
	if len(sd.Skew.Columns) == 0 {
		return
	}
	var values []string
	for _, v := range sd.Skew.Values {
		values = append(values, "('"+strings.Join(v, "','")+"')")
	}
	if w.old {
		w.line("SKEWED BY (" + strings.Join(sd.Skew.Columns, ",") + ")")
	} else {
		w.line("SKEWED BY (" + quotedList(sd.Skew.Columns, ",") + ")")
	}
	w.line("  ON (" + strings.Join(values, ",") + ")")
	if sd.StoredAsSubDirectories {
		w.line("  STORED AS DIRECTORIES")
	}
}

func (w createWriter) rowFormat(sd *model.StorageDescriptor, handler string) {
	w.line("ROW FORMAT SERDE \n  '" + quoteCommand(sd.SerDe.Library) + "' ")
	if handler != "" {
		w.line("STORED BY \n  '" + quoteCommand(handler) + "' ")
	}
	var list []string
	for _, k := range slices.Sorted(maps.Keys(sd.SerDe.Parameters)) {
		v := sd.SerDe.Parameters[k]
		if k == "serialization.format" && v == "1" && handler == "" {
			continue
		}
		v = quoteCommand(v)
		if !w.old {
			v = escapeControls(v)
		}
		list = append(list, "  '"+k+"'='"+v+"'")
	}
	end := ") "
	if handler != "" {
		end = ")"
	}
	if len(list) > 0 {
		w.line("WITH SERDEPROPERTIES ( \n" + strings.Join(list, ", \n") + end)
	}
	if handler != "" {
		return
	}
	w.line("STORED AS INPUTFORMAT \n  '" + quoteCommand(sd.InputFormat) + "' ")
	w.line("OUTPUTFORMAT \n  '" + quoteCommand(sd.OutputFormat) + "'")
}

// constraints writes the ALTER TABLE statements that make the table's constraints, of keys those to rely upon, of others those enabled.
func (w createWriter) constraints(t *model.Table, list []model.Constraint) {
	name := quoted(t.Database) + "." + quoted(t.Name)
	for _, kind := range []model.ConstraintKind{
		model.PrimaryKey, model.ForeignKey, model.UniqueConstraint, model.DefaultConstraint, model.CheckConstraint, model.NotNullConstraint,
	} {
		for _, c := range list {
			key := kind == model.PrimaryKey || kind == model.ForeignKey || kind == model.UniqueConstraint
			if c.Kind != kind || key && !c.Rely || !key && !c.Enable {
				continue
			}
			state := " " + either(c.Enable, "ENABLE", "DISABLE") + " " + either(c.Validate, "VALIDATE", "NOVALIDATE") + " " +
				either(c.Rely, "RELY", "NORELY") + ";"
			add := "ALTER TABLE " + name + " ADD CONSTRAINT " + quoted(c.Name) + " "
			column := quoted(strings.Join(c.Columns, ""))
			change := "ALTER TABLE " + name + " CHANGE COLUMN " + column + " " + column + " " + columnType(t, strings.Join(c.Columns, ""))
			switch kind {
			case model.PrimaryKey:
				w.line(add + "PRIMARY KEY (" + quotedList(c.Columns, ",") + ")" + state)
			case model.ForeignKey:
				w.line(add + "FOREIGN KEY (" + quotedList(c.Columns, ",") + ") REFERENCES " + quoted(c.ParentDatabase) + "." +
					quoted(c.ParentTable) + "(" + quotedList(c.ParentColumns, ",") + ")" + state)
			case model.UniqueConstraint:
				w.line(add + "UNIQUE (" + quotedList(c.Columns, ",") + ")" + state)
			case model.CheckConstraint:
				w.line(add + "CHECK (" + c.Expression + ")" + state)
			case model.DefaultConstraint:
				// Hive names the table in place of the database, and no constraint.
				w.line("ALTER TABLE " + quoted(t.Name) + "." + quoted(t.Name) + " CHANGE COLUMN " + column + " " + column + " " +
					columnType(t, c.Columns[0]) + " CONSTRAINT  DEFAULT " + c.Expression + state)
			case model.NotNullConstraint:
				w.line(change + " CONSTRAINT " + quoted(c.Name) + " NOT NULL" + state)
			}
		}
	}
}

func either(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

func columnType(t *model.Table, name string) string {
	for _, c := range append(slices.Clone(t.Storage.Columns), t.PartitionKeys...) {
		if c.Name == name {
			return c.Type
		}
	}
	return ""
}

func (env *Env) showCreateDatabase(ctx context.Context, s *ast.Show) (*Task, error) {
	if _, err := env.database(ctx, s.Database.Name); err != nil {
		return nil, err
	}
	return reporting([]string{"createdb_stmt"}, func(ctx context.Context, r *report) error {
		d, err := env.database(ctx, s.Database.Name)
		if err != nil {
			return err
		}
		r.line("CREATE DATABASE " + quoted(d.Name))
		if d.Comment != "" {
			r.line("COMMENT\n  '" + quoteCommand(d.Comment) + "'")
		}
		r.line("LOCATION\n  '" + d.Location + "'")
		var list []string
		for _, k := range slices.Sorted(maps.Keys(d.Parameters)) {
			list = append(list, "  '"+k+"'='"+quoteCommand(d.Parameters[k])+"'")
		}
		if len(list) > 0 {
			r.line("WITH DBPROPERTIES (\n" + strings.Join(list, ", \n") + ")")
		}
		return nil
	}), nil
}
