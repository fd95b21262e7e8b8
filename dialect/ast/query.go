package ast

// QueryBody is what a Query's clauses apply to: *Select, *SetOp, *Values, or a parenthesised *Query.
type QueryBody interface {
	Node
	queryBody()
}

// FromItem is a table expression: *TableRef, *SubqueryRef, *Join, *LateralView, *PTFRef, *ValuesRef, *UniqueJoin.
type FromItem interface {
	Node
	fromItem()
}

// Query is a query expression: WITH, a body, and the clauses that apply to the whole body.
// The FROM-first form (`FROM t SELECT a`) is stored in the same shape as `SELECT a FROM t`.
type Query struct {
	Pos
	With         []*CTE
	Body         QueryBody
	OrderBy      []*SortItem
	ClusterBy    []Expr
	DistributeBy []Expr
	SortBy       []*SortItem
	Limit        *Limit
	Span         Span // text of the query including WITH
}

// CTE is one entry of a WITH clause.
type CTE struct {
	Pos
	Name    *Ident
	Columns []*Ident // 4.0
	Query   *Query
}

// SetOperator is UNION, INTERSECT or EXCEPT (MINUS is the same as EXCEPT).
type SetOperator string

// The set operators.
const (
	Union     SetOperator = "UNION"
	Intersect SetOperator = "INTERSECT"
	Except    SetOperator = "EXCEPT"
)

// SetOp combines two query bodies. All operators have the same precedence and group to the left.
type SetOp struct {
	Pos
	Op    SetOperator
	All   bool // false: DISTINCT, the default
	Left  QueryBody
	Right QueryBody
}

// Select is one SELECT block.
type Select struct {
	Pos
	Hints     []*Hint
	HintText  string // text between /*+ and */, "" when there is none
	Distinct  bool
	Items     []*SelectItem // empty when Transform is set
	Transform *Transform
	From      FromItem // nil: a single row
	Where     Expr
	GroupBy   *GroupBy
	Having    Expr
	Windows   []*WindowDef
	Qualify   Expr
}

// SelectItem is one element of a select list. Expr may be a *Star. A table function may have several aliases.
type SelectItem struct {
	Pos
	Expr    Expr
	Aliases []*Ident
}

// Hint is one optimizer hint: MAPJOIN(a,b), STREAMTABLE(a), SEMI(...), PKFK_JOIN(...).
type Hint struct {
	Pos
	Name string // upper case
	Args []string
}

// Values is VALUES (..),(..).
type Values struct {
	Pos
	Rows []*Row
}

// Row is one parenthesised row of expressions; an entry may be *DefaultValue.
type Row struct {
	Pos
	Items []Expr
	Names []*Ident // 4.0: names given in the first row, `VALUES (1 AS a, 2 b)`; may be shorter than Items and have nils
}

// GroupingKind is the form of a GROUP BY clause.
type GroupingKind string

// The forms of GROUP BY.
const (
	GroupPlain  GroupingKind = ""
	GroupRollup GroupingKind = "ROLLUP" // ROLLUP(a,b) or a,b WITH ROLLUP
	GroupCube   GroupingKind = "CUBE"
	GroupSets   GroupingKind = "GROUPING SETS"
)

// GroupBy is a GROUP BY clause; Exprs is empty for GROUP BY ().
type GroupBy struct {
	Pos
	Kind  GroupingKind
	Exprs []Expr
	Sets  []*GroupingSet // GroupSets only
}

// GroupingSet is one set of GROUPING SETS; Exprs is empty for ().
type GroupingSet struct {
	Pos
	Exprs []Expr
}

// SortItem is one key of ORDER BY or SORT BY.
type SortItem struct {
	Pos
	Expr  Expr
	Order SortOrder
	Nulls NullOrder
}

// SortOrder is ASC or DESC as written.
type SortOrder string

// The sort orders.
const (
	SortDefault SortOrder = "" // not written: ascending
	SortAsc     SortOrder = "ASC"
	SortDesc    SortOrder = "DESC"
)

// NullOrder is NULLS FIRST or NULLS LAST as written.
type NullOrder string

// The null orders.
const (
	NullsDefault NullOrder = "" // not written: depends on version and settings
	NullsFirst   NullOrder = "NULLS FIRST"
	NullsLast    NullOrder = "NULLS LAST"
)

// Limit is LIMIT [offset,] count or LIMIT count OFFSET offset. In 4.0 either may be a *Param.
type Limit struct {
	Pos
	Count  Expr
	Offset Expr // nil when not given
}

// Transform is SELECT TRANSFORM(..) USING, MAP .. USING or REDUCE .. USING.
type Transform struct {
	Pos
	Keyword      string // "TRANSFORM", "MAP" or "REDUCE"
	Args         []Expr // may contain *Star
	InFormat     *RowFormat
	RecordWriter *StringLit
	Script       *StringLit
	HasAs        bool
	Columns      []*ColumnDef // AS (a, b) or AS (a int, b string); Type nil when not given
	OutFormat    *RowFormat
	RecordReader *StringLit
}

// WindowDef is one entry of a WINDOW clause.
type WindowDef struct {
	Pos
	Name *Ident
	Spec *WindowSpec
}

// WindowSpec is what follows OVER: a name alone, or (name? partitioning? frame?).
type WindowSpec struct {
	Pos
	Name         *Ident // base window
	Parens       bool   // false only for OVER w
	Partitioning *Partitioning
	Frame        *WindowFrame
}

