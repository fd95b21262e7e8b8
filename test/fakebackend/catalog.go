package fakebackend

import (
	"context"

	"skep/thrift/backend"
)

// Catalog is metadata held in memory, in the order the interface asks for.
type Catalog struct {
	SchemaNames []string
	TableList   []backend.Table
	ColumnList  []backend.TableColumn
	Functs      []backend.Function
	Primary     []backend.PrimaryKey
	Foreign     []backend.ForeignKey
}

// Schemas implements backend.Metadata.
func (c *Catalog) Schemas(_ context.Context, schema backend.Match) ([]string, error) {
	return filter(c.SchemaNames, schema), nil
}

// Tables implements backend.Metadata.
func (c *Catalog) Tables(_ context.Context, schema, table backend.Match) ([]backend.Table, error) {
	return filter(c.TableList, func(t backend.Table) bool { return schema(t.Schema) && table(t.Name) }), nil
}

// Columns implements backend.Metadata.
func (c *Catalog) Columns(_ context.Context, schema, table, column backend.Match) ([]backend.TableColumn, error) {
	return filter(c.ColumnList, func(t backend.TableColumn) bool { return schema(t.Schema) && table(t.Table) && column(t.Name) }), nil
}

// Functions implements backend.Metadata.
func (c *Catalog) Functions(_ context.Context, name backend.Match) ([]backend.Function, error) {
	return filter(c.Functs, func(f backend.Function) bool { return name(f.Name) }), nil
}

// PrimaryKeys implements backend.Metadata.
func (c *Catalog) PrimaryKeys(_ context.Context, schema, table string) ([]backend.PrimaryKey, error) {
	return filter(c.Primary, func(k backend.PrimaryKey) bool { return k.Schema == schema && k.Table == table }), nil
}

// CrossReference implements backend.Metadata.
func (c *Catalog) CrossReference(_ context.Context, parentSchema, parentTable, foreignSchema, foreignTable string) ([]backend.ForeignKey, error) {
	is := func(want, got string) bool { return want == "" || want == got }
	return filter(c.Foreign, func(k backend.ForeignKey) bool {
		return is(parentSchema, k.ParentSchema) && is(parentTable, k.ParentTable) &&
			is(foreignSchema, k.ForeignSchema) && is(foreignTable, k.ForeignTable)
	}), nil
}

func filter[T any](all []T, keep func(T) bool) []T {
	var out []T
	for _, v := range all {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}
