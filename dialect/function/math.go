package function

import (
	"strings"

	"skep/dialect/types"
)

// mathFunctions work on numbers.
var mathFunctions = []Function{
	scalar("round", "_FUNC_(x [, d]): x rounded half up to d decimal places", rounding("ROUND")),
	scalar("bround", "_FUNC_(x [, d]): x rounded half even to d decimal places", rounding("BROUND")),
	scalar("floor", "_FUNC_(x): the largest integer not above x", integral("FLOOR")),
	scalar("ceil", "_FUNC_(x): the smallest integer not below x", integral("CEIL")),
	scalar("abs", "_FUNC_(x): absolute value", absolute),
	scalar("sqrt", "_FUNC_(x): square root; NULL for negative x", real("UDFSqrt")),
	simple("cbrt", "number -> double", "_FUNC_(x): cube root"),
	scalar("exp", "_FUNC_(x): e to the power of x", real("UDFExp")),
	scalar("ln", "_FUNC_(x): natural logarithm", real("UDFLn")),
	scalar("log2", "_FUNC_(x): logarithm to base 2", real("UDFLog2")),
	scalar("log10", "_FUNC_(x): logarithm to base 10", real("UDFLog10")),
	simple("log", "double [double] -> double", "_FUNC_([b], x): logarithm to base b, or natural"),
	simple("pow", "double double -> double", "_FUNC_(x, y): x to the power of y"),
	scalar("sign", "_FUNC_(x): 1, 0 or -1 by the sign of x", signum),
	scalar("sin", "_FUNC_(x): sine of x radians", real("UDFSin")),
	scalar("asin", "_FUNC_(x): arc sine", real("UDFAsin")),
	scalar("cos", "_FUNC_(x): cosine of x radians", real("UDFCos")),
	scalar("acos", "_FUNC_(x): arc cosine", real("UDFAcos")),
	scalar("tan", "_FUNC_(x): tangent of x radians", real("UDFTan")),
	scalar("atan", "_FUNC_(x): arc tangent", real("UDFAtan")),
	scalar("sinh", "_FUNC_(x): hyperbolic sine", real("UDFSinh")),
	scalar("cosh", "_FUNC_(x): hyperbolic cosine", real("UDFCosh")),
	scalar("tanh", "_FUNC_(x): hyperbolic tangent", real("UDFTanh")),
	scalar("degrees", "_FUNC_(x): radians to degrees", real("UDFDegrees")),
	scalar("radians", "_FUNC_(x): degrees to radians", real("UDFRadians")),
	simple("pi", "-> double", "_FUNC_(): the number pi"),
	simple("e", "-> double", "_FUNC_(): the base of the natural logarithm"),
	volatile("rand", "_FUNC_([seed]): a pseudo-random number in [0, 1)", methods("UDFRand", "double()", "double(bigint)")),
	simple("factorial", "integer -> bigint", "_FUNC_(n): n! for n in 0..20, otherwise NULL"),
	scalar("conv", "_FUNC_(num, from, to): a number in another base", methods("UDFConv", "string(string,int,int)", "string(int,int,int)", "string(bigint,int,int)")),
	scalar("bin", "_FUNC_(n): n in binary", methods("UDFBin", "string(bigint)")),
	scalar("hex", "_FUNC_(x): x in hexadecimal", methods("UDFHex", "string(bigint)", "string(string)", "string(binary)")),
	scalar("unhex", "_FUNC_(s): the bytes that hexadecimal digits stand for", methods("UDFUnhex", "binary(string)")),
	scalar("crc32", "_FUNC_(x): CRC-32 of a string or binary", methods("UDFCrc32", "bigint(string)", "bigint(binary)")),
	scalar("width_bucket", "_FUNC_(x, low, high, n): the bucket of x among n equal ones between low and high", widthBucket),
	simple("hash", "any... -> int", "_FUNC_(a, b …): hash of the arguments"),
	simple("murmur_hash", "any... -> int", "_FUNC_(a, b …): murmur hash of the arguments"),
}

// real takes a double (or a decimal, which is converted) and gives a double.
func real(class string) resolver {
	choose := methods(class, "double(decimal(38,18))", "double(double)")
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		r, err := choose(env, args, distinct)
		if err != nil {
			return r, err
		}
		if args[0].Type.Kind == types.Decimal {
			r.Via = []*types.Type{widestDecimal(args[0].Type)}
		}
		r.Args = []*types.Type{types.DoubleType}
		return r, nil
	}
}

