// Package text reads and writes delimited text files with the semantics of Hive's LazySimpleSerDe over Hadoop's text input
// and output formats: any delimiters, escapes, nested separators, a NULL sequence, and schema on read, where a field that
// does not parse is NULL.
package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/engine/format"
)

// params are the SerDe's parameters, resolved from table properties and session.
type params struct {
	separators      []byte // by nesting level: fields, collection items, map keys, …
	null            []byte
	escaped         bool
	escape          byte
	needsEscape     [256]bool // bytes a writer escapes
	lastTakesRest   bool
	extendedBoolean bool
	base64          bool // binary fields are base64 where they decode
	rawBinary       bool // and are not when written
	lenient         bool // dates and timestamps roll over out-of-range parts, as Hive 3 does
	location        *time.Location
	patterns        []timestampPattern
	millis          bool // timestamp.formats lists "millis"
}

func newParams(properties map[string]string, session *format.Session) (*params, error) {
	p := &params{
		null:     []byte("\\N"),
		base64:   !isFalse(properties["hive.serialization.decode.binary.as.base64"]),
		lenient:  session.Hive3(),
		location: session.Location,
	}
	if p.location == nil {
		p.location = time.UTC
	}
	if s, ok := properties["serialization.null.format"]; ok {
		p.null = []byte(s)
	}
	p.lastTakesRest = strings.EqualFold(properties["serialization.last.column.takes.rest"], "true")
	if session.Conf != nil {
		p.extendedBoolean = strings.EqualFold(session.Conf("hive.lazysimple.extended_boolean_literal"), "true")
	}
	p.setSeparators(properties)
	p.setEscape(properties)
	for _, f := range splitUnescape(properties["timestamp.formats"]) {
		if strings.EqualFold(f, "millis") {
			p.millis = true
			continue
		}
		pattern, err := parseTimestampPattern(f)
		if err != nil {
			return nil, fmt.Errorf("timestamp.formats: %w", err)
		}
		p.patterns = append(p.patterns, pattern)
	}
	return p, nil
}

func isFalse(s string) bool { return s != "" && !strings.EqualFold(s, "true") }

// skippedLines returns how many lines at the start and end of a file are not rows.
func skippedLines(properties map[string]string) (header, footer int, err error) {
	if header, err = lineCount(properties, "skip.header.line.count"); err != nil {
		return 0, 0, err
	}
	footer, err = lineCount(properties, "skip.footer.line.count")
	return header, footer, err
}

func lineCount(properties map[string]string, key string) (int, error) {
	s := strings.TrimSpace(properties[key])
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is %q, not a count of lines", key, s)
	}
	return n, nil
}

// delimiter reads a one-byte property: a number from -128 to 127, else the first character.
func delimiter(s string, otherwise byte) byte {
	if s == "" {
		return otherwise
	}
	if n, err := strconv.ParseInt(s, 10, 8); err == nil {
		return byte(n)
	}
	r := []rune(s)[0]
	return byte(r)
}

func (p *params) setSeparators(properties map[string]string) {
	field, ok := properties["field.delim"]
	if !ok {
		field = properties["serialization.format"]
	}
	collection, ok := properties["collection.delim"]
	if !ok {
		collection = properties["colelction.delim"] // as Hive before 3 spelled it in tables' properties
	}
	s := []byte{delimiter(field, 1), delimiter(collection, 2), delimiter(properties["mapkey.delim"], 3), 4, 5, 6, 7, 8}
	additional := strings.EqualFold(properties["hive.serialization.extend.additional.nesting.levels"], "true")
	if additional || strings.EqualFold(properties["hive.serialization.extend.nesting.levels"], "true") {
		// Control characters that text is unlikely to hold.
		s = append(s, 11)
		for b := byte(14); b <= 26; b++ {
			s = append(s, b)
		}
		for b := byte(28); b <= 31; b++ {
			s = append(s, b)
		}
		if additional {
			for b := 128; b <= 255; b++ {
				s = append(s, byte(b))
			}
		}
		if !additional {
			s = s[:24]
		}
	}
	p.separators = s
}

func (p *params) setEscape(properties map[string]string) {
	e, ok := properties["escape.delim"]
	if !ok {
		return
	}
	p.escaped, p.escape = true, delimiter(e, '\\')
	p.needsEscape[p.escape] = true
	for _, b := range p.separators {
		p.needsEscape[b] = true
	}
	if strings.EqualFold(properties["serialization.escape.crlf"], "true") {
		p.needsEscape['\r'], p.needsEscape['\n'] = true, true
	}
}

// splitUnescape splits at commas; a backslash makes the next comma or backslash ordinary.
func splitUnescape(s string) []string {
	if s == "" {
		return nil
	}
	var out []string
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == ',':
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	out = append(out, b.String())
	return slices.DeleteFunc(out, func(f string) bool { return f == "" })
}

// separator returns the separator of a nesting level; deeper levels than the SerDe supports are an error at opening.
func (p *params) separator(level int) byte { return p.separators[level] }
