// Package function describes Hive's built-in functions to the analyzer: names, kinds, argument checking and result types. It
// holds no code that computes values; the engine has that under the same canonical names.
package function

import (
	"time"

	"skep/dialect/types"
)

// Kind is what a function may be used as; the kinds combine, e.g. sum is Aggregate|Window.
type Kind uint8

// The kinds.
const (
	Scalar Kind = 1 << iota
	Aggregate
	Window
	Table
)

// Arg is an argument as the resolver sees it: its type, and its value when it is a constant.
type Arg struct {
	Type  *types.Type
	Const *types.Datum // nil when not constant
	// Literal tells that the constant was written as such, or as the cast of one.
	Literal bool
}

// Env are the settings on which resolution depends.
type Env struct {
	HiveVersion string // "3.1" or "4.0"
	Conf        func(key string) string
	Location    *time.Location
}

// Hive3 reports whether Hive 3.1's behaviour is asked for.
func (e *Env) Hive3() bool { return e != nil && e.HiveVersion == "3.1" }

// Resolution is the outcome of resolving a call: the types to which the arguments are cast before the call, and the type of
// the result. Table functions give their output columns in Outputs instead. Func, when not "", replaces the called name
// (e.g. a synonym, or a variant for the argument types).
type Resolution struct {
	Func string
	// Via, when not nil, are types that the arguments take on the way to Args: conversions of Hive that lose something.
	Via     []*types.Type
	Args    []*types.Type
	Result  *types.Type
	Outputs []types.Field
}

// Function describes one built-in. Resolve returns an *ArgError when the arguments do not fit.
type Function struct {
	Name          string // canonical, lower-case
	Kind          Kind
	Deterministic bool // same arguments, same result: may be folded
	// Stateful functions must run once per row in order (e.g. row_sequence-like) and are never moved.
	Stateful bool
	Resolve  func(env *Env, args []Arg, distinct bool) (Resolution, error)
	Short    string // DESCRIBE FUNCTION text, our own words, "_FUNC_" stands for the name
	Extended string
}
