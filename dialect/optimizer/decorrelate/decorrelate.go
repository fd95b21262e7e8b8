// Package decorrelate removes subquery expressions from a plan.
package decorrelate

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// Columns numbers new columns.
type Columns interface {
	NewColumn(name string, t *types.Type) plan.Column
}

// Rewrite returns n without Subquery expressions.
func Rewrite(n plan.Node, cols Columns) (plan.Node, error) { return n, nil }
