package function

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

var jsonTable = map[string]entry{
	"get_json_object": {build: getJSONObject, nulls: Strict, costly: true},
	"json_read":       {build: jsonRead, nulls: Strict, costly: true, fallible: true},
	"parse_url":       {build: parseURL, nulls: Strict, costly: true, fallible: true},
}

// JSON is a parsed JSON value.
type JSON struct {
	kind   byte   // 'n'ull, 't'rue, 'f'alse, '0' number, '"' string, '[' array, '{' object
	text   []byte // number as Java prints it, string without quotes
	keys   []string
	values []*JSON // elements, or values of keys
}

const maxJSONDepth = 1000

type jsonParser struct {
	s  []byte
	at int
}

// ParseJSON reads a JSON value the way Hive's JSON functions do: control characters inside strings and backslashes before any
// character are allowed, and what follows the value is ignored. nil means malformed text.
func ParseJSON(s []byte) *JSON {
	p := jsonParser{s: s}
	return p.value(0)
}

func (p *jsonParser) blanks() {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t' || p.s[p.at] == '\n' || p.s[p.at] == '\r') {
		p.at++
	}
}

func (p *jsonParser) accept(c byte) bool {
	p.blanks()
	if p.at < len(p.s) && p.s[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) word(w string, kind byte) *JSON {
	if !bytes.HasPrefix(p.s[p.at:], []byte(w)) {
		return nil
	}
	p.at += len(w)
	return &JSON{kind: kind, text: []byte(w)}
}

func (p *jsonParser) value(depth int) *JSON {
	p.blanks()
	if p.at >= len(p.s) || depth > maxJSONDepth {
		return nil
	}
	switch c := p.s[p.at]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		text, ok := p.text()
		if !ok {
			return nil
		}
		return &JSON{kind: '"', text: text}
	case c == 't':
		return p.word("true", 't')
	case c == 'f':
		return p.word("false", 'f')
	case c == 'n':
		return p.word("null", 'n')
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	return nil
}

func (p *jsonParser) object(depth int) *JSON {
	p.at++
	v := &JSON{kind: '{'}
	if p.accept('}') {
		return v
	}
	for {
		p.blanks()
		if p.at >= len(p.s) || p.s[p.at] != '"' {
			return nil
		}
		key, ok := p.text()
		if !ok || !p.accept(':') {
			return nil
		}
		x := p.value(depth + 1)
		if x == nil {
			return nil
		}
		v.put(string(key), x)
		if p.accept('}') {
			return v
		}
		if !p.accept(',') {
			return nil
		}
	}
}

// put adds a pair; a repeated key keeps its place and takes the new value.
func (v *JSON) put(key string, x *JSON) {
	for i, k := range v.keys {
		if k == key {
			v.values[i] = x
			return
		}
	}
	v.keys, v.values = append(v.keys, key), append(v.values, x)
}

func (p *jsonParser) array(depth int) *JSON {
	p.at++
	v := &JSON{kind: '['}
	if p.accept(']') {
		return v
	}
	for {
		x := p.value(depth + 1)
		if x == nil {
			return nil
		}
		v.values = append(v.values, x)
		if p.accept(']') {
			return v
		}
		if !p.accept(',') {
			return nil
		}
	}
}

func (p *jsonParser) text() ([]byte, bool) {
	p.at++
	start := p.at
	for p.at < len(p.s) && p.s[p.at] != '"' && p.s[p.at] != '\\' {
		p.at++
	}
	if p.at < len(p.s) && p.s[p.at] == '"' {
		p.at++
		return p.s[start : p.at-1], true
	}
	out := append([]byte(nil), p.s[start:p.at]...)
	for p.at < len(p.s) {
		c := p.s[p.at]
		p.at++
		switch c {
		case '"':
			return out, true
		case '\\':
			if p.at >= len(p.s) {
				return nil, false
			}
			e := p.s[p.at]
			p.at++
			switch e {
			case 'b':
				out = append(out, '\b')
			case 'f':
				out = append(out, '\f')
			case 'n':
				out = append(out, '\n')
			case 'r':
				out = append(out, '\r')
			case 't':
				out = append(out, '\t')
			case 'u':
				r, ok := p.hex4()
				if !ok {
					return nil, false
				}
				if utf16.IsSurrogate(r) && bytes.HasPrefix(p.s[p.at:], []byte(`\u`)) {
					p.at += 2
					low, ok := p.hex4()
					if !ok {
						return nil, false
					}
					r = utf16.DecodeRune(r, low)
				}
				out = utf8.AppendRune(out, r)
			default:
				out = append(out, e)
			}
		default:
			out = append(out, c)
		}
	}
	return nil, false
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.at+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.s[p.at:p.at+4]), 16, 32)
	p.at += 4
	return rune(n), err == nil
}

