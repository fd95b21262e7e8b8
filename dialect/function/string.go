package function

import (
	"regexp"
	"strings"

	"skep/dialect/types"
)

// stringFunctions work on character strings.
var stringFunctions = []Function{
	scalar("concat", "_FUNC_(a, b …): the arguments joined; NULL when one is NULL", concat),
	scalar("concat_ws", "_FUNC_(separator, [string | array<string>] …): arguments joined by separator, skipping NULLs", concatWS),
	scalar("substr", "_FUNC_(s, pos [, len]): part of s from pos (1-based, negative from the end)", methods("UDFSubstr", "string(string,int)", "string(string,int,int)", "binary(binary,int)", "binary(binary,int,int)",
		"string(string,bigint)", "string(string,bigint,bigint)", "binary(binary,bigint)", "binary(binary,bigint,bigint)")),
	scalar("substring_index", "_FUNC_(s, delimiter, n): s before the n-th delimiter, from the end when n is negative", substringIndex),
	scalar("space", "_FUNC_(n): n blanks", methods("UDFSpace", "string(int)")),
	scalar("repeat", "_FUNC_(s, n): s n times", methods("UDFRepeat", "string(string,int)")),
	scalar("ascii", "_FUNC_(s): code of the first character", methods("UDFAscii", "int(string)")),
	scalar("chr", "_FUNC_(n): the character with code n modulo 256", methods("UDFChr", "string(bigint)", "string(double)")),
	scalar("lpad", "_FUNC_(s, len, pad): s padded on the left to len characters", padding("lpad")),
	scalar("rpad", "_FUNC_(s, len, pad): s padded on the right to len characters", padding("rpad")),
	simple("levenshtein", "str str -> int", "_FUNC_(a, b): edit distance"),
	simple("soundex", "str -> string", "_FUNC_(s): soundex code"),
	scalar("upper", "_FUNC_(s): s in upper case", letterCase("UPPER")),
	scalar("lower", "_FUNC_(s): s in lower case", letterCase("LOWER")),
	simple("initcap", "str -> string", "_FUNC_(s): s with every word capitalised"),
	scalar("trim", "_FUNC_(s): s without blanks at both ends", trimming("TRIM")),
	scalar("ltrim", "_FUNC_(s): s without blanks at the start", trimming("LTRIM")),
	scalar("rtrim", "_FUNC_(s): s without blanks at the end", trimming("RTRIM")),
	scalar("length", "_FUNC_(s): number of characters, or bytes of a binary", textLength("LENGTH")),
	scalar("char_length", "_FUNC_(s): number of characters", textLength("CHARACTER_LENGTH")),
	scalar("octet_length", "_FUNC_(s): number of bytes", textLength("OCTET_LENGTH")),
	simple("quote", "text -> string", "_FUNC_(s): s in single quotes, quotes inside escaped"),
	scalar("reverse", "_FUNC_(s): s backwards", methods("UDFReverse", "string(string)")),
	scalar("find_in_set", "_FUNC_(s, list): position of s in a comma-separated list", methods("UDFFindInSet", "int(string,string)")),
	scalar("regexp_replace", "_FUNC_(s, regex, replacement): s with all matches replaced", methods("UDFRegExpReplace", "string(string,string,string)")),
	scalar("regexp_extract", "_FUNC_(s, regex [, group]): the group of the first match", methods("UDFRegExpExtract", "string(string,string)", "string(string,string,int)")),
	scalar("replace", "_FUNC_(s, search, replacement): s with all occurrences replaced", methods("UDFReplace", "string(string,string,string)")),
	scalar("translate", "_FUNC_(s, from, to): s with characters of from replaced by those of to", translate),
	simple("split", "text text -> array<string>", "_FUNC_(s, regex): s divided at matches"),
	scalar("str_to_map", "_FUNC_(s [, delimiter, key delimiter]): s as a map", strToMap),
	simple("instr", "text text -> int", "_FUNC_(s, sub): position of the first sub in s, 0 when absent"),
	scalar("locate", "_FUNC_(sub, s [, pos]): position of the first sub in s from pos on", locate()),
	scalar("elt", "_FUNC_(n, a, b …): the n-th of the strings", elt),
	scalar("field", "_FUNC_(x, a, b …): index of x among the others, 0 when absent", field),
	scalar("format_number", "_FUNC_(x, d): x like #,###.## with d decimals, or by a pattern", formatNumber),
	scalar("printf", "_FUNC_(format, args …): text by a Java format", printf),
	scalar("base64", "_FUNC_(bin): base 64 text", methods("UDFBase64", "string(binary)")),
	scalar("unbase64", "_FUNC_(s): bytes of base 64 text", methods("UDFUnbase64", "binary(string)")),
	scalar("encode", "_FUNC_(s, charset): s as bytes", charset("Encode", "str str -> binary", "must be a string/varchar")),
	scalar("decode", "_FUNC_(bin, charset): bytes as text", charset("Decode", "binary str -> string", "must be from string group")),
	scalar("md5", "_FUNC_(x): MD5 in hexadecimal", methods("UDFMd5", "string(string)", "string(binary)")),
	scalar("sha1", "_FUNC_(x): SHA-1 in hexadecimal", methods("UDFSha1", "string(string)", "string(binary)")),
	simple("sha2", "bytes integer -> string", "_FUNC_(x, bits): SHA-2 in hexadecimal"),
	simple("aes_encrypt", "bytes bytes -> binary", "_FUNC_(x, key): AES encryption"),
	simple("aes_decrypt", "bytes bytes -> binary", "_FUNC_(x, key): AES decryption"),
}

