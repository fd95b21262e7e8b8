package types

// SystemDecimal is the type to which a string converts when a decimal is asked for without parameters.
var SystemDecimal = NewDecimal(38, 18)

// DefaultDecimal is `decimal` without parameters.
var DefaultDecimal = NewDecimal(10, 0)

// CommonFunc finds the type in which two values meet; nil when there is none.
type CommonFunc func(a, b *Type) *Type

// ImplicitlyConvertible reports whether Hive converts from → to without being asked.
func ImplicitlyConvertible(from, to *Type) bool {
	if from.Equal(to) {
		return true
	}
	if !from.IsPrimitive() || !to.IsPrimitive() {
		return false
	}
	return implicitKind(from.Kind, to.Kind)
}

func implicitKind(from, to Kind) bool {
	if from == to || from == Void {
		return true
	}
	fg, tg := groupOf(from), groupOf(to)
	switch {
	case fg == stringGroup && (to == Double || tg == stringGroup):
		return true
	case (fg == dateGroup || fg == numericGroup) && tg == stringGroup:
		return true
	case fg == numericGroup && tg == numericGroup:
		return from <= to
	}
	return false
}

// group is Hive's coarse division of the primitive types.
type group uint8

const (
	voidGroup group = iota
	booleanGroup
	numericGroup
	stringGroup
	binaryGroup
	dateGroup
	intervalGroup
	nestedGroup
)

func groupOf(k Kind) group {
	switch {
	case k == Void:
		return voidGroup
	case k == Boolean:
		return booleanGroup
	case k >= TinyInt && k <= Double:
		return numericGroup
	case k >= String && k <= Char:
		return stringGroup
	case k == Binary:
		return binaryGroup
	case k >= Date && k <= TimestampLTZ:
		return dateGroup
	case k == IntervalYearMonth || k == IntervalDayTime:
		return intervalGroup
	default:
		return nestedGroup
	}
}

// DecimalFor returns the decimal type that Hive uses for values of t when they take part in decimal arithmetic.
func DecimalFor(t *Type) *Type {
	switch t.Kind {
	case Decimal:
		return t
	case Boolean:
		return NewDecimal(1, 0)
	case TinyInt:
		return NewDecimal(3, 0)
	case SmallInt:
		return NewDecimal(5, 0)
	case Int:
		return NewDecimal(10, 0)
	case BigInt:
		return NewDecimal(19, 0)
	case Float:
		return NewDecimal(7, 7)
	case Double:
		return NewDecimal(15, 15)
	}
	return SystemDecimal
}

// CommonDecimal returns the decimal that holds the integer digits and the scale of both types, giving up scale, not integer
// digits, where 38 digits do not suffice.
func CommonDecimal(a, b *Type) *Type {
	a, b = DecimalFor(a), DecimalFor(b)
	whole := max(a.Precision-a.Scale, b.Precision-b.Scale)
	scale := max(a.Scale, b.Scale)
	return NewDecimal(min(whole+scale, MaxPrecision), min(scale, MaxPrecision-whole))
}

// ofKind makes the type of the given kind that suits both a and b.
func ofKind(k Kind, a, b *Type) *Type {
	switch k {
	case Decimal:
		return CommonDecimal(a, b)
	case Char:
		return NewChar(max(a.Length, b.Length))
	case Varchar:
		return NewVarchar(max(a.Length, b.Length))
	}
	if a.Kind == k {
		return a
	}
	if b.Kind == k {
		return b
	}
	return &Type{Kind: k}
}

// Common is the type of values that may be either a or b: the branches of CASE, IF and COALESCE, the elements of array().
func Common(a, b *Type) *Type {
	if a.Equal(b) {
		return a
	}
	if !a.IsPrimitive() || !b.IsPrimitive() {
		return nested(a, b, Common)
	}
	if a.Kind == b.Kind {
		return ofKind(a.Kind, a, b)
	}
	ga, gb := groupOf(a.Kind), groupOf(b.Kind)
	switch {
	case ga == voidGroup:
		return b
	case gb == voidGroup:
		return a
	case ga == gb && (ga == numericGroup || ga == dateGroup):
		return ofKind(max(a.Kind, b.Kind), a, b)
	case ga == gb && ga == stringGroup:
		return StringType
	case ga == stringGroup && (gb == dateGroup || gb == numericGroup):
		return ofKind(a.Kind, a, a)
	case gb == stringGroup && (ga == dateGroup || ga == numericGroup):
		return ofKind(b.Kind, b, b)
	}
	return nil
}

// CommonComparison is the type in which a and b are compared; nil when Hive has none (it then compares as doubles or refuses,
// depending on the operator).
func CommonComparison(a, b *Type) *Type {
	if a.Equal(b) {
		return a
	}
	if !a.IsPrimitive() || !b.IsPrimitive() {
		return nested(a, b, CommonComparison)
	}
	if a.Kind == b.Kind {
		return ofKind(a.Kind, a, b)
	}
	ga, gb := groupOf(a.Kind), groupOf(b.Kind)
	switch {
	case ga == voidGroup:
		return b
	case gb == voidGroup:
		return a
	case ga == dateGroup && gb == dateGroup:
		return ofKind(max(a.Kind, b.Kind), a, b)
	case ga == stringGroup && gb == stringGroup:
		return StringType
	case ga == stringGroup && gb == dateGroup:
		return b
	case gb == stringGroup && ga == dateGroup:
		return a
	case ga == numericGroup && b.Kind == Timestamp, gb == numericGroup && a.Kind == Timestamp:
		return DoubleType
	}
	for k := TinyInt; k <= String; k++ {
		if implicitKind(a.Kind, k) && implicitKind(b.Kind, k) {
			return ofKind(k, a, b)
		}
	}
	return nil
}

// CommonUnion is the type of a UNION's column over branches of types a and b: it stays within one group of types.
func CommonUnion(a, b *Type) *Type {
	if a.Equal(b) {
		return a
	}
	if !a.IsPrimitive() || !b.IsPrimitive() { // an untyped NULL is no array
		return nil
	}
	if a.Kind == Void {
		return b
	}
	if b.Kind == Void {
		return a
	}
	if a.Kind == b.Kind {
		return ofKind(a.Kind, a, b)
	}
	ga := groupOf(a.Kind)
	if ga != groupOf(b.Kind) {
		return nil
	}
	switch ga {
	case stringGroup:
		return StringType
	case numericGroup:
		return ofKind(max(a.Kind, b.Kind), a, b)
	case dateGroup:
		return TimestampType
	}
	return nil
}

// nested unifies struct types field by field; other nested types must be equal.
func nested(a, b *Type, common CommonFunc) *Type {
	if a.Kind == Void {
		return b
	}
	if b.Kind == Void {
		return a
	}
	if a.Kind != Struct || b.Kind != Struct || len(a.Fields) != len(b.Fields) {
		return nil
	}
	fields := make([]Field, len(a.Fields))
	for i := range fields {
		if a.Fields[i].Name != b.Fields[i].Name {
			return nil
		}
		t := common(a.Fields[i].Type, b.Fields[i].Type)
		if t == nil {
			return nil
		}
		fields[i] = Field{Name: a.Fields[i].Name, Type: t}
	}
	return NewStruct(fields...)
}

// LossyComparison reports whether comparing a with b may lose information so that Hive's type safety check refuses it: bigint
// or decimal with a string type. Comparing bigint with double only draws a warning.
func LossyComparison(a, b *Type) bool {
	lossy := func(x, y *Type) bool {
		return x.Kind == BigInt && y.IsString() || x.Kind == Decimal && y.IsString()
	}
	return lossy(a, b) || lossy(b, a)
}
