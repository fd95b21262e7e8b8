package valuetext

import (
	"strconv"
	"time"

	"skep/dialect/types"
)

const (
	secondsPerDay   = 86400
	nanosPerSecond  = 1_000_000_000
	daysPer400Years = 146097
)

// civil converts days since 1970-01-01 to a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level date
// algorithms": years are counted from March in eras of 400 years).
func civil(days int64) (year int64, month, day int) {
	z := days + 719468
	era := z / daysPer400Years
	if z%daysPer400Years < 0 {
		era--
	}
	doe := z - era*daysPer400Years
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// AppendDate appends yyyy-MM-dd for days since 1970-01-01. Years beyond 9999 get a plus sign, years before 0 a minus, as Java's
// "uuuu" prints them.
func AppendDate(dst []byte, days int64) []byte {
	year, month, day := civil(days)
	switch {
	case year < 0:
		dst = append(dst, '-')
		year = -year
	case year > 9999:
		dst = append(dst, '+')
	}
	if year <= 9999 {
		dst = append2(dst, int(year/100))
		dst = append2(dst, int(year%100))
	} else {
		dst = strconv.AppendInt(dst, year, 10)
	}
	dst = append(dst, '-')
	dst = append2(dst, month)
	dst = append(dst, '-')
	return append2(dst, day)
}

func append2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// AppendTimestamp appends yyyy-MM-dd HH:mm:ss[.f] for a timestamp (seconds in Hi, nanoseconds in Lo); trailing zeros of the
// fraction, and an empty fraction, are left out.
func AppendTimestamp(dst []byte, t types.Int128) []byte {
	return appendFraction(appendSeconds(dst, t.Hi), t.Lo, 0)
}

// AppendTimestampLTZ appends a timestamp with local time zone in zone loc: yyyy-MM-dd HH:mm:ss.f, with at least one fraction
// digit, a blank and the zone's name. A nil loc is UTC.
func AppendTimestampLTZ(dst []byte, t types.Int128, loc *time.Location) []byte {
	if loc == nil {
		loc = time.UTC
	}
	_, offset := time.Unix(t.Hi, 0).In(loc).Zone()
	dst = appendFraction(appendSeconds(dst, t.Hi+int64(offset)), t.Lo, 1)
	dst = append(dst, ' ')
	return append(dst, loc.String()...)
}

func appendSeconds(dst []byte, seconds int64) []byte {
	days, rest := seconds/secondsPerDay, seconds%secondsPerDay
	if rest < 0 {
		days--
		rest += secondsPerDay
	}
	dst = append(AppendDate(dst, days), ' ')
	return appendClock(dst, rest)
}

func appendClock(dst []byte, seconds int64) []byte {
	dst = append(append2(dst, int(seconds/3600)), ':')
	dst = append(append2(dst, int(seconds/60%60)), ':')
	return append2(dst, int(seconds%60))
}

// appendFraction appends '.' and nine digits of nanos without trailing zeros, but at least least digits.
func appendFraction(dst []byte, nanos uint64, least int) []byte {
	if nanos == 0 && least == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = appendPadded(dst, nanos, 9)
	for drop := 9 - max(least, 1); drop > 0 && dst[len(dst)-1] == '0'; drop-- {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendIntervalYearMonth appends [-]years-months for a number of months.
func AppendIntervalYearMonth(dst []byte, months int64) []byte {
	if months < 0 {
		dst = append(dst, '-')
		months = -months
	}
	dst = strconv.AppendInt(dst, months/12, 10)
	dst = append(dst, '-')
	return strconv.AppendInt(dst, months%12, 10)
}

// AppendIntervalDayTime appends [-]days HH:mm:ss.nnnnnnnnn for an interval (seconds in Hi, nanoseconds 0..999999999 in Lo).
func AppendIntervalDayTime(dst []byte, t types.Int128) []byte {
	seconds, nanos := t.Hi, t.Lo
	if seconds < 0 {
		dst = append(dst, '-')
		seconds = -seconds
		if nanos > 0 {
			seconds--
			nanos = nanosPerSecond - nanos
		}
	}
	dst = strconv.AppendInt(dst, seconds/secondsPerDay, 10)
	dst = append(dst, ' ')
	dst = append(appendClock(dst, seconds%secondsPerDay), '.')
	return appendPadded(dst, nanos, 9)
}