// widestDecimal is the type in which old-style functions of Hive take a decimal of type t: (38,18), which cannot hold values of more
// than 20 whole digits; nil when that makes no difference.
func widestDecimal(t *types.Type) *types.Type {
	if t.Precision-t.Scale <= defaultDecimal.Precision-defaultDecimal.Scale {
		return nil
	}
	return defaultDecimal
}

var defaultDecimal = types.NewDecimal(types.MaxPrecision, 18)

func rounding(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) < 1 || len(args) > 2 {
			return Resolution{}, wrongLength("%s requires one or two argument, got %d", name, len(args))
		}
		if !args[0].Type.IsPrimitive() {
			return Resolution{}, wrongType(0, "%s input only takes primitive types, got %s", name, category(args[0].Type))
		}
		digits := 0
		if len(args) == 2 {
			if !args[1].Type.IsInteger() && args[1].Type.Kind != types.Void {
				return Resolution{}, wrongType(1, "%s second argument only takes numeric type", name)
			}
			if args[1].Const == nil {
				return Resolution{}, wrongType(1, "%s second argument only takes constant", name)
			}
			digits = int(args[1].Const.I)
		}
		t := args[0].Type
		result := t
		switch {
		case t.IsString():
			t, result = types.DoubleType, types.DoubleType
		case t.Kind == types.Void:
		case t.Kind == types.Decimal:
			result = roundedDecimal(t, digits)
		case !t.IsNumeric():
			return Resolution{}, wrongType(0, "Only numeric or string group data types are allowed for %s function. Got %s", name, category(t))
		}
		r := Resolution{Args: []*types.Type{t}, Result: result}
		if len(args) == 2 {
			r.Args = append(r.Args, types.IntType)
		}
		return r, nil
	}
}

func roundedDecimal(t *types.Type, digits int) *types.Type {
	whole := t.Precision - t.Scale
	scale := max(digits, 0)
	if digits < t.Scale {
		whole++
	}
	return types.NewDecimal(min(whole+scale, types.MaxPrecision), min(scale, types.MaxPrecision))
}

func integral(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 {
			return Resolution{}, wrongLength("%s requires 1 argument, got %d", name, len(args))
		}
		t := args[0].Type
		switch {
		case t.Kind == types.Decimal:
			return Resolution{Args: []*types.Type{t}, Result: types.NewDecimal(min(t.Precision-t.Scale+1, types.MaxPrecision), 0)}, nil
		case t.IsInteger():
			return Resolution{Args: []*types.Type{types.BigIntType}, Result: types.BigIntType}, nil
		case t.IsNumeric() || t.IsString() || t.Kind == types.Void:
			return Resolution{Args: []*types.Type{types.DoubleType}, Result: types.BigIntType}, nil
		}
		return Resolution{}, wrongType(0, "The 1st argument of GenericUDF%s  is expected to a numeric type, but %s is found", name[:1]+strings.ToLower(name[1:]), t)
	}
}

var chooseSign = methods("UDFSign", "int(decimal(38,18))", "double(double)")

func signum(env *Env, args []Arg, distinct bool) (Resolution, error) {
	r, err := chooseSign(env, args, distinct)
	if err == nil && args[0].Type.Kind == types.Decimal {
		if t := widestDecimal(args[0].Type); t != nil {
			r.Args = []*types.Type{t}
		}
	}
	return r, err
}

func absolute(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, requires("abs", 1, 1, len(args))
	}
	t := args[0].Type
	switch {
	case !t.IsPrimitive():
		return Resolution{}, wrongArguments("ABS only takes primitive types, got %s", t)
	case t.Kind == types.TinyInt || t.Kind == types.SmallInt:
		t = types.IntType
	case t.Kind == types.String || t.Kind == types.Float:
		t = types.DoubleType
	case !t.IsNumeric():
		return Resolution{}, wrongArguments("ABS only takes SHORT/BYTE/INT/LONG/DOUBLE/FLOAT/STRING/DECIMAL types, got %s", category(t))
	}
	return Resolution{Args: []*types.Type{t}, Result: t}, nil
}

// widthBucket compares in the common type of value and bounds.
func widthBucket(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 4 {
		return Resolution{}, requires("width_bucket", 4, 4, len(args))
	}
	for i, a := range args {
		if !a.Type.IsNumeric() && a.Type.Kind != types.Void {
			return Resolution{}, wrongType(i, "width_bucket only takes NUMERIC_GROUP types as %s argument, got %s", ordinal(i+1), category(a.Type))
		}
	}
	t, _ := unify(args, []int{0, 1, 2}, false)
	if t.Kind == types.Void {
		t = types.DoubleType
	}
	return Resolution{Args: []*types.Type{t, t, t, types.IntType}, Result: types.IntType}, nil
}