// charset is encode and decode.
func charset(name, signature, must string) resolver {
	resolve := sig(toLower(name), signature)
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		for i, a := range args {
			if (i > 0 || name == "Encode") && len(args) == 2 && !a.Type.IsString() && (a.Type.Kind != types.Void || i == 0 && !env.Hive3()) {
				return Resolution{}, wrongType(i, "The %s argument to %s() %s", [...]string{"first", "second"}[i], name, must)
			}
		}
		if len(args) == 2 && args[1].Const != nil && !args[1].Const.Null && args[1].Type.IsString() {
			if name := args[1].Const.S; Charset(name) == "" {
				kind := "UnsupportedCharsetException"
				if !legalCharset.MatchString(name) {
					kind = "IllegalCharsetNameException"
				}
				return Resolution{}, &ArgError{Kind: kind, Reason: name}
			}
		}
		return resolve(env, args, distinct)
	}
}

func translate(env *Env, args []Arg, distinct bool) (Resolution, error) {
	for i, a := range args {
		if len(args) == 3 && a.Type.IsPrimitive() && !a.Type.IsString() && a.Type.Kind != types.Void {
			return Resolution{}, wrongType(i, "A string, char, or varchar argument was expected but an argument of type %s was given.", a.Type)
		}
	}
	return sig("translate", "text text text -> string")(env, args, distinct)
}

var legalCharset = regexp.MustCompile(`^[A-Za-z0-9][-+.:_A-Za-z0-9]*$`)

// Charset returns Java's name of a character set that is known here, or "".
func Charset(name string) string {
	switch strings.ToUpper(strings.ReplaceAll(name, "_", "-")) {
	case "UTF-8", "UTF8":
		return "UTF-8"
	case "US-ASCII", "ASCII":
		return "US-ASCII"
	case "ISO-8859-1", "LATIN1":
		return "ISO-8859-1"
	case "UTF-16":
		return "UTF-16"
	case "UTF-16BE":
		return "UTF-16BE"
	case "UTF-16LE":
		return "UTF-16LE"
	}
	return ""
}

func printf(env *Env, args []Arg, distinct bool) (Resolution, error) {
	if len(args) == 0 {
		return Resolution{}, wrongLength("The function PRINTF(String format, Obj... args) needs at least one arguments.")
	}
	if g := groupOf(args[0].Type); g != stringGroup && g != voidGroup {
		return Resolution{}, wrongType(0, `Argument 1 of function PRINTF must be "string", but "%s" was found.`, args[0].Type)
	}
	for i, a := range args {
		if i > 0 && !a.Type.IsPrimitive() && a.Type.Kind != types.Void {
			return Resolution{}, wrongType(i, `Argument %d of function PRINTF must be "PRIMITIVE", but "%s" was found.`, i+1, a.Type)
		}
	}
	return sig("printf", "text prim... -> string")(env, args, distinct)
}

