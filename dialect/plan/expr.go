// Package plan holds the logical query plan: operators and typed expressions over columns that are identified by number, not
// by position, so that rules can move them about freely. The analyzer builds it, the optimizer rewrites it, the engine's
// planner turns it into a physical plan.
//
// Nodes and expressions are treated as immutable once built: a rule that changes one makes a copy. They may be shared.
package plan

import (
	"fmt"
	"strconv"
	"strings"

	"skep/dialect/types"
)

// ColumnID identifies a column within one statement's plan.
type ColumnID int32

// Column is an output column of a node.
type Column struct {
	ID   ColumnID
	Name string // as the user sees it
	Type *types.Type
}

// Expr is a typed scalar expression.
type Expr interface {
	Type() *types.Type
	String() string
}

// ColumnRef is the value of a column of the input, or, inside a Subquery's plan, of an outer query (correlation).
type ColumnRef struct {
	ID   ColumnID
	Name string
	T    *types.Type
}

// Literal is a constant.
type Literal struct {
	Value types.Datum
	T     *types.Type
}

// Call applies a scalar function, operator or special form. Func is the canonical lower-case name of package function.
// Arguments already have the types that the function's resolution asked for (casts are explicit calls of "cast", whose
// target is T). Special forms with lazy or NULL-aware evaluation use the same shape:
//
//	and(a,b,…) or(a,b,…) not(a) — three-valued
//	isnull(a) isnotnull(a)
//	case(c1,v1,c2,v2,…[,else]) — searched CASE; conditions are boolean; a simple CASE is rewritten to it
//	if(c,a,b) coalesce(a,b,…)
//	in(x, l1, l2, …) — NULL semantics of IN; NOT IN is not(in(…))
//	= <> < <= > >= <=> — both arguments of one type
//	field(struct) — Index is the field's position
//	index(array|map, key)
//	cast(x) — to T; implicit and explicit casts behave alike
type Call struct {
	Func  string
	Args  []Expr
	T     *types.Type
	Index int
}

// SubqueryKind says how a subquery's rows become a value.
type SubqueryKind uint8

// The kinds of subquery expressions.
const (
	// ScalarSubquery is the single value of a one-column subquery; NULL without rows, an error with more than one.
	ScalarSubquery SubqueryKind = iota
	// ExistsSubquery is true when there is a row.
	ExistsSubquery
	// InSubquery is Arg IN (subquery) with three-valued logic.
	InSubquery
	// AnySubquery and AllSubquery compare Arg with every row by Op.
	AnySubquery
	AllSubquery
)

// Subquery is a subquery used as a value. It exists between analysis and decorrelation only; no later stage sees it.
type Subquery struct {
	Kind SubqueryKind
	Plan Node
	Arg  Expr   // In, Any, All
	Op   string // Any, All: comparison operator
	T    *types.Type
}

// Type implements Expr.
func (e *ColumnRef) Type() *types.Type { return e.T }

// Type implements Expr.
func (e *Literal) Type() *types.Type { return e.T }

// Type implements Expr.
func (e *Call) Type() *types.Type { return e.T }

// Type implements Expr.
func (e *Subquery) Type() *types.Type { return e.T }

func (e *ColumnRef) String() string { return e.Name + "#" + strconv.Itoa(int(e.ID)) }

func (e *Literal) String() string {
	if e.Value.Null {
		return "null"
	}
	if e.T.Kind == types.Decimal {
		return types.DecimalText(e.Value, e.T) + ":" + e.T.String()
	}
	switch e.T.Physical() {
	case types.I64:
		if e.T.Kind == types.Boolean {
			return strconv.FormatBool(e.Value.I != 0)
		}
		return strconv.FormatInt(e.Value.I, 10)
	case types.F64:
		return strconv.FormatFloat(e.Value.F, 'g', -1, 64)
	case types.Bytes:
		return strconv.Quote(e.Value.S)
	default:
		return fmt.Sprintf("%v:%v", e.Value, e.T)
	}
}

func (e *Call) String() string {
	var b strings.Builder
	b.WriteString(e.Func)
	b.WriteByte('(')
	for i, a := range e.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.String())
	}
	switch e.Func {
	case "cast":
		b.WriteString(" as " + e.T.String())
	case "field":
		b.WriteString(", " + strconv.Itoa(e.Index))
	}
	b.WriteByte(')')
	return b.String()
}

func (e *Subquery) String() string {
	return [...]string{"scalar", "exists", "in", "any", "all"}[e.Kind] + "(subquery)"
}

// NewColumnRef refers to c.
func NewColumnRef(c Column) *ColumnRef { return &ColumnRef{ID: c.ID, Name: c.Name, T: c.Type} }

// Assign computes a new column from an expression.
type Assign struct {
	Column Column
	Expr   Expr
}

// AggMode says what an aggregate call reads and gives. The analyzer makes complete calls only; the others come from dividing
// an aggregation among stages.
type AggMode uint8

// The modes. The calls of one Aggregate either all give results or all give partial ones.
const (
	AggComplete AggMode = iota // arguments to a result
	AggPartial                 // arguments to a partial result
	AggMerge                   // partial results to a partial result
	AggFinal                   // partial results to a result
)

// GivesPartial reports whether the mode's output is a partial result.
func (m AggMode) GivesPartial() bool { return m == AggPartial || m == AggMerge }

// ReadsPartial reports whether the mode's input is a partial result.
func (m AggMode) ReadsPartial() bool { return m == AggMerge || m == AggFinal }

// AggCall is an aggregate call; Column is its output. Func is the canonical name; "count" without Args is count(*).
type AggCall struct {
	Column   Column
	Func     string
	Args     []Expr
	Distinct bool
	Mode     AggMode
	// ArgTypes are the types of the original arguments when the call reads partial results; Args are then their columns.
	ArgTypes []*types.Type
	// Partial are the columns of the partial result, when the call gives one; they stand in place of Column, whose type still
	// is that of the result.
	Partial []Column
}

// SortKey orders by an expression.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// BoundKind is the kind of a window frame bound.
type BoundKind uint8

// The kinds of frame bounds, in frame order.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Bound is one end of a window frame; Offset is a literal for Preceding and Following: a bigint for ROWS, a value
// of the sort key's domain (or an interval) for RANGE.
type Bound struct {
	Kind   BoundKind
	Offset *Literal
}

// Frame is a window frame.
type Frame struct {
	Rows       bool // ROWS, otherwise RANGE
	Start, End Bound
}

// MatchPath is the window function that the table function of the same name is made of: the rows that meet a pattern from the current
// one on, as an array, NULL when none do. Args are the pattern, with positions among the conditions instead of names of symbols, the
// conditions, and the row as a struct.
const MatchPath = "matchpath"

// WindowCall is a window function call; Column is its output. Args of lead, lag, ntile, first_value, last_value, nth_value follow the
// SQL call. Frame is always set (defaults filled in by the analyzer).
type WindowCall struct {
	Column      Column
	Func        string
	Args        []Expr
	Distinct    bool
	IgnoreNulls bool
	Frame       Frame
}
