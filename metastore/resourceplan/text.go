package resourceplan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fraction is the text of a share as Java writes a double.
func Fraction(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// Lines shows a plan as a tree: its pools by share, with the triggers and mappings of each.
func (p *Plan) Lines() []string {
	parallelism := "null"
	if p.Parallelism != nil {
		parallelism = strconv.Itoa(*p.Parallelism)
	}
	w := &tree{p: p, lines: []string{fmt.Sprintf("%s[status=%s,parallelism=%s,defaultPool=%s]", p.Name, p.Status, parallelism, orNull(p.DefaultPool))}}
	w.children("", 0)
	w.outside()
	return w.lines
}

type tree struct {
	p     *Plan
	lines []string
}

// children writes the pools below a path, the largest first.
func (w *tree) children(path string, depth int) {
	var pools []Pool
	for _, o := range w.p.Pools {
		if parent(o.Path) == path {
			pools = append(pools, o)
		}
	}
	slices.SortStableFunc(pools, func(a, b Pool) int {
		switch {
		case a.Fraction > b.Fraction:
			return -1
		case a.Fraction < b.Fraction:
			return 1
		}
		return 0
	})
	for _, o := range pools {
		w.pool(depth, fmt.Sprintf("%s[allocFraction=%s,schedulingPolicy=%s,parallelism=%d]",
			o.Path[strings.LastIndexByte(o.Path, '.')+1:], Fraction(o.Fraction), orNull(o.Policy), o.Parallelism))
		w.triggers(depth, func(t Trigger) bool { return slices.Contains(o.Triggers, t.Name) })
		w.mappings(depth, o.Path)
		if o.Path == w.p.DefaultPool {
			w.item(depth, "mapped for default")
		}
		w.children(o.Path, depth+1)
	}
}

// outside writes what belongs to no pool.
func (w *tree) outside() {
	unmanaged := func(t Trigger) bool { return t.Unmanaged }
	unused := func(t Trigger) bool {
		return !t.Unmanaged && !slices.ContainsFunc(w.p.Pools, func(o Pool) bool { return slices.Contains(o.Triggers, t.Name) })
	}
	if slices.ContainsFunc(w.p.Triggers, unmanaged) || slices.ContainsFunc(w.p.Mappings, func(m Mapping) bool { return m.Pool == "" }) {
		w.pool(0, "<unmanaged queries>")
		w.triggers(0, unmanaged)
		w.mappings(0, "")
	}
	if slices.ContainsFunc(w.p.Triggers, unused) {
		w.pool(0, "<unused triggers>")
		w.triggers(0, unused)
	}
}

func (w *tree) pool(depth int, text string) {
	w.lines = append(w.lines, strings.Repeat("    ", depth)+" +  "+text)
}

func (w *tree) item(depth int, text string) {
	w.lines = append(w.lines, strings.Repeat("    ", depth+1)+" |  "+text)
}

func (w *tree) triggers(depth int, of func(Trigger) bool) {
	var list []Trigger
	for _, t := range w.p.Triggers {
		if of(t) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b Trigger) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range list {
		w.item(depth, fmt.Sprintf("trigger %s: if (%s) { %s }", t.Name, t.Condition, t.Action))
	}
}

// mappings writes who is mapped to a pool, of each kind the first five names.
func (w *tree) mappings(depth int, path string) {
	const shown = 5
	for _, kind := range []string{"USER", "GROUP", "APPLICATION"} {
		var names []string
		for _, m := range w.p.Mappings {
			if m.Kind == kind && m.Pool == path {
				names = append(names, m.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		more := ""
		if n := len(names) - shown; n > 0 {
			names, more = names[:shown], fmt.Sprintf(" and %d others", n)
		}
		w.item(depth, "mapped for "+strings.ToLower(kind)+"s: "+strings.Join(names, ", ")+more)
	}
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}
