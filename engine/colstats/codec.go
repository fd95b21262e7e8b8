package colstats

import (
	"errors"
	"fmt"

	"skep/dialect/plan/codec"
	"skep/dialect/types"
)

// Code writes or reads the statistics of a column (see package codec): what merging and reporting them needs, not what speeds up
// adding rows. Reading gives a new column.
func Code(c *codec.Coder, p **Column) {
	if c.Reading() {
		*p = &Column{}
	}
	s := *p
	c.Type(&s.Type)
	if s.Type == nil {
		c.Fail(errors.New("statistics of a column without a type"))
		return
	}
	for _, n := range []*int64{&s.Rows, &s.Nulls, &s.TotalLen, &s.MaxLen, &s.Trues} {
		if c.Int64(n); *n < 0 {
			c.Fail(fmt.Errorf("a count of %d in statistics", *n))
		}
	}
	if c.Bool(&s.seen); s.seen {
		for _, d := range []*types.Datum{&s.min, &s.max} {
			if c.Datum(d); d.Null || d.Elems != nil {
				c.Fail(errors.New("a bound in statistics is no plain value"))
			}
		}
	}
	s.distinct.code(c)
}

// code codes the registers, those alone that are set where they are few, and the places of a small set.
func (s *sketch) code(c *codec.Coder) {
	const registers = 1 << precision
	var set []int
	if !c.Reading() {
		for i, r := range s.registers {
			if r > 0 {
				set = append(set, i)
			}
		}
	}
	all := len(set) > registers/2
	if c.Bool(&all); c.Reading() {
		s.registers = make([]uint8, registers)
	}
	rank := func(i int) {
		if codec.Enum(c, &s.registers[i], 64-precision+2); !all && s.registers[i] == 0 {
			c.Fail(errors.New("a register of a sketch is not set"))
		}
	}
	if all {
		for i := range registers {
			rank(i)
		}
	} else {
		last := -1
		codec.List(c, &set, func(i *int) {
			gap := *i - last - 1
			c.Int(&gap)
			if gap < 0 || gap >= registers-last-1 {
				c.Fail(fmt.Errorf("register %d of %d in a sketch", last+1+gap, registers))
				return
			}
			*i = last + 1 + gap
			last = *i
			rank(last)
		})
	}
	c.Bool(&s.dense)
	if s.dense {
		return
	}
	before := int64(-1)
	codec.List(c, &s.fine, func(p *uint32) {
		gap := int64(*p) - before - 1
		c.Int64(&gap)
		if gap < 0 || gap >= 1<<fineBits-before-1 {
			c.Fail(fmt.Errorf("place %d of a sketch", before+1+gap))
			return
		}
		before += 1 + gap
		if c.Reading() {
			*p = uint32(before)
		}
	})
	if len(s.fine) > maxFine {
		c.Fail(fmt.Errorf("%d places of a sketch", len(s.fine)))
	}
}
