package function

import (
	"strings"

	"skep/dialect/types"
)

// aggregateFunctions fold the rows of a group; all of them may be used as window functions.
var aggregateFunctions = []Function{
	aggregate("count", "_FUNC_(*), _FUNC_([DISTINCT] a, b …): number of rows, or of rows without NULL arguments", count),
	aggregate("sum", "_FUNC_(x): sum", sum),
	aggregate("$sum0", "_FUNC_(x): sum, 0 for no rows", sum),
	aggregate("avg", "_FUNC_(x): mean", avg),
	aggregate("min", "_FUNC_(x): smallest value", minMax),
	aggregate("max", "_FUNC_(x): largest value", minMax),
	moment("stddev_pop", "standard deviation of the population", 1),
	moment("stddev_samp", "standard deviation of a sample", 1),
	moment("var_pop", "variance of the population", 1),
	moment("var_samp", "variance of a sample", 1),
	moment("covar_pop", "covariance of the population", 2),
	moment("covar_samp", "covariance of a sample", 2),
	moment("corr", "Pearson's correlation", 2),
	moment("regr_slope", "slope of the least-squares line", 2),
	moment("regr_intercept", "intercept of the least-squares line", 2),
	moment("regr_r2", "coefficient of determination", 2),
	moment("regr_sxx", "sum of squares of x", 2),
	moment("regr_syy", "sum of squares of y", 2),
	moment("regr_sxy", "sum of products", 2),
	moment("regr_avgx", "mean of x", 2),
	moment("regr_avgy", "mean of y", 2),
	moment("regr_count", "number of pairs without NULL", 2),
	aggregate("percentile", "_FUNC_(x, p): exact percentile of integers; p may be an array", percentile),
	aggregate("percentile_cont", "_FUNC_(x, p): interpolated percentile", percentileOrdered("percentile_cont")),
	aggregate("percentile_disc", "_FUNC_(x, p): percentile among the values", percentileOrdered("percentile_disc")),
	aggregate("percentile_approx", "_FUNC_(x, p [, b]): approximate percentile from a histogram of b bins", percentileApprox),
	aggregate("histogram_numeric", "_FUNC_(x, n): histogram of n bins", histogram),
	aggregate("collect_list", "_FUNC_(x): array of the values", collect),
	aggregate("collect_set", "_FUNC_(x): array of the different values", collect),
	aggregate("ngrams", "_FUNC_(words, n, k [, p]): the k most frequent n-grams", ngrams),
	aggregate("context_ngrams", "_FUNC_(words, context, k [, p]): the k most frequent continuations", contextNgrams),
	aggregate("compute_stats", "_FUNC_(x, 'hll') or _FUNC_(x, 'fm', n): column statistics, distinct values estimated by HyperLogLog or n bit vectors", computeStats),
	aggregate("compute_bit_vector_hll", "_FUNC_(x): a sketch of the different values, by HyperLogLog", bitVector(1, "Exactly 1 (col) argument is expected.")),
	aggregate("compute_bit_vector_fm", "_FUNC_(x, n): a sketch of the different values, by n bit vectors", bitVector(2, "Exactly 2 (col + #bitvectors) arguments are expected.")),
	aggregate("bloom_filter", "_FUNC_(x): bloom filter", anyAggregate("bloom_filter", types.BinaryType)),
	aggregate("approx_distinct", "_FUNC_(x): approximate number of different values", approxDistinct),
}

func aggregate(name, short string, resolve resolver) Function {
	return Function{Name: name, Kind: Aggregate | Window, Deterministic: true, Resolve: resolve, Short: short}
}

func oneArgument(args []Arg) error {
	if len(args) != 1 {
		return unpositioned(argumentTypeException, "Exactly one argument is expected.")
	}
	return nil
}

func count(_ *Env, args []Arg, distinct bool) (Resolution, error) {
	if distinct && len(args) == 0 {
		return Resolution{}, unpositioned(argumentException, "DISTINCT keyword must be specified")
	}
	r := Resolution{Result: types.BigIntType}
	for _, a := range args {
		r.Args = append(r.Args, a.Type)
	}
	return r, nil
}

// numericArgument checks the argument of sum and avg.
func numericArgument(args []Arg) error {
	if err := oneArgument(args); err != nil {
		return err
	}
	switch t := args[0].Type; {
	case !t.IsPrimitive():
		return unpositioned(argumentTypeException, "Only primitive type arguments are accepted but %s is passed.", t)
	case !t.IsNumeric() && !t.IsString() && t.Kind != types.Timestamp:
		return unpositioned(argumentTypeException, "Only numeric or string type arguments are accepted but %s is passed.", t)
	}
	return nil
}

