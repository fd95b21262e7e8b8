package types

import (
	"fmt"
	"strconv"
	"strings"
)

// maxNesting bounds the depth of a parsed type so that hostile text cannot exhaust the stack.
const maxNesting = 100

// Parse reads Hive's type text as the metastore keeps it, e.g. "struct<a:int,b:array<string>>". Case and blanks around
// punctuation do not matter. The error says what was found where.
func Parse(text string) (*Type, error) {
	p := typeParser{text: text}
	t, err := p.typ(0)
	if err != nil {
		return nil, fmt.Errorf("parsing type %q: %w", text, err)
	}
	p.blanks()
	if p.pos != len(p.text) {
		return nil, fmt.Errorf("parsing type %q: unexpected %q at %d", text, p.text[p.pos:], p.pos)
	}
	return t, nil
}

type typeParser struct {
	text string
	pos  int
}

func (p *typeParser) blanks() {
	for p.pos < len(p.text) && (p.text[p.pos] == ' ' || p.text[p.pos] == '\t' || p.text[p.pos] == '\n' || p.text[p.pos] == '\r') {
		p.pos++
	}
}

func (p *typeParser) accept(c byte) bool {
	p.blanks()
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *typeParser) expect(c byte) error {
	if !p.accept(c) {
		return fmt.Errorf("expected %q at %d", string(c), p.pos)
	}
	return nil
}

// word reads up to the next punctuation of the type grammar, or a back-quoted name.
func (p *typeParser) word(stop string) string {
	p.blanks()
	if p.pos < len(p.text) && p.text[p.pos] == '`' {
		if end := strings.IndexByte(p.text[p.pos+1:], '`'); end >= 0 {
			w := p.text[p.pos+1 : p.pos+1+end]
			p.pos += end + 2
			return w
		}
	}
	start := p.pos
	for p.pos < len(p.text) && !strings.ContainsRune(stop, rune(p.text[p.pos])) {
		p.pos++
	}
	return strings.TrimSpace(p.text[start:p.pos])
}

func (p *typeParser) numbers() ([]int, error) {
	var out []int
	if !p.accept('(') {
		return nil, nil
	}
	for {
		w := p.word(",)")
		n, err := strconv.Atoi(w)
		if err != nil {
			return nil, fmt.Errorf("bad type parameter %q", w)
		}
		out = append(out, n)
		if p.accept(')') {
			return out, nil
		}
		if err := p.expect(','); err != nil {
			return nil, err
		}
	}
}

var simpleTypes = map[string]*Type{
	"void": VoidType, "null": VoidType, "boolean": BooleanType, "tinyint": TinyIntType, "smallint": SmallIntType,
	"int": IntType, "integer": IntType, "bigint": BigIntType, "float": FloatType, "double": DoubleType,
	"double precision": DoubleType, "string": StringType, "binary": BinaryType, "date": DateType,
	"timestamp": TimestampType, "timestamp with local time zone": TimestampLTZType, "timestamplocaltz": TimestampLTZType,
	"interval_year_month": IntervalYearMonthType, "interval_day_time": IntervalDayTimeType,
}

func (p *typeParser) typ(depth int) (*Type, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	name := strings.ToLower(p.word("<>(),:"))
	switch name {
	case "array":
		elem, err := p.angle(depth)
		if err != nil {
			return nil, err
		}
		if len(elem) != 1 {
			return nil, fmt.Errorf("array takes one type, got %d", len(elem))
		}
		return NewArray(elem[0]), nil
	case "map":
		kv, err := p.angle(depth)
		if err != nil {
			return nil, err
		}
		if len(kv) != 2 {
			return nil, fmt.Errorf("map takes two types, got %d", len(kv))
		}
		return NewMap(kv[0], kv[1]), nil
	case "uniontype":
		alternatives, err := p.angle(depth)
		if err != nil {
			return nil, err
		}
		return NewUnion(alternatives...), nil
	case "struct":
		return p.structType(depth)
	case "decimal", "numeric", "dec", "char", "varchar":
		n, err := p.numbers()
		if err != nil {
			return nil, err
		}
		return parametric(name, n)
	}
	if t := simpleTypes[strings.Join(strings.Fields(name), " ")]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("unknown type %q", name)
}

func parametric(name string, n []int) (*Type, error) {
	if name == "char" || name == "varchar" {
		limit := 255
		if name == "varchar" {
			limit = 65535
		}
		if len(n) != 1 || n[0] < 1 || n[0] > limit {
			return nil, fmt.Errorf("%s takes one length in 1..%d", name, limit)
		}
		if name == "char" {
			return NewChar(n[0]), nil
		}
		return NewVarchar(n[0]), nil
	}
	precision, scale := 10, 0
	if len(n) > 0 {
		precision = n[0]
	}
	if len(n) > 1 {
		scale = n[1]
	}
	if len(n) > 2 || precision < 1 || precision > MaxPrecision || scale < 0 || scale > precision {
		return nil, fmt.Errorf("bad decimal parameters %v", n)
	}
	return NewDecimal(precision, scale), nil
}

func (p *typeParser) angle(depth int) ([]*Type, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	var out []*Type
	for {
		t, err := p.typ(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if p.accept('>') {
			return out, nil
		}
		if err := p.expect(','); err != nil {
			return nil, err
		}
	}
}

func (p *typeParser) structType(depth int) (*Type, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	var fields []Field
	if p.accept('>') {
		return NewStruct(), nil
	}
	for {
		label := p.word(":")
		if err := p.expect(':'); err != nil {
			return nil, err
		}
		t, err := p.typ(depth + 1)
		if err != nil {
			return nil, err
		}
		f := Field{Name: strings.ToLower(label), Type: t}
		if label != f.Name {
			f.Label = label
		}
		fields = append(fields, f)
		if p.accept('>') {
			return NewStruct(fields...), nil
		}
		if err := p.expect(','); err != nil {
			return nil, err
		}
	}
}
