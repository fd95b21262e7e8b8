package parquet

import (
	"fmt"
	"strings"
)

// node is a field of the file's schema. The root has no parent.
type node struct {
	element  schemaElement
	parent   *node
	children []*node
	maxDef   int // definition level of a value that is present
	maxRep   int
	leaf     int // index of the column chunk; -1 for groups
}

func (n *node) isLeaf() bool { return n.leaf >= 0 }

// path returns the dotted path for messages.
func (n *node) path() string {
	if n.parent == nil || n.parent.parent == nil {
		return n.element.name
	}
	return n.parent.path() + "." + n.element.name
}

// child returns the child of a name, in any case when none matches exactly, or nil.
func (n *node) child(name string) *node {
	var folded *node
	for _, c := range n.children {
		if c.element.name == name {
			return c
		}
		if folded == nil && strings.EqualFold(c.element.name, name) {
			folded = c
		}
	}
	return folded
}

// firstLeaf returns the leftmost leaf below n, n itself when it is one.
func (n *node) firstLeaf() *node {
	for !n.isLeaf() {
		n = n.children[0]
	}
	return n
}

// maxSchemaDepth bounds the nesting of a file's schema.
const maxSchemaDepth = 100

// buildSchema makes the tree of a footer's schema list and lists its leaves.
func buildSchema(elements []schemaElement) (root *node, leaves []*node, err error) {
	at := 0
	var build func(parent *node, depth int) (*node, error)
	build = func(parent *node, depth int) (*node, error) {
		if at >= len(elements) {
			return nil, fmt.Errorf("schema ends early")
		}
		if depth > maxSchemaDepth {
			return nil, fmt.Errorf("schema is nested deeper than %d", maxSchemaDepth)
		}
		n := &node{element: elements[at], parent: parent, leaf: -1}
		at++
		if parent != nil {
			n.maxDef, n.maxRep = parent.maxDef, parent.maxRep
			switch n.element.repetition {
			case optional:
				n.maxDef++
			case repeated:
				n.maxDef++
				n.maxRep++
			case required:
			default:
				return nil, fmt.Errorf("schema field %s has repetition %d", n.element.name, n.element.repetition)
			}
		}
		if n.element.children == 0 && parent != nil {
			if n.element.physical < boolean || n.element.physical > fixedLenByteArray {
				return nil, fmt.Errorf("schema field %s has type %d", n.element.name, n.element.physical)
			}
			if n.element.physical == fixedLenByteArray && (n.element.length <= 0 || n.element.length > 1<<20) {
				return nil, fmt.Errorf("schema field %s has length %d", n.element.name, n.element.length)
			}
			n.leaf = len(leaves)
			leaves = append(leaves, n)
			return n, nil
		}
		if n.element.children < 0 || int(n.element.children) > len(elements)-at {
			return nil, fmt.Errorf("schema field %s has %d children", n.element.name, n.element.children)
		}
		for range n.element.children {
			c, err := build(n, depth+1)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, c)
		}
		return n, nil
	}
	root, err = build(nil, 0)
	if err == nil && at != len(elements) {
		err = fmt.Errorf("schema has %d fields beyond its tree", len(elements)-at)
	}
	return root, leaves, err
}

// isList reports whether n is a list: annotated so, or a bare repeated field.
func (n *node) isList() bool {
	return n.element.converted == convertedList || n.element.logical.kind == logicalList
}

// listElement returns, for a list node, the repeated node whose instances are the elements' slots and the node of the element
// itself, which is the repeated node in the two-level forms (the format's backward compatibility rules).
func (n *node) listElement() (repeatedNode, element *node, ok bool) {
	if n.element.repetition == repeated && !n.isList() {
		return n, n, true
	}
	if len(n.children) != 1 || n.children[0].element.repetition != repeated {
		return nil, nil, false
	}
	r := n.children[0]
	if r.isLeaf() || len(r.children) != 1 || r.element.name == "array" || r.element.name == n.element.name+"_tuple" {
		return r, r, true
	}
	return r, r.children[0], true
}

// mapEntry returns, for a map node, the repeated node of the entries with the nodes of key and value; value may be nil. The entries of a list
// of structs are their first two fields.
func (n *node) mapEntry() (entry, key, value *node, ok bool) {
	if len(n.children) != 1 || n.children[0].element.repetition != repeated || n.children[0].isLeaf() {
		return nil, nil, nil, false
	}
	entry = n.children[0]
	fields := entry.children
	if n.isList() && len(fields) == 1 && !fields[0].isLeaf() {
		fields = fields[0].children
	}
	switch {
	case len(fields) == 2 || n.isList() && len(fields) > 2:
		return entry, fields[0], fields[1], true
	case len(fields) == 1:
		return entry, fields[0], nil, true
	}
	return nil, nil, nil, false
}
