package plan

import (
	"skep/dialect/catalog"
	"skep/dialect/types"
)

// Node is a relational operator of the logical plan.
type Node interface {
	// Columns lists the output columns in order.
	Columns() []Column
	// Inputs lists the inputs; empty for leaves.
	Inputs() []Node
}

// Scan reads a table. Cols are the needed columns; Source says which table column each one is.
type Scan struct {
	Table *catalog.Table
	Alias string
	Cols  []Column
	// Source parallels Cols: 0..len(Table.Columns)-1 are data columns, then the partition keys; negative values are the
	// Virtual… columns.
	Source []int
	// Filter lists conjuncts over Cols that every output row satisfies (pushed down by the optimizer).
	Filter []Expr
	// Partitions are the partitions to read of a partitioned table, once Pruned is true.
	Partitions []*catalog.Partition
	Pruned     bool
	Sample     *Sample
	// Whole is set, when plans are cut into stages, of a small table of which each task of the stage reads all.
	Whole bool
}

// The virtual columns, as Scan.Source values.
const (
	VirtualInputFileName = -1 - iota
	VirtualBlockOffset
	VirtualRowOffset
	VirtualRowID
)

// Sample is TABLESAMPLE. For buckets, On (or the bucketing columns when nil) is hashed.
type Sample struct {
	Bucket, OutOf int // BUCKET x OUT OF y; OutOf 0 when not used
	On            []Expr
	Percent       float64
	Bytes         int64
	Rows          int64
}

// Values is a constant relation; Rows hold one expression (without columns) per column.
type Values struct {
	Cols []Column
	Rows [][]Expr
}

// Filter keeps rows for which Cond is true.
type Filter struct {
	Input Node
	Cond  Expr
}

// Project computes its output from the input; it is the only node besides Aggregate that renames or drops columns.
type Project struct {
	Input Node
	Exprs []Assign
}

// Aggregate groups by Keys. Without GroupingSets every row belongs to the group of its keys; without Keys and GroupingSets
// there is exactly one output row. With GroupingSets, each set lists the indexes of Keys that stay; the others are NULL, and
// GroupingID (when its ID is not 0) outputs Hive's GROUPING__ID: bit i, counted from the last key, is 1 when that key is aggregated away.
type Aggregate struct {
	Input        Node
	Keys         []Assign
	GroupingSets [][]int
	GroupingID   Column
	Aggs         []AggCall
	// Fixed is the number of leading keys that are in every grouping set because a later step removes duplicates of them: they do
	// not count when a set is the empty one, which has a group even without input.
	Fixed int
	// Local is true of a step before an exchange, whose calls give partial results: rows of one group may come several times, as
	// a later step groups them again.
	Local bool
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of joins.
const (
	InnerJoin JoinKind = iota // cross join when Cond is nil
	LeftJoin
	RightJoin
	FullJoin
	SemiJoin // left rows with a match
	AntiJoin // left rows without a match
	// NullAwareAntiJoin is NOT IN: a left row is kept when the condition is false for every right row (never NULL or true).
	NullAwareAntiJoin
	// MarkJoin keeps every left row and adds Mark: true when some right row matches; otherwise NULL when NullAware and the
	// condition was NULL for some right row; otherwise false.
	MarkJoin
	// SingleJoin is a left join that fails when a left row has more than one match (a scalar subquery).
	SingleJoin
)

// EquiKey is one equality of a join; NullSafe is <=>. Left and Right are expressions over the left and right input of one type.
type EquiKey struct {
	Left, Right Expr
	NullSafe    bool
}

// Join joins two inputs. The condition is the conjunction of Keys and Residual; the analyzer may leave everything in
// Residual, the optimizer extracts the keys. Semi and anti joins output the left columns; MarkJoin adds Mark.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	Keys        []EquiKey
	Residual    Expr // nil means true
	Mark        Column
	NullAware   bool // MarkJoin
	// BuildLeft tells the planner to build the hash table on the left input; set by the optimizer.
	BuildLeft bool
	// Broadcast tells that the build side is small enough to be copied to every task.
	Broadcast bool
	// Hint is set of a semi join that another join above makes superfluous: it only tells scans of the left side which rows they
	// can leave out, and lets all others pass.
	Hint bool
}

// Window computes window functions that share a partitioning and order; it adds the calls' columns to the input's.
type Window struct {
	Input       Node
	PartitionBy []Expr
	OrderBy     []SortKey
	Calls       []WindowCall
	// Limit, when not nil, tells that of each partition only rows within it are used; others may be left out. All Calls rank rows.
	Limit *RankLimit
}

// RankLimit are the rows for which Func (row_number, rank or dense_rank) gives at most N, which is positive.
type RankLimit struct {
	Func string
	N    int64
}

// Sort orders the whole input; Limit ≥ 0 makes it a top-N (after skipping Offset rows). Partial means SORT BY: any
// division of the rows into sorted runs will do.
type Sort struct {
	Input   Node
	Keys    []SortKey
	Limit   int64 // -1: all
	Offset  int64
	Partial bool
}

// Limit passes N rows after skipping Offset.
type Limit struct {
	Input  Node
	N      int64
	Offset int64
}

// Union concatenates its inputs (UNION ALL): output column i comes from Sources[k][i] of input k, of the same type.
type Union struct {
	All     []Node
	Cols    []Column
	Sources [][]ColumnID
}

// Generate applies a table function to each row (LATERAL VIEW): the output is the input's columns and Outputs. Outer keeps
// rows for which the function gives nothing.
type Generate struct {
	Input   Node
	Func    string
	Args    []Expr
	Outputs []Column
	Outer   bool
}