// number keeps integers as they are and prints others as Java prints doubles.
func (p *jsonParser) number() *JSON {
	start := p.at
	if p.s[p.at] == '-' {
		p.at++
	}
	digits := func() int {
		n := 0
		for p.at < len(p.s) && p.s[p.at] >= '0' && p.s[p.at] <= '9' {
			p.at++
			n++
		}
		return n
	}
	first := p.at
	if n := digits(); n == 0 || n > 1 && p.s[first] == '0' {
		return nil
	}
	whole := true
	if p.at < len(p.s) && p.s[p.at] == '.' {
		p.at++
		whole = false
		if digits() == 0 {
			return nil
		}
	}
	if p.at < len(p.s) && p.s[p.at]|0x20 == 'e' {
		p.at++
		whole = false
		if p.at < len(p.s) && (p.s[p.at] == '+' || p.s[p.at] == '-') {
			p.at++
		}
		if digits() == 0 {
			return nil
		}
	}
	text := p.s[start:p.at]
	if whole {
		if string(text) == "-0" {
			text = []byte("0")
		}
		return &JSON{kind: '0', text: text}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil
	}
	return &JSON{kind: '0', text: valuetext.AppendDouble(nil, f)}
}

// Append prints a value as Hive's JSON functions do: scalars bare, arrays and objects as JSON without blanks.
func (v *JSON) Append(dst []byte) []byte {
	if v.kind != '[' && v.kind != '{' {
		return append(dst, v.text...)
	}
	return v.appendJSON(dst)
}

func (v *JSON) appendJSON(dst []byte) []byte {
	switch v.kind {
	case '"':
		return appendJSONText(dst, v.text)
	case '[':
		dst = append(dst, '[')
		for i, x := range v.values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = x.appendJSON(dst)
		}
		return append(dst, ']')
	case '{':
		dst = append(dst, '{')
		for i, x := range v.values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = x.appendJSON(append(appendJSONText(dst, []byte(v.keys[i])), ':'))
		}
		return append(dst, '}')
	}
	return append(dst, v.text...)
}

func appendJSONText(dst, s []byte) []byte {
	return append(valuetext.AppendEscaped(append(dst, '"'), s), '"')
}

// IsObject reports whether v is an object; IsNull whether it is null.
func (v *JSON) IsObject() bool { return v.kind == '{' }

// IsNull reports whether v is null.
func (v *JSON) IsNull() bool { return v.kind == 'n' }

// Field returns the value of a key of an object, nil when there is none.
func (v *JSON) Field(key string) *JSON {
	for i, k := range v.keys {
		if k == key {
			return v.values[i]
		}
	}
	return nil
}

// jsonStep is one part of a path: a key (unless it is absent) followed by subscripts, -1 standing for [*].
type jsonStep struct {
	key     string
	hasKey  bool
	bad     bool
	indexes []int
}

// jsonPath is a path of get_json_object; root says what the text must be: '{', '[' or 0 for either.
type jsonPath struct {
	steps []jsonStep
	root  byte
	valid bool
}

