package randomsql

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// field is a value that expressions can use: how it is written, a string or a
// *Node, and its class.
type field struct {
	ref   any
	class string
}

// scope is what the expressions of a query block can use.
type scope struct {
	fields []field
	keys   []any  // together different in every row; nil when nothing is known
	outer  *scope // of the query around a subquery
}

// groups are classes of classes, for places that take any of several.
var groups = map[string][]string{
	"num":  {"tinyint", "smallint", "int", "int", "bigint", "float", "double", "decimal", "decimal"},
	"intg": {"tinyint", "smallint", "int", "bigint"},
	"text": {"string", "string", "varchar", "char"},
	"when": {"date", "timestamp"},
	"any":  {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "string", "varchar", "char", "date", "timestamp", "boolean"},
}

var scalars = []string{"tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "string", "varchar", "char", "date", "timestamp", "boolean"}

// forms are the expressions by the class of their value. {x} is an expression
// of class or group x, {=} one of the class asked for; the first form of a
// group is what deep expressions end with.
var forms = map[string][]string{
	"num": {"{num} + {num}", "{num} - {num}", "{num} * {num}", "{num} / {num}", "{num} % {num}", "pmod({num}, {num})", "-{num}", "abs({num})", "round({num}, 1)", "round({num})", "bround({num})",
		"coalesce({num}, {num})", "nvl({num}, {num})", "if({boolean}, {num}, {num})", "case when {boolean} then {num} when {boolean} then {num} else {num} end", "case when {boolean} then {num} end",
		"case {num} when {num} then {num} else {num} end", "greatest({num}, {num})", "least({num}, {num}, {num})", "nullif({num}, {num})", "cast({text} as decimal(9,3))", "cast({num} as decimal(12,2))", "sign({num})", "floor({num})", "ceil({num})",
		"cast({boolean} as int)", "cast({num} as tinyint)", "cast({num} as float)", "cast({num} as smallint)", "width_bucket({num}, 0, 10, 4)", "{decimal} * {decimal}", "{decimal} / {decimal}", "{decimal} + {intg}", "{decimal} - {double}", "{float} * {intg}",
		"cast({timestamp} as decimal(20,3))", "{sub:num}"},
	"tinyint":  {"cast({num} as tinyint)", "{tinyint} + {tinyint}", "cast({text} as tinyint)"},
	"smallint": {"cast({num} as smallint)", "{smallint} - {tinyint}", "nvl({smallint}, {tinyint})"},
	"int": {"length({text})", "cast({num} as int)", "cast({text} as int)", "year({when})", "month({when})", "day({date})", "dayofweek({date})", "weekofyear({when})", "quarter({when})", "hour({timestamp})", "minute({timestamp})", "second({timestamp})", "datediff({when}, {when})",
		"instr({text}, {text})", "locate({text}, {text})", "ascii({text})", "size({ints})", "size({map})", "octet_length({text})", "levenshtein({text}, {text})", "find_in_set({text}, 'a,b,,10')", "{int} & {int}", "{int} | {int}", "{int} ^ {int}", "~{int}", "shiftleft({int}, 2)", "{ints}[0]", "{map}['a']", "{struct}.x",
		"field({text}, 'a', 'b', '1')", "extract(day from {when})", "if({boolean}, {int}, {int})", "coalesce({int}, {int})", "{int} + {int}", "{int} * {smallint}"},
	"bigint":  {"cast({num} as bigint)", "{int} div 3", "floor({double})", "ceil({decimal})", "crc32({string})", "{bigint} + {int}", "shiftright({bigint}, 3)", "cast({text} as bigint)", "unix_timestamp({timestamp})"},
	"float":   {"cast({num} as float)", "{float} + {int}", "cast({text} as float)", "{float} - {float}"},
	"double":  {"cast({num} as double)", "{int} / {int}", "sqrt({num})", "power({int}, 2)", "{double} * {num}", "exp({float})", "ln({num})", "months_between({when}, {when})", "cast({text} as double)", "{double} - {decimal}", "degrees({double})", "log10({num})", "{string} + {int}"},
	"decimal": {"cast({num} as decimal(10,3))", "cast({num} as decimal(38,10))", "cast({text} as decimal(8,2))", "{decimal} + {decimal}", "{decimal} * {intg}", "{decimal} / {intg}", "round({decimal}, 1)", "{decimal} % {decimal}", "abs({decimal})", "round({decimal}, -1)", "nvl({decimal}, {int})", "cast({decimal} as decimal(4,1))"},
	"text": {"{string}", "concat({text}, {text})", "upper({text})", "lower({text})", "substr({text}, 1, 2)", "substr({text}, -2)", "coalesce({text}, {text})", "if({boolean}, {text}, {text})", "case when {boolean} then {text} else {text} end", "trim({text})", "{text} || {text}", "nvl({text}, {text})",
		"cast({text} as varchar(3))", "cast({text} as char(5))", "greatest({text}, {text})", "nullif({text}, {text})", "case {text} when {text} then {text} else {text} end", "rpad({text}, 4, 'x')", "coalesce({char}, {varchar})", "if({boolean}, {char}, {char})", "nvl({varchar}, {varchar})", "{sub:string}"},
	"string": {"cast({any} as string)", "concat({text}, {any})", "concat_ws('-', {text}, {text})", "reverse({text})", "lpad({text}, 4, '*')", "repeat({text}, 2)", "regexp_replace({text}, '[a-c]', '_')", "regexp_extract({text}, '([a-z]+)', 1)", "replace({text}, 'a', 'bb')", "translate({text}, 'ab', 'xy')", "initcap({text})",
		"substring_index({text}, 'b', 1)", "date_format({when}, 'yyyy-MM-dd')", "hex({string})", "hex({int})", "ltrim({text})", "rtrim({text})", "md5({text})", "soundex({text})", "split({text}, 'b')[0]", "{texts}[0]", "{struct}.y", "format_number({double}, 2)", "conv({int}, 10, 16)", "if({boolean}, {string}, {any})", "elt(2, {text}, {text})",
		"coalesce({any}, {text})", "case when {boolean} then {any} else {text} end", "printf('%s|%d', {string}, {int})", "space(2)", "quote({string})", "cast({binary} as string)", "mask({text})", "base64({binary})", "cast({date} as string)", "add_months({when}, 1)", "next_day({when}, 'MO')", "concat_ws(',', {texts})", "trunc({when}, 'MM')",
		"get_json_object('{\"a\":[1,{\"b\":\"x\"}]}', '$.a[1].b')", "nvl({any}, {string})", "last_day({when})"},
	"varchar": {"cast({any} as varchar(5))", "cast({text} as varchar(2))", "coalesce({varchar}, {varchar})"},
	"char":    {"cast({any} as char(7))", "cast({text} as char(3))", "if({boolean}, {char}, {char})"},
	"date":    {"to_date({timestamp})", "cast({timestamp} as date)", "cast({text} as date)", "date_add({when}, {smallint})", "date_sub({date}, 3)", "if({boolean}, {date}, {date})", "coalesce({date}, {date})", "{date} + interval '1' month", "{date} - interval '1-2' year to month", "greatest({date}, {date})", "nvl({date}, date '2020-01-01')", "cast({string} as date)", "{date} + {ym}"},
	"timestamp": {"cast({date} as timestamp)", "cast({text} as timestamp)", "{timestamp} + interval '1' day", "{timestamp} - interval '0 1:2:3.5' day to second", "if({boolean}, {timestamp}, {timestamp})", "coalesce({timestamp}, {timestamp})", "{date} + interval '5' hour", "case when {boolean} then {when} else {timestamp} end", "greatest({timestamp}, {when})",
		"from_utc_timestamp({timestamp}, 'Europe/Berlin')", "to_utc_timestamp({timestamp}, 'Asia/Tokyo')", "nvl({timestamp}, {when})", "{timestamp} + {dt}", "{timestamp} - {ym}", "floor({timestamp} to month)", "date_trunc_fallback"},
	"tz": {"cast({when} as timestamp with local time zone)", "coalesce({tz}, {tz})", "if({boolean}, {tz}, {tz})"},
	"boolean": {"{cmp}", "{cmp}", "{cmp}", "{cmp}", "{boolean} and {boolean}", "{boolean} or {boolean}", "not {boolean}", "({boolean}) is true", "({boolean}) is not false", "{null}", "{null}", "{in}", "{in}", "{between}", "{between}", "{text} like 'a%'", "{text} like '%b%'", "{text} like '_'", "{text} rlike '^[a-c]'", "{text} not like {text}",
		"array_contains({ints}, {int})", "if({boolean}, {boolean}, {boolean})", "coalesce({boolean}, {boolean})", "case when {boolean} then {boolean} else {boolean} end", "cast({num} as boolean)", "cast({text} as boolean)", "({int}, {string}) in (({int}, {string}), (1, 'a'), (2, null))", "isnotnull({any})", "{text} like any ('a%', '%1')", "{boolean} <=> {boolean}",
		"{subin}", "{subin}", "{subexists}", "{subcmp}", "array_contains({texts}, {string})", "{boolean} = {boolean}", "{text} in ({text}, {text})", "not ({cmp})", "not ({in})", "not ({between})"},
	"binary":  {"cast({text} as binary)", "unhex(hex({string}))", "if({boolean}, {binary}, {binary})", "encode({string}, 'UTF-8')", "coalesce({binary}, {binary})", "nvl({binary}, {binary})"},
	"ym":      {"interval '1-2' year to month", "interval '3' month", "interval '-1' year", "interval '0-5' year to month"},
	"dt":      {"interval '1 2:3:4.5' day to second", "interval '3' day", "interval '-10' hour", "({timestamp} - {timestamp})", "({date} - {date})", "interval '90' second"},
	"ints":    {"array({int}, {int})", "array(1, null, 2)", "sort_array({ints})", "map_values({map})", "if({boolean}, {ints}, {ints})", "array({smallint}, {int})", "coalesce({ints}, {ints})"},
	"texts":   {"array({text}, {text})", "split({text}, '')", "map_keys({map})", "sort_array({texts})", "array({string}, {num})", "split({string}, 'b')"},
	"map":     {"map({string}, {int})", "str_to_map('a:1,b:2')", "map('a', {int}, 'b', {int})", "if({boolean}, {map}, {map})"},
	"struct":  {"named_struct('x', {int}, 'y', {text})", "struct({int}, {text})", "if({boolean}, {struct}, {struct})"},
	"structs": {"array(named_struct('x', {int}, 'y', {double}))", "array(struct({num}, {text}), struct({num}, {text}))"},
}

// literals of the classes, besides NULL.
var literals = map[string][]string{
	"tinyint": {"1Y", "0Y", "127Y", "cast(3 as tinyint)"}, "smallint": {"1S", "10S", "-5S"}, "int": {"0", "1", "2", "3", "-7", "10", "2147483647"}, "bigint": {"1L", "10L", "5000000000", "9223372036854775807"},
	"float": {"cast(1.5 as float)", "cast(0.1 as float)"}, "double": {"1.5D", "0.1D", "1e10", "-2.25D", "0D"}, "decimal": {"1.5", "0.1", "-2.25", "3BD", "100.125", "1.50BD", "0.000001", "99999999999999999999.5"},
	"string": {"'a'", "'b'", "''", "'10'", "'a '", "'日本'", "'1'", "'2020-01-01'", "'x'", "'1.5'"}, "varchar": {"'a'", "'10'", "'b'"}, "char": {"'a'", "'10'", "'1'"},
	"date": {"date '2020-01-01'", "date '1999-12-31'", "date '2020-02-29'", "cast('2021-06-15' as date)"}, "timestamp": {"timestamp '2020-01-01 10:00:00'", "timestamp '1999-12-31 12:34:56.789'", "timestamp '1970-01-01 00:00:00'"},
	"tz": {"timestamplocaltz '2020-01-01 00:00:00 UTC'", "cast('2020-07-01 10:00:00 Europe/Berlin' as timestamp with local time zone)"}, "boolean": {"true", "false"}, "binary": {"cast('a' as binary)", "cast('10' as binary)"},
	"ym": {"interval '1' year"}, "dt": {"interval '1' day"}, "ints": {"array(1, 2)"}, "texts": {"array('a', 'b')"}, "map": {"map('a', 1)"}, "struct": {"named_struct('x', 1, 'y', 'a')"}, "structs": {"array(named_struct('x', 1, 'y', 1.5D))"},
}

var comparisons = []string{"=", "=", "<>", "<", "<=", ">", ">=", "<=>", "=", "is distinct from", "is not distinct from"}

// Generator writes cases. It is not safe for concurrent use.
type Generator struct {
	Light int // percent of the cases that are queries over one table without groups, which a real Hive answers fast

	r       *rand.Rand
	names   int // given to tables of FROM
	sub     int // depth of subqueries
	created int // names of tables made by cases
	prefix  string
}

// New returns the generator of a seed.
func New(seed uint64) *Generator {
	return &Generator{r: rand.New(rand.NewPCG(seed, 1)), prefix: fmt.Sprintf("made%d_", seed)}
}

func (g *Generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *Generator) pick(of []string) string { return of[g.r.IntN(len(of))] }

// expr is an expression of a class or group of classes.
func (g *Generator) expr(s *scope, class string, depth int) *Node {
	want := class
	if group := groups[class]; group != nil && (depth <= 0 || !g.hasForms(class) || g.chance(40)) {
		want = g.member(s, group)
	}
	n := &Node{kind: class, simple: g.simple(s, want)}
	if depth <= 0 || g.chance(35) || forms[want] == nil {
		n.parts = []any{g.leaf(s, want)}
		return n
	}
	g.fill(n, s, g.pick(forms[want]), depth)
	return n
}

// member is one of a group, mostly one that there are columns of.
func (g *Generator) member(s *scope, group []string) string {
	for range 4 {
		if want := g.pick(group); len(g.refs(s, want)) > 0 {
			return want
		}
	}
	return g.pick(group)
}

func (g *Generator) hasForms(class string) bool { return forms[class] != nil }

// fill writes a form into n.
func (g *Generator) fill(n *Node, s *scope, form string, depth int) {
	if form == "date_trunc_fallback" {
		form = "cast({date} as timestamp)"
	}
	wrap := n.kind != "boolean" && strings.ContainsAny(form, "+-*/%&|^~") && !strings.HasPrefix(form, "interval") && !strings.HasSuffix(form, ")")
	if wrap || n.kind == "boolean" && form != "{cmp}" && form != "{null}" {
		n.parts = append(n.parts, "(")
		defer func() { n.parts = append(n.parts, ")") }()
	}
	for form != "" {
		open := strings.IndexByte(form, '{')
		if open < 0 || strings.HasPrefix(form[open:], `{"`) { // no hole in JSON texts
			n.parts = append(n.parts, form)
			return
		}
		end := open + strings.IndexByte(form[open:], '}')
		n.parts = append(n.parts, form[:open], g.hole(s, form[open+1:end], depth-1))
		form = form[end+1:]
	}
}

func (g *Generator) hole(s *scope, class string, depth int) *Node {
	switch class {
	case "cmp":
		return g.comparison(s, depth)
	case "null":
		return seq(g.expr(s, "any", depth), g.pick([]string{" is null", " is not null"}))
	case "in":
		return g.inList(s, depth)
	case "between":
		l, r := g.pair()
		return seq(g.expr(s, l, depth), g.pick([]string{" between ", " not between "}), g.expr(s, r, depth), " and ", g.expr(s, r, depth))
	case "sub:num", "sub:string", "subin", "subexists", "subcmp":
		return g.subquery(s, class, depth)
	}
	return g.expr(s, class, depth)
}

// pair are two classes that can be compared, mostly alike.
func (g *Generator) pair() (string, string) {
	switch g.r.IntN(12) {
	case 0:
		return "num", "text"
	case 1:
		return "text", "when"
	case 2:
		return "date", "timestamp"
	case 3:
		return "int", "decimal"
	case 4:
		return "num", "num"
	case 5:
		return "text", "text"
	case 6:
		return "float", "double"
	case 7:
		return "text", "num"
	}
	c := g.pick(scalars)
	return c, c
}

func (g *Generator) comparison(s *scope, depth int) *Node {
	l, r := g.pair()
	n := &Node{kind: "boolean"}
	n.parts = []any{g.expr(s, l, depth), " " + g.pick(comparisons) + " ", g.expr(s, r, depth)}
	return n
}

func (g *Generator) inList(s *scope, depth int) *Node {
	l, r := g.pair()
	var items []*Node
	for range 1 + g.r.IntN(4) {
		if g.chance(70) {
			items = append(items, text(g.literal(r)))
		} else {
			items = append(items, g.expr(s, r, min(depth, 1)))
		}
	}
	return seq(g.expr(s, l, depth), g.pick([]string{" in (", " not in ("}), list(", ", 1, items...), ")")
}

func (g *Generator) literal(class string) string {
	if group := groups[class]; group != nil {
		class = g.pick(group)
	}
	if g.chance(2) {
		return "null"
	}
	return g.pick(literals[class])
}

func (g *Generator) pickRef(of []any) any { return of[g.r.IntN(len(of))] }

func (g *Generator) refs(s *scope, class string) (out []any) {
	for _, f := range s.fields {
		if f.class == class {
			out = append(out, f.ref)
		}
	}
	return out
}

// leaf is a column of the class, a column that is cast to it, or a literal.
func (g *Generator) leaf(s *scope, class string) any {
	if s.outer != nil && g.chance(8) {
		if refs := g.refs(s.outer, class); len(refs) > 0 {
			return g.pickRef(refs)
		}
	}
	if refs := g.refs(s, class); len(refs) > 0 && g.chance(85) {
		return g.pickRef(refs)
	}
	if typ := castable[class]; typ != "" && len(s.fields) > 0 && g.chance(75) {
		for range 4 {
			f := s.fields[g.r.IntN(len(s.fields))]
			if castable[f.class] != "" && (kindOf(f.class) == kindOf(class) || g.chance(10) && converts(f.class, class)) {
				return seq("cast(", f.ref, " as "+typ+")")
			}
		}
	}
	return g.literal(class)
}

var castable = map[string]string{"tinyint": "tinyint", "smallint": "smallint", "int": "int", "bigint": "bigint", "float": "float", "double": "double", "decimal": "decimal(12,4)",
	"string": "string", "varchar": "varchar(6)", "char": "char(5)", "date": "date", "timestamp": "timestamp", "boolean": "boolean"}

// converts reports whether a cast from one class to another of another group is allowed.
func converts(from, to string) bool {
	f, t := kindOf(from), kindOf(to)
	return t == "text" || f == "text" || f == "boolean" && t == "num" || f == "num" && t == "boolean"
}

// kindOf is the group of a class, or the class.
func kindOf(class string) string {
	if k := unified[class]; k != "" {
		return k
	}
	return class
}

// simple are the texts that shrinking tries in the place of an expression.
func (g *Generator) simple(s *scope, class string) []string {
	var out []string
	for _, r := range g.refs(s, class) {
		if name, ok := r.(string); ok && len(out) < 2 {
			out = append(out, name)
		}
	}
	if l := literals[class]; l != nil {
		out = append(out, l[0])
	}
	return out
}
