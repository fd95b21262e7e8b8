package orc

import (
	"errors"
	"fmt"

	"skep/engine/compress"
)

// padding is how many bytes behind the end of a stream's buffer may be read (not interpreted) by word-wise decoding.
const padding = 16

var errTruncated = errors.New("the stream ends early")

// stream delivers the decompressed bytes of one stream: buf[pos:end] is what has not been consumed, followed by padding.
type stream struct {
	raw   []byte // the stream as stored in the file
	next  int    // the next chunk in raw
	codec compress.Block
	limit int // largest decompressed chunk
	dec   *compress.Decoder
	buf   []byte
	chunk []byte
	pos   int
	end   int
}

// reset points the stream at another run of stored bytes.
func (s *stream) reset(raw []byte, codec compress.Block, limit int, dec *compress.Decoder) {
	s.raw, s.codec, s.limit, s.dec = raw, codec, limit, dec
	s.next, s.pos, s.end = 0, 0, 0
}

// need makes at least n bytes available, or all that are left; it returns how many there are. It moves the buffer.
func (s *stream) need(n int) (int, error) {
	for s.end-s.pos < n && s.next < len(s.raw) {
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

// fill appends the next chunk to the unconsumed bytes.
func (s *stream) fill() error {
	data, next, err := s.readChunk(s.next)
	if err != nil {
		return err
	}
	s.next = next
	rest := s.end - s.pos
	size := rest + len(data) + padding
	if cap(s.buf) < size {
		grown := make([]byte, max(size, s.limit+padding))
		copy(grown, s.buf[s.pos:s.end])
		s.buf = grown
	} else {
		s.buf = s.buf[:cap(s.buf)]
		copy(s.buf, s.buf[s.pos:s.end])
	}
	copy(s.buf[rest:], data)
	s.pos, s.end = 0, rest+len(data)
	return nil
}

// readChunk decompresses the chunk at raw[at] and returns it and where the next one starts.
func (s *stream) readChunk(at int) ([]byte, int, error) {
	if s.codec == compress.BlockNone {
		end := min(len(s.raw), at+s.limit)
		return s.raw[at:end], end, nil
	}
	if len(s.raw)-at < 3 {
		return nil, 0, errTruncated
	}
	head := int(s.raw[at]) | int(s.raw[at+1])<<8 | int(s.raw[at+2])<<16
	at += 3
	n := head >> 1
	if n > len(s.raw)-at {
		return nil, 0, errTruncated
	}
	data := s.raw[at : at+n]
	if head&1 == 0 {
		out, err := s.dec.Decode(s.codec, s.chunk, data, s.limit)
		if err != nil {
			return nil, 0, err
		}
		s.chunk = out[:0]
		data = out
	}
	return data, at + n, nil
}

// seek moves to a position of the row index: the offset of a chunk among the stored bytes and the offset inside it (without
// compression: one offset). It returns the positions that follow.
func (s *stream) seek(positions []uint64) ([]uint64, error) {
	want := 1
	if s.codec != compress.BlockNone {
		want = 2
	}
	if len(positions) < want || positions[0] > uint64(len(s.raw)) {
		return nil, fmt.Errorf("row index: %w", errProto)
	}
	s.next, s.pos, s.end = int(positions[0]), 0, 0
	if want == 2 && positions[1] > 0 {
		if err := s.must(int(positions[1])); err != nil {
			return nil, err
		}
		s.pos += int(positions[1])
	}
	return positions[want:], nil
}

// all returns the whole stream decompressed, up to max bytes, in a new slice.
func (s *stream) all(max int) ([]byte, error) {
	var out []byte
	for at := 0; at < len(s.raw); {
		data, next, err := s.readChunk(at)
		if err != nil {
			return nil, err
		}
		if len(out)+len(data) > max {
			return nil, fmt.Errorf("more than %d bytes: %w", max, errProto)
		}
		out, at = append(out, data...), next
	}
	return out, nil
}
