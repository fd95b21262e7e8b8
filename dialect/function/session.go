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
