package query

import (
	"slices"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/metastore/model"
)

// spread tells how the last shuffle of a plan has brought rows to reducers: by hashes of some columns, in each reducer in an
// order. A column is given as the ids of all columns of the plan's output that hold it.
type spread struct {
	by   [][]plan.ColumnID
	sort [][]plan.ColumnID
	desc []bool // parallels sort
	join bool   // the shuffle was a join's
}

// spreadOf follows Hive's BucketingSortingOpProcFactory; nil when there is no shuffle.
func spreadOf(n plan.Node) *spread {
	switch n := n.(type) {
	case *plan.Filter:
		return spreadOf(n.Input)
	case *plan.Project:
		s := spreadOf(n.Input)
		if s == nil {
			return nil
		}
		s.by, s.sort = renamed(s.by, n.Exprs), renamed(s.sort, n.Exprs)
		return s
	case *plan.Aggregate:
		if len(n.Keys) == 0 || n.GroupingSets != nil && n.GroupingID.ID != 0 {
			return nil
		}
		var keys [][]plan.ColumnID
		for _, k := range n.Keys {
			keys = append(keys, []plan.ColumnID{k.Column.ID})
		}
		return &spread{by: keys, sort: keys, desc: make([]bool, len(keys))}
	case *plan.Join:
		var keys [][]plan.ColumnID
		for _, k := range n.Keys {
			var ids []plan.ColumnID
			for _, e := range []plan.Expr{k.Left, k.Right} {
				if c, ok := e.(*plan.ColumnRef); ok {
					ids = append(ids, c.ID)
				}
			}
			keys = append(keys, ids)
		}
		if len(keys) == 0 {
			return nil
		}
		return &spread{by: keys, sort: keys, desc: make([]bool, len(keys)), join: true}
	}
	return nil
}

// sortedGroups reports whether the rows of a plan are groups by all columns that a table is bucketed and sorted by, which Hive 3.1 makes
// without a shuffle.
func sortedGroups(n plan.Node) bool {
	for {
		switch x := n.(type) {
		case *plan.Filter:
			n = x.Input
		case *plan.Project:
			n = x.Input
		case *plan.Aggregate:
			return len(x.GroupingSets) == 0 && groupsSorted(x)
		default:
			return false
		}
	}
}

func groupsSorted(a *plan.Aggregate) bool {
	s, ok := a.Input.(*plan.Scan)
	if !ok || s.Table.Buckets.Count == 0 || len(s.Table.Buckets.Columns) != len(a.Keys) || len(s.Table.Buckets.Sort) < len(a.Keys) {
		return false
	}
	for _, k := range a.Keys {
		c, ok := k.Expr.(*plan.ColumnRef)
		if !ok {
			return false
		}
		name := ""
		for i, col := range s.Cols {
			if col.ID == c.ID && s.Source[i] < len(s.Table.Columns) {
				name = s.Table.Columns[s.Source[i]].Name
			}
		}
		first := s.Table.Buckets.Sort[:len(a.Keys)]
		if !slices.Contains(s.Table.Buckets.Columns, name) || !slices.ContainsFunc(first, func(c catalog.SortColumn) bool { return c.Name == name }) {
			return false
		}
	}
	return true
}

// renamed gives the columns of a projection that hold the columns of its input.
func renamed(columns [][]plan.ColumnID, exprs []plan.Assign) [][]plan.ColumnID {
	out := make([][]plan.ColumnID, len(columns))
	for i, ids := range columns {
		for _, a := range exprs {
			if c, ok := a.Expr.(*plan.ColumnRef); ok && slices.Contains(ids, c.ID) {
				out[i] = append(out[i], a.Column.ID)
			}
		}
	}
	return out
}

