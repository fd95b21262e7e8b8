package function

import (
	"fmt"
	"strings"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/decimal"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

var dateTable = map[string]entry{
	"year":                            {build: datePart(func(y, m, d int64) int64 { return yearOfEra(y) }), nulls: Strict},
	"quarter":                         {build: datePart(func(y, m, d int64) int64 { return (m-1)/3 + 1 }), nulls: Strict},
	"month":                           {build: datePart(func(y, m, d int64) int64 { return m }), nulls: Strict},
	"day":                             {build: datePart(func(y, m, d int64) int64 { return d }), nulls: Strict},
	"hour":                            {build: timePart(3600, 24), nulls: Strict},
	"minute":                          {build: timePart(60, 60), nulls: Strict},
	"second":                          {build: timePart(1, 60), nulls: Strict},
	"weekofyear":                      {build: dayFunction(func(d int64) int64 { _, w := calendar.ISOWeek(d); return w }), nulls: Strict},
	"dayofweek":                       {build: dayFunction(func(d int64) int64 { return calendar.Weekday(d) + 1 }), nulls: Strict},
	"to_date":                         {build: identity, nulls: Total},
	"date_add":                        {build: dayShift(1), nulls: Total},
	"date_sub":                        {build: dayShift(-1), nulls: Total},
	"datediff":                        {build: dateDiff, nulls: Total},
	"add_months":                      {build: addMonths, nulls: Strict},
	"months_between":                  {build: monthsBetween, nulls: Strict},
	"last_day":                        {build: lastDay, nulls: Strict},
	"next_day":                        {build: nextDay, nulls: Strict},
	"tumbling_window":                 {build: tumblingWindow, nulls: Strict},
	"trunc":                           {build: trunc, nulls: Aware},
	"floor_year":                      {build: floorTime(truncYear), nulls: Strict},
	"floor_quarter":                   {build: floorTime(truncQuarter), nulls: Strict},
	"floor_month":                     {build: floorTime(truncMonth), nulls: Strict},
	"floor_week":                      {build: floorTime(func(d int64) int64 { return d - (calendar.Weekday(d)+6)%7 }), nulls: Strict},
	"floor_day":                       {build: floorTime(func(d int64) int64 { return d }), nulls: Strict},
	"floor_hour":                      {build: floorSeconds(3600), nulls: Strict},
	"floor_minute":                    {build: floorSeconds(60), nulls: Strict},
	"floor_second":                    {build: floorSeconds(1), nulls: Strict},
	"to_epoch_milli":                  {build: toEpochMilli, nulls: Strict},
	"internal_interval":               {build: internalInterval, nulls: Strict, fallible: true},
	"datetime_legacy_hybrid_calendar": {build: hybridCalendar, nulls: Strict},
}

func datePart(part func(y, m, d int64) int64) Builder {
	return func(_ *Env, call *Call) Kernel {
		switch call.Args[0].Kind {
		case types.Date:
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := ints(args[0])
				rows.Each(func(i int) { out.I64[i] = part(calendar.Civil(a.at(i))) })
				return nil
			}
		case types.IntervalYearMonth:
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := ints(args[0])
				rows.Each(func(i int) { out.I64[i] = part(a.at(i)/12, a.at(i)%12, 0) })
				return nil
			}
		case types.IntervalDayTime:
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := wides(args[0])
				rows.Each(func(i int) { out.I64[i] = part(0, 0, wholeSeconds(a.at(i))/calendar.SecondsPerDay) })
				return nil
			}
		}
		return nil
	}
}

// wholeSeconds cuts the fraction of an interval towards zero.
func wholeSeconds(t types.Int128) int64 {
	if t.Hi < 0 && t.Lo > 0 {
		return t.Hi + 1
	}
	return t.Hi
}

func timePart(unit, modulo int64) Builder {
	return func(_ *Env, call *Call) Kernel {
		if call.Args[0].Physical() != types.I128 {
			return nil
		}
		interval := call.Args[0].IsInterval()
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) {
				t := a.at(i)
				if interval {
					out.I64[i] = wholeSeconds(t) / unit % modulo
					return
				}
				out.I64[i] = calendar.FloorMod(calendar.FloorDiv(t.Hi, unit), modulo)
			})
			return nil
		}
	}
}

func dayFunction(f func(days int64) int64) Builder {
	return func(_ *Env, call *Call) Kernel {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) { out.I64[i] = f(a.at(i)) })
			return nil
		}
	}
}

func dayShift(sign int64) Builder {
	return func(_ *Env, call *Call) Kernel {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, n := ints(args[0]), ints(args[1])
			rows.Each(func(i int) { out.I64[i] = int64(int32(a.at(i) + sign*n.at(i))) })
			return nil
		}
	}
}

