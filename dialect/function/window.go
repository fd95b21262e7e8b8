package function

import "skep/dialect/types"

// windowFunctions need OVER.
var windowFunctions = []Function{
	ranking("row_number", "number of the row within its partition", types.IntType),
	ranking("rank", "rank with gaps after ties", types.IntType),
	ranking("dense_rank", "rank without gaps", types.IntType),
	ranking("percent_rank", "(rank - 1) / (rows - 1)", types.DoubleType),
	ranking("cume_dist", "fraction of rows up to and including the peers", types.DoubleType),
	windowed("ntile", "_FUNC_(n): number of the row's part when the partition is divided into n", ntile),
	windowed("lead", "_FUNC_(x [, n [, default]]): x n rows later", offset("lead")),
	windowed("lag", "_FUNC_(x [, n [, default]]): x n rows earlier", offset("lag")),
	windowed("first_value", "_FUNC_(x [, skip NULLs]): x of the first row of the frame", edgeValue("first_value")),
	windowed("last_value", "_FUNC_(x [, skip NULLs]): x of the last row of the frame", edgeValue("last_value")),
}

func windowed(name, short string, resolve resolver) Function {
	return Function{Name: name, Kind: Window, Deterministic: true, Resolve: resolve, Short: short}
}

// ranking functions take no arguments of their own.
func ranking(name, short string, result *types.Type) Function {
	return windowed(name, "_FUNC_(): "+short, func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) > 0 {
			return Resolution{}, unpositioned(argumentTypeException, "No argument is expected.")
		}
		return Resolution{Result: result}, nil
	})
}

func ntile(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if err := oneArgument(args); err != nil {
		return Resolution{}, err
	}
	if k := args[0].Type.Kind; k < types.TinyInt || k > types.BigInt {
		return Resolution{}, unpositioned(argumentTypeException, "Number of tiles must be an int expression")
	}
	return Resolution{Args: []*types.Type{types.IntType}, Result: types.IntType}, nil
}

func offset(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) < 1 || len(args) > 3 {
			return Resolution{}, unpositioned(argumentTypeException, "Incorrect invocation of %s: _FUNC_(expr, amt, default)", name)
		}
		t := args[0].Type
		r := Resolution{Args: []*types.Type{t}, Result: t}
		if len(args) > 1 {
			if !args[1].Type.IsInteger() || args[1].Const == nil || args[1].Const.I < 0 {
				return Resolution{}, unpositioned(argumentTypeException, "%s amount must be a integer value %s was passed as parameter 1.", name, args[1].Type)
			}
			r.Args = append(r.Args, types.IntType)
		}
		if len(args) > 2 {
			if types.Common(t, args[2].Type) == nil {
				return Resolution{}, unpositioned(argumentTypeException, "the default of %s is of type %s, the value of type %s", name, args[2].Type, t)
			}
			r.Args = append(r.Args, t)
		}
		return r, nil
	}
}

func edgeValue(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 1 && len(args) != 2 {
			return Resolution{}, unpositioned(argumentTypeException, "%s takes one or two arguments", name)
		}
		r := Resolution{Args: []*types.Type{args[0].Type}, Result: args[0].Type}
		if len(args) == 2 {
			if args[1].Type.Kind != types.Boolean || args[1].Const == nil {
				return Resolution{}, unpositioned(argumentTypeException, "second argument of %s is expected to be a constant boolean", name)
			}
			r.Args = append(r.Args, types.BooleanType)
		}
		return r, nil
	}
}
