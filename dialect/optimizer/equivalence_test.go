package optimizer

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"skep/dialect/catalog"
	"skep/dialect/explain"
	"skep/dialect/internal/planmodel"
	"skep/dialect/plan"
	"skep/dialect/types"
)

// noPartitions is the catalog of the tests: their tables have no partitions.
type noPartitions struct{}

func (noPartitions) Table(context.Context, string, string) (*catalog.Table, error) {
	return nil, catalog.ErrNotFound
}

func (noPartitions) HasDatabase(context.Context, string) (bool, error) { return true, nil }

func (noPartitions) Partitions(context.Context, *catalog.Table, *catalog.PartitionFilter, func([]types.Datum) (bool, error)) ([]*catalog.Partition, error) {
	return nil, nil
}

func (noPartitions) Macro(string) *catalog.Macro { return nil }

func deterministicTest(name string) bool { return name != "rand" && name != "assert_true" }

// optionalRules lists the rules that can be switched off.
func optionalRules() []string {
	names := []string{"transitive", "outer-to-inner", "outer-to-anti"} // parts of push-down
	seen := map[string]bool{}
	for _, r := range rules {
		if !r.required && !seen[r.name] {
			seen[r.name] = true
			names = append(names, r.name)
		}
	}
	return names
}

// settings are the values of Env.Disabled to try: all rules, none, each one off, each one alone.
func settings() []string {
	all := optionalRules()
	out := []string{"", strings.Join(all, ",")}
	for i := range all {
		out = append(out, all[i])
		others := append(append([]string(nil), all[:i]...), all[i+1:]...)
		if all[i] == "transitive" || all[i] == "outer-to-inner" || all[i] == "outer-to-anti" {
			continue // nothing without push-down
		}
		out = append(out, strings.Join(others, ","))
	}
	return out
}

// ownShared copies the shared definitions of a plan, which Optimize rewrites in place.
func ownShared(n plan.Node, defs map[*plan.SharedDef]*plan.SharedDef) plan.Node {
	out, _ := rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		s, ok := n.(*plan.Shared)
		if !ok {
			return n, nil
		}
		d := defs[s.Def]
		if d == nil {
			c := *s.Def
			d = &c
			defs[s.Def] = d
			d.Plan = ownShared(d.Plan, defs)
		}
		return &plan.Shared{Def: d, Cols: s.Cols}, nil
	})
	return out
}

// optimizeUnder optimises a copy of n and checks the form of the result.
func optimizeUnder(n plan.Node, disabled string) (plan.Node, error) {
	env := &Env{Catalog: noPartitions{}, Folder: &planmodel.Model{}, Deterministic: deterministicTest, Disabled: disabled}
	// constant-keys changes rows: that is its purpose.
	equal := slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return r.name == "constant-keys" })
	roots, err := apply(context.Background(), env, []plan.Node{ownShared(n, map[*plan.SharedDef]*plan.SharedDef{})}, equal)
	if err != nil {
		return nil, err
	}
	out := roots[0]
	if err := planmodel.Check(out); err != nil {
		return out, err
	}
	want, have := n.Columns(), out.Columns()
	if len(want) != len(have) {
		return out, fmt.Errorf("%d columns instead of %d", len(have), len(want))
	}
	for i := range want {
		if want[i].ID != have[i].ID {
			return out, fmt.Errorf("column %d is #%d instead of #%d", i, have[i].ID, want[i].ID)
		}
	}
	return out, nil
}

// TestEquivalence runs random plans before and after optimisation, with all rules, each rule alone and each rule off, on
// random tables with NULLs.
func TestEquivalence(t *testing.T) {
	plans := 400
	if testing.Short() {
		plans = 60
	}
	for seed := range int64(plans) {
		if checkSeed(t, seed); t.Failed() {
			return
		}
	}
}

func FuzzEquivalence(f *testing.F) {
	f.Add(int64(2477))  // grouping early, without a key, a side of a cross join that turns out empty
	f.Add(int64(23996)) // the only leaf below the early grouping is a full join
	f.Fuzz(func(t *testing.T, seed int64) { checkSeed(t, seed) })
}

func checkSeed(t *testing.T, seed int64) {
	g := newGenerator(rand.New(rand.NewSource(seed)))
	root := g.node(2 + g.Intn(4))
	if size(root) > 40 {
		return
	}
	before := explain.Plan(root, explain.Options{})
	models := []*planmodel.Model{g.model(), g.model(), g.model()}
	want := make([]string, len(models))
	for i, m := range models {
		want[i] = m.Evaluate(root)
		if len(want[i]) > 20_000 {
			return // too slow to repeat
		}
	}
	for _, disabled := range settings() {
		out, err := optimizeUnder(root, disabled)
		if err != nil {
			t.Errorf("seed %d, disabled %q: %v\n%s", seed, disabled, err, before)
			if out != nil {
				t.Errorf("became\n%s", explain.Plan(out, explain.Options{}))
			}
			return
		}
		for i, m := range models {
			if want[i] == "error" {
				continue // rules may avoid errors, never add any
			}
			if got := m.Evaluate(out); got != want[i] {
				t.Errorf("seed %d, disabled %q, tables %v\ngot  %s\nwant %s\n%s\nbecame\n%s", seed, disabled, m.Tables, got, want[i], before,
					explain.Plan(out, explain.Options{}))
				return
			}
		}
	}
}

// size counts the nodes of n, shared definitions once per reference.
func size(n plan.Node) int {
	sum := 0
	visitNodes(n, func(x plan.Node) {
		sum++
		if s, ok := x.(*plan.Shared); ok {
			sum += size(s.Def.Plan)
		}
	})
	return sum
}