func dateDiff(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, b := ints(args[0]), ints(args[1])
		rows.Each(func(i int) { out.I64[i] = a.at(i) - b.at(i) })
		return nil
	}
}

// setDate stores the text of a date.
func (r *Result) setDate(row int, days int64) {
	data := r.Extend()
	r.Set(row, len(data), valuetext.AppendDate(data, days))
}

// yearOfEra is the year as Java's Calendar has it: years before Christ count backwards.
func yearOfEra(year int64) int64 {
	if year <= 0 {
		return 1 - year
	}
	return year
}

func lastOfMonth(days int64) int64 {
	y, m, _ := calendar.Civil(days)
	return calendar.Days(y, m, calendar.DaysIn(y, m))
}

// stickyMonths adds months; the last day of a month stays the last day.
func stickyMonths(days, months int64) int64 {
	r := calendar.AddMonths(days, months)
	if lastOfMonth(days) == days {
		return lastOfMonth(r)
	}
	return r
}

func addMonths(env *Env, call *Call) Kernel {
	if len(call.Args) == 2 {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, n := ints(args[0]), ints(args[1])
			rows.Each(func(i int) {
				y, m, d := calendar.Civil(stickyMonths(a.at(i), n.at(i)))
				data := out.Extend()
				out.Set(i, len(data), fmt.Appendf(data, "%04d-%02d-%02d", yearOfEra(y), m, d))
			})
			return nil
		}
	}
	text, ok := call.ConstText(2)
	if !ok {
		return nil
	}
	// This function always uses SimpleDateFormat.
	pattern, err := calendar.CompilePattern(text, true)
	if err != nil {
		return failing(err)
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, n := wides(args[0]), ints(args[1])
		rows.Each(func(i int) {
			t := a.at(i)
			days, second := calendar.Split(t.Hi)
			t.Hi = stickyMonths(days, n.at(i))*calendar.SecondsPerDay + second
			data := out.Extend()
			out.Set(i, len(data), pattern.Append(data, t, calendar.Zone{}, t.Hi))
		})
		return nil
	}
}

// failing is a kernel that fails as soon as it meets a row.
func failing(err error) Kernel {
	return func(_ []*vector.Vector, rows Rows, _ *Result) error {
		if rows.Count() == 0 {
			return nil
		}
		return errorf("%v", err)
	}
}

// monthsBetween counts months of 31 days for the part of a month; two last days of months are whole months apart.
func monthsBetween(_ *Env, call *Call) Kernel {
	exact := false
	if d, ok := call.Const(2); ok && !d.Null {
		exact = d.I == 0
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, b := wides(args[0]), wides(args[1])
		rows.Each(func(i int) {
			d1, s1 := calendar.Split(a.at(i).Hi)
			d2, s2 := calendar.Split(b.at(i).Hi)
			y1, m1, day1 := calendar.Civil(d1)
			y2, m2, day2 := calendar.Civil(d2)
			months := float64((yearOfEra(y1)-yearOfEra(y2))*12 + m1 - m2)
			if day1 == day2 || day1 == calendar.DaysIn(y1, m1) && day2 == calendar.DaysIn(y2, m2) {
				out.F64[i] = months
				return
			}
			months += float64((day1-day2)*calendar.SecondsPerDay+s1-s2) / 2678400
			if !exact {
				months = roundFloat(months, 8, false)
			}
			out.F64[i] = months
		})
		return nil
	}
}

func lastDay(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := ints(args[0])
		rows.Each(func(i int) { out.setDate(i, lastOfMonth(a.at(i))) })
		return nil
	}
}

// weekday reads a day of the week in two letters, three or in full, in any case; Sunday is 0, -1 is none.
func weekday(s string) int64 {
	for i, name := range [...]string{"SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"} {
		if strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) || strings.EqualFold(s, name[:2]) {
			return int64(i)
		}
	}
	return -1
}

func nextDay(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, w := ints(args[0]), textsOf(args[1])
		rows.Each(func(i int) {
			want := weekday(string(w.at(i)))
			if want < 0 {
				out.Null(i)
				return
			}
			d := a.at(i)
			ahead := want - calendar.Weekday(d)
			if ahead <= 0 {
				ahead += 7
			}
			out.setDate(i, d+ahead)
		})
		return nil
	}
}

func truncYear(days int64) int64 {
	y, _, _ := calendar.Civil(days)
	return calendar.Days(y, 1, 1)
}

func truncQuarter(days int64) int64 {
	y, m, _ := calendar.Civil(days)
	return calendar.Days(y, (m-1)/3*3+1, 1)
}

