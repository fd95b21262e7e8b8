package function

import (
	"fmt"
	"strings"

	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// collectionFunctions build and take apart arrays, maps, structs and unions.
var collectionFunctions = []Function{
	scalar("array", "_FUNC_(a, b …): an array of the arguments", makeArray),
	scalar("map", "_FUNC_(k, v …): a map of the pairs", makeMap),
	scalar("struct", "_FUNC_(a, b …): a struct with fields col1, col2 …", makeStruct),
	scalar("named_struct", "_FUNC_(name, value …): a struct with named fields", namedStruct),
	scalar("create_union", "_FUNC_(tag, a, b …): a union holding the argument numbered tag", createUnion),
	scalar("extract_union", "_FUNC_(union [, tag]): the union as a struct, or one alternative", extractUnion),
	scalar("size", "_FUNC_(a): number of elements of an array or map; -1 for NULL", size),
	scalar("index", "_FUNC_(a, k): element of an array or map", index),
	scalar("map_keys", "_FUNC_(m): the keys", mapSide("map_keys", func(m *types.Type) *types.Type { return m.Key })),
	scalar("map_values", "_FUNC_(m): the values", mapSide("map_values", func(m *types.Type) *types.Type { return m.Elem })),
	scalar("array_contains", "_FUNC_(array, x): true when the array holds x", arrayMember("ARRAY_CONTAINS", types.BooleanType)),
	scalar("array_remove", "_FUNC_(array, x): the array without x", arrayMember("ARRAY_REMOVE", nil)),
	scalar("sort_array", "_FUNC_(array): the array sorted", sortArray),
	scalar("sort_array_by", "_FUNC_(array of structs, field … [, 'ASC' | 'DESC']): the array sorted by fields", sortArrayBy),
	scalar("array_distinct", "_FUNC_(array): the array without repeated elements", sameArray),
	scalar("array_min", "_FUNC_(array): the smallest element", elementOf),
	scalar("array_max", "_FUNC_(array): the largest element", elementOf),
	scalar("array_slice", "_FUNC_(array, start, length): a part of the array", arraySlice),
	scalar("array_except", "_FUNC_(a, b): elements of a that b has not", twoArrays("ARRAY_EXCEPT")),
	scalar("array_intersect", "_FUNC_(a, b): elements of both arrays", twoArrays("ARRAY_INTERSECT")),
	scalar("array_union", "_FUNC_(a, b): elements of either array", twoArrays("ARRAY_UNION")),
	simple("array_join", "array text [text] -> string", "_FUNC_(array, separator [, for NULL]): the elements as one text"),
}

func mapSide(name string, side func(*types.Type) *types.Type) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 {
			return Resolution{}, wrongLength("The function %s only accepts one argument.", name)
		}
		t := args[0].Type
		if t.Kind != types.Map {
			return Resolution{}, wrongType(0, `"map" is expected at function %s, but "%s" is found`, name, t)
		}
		return Resolution{Args: []*types.Type{t}, Result: types.NewArray(side(t))}, nil
	}
}

func makeArray(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) == 0 {
		return Resolution{Result: types.NewArray(types.StringType)}, nil
	}
	r, err := unified(args, false, func(bad int, t *types.Type) error {
		return wrongType(bad, `Argument type "%s" is different from preceding arguments. Previous type was "%s"`, args[bad].Type, t)
	})
	if err != nil {
		return r, err
	}
	if r.Result.Kind == types.Void {
		r.Result = types.StringType
		for i := range r.Args {
			r.Args[i] = types.StringType
		}
	}
	r.Result = types.NewArray(r.Result)
	return r, nil
}

func makeMap(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args)%2 != 0 {
		return Resolution{}, wrongLength("Arguments must be in key/value pairs")
	}
	if len(args) == 0 {
		return Resolution{Result: types.NewMap(types.StringType, types.StringType)}, nil
	}
	var at [2][]int
	for i, a := range args {
		if i%2 == 0 && !a.Type.IsPrimitive() {
			return Resolution{}, wrongType(i, `Primitive Type is expected but %s" is found`, a.Type)
		}
		at[i%2] = append(at[i%2], i)
	}
	r := Resolution{Args: make([]*types.Type, len(args))}
	var sides [2]*types.Type
	for k := range sides {
		t, bad := unify(args, at[k], false)
		if bad >= 0 {
			return Resolution{}, wrongType(bad, `Argument type "%s" is different from preceding arguments. Previous type was "%s"`, args[bad].Type, t)
		}
		if t.Kind == types.Void {
			t = types.StringType
		}
		sides[k] = t
		for _, i := range at[k] {
			r.Args[i] = t
		}
	}
	r.Result = types.NewMap(sides[0], sides[1])
	return r, nil
}

