package block

import (
	"errors"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

var allTypes = []string{"boolean", "int", "bigint", "date", "decimal(10,2)", "decimal(30,2)", "timestamp", "float", "double", "string", "char(3)",
	"binary", "array<string>", "map<int,array<int>>", "struct<a:int,b:string>", "struct<>", "uniontype<int,string>", "void", "array<void>",
	"array<struct<a:array<int>,b:timestamp>>", "struct<a:map<string,decimal(30,1)>,b:void>"}

func parse(t testing.TB, s string) *types.Type {
	t.Helper()
	if s == "struct<>" {
		return types.NewStruct()
	}
	x, err := types.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// shape is a way to draw the values of a column.
type shape struct {
	ints  func(i int) int64
	text  func(i int) string
	nulls float64
}

func randomShape(r *rand.Rand) shape {
	s := shape{nulls: []float64{0, 0, 0, .1, .9, 1}[r.Intn(6)]}
	width, base, step := r.Intn(65), int64(r.Uint64()), r.Int63n(1000)
	few := make([]int64, 1+r.Intn(300))
	for i := range few {
		few[i] = int64(r.Uint64()) >> r.Intn(64)
	}
	random := func() int64 { return int64(r.Uint64() >> (64 - uint(width)) & (1<<width - 1)) }
	run, left := int64(0), 0
	s.ints = []func(i int) int64{
		func(int) int64 { return base },
		func(int) int64 { return base + random() },
		func(i int) int64 { return base + int64(i)*step },
		func(i int) int64 { return base + int64(i)*step + random()>>40 },
		func(int) int64 { return few[r.Intn(len(few))] },
		func(int) int64 {
			if left--; left <= 0 {
				run, left = random(), 1+r.Intn(50)
			}
			return run
		},
		func(i int) int64 { return []int64{math.MinInt64, math.MaxInt64, 0, -1}[i%4] },
	}[r.Intn(7)]
	length, letters := r.Intn(20), 1+r.Intn(26)
	s.text = []func(i int) string{
		func(int) string { return "constant" },
		func(int) string { return "" },
		func(int) string {
			b := make([]byte, r.Intn(length+1))
			for i := range b {
				b[i] = 'a' + byte(r.Intn(letters))
			}
			return string(b)
		},
		func(int) string { return fmt.Sprint("entry ", few[r.Intn(len(few))]) },
		func(i int) string { return fmt.Sprint(i) },
	}[r.Intn(5)]
	return s
}

func (s shape) datum(r *rand.Rand, t *types.Type, i int) types.Datum {
	if t.Kind == types.Void || r.Float64() < s.nulls {
		return types.NullDatum
	}
	return s.value(r, t, i)
}

func (s shape) value(r *rand.Rand, t *types.Type, i int) types.Datum {
	if t.Kind == types.Void {
		return types.NullDatum
	}
	switch t.Physical() {
	case types.I64:
		return types.Datum{I: s.ints(i)}
	case types.F64:
		return types.Datum{F: math.Float64frombits(uint64(s.ints(i)) &^ (0x7ff << 52))} // no NaN, which is not equal to itself
	case types.I128:
		if t.Kind == types.Decimal && i%2 == 0 {
			return types.Datum{W: types.Int128Of(s.ints(i))}
		}
		return types.Datum{W: types.Int128{Hi: s.ints(i), Lo: uint64(s.ints(i + 1))}}
	case types.Bytes:
		return types.Datum{S: s.text(i)}
	case types.Tagged:
		tag := r.Intn(len(t.Fields))
		return types.Datum{I: int64(tag), Elems: []types.Datum{s.datum(r, t.Fields[tag].Type, i)}}
	case types.Record:
		var d types.Datum
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, s.datum(r, f.Type, i))
		}
		return d
	}
	var d types.Datum
	for k := range r.Intn(4) {
		if t.Kind == types.Map {
			d.Elems = append(d.Elems, s.value(r, t.Key, k))
		}
		d.Elems = append(d.Elems, s.datum(r, t.Elem, i+k))
	}
	return d
}

