package orc

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/vector"
)

func (c *column) readRuns(v *vector.Vector, m int) error {
	lens := ints(&c.lengths, m)
	if err := c.second.read(lens); err != nil {
		return err
	}
	total := int64(0)
	for i, l := range lens {
		if l < 0 || total+l > 1<<28 {
			return fmt.Errorf("collection of %d elements: %w", l, errProto)
		}
		v.Refs[i] = vector.Ref{Off: uint32(total), Len: uint32(l)}
		total += l
	}
	for i, k := range c.kids {
		child, err := k.child(int(total))
		if err != nil {
			return err
		}
		v.Children[i] = child
	}
	return nil
}

// child decodes n values of a nested column as a flat vector of the table's type that is valid until the next call.
func (c *column) child(n int) (*vector.Vector, error) {
	v := &c.vec
	if c.conv != nil {
		v = &c.conv.child
	} else {
		v.Type = c.typ
	}
	if err := c.read(v, n); err != nil {
		return nil, err
	}
	c.flat.Type = v.Type
	return vector.Flatten(v, &c.flat, n), nil
}

// ordinals maps each row to the number of values before it.
func ordinals(nulls []bool, n int) []uint32 {
	at := make([]uint32, n)
	k := uint32(0)
	for i := range at {
		at[i] = k
		if nulls == nil || !nulls[i] {
			k++
		} else if k > 0 {
			at[i] = k - 1
		}
	}
	return at
}

func (c *column) readStruct(v *vector.Vector, n, m int, nulls []bool) error {
	v.Resize(n)
	v.Nulls = nulls
	for i, k := range c.kids {
		if k == nil { // a field that the file does not have
			v.Children[i] = nullVector(v.Type.Fields[i].Type, n)
			continue
		}
		child, err := k.child(m)
		if err != nil {
			return err
		}
		v.Children[i] = align(child, nulls, n, m)
	}
	return nil
}

// align gives the n rows of a parent the m values of a child, which has none for NULL parents.
func align(child *vector.Vector, nulls []bool, n, m int) *vector.Vector {
	if nulls == nil {
		return child
	}
	if m == 0 {
		return nullVector(child.Type, n)
	}
	out := vector.New(child.Type, 0)
	vector.Gather(out, child, ordinals(nulls, n))
	return out
}

func nullVector(t *types.Type, n int) *vector.Vector {
	v := vector.New(t, 0)
	for range n {
		v.AppendDatum(types.NullDatum)
	}
	return v
}

func (c *column) readUnion(v *vector.Vector, n, m int, nulls []bool) error {
	v.Resize(n)
	v.Nulls = nulls
	tags := c.bytes(m)
	if err := c.tiny.read(tags); err != nil {
		return err
	}
	counts := make([]int, len(c.kids))
	for _, t := range tags {
		if int(t) >= len(c.kids) {
			return fmt.Errorf("union tag %d: %w", t, errProto)
		}
		counts[t]++
	}
	for a, k := range c.kids {
		child, err := k.child(counts[a])
		if err != nil {
			return err
		}
		skip := make([]bool, n)
		j := 0
		for i := range n {
			skip[i] = true
			if nulls != nil && nulls[i] {
				continue
			}
			skip[i] = int(tags[j]) != a
			j++
		}
		out := align(child, skip, n, counts[a])
		for i, s := range skip {
			if s {
				out.SetNull(i, n)
			}
		}
		v.Children[a] = out
	}
	j := 0
	for i := range n {
		v.I64[i] = 0
		if nulls == nil || !nulls[i] {
			v.I64[i] = int64(tags[j])
			j++
		}
	}
	return nil
}
