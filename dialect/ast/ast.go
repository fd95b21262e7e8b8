// Package ast is the typed syntax tree of Hive's statement grammar (3.1 and 4.0). The parser builds it, the analyzer and
// the printer read it. Names keep their original spelling: lower-casing and resolution are the analyzer's work.
//
// A tree is owned by whoever parsed it. Passes that change a tree work on a Clone or on the tree they own; nothing in
// this package synchronises.
package ast

//go:generate go run ./astgen

// Pos is where a node stands in the statement text, in the form Hive's messages use: `Line L:C ... 'token'`.
//
// For a leaf it is the token itself. For a composite node Hive reports the position of its leftmost leaf together with
// the text of its rightmost leaf (for `t.a + 1` the position of t and the text 1), so that is what Pos holds too.
type Pos struct {
	Offset int    // bytes from the start of the statement text
	Line   int    // 1-based; 0 with Col -1 for what Hive's grammar makes of no token of the text, see Placeless
	Col    int    // 0-based, in characters
	Token  string // token text as Hive quotes it: back-ticks removed, string literals with their quotes
}

// Placeless is p for a leaf that Hive's grammar makes up: the NULL literal, date, time and interval literals, the simple type of a CAST, the
// name of a function behind an operator. Its errors say "Line 0:-1" and have no code of their own.
func (p Pos) Placeless() Pos {
	p.Line, p.Col = 0, -1
	return p
}

// Position returns p; every node embeds Pos and so is a Node.
func (p Pos) Position() Pos { return p }

// Where gives the position in the form error texts need.
func (p Pos) Where() (line, col int, token string) { return p.Line, p.Col, p.Token }

// Node is any part of the tree.
type Node interface {
	Position() Pos
	// Children calls f for every direct child node in source order, skipping absent ones.
	Children(f func(Node))
	rewriteChildren(f func(Expr) Expr)
}

// Statement is a complete SQL statement.
type Statement interface {
	Node
	statement()
}

// Expr is a scalar, boolean or table-valued expression.
type Expr interface {
	Node
	expr()
}

// Span is a half-open byte range [Start, End) of the statement text. Hive stores view texts, macro bodies and default
// values as written, so nodes whose text is kept have one.
type Span struct{ Start, End int }

// Text returns the part of src that the span covers, or "" when it does not fit.
func (s Span) Text(src string) string {
	if s.Start < 0 || s.End > len(src) || s.Start > s.End {
		return ""
	}
	return src[s.Start:s.End]
}

// Ident is one identifier as written, without back-ticks.
type Ident struct {
	Pos
	Name   string
	Quoted bool // written in back-ticks (or double quotes where the dialect allows)
	Regex  bool // a back-ticked column regular expression (hive.support.quoted.identifiers=none)
}

// TableName names a table or view: [db.]name, and in 4.0 [db.]name.meta (a metadata table, branch or tag).
type TableName struct {
	Pos
	DB   *Ident // nil when not given
	Name *Ident
	Meta *Ident // nil when not given
}

// FunctionName names a function: [db.]name. Quoted or operator-like names (DESCRIBE FUNCTION '+') use Name only.
type FunctionName struct {
	Pos
	DB   *Ident
	Name *Ident
}

// StringLit is a string constant in a place where only a string may stand (paths, comments, property keys).
type StringLit struct {
	Pos
	Value string // escapes resolved
	Text  string `ast:"source"` // as written, with quotes
}

// NumberLit is an unsigned number in a place where only a number may stand (bucket counts, limits).
type NumberLit struct {
	Pos
	Text string
}

// Property is one 'key'='value' pair; Value is nil in key-only lists (UNSET TBLPROPERTIES).
type Property struct {
	Pos
	Key   *StringLit
	Value *StringLit
}

// TypeName is a type as written in a column definition or CAST.
type TypeName struct {
	Pos
	// Name is the canonical lower-case base name: "int", "double", "decimal", "timestamp with local time zone",
	// "array", "map", "struct", "uniontype", "interval_year_month", "interval_day_time", ...
	Name   string
	Args   []int       // decimal(p[,s]), char(n), varchar(n)
	Params []*TypeName // array element; map key and value; uniontype alternatives
	Fields []*FieldDef // struct fields
}

// FieldDef is one field of a struct type.
type FieldDef struct {
	Pos
	Name    *Ident
	Type    *TypeName
	Comment *StringLit
}

// PartitionValue is one entry of a PARTITION(...) list: `ds`, `ds='x'`, or in DROP PARTITION `ds >= 'x'`.
type PartitionValue struct {
	Pos
	Name  *Ident
	Op    string // "" when no value is given, else "=", "<>", "<", "<=", ">", ">=", "LIKE"...
	Value Expr
}

// PartitionSpec is PARTITION (...).
type PartitionSpec struct {
	Pos
	Values []*PartitionValue
}

// SpecPlace is where Hive reports errors of a partition spec: its first name, with the text of its last part.
type SpecPlace struct{ Spec *PartitionSpec }

// Where is the place for messages: line, column and token.
func (p SpecPlace) Where() (line, col int, token string) {
	line, col, _ = p.Spec.Values[0].Name.Where()
	last := p.Spec.Values[len(p.Spec.Values)-1]
	if last.Value != nil {
		return line, col, last.Value.Position().Token
	}
	return line, col, last.Name.Token
}

// TableOrPartition is a table with an optional partition.
type TableOrPartition struct {
	Pos
	Table     *TableName
	Partition *PartitionSpec
}
