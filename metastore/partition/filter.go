package partition

import (
	"fmt"
	"strings"
)

// Truth is a value of three-valued logic. AND is the minimum, OR the maximum, NOT the negation.
type Truth int8

// The truth values.
const (
	False   Truth = -1
	Unknown Truth = 0
	True    Truth = 1
)

// TruthOf converts a Go boolean.
func TruthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

// Op is a comparison operator.
type Op uint8

// The comparison operators.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	NullSafeEqual // <=>
)

// Filter is a condition on the partition keys of one table. Keys are named, case ignored. A partition is selected when
// the condition is True.
type Filter interface{ filter() }

// And is True when all its members are; an empty And is True.
type And []Filter

// Or is True when any of its members is; an empty Or is False.
type Or []Filter

// Not negates.
type Not struct{ Filter Filter }

// Comparison compares a key with a literal: Key Op Value. The caller turns "literal op key" around.
type Comparison struct {
	Key   string
	Op    Op
	Value Value
}

// In is True when the key equals one of the values, and Unknown when it does not but one of them is NULL.
type In struct {
	Key    string
	Values []Value
}

// Between is Low <= Key <= High.
type Between struct {
	Key       string
	Low, High Value
}

// IsNull is True when the key is NULL (the default partition, or text that its type cannot hold).
type IsNull struct{ Key string }

// Opaque is a condition that only its owner can evaluate. Match gets the values of Keys, in that order, and must depend on
// nothing else; it is called from one goroutine at a time and must not keep the slice.
type Opaque struct {
	Keys  []string
	Match func(values []Value) Truth
}

func (And) filter()        {}
func (Or) filter()         {}
func (Not) filter()        {}
func (Comparison) filter() {}
func (In) filter()         {}
func (Between) filter()    {}
func (IsNull) filter()     {}
func (Opaque) filter()     {}

// Key is a partition key with the type its values are compared in.
type Key struct {
	Name string
	Type Type
}

// Predicate is a Filter bound to the keys of a table. It is not safe for concurrent use.
type Predicate struct {
	keys []Key
	root node
}

// Bind resolves the keys of a filter. A nil filter selects everything.
func Bind(f Filter, keys []Key) (*Predicate, error) {
	if f == nil {
		f = And{}
	}
	b := binder{keys: keys}
	root, err := b.bind(f)
	if err != nil {
		return nil, err
	}
	return &Predicate{keys: keys, root: root}, nil
}

// Match evaluates the predicate on a partition's values, one per key.
func (p *Predicate) Match(values []Value) Truth { return p.root.eval(values) }

// node is a bound filter.
type node interface {
	eval(values []Value) Truth
	// domain returns a superset of the values of key for which the node is True (or False, when negated).
	domain(key int, negated bool) Domain
}

type (
	andNode     []node
	orNode      []node
	notNode     struct{ child node }
	compareNode struct {
		key    int
		op     Op
		value  Value
		native bool // values of the key are ordered as the comparison orders them
	}
	inNode struct {
		key    int
		values []Value
		native bool
		set    map[Value]struct{} // native values, for long lists
		null   bool
	}
	nullNode   struct{ key int }
	opaqueNode struct {
		keys  []int
		match func([]Value) Truth
		args  []Value
	}
)

type binder struct{ keys []Key }

