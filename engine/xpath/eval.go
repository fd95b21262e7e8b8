package xpath

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// value is a string, a float64, a bool or a []*Node in document order.
type value any

// context is where an expression is evaluated.
type context struct {
	node           *Node
	position, size int
}

type expr interface{ eval(c *context) value }

// String evaluates e at the root and returns the result as text.
func (e *Expr) String(root *Node) string { return toText(e.at(root)) }

// Number returns the result as a number.
func (e *Expr) Number(root *Node) float64 { return toNumber(e.at(root)) }

// Bool returns the result as a boolean.
func (e *Expr) Bool(root *Node) bool { return toBool(e.at(root)) }

// Nodes returns the nodes of the result; ok is false when it is no set of nodes.
func (e *Expr) Nodes(root *Node) (nodes []*Node, ok bool) {
	nodes, ok = e.at(root).([]*Node)
	return nodes, ok
}

// Values lists the values of text and attribute nodes among the result's nodes, which is what Hive's xpath returns.
//
// It fails when the result is no set of nodes.
func (e *Expr) Values(root *Node) ([]string, error) {
	nodes, ok := e.Nodes(root)
	if !ok {
		return nil, errors.New("not a set of nodes")
	}
	var out []string
	for _, n := range nodes {
		if n.kind != elementNode && n.kind != rootNode {
			out = append(out, n.value)
		}
	}
	return out, nil
}

func (e *Expr) at(root *Node) value { return e.e.eval(&context{root, 1, 1}) }

func toText(v value) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		switch {
		case v != v:
			return "NaN"
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		case v == 0:
			return "0"
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []*Node:
		if len(v) > 0 {
			return v[0].Text()
		}
	}
	return ""
}

func toNumber(v value) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	}
	s := strings.Trim(toText(v), " \t\r\n")
	for i, c := range s {
		if (c < '0' || c > '9') && c != '.' && !(c == '-' && i == 0) {
			return math.NaN()
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func toBool(v value) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0 && v == v
	case string:
		return v != ""
	case []*Node:
		return len(v) > 0
	}
	return false
}

type literal struct{ s string }

func (e literal) eval(*context) value { return e.s }

type number struct{ f float64 }

func (e number) eval(*context) value { return e.f }

type negation struct{ e expr }

func (e *negation) eval(c *context) value { return -toNumber(e.e.eval(c)) }

type union struct{ a, b expr }

func (e *union) eval(c *context) value {
	x, _ := e.a.eval(c).([]*Node)
	y, _ := e.b.eval(c).([]*Node)
	return ordered(append(slices.Clone(x), y...))
}

// ordered sorts nodes in document order and removes repetitions.
func ordered(nodes []*Node) []*Node {
	slices.SortFunc(nodes, func(a, b *Node) int { return a.order - b.order })
	return slices.Compact(nodes)
}

type binaryExpr struct {
	op   string
	a, b expr
}

func (e *binaryExpr) eval(c *context) value {
	switch e.op {
	case "or":
		return toBool(e.a.eval(c)) || toBool(e.b.eval(c))
	case "and":
		return toBool(e.a.eval(c)) && toBool(e.b.eval(c))
	}
	x, y := e.a.eval(c), e.b.eval(c)
	switch e.op {
	case "+":
		return toNumber(x) + toNumber(y)
	case "-":
		return toNumber(x) - toNumber(y)
	case "*":
		return toNumber(x) * toNumber(y)
	case "div":
		return toNumber(x) / toNumber(y)
	case "mod":
		return math.Mod(toNumber(x), toNumber(y))
	}
	return compare(e.op, x, y)
}

// compare holds for sets of nodes when it holds for some node.
func compare(op string, x, y value) bool {
	if nodes, ok := x.([]*Node); ok {
		if _, isBool := y.(bool); isBool {
			return compareSingle(op, toBool(x), y)
		}
		return slices.ContainsFunc(nodes, func(n *Node) bool { return compare(op, n.Text(), y) })
	}
	if nodes, ok := y.([]*Node); ok {
		if _, isBool := x.(bool); isBool {
			return compareSingle(op, x, toBool(y))
		}
		return slices.ContainsFunc(nodes, func(n *Node) bool { return compareSingle(op, x, n.Text()) })
	}
	return compareSingle(op, x, y)
}

