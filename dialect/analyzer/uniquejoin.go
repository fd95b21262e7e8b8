package analyzer

import (
	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// uniqueJoin builds UNIQUEJOIN: the rows of all sources with equal keys meet. A combination in which some source has no row
// stays only when a PRESERVE source has one. It is a chain of full joins, each on the keys found so far, and a filter on which
// sources took part.
func (b *builder) uniqueJoin(f *ast.UniqueJoin, outer *block) (*source, error) {
	var n plan.Node
	var rels []*relation
	var keys []plan.Expr
	var present, preserved []plan.Expr
	blk := b.newBlock(outer)
	x := blk.exprs(0)
	for _, s := range f.Sources {
		if len(s.Keys) != len(f.Sources[0].Keys) {
			return nil, sqlerr.Semanticf("Tables with different or invalid number of keys in UNIQUEJOIN")
		}
	}
	for i, s := range f.Sources {
		src, err := b.tableRef(s.Table)
		if err != nil {
			return nil, err
		}
		if err := checkAliases(rels, src.rels, s.Table); err != nil {
			return nil, err
		}
		one := b.newBlock(outer)
		one.scope.rels = src.rels
		own, err := one.exprs(0).list(s.Keys, nil)
		if err != nil {
			return nil, err
		}
		flag := b.column("_present", types.BooleanType)
		p := &plan.Project{Input: src.node, Exprs: append(passThrough(src.node.Columns()), plan.Assign{Column: flag, Expr: boolLiteral(true)})}
		there := isNotNull(plan.NewColumnRef(flag))
		present = append(present, there)
		if s.Preserve {
			preserved = append(preserved, there)
		}
		rels = append(rels, src.rels...)
		if i == 0 {
			n, keys = p, own
			continue
		}
		j := &plan.Join{Kind: plan.FullJoin, Left: n, Right: p}
		var conds []plan.Expr
		for k := range own {
			eq, err := x.comparison(f, "=", keys[k], own[k], nil, nil)
			if err != nil {
				return nil, err
			}
			conds = append(conds, eq)
		}
		j.Residual = plan.And(conds...)
		// The keys of the joined rows, for the next source.
		next := &plan.Project{Input: j, Exprs: passThrough(j.Columns())}
		for k := range own {
			v, err := x.apply(f, "coalesce", nil, []plan.Expr{keys[k], own[k]})
			if err != nil {
				return nil, err
			}
			c := b.column("_key", v.Type())
			next.Exprs = append(next.Exprs, plan.Assign{Column: c, Expr: v})
			keys[k] = plan.NewColumnRef(c)
		}
		n = next
	}
	cond := plan.And(present...)
	if len(preserved) > 0 {
		cond = &plan.Call{Func: "or", Args: append([]plan.Expr{cond}, preserved...), T: types.BooleanType}
	}
	return &source{&plan.Filter{Input: n, Cond: cond}, rels}, nil
}
