package text

import (
	"strings"
	"time"
	"unicode"

	"skep/dialect/types"
)

const secondsPerDay = 86400

// daysOf returns the days since 1970-01-01 of a proleptic Gregorian date; month is 1..12, day may be any number. The method
// counts days from March of year 0 in 400-year eras (H. Hinnant, chrono-compatible date algorithms).
func daysOf(year, month, day int64) int64 {
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

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// dateDays checks the parts strictly, or rolls months and days over when lenient.
func dateDays(year, month, day int64, lenient bool) (int64, bool) {
	if lenient {
		m := month - 1
		year += floorDiv(m, 12)
		m -= 12 * floorDiv(m, 12)
		return daysOf(year, m+1, day), true
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return daysOf(year, month, day), true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// parseDate reads a date field.
func parseDate(s []byte, lenient bool) (int64, bool) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		// yyyy-mm-dd, by far the usual form.
		y, ok1 := fourDigits(s)
		m, ok2 := twoDigits(s[5:])
		d, ok3 := twoDigits(s[8:])
		if ok1 && ok2 && ok3 {
			return dateDays(y, m, d, lenient)
		}
	}
	if len(s) < 8 {
		return 0, false
	}
	c := cursor{s: trim(s)}
	maxYear := 4
	if lenient {
		maxYear = 10
		for i, b := range c.s {
			if b == ' ' {
				c.s = c.s[:i]
				break
			}
		}
	}
	days, ok := c.date(maxYear, lenient)
	if !ok {
		return 0, false
	}
	// The lenient parser wants nothing more; the strict one anything but a digit.
	if len(c.s) > 0 && (lenient || isDigit(c.s[0])) {
		return 0, false
	}
	return days, true
}

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
	return dateDays(y, m, d, lenient)
}

// fraction reads digits after a point as nanoseconds; at least lo and at most nine.
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

// timeOfDay returns seconds and nanoseconds within the day; lenient parts may exceed their ranges.
func timeOfDay(h, m, s int64, lenient bool) (int64, bool) {
	if !lenient && (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) {
		return 0, false
	}
	return h*3600 + m*60 + s, true
}

// parseTimestamp reads a timestamp field: by the table's timestamp.formats, then y-m-d h:m:s[.f] or ISO local date and time.
func (p *params) parseTimestamp(s []byte) (types.Int128, bool) {
	if len(s) < 8 {
		return types.Int128{}, false
	}
	if p.millis {
		if v, ok := parseMillis(s); ok {
			return v, true
		}
	}
	for i := range p.patterns {
		if v, ok := p.patterns[i].parse(string(s), nil); ok {
			v.Lo -= v.Lo % 1e6 // these go through epoch milliseconds
			return v, true
		}
	}
	s = trim(s)
	if v, ok := plainTimestamp(s, p.lenient); ok {
		return v, true
	}
	return isoTimestamp(s)
}

func plainTimestamp(s []byte, lenient bool) (types.Int128, bool) {
	var none types.Int128
	c := cursor{s}
	days, ok := c.date(10, lenient)
	if !ok || !c.accept(' ') {
		return none, false
	}
	h, ok1 := c.number(1, 2, true)
	if !ok1 || !c.accept(':') {
		return none, false
	}
	m, ok2 := c.number(1, 2, true)
	if !ok2 || !c.accept(':') {
		return none, false
	}
	sec, ok3 := c.number(1, 2, true)
	if !ok3 {
		return none, false
	}
	var nanos int64
	if c.accept('.') {
		if nanos, ok = c.fraction(1); !ok {
			return none, false
		}
	}
	at, ok := timeOfDay(h, m, sec, lenient)
	if !ok || len(c.s) > 0 {
		return none, false
	}
	return types.Int128{Hi: days*secondsPerDay + at, Lo: uint64(nanos)}, true
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
	days, ok6 := dateDays(y, mo, d, false)
	at, ok7 := timeOfDay(h, m, sec, false)
	if !ok6 || !ok7 || len(c.s) > 0 {
		return none, false
	}
	return types.Int128{Hi: days*secondsPerDay + at, Lo: uint64(nanos)}, true
}

