package calendar

import (
	"bytes"
	"slices"

	"skep/dialect/types"
)

// ParseDate reads a date: y-m-d, with one or two digits of month and day and blanks around. Lenient parsing (Hive 3.1) rolls
// months and days over and allows a time of day after a blank or 'T'; strict parsing ignores what follows the day unless it is
// a digit.
func ParseDate(s []byte, lenient bool) (days int64, ok bool) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		// yyyy-mm-dd, by far the usual form.
		y, ok1 := fourDigits(s)
		m, ok2 := twoDigits(s[5:])
		d, ok3 := twoDigits(s[8:])
		if ok1 && ok2 && ok3 {
			return CheckedDays(y, m, d, lenient)
		}
	}
	c := cursor{s: trim(s)}
	if !lenient {
		days, ok = c.date(4, false)
		return days, ok && (len(c.s) == 0 || !isDigit(c.s[0]))
	}
	if i := bytes.IndexAny(c.s, " T"); i >= 0 {
		c.s = c.s[:i]
	}
	days, ok = c.date(10, true)
	return days, ok && len(c.s) == 0
}

// CheckedDays returns the days of a date, checking the parts, or rolling months and days over when lenient.
func CheckedDays(year, month, day int64, lenient bool) (int64, bool) {
	if lenient {
		m := month - 1
		year += FloorDiv(m, 12)
		return Days(year, FloorMod(m, 12)+1, day), true
	}
	if month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return 0, false
	}
	return Days(year, month, day), true
}

// ParseTimestamp reads a timestamp: y-m-d h:m:s[.f], the ISO form with T, either followed by a time zone (which is dropped:
// the local time counts), or a date.
func ParseTimestamp(s []byte, lenient bool) (types.Int128, bool) {
	s = cutFraction(trim(s))
	if v, rest, ok := plainTimestamp(s, lenient); ok && (len(rest) == 0 || !lenient && isZone(rest)) {
		return v, true
	}
	if v, ok := isoTimestamp(s); ok {
		return v, true
	}
	days, ok := ParseDate(s, lenient)
	if !ok && lenient && len(s) > len(plainDate) && isZone(s[len(plainDate):]) {
		days, ok = ParseDate(s[:len(plainDate)], lenient)
	}
	return Midnight(days), ok
}

// cutFraction drops the digits of a fraction beyond the ninth, with what follows them up to a second blank or a plus, as Hive does.
func cutFraction(s []byte) []byte {
	point := bytes.IndexByte(s, '.')
	if point < 0 {
		return s
	}
	end := len(s)
	if blank := bytes.IndexByte(s, ' '); blank >= 0 {
		for _, c := range " +" {
			if i := bytes.IndexByte(s[blank+1:], byte(c)); i >= 0 {
				end = blank + 1 + i
				break
			}
		}
	}
	if end-point <= 10 {
		return s
	}
	return append(slices.Clip(s[:point+10]), s[end:]...)
}

const plainDate = "yyyy-mm-dd"

func isZone(s []byte) bool {
	if s[0] == ' ' {
		s = s[1:]
	}
	if len(s) == 0 {
		return false
	}
	_, ok := ParseZoneID(string(s))
	return ok
}

// ParseTimestampLTZ reads yyyy-mm-dd[ hh:mm:ss[.f]][ ][zone] as an instant; without a zone it is local to zone local. Days beyond
// the month's end are cut to it and 24:00:00 is the next day's start, as Java's smart resolution has it.
func ParseTimestampLTZ(s []byte, local Zone) (types.Int128, bool) {
	return FieldTimestampLTZ(cutFraction(trim(s)), local)
}

// FieldTimestampLTZ reads a text field as ParseTimestampLTZ does, but without blanks around and with at most nine digits of a fraction.
func FieldTimestampLTZ(s []byte, local Zone) (types.Int128, bool) {
	var none types.Int128
	c := cursor{s}
	y, ok1 := c.number(4, 4, true)
	if !ok1 || !c.accept('-') {
		return none, false
	}
	mo, ok2 := c.number(2, 2, false)
	if !ok2 || !c.accept('-') {
		return none, false
	}
	d, ok3 := c.number(2, 2, false)
	if !ok3 || mo < 1 || mo > 12 || d < 1 || d > 31 {
		return none, false
	}
	seconds := Days(y, mo, min(d, DaysIn(y, mo))) * SecondsPerDay
	var nanos int64
	if rest := c.s; c.accept(' ') {
		at, n, ok := c.clock()
		if ok {
			seconds, nanos = seconds+at, n
		} else {
			c.s = rest // a zone may follow the date directly
		}
	}
	c.accept(' ')
	zone := local
	if len(c.s) > 0 {
		z, ok := ParseZoneID(string(c.s))
		if !ok {
			return none, false
		}
		zone = z
	}
	return types.Int128{Hi: zone.Instant(seconds), Lo: uint64(nanos)}, true
}

