package text

import (
	"bytes"
	"fmt"
	"io"

	"skep/engine/format"
	"skep/engine/format/record"
)

// source delivers the bytes of a file to line scanning: buf[pos:end] is what is not consumed yet, followed by at least padding
// readable bytes. base is the position of buf[0] in the (decompressed) file.
type source struct {
	path     string
	input    format.Input
	stream   io.Reader // decompressed contents; nil for plain files, which are read by position
	offset   int64     // where the next read of a plain file starts
	buf      []byte
	pos, end int
	base     int64
	eof      bool
	carriage bool // buf[pos:end] may hold a carriage return
}

const (
	padding = record.Padding
	// chunkBytes is what one read asks for: small enough to stay in the second-level cache until its lines are parsed.
	chunkBytes = 512 << 10
	// maxLine bounds a line so that offsets into the buffer fit 32 bits.
	maxLine = 1 << 31
)

// fill reads more bytes behind the unconsumed ones, which it moves to the front. It invalidates offsets into buf.
func (s *source) fill() error {
	if s.eof {
		return nil
	}
	rest := s.end - s.pos
	if rest >= maxLine-chunkBytes-padding {
		return fmt.Errorf("reading %s: line at offset %d is longer than %d bytes", s.path, s.base+int64(s.pos), maxLine)
	}
	need := max(chunkBytes, 2*rest) + padding
	if len(s.buf) < need {
		grown := make([]byte, need)
		copy(grown, s.buf[s.pos:s.end])
		s.buf = grown
	} else {
		copy(s.buf, s.buf[s.pos:s.end])
	}
	s.base += int64(s.pos)
	s.pos, s.end = 0, rest
	space := s.buf[rest : len(s.buf)-padding]
	var n int
	var err error
	if s.stream != nil {
		n, err = readFull(s.stream, space)
	} else {
		n, err = s.input.ReadAt(space, s.offset)
		s.offset += int64(n)
	}
	s.carriage = bytes.IndexByte(s.buf[:rest+n], '\r') >= 0
	s.end += n
	switch {
	case err == io.EOF:
		s.eof = true
	case err != nil:
		return fmt.Errorf("reading %s at offset %d: %w", s.path, s.base+int64(s.end), err)
	case n == 0:
		s.eof = true
	}
	return nil
}

// readFull fills p and returns io.EOF only at the regular end of r: a truncated compressed stream keeps its own error, which
// io.ReadFull would make indistinguishable.
func readFull(r io.Reader, p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k, err := r.Read(p[n:])
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// line finds the line that starts at buf[from:]: its end (exclusive) and the start of the next. A line ends with LF, CR, CR LF
// or the end of the file. ok is false when more bytes are needed to tell.
func (s *source) line(from int) (end, next int, ok bool) {
	rest := s.buf[from:s.end]
	n := bytes.IndexByte(rest, '\n')
	if s.carriage {
		head := rest
		if n >= 0 {
			head = rest[:n]
		}
		if c := bytes.IndexByte(head, '\r'); c >= 0 {
			end = from + c
			switch {
			case end+1 < s.end && s.buf[end+1] == '\n':
				return end, end + 2, true
			case end+1 == s.end && !s.eof:
				return 0, 0, false
			}
			return end, end + 1, true
		}
	}
	if n >= 0 {
		return from + n, from + n + 1, true
	}
	if s.eof && len(rest) > 0 {
		return s.end, s.end, true
	}
	return 0, 0, false
}

// skipLine consumes one line and reports whether there was one.
func (s *source) skipLine() (bool, error) {
	for {
		if _, next, ok := s.line(s.pos); ok {
			s.pos = next
			return true, nil
		}
		if s.eof {
			return false, nil
		}
		if err := s.fill(); err != nil {
			return false, err
		}
	}
}

// skipMark consumes the UTF-8 byte order mark at the start of a file.
func (s *source) skipMark() error {
	for s.end-s.pos < 3 && !s.eof {
		if err := s.fill(); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(s.buf[s.pos:s.end], []byte("\xef\xbb\xbf")) {
		s.pos += 3
	}
	return nil
}

// footerTrimmer passes on all but the last lines of a stream.
type footerTrimmer struct {
	r       io.Reader
	lines   int
	pending []byte
	ready   int // bytes of pending that are known not to belong to the footer
	eof     bool
}

func (f *footerTrimmer) Read(p []byte) (int, error) {
	for f.ready == 0 {
		if f.eof {
			return 0, io.EOF
		}
		at := len(f.pending)
		f.pending = append(f.pending, make([]byte, chunkBytes)...)
		n, err := readFull(f.r, f.pending[at:])
		f.pending = f.pending[:at+n]
		if err == io.EOF {
			f.eof = true
		} else if err != nil {
			return 0, err
		}
		lines := f.lines
		if !f.eof {
			lines++ // the last line may still grow
		}
		f.ready = footerStart(f.pending, lines)
	}
	n := copy(p, f.pending[:f.ready])
	f.pending = f.pending[n:]
	f.ready -= n
	return n, nil
}

// footerStart returns the offset where the last lines of b start, 0 when it has no more lines than that.
func footerStart(b []byte, lines int) int {
	end := len(b)
	if end > 0 && b[end-1] == '\n' {
		end--
	}
	for range lines {
		end = bytes.LastIndexByte(b[:max(end, 0)], '\n')
		if end < 0 {
			return 0
		}
	}
	return end + 1
}
