package text

import (
	"encoding/binary"
	"fmt"
)

// cells are the field positions of the rows of a batch within buf. Field f of row r starts at at[r*stride+f] and its length is
// at[r*stride+f+1] - start - 1; a field missing from its line has length -1.
type cells struct {
	buf    []byte
	at     []uint32
	stride int
}

func (c *cells) field(row, field int) (off, n int) {
	k := row*c.stride + field
	off = int(c.at[k])
	return off, int(c.at[k+1]) - off - 1
}

// scanRows consumes up to limit lines and records their fields 0..fields-1; it returns how many, 0 at the end of the split.
// The positions are valid until the next call.
func (r *reader) scanRows(limit int) (int, error) {
	s, c := &r.source, &r.cells
	for {
		n, from := 0, s.pos
		stride := c.stride
		for n < limit && (r.limit < 0 || s.base+int64(from) < r.limit) {
			end, next, ok := s.line(from)
			if !ok {
				break
			}
			switch {
			case stride == 0:
			case r.params.escaped:
				r.splitEscaped(c.at[n*stride:(n+1)*stride], from, end)
			default:
				splitFields(c.at[n*stride:(n+1)*stride], s.buf, from, end, r.delimiters, r.takesRest)
			}
			if r.offsets != nil {
				r.offsets.I64[n] = s.base + int64(from)
			}
			from = next
			n++
		}
		s.pos = from
		if n > 0 {
			c.buf = s.buf
			return n, nil
		}
		if s.eof || r.limit >= 0 && s.base+int64(from) >= r.limit {
			return 0, nil
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// splitFields records the field starts of the line buf[from:end] in out, whose last entry is one past the end of the last
// field plus one. When rest is set, the last field extends to the end of the line.
func splitFields(out []uint32, buf []byte, from, end int, pattern uint64, rest bool) {
	out[0] = uint32(from)
	f, last := 1, len(out)
	if rest {
		last--
	}
	for p := from; p < end && f < last; p += 8 {
		m := matches(binary.LittleEndian.Uint64(buf[p:]), pattern)
		for m != 0 {
			q := p + firstMatch(m)
			if q >= end {
				p = end
				break
			}
			out[f] = uint32(q + 1)
			if f++; f == last {
				break
			}
			m &= m - 1
		}
	}
	for ; f < len(out); f++ {
		out[f] = uint32(end + 1)
	}
}

// splitEscaped is splitFields where an escape character makes the next byte ordinary.
func (r *reader) splitEscaped(out []uint32, from, end int) {
	buf, separator, escape := r.source.buf, r.params.separators[0], r.params.escape
	out[0] = uint32(from)
	f, last := 1, len(out)
	if r.takesRest {
		last--
	}
	for p := from; p < end && f < last; p++ {
		switch buf[p] {
		case separator:
			out[f] = uint32(p + 1)
			f++
		case escape:
			if p+1 < end {
				p++
			}
		}
	}
	for ; f < len(out); f++ {
		out[f] = uint32(end + 1)
	}
}

// wrap adds the split to an error.
func (r *reader) wrap(err error) error {
	return fmt.Errorf("reading text file %s: %w", r.source.path, err)
}
