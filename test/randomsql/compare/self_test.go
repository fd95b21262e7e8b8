package main

import (
	"strings"
	"testing"
)

// TestVariants runs a few random cases in every way to run the product; many
// more run by compare -self.
func TestVariants(t *testing.T) {
	var out strings.Builder
	o := options{db: "r", seed: 7, n: 15, tries: 30}
	differences, err := o.variants(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	if differences > 0 {
		t.Error(out.String())
	}
}
