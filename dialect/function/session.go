package function

import (
	"strings"

	"skep/dialect/types"
)

func toLower(s string) string { return strings.ToLower(s) }

// sessionFunctions tell about the session and the query, or serve the system itself.
var sessionFunctions = []Function{
	simple("current_database", "-> string", "_FUNC_(): the session's current database"),
	simple("current_schema", "-> string", "_FUNC_(): the session's current database"),
	simple("current_catalog", "-> string", "_FUNC_(): the session's catalog"),
	simple("current_user", "-> string", "_FUNC_(): the session's user"),
	simple("current_groups", "-> array<string>", "_FUNC_(): the groups of the session's user"),
	simple("logged_in_user", "-> string", "_FUNC_(): the user who logged in"),
	simple("current_authorizer", "-> string", "_FUNC_(): the authorizer in use"),
	simple("restrict_information_schema", "-> boolean", "_FUNC_(): whether the information schema is restricted"),
	simple("version", "-> string", "_FUNC_(): the version of the server"),
	simple("buildversion", "-> string", "_FUNC_(): the version of the server"),
	volatile("uuid", "_FUNC_(): a random UUID", sig("uuid", "-> string")),
	volatile("surrogate_key", "_FUNC_([bits, bits]): a number unique within a write", sig("surrogate_key", "[int] [int] -> bigint")),
	simple("grouping", "any integer... -> bigint", "_FUNC_(key …): 1 for keys aggregated away by a grouping set"),
	volatile("bucket_number", "_FUNC_(): the bucket of a row, known only where Hive writes it", sig("bucket_number", "any... -> string")),
	simple("in_bloom_filter", "prim binary -> boolean", "_FUNC_(x, filter): whether a bloom filter may hold x"),
	scalar("deserialize", "_FUNC_(message, format): a message of the metastore's event log as text", deserialize),
	scalar("split_map_privs", "_FUNC_(flags): the names of privileges by their flags", splitPrivileges),
	scalar("ndv_compute_bit_vector", "_FUNC_(sketch): the number of different values that a sketch of statistics has seen", sketchEstimate),
	volatile("reflect", "_FUNC_(class, method, args …): calls a Java method", sig("reflect", "text text prim... -> string")),
	volatile("reflect2", "_FUNC_(object, method, args …): calls a Java method", sig("reflect2", "prim text prim... -> string")),
	scalar("typeof", "_FUNC_(x): the name of the type of x", sig("typeof", "any -> string")),
}

func maskHash(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, requires("mask_hash", 1, 1, len(args))
	}
	t := args[0].Type
	if !t.IsPrimitive() {
		return Resolution{}, wrongType(0, "mask_hash only takes primitive types, got %s", category(t))
	}
	return Resolution{Args: []*types.Type{t}, Result: unlimited(t)}, nil
}

func deserialize(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 {
		return Resolution{}, wrongArguments("The function deserialize accepts 2 arguments.")
	}
	for _, a := range args {
		if !a.Type.IsString() {
			return Resolution{}, wrongType(0, "The arguments to deserialize must be a string/varchar")
		}
	}
	return Resolution{Args: []*types.Type{types.StringType, types.StringType}, Result: types.StringType}, nil
}

func splitPrivileges(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, wrongLength("split_map_privs requires 1 argument(s), got %d", len(args))
	}
	if !args[0].Type.IsPrimitive() {
		return Resolution{}, wrongType(0, "split_map_privs only takes primitive types as 1st argument, got %s", category(args[0].Type))
	}
	return Resolution{Args: []*types.Type{types.StringType}, Result: types.NewArray(types.StringType)}, nil
}

func sketchEstimate(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, requires("ndv_compute_bit_vector", 1, 1, len(args))
	}
	switch t := args[0].Type; {
	case !t.IsPrimitive():
		return Resolution{}, wrongType(0, "ndv_compute_bitvector input only takes primitive types, got %s", t)
	case t.Kind != types.Binary:
		return Resolution{}, wrongType(0, "ndv_compute_bitvector input only takes BINARY type, got %s", t)
	}
	return Resolution{Args: []*types.Type{types.BinaryType}, Result: types.BigIntType}, nil
}
