package function

import (
	"testing"

	"skep/dialect/function"
)

// withoutCode are scalar functions that other layers evaluate, or that run Java code.
var withoutCode = map[string]bool{}

func TestEveryScalarFunctionHasCode(t *testing.T) {
	for _, n := range function.Names() {
		f, _ := function.Lookup(n)
		if f.Kind&function.Scalar != 0 && !Has(f.Name) && !withoutCode[f.Name] {
			t.Errorf("%s has no code", f.Name)
		}
	}
}
