package planner

import (
	"math"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// inBucket is the condition of TABLESAMPLE (BUCKET x OUT OF y): (hash(on) & maximum) % y = x-1. The hash is that of the
// table's bucketing version.
func inBucket(n *plan.Scan) plan.Expr {
	number := func(v int) plan.Expr { return &plan.Literal{Value: types.Datum{I: int64(v)}, T: types.IntType} }
	hash := &plan.Call{Func: "murmur_hash", Args: n.Sample.On, T: types.IntType}
	if n.Table.Buckets.Version == 1 {
		hash.Func = "hash"
	}
	positive := &plan.Call{Func: "&", Args: []plan.Expr{hash, number(math.MaxInt32)}, T: types.IntType}
	bucket := &plan.Call{Func: "%", Args: []plan.Expr{positive, number(n.Sample.OutOf)}, T: types.IntType}
	return &plan.Call{Func: "=", Args: []plan.Expr{bucket, number(n.Sample.Bucket - 1)}, T: types.BooleanType}
}
