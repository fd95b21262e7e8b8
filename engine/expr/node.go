package expr

import (
	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// op is the kind of a node.
type op uint8

const (
	opColumn   op = iota
	opConst       // value
	opCall        // code over args
	opCompare     // args[0] cmp args[1], one type
	opRange       // low ≤ args[0] ≤ high, integers
	opNullSafe    // args[0] <=> args[1]
	opAnd         // all of args
	opOr          // any of args
	opNot         // args[0]
	opIsNull      // args[0]
	opNotNull     // args[0]
	opIs          // args[0] IS [NOT] TRUE or FALSE: want says which, negated turns it round
	opIn          // args[0] in set, or not when negated
	opInCols      // args[0] in args[1:]
	opCase        // args: condition, value …, else
	opCoalesce    // first of args that is not NULL
	opField       // field col of the struct args[0]
	opRetype      // args[0] under another type of the same storage
)

// node is a compiled expression. It is immutable once its program is complete.
type node struct {
	op      op
	id      int // index of its state in a machine
	typ     *types.Type
	args    []*node
	col     int // opColumn: index in the batch; opField: index of the field
	value   *vector.Vector
	code    *function.Code
	cmp     kernel.Op
	set     *set
	low     int64
	high    int64
	want    bool
	negated bool
	// stable nodes give the same result for the same arguments.
	stable bool
	// fallible nodes, or nodes below them, may fail for some arguments.
	fallible bool
	cost     int    // rough, per row
	name     string // what else tells nodes apart: a function's name, a constant's text
	lazy     bool   // never evaluated ahead of time
}

// graph holds the nodes of a program; equal stable expressions are one node.
type graph struct {
	nodes []*node
}

func (g *graph) add(n *node) *node {
	n.id = len(g.nodes)
	g.nodes = append(g.nodes, n)
	return n
}

// isConst reports whether n is a constant.
func (n *node) isConst() bool { return n.op == opConst }

// isNull reports whether n is the constant NULL.
func (n *node) isNull() bool { return n.op == opConst && n.value.IsNull(0) }
