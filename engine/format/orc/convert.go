package orc

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/vector"
)

// conversion turns vectors of a file's type into the table's, after ALTER TABLE … CHANGE, by the engine's casts. What the
// table's type cannot hold becomes NULL.
type conversion struct {
	to       *types.Type
	kernel   function.Kernel
	nulls    function.Nulls
	result   function.Result
	rows     []uint16
	dictID   uint64 // the dictionary that entries were made from
	entries  vector.Vector
	entryID  uint64
	entryRes function.Result
	child    vector.Vector // the result for a parent
}

func newConversion(from, to *types.Type, env *function.Env) (*conversion, error) {
	code, err := function.Find(env, &function.Call{Name: "cast", Args: []*types.Type{from}, Consts: []*types.Datum{nil}, Result: to})
	if err != nil {
		return nil, fmt.Errorf("reading %s as %s is not supported", from, to)
	}
	return &conversion{to: to, kernel: code.New(), nulls: code.Nulls}, nil
}

// apply makes dst the first n rows of src in the table's type. dst shares the conversion's memory.
func (c *conversion) apply(dst, src *vector.Vector, n int) error {
	if src.Form == vector.Dict && src.DictID != 0 && len(src.DictOf.Refs) <= 1<<15 {
		if done, err := c.applyDictionary(dst, src); done || err != nil {
			return err
		}
	}
	if err := c.run(&c.result, src, n); err != nil {
		return err
	}
	*dst = *c.result.Vector
	return nil
}

// run casts n rows to out.
func (c *conversion) run(out *function.Result, src *vector.Vector, n int) error {
	out.Reset(c.to, n)
	rows := function.Rows{N: n}
	if src.Nulls != nil && c.nulls == function.Strict {
		c.rows = c.rows[:0]
		for i := range n {
			if src.Nulls[i] {
				out.Null(i)
			} else {
				c.rows = append(c.rows, uint16(i))
			}
		}
		rows.Sel = c.rows
	}
	return c.kernel([]*vector.Vector{src}, rows, out)
}

// applyDictionary casts the entries of a dictionary, once, unless one of them has no value in the table's type.
func (c *conversion) applyDictionary(dst, src *vector.Vector) (bool, error) {
	if c.to.Physical() != types.Bytes {
		return false, nil
	}
	if c.dictID != src.DictID {
		if err := c.run(&c.entryRes, src.DictOf, len(src.DictOf.Refs)); err != nil {
			return false, err
		}
		c.entries = *c.entryRes.Vector
		c.dictID, c.entryID = src.DictID, vector.NewDictID()
	}
	if c.entries.Nulls != nil {
		return false, nil
	}
	*dst = vector.Vector{Type: c.to, Form: vector.Dict, Codes: src.Codes, DictOf: &c.entries, DictID: c.entryID, Nulls: src.Nulls}
	return true, nil
}
