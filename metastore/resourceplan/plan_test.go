package resourceplan

import (
	"slices"
	"testing"

	"skep/metastore/model"
)

func TestReplaceKeepsTheOldPlan(t *testing.T) {
	a, b := New("a"), New("b")
	set := Set{a, b, New("a_old")}
	if err := set.Switch(a, Active, true); err != nil {
		t.Fatal(err)
	}
	names := []string{"a_old", "a_older"}
	if err := set.Replace(a, b, func(i int) string { return names[i] }); err != nil {
		t.Fatal(err)
	}
	if b.Name != "a" || b.Status != Active || a.Name != "a_older" || a.Status != Disabled {
		t.Errorf("replaced: %s %s, replacement: %s %s", a.Name, a.Status, b.Name, b.Status)
	}
	if err := set.Replace(b, b, nil); model.KindOf(err) != model.InvalidOperation {
		t.Errorf("a plan replaced itself: %v", err)
	}
}

func TestOnePlanIsActive(t *testing.T) {
	a, b := New("a"), New("b")
	set := Set{a, b}
	if err := set.Switch(a, Active, false); model.KindOf(err) != model.InvalidOperation {
		t.Errorf("a disabled plan was activated: %v", err)
	}
	for _, p := range set {
		if err := set.Switch(p, Enabled, false); err != nil {
			t.Fatal(err)
		}
		if err := set.Switch(p, Active, false); err != nil {
			t.Fatal(err)
		}
	}
	if a.Status != Enabled || b.Status != Active {
		t.Errorf("after both were activated: %s, %s", a.Status, b.Status)
	}
	if err := set.Switch(b, Disabled, false); model.KindOf(err) != model.InvalidOperation {
		t.Errorf("the active plan was disabled: %v", err)
	}
	if err := a.Editable(); err == nil {
		t.Error("an enabled plan may be edited")
	}
}

func TestMovedPoolsKeepWhatPointsToThem(t *testing.T) {
	p := New("p")
	for _, path := range []string{"x", "x.y", "xy"} {
		if err := p.AddPool(Pool{Path: path, Fraction: 0.5, Parallelism: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.PutMapping(Mapping{Kind: "USER", Name: "U", Pool: "x.y"}, false); err != nil {
		t.Fatal(err)
	}
	to := "z"
	if err := p.AlterPool("x", PoolChange{Path: &to}); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, o := range p.Pools {
		paths = append(paths, o.Path)
	}
	if !slices.Equal(paths, []string{"default", "z", "z.y", "xy"}) || p.Mappings[0].Pool != "z.y" {
		t.Errorf("pools %v, mapping to %s", paths, p.Mappings[0].Pool)
	}
	if err := p.DropPool("z.y"); model.KindOf(err) != model.InvalidOperation {
		t.Errorf("a pool with mappings was dropped: %v", err)
	}
}
