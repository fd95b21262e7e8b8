package analyzer

import (
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
)

// checkMapJoin refuses MAPJOIN hints that Hive 3.1 cannot follow. Hints are looked at where hive.ignore.mapjoin.hint is false and
// the cost-based optimizer is off; they change no plan here. The rules are those of Hive's MapJoinProcessor.
func (b *builder) checkMapJoin(s *ast.Select) error {
	conf := b.env.Conf
	join, ok := s.From.(*ast.Join)
	if !ok || conf.HiveVersion() != "3.1" || conf.Bool("hive.ignore.mapjoin.hint") || conf.Bool("hive.cbo.enable") {
		return nil
	}
	var small []string
	for _, h := range s.Hints {
		if h.Name == "MAPJOIN" {
			for _, a := range h.Args {
				small = append(small, strings.ToLower(a))
			}
		}
	}
	if len(small) == 0 {
		return nil
	}
	var tables []ast.FromItem
	var names []string
	var outer error
	var visit func(ast.FromItem)
	visit = func(f ast.FromItem) {
		j, ok := f.(*ast.Join)
		if !ok {
			tables, names = append(tables, f), append(names, relationName(f))
			return
		}
		visit(j.Left)
		first := len(names)
		visit(j.Right)
		isSmall := func(name string) bool { return slices.Contains(small, name) }
		left, right := slices.ContainsFunc(names[:first], isSmall), slices.ContainsFunc(names[first:], isSmall)
		if j.Kind == ast.LeftJoin && left || j.Kind == ast.RightJoin && right || j.Kind == ast.FullJoin && (left || right) {
			outer = sqlerr.New(sqlerr.NoOuterMapjoin)
		}
	}
	visit(join)
	switch {
	case !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(small, n) }):
		return nil
	case !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(small, n) }):
		return sqlerr.New(sqlerr.InvalidMapjoinHint, "["+strings.Join(names, ", ")+"]")
	case outer != nil && !(conf.Bool("hive.optimize.bucketmapjoin.sortedmerge") && !slices.ContainsFunc(tables, b.unsorted)): // merging joins
		return outer
	case slices.ContainsFunc(tables, needsShuffle):
		return sqlerr.New(sqlerr.OperatorNotAllowedWithMapjoin)
	}
	return b.checkBucketJoin(join, tables, names)
}

// unsorted reports whether an item of FROM is anything else than a bucketed and sorted table.
func (b *builder) unsorted(f ast.FromItem) bool {
	ref, ok := f.(*ast.TableRef)
	if !ok {
		return true
	}
	t, err := b.table(ref.Name)
	return err != nil || t.Buckets.Count == 0 || len(t.Buckets.Sort) == 0
}

// relationName is the name under which a query knows an item of FROM.
func relationName(f ast.FromItem) string {
	switch f := f.(type) {
	case *ast.TableRef:
		if f.Alias == nil {
			return lower(f.Name.Name)
		}
		return lower(f.Alias)
	case *ast.SubqueryRef:
		if f.Alias != nil {
			return lower(f.Alias)
		}
	}
	return ""
}

// needsShuffle reports whether an item of FROM is a subquery that does more than pass and compute rows of a table.
func needsShuffle(f ast.FromItem) bool {
	q, ok := f.(*ast.SubqueryRef)
	if !ok {
		return false
	}
	s, ok := q.Query.Body.(*ast.Select)
	if !ok || s.Distinct || s.GroupBy != nil || s.From == nil {
		return true
	}
	_, join := s.From.(*ast.Join)
	return join || needsShuffle(s.From)
}
