package query

import (
	"slices"
	"strings"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/planner"
	"skep/engine/table"
)

// mergedFrom is the value of hive.merge.smallfiles.avgsize, in bytes, from which on files that a statement would write beside
// each other are taken to be small: with merging on, their rows go to one file in the first place.
const mergedFrom = 1 << 20

// targets lists the plans of a write and their sinks. How rows are divided into files is Hive's: where no shuffle follows a
// UNION ALL its inputs have files of their own, unless small files are merged.
func (w *write) targets() []planner.Output {
	roots := []plan.Node{w.root}
	if w.spec.Buckets == 0 && !w.ordered {
		roots = w.streams()
	}
	out := make([]planner.Output, len(roots))
	for i, root := range roots {
		out[i] = planner.Output{Root: root, Sink: table.NewSink(w.sink, w.spec.Buckets > 0 || w.spec.ByFile || w.ordered)}
	}
	return out
}

// streams divides the plan of a write into the plans of its files.
func (w *write) streams() []plan.Node {
	unions := 0
	inputs := unionInputs(w.root, &unions)
	if len(inputs) < 2 {
		return []plan.Node{w.root}
	}
	mapReduce, removed := w.st.conf.HiveVersion() == "3.1", w.st.conf.Bool("hive.optimize.union.remove")
	var streams [][]plan.Node
	merged, of := -1, map[mapperInput]int{}
	for _, in := range inputs {
		scan := scanOf(in.root)
		// without hive.optimize.union.remove MapReduce reads what the inputs have shuffled once more, by mappers
		merge := w.st.mergesFiles(scan != nil || mapReduce && !removed)
		at := len(streams)
		switch {
		case merge && merged >= 0:
			at = merged
		case merge:
			merged = at
		case mapReduce && scan != nil && (!removed || in.mappers > 0): // one mapper serves all that read a table
			source := mapperInput{in.mappers, scan.Table.DB, scan.Table.Name}
			if k, ok := of[source]; ok {
				at = k
			}
			of[source] = at
		}
		if at == len(streams) {
			streams = append(streams, nil)
		}
		streams[at] = append(streams[at], in.root)
	}
	out := make([]plan.Node, len(streams))
	for i, list := range streams {
		out[i] = union(list)
	}
	return out
}

// union is UNION ALL of plans with equal columns.
func union(list []plan.Node) plan.Node {
	if len(list) == 1 {
		return list[0]
	}
	u := &plan.Union{All: list, Cols: slices.Clone(list[0].Columns())}
	id := plan.ColumnID(0)
	for _, in := range list {
		id = max(id, nextID(in))
		var sources []plan.ColumnID
		for _, c := range in.Columns() {
			sources = append(sources, c.ID)
		}
		u.Sources = append(u.Sources, sources)
	}
	for i := range u.Cols {
		u.Cols[i].ID = id + plan.ColumnID(i)
	}
	return u
}

// mergesFiles reports whether the small files that a job writes are merged, as hive.merge.* say.
func (st *Statement) mergesFiles(mapOnly bool) bool {
	return st.conf.Bool(st.mergeSetting(mapOnly)) && st.conf.Int("hive.merge.smallfiles.avgsize", 16_000_000) >= mergedFrom
}

// mergeSetting is the setting that says whether small files of a job are merged.
func (st *Statement) mergeSetting(mapOnly bool) string {
	switch {
	case st.conf.HiveVersion() != "3.1": // which runs on Tez
		return "hive.merge.tezfiles"
	case mapOnly:
		return "hive.merge.mapfiles"
	}
	return "hive.merge.mapredfiles"
}

// unionInput is the plan of an input of a UNION ALL that ends a plan.
type unionInput struct {
	root    plan.Node
	mappers int // number of the union all of whose inputs need no shuffle; 0 for an input of another
}

// mapperInput is what the mappers for the inputs of a union read.
type mapperInput struct {
	union     int
	db, table string
}

// unionInputs gives n as plans of the inputs of the UNION ALL that it ends with; n alone when it does not. It counts unions.
func unionInputs(n plan.Node, unions *int) []unionInput {
	switch n := n.(type) {
	case *plan.Project, *plan.Filter:
		out := unionInputs(n.Inputs()[0], unions)
		for i := range out {
			out[i].root = plan.WithInputs(n, []plan.Node{out[i].root})
		}
		return out
	case *plan.Union:
		var out []unionInput
		mappers := true
		for i, in := range n.All {
			columns := in.Columns()
			p := &plan.Project{Input: in}
			for k, c := range n.Cols {
				at := slices.IndexFunc(columns, func(x plan.Column) bool { return x.ID == n.Sources[i][k] })
				p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(columns[at])})
			}
			for _, x := range unionInputs(p, unions) {
				mappers = mappers && scanOf(x.root) != nil
				out = append(out, x)
			}
		}
		if *unions++; mappers {
			for i := range out {
				out[i].mappers = *unions
			}
		}
		return out
	}
	return []unionInput{{root: n}}
}

// scanOf gives the scan whose rows reach n without a shuffle; nil when there is another source.
func scanOf(n plan.Node) *plan.Scan {
	switch n := n.(type) {
	case *plan.Scan:
		return n
	case *plan.Project:
		return scanOf(n.Input)
	case *plan.Filter:
		return scanOf(n.Input)
	}
	return nil
}

// byFile adds the name of the input file to the rows of a write when Hive 3.1 runs a mapper for each file and keeps their
// outputs apart; nil otherwise.
func (w *write) byFile() plan.Node {
	input := w.st.conf.Get("hive.input.format")
	if w.st.conf.HiveVersion() != "3.1" || w.st.mergesFiles(true) || strings.HasSuffix(input, ".CombineHiveInputFormat") || input == "" {
		return nil
	}
	if scanOf(w.root) == nil {
		return nil
	}
	name := plan.Column{ID: nextID(w.root), Name: "_file", Type: types.StringType}
	return withFile(w.root, name)
}

// withFile adds the name of the input file, under the id of name, as the last column of a plan for which scanOf gives a scan.
func withFile(n plan.Node, name plan.Column) plan.Node {
	switch n := n.(type) {
	case *plan.Scan:
		c := *n
		c.Cols, c.Source = append(slices.Clone(n.Cols), name), append(slices.Clone(n.Source), plan.VirtualInputFileName)
		return &c
	case *plan.Project:
		exprs := append(slices.Clone(n.Exprs), plan.Assign{Column: name, Expr: plan.NewColumnRef(name)})
		return &plan.Project{Input: withFile(n.Input, name), Exprs: exprs}
	}
	return plan.WithInputs(n, []plan.Node{withFile(n.Inputs()[0], name)})
}
