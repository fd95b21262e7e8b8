package hashtable

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

var testTypes = []*types.Type{
	types.BigIntType, types.DoubleType, types.StringType, types.NewDecimal(30, 2), types.VoidType,
	types.NewArray(types.StringType), types.NewStruct(types.Field{Name: "a", Type: types.IntType}),
}

// randomKeys makes n rows of about distinct keys.
func randomKeys(r *rand.Rand, ts []*types.Type, n, distinct int) []*vector.Vector {
	cols := vector.NewBatch(ts).Cols
	for range n {
		for i, t := range ts {
			x := int64(r.Intn(distinct))
			d := types.Datum{I: x << 20, F: float64(x), W: types.Int128{Hi: x & 1, Lo: uint64(x)}, S: fmt.Sprint("key", x)}
			switch {
			case r.Intn(10) == 0:
				d = types.NullDatum
			case t.Kind == types.Array:
				d = types.Datum{Elems: []types.Datum{{S: d.S}, {Null: x&1 == 0, S: "b"}}[:x%3]}
			case t.Kind == types.Struct:
				d = types.Datum{Elems: []types.Datum{{I: x}}}
			case x == 1:
				d.F = math.NaN()
			case x == 0 && r.Intn(2) == 0:
				d.F = math.Copysign(0, -1)
			}
			cols[i].AppendDatum(d)
		}
	}
	return cols
}

func keyText(cols []*vector.Vector, row int) string {
	var s string
	for _, c := range cols {
		d := c.Datum(row)
		if d.F == 0 {
			d.F = 0
		}
		s += fmt.Sprintf("%v;", d)
	}
	return s
}

func randomTypes(r *rand.Rand, n int) []*types.Type {
	ts := make([]*types.Type, n)
	for i := range ts {
		ts[i] = testTypes[r.Intn(len(testTypes))]
	}
	return ts
}

func TestGroupTableNumbersKeys(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for round := range 25 {
		ts := randomTypes(r, 1+r.Intn(3))
		if round%3 == 0 {
			ts = testTypes[:1]
		}
		table := NewGroupTable(ts)
		for range 2 {
			want := map[string]uint32{}
			for range 5 {
				n := 1 + r.Intn(3000)
				keys := randomKeys(r, ts, n, []int{3, 5000}[r.Intn(2)])
				groups := make([]uint32, n)
				table.Find(keys, n, groups)
				for i, g := range groups {
					k := keyText(keys, i)
					if w, ok := want[k]; !ok {
						want[k] = g
					} else if g != w {
						t.Fatalf("%v: row %d has group %d, want %d", ts, i, g, w)
					}
				}
			}
			if table.Len() != len(want) {
				t.Fatalf("%d groups, want %d", table.Len(), len(want))
			}
			for g := range table.Len() {
				if got := want[keyText(table.Keys(), g)]; got != uint32(g) {
					t.Fatalf("%v: the key of group %d belongs to %d", ts, g, got)
				}
			}
			hashes, again := make([]uint64, table.Len()), make([]uint64, table.Len())
			table.Hashes(0, table.Len(), hashes)
			Hash(table.Keys(), table.Len(), again)
			for g := range hashes {
				if hashes[g] != again[g] {
					t.Fatalf("%v: hash of group %d", ts, g)
				}
			}
			table.Reset()
		}
	}
}

func TestJoinTableFindsAllRows(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for round := range 60 {
		ts := randomTypes(r, 1+r.Intn(3))
		if round%2 == 0 {
			ts = []*types.Type{types.BigIntType, types.IntType, types.DateType}[:1+r.Intn(3)]
		}
		nullSafe := make([]bool, len(ts))
		for i := range nullSafe {
			nullSafe[i] = r.Intn(4) == 0
		}
		distinct := []int{3, 300, 1 << 40}[r.Intn(3)]
		n, m := r.Intn(600), 1+r.Intn(600)
		build, probe := randomKeys(r, ts, n, distinct), randomKeys(r, ts, m, distinct)
		table := BuildJoinTable(build, nullSafe, n)
		rows := map[string][]uint32{}
		unique := true
		for i := range n {
			if !skips(build, nullSafe, i) {
				k := keyText(build, i)
				rows[k] = append(rows[k], uint32(i))
				unique = unique && len(rows[k]) == 1
			}
		}
		if table.Unique() != unique {
			t.Fatalf("%v: unique is %v", ts, table.Unique())
		}
		heads := make([]uint32, m)
		table.NewProber().Probe(probe, m, heads)
		for i, h := range heads {
			var got []uint32
			for ; h != 0; h = table.Next(h - 1) {
				got = append(got, h-1)
			}
			want := rows[keyText(probe, i)]
			if skips(probe, nullSafe, i) {
				want = nil
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%v %v: row %d matches %v, want %v", ts, nullSafe, i, got, want)
			}
		}
	}
}

func TestPartitionsOfLevelsDiffer(t *testing.T) {
	var count [4][64]int
	for i := range int64(64 * 100) {
		h := HashInt(i)
		for level := range count {
			count[level][Partition(h, level, 6)]++
		}
	}
	for level := range count {
		for p, n := range count[level] {
			if n < 50 || n > 150 {
				t.Errorf("level %d: partition %d has %d of 6400 hashes", level, p, n)
			}
		}
	}
}
