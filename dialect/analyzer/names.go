package analyzer

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// columnRef builds an unqualified name.
func (x *exprs) columnRef(e *ast.ColumnRef) (plan.Expr, error) {
	name := lower(e.Name)
	ref, err := x.tryName(e, name)
	if err != nil || ref != nil {
		return ref, err
	}
	return nil, x.unknown(e, name)
}

// unknown is the error for a name that nothing answers to.
func (x *exprs) unknown(at ast.Node, name string) error {
	if x.inOn {
		return sqlerr.At(sqlerr.InvalidTableAlias, at.Position())
	}
	if len(x.keys) > 0 && x.allow&(aggregates|inAggregate) == aggregates && !x.aliasFirst {
		if x.parent != nil {
			at = x.parent
		}
		return sqlerr.At(sqlerr.NonKeyExprInGroupby, at.Position())
	}
	if x.scope.relation(name) != nil {
		return sqlerr.AtReason(sqlerr.InvalidColumn, at.Position(), possibleNames(x.scope.names("")))
	}
	return unknownName(x.scope, at, name)
}

// tryName resolves an unqualified name: select aliases where the clause sees them, FROM, GROUPING__ID, then the outer blocks.
func (x *exprs) tryName(at ast.Node, name string) (plan.Expr, error) {
	if x.alias != nil && x.aliasFirst {
		if e := x.alias(name); e != nil {
			x.b.trace.orderBy(at, x.items, name)
			return e, nil
		}
	}
	if ref, err := x.keyName(at, name); ref != nil || err != nil {
		return ref, err
	}
	c, r, err := x.b.lookup(x.scope, name)
	if err != nil && x.inOn {
		return nil, sqlerr.At(sqlerr.AmbiguousTableAlias, at.Position())
	}
	if err != nil {
		return nil, err
	}
	if c != nil && x.alias != nil && !x.aliasFirst && !x.isKey(c.col.ID) {
		if e := x.alias(name); e != nil {
			return e, nil
		}
	}
	if c != nil {
		x.b.trace.qualify(at, r, c)
		return x.reference(c.col, at, x.parent), nil
	}
	if name == "grouping__id" && x.groups != nil {
		return x.groupingIDRef(), nil
	}
	if x.alias != nil && !x.aliasFirst {
		if e := x.alias(name); e != nil {
			return e, nil
		}
	}
	for blk := x.outer; blk != nil; blk = blk.outer {
		c, _, err := x.b.lookup(blk.scope, name)
		if err != nil {
			return nil, err
		}
		if c != nil {
			return blk.reference(c.col, at, nil), nil
		}
	}
	return nil, nil
}

// keyName resolves a name over groups: among the keys that are columns, other columns of FROM being out of sight.
func (x *exprs) keyName(at ast.Node, name string) (plan.Expr, error) {
	if len(x.keys) == 0 || x.allow&(aggregates|inAggregate) != aggregates {
		return nil, nil
	}
	var found *plan.ColumnRef
	for _, k := range x.keys {
		c, ok := k.Expr.(*plan.ColumnRef)
		if !ok || k.Column.Name != name {
			continue
		}
		if found != nil && found.ID != c.ID {
			return nil, sqlerr.Semanticf("Column %s Found in more than One Tables/Subqueries", name)
		}
		found = c
	}
	if found == nil {
		return nil, nil
	}
	for _, r := range x.scope.rels {
		for i := range r.cols {
			if r.cols[i].col.ID == found.ID {
				x.b.trace.qualify(at, r, &r.cols[i])
			}
		}
	}
	return x.reference(plan.Column{ID: found.ID, Name: found.Name, Type: found.T}, at, x.parent), nil
}

// isKey reports whether the column itself is a group key.
func (blk *block) isKey(id plan.ColumnID) bool {
	for _, k := range blk.keys {
		if r, ok := k.Expr.(*plan.ColumnRef); ok && r.ID == id {
			return true
		}
	}
	return false
}

// reference refers to a column of FROM and remembers where.
func (blk *block) reference(c plan.Column, at, parent ast.Node) *plan.ColumnRef {
	ref := plan.NewColumnRef(c)
	blk.places[ref] = place{at, parent}
	return ref
}

