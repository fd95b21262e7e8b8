package decimal

import (
	"math/big"
	"math/rand"
	"strconv"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector/valuetext"
)

func toBig(v Int128) *big.Int {
	b := big.NewInt(v.Hi)
	b.Lsh(b, 64)
	return b.Add(b, new(big.Int).SetUint64(v.Lo))
}

func fromBig(b *big.Int) (Int128, bool) {
	if new(big.Int).Abs(b).Cmp(toBig(Pow128[38])) >= 0 {
		return Int128{}, false
	}
	var lo big.Int
	lo.And(b, new(big.Int).SetUint64(^uint64(0)))
	hi := new(big.Int).Rsh(b, 64)
	return Int128{Hi: hi.Int64(), Lo: lo.Uint64()}, true
}

func random(r *rand.Rand) Int128 {
	v, _ := fromBig(new(big.Int).Rand(r, toBig(Pow128[r.Intn(39)])))
	if r.Intn(2) == 0 {
		v = v.Neg()
	}
	return v
}

// half divides rounding half away from zero.
func half(n, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	r.Abs(r.Lsh(r, 1))
	if r.Cmp(new(big.Int).Abs(d)) >= 0 {
		q.Add(q, big.NewInt(int64(n.Sign()*d.Sign())))
	}
	return q
}

func pow(k int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(k)), nil) }

func check(t *testing.T, name string, got Int128, ok bool, want *big.Int) {
	t.Helper()
	w, fits := fromBig(want)
	if ok != fits || ok && got != w {
		t.Fatalf("%s: got %v %v, want %v", name, toBig(got), ok, want)
	}
}

func TestAgainstBig(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 50000 {
		a, b := random(r), random(r)
		A, B := toBig(a), toBig(b)
		drop := r.Intn(39)
		got, ok := Mul(a, b, drop)
		check(t, "Mul", got, ok, half(new(big.Int).Mul(A, B), pow(drop)))
		if b != (Int128{}) {
			shift := r.Intn(77)
			got, ok = Div(a, b, shift)
			check(t, "Div", got, ok, half(new(big.Int).Mul(A, pow(shift)), B))
			check(t, "Rem", Rem(a, b), true, new(big.Int).Rem(A, B))
			check(t, "Quo", Quo(a, b), true, new(big.Int).Quo(A, B))
		}
		from, to := r.Intn(39), r.Intn(39)
		got, ok = Rescale(a, from, to)
		if to >= from {
			check(t, "Rescale", got, ok, new(big.Int).Mul(A, pow(to-from)))
		} else {
			check(t, "Rescale", got, ok, half(A, pow(from-to)))
		}
		if a.IsInt64() && Fits(a, 18) {
			got64, ok := Rescale64(int64(a.Lo), from, to)
			wide, wideOK := Rescale(a, from, to)
			if ok != (wideOK && Fits(wide, 18)) || ok && types.Int128Of(got64) != wide {
				t.Fatalf("Rescale64(%d, %d, %d) = %d %v", int64(a.Lo), from, to, got64, ok)
			}
		}
		scale := r.Intn(39)
		text := valuetext.AppendDecimal128(nil, a, scale)
		if back, ok := Parse(text, 38, scale); !ok || back != a {
			t.Fatalf("Parse(%s) = %v %v", text, toBig(back), ok)
		}
		if f, _ := strconv.ParseFloat(string(text), 64); f != Float64(a, scale) {
			t.Fatalf("Float64(%s) = %v, want %v", text, Float64(a, scale), f)
		}
		floor := new(big.Int).Div(A, pow(scale)) // Euclidean: floor for positive divisors
		check(t, "Floor", Floor(a, scale), true, floor)
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in               string
		precision, scale int
		want             string
	}{
		{"1.5", 10, 0, "2"}, {"-1.5", 10, 0, "-2"}, {"1.49", 10, 0, "1"}, {"1e3", 10, 2, "1000.00"}, {"12.345e-1", 10, 2, "1.23"},
		{".5", 10, 1, "0.5"}, {"5.", 10, 1, "5.0"}, {"+7", 5, 0, "7"}, {"0.05", 5, 1, "0.1"}, {"0.04", 5, 1, "0.0"}, {"5e-2", 5, 1, "0.1"},
		{"99.5", 2, 0, ""}, {"", 5, 0, ""}, {"-", 5, 0, ""}, {"1e", 5, 0, ""}, {"1.2.3", 5, 0, ""}, {"abc", 5, 0, ""}, {"1e99", 38, 0, ""},
		{"0e99", 38, 0, "0"}, {"1e-99", 38, 2, "0.00"}, {"00000000000000000000000000000000000000000000012", 5, 0, "12"},
	} {
		v, ok := Parse([]byte(c.in), c.precision, c.scale)
		got := ""
		if ok {
			got = string(valuetext.AppendDecimal128(nil, v, c.scale))
		}
		if got != c.want {
			t.Errorf("Parse(%q, %d, %d) = %q, want %q", c.in, c.precision, c.scale, got, c.want)
		}
	}
}

func TestRound(t *testing.T) {
	for _, c := range []struct {
		v             int64
		scale, digits int
		even          bool
		want          int64
	}{{125, 2, 1, false, 130}, {125, 2, 1, true, 120}, {135, 2, 1, true, 140}, {-125, 2, 1, false, -130}, {1250, 0, -2, false, 1300}, {7, 0, -1, false, 10}, {7, 1, 5, false, 7}} {
		if got, ok := Round(types.Int128Of(c.v), c.scale, c.digits, c.even); !ok || got != types.Int128Of(c.want) {
			t.Errorf("Round(%d, %d, %d, %v) = %v", c.v, c.scale, c.digits, c.even, toBig(got))
		}
	}
}
