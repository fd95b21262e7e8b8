package function

import (
	"strings"

	"skep/dialect/types"
)

// comparisonFunctions are the predicates and the three-valued logic.
var comparisonFunctions = []Function{
	scalar("=", "a _FUNC_ b: true when equal", compare("EQUAL")),
	scalar("<>", "a _FUNC_ b: true when not equal", compare("NOT EQUAL")),
	scalar("<", "a _FUNC_ b: true when less", compare("LESS THAN")),
	scalar("<=", "a _FUNC_ b: true when less or equal", compare("EQUAL OR LESS THAN")),
	scalar(">", "a _FUNC_ b: true when greater", compare("GREATER THAN")),
	scalar(">=", "a _FUNC_ b: true when greater or equal", compare("EQUAL OR GREATER THAN")),
	scalar("<=>", "a _FUNC_ b: true when equal or both NULL", compare("EQUAL")),
	scalar("between", "_FUNC_(invert, a, low, high): low <= a <= high", between),
	scalar("in", "_FUNC_(a, b, c …): true when a equals one of the others", in),
	scalar("and", "a _FUNC_ b: logical and", logic("and", 1, -1)),
	scalar("or", "a _FUNC_ b: logical or", logic("or", 1, -1)),
	scalar("not", "_FUNC_ a: logical negation", logic("not", 1, 1)),
	simple("isnull", "any -> boolean", "_FUNC_ a: true when a is NULL"),
	simple("isnotnull", "any -> boolean", "_FUNC_ a: true when a is not NULL"),
	scalar("istrue", "_FUNC_ a: true when a is true, false when it is false or NULL", truth("istrue")),
	scalar("isnottrue", "_FUNC_ a: true when a is false or NULL", truth("isnottrue")),
	scalar("isfalse", "_FUNC_ a: true when a is false", truth("isfalse")),
	scalar("isnotfalse", "_FUNC_ a: true when a is true or NULL", truth("isnotfalse")),
	scalar("like", "a _FUNC_ pattern: % stands for any text, _ for any character", methods("UDFLike", "boolean(string,string)")),
	scalar("likeany", "a LIKE ANY (p, q …): true when a matches one of the patterns", likeList("likeany", "any")),
	scalar("likeall", "a LIKE ALL (p, q …): true when a matches all patterns", likeList("likeall", "all")),
	scalar("rlike", "a _FUNC_ regex: true when a part of a matches the Java regular expression", sig("regexp", "chars chars -> boolean")),
}

// likeList takes strings and NULL only, unlike LIKE itself.
func likeList(name, quantifier string) resolver {
	resolve := sig(name, "str str... -> boolean")
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		if len(args) < 2 {
			return Resolution{}, wrongLength("The like %s operator requires at least one pattern for matching, got %d", quantifier, len(args)-1)
		}
		for i, a := range args {
			if g := groupOf(a.Type); a.Type.IsPrimitive() && g != stringGroup && g != voidGroup {
				return Resolution{}, wrongType(i, "%s only takes STRING_GROUP, VOID_GROUP types as %s argument, got %s", name, ordinal(i+1), category(a.Type))
			}
		}
		return resolve(env, args, distinct)
	}
}

// comparable reports whether Hive compares values of t at all (maps and unions it does not).
func comparableType(t *types.Type) bool {
	switch t.Kind {
	case types.Map, types.Union:
		return false
	case types.Array:
		return comparableType(t.Elem)
	case types.Struct:
		for _, f := range t.Fields {
			if !comparableType(f.Type) {
				return false
			}
		}
	}
	return true
}

// comparisonType is the type in which a and b are compared.
func comparisonType(a, b *types.Type) *types.Type {
	t := types.CommonComparison(a, b)
	switch {
	case t == nil && a.IsPrimitive() && b.IsPrimitive():
		return types.DoubleType
	case t != nil && t.Kind == types.Void:
		return types.BooleanType
	}
	return t
}

// DateAsNumberCast is what Hive says where it would cast a date to a number by itself.
const DateAsNumberCast = "Casting DATE/TIMESTAMP types to NUMERIC is prohibited (hive.strict.timestamp.conversion)"

// DateAsNumber reports whether a date or timestamp is compared as a number, which Hive 4.0 refuses by hive.strict.timestamp.conversion.
// (Dates beside numbers are compared as texts.)
func DateAsNumber(env *Env, a, b *types.Type) bool {
	t := comparisonType(a, b)
	return t != nil && t.Kind == types.Double && (groupOf(a) == dateGroup || groupOf(b) == dateGroup) && strictTimestamps(env)
}