// ParseTimeOfDay reads hh:mm[:ss[.f]] as seconds and nanoseconds of the day.
func ParseTimeOfDay(s []byte) (types.Int128, bool) {
	var none types.Int128
	c := cursor{trim(s)}
	h, ok1 := c.number(2, 2, false)
	if !ok1 || !c.accept(':') {
		return none, false
	}
	m, ok2 := c.number(2, 2, false)
	var sec, nanos int64
	ok := ok2
	if ok && c.accept(':') {
		if sec, ok = c.number(2, 2, false); ok && c.accept('.') {
			nanos, ok = c.longFraction()
		}
	}
	seconds, ok3 := TimeOfDay(h, m, sec, false)
	return types.Int128{Hi: seconds, Lo: uint64(nanos)}, ok && ok3 && len(c.s) == 0
}

// ParseYearMonth reads [+-]years-months.
func ParseYearMonth(s []byte) (months int64, ok bool) {
	c := cursor{trim(s)}
	negative := c.accept('-')
	if !negative {
		c.accept('+')
	}
	y, ok1 := c.number(1, 9, false)
	if !ok1 || !c.accept('-') {
		return 0, false
	}
	m, ok2 := c.number(1, 2, false)
	if !ok2 || m > 11 || len(c.s) > 0 {
		return 0, false
	}
	months = y*12 + m
	if negative {
		months = -months
	}
	return months, true
}

