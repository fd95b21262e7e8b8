package function

import (
	"slices"
	"strconv"
	"strings"

	"skep/dialect/types"
)

// operatorFunctions are the arithmetic and bit operators.
var operatorFunctions = []Function{
	scalar("+", "a _FUNC_ b: sum; also date + days or interval", plusMinus("+")),
	scalar("-", "a _FUNC_ b: difference; also date - days, date - interval, date - date", plusMinus("-")),
	scalar("*", "a _FUNC_ b: product", arithmetic("*", "generic.GenericUDFOPMultiply")),
	scalar("/", "a _FUNC_ b: quotient; NULL when b is 0", arithmetic("/", "generic.GenericUDFOPDivide")),
	scalar("%", "a _FUNC_ b: remainder with the sign of a; NULL when b is 0", arithmetic("%", "generic.GenericUDFOPMod")),
	scalar("pmod", "_FUNC_(a, b): remainder with the sign of b", arithmetic("pmod", "generic.GenericUDFPosMod")),
	scalar("div", "a _FUNC_ b: integer quotient, an error when b is 0", methods("UDFOPLongDivide", "bigint(bigint,bigint)")),
	scalar("&", "a _FUNC_ b: bitwise and", methods("UDFOPBitAnd", bitwise...)),
	scalar("|", "a _FUNC_ b: bitwise or", methods("UDFOPBitOr", bitwise...)),
	scalar("^", "a _FUNC_ b: bitwise exclusive or", methods("UDFOPBitXor", bitwise...)),
	scalar("~", "_FUNC_ a: bitwise complement", methods("UDFOPBitNot", "tinyint(tinyint)", "smallint(smallint)", "int(int)", "bigint(bigint)")),
	scalar("shiftleft", "_FUNC_(a, n): a shifted left by n bits", methods("UDFOPBitShiftLeft", shifts...)),
	scalar("shiftright", "_FUNC_(a, n): a shifted right by n bits, keeping the sign", methods("UDFOPBitShiftRight", shifts...)),
	scalar("shiftrightunsigned", "_FUNC_(a, n): a shifted right by n bits, filling with 0", methods("UDFOPBitShiftRightUnsigned", shifts...)),
	scalar("negative", "_FUNC_ a: a with the other sign", sign("GenericUDFOPNegative")),
	scalar("positive", "_FUNC_ a: a", sign("GenericUDFOPPositive")),
}

var (
	bitwise = []string{"tinyint(tinyint,tinyint)", "smallint(smallint,smallint)", "int(int,int)", "bigint(bigint,bigint)"}
	shifts  = []string{"int(tinyint,int)", "int(smallint,int)", "int(int,int)", "bigint(bigint,int)"}
)

// operand is the type in which an argument takes part in arithmetic: strings are doubles.
func operand(a Arg) *types.Type {
	if a.Type.IsString() {
		return types.DoubleType
	}
	return a.Type
}

// asDecimal is the decimal type of an exact operand: integer constants count with their own digits only.
func asDecimal(a Arg) *types.Type {
	if t := constantInteger(a); t != nil {
		return t
	}
	return types.DecimalFor(a.Type)
}

// constantInteger is the decimal type of the digits of an integer constant, nil for other arguments.
func constantInteger(a Arg) *types.Type {
	if a.Const == nil || a.Const.Null || !a.Type.IsInteger() {
		return nil
	}
	digits := strings.TrimPrefix(strconv.FormatInt(a.Const.I, 10), "-")
	return types.NewDecimal(len(digits), 0)
}

// arithmeticType returns the result of numeric arithmetic with the types to which the operands are converted, or an error of
// class. Decimal operands keep their own precision and scale.
func arithmeticType(op, class string, args []Arg) (Resolution, error) {
	for i, a := range args {
		if a.Type.IsPrimitive() || a.Type.Kind == types.Void {
			continue
		}
		if op == "+" || op == "-" {
			return Resolution{}, unpositioned(classCastException, "class %s cannot be cast to class PrimitiveObjectInspector", a.Type)
		}
		return Resolution{}, wrongType(i, "The %s argument of %s  is expected to a primitive type, but %s is found", [...]string{"1st", "2nd"}[i],
			strings.TrimPrefix(class, "generic."), toLower(category(a.Type)))
	}
	a, b := operand(args[0]), operand(args[1])
	numeric := func(t *types.Type) bool { return t.IsNumeric() || t.Kind == types.Void }
	if !numeric(a) || !numeric(b) {
		return Resolution{}, noMethod(class, args, nil)
	}
	both := func(t *types.Type) (Resolution, error) {
		return Resolution{Args: []*types.Type{t, t}, Result: t}, nil
	}
	exact := func(t *types.Type) bool { return t.IsInteger() || t.Kind == types.Decimal }
	if !exact(a) || !exact(b) {
		t := types.Common(a, b)
		if t.Kind == types.Decimal || t.Kind == types.Void || op == "/" {
			t = types.DoubleType
		}
		return both(t)
	}
	if a.Kind != types.Decimal && b.Kind != types.Decimal {
		if op == "/" {
			return both(types.DoubleType)
		}
		return both(types.Common(a, b))
	}
	x, y := asDecimal(args[0]), asDecimal(args[1])
	return Resolution{Args: []*types.Type{x, y}, Result: DecimalResult(op, x, y)}, nil
}

