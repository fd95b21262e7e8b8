package function

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"skep/dialect/types"
)

// call resolves "name(type; type=constant …)"; constants are integers.
func call(t *testing.T, text string) (Resolution, error) {
	t.Helper()
	name, rest, _ := strings.Cut(text, "(")
	f, ok := Lookup(name)
	if !ok {
		t.Fatalf("no function %q", name)
	}
	var args []Arg
	for _, part := range strings.Split(strings.TrimSuffix(rest, ")"), ";") {
		if part == "" {
			continue
		}
		name, value, constant := strings.Cut(strings.TrimSpace(part), "=")
		typ, err := types.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		a := Arg{Type: typ}
		if constant {
			var n int64
			if _, err := fmt.Sscan(value, &n); err != nil {
				t.Fatal(err)
			}
			a.Const, a.Literal = &types.Datum{I: n}, true
		}
		args = append(args, a)
	}
	return f.Resolve(&Env{HiveVersion: "4.0"}, args, false)
}

// The expected types were recorded from Hive 4.0.1.
func TestResultTypes(t *testing.T) {
	for text, want := range map[string]string{
		"+(decimal(10,2);int=1)":              "decimal(11,2)",
		"/(decimal(10,2);int=3)":              "decimal(14,6)",
		"*(decimal(10,2);int)":                "decimal(21,2)",
		"+(decimal(10,2);int)":                "decimal(13,2)",
		"*(int;decimal(2,1))":                 "decimal(13,1)",
		"*(decimal(10,2);smallint=1)":         "decimal(12,2)",
		"*(int=100;decimal(10,2))":            "decimal(14,2)",
		"%(decimal(10,2);int=7)":              "decimal(3,2)",
		"*(decimal(32,6);decimal(10,2))":      "decimal(38,6)",
		"/(decimal(20,2);int=2)":              "decimal(24,6)",
		"+(tinyint;tinyint)":                  "tinyint",
		"+(float;int)":                        "float",
		"+(string;int)":                       "double",
		"/(bigint;int)":                       "double",
		"+(void;int)":                         "int",
		"+(decimal(10,2);void)":               "double",
		"-(date;date)":                        "interval_day_time",
		"+(date;int)":                         "date",
		"+(date;interval_day_time)":           "timestamp",
		"pmod(tinyint;smallint)":              "smallint",
		"round(decimal(10,3);int=2)":          "decimal(10,2)",
		"round(decimal(10,2);int=-1)":         "decimal(9,0)",
		"floor(decimal(10,2))":                "decimal(9,0)",
		"ceil(double)":                        "bigint",
		"abs(string)":                         "double",
		"sign(decimal(2,1))":                  "int",
		"sign(int)":                           "double",
		"coalesce(decimal(10,2);int=0)":       "decimal(10,2)",
		"coalesce(decimal(10,2);int)":         "decimal(12,2)",
		"greatest(decimal(10,2);int=0)":       "decimal(12,2)",
		"case(boolean;decimal(10,2);int=0)":   "decimal(10,2)",
		"if(boolean;int;decimal(2,1))":        "decimal(11,1)",
		"case(boolean;string;int=0)":          "string",
		"sum(decimal(10,2))":                  "decimal(20,2)",
		"avg(decimal(10,2))":                  "decimal(14,6)",
		"sum(float)":                          "double",
		"sum(tinyint)":                        "bigint",
		"percentile(int;array<decimal(2,1)>)": "array<double>",
		"collect_set(decimal(10,2))":          "array<decimal(10,2)>",
		"map_values(map<int,array<string>>)":  "array<array<string>>",
		"array(int;string)":                   "array<string>",
		"upper(char(5))":                      "char(5)",
		"concat(char(5);char(4))":             "char(9)",
		"substr(string;int)":                  "string",
		"substr(binary;int)":                  "binary",
		"substr(int;int)":                     "string",
		"hex(int)":                            "string",
		"shiftleft(tinyint;int)":              "int",
		"last_day(string)":                    "string",
		"lead(int;int=1)":                     "int",
		"percent_rank()":                      "double",
	} {
		r, err := call(t, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := r.Result.String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// The expected texts were recorded from Hive 4.0.1.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"substr(boolean;int)": "10014 No matching method for class org.apache.hadoop.hive.ql.udf.UDFSubstr with (boolean, int). Possible choices: _FUNC_(binary, bigint)  _FUNC_(binary, bigint, bigint)  _FUNC_(binary, int)  _FUNC_(binary, int, int)  _FUNC_(string, bigint)  _FUNC_(string, bigint, bigint)  _FUNC_(string, int)  _FUNC_(string, int, int)  ",
		"upper()":             "10015 UPPER requires 1 argument, got 0",
		"length(int)":         "10014  LENGTH() only takes STRING/CHAR/VARCHAR/BINARY types as first argument, got INT",
		"+(int;boolean)":      "10014 No matching method for class org.apache.hadoop.hive.ql.udf.generic.GenericUDFOPNumericPlus with (int, boolean)",
		"year(int)":           "10016 year does not take INT type",
		"size(int)":           `10016 "map" or "list" is expected at function SIZE, but "int" is found`,
		"sum(boolean)":        "40000 Only numeric or string type arguments are accepted but boolean is passed.",
		"max(map<int,int>)":   "40000 Cannot support comparison of map<> type or complex type containing map<>.",
		"explode(int)":        "40000 explode() takes an array or a map as a parameter",
		"in(int;boolean)":     "10014 Type mismatch: {int IN (boolean)}",
		"if(int;int;int)":     `10016 The first argument of function IF should be "boolean", but "int" is found`,
		"=(int;array<int>)":   "10014 Type mismatch in EQUAL(PRIMITIVE,LIST)",
		"percentile(decimal(2,1);double)": "40000 No matching method for class org.apache.hadoop.hive.ql.udf.UDAFPercentile with (decimal(2,1), double). " +
			"Possible choices: _FUNC_(bigint, array<double>)  _FUNC_(bigint, double)  ",
	} {
		_, err := call(t, text)
		var a *ArgError
		if !errors.As(err, &a) {
			t.Errorf("%s: got %v, want an *ArgError", text, err)
		} else if got := fmt.Sprintf("%d %s", a.Code, a.Reason); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestRegistry(t *testing.T) {
	for _, n := range Names() {
		f, ok := Lookup(n)
		if !ok || f.Resolve == nil || f.Kind == 0 || f.Short == "" {
			t.Errorf("%s is incomplete", n)
		}
	}
	if f, ok := Lookup("SUBSTRING"); !ok || f.Name != "substr" {
		t.Error("synonyms must lead to the canonical function")
	}
}
