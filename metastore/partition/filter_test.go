package partition

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	cases := []struct {
		typ, text string
		want      Value
	}{
		{"int", " 12 ", IntValue(12)},
		{"int", "1.9", IntValue(1)},
		{"int", "3000000000", Value{}},
		{"bigint", "3000000000", IntValue(3000000000)},
		{"tinyint", "128", Value{}},
		{"int", "abc", Value{}},
		{"int", "1e3", Value{}},
		{"int", DefaultName, Value{}},
		{"string", DefaultName, StringValue(DefaultName)},
		{"string", " x", StringValue(" x")},
		{"char(5)", "x  ", StringValue("x")},
		{"varchar(5)", "x  ", StringValue("x  ")},
		{"decimal(5,2)", "+012.500", Value{Kind: Decimal, Text: "12.5"}},
		{"decimal(5,2)", "-0.00", Value{Kind: Decimal, Text: "0"}},
		{"decimal(5,2)", "1e2", Value{Kind: Decimal, Text: "100"}},
		{"decimal(5,2)", "25e-3", Value{Kind: Decimal, Text: "0.025"}},
		{"decimal(5,2)", ".", Value{}},
		{"double", "1e3", DoubleValue(1000)},
		{"double", "1.5d", DoubleValue(1.5)},
		{"double", "inf", Value{}},
		{"double", "-Infinity", DoubleValue(math.Inf(-1))},
		{"boolean", "OFF", BoolValue(false)},
		{"boolean", "yes", BoolValue(true)},
		{"date", "1970-01-02", DateValue(1)},
		{"date", "1969-12-31", DateValue(-1)},
		{"date", "2020-2-3", DateValue(18295)},
		{"date", "2020-02-30", Value{}},
		{"date", "1969-12-31 23:59:59", DateValue(-1)},
		{"timestamp", "1970-01-01 00:00:01.5", TimestampValue(1, 500000000)},
		{"timestamp", "1970-01-02", TimestampValue(86400, 0)},
		{"timestamp", "1970-01-01T00:01:00", TimestampValue(60, 0)},
		{"timestamp", "1970-01-01 24:00:00", Value{}},
	}
	for _, c := range cases {
		if got := TypeOf(c.typ).Parse(c.text); got != c.want {
			t.Errorf("%s %q = %+v, want %+v", c.typ, c.text, got, c.want)
		}
	}
}

func TestCompareMixed(t *testing.T) {
	cases := []struct {
		a, b  Value
		order int
		ok    bool
	}{
		{StringValue("10"), IntValue(9), 1, true}, // string against number: as doubles
		{StringValue("10"), StringValue("9"), -1, true},
		{StringValue("x"), IntValue(9), 0, false},
		{IntValue(3), DecimalValue("2.99"), 1, true},
		{DecimalValue("-10"), DecimalValue("-9.5"), -1, true},
		{DecimalValue("0.1"), DoubleValue(0.1), 0, true},
		{DateValue(0), StringValue("1970-01-02"), -1, true},
		{DateValue(1), TimestampValue(86400, 1), -1, true},
		{DateValue(1), IntValue(1), 0, false},
		{BoolValue(true), IntValue(1), 0, true},
		{DoubleValue(math.NaN()), DoubleValue(math.Inf(1)), 1, true},
		{DoubleValue(math.Copysign(0, -1)), DoubleValue(0), 0, true},
		{Value{}, IntValue(1), 0, false},
	}
	for _, c := range cases {
		if order, ok := Compare(c.a, c.b); order != c.order || ok != c.ok {
			t.Errorf("Compare(%+v, %+v) = %d, %v", c.a, c.b, order, ok)
		}
		if order, ok := Compare(c.b, c.a); order != -c.order || ok != c.ok {
			t.Errorf("Compare(%+v, %+v) = %d, %v", c.b, c.a, order, ok)
		}
	}
}

func TestKeysKeepOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []string{"int", "double", "decimal(20,5)", "string", "date", "timestamp", "boolean"} {
		for range 3000 {
			a, b := randomValue(r, typ), randomValue(r, typ)
			want, _ := Compare(a, b)
			var got int
			switch x := a.Key().(type) {
			case int64:
				got = cmp.Compare(x, b.Key().(int64))
			case string:
				got = strings.Compare(x, b.Key().(string))
			case []byte:
				got = bytes.Compare(x, b.Key().([]byte))
			}
			if got != want {
				t.Fatalf("%s: keys of %+v and %+v compare %d, values %d", typ, a, b, got, want)
			}
		}
	}
}

func randomValue(r *rand.Rand, typ string) Value {
	switch t := TypeOf(typ); t.Kind {
	case Bool:
		return BoolValue(r.IntN(2) == 0)
	case Int:
		return IntValue(int64(r.IntN(12) - 6))
	case Double:
		special := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e-300}
		if r.IntN(3) == 0 {
			return DoubleValue(special[r.IntN(len(special))])
		}
		return DoubleValue(float64(r.IntN(12)-6) / 2)
	case Decimal:
		return DecimalValue(fmt.Sprintf("%de%d", r.IntN(2000)-1000, r.IntN(8)-5))
	case Date:
		return DateValue(int64(r.IntN(12) - 6))
	case Timestamp:
		return TimestampValue(int64(r.IntN(6)-3), int32(r.IntN(3)))
	}
	return StringValue("abcdefgh"[r.IntN(3) : 3+r.IntN(5)])
}

