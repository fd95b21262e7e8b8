// Package function holds the code of the scalar functions: for each canonical name of package dialect/function, a builder that
// makes a vectorised kernel for given argument types.
package function

import (
	"fmt"
	"time"

	"skep/dialect/types"
	"skep/engine/calendar"
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
	// Seeds starts what is random, when it is not nil: a task that runs again then has the same values. Without it every kernel
	// starts anywhere.
	Seeds *Seeds

	// Converting is set where columns of a partition become those of its table: Hive converts them by other code than CAST.
	Converting bool

	// Vectorized is set for the rows of a job of Hive 4.0, whose vectorised code answers differently from the code for single rows
	// and for constants, here and there.
	Vectorized bool

	seed uint64 // of this call, when Seeds is set
}

// Hive3 reports whether Hive 3.1's behaviour is asked for.
func (e *Env) Hive3() bool { return e.HiveVersion == "3.1" }

// Zone returns the session time zone, UTC when none is set.
func (e *Env) Zone() calendar.Zone { return calendar.ZoneOf(e.Location) }

// Setting returns the value of the setting key, "" when there is none.
func (e *Env) Setting(key string) string {
	if e.Conf == nil {
		return ""
	}
	return e.Conf(key)
}

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

// ConstText returns the text of argument i when it is a constant that is not NULL.
func (c *Call) ConstText(i int) (string, bool) {
	d, ok := c.Const(i)
	return d.S, ok && !d.Null
}

// Nulls says what a function makes of NULL arguments.
type Nulls uint8

const (
	// Strict functions are NULL when an argument is. Their kernels never see rows with NULL arguments.
	Strict Nulls = iota
	// Total functions are NULL when an argument is, and their kernels may be run on the stored values of NULL rows too, which is
	// cheaper than leaving them out.
	Total
	// Aware kernels look at NULLs themselves.
	Aware
)

// Kernel computes a function for some rows of its arguments, which may have any form. It is used by one goroutine and may keep
// scratch space.
type Kernel func(args []*vector.Vector, rows Rows, out *Result) error

// Builder makes the kernel of one call. It returns nil when it has no code for the argument types.
type Builder func(env *Env, call *Call) Kernel

type entry struct {
	build Builder
	nulls Nulls
	// costly functions are worth evaluating once per dictionary entry instead of once per row.
	costly bool
	// fallible functions may fail for some arguments.
	fallible bool
	// random functions give other values each time.
	random bool
}

// Code is the code of one call.
type Code struct {
	New      func() Kernel // a kernel for one goroutine
	Nulls    Nulls
	Costly   bool
	Fallible bool
}

// Find returns the code of a call.
func Find(env *Env, call *Call) (*Code, error) {
	e, ok := registry[call.Name]
	if !ok {
		return nil, fmt.Errorf("function %s is not implemented", call.Name)
	}
	if e.build(env, call) == nil {
		return nil, fmt.Errorf("function %s is not implemented for %v", call.Name, call.Args)
	}
	if e.random && env.Seeds != nil {
		site := *env
		site.seed = env.Seeds.next()
		env = &site
	}
	return &Code{New: func() Kernel { return e.build(env, call) }, Nulls: e.nulls, Costly: e.costly, Fallible: e.fallible}, nil
}

// Has reports whether there is code for the function called name.
func Has(name string) bool { _, ok := registry[name]; return ok }

// registry maps canonical names to code. It is built once and never changed.
var registry = func() map[string]entry {
	m := map[string]entry{}
	for _, table := range []map[string]entry{arithmeticTable, castTable, textTable, patternTable, mathTable, dateTable, clockTable,
		collectionTable, jsonTable, hashTable, codecTable, sessionTable, formatTable, maskTable, languageTable, xpathTable, systemTable} {
		for name, e := range table {
			if _, dup := m[name]; dup {
				panic("function: declared twice: " + name)
			}
			m[name] = e
		}
	}
	return m
}()
