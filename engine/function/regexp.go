package function

import (
	"bytes"
	"unicode/utf8"

	"skep/dialect/javaregex"
	"skep/engine/vector"
)

// patternCache keeps the patterns a kernel met; usually there is one.
type patternCache struct {
	text []byte
	last *javaregex.Pattern
	more map[string]*javaregex.Pattern
}

const maxPatterns = 256

func (c *patternCache) get(source []byte) (*javaregex.Pattern, error) {
	if c.last != nil && bytes.Equal(c.text, source) {
		return c.last, nil
	}
	p := c.more[string(source)]
	if p == nil {
		var err error
		if p, err = javaregex.Compile(string(source), 0); err != nil {
			return nil, err
		}
		if c.more == nil || len(c.more) >= maxPatterns {
			c.more = map[string]*javaregex.Pattern{}
		}
		c.more[string(source)] = p
	}
	c.text, c.last = append(c.text[:0], source...), p
	return p, nil
}

func rlike(_ *Env, call *Call) Kernel {
	if !allTexts(call.Args) {
		return nil
	}
	var cache patternCache
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, re := textsOf(args[0]), textsOf(args[1])
		return rows.Try(func(i int) error {
			source := re.at(i)
			if len(source) == 0 {
				out.SetBool(i, false)
				return nil
			}
			p, err := cache.get(source)
			if err != nil {
				return err
			}
			ok, err := p.Match(a.at(i))
			out.SetBool(i, ok)
			return err
		})
	}
}

func regexpReplace(_ *Env, _ *Call) Kernel {
	var cache patternCache
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, re, repl := textsOf(args[0]), textsOf(args[1]), textsOf(args[2])
		return rows.Try(func(i int) error {
			p, err := cache.get(re.at(i))
			if err != nil {
				return methodFailed(replaceMethod, err)
			}
			s, r := a.at(i), repl.at(i)
			data := out.Extend()
			start, at := len(data), 0
			var bad error
			err = p.Each(s, func(loc []int) bool {
				data = appendPiece(data, s, at, loc[0])
				data, bad = expand(data, r, s, p, loc)
				at = loc[1]
				return bad == nil
			})
			if err == nil {
				err = methodFailed(replaceMethod, bad)
			}
			out.Set(i, start, appendPiece(data, s, at, len(s)))
			return err
		})
	}
}

const (
	replaceMethod = "public org.apache.hadoop.io.Text org.apache.hadoop.hive.ql.udf.UDFRegExpReplace.evaluate(org.apache.hadoop.io.Text," +
		"org.apache.hadoop.io.Text,org.apache.hadoop.io.Text)"
	extractMethod = "public java.lang.String org.apache.hadoop.hive.ql.udf.UDFRegExpExtract.evaluate(java.lang.String,java.lang.String," +
		"java.lang.Integer)"
)

// methodFailed is the error of a function that Hive calls by reflection.
func methodFailed(method string, err error) error {
	if err == nil {
		return nil
	}
	return errorf("Unable to execute method %s:%v", method, err)
}

// appendPiece appends s[from:to], whose ends may lie within a character: what is left of that is a question mark, as Java writes
// half a surrogate pair.
func appendPiece(dst, s []byte, from, to int) []byte {
	if from >= to {
		return dst
	}
	if !utf8.RuneStart(s[from]) && from >= 2 && s[from-2] >= 0xF0 {
		dst = append(dst, '?')
		from += 2
	}
	if to-2 >= from && to < len(s) && s[to-2] >= 0xF0 {
		return append(append(dst, s[from:to-2]...), '?')
	}
	return append(dst, s[from:to]...)
}