// column draws n rows in a random form, and what they are.
func column(r *rand.Rand, t *types.Type, n int) (*vector.Vector, []types.Datum) {
	s := randomShape(r)
	want := make([]types.Datum, n)
	v := vector.New(t, 0)
	switch form := r.Intn(5); {
	case form == 0:
		d := s.datum(r, t, 1)
		for i := range want {
			want[i] = d
		}
		return vector.NewConst(t, d), want
	case form == 1 && t.Kind != types.Void:
		entries := vector.New(t, 0)
		var list []types.Datum
		for i := range 1 + r.Intn(2*n+1) {
			list = append(list, s.value(r, t, i))
			entries.AppendDatum(list[i])
		}
		v.Form, v.DictOf, v.Nulls = vector.Dict, entries, nil
		for i := range n {
			c := r.Intn(len(list))
			v.Codes = append(v.Codes, uint32(c))
			want[i] = list[c]
			if r.Float64() < s.nulls {
				v.MakeNulls(n)[i] = true
				want[i] = types.NullDatum
			}
		}
	default:
		for i := range n {
			want[i] = s.datum(r, t, i)
			v.AppendDatum(want[i])
		}
		if form == 2 && n > 0 { // out of order in the arena
			rows := make([]uint32, n)
			moved := make([]types.Datum, n)
			for i := range rows {
				rows[i] = uint32(r.Intn(n))
				moved[i] = want[rows[i]]
			}
			w := vector.New(t, 0)
			vector.GatherView(w, v, rows)
			return w, moved
		}
	}
	return v, want
}

func check(t *testing.T, v *vector.Vector, want []types.Datum, flat bool) {
	t.Helper()
	if flat && v.Form != vector.Flat {
		t.Fatalf("%v: form %d where flat is asked for", v.Type, v.Form)
	}
	for i, d := range want {
		if got := v.Datum(i); !reflect.DeepEqual(got, d) {
			t.Fatalf("%v row %d of %d: got %v, want %v", v.Type, i, len(want), got, d)
		}
	}
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	var ts []*types.Type
	for _, s := range allTypes {
		ts = append(ts, parse(t, s))
	}
	enc := Encoder{}
	out := vector.NewBatch(ts)
	var dec, decFlat Decoder
	decFlat.Flat = true
	for round := range 120 {
		n := []int{0, 1, 2, 8, 9, 100, 257, 600, 2048}[r.Intn(9)]
		enc.LZ4 = round%2 == 0
		cols := make([]*vector.Vector, len(ts))
		want := make([][]types.Datum, len(ts))
		for i, x := range ts {
			cols[i], want[i] = column(r, x, n)
		}
		from := 0
		if n > 3 {
			from = r.Intn(n / 2)
		}
		prefix := []byte("before")
		buf := enc.Encode(prefix, cols, from, n-from)
		for i := range buf[len(buf):cap(buf)] {
			buf[:cap(buf)][len(buf)+i] = 0xff // what lies behind must not matter
		}
		d := &dec
		if round%3 == 0 {
			d = &decFlat
		}
		if err := d.Decode(buf[len(prefix):], out); err != nil {
			t.Fatal(err)
		}
		if rows, err := Rows(buf[len(prefix):]); out.N != n-from || rows != out.N || err != nil {
			t.Fatalf("%d rows, want %d", out.N, n-from)
		}
		for i := range ts {
			if n > from {
				check(t, out.Cols[i], want[i][from:], d.Flat)
			}
		}
		// A second copy of the rows must be appendable like any vector.
		copied := vector.NewBatch(ts)
		copied.Append(out)
		for i := range ts {
			if n > from {
				check(t, copied.Cols[i], want[i][from:], true)
			}
		}
	}
}

func TestIntegersOfEveryWidth(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for width := 0; width <= 64; width++ {
		for _, n := range []int{1, 7, 8, 9, 63, 64, 65, 1000} {
			vals := make([]int64, n)
			base := int64(r.Uint64())
			for i := range vals {
				vals[i] = base
				if width > 0 {
					vals[i] += int64(r.Uint64() >> (64 - width))
				}
			}
			packed := packInto([]byte{9}, vals, base, min(width, 64))
			if width > maxPacked {
				continue
			}
			if want := 1 + (n*width+7)/8; len(packed) != want {
				t.Fatalf("width %d: %d bytes, want %d", width, len(packed), want)
			}
			e, d := Encoder{}, Decoder{}
			buf := e.packed(nil, vals, base, width, -1)
			buf = append(buf, make([]byte, Slack)...)
			d.buf = buf[:len(buf)-Slack]
			got := make([]int64, n)
			d.unpack(got, base, width)
			if d.err != nil || !reflect.DeepEqual(got, vals) {
				t.Fatalf("width %d, %d values: %v", width, n, d.err)
			}
		}
	}
}

