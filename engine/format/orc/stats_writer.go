package orc

import (
	"bytes"
	"math"

	"skep/dialect/types"
	"skep/engine/vector/valuetext"
)

// maxBound is the longest string kept as a bound; longer ones make the bounds unknown, since cutting them needs care.
const maxBound = 1024

// statsWriter gathers the statistics of a row group, stripe or file for one column.
type statsWriter struct {
	values  int64
	hasNull bool
	seen    bool
	unknown bool // bounds do not hold all values
	minI    int64
	maxI    int64
	minF    float64
	maxF    float64
	sumF    float64
	minS    []byte
	maxS    []byte
	minW    types.Int128
	maxW    types.Int128
	sum     int64 // integers, trues, total length
	wrapped bool  // sum overflowed
}

func (s *statsWriter) addInt(v int64) {
	if !s.seen {
		s.seen, s.minI, s.maxI = true, v, v
	}
	s.minI, s.maxI = min(s.minI, v), max(s.maxI, v)
	s.addSum(v)
}

func (s *statsWriter) addSum(v int64) {
	n := s.sum + v
	if (v > 0 && n < s.sum) || (v < 0 && n > s.sum) {
		s.wrapped = true
	}
	s.sum = n
}

func (s *statsWriter) addFloat(v float64) {
	if math.IsNaN(v) {
		s.unknown = true
		return
	}
	if !s.seen {
		s.seen, s.minF, s.maxF = true, v, v
	}
	s.minF, s.maxF = min(s.minF, v), max(s.maxF, v)
	s.sumF += v
}

func (s *statsWriter) addString(v []byte) {
	s.sum += int64(len(v))
	if len(v) > maxBound {
		s.unknown = true
		return
	}
	if !s.seen {
		s.seen = true
		s.minS, s.maxS = append(s.minS[:0:0], v...), append(s.maxS[:0:0], v...)
		return
	}
	if bytes.Compare(v, s.minS) < 0 {
		s.minS = append(s.minS[:0:0], v...)
	} else if bytes.Compare(v, s.maxS) > 0 {
		s.maxS = append(s.maxS[:0:0], v...)
	}
}

func (s *statsWriter) addDecimal(v types.Int128) {
	if !s.seen {
		s.seen, s.minW, s.maxW = true, v, v
		return
	}
	if v.Less(s.minW) {
		s.minW = v
	}
	if s.maxW.Less(v) {
		s.maxW = v
	}
}

func (s *statsWriter) merge(o *statsWriter) {
	s.values += o.values
	s.hasNull = s.hasNull || o.hasNull
	s.unknown = s.unknown || o.unknown
	s.wrapped = s.wrapped || o.wrapped
	s.addSum(o.sum)
	s.sumF += o.sumF
	if !o.seen {
		return
	}
	if !s.seen {
		sum, values := s.sum, s.values
		sumF, hasNull, unknown, wrapped := s.sumF, s.hasNull, s.unknown, s.wrapped
		*s = *o
		s.sum, s.values, s.sumF, s.hasNull, s.unknown, s.wrapped = sum, values, sumF, hasNull, unknown, wrapped
		return
	}
	s.minI, s.maxI = min(s.minI, o.minI), max(s.maxI, o.maxI)
	s.minF, s.maxF = min(s.minF, o.minF), max(s.maxF, o.maxF)
	s.addDecimal(o.minW)
	s.addDecimal(o.maxW)
	if bytes.Compare(o.minS, s.minS) < 0 {
		s.minS = o.minS
	}
	if bytes.Compare(o.maxS, s.maxS) > 0 {
		s.maxS = o.maxS
	}
}

// encode gives the message ColumnStatistics.
func (s *statsWriter) encode(c *columnWriter) []byte {
	var m, in builder
	m.uint(1, uint64(s.values))
	bounds := s.seen && !s.unknown
	switch c.kind {
	case kindBoolean:
		in.packed(1, []uint64{uint64(s.sum)})
		m.bytes(5, in.b)
	case kindByte, kindShort, kindInt, kindLong:
		if bounds {
			in.sint(1, s.minI)
			in.sint(2, s.maxI)
		}
		if !s.wrapped {
			in.sint(3, s.sum)
		}
		m.bytes(statsInts, in.b)
	case kindFloat, kindDouble:
		if bounds {
			in.double(1, s.minF)
			in.double(2, s.maxF)
		}
		in.double(3, s.sumF)
		m.bytes(statsDoubles, in.b)
	case kindString, kindVarchar, kindChar:
		if bounds {
			in.bytes(1, s.minS)
			in.bytes(2, s.maxS)
		}
		in.sint(3, s.sum)
		m.bytes(statsStrings, in.b)
	case kindBinary:
		in.sint(1, s.sum)
		m.bytes(8, in.b)
	case kindDecimal:
		if bounds {
			in.bytes(1, valuetext.AppendDecimal128(nil, s.minW, c.typ.Scale))
			in.bytes(2, valuetext.AppendDecimal128(nil, s.maxW, c.typ.Scale))
		}
		m.bytes(statsDecimals, in.b)
	case kindDate:
		if bounds {
			in.sint(1, s.minI)
			in.sint(2, s.maxI)
		}
		m.bytes(statsDates, in.b)
	case kindTimestamp, kindTimestampInstant:
		if bounds {
			in.sint(3, s.minI)
			in.sint(4, s.maxI)
		}
		m.bytes(statsTimestamps, in.b)
	}
	m.uint(10, uint64(b2i(s.hasNull)))
	return m.b
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rawSize is the size of the column's values in memory by Hive's reckoning (the JVM's sizes of boxed values).
func (s *statsWriter) rawSize(c *columnWriter) int64 {
	return rawSize(c.kind, valueCount{s.values, s.sum})
}

// rawSize is the size in memory of values of one kind.
func rawSize(kind int, s valueCount) int64 {
	switch kind {
	case kindBoolean, kindByte, kindShort, kindInt, kindFloat:
		return s.values * 4
	case kindLong, kindDouble:
		return s.values * 8
	case kindString, kindVarchar, kindChar:
		if s.values == 0 {
			return 0
		}
		return s.values * (s.length/s.values + 84)
	case kindBinary:
		return s.length
	case kindDecimal:
		return s.values * 112
	case kindDate:
		return s.values * 56
	case kindTimestamp, kindTimestampInstant:
		return s.values * 40
	}
	return 0
}
