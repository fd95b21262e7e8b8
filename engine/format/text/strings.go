package text

import (
	"encoding/base64"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
)

// parseShared makes the rows references into the file's buffer. It reports false when a value needs another text: invalid
// UTF-8 in char or varchar, which reads as replacement characters.
func (c *column) parseShared(p *params, in *cells, n int, sel []uint16) bool {
	v := c.v
	count := n
	if sel != nil {
		count = len(sel)
	}
	v.Data = in.buf
	plain := c.typ.Kind == types.String
	for k := range count {
		row := k
		if sel != nil {
			row = int(sel[k])
		}
		off, length := in.field(row, c.field)
		if p.isNull(in.buf, off, length) {
			v.Refs[row] = vector.Ref{}
			c.null(row, n)
			continue
		}
		if !plain {
			s := in.buf[off : off+length]
			if !utf8.Valid(s) {
				return false
			}
			length = len(fit(c.typ, s))
		}
		v.Refs[row] = vector.Ref{Off: uint32(off), Len: uint32(length)}
	}
	return true
}

// parseCopied copies the values into the column's own arena, unescaped and decoded.
func (c *column) parseCopied(p *params, in *cells, n int, sel []uint16) {
	v := c.v
	count := n
	if sel != nil {
		count = len(sel)
	}
	v.Data = c.arena[:0]
	v.Nulls = nil
	for k := range count {
		row := k
		if sel != nil {
			row = int(sel[k])
		}
		off, length := in.field(row, c.field)
		if p.isNull(in.buf, off, length) {
			v.Refs[row] = vector.Ref{}
			c.null(row, n)
			continue
		}
		v.Refs[row] = p.appendBytes(v, in.buf[off:off+length])
	}
	c.arena = v.Data
}

// appendBytes appends the value of a field of v's string or binary type to v's arena.
func (p *params) appendBytes(v *vector.Vector, s []byte) vector.Ref {
	start := len(v.Data)
	switch {
	case v.Type.Kind == types.Binary:
		v.Data = p.appendBinary(v.Data, s)
	case p.escaped:
		v.Data = appendUnescaped(v.Data, s, p.escape)
	default:
		v.Data = append(v.Data, s...)
	}
	if t := v.Type; t.Kind == types.Char || t.Kind == types.Varchar {
		value := v.Data[start:]
		if !utf8.Valid(value) {
			value = []byte(string([]rune(string(value)))) // every invalid byte becomes U+FFFD
		}
		v.Data = append(v.Data[:start], fit(t, value)...)
	}
	return vector.Ref{Off: uint32(start), Len: uint32(len(v.Data) - start)}
}

// fit cuts the text to the length of a char or varchar, and a char's trailing blanks.
func fit(t *types.Type, s []byte) []byte {
	if len(s) > t.Length {
		k := 0
		for i := 0; i < t.Length && k < len(s); i++ {
			_, size := utf8.DecodeRune(s[k:])
			k += size
		}
		s = s[:k]
	}
	if t.Kind == types.Char {
		for len(s) > 0 && s[len(s)-1] == ' ' {
			s = s[:len(s)-1]
		}
	}
	return s
}

// appendUnescaped appends s without its escape characters; an escaped r or n is a carriage return or line feed.
func appendUnescaped(dst, s []byte, escape byte) []byte {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b == escape && i+1 < len(s) {
			i++
			switch b = s[i]; b {
			case 'r':
				b = '\r'
			case 'n':
				b = '\n'
			}
		}
		dst = append(dst, b)
	}
	return dst
}

// appendBinary appends the decoded bytes when s is base64 and s itself otherwise.
func (p *params) appendBinary(dst, s []byte) []byte {
	switch {
	case !p.base64:
		return append(dst, s...)
	case p.lenient:
		return appendLooseBase64(dst, s)
	}
	start := len(dst)
	body := s
	if len(s) > 0 && len(s)%4 == 0 {
		for range 2 {
			if body[len(body)-1] == '=' {
				body = body[:len(body)-1]
			}
		}
	}
	for _, b := range body {
		if b == '\n' || b == '\r' { // which Go's decoder would skip
			return append(dst, s...)
		}
	}
	dst, err := base64.RawStdEncoding.AppendDecode(dst, body)
	if err != nil {
		return append(dst[:start], s...)
	}
	return dst
}

// appendLooseBase64 decodes as Hive 3 does: letters of both alphabets, blanks and line ends anywhere, up to the first padding; what is left over is
// cut to whole bytes. Other texts, and those that decode to nothing, stay as they are.
func appendLooseBase64(dst, s []byte) []byte {
	start := len(dst)
	var bits uint32
	n := 0
	ended := false
	for _, c := range s {
		var v uint32
		switch {
		case c >= 'A' && c <= 'Z':
			v = uint32(c - 'A')
		case c >= 'a' && c <= 'z':
			v = uint32(c-'a') + 26
		case c >= '0' && c <= '9':
			v = uint32(c-'0') + 52
		case c == '+' || c == '-':
			v = 62
		case c == '/' || c == '_':
			v = 63
		case c == '=':
			ended = true
			continue
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		default:
			return append(dst[:start], s...)
		}
		if ended {
			continue
		}
		bits = bits<<6 | v
		if n += 6; n >= 8 {
			n -= 8
			dst = append(dst, byte(bits>>n))
		}
	}
	if len(dst) == start {
		return append(dst, s...)
	}
	return dst
}
