package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The subset of Thrift's compact protocol that Parquet's metadata uses.

// Wire types of the compact protocol.
const (
	wireStop   = 0
	wireTrue   = 1
	wireFalse  = 2
	wireByte   = 3
	wireI16    = 4
	wireI32    = 5
	wireI64    = 6
	wireDouble = 7
	wireBinary = 8
	wireList   = 9
	wireSet    = 10
	wireMap    = 11
	wireStruct = 12
)

// maxThriftDepth bounds nesting so that hostile metadata cannot exhaust the stack.
const maxThriftDepth = 40

var errThrift = errors.New("metadata ends early")

// thriftReader decodes from b. The first error sticks: later reads return zero values.
type thriftReader struct {
	b   []byte
	pos int
	err error
}

func (r *thriftReader) fail(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("thrift at byte %d: %w", r.pos, err)
		r.pos = len(r.b)
	}
}

func (r *thriftReader) byte() byte {
	if r.pos >= len(r.b) {
		r.fail(errThrift)
		return 0
	}
	r.pos++
	return r.b[r.pos-1]
}

func (r *thriftReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b[min(r.pos, len(r.b)):])
	if n <= 0 {
		r.fail(errThrift)
		return 0
	}
	r.pos += n
	return v
}

func (r *thriftReader) i64() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *thriftReader) i32() int32 {
	v := r.i64()
	if v != int64(int32(v)) {
		r.fail(fmt.Errorf("%d exceeds 32 bits", v))
		return 0
	}
	return int32(v)
}

// binary returns a byte string that aliases the input.
func (r *thriftReader) binary() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)-r.pos) {
		r.fail(errThrift)
		return nil
	}
	r.pos += int(n)
	return r.b[r.pos-int(n) : r.pos]
}

// list reads a list's header and returns its length, bounded by the bytes that are left, and the element type.
func (r *thriftReader) list() (int, byte) {
	h := r.byte()
	n := uint64(h >> 4)
	if n == 15 {
		n = r.uvarint()
	}
	if n > uint64(len(r.b)-r.pos) {
		r.fail(errThrift)
		return 0, 0
	}
	return int(n), h & 15
}

// structure calls field for every field of a struct. field reads the value (or calls skip) and for booleans gets their value as
// the wire type.
func (r *thriftReader) structure(field func(id int16, wire byte)) {
	id := int16(0)
	for r.err == nil {
		h := r.byte()
		if h == wireStop || r.err != nil {
			return
		}
		if delta := h >> 4; delta != 0 {
			id += int16(delta)
		} else {
			id = int16(r.i64())
		}
		field(id, h&15)
	}
}

func (r *thriftReader) skip(wire byte) { r.skipAt(wire, 0) }

func (r *thriftReader) skipAt(wire byte, depth int) {
	if depth > maxThriftDepth {
		r.fail(errors.New("nested too deeply"))
		return
	}
	switch wire {
	case wireTrue, wireFalse:
	case wireByte:
		r.byte()
	case wireI16, wireI32, wireI64:
		r.uvarint()
	case wireDouble:
		for range 8 {
			r.byte()
		}
	case wireBinary:
		r.binary()
	case wireList, wireSet:
		n, elem := r.list()
		for i := 0; i < n && r.err == nil; i++ {
			if elem == wireTrue || elem == wireFalse {
				r.byte()
			} else {
				r.skipAt(elem, depth+1)
			}
		}
	case wireMap:
		n := r.uvarint()
		if n > uint64(len(r.b)-min(r.pos, len(r.b))) {
			r.fail(errThrift)
			return
		}
		if n == 0 {
			return
		}
		kv := r.byte()
		for i := uint64(0); i < n && r.err == nil; i++ {
			r.skipAt(kv>>4, depth+1)
			r.skipAt(kv&15, depth+1)
		}
	case wireStruct:
		for r.err == nil {
			h := r.byte()
			if h == wireStop || r.err != nil {
				return
			}
			if h>>4 == 0 {
				r.i64() // the field's id
			}
			r.skipAt(h&15, depth+1)
		}
	default:
		r.fail(fmt.Errorf("unknown wire type %d", wire))
	}
}

// thriftWriter encodes to b. Structs are written between begin and end.
type thriftWriter struct {
	b    []byte
	last []int16 // the last field id of each open struct
}

func (w *thriftWriter) begin() { w.last = append(w.last, 0) }

func (w *thriftWriter) end() {
	w.b = append(w.b, wireStop)
	w.last = w.last[:len(w.last)-1]
}

func (w *thriftWriter) field(id int16, wire byte) {
	last := &w.last[len(w.last)-1]
	if d := id - *last; d > 0 && d < 16 {
		w.b = append(w.b, byte(d)<<4|wire)
	} else {
		w.b = append(w.b, wire)
		w.zigzag(int64(id))
	}
	*last = id
}

func (w *thriftWriter) zigzag(v int64) { w.b = binary.AppendUvarint(w.b, uint64(v<<1)^uint64(v>>63)) }

func (w *thriftWriter) i32(id int16, v int32) {
	w.field(id, wireI32)
	w.zigzag(int64(v))
}

func (w *thriftWriter) i64(id int16, v int64) {
	w.field(id, wireI64)
	w.zigzag(v)
}

func (w *thriftWriter) byteField(id int16, v byte) {
	w.field(id, wireByte)
	w.b = append(w.b, v)
}

func (w *thriftWriter) bool(id int16, v bool) {
	if v {
		w.field(id, wireTrue)
	} else {
		w.field(id, wireFalse)
	}
}

func (w *thriftWriter) binary(id int16, v []byte) {
	w.field(id, wireBinary)
	w.bytes(v)
}

func (w *thriftWriter) string(id int16, v string) {
	w.field(id, wireBinary)
	w.b = binary.AppendUvarint(w.b, uint64(len(v)))
	w.b = append(w.b, v...)
}

// bytes writes a byte string without a field header, as an element of a list.
func (w *thriftWriter) bytes(v []byte) {
	w.b = binary.AppendUvarint(w.b, uint64(len(v)))
	w.b = append(w.b, v...)
}

func (w *thriftWriter) list(id int16, elem byte, n int) {
	w.field(id, wireList)
	if n < 15 {
		w.b = append(w.b, byte(n)<<4|elem)
		return
	}
	if n > math.MaxInt32 {
		n = math.MaxInt32
	}
	w.b = append(w.b, 0xf0|elem)
	w.b = binary.AppendUvarint(w.b, uint64(n))
}