func makeStruct(_ *Env, args []Arg, _ bool) (Resolution, error) {
	r := Resolution{}
	fields := make([]types.Field, len(args))
	for i, a := range args {
		r.Args = append(r.Args, a.Type)
		fields[i] = types.Field{Name: fmt.Sprintf("col%d", i+1), Type: a.Type}
	}
	r.Result = types.NewStruct(fields...)
	return r, nil
}

func namedStruct(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args)%2 != 0 {
		return Resolution{}, wrongLength("NAMED_STRUCT expects an even number of arguments.")
	}
	r := Resolution{}
	var fields []types.Field
	for i := 0; i < len(args); i += 2 {
		name := args[i]
		if name.Const == nil || !name.Type.IsString() {
			return Resolution{}, wrongType(i, "Even arguments to NAMED_STRUCT must be a constant STRING, but %s was found", name.Type)
		}
		r.Args = append(r.Args, name.Type, args[i+1].Type)
		fields = append(fields, types.Field{Name: toLower(name.Const.S), Type: args[i+1].Type})
	}
	r.Result = types.NewStruct(fields...)
	return r, nil
}

func createUnion(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, wrongLength("Union requires a tag and at least one value")
	}
	if !args[0].Type.IsInteger() {
		return Resolution{}, wrongType(0, "the first argument to UNION must be an int")
	}
	r := Resolution{Args: []*types.Type{types.IntType}}
	for _, a := range args[1:] {
		r.Args = append(r.Args, a.Type)
	}
	r.Result = types.NewUnion(r.Args[1:]...)
	return r, nil
}

func extractUnion(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 && len(args) != 2 {
		return Resolution{}, requires("extract_union", 1, 2, len(args))
	}
	t := args[0].Type
	if t.Kind != types.Union {
		return Resolution{}, unpositioned(sqlerr.IllegalArgumentException, "No unions found in %s", t)
	}
	if len(args) == 1 {
		fields := make([]types.Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = types.Field{Name: fmt.Sprintf("tag_%d", i), Type: f.Type}
		}
		return Resolution{Args: []*types.Type{t}, Result: types.NewStruct(fields...)}, nil
	}
	if args[1].Const == nil || !args[1].Type.IsInteger() || args[1].Const.I < 0 || args[1].Const.I >= int64(len(t.Fields)) {
		return Resolution{}, wrongType(1, "extract_union takes a constant tag of the union")
	}
	return Resolution{Args: []*types.Type{t, types.IntType}, Result: t.Fields[args[1].Const.I].Type}, nil
}

func size(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, wrongLength("The function SIZE only accepts 1 argument.")
	}
	if k := args[0].Type.Kind; k != types.Array && k != types.Map && k != types.Struct && k != types.Void {
		return Resolution{}, wrongType(0, `"map" or "list" is expected at function SIZE, but "%s" is found`, args[0].Type)
	}
	return Resolution{Args: []*types.Type{args[0].Type}, Result: types.IntType}, nil
}

func index(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 {
		return Resolution{}, wrongLength("The function INDEX accepts exactly 2 arguments.")
	}
	c := args[0].Type
	switch c.Kind {
	case types.Array:
		if !args[1].Type.IsInteger() && args[1].Type.Kind != types.Void {
			return Resolution{}, wrongType(1, "Non-primitive or non-integer index %s of an array", args[1].Type)
		}
		return Resolution{Args: []*types.Type{c, types.BigIntType}, Result: c.Elem}, nil
	case types.Map:
		if !types.ImplicitlyConvertible(args[1].Type, c.Key) && types.Common(args[1].Type, c.Key) == nil {
			return Resolution{}, wrongType(1, "MAP key type %s does not match index expression type %s", c.Key, args[1].Type)
		}
		return Resolution{Args: []*types.Type{c, c.Key}, Result: c.Elem}, nil
	}
	return Resolution{}, wrongType(0, `"map" or "list" is expected at function INDEX, but "%s" is found`, c)
}

func needArray(name string, args []Arg, i int) error {
	if k := args[i].Type.Kind; k != types.Array {
		return wrongType(i, `"array" expected at function %s, but "%s" is found`, name, args[i].Type)
	}
	return nil
}