func sum(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if err := numericArgument(args); err != nil {
		return Resolution{}, err
	}
	t := args[0].Type
	switch {
	case t.IsInteger():
		return Resolution{Args: []*types.Type{types.BigIntType}, Result: types.BigIntType}, nil
	case t.Kind == types.Decimal:
		return Resolution{Args: []*types.Type{t}, Result: types.NewDecimal(min(types.MaxPrecision, t.Precision+10), t.Scale)}, nil
	case t.IsString(): // not cast: text that is no number counts as zero
		return Resolution{Args: []*types.Type{t}, Result: types.DoubleType}, nil
	}
	return Resolution{Args: []*types.Type{types.DoubleType}, Result: types.DoubleType}, nil
}

func avg(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if err := numericArgument(args); err != nil {
		return Resolution{}, err
	}
	t := args[0].Type
	if t.IsInteger() { // sum divided by count
		return Resolution{Args: []*types.Type{types.BigIntType}, Result: types.DoubleType}, nil
	}
	if t.Kind != types.Decimal {
		return Resolution{Args: []*types.Type{types.DoubleType}, Result: types.DoubleType}, nil
	}
	whole := t.Precision - t.Scale
	scale := min(t.Scale+4, types.MaxPrecision-whole)
	return Resolution{Args: []*types.Type{t}, Result: types.NewDecimal(whole+scale, scale)}, nil
}

func minMax(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if err := oneArgument(args); err != nil {
		return Resolution{}, err
	}
	if !comparableType(args[0].Type) {
		return Resolution{}, unpositioned(argumentTypeException, "Cannot support comparison of map<> type or complex type containing map<>.")
	}
	return Resolution{Args: []*types.Type{args[0].Type}, Result: args[0].Type}, nil
}

// moment is an aggregate of n doubles.
func moment(name, short string, n int) Function {
	result := types.DoubleType
	if name == "regr_count" {
		result = types.BigIntType
	}
	params := "x"
	if n == 2 {
		params = "y, x"
	}
	return aggregate(name, "_FUNC_("+params+"): "+short, func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != n {
			if n == 1 {
				return Resolution{}, oneArgument(args)
			}
			return Resolution{}, unpositioned(argumentTypeException, "Exactly two arguments are expected.")
		}
		r := Resolution{Result: result}
		for _, a := range args {
			t := a.Type
			if !t.IsPrimitive() {
				return Resolution{}, unpositioned(argumentTypeException, "Only primitive type arguments are accepted but %s is passed.", t)
			}
			if !t.IsNumeric() && (n == 2 && t.Kind != types.Void || name == "var_samp" && t.Kind != types.String && t.Kind != types.Timestamp || !t.IsString() && t.Kind != types.Timestamp) {
				return Resolution{}, unpositioned(argumentTypeException, "Only numeric or string type arguments are accepted but %s is passed.", t)
			}
			r.Args = append(r.Args, types.DoubleType)
		}
		return r, nil
	})
}

var doubleArray = types.NewArray(types.DoubleType)

// fractions is the type of a percentile argument: one number or an array of them; with it goes the result.
func fractions(t *types.Type) (arg, result *types.Type) {
	switch {
	case t.Kind == types.Array && (t.Elem.IsNumeric() || t.Elem.IsString() || t.Elem.Kind == types.Void):
		return doubleArray, doubleArray
	case t.IsNumeric() || t.Kind == types.Void:
		return types.DoubleType, types.DoubleType
	}
	return nil, nil
}

func noAggregate(class string, args []Arg, choices ...string) error {
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = a.Type.String()
	}
	text := "No matching method for class org.apache.hadoop.hive.ql.udf." + class + " with (" + strings.Join(names, ", ") + "). Possible choices: "
	for _, c := range choices {
		text += "_FUNC_(" + c + ")  "
	}
	return unpositioned(noMatchingMethod, "%s", strings.TrimSpace(text)+"  ")
}

func percentile(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) == 2 && (args[0].Type.IsInteger() || args[0].Type.Kind == types.Void) {
		if p, result := fractions(args[1].Type); p != nil {
			return Resolution{Args: []*types.Type{types.BigIntType, p}, Result: result}, nil
		}
	}
	return Resolution{}, noAggregate("UDAFPercentile", args, "bigint, array<double>", "bigint, double")
}

