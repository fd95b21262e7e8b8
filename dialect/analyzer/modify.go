package analyzer

import (
	"context"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
)

// UPDATE, DELETE and MERGE become inserts of events, as in Hive: what goes is a delete of the row's ROW__ID, what changes a delete and an
// insert of the new row.

// rowID is the virtual column that names a row.
const rowID = "ROW__ID"

// AnalyzeDelete analyses DELETE.
func (a *Analyzer) AnalyzeDelete(ctx context.Context, s *ast.Delete) (*plan.Insert, error) {
	b := a.newBuilder(ctx)
	m, err := b.modification(s.Table, s.Table.Name)
	if err != nil {
		return nil, err
	}
	if err := m.full(); err != nil {
		return nil, err
	}
	r, err := b.query(m.selecting(m.deleted(), &ast.TableRef{Pos: s.Table.Pos, Name: s.Table}, s.Where), nil, true)
	if err != nil {
		return nil, err
	}
	return b.finishInsert([]plan.InsertBranch{m.deletes(r)})
}

// CheckDelete checks the target of a DELETE of all rows, which is a TRUNCATE.
func (a *Analyzer) CheckDelete(ctx context.Context, s *ast.Delete) error {
	_, err := a.newBuilder(ctx).modification(s.Table, s.Table.Name)
	return err
}

// AnalyzeUpdate analyses UPDATE.
func (a *Analyzer) AnalyzeUpdate(ctx context.Context, s *ast.Update) (*plan.Insert, error) {
	b := a.newBuilder(ctx)
	m, err := b.modification(s.Table, s.Table.Name)
	if err != nil {
		return nil, err
	}
	set, err := m.assigned(s.Set)
	if err != nil {
		return nil, err
	}
	if err := m.full(); err != nil {
		return nil, err
	}
	items, err := m.updated(set)
	if err != nil {
		return nil, err
	}
	r, err := b.query(m.selecting(items, &ast.TableRef{Pos: s.Table.Pos, Name: s.Table}, s.Where), nil, true)
	if err != nil {
		return nil, err
	}
	branches, err := m.update(r)
	if err != nil {
		return nil, err
	}
	return b.finishInsert(branches)
}

// modification is the target of UPDATE, DELETE or MERGE.
type modification struct {
	b     *builder
	name  *ast.TableName
	alias *ast.Ident // of the columns
	table *catalog.Table
}

func (b *builder) modification(name *ast.TableName, alias *ast.Ident) (*modification, error) {
	t, err := b.table(name)
	if err != nil {
		return nil, err
	}
	if !b.a.transactions() {
		return nil, sqlerr.New(sqlerr.ACIDOpOnNonacidTxnmgr)
	}
	if t.Kind == catalog.View || t.Kind == catalog.MaterializedView {
		return nil, sqlerr.New(sqlerr.UpdateDeleteView)
	}
	return &modification{b, name, alias, t}, nil
}

// transactions reports whether the session has a manager of transactions.
func (a *Analyzer) transactions() bool {
	return strings.HasSuffix(a.env.Conf.Get("hive.txn.manager"), ".DbTxnManager")
}

// full refuses tables whose rows cannot be changed.
func (m *modification) full() error {
	name := m.table.Name
	if m.b.hive3() {
		name = m.table.DB + "." + name
	}
	switch {
	case !m.table.Transactional:
		return sqlerr.New(sqlerr.ACIDOpOnNonacidTable, name)
	case strings.EqualFold(m.table.Params["transactional_properties"], "insert_only"):
		return sqlerr.New(sqlerr.ACIDOpOnInsertonlytranTable, name)
	}
	return nil
}

// column is a reference to a column of the target.
func (m *modification) column(name string) ast.Expr {
	id := *m.alias
	c := ast.Ident{Pos: m.alias.Pos, Name: name, Quoted: true}
	return &ast.FieldRef{Pos: m.alias.Pos, Base: &ast.ColumnRef{Pos: m.alias.Pos, Name: &id}, Name: &c}
}

func (m *modification) item(name string) *ast.SelectItem {
	return &ast.SelectItem{Pos: m.alias.Pos, Expr: m.column(name)}
}

func (m *modification) keys() []*ast.SelectItem {
	var out []*ast.SelectItem
	for _, k := range m.table.PartitionKeys {
		out = append(out, m.item(k.Name))
	}
	return out
}

// deleted are the columns of a delete.
func (m *modification) deleted() []*ast.SelectItem {
	return append([]*ast.SelectItem{m.item(rowID)}, m.keys()...)
}

