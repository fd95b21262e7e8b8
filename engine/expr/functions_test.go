package expr

import (
	"errors"
	"math/rand"
	"strings"
	"testing"

	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/types"
	engine "skep/engine/function"
	"skep/engine/vector"
)

// calls are functions with arguments for the test of forms: letters stand for columns or constants of a type, upper case for
// constants. i int, l bigint, d double, m decimal, w wide decimal, s string, b boolean, y date, t timestamp, a array, r struct, k a small int.
var calls = []string{
	"+ l l", "- w m", "* m m", "/ m w", "/ d d", "% l l", "% m w", "pmod l L", "div l L", "& l l", "| i i", "^ l L", "~ i", "shiftleft i I", "shiftright l i",
	"negative d", "negative w", "abs m", "abs l", "sqrt d", "exp d", "ln d", "log10 d", "pow d d", "sign m", "floor m", "ceil d", "round w", "round d K", "bround m K",
	"greatest s s", "least d d d", "greatest w w", "factorial i", "conv s K K", "bin l", "hex s", "hex l", "unhex s", "crc32 s", "md5 s", "sha2 s I",
	"concat s s", "concat s S s", "concat_ws S s s", "substr s i", "substr s i i", "substring_index s S i", "repeat s k", "space k", "lpad s K s", "upper s", "lower s",
	"initcap s", "reverse s", "trim s", "ltrim s", "length s", "octet_length s", "ascii s", "chr l", "instr s s", "locate s s i", "find_in_set s s", "replace s s s",
	"translate s s s", "levenshtein s s", "soundex s", "elt i s s", "field s s s", "like s S", "like s s", "likeany s s S", "rlike s S", "regexp_replace s S s",
	"regexp_extract s S K", "split s S", "str_to_map s", "get_json_object s S", "parse_url s S", "format_number d K", "format_number w k", "printf S s i", "mask s",
	"year y", "quarter y", "month t", "day y", "hour t", "minute t", "weekofyear y", "dayofweek y", "date_add y k", "date_sub y k", "datediff y y", "add_months y k",
	"months_between t t", "last_day y", "next_day y S", "trunc y S", "trunc m K", "date_format t S", "unix_timestamp t", "from_unixtime l", "from_utc_timestamp t S",
	"to_utc_timestamp t S", "floor_month t", "- y y", "- t t", "array i i", "map s i", "struct i s", "size a", "index a l", "index a L", "array_contains a i", "sort_array a",
	"array_distinct a", "array_max a", "array_join a S", "array_union a a", "array_remove a i", "hash s i d m y t a r", "murmur_hash s l d w y t a r", "isnull a", "nullif s s", "coalesce a a",
	"if b a a", "case b r b r", "if b s S", "case b m b m M", "sentences s", "xpath_string s S", "levenshtein s S", "width_bucket l l l K", "typeof s",
}

var letters = map[rune]*types.Type{
	'i': types.IntType, 'l': types.BigIntType, 'd': types.DoubleType, 'm': types.NewDecimal(10, 2), 'w': types.NewDecimal(30, 4), 's': types.StringType, 'b': types.BooleanType,
	'y': types.DateType, 't': types.TimestampType, 'a': types.NewArray(types.IntType), 'r': columnTypes[17],
}

// argument makes a column or a constant.
func (g *generator) argument(letter string) plan.Expr {
	c := rune(letter[0])
	lower := rune(strings.ToLower(letter)[0])
	if lower == 'k' {
		if c != lower {
			return lit(types.IntType, g.r.Int63n(20))
		}
		return call("pmod", types.IntType, g.argument("i"), lit(types.IntType, 20))
	}
	t := letters[lower]
	if c != lower {
		return &plan.Literal{Value: randomValue(g.r, t), T: t}
	}
	for {
		if col, ok := g.leaf(t).(*plan.ColumnRef); ok {
			return col
		}
	}
}

// resolved casts arguments as the function's description asks.
func resolved(name string, args []plan.Expr) (plan.Expr, error) {
	f, _ := function.Lookup(name)
	described := make([]function.Arg, len(args))
	for i, a := range args {
		described[i].Type = a.Type()
		if l, ok := a.(*plan.Literal); ok {
			described[i].Const = &l.Value
		}
	}
	r, err := f.Resolve(&function.Env{HiveVersion: "4.0"}, described, false)
	if err != nil {
		return nil, err
	}
	cast := make([]plan.Expr, len(args))
	for i, a := range args {
		cast[i] = a
		if i < len(r.Args) && r.Args[i] != nil && !r.Args[i].Equal(a.Type()) {
			cast[i] = call("cast", r.Args[i], a)
		}
	}
	if r.Func != "" {
		return &plan.Call{Func: r.Func, Args: cast, T: r.Result}, nil
	}
	return &plan.Call{Func: f.Name, Args: cast, T: r.Result}, nil
}

// TestFunctionFormsAgree checks for every function what TestFormsAgree checks for operators.
func TestFunctionFormsAgree(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	g := &generator{r: r, cols: columns()}
	layout := LayoutOf(g.cols)
	for _, text := range calls {
		parts := strings.Fields(text)
		for range 6 {
			var args []plan.Expr
			for _, p := range parts[1:] {
				args = append(args, g.argument(p))
			}
			e, err := resolved(parts[0], args)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			p, err := Compile(testEnv, []plan.Expr{e}, layout)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			whole, single := p.NewEvaluator(), p.NewEvaluator()
			for range 3 {
				compareForms(t, e, whole, single, randomBatch(r))
			}
		}
	}
}

func compareForms(t *testing.T, e plan.Expr, whole, single *Evaluator, b *vector.Batch) {
	t.Helper()
	var failed *engine.Error
	got, err := whole.Run(b)
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("%v: %v", e, err)
	}
	if (engine.Rows{Sel: b.Sel, N: b.N}).Count() == 0 {
		return // constants are evaluated, and may fail, without rows
	}
	failures := 0
	(engine.Rows{Sel: b.Sel, N: b.N}).Each(func(i int) {
		one := &vector.Batch{N: 1}
		for _, c := range b.Cols {
			v := vector.New(c.Type, 0)
			v.AppendDatum(c.Datum(i))
			one.Cols = append(one.Cols, v)
		}
		want, err1 := single.Run(one)
		if err1 != nil {
			failures++
			return
		}
		if err == nil && !same(got[0].Datum(i), want[0].Datum(0)) {
			t.Fatalf("%v row %d:\n got %v, alone %v", e, i, got[0].Datum(i), want[0].Datum(0))
		}
	})
	if (err != nil) != (failures > 0) {
		t.Fatalf("%v: %d rows fail alone, together: %v", e, failures, err)
	}
}
