package model

import "testing"

func TestPatterns(t *testing.T) {
	cases := []struct {
		kind, pattern, name string
		want                bool
	}{
		{"show", "", "x", true},
		{"show", "src*|x", "src1", true},
		{"show", "src*|x", "X", true},
		{"show", "src*|x", "xx", false},
		{"show", "a*b*c", "aXbYbZc", true},
		{"show", "a*b*c", "aXbYbZ", false},
		{"show", "a_b", "aXb", false},
		{"show", "a.b", "aXb", false},
		{"like", "%", "x", true},
		{"like", "a_b", "aXb", true},
		{"like", `a\_b`, "aXb", false},
		{"like", `a\_b`, "A_b", true},
		{"like", "s%_1", "store_1", true},
		{"like", "s%_1", "s1", false},
		{"like", "ü_", "üß", true},
		{"like", "*", "a", false},
	}
	for _, c := range cases {
		match := NamePattern(c.pattern)
		if c.kind == "like" {
			match = LikePattern(c.pattern)
		}
		if got := match(c.name); got != c.want {
			t.Errorf("%s %q on %q = %v, want %v", c.kind, c.pattern, c.name, got, c.want)
		}
	}
}
