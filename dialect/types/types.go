// Package types models Hive's data types: kinds, parameters, text form and the physical class that decides how the engine
// stores a value. It is a leaf package; both the dialect and the engine build on it.
package types

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is the category of a Hive type. The order of the numeric kinds is Hive's widening order.
type Kind uint8

// The kinds, in Hive's numeric widening order where that applies.
const (
	Void Kind = iota
	Boolean
	TinyInt
	SmallInt
	Int
	BigInt
	Decimal
	Float
	Double
	String
	Varchar
	Char
	Binary
	Date
	Timestamp
	TimestampLTZ
	IntervalYearMonth
	IntervalDayTime
	Array
	Map
	Struct
	Union
)

// Physical is the storage class of a type: every kernel of the engine is written per class, not per kind.
type Physical uint8

const (
	// I64 holds boolean (0/1), the integer kinds (sign-extended), date (days since 1970-01-01, proleptic Gregorian),
	// decimal with precision ≤ 18 (unscaled value) and interval_year_month (months).
	I64 Physical = iota
	// F64 holds double, and float as the float64 that equals the float32 value exactly.
	F64
	// I128 holds decimal with precision > 18 (unscaled) and, as {Hi: seconds since the epoch, Lo: nanoseconds 0..999999999},
	// timestamp, timestamp with local time zone and interval_day_time. Both meanings order and hash alike.
	I128
	// Bytes holds string, varchar, char (blank-stripped on the right) and binary.
	Bytes
	// List is an array: a run of rows in one child.
	List
	// MapOf is a map: a run of rows in two children (keys, values).
	MapOf
	// Record is a struct: one child per field, row-aligned.
	Record
	// Tagged is a uniontype: a tag and one row-aligned child per alternative.
	Tagged
	// Nothing is the void type: every value is NULL.
	Nothing
)

// MaxPrecision is the largest decimal precision; MaxInt64Precision the largest whose unscaled value fits an int64.
const (
	MaxPrecision      = 38
	MaxInt64Precision = 18
)

// Type is an immutable type. Compare with Equal; the parameterless types are the package's variables.
type Type struct {
	Kind      Kind
	Precision int     // decimal digits in total
	Scale     int     // decimal digits after the point
	Length    int     // char, varchar: maximum length in characters
	Elem      *Type   // array element, map value
	Key       *Type   // map key
	Fields    []Field // struct fields; union alternatives (names empty)
}

// Field is one struct field. Names are lower-case. Label is the name as declared, when that is another: values of columns read by some
// SerDes show it; it is no part of the type.
type Field struct {
	Name    string
	Label   string
	Type    *Type
	Comment string
}

// The parameterless types.
var (
	VoidType              = &Type{Kind: Void}
	BooleanType           = &Type{Kind: Boolean}
	TinyIntType           = &Type{Kind: TinyInt}
	SmallIntType          = &Type{Kind: SmallInt}
	IntType               = &Type{Kind: Int}
	BigIntType            = &Type{Kind: BigInt}
	FloatType             = &Type{Kind: Float}
	DoubleType            = &Type{Kind: Double}
	StringType            = &Type{Kind: String}
	BinaryType            = &Type{Kind: Binary}
	DateType              = &Type{Kind: Date}
	TimestampType         = &Type{Kind: Timestamp}
	TimestampLTZType      = &Type{Kind: TimestampLTZ}
	IntervalYearMonthType = &Type{Kind: IntervalYearMonth}
	IntervalDayTimeType   = &Type{Kind: IntervalDayTime}
)

// NewDecimal returns decimal(precision, scale); the caller guarantees 1 ≤ precision ≤ 38 and 0 ≤ scale ≤ precision.
func NewDecimal(precision, scale int) *Type {
	return &Type{Kind: Decimal, Precision: precision, Scale: scale}
}

// NewVarchar returns varchar(length).
func NewVarchar(length int) *Type { return &Type{Kind: Varchar, Length: length} }

// NewChar returns char(length).
func NewChar(length int) *Type { return &Type{Kind: Char, Length: length} }

// NewArray returns array<elem>.
func NewArray(elem *Type) *Type { return &Type{Kind: Array, Elem: elem} }

// NewMap returns map<key,value>.
func NewMap(key, value *Type) *Type { return &Type{Kind: Map, Key: key, Elem: value} }

// NewStruct returns struct<fields>.
func NewStruct(fields ...Field) *Type { return &Type{Kind: Struct, Fields: fields} }

// NewUnion returns uniontype<alternatives>.
func NewUnion(alternatives ...*Type) *Type {
	t := &Type{Kind: Union, Fields: make([]Field, len(alternatives))}
	for i, a := range alternatives {
		t.Fields[i].Type = a
	}
	return t
}

