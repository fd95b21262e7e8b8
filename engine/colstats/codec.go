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
	s.distinct.Code(c)
}
