package function

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"skep/engine/vector"
)

// pattern is a Java regular expression: an RE2 program where that means the same, otherwise a backtracking one.
type pattern struct {
	fast *regexp.Regexp
	slow *regexp2.Regexp
	// dollar patterns have a $ outside (?m), which Java also matches before a line end that ends the text.
	dollar bool
	source string
	// empty patterns match the empty string; their matches next to other matches differ between engines.
	empty bool
}

// backtrackTimeout bounds one match of a backtracking expression.
const backtrackTimeout = 30 * time.Second

func compilePattern(source string) (*pattern, error) {
	p := &pattern{source: source}
	if text, dollar, ok := translateRE2(source); ok {
		if re, err := regexp.Compile(text); err == nil {
			p.fast, p.dollar = re, dollar
			p.empty = re.MatchString("")
			if !dollar && !p.empty {
				return p, nil
			}
		}
	}
	if p.fast != nil {
		return p, nil // slow is compiled when a text needs it
	}
	return p, p.compileSlow()
}

func (p *pattern) compileSlow() error {
	re, err := regexp2.Compile(strings.ReplaceAll(p.source, `\Z`, `(?=(?:\r\n|[\n\r\u0085\u2028\u2029])?\z)`), regexp2.None)
	if err != nil {
		return errorf("invalid regular expression %q: %v", p.source, err)
	}
	re.MatchTimeout = backtrackTimeout
	p.slow = re
	return nil
}

// translateRE2 rewrites a Java expression for package regexp; ok is false when it may mean something else there. dollar tells of
// a $.
func translateRE2(source string) (text string, dollar, ok bool) {
	var b strings.Builder
	class := false
	for i := 0; i < len(source); i++ {
		c := source[i]
		switch {
		case c == '\\':
			if i+1 >= len(source) {
				return "", false, false
			}
			i++
			switch e := source[i]; {
			case e == 's':
				b.WriteString(map[bool]string{false: `[\t-\r ]`, true: `\t-\r `}[class])
			case e == 'S' && !class:
				b.WriteString(`[^\t-\r ]`)
			case e == 'h':
				b.WriteString(map[bool]string{false: `[ \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]`,
					true: ` \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}`}[class])
			case e == 'u':
				if i+4 >= len(source) {
					return "", false, false
				}
				fmt.Fprintf(&b, `\x{%s}`, source[i+1:i+5])
				i += 4
			case e == 'p' || e == 'P':
				name, n := propertyName(source[i+1:])
				posix, known := javaProperties[name]
				if !known {
					return "", false, false
				}
				i += n
				if class {
					if e == 'P' {
						return "", false, false
					}
					b.WriteString(posix)
				} else if e == 'P' {
					b.WriteString("[^" + posix + "]")
				} else {
					b.WriteString("[" + posix + "]")
				}
			case e == 'Q':
				end := strings.Index(source[i+1:], `\E`)
				literal := source[i+1:]
				if end >= 0 {
					literal = literal[:end]
					i += end + 2
				} else {
					i = len(source)
				}
				b.WriteString(regexp.QuoteMeta(literal))
			case strings.IndexByte("dDwWtnrfaAz", e) >= 0, (e == 'b' || e == 'B') && !class, e == 'x':
				b.WriteByte('\\')
				b.WriteByte(e)
			case e >= '0' && e <= '9', e >= 'a' && e <= 'z', e >= 'A' && e <= 'Z':
				return "", false, false // back references and escapes of Java only
			case e >= utf8.RuneSelf:
				b.WriteByte(e)
			default:
				b.WriteByte('\\')
				b.WriteByte(e)
			}
		case class:
			if c == '[' || c == '&' && i+1 < len(source) && source[i+1] == '&' {
				return "", false, false // nested and intersected classes
			}
			if c == ']' {
				class = false
			}
			b.WriteByte(c)
		case c == '[':
			class = true
			b.WriteByte(c)
			if i+1 < len(source) && source[i+1] == '^' {
				i++
				b.WriteByte('^')
			}
			if i+1 < len(source) && source[i+1] == ']' {
				return "", false, false
			}
		case c == '.':
			b.WriteString(`[^\n\r\x{85}\x{2028}\x{2029}]`)
		case c == '$':
			dollar = true
			b.WriteByte(c)
		case c == '(' && strings.HasPrefix(source[i:], "(?"):
			if !strings.HasPrefix(source[i:], "(?:") && !strings.HasPrefix(source[i:], "(?i)") {
				// Flags change what '.' and '$' are; look-around and atomic groups exist in Java only.
				return "", false, false
			}
			b.WriteByte(c)
		case strings.IndexByte("*+?}", c) >= 0 && i+1 < len(source) && source[i+1] == '+':
			return "", false, false // possessive
		default:
			b.WriteByte(c)
		}
	}
	if class {
		return "", false, false
	}
	if _, err := syntax.Parse(b.String(), syntax.Perl); err != nil {
		return "", false, false
	}
	return b.String(), dollar, true
}

// propertyName reads "{Name}" or "L" and returns the number of bytes.
func propertyName(s string) (string, int) {
	if s == "" {
		return "", 0
	}
	if s[0] != '{' {
		return s[:1], 1
	}
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return "", 0
	}
	return s[1:end], end + 1
}

