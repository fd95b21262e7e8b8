// Package xpath evaluates XPath 1.0 expressions over small XML documents: what Hive's xpath functions need.
package xpath

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

type kind uint8

const (
	rootNode kind = iota
	elementNode
	attributeNode
	textNode
	commentNode
	instructionNode
	namespaceNode
)

// Node is a node of a document.
type Node struct {
	kind     kind
	name     string // element, attribute: name as written, with its prefix
	value    string // text, attribute, comment
	parent   *Node
	children []*Node
	attrs    []*Node
	spaces   []*Node // namespaces declared here
	order    int     // position in document order
}

// entity finds the entities that a document type declares with a text of their own.
var entity = regexp.MustCompile(`<!ENTITY\s+([^\s%]+)\s+(?:"([^"]*)"|'([^']*)')\s*>`)

// maxDepth bounds the nesting of elements.
const maxDepth = 2000

// Parse reads a document.
func Parse(text string) (*Node, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	d.Entity = map[string]string{}
	root := &Node{kind: rootNode}
	cur, count, depth := root, 1, 0
	add := func(n *Node) *Node {
		n.parent, n.order = cur, count
		count++
		return n
	}
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("parsing XML: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, fmt.Errorf("parsing XML: nested deeper than %d", maxDepth)
			}
			n := add(&Node{kind: elementNode, name: qualified(t.Name)})
			cur.children = append(cur.children, n)
			cur = n
			if n.parent == root {
				n.spaces = append(n.spaces, add(&Node{kind: namespaceNode, name: "xml", value: "http://www.w3.org/XML/1998/namespace"}))
			}
			// Java keeps attributes by their names.
			slices.SortFunc(t.Attr, func(a, b xml.Attr) int { return strings.Compare(qualified(a.Name), qualified(b.Name)) })
			for _, a := range t.Attr {
				switch name := qualified(a.Name); {
				case name == "xmlns":
					n.spaces = append(n.spaces, add(&Node{kind: namespaceNode, value: a.Value}))
				case a.Name.Space == "xmlns":
					n.spaces = append(n.spaces, add(&Node{kind: namespaceNode, name: a.Name.Local, value: a.Value}))
				default:
					n.attrs = append(n.attrs, add(&Node{kind: attributeNode, name: name, value: a.Value}))
				}
			}
		case xml.EndElement:
			if cur == root || cur.name != qualified(t.Name) {
				return nil, fmt.Errorf("parsing XML: unexpected end of element %s", qualified(t.Name))
			}
			cur = cur.parent
			depth--
		case xml.CharData:
			if cur == root {
				if strings.TrimSpace(string(t)) != "" {
					return nil, errors.New("parsing XML: content is not allowed in prolog")
				}
				continue
			}
			if k := len(cur.children); k > 0 && cur.children[k-1].kind == textNode {
				cur.children[k-1].value += string(t)
				continue
			}
			cur.children = append(cur.children, add(&Node{kind: textNode, value: string(t)}))
		case xml.Comment:
			cur.children = append(cur.children, add(&Node{kind: commentNode, value: string(t)}))
		case xml.Directive:
			for _, e := range entity.FindAllSubmatch(t, -1) {
				d.Entity[string(e[1])] = string(e[2]) + string(e[3])
			}
		case xml.ProcInst:
			if t.Target != "xml" {
				cur.children = append(cur.children, add(&Node{kind: instructionNode, name: t.Target, value: string(t.Inst)}))
			}
		}
	}
	if cur != root {
		return nil, fmt.Errorf("parsing XML: element %s is not closed", cur.name)
	}
	for _, c := range root.children {
		if c.kind == elementNode {
			return root, nil
		}
	}
	return nil, errors.New("parsing XML: no root element")
}

func qualified(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// local is the node's name without its prefix.
func (n *Node) local() string { return n.name[strings.IndexByte(n.name, ':')+1:] }

// Text is the node's string value: its own text, or all text inside of it.
func (n *Node) Text() string {
	switch n.kind {
	case rootNode, elementNode:
		var b strings.Builder
		n.appendText(&b)
		return b.String()
	}
	return n.value
}

func (n *Node) appendText(b *strings.Builder) {
	for _, c := range n.children {
		switch c.kind {
		case textNode:
			b.WriteString(c.value)
		case elementNode:
			c.appendText(b)
		}
	}
}
