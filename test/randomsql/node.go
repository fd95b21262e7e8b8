package randomsql

import "strings"

// Node is a piece of a statement: texts and nodes in turn. A node that stands
// in several places (a grouping key) is shared, so that a change of it changes
// all of them.
type Node struct {
	kind     string   // nodes of one kind may stand for each other; "" for none
	parts    []any    // string or *Node
	sep      string   // between the parts of a list
	list     bool     // parts are *Node, of which all but least may be left out
	least    int      // parts that a list keeps
	optional bool     // may be left out
	simple   []string // texts that may stand instead
}

// text is a fixed text.
func text(s string) *Node { return &Node{parts: []any{s}} }

func seq(parts ...any) *Node { return &Node{parts: parts} }

func optional(parts ...any) *Node { return &Node{parts: parts, optional: true} }

func list(sep string, least int, items ...*Node) *Node {
	n := &Node{sep: sep, list: true, least: least}
	for _, i := range items {
		n.parts = append(n.parts, i)
	}
	return n
}

// String is the text of the statement.
func (n *Node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *Node) write(b *strings.Builder) {
	for i, p := range n.parts {
		if i > 0 {
			b.WriteString(n.sep)
		}
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case *Node:
			p.write(b)
		}
	}
}

// below appends n and all nodes under it, outer ones first, each once.
func (n *Node) below(out []*Node, seen map[*Node]bool) []*Node {
	if seen[n] {
		return out
	}
	seen[n] = true
	out = append(out, n)
	for _, p := range n.parts {
		if c, ok := p.(*Node); ok {
			out = c.below(out, seen)
		}
	}
	return out
}

// Shrink makes the statements of a case smaller while differs says that what
// was found remains. It changes the nodes in place and calls differs at most
// tries times, never twice for one text.
func Shrink(c *Case, tries int, differs func(*Case) bool) {
	tested := map[string]bool{c.String(): true}
	check := func() bool {
		sql := c.String()
		if tested[sql] || tries <= 0 {
			return false
		}
		tested[sql] = true
		tries--
		return differs(c)
	}
	for again := true; again && tries > 0; {
		again = false
		for i := len(c.Statements) - 1; i >= 0 && len(c.Statements) > 1; i-- {
			old := c.Statements
			c.Statements = append(append([]*Node{}, old[:i]...), old[i+1:]...)
			if check() {
				again = true
				continue
			}
			c.Statements = old
		}
		seen := map[*Node]bool{}
		for _, root := range c.Statements {
			for _, n := range root.below(nil, seen) {
				if n.shrink(check) {
					again = true
				}
			}
		}
	}
}

// shrink tries the simpler forms of one node and keeps the first that check accepts.
func (n *Node) shrink(check func() bool) (changed bool) {
	old := *n
	attempt := func(with Node) bool {
		*n = with
		if check() {
			old, changed = with, true
			return true
		}
		*n = old
		return false
	}
	if n.optional && len(n.parts) > 0 && attempt(Node{}) {
		return true
	}
	if n.list {
		for i := len(n.parts) - 1; i >= 0 && len(n.parts) > n.least; i-- {
			with := old
			with.parts = append(append([]any{}, old.parts[:i]...), old.parts[i+1:]...)
			attempt(with)
		}
		return changed
	}
	if n.kind == "" {
		return changed
	}
	if len(n.parts) > 1 {
		for _, s := range n.simple {
			if attempt(Node{kind: n.kind, parts: []any{s}}) {
				return true
			}
		}
		for _, d := range n.below(nil, map[*Node]bool{})[1:] {
			if d.kind == n.kind && attempt(*d) {
				return true
			}
		}
	}
	return changed
}

// Case is one or more statements that belong together: a query, or a table
// that is written and read back.
type Case struct {
	Statements []*Node
	Cleanup    []string // to be run behind them, whatever they answered
}

// SQL are the texts of the statements.
func (c *Case) SQL() []string {
	out := make([]string, len(c.Statements))
	for i, s := range c.Statements {
		out[i] = s.String()
	}
	return out
}

func (c *Case) String() string { return strings.Join(c.SQL(), ";\n") }
