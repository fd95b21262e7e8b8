package partition

import (
	"cmp"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind is the comparison family of a partition value or literal.
type Kind uint8

// The kinds. Integers of all widths are one kind: the width only bounds what a text can mean.
const (
	Null Kind = iota
	Bool
	Int
	Decimal
	Double
	String
	Date
	Timestamp
)

// Value is a typed partition value or literal. The zero Value is NULL.
type Value struct {
	Kind  Kind
	Int   int64   // Bool (0, 1), Int, Date (days since 1970), Timestamp (seconds since 1970)
	Nanos int32   // Timestamp
	Float float64 // Double
	Text  string  // String; Decimal in canonical digits ("-12.5": no plus, no superfluous zeros)
}

// BoolValue returns a boolean value.
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, Int: 1}
	}
	return Value{Kind: Bool}
}

// IntValue returns an integer value.
func IntValue(i int64) Value { return Value{Kind: Int, Int: i} }

// DoubleValue returns a floating-point value.
func DoubleValue(f float64) Value { return Value{Kind: Double, Float: f} }

// StringValue returns a string value.
func StringValue(s string) Value { return Value{Kind: String, Text: s} }

// DateValue returns a date given in days since 1970-01-01.
func DateValue(days int64) Value { return Value{Kind: Date, Int: days} }

// TimestampValue returns a zone-less timestamp given in seconds since 1970 and nanoseconds.
func TimestampValue(seconds int64, nanos int32) Value {
	return Value{Kind: Timestamp, Int: seconds, Nanos: nanos}
}

// DecimalValue returns the decimal written in text, NULL when text is no number.
func DecimalValue(text string) Value {
	if s, ok := canonicalDecimal(text); ok {
		return Value{Kind: Decimal, Text: s}
	}
	return Value{}
}

// Type is the type of a partition key, reduced to what comparing its values takes.
type Type struct {
	Kind Kind
	bits uint // Int: width
	char bool // String: trailing blanks do not count
}

// TypeOf returns the comparison type for Hive type text. Types without an order of their own compare as strings.
func TypeOf(text string) Type {
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "(")
	switch strings.TrimSpace(base) {
	case "boolean":
		return Type{Kind: Bool}
	case "tinyint":
		return Type{Kind: Int, bits: 8}
	case "smallint":
		return Type{Kind: Int, bits: 16}
	case "int", "integer":
		return Type{Kind: Int, bits: 32}
	case "bigint":
		return Type{Kind: Int, bits: 64}
	case "float", "double", "double precision":
		return Type{Kind: Double}
	case "decimal", "dec", "numeric":
		return Type{Kind: Decimal}
	case "date":
		return Type{Kind: Date}
	case "timestamp":
		return Type{Kind: Timestamp}
	case "char":
		return Type{Kind: String, char: true}
	}
	return Type{Kind: String}
}

// Parse reads the text of a partition value as a query would see it: text that the type cannot hold is NULL, and so is
// DefaultName, except to strings, which it is one of.
func (t Type) Parse(text string) Value {
	if text == DefaultName && t.Kind != String {
		return Value{}
	}
	switch t.Kind {
	case Bool:
		switch strings.ToLower(text) {
		case "", "false", "no", "off", "0":
			return BoolValue(false)
		}
		return BoolValue(true)
	case Int:
		if i, ok := parseInt(text, t.bits); ok {
			return IntValue(i)
		}
	case Double:
		if f, ok := parseDouble(text); ok {
			return DoubleValue(f)
		}
	case Decimal:
		return DecimalValue(text)
	case Date:
		if d, ok := parseDate(text); ok {
			return DateValue(d)
		}
	case Timestamp:
		if s, n, ok := parseTimestamp(text); ok {
			return TimestampValue(s, n)
		}
	default:
		if t.char {
			text = strings.TrimRight(text, " ")
		}
		return StringValue(text)
	}
	return Value{}
}

// Key returns the value in a form that SQLite orders exactly as Compare does among values of one kind: integers as
// integers, strings as text under the BINARY collation, the others as byte strings. NULL has no key.
func (v Value) Key() any {
	switch v.Kind {
	case Bool, Int, Date:
		return v.Int
	case String:
		return v.Text
	case Double:
		return doubleKey(v.Float)
	case Decimal:
		return decimalKey(v.Text)
	case Timestamp:
		b := make([]byte, 12)
		binary.BigEndian.PutUint64(b, uint64(v.Int)^(1<<63))
		binary.BigEndian.PutUint32(b[8:], uint32(v.Nanos))
		return b
	}
	return nil
}

func doubleKey(f float64) []byte {
	var u uint64
	switch {
	case math.IsNaN(f): // one NaN, above everything
		u = math.MaxUint64
	case f == 0: // -0.0 equals 0.0
		u = 1 << 63
	default:
		u = math.Float64bits(f)
		if u>>63 == 1 {
			u = ^u
		} else {
			u |= 1 << 63
		}
	}
	return binary.BigEndian.AppendUint64(nil, u)
}

