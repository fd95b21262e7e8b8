package ast

// LiteralKind classifies a literal by its written form.
type LiteralKind string

// The kinds of literals.
const (
	LitNull         LiteralKind = "null"
	LitBool         LiteralKind = "boolean"
	LitInteger      LiteralKind = "integer"  // 12: int, bigint or decimal by size
	LitTinyInt      LiteralKind = "tinyint"  // 12Y
	LitSmallInt     LiteralKind = "smallint" // 12S
	LitBigInt       LiteralKind = "bigint"   // 12L
	LitDecimal      LiteralKind = "decimal"  // 1.2, 1., 12BD
	LitDouble       LiteralKind = "double"   // 1e3, 1.2D
	LitString       LiteralKind = "string"
	LitCharset      LiteralKind = "charset" // _utf8'..', _utf8 0xHEX
	LitDate         LiteralKind = "date"    // date '...'
	LitTimestamp    LiteralKind = "timestamp"
	LitTimestampLTZ LiteralKind = "timestamp with local time zone"
)

// Literal is a constant.
type Literal struct {
	Pos
	Kind LiteralKind
	// Value is the content: a string's text with escapes resolved (adjacent strings joined), a number without its
	// suffix, "true"/"false", the text of a date or timestamp, the raw literal of a charset literal.
	Value   string
	Text    string `ast:"source"` // as written, with quotes and suffix, without the DATE or TIMESTAMP keyword
	Charset string // LitCharset: the name without the leading underscore
}

// Raw is the literal as it is written, without quotes: what Hive takes for the value where it does not look at types.
func (l *Literal) Raw() string {
	switch l.Kind {
	case LitInteger, LitTinyInt, LitSmallInt, LitBigInt, LitDecimal, LitDouble:
		return l.Text
	}
	return l.Value
}

// ColumnRef is an unqualified name: a column, or the table part of a qualified name inside a FieldRef.
type ColumnRef struct {
	Pos
	Name *Ident
}

// FieldRef is base.name. `t.c` is FieldRef{ColumnRef t, c}, `db.t.c` nests; whether base is a table, a database or a
// struct value is decided by the analyzer.
type FieldRef struct {
	Pos
	Base Expr
	Name *Ident
}

// IndexRef is base[index].
type IndexRef struct {
	Pos
	Base  Expr
	Index Expr
}

// Star is * or t.* or db.t.*. It stands only in select lists and function arguments.
type Star struct {
	Pos
	Table *TableName
}

// NullTreatment is RESPECT NULLS or IGNORE NULLS (4.0).
type NullTreatment string

// The null treatments.
const (
	NullTreatmentDefault NullTreatment = ""
	RespectNulls         NullTreatment = "RESPECT NULLS"
	IgnoreNulls          NullTreatment = "IGNORE NULLS"
)

// Call is a function call. Keyword-like calls (CURRENT_DATE, TRIM(BOTH x FROM y), EXTRACT) that Hive maps to functions
// keep their own nodes only where noted; CURRENT_DATE without parentheses is a Call with NoParens.
type Call struct {
	Pos
	Name        *FunctionName
	NoParens    bool // CURRENT_DATE, CURRENT_TIMESTAMP
	Distinct    bool
	Star        bool   // count(*)
	Args        []Expr // may contain *Star (t.*)
	Nulls       NullTreatment
	WithinGroup []*SortItem // 4.0
	Over        *WindowSpec
}

// Cast is CAST(x AS type [FORMAT 'f']).
type Cast struct {
	Pos
	Expr   Expr
	Type   *TypeName
	Format *StringLit
}

// Extract is EXTRACT(unit FROM x); Unit is the upper-case singular keyword ("YEAR", "DAYOFWEEK", ...).
type Extract struct {
	Pos
	Unit string
	Expr Expr
}

// FloorTo is FLOOR(x [TO unit]); Unit is "" for the numeric floor.
type FloorTo struct {
	Pos
	Expr Expr
	Unit string
}

// Case is CASE [operand] WHEN .. THEN .. [ELSE ..] END.
type Case struct {
	Pos
	Operand Expr
	Whens   []*When
	Else    Expr
}

// When is one branch of a Case.
type When struct {
	Pos
	Cond   Expr
	Result Expr
}

// IntervalUnit is the qualifier of an interval literal.
type IntervalUnit string

// The interval qualifiers; plural keywords mean the same.
const (
	UnitYear        IntervalUnit = "YEAR"
	UnitMonth       IntervalUnit = "MONTH"
	UnitDay         IntervalUnit = "DAY"
	UnitHour        IntervalUnit = "HOUR"
	UnitMinute      IntervalUnit = "MINUTE"
	UnitSecond      IntervalUnit = "SECOND"
	UnitYearToMonth IntervalUnit = "YEAR TO MONTH"
	UnitDayToSecond IntervalUnit = "DAY TO SECOND"
)

// Interval is INTERVAL value unit, `3 days` or `(3) days`. Value is a literal, or any expression in the INTERVAL (x) unit
// form.
type Interval struct {
	Pos
	Value Expr
	Unit  IntervalUnit
}

// UnaryOp is a prefix operator.
type UnaryOp string