// Physical returns the storage class of values of t.
func (t *Type) Physical() Physical {
	switch t.Kind {
	case Void:
		return Nothing
	case Boolean, TinyInt, SmallInt, Int, BigInt, Date, IntervalYearMonth:
		return I64
	case Decimal:
		if t.Precision <= MaxInt64Precision {
			return I64
		}
		return I128
	case Float, Double:
		return F64
	case Timestamp, TimestampLTZ, IntervalDayTime:
		return I128
	case Array:
		return List
	case Map:
		return MapOf
	case Struct:
		return Record
	case Union:
		return Tagged
	default:
		return Bytes
	}
}

// IsInteger reports whether t is tinyint … bigint.
func (t *Type) IsInteger() bool { return t.Kind >= TinyInt && t.Kind <= BigInt }

// IsNumeric reports whether t is an integer, decimal, float or double.
func (t *Type) IsNumeric() bool { return t.Kind >= TinyInt && t.Kind <= Double }

// IsString reports whether t is string, varchar or char.
func (t *Type) IsString() bool { return t.Kind >= String && t.Kind <= Char }

// IsDateGroup reports whether t is date, timestamp or timestamp with local time zone.
func (t *Type) IsDateGroup() bool { return t.Kind >= Date && t.Kind <= TimestampLTZ }

// IsInterval reports whether t is one of the two interval kinds.
func (t *Type) IsInterval() bool { return t.Kind == IntervalYearMonth || t.Kind == IntervalDayTime }

// IsPrimitive reports whether t is not nested.
func (t *Type) IsPrimitive() bool { return t.Kind < Array }

// Equal reports whether a and b are the same type, field names included and comments ignored.
func (t *Type) Equal(o *Type) bool {
	if t == o {
		return true
	}
	if t == nil || o == nil || t.Kind != o.Kind || t.Precision != o.Precision || t.Scale != o.Scale || t.Length != o.Length ||
		len(t.Fields) != len(o.Fields) {
		return false
	}
	if t.Elem != nil && !t.Elem.Equal(o.Elem) || t.Key != nil && !t.Key.Equal(o.Key) {
		return false
	}
	for i := range t.Fields {
		if t.Fields[i].Name != o.Fields[i].Name || !t.Fields[i].Type.Equal(o.Fields[i].Type) {
			return false
		}
	}
	return true
}

// Shown is the name that values of the struct show.
func (f *Field) Shown() string {
	if f.Label != "" {
		return f.Label
	}
	return f.Name
}

// Unlabelled returns t, or, when fields inside of it have labels, a copy without them.
func (t *Type) Unlabelled() *Type {
	if t == nil {
		return nil
	}
	out := *t
	out.Elem, out.Key = t.Elem.Unlabelled(), t.Key.Unlabelled()
	changed := out.Elem != t.Elem || out.Key != t.Key
	out.Fields = slices.Clone(t.Fields)
	for i := range out.Fields {
		f := &out.Fields[i]
		inner := f.Type.Unlabelled()
		changed = changed || f.Label != "" || inner != f.Type
		f.Label, f.Type = "", inner
	}
	if !changed {
		return t
	}
	return &out
}

// FieldIndex returns the position of the struct field called name (any case), or -1.
func (t *Type) FieldIndex(name string) int {
	for i := range t.Fields {
		if strings.EqualFold(t.Fields[i].Name, name) {
			return i
		}
	}
	return -1
}

var kindNames = [...]string{
	Void: "void", Boolean: "boolean", TinyInt: "tinyint", SmallInt: "smallint", Int: "int", BigInt: "bigint",
	Decimal: "decimal", Float: "float", Double: "double", String: "string", Varchar: "varchar", Char: "char",
	Binary: "binary", Date: "date", Timestamp: "timestamp", TimestampLTZ: "timestamp with local time zone",
	IntervalYearMonth: "interval_year_month", IntervalDayTime: "interval_day_time",
	Array: "array", Map: "map", Struct: "struct", Union: "uniontype",
}

// String returns the kind's Hive name without parameters.
func (k Kind) String() string { return kindNames[k] }

// String returns Hive's text of the type: lower-case, no blanks, e.g. "map<string,decimal(10,2)>".
func (t *Type) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t *Type) write(b *strings.Builder) {
	b.WriteString(kindNames[t.Kind])
	switch t.Kind {
	case Decimal:
		fmt.Fprintf(b, "(%d,%d)", t.Precision, t.Scale)
	case Char, Varchar:
		fmt.Fprintf(b, "(%d)", t.Length)
	case Array:
		b.WriteByte('<')
		t.Elem.write(b)
		b.WriteByte('>')
	case Map:
		b.WriteByte('<')
		t.Key.write(b)
		b.WriteByte(',')
		t.Elem.write(b)
		b.WriteByte('>')
	case Struct, Union:
		b.WriteByte('<')
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteByte(',')
			}
			if t.Kind == Struct {
				b.WriteString(f.Name)
				b.WriteByte(':')
			}
			f.Type.write(b)
		}
		b.WriteByte('>')
	}
}
