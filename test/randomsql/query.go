package randomsql

import (
	"fmt"
	"strings"
)

// output is a column of a query: its name if it has one, and its class.
type output struct{ name, class string }

func (g *Generator) alias() string {
	g.names++
	return fmt.Sprintf("t%d", g.names)
}

// base puts a table into FROM and returns what it offers.
func (g *Generator) base() (*Node, *scope) {
	t := tables[g.r.IntN(len(tables))]
	if (t.name == "rx" || t.name == "rz") && g.chance(50) {
		t = tables[g.r.IntN(4)]
	}
	a := g.alias()
	s := &scope{keys: []any{a + ".id"}}
	for _, c := range t.columns {
		s.fields = append(s.fields, field{a + "." + c.name, c.class})
	}
	return text(t.name + " " + a), s
}

// source is a table or a derived table.
func (g *Generator) source(depth int) (*Node, *scope) {
	if depth <= 0 || g.chance(75) {
		return g.base()
	}
	a := g.alias()
	q, outs := g.block(nil, depth-1, nil, true)
	if g.chance(15) {
		q2, _ := g.block(nil, depth-1, classesOf(outs), true)
		q = seq(q, g.pick([]string{" union all ", " union ", " union all ", " intersect ", " except "}), q2)
	}
	s := &scope{}
	for _, o := range outs {
		s.fields = append(s.fields, field{a + "." + o.name, o.class})
	}
	return seq("(", q, ") "+a), s
}

func classesOf(outs []output) (classes []string) {
	for _, o := range outs {
		classes = append(classes, o.class)
	}
	return classes
}

func join(a, b *scope) *scope {
	s := &scope{fields: append(append([]field{}, a.fields...), b.fields...)}
	if a.keys != nil && b.keys != nil {
		s.keys = append(append([]any{}, a.keys...), b.keys...)
	}
	return s
}

// from is a FROM clause with its scope.
func (g *Generator) from(depth int) (*Node, *scope) {
	n, s := g.source(depth)
	parts := []any{n}
	for range []int{0, 0, 0, 1, 1, 1, 1, 2, 2}[g.r.IntN(9)] {
		right, rs := g.source(depth - 1)
		both := join(s, rs)
		kind := g.pick([]string{" join ", " join ", " left join ", " left join ", " right join ", " full join ", " left semi join ", " cross join ", ", "})
		switch kind {
		case " cross join ", ", ":
			if len(parts) > 1 {
				kind = " join "
				break
			}
			parts = append(parts, optional(kind, right))
			s = both
			continue
		}
		on := g.on(s, rs, both, depth)
		parts = append(parts, optional(kind, right, " on ", on))
		if strings.Contains(kind, "semi") {
			continue
		}
		s = both
	}
	if len(parts) == 1 || g.chance(10) {
		if g.chance(20) {
			view, vs := g.lateral(s)
			parts = append(parts, view)
			s = &scope{fields: append(append([]field{}, s.fields...), vs...)}
		}
	}
	return seq(parts...), s
}

// lateral is a lateral view over a scope.
func (g *Generator) lateral(s *scope) (*Node, []field) {
	a := g.alias()
	kind := g.pick([]string{" lateral view ", " lateral view outer "})
	switch g.r.IntN(6) {
	case 0:
		return optional(kind+"explode(", g.expr(s, "ints", 1), ") "+a+" as e"), []field{{a + ".e", "int"}}
	case 1:
		return optional(kind+"posexplode(", g.expr(s, "texts", 1), ") "+a+" as n, e"), []field{{a + ".n", "int"}, {a + ".e", "string"}}
	case 2:
		return optional(kind+"explode(", g.expr(s, "map", 1), ") "+a+" as u, e"), []field{{a + ".u", "string"}, {a + ".e", "int"}}
	case 3:
		return optional(kind+"inline(", g.expr(s, "structs", 0), ") "+a+" as u, e"), []field{{a + ".u", "int"}, {a + ".e", "double"}}
	case 4:
		return optional(kind+"stack(2, ", g.expr(s, "int", 1), ", ", g.expr(s, "string", 1), ", 7, 'z') "+a+" as n, e"), []field{{a + ".n", "int"}, {a + ".e", "string"}}
	}
	return optional(kind+"explode(split(", g.expr(s, "text", 1), ", 'b')) "+a+" as e"), []field{{a + ".e", "string"}}
}

