package function

import (
	"fmt"
	"slices"
	"strings"

	"skep/dialect/types"
)

type resolver = func(env *Env, args []Arg, distinct bool) (Resolution, error)

// A signature is written "param param [optional] more... -> result". A parameter is one of the classes below, a result is a
// type or "$n", the type of argument n (after conversion).
//
//	any        any type, unchanged
//	prim       any primitive type, unchanged
//	text       any primitive type, as text: string types stay, others become string
//	str        string types only
//	chars      string types only; NULL without a type is refused
//	bytes      string types or binary, unchanged
//	num        numbers stay, strings become double
//	number     numbers, as double
//	integer    tinyint … int, as int
//	whole      any primitive type, as int
//	day        date types or strings, as date
//	date       date types or strings, as date; NULL without a type is refused
//	moment     date types or strings, as timestamp; NULL without a type is refused
//	array      any array, unchanged
//	map        any map, unchanged
//	otherwise  a type to which the argument must convert implicitly
type signature struct {
	name     string
	required int
	params   []string
	variadic bool
	result   string
}

func parseSignature(name, text string) *signature {
	left, result, ok := strings.Cut(text, "->")
	if !ok {
		panic("function: signature without result: " + text)
	}
	s := &signature{name: name, result: strings.TrimSpace(result)}
	for _, w := range strings.Fields(left) {
		switch {
		case strings.HasSuffix(w, "..."):
			s.variadic = true
			w = strings.TrimSuffix(w, "...")
		case strings.HasPrefix(w, "["):
			w = strings.Trim(w, "[]")
		default:
			s.required++
		}
		s.params = append(s.params, w)
	}
	if !strings.HasPrefix(s.result, "$") {
		mustType(s.result)
	}
	return s
}

func mustType(text string) *types.Type {
	t, err := types.Parse(text)
	if err != nil {
		panic("function: " + err.Error())
	}
	return t
}

// sig resolves calls by a signature.
func sig(name, text string) resolver { return parseSignature(name, text).resolve }

func (s *signature) resolve(_ *Env, args []Arg, _ bool) (Resolution, error) {
	high := len(s.params)
	if s.variadic {
		high = -1
	}
	if len(args) < s.required || high >= 0 && len(args) > high {
		return Resolution{}, requires(s.name, s.required, high, len(args))
	}
	r := Resolution{Args: make([]*types.Type, len(args))}
	for i, a := range args {
		class := s.params[min(i, len(s.params)-1)]
		t := accept(class, a.Type)
		if t == nil {
			return Resolution{}, wrongType(i, "%s only takes %s as %s argument, got %s", s.name, describe(class), ordinal(i+1), category(a.Type))
		}
		r.Args[i] = t
	}
	if strings.HasPrefix(s.result, "$") {
		r.Result = r.Args[s.result[1]-'1']
	} else {
		r.Result = mustType(s.result)
	}
	return r, nil
}

// accept returns the type to which an argument of type t is converted for a parameter of class, or nil.
func accept(class string, t *types.Type) *types.Type {
	group := groupOf(t)
	void := group == voidGroup
	switch class {
	case "any":
		return t
	case "prim":
		if t.IsPrimitive() {
			return t
		}
		return nil
	case "text":
		return asText(t)
	case "str":
		if void {
			return types.StringType
		}
		return keep(t, group == stringGroup)
	case "chars":
		return keep(t, group == stringGroup)
	case "bytes":
		if void {
			return types.StringType
		}
		return keep(t, group == stringGroup || group == binaryGroup)
	case "num":
		if void || group == stringGroup {
			return types.DoubleType
		}
		return keep(t, group == numericGroup)
	case "number":
		return keep(types.DoubleType, void || group == numericGroup)
	case "integer":
		return keep(types.IntType, void || t.Kind >= types.TinyInt && t.Kind <= types.Int)
	case "whole":
		return keep(types.IntType, void || t.IsPrimitive())
	case "date":
		return keep(types.DateType, group == stringGroup || group == dateGroup)
	case "day":
		return keep(types.DateType, void || group == stringGroup || group == dateGroup)
	case "moment":
		return keep(types.TimestampType, group == stringGroup || group == dateGroup)
	case "array":
		return keep(t, t.Kind == types.Array)
	case "map":
		return keep(t, t.Kind == types.Map)
	}
	want := mustType(class)
	switch {
	case types.ImplicitlyConvertible(t, want):
		return want
	case t.Kind == types.Array && want.Kind == types.Array && types.ImplicitlyConvertible(t.Elem, want.Elem):
		return want
	}
	return nil
}

func keep(t *types.Type, ok bool) *types.Type {
	if ok {
		return t
	}
	return nil
}