var testKeys = []Key{{"a", TypeOf("int")}, {"b", TypeOf("string")}, {"c", TypeOf("date")}, {"d", TypeOf("decimal(10,2)")}}
var testTypes = []string{"int", "string", "date", "decimal(10,2)"}

func randomLiteral(r *rand.Rand, typ string) Value {
	switch r.IntN(8) {
	case 0:
		return Value{}
	case 1:
		return IntValue(int64(r.IntN(6)))
	case 2:
		return StringValue([]string{"3", "x", "1970-01-03", "2.5"}[r.IntN(4)])
	}
	return randomValue(r, typ)
}

func randomFilter(r *rand.Rand, depth int) Filter {
	k := r.IntN(len(testKeys))
	name, typ := testKeys[k].Name, testTypes[k]
	n := 8
	if depth == 0 {
		n = 5
	}
	switch r.IntN(n) {
	case 0, 1:
		return Comparison{name, Op(r.IntN(7)), randomLiteral(r, typ)}
	case 2:
		in := In{Key: name}
		for range 1 + r.IntN(4) {
			in.Values = append(in.Values, randomLiteral(r, typ))
		}
		return in
	case 3:
		return Between{name, randomLiteral(r, typ), randomLiteral(r, typ)}
	case 4:
		return IsNull{name}
	case 5:
		return Not{randomFilter(r, depth-1)}
	case 6:
		return And{randomFilter(r, depth-1), randomFilter(r, depth-1)}
	}
	return Or{randomFilter(r, depth-1), randomFilter(r, depth-1)}
}

// naive evaluates a filter straight from the definition of its nodes.
func naive(f Filter, values map[string]Value) Truth {
	compare := func(key string, v Value, test func(int) bool) Truth {
		c, ok := Compare(values[key], v)
		if !ok {
			return Unknown
		}
		return TruthOf(test(c))
	}
	switch f := f.(type) {
	case And:
		return min(naive(f[0], values), naive(f[1], values))
	case Or:
		return max(naive(f[0], values), naive(f[1], values))
	case Not:
		return -naive(f.Filter, values)
	case IsNull:
		return TruthOf(values[f.Key].Kind == Null)
	case Between:
		return min(compare(f.Key, f.Low, func(c int) bool { return c >= 0 }), compare(f.Key, f.High, func(c int) bool { return c <= 0 }))
	case In:
		out := False
		for _, v := range f.Values {
			out = max(out, compare(f.Key, v, func(c int) bool { return c == 0 }))
		}
		return out
	case Comparison:
		if f.Op == NullSafeEqual {
			if a, b := values[f.Key].Kind == Null, f.Value.Kind == Null; a || b {
				return TruthOf(a && b)
			}
			return compare(f.Key, f.Value, func(c int) bool { return c == 0 })
		}
		return compare(f.Key, f.Value, func(c int) bool {
			return []bool{c == 0, c != 0, c < 0, c <= 0, c > 0, c >= 0}[f.Op]
		})
	}
	panic("unreachable")
}

func (d Domain) contains(v Value) bool {
	if v.Kind == Null {
		return d.Null
	}
	for _, i := range d.Intervals {
		b := &Bound{v, true}
		if !empty(i.Low, b) && !empty(b, i.High) {
			return true
		}
	}
	return false
}

func TestPredicateAgainstDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	selected, pruned := 0, 0
	for range 4000 {
		f := randomFilter(r, 3)
		p, err := Bind(f, testKeys)
		if err != nil {
			t.Fatal(err)
		}
		domains := make([]Domain, len(testKeys))
		for k := range testKeys {
			domains[k] = p.Domain(k)
			in := domains[k].Intervals
			for i := 1; i < len(in); i++ {
				if !separate(in[i-1].High, in[i].Low) {
					t.Fatalf("%#v: intervals of key %d not disjoint and ascending", f, k)
				}
			}
		}
		for range 20 {
			values, byName := make([]Value, len(testKeys)), map[string]Value{}
			for k := range testKeys {
				if r.IntN(6) > 0 {
					values[k] = randomValue(r, testTypes[k])
				}
				byName[testKeys[k].Name] = values[k]
			}
			want, got := naive(f, byName), p.Match(values)
			if got != want {
				t.Fatalf("%#v on %+v = %d, want %d", f, values, got, want)
			}
			for k := range testKeys {
				if want == True && !domains[k].contains(values[k]) {
					t.Fatalf("%#v selects %+v, but the domain of key %d is %+v", f, values, k, domains[k])
				}
				if !domains[k].contains(values[k]) {
					pruned++
				}
			}
			if want == True {
				selected++
			}
		}
	}
	if selected < 1000 || pruned < 1000 {
		t.Fatalf("the random filters select %d and prune %d: too few to mean anything", selected, pruned)
	}
}

func TestDefaultPartitionByName(t *testing.T) {
	p, err := Bind(Comparison{"A", Equal, StringValue(DefaultName)}, testKeys)
	if err != nil {
		t.Fatal(err)
	}
	if p.Match(make([]Value, 4)) != True || !p.Domain(0).Null || len(p.Domain(0).Intervals) != 0 {
		t.Error("the default partition is not found by its text")
	}
	// to a string key it is a value like others
	if p, err = Bind(Comparison{"B", Equal, StringValue(DefaultName)}, testKeys); err != nil {
		t.Fatal(err)
	}
	if p.Match([]Value{{}, StringValue(DefaultName), {}, {}}) != True || p.Domain(1).Null {
		t.Error("the default partition is not found by the value of a string key")
	}
	if _, err := Bind(IsNull{"nokey"}, testKeys); err == nil {
		t.Error("a filter on an unknown key was bound")
	}
}