func concat(env *Env, args []Arg, _ bool) (Resolution, error) {
	r := Resolution{Args: make([]*types.Type, len(args)), Result: types.StringType}
	binary := len(args) > 0
	length, char := 0, true
	for i, a := range args {
		if !a.Type.IsPrimitive() {
			return Resolution{}, wrongArguments("The function %s takes only primitive types", "CONCAT")
		}
		binary = binary && a.Type.Kind == types.Binary
		switch a.Type.Kind {
		case types.Char:
		case types.Varchar:
			char = false
		default:
			length = -1 << 30
		}
		length += a.Type.Length
		r.Args[i] = asText(a.Type)
	}
	switch {
	case binary && !env.Hive3(): // the planner of 4.0 takes the result for text
	case binary:
		for i := range r.Args {
			r.Args[i] = types.BinaryType
		}
		r.Result = types.BinaryType
	case length > 0 && char && length <= 255:
		r.Result = types.NewChar(length)
	case length > 0 && length <= 65535:
		r.Result = types.NewVarchar(length)
	}
	return r, nil
}

func concatWS(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, wrongLength("The function CONCAT_WS(separator,[string | array(string)]+) needs at least two arguments.")
	}
	r := Resolution{Args: make([]*types.Type, len(args)), Result: types.StringType}
	for i, a := range args {
		switch {
		case a.Type.IsString():
			r.Args[i] = a.Type
		case a.Type.Kind == types.Void:
			r.Args[i] = types.StringType
		case i > 0 && a.Type.Kind == types.Array && a.Type.Elem.IsString():
			r.Args[i] = a.Type
		case i > 0 && a.Type.Kind == types.Array && a.Type.Elem.Kind == types.Void:
			r.Args[i] = types.NewArray(types.StringType)
		default:
			return Resolution{}, wrongType(i, `Argument %d of function CONCAT_WS must be "string or array<string>", but "%s" was found.`, i+1, a.Type)
		}
	}
	return r, nil
}

// letterCase keeps char and varchar with their length.
func letterCase(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 {
			return Resolution{}, requires(name, 1, 1, len(args))
		}
		t := asText(args[0].Type)
		if t == nil {
			return Resolution{}, wrongArguments("%s only takes primitive types, got %s", name, args[0].Type)
		}
		return Resolution{Args: []*types.Type{t}, Result: t}, nil
	}
}

// trimming takes string types only.
func trimming(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 && len(args) != 2 {
			return Resolution{}, requires(name, 1, 1, len(args))
		}
		r := Resolution{Args: make([]*types.Type, len(args))}
		for i, a := range args {
			if r.Args[i] = accept("str", a.Type); r.Args[i] == nil {
				return Resolution{}, wrongArguments("%s takes only STRING/CHAR/VARCHAR types. Found %s", strings.ToLower(name), category(a.Type))
			}
		}
		r.Result = types.StringType
		return r, nil
	}
}

func textLength(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 {
			return Resolution{}, requires(name, 1, 1, len(args))
		}
		t := accept("bytes", args[0].Type)
		if t == nil || args[0].Type.Kind == types.Void {
			return Resolution{}, wrongArguments(" %s() only takes STRING/CHAR/VARCHAR/BINARY types as first argument, got %s", name, category(args[0].Type))
		}
		return Resolution{Args: []*types.Type{t}, Result: types.IntType}, nil
	}
}

func strToMap(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 1 || len(args) > 3 {
		return Resolution{}, wrongLength("str_to_map accepts 1 to 3 arguments, got %d", len(args))
	}
	r := Resolution{Args: make([]*types.Type, len(args)), Result: mustType("map<string,string>")}
	for i, a := range args {
		if r.Args[i] = accept("str", a.Type); r.Args[i] == nil {
			return Resolution{}, wrongArguments("All argument should be string/character type")
		}
	}
	return r, nil
}