// parseMillis reads milliseconds since the epoch; a fraction of them is dropped.
func parseMillis(s []byte) (types.Int128, bool) {
	v, ok := parseIntegerSlow(s, 64)
	if !ok {
		return types.Int128{}, false
	}
	return ofMillis(v), true
}

func ofMillis(v int64) types.Int128 {
	seconds := floorDiv(v, 1000)
	return types.Int128{Hi: seconds, Lo: uint64(v-seconds*1000) * 1e6}
}

// parseTimestampLTZ reads yyyy-mm-dd[ hh:mm:ss[.f]][ ][zone] as an instant; without zone it is local to the session. Days
// beyond the month's end are cut to it and 24:00:00 is the next day's start, as Java's smart resolution has it.
func (p *params) parseTimestampLTZ(s []byte) (types.Int128, bool) {
	var none types.Int128
	if len(s) < 8 {
		return none, false
	}
	for i := range p.patterns {
		if v, ok := p.patterns[i].parse(string(s), p.location); ok {
			return v, true
		}
	}
	c := cursor{s}
	y, ok1 := c.number(4, 10, true)
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
	seconds := daysOf(y, mo, min(d, daysIn(y, mo))) * secondsPerDay
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
	zone := p.location
	if len(c.s) > 0 {
		z, ok := parseZone(string(c.s))
		if !ok {
			return none, false
		}
		zone = z
	}
	return types.Int128{Hi: localToInstant(seconds, zone), Lo: uint64(nanos)}, true
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
		return secondsPerDay, 0, true
	}
	seconds, ok = timeOfDay(h, m, s, false)
	return seconds, nanos, ok
}

// localToInstant converts seconds of local time in a zone to seconds since the epoch. A time inside a gap moves forward by
// the gap's length; a doubled one is the earlier.
func localToInstant(local int64, zone *time.Location) int64 {
	t := time.Unix(local, 0).UTC()
	u := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
	_, offset := u.Zone()
	if back := u.Unix() + int64(offset); back != local {
		// In a gap time.Date may use the offset of either side; Java uses the one before it.
		_, before := u.Add(-24 * time.Hour).Zone()
		return local - int64(before)
	}
	// Of two instants with the same local time prefer the first.
	_, before := u.Add(-3 * time.Hour).Zone()
	if before > offset {
		if e := local - int64(before); func() bool { _, o := time.Unix(e, 0).In(zone).Zone(); return o == before }() {
			return e
		}
	}
	return u.Unix()
}

// parseZone reads a zone id or offset: Z, UTC, GMT, ±h[h]:mm[:ss], UTC±…, Region/City.
func parseZone(s string) (*time.Location, bool) {
	upper := strings.ToUpper(s)
	switch upper {
	case "Z", "UTC", "GMT", "UT":
		return time.UTC, true
	}
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if strings.HasPrefix(upper, prefix) && len(s) > len(prefix) {
			return parseOffset(s[len(prefix):])
		}
	}
	if s[0] == '+' || s[0] == '-' {
		return parseOffset(s)
	}
	if strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/_-+", r)
	}) {
		return nil, false
	}
	z, err := time.LoadLocation(s)
	return z, err == nil && s != "Local"
}

// parseOffset reads ±h, ±hh, ±hh:mm, ±hhmm or ±hh:mm:ss.
func parseOffset(s string) (*time.Location, bool) {
	sign := int64(1)
	if s[0] == '-' {
		sign = -1
	} else if s[0] != '+' {
		return nil, false
	}
	c := cursor{[]byte(s[1:])}
	h, ok := c.number(1, 2, false)
	if !ok {
		return nil, false
	}
	var m, sec int64
	if len(c.s) > 0 {
		c.accept(':')
		if m, ok = c.number(2, 2, false); !ok {
			return nil, false
		}
		if len(c.s) > 0 {
			c.accept(':')
			if sec, ok = c.number(2, 2, false); !ok {
				return nil, false
			}
		}
	}
	offset := h*3600 + m*60 + sec
	if len(c.s) > 0 || m > 59 || sec > 59 || offset > 18*3600 {
		return nil, false
	}
	return time.FixedZone("", int(sign*offset)), true
}
