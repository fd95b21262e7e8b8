package expr

import (
	"errors"
	"math/rand"
	"testing"

	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/types"
	engine "skep/engine/function"
	"skep/engine/vector"
)

// offered are the types that TestEveryFunctionTakesAnyForm offers to functions as arguments.
var offered = []*types.Type{
	types.IntType, types.BigIntType, types.DoubleType, types.NewDecimal(10, 2), types.NewDecimal(30, 4), types.StringType, types.NewVarchar(4), types.NewChar(3),
	types.BooleanType, types.DateType, types.TimestampType, types.NewArray(types.IntType), columnTypes[17],
}

// skipped functions have no code of their own, wait, or give another result at every call.
var skipped = map[string]bool{"rand": true, "uuid": true, "surrogate_key": true, "reflect": true, "reflect2": true, "in_bloom_filter": true, "bucket_number": true,
	"grouping": true, "in_file": true, "assert_true_oom": true, "space": true, "repeat": true, "lpad": true, "rpad": true, "current_groups": true}

// TestEveryFunctionTakesAnyForm runs every scalar function of the registry, with every choice of up to three arguments that it accepts
// of those offered, over columns of all forms, constants, NULLs and batches without rows: rows of a batch must give what they give alone.
func TestEveryFunctionTakesAnyForm(t *testing.T) {
	r := rand.New(rand.NewSource(11))
	g := &generator{r: r, cols: columns()}
	layout := LayoutOf(g.cols)
	for _, name := range function.Names() {
		f, _ := function.Lookup(name)
		if f.Kind&function.Scalar == 0 || f.Name != name || skipped[name] {
			continue
		}
		accepted := 0
		for arity := 0; arity <= 3; arity++ {
			for range 12 * (1 + arity) {
				args := make([]plan.Expr, arity)
				for i := range args {
					args[i] = g.leaf(offered[r.Intn(len(offered))])
				}
				e, err := resolved(name, args)
				if err != nil {
					continue
				}
				p, err := Compile(testEnv, []plan.Expr{e}, layout)
				if err != nil {
					continue // no code for these types: the analyzer refuses them, or Hive does
				}
				accepted++
				whole, single := p.NewEvaluator(), p.NewEvaluator()
				compareForms(t, e, whole, single, randomBatch(r))
				if _, err := whole.Run(emptyBatch()); err != nil {
					var failed *engine.Error
					if !errors.As(err, &failed) {
						t.Fatalf("%v of no rows: %v", e, err)
					}
				}
				compareForms(t, e, whole, single, randomBatch(r))
			}
		}
		if accepted == 0 && f.Deterministic {
			t.Logf("%s took none of the arguments offered", name)
		}
	}
}

func emptyBatch() *vector.Batch {
	b := &vector.Batch{}
	for _, t := range columnTypes {
		b.Cols = append(b.Cols, vector.New(t, 0))
	}
	return b
}