// javaProperties are the classes that both engines know, as the inside of a class.
var javaProperties = map[string]string{
	"Alpha": "[:alpha:]", "Digit": "[:digit:]", "Alnum": "[:alnum:]", "Upper": "[:upper:]", "Lower": "[:lower:]", "Punct": "[:punct:]",
	"Graph": "[:graph:]", "Print": "[:print:]", "Blank": "[:blank:]", "Cntrl": "[:cntrl:]", "XDigit": "[:xdigit:]", "Space": "[:space:]",
	"ASCII": "[:ascii:]", "L": `\p{L}`, "Lu": `\p{Lu}`, "Ll": `\p{Ll}`, "N": `\p{N}`, "Nd": `\p{Nd}`, "P": `\p{P}`, "S": `\p{S}`, "Z": `\p{Z}`,
	"IsAlphabetic": `\p{L}\p{Nl}`, "IsLetter": `\p{L}`, "IsL": `\p{L}`, "IsN": `\p{N}`, "M": `\p{M}`, "IsP": `\p{P}`,
}

// needSlow reports whether s must go to the backtracking engine.
func (p *pattern) needSlow(s []byte) (bool, error) {
	if p.fast != nil && !(p.dollar && endsLine(s)) {
		return false, nil
	}
	if p.slow == nil {
		if err := p.compileSlow(); err != nil {
			return true, err
		}
	}
	return true, nil
}

func endsLine(s []byte) bool {
	r, _ := utf8.DecodeLastRune(s)
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

// find reports whether a part of s matches.
func (p *pattern) find(s []byte) (bool, error) {
	slow, err := p.needSlow(s)
	if err != nil {
		return false, err
	}
	if !slow {
		return p.fast.Match(s), nil
	}
	ok, err := p.slow.MatchString(string(s))
	if err != nil {
		return false, errorf("regular expression %q: %v", p.source, err)
	}
	return ok, nil
}

// each calls f for the matches in s, in order, with the positions of the groups in bytes, until f returns false.
func (p *pattern) each(s []byte, f func(loc []int) bool) error {
	slow, err := p.needSlow(s)
	if err != nil {
		return err
	}
	if !slow && !p.empty {
		for _, loc := range p.fast.FindAllSubmatchIndex(s, -1) {
			if !f(loc) {
				return nil
			}
		}
		return nil
	}
	if p.slow == nil {
		if err := p.compileSlow(); err != nil {
			return err
		}
	}
	text := string(s)
	// Positions are in runes there.
	var offsets []int
	for i := range text {
		offsets = append(offsets, i)
	}
	offsets = append(offsets, len(text))
	m, err := p.slow.FindStringMatch(text)
	for ; m != nil && err == nil; m, err = p.slow.FindNextMatch(m) {
		var loc []int
		for _, g := range m.Groups() {
			if len(g.Captures) == 0 {
				loc = append(loc, -1, -1)
			} else {
				loc = append(loc, offsets[g.Index], offsets[g.Index+g.Length])
			}
		}
		if !f(loc) {
			return nil
		}
	}
	if err != nil {
		return errorf("regular expression %q: %v", p.source, err)
	}
	return nil
}

// patternCache keeps the patterns a kernel met; usually there is one.
type patternCache struct {
	text []byte
	last *pattern
	more map[string]*pattern
}

const maxPatterns = 256

func (c *patternCache) get(source []byte) (*pattern, error) {
	if c.last != nil && bytes.Equal(c.text, source) {
		return c.last, nil
	}
	p := c.more[string(source)]
	if p == nil {
		var err error
		if p, err = compilePattern(string(source)); err != nil {
			return nil, err
		}
		if c.more == nil || len(c.more) >= maxPatterns {
			c.more = map[string]*pattern{}
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
			ok, err := p.find(a.at(i))
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
				return err
			}
			s, r := a.at(i), repl.at(i)
			data := out.Extend()
			start, at := len(data), 0
			var bad error
			err = p.each(s, func(loc []int) bool {
				data = append(data, s[at:loc[0]]...)
				data, bad = expand(data, r, s, loc)
				at = loc[1]
				return bad == nil
			})
			if err == nil {
				err = bad
			}
			out.Set(i, start, append(data, s[at:]...))
			return err
		})
	}
}

// expand appends a Java replacement: $n and ${name} are groups, a backslash makes the next character literal.
func expand(dst, repl, s []byte, loc []int) ([]byte, error) {
	for i := 0; i < len(repl); i++ {
		c := repl[i]
		switch {
		case c == '\\':
			i++
			if i == len(repl) {
				return dst, errorf("character to be escaped is missing")
			}
			dst = append(dst, repl[i])
		case c != '$':
			dst = append(dst, c)
		default:
			if i+1 >= len(repl) || repl[i+1] < '0' || repl[i+1] > '9' {
				return dst, errorf("Illegal group reference")
			}
			i++
			g := int(repl[i] - '0')
			if 2*g >= len(loc) {
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
			if loc[2*g] >= 0 {
				dst = append(dst, s[loc[2*g]:loc[2*g+1]]...)
			}
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
				return err
			}
			s := a.at(i)
			found := false
			var bad error
			err = p.each(s, func(loc []int) bool {
				found = true
				switch {
				case group < 0 || 2*group >= len(loc):
					bad = errorf("No group %d", group)
				case loc[2*group] < 0:
					out.Null(i)
				default:
					out.SetBytes(i, s[loc[2*group]:loc[2*group+1]])
				}
				return false
			})
			if err == nil {
				err = bad
			}
			if !found {
				out.SetBytes(i, nil)
			}
			return err
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
			if len(re.at(i)) == 0 && supplementary(s) { // between the units
				for _, u := range unitsOf(s) {
					appendText(elems, appendUnits(nil, []uint16{u}))
				}
				appendText(elems, nil)
				out.Refs[i] = vector.Ref{Off: uint32(start), Len: uint32(elems.Len() - start)}
				return nil
			}
			err = p.each(s, func(loc []int) bool {
				if loc[1] == 0 {
					return true
				}
				appendText(elems, s[at:loc[0]])
				at = loc[1]
				return true
			})
			appendText(elems, s[at:])
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
