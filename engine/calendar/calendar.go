// Package calendar is arithmetic on dates and timestamps as the engine stores them: days since 1970-01-01 and seconds with
// nanoseconds since then, in the proleptic Gregorian calendar, plus Hive's rules for reading them from text.
package calendar

import "skep/dialect/types"

// SecondsPerDay is the length of a day; days have no leap seconds.
const SecondsPerDay = 86400

// Days returns the days since 1970-01-01 of a date. Month is 1..12, day may be any number. Days are counted from March of year 0
// in 400-year eras (H. Hinnant, "chrono-compatible low-level date algorithms").
func Days(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	y := year - era*400
	return era*146097 + y*365 + y/4 - y/100 + (153*(month-3)+2)/5 + day - 1 - 719468
}

// Civil is the inverse of Days.
func Civil(days int64) (year, month, day int64) {
	z := days + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// IsLeap reports whether year has 366 days.
func IsLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// DaysIn returns the number of days of a month, 1..12.
func DaysIn(year, month int64) int64 {
	switch month {
	case 2:
		if IsLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// FloorDiv divides rounding down.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// FloorMod is the remainder of FloorDiv; it has the sign of b.
func FloorMod(a, b int64) int64 { return a - FloorDiv(a, b)*b }

// Split divides seconds since the epoch into days and seconds of the day.
func Split(seconds int64) (days, ofDay int64) {
	days = FloorDiv(seconds, SecondsPerDay)
	return days, seconds - days*SecondsPerDay
}

// Midnight is the timestamp at the start of a day.
func Midnight(days int64) types.Int128 { return types.Int128{Hi: days * SecondsPerDay} }

// Weekday returns the day of the week, Sunday 0.
func Weekday(days int64) int64 { return FloorMod(days+4, 7) }

// ISOWeek returns the ISO 8601 year and week: weeks start on Monday, week 1 holds the first Thursday.
func ISOWeek(days int64) (year, week int64) {
	thursday := days - FloorMod(days+3, 7) + 3
	year, _, _ = Civil(thursday)
	return year, (thursday-Days(year, 1, 1))/7 + 1
}

// AddMonths adds months to a date; days beyond the end of the month are cut.
func AddMonths(days, months int64) int64 {
	y, m, d := Civil(days)
	m += months - 1
	y += FloorDiv(m, 12)
	m = FloorMod(m, 12) + 1
	return Days(y, m, min(d, DaysIn(y, m)))
}

// OfMillis is the timestamp of milliseconds since the epoch.
func OfMillis(v int64) types.Int128 {
	seconds := FloorDiv(v, 1000)
	return types.Int128{Hi: seconds, Lo: uint64(v-seconds*1000) * 1e6}
}

const nanosPerSecond = 1_000_000_000

// Add adds two values of seconds and nanoseconds.
func Add(a, b types.Int128) types.Int128 {
	r := types.Int128{Hi: a.Hi + b.Hi, Lo: a.Lo + b.Lo}
	if r.Lo >= nanosPerSecond {
		r.Lo -= nanosPerSecond
		r.Hi++
	}
	return r
}

// Negate changes the sign of an interval.
func Negate(a types.Int128) types.Int128 {
	if a.Lo == 0 {
		return types.Int128{Hi: -a.Hi}
	}
	return types.Int128{Hi: -a.Hi - 1, Lo: nanosPerSecond - a.Lo}
}

// Subtract subtracts two values of seconds and nanoseconds.
func Subtract(a, b types.Int128) types.Int128 { return Add(a, Negate(b)) }

// SubtractTimes is the interval between two timestamps as Hive has it: it cuts milliseconds to seconds towards zero, so that a timestamp
// before 1970 with milliseconds counts a second more than it has.
func SubtractTimes(a, b types.Int128) types.Int128 { return Subtract(cutMillis(a), cutMillis(b)) }

func cutMillis(t types.Int128) types.Int128 {
	if t.Hi < 0 && t.Lo >= 1e6 {
		t.Hi++
	}
	return t
}
