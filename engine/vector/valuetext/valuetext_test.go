package valuetext

import (
	"fmt"
	"math"
	"math/big"
	"math/rand"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
)

func TestDouble(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0.0"}, {math.Copysign(0, -1), "-0.0"}, {1, "1.0"}, {-1, "-1.0"}, {0.1, "0.1"}, {-2.5, "-2.5"}, {0.001, "0.001"}, {0.0001, "1.0E-4"},
		{9999999, "9999999.0"}, {1e7, "1.0E7"}, {123456789.25, "1.2345678925E8"}, {1e100, "1.0E100"}, {-1e-100, "-1.0E-100"},
		{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}, {math.MaxFloat64, "1.7976931348623157E308"},
		{math.SmallestNonzeroFloat64, "4.9E-324"}, {3 * math.SmallestNonzeroFloat64, "1.5E-323"}, {1e23, "9.999999999999999E22"}, {2e23, "1.9999999999999998E23"}, {3e23, "3.0E23"}, {1 << 60, "1.15292150460684698E18"},
		{math.Ldexp(1, -44), "5.6843418860808015E-14"}, {0.5, "0.5"}, {0.0625, "0.0625"}, {math.Ldexp(1, -1074+52), "2.2250738585072014E-308"},
		{9999999.999999998, "9999999.999999998"},
	} {
		if got := string(AppendDouble(nil, c.in)); got != c.want {
			t.Errorf("AppendDouble(%v) = %q, want %q", c.in, got, c.want)
		}
	}
	for _, c := range []struct {
		in   float32
		want string
	}{{1.1, "1.1"}, {1e7, "1.0E7"}, {123456789, "1.23456792E8"}, {16777217, "1.6777216E7"}, {3.4e38, "3.4E38"}, {1.4e-45, "1.4E-45"}, {1e-7, "1.0E-7"}, {0.5, "0.5"}} {
		if got := string(AppendFloat(nil, float64(c.in))); got != c.want {
			t.Errorf("AppendFloat(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzDouble(f *testing.F) {
	f.Add(uint64(1))
	f.Add(math.Float64bits(1e23))
	f.Add(math.Float64bits(2e-3))
	f.Fuzz(func(t *testing.T, bits uint64) {
		v := math.Float64frombits(bits)
		text := string(AppendDouble(nil, v))
		if v != v || math.IsInf(v, 0) {
			return
		}
		back, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Float64bits(back) != bits {
			t.Fatalf("%v prints as %q, which reads as %v (%v)", v, text, back, err)
		}
		scientific := strings.Contains(text, "E")
		if a := math.Abs(v); scientific == (a == 0 || a >= 1e-3 && a < 1e7) || !strings.Contains(text, ".") || strings.Contains(text, "+") {
			t.Fatalf("%v prints as %q", v, text)
		}
	})
}

func decimalText(unscaled *big.Int, scale int) string {
	digits := new(big.Int).Abs(unscaled).String()
	for len(digits) <= scale {
		digits = "0" + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if unscaled.Sign() < 0 {
		digits = "-" + digits
	}
	return digits
}

func FuzzDecimal(f *testing.F) {
	f.Add(int64(0), uint64(0), uint8(0))
	f.Add(int64(-1), uint64(1), uint8(10))
	f.Add(int64(math.MaxInt64), uint64(math.MaxUint64), uint8(38))
	f.Add(int64(math.MinInt64), uint64(1), uint8(2))
	f.Fuzz(func(t *testing.T, hi int64, lo uint64, scale uint8) {
		s := int(scale % 39)
		v := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(hi), 64), new(big.Int).SetUint64(lo))
		if got, want := string(AppendDecimal128(nil, types.Int128{Hi: hi, Lo: lo}, s)), decimalText(v, s); got != want {
			t.Fatalf("%d %d: %q, want %q", hi, lo, got, want)
		}
		if got, want := string(AppendDecimal64(nil, hi, s)), decimalText(big.NewInt(hi), s); got != want {
			t.Fatalf("%d: %q, want %q", hi, got, want)
		}
	})
}

func TestTrimDecimal(t *testing.T) {
	for in, want := range map[string]string{"1.50": "1.5", "2.00": "2", "0.00": "0", "100": "100", "-0.10": "-0.1"} {
		if got := string(TrimDecimal([]byte("0.0,"+in), 4)); got != "0.0,"+want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzTimestamp(f *testing.F) {
	f.Add(int64(0), uint32(0))
	f.Add(int64(-62135596800), uint32(1))
	f.Add(int64(253402300800), uint32(120_000_000))
	f.Add(int64(-62198755200), uint32(999_999_999))
	f.Fuzz(func(t *testing.T, seconds int64, nanos uint32) {
		const limit = 200_000 * 366 * secondsPerDay
		seconds %= limit
		nanos %= nanosPerSecond
		at := time.Unix(seconds, int64(nanos)).UTC()
		year := fmt.Sprintf("%04d", at.Year())
		if at.Year() > 9999 {
			year = "+" + year
		} else if at.Year() < 0 {
			year = fmt.Sprintf("-%04d", -at.Year())
		}
		want := year + at.Format("-01-02 15:04:05.999999999")
		w := types.Int128{Hi: seconds, Lo: uint64(nanos)}
		if got := string(AppendTimestamp(nil, w)); got != want {
			t.Fatalf("%d.%09d: %q, want %q", seconds, nanos, got, want)
		}
		if nanos == 0 {
			want += ".0"
		}
		if got := string(AppendTimestampLTZ(nil, w, nil)); got != want+" UTC" {
			t.Fatalf("%d.%09d: %q, want %q", seconds, nanos, got, want)
		}
	})
}

func TestIntervals(t *testing.T) {
	for in, want := range map[int64]string{0: "0-0", 14: "1-2", -14: "-1-2", -1: "-0-1"} {
		if got := string(AppendIntervalYearMonth(nil, in)); got != want {
			t.Errorf("%d months: %q, want %q", in, got, want)
		}
	}
	for _, c := range []struct {
		seconds int64
		nanos   uint64
		want    string
	}{
		{0, 0, "0 00:00:00.000000000"}, {93784, 500_000_000, "1 02:03:04.500000000"}, {-93785, 500_000_000, "-1 02:03:04.500000000"},
		{-1, 999_999_999, "-0 00:00:00.000000001"}, {-86400, 0, "-1 00:00:00.000000000"},
	} {
		if got := string(AppendIntervalDayTime(nil, types.Int128{Hi: c.seconds, Lo: c.nanos})); got != c.want {
			t.Errorf("%d.%09d: %q, want %q", c.seconds, c.nanos, got, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	str := func(s string) types.Datum { return types.Datum{S: s} }
	for _, c := range []struct {
		typ   string
		value types.Datum
		want  string
	}{
		{"array<string>", types.Datum{Elems: []types.Datum{str("tab\there"), str("q\"b\\s/"), types.NullDatum, str("\x01é中\b\f\r\n")}}, `["tab\there","q\"b\\s/",null,"\u0001é中\b\f\r\n"]`},
		{"array<char(5)>", types.Datum{Elems: []types.Datum{str("ab")}}, `["ab   "]`},
		{"map<int,boolean>", types.Datum{Elems: []types.Datum{{I: 1}, {I: 1}, {I: 2}, types.NullDatum}}, `{1:true,2:null}`},
		{"map<date,array<int>>", types.Datum{Elems: []types.Datum{{I: 0}, {Elems: []types.Datum{{I: 5}}}}}, `{"1970-01-01":[5]}`},
		{"struct<a:binary,b:decimal(5,2),c:interval_year_month>", types.Datum{Elems: []types.Datum{str("bin\xff"), {I: 100}, {I: 14}}}, "{\"a\":bin\uFFFD,\"b\":1,\"c\":1-2}"},
		{"array<timestamp>", types.Datum{Elems: []types.Datum{{W: types.Int128{}}}}, `["1970-01-01 00:00:00"]`},
		{"array<float>", types.Datum{Elems: []types.Datum{{F: float64(float32(0.1))}}}, `[0.1]`},
		{"uniontype<int,string>", types.Datum{I: 1, Elems: []types.Datum{str("x")}}, `{1:"x"}`},
		{"array<void>", types.Datum{Elems: []types.Datum{types.NullDatum}}, `[null]`},
		{"array<int>", types.NullDatum, `null`},
	} {
		typ, err := types.Parse(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []*vector.Vector{vector.NewConst(typ, c.value), flat(typ, c.value)} {
			if got := string(AppendJSON(nil, v, 0, nil)); got != c.want {
				t.Errorf("%s: %s, want %s", c.typ, got, c.want)
			}
		}
	}
}

func flat(t *types.Type, d types.Datum) *vector.Vector {
	v := vector.New(t, 0)
	v.AppendDatum(d)
	return v
}

// Java replaces each maximal subpart of malformed text by one U+FFFD.
func TestMalformedText(t *testing.T) {
	for in, want := range map[string]string{
		"ok": "ok", "\xff": "?", "\xe4\xbd": "?", "a\xe4\xbdb": "a?b", "\xf0\x9f\x98": "?", "\xc0\x80": "??", "\xed\xa0\x80": "???", "\xf5x": "?x", "中\x80": "中?",
	} {
		want = strings.ReplaceAll(want, "?", "\uFFFD")
		if got := string(AppendUTF8([]byte("-"), []byte(in))); got != "-"+want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzMalformedText(f *testing.F) {
	f.Add([]byte("a\xe4\xbdb"))
	f.Fuzz(func(t *testing.T, s []byte) {
		got := AppendUTF8(nil, s)
		if !utf8.Valid(got) || utf8.Valid(s) && string(got) != string(s) {
			t.Fatalf("%q: %q", s, got)
		}
	})
}

func TestChar(t *testing.T) {
	if got := string(AppendChar(nil, []byte("hö"), 5)); got != "hö   " {
		t.Errorf("%q", got)
	}
	if got := string(AppendChar(nil, []byte("long text"), 3)); got != "long text" {
		t.Errorf("%q", got)
	}
}

func TestNoAllocation(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	dst := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		dst = AppendDouble(dst[:0], r.NormFloat64()*1e9)
		dst = AppendDecimal128(dst, types.Int128{Hi: r.Int63(), Lo: r.Uint64()}, 7)
		dst = AppendTimestamp(dst, types.Int128{Hi: r.Int63n(1 << 32), Lo: 5})
		dst = AppendIntervalDayTime(dst, types.Int128{Hi: r.Int63n(1 << 20)})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
