package analyzer

import (
	"fmt"
	"slices"
	"strconv"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/sqlerr"
)

// bucketSide is a table of a join by hint with the columns that it is joined on.
type bucketSide struct {
	table *catalog.Table // nil: not a table
	keys  []string
}

// checkBucketJoin applies what Hive 3.1 demands of hinted joins of bucketed tables, where the session enforces them: that they can be
// joined bucket by bucket, and merged when they are sorted. A table whose files are not its buckets is always an error then.
func (b *builder) checkBucketJoin(join *ast.Join, tables []ast.FromItem, names []string) error {
	conf := b.env.Conf
	if !conf.Bool("hive.optimize.bucketmapjoin") {
		return nil
	}
	sides := make([]bucketSide, len(tables))
	for i, f := range tables {
		if ref, ok := f.(*ast.TableRef); ok {
			t, err := b.table(ref.Name)
			if err != nil {
				return nil // which is reported where the table is read
			}
			sides[i].table = t
		}
	}
	hintedKeys(join, names, sides)
	bucketed := !slices.ContainsFunc(sides, func(s bucketSide) bool { return !s.bucketedByKeys() })
	if bucketed {
		for _, s := range sides {
			if err := s.checkFiles(); err != nil {
				return err
			}
		}
	}
	bucketed = bucketed && divide(sides)
	sorted := bucketed && !slices.ContainsFunc(sides, func(s bucketSide) bool { return !s.sortedLike(sides[0]) })
	switch {
	case conf.Bool("hive.optimize.bucketmapjoin.sortedmerge") && conf.Bool("hive.enforce.sortmergebucketmapjoin") && !sorted:
		return sqlerr.New(sqlerr.SortmergeMapjoinFailed)
	case conf.Bool("hive.enforce.bucketmapjoin") && !bucketed:
		return sqlerr.New(sqlerr.BucketMapjoinNotPossible)
	}
	return nil
}

// hintedKeys adds the columns of the equalities in the conditions of a join to its sides.
func hintedKeys(f ast.FromItem, names []string, sides []bucketSide) {
	j, ok := f.(*ast.Join)
	if !ok {
		return
	}
	hintedKeys(j.Left, names, sides)
	hintedKeys(j.Right, names, sides)
	column := func(e ast.Expr) (side int, name string) {
		if f, ok := e.(*ast.FieldRef); ok {
			if base, ok := f.Base.(*ast.ColumnRef); ok {
				return slices.Index(names, lower(base.Name)), lower(f.Name)
			}
		}
		return -1, ""
	}
	var visit func(ast.Expr)
	visit = func(e ast.Expr) {
		c, ok := e.(*ast.Binary)
		switch {
		case ok && c.Op == ast.OpAnd:
			visit(c.Left)
			visit(c.Right)
		case ok && c.Op == ast.OpEq:
			l, left := column(c.Left)
			r, right := column(c.Right)
			if l >= 0 && r >= 0 && l != r {
				sides[l].keys = append(sides[l].keys, left)
				sides[r].keys = append(sides[r].keys, right)
			}
		}
	}
	if j.On != nil {
		visit(j.On)
	}
}

// bucketedByKeys reports whether the join is on all columns that the table is bucketed by, and on no others.
func (s bucketSide) bucketedByKeys() bool {
	if s.table == nil || s.table.Buckets.Count == 0 || len(s.keys) != len(s.table.Buckets.Columns) {
		return false
	}
	return !slices.ContainsFunc(s.table.Buckets.Columns, func(c string) bool { return !slices.Contains(s.keys, c) })
}

// checkFiles refuses a table that has not one file for each bucket.
func (s bucketSide) checkFiles() error {
	files, err := strconv.Atoi(s.table.Params["numFiles"])
	if err != nil || files == 0 || files == s.table.Buckets.Count || len(s.table.PartitionKeys) > 0 {
		return nil
	}
	return sqlerr.CodedSemanticf(sqlerr.BucketedTableMetadataIncorrect, "%s %s", sqlerr.Text(sqlerr.BucketedTableMetadataIncorrect),
		fmt.Sprintf("The number of buckets for table %s is %d, whereas the number of files is %d", s.table.Name, s.table.Buckets.Count, files))
}

// divide reports whether of any two numbers of buckets one is a multiple of the other.
func divide(sides []bucketSide) bool {
	for _, s := range sides {
		for _, o := range sides {
			if n, m := s.table.Buckets.Count, o.table.Buckets.Count; n%m != 0 && m%n != 0 {
				return false
			}
		}
	}
	return true
}

// sortedLike reports whether the buckets of the table are sorted by its keys, in the directions of the other's.
func (s bucketSide) sortedLike(o bucketSide) bool {
	if len(s.table.Buckets.Sort) != len(s.keys) || len(o.table.Buckets.Sort) != len(s.keys) {
		return false
	}
	for i, c := range s.table.Buckets.Sort {
		if !slices.Contains(s.keys, c.Name) || c.Desc != o.table.Buckets.Sort[i].Desc {
			return false
		}
	}
	return true
}
