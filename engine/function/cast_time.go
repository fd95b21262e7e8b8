package function

import (
	"math"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/decimal"
	"skep/engine/vector"
)

// timeOfText reads timestamps. Hive 4 puts a bare time of day on the current date.
func timeOfText(env *Env) func(s []byte) (types.Int128, bool) {
	if env.Hive3() {
		return func(s []byte) (types.Int128, bool) { return calendar.ParseTimestamp(s, true) }
	}
	today := calendar.FloorDiv(env.Zone().Local(env.Now.Unix()), calendar.SecondsPerDay)
	return func(s []byte) (types.Int128, bool) {
		if v, ok := calendar.ParseTimestamp(s, false); ok {
			return v, true
		}
		v, ok := calendar.ParseTimeOfDay(s)
		v.Hi += today * calendar.SecondsPerDay
		return v, ok
	}
}

// castToTime converts to dates, timestamps and intervals.
func castToTime(env *Env, from, to *types.Type) Kernel {
	text := from.Physical() == types.Bytes && from.Kind != types.Binary
	switch {
	case to.Kind == types.Date && text:
		if env.Hive3() {
			return parseInts(func(s []byte) (int64, bool) { return calendar.ParseDate(s, true) })
		}
		toTime := timeOfText(env)
		return parseInts(func(s []byte) (int64, bool) {
			if days, ok := calendar.ParseDate(s, false); ok {
				return days, true
			}
			t, ok := toTime(s)
			days, _ := calendar.Split(t.Hi)
			return days, ok
		})
	case to.Kind == types.IntervalYearMonth && text:
		return parseInts(calendar.ParseYearMonth)
	case to.Kind == types.IntervalDayTime && text:
		return parseWides(calendar.ParseDayTime)
	case to.Kind == types.Timestamp && text:
		return parseWides(timeOfText(env))
	case to.Kind == types.TimestampLTZ && text:
		zone := env.Zone()
		return parseWides(func(s []byte) (types.Int128, bool) { return calendar.ParseTimestampLTZ(s, zone) })
	case to.Kind == types.Date && from.Kind == types.Timestamp, to.Kind == types.Date && from.Kind == types.TimestampLTZ:
		zone := calendar.Zone{}
		if from.Kind == types.TimestampLTZ {
			zone = env.Zone()
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) { out.I64[i], _ = calendar.Split(zone.Local(a.at(i).Hi)) })
			return nil
		}
	case from.Kind == types.Date && (to.Kind == types.Timestamp || to.Kind == types.TimestampLTZ):
		zone := calendar.Zone{}
		if to.Kind == types.TimestampLTZ {
			zone = env.Zone()
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) { out.W[i] = types.Int128{Hi: zone.Instant(a.at(i) * calendar.SecondsPerDay)} })
			return nil
		}
	case from.Kind == types.Timestamp && to.Kind == types.TimestampLTZ:
		return moveTime(env.Zone().Instant)
	case from.Kind == types.TimestampLTZ && to.Kind == types.Timestamp:
		return moveTime(env.Zone().Local)
	case to.Kind == types.Timestamp || to.Kind == types.TimestampLTZ:
		return numberToTime(env, from, to)
	}
	return nil
}

func moveTime(f func(int64) int64) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := wides(args[0])
		rows.Each(func(i int) {
			t := a.at(i)
			t.Hi = f(t.Hi)
			out.W[i] = t
		})
		return nil
	}
}

func parseInts(parse func([]byte) (int64, bool)) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) {
			v, ok := parse(a.at(i))
			if !ok {
				out.Null(i)
				return
			}
			out.I64[i] = v
		})
		return nil
	}
}

func parseWides(parse func([]byte) (types.Int128, bool)) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) {
			v, ok := parse(a.at(i))
			if !ok {
				out.Null(i)
				return
			}
			out.W[i] = v
		})
		return nil
	}
}

// numberToTime takes integers as milliseconds (or seconds, by a setting) and fractional numbers as seconds.
func numberToTime(env *Env, from, to *types.Type) Kernel {
	// Zone-less timestamps show the local time of the instant in 4.0, UTC in 3.1.
	zone := calendar.Zone{}
	if to.Kind == types.Timestamp && !env.Hive3() {
		zone = env.Zone()
	}
	put := func(out *Result, i int, t types.Int128) {
		t.Hi = zone.Local(t.Hi)
		out.W[i] = t
	}
	inSeconds := env.Setting("hive.int.timestamp.conversion.in.seconds") == "true"
	switch {
	case from.IsInteger() || from.Kind == types.Boolean:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) {
				if inSeconds {
					put(out, i, types.Int128{Hi: a.at(i)})
				} else {
					put(out, i, calendar.OfMillis(a.at(i)))
				}
			})
			return nil
		}
	case from.Physical() == types.F64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) {
				f := a.at(i)
				if math.IsNaN(f) || math.Abs(f) > 1e15 {
					out.Null(i)
					return
				}
				v, ok := decimal.FromFloat64(f, types.MaxPrecision, 18)
				if !ok {
					out.Null(i)
					return
				}
				nanos := decimal.Quo(v, decimal.Pow128[9]) // of the decimal text, towards zero
				seconds := decimal.Quo(nanos, decimal.Pow128[9])
				rest := int64(nanos.Sub(mulPow(seconds, 9)).Lo)
				put(out, i, wholeAndNanos(int64(seconds.Lo), rest))
			})
			return nil
		}
	case from.Kind == types.Decimal:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := decimalsOf(args[0])
			rows.Each(func(i int) {
				v := a.at(i)
				whole := decimal.Quo(v, decimal.Pow128[from.Scale])
				if !whole.IsInt64() {
					out.Null(i)
					return
				}
				// nanoseconds are cut towards zero
				nanos := v.Sub(mulPow(whole, from.Scale))
				if from.Scale > 9 {
					nanos = decimal.Quo(nanos, decimal.Pow128[from.Scale-9])
				} else {
					nanos = mulPow(nanos, 9-from.Scale)
				}
				put(out, i, wholeAndNanos(int64(whole.Lo), int64(nanos.Lo)))
			})
			return nil
		}
	}
	return nil
}

// wholeAndNanos is a time of seconds and nanoseconds of one sign.
func wholeAndNanos(seconds, nanos int64) types.Int128 {
	if nanos < 0 {
		return types.Int128{Hi: seconds - 1, Lo: uint64(nanos + 1e9)}
	}
	return types.Int128{Hi: seconds, Lo: uint64(nanos)}
}

func mulPow(v types.Int128, scale int) types.Int128 {
	r, _ := decimal.Mul(v, decimal.Pow128[scale], 0)
	return r
}
