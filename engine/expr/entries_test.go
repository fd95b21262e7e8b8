package expr

import (
	"testing"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/vector"
)

// A column may be constant within a batch, as those of partitions are, and another constant in the next batch that shares the
// dictionary of the other argument.
func TestEntriesFollowConstantColumns(t *testing.T) {
	text, pattern := plan.Column{ID: 1, Name: "s", Type: types.StringType}, plan.Column{ID: 2, Name: "p", Type: types.StringType}
	e := &plan.Call{Func: "like", Args: []plan.Expr{plan.NewColumnRef(text), plan.NewColumnRef(pattern)}, T: types.BooleanType}
	p, err := Compile(testEnv, []plan.Expr{e}, LayoutOf([]plan.Column{text, pattern}))
	if err != nil {
		t.Fatal(err)
	}
	words := vector.New(types.StringType, 0)
	for _, s := range []string{"a", "b"} {
		words.AppendDatum(types.Datum{S: s})
	}
	dict := &vector.Vector{Type: types.StringType, Form: vector.Dict, DictOf: words, DictID: vector.NewDictID(), Codes: []uint32{0, 1}}
	run := p.NewEvaluator()
	for round, s := range []string{"a", "b", "a"} {
		b := &vector.Batch{N: 2, Cols: []*vector.Vector{dict, vector.NewConst(types.StringType, types.Datum{S: s})}}
		out, err := run.Run(b)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range []string{"a", "b"} {
			if got := out[0].Datum(i).I == 1; got != (w == s) {
				t.Errorf("batch %d: %q LIKE %q is %v", round, w, s, got)
			}
		}
	}
}
