package function

import (
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// castFunctions are the type names as functions, e.g. int('7'); they resolve to the call "cast".
var castFunctions = func() []Function {
	var fs []Function
	for _, name := range []string{"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp",
		"timestamp with local time zone", "interval_year_month", "interval_day_time", "decimal"} {
		to := mustType(name)
		fs = append(fs, scalar(name, "_FUNC_(x): x as "+name, func(env *Env, args []Arg, _ bool) (Resolution, error) {
			if len(args) != 1 {
				return Resolution{}, requires(name, 1, 1, len(args))
			}
			if err := CheckCast(env, args[0].Type, to); err != nil {
				return Resolution{}, err
			}
			return Resolution{Func: "cast", Args: []*types.Type{args[0].Type}, Result: to}, nil
		}))
	}
	return fs
}()

// castClass is the class that Hive names when it refuses a cast to a kind.
var castClass = map[types.Kind]string{
	types.Boolean: "UDFToBoolean", types.TinyInt: "UDFToByte", types.SmallInt: "UDFToShort", types.Int: "UDFToInteger",
	types.BigInt: "UDFToLong", types.Float: "UDFToFloat", types.Double: "UDFToDouble", types.String: "UDFToString",
}

// CheckCast reports whether CAST(from AS to) is allowed; the error is an *ArgError.
func CheckCast(env *Env, from, to *types.Type) error {
	args := []Arg{{Type: from}}
	switch {
	case from.Kind == types.Void || from.Equal(to):
		return nil
	case !to.IsPrimitive():
		return checkNestedCast(env, from, to)
	case !from.IsPrimitive():
		switch {
		case to.Kind == types.String:
			return nil
		case env != nil && !env.Hive3() && (to.Kind == types.Date || to.Kind == types.Timestamp):
			name := map[types.Kind]string{types.Date: "todate", types.Timestamp: "timestamp"}[to.Kind]
			return wrongType(0, "%s only takes primitive types as 1st argument, got %s", name, category(from))
		}
		return refuseCast(to, args)
	}
	fg, tg := groupOf(from), groupOf(to)
	ok := true
	switch tg {
	case binaryGroup:
		if fg != stringGroup && fg != binaryGroup {
			return wrongArguments("Only string, char, varchar or binary data can be cast into binary data types.")
		}
	case numericGroup:
		if env != nil && !env.Hive3() && fg == dateGroup && strictTimestamps(env) && to.Kind != types.Decimal {
			return wrongArguments(DateAsNumberCast)
		}
		// A date reaches the classes of the other numbers as text, which is none.
		ok = fg != binaryGroup && (from.Kind != types.Date || to.Kind != types.Decimal) && !from.IsInterval()
		if !ok && to.Kind == types.Decimal && env != nil && !env.Hive3() {
			return &ArgError{Kind: sqlerr.RuntimeException, Reason: "Hive 2 Internal error: unsupported conversion from type: " + from.Kind.String()}
		}
	case booleanGroup:
		if env != nil && !env.Hive3() && fg == dateGroup && strictTimestamps(env) {
			return wrongArguments(DateAsNumberCast)
		}
		ok = fg != binaryGroup && !from.IsInterval()
	case dateGroup:
		if env != nil && !env.Hive3() && fg == numericGroup && to.Kind == types.Timestamp && strictTimestamps(env) {
			return wrongArguments("Casting NUMERIC types to TIMESTAMP is prohibited (hive.strict.timestamp.conversion)")
		}
		if env != nil && !env.Hive3() && to.Kind == types.TimestampLTZ && (fg == numericGroup || fg == booleanGroup) {
			return wrongArguments("CAST as TIMESTAMP WITH LOCAL TIME ZONE only allowsstring/date/timestamp/timestamp with time zone types")
		}
		switch {
		case fg == stringGroup || fg == dateGroup || to.Kind != types.Date && (fg == numericGroup || fg == booleanGroup):
		case to.Kind == types.Date:
			return wrongType(0, "todate only takes DATE_GROUP, STRING_GROUP, VOID_GROUP types as 1st argument, got %s", category(from))
		case to.Kind == types.Timestamp:
			return wrongType(0, "timestamp only takes STRING_GROUP, DATE_GROUP, NUMERIC_GROUP, VOID_GROUP, BOOLEAN_GROUP types as 1st argument, got %s", category(from))
		default:
			ok = false
		}
	case yearMonthGroup, dayTimeGroup:
		ok = fg == stringGroup || fg == tg
	}
	if !ok {
		return refuseCast(to, args)
	}
	return nil
}

func strictTimestamps(env *Env) bool {
	return env.Conf == nil || env.Conf("hive.strict.timestamp.conversion") != "false"
}

func refuseCast(to *types.Type, args []Arg) error {
	if class := castClass[to.Kind]; class != "" {
		return noMethod(class, args, castChoices(to.Kind))
	}
	return wrongArguments("Casting %s to %s is not supported", args[0].Type, to)
}

// castChoices are the arguments that the class of a cast takes, as its complaint lists them.
func castChoices(to types.Kind) []string {
	var choices []string
	for _, c := range []struct {
		kind types.Kind
		text string
	}{{types.BigInt, "bigint"}, {types.Boolean, "boolean"}, {types.Date, "date"}, {types.Decimal, "decimal(38,18)"}, {types.Double, "double"},
		{types.Float, "float"}, {types.Int, "int"}, {types.SmallInt, "smallint"}, {types.String, "string"},
		{types.Struct, "struct<writeid:bigint,bucketid:int,rowid:bigint>"}, {types.Timestamp, "timestamp"}, {types.TinyInt, "tinyint"},
		{types.Void, "void"}} {
		if c.kind == to || c.kind == types.Date && to != types.Boolean || c.kind == types.Struct && to != types.Int {
			continue
		}
		choices = append(choices, c.text)
	}
	return choices
}

// checkNestedCast allows what unifying struct types needs: the same shape with castable members.
func checkNestedCast(env *Env, from, to *types.Type) error {
	if from.Kind != to.Kind || len(from.Fields) != len(to.Fields) {
		return refuseCast(to, []Arg{{Type: from}})
	}
	if to.Elem != nil {
		if err := CheckCast(env, from.Elem, to.Elem); err != nil {
			return err
		}
	}
	if to.Key != nil {
		if err := CheckCast(env, from.Key, to.Key); err != nil {
			return err
		}
	}
	for i := range to.Fields {
		if err := CheckCast(env, from.Fields[i].Type, to.Fields[i].Type); err != nil {
			return err
		}
	}
	return nil
}

// CastVia returns the type that a written cast takes a value through, or nil: decimals reach old-style functions as decimal(38,18).
func CastVia(from, to *types.Type) *types.Type {
	if from.Kind == types.Decimal && (to.Kind == types.Boolean || to.Kind == types.Float || to.Kind == types.Double) {
		return widestDecimal(from)
	}
	return nil
}
