package colstats

import (
	"fmt"
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

// TestAgainstModel compares with the obvious computation over vectors of all types and forms, with and without selection, and
// over statistics merged from parts.
func TestAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for _, typ := range []*types.Type{types.BooleanType, types.IntType, types.DoubleType, types.DateType, types.TimestampType, types.StringType,
		types.NewDecimal(10, 2), types.NewDecimal(30, 2), types.NewArray(types.IntType)} {
		parts := []*Column{NewColumn(typ), NewColumn(typ), NewColumn(typ)}
		var model model
		for range 60 {
			v, n := randomVector(r, typ)
			var sel []uint16
			if r.Intn(2) == 0 {
				sel = []uint16{}
				for i := range n {
					if r.Intn(3) > 0 {
						sel = append(sel, uint16(i))
					}
				}
			}
			parts[r.Intn(len(parts))].Add(v, sel, n)
			if sel == nil {
				for i := range n {
					model.add(v.Datum(i), typ)
				}
			}
			for _, i := range sel {
				model.add(v.Datum(int(i)), typ)
			}
		}
		c := parts[0]
		c.Merge(parts[1])
		c.Merge(parts[2])
		if c.Rows != model.rows || c.Nulls != model.nulls || c.TotalLen != model.totalLen || c.MaxLen != model.maxLen || c.Trues != model.trues {
			t.Errorf("%s: %d rows, %d NULLs, length %d max %d, %d true; want %+v", typ, c.Rows, c.Nulls, c.TotalLen, c.MaxLen, c.Trues, model)
		}
		lo, hi, ok := c.Bounds()
		if typ.Kind == types.Array {
			if ok {
				t.Errorf("%s has bounds", typ)
			}
			continue
		}
		if !ok || fmt.Sprint(lo) != fmt.Sprint(model.lo) || fmt.Sprint(hi) != fmt.Sprint(model.hi) {
			t.Errorf("%s: bounds %v..%v, want %v..%v", typ, lo, hi, model.lo, model.hi)
		}
		if d, want := float64(c.Distinct()), float64(len(model.distinct)); d < 0.88*want || d > 1.12*want {
			t.Errorf("%s: %v distinct values, want %v", typ, d, want)
		}
	}
}

type model struct {
	rows, nulls, totalLen, maxLen, trues int64
	lo, hi                               types.Datum
	distinct                             map[string]bool
}

func (m *model) add(d types.Datum, t *types.Type) {
	m.rows++
	if d.Null {
		m.nulls++
		return
	}
	if m.distinct == nil {
		m.distinct, m.lo, m.hi = map[string]bool{}, d, d
	}
	m.distinct[distinctKey(d, t)] = true
	if t.Kind == types.Boolean {
		m.trues += d.I
	}
	if t.Physical() == types.Bytes {
		m.totalLen += int64(len(d.S))
		m.maxLen = max(m.maxLen, int64(len(d.S)))
	}
	if less(d, m.lo) {
		m.lo = d
	}
	if less(m.hi, d) {
		m.hi = d
	}
}

// distinctKey is what values are told apart by: timestamps by their seconds, decimals as doubles.
func distinctKey(d types.Datum, t *types.Type) string {
	switch {
	case t.Kind == types.Timestamp:
		return fmt.Sprint(d.W.Hi)
	case t.Kind == types.Decimal && t.Physical() == types.I128:
		return fmt.Sprint(float64(d.W.Hi)*0x1p64 + float64(d.W.Lo))
	}
	return fmt.Sprint(d)
}

func less(a, b types.Datum) bool {
	return a.I < b.I || a.F < b.F || a.S < b.S || a.W.Less(b.W)
}

// randomVector makes a flat, constant or dictionary vector and returns its number of rows.
func randomVector(r *rand.Rand, t *types.Type) (*vector.Vector, int) {
	n := 1 + r.Intn(300)
	v := vector.New(t, 0)
	switch r.Intn(4) {
	case 0:
		return vector.NewConst(t, randomDatum(r, t, 4)), n
	case 1:
		if t.Physical() != types.Bytes {
			break
		}
		dict := vector.New(t, 0)
		for range 20 {
			dict.AppendDatum(randomDatum(r, t, 0))
		}
		v.Form, v.DictOf = vector.Dict, dict
		for range n {
			v.Codes = append(v.Codes, uint32(r.Intn(20)))
		}
		nulls := make([]bool, n)
		for i := range nulls {
			nulls[i] = r.Intn(5) == 0
		}
		v.Nulls = nulls
		return v, n
	}
	for range n {
		v.AppendDatum(randomDatum(r, t, 6))
	}
	return v, n
}

func randomDatum(r *rand.Rand, t *types.Type, nulls int) types.Datum {
	if nulls > 0 && r.Intn(nulls) == 0 {
		return types.NullDatum
	}
	switch t.Physical() {
	case types.I64:
		if t.Kind == types.Boolean {
			return types.Datum{I: r.Int63n(2)}
		}
		return types.Datum{I: r.Int63n(5000) - 2500}
	case types.F64:
		return types.Datum{F: float64(r.Intn(3000)) / 8}
	case types.I128:
		return types.Datum{W: types.Int128{Hi: r.Int63n(40) - 20, Lo: uint64(r.Intn(100))}}
	case types.List:
		return types.Datum{Elems: []types.Datum{{I: 1}}}
	}
	return types.Datum{S: fmt.Sprint("s", r.Intn(4000))}
}