// TestEncodingsAreChosenFromTheData keeps the sizes of typical columns where they should be.
func TestEncodingsAreChosenFromTheData(t *testing.T) {
	const n = 4096
	r := rand.New(rand.NewSource(5))
	ints := func(f func(i int) int64) *vector.Vector {
		v := vector.New(types.BigIntType, n)
		for i := range v.I64 {
			v.I64[i] = f(i)
		}
		return v
	}
	text := func(f func(i int) string) *vector.Vector {
		v := vector.New(types.StringType, n)
		for i := range n {
			v.SetString(i, f(i))
		}
		return v
	}
	words := strings.Fields("the quick brown fox jumps over the lazy dog again and again")
	price := make([]int64, 50)
	for i := range price {
		price[i] = r.Int63()
	}
	for _, c := range []struct {
		name  string
		v     *vector.Vector
		bytes int // at most
	}{
		{"constant", ints(func(int) int64 { return 1 << 60 }), 40},
		{"small range", ints(func(int) int64 { return 1e12 + r.Int63n(100) }), n*7/8 + 40},
		{"ascending", ints(func(i int) int64 { return int64(i) * 1000 }), 40},
		{"almost ascending", ints(func(i int) int64 { return int64(i)*1000 + r.Int63n(8) }), n*5/8 + 40},
		{"runs", ints(func(i int) int64 { return int64(i/50) * 7919 % 10007 }), 400},
		{"few large", ints(func(int) int64 { return price[r.Intn(50)] }), n*6/8 + 500},
		{"random", ints(func(int) int64 { return int64(r.Uint64()) }), n*8 + 40},
		{"few strings", text(func(int) string { return words[r.Intn(len(words))] }), n*4/8 + 150},
		{"one string", text(func(int) string { return "one" }), 40},
		{"sentences", text(func(int) string { return strings.Join(words[r.Intn(6):], " ") + fmt.Sprint(r.Intn(1e6)) }), n * 24},
	} {
		e := Encoder{LZ4: true}
		buf := e.Encode(nil, []*vector.Vector{c.v}, 0, n)
		if len(buf) > c.bytes {
			t.Errorf("%s: %d bytes, want at most %d", c.name, len(buf), c.bytes)
		}
		var d Decoder
		out := vector.NewBatch([]*types.Type{c.v.Type})
		if err := d.Decode(buf, out); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if !reflect.DeepEqual(out.Cols[0].Datum(i), c.v.Datum(i)) {
				t.Fatalf("%s: row %d differs", c.name, i)
			}
		}
	}
}

func TestDamagedBlocksGiveErrors(t *testing.T) {
	r := rand.New(rand.NewSource(9))
	var ts []*types.Type
	for _, s := range allTypes {
		ts = append(ts, parse(t, s))
	}
	cols := make([]*vector.Vector, len(ts))
	for i, x := range ts {
		cols[i], _ = column(r, x, 300)
	}
	e := Encoder{LZ4: true}
	whole := e.Encode(nil, cols, 0, 300)
	d := Decoder{limit: 1 << 16}
	out := vector.NewBatch(ts)
	for cut := range len(whole) {
		if err := d.Decode(whole[:cut:cut], out); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	for range 1000 {
		b := append([]byte(nil), whole...)
		for range 1 + r.Intn(3) {
			b[r.Intn(len(b))] ^= 1 << r.Intn(8)
		}
		readAll(&d, b, out)
	}
	if err := d.Decode(append(whole, 0), out); !errors.Is(err, ErrCorrupt) {
		t.Errorf("bytes too many: %v", err)
	}
}

// readAll touches every value of a block that can be decoded.
func readAll(d *Decoder, block []byte, out *vector.Batch) {
	if d.Decode(block, out) != nil {
		return
	}
	for _, c := range out.Cols {
		for i := range out.N {
			c.Datum(i)
		}
	}
}

func FuzzDecode(f *testing.F) {
	var ts []*types.Type
	for _, s := range allTypes {
		ts = append(ts, parse(f, s))
	}
	r := rand.New(rand.NewSource(1))
	for range 10 {
		cols := make([]*vector.Vector, len(ts))
		n := 1 + r.Intn(12)
		for i, x := range ts {
			cols[i], _ = column(r, x, n)
		}
		e := Encoder{LZ4: true}
		f.Add(e.Encode(nil, cols, 0, n))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		out := vector.NewBatch(ts)
		readAll(&Decoder{limit: 1 << 16}, block, out)
		readAll(&Decoder{limit: 1 << 16, Flat: true}, block, out)
	})
}
