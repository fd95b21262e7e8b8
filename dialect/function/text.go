package function

import "skep/dialect/types"

// textFunctions look into structured text: URLs, JSON, XML, natural language.
var textFunctions = []Function{
	scalar("parse_url", "_FUNC_(url, part [, key]): a part of a URL", methods("UDFParseUrl", "string(string,string)", "string(string,string,string)")),
	scalar("get_json_object", "_FUNC_(json, path): the value at a JSON path", methods("UDFJson", "string(string,string)")),
	scalar("json_read", "_FUNC_(json, type): a JSON value as a value of a type", jsonRead),
	simple("sentences", "text [text] [text] -> array<array<string>>", "_FUNC_(s [, language, country]): s as sentences of words"),
	simple("xpath", "text text -> array<string>", "_FUNC_(xml, path): texts of the matching nodes"),
	simple("xpath_string", "text text -> string", "_FUNC_(xml, path): text of the first matching node"),
	simple("xpath_boolean", "text text -> boolean", "_FUNC_(xml, path): true when something matches"),
	simple("xpath_number", "text text -> double", "_FUNC_(xml, path): number of an XPath expression"),
	simple("xpath_double", "text text -> double", "_FUNC_(xml, path): number of an XPath expression"),
	simple("xpath_float", "text text -> float", "_FUNC_(xml, path): number of an XPath expression"),
	simple("xpath_long", "text text -> bigint", "_FUNC_(xml, path): number of an XPath expression"),
	simple("xpath_int", "text text -> int", "_FUNC_(xml, path): number of an XPath expression"),
	simple("xpath_short", "text text -> smallint", "_FUNC_(xml, path): number of an XPath expression"),
	scalar("in_file", "_FUNC_(s, file): true when a line of a local file equals s", inFile),
}

// maskFunctions replace letters and digits by placeholders.
var maskFunctions = []Function{
	scalar("mask", "_FUNC_(x [, upper, lower, digit, other, number, day, month, year]): x with characters replaced", masking("mask")),
	scalar("mask_first_n", "_FUNC_(x [, n, …]): x with the first n characters replaced", masking("mask_first_n")),
	scalar("mask_last_n", "_FUNC_(x [, n, …]): x with the last n characters replaced", masking("mask_last_n")),
	scalar("mask_show_first_n", "_FUNC_(x [, n, …]): x with all but the first n characters replaced", masking("mask_show_first_n")),
	scalar("mask_show_last_n", "_FUNC_(x [, n, …]): x with all but the last n characters replaced", masking("mask_show_last_n")),
	scalar("mask_hash", "_FUNC_(x): a hash of x in hexadecimal", maskHash),
}

// masking gives the result the widest type of its kind.
func masking(name string) resolver {
	choose := sig(name, "prim prim... -> $1")
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		r, err := choose(env, args, distinct)
		if err != nil {
			return r, err
		}
		r.Result = unlimited(r.Result)
		return r, nil
	}
}

// unlimited is the type without parameters that Hive takes for t: the longest text, or the default decimal.
func unlimited(t *types.Type) *types.Type {
	switch t.Kind {
	case types.Char:
		return types.NewChar(255)
	case types.Varchar:
		return types.NewVarchar(65535)
	case types.Decimal:
		return defaultDecimal
	}
	return t
}

// jsonRead gives a call the type that its second argument, a constant, names.
func jsonRead(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 {
		return Resolution{}, wrongLength("jsonread requires 2 argument(s), got %d", len(args))
	}
	for i, a := range args {
		if !a.Type.IsPrimitive() {
			return Resolution{}, wrongType(i, "jsonread only takes primitive types as %s argument, got %s", ordinal(i+1), category(a.Type))
		}
	}
	name := args[1].Const
	switch {
	case name == nil:
		return Resolution{}, wrongArguments("jsonread: Error parsing typestring: it is no constant")
	case name.Null:
		return Resolution{}, wrongArguments("jsonread: Error parsing typestring: it is NULL")
	case !args[1].Type.IsString():
		return Resolution{}, wrongArguments("jsonread: Error parsing typestring: it is no text but %s", args[1].Type)
	}
	t, err := types.Parse(name.S)
	if err != nil {
		return Resolution{}, wrongArguments("jsonread: Error parsing typestring: %v", err)
	}
	return Resolution{Args: []*types.Type{types.StringType, types.StringType}, Result: t}, nil
}

func inFile(env *Env, args []Arg, distinct bool) (Resolution, error) {
	if len(args) != 2 {
		return Resolution{}, wrongLength("IN_FILE() accepts exactly 2 arguments.")
	}
	for i, a := range args {
		if !a.Type.IsString() && a.Type.Kind != types.Void {
			return Resolution{}, wrongType(i, "The %s argument of function IN_FILE must be a string, char or varchar but %s was given.", ordinal(i+1), a.Type)
		}
	}
	return sig("in_file", "text text -> boolean")(env, args, distinct)
}
