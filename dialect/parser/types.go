package parser

import (
	"strconv"

	"skep/dialect/ast"
)

// typeName parses any type.
func (p *parser) typeName() *ast.TypeName {
	p.nest()
	defer func() { p.depth-- }()
	switch p.kind() {
	case kwArray:
		p.enter("list type")
		n := &ast.TypeName{Pos: p.posOf(p.next()), Name: "array"}
		p.expect(tokLess)
		n.Params = []*ast.TypeName{p.typeName()}
		p.closeType()
		p.leave()
		return n
	case kwMap:
		p.enter("map type")
		n := &ast.TypeName{Pos: p.posOf(p.next()), Name: "map"}
		p.expect(tokLess)
		key := p.primitiveType()
		p.expect(tokComma)
		n.Params = []*ast.TypeName{key, p.typeName()}
		p.closeType()
		p.leave()
		return n
	case kwStruct:
		p.enter("struct type")
		n := &ast.TypeName{Pos: p.posOf(p.next()), Name: "struct"}
		p.expect(tokLess)
		for {
			p.enter("column specification")
			name := p.ident()
			f := &ast.FieldDef{Pos: name.Pos, Name: name}
			p.expect(tokColon)
			f.Type = p.typeName()
			f.Comment = p.optString(kwComment)
			n.Fields = append(n.Fields, f)
			p.leave()
			if !p.accept(tokComma) {
				break
			}
		}
		p.closeType()
		p.leave()
		return n
	case kwUniontype:
		p.enter("uniontype type")
		n := &ast.TypeName{Pos: p.posOf(p.next()), Name: "uniontype"}
		p.expect(tokLess)
		n.Params = []*ast.TypeName{p.typeName()}
		for p.accept(tokComma) {
			n.Params = append(n.Params, p.typeName())
		}
		p.closeType()
		p.leave()
		return n
	}
	if primitiveNames[p.kind()] == "" {
		p.noViable(0)
	}
	return p.primitiveType()
}

// closeType consumes the > of a type.
func (p *parser) closeType() { p.expect(tokGreater) }

// startsType reports whether the token n ahead begins a type.
func (p *parser) startsType(n int) bool {
	k := p.peek(n)
	return primitiveNames[k] != "" || k == kwArray || k == kwMap || k == kwStruct || k == kwUniontype
}

var primitiveNames = map[Kind]string{
	kwTinyint: "tinyint", kwSmallint: "smallint", kwInt: "int", kwBigint: "bigint", kwBoolean: "boolean", kwFloat: "float",
	kwReal: "float", kwDouble: "double", kwDate: "date", kwDatetime: "datetime", kwTimestamp: "timestamp",
	kwTimestamplocaltz: "timestamp with local time zone", kwString: "string", kwBinary: "binary", kwDecimal: "decimal",
	kwVarchar: "varchar", kwChar: "char",
}

func (p *parser) primitiveType() *ast.TypeName {
	p.enter("primitive type specification")
	name := primitiveNames[p.kind()]
	if name == "" {
		p.noViable(0)
	}
	t := p.next()
	n := &ast.TypeName{Pos: p.posOf(t), Name: name}
	switch t.kind {
	case kwDouble:
		p.accept(kwPrecision)
	case kwTimestamp:
		if p.isSeq(kwWith, kwLocal) {
			p.pos += 2
			p.expectSeq(kwTime, kwZone)
			n.Name = "timestamp with local time zone"
		}
	case kwDecimal:
		if p.accept(tokLParen) {
			n.Args = append(n.Args, p.typeArg())
			if p.accept(tokComma) {
				n.Args = append(n.Args, p.typeArg())
			}
			p.expect(tokRParen)
		}
	case kwVarchar, kwChar:
		p.expect(tokLParen)
		n.Args = append(n.Args, p.typeArg())
		p.expect(tokRParen)
	}
	p.leave()
	return n
}

// typeArg parses a length, precision or scale. Hive reads these as int; what does not fit is an error of its own.
func (p *parser) typeArg() int {
	at := p.pos
	t := p.expect(tokNumber)
	v, err := strconv.ParseInt(p.text(t), 10, 32)
	if err != nil {
		p.fail(failure{at: at, text: "For input string: \"" + p.text(t) + "\""})
	}
	return int(v)
}
