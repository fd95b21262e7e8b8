package function

import (
	"skep/dialect/types"
)

// conditionalFunctions choose among their arguments.
var conditionalFunctions = []Function{
	scalar("case", "_FUNC_ WHEN a THEN b [WHEN c THEN d]* [ELSE e] END", caseWhen),
	scalar("if", "_FUNC_(condition, a, b): a when condition is true, otherwise b", ifThenElse),
	scalar("coalesce", "_FUNC_(a, b …): the first argument that is not NULL", coalesce),
	scalar("nvl", "_FUNC_(a, b): a when it is not NULL, otherwise b", nvl),
	scalar("nullif", "_FUNC_(a, b): NULL when a = b, otherwise a", nullif),
	scalar("greatest", "_FUNC_(a, b …): the largest argument; NULL when one is NULL", extreme("greatest")),
	scalar("least", "_FUNC_(a, b …): the smallest argument; NULL when one is NULL", extreme("least")),
	volatile("assert_true", "_FUNC_(condition): fails when condition is not true, otherwise NULL", sig("assert_true", "prim -> void")),
	volatile("assert_true_oom", "_FUNC_(condition): fails when condition is not true", sig("assert_true_oom", "prim -> void")),
	volatile("enforce_constraint", "_FUNC_(condition): fails when condition is false", sig("enforce_constraint", "boolean -> boolean")),
	volatile("cardinality_violation", "_FUNC_(n): fails when called: a MERGE matched a row twice", sig("cardinality_violation", "any... -> int")),
	volatile("sq_count_check", "_FUNC_(n [, x]): fails when a scalar subquery gave more than one row", sig("sq_count_check", "bigint [any] -> bigint")),
}

// unify returns the common type of the arguments at the positions at, or the first position that does not fit with the type
// reached before it. With narrow, integer constants beside decimals that are not constant count with their own digits only.
func unify(args []Arg, at []int, narrow bool) (t *types.Type, bad int) {
	varying := false
	for _, i := range at {
		varying = varying || args[i].Type.Kind == types.Decimal && args[i].Const == nil
	}
	for _, i := range at {
		u := args[i].Type
		if narrow && varying {
			if d := constantInteger(args[i]); d != nil {
				u = d
			}
		}
		if t == nil {
			t = u
			continue
		}
		c := types.Common(t, u)
		if c == nil {
			return t, i
		}
		t = c
	}
	return t, -1
}

// BranchType is the type of the values of a CASE, nil when they have none in common.
func BranchType(values []Arg) *types.Type {
	at := make([]int, len(values))
	for i := range at {
		at[i] = i
	}
	t, bad := unify(values, at, true)
	if bad >= 0 {
		return nil
	}
	return t
}

// caseWhen resolves the searched form case(c1, v1, c2, v2 … [, else]).
func caseWhen(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, wrongLength("The arguments of CASE must be pairs of WHEN and THEN")
	}
	r := Resolution{Args: make([]*types.Type, len(args))}
	var values []int
	for i := range args {
		if i%2 == 1 || i == len(args)-1 {
			values = append(values, i)
			continue
		}
		if args[i].Type.Kind != types.Boolean {
			return Resolution{}, wrongType(i, `"boolean" is expected after WHEN, but "%s" is found`, args[i].Type)
		}
		r.Args[i] = types.BooleanType
	}
	t, bad := unify(args, values, true)
	if bad >= 0 {
		return Resolution{}, wrongType(bad, `The expressions after THEN should have the same type: "%s" is expected but "%s" is found`, t, args[bad].Type)
	}
	for _, i := range values {
		r.Args[i] = t
	}
	r.Result = t
	return r, nil
}

func ifThenElse(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 3 {
		return Resolution{}, wrongLength("The function IF(expr1,expr2,expr3) accepts exactly 3 arguments.")
	}
	if k := args[0].Type.Kind; k != types.Boolean && k != types.Void {
		return Resolution{}, wrongType(0, `The first argument of function IF should be "boolean", but "%s" is found`, args[0].Type)
	}
	t, bad := unify(args, []int{1, 2}, true)
	if bad >= 0 {
		return Resolution{}, wrongType(2, `The second and the third arguments of function IF should have the same type, but they are different: "%s" and "%s"`,
			args[1].Type, args[2].Type)
	}
	return Resolution{Args: []*types.Type{types.BooleanType, t, t}, Result: t}, nil
}

