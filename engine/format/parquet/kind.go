package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"skep/dialect/types"
)

// decodeKind says how the values of a column chunk become vector storage.
type decodeKind uint8

const (
	kindBool decodeKind = iota
	kindInt32
	kindInt64
	kindFixedDecimal64
	kindBytesDecimal64
	kindFloat
	kindDouble
	kindFloat16
	kindInt96
	kindMillis
	kindMicros
	kindNanos
	kindInt32Decimal128
	kindInt64Decimal128
	kindFixedDecimal128
	kindBytesDecimal128
	kindBytes
	kindFixed
)

// class returns the vector storage of the kind.
func (k decodeKind) class() types.Physical {
	switch {
	case k <= kindBytesDecimal64:
		return types.I64
	case k <= kindFloat16:
		return types.F64
	case k <= kindBytesDecimal128:
		return types.I128
	}
	return types.Bytes
}

// leafType is how a leaf is read: its kind and the type its values have in that storage.
type leafType struct {
	kind      decodeKind
	typ       *types.Type
	size      int            // bytes of a plain value; 0 when variable
	zone      *time.Location // timestamps are shifted from UTC to this zone's local time; nil for none
	hybrid    bool           // dates before the Gregorian change are of the Julian calendar
	unsigned  bool           // negative integers stand for numbers that do not fit, which Hive reads as NULL
	unordered bool           // the order of the file's statistics is not that of the type
}

// typeOf determines a leaf's type from its annotations.
func typeOf(n *node, f *footer, session *zoneRules) (leafType, error) {
	e := &n.element
	t := leafType{size: plainSize(e)}
	l := e.logical
	decimal := l.kind == logicalDecimal || e.converted == convertedDecimal
	precision, scale := int(e.precision), int(e.scale)
	if l.kind == logicalDecimal {
		precision, scale = int(l.precision), int(l.scale)
	}
	if decimal {
		return decimalLeaf(n, t, precision, scale)
	}
	switch e.physical {
	case boolean:
		t.kind, t.typ = kindBool, types.BooleanType
	case int32Type:
		t.kind, t.typ = kindInt32, types.IntType
		switch {
		case l.kind == logicalDate || e.converted == convertedDate:
			t.typ, t.hybrid = types.DateType, !f.proleptic
		case l.kind == logicalInteger && !l.signed || e.converted >= convertedUint8 && e.converted <= convertedUint64:
			t.unsigned, t.unordered = true, true
		case l.kind == logicalInteger && l.bits == 8 && l.signed || e.converted == convertedInt8:
			t.typ = types.TinyIntType
		case l.kind == logicalInteger && l.bits == 16 && l.signed || e.converted == convertedInt16:
			t.typ = types.SmallIntType
		}
	case int64Type:
		t.kind, t.typ = kindInt64, types.BigIntType
		unit, utc := l.unit, l.utc
		switch {
		case l.kind == logicalTimestamp:
		case e.converted == convertedTsMs:
			unit, utc = unitMillis, true
		case e.converted == convertedTsUs:
			unit, utc = unitMicros, true
		case l.kind == logicalInteger && !l.signed || e.converted == convertedUint64:
			t.unsigned, t.unordered = true, true
			return t, nil
		default:
			return t, nil
		}
		t.kind = kindMillis + decodeKind(unit) - unitMillis
		if unit < unitMillis || unit > unitNanos {
			return t, fmt.Errorf("column %s has timestamps of unit %d", n.path(), unit)
		}
		t.typ = types.TimestampType
		if utc {
			t.zone = session.local
		}
	case int96Type:
		t.kind, t.typ, t.zone, t.unordered = kindInt96, types.TimestampType, f.int96Zone(session), true
	case floatType:
		t.kind, t.typ = kindFloat, types.FloatType
	case doubleType:
		t.kind, t.typ = kindDouble, types.DoubleType
	case byteArray:
		t.kind, t.typ = kindBytes, types.BinaryType
		switch e.converted {
		case convertedUTF8, convertedEnum, convertedJSON:
			t.typ = types.StringType
		}
		switch l.kind {
		case logicalString, logicalEnum, logicalJSON:
			t.typ = types.StringType
		}
	case fixedLenByteArray:
		t.kind, t.typ = kindFixed, types.BinaryType
		if l.kind == logicalFloat16 && e.length == 2 {
			t.kind, t.typ, t.unordered = kindFloat16, types.FloatType, true
		}
	}
	return t, nil
}