// on is a join condition: an equality, mostly with more beside it.
func (g *Generator) on(left, right, both *scope, depth int) *Node {
	var conds []*Node
	if g.chance(90) {
		for range 1 + g.r.IntN(2) {
			l, r := g.pair()
			if g.chance(60) {
				l, r = "int", "int"
			}
			op := " = "
			if g.chance(20) {
				op = " <=> "
			}
			conds = append(conds, seq(g.expr(left, l, g.r.IntN(2)), op, g.expr(right, r, g.r.IntN(2))))
		}
	}
	if len(conds) == 0 || g.chance(20) {
		g.sub++ // no subqueries in ON
		conds = append(conds, g.expr(both, "boolean", 1+g.r.IntN(2)))
		g.sub--
	}
	if len(conds) == 2 && g.chance(10) {
		return seq("(", conds[0], " or ", conds[1], ")")
	}
	return list(" and ", 1, conds...)
}

// subquery is one within an expression.
func (g *Generator) subquery(s *scope, kind string, depth int) *Node {
	if g.sub > 0 || s.outer != nil {
		switch kind {
		case "sub:num":
			return g.expr(s, "num", depth)
		case "sub:string":
			return g.expr(s, "string", depth)
		}
		return g.comparison(s, depth)
	}
	from, inner := g.base()
	if g.chance(25) {
		right, rs := g.base()
		from = seq(from, " join ", right, " on ", g.expr(inner, "int", 0), " = ", g.expr(rs, "int", 0))
		inner = join(inner, rs)
	}
	g.sub++
	defer func() { g.sub-- }()
	correlated := g.chance(50)
	where := text("")
	class := g.pick([]string{"int", "int", "string", "decimal", "date", "double", "num", "bigint"})
	if correlated && len(g.refs(s, "int"))+len(g.refs(s, "string")) > 0 {
		join := g.pick([]string{"int", "string", "int"})
		if len(g.refs(s, join)) == 0 {
			join = map[string]string{"int": "string", "string": "int"}[join]
		}
		op := " = "
		if g.chance(10) {
			op = g.pick([]string{" < ", " <> ", " <=> ", " >= "})
		}
		where = optional(" where ", list(" and ", 1, seq(g.leafOf(inner, join), op, g.leafOf(s, join)), g.expr(inner, "boolean", 1)))
	} else if g.chance(50) {
		where = optional(" where ", g.expr(inner, "boolean", 1))
	}
	switch kind {
	case "sub:num", "sub:string":
		class = kind[4:]
		if class == "num" {
			agg := g.pick([]string{"max", "min", "sum", "count", "avg"})
			return seq("(select "+agg+"(", g.expr(inner, "num", 1), ") from ", from, where, ")")
		}
		return seq("(select "+g.pick([]string{"max", "min"})+"(", g.expr(inner, class, 1), ") from ", from, where, ")")
	case "subin":
		group := text("")
		if g.chance(15) {
			key := g.expr(inner, class, 0)
			return seq(g.expr(s, class, 1), g.pick([]string{" in ", " not in "}), "(select ", key, " from ", from, where, " group by ", key, optional(" having count(*) > 1"), ")")
		}
		return seq(g.expr(s, class, 1), g.pick([]string{" in ", " not in "}), "(select ", g.expr(inner, class, 1), " from ", from, where, group, ")")
	case "subexists":
		return seq(g.pick([]string{"exists ", "not exists "}), "(select 1 from ", from, where, ")")
	}
	return seq(g.expr(s, "num", 1), g.pick([]string{" = ", " < ", " >= ", " <> "}), "(select "+g.pick([]string{"max", "min", "avg", "count"})+"(", g.expr(inner, "num", 1), ") from ", from, where, ")")
}

// leafOf is a column of the class, or a literal.
func (g *Generator) leafOf(s *scope, class string) *Node {
	if refs := g.refs(s, class); len(refs) > 0 {
		return seq(g.pickRef(refs))
	}
	return text(g.literal(class))
}

