package sketch

import (
	"errors"
	"fmt"

	"skep/dialect/plan/codec"
)

// Code writes or reads a sketch of the precision that statistics have (see package codec): the registers, those alone that are set where they are few, and the places of a small set.
func (s *HLL) Code(c *codec.Coder) {
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
	if len(s.fine) > maxFine(registers) {
		c.Fail(fmt.Errorf("%d places of a sketch", len(s.fine)))
	}
}
