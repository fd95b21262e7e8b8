package dump

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Thrift's JSON protocol (TJSONProtocol): a struct is an object from field numbers to one-entry objects that name the type,
// {"1":{"str":"x"}}; a list is ["type",n,elements…], a map ["keytype","valuetype",n,{key:value,…}]. Keys that are no
// strings stand in the object as they are, so that the text need not be JSON and has a parser of its own.

// encoder appends values to a text.
type encoder struct {
	b     []byte
	first bool
}

// str appends a string literal. Thrift's readers of Hive's age know no escapes beyond \u00ff, so all else stays as it is.
func (e *encoder) str(s string) {
	e.b = append(e.b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			e.b = append(e.b, '\\', c)
		case c < 0x20:
			e.b = fmt.Appendf(e.b, `\u%04x`, c)
		default:
			e.b = append(e.b, c)
		}
	}
	e.b = append(e.b, '"')
}

// record appends a struct; fields appends what it holds.
func (e *encoder) record(fields func()) {
	e.b = append(e.b, '{')
	outer := e.first
	e.first = true
	fields()
	e.first = outer
	e.b = append(e.b, '}')
}

// field appends a field of a struct; value appends its value.
func (e *encoder) field(id int, kind string, value func()) {
	if !e.first {
		e.b = append(e.b, ',')
	}
	e.first = false
	e.b = fmt.Appendf(e.b, `"%d":{"%s":`, id, kind)
	value()
	e.b = append(e.b, '}')
}

func (e *encoder) strField(id int, s string) { e.field(id, "str", func() { e.str(s) }) }

func (e *encoder) optional(id int, s string) {
	if s != "" {
		e.strField(id, s)
	}
}

func (e *encoder) intField(id int, n int64) {
	e.field(id, "i32", func() { e.b = strconv.AppendInt(e.b, n, 10) })
}

func (e *encoder) boolField(id int, v bool) {
	e.field(id, "tf", func() { e.b = append(e.b, map[bool]byte{false: '0', true: '1'}[v]) })
}

func (e *encoder) recordField(id int, fields func()) { e.field(id, "rec", func() { e.record(fields) }) }

// list appends n elements of a kind.
func (e *encoder) list(kind string, n int, element func(i int)) {
	e.b = fmt.Appendf(e.b, `["%s",%d`, kind, n)
	for i := range n {
		e.b = append(e.b, ',')
		element(i)
	}
	e.b = append(e.b, ']')
}

func (e *encoder) listField(id int, kind string, n int, element func(i int)) {
	e.field(id, "lst", func() { e.list(kind, n, element) })
}

func (e *encoder) strings(id int, list []string) {
	e.listField(id, "str", len(list), func(i int) { e.str(list[i]) })
}

func (e *encoder) mapField(id int, m map[string]string) {
	e.field(id, "map", func() {
		e.b = fmt.Appendf(e.b, `["str","str",%d,{`, len(m))
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for i, k := range keys {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			e.str(k)
			e.b = append(e.b, ':')
			e.str(m[k])
		}
		e.b = append(e.b, "}]"...)
	})
}

// value is a parsed value: a text or number in text, the elements of an array, or the keys and values of an object.
type value struct {
	text string
	keys []value
	list []value
}

// field gives the value of a field of a struct; the zero value when it is absent.
func (v value) field(id int) value {
	name := strconv.Itoa(id)
	for i, k := range v.keys {
		if k.text == name && len(v.list[i].list) == 1 {
			return v.list[i].list[0]
		}
	}
	return value{}
}

func (v value) str(id int) string { return v.field(id).text }

func (v value) int(id int) int64 {
	n, _ := strconv.ParseInt(v.str(id), 10, 64) // absent fields and those of other types count as 0, as Thrift skips them
	return n
}

func (v value) bool(id int) bool { return v.str(id) == "1" }

// elements are those of a list.
func (v value) elements() []value {
	if len(v.list) < 2 {
		return nil
	}
	return v.list[2:]
}

func (v value) strings(id int) []string { return texts(v.field(id).elements()) }