// arrayMember takes an array and a value of its element type; the result nil means the array's type.
func arrayMember(name string, result *types.Type) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 2 {
			return Resolution{}, wrongLength("The function %s accepts 2 arguments.", name)
		}
		if err := needArray(name, args, 0); err != nil {
			return Resolution{}, err
		}
		a, x := args[0].Type, args[1].Type
		switch {
		case a.Elem.Equal(x):
		case result == nil:
			return Resolution{}, wrongType(1, "%s type element is expected at function %s(array<%[1]s>,%[1]s), but %[3]s is found", a.Elem, toLower(name), x)
		default:
			return Resolution{}, wrongType(1, `"%s" expected at function %s, but "%s" is found`, a.Elem, name, x)
		}
		r := Resolution{Args: []*types.Type{a, x}, Result: result}
		if result == nil {
			r.Result = a
		}
		return r, nil
	}
}

func sortArray(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, wrongLength("sortarray requires 1 argument(s), got %d", len(args))
	}
	t := args[0].Type
	if t.Kind != types.Array || t.Elem.Kind == types.Union {
		return Resolution{}, wrongType(0, "Argument 1 of function SORT_ARRAY must be array, and element type should be either primitive, list, struct, or map, but %s was found.", t)
	}
	return Resolution{Args: []*types.Type{t}, Result: t}, nil
}

func sortArrayBy(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, wrongLength("SORT_ARRAY_BY requires minimum 2 arguments, got %d", len(args))
	}
	t := args[0].Type
	switch {
	case t.Kind != types.Array:
		return Resolution{}, wrongType(0, "Argument 1 of function SORT_ARRAY_BY must be array, but %s was found.", t)
	case t.Elem.Kind != types.Struct:
		return Resolution{}, wrongType(0, "Element[s] of first argument array in function SORT_ARRAY_BY must be struct, but %s was found.", t)
	}
	r := Resolution{Args: []*types.Type{t}, Result: t}
	for i, a := range args[1:] {
		if !a.Type.IsString() || a.Const == nil {
			return Resolution{}, wrongType(i+1, "sort_array_by takes constant field names, got %s", a.Type)
		}
		direction := toLower(a.Const.S)
		if t.Elem.FieldIndex(a.Const.S) < 0 && !(i == len(args)-2 && i > 0 && (direction == "asc" || direction == "desc")) {
			return Resolution{}, unpositioned(sqlerr.RuntimeException, "cannot find field %s from %s", toLower(a.Const.S), fieldList(t.Elem))
		}
		r.Args = append(r.Args, types.StringType)
	}
	return r, nil
}

// fieldList names the fields of a struct as messages of Hive do: [0:a, 1:b].
func fieldList(t *types.Type) string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = fmt.Sprintf("%d:%s", i, f.Name)
	}
	return "[" + strings.Join(names, ", ") + "]"
}

func sameArray(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, requires("array function", 1, 1, len(args))
	}
	if err := needArray("array_distinct", args, 0); err != nil {
		return Resolution{}, err
	}
	return Resolution{Args: []*types.Type{args[0].Type}, Result: args[0].Type}, nil
}

func elementOf(env *Env, args []Arg, distinct bool) (Resolution, error) {
	r, err := sameArray(env, args, distinct)
	if err == nil {
		r.Result = args[0].Type.Elem
	}
	return r, err
}

func arraySlice(env *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 3 {
		return Resolution{}, wrongLength("arrayslice requires 3 argument(s), got %d", len(args))
	}
	for i, a := range args[1:] {
		switch k := a.Type.Kind; {
		case k == types.SmallInt || k == types.BigInt: // Hive lets them pass, and fails
			return Resolution{}, &ArgError{Kind: "ClassCastException", Reason: "the arguments of array_slice are of type int"}
		case k != types.Int:
			return Resolution{}, wrongType(0, "Argument %d of function ARRAY_SLICE must be \"smallint\" or \"int\" or \"bigint\", but \"%s\" was found.", i+1, a.Type)
		}
	}
	return sig("array_slice", "array int int -> $1")(env, args, false)
}

// twoArrays takes two arrays of one type.
func twoArrays(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 2 {
			return Resolution{}, requires(name, 2, 2, len(args))
		}
		for i := range args {
			if err := needArray(name, args, i); err != nil {
				return Resolution{}, err
			}
		}
		a := args[0].Type
		if !a.Equal(args[1].Type) {
			return Resolution{}, wrongType(1, "Input arrays are not comparable to use %s udf", name)
		}
		return Resolution{Args: []*types.Type{a, a}, Result: a}, nil
	}
}