func elt(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, wrongLength("The function ELT(N,str1,str2,str3,...) needs at least two arguments.")
	}
	r := Resolution{Args: make([]*types.Type, len(args)), Result: types.StringType}
	for i, a := range args {
		if !a.Type.IsPrimitive() {
			return Resolution{}, notPrimitive(i, "ELT", a.Type)
		}
		r.Args[i] = asText(a.Type)
	}
	r.Args[0] = types.IntType
	return r, nil
}

func field(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, wrongArguments("The function FIELD(str, str1, str2, ...) needs at least two arguments.")
	}
	r := Resolution{Args: make([]*types.Type, len(args)), Result: types.IntType}
	for i, a := range args {
		if !a.Type.IsPrimitive() {
			return Resolution{}, notPrimitive(i, "FIELD", a.Type)
		}
		r.Args[i] = a.Type
		if i > 0 && a.Type.Kind == types.Decimal && args[0].Type.Kind == types.Decimal {
			r.Args[0] = types.Common(r.Args[0], a.Type)
		}
	}
	for i := range r.Args { // values of another type are never equal
		if r.Args[0].Kind == types.Decimal && r.Args[i].Kind == types.Decimal {
			r.Args[i] = r.Args[0]
		}
	}
	return r, nil
}

func formatNumber(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 {
		return Resolution{}, wrongLength("The function FORMAT_NUMBER(x, d) or FORMAT_NUMBER(x, d) needs two arguments.")
	}
	if !args[0].Type.IsNumeric() && args[0].Type.Kind != types.Void {
		return Resolution{}, wrongType(0, "Argument 1 of function FORMAT_NUMBER must be \"tinyint\" or \"smallint\" or \"int\" or \"bigint\" or \"float\" or \"double\" or \"decimal\", but \"%s\" was found.", args[0].Type)
	}
	x, d := args[0].Type, args[1].Type
	switch {
	case d.Kind >= types.TinyInt && d.Kind <= types.BigInt:
		d = types.IntType
	case d.Kind == types.Void:
		d = types.StringType
	case !d.IsString():
		return Resolution{}, wrongType(1, "Argument 2 of function FORMAT_NUMBER must be \"tinyint\" or \"smallint\" or \"int\" or \"bigint\" or \"string\", but \"%s\" was found.", d)
	}
	switch {
	case x.Kind == types.Void:
		x = types.DoubleType
	case x.IsInteger():
		x = types.BigIntType
	}
	return Resolution{Args: []*types.Type{x, d}, Result: types.StringType}, nil
}

func padding(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 3 {
			return Resolution{}, wrongArguments("%s requires three arguments. Found :%d", name, len(args))
		}
		for i, a := range args[:2] {
			if !a.Type.IsPrimitive() {
				return Resolution{}, wrongType(i, "Only primitive type arguments are accepted but %s is passed.", a.Type)
			}
		}
		if k := args[1].Type.Kind; k < types.TinyInt || k > types.Int {
			return Resolution{}, wrongType(2, "%s only takes INT/SHORT/BYTE types as 2-ths argument, got %s", name, category(args[1].Type))
		}
		fill := asText(args[2].Type)
		if fill == nil {
			return Resolution{}, wrongType(2, "Only primitive type arguments are accepted but %s is passed.", args[2].Type)
		}
		return Resolution{Args: []*types.Type{asText(args[0].Type), types.IntType, fill}, Result: types.StringType}, nil
	}
}

func locate() resolver {
	resolve := sig("locate", "text text [whole] -> int")
	return func(env *Env, args []Arg, distinct bool) (Resolution, error) {
		if len(args) != 2 && len(args) != 3 {
			return Resolution{}, wrongLength("The function LOCATE accepts exactly 2 or 3 arguments.")
		}
		return resolve(env, args, distinct)
	}
}

// substringIndex knows no NULL without a type in 4.0.
func substringIndex(env *Env, args []Arg, distinct bool) (Resolution, error) {
	if len(args) == 3 && !env.Hive3() {
		for i, group := range []string{"STRING_GROUP", "STRING_GROUP", "NUMERIC_GROUP"} {
			if args[i].Type.Kind == types.Void {
				return Resolution{}, wrongType(i, "substring_index only takes %s types as %s argument, got VOID", group, ordinal(i+1))
			}
		}
	}
	return sig("substring_index", "text text integer -> string")(env, args, distinct)
}
