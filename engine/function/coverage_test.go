package function

import (
	"strings"
	"testing"

	"skep/dialect/function"
)

// withoutCode are scalar functions that package expr evaluates itself, names of types (they become casts), functions that the
// scan or the planner computes, and functions that run Java code.
var withoutCode = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields("= <> < <= > >= <=> and or not between in isnull isnotnull istrue isnottrue isfalse isnotfalse case if coalesce nvl nullif " +
		"boolean tinyint smallint int bigint float double string in_bloom_filter reflect reflect2") {
		m[n] = true
	}
	return m
}()

func TestEveryScalarFunctionHasCode(t *testing.T) {
	for _, n := range function.Names() {
		f, _ := function.Lookup(n)
		if f.Kind&function.Scalar != 0 && !Has(f.Name) && !withoutCode[f.Name] {
			t.Errorf("%s has no code", f.Name)
		}
	}
}
