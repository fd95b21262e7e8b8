package analyzer

import (
	"context"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// over returns the expressions over columns alone, which cols name.
func (b *builder) over(columns []catalog.Column, cols []plan.Column) *exprs {
	blk := b.newBlock(nil)
	r := &relation{}
	for i, c := range columns {
		r.cols = append(r.cols, scopeColumn{col: cols[i], name: c.Name})
	}
	blk.scope.rels = append(blk.scope.rels, r)
	return blk.exprs(0)
}

// TypeOf returns the type of an expression over columns, as constraints hold them; nil when it refers to anything else.
func (a *Analyzer) TypeOf(ctx context.Context, e ast.Expr, columns []catalog.Column) (*types.Type, error) {
	b := a.newBuilder(ctx)
	cols := make([]plan.Column, len(columns))
	for i, c := range columns {
		cols[i] = b.column(c.Name, c.Type)
	}
	v, err := b.over(columns, cols).expr(e)
	switch sqlerr.CodeOf(err) {
	case sqlerr.InvalidTableOrColumn, sqlerr.InvalidColumn, sqlerr.InvalidTableAlias:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return v.Type(), nil
}

// checks are the CHECK constraints of an insert's target over the columns that are inserted, which cols name. NULL is no
// violation.
func (b *builder) checks(t *catalog.Table, columns []catalog.Column, cols []plan.Column) ([]plan.Expr, error) {
	var out []plan.Expr
	for _, text := range t.Checks {
		q, err := b.env.ParseQuery("select " + text)
		if err != nil {
			return nil, sqlerr.Semanticf("Error while parsing check constraint: %s. Error message: %s", text, err.Error())
		}
		s, ok := q.Body.(*ast.Select)
		if !ok || len(s.Items) != 1 {
			return nil, sqlerr.Semanticf("Error while parsing check constraint: %s", text)
		}
		v, err := b.over(columns, cols).expr(s.Items[0].Expr)
		if err != nil {
			return nil, err
		}
		out = append(out, &plan.Call{Func: "isnotfalse", Args: []plan.Expr{v}, T: types.BooleanType})
	}
	return out, nil
}