func compareSingle(op string, x, y value) bool {
	if op == "=" || op == "!=" {
		_, xb := x.(bool)
		_, yb := y.(bool)
		_, xn := x.(float64)
		_, yn := y.(float64)
		equal := false
		switch {
		case xb || yb:
			equal = toBool(x) == toBool(y)
		case xn || yn:
			equal = toNumber(x) == toNumber(y)
		default:
			equal = toText(x) == toText(y)
		}
		return equal == (op == "=")
	}
	a, b := toNumber(x), toNumber(y)
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

// location is a path, from the root, the context node or the result of another expression.
type location struct {
	absolute       bool
	from           expr
	fromPredicates []expr
	steps          []step
}

type step struct {
	axis, test string
	predicates []expr
	qualified  bool // the test is for names with their prefixes
}

var descendants = step{axis: "descendant-or-self", test: "node()"}

func (e *location) eval(c *context) value {
	nodes := []*Node{c.node}
	switch {
	case e.from != nil:
		v, ok := e.from.eval(c).([]*Node)
		if !ok {
			return []*Node(nil)
		}
		nodes = filter(v, e.fromPredicates)
	case e.absolute:
		root := c.node
		for root.parent != nil {
			root = root.parent
		}
		nodes = []*Node{root}
	}
	for _, s := range e.steps {
		var next []*Node
		for _, n := range nodes {
			var found []*Node
			axes[s.axis](n, func(m *Node) {
				if s.accepts(m) {
					found = append(found, m)
				}
			})
			next = append(next, filter(found, s.predicates)...)
		}
		nodes = ordered(next)
	}
	return nodes
}

func (s *step) accepts(n *Node) bool {
	switch s.test {
	case "node()":
		return true
	case "text()":
		return n.kind == textNode
	case "comment()":
		return n.kind == commentNode
	case "processing-instruction()":
		return n.kind == instructionNode
	}
	principal := elementNode
	switch s.axis {
	case "attribute":
		principal = attributeNode
	case "namespace":
		principal = namespaceNode
	}
	// Hive's documents know no namespaces: a test without a prefix is for names without theirs, one with a prefix accepts nothing.
	if s.qualified && strings.Contains(n.name, ":") {
		return n.kind == principal && s.test == "*"
	}
	return n.kind == principal && (s.test == "*" || s.test == n.local())
}

// filter keeps the nodes for which all predicates hold; a number asks for a position along the axis.
func filter(nodes []*Node, predicates []expr) []*Node {
	for _, p := range predicates {
		var kept []*Node
		for i, n := range nodes {
			v := p.eval(&context{n, i + 1, len(nodes)})
			keep := false
			if f, ok := v.(float64); ok {
				keep = f == float64(i+1)
			} else {
				keep = toBool(v)
			}
			if keep {
				kept = append(kept, n)
			}
		}
		nodes = kept
	}
	return nodes
}

// axes walk from a node, nearest nodes first.
var axes = map[string]func(n *Node, f func(*Node)){
	"child": func(n *Node, f func(*Node)) {
		for _, c := range n.children {
			f(c)
		}
	},
	"attribute": func(n *Node, f func(*Node)) {
		for _, a := range n.attrs {
			f(a)
		}
	},
	"self": func(n *Node, f func(*Node)) { f(n) },
	"parent": func(n *Node, f func(*Node)) {
		if n.parent != nil {
			f(n.parent)
		}
	},
	"ancestor": func(n *Node, f func(*Node)) {
		for p := n.parent; p != nil; p = p.parent {
			f(p)
		}
	},
	"ancestor-or-self": func(n *Node, f func(*Node)) {
		for p := n; p != nil; p = p.parent {
			f(p)
		}
	},
	"descendant": func(n *Node, f func(*Node)) {
		for _, c := range n.children {
			walk(c, f)
		}
	},
	"descendant-or-self": walk,
	"namespace": func(n *Node, f func(*Node)) {
		seen := map[string]bool{}
		for p := n; p != nil; p = p.parent {
			for _, s := range p.spaces {
				if !seen[s.name] {
					seen[s.name] = true
					f(s)
				}
			}
		}
	},
	"following": func(n *Node, f func(*Node)) {
		for p := n; p != nil && p.parent != nil; p = p.parent {
			for _, s := range p.parent.children {
				if s.order > p.order && p.kind != attributeNode {
					walk(s, f)
				}
			}
		}
	},
	"preceding": func(n *Node, f func(*Node)) {
		for p := n; p != nil && p.parent != nil; p = p.parent {
			for _, s := range slices.Backward(p.parent.children) {
				if s.order >= p.order {
					continue
				}
				var inside []*Node
				walk(s, func(m *Node) { inside = append(inside, m) })
				for _, m := range slices.Backward(inside) {
					f(m)
				}
			}
		}
	},
	"following-sibling": func(n *Node, f func(*Node)) {
		if n.parent == nil || n.kind == attributeNode {
			return
		}
		for _, s := range n.parent.children {
			if s.order > n.order {
				f(s)
			}
		}
	},
	"preceding-sibling": func(n *Node, f func(*Node)) {
		if n.parent == nil || n.kind == attributeNode {
			return
		}
		for i := len(n.parent.children) - 1; i >= 0; i-- {
			if s := n.parent.children[i]; s.order < n.order {
				f(s)
			}
		}
	},
}

func walk(n *Node, f func(*Node)) {
	f(n)
	for _, c := range n.children {
		walk(c, f)
	}
}
