// Package partition knows how Hive names partitions, what type their values have, and which partitions a filter can
// possibly select.
package partition

import (
	"fmt"
	"strings"
)

// DefaultName is the value that stands for NULL and for the empty string in a partition name.
const DefaultName = "__HIVE_DEFAULT_PARTITION__"

const upperHex = "0123456789ABCDEF"

// escaped marks the ASCII characters that Hive writes as %XX in partition directories. '}' is not among them.
var escaped = func() (set [128]bool) {
	for c := range 0x20 {
		set[c] = true
	}
	for _, c := range "\"#%'*/:=?\\{[]^\x7f" {
		set[c] = true
	}
	return set
}()

// Escape returns s as it appears in a partition name; the empty string becomes DefaultName.
func Escape(s string) string {
	if s == "" {
		return DefaultName
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 128 && escaped[c] {
			n++
		}
	}
	if n == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*n)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 128 && escaped[c] {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			c = upperHex[c&15]
		}
		b.WriteByte(c)
	}
	return b.String()
}

// Unescape undoes Escape. As in Hive any %XX is decoded, to the character with that code, and a '%' not followed by two
// hexadecimal digits stands for itself.
func Unescape(s string) string {
	first := strings.IndexByte(s, '%')
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:first])
	for i := first; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if code, ok := hexPair(s[i+1], s[i+2]); ok {
				b.WriteRune(rune(code))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// hexPair reads two characters as Java's Integer.parseInt(s, 16) does: "+A" is a number too.
func hexPair(a, b byte) (int, bool) {
	lo, ok := hexDigit(b)
	if !ok {
		return 0, false
	}
	if a == '+' {
		return lo, true
	}
	hi, ok := hexDigit(a)
	return hi<<4 | lo, ok
}

func hexDigit(c byte) (int, bool) {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0'), true
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10, true
	}
	return 0, false
}

// Name returns the partition name "key=value/key=value", which is also its directory below the table's. Keys and values
// go in pairs, in the order of the table's partition keys.
func Name(keys, values []string) string {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(Escape(strings.ToLower(k)))
		b.WriteByte('=')
		b.WriteString(Escape(values[i]))
	}
	return b.String()
}

// ParseName splits a partition name (or a directory path relative to the table's) into keys and values.
func ParseName(name string) (keys, values []string, err error) {
	n := strings.Count(name, "/") + 1
	keys, values = make([]string, 0, n), make([]string, 0, n)
	for part := range strings.SplitSeq(name, "/") {
		k, v, ok := strings.Cut(part, "=")
		if !ok || k == "" {
			return nil, nil, fmt.Errorf("partition name %q: %q is not key=value", name, part)
		}
		keys = append(keys, Unescape(k))
		values = append(values, Unescape(v))
	}
	return keys, values, nil
}

// AppendValues appends the values in a well-formed partition name to dst.
func AppendValues(dst []string, name string) []string {
	for name != "" {
		part := name
		if i := strings.IndexByte(name, '/'); i >= 0 {
			part, name = name[:i], name[i+1:]
		} else {
			name = ""
		}
		dst = append(dst, Unescape(part[strings.IndexByte(part, '=')+1:]))
	}
	return dst
}

// NormalizeValue returns the value under which a partition is stored: NULL and the empty string have none of their own.
func NormalizeValue(v string) string {
	if v == "" {
		return DefaultName
	}
	return v
}