// block is a query block without ORDER BY: SELECT … FROM … with one of the
// shapes plain, distinct, grouped, aggregated or with windows. With want it has
// columns of these classes; named gives all of them names.
func (g *Generator) block(outer *scope, depth int, want []string, named bool) (*Node, []output) {
	from, s := g.from(depth)
	s.outer = outer
	where := text("")
	if g.chance(35) {
		where = optional(" where ", list(" and ", 1, g.expr(s, "boolean", 2)))
		if g.chance(30) {
			where = optional(" where ", list(" and ", 1, g.expr(s, "boolean", 2), g.expr(s, "boolean", 2)))
		}
	}
	if want == nil {
		for range 1 + g.r.IntN(4) {
			want = append(want, g.pick([]string{"num", "text", "any", "when", "boolean", "string", "int", "decimal", "date", "timestamp", "double"}))
		}
		if !named && g.chance(10) {
			want = append(want, g.pick([]string{"tz", "binary", "ints", "texts", "struct", "ym", "dt"}))
		}
	}
	for i, w := range want { // a group stands for one of its classes, so that who uses the column knows it
		if group := groups[w]; group != nil {
			want[i] = g.member(s, group)
		}
	}
	switch r := g.r.IntN(100); {
	case r < 35:
		return g.finish("select ", s, from, where, nil, want, named, func(class string) *Node { return g.expr(s, class, 2) })
	case r < 43:
		return g.finish("select distinct ", s, from, where, nil, want, named, func(class string) *Node { return g.expr(s, class, 1) })
	case r < 53:
		having := text("")
		if g.chance(20) {
			having = optional(" having ", g.having(s))
		}
		return g.finish("select ", s, from, where, having, want, named, func(class string) *Node { return g.over(s, nil, class) })
	case r < 78:
		return g.grouped(s, from, where, want, named)
	}
	return g.finish("select ", s, from, where, nil, want, named, func(class string) *Node {
		if g.chance(60) {
			return g.window(s, class)
		}
		return g.expr(s, class, 1)
	})
}

func (g *Generator) finish(head string, s *scope, from, where, tail *Node, want []string, named bool, item func(class string) *Node) (*Node, []output) {
	var items []*Node
	var outs []output
	for i, class := range want {
		n := item(class)
		name := fmt.Sprintf("o%d", i)
		if named {
			n = seq(n, " as "+name)
		} else if g.chance(25) {
			n = seq(n, optional(" as "+name))
		}
		items, outs = append(items, n), append(outs, output{name, class})
	}
	parts := []any{head, list(", ", 1, items...), " from ", from, where}
	if tail != nil {
		parts = append(parts, tail)
	}
	return seq(parts...), outs
}

// aggregate functions by the class of their value; {x} as in forms.
var aggregates = map[string][]string{
	"tinyint": {"max({tinyint})", "min({tinyint})"}, "smallint": {"max({smallint})", "min({smallint})"}, "int": {"max({int})", "min({int})", "size(collect_set({any}))", "size(collect_list({any}))"},
	"bigint":  {"count(*)", "count({any})", "count(distinct {any})", "count(distinct {any}, {any})", "sum({intg})", "sum(distinct {intg})", "max({bigint})", "count(case when {boolean} then 1 end)", "sum(if({boolean}, 1, 0))", "count({boolean})"},
	"float":   {"max({float})", "min({float})"},
	"double":  {"avg({intg})", "avg({double})", "sum({double})", "stddev_pop({int})", "var_samp({smallint})", "max({double})", "min({double})", "sum(distinct {double})", "avg(distinct {int})", "percentile(cast({int} as int), 0.5)", "sum({float})", "sum({string})", "avg({text})", "variance({tinyint})"},
	"decimal": {"sum({decimal})", "avg({decimal})", "max({decimal})", "min({decimal})", "sum(distinct {decimal})", "avg(distinct {decimal})", "sum(case when {boolean} then {decimal} else 0 end)"},
	"string":  {"max({string})", "min({string})", "concat_ws(',', sort_array(collect_set({string})))", "concat_ws(',', sort_array(collect_list({string})))", "max(concat({text}, {text}))"},
	"varchar": {"max({varchar})", "min({varchar})"}, "char": {"max({char})", "min({char})"}, "date": {"max({date})", "min({date})"}, "timestamp": {"max({timestamp})", "min({timestamp})"}, "boolean": {"max({boolean})", "min({boolean})", "count(*) > 1", "max({int}) > min({int})"},
	"tz": {"max({tz})"}, "binary": {"max({binary})"}, "ints": {"sort_array(collect_set({int}))", "sort_array(collect_list({int}))"}, "texts": {"sort_array(collect_set({string}))"},
}

func (g *Generator) aggregate(s *scope, class string) *Node {
	of := aggregates[class]
	if of == nil {
		return text(g.literal(class))
	}
	n := &Node{kind: "aggregate " + class, simple: []string{}}
	g.fill(n, s, g.pick(of), 1+g.r.IntN(2))
	return n
}