// fieldRef builds base.name: a qualified column or a field of a struct value.
func (x *exprs) fieldRef(e *ast.FieldRef) (plan.Expr, error) {
	base, ok := e.Base.(*ast.ColumnRef)
	if !ok {
		v, err := x.expr(e.Base)
		if err != nil {
			return nil, err
		}
		return x.structField(v, e)
	}
	table, name := lower(base.Name), lower(e.Name)
	for blk := x.block; blk != nil; blk = blk.outer {
		r := blk.scope.relation(table)
		if r == nil {
			c, in, err := x.b.lookup(blk.scope, table)
			if err != nil {
				return nil, err
			}
			if c == nil {
				continue
			}
			if blk == x.block || !blk.inHaving {
				x.b.trace.qualify(base, in, c)
			}
			return x.structField(blk.reference(c.col, e, nil), e)
		}
		c, err := x.b.member(r, name)
		if err != nil {
			return nil, err
		}
		if c != nil {
			if blk == x.block || !blk.inHaving { // Hive leaves what a subquery of HAVING takes from outside as it is written
				x.b.trace.quote(base, e.Name, r, c)
			}
			return blk.reference(c.col, e, nil), nil
		}
		if blk.outer == nil || !blk.outer.sees(table) {
			return nil, sqlerr.At(sqlerr.InvalidColumn, e.Name.Position())
		}
	}
	if x.alias != nil {
		if v := x.alias(table); v != nil {
			return x.structField(v, e)
		}
	}
	return nil, x.unknown(base, table)
}

// sees reports whether the block or one around it has a relation of that name.
func (blk *block) sees(table string) bool {
	for ; blk != nil; blk = blk.outer {
		if blk.scope.relation(table) != nil {
			return true
		}
	}
	return false
}

// structField takes a field of a struct, or of every element of an array of structs.
func (x *exprs) structField(v plan.Expr, e *ast.FieldRef) (plan.Expr, error) {
	t := v.Type()
	list := t.Kind == types.Array
	if list {
		t = t.Elem
	}
	if t.Kind != types.Struct {
		return nil, sqlerr.At(sqlerr.InvalidDot, e.Position())
	}
	i := t.FieldIndex(e.Name.Name)
	if i < 0 {
		names := make([]string, len(t.Fields))
		for k, f := range t.Fields {
			names[k] = f.Name
		}
		return nil, sqlerr.Plain(sqlerr.RuntimeException, "cannot find field "+e.Name.Name+"(lowercase form: "+lower(e.Name)+
			") in ["+strings.Join(names, ", ")+"]")
	}
	if x.b.trace != nil {
		x.b.trace.put(e.Name, quoteName(lower(e.Name)))
	}
	ft := t.Fields[i].Type
	if list {
		ft = types.NewArray(ft)
	}
	return &plan.Call{Func: "field", Args: []plan.Expr{v}, T: ft, Index: i}, nil
}

// starColumns expands * or t.* into the visible columns.
func (x *exprs) starColumns(e *ast.Star) ([]starColumn, error) {
	var out []starColumn
	if e.Table != nil {
		r := x.scope.relation(lower(e.Table.Name))
		if r == nil {
			return nil, sqlerr.At(sqlerr.InvalidTableAlias, e.Table.Position())
		}
		for i := range r.cols {
			if c := &r.cols[i]; !c.hidden || c.lead > 0 {
				out = append(out, starColumn{r, c})
			}
		}
		return led(out), nil
	}
	for _, r := range x.scope.rels {
		for i := range r.cols {
			if c := &r.cols[i]; !r.using && !c.hidden || c.lead > 0 {
				out = append(out, starColumn{r, c})
			}
		}
	}
	return led(out), nil
}

// led puts the columns of USING, in its order, before the others.
func led(cols []starColumn) []starColumn {
	place := func(c starColumn) int {
		if c.col.lead == 0 {
			return math.MaxInt
		}
		return c.col.lead
	}
	slices.SortStableFunc(cols, func(a, b starColumn) int { return cmp.Compare(place(a), place(b)) })
	return cols
}

// starColumn is one column of an expanded *.
type starColumn struct {
	rel *relation
	col *scopeColumn
}
