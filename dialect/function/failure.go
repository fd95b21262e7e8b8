package function

import (
	"strings"

	"skep/dialect/sqlerr"
)

// failures are the functions that may fail for constants, which Hive evaluates while it compiles, each with the Java exception that is
// reported then. Those with none report a wrong argument: Hive wraps what they throw.
var failures = map[string]string{
	"div": "", "format_number": "", "in_file": "", "regexp_extract": "", "regexp_replace": "",
	"xpath": "RuntimeException", "xpath_string": "", "xpath_boolean": "", "xpath_number": "", "xpath_double": "", "xpath_float": "", "xpath_long": "",
	"xpath_int": "", "xpath_short": "", "json_read": "", "deserialize": "", "split_map_privs": "ArrayIndexOutOfBoundsException",
	"ndv_compute_bit_vector": sqlerr.IllegalArgumentException,
	"rlike":                  "PatternSyntaxException", "split": "PatternSyntaxException", "str_to_map": "PatternSyntaxException",
	"printf": "IllegalFormatException", "width_bucket": sqlerr.IllegalArgumentException,
	"encode": "UnsupportedCharsetException", "decode": "UnsupportedCharsetException",
	"array_slice": "IndexOutOfBoundsException",
	"lpad":        "StringIndexOutOfBoundsException", "rpad": "StringIndexOutOfBoundsException",
	"add_months": sqlerr.IllegalArgumentException, "date_format": sqlerr.IllegalArgumentException, "from_unixtime": sqlerr.IllegalArgumentException,
}

// MayFail reports whether a function can fail for constants of the right types.
func MayFail(name string) bool {
	_, ok := failures[name]
	return ok
}

// Failure is what Hive says of a call of constants at a place that fails for the given reason.
func Failure(name string, at sqlerr.Locator, reason string) error {
	if text, ok := strings.CutPrefix(reason, "java.time.DateTimeException: "); ok {
		return sqlerr.Plain("DateTimeException", text)
	}
	if kind := failures[name]; kind != "" && !strings.HasPrefix(reason, "java.") {
		return sqlerr.Plain(kind, reason)
	}
	if !strings.HasPrefix(reason, "java.") {
		reason = "org.apache.hadoop.hive.ql.metadata.HiveException: " + reason
	}
	return sqlerr.AtReason(sqlerr.InvalidArgument, at, reason)
}
