package partition

import (
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	cases := []struct {
		keys, values []string
		name         string
	}{
		{[]string{"ds", "HR"}, []string{"2020-01-01", "1"}, "ds=2020-01-01/hr=1"},
		{[]string{"ts"}, []string{"2020-01-01 10:11:12"}, "ts=2020-01-01 10%3A11%3A12"},
		{[]string{"k"}, []string{""}, "k=__HIVE_DEFAULT_PARTITION__"},
		{[]string{"k"}, []string{"a/b%c=d{e}[f]^g`h\\i'j\"k#l*m?n:o"}, "k=a%2Fb%25c%3Dd%7Be}%5Bf%5D%5Eg`h%5Ci%27j%22k%23l%2Am%3Fn%3Ao"},
		{[]string{"k"}, []string{"\x01\n\x1f\x7fé日"}, "k=%01%0A%1F%7Fé日"},
		{[]string{"a:b"}, []string{" x "}, "a%3Ab= x "},
	}
	for _, c := range cases {
		if got := Name(c.keys, c.values); got != c.name {
			t.Errorf("Name(%q, %q) = %q, want %q", c.keys, c.values, got, c.name)
		}
		_, values, err := ParseName(c.name)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]string, len(c.values))
		for i, v := range c.values {
			want[i] = NormalizeValue(v)
		}
		if !slices.Equal(values, want) {
			t.Errorf("ParseName(%q) = %q, want %q", c.name, values, want)
		}
		if got := AppendValues(nil, c.name); !slices.Equal(got, want) {
			t.Errorf("AppendValues(%q) = %q, want %q", c.name, got, want)
		}
	}
	for _, bad := range []string{"", "x", "a=1/b", "=1", "a=1//b=2"} {
		if _, _, err := ParseName(bad); err == nil {
			t.Errorf("ParseName(%q) succeeded", bad)
		}
	}
}

func TestUnescapeOddities(t *testing.T) {
	for in, want := range map[string]string{
		"%": "%", "%4": "%4", "%41": "A", "%zz": "%zz", "%e9": "é", "%+A": "\n", "%-1": "%-1", "100%25": "100%",
	} {
		if got := Unescape(in); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a%2Fb")
	f.Add("x{y}/z")
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		e := Escape(s)
		if got := Unescape(e); got != s {
			t.Fatalf("Unescape(Escape(%q)) = %q", s, got)
		}
		for i := 0; i < len(e); i++ {
			if e[i] == '/' || e[i] == '=' || e[i] < 0x20 {
				t.Fatalf("Escape(%q) = %q leaves %q", s, e, e[i])
			}
		}
	})
}