func decimalLeaf(n *node, t leafType, precision, scale int) (leafType, error) {
	e := &n.element
	if precision < 1 || precision > types.MaxPrecision || scale < 0 || scale > precision {
		return t, fmt.Errorf("column %s is decimal(%d,%d)", n.path(), precision, scale)
	}
	t.typ = types.NewDecimal(precision, scale)
	wide := t.typ.Physical() == types.I128
	switch {
	case e.physical == int32Type && !wide:
		t.kind = kindInt32
	case e.physical == int64Type && !wide:
		t.kind = kindInt64
	case e.physical == int32Type:
		t.kind = kindInt32Decimal128
	case e.physical == int64Type:
		t.kind = kindInt64Decimal128
	case e.physical == fixedLenByteArray && e.length > 16:
		return t, fmt.Errorf("column %s has decimals of %d bytes", n.path(), e.length)
	case e.physical == fixedLenByteArray && !wide && e.length <= 8:
		t.kind = kindFixedDecimal64
	case e.physical == fixedLenByteArray:
		t.kind = kindFixedDecimal128
		if !wide { // more bytes than the precision needs
			t.typ = types.NewDecimal(types.MaxInt64Precision+1, scale)
		}
	case e.physical == byteArray && !wide:
		t.kind = kindBytesDecimal64
	case e.physical == byteArray:
		t.kind = kindBytesDecimal128
	default:
		return t, fmt.Errorf("column %s is a decimal stored as %s", n.path(), e.physical)
	}
	t.unordered = e.physical == byteArray
	return t, nil
}

func plainSize(e *schemaElement) int {
	switch e.physical {
	case int32Type, floatType:
		return 4
	case int64Type, doubleType:
		return 8
	case int96Type:
		return 12
	case fixedLenByteArray:
		return int(e.length)
	}
	return 0
}

// zoneRules are the session's settings that timestamps and dates depend on.
type zoneRules struct {
	local          *time.Location
	skipConversion bool // hive.parquet.timestamp.skip.conversion
	proleptic      bool // hive.parquet.date.proleptic.gregorian.default
}

// shift converts seconds of UTC to the local time of the leaf's zone.
func (t *leafType) shift(seconds int64) int64 {
	if t.zone == nil {
		return seconds
	}
	_, offset := time.Unix(seconds, 0).In(t.zone).Zone()
	return seconds + int64(offset)
}

const (
	secondsPerDay = 86400
	nanosPerDay   = secondsPerDay * 1_000_000_000
	julianEpoch   = 2440588 // Julian day number of 1970-01-01
)

// int96 decodes nanoseconds of the day and Julian day.
func (t *leafType) int96(b []byte) types.Int128 {
	nanos := int64(binary.LittleEndian.Uint64(b))
	day := int64(int32(binary.LittleEndian.Uint32(b[8:]))) - julianEpoch
	if nanos < 0 || nanos >= nanosPerDay {
		days := floorDiv(nanos, nanosPerDay)
		day, nanos = day+days, nanos-days*nanosPerDay
	}
	return types.Int128{Hi: t.shift(day*secondsPerDay + nanos/1e9), Lo: uint64(nanos % 1e9)}
}

// units decodes a count of 1/perSecond seconds.
func (t *leafType) units(v, perSecond int64) types.Int128 {
	seconds := floorDiv(v, perSecond)
	return types.Int128{Hi: t.shift(seconds), Lo: uint64((v - seconds*perSecond) * (1e9 / perSecond))}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// wide converts an integer of the file to the I128 storage of the kind.
func (t *leafType) wide(v int64) types.Int128 {
	switch t.kind {
	case kindMillis:
		return t.units(v, 1e3)
	case kindMicros:
		return t.units(v, 1e6)
	case kindNanos:
		return t.units(v, 1e9)
	}
	return types.Int128Of(v)
}

// bigEndian64 sign-extends up to 8 bytes.
func bigEndian64(b []byte) int64 {
	if len(b) == 0 {
		return 0
	}
	v := int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return v
}

// bigEndian128 sign-extends up to 16 bytes.
func bigEndian128(b []byte) types.Int128 {
	if len(b) <= 8 {
		return types.Int128Of(bigEndian64(b))
	}
	k := len(b) - 8
	return types.Int128{Hi: bigEndian64(b[:k]), Lo: binary.BigEndian.Uint64(b[k:])}
}

func float16(b uint16) float64 {
	sign, exponent, fraction := 1.0, int(b>>10&31), float64(b&1023)
	if b&0x8000 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