// over is an expression over keys and aggregates of a grouping.
func (g *Generator) over(s *scope, keys []field, class string) *Node {
	var fit []any
	for _, k := range keys {
		if k.class == class {
			fit = append(fit, k.ref)
		}
	}
	switch {
	case len(fit) > 0 && g.chance(60):
		return seq(g.pickRef(fit))
	case len(keys) > 0 && g.chance(20):
		g.sub++
		defer func() { g.sub-- }()
		return g.expr(&scope{fields: keys}, class, 1)
	case g.chance(25) && forms[class] != nil: // an expression over aggregates
		inner := &scope{}
		for _, c := range []string{class, g.pick(scalars)} {
			inner.fields = append(inner.fields, field{g.aggregate(s, c), c})
		}
		inner.fields = append(inner.fields, keys...)
		g.sub++
		defer func() { g.sub-- }()
		return g.expr(inner, class, 1)
	}
	return g.aggregate(s, class)
}

func (g *Generator) having(s *scope) *Node {
	switch g.r.IntN(4) {
	case 0:
		return seq("count(*) > ", g.pick([]string{"0", "1", "2"}))
	case 1:
		return seq(g.aggregate(s, "decimal"), " > ", g.literal("int"))
	case 2:
		return seq(g.aggregate(s, "date"), " is not null")
	}
	return seq(g.aggregate(s, "string"), " ", g.pick([]string{"<>", ">=", "<"}), " ", g.literal("string"))
}

func (g *Generator) grouped(s *scope, from, where *Node, want []string, named bool) (*Node, []output) {
	var keys []field
	var nodes []*Node
	for range 1 + g.r.IntN(3) {
		class := want[g.r.IntN(len(want))]
		if g.chance(50) {
			class = g.pick(scalars)
		}
		depth := 0
		if g.chance(25) {
			depth = 1
		}
		g.sub++
		key := g.expr(s, class, depth)
		g.sub--
		dup := key.String() == "null"
		for _, n := range nodes {
			dup = dup || n.String() == key.String()
		}
		if !dup {
			keys, nodes = append(keys, field{key, class}), append(nodes, key)
		}
	}
	if len(keys) == 0 {
		keys, nodes = []field{s.fields[0]}, []*Node{seq(s.fields[0].ref)}
	}
	by := seq(" group by ", list(", ", 1, nodes...))
	sets := false
	switch g.r.IntN(10) {
	case 0:
		by = seq(by, optional(" with rollup"))
		sets = true
	case 1:
		by = seq(by, optional(" with cube"))
		sets = true
	case 2:
		var all []*Node
		for range 1 + g.r.IntN(3) {
			var set []*Node
			for _, n := range nodes {
				if g.chance(50) {
					set = append(set, n)
				}
			}
			if len(set) == 0 && len(all) == 0 {
				set = append(set, nodes[0])
			}
			all = append(all, seq("(", list(", ", 0, set...), ")"))
		}
		by = seq(by, optional(" grouping sets (", list(", ", 1, all...), ")"))
		sets = true
	case 3:
		by = seq(g.pick([]string{" group by rollup(", " group by cube("}), list(", ", 1, nodes...), ")")
		sets = true
	}
	having := text("")
	if g.chance(25) {
		having = optional(" having ", g.having(s))
	}
	after := &scope{fields: append([]field{}, keys...)}
	if !sets {
		for _, k := range keys {
			after.keys = append(after.keys, k.ref)
		}
	}
	for _, c := range []string{"bigint", "decimal", g.pick(scalars)} {
		after.fields = append(after.fields, field{g.aggregate(s, c), c})
	}
	return g.finish("select ", s, from, where, seq(by, having), want, named, func(class string) *Node {
		switch {
		case sets && (class == "bigint" || class == "int") && g.chance(40):
			if g.chance(50) {
				return text("grouping__id")
			}
			return seq("grouping(", keys[g.r.IntN(len(keys))].ref, ")")
		case g.chance(12):
			g.sub++
			defer func() { g.sub-- }()
			return g.window(after, class)
		}
		return g.over(s, keys, class)
	})
}

// windows are functions of windows by the class of their value. Those behind
// "!" look at single rows and need a total order.
var windows = map[string][]string{
	"int":    {"!row_number()", "rank()", "dense_rank()", "!ntile(3)", "!ntile(2)", "!lag({int}, 1, 0)", "!lead({int})", "!first_value({int})", "!last_value({int}, true)", "max({int})", "!lag({int}, 2)"},
	"bigint": {"count(*)", "count({any})", "sum({intg})", "count({boolean})", "!first_value({bigint})", "!lead({bigint}, 1, 5L)", "sum(if({boolean}, 1, 0))"},
	"double": {"percent_rank()", "cume_dist()", "avg({int})", "sum({smallint}) / count(*)", "avg({tinyint})", "!lag({double})", "max({double})", "!first_value({double}, true)", "stddev_pop({tinyint})", "avg({double})", "sum({double})"},
}

