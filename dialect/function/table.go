package function

import (
	"fmt"

	"skep/dialect/types"
)

// tableFunctions turn one row into any number of rows.
var tableFunctions = []Function{
	tabular("explode", "_FUNC_(a): one row per element of an array or entry of a map", explode),
	tabular("posexplode", "_FUNC_(a): explode with the position of the element", posexplode),
	tabular("inline", "_FUNC_(a): one row per struct of an array", inline),
	tabular("stack", "_FUNC_(n, v1 … vk): the values as n rows", stack),
	tabular("json_tuple", "_FUNC_(json, key …): the values of several keys of a JSON object", tuple("json_tuple")),
	tabular("parse_url_tuple", "_FUNC_(url, part …): several parts of a URL", tuple("parse_url_tuple")),
	tabular("replicate_rows", "_FUNC_(n, a, b …): the row n times", replicateRows),
}

func tabular(name, short string, resolve resolver) Function {
	return Function{Name: name, Kind: Table, Deterministic: true, Resolve: resolve, Short: short}
}

func output(fields ...types.Field) []types.Field { return fields }

func explode(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, unpositioned(argumentException, "explode() takes only one argument")
	}
	t := args[0].Type
	switch t.Kind {
	case types.Array:
		return Resolution{Args: []*types.Type{t}, Outputs: output(types.Field{Name: "col", Type: t.Elem})}, nil
	case types.Map:
		return Resolution{Args: []*types.Type{t}, Outputs: output(types.Field{Name: "key", Type: t.Key}, types.Field{Name: "value", Type: t.Elem})}, nil
	}
	return Resolution{}, unpositioned(argumentException, "explode() takes an array or a map as a parameter")
}

func posexplode(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, unpositioned(argumentException, "posexplode() takes only one argument")
	}
	t := args[0].Type
	pos := types.Field{Name: "pos", Type: types.IntType}
	switch t.Kind {
	case types.Array:
		return Resolution{Args: []*types.Type{t}, Outputs: output(pos, types.Field{Name: "val", Type: t.Elem})}, nil
	case types.Map:
		return Resolution{Args: []*types.Type{t}, Outputs: output(pos, types.Field{Name: "key", Type: t.Key}, types.Field{Name: "value", Type: t.Elem})}, nil
	}
	return Resolution{}, unpositioned(argumentException, "posexplode() takes an array or a map as a parameter")
}

func inline(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 || args[0].Type.Kind != types.Array || args[0].Type.Elem.Kind != types.Struct {
		return Resolution{}, unpositioned(argumentException, "Top level object must be an array of structs but was %s", argumentTypes(args))
	}
	t := args[0].Type
	return Resolution{Args: []*types.Type{t}, Outputs: t.Elem.Fields}, nil
}

func argumentTypes(args []Arg) string {
	text := ""
	for i, a := range args {
		if i > 0 {
			text += ", "
		}
		text += a.Type.String()
	}
	return text
}

// stack has one column per value of a row; each column's type is common to its rows.
func stack(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, unpositioned(argumentException, "STACK() expects at least two arguments.")
	}
	if args[0].Const == nil || !args[0].Type.IsInteger() {
		return Resolution{}, unpositioned(argumentTypeException, "The first argument to STACK() must be a constant integer (got %s instead).", args[0].Type)
	}
	n := int(args[0].Const.I)
	if n < 1 {
		return Resolution{}, unpositioned(argumentException, "STACK() expects its first argument to be >= 1.")
	}
	width := (len(args) - 1 + n - 1) / n
	r := Resolution{Args: make([]*types.Type, len(args))}
	r.Args[0] = types.IntType
	for c := range width {
		var at []int
		for i := 1 + c; i < len(args); i += width {
			at = append(at, i)
		}
		t, bad := unify(args, at, false)
		if bad >= 0 {
			return Resolution{}, unpositioned(argumentException, "Argument %d's type (%s) should be equal to argument %d's type (%s)", c+1, t, bad, args[bad].Type)
		}
		for _, i := range at {
			r.Args[i] = t
		}
		r.Outputs = append(r.Outputs, types.Field{Name: fmt.Sprintf("col%d", c), Type: t})
	}
	return r, nil
}

func tuple(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) < 2 {
			return Resolution{}, unpositioned(argumentException, "%s() takes at least two arguments", name)
		}
		r := Resolution{}
		for i, a := range args {
			t := accept("str", a.Type)
			if t == nil {
				return Resolution{}, unpositioned(argumentException, "%s()'s arguments have to be string type", name)
			}
			r.Args = append(r.Args, t)
			if i > 0 {
				r.Outputs = append(r.Outputs, types.Field{Name: fmt.Sprintf("c%d", i-1), Type: types.StringType})
			}
		}
		return r, nil
	}
}

func replicateRows(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, unpositioned(argumentException, "UDTFReplicateRows() expects at least two arguments.")
	}
	if !args[0].Type.IsInteger() {
		return Resolution{}, unpositioned(argumentTypeException, "The first argument to UDTFReplicateRows() must be a long (got %s instead).", args[0].Type)
	}
	r := Resolution{Args: []*types.Type{types.BigIntType}, Outputs: output(types.Field{Name: "col0", Type: types.BigIntType})}
	for i, a := range args[1:] {
		r.Args = append(r.Args, a.Type)
		r.Outputs = append(r.Outputs, types.Field{Name: fmt.Sprintf("col%d", i+1), Type: a.Type})
	}
	return r, nil
}