// The prefix operators.
const (
	OpNot    UnaryOp = "NOT"
	OpNegate UnaryOp = "-"
	OpPlus   UnaryOp = "+"
	OpBitNot UnaryOp = "~"
)

// Unary is a prefix operator applied to an expression.
type Unary struct {
	Pos
	Op   UnaryOp
	Expr Expr
}

// BinaryOp is an infix operator.
type BinaryOp string

// The infix operators. == is stored as =, != as <>.
const (
	OpOr        BinaryOp = "OR"
	OpAnd       BinaryOp = "AND"
	OpEq        BinaryOp = "="
	OpNullSafe  BinaryOp = "<=>"
	OpNotEq     BinaryOp = "<>"
	OpLess      BinaryOp = "<"
	OpLessEq    BinaryOp = "<="
	OpGreater   BinaryOp = ">"
	OpGreaterEq BinaryOp = ">="
	OpBitOr     BinaryOp = "|"
	OpBitAnd    BinaryOp = "&"
	OpConcat    BinaryOp = "||"
	OpAdd       BinaryOp = "+"
	OpSub       BinaryOp = "-"
	OpMul       BinaryOp = "*"
	OpDiv       BinaryOp = "/"
	OpMod       BinaryOp = "%"
	OpIntDiv    BinaryOp = "DIV"
	OpBitXor    BinaryOp = "^"
)

// Binary is an infix operator applied to two expressions. Long chains group to the left, so trees may be deep on the
// left side.
type Binary struct {
	Pos
	Op    BinaryOp
	Left  Expr
	Right Expr
}

// IsKind is the condition of an IS test.
type IsKind string

// The IS conditions. IS UNKNOWN (4.0) means IS NULL and is stored so.
const (
	IsNull  IsKind = "NULL"
	IsTrue  IsKind = "TRUE"
	IsFalse IsKind = "FALSE"
)

// Is is x IS [NOT] NULL|TRUE|FALSE.
type Is struct {
	Pos
	Expr Expr
	Not  bool
	Kind IsKind
}

// IsDistinct is a IS [NOT] DISTINCT FROM b.
type IsDistinct struct {
	Pos
	Left  Expr
	Not   bool
	Right Expr
}

// Between is x [NOT] BETWEEN low AND high.
type Between struct {
	Pos
	Expr Expr
	Not  bool
	Low  Expr
	High Expr
}

// In is x [NOT] IN (list) or x [NOT] IN (query); exactly one of List and Query is set.
type In struct {
	Pos
	Expr  Expr
	Not   bool
	List  []Expr
	Query *Query
}

// LikeOp is LIKE or a regular-expression match.
type LikeOp string

// The pattern operators; REGEXP is a synonym of RLIKE that Hive keeps apart only in texts.
const (
	OpLike   LikeOp = "LIKE"
	OpRLike  LikeOp = "RLIKE"
	OpRegexp LikeOp = "REGEXP"
)

// Quantifier is ANY (also SOME) or ALL.
type Quantifier string

// The quantifiers.
const (
	NoQuantifier Quantifier = ""
	Any          Quantifier = "ANY"
	All          Quantifier = "ALL"
)

// Like is x [NOT] LIKE|RLIKE|REGEXP p, or x [NOT] LIKE ANY|ALL (p, ..); Patterns has one entry without a quantifier.
type Like struct {
	Pos
	Op         LikeOp
	Expr       Expr
	Not        bool
	Quantifier Quantifier
	Patterns   []Expr
}

// Exists is EXISTS (query).
type Exists struct {
	Pos
	Query *Query
}

// Quantified is x op ANY|SOME|ALL (query) (4.0).
type Quantified struct {
	Pos
	Left       Expr
	Not        bool
	Op         BinaryOp
	Quantifier Quantifier
	Query      *Query
}

// Subquery is a query used as a value.
type Subquery struct {
	Pos
	Query *Query
}

// RowExpr is (a, b, ..) with at least two items: a struct value.
type RowExpr struct {
	Pos
	Items []Expr
}

// DefaultValue is the DEFAULT keyword in VALUES and SET.
type DefaultValue struct {
	Pos
}

// Param is a ? of a prepared statement; Index counts from 1.
type Param struct {
	Pos
	Index int
	Value Expr // as bound by EXECUTE
}

func (*Literal) expr()      {}
func (*ColumnRef) expr()    {}
func (*FieldRef) expr()     {}
func (*IndexRef) expr()     {}
func (*Star) expr()         {}
func (*Call) expr()         {}
func (*Cast) expr()         {}
func (*Extract) expr()      {}
func (*FloorTo) expr()      {}
func (*Case) expr()         {}
func (*Interval) expr()     {}
func (*Unary) expr()        {}
func (*Binary) expr()       {}
func (*Is) expr()           {}
func (*IsDistinct) expr()   {}
func (*Between) expr()      {}
func (*In) expr()           {}
func (*Like) expr()         {}
func (*Exists) expr()       {}
func (*Quantified) expr()   {}
func (*Subquery) expr()     {}
func (*RowExpr) expr()      {}
func (*DefaultValue) expr() {}
func (*Param) expr()        {}
