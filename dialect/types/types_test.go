package types

import "testing"

func TestParseRoundTrip(t *testing.T) {
	for _, text := range []string{
		"int", "decimal(10,2)", "char(3)", "varchar(65535)", "array<int>", "map<string,array<double>>",
		"struct<a:int,b:struct<c:timestamp with local time zone>>", "uniontype<int,string>", "interval_day_time",
	} {
		typ, err := Parse(text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		if got := typ.String(); got != text {
			t.Errorf("Parse(%q).String() = %q", text, got)
		}
	}
	for _, text := range []string{"", "in", "decimal(39,1)", "array<int", "map<int>", "struct<a>", "char(0)", "int x"} {
		if typ, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, typ)
		}
	}
}

func TestMulInt64(t *testing.T) {
	for _, c := range [][2]int64{{3, 4}, {-3, 4}, {-3, -4}, {1 << 62, 1 << 62}, {-1 << 63, -1 << 63}, {-1 << 63, 1}} {
		p := MulInt64(c[0], c[1])
		// Check by repeated halving: p must equal the sum of shifted addends.
		var want Int128
		a, neg := uint64(c[0]), c[0] < 0
		if neg {
			a = -a
		}
		add := Int128Of(c[1])
		for ; a != 0; a >>= 1 {
			if a&1 != 0 {
				want = want.Add(add)
			}
			add = add.Add(add)
		}
		if neg {
			want = want.Neg()
		}
		if p != want {
			t.Errorf("%d*%d = %v, want %v", c[0], c[1], p, want)
		}
	}
}
