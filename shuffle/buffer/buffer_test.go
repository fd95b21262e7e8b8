package buffer

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Whatever forms strings come in, and however rows are collected, each partition gets its rows in order, and a handed-on column keeps its
// values when more is added.
func TestPartitionsKeepTheirRows(t *testing.T) {
	for seed := range int64(16) {
		r := rand.New(rand.NewSource(seed))
		t.Run(fmt.Sprint(seed), func(t *testing.T) { testPartitions(t, r) })
	}
}

func testPartitions(t *testing.T, r *rand.Rand) {
	partitions := []int{1, 3, 50}[r.Intn(3)]
	keep := r.Intn(2) == 0
	want, got := make([][]string, partitions), make([][]string, partitions)
	var kept []func()
	b := New(Config{
		Types: []*types.Type{types.StringType, types.BigIntType, types.StringType}, Partitions: partitions,
		Budget: []int64{1 << 12, 1 << 18, 1 << 26}[r.Intn(3)], BlockBytes: 1 << 14,
		Emit: func(p int, cols []*vector.Vector, from, n int) error {
			at := len(got[p])
			for i := from; i < from+n; i++ {
				got[p] = append(got[p], rowText(cols, i))
			}
			if keep {
				cols := slices.Clone(cols)
				for i, c := range cols {
					own := *c
					cols[i] = &own
				}
				kept = append(kept, func() {
					for i := range n {
						if now := rowText(cols, from+i); now != got[p][at+i] {
							t.Fatalf("partition %d: a row that was handed on as %q has become %q", p, got[p][at+i], now)
						}
					}
				})
			}
			return nil
		},
	})
	b.Keep = keep
	strings := []*source{newSource(r), newSource(r)}
	for range 1 + r.Intn(20) {
		n := 1 + r.Intn(2*vector.BatchSize)
		in := &vector.Batch{N: n, Cols: []*vector.Vector{strings[0].column(r, n), vector.New(types.BigIntType, n), strings[1].column(r, n)}}
		for i := range n {
			in.Cols[1].I64[i] = r.Int63()
		}
		if r.Intn(2) == 0 {
			in.Sel = []uint16{}
			for i := range n {
				if r.Intn(3) > 0 {
					in.Sel = append(in.Sel, uint16(i))
				}
			}
		}
		parts := make([]uint32, in.Rows())
		for k := range parts {
			parts[k] = uint32(r.Intn(partitions))
			row := k
			if in.Sel != nil {
				row = int(in.Sel[k])
			}
			want[parts[k]] = append(want[parts[k]], rowText(in.Cols, row))
		}
		if err := b.Add(in, parts); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	for p := range want {
		if !slices.Equal(got[p], want[p]) {
			t.Fatalf("partition %d of %d has %d rows, not %d, or others", p, partitions, len(got[p]), len(want[p]))
		}
	}
	for _, f := range kept {
		f()
	}
}

func rowText(cols []*vector.Vector, row int) string {
	var b strings.Builder
	for _, c := range cols {
		fmt.Fprintf(&b, "%v|", c.Datum(row))
	}
	return b.String()
}

// source makes columns of strings, of forms that change at times.
type source struct {
	forms    []int
	distinct int
	dict     *vector.Vector
	id       uint64
}

func newSource(r *rand.Rand) *source {
	s := &source{distinct: []int{3, 300, 5000}[r.Intn(3)]}
	s.forms = [][]int{{0}, {0, 1}, {0, 1, 2}, {0, 1, 2, 3}, {4}, {1, 0}}[r.Intn(6)]
	return s
}

func (s *source) column(r *rand.Rand, n int) *vector.Vector {
	form := s.forms[0]
	if r.Intn(4) == 0 {
		form = s.forms[r.Intn(len(s.forms))]
	}
	text := func(k int) string { return strings.Repeat("x", k%7) + fmt.Sprint(k) }
	switch form {
	case 1:
		return vector.NewNull(types.StringType)
	case 2:
		return vector.NewConst(types.StringType, types.Datum{S: text(r.Intn(3))})
	case 3:
		v := vector.New(types.StringType, n)
		for i := range n {
			v.SetString(i, text(r.Intn(s.distinct)))
		}
		return v
	}
	if s.dict == nil || r.Intn(10) == 0 {
		s.dict, s.id = vector.New(types.StringType, s.distinct), vector.NewDictID()
		for i := range s.distinct {
			s.dict.SetString(i, text(r.Intn(2*s.distinct)))
		}
		if form == 4 {
			s.id = 0
		}
	}
	v := &vector.Vector{Type: types.StringType, Form: vector.Dict, DictOf: s.dict, DictID: s.id, Codes: make([]uint32, n)}
	for i := range n {
		v.Codes[i] = uint32(r.Intn(s.distinct))
	}
	if r.Intn(2) == 0 {
		for i := range v.MakeNulls(n) {
			v.Nulls[i] = r.Intn(5) == 0
		}
	}
	return v
}