// byReducer divides the rows among files as reducers do, when the statement has asked for a number of them, or for what
// reducers do to be noted with the partitions (hive.exec.infer.bucket.sort of Hive 3.1). It returns their number, 0 when they are not divided.
func (w *write) byReducer() int {
	t, settings := w.branch.Table, w.st.conf
	s, cols := spreadOf(w.root), w.root.Columns()
	if s == nil { // GROUPING SETS may have become a union of groups by now
		s, cols = spreadOf(w.branch.Root), w.branch.Root.Columns()
	}
	infer := settings.HiveVersion() == "3.1" && settings.Bool("hive.exec.infer.bucket.sort") && len(t.PartitionKeys) > 0
	if s == nil || w.st.mergesFiles(false) || s.join && (settings.Bool("hive.auto.convert.join") || w.st.mapJoin) {
		return 0
	}
	if settings.HiveVersion() == "3.1" && settings.Bool("hive.map.groupby.sorted") && sortedGroups(w.root) {
		return 0
	}
	count := w.st.reduceTasks(w.root, infer)
	if count < 2 && !infer {
		return 0
	}
	// all gives the columns of the output that hold columns, up to the first that none of the table's does.
	all := func(list [][]plan.ColumnID) (refs []plan.Expr, found []string) {
		for _, ids := range list {
			i := slices.IndexFunc(cols[:len(t.Columns)], func(c plan.Column) bool { return slices.Contains(ids, c.ID) })
			if i < 0 {
				break
			}
			refs, found = append(refs, plan.NewColumnRef(w.root.Columns()[i])), append(found, t.Columns[i].Name)
		}
		return refs, found
	}
	by, names := all(s.by)
	if len(by) < len(s.by) {
		return 0
	}
	var keys []plan.SortKey
	if infer {
		w.inferred = &model.StorageDescriptor{NumBuckets: count, BucketColumns: names}
		sorted, names := all(s.sort)
		for i, e := range sorted {
			keys = append(keys, plan.SortKey{Expr: e, Desc: s.desc[i], NullsFirst: !s.desc[i]})
			order := model.Ascending
			if s.desc[i] {
				order = model.Descending
			}
			w.inferred.SortColumns = append(w.inferred.SortColumns, model.SortColumn{Column: names[i], Order: order})
		}
	}
	w.root = w.clustered(w.root, &plan.Call{Func: "murmur_hash", T: types.IntType, Args: by}, count, keys)
	return count
}

// maxReduceTasks bounds the files that a statement divides its rows into by settings alone.
const maxReduceTasks = 64

// reduceTasks is the number of reducers of the last job of a plan: what the statement asks for, else 1, or an estimate from the
// size of the tables read.
func (st *Statement) reduceTasks(n plan.Node, estimate bool) int {
	for _, name := range []string{"mapreduce.job.reduces", "mapred.reduce.tasks"} {
		if count := int(st.conf.Int(name, -1)); count > 0 {
			return min(count, maxReduceTasks)
		}
	}
	if !estimate {
		return 1
	}
	size, seen := int64(0), map[int64]bool{}
	var visit func(plan.Node)
	visit = func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok && s.Table.Stats != nil && !seen[s.Table.Version] {
			seen[s.Table.Version] = true
			size += max(s.Table.Stats.Bytes, 0)
		}
		for _, in := range n.Inputs() {
			visit(in)
		}
	}
	visit(n)
	each := max(st.conf.Int("hive.exec.reducers.bytes.per.reducer", 256_000_000), 1)
	count := int(min((size+each-1)/each, maxReduceTasks))
	if !st.conf.Bool("hive.exec.infer.bucket.sort.num.buckets.power.two") {
		return max(count, 1)
	}
	power := 1
	for power < count {
		power *= 2
	}
	return power
}

// hintsMapJoin reports whether a statement has a MAPJOIN hint that Hive 3.1 follows.
func hintsMapJoin(tree ast.Statement, c *conf.Conf) bool {
	if !c.Hive3() || c.Bool("hive.ignore.mapjoin.hint") || c.Bool("hive.cbo.enable") {
		return false
	}
	found := false
	ast.Inspect(tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.Select); ok {
			found = found || slices.ContainsFunc(s.Hints, func(h *ast.Hint) bool { return h.Name == "MAPJOIN" })
		}
		return !found
	})
	return found
}
