package embedded

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"skep/dialect/function"
	"skep/dialect/types"
	"skep/engine/query"
	"skep/metastore"
	"skep/metastore/model"
	"skep/thrift/backend"
)

// metadata answers JDBC's catalog calls from the metastore.
type metadata struct{ s *query.Session }

// Schemas implements backend.Metadata.
func (m metadata) Schemas(ctx context.Context, match backend.Match) ([]string, error) {
	list, err := m.s.Catalog().Databases(ctx, match)
	if err != nil {
		return nil, fmt.Errorf("listing databases: %w", err)
	}
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Name
	}
	return names, nil
}

func (m metadata) scan(ctx context.Context, schema, table backend.Match, visit func(*model.Table) error) error {
	err := m.s.Catalog().ScanTables(ctx, metastore.TableQuery{MatchDatabase: schema, MatchTable: table}, visit)
	if err != nil {
		return fmt.Errorf("listing tables: %w", err)
	}
	return nil
}

// Tables implements backend.Metadata.
func (m metadata) Tables(ctx context.Context, schema, table backend.Match) ([]backend.Table, error) {
	var out []backend.Table
	err := m.scan(ctx, schema, table, func(t *model.Table) error {
		x := backend.Table{Schema: t.Database, Name: t.Name, Kind: backend.TableKind(t.Type)}
		if c, ok := t.Parameters[model.ParamComment]; ok {
			x.Comment = &c
		}
		out = append(out, x)
		return nil
	})
	return out, err
}

// Columns implements backend.Metadata.
func (m metadata) Columns(ctx context.Context, schema, table, column backend.Match) ([]backend.TableColumn, error) {
	var out []backend.TableColumn
	err := m.scan(ctx, schema, table, func(t *model.Table) error {
		var cols []model.Column
		if t.Storage != nil {
			cols = append(cols, t.Storage.Columns...)
		}
		keys, err := m.keys(ctx, t)
		if err != nil {
			return err
		}
		for i, c := range append(cols, t.PartitionKeys...) {
			if !column(c.Name) {
				continue
			}
			typ, err := types.Parse(c.Type)
			if err != nil {
				return fmt.Errorf("column %s of %s.%s: %w", c.Name, t.Database, t.Name, err)
			}
			x := backend.TableColumn{Schema: t.Database, Table: t.Name, Name: c.Name, Type: typ, Position: i + 1, NotNull: slices.Contains(keys.Columns, c.Name)}
			if c.Comment != "" {
				comment := c.Comment
				x.Comment = &comment
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

// Functions implements backend.Metadata.
func (m metadata) Functions(_ context.Context, match backend.Match) ([]backend.Function, error) {
	var out []backend.Function
	for _, name := range function.Names() {
		if !match(name) {
			continue
		}
		f, _ := function.Lookup(name)
		out = append(out, backend.Function{Name: name, SpecificName: name, Table: f.Kind&function.Table != 0})
	}
	slices.SortFunc(out, func(a, b backend.Function) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// keys returns the primary key of a table, empty when it has none.
func (m metadata) keys(ctx context.Context, t *model.Table) (model.Constraint, error) {
	list, err := m.s.Catalog().Constraints(ctx, t.Database, t.Name)
	if err != nil {
		return model.Constraint{}, fmt.Errorf("reading constraints: %w", err)
	}
	for _, c := range list {
		if c.Kind == model.PrimaryKey {
			return c, nil
		}
	}
	return model.Constraint{}, nil
}

// named matches a name, or any when it is empty.
func named(want string) backend.Match {
	return func(name string) bool { return want == "" || strings.EqualFold(want, name) }
}

// tables lists the tables of the given names; empty names match any.
func (m metadata) tables(ctx context.Context, schema, table string) ([]*model.Table, error) {
	var out []*model.Table
	err := m.scan(ctx, named(schema), named(table), func(t *model.Table) error {
		out = append(out, t)
		return nil
	})
	return out, err
}

// PrimaryKeys implements backend.Metadata.
func (m metadata) PrimaryKeys(ctx context.Context, schema, table string) ([]backend.PrimaryKey, error) {
	tables, err := m.tables(ctx, schema, table)
	if err != nil {
		return nil, err
	}
	var out []backend.PrimaryKey
	for _, t := range tables {
		key, err := m.keys(ctx, t)
		if err != nil {
			return nil, err
		}
		for i, col := range key.Columns {
			out = append(out, backend.PrimaryKey{Schema: t.Database, Table: t.Name, Column: col, Sequence: i + 1, Name: key.Name})
		}
	}
	return out, nil
}

// CrossReference implements backend.Metadata.
func (m metadata) CrossReference(ctx context.Context, parentSchema, parentTable, foreignSchema, foreignTable string) ([]backend.ForeignKey, error) {
	tables, err := m.tables(ctx, foreignSchema, foreignTable)
	if err != nil {
		return nil, err
	}
	var out []backend.ForeignKey
	for _, t := range tables {
		list, err := m.s.Catalog().Constraints(ctx, t.Database, t.Name)
		if err != nil {
			return nil, fmt.Errorf("reading constraints: %w", err)
		}
		for _, c := range list {
			if c.Kind != model.ForeignKey || !named(parentSchema)(c.ParentDatabase) || !named(parentTable)(c.ParentTable) {
				continue
			}
			parent, err := m.keys(ctx, &model.Table{Database: c.ParentDatabase, Name: c.ParentTable})
			if err != nil && model.KindOf(err) != model.NoSuchObject {
				return nil, err
			}
			for i, col := range c.Columns {
				k := backend.ForeignKey{
					ParentSchema: c.ParentDatabase, ParentTable: c.ParentTable, ForeignSchema: t.Database, ForeignTable: t.Name,
					ForeignColumn: col, Sequence: i + 1, ForeignName: c.Name,
					ParentName: parent.Name,
				}
				if i < len(c.ParentColumns) {
					k.ParentColumn = c.ParentColumns[i]
				}
				out = append(out, k)
			}
		}
	}
	return out, nil
}
