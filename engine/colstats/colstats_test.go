package colstats

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

func TestCountsAndBounds(t *testing.T) {
	v := vector.New(types.BigIntType, 0)
	for i := range 1000 {
		d := types.Datum{I: int64(i%250) - 100}
		if i%10 == 0 {
			d = types.NullDatum
		}
		v.AppendDatum(d)
	}
	a, b := NewColumn(types.BigIntType), NewColumn(types.BigIntType)
	a.Add(v, []uint16{1, 2, 3}, 1000)
	b.Add(v, nil, 1000)
	a.Merge(b)
	if a.Rows != 1003 || a.Nulls != 100 {
		t.Errorf("rows %d, nulls %d", a.Rows, a.Nulls)
	}
	lo, hi, ok := a.Bounds()
	if !ok || lo.I != -99 || hi.I != 149 {
		t.Errorf("bounds %v %v %v", lo.I, hi.I, ok)
	}
	if d := a.Distinct(); d < 215 || d > 235 {
		t.Errorf("distinct %d, want about 225", d)
	}
}

func TestDistinctEstimate(t *testing.T) {
	for _, n := range []int{10, 1000, 100_000, 1_000_000} {
		c := NewColumn(types.StringType)
		v := vector.New(types.StringType, 0)
		for i := range n {
			v.AppendDatum(types.Datum{S: fmt.Sprint("value ", i)})
			if v.Len() == vector.BatchSize || i == n-1 {
				c.Add(v, nil, v.Len())
				c.Add(v, nil, v.Len())
				v.Reset()
			}
		}
		if e := math.Abs(float64(c.Distinct())-float64(n)) / float64(n); e > 0.12 {
			t.Errorf("distinct of %d estimated as %d", n, c.Distinct())
		}
	}
}

func TestConstantAndDictionary(t *testing.T) {
	c := NewColumn(types.StringType)
	c.Add(vector.NewConst(types.StringType, types.Datum{S: "abc"}), nil, 7)
	dict := vector.New(types.StringType, 0)
	dict.AppendDatum(types.Datum{S: "a"})
	dict.AppendDatum(types.Datum{S: "zz"})
	c.Add(&vector.Vector{Type: types.StringType, Form: vector.Dict, DictOf: dict, DictID: 1, Codes: []uint32{1, 0, 1}}, nil, 3)
	lo, hi, _ := c.Bounds()
	if c.Rows != 10 || c.Distinct() != 3 || lo.S != "a" || hi.S != "zz" || c.TotalLen != 26 || c.MaxLen != 3 {
		t.Errorf("%d rows, %d distinct, %q..%q, length %d max %d", c.Rows, c.Distinct(), lo.S, hi.S, c.TotalLen, c.MaxLen)
	}
}

// TestRepeatedIntegers compares many rows, of which recent values are not hashed again, with the same rows as a selection.
func TestRepeatedIntegers(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for _, typ := range []*types.Type{types.IntType, types.BigIntType, types.NewDecimal(9, 2), types.DateType, types.BooleanType} {
		for _, distinct := range []int64{1, 2, 100, 5000, 1 << 40} {
			a, b := NewColumn(typ), NewColumn(typ)
			for range 20 {
				v := vector.New(typ, 0)
				var sel []uint16
				for i := range vector.BatchSize {
					d := types.Datum{I: r.Int63n(distinct) - distinct/2, Null: r.Intn(10) == 0}
					if typ.Kind == types.Boolean {
						d.I &= 1
					}
					v.AppendDatum(d)
					sel = append(sel, uint16(i))
				}
				a.Add(v, nil, v.Len())
				b.Add(v, sel, v.Len())
			}
			if a.min.I != b.min.I || a.max.I != b.max.I || a.Nulls != b.Nulls || a.Trues != b.Trues || a.seen != b.seen || !bytes.Equal(a.Sketch(), b.Sketch()) {
				t.Errorf("%s of %d values: %d NULLs, %v..%v, %d distinct; want %d, %v..%v, %d", typ, distinct, a.Nulls, a.min.I, a.max.I, a.Distinct(),
					b.Nulls, b.min.I, b.max.I, b.Distinct())
			}
		}
	}
}
