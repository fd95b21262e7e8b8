// Package aggregate implements the states of aggregate functions for many groups at once. States are columns indexed by group
// number, without pointers, updated from dense columns of arguments. Partial results travel as ordinary columns, so that they
// can be spilled, exchanged and merged like rows.
//
// DISTINCT is not known here: the aggregate operator removes duplicates before it calls Update.
package aggregate

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Function is an aggregate function over arguments of given types. It is immutable.
type Function interface {
	// Partial lists the types of the columns that hold a partial result.
	Partial() []*types.Type
	// States returns states for no groups.
	States() States
}

// States are the states of one aggregate for groups 0..n-1. They are used by one goroutine.
//
// Vectors passed in are flat and dense: row k belongs to groups[k]. They and groups are not kept. Vectors filled (dst) are flat and
// appended to.
type States interface {
	// Resize sets the number of groups. Groups that it adds are empty; Resize(0) forgets all but keeps capacity.
	Resize(n int)
	// Update adds rows of arguments.
	Update(groups []uint32, args []*vector.Vector)
	// Merge adds partial results.
	Merge(groups []uint32, partial []*vector.Vector)
	// Partial appends the partial results of groups from..to-1.
	Partial(dst []*vector.Vector, from, to int)
	// Final appends the results of groups from..to-1.
	Final(dst *vector.Vector, from, to int)
	// Bytes returns the memory held.
	Bytes() int64
}

// Total is implemented by states that can add n rows to group 0 faster than by Update.
type Total interface {
	UpdateTotal(args []*vector.Vector, n int)
}

// constructor checks the types and returns the function.
type constructor func(args []*types.Type, result *types.Type) (Function, error)

// New returns the aggregate called name (canonical, lower-case) for arguments of the given types, to give a result of type
// result.
func New(name string, args []*types.Type, result *types.Type) (Function, error) {
	c, ok := functions[name]
	if !ok {
		return nil, fmt.Errorf("aggregate function %s is not implemented", name)
	}
	f, err := c(args, result)
	if err != nil {
		return nil, fmt.Errorf("aggregate function %s: %w", name, err)
	}
	return f, nil
}

// functions maps canonical names to implementations.
var functions map[string]constructor

func init() {
	// An initialiser proper would be a cycle: constructors may build on other functions of the table.
	functions = map[string]constructor{
		"count": newCount,
		"sum":   newSum,
		"avg":   newAvg,
		"min":   newMin,
		"max":   newMax,

		"stddev_pop": newVariance(stddevPop, true), "stddev_samp": newVariance(stddevSamp, true),
		"var_pop": newVariance(varPop, true), "var_samp": newVariance(varSamp, true),
		"stddev_pop" + windowed: newVariance(stddevPop, false), "stddev_samp" + windowed: newVariance(stddevSamp, false),
		"var_pop" + windowed: newVariance(varPop, false), "var_samp" + windowed: newVariance(varSamp, false),
		"covar_pop": newCovariance(covarPop), "covar_samp": newCovariance(covarSamp), "corr": newCovariance(corr),

		"collect_list": newCollectList, "collect_set": newCollectSet,
		"first": newFirst, "last": newLast,

		"regr_count": newRegrCount, "regr_avgx": newCovariance(regrAvgX), "regr_avgy": newCovariance(regrAvgY),
		"regr_sxx": newCovariance(regrSXX), "regr_syy": newCovariance(regrSYY), "regr_sxy": newCovariance(regrSXY),
		"regr_slope": newCovariance(regrSlope), "regr_intercept": newCovariance(regrIntercept), "regr_r2": newCovariance(regrR2),

		"percentile": newPercentile(interpolated), "percentile_cont": newPercentile(interpolated),
		"percentile_disc": newPercentile(discrete), "percentile_approx": newPercentileApprox,
		"histogram_numeric": newHistogramNumeric, "ngrams": newNgrams, "context_ngrams": newNgrams,
		"compute_stats": newComputeStats, "compute_bit_vector_hll": newBitVector, "compute_bit_vector_fm": newBitVector, "approx_distinct": newApproxDistinct,
	}
}

// fn is a Function from its parts.
type fn struct {
	partial []*types.Type
	states  func() States
}

func (f *fn) Partial() []*types.Type { return f.partial }
func (f *fn) States() States         { return f.states() }

func badArgs(args []*types.Type) error {
	return fmt.Errorf("not implemented for %v", args)
}

// resize grows or cuts s to n entries; new entries are zero.
func resize[T any](s []T, n int) []T {
	old := len(s)
	if n <= old {
		return s[:n]
	}
	if n <= cap(s) {
		s = s[:n]
		clear(s[old:])
		return s
	}
	c := max(n, 2*cap(s), 64)
	t := make([]T, n, c)
	copy(t, s)
	return t
}

// appendNull notes whether row n (the one just appended) of v is NULL.
func appendNull(v *vector.Vector, n int, null bool) {
	if v.Nulls == nil {
		if !null {
			return
		}
		v.Nulls = make([]bool, n, max(n+1, cap(v.I64)))
	}
	v.Nulls = append(v.Nulls, null)
}
