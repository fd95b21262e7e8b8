package orc

import (
	"encoding/binary"
	"errors"
	"math"
)

// This file is the small part of Protocol Buffers that ORC's metadata needs.

var errProto = errors.New("malformed metadata")

// message iterates over the fields of an encoded message.
type message struct {
	data []byte
	// The current field.
	field int
	wire  int
	num   uint64 // varint and fixed values
	bytes []byte // length-delimited values
}

// next moves to the next field; it returns false at the end.
func (m *message) next() (bool, error) {
	if len(m.data) == 0 {
		return false, nil
	}
	key, n := binary.Uvarint(m.data)
	if n <= 0 {
		return false, errProto
	}
	m.data = m.data[n:]
	m.field, m.wire = int(key>>3), int(key&7)
	switch m.wire {
	case 0:
		m.num, n = binary.Uvarint(m.data)
		if n <= 0 {
			return false, errProto
		}
		m.data = m.data[n:]
	case 1:
		if len(m.data) < 8 {
			return false, errProto
		}
		m.num = binary.LittleEndian.Uint64(m.data)
		m.data = m.data[8:]
	case 2:
		l, n := binary.Uvarint(m.data)
		if n <= 0 || l > uint64(len(m.data)-n) {
			return false, errProto
		}
		m.bytes = m.data[n : n+int(l)]
		m.data = m.data[n+int(l):]
	case 5:
		if len(m.data) < 4 {
			return false, errProto
		}
		m.num = uint64(binary.LittleEndian.Uint32(m.data))
		m.data = m.data[4:]
	default:
		return false, errProto
	}
	return true, nil
}

// each calls f for every field of data.
func each(data []byte, f func(m *message) error) error {
	m := &message{data: data}
	for {
		ok, err := m.next()
		if err != nil || !ok {
			return err
		}
		if err := f(m); err != nil {
			return err
		}
	}
}

// numbers appends the values of a repeated integer field, packed or not.
func (m *message) numbers(dst []uint64) ([]uint64, error) {
	if m.wire != 2 {
		return append(dst, m.num), nil
	}
	for b := m.bytes; len(b) > 0; {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errProto
		}
		dst, b = append(dst, v), b[n:]
	}
	return dst, nil
}

func (m *message) sint() int64     { return int64(m.num>>1) ^ -int64(m.num&1) }
func (m *message) double() float64 { return math.Float64frombits(m.num) }

// builder encodes a message.
type builder struct{ b []byte }

func (w *builder) uint(field int, v uint64) {
	w.b = binary.AppendUvarint(w.b, uint64(field)<<3)
	w.b = binary.AppendUvarint(w.b, v)
}

func (w *builder) sint(field int, v int64) { w.uint(field, uint64(v)<<1^uint64(v>>63)) }

func (w *builder) double(field int, v float64) {
	w.b = binary.AppendUvarint(w.b, uint64(field)<<3|1)
	w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v))
}

func (w *builder) bytes(field int, v []byte) {
	w.b = binary.AppendUvarint(w.b, uint64(field)<<3|2)
	w.b = binary.AppendUvarint(w.b, uint64(len(v)))
	w.b = append(w.b, v...)
}

func (w *builder) string(field int, v string) { w.bytes(field, []byte(v)) }

func (w *builder) packed(field int, vs []uint64) {
	if len(vs) == 0 {
		return
	}
	var p []byte
	for _, v := range vs {
		p = binary.AppendUvarint(p, v)
	}
	w.bytes(field, p)
}
