package partition

import (
	"slices"
	"sort"
)

// Bound is one end of an interval.
type Bound struct {
	Value     Value
	Inclusive bool
}

// Interval is a range of non-NULL values of one kind; a nil end is open.
type Interval struct{ Low, High *Bound }

// Domain is a set of values a key may have: intervals, disjoint and ascending, and possibly NULL.
type Domain struct {
	Intervals []Interval
	Null      bool
}

// All is the domain without restriction.
func All() Domain { return Domain{Intervals: []Interval{{}}, Null: true} }

// Unrestricted reports whether the domain excludes nothing.
func (d Domain) Unrestricted() bool {
	return d.Null && len(d.Intervals) == 1 && d.Intervals[0].Low == nil && d.Intervals[0].High == nil
}

// Domain returns a superset of the values that key number key has in the partitions the predicate selects. It is what can
// be looked up in an index; Match decides on what the index finds.
func (p *Predicate) Domain(key int) Domain { return p.root.domain(key, false) }

func (n andNode) domain(key int, negated bool) Domain { return combine(n, key, negated, !negated) }

func (n orNode) domain(key int, negated bool) Domain { return combine(n, key, negated, negated) }

// combine intersects or unites the domains of children; by De Morgan a negated AND is an OR of negated children.
func combine(children []node, key int, negated, intersection bool) Domain {
	if intersection {
		out := All()
		for _, c := range children {
			out = intersect(out, c.domain(key, negated))
		}
		return out
	}
	var out Domain
	for _, c := range children {
		d := c.domain(key, negated)
		if d.Unrestricted() {
			return d
		}
		out.Null = out.Null || d.Null
		out.Intervals = append(out.Intervals, d.Intervals...)
	}
	out.Intervals = normalize(out.Intervals)
	return out
}

func (n notNode) domain(key int, negated bool) Domain { return n.child.domain(key, !negated) }

func (n nullNode) domain(key int, negated bool) Domain {
	switch {
	case key != n.key:
		return All()
	case negated:
		return Domain{Intervals: []Interval{{}}}
	}
	return Domain{Null: true}
}

func (n *opaqueNode) domain(int, bool) Domain { return All() }

// negatedOps gives the operator that is True where the indexed one is False.
var negatedOps = [...]Op{Equal: NotEqual, NotEqual: Equal, Less: GreaterEqual, LessEqual: Greater,
	Greater: LessEqual, GreaterEqual: Less}

func (n compareNode) domain(key int, negated bool) Domain {
	if key != n.key {
		return All()
	}
	if n.value.Kind == Null {
		return Domain{} // never True nor False
	}
	if !n.native {
		return Domain{Intervals: []Interval{{}}}
	}
	op := n.op
	if negated {
		op = negatedOps[op]
	}
	in, ex := &Bound{n.value, true}, &Bound{n.value, false}
	switch op {
	case Equal:
		return Domain{Intervals: []Interval{{in, in}}}
	case NotEqual:
		return Domain{Intervals: []Interval{{nil, ex}, {ex, nil}}}
	case Less:
		return Domain{Intervals: []Interval{{nil, ex}}}
	case LessEqual:
		return Domain{Intervals: []Interval{{nil, in}}}
	case Greater:
		return Domain{Intervals: []Interval{{ex, nil}}}
	}
	return Domain{Intervals: []Interval{{in, nil}}}
}

func (n inNode) domain(key int, negated bool) Domain {
	if key != n.key {
		return All()
	}
	if negated || !n.native {
		return Domain{Intervals: []Interval{{}}}
	}
	d := Domain{Intervals: make([]Interval, 0, len(n.values))}
	for _, v := range n.values {
		b := &Bound{v, true}
		d.Intervals = append(d.Intervals, Interval{b, b})
	}
	d.Intervals = normalize(d.Intervals)
	return d
}

// compareLow orders lower ends: an open one first, then by value, inclusive before exclusive.
func compareLow(a, b *Bound) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	c, _ := Compare(a.Value, b.Value)
	if c == 0 && a.Inclusive != b.Inclusive {
		if a.Inclusive {
			return -1
		}
		return 1
	}
	return c
}

// compareHigh orders upper ends: by value, exclusive before inclusive, an open one last.
func compareHigh(a, b *Bound) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	c, _ := Compare(a.Value, b.Value)
	if c == 0 && a.Inclusive != b.Inclusive {
		if a.Inclusive {
			return 1
		}
		return -1
	}
	return c
}

// empty reports whether no value lies between the two ends.
func empty(low, high *Bound) bool {
	if low == nil || high == nil {
		return false
	}
	c, _ := Compare(low.Value, high.Value)
	return c > 0 || (c == 0 && !(low.Inclusive && high.Inclusive))
}

// separate reports whether there may be a value between a's high end and b's low end that is in neither.
func separate(high, low *Bound) bool {
	if low == nil || high == nil {
		return false
	}
	c, _ := Compare(high.Value, low.Value)
	return c < 0 || (c == 0 && !high.Inclusive && !low.Inclusive)
}

// normalize sorts intervals and merges those that touch.
func normalize(in []Interval) []Interval {
	in = slices.DeleteFunc(in, func(i Interval) bool { return empty(i.Low, i.High) })
	sort.Slice(in, func(i, j int) bool { return compareLow(in[i].Low, in[j].Low) < 0 })
	out := in[:0]
	for _, i := range in {
		if len(out) > 0 && !separate(out[len(out)-1].High, i.Low) {
			if last := &out[len(out)-1]; compareHigh(i.High, last.High) > 0 {
				last.High = i.High
			}
			continue
		}
		out = append(out, i)
	}
	return out
}

func intersect(a, b Domain) Domain {
	out := Domain{Null: a.Null && b.Null}
	for i, j := 0, 0; i < len(a.Intervals) && j < len(b.Intervals); {
		x, y := a.Intervals[i], b.Intervals[j]
		low, high := x.Low, x.High
		if compareLow(y.Low, low) > 0 {
			low = y.Low
		}
		if compareHigh(y.High, high) < 0 {
			high = y.High
		}
		if !empty(low, high) {
			out.Intervals = append(out.Intervals, Interval{low, high})
		}
		if compareHigh(x.High, y.High) <= 0 {
			i++
		} else {
			j++
		}
	}
	return out
}