// Script pipes rows through a child process (TRANSFORM).
type Script struct {
	Input          Node
	Args           []Expr
	Command        string
	Outputs        []Column
	KeyValue       bool // without AS: two columns, the second takes the remainder of the line
	InputFormat    ScriptFormat
	OutputFormat   ScriptFormat
	OutputTypesSet bool
}

// ScriptFormat is the row format of one side of a Script: LazySimpleSerDe properties.
type ScriptFormat struct {
	SerDe      string
	Properties map[string]string
}

// Distribute asks that rows equal in By meet in one partition (DISTRIBUTE BY, CLUSTER BY); it does not change the rows.
type Distribute struct {
	Input Node
	By    []Expr
}

// Shared is a reference to a subplan that is computed once and read by several places (a CTE used twice, a multi-insert's
// source). Cols are this reference's own columns; column i is the definition's output column i.
type Shared struct {
	Def  *SharedDef
	Cols []Column
}

// SharedDef is the definition behind Shared nodes.
type SharedDef struct {
	ID   int
	Name string
	Plan Node
}

// RemoteSource reads rows that other stages have written to an exchange. Cols are this reference's own columns; column i is
// column i of the exchange.
type RemoteSource struct {
	Exchange int
	Cols     []Column
}

// Columns implements Node.
func (n *RemoteSource) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (n *RemoteSource) Inputs() []Node { return nil }

// Columns implements Node.
func (n *Scan) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (n *Scan) Inputs() []Node { return nil }

// Columns implements Node.
func (n *Values) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (n *Values) Inputs() []Node { return nil }

// Columns implements Node.
func (n *Filter) Columns() []Column { return n.Input.Columns() }

// Inputs implements Node.
func (n *Filter) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Project) Columns() []Column { return assigned(n.Exprs) }

// Inputs implements Node.
func (n *Project) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Aggregate) Columns() []Column {
	cols := assigned(n.Keys)
	if n.GroupingID.ID != 0 {
		cols = append(cols, n.GroupingID)
	}
	for _, a := range n.Aggs {
		if a.Mode.GivesPartial() {
			cols = append(cols, a.Partial...)
		} else {
			cols = append(cols, a.Column)
		}
	}
	return cols
}

// Inputs implements Node.
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Join) Columns() []Column {
	switch n.Kind {
	case SemiJoin, AntiJoin, NullAwareAntiJoin:
		return n.Left.Columns()
	case MarkJoin:
		return append(clip(n.Left.Columns()), n.Mark)
	}
	return append(clip(n.Left.Columns()), n.Right.Columns()...)
}

// Inputs implements Node.
func (n *Join) Inputs() []Node { return []Node{n.Left, n.Right} }

// Columns implements Node.
func (n *Window) Columns() []Column {
	cols := clip(n.Input.Columns())
	for _, c := range n.Calls {
		cols = append(cols, c.Column)
	}
	return cols
}

// Inputs implements Node.
func (n *Window) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Sort) Columns() []Column { return n.Input.Columns() }

// Inputs implements Node.
func (n *Sort) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Limit) Columns() []Column { return n.Input.Columns() }

// Inputs implements Node.
func (n *Limit) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Union) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (n *Union) Inputs() []Node { return n.All }

// Columns implements Node.
func (n *Generate) Columns() []Column { return append(clip(n.Input.Columns()), n.Outputs...) }

// Inputs implements Node.
func (n *Generate) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Script) Columns() []Column { return n.Outputs }

// Inputs implements Node.
func (n *Script) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Distribute) Columns() []Column { return n.Input.Columns() }

// Inputs implements Node.
func (n *Distribute) Inputs() []Node { return []Node{n.Input} }

// Columns implements Node.
func (n *Shared) Columns() []Column { return n.Cols }

// Inputs implements Node. The definition is not an input: it belongs to all its references.
func (n *Shared) Inputs() []Node { return nil }

func assigned(as []Assign) []Column {
	cols := make([]Column, len(as))
	for i, a := range as {
		cols[i] = a.Column
	}
	return cols
}

func clip(cols []Column) []Column { return cols[:len(cols):len(cols)] }

// Query is an analysed statement that produces rows: the result columns are Root's, under the names that clients see.
type Query struct {
	Root  Node
	Names []string // result column names, e.g. "t.a" or "_c0"
}

// Insert is an analysed INSERT or CTAS: one branch per target. Branches of a multi-insert share their source by Shared nodes.
type Insert struct {
	Branches []InsertBranch
}

// InsertBranch writes the rows of Root, whose columns are the target's data columns followed by its dynamic partition keys,
// already cast to the target's types.
type InsertBranch struct {
	Root      Node
	Table     *catalog.Table // nil for a directory
	Overwrite bool
	// Static are the values of the leading static partition keys, as the metastore keeps them; the remaining keys are dynamic.
	Static      []string
	IfNotExists bool
	Directory   *Directory
	// Deletes says that rows go: the columns of Root are their ROW__ID and then the partition keys.
	Deletes bool
	// Together says that the branch is half of an update, the other half of which is the branch before.
	Together bool
}

// Directory is the target of INSERT OVERWRITE [LOCAL] DIRECTORY.
type Directory struct {
	Path         string
	Local        bool
	InputFormat  string
	OutputFormat string
	SerDe        string
	Properties   map[string]string
	Columns      []catalog.Column
}

// Types returns the types of cols.
func Types(cols []Column) []*types.Type {
	ts := make([]*types.Type, len(cols))
	for i, c := range cols {
		ts[i] = c.Type
	}
	return ts
}
