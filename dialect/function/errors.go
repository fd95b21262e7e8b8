package function

import (
	"fmt"
	"strings"

	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// ArgError says that the arguments of a call do not fit. The analyzer turns it into the client's error, which for the codes
// InvalidArgument and InvalidArgumentLength points at the call, for InvalidArgumentType at argument Arg. Aggregates and
// table functions report GenericError of kind Kind without a position.
type ArgError struct {
	Code   sqlerr.Code
	Kind   string // "" is SemanticException
	Arg    int    // index of the offending argument, or -1
	Reason string
}

func (e *ArgError) Error() string {
	if e.Kind != "" {
		return e.Kind + " " + e.Reason
	}
	return sqlerr.Text(e.Code) + ": " + e.Reason
}

// Exception is the exception that Hive names where the error has no place in the statement, as in conversions of inserts.
func (e *ArgError) Exception() string {
	switch {
	case e.Kind != "":
		return e.Kind
	case e.Code == sqlerr.InvalidArgumentType:
		return argumentTypeException
	case strings.HasPrefix(e.Reason, "No matching method"):
		return noMatchingMethod
	}
	return argumentException
}

// The exceptions that Hive names in errors of aggregates and table functions.
const (
	argumentException     = "UDFArgumentException"
	classCastException    = "ClassCastException"
	argumentTypeException = "UDFArgumentTypeException"
	noMatchingMethod      = "NoMatchingMethodException"
)

func wrongArguments(format string, a ...any) error {
	return &ArgError{Code: sqlerr.InvalidArgument, Arg: -1, Reason: fmt.Sprintf(format, a...)}
}

func wrongLength(format string, a ...any) error {
	return &ArgError{Code: sqlerr.InvalidArgumentLength, Arg: -1, Reason: fmt.Sprintf(format, a...)}
}

func wrongType(arg int, format string, a ...any) error {
	return &ArgError{Code: sqlerr.InvalidArgumentType, Arg: arg, Reason: fmt.Sprintf(format, a...)}
}

// unpositioned is the error of an aggregate or table function.
func unpositioned(kind, format string, a ...any) error {
	return &ArgError{Code: sqlerr.GenericError, Kind: kind, Arg: -1, Reason: fmt.Sprintf(format, a...)}
}

// notPrimitive refuses a nested argument of the older string functions.
func notPrimitive(arg int, function string, t *types.Type) error {
	return wrongType(arg, "The %s argument of function %s is expected to a primitive type, but %s is found", ordinal(arg+1), function, strings.ToLower(category(t)))
}

// noMethod is Hive's complaint when no overload of class takes the arguments; choices may be empty.
func noMethod(class string, args []Arg, choices []string) error {
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = a.Type.String()
	}
	text := fmt.Sprintf("No matching method for class org.apache.hadoop.hive.ql.udf.%s with (%s)", class, strings.Join(names, ", "))
	if len(choices) > 0 {
		text += ". Possible choices: "
		for _, c := range choices {
			text += "_FUNC_(" + c + ")  "
		}
	}
	return wrongArguments("%s", text)
}

func requires(name string, low, high, got int) error {
	switch {
	case low == high && low == 1:
		return wrongLength("%s requires 1 argument, got %d", strings.ToUpper(name), got)
	case low == high:
		return wrongLength("%s requires %d arguments, got %d", strings.ToUpper(name), low, got)
	case high < 0:
		return wrongLength("%s requires at least %d arguments, got %d", name, low, got)
	}
	return wrongLength("%s requires %d to %d argument(s), got %d", name, low, high, got)
}

// ordinal renders 1 as "1st" and so on.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

// category is the word Hive uses for a type in messages: INT, LIST, STRUCT.
func category(t *types.Type) string {
	switch t.Kind {
	case types.Void:
		return "VOID"
	case types.TinyInt:
		return "BYTE"
	case types.SmallInt:
		return "SHORT"
	case types.BigInt:
		return "LONG"
	case types.Array:
		return "LIST"
	case types.Union:
		return "UNION"
	case types.TimestampLTZ:
		return "TIMESTAMPLOCALTZ"
	}
	return strings.ToUpper(t.Kind.String())
}