func parseJSONPath(path string) *jsonPath {
	p := &jsonPath{}
	if path == "" || path[0] != '$' {
		return p
	}
	p.valid = true
	if path == "$" {
		return p
	}
	parts := bytes.Split([]byte(path), []byte{'.'})
	switch {
	case path[1] == '[':
		p.root = '['
	case path[1] == '.':
		parts = parts[1:]
		p.root = '{'
		if len(path) > 2 && path[2] == '[' {
			p.root = '['
		}
	default:
		p.valid = false
		return p
	}
	for i, part := range parts {
		step := jsonStep{hasKey: i > 0 || p.root != '['}
		if step.hasKey {
			n := 0
			for n < len(part) && isPathByte(part[n]) {
				n++
			}
			step.key, step.bad = string(part[:n]), n == 0
		}
		step.indexes = subscripts(part)
		p.steps = append(p.steps, step)
	}
	return p
}

func isPathByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == ':' || c == ' ' || c >= '\t' && c <= '\r'
}

// subscripts finds all "[n]" and "[*]".
func subscripts(part []byte) []int {
	var out []int
	for {
		open := bytes.IndexByte(part, '[')
		if open < 0 {
			return out
		}
		part = part[open+1:]
		end := bytes.IndexByte(part, ']')
		if end < 0 {
			return out
		}
		if inside := string(part[:end]); inside == "*" {
			out = append(out, -1)
		} else if n, err := strconv.ParseUint(inside, 10, 31); err == nil {
			out = append(out, int(n))
		}
	}
}

// find follows the path; nil when it leads nowhere or to null.
func (p *jsonPath) find(v *JSON) *JSON {
	for _, s := range p.steps {
		if v == nil || s.bad {
			return nil
		}
		if s.hasKey {
			v = v.member(s.key)
		}
		if v != nil && len(s.indexes) > 0 {
			v = v.at(s.indexes)
		}
	}
	if v == nil || v.kind == 'n' {
		return nil
	}
	return v
}

// member is the value of a key; of an array, the values of the key in its objects, arrays among them opened.
func (v *JSON) member(key string) *JSON {
	switch v.kind {
	case '{':
		return v.Field(key)
	case '[':
		all := &JSON{kind: '['}
		for _, e := range v.values {
			if e.kind != '{' {
				continue
			}
			switch x := e.Field(key); {
			case x == nil || x.kind == 'n':
			case x.kind == '[':
				all.values = append(all.values, x.values...)
			default:
				all.values = append(all.values, x)
			}
		}
		if len(all.values) > 0 {
			return all
		}
	}
	return nil
}

func (v *JSON) at(indexes []int) *JSON {
	list := []*JSON{v}
	for _, n := range indexes {
		var next []*JSON
		for _, x := range list {
			switch {
			case x.kind != '[':
			case n < 0:
				next = append(next, x.values...)
			case n < len(x.values):
				next = append(next, x.values[n])
			}
		}
		if len(next) == 0 {
			return nil
		}
		list = next
	}
	if len(list) == 1 {
		return list[0]
	}
	return &JSON{kind: '[', values: list}
}

func getJSONObject(_ *Env, call *Call) Kernel {
	if !allTexts(call.Args) {
		return nil
	}
	var last string
	var path *jsonPath
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, p := textsOf(args[0]), textsOf(args[1])
		rows.Each(func(i int) {
			if s := p.at(i); path == nil || string(s) != last {
				last = string(s)
				path = parseJSONPath(last)
			}
			if !path.valid {
				out.Null(i)
				return
			}
			v := ParseJSON(a.at(i))
			if v == nil || path.root != 0 && v.kind != path.root || v.kind != '{' && v.kind != '[' {
				out.Null(i)
				return
			}
			if v = path.find(v); v == nil {
				out.Null(i)
				return
			}
			data := out.Extend()
			out.Set(i, len(data), v.Append(data))
		})
		return nil
	}
}