func texts(list []value) []string {
	var out []string
	for _, x := range list {
		out = append(out, x.text)
	}
	return out
}

func (v value) strMap(id int) map[string]string {
	out := map[string]string{}
	if f := v.field(id); len(f.list) == 4 {
		for i, k := range f.list[3].keys {
			out[k.text] = f.list[3].list[i].text
		}
	}
	return out
}

// maxDepth is far more than a table can have, and little enough for the stack.
const maxDepth = 64

var errSyntax = errors.New("malformed Thrift JSON")

type decoder struct {
	s   string
	pos int
}

func parse(s string) (value, error) {
	d := &decoder{s: s}
	v, err := d.value(maxDepth)
	if err != nil {
		return value{}, fmt.Errorf("%w at byte %d", err, d.pos)
	}
	return v, nil
}

// skip passes c, after blanks, and reports whether it was there.
func (d *decoder) skip(c byte) bool {
	for d.pos < len(d.s) && strings.IndexByte(" \t\r\n", d.s[d.pos]) >= 0 {
		d.pos++
	}
	if d.pos < len(d.s) && d.s[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

func (d *decoder) value(depth int) (v value, err error) {
	switch {
	case depth == 0:
		return v, errSyntax
	case d.skip('"'):
		v.text, err = d.str()
		return v, err
	case d.skip('['):
		for first := true; !d.skip(']'); first = false {
			if !first && !d.skip(',') {
				return v, errSyntax
			}
			x, err := d.value(depth - 1)
			if err != nil {
				return v, err
			}
			v.list = append(v.list, x)
		}
		return v, nil
	case d.skip('{'):
		for first := true; !d.skip('}'); first = false {
			if !first && !d.skip(',') {
				return v, errSyntax
			}
			k, err := d.value(depth - 1)
			if err != nil || !d.skip(':') {
				return v, errors.Join(errSyntax, err)
			}
			x, err := d.value(depth - 1)
			if err != nil {
				return v, err
			}
			v.keys, v.list = append(v.keys, k), append(v.list, x)
		}
		return v, nil
	}
	n := strings.IndexFunc(d.s[d.pos:], func(r rune) bool { return !strings.ContainsRune("+-.0123456789eE", r) })
	if n < 0 {
		n = len(d.s) - d.pos
	}
	if n == 0 {
		return v, errSyntax
	}
	v.text = d.s[d.pos : d.pos+n]
	d.pos += n
	return v, nil
}

// str reads the rest of a string literal.
func (d *decoder) str() (string, error) {
	var b strings.Builder
	for d.pos < len(d.s) {
		c := d.s[d.pos]
		d.pos++
		switch c {
		case '"':
			return b.String(), nil
		case '\\':
			if d.pos == len(d.s) {
				return "", errSyntax
			}
			c = d.s[d.pos]
			d.pos++
			if c == 'u' {
				r, err := d.hex()
				if err != nil {
					return "", err
				}
				b.WriteRune(r)
				continue
			}
			if i := strings.IndexByte("bfnrt", c); i >= 0 {
				c = "\b\f\n\r\t"[i]
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return "", errSyntax
}

// hex reads the digits of \uXXXX, and of the second half of a surrogate pair.
func (d *decoder) hex() (rune, error) {
	digits := func() (rune, error) {
		if d.pos+4 > len(d.s) {
			return 0, errSyntax
		}
		n, err := strconv.ParseUint(d.s[d.pos:d.pos+4], 16, 32)
		if err != nil {
			return 0, errSyntax
		}
		d.pos += 4
		return rune(n), nil
	}
	r, err := digits()
	if err != nil || r < 0xd800 || r > 0xdbff || !strings.HasPrefix(d.s[d.pos:], `\u`) {
		return r, err
	}
	d.pos += 2
	low, err := digits()
	if err != nil || low < 0xdc00 || low > 0xdfff {
		return utf8.RuneError, err
	}
	return 0x10000 + (r-0xd800)<<10 + (low - 0xdc00), nil
}
