package orc

import (
	"errors"
	"fmt"
	"io"

	"skep/engine/compress"
	"skep/engine/format"
)

// padding is how many bytes behind the end of a stream's buffer may be read (not interpreted) by word-wise decoding.
const padding = 16

// slack is the room behind a chunk with which decompressors need not look for its end at every step.
const slack = 512

// readAhead is how much of a stream one read of the file asks for.
const readAhead = 256 << 10

var errTruncated = errors.New("the stream ends early")

// stream delivers the decompressed bytes of one stream: buf[pos:end] is what has not been consumed, followed by padding.
type stream struct {
	input    io.ReaderAt
	from, to int64 // where the stream is stored
	next     int64 // the next chunk
	raw      []byte
	rawAt    int64 // where raw was read from
	codec    compress.Block
	limit    int // largest decompressed chunk
	dec      *compress.Decoder
	buf      []byte
	pos, end int
	cur      int64 // the chunk whose bytes begin at buf[base]; -1 for none
	base     int
}

// reset points the stream at another run of stored bytes.
func (s *stream) reset(input io.ReaderAt, from, length int64, codec compress.Block, limit int, dec *compress.Decoder) {
	s.input, s.from, s.to, s.codec, s.limit, s.dec = input, from, from+length, codec, limit, dec
	s.raw, s.rawAt = s.raw[:0], from
	s.next, s.pos, s.end, s.cur = from, 0, 0, -1
}

// resetBytes points the stream at stored bytes in memory, which it does not change.
func (s *stream) resetBytes(stored []byte, codec compress.Block, limit int, dec *compress.Decoder) {
	s.reset(nil, 0, int64(len(stored)), codec, limit, dec)
	s.raw = stored
}

// release gives the buffers back.
func (s *stream) release() {
	format.GiveBuffer(s.buf)
	if s.input != nil {
		format.GiveBuffer(s.raw)
	}
	s.buf, s.raw = nil, nil
}

// need makes at least n bytes available, or all that are left; it returns how many there are. It moves the buffer.
func (s *stream) need(n int) (int, error) {
	for s.end-s.pos < n && s.next < s.to {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	return s.end - s.pos, nil
}

// must is need for bytes that have to be there.
func (s *stream) must(n int) error {
	if s.end-s.pos >= n {
		return nil
	}
	have, err := s.need(n)
	if err == nil && have < n {
		err = errTruncated
	}
	return err
}

// stored returns the n stored bytes at the file offset at.
func (s *stream) stored(at int64, n int) ([]byte, error) {
	if at+int64(n) > s.to {
		return nil, errTruncated
	}
	if at < s.rawAt || at+int64(n) > s.rawAt+int64(len(s.raw)) {
		if s.input == nil {
			return nil, errTruncated
		}
		want := int(min(max(int64(n), readAhead), s.to-at))
		if cap(s.raw) < want {
			format.GiveBuffer(s.raw)
			s.raw = format.TakeBuffer(want)
		}
		s.raw, s.rawAt = s.raw[:want], at
		if k, err := s.input.ReadAt(s.raw, at); k < want {
			s.raw = s.raw[:0]
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("at offset %d: %w", at, err)
		}
	}
	return s.raw[at-s.rawAt:][:n], nil
}

// chunk returns the stored form of the chunk at the file offset at, and where the next one starts.
func (s *stream) chunk(at int64) (data []byte, packed bool, next int64, err error) {
	if s.codec == compress.BlockNone {
		n := min(s.to-at, int64(s.limit))
		data, err = s.stored(at, int(n))
		return data, false, at + n, err
	}
	h, err := s.stored(at, 3)
	if err != nil {
		return nil, false, 0, err
	}
	head := int(h[0]) | int(h[1])<<8 | int(h[2])<<16
	data, err = s.stored(at+3, head>>1)
	return data, head&1 == 0, at + 3 + int64(head>>1), err
}

// fill appends the next chunk to the unconsumed bytes.
func (s *stream) fill() error {
	data, packed, next, err := s.chunk(s.next)
	if err != nil {
		return err
	}
	rest := s.end - s.pos
	size := rest + len(data)
	if packed {
		size = rest + s.limit
	}
	if size += slack; cap(s.buf) < size {
		grown := format.TakeBuffer(size)
		grown = grown[:cap(grown)]
		copy(grown, s.buf[s.pos:s.end])
		format.GiveBuffer(s.buf)
		s.buf = grown
	} else {
		s.buf = s.buf[:cap(s.buf)]
		copy(s.buf, s.buf[s.pos:s.end])
	}
	s.pos, s.end = 0, rest
	n := len(data)
	if packed {
		out, err := s.dec.Decode(s.codec, s.buf[rest:rest], data, s.limit)
		if err != nil {
			return err
		}
		if n = len(out); n > 0 && &out[0] != &s.buf[rest] {
			copy(s.buf[rest:], out)
		}
	} else {
		copy(s.buf[rest:], data)
	}
	s.cur, s.base, s.next = s.next, rest, next
	s.end = rest + n
	return nil
}

// seek moves to a position of the row index: the offset of a chunk among the stored bytes and the offset inside it (without
// compression: one offset). It returns the positions that follow.
func (s *stream) seek(positions []uint64) ([]uint64, error) {
	want := 1
	if s.codec != compress.BlockNone {
		want = 2
	}
	if len(positions) < want || positions[0] > uint64(s.to-s.from) {
		return nil, fmt.Errorf("row index: %w", errProto)
	}
	at := s.from + int64(positions[0])
	if want == 1 {
		s.next, s.pos, s.end, s.cur = at, 0, 0, -1
		return positions[1:], nil
	}
	off := positions[1]
	if off > uint64(s.limit) {
		return nil, fmt.Errorf("row index: %w", errProto)
	}
	if at == s.cur && s.base+int(off) <= s.end {
		s.pos = s.base + int(off)
		return positions[2:], nil
	}
	s.next, s.pos, s.end, s.cur = at, 0, 0, -1
	if off > 0 {
		if err := s.must(int(off)); err != nil {
			return nil, err
		}
		s.pos += int(off)
	}
	return positions[2:], nil
}

// all appends the whole stream decompressed, up to max bytes, to dst.
func (s *stream) all(dst []byte, max int) ([]byte, error) {
	for s.pos < s.end || s.next < s.to {
		if s.pos == s.end {
			if err := s.fill(); err != nil {
				return nil, err
			}
		}
		if len(dst)+s.end-s.pos > max {
			return nil, fmt.Errorf("more than %d bytes: %w", max, errProto)
		}
		dst = append(dst, s.buf[s.pos:s.end]...)
		s.pos = s.end
	}
	return dst, nil
}

// skip passes over n bytes.
func (s *stream) skip(n int64) error {
	for n > 0 {
		if s.pos == s.end {
			if s.next >= s.to {
				return errTruncated
			}
			if err := s.fill(); err != nil {
				return err
			}
		}
		k := min(n, int64(s.end-s.pos))
		s.pos, n = s.pos+int(k), n-k
	}
	return nil
}