// ParseDayTime reads [+-]days h:m:s[.f] as seconds and nanoseconds.
func ParseDayTime(s []byte) (types.Int128, bool) {
	var none types.Int128
	c := cursor{trim(s)}
	negative := c.accept('-')
	if !negative {
		c.accept('+')
	}
	d, ok := c.number(1, 10, false)
	if !ok || !c.accept(' ') {
		return none, false
	}
	h, ok1 := c.number(1, 2, false)
	if !ok1 || h > 23 || !c.accept(':') {
		return none, false
	}
	m, ok2 := c.number(1, 2, false)
	if !ok2 || m > 59 || !c.accept(':') {
		return none, false
	}
	sec, ok3 := c.number(1, 2, false)
	if !ok3 || sec > 59 {
		return none, false
	}
	var nanos int64
	if c.accept('.') {
		if nanos, ok = c.longFraction(); !ok {
			return none, false
		}
	}
	if len(c.s) > 0 {
		return none, false
	}
	v := types.Int128{Hi: d*SecondsPerDay + h*3600 + m*60 + sec, Lo: uint64(nanos)}
	if negative {
		v = Negate(v)
	}
	return v, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func twoDigits(s []byte) (int64, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int64(a)*10 + int64(b), a <= 9 && b <= 9
}

func fourDigits(s []byte) (int64, bool) {
	a, ok1 := twoDigits(s)
	b, ok2 := twoDigits(s[2:])
	return a*100 + b, ok1 && ok2
}

// trim removes bytes up to blank at both ends, as Java's String.trim.
func trim(s []byte) []byte {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// cursor reads parts off the front of s.
type cursor struct{ s []byte }

// number reads lo to hi digits; signed also allows a leading minus.
func (c *cursor) number(lo, hi int, signed bool) (int64, bool) {
	negative := signed && len(c.s) > 0 && c.s[0] == '-'
	if negative {
		c.s = c.s[1:]
	}
	var v int64
	n := 0
	for n < hi && n < len(c.s) && isDigit(c.s[n]) {
		v = v*10 + int64(c.s[n]-'0')
		n++
	}
	if n < lo {
		return 0, false
	}
	c.s = c.s[n:]
	if negative {
		v = -v
	}
	return v, true
}

func (c *cursor) accept(b byte) bool {
	if len(c.s) > 0 && c.s[0] == b {
		c.s = c.s[1:]
		return true
	}
	return false
}

// date reads y-m-d, with one or two digits of month and day.
func (c *cursor) date(maxYear int, lenient bool) (int64, bool) {
	y, ok1 := c.number(1, maxYear, true)
	if !ok1 || !c.accept('-') {
		return 0, false
	}
	m, ok2 := c.number(1, 2, true)
	if !ok2 || !c.accept('-') {
		return 0, false
	}
	d, ok3 := c.number(1, 2, true)
	if !ok3 {
		return 0, false
	}
	return CheckedDays(y, m, d, lenient)
}

// fraction reads digits after a point as nanoseconds: at least lo, at most nine.
func (c *cursor) fraction(lo int) (int64, bool) {
	start := len(c.s)
	v, ok := c.number(lo, 9, false)
	if !ok {
		return 0, false
	}
	for range 9 - (start - len(c.s)) {
		v *= 10
	}
	return v, true
}

// longFraction reads a fraction of which nine digits count.
func (c *cursor) longFraction() (int64, bool) {
	v, ok := c.fraction(1)
	for len(c.s) > 0 && isDigit(c.s[0]) {
		c.s = c.s[1:]
	}
	return v, ok
}

// TimeOfDay returns the seconds of the day; lenient parts may exceed their ranges.
func TimeOfDay(h, m, s int64, lenient bool) (int64, bool) {
	if !lenient && (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) {
		return 0, false
	}
	return h*3600 + m*60 + s, true
}

// plainTimestamp reads y-m-d h:m:s[.f] and returns what follows.
func plainTimestamp(s []byte, lenient bool) (v types.Int128, rest []byte, ok bool) {
	c := cursor{s}
	days, ok := c.date(10, lenient)
	if !ok || !c.accept(' ') {
		return v, nil, false
	}
	h, ok1 := c.number(1, 2, true)
	if !ok1 || !c.accept(':') {
		return v, nil, false
	}
	m, ok2 := c.number(1, 2, true)
	if !ok2 || !c.accept(':') {
		return v, nil, false
	}
	sec, ok3 := c.number(1, 2, true)
	if !ok3 {
		return v, nil, false
	}
	var nanos int64
	if c.accept('.') {
		if nanos, ok = c.fraction(1); !ok {
			return v, nil, false
		}
	}
	at, ok := TimeOfDay(h, m, sec, lenient)
	if !ok {
		return v, nil, false
	}
	return types.Int128{Hi: days*SecondsPerDay + at, Lo: uint64(nanos)}, c.s, true
}

// isoTimestamp reads yyyy-mm-ddThh:mm[:ss[.f]].
func isoTimestamp(s []byte) (types.Int128, bool) {
	var none types.Int128
	c := cursor{s}
	plus := c.accept('+')
	size := len(c.s)
	y, ok1 := c.number(4, 10, true)
	if width := size - len(c.s); !ok1 || y >= 0 && (width > 4) != plus || !c.accept('-') {
		return none, false
	}
	mo, ok2 := c.number(2, 2, false)
	if !ok2 || !c.accept('-') {
		return none, false
	}
	d, ok3 := c.number(2, 2, false)
	if !ok3 || !(c.accept('T') || c.accept('t')) {
		return none, false
	}
	h, ok4 := c.number(2, 2, false)
	if !ok4 || !c.accept(':') {
		return none, false
	}
	m, ok5 := c.number(2, 2, false)
	if !ok5 {
		return none, false
	}
	var sec, nanos int64
	ok := true
	if c.accept(':') {
		if sec, ok = c.number(2, 2, false); !ok {
			return none, false
		}
		if c.accept('.') {
			if nanos, ok = c.fraction(0); !ok {
				return none, false
			}
		}
	}
	days, ok6 := CheckedDays(y, mo, d, false)
	at, ok7 := TimeOfDay(h, m, sec, false)
	if !ok6 || !ok7 || len(c.s) > 0 {
		return none, false
	}
	return types.Int128{Hi: days*SecondsPerDay + at, Lo: uint64(nanos)}, true
}

// clock reads hh:mm:ss[.f] and returns seconds of the day and nanoseconds.
func (c *cursor) clock() (seconds, nanos int64, ok bool) {
	h, ok1 := c.number(2, 2, false)
	if !ok1 || !c.accept(':') {
		return 0, 0, false
	}
	m, ok2 := c.number(2, 2, false)
	if !ok2 || !c.accept(':') {
		return 0, 0, false
	}
	s, ok3 := c.number(2, 2, false)
	if !ok3 {
		return 0, 0, false
	}
	if len(c.s) > 1 && c.s[0] == '.' && isDigit(c.s[1]) {
		c.s = c.s[1:]
		nanos, _ = c.fraction(1)
	}
	if h == 24 && m == 0 && s == 0 && nanos == 0 {
		return SecondsPerDay, 0, true
	}
	seconds, ok = TimeOfDay(h, m, s, false)
	return seconds, nanos, ok
}