// decimalKey encodes sign, number of integer digits, digits; the digits of negative numbers are complemented.
func decimalKey(s string) []byte {
	if s == "0" {
		return []byte{1}
	}
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "0" {
		whole = ""
	}
	out := []byte{2}
	out = binary.BigEndian.AppendUint16(out, uint16(min(len(whole), math.MaxUint16)))
	out = append(out, whole...)
	out = append(out, fraction...)
	out = append(out, 0)
	if negative {
		out[0] = 0
		for i := 1; i < len(out); i++ {
			out[i] = ^out[i]
		}
	}
	return out
}

// Compare orders two values by Hive's rules for mixed types. ok is false when either is NULL or cannot be read as the
// type the comparison is made in.
func Compare(a, b Value) (order int, ok bool) {
	if a.Kind == Null || b.Kind == Null {
		return 0, false
	}
	if a.Kind != b.Kind {
		if a, b, ok = unify(a, b); !ok {
			return 0, false
		}
	}
	switch a.Kind {
	case Bool, Int, Date:
		return cmp.Compare(a.Int, b.Int), true
	case Double:
		return compareDoubles(a.Float, b.Float), true
	case Decimal:
		return compareDecimals(a.Text, b.Text), true
	case Timestamp:
		if c := cmp.Compare(a.Int, b.Int); c != 0 {
			return c, true
		}
		return cmp.Compare(a.Nanos, b.Nanos), true
	}
	return strings.Compare(a.Text, b.Text), true
}

// unify brings two values of different kinds to one.
func unify(a, b Value) (Value, Value, bool) {
	switch {
	case isDateGroup(a.Kind) && (isDateGroup(b.Kind) || b.Kind == String),
		isDateGroup(b.Kind) && a.Kind == String:
		// a string is read as the date type; of two date types the wider wins
		target := Date
		if a.Kind == Timestamp || b.Kind == Timestamp {
			target = Timestamp
		}
		a, b = toDateGroup(a, target), toDateGroup(b, target)
	case (a.Kind == Int && b.Kind == Decimal) || (a.Kind == Decimal && b.Kind == Int):
		a, b = toDecimal(a), toDecimal(b)
	default:
		a, b = toDouble(a), toDouble(b)
	}
	return a, b, a.Kind != Null && b.Kind != Null
}

func isDateGroup(k Kind) bool { return k == Date || k == Timestamp }

func toDateGroup(v Value, target Kind) Value {
	switch {
	case v.Kind == target:
		return v
	case v.Kind == Date:
		return TimestampValue(v.Int*secondsPerDay, 0)
	case v.Kind == String:
		return Type{Kind: target}.Parse(v.Text)
	}
	return Value{}
}

func toDecimal(v Value) Value {
	if v.Kind == Int {
		return Value{Kind: Decimal, Text: strconv.FormatInt(v.Int, 10)}
	}
	return v
}

func toDouble(v Value) Value {
	switch v.Kind {
	case Double:
		return v
	case Bool, Int:
		return DoubleValue(float64(v.Int))
	case Timestamp:
		return DoubleValue(float64(v.Int) + float64(v.Nanos)/1e9)
	case Decimal, String:
		if f, ok := parseDouble(v.Text); ok {
			return DoubleValue(f)
		}
	}
	return Value{}
}

func compareDoubles(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	case math.IsNaN(b):
		return -1
	}
	return cmp.Compare(a, b)
}

func compareDecimals(a, b string) int {
	da, na := strings.CutPrefix(a, "-")
	db, nb := strings.CutPrefix(b, "-")
	if na != nb {
		if na {
			return -1
		}
		return 1
	}
	wa, fa, _ := strings.Cut(da, ".")
	wb, fb, _ := strings.Cut(db, ".")
	c := cmp.Compare(len(wa), len(wb))
	if c == 0 {
		c = strings.Compare(wa, wb)
	}
	if c == 0 {
		c = strings.Compare(fa, fb)
	}
	if na {
		return -c
	}
	return c
}

// String is the value as Hive writes it in the name of a partition; of NULL, the name of the default partition.
func (v Value) String() string {
	switch v.Kind {
	case Bool:
		return strconv.FormatBool(v.Int != 0)
	case Int:
		return strconv.FormatInt(v.Int, 10)
	case Double:
		return strconv.FormatFloat(v.Float, 'g', -1, 64)
	case Date:
		return time.Unix(v.Int*86400, 0).UTC().Format(time.DateOnly)
	case Timestamp:
		return strings.TrimSuffix(time.Unix(v.Int, int64(v.Nanos)).UTC().Format("2006-01-02 15:04:05.999999999"), ".")
	case Null:
		return DefaultName
	}
	return v.Text
}
