package randomsql

import (
	"fmt"
	"strconv"
)

// Next is the next case: mostly a query.
func (g *Generator) Next() *Case {
	g.names = 0
	if g.chance(g.Light) {
		return &Case{Statements: []*Node{g.light()}}
	}
	switch r := g.r.IntN(100); {
	case r < 86:
		return &Case{Statements: []*Node{g.query(2)}}
	case r < 91:
		return g.ctas()
	case r < 94:
		return g.view()
	case r < 98:
		return g.insert()
	}
	return g.multiInsert()
}

// light is a query over one table that Hive answers without a job: many expressions, a filter.
func (g *Generator) light() *Node {
	from, s := g.base()
	var items []*Node
	for range 2 + g.r.IntN(5) {
		class := g.pick([]string{"num", "text", "any", "when", "boolean", "boolean", "string", "int", "decimal", "date", "timestamp", "double", "bigint", "varchar", "char", "tinyint", "smallint", "float"})
		if g.chance(8) {
			class = g.pick([]string{"tz", "binary", "ints", "texts", "struct", "structs", "map", "ym", "dt"})
		}
		g.sub++
		items = append(items, seq(g.expr(s, class, 1+g.r.IntN(3))))
		g.sub--
	}
	g.sub++
	defer func() { g.sub-- }()
	where := text("")
	if g.chance(40) {
		where = optional(" where ", g.expr(s, "boolean", 2))
	}
	return seq("select ", list(", ", 1, items...), " from ", from, where)
}

// query is a whole query: WITH, set operations, ORDER BY and LIMIT.
func (g *Generator) query(depth int) *Node {
	with := text("")
	ordered := g.chance(20)
	body, outs := g.block(nil, depth, nil, ordered)
	if g.chance(15) {
		kind := g.pick([]string{" union all ", " union ", " union all ", " intersect ", " except ", " intersect all ", " except all ", " union distinct "})
		want := classesOf(outs)
		if g.chance(20) {
			for i, c := range want { // types that have to be unified
				if group := unified[c]; group != "" && c != "decimal" {
					want[i] = group
				}
			}
		}
		second, _ := g.block(nil, 1, want, ordered)
		body = seq(&Node{kind: "block", parts: []any{body}}, kind, &Node{kind: "block", parts: []any{second}})
		body.kind = "block"
	} else if !ordered && g.chance(8) {
		inner, outs := g.block(nil, 1, nil, true)
		s := &scope{}
		for _, o := range outs {
			s.fields = append(s.fields, field{"c1." + o.name, o.class})
		}
		with = seq("with c1 as (", inner, ") ")
		from := text("c1")
		if g.chance(40) {
			f := s.fields[g.r.IntN(len(s.fields))].ref.(string)
			from = seq("c1", optional(" join c1 c2 on "+f+" = c2"+f[2:]))
		}
		body, _ = g.finish("select ", s, from, optional(" where ", g.expr(s, "boolean", 1)), nil, []string{g.pick(scalars), g.pick(scalars)}, false, func(class string) *Node { return g.expr(s, class, 2) })
	}
	tail := text("")
	if ordered {
		var by []*Node
		for _, o := range outs {
			by = append(by, text(o.name+g.pick([]string{"", "", " desc", " nulls first", " desc nulls last", " asc nulls last"})))
		}
		tail = optional(" order by ", list(", ", 1, by...), optional(g.pick([]string{" limit 5", " limit 10", " limit 3 offset 2", " limit 2, 4", ""})))
	}
	return seq(with, body, tail)
}

// unified are the groups of classes that set operations bring together.
var unified = map[string]string{"tinyint": "num", "smallint": "num", "int": "num", "bigint": "num", "float": "num", "double": "num", "decimal": "num", "string": "text", "varchar": "text", "char": "text", "date": "when", "timestamp": "when"}

func (g *Generator) target() string {
	g.created++
	return g.prefix + strconv.Itoa(g.created)
}

func (g *Generator) format() string {
	return g.pick([]string{"orc", "parquet", "textfile", "orc", "avro", "sequencefile", "jsonfile"})
}

func (g *Generator) ctas() *Case {
	q, _ := g.block(nil, 1, nil, g.chance(50))
	t := g.target()
	return &Case{Statements: []*Node{
		seq("create table "+t+" stored as "+g.format()+" as ", q), text("describe " + t), text("select * from " + t)}, Cleanup: []string{"drop table if exists " + t}}
}

func (g *Generator) view() *Case {
	q, outs := g.block(nil, 1, nil, true)
	t := g.target()
	return &Case{Statements: []*Node{
		seq("create view "+t+" as ", q), text("describe " + t), text("select * from " + t),
		text("select " + outs[0].name + ", count(*) from " + t + " group by " + outs[0].name)}, Cleanup: []string{"drop view if exists " + t}}
}

// declared are types of columns that inserts convert to.
var declared = []string{"tinyint", "smallint", "int", "bigint", "float", "double", "decimal(5,1)", "decimal(38,10)", "string", "varchar(3)", "char(4)", "date", "timestamp", "boolean"}

func (g *Generator) insert() *Case {
	q, outs := g.block(nil, 1, nil, false)
	t := g.target()
	var cols []column
	part := ""
	spec := ""
	for i := range outs {
		typ := g.pick(declared)
		if g.chance(40) && castable[outs[i].class] != "" {
			typ = castable[outs[i].class]
		}
		cols = append(cols, column{name: fmt.Sprintf("c%d", i), typ: typ})
	}
	if len(cols) > 1 && g.chance(35) {
		last := cols[len(cols)-1]
		cols = cols[:len(cols)-1]
		last.typ = g.pick([]string{"string", "int", "date", "bigint", "varchar(3)", "decimal(5,1)", "boolean"})
		part, spec = " partitioned by ("+last.name+" "+last.typ+")", " partition ("+last.name+")"
	}
	how := g.pick([]string{"into", "overwrite"})
	return &Case{Statements: []*Node{
		text("create table " + t + " (" + declare(cols) + ")" + part + " stored as " + g.format()),
		seq("insert "+how+" table "+t+spec+" ", q), text("select * from " + t)}, Cleanup: []string{"drop table if exists " + t}}
}

func (g *Generator) multiInsert() *Case {
	from, s := g.from(1)
	a, b := g.target(), g.target()
	t1, t2 := g.pick(scalars), g.pick(scalars)
	key := g.expr(s, t2, 0)
	return &Case{Statements: []*Node{
		text("create table " + a + " (x " + castable[t1] + ", y string)"), text("create table " + b + " (x " + castable[t2] + ", n bigint)"),
		seq("from ", from, " insert overwrite table "+a+" select ", g.expr(s, t1, 1), ", ", g.expr(s, "string", 1), optional(" where ", g.expr(s, "boolean", 1)),
			" insert into table "+b+" select ", key, ", count(*)", optional(" where ", g.expr(s, "boolean", 1)), " group by ", key),
		text("select * from " + a), text("select * from " + b)}, Cleanup: []string{"drop table if exists " + a, "drop table if exists " + b}}
}