// unified resolves a function whose arguments and result are all of the common type.
func unified(args []Arg, narrow bool, mismatch func(bad int, t *types.Type) error) (Resolution, error) {
	at := make([]int, len(args))
	for i := range at {
		at[i] = i
	}
	t, bad := unify(args, at, narrow)
	if bad >= 0 {
		return Resolution{}, mismatch(bad, t)
	}
	r := Resolution{Args: make([]*types.Type, len(args)), Result: t}
	for i := range r.Args {
		r.Args[i] = t
	}
	return r, nil
}

func coalesce(env *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) == 0 && env != nil && !env.Hive3() {
		return Resolution{Result: types.VoidType}, nil
	}
	if len(args) == 0 {
		return Resolution{}, wrongLength("The function COALESCE needs at least one argument.")
	}
	return unified(args, true, func(bad int, t *types.Type) error {
		return wrongType(bad, `The expressions after COALESCE should all have the same type: "%s" is expected but "%s" is found`, t, args[bad].Type)
	})
}

func nvl(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) == 0 || len(args) > 2 {
		return Resolution{}, wrongLength("The operator 'NVL'  accepts 2 arguments.")
	}
	r, err := unified(args, false, func(bad int, t *types.Type) error {
		return wrongType(bad, `The first and seconds arguments of function NVL should have the same type, but they are different: "%s" and "%s"`, t, args[bad].Type)
	})
	r.Func = "coalesce"
	return r, err
}

// nullif compares its arguments in the type of the first: nullif(1, 1.5) is NULL.
func nullif(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 {
		return Resolution{}, requires("nullif", 2, 2, len(args))
	}
	a, b := args[0].Type, args[1].Type
	if a.Kind == types.Void {
		return Resolution{}, wrongType(0, "NULLIF may not accept types belonging to VOID_GROUP as first argument")
	}
	if comparisonType(a, b) == nil || groupOf(a) != groupOf(b) && b.Kind != types.Void {
		return Resolution{}, wrongType(1, "The expressions after NULLIF should belong to the same category: \"%s\" is expected but \"%s\" is found",
			groupName(a), groupName(b))
	}
	return Resolution{Args: []*types.Type{a, a}, Result: a}, nil
}

// groupName is Hive's name for the group of a type.
func groupName(t *types.Type) string {
	switch groupOf(t) {
	case numericGroup:
		return "NUMERIC_GROUP"
	case stringGroup:
		return "STRING_GROUP"
	case dateGroup:
		return "DATE_GROUP"
	case booleanGroup:
		return "BOOLEAN_GROUP"
	case binaryGroup:
		return "BINARY_GROUP"
	case yearMonthGroup:
		return "INTERVAL_YEAR_MONTH_GROUP"
	case dayTimeGroup:
		return "INTERVAL_DAY_TIME_GROUP"
	}
	return "UNKNOWN_GROUP"
}

func extreme(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) < 2 {
			return Resolution{}, wrongLength("%s requires at least 2 arguments, got %d", name, len(args))
		}
		for i, a := range args {
			switch {
			case a.Type.IsPrimitive():
			case i == 0:
				return Resolution{}, wrongArguments("%s only takes primitive types, got %s", name, a.Type)
			default:
				return Resolution{}, wrongType(i, "%s only takes primitive types as %s argument, got %s", name, ordinal(i+1), category(a.Type))
			}
		}
		t := args[0].Type
		for i, a := range args[1:] {
			c := types.CommonComparison(t, a.Type)
			if c == nil {
				return Resolution{}, wrongType(i+1, "%s takes arguments of one type, got %s after %s", name, a.Type, t)
			}
			t = c
		}
		r := Resolution{Args: make([]*types.Type, len(args)), Result: t}
		for i := range r.Args {
			r.Args[i] = t
		}
		return r, nil
	}
}