// minDivisionScale is the least scale of a decimal quotient, and of a result that must lose digits.
const minDivisionScale = 6

// DecimalResult returns the type of "a op b" for decimals, op being + - * / % or pmod.
func DecimalResult(op string, a, b *types.Type) *types.Type {
	p1, s1, p2, s2 := a.Precision, a.Scale, b.Precision, b.Scale
	var p, s int
	switch op {
	case "*":
		p, s = p1+p2+1, s1+s2
	case "/":
		s = max(minDivisionScale, s1+p2+1)
		p = p1 - s1 + s2 + s
	case "%":
		s = max(s1, s2)
		p = min(p1-s1, p2-s2) + s
	case "pmod":
		s = max(s1, s2)
		p = min(types.MaxPrecision, max(p1-s1, p2-s2)+s)
	default:
		s = max(s1, s2)
		p = max(p1-s1, p2-s2) + s + 1
	}
	if p > types.MaxPrecision {
		digits := p - s
		s = max(types.MaxPrecision-digits, min(s, minDivisionScale))
		p = types.MaxPrecision
	}
	return types.NewDecimal(max(p, 1), s)
}

func arithmetic(op, class string) resolver {
	return func(env *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 2 {
			return Resolution{}, wrongArguments("%s requires two arguments.", strings.TrimPrefix(class, "generic."))
		}
		if op != "+" && op != "-" && !env.Hive3() { // there 4.0 counts the digits of what is written, not of what it computes
			args = slices.Clone(args)
			for i := range args {
				if !args[i].Literal {
					args[i].Const = nil
				}
			}
		}
		return arithmeticType(op, class, args)
	}
}

// plusMinus adds date and interval arithmetic to + and -.
func plusMinus(op string) resolver {
	class := "generic.GenericUDFOPNumericPlus"
	if op == "-" {
		class = "generic.GenericUDFOPNumericMinus"
	}
	numeric := arithmetic(op, class)
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		if len(args) != 2 {
			return numeric(env, args, distinct)
		}
		if r := temporal(op, args[0].Type, args[1].Type); r != nil {
			return *r, nil
		}
		if op == "+" && !args[0].Type.IsInteger() {
			if r := temporal(op, args[1].Type, args[0].Type); r != nil {
				return Resolution{Args: []*types.Type{r.Args[1], r.Args[0]}, Result: r.Result}, nil
			}
		}
		if a, b := args[0].Type, args[1].Type; a.IsInterval() || b.IsInterval() || a.IsDateGroup() || b.IsDateGroup() {
			return Resolution{}, noMethod(map[string]string{"+": "generic.GenericUDFOPDTIPlus", "-": "generic.GenericUDFOPDTIMinus"}[op], args, nil)
		}
		return numeric(env, args, distinct)
	}
}

// temporal resolves a op b where a is a date, timestamp or interval; nil when it is something else.
func temporal(op string, a, b *types.Type) *Resolution {
	of := func(x, y, result *types.Type) *Resolution {
		return &Resolution{Args: []*types.Type{x, y}, Result: result}
	}
	isDate, isTime := a.Kind == types.Date, a.Kind == types.Timestamp || a.Kind == types.TimestampLTZ
	switch {
	case a.IsInterval() && b.Kind == a.Kind:
		return of(a, a, a)
	case op == "-" && (isDate || isTime) && b.IsDateGroup():
		if isDate && b.Kind == types.Date {
			return of(types.DateType, types.DateType, types.IntervalDayTimeType)
		}
		return of(types.TimestampType, types.TimestampType, types.IntervalDayTimeType)
	case (isDate || isTime) && b.Kind == types.IntervalYearMonth:
		return of(a, b, a)
	case isTime && b.Kind == types.IntervalDayTime:
		return of(a, b, a)
	case isDate && b.Kind == types.IntervalDayTime:
		return of(types.TimestampType, b, types.TimestampType)
	case isDate && b.Kind == types.Int:
		return of(a, types.IntType, a)
	}
	return nil
}

// sign resolves unary minus and plus.
func sign(class string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 {
			return Resolution{}, wrongArguments("%s requires one argument.", class)
		}
		t := operand(args[0])
		if !t.IsNumeric() && !t.IsInterval() && t.Kind != types.Void {
			return Resolution{}, wrongType(0, "The 1st argument of %s  is expected to be a numeric or interval type, but %s is found", class, t)
		}
		return Resolution{Args: []*types.Type{t}, Result: t}, nil
	}
}