// Partitioning is the PARTITION BY/ORDER BY of a window or a partitioned table function. Hive accepts DISTRIBUTE BY and
// SORT BY as synonyms, and CLUSTER BY for both.
type Partitioning struct {
	Pos
	PartitionBy  []Expr // PARTITION BY or DISTRIBUTE BY
	DistributeBy bool   // PartitionBy was written DISTRIBUTE BY
	ClusterBy    []Expr
	OrderBy      []*SortItem // ORDER BY or SORT BY
	SortBy       bool        // OrderBy was written SORT BY
}

// FrameUnit is ROWS or RANGE.
type FrameUnit string

// The frame units.
const (
	FrameRows  FrameUnit = "ROWS"
	FrameRange FrameUnit = "RANGE"
)

// WindowFrame is ROWS|RANGE start or BETWEEN start AND end; End is nil for the short form.
type WindowFrame struct {
	Pos
	Unit  FrameUnit
	Start *FrameBound
	End   *FrameBound
}

// FrameBoundKind is the kind of one frame end.
type FrameBoundKind string

// The kinds of frame ends.
const (
	UnboundedPreceding FrameBoundKind = "UNBOUNDED PRECEDING"
	Preceding          FrameBoundKind = "PRECEDING"
	CurrentRow         FrameBoundKind = "CURRENT ROW"
	Following          FrameBoundKind = "FOLLOWING"
	UnboundedFollowing FrameBoundKind = "UNBOUNDED FOLLOWING"
)

// FrameBound is one end of a frame; Value is set for PRECEDING and FOLLOWING.
type FrameBound struct {
	Pos
	Kind  FrameBoundKind
	Value *NumberLit
}

// TableRef is a named table or view in FROM.
type TableRef struct {
	Pos
	Name       *TableName
	AsOf       *AsOf       // 4.0 time travel
	Properties []*Property // t('key'='value')
	Sample     *Sample
	Alias      *Ident
}

// AsOf is FOR SYSTEM_TIME|SYSTEM_VERSION AS OF expr.
type AsOf struct {
	Pos
	Kind string // "SYSTEM_TIME" or "SYSTEM_VERSION"
	Expr Expr
	From Expr // FOR SYSTEM_VERSION FROM from TO to
}

// SampleKind is the form of TABLESAMPLE.
type SampleKind string

// The forms of TABLESAMPLE.
const (
	SampleBucket  SampleKind = "BUCKET"
	SamplePercent SampleKind = "PERCENT"
	SampleRows    SampleKind = "ROWS"
	SampleBytes   SampleKind = "BYTES" // TABLESAMPLE(10M)
)

// Sample is TABLESAMPLE(...).
type Sample struct {
	Pos
	Kind  SampleKind
	Value *NumberLit // bucket number, percentage, row count, or byte length with its unit
	OutOf *NumberLit // SampleBucket
	On    []Expr     // SampleBucket
}

// SubqueryRef is (query) alias.
type SubqueryRef struct {
	Pos
	Query   *Query
	Alias   *Ident   // Hive requires one; nil only where the grammar allows
	Columns []*Ident // 4.0: alias(c1, c2)
}

// JoinKind is the kind of a join.
type JoinKind string

// The join kinds.
const (
	InnerJoin    JoinKind = "JOIN"
	CommaJoin    JoinKind = ","
	CrossJoin    JoinKind = "CROSS JOIN"
	LeftJoin     JoinKind = "LEFT OUTER JOIN"
	RightJoin    JoinKind = "RIGHT OUTER JOIN"
	FullJoin     JoinKind = "FULL OUTER JOIN"
	LeftSemiJoin JoinKind = "LEFT SEMI JOIN"
	LeftAntiJoin JoinKind = "LEFT ANTI JOIN" // 4.0
)

// Join is a join of two items; both On and Using may be absent.
type Join struct {
	Pos
	Kind  JoinKind
	Left  FromItem
	Right FromItem
	On    Expr
	Using []*Ident
}

// LateralView is source LATERAL VIEW [OUTER] f(..) alias AS columns. Source is nil only in the branches of a MultiInsert.
// LATERAL TABLE(VALUES ..) has Values instead of Call.
type LateralView struct {
	Pos
	Source  FromItem
	Outer   bool
	Call    *Call
	Values  *Values
	Alias   *Ident
	Columns []*Ident
}

// PTFRef is a partitioned table function: name(ON input partitioning args(expr), ...) alias.
type PTFRef struct {
	Pos
	Name         *Ident
	Input        FromItem // *TableRef, *SubqueryRef or *PTFRef
	Partitioning *Partitioning
	Args         []*PTFArg
	Alias        *Ident
}

// PTFArg is name(expr) in a partitioned table function.
type PTFArg struct {
	Pos
	Name *Ident
	Expr Expr
}

// ValuesRef is TABLE(VALUES ...) alias(columns), and in 4.0 (VALUES ...) alias(columns).
type ValuesRef struct {
	Pos
	Values  *Values
	Alias   *Ident
	Columns []*Ident
}

// UniqueJoin is UNIQUEJOIN [PRESERVE] a (k), [PRESERVE] b (k), ...
type UniqueJoin struct {
	Pos
	Sources []*UniqueJoinSource
}

// UniqueJoinSource is one input of a UNIQUEJOIN.
type UniqueJoinSource struct {
	Pos
	Preserve bool
	Table    *TableRef
	Keys     []Expr
}

func (*Query) queryBody()  {}
func (*Select) queryBody() {}
func (*SetOp) queryBody()  {}
func (*Values) queryBody() {}

func (*TableRef) fromItem()    {}
func (*SubqueryRef) fromItem() {}
func (*Join) fromItem()        {}
func (*LateralView) fromItem() {}
func (*PTFRef) fromItem()      {}
func (*ValuesRef) fromItem()   {}
func (*UniqueJoin) fromItem()  {}