func (b binder) key(name string) (int, error) {
	for i, k := range b.keys {
		if strings.EqualFold(k.Name, name) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("partition filter: %q is not a partition key", name)
}

func (b binder) list(fs []Filter) ([]node, error) {
	out := make([]node, len(fs))
	for i, f := range fs {
		n, err := b.bind(f)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

func (b binder) bind(f Filter) (node, error) {
	switch f := f.(type) {
	case And:
		ns, err := b.list(f)
		return andNode(ns), err
	case Or:
		ns, err := b.list(f)
		return orNode(ns), err
	case Not:
		n, err := b.bind(f.Filter)
		return notNode{n}, err
	case Comparison:
		k, err := b.key(f.Key)
		if err != nil {
			return nil, err
		}
		// Hive lets a query name the default partition by its text
		if f.Value.Kind == String && f.Value.Text == DefaultName && b.keys[k].Type.Kind != String {
			switch f.Op {
			case Equal, NullSafeEqual:
				return nullNode{k}, nil
			case NotEqual:
				return notNode{nullNode{k}}, nil
			}
		}
		if f.Op == NullSafeEqual {
			if f.Value.Kind == Null {
				return nullNode{k}, nil
			}
			// not Unknown on NULL keys, but False
			v, native := b.literal(k, f.Value)
			return andNode{notNode{nullNode{k}}, compareNode{k, Equal, v, native}}, nil
		}
		v, native := b.literal(k, f.Value)
		return compareNode{k, f.Op, v, native}, nil
	case Between:
		return b.bind(And{Comparison{f.Key, GreaterEqual, f.Low}, Comparison{f.Key, LessEqual, f.High}})
	case In:
		k, err := b.key(f.Key)
		if err != nil {
			return nil, err
		}
		return b.bindIn(k, f.Values), nil
	case IsNull:
		k, err := b.key(f.Key)
		return nullNode{k}, err
	case Opaque:
		n := &opaqueNode{match: f.Match, args: make([]Value, len(f.Keys))}
		for _, name := range f.Keys {
			k, err := b.key(name)
			if err != nil {
				return nil, err
			}
			n.keys = append(n.keys, k)
		}
		return n, nil
	}
	return nil, fmt.Errorf("partition filter: unknown node %T", f)
}

func (b binder) bindIn(k int, values []Value) node {
	n := inNode{key: k, native: true, set: make(map[Value]struct{}, len(values))}
	for _, v := range values {
		if v.Kind == Null {
			n.null = true
			continue
		}
		v, native := b.literal(k, v)
		if v.Kind == Null { // a text that is no value of the key's type
			n.null = true
			continue
		}
		n.native = n.native && native
		n.values = append(n.values, v)
		n.set[v] = struct{}{}
	}
	if b.keys[k].Type.Kind == Double {
		n.set = nil // NaN and -0.0 are not equal the way map keys are
	}
	return n
}

// literal converts a literal to the type of the key where the comparison is made in that type, so that it can use the
// order in which the key's values are stored.
func (b binder) literal(k int, v Value) (Value, bool) {
	t := b.keys[k].Type
	switch {
	case v.Kind == Null:
		return v, true
	case v.Kind == t.Kind:
		if t.char {
			v.Text = strings.TrimRight(v.Text, " ")
		}
		return v, true
	case v.Kind == Int && t.Kind == Decimal:
		return toDecimal(v), true
	case t.Kind == Double && (v.Kind == Int || v.Kind == Decimal || v.Kind == String):
		d := toDouble(v)
		return d, true
	case isDateGroup(t.Kind) && v.Kind == String, t.Kind == Timestamp && v.Kind == Date:
		if t.Kind == Date && len(strings.TrimSpace(v.Text)) > 10 {
			return v, false
		}
		return toDateGroup(v, t.Kind), true
	case t.Kind == Int && v.Kind == String:
		// a constant that is an integer is compared as one, any other as a double
		if i, ok := parseInt(v.Text, 64); ok && !strings.Contains(v.Text, ".") {
			return IntValue(i), true
		}
	case t.Kind == Int && v.Kind == Decimal:
		if i, ok := parseInt(v.Text, 64); ok && !strings.Contains(v.Text, ".") {
			return IntValue(i), true
		}
	}
	return v, false
}

func (n andNode) eval(values []Value) Truth {
	out := True
	for _, c := range n {
		if out = min(out, c.eval(values)); out == False {
			break
		}
	}
	return out
}

func (n orNode) eval(values []Value) Truth {
	out := False
	for _, c := range n {
		if out = max(out, c.eval(values)); out == True {
			break
		}
	}
	return out
}

func (n notNode) eval(values []Value) Truth { return -n.child.eval(values) }

func (n nullNode) eval(values []Value) Truth { return TruthOf(values[n.key].Kind == Null) }

func (n compareNode) eval(values []Value) Truth {
	c, ok := Compare(values[n.key], n.value)
	if !ok {
		return Unknown
	}
	switch n.op {
	case Equal:
		return TruthOf(c == 0)
	case NotEqual:
		return TruthOf(c != 0)
	case Less:
		return TruthOf(c < 0)
	case LessEqual:
		return TruthOf(c <= 0)
	case Greater:
		return TruthOf(c > 0)
	}
	return TruthOf(c >= 0)
}

func (n inNode) eval(values []Value) Truth {
	v := values[n.key]
	if v.Kind == Null {
		return Unknown
	}
	found := False
	if n.native && n.set != nil {
		if _, ok := n.set[v]; ok {
			return True
		}
	} else {
		for _, w := range n.values {
			c, ok := Compare(v, w)
			switch {
			case ok && c == 0:
				return True
			case !ok:
				found = Unknown
			}
		}
	}
	if n.null {
		return Unknown
	}
	return found
}

func (n *opaqueNode) eval(values []Value) Truth {
	for i, k := range n.keys {
		n.args[i] = values[k]
	}
	return n.match(n.args)
}
