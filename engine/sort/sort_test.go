package sort

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

func column(r *rand.Rand, t *types.Type, n int, nulls bool) *vector.Vector {
	v := vector.New(t, 0)
	spread := []int64{2, 100, 1 << 40, math.MaxInt64}[r.Intn(4)]
	for range n {
		if nulls && r.Intn(4) == 0 {
			v.AppendDatum(types.NullDatum)
			continue
		}
		x := r.Int63n(spread)
		if r.Intn(2) == 0 {
			x = -x
		}
		d := types.Datum{I: x, F: float64(x) / 3, W: types.Int128{Hi: x % 5, Lo: uint64(x)}, S: fmt.Sprint("prefix"[:r.Intn(7)], x)}
		if t.Kind == types.Array {
			d = types.Datum{Elems: []types.Datum{{I: x % 3}, {I: x}}[:r.Intn(3)]}
		}
		if r.Intn(20) == 0 {
			d.S = []string{"", "\x00", "\x00\x00", "prefix", "prefix\x00", "prefix\x00\x00\x00", "a string of some length, longer than words", "a string of some length, longer than word"}[r.Intn(8)]
			d.F = []float64{math.NaN(), math.Copysign(0, -1), 0, math.Inf(1), math.Inf(-1)}[r.Intn(5)]
			d.I = math.MinInt64
		}
		v.AppendDatum(d)
	}
	return v
}

func TestOrderAgainstStableSort(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	ts := []*types.Type{types.NewArray(types.IntType), types.IntType, types.DoubleType, types.StringType, types.NewDecimal(38, 2), types.VoidType, types.BigIntType}
	var s Sorter
	for round := range 300 {
		n := []int{0, 1, 7, 300, 6000}[r.Intn(5)]
		var keys []Key
		for range 1 + r.Intn(3) {
			keys = append(keys, Key{column(r, ts[r.Intn(len(ts))], n, r.Intn(2) == 0), r.Intn(2) == 0, r.Intn(2) == 0})
		}
		want := make([]uint32, n)
		for i := range want {
			want[i] = uint32(i)
		}
		slices.SortStableFunc(want, func(a, b uint32) int {
			for _, k := range keys {
				if c := k.Compare(k.Column, int(a), k.Column, int(b)); c != 0 {
					return c
				}
			}
			return 0
		})
		if got := s.Order(keys, n); !slices.Equal(got, want) {
			t.Fatalf("round %d: %d keys, %d rows: order differs", round, len(keys), n)
		}
		d := Divide(keys, n, 1+r.Intn(9), nil)
		for _, i := range r.Perm(d.Ranges()) {
			d.OrderRange(i, nil)
		}
		if got := d.Order(); !slices.Equal(got, want) {
			t.Fatalf("round %d: %d keys, %d rows in %d ranges: order differs", round, len(keys), n, d.Ranges())
		}
	}
}