func shape(t *types.Type) string {
	if t.IsPrimitive() {
		return "PRIMITIVE"
	}
	return category(t)
}

func compare(title string) resolver {
	return func(env *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 2 {
			return Resolution{}, wrongArguments("The operator %s accepts 2 arguments.", title)
		}
		if env != nil && !env.Hive3() && DateAsNumber(env, args[0].Type, args[1].Type) {
			return Resolution{}, wrongArguments("Casting DATE/TIMESTAMP to NUMERIC is prohibited (hive.strict.timestamp.conversion)")
		}
		a, b := args[0].Type, args[1].Type
		t := comparisonType(a, b)
		if t == nil {
			return Resolution{}, wrongArguments("Type mismatch in %s(%s,%s)", title, shape(a), shape(b))
		}
		if t.Kind == types.Map && title != "EQUAL" && title != "NOT EQUAL" || t.Kind == types.Union {
			return Resolution{}, wrongArguments("%s does not support %s types", title, strings.ToUpper(t.Kind.String()))
		}
		return Resolution{Args: []*types.Type{t, t}, Result: types.BooleanType}, nil
	}
}

// between compares a with both bounds in one type each, like the two comparisons of which it consists; the analyzer rewrites
// it to them.
func between(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 4 {
		return Resolution{}, wrongArguments("BETWEEN requires four arguments")
	}
	t := comparisonType(args[1].Type, args[2].Type)
	if t != nil {
		t = comparisonType(t, args[3].Type)
	}
	if t == nil {
		return Resolution{}, wrongArguments("Type mismatch in BETWEEN(%s,%s,%s)", shape(args[1].Type), shape(args[2].Type), shape(args[3].Type))
	}
	return Resolution{Args: []*types.Type{types.BooleanType, t, t, t}, Result: types.BooleanType}, nil
}

// in unifies all operands: as a comparison when the list is of one type, otherwise by the common type.
func in(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, wrongLength("The function IN requires at least two arguments, got %d", len(args))
	}
	list := args[1].Type
	mismatch := func() error {
		names := make([]string, len(args)-1)
		for i, a := range args[1:] {
			names[i] = a.Type.String()
		}
		return wrongArguments("Type mismatch: {%s IN (%s)}", args[0].Type, strings.Join(names, ", "))
	}
	for _, a := range args[2:] {
		if list = types.Common(list, a.Type); list == nil {
			return Resolution{}, mismatch()
		}
	}
	a := args[0].Type
	if (a.Kind == types.Boolean) != (list.Kind == types.Boolean) && a.Kind != types.Void && list.Kind != types.Void {
		return Resolution{}, mismatch()
	}
	t := types.CommonComparison(a, list)
	if t == nil || !comparableType(t) {
		return Resolution{}, mismatch()
	}
	if t.Kind == types.Void {
		t = types.BooleanType
	}
	r := Resolution{Args: make([]*types.Type, len(args)), Result: types.BooleanType}
	for i := range r.Args {
		r.Args[i] = t
	}
	return r, nil
}

// truth looks at the int value of numbers.
func truth(name string) resolver {
	choose := logic(name, 1, 1)
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		r, err := choose(env, args, distinct)
		if err == nil && args[0].Type.IsNumeric() && args[0].Type.Kind != types.Decimal {
			r.Via = []*types.Type{types.IntType}
		}
		return r, err
	}
}

// logic takes boolean operands; other primitives are converted.
func logic(name string, low, high int) resolver {
	return func(env *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) < low || high >= 0 && len(args) > high {
			return Resolution{}, requires(name, low, high, len(args))
		}
		r := Resolution{Args: make([]*types.Type, len(args)), Result: types.BooleanType}
		for i, a := range args {
			if !a.Type.IsPrimitive() {
				return Resolution{}, wrongType(i, "%s takes primitive types only, got %s", strings.ToUpper(name), category(a.Type))
			}
			if name == "not" {
				if err := CheckCast(env, a.Type, types.BooleanType); err != nil {
					return Resolution{}, err
				}
				r.Via = []*types.Type{CastVia(a.Type, types.BooleanType)}
			}
			r.Args[i] = types.BooleanType
		}
		return r, nil
	}
}
