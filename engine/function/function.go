// Package function holds the code of the scalar functions: for each canonical name of package dialect/function, a builder that
// makes a vectorised kernel for given argument types.
package function

import (
	"time"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Env is what functions may know of the query and its session. It is immutable during a query and shared by all workers.
type Env struct {
	HiveVersion string         // "3.1" or "4.0"
	Location    *time.Location // session time zone
	Now         time.Time      // when the query started
	User        string
	Database    string
	Conf        func(key string) string
	QueryID     string
}

// Hive3 reports whether Hive 3.1's behaviour is asked for.
func (e *Env) Hive3() bool { return e.HiveVersion == "3.1" }

// Zone returns the session time zone, UTC when none is set.
func (e *Env) Zone() *time.Location {
	if e.Location == nil {
		return time.UTC
	}
	return e.Location
}

// Flag reports whether the setting key is true.
func (e *Env) Flag(key string) bool { return e.Conf != nil && e.Conf(key) == "true" }

// Call is a call as a builder sees it: argument types, constant arguments (nil when not constant) and the result type.
type Call struct {
	Name   string
	Args   []*types.Type
	Consts []*types.Datum
	Result *types.Type
	Index  int // field(struct): position of the field
}

// Const returns the value of argument i when it is constant.
func (c *Call) Const(i int) (types.Datum, bool) {
	if i >= len(c.Args) || c.Consts[i] == nil {
		return types.Datum{}, false
	}
	return *c.Consts[i], true
}

// Rows are the rows to compute: Sel when not nil, otherwise 0..N-1.
type Rows struct {
	Sel []uint16
	N   int
}

// Count returns the number of rows.
func (r Rows) Count() int {
	if r.Sel != nil {
		return len(r.Sel)
	}
	return r.N
}

// Result is the vector to fill: flat, of the call's type, with N rows. Rows that are not asked for may be left as they are.
type Result struct {
	*vector.Vector
	nulls []bool // buffer behind Nulls
}

// Reset makes r a flat vector of n rows without NULLs for another use.
func (r *Result) Reset(t *types.Type, n int) {
	if r.Vector == nil {
		r.Vector = &vector.Vector{Type: t}
	}
	if cap(r.Vector.Nulls) > cap(r.nulls) {
		r.nulls = r.Vector.Nulls
	}
	switch t.Physical() {
	case types.Bytes:
		r.Vector.Data = r.Vector.Data[:0]
	case types.List, types.MapOf:
		for _, c := range r.Vector.Children {
			c.Reset()
		}
	}
	r.Vector.Resize(n)
}

// NullMask makes Nulls present, all false where it was absent, and returns it.
func (r *Result) NullMask(n int) []bool {
	if r.Nulls == nil {
		if cap(r.nulls) < n {
			r.nulls = make([]bool, max(n, vector.BatchSize))
		}
		r.Nulls = r.nulls[:n]
		clear(r.Nulls)
	}
	return r.Nulls
}

// SetNull makes row NULL; n is the number of rows of the result.
func (r *Result) SetNull(row, n int) {
	r.NullMask(n)[row] = true
	if r.Refs != nil {
		r.Refs[row] = vector.Ref{}
	}
}

// Kernel computes a function for some rows of its arguments, which may have any form. It is used by one goroutine and may keep
// scratch space.
type Kernel func(args []*vector.Vector, rows Rows, out *Result) error

// Builder makes the kernel of one call. It returns nil when it has no code for the argument types.
type Builder func(env *Env, call *Call) Kernel