// expand appends a Java replacement: $n and ${name} are groups, a backslash makes the next character literal.
func expand(dst, repl, s []byte, p *javaregex.Pattern, loc []int) ([]byte, error) {
	for i := 0; i < len(repl); i++ {
		c := repl[i]
		switch {
		case c == '\\':
			i++
			if i == len(repl) {
				return dst, errorf("character to be escaped is missing")
			}
			dst = append(dst, repl[i])
			continue
		case c != '$':
			dst = append(dst, c)
			continue
		}
		i++
		if i == len(repl) {
			return dst, errorf("Illegal group reference: group index is missing")
		}
		g := 0
		if repl[i] == '{' {
			name := bytes.TrimLeft(repl[i+1:], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
			name = repl[i+1 : len(repl)-len(name)]
			i += 1 + len(name)
			switch {
			case len(name) == 0:
				return dst, errorf("named capturing group is missing trailing '}'")
			case i == len(repl) || repl[i] != '}':
				return dst, errorf("named capturing group is missing trailing '}'")
			case name[0] >= '0' && name[0] <= '9':
				return dst, errorf("capturing group name {%s} starts with digit character", name)
			}
			var ok bool
			if g, ok = p.Group(string(name)); !ok {
				return dst, errorf("No group with name {%s}", name)
			}
		} else {
			if repl[i] < '0' || repl[i] > '9' {
				return dst, errorf("Illegal group reference")
			}
			if g = int(repl[i] - '0'); 2*g >= len(loc) {
				return dst, errorf("No group %d", g)
			}
			// More digits belong to the number while such a group exists.
			for i+1 < len(repl) && repl[i+1] >= '0' && repl[i+1] <= '9' {
				next := g*10 + int(repl[i+1]-'0')
				if 2*next >= len(loc) {
					break
				}
				g = next
				i++
			}
		}
		if loc[2*g] >= 0 {
			dst = append(dst, s[loc[2*g]:loc[2*g+1]]...)
		}
	}
	return dst, nil
}

// regexpExtract is a group of the first match, "" without a match.
func regexpExtract(_ *Env, _ *Call) Kernel {
	var cache patternCache
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, re := textsOf(args[0]), textsOf(args[1])
		return rows.Try(func(i int) error {
			group := 1
			if len(args) > 2 {
				g := ints(args[2])
				group = int(g.at(i))
			}
			p, err := cache.get(re.at(i))
			if err != nil {
				return methodFailed(extractMethod, err)
			}
			s := a.at(i)
			loc, err := p.Find(s)
			switch {
			case err != nil:
				return err
			case loc == nil:
				out.SetBytes(i, nil)
			case group < 0 || 2*group >= len(loc):
				return methodFailed(extractMethod, errorf("No group %d", group))
			case loc[2*group] < 0:
				out.Null(i)
			default:
				out.SetBytes(i, s[loc[2*group]:loc[2*group+1]])
			}
			return nil
		})
	}
}

// split divides at matches, keeping trailing empty strings; a match of nothing at the start gives no leading empty string.
func split(_ *Env, call *Call) Kernel {
	if !allTexts(call.Args) {
		return nil
	}
	var cache patternCache
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, re := textsOf(args[0]), textsOf(args[1])
		elems := out.Children[0]
		return rows.Try(func(i int) error {
			p, err := cache.get(re.at(i))
			if err != nil {
				return err
			}
			s := a.at(i)
			start, at := elems.Len(), 0
			err = p.Each(s, func(loc []int) bool {
				if loc[1] == 0 {
					return true
				}
				appendText(elems, appendPiece(nil, s, at, loc[0]))
				at = loc[1]
				return true
			})
			appendText(elems, appendPiece(nil, s, at, len(s)))
			out.Refs[i] = vector.Ref{Off: uint32(start), Len: uint32(elems.Len() - start)}
			return err
		})
	}
}

// appendText appends a string to a flat column.
func appendText(v *vector.Vector, s []byte) {
	v.Refs = append(v.Refs, vector.Ref{Off: uint32(len(v.Data)), Len: uint32(len(s))})
	v.Data = append(v.Data, s...)
	if v.Nulls != nil {
		v.Nulls = append(v.Nulls, false)
	}
}

// appendNull appends a NULL to a flat column of strings.
func appendNull(v *vector.Vector) {
	n := len(v.Refs)
	v.Refs = append(v.Refs, vector.Ref{})
	for len(v.Nulls) < n {
		v.Nulls = append(v.Nulls, false)
	}
	v.Nulls = append(v.Nulls, true)
}
