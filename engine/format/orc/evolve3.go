package orc

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/decimal"
	"skep/engine/function"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// lastTimestamp is the first second that the conversions of Hive 3.1 do not take any more.
const lastTimestamp = 253402300800

// rules3 are the rules where the reader of Hive 3.1 has others: floats are what their text says, numbers are milliseconds. Timestamps
// are instants, shown in the process's zone and in the hybrid calendar, with a fraction always; the clock of the file is UTC.
func rules3(from, to *types.Type, zone calendar.Zone, keep keeps, compute computes) (keeps, computes) {
	switch {
	case from.Kind == types.Float && to.Kind == types.Double:
		return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
			v, err := strconv.ParseFloat(strconv.FormatFloat(src.F64[at], 'g', -1, 32), 64)
			out.F64[row] = v
			return err == nil || math.IsInf(v, 0)
		}
	case to.Kind == types.Timestamp && (from.IsInteger() || from.Kind == types.Boolean):
		return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
			out.W[row] = calendar.OfMillis(src.I64[at])
			return out.W[row].Hi < lastTimestamp
		}
	case to.Kind == types.Timestamp && from.Physical() == types.F64:
		return nil, nil
	case to.Kind == types.Timestamp && from.Kind == types.Date:
		return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
			out.W[row] = types.Int128{Hi: zone.Instant(src.I64[at] * calendar.SecondsPerDay)}
			return true
		}
	case to.Kind == types.Timestamp && from.IsString():
		return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
			s := bytes.TrimSpace(src.Bytes(at))
			t, ok := calendar.ParseTimestamp(s, true)
			out.W[row] = types.Int128{Hi: zone.Instant(t.Hi), Lo: t.Lo}
			return ok && bytes.ContainsAny(s, " T")
		}
	case from.Kind == types.Timestamp && to.Kind == types.Date:
		return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
			out.I64[row], _ = calendar.Split(shown(zone, src.W[at].Hi))
			return true
		}
	case from.Kind == types.Timestamp && to.Kind == types.Decimal:
		return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
			v, ok := decimal.FromFloat64(float64(src.W[at].Hi)+float64(src.W[at].Lo)/1e9, to.Precision, to.Scale)
			if out.W != nil {
				out.W[row] = v
			} else {
				out.I64[row] = int64(v.Lo)
			}
			return ok
		}
	case from.Kind == types.Timestamp && to.IsString():
		moment := vector.New(types.TimestampType, 1)
		return nil, text(to, func(dst []byte, src *vector.Vector, at int) []byte {
			days, second := calendar.Split(shown(zone, src.W[at].Hi))
			days = julianLabel(days)
			moment.W[0] = types.Int128{Hi: days*calendar.SecondsPerDay + second, Lo: src.W[at].Lo}
			dst = valuetext.AppendValue(dst, moment, 0, nil)
			if moment.W[0].Lo == 0 {
				dst = append(dst, ".0"...)
			}
			return dst
		})
	case from.Kind == types.Date && to.IsString():
		day := vector.New(types.DateType, 1)
		return nil, text(to, func(dst []byte, src *vector.Vector, at int) []byte {
			day.I64[0] = julianLabel(src.I64[at])
			return valuetext.AppendValue(dst, day, 0, nil)
		})
	}
	return keep, compute
}

// julianLabel is the day of the proleptic Gregorian calendar with the date that the hybrid calendar gives to a day.
func julianLabel(days int64) int64 {
	if days < calendar.GregorianStart {
		return calendar.JulianToProleptic(days)
	}
	return days
}

// zonesStart is when Java's time zones begin: before, the offset of that day is the zone's.
var zonesStart = time.Date(1900, 1, 1, 12, 0, 0, 0, time.UTC).Unix()

// shown is the local time at an instant, as Java's legacy classes show it.
func shown(zone calendar.Zone, instant int64) int64 {
	if instant >= zonesStart {
		return zone.Local(instant)
	}
	return instant + zone.Local(zonesStart) - zonesStart
}
