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
	double   bool     // the file's floats are cast as doubles
	keep     keeps    // nil: all
	compute  computes // instead of kernel
	kernel   function.Kernel
	nulls    function.Nulls
	result   function.Result
	rows     []uint16
	dictID   uint64 // the dictionary that entries were made from
	entries  vector.Vector
	entryID  uint64
	entryRes function.Result
	flat     vector.Vector // src without dictionary
	child    vector.Vector // the result for a parent
}

func newConversion(from, to *types.Type, env *function.Env) (*conversion, error) {
	keep, compute, ok := rules(from, to)
	if env.Hive3() {
		keep, compute = rules3(from, to, env.Zone(), keep, compute)
	}
	c := &conversion{to: to, keep: keep, compute: compute}
	if !ok {
		return nil, fmt.Errorf("reading %s as %s is not supported", from, to)
	}
	if compute != nil {
		return c, nil
	}
	if from.Kind == types.Float && !env.Hive3() { // as the double it is stored as: its text and decimals have more digits
		from = types.DoubleType
		c.double = true
	}
	code, err := function.Find(env, &function.Call{Name: "cast", Args: []*types.Type{from}, Consts: []*types.Datum{nil}, Result: to})
	if err != nil {
		return nil, fmt.Errorf("reading %s as %s is not supported", from, to)
	}
	c.kernel, c.nulls = code.New(), code.Nulls
	return c, nil
}

// noop reports whether the file's values are the table's as they are.
func noop(from, to *types.Type, env *function.Env) bool {
	if from.Kind == types.Float && to.Kind == types.Double && env.Hive3() {
		return false
	}
	return function.CastIsNoop(from, to) && !(from.Kind == types.Binary && to.IsString())
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
	if c.compute != nil || c.keep != nil {
		c.flat.Type = src.Type
		src = vector.Flatten(src, &c.flat, n)
	}
	if c.compute != nil {
		for i := range n {
			if src.IsNull(i) || !c.compute(src, i, out, i) {
				out.Null(i)
			}
		}
		return nil
	}
	if c.double {
		c.flat = *src
		c.flat.Type = types.DoubleType
		src = &c.flat
	}
	rows := function.Rows{N: n}
	if c.keep != nil || src.Nulls != nil && c.nulls == function.Strict {
		c.rows = c.rows[:0]
		for i := range n {
			if src.IsNull(i) || c.keep != nil && !c.keep(src, i) {
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