func truncMonth(days int64) int64 {
	y, m, _ := calendar.Civil(days)
	return calendar.Days(y, m, 1)
}

// trunc cuts a date to a unit, or a number to digits: NULL digits are those of the row before.
func trunc(_ *Env, call *Call) Kernel {
	if call.Args[0].Kind == types.Date {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, unit := ints(args[0]), textsOf(args[1])
			rows.Each(func(i int) {
				if isNull(args[0], i) || isNull(args[1], i) {
					out.Null(i)
					return
				}
				switch string(unit.at(i)) {
				case "MONTH", "MON", "MM":
					out.setDate(i, truncMonth(a.at(i)))
				case "YEAR", "YYYY", "YY":
					out.setDate(i, truncYear(a.at(i)))
				case "QUARTER", "Q":
					out.setDate(i, truncQuarter(a.at(i)))
				default:
					out.Null(i)
				}
			})
			return nil
		}
	}
	return truncNumber(call)
}

// floorTime cuts timestamps to a day that f computes; zoned ones by local time.
func floorTime(f func(days int64) int64) Builder {
	return func(env *Env, call *Call) Kernel {
		zone := calendar.Zone{}
		if call.Args[0].Kind == types.TimestampLTZ {
			zone = env.Zone()
		}
		if call.Args[0].Physical() != types.I128 {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) {
				days, _ := calendar.Split(zone.Local(a.at(i).Hi))
				out.W[i] = types.Int128{Hi: zone.Instant(f(days) * calendar.SecondsPerDay)}
			})
			return nil
		}
	}
}

func floorSeconds(unit int64) Builder {
	return func(_ *Env, call *Call) Kernel {
		if call.Args[0].Physical() != types.I128 {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) { out.W[i] = types.Int128{Hi: calendar.FloorDiv(a.at(i).Hi, unit) * unit} })
			return nil
		}
	}
}

func toEpochMilli(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := wides(args[0])
		rows.Each(func(i int) {
			t := a.at(i)
			out.I64[i] = t.Hi*1000 + int64(t.Lo/1e6)
		})
		return nil
	}
}

// internalInterval makes an interval of an amount given as text, in the unit that the first argument names.
func internalInterval(_ *Env, call *Call) Kernel {
	unit, ok := call.ConstText(0)
	if !ok {
		return nil
	}
	bad := func(s []byte) error { return errorf("Error parsing interval %s", s) }
	if call.Result.Kind == types.IntervalYearMonth {
		factor := int64(1)
		if unit == "year" {
			factor = 12
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[1])
			return rows.Try(func(i int) error {
				s := trim(a.at(i))
				n, ok := ParseInteger(s)
				if unit == "year_to_month" {
					n, ok = calendar.ParseYearMonth(s)
				}
				if !ok {
					return bad(s)
				}
				out.I64[i] = n * factor
				return nil
			})
		}
	}
	seconds := map[string]int64{"week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60, "second": 1}[unit]
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[1])
		return rows.Try(func(i int) error {
			s := trim(a.at(i))
			switch unit {
			case "day_to_second":
				v, ok := calendar.ParseDayTime(s)
				if !ok {
					return bad(s)
				}
				out.W[i] = v
			case "second":
				v, ok := decimal.Parse(s, types.MaxPrecision, 9)
				if !ok {
					return bad(s)
				}
				whole := decimal.Floor(v, 9)
				out.W[i] = types.Int128{Hi: int64(whole.Lo), Lo: v.Sub(mulPow(whole, 9)).Lo}
			default:
				n, ok := ParseInteger(s)
				if !ok {
					return bad(s)
				}
				out.W[i] = types.Int128{Hi: n * seconds}
			}
			return nil
		})
	}
}

// julianShift is how many days the proleptic Gregorian calendar is off the Julian one at a date before 1582-10-15.
func julianShift(days int64) int64 {
	const cutover = -141427 // 1582-10-15
	if days >= cutover {
		return 0
	}
	y, m, _ := calendar.Civil(days)
	if m <= 2 {
		y--
	}
	return calendar.FloorDiv(y, 100) - calendar.FloorDiv(y, 400) - 2
}

// hybridCalendar reads an old date as Julian and returns the Gregorian date of the same fields' day.
func hybridCalendar(_ *Env, call *Call) Kernel {
	if call.Args[0].Kind == types.Date {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) { out.I64[i] = a.at(i) - julianShift(a.at(i)) })
			return nil
		}
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := wides(args[0])
		rows.Each(func(i int) {
			t := a.at(i)
			days, _ := calendar.Split(t.Hi)
			t.Hi -= julianShift(days) * calendar.SecondsPerDay
			out.W[i] = t
		})
		return nil
	}
}
