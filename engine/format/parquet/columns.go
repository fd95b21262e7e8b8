package parquet

import (
	"fmt"
	"strings"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
)

// builder makes the columns of a reader.
type builder struct {
	footer  *footer
	rules   *zoneRules
	input   format.Input
	decoder *compress.Decoder
	byIndex bool // columns and fields match by position (parquet.column.index.access)
}

// field finds the file's field for a column or struct field.
func (b *builder) field(parent *node, name string, index int) *node {
	if !b.byIndex {
		return parent.child(name)
	}
	if index < len(parent.children) {
		return parent.children[index]
	}
	return nil
}

// column makes the reader of a table column.
func (b *builder) column(c format.Column, index int) (column, error) {
	n := b.field(b.footer.root, c.Name, index)
	if n == nil {
		return missing{vector.NewNull(c.Type)}, nil
	}
	if n.isLeaf() && n.element.repetition != repeated && c.Type.IsPrimitive() {
		f := &flatColumn{optional: n.maxDef == 1, target: c.Type}
		var err error
		f.convert, err = b.leaf(&f.chunk, n, c.Type)
		return f, err
	}
	col := &nestedColumn{}
	root, err := b.part(col, n, c.Type, 0)
	col.root = root
	return col, err
}

// leaf prepares a chunk reader of the leaf n and returns the conversion to the type wanted.
func (b *builder) leaf(c *chunkReader, n *node, to *types.Type) (*conversion, error) {
	t, err := typeOf(n, b.footer, b.rules)
	if err != nil {
		return nil, err
	}
	if to.Kind == types.TimestampLTZ {
		t.zone = nil
	}
	c.leaf, c.decoder, c.window.input = n, b.decoder, b.input
	c.values.leafType = t
	c.dict.size = -1
	conversion, err := newConversion(t.typ, to, n.path())
	if err == nil && t.unsigned {
		conversion = conversion.ofUnsigned(to)
	}
	return conversion, err
}

// part makes the part of node n read as t; slot is the definition level from which a slot exists.
func (b *builder) part(col *nestedColumn, n *node, t *types.Type, slot int) (*part, error) {
	p := &part{typ: t, rep: uint32(n.maxRep), slot: uint32(slot), def: uint32(n.maxDef)}
	mismatch := fmt.Errorf("column %s of the file cannot be read as %s", n.path(), t)
	switch t.Kind {
	case types.Struct:
		if n.isLeaf() {
			return nil, mismatch
		}
		return p, b.structPart(col, p, n)
	case types.Array:
		r, element, ok := n.listElement()
		if !ok {
			return nil, mismatch
		}
		if r == n { // a bare repeated field: the list itself is always there
			p.rep--
			p.def--
		}
		child, err := b.part(col, element, t.Elem, r.maxDef)
		if err != nil {
			return nil, err
		}
		if element == r {
			child.def = uint32(r.maxDef)
		}
		p.children, p.leaf = []*part{child}, child.leaf
		return p, nil
	case types.Map:
		entry, key, value, ok := n.mapEntry()
		if !ok || value == nil {
			return nil, mismatch
		}
		k, err := b.part(col, key, t.Key, entry.maxDef)
		if err != nil {
			return nil, err
		}
		v, err := b.part(col, value, t.Elem, entry.maxDef)
		if err != nil {
			return nil, err
		}
		p.children, p.leaf, p.fromList = []*part{k, v}, k.leaf, n.isList()
		return p, nil
	}
	if !t.IsPrimitive() || !n.isLeaf() {
		return nil, mismatch
	}
	l := &leafColumn{target: t}
	var err error
	if l.convert, err = b.leaf(&l.chunk, n, t); err != nil {
		return nil, err
	}
	col.leaves = append(col.leaves, l)
	p.leaf = l
	return p, nil
}

func (b *builder) structPart(col *nestedColumn, p *part, n *node) error {
	for i, f := range p.typ.Fields {
		c := b.field(n, f.Name, i)
		if c == nil {
			p.children = append(p.children, nil)
			continue
		}
		child, err := b.part(col, c, f.Type, int(p.slot))
		if err != nil {
			return err
		}
		p.children = append(p.children, child)
		if p.leaf == nil {
			p.leaf = child.leaf
		}
	}
	if p.leaf != nil {
		return nil
	}
	// None of the fields is in the file: some leaf tells which structs are there.
	if len(n.children) == 0 {
		return fmt.Errorf("column %s of the file has no fields", n.path())
	}
	leaf := n.firstLeaf()
	t, err := typeOf(leaf, b.footer, b.rules)
	if err != nil {
		return err
	}
	l := &leafColumn{target: t.typ, unused: true}
	if _, err := b.leaf(&l.chunk, leaf, t.typ); err != nil {
		return err
	}
	col.leaves = append(col.leaves, l)
	p.leaf = l
	return nil
}

// indexAccess reads Hive's property for matching columns by position.
func indexAccess(opts *format.ReadOptions) bool {
	v := opts.Properties["parquet.column.index.access"]
	if v == "" && opts.Session.Conf != nil {
		v = opts.Session.Conf("parquet.column.index.access")
	}
	return strings.EqualFold(v, "true")
}
