package orc

import (
	"bytes"
	"math"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/decimal"
	"skep/engine/vector/valuetext"
)

// maxBound is the longest string that ORC 1.8 keeps as a bound as it is; of longer ones it keeps the beginning.
const maxBound = 1024

// maxDecimal64 is the largest sum of decimals of up to 18 digits.
const maxDecimal64 = 999_999_999_999_999_999

const (
	calendarHybrid    = 1
	calendarProleptic = 2
	bloomUTF8         = 1 // the encoding of bloom filters
	softwareVersion   = "1.8.5"
	latestNanos       = 999_999 // of a millisecond
)

// statsWriter gathers the statistics of a row group, stripe or file for one column.
type statsWriter struct {
	values   int64
	hasNull  bool
	seen     bool
	unknown  bool  // bounds do not hold all values
	minI     int64 // integers, days, milliseconds, numbers of elements
	maxI     int64
	minNanos int32 // of the millisecond
	maxNanos int32
	minF     float64
	maxF     float64
	sumF     float64
	minS     []byte
	maxS     []byte
	minW     types.Int128
	maxW     types.Int128
	sumW     types.Int128
	sum      int64 // integers, trues, total length
	wrapped  bool  // sum overflowed
	onDisk   int64 // bytes of the streams, in stripes
}

func (s *statsWriter) addInt(v int64) {
	if !s.seen {
		s.seen, s.minI, s.maxI = true, v, v
	}
	s.minI, s.maxI = min(s.minI, v), max(s.maxI, v)
	s.addSum(v)
}

// addTime takes a time as milliseconds and the nanoseconds behind them.
func (s *statsWriter) addTime(millis int64, nanos int32) {
	s.addTimes(millis, nanos, millis, nanos)
}

func (s *statsWriter) addTimes(low int64, lowNanos int32, high int64, highNanos int32) {
	if !s.seen {
		s.seen, s.minI, s.minNanos, s.maxI, s.maxNanos = true, low, lowNanos, high, highNanos
		return
	}
	if low < s.minI || low == s.minI && lowNanos < s.minNanos {
		s.minI, s.minNanos = low, lowNanos
	}
	if high > s.maxI || high == s.maxI && highNanos > s.maxNanos {
		s.maxI, s.maxNanos = high, highNanos
	}
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
	s.addDecimalSum(v)
	s.addDecimalBound(v)
}

func (s *statsWriter) addDecimalSum(v types.Int128) {
	s.sumW = s.sumW.Add(v)
	if uint64(s.sumW.Hi+1<<62) >= 1<<63 && !decimal.Fits(s.sumW, 38) {
		s.wrapped, s.sumW = true, types.Int128{}
	}
}

func (s *statsWriter) addDecimalBound(v types.Int128) {
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
	s.onDisk += o.onDisk
	s.addSum(o.sum)
	s.addDecimalSum(o.sumW)
	s.sumF += o.sumF
	if !o.seen {
		return
	}
	if !s.seen {
		kept := *s
		*s = *o
		s.values, s.hasNull, s.unknown, s.wrapped = kept.values, kept.hasNull, kept.unknown, kept.wrapped
		s.sum, s.sumW, s.sumF, s.onDisk = kept.sum, kept.sumW, kept.sumF, kept.onDisk
		return
	}
	s.addTimes(o.minI, o.minNanos, o.maxI, o.maxNanos)
	s.minF, s.maxF = min(s.minF, o.minF), max(s.maxF, o.maxF)
	s.addDecimalBound(o.minW)
	s.addDecimalBound(o.maxW)
	if bytes.Compare(o.minS, s.minS) < 0 {
		s.minS = o.minS
	}
	if bytes.Compare(o.maxS, s.maxS) > 0 {
		s.maxS = o.maxS
	}
}

// beforeGregorian reports whether there may be days of before the Gregorian calendar.
func (s *statsWriter) beforeGregorian(kind int) bool {
	switch kind {
	case kindDate:
		return s.seen && s.minI < calendar.GregorianStart
	case kindTimestamp, kindTimestampInstant:
		return s.seen && s.minI < gregorianSecond*1000
	}
	return false
}

// encode gives the message ColumnStatistics, as ORC 1.5 (hive3) or 1.8 does.
func (s *statsWriter) encode(c *columnWriter, hive3 bool) []byte {
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
		s.encodeStrings(&in, hive3)
		m.bytes(statsStrings, in.b)
	case kindBinary:
		in.sint(1, s.sum)
		m.bytes(8, in.b)
	case kindDecimal:
		if bounds {
			in.bytes(1, decimalText(s.minW, c.typ.Scale))
			in.bytes(2, decimalText(s.maxW, c.typ.Scale))
		}
		if !s.wrapped && (c.typ.Physical() != types.I64 || s.sumW.IsInt64() && abs(int64(s.sumW.Lo)) <= maxDecimal64) {
			in.bytes(3, decimalText(s.sumW, c.typ.Scale))
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
			if !hive3 && s.minNanos != 0 {
				in.uint(5, uint64(s.minNanos)+1)
			}
			if !hive3 && s.maxNanos != latestNanos {
				in.uint(6, uint64(s.maxNanos)+1)
			}
		}
		m.bytes(statsTimestamps, in.b)
	}
	m.uint(10, uint64(b2i(s.hasNull)))
	if s.onDisk != 0 {
		m.uint(11, uint64(s.onDisk))
	}
	if (c.kind == kindList || c.kind == kindMap) && !hive3 {
		if s.values != 0 {
			in.uint(1, uint64(s.minI))
			in.uint(2, uint64(s.maxI))
		}
		if s.sum != 0 {
			in.uint(3, uint64(s.sum))
		}
		m.bytes(12, in.b)
	}
	return m.b
}

// encodeStrings gives the message StringStatistics.
func (s *statsWriter) encodeStrings(in *builder, hive3 bool) {
	if s.values == 0 {
		return
	}
	low, high := s.minS, s.maxS
	var below, above []byte // cut bounds
	if !hive3 {
		if len(low) > maxBound {
			low, below = nil, cutBelow(low)
		}
		if len(high) > maxBound {
			high, above = nil, cutAbove(high)
		}
	}
	if below == nil {
		in.bytes(1, low)
	}
	if above == nil {
		in.bytes(2, high)
	}
	in.sint(3, s.sum)
	if below != nil {
		in.bytes(4, below)
	}
	if above != nil {
		in.bytes(5, above)
	}
}

// cutBelow returns the whole characters among the first maxBound bytes of text.
func cutBelow(text []byte) []byte {
	n := maxBound
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// cutAbove returns the least text of such characters that is above all texts with this beginning.
func cutAbove(text []byte) []byte {
	text = cutBelow(text)
	last, size := utf8.DecodeLastRune(text)
	return utf8.AppendRune(text[:len(text)-size:len(text)-size], last+1)
}

func decimalText(v types.Int128, scale int) []byte {
	v, scale = decimal.Trim(v, scale)
	return valuetext.AppendDecimal128(nil, v, scale)
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
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
