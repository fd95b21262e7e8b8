package function

import (
	"slices"
	"strings"
)

// registry maps names, synonyms included, to descriptions. It is built once and never changed.
var registry, names = func() (map[string]*Function, []string) {
	m := map[string]*Function{}
	var all []string
	for _, table := range [][]Function{
		operatorFunctions, comparisonFunctions, castFunctions, conditionalFunctions, mathFunctions, stringFunctions, textFunctions, dateFunctions,
		collectionFunctions, sessionFunctions, maskFunctions, aggregateFunctions, windowFunctions, tableFunctions,
	} {
		for i := range table {
			f := &table[i]
			if m[f.Name] != nil {
				panic("function: declared twice: " + f.Name)
			}
			m[f.Name] = f
			if i < len(castFunctions) && f == &castFunctions[i] {
				continue
			}
			all = append(all, f.Name)
		}
	}
	for _, s := range synonyms {
		f := m[s.canonical]
		if f == nil || m[s.name] != nil {
			panic("function: bad synonym " + s.name)
		}
		m[s.name] = f
		all = append(all, s.name)
	}
	slices.Sort(all)
	return m, all
}()

// synonyms are further names of functions. Calls keep the canonical name.
var synonyms = []struct{ name, canonical string }{
	{"==", "="}, {"!=", "<>"}, {"!", "not"}, {"is_not_distinct_from", "<=>"}, {"mod", "%"}, {"regexp", "rlike"}, {"when", "case"},
	{"substring", "substr"}, {"mid", "substr"}, {"position", "locate"}, {"ucase", "upper"}, {"lcase", "lower"}, {"character_length", "char_length"}, {"power", "pow"},
	{"ceiling", "ceil"}, {"sha", "sha1"}, {"dayofmonth", "day"}, {"std", "stddev_pop"}, {"stddev", "stddev_pop"},
	{"variance", "var_pop"}, {"java_method", "reflect"},
	{"udftoboolean", "boolean"}, {"udftobyte", "tinyint"}, {"udftoshort", "smallint"}, {"udftointeger", "int"}, {"udftolong", "bigint"},
	{"udftofloat", "float"}, {"udftodouble", "double"}, {"udftostring", "string"},
}

// The names that one of the two levels does not have.
var (
	only31 = []string{"compute_stats"}
	only40 = []string{
		"approx_distinct", "array_distinct", "array_except", "array_intersect", "array_join", "array_max", "array_min", "array_remove", "array_slice",
		"array_union", "buildversion", "compute_bit_vector_fm", "compute_bit_vector_hll", "cosh", "current_catalog", "current_schema", "deserialize",
		"is_not_distinct_from", "json_read", "mid", "ndv_compute_bit_vector", "percentile_cont", "percentile_disc", "position", "quote", "sinh",
		"split_map_privs", "surrogate_key", "tanh", "typeof",
	}
)

// Known finds a function that a query names, as Lookup does, unless the level does not have it.
func Known(name string, hive3 bool) (*Function, bool) {
	name = strings.ToLower(name)
	missing := only31
	if hive3 {
		missing = only40
	}
	if slices.Contains(missing, name) {
		return nil, false
	}
	return Lookup(name)
}

// Lookup finds a function by any of its names, in any case, whatever level has it.
func Lookup(name string) (*Function, bool) {
	f, ok := registry[strings.ToLower(name)]
	return f, ok
}

// Names lists all names of all levels, synonyms included and type names excluded, in order, like SHOW FUNCTIONS. The result must not be changed.
func Names() []string { return names }

// Synonyms lists the other names of the function called name, in order.
func Synonyms(name string) []string {
	f, ok := Lookup(name)
	if !ok {
		return nil
	}
	var out []string
	for _, n := range names {
		if registry[n] == f && n != strings.ToLower(name) {
			out = append(out, n)
		}
	}
	return out
}

// scalar, aggregate and the like build table entries.
func scalar(name, short string, resolve resolver) Function {
	return Function{Name: name, Kind: Scalar, Deterministic: true, Resolve: resolve, Short: short}
}

// volatile is a scalar function whose result differs between calls.
func volatile(name, short string, resolve resolver) Function {
	return Function{Name: name, Kind: Scalar, Resolve: resolve, Short: short}
}

// simple is a scalar function resolved by a signature.
func simple(name, signature, short string) Function { return scalar(name, short, sig(name, signature)) }