// asText returns the type in which a primitive argument is read as text, nil for nested types.
func asText(t *types.Type) *types.Type {
	switch {
	case t.IsString():
		return t
	case t.IsPrimitive():
		return types.StringType
	}
	return nil
}

func describe(class string) string {
	switch class {
	case "prim", "text", "whole":
		return "primitive types"
	case "str", "chars":
		return "STRING_GROUP types"
	case "bytes":
		return "STRING/CHAR/VARCHAR/BINARY types"
	case "number":
		return "NUMERIC_GROUP, VOID_GROUP types"
	case "num":
		return "numeric types"
	case "integer":
		return "INT/SHORT/BYTE types"
	case "day", "date", "moment":
		return "STRING_GROUP, DATE_GROUP types"
	}
	return class + " types"
}

// overload is one evaluate method of an old-style Hive function.
type overload struct {
	result *types.Type
	params []*types.Type
}

// methods resolves calls by Hive's choice among the overloads of an old-style function class: fewest conversions, then types
// of the same group, then the smallest widening of numbers. Each overload is written "result(param,param)".
func methods(class string, texts ...string) resolver {
	texts = slices.Clone(texts)
	slices.SortFunc(texts, func(a, b string) int {
		return strings.Compare(strings.TrimSuffix(a[strings.IndexByte(a, '('):], ")"), strings.TrimSuffix(b[strings.IndexByte(b, '('):], ")"))
	})
	overloads := make([]overload, len(texts))
	choices := make([]string, len(texts))
	for i, text := range texts {
		open := strings.IndexByte(text, '(')
		inside := text[open+1 : len(text)-1]
		choices[i] = strings.Join(splitTypes(inside), ", ")
		overloads[i].result = mustType(text[:open])
		if inside == "" {
			continue
		}
		for _, p := range splitTypes(inside) {
			overloads[i].params = append(overloads[i].params, mustType(p))
		}
	}
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		best, err := choose(overloads, args)
		if err != nil {
			return Resolution{}, noMethod(class, args, choices)
		}
		r := Resolution{Args: make([]*types.Type, len(args)), Result: best.result}
		for i, p := range best.params {
			r.Args[i] = p
			if args[i].Type.Kind == p.Kind || args[i].Type.IsString() && p.Kind == types.String {
				r.Args[i] = args[i].Type // decimals and strings need no conversion
			}
		}
		return r, nil
	}
}

// splitTypes splits at the commas that are not inside of parentheses.
func splitTypes(list string) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(list) {
		switch list[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out, start = append(out, list[start:i]), i+1
			}
		}
	}
	return append(out, list[start:])
}

func choose(overloads []overload, args []Arg) (*overload, error) {
	var best []*overload
	least := -1
	for i := range overloads {
		cost := matchCost(overloads[i].params, args)
		if cost < 0 || least >= 0 && cost > least {
			continue
		}
		if cost != least {
			least, best = cost, nil
		}
		best = append(best, &overloads[i])
	}
	if len(best) > 1 {
		best = leastBy(best, func(o *overload) int { return strangers(o.params, args) })
	}
	if len(best) > 1 {
		best = leastBy(best, func(o *overload) int { return widening(o.params) })
	}
	if len(best) == 0 {
		return nil, fmt.Errorf("no overload takes the arguments")
	}
	return best[0], nil
}

// matchCost is the number of conversions that args need, or -1 when they do not fit.
func matchCost(params []*types.Type, args []Arg) int {
	if len(params) != len(args) {
		return -1
	}
	cost := 0
	for i, p := range params {
		a := args[i].Type
		switch {
		case a.Equal(p) || a.Kind == p.Kind && a.IsPrimitive() || a.Kind == types.Void:
		case types.ImplicitlyConvertible(a, p):
			cost++
		default:
			return -1
		}
	}
	return cost
}

func leastBy(os []*overload, f func(*overload) int) []*overload {
	var out []*overload
	least := 0
	for _, o := range os {
		switch n := f(o); {
		case out == nil || n < least:
			least, out = n, []*overload{o}
		case n == least:
			out = append(out, o)
		}
	}
	return out
}

// strangers counts parameters of another group than their arguments.
func strangers(params []*types.Type, args []Arg) int {
	n := 0
	for i, p := range params {
		if groupOf(p) != groupOf(args[i].Type) {
			n++
		}
	}
	return n
}

// widening adds up the ranks of the numeric parameters; Hive takes decimal only for decimals.
func widening(params []*types.Type) int {
	n := 0
	for _, p := range params {
		switch {
		case p.Kind == types.Decimal:
			n += int(types.Double) + 1
		case p.IsNumeric():
			n += int(p.Kind)
		}
	}
	return n
}