func (g *Generator) window(s *scope, class string) *Node {
	var form string
	total := s.keys
	if of := windows[class]; of != nil {
		form = g.pick(of)
	} else {
		form = strings.ReplaceAll(g.pick([]string{"max({=})", "min({=})", "!first_value({=})", "!last_value({=})", "!lag({=})", "!lead({=}, 1, {=})", "!first_value({=}, true)", "!last_value({=}, true)", "!lag({=}, 2, {=})"}), "=", class)
		if class == "decimal" && g.chance(40) {
			form = g.pick([]string{"sum({decimal})", "avg({decimal})"})
		}
	}
	form, exact := strings.CutPrefix(form, "!")
	if exact && total == nil {
		form, exact = "max({"+class+"})", false
	}
	fn := &Node{}
	g.sub++
	defer func() { g.sub-- }()
	g.fill(fn, s, form, 1)
	if len(fn.parts) > 0 && fn.parts[0] == "(" {
		fn.parts = fn.parts[1 : len(fn.parts)-1]
	}
	partition := text("")
	if g.chance(65) {
		var by []*Node
		for range 1 + g.r.IntN(2) {
			by = append(by, g.expr(s, g.pick([]string{"int", "string", "boolean", "any"}), 0))
		}
		partition = optional("partition by ", list(", ", 1, by...))
	}
	var order []*Node
	ranking := strings.HasPrefix(form, "rank") || strings.HasPrefix(form, "dense") || strings.HasPrefix(form, "percent") || strings.HasPrefix(form, "cume")
	class = g.pick([]string{"int", "int", "date", "string", "decimal", "timestamp", "bigint", "double", "char"})
	if exact || ranking || g.chance(70) {
		order = append(order, g.sortKey(s, class, g.r.IntN(2)))
		if g.chance(25) {
			order = append(order, g.sortKey(s, g.pick(scalars), 0))
		}
	}
	if exact {
		written := list(" ", 0, order...).String()
		for _, k := range total {
			if name := seq(k).String(); strings.Contains(written, name) { // Hive confuses the directions of a key that comes twice
				order = []*Node{}
				break
			}
		}
		for _, k := range total {
			order = append(order, seq(k, g.pick([]string{"", " desc"})))
		}
	}
	parts := []any{fn, " over (", partition}
	if len(order) > 0 {
		least := 1
		if exact {
			least = len(order)
		}
		parts = append(parts, " order by ", list(", ", least, order...))
		if frame := g.frame(form, class, len(order), exact, total != nil); frame != "" {
			if strings.Contains(frame, "rows") && !exact {
				for _, k := range total {
					parts = append(parts, ", ", k)
				}
			}
			parts = append(parts, optional(" "+frame))
		}
	}
	return seq(append(parts, ")")...)
}

// frame is a window frame that the function and order allow, or "".
func (g *Generator) frame(form, class string, keys int, exact, total bool) string {
	name, _, _ := strings.Cut(form, "(")
	switch name {
	case "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "row_number", "lag", "lead":
		return ""
	}
	if g.chance(45) {
		return ""
	}
	if total && g.chance(55) {
		return g.pick([]string{"rows between 1 preceding and 1 following", "rows between unbounded preceding and current row", "rows between current row and unbounded following", "rows 2 preceding", "rows between unbounded preceding and unbounded following",
			"rows between 3 preceding and 1 preceding", "rows between 1 following and 3 following", "rows unbounded preceding", "rows between 2 preceding and current row"})
	}
	if keys == 1 && !exact && strings.Contains("int bigint double decimal", class) {
		return g.pick([]string{"range between 1 preceding and 1 following", "range between 5 preceding and current row", "range between current row and 10 following", "range between unbounded preceding and 1 preceding", "range between 1 following and unbounded following", "range 3 preceding"})
	}
	return g.pick([]string{"range between unbounded preceding and current row", "range between current row and unbounded following", "range between unbounded preceding and unbounded following", "range between current row and current row"})
}

func (g *Generator) sortKey(s *scope, class string, depth int) *Node {
	return seq(g.expr(s, class, depth), g.pick([]string{"", "", " asc", " desc"}), g.pick([]string{"", "", " nulls first", " nulls last"}))
}