// percentileOrdered takes the value and the fraction; WITHIN GROUP is rewritten to it by the analyzer.
func percentileOrdered(name string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != 2 {
			return Resolution{}, unpositioned(argumentTypeException, "%s takes two arguments", name)
		}
		if !args[0].Type.IsNumeric() && args[0].Type.Kind != types.Void {
			return Resolution{}, unpositioned(argumentTypeException, "Only numeric arguments are accepted but %s is passed.", args[0].Type)
		}
		p, result := fractions(args[1].Type)
		if p == nil {
			return Resolution{}, unpositioned(argumentTypeException, "The second argument of %s must be a number or an array of numbers", name)
		}
		x := types.DoubleType
		if args[0].Type.IsInteger() {
			x = types.BigIntType
		}
		return Resolution{Args: []*types.Type{x, p}, Result: result}, nil
	}
}

func percentileApprox(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 && len(args) != 3 {
		return Resolution{}, unpositioned(argumentTypeException, "Please specify either two or three arguments.")
	}
	t := args[0].Type
	if !t.IsNumeric() && !t.IsString() && t.Kind != types.Timestamp && t.Kind != types.Void {
		return Resolution{}, unpositioned(argumentTypeException, "Only numeric type arguments are accepted but %s was passed as parameter 1.", t)
	}
	p, result := fractions(args[1].Type)
	if p == nil {
		return Resolution{}, unpositioned(argumentTypeException, "Only a float/double or float/double array argument is accepted as parameter 2, but %s was passed instead.", args[1].Type)
	}
	r := Resolution{Args: []*types.Type{types.DoubleType, p}, Result: result}
	if len(args) == 3 {
		if !args[2].Type.IsInteger() {
			return Resolution{}, unpositioned(argumentTypeException, "Only an integer argument is accepted as parameter 3, but %s was passed instead.", args[2].Type)
		}
		r.Args = append(r.Args, types.IntType)
	}
	return r, nil
}

var histogramType = mustType("array<struct<x:double,y:double>>")

func histogram(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 2 {
		return Resolution{}, unpositioned(argumentTypeException, "Please specify exactly two arguments.")
	}
	if t := args[0].Type; !t.IsNumeric() && !t.IsString() && t.Kind != types.Timestamp && t.Kind != types.Void {
		return Resolution{}, unpositioned(argumentTypeException, "Only numeric type arguments are accepted but %s was passed as parameter 1.", t)
	}
	if !args[1].Type.IsInteger() {
		return Resolution{}, unpositioned(argumentTypeException, "Only integer type arguments are accepted but %s was passed as parameter 2.", args[1].Type)
	}
	return Resolution{Args: []*types.Type{types.DoubleType, types.IntType}, Result: histogramType}, nil
}

func collect(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if err := oneArgument(args); err != nil {
		return Resolution{}, err
	}
	return Resolution{Args: []*types.Type{args[0].Type}, Result: types.NewArray(args[0].Type)}, nil
}

var ngramType = mustType("array<struct<ngram:array<string>,estfrequency:double>>")

// wordLists accepts array<string> and array<array<string>>.
func wordLists(t *types.Type) bool {
	return t.Kind == types.Array && (t.Elem.IsString() || t.Elem.Kind == types.Array && t.Elem.Elem.IsString())
}

func ngrams(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 3 && len(args) != 4 {
		return Resolution{}, unpositioned(argumentTypeException, "Please specify either three or four arguments.")
	}
	if !wordLists(args[0].Type) {
		return Resolution{}, unpositioned(argumentTypeException, "Only list type arguments are accepted but %s was passed as parameter 1.", args[0].Type)
	}
	r := Resolution{Args: []*types.Type{args[0].Type}, Result: ngramType}
	for range args[1:] {
		r.Args = append(r.Args, types.IntType)
	}
	return r, nil
}

func contextNgrams(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 3 && len(args) != 4 {
		return Resolution{}, unpositioned(argumentTypeException, "Please specify either three or four arguments.")
	}
	if !wordLists(args[0].Type) {
		return Resolution{}, unpositioned(argumentTypeException, "Only list type arguments are accepted but %s was passed as parameter 1.", args[0].Type)
	}
	if args[1].Type.Kind != types.Array {
		return Resolution{}, unpositioned(argumentTypeException, "Only list type arguments are accepted but %s was passed as parameter 2.", args[1].Type)
	}
	r := Resolution{Args: []*types.Type{args[0].Type, types.NewArray(types.StringType)}, Result: ngramType}
	for range args[2:] {
		r.Args = append(r.Args, types.IntType)
	}
	return r, nil
}

// most vectors of bits that compute_stats takes.
const maxBitVectors = 1024