// updated are the ROW__ID and the columns of the new rows.
func (m *modification) updated(set map[string]ast.Expr) ([]*ast.SelectItem, error) {
	out := []*ast.SelectItem{m.item(rowID)}
	for _, c := range m.table.Columns {
		it := m.item(c.Name)
		if e := set[c.Name]; e != nil {
			if d, ok := e.(*ast.DefaultValue); ok {
				var err error
				if e, err = m.defaultValue(d, c); err != nil {
					return nil, err
				}
			}
			it.Expr, it.Aliases = e, []*ast.Ident{{Pos: m.alias.Pos, Name: c.Name, Quoted: true}}
		}
		out = append(out, it)
	}
	return append(out, m.keys()...), nil
}

// defaultValue is what DEFAULT stands for.
func (m *modification) defaultValue(d *ast.DefaultValue, c catalog.Column) (ast.Expr, error) {
	if c.Default == "" {
		return &ast.Literal{Pos: d.Pos, Kind: ast.LitNull, Value: "null"}, nil
	}
	return m.b.defaultExpr(c)
}

// assigned checks SET and returns the values by column; the last one of a column counts.
func (m *modification) assigned(list []*ast.Assignment) (map[string]ast.Expr, error) {
	out := map[string]ast.Expr{}
	for _, s := range list {
		name := lower(s.Column)
		is := func(c catalog.Column) bool { return c.Name == name }
		switch {
		case slices.ContainsFunc(m.table.PartitionKeys, is):
			return nil, sqlerr.New(sqlerr.UpdateCannotUpdatePartValue)
		case slices.Contains(m.table.Buckets.Columns, name):
			return nil, sqlerr.New(sqlerr.UpdateCannotUpdateBucketValue, name)
		case !slices.ContainsFunc(m.table.Columns, is):
			return nil, sqlerr.New(sqlerr.InvalidTargetColumnInSetClause, s.Column.Name, m.table.DB+"."+m.table.Name)
		}
		out[name] = s.Value
	}
	return out, nil
}

// selecting is a query of columns.
func (m *modification) selecting(items []*ast.SelectItem, from ast.FromItem, where ast.Expr) *ast.Query {
	return &ast.Query{Pos: m.name.Pos, Body: &ast.Select{Pos: m.name.Pos, Items: items, From: from, Where: where}}
}

// deletes is the branch that deletes the rows of r, whose first column is the ROW__ID and whose last ones are the partition keys.
func (m *modification) deletes(r *result) plan.InsertBranch {
	p := &plan.Project{Input: r.node}
	for _, c := range append(r.cols[:1:1], r.cols[len(r.cols)-len(m.table.PartitionKeys):]...) {
		p.Exprs = append(p.Exprs, plan.Assign{Column: m.b.column(c.col.Name, c.col.Type), Expr: plan.NewColumnRef(c.col)})
	}
	return plan.InsertBranch{Root: p, Table: m.table, Deletes: true}
}

// inserts is the branch that inserts the rows of r, the result of q. columns names them; nil: they are those of the table.
func (m *modification) inserts(q *ast.Query, r *result, columns []string) (*plan.InsertBranch, error) {
	t := &insertTarget{ast: &ast.InsertTarget{Pos: m.name.Pos, Table: m.name}, table: m.table, dynamic: m.table.PartitionKeys, columns: columns}
	return m.b.insertBranch(t, q, r)
}

// update are the branches of an update with the rows of r: the ROW__ID and the columns of the new row.
func (m *modification) update(r *result) ([]plan.InsertBranch, error) {
	r = m.b.distinctIDs(r)
	def := m.b.newShared("_update", trim(r))
	m.b.order = append(m.b.order, def)
	again := func() *result {
		m.b.defs[def]++
		s := &plan.Shared{Def: def}
		out := &result{node: s}
		for i, c := range def.Plan.Columns() {
			o := r.cols[i]
			o.col = m.b.column(c.Name, c.Type)
			s.Cols, out.cols = append(s.Cols, o.col), append(out.cols, o)
		}
		return out
	}
	deletes, rows := m.deletes(again()), again()
	rows.cols = rows.cols[1:]
	inserts, err := m.inserts(m.selecting(nil, nil, nil), rows, nil)
	if err != nil {
		return nil, err
	}
	inserts.Together = true
	return []plan.InsertBranch{deletes, *inserts}, nil
}