var statsTypes = map[string]*types.Type{
	"Boolean": mustType("struct<columntype:string,counttrues:bigint,countfalses:bigint,countnulls:bigint>"),
	"Binary":  mustType("struct<columntype:string,maxlength:bigint,avglength:double,countnulls:bigint>"),
	"String":  mustType("struct<columntype:string,maxlength:bigint,avglength:double,countnulls:bigint,numdistinctvalues:bigint,ndvbitvector:binary>"),
}

func computeStats(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) < 2 {
		return Resolution{}, unpositioned(argumentTypeException, "Exactly 2 (col + hll) or 3 (col + fm + #bitvectors) arguments are expected.")
	}
	t := args[0].Type
	if !t.IsPrimitive() {
		return Resolution{}, unpositioned(argumentTypeException, "Only primitive type arguments are accepted but %s is passed.", t)
	}
	r := Resolution{}
	switch {
	case t.Kind == types.Boolean:
		r.Result = statsTypes["Boolean"]
	case t.Kind == types.Binary:
		r.Result = statsTypes["Binary"]
	case t.IsString():
		r.Result = statsTypes["String"]
	case t.IsInteger() || t.Kind == types.Timestamp:
		t = types.BigIntType
	case t.Kind == types.Float:
		t = types.DoubleType
	case t.Kind == types.Double, t.Kind == types.Decimal, t.Kind == types.Date:
	default:
		return Resolution{}, unpositioned(argumentTypeException, "Only integer/long/timestamp/date/float/double/string/binary/boolean/decimal type argument is accepted but %s is passed.", t)
	}
	if r.Result == nil {
		r.Result = types.NewStruct(types.Field{Name: "columntype", Type: types.StringType}, types.Field{Name: "min", Type: t}, types.Field{Name: "max", Type: t},
			types.Field{Name: "countnulls", Type: types.BigIntType}, types.Field{Name: "numdistinctvalues", Type: types.BigIntType},
			types.Field{Name: "ndvbitvector", Type: types.BinaryType})
	}
	r.Args = []*types.Type{t, types.StringType}
	for _, a := range args[1:min(len(args), 3)] {
		if n := a.Const; n != nil && a.Type.IsInteger() && n.I > maxBitVectors {
			return Resolution{}, unpositioned(argumentException, "The maximum allowed value for number of bit vectors  is %d, but was passed %d bit vectors", maxBitVectors, n.I)
		}
	}
	if len(args) > 2 {
		r.Args = append(r.Args, types.IntType)
	}
	for range args[len(r.Args):] {
		r.Args = append(r.Args, types.StringType)
	}
	return r, nil
}

func anyAggregate(name string, result *types.Type) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) == 0 {
			return Resolution{}, unpositioned(argumentTypeException, "%s takes an argument", name)
		}
		r := Resolution{Result: result}
		for _, a := range args {
			r.Args = append(r.Args, a.Type)
		}
		return r, nil
	}
}

// bitVector checks the arguments of a sketch of statistics, of which there are n. Hive hands integers on as BIGINT and so on.
func bitVector(n int, complaint string) resolver {
	return func(_ *Env, args []Arg, _ bool) (Resolution, error) {
		if len(args) != n {
			return Resolution{}, unpositioned(argumentTypeException, "%s", complaint)
		}
		t := args[0].Type
		if !t.IsPrimitive() {
			return Resolution{}, unpositioned(argumentTypeException, "Only primitive type arguments are accepted but %s is passed.", t)
		}
		r := Resolution{Args: []*types.Type{t}, Result: types.BinaryType}
		switch {
		case t.IsInteger(), t.Kind == types.Timestamp:
			r.Args[0] = types.BigIntType
		case t.Kind == types.Float:
			r.Args[0] = types.DoubleType
		case t.IsString(), t.Kind == types.Double, t.Kind == types.Decimal, t.Kind == types.Date:
		default:
			return Resolution{}, unpositioned(argumentTypeException, "Type argument %s not valid", t)
		}
		if n > 1 {
			r.Args = append(r.Args, types.IntType)
		}
		return r, nil
	}
}

func approxDistinct(_ *Env, args []Arg, _ bool) (Resolution, error) {
	if len(args) != 1 {
		return Resolution{}, unpositioned("IllegalArgumentException", "Function only takes 1 parameter")
	}
	t := args[0].Type
	if !t.IsPrimitive() && t.Kind != types.Struct {
		return Resolution{}, unpositioned(argumentTypeException, "Only primitive/struct rows are accepted but %s was passed.", t)
	}
	return Resolution{Args: []*types.Type{t}, Result: types.BigIntType}, nil
}
