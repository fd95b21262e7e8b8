package calendar

import (
	"strconv"
	"strings"

	"skep/dialect/types"
)

// reading collects the fields of a text by their letters.
type reading struct {
	fields map[byte]int64
	zone   Zone
}

// set keeps a field; a second value must be the same.
func (r *reading) set(letter byte, v int64) bool {
	if old, ok := r.fields[letter]; ok && old != v {
		return false
	}
	r.fields[letter] = v
	return true
}

// parse reads a text as an instant: a date with a time in the zone it names or else in local, or the start of a date.
func (f *formatter) parse(s string, local Zone) (types.Int128, bool) {
	r := reading{fields: map[byte]int64{}, zone: local}
	at, ok := r.elements(f.elements, s, 0)
	if !ok || at != len(s) {
		return types.Int128{}, false
	}
	return r.resolve(local)
}

func (r *reading) elements(elements []element, s string, at int) (int, bool) {
	for i := range elements {
		e := &elements[i]
		if e.kind == optional {
			before := reading{fields: map[byte]int64{}, zone: r.zone}
			for k, v := range r.fields {
				before.fields[k] = v
			}
			if next, ok := r.elements(e.inner, s, at); ok {
				at = next
			} else {
				*r = before
			}
			continue
		}
		end := len(s)
		if e.pad > 0 {
			if end = at + e.pad; end > len(s) {
				return 0, false
			}
			for at < end && s[at] == ' ' {
				at++
			}
		}
		next, ok := r.element(e, s[:end], at)
		if !ok || e.pad > 0 && next != end {
			return 0, false
		}
		at = next
	}
	return at, true
}

func (r *reading) element(e *element, s string, at int) (int, bool) {
	rest := s[at:]
	switch e.kind {
	case literalText:
		return at + len(e.literal), hasFold(rest, e.literal)
	case numberValue, reducedYear:
		return r.number(e, s, at)
	case fractionValue:
		if len(rest) < e.min {
			return 0, false
		}
		v := int64(0)
		for i := range 9 {
			v *= 10
			if i < e.min {
				if !isDigit(rest[i]) {
					return 0, false
				}
				v += int64(rest[i] - '0')
			}
		}
		return at + e.min, r.set('n', v)
	case textValue:
		words, first := texts(e.letter, e.count)
		best := -1
		for i, w := range words {
			if hasFold(rest, w) && (best < 0 || len(w) > len(words[best])) {
				best = i
			}
		}
		if best < 0 {
			return 0, false
		}
		return at + len(words[best]), r.set(e.letter, first+int64(best))
	case zoneOffset, zoneLocalized, zoneText, zoneName:
		n, zone, ok := parseZoneElement(e, rest)
		r.zone = zone
		return at + n, ok
	}
	return 0, false
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// number reads as Java's strict parsing does: the widths of adjacent numbers are left to them.
func (r *reading) number(e *element, s string, at int) (int, bool) {
	negative, positive := false, false
	switch {
	case at >= len(s):
		return 0, false
	case s[at] == '+':
		if e.sign != exceedsSign {
			return 0, false
		}
		positive = true
		at++
	case s[at] == '-':
		if e.sign == noSign {
			return 0, false
		}
		negative = true
		at++
	}
	width := e.max + max(e.following, 0)
	end := at
	for pass := 0; ; pass++ {
		for end = at; end < len(s) && end < at+width && isDigit(s[end]); {
			end++
		}
		if e.following <= 0 || pass > 0 {
			break
		}
		width = max(e.min, end-at-e.following)
	}
	if end-at < e.min {
		return 0, false
	}
	v, err := strconv.ParseInt(s[at:end], 10, 64)
	if err != nil || negative && v == 0 {
		return 0, false
	}
	if e.sign == exceedsSign && !negative && positive != (end-at > e.min) {
		return 0, false
	}
	if negative {
		v = -v
	}
	if e.kind == reducedYear {
		v += 2000
	}
	return end, r.set(e.letter, v)
}

// parseZoneElement reads a zone off s and returns how long it is.
func parseZoneElement(e *element, s string) (int, Zone, bool) {
	var none Zone
	switch e.kind {
	case zoneOffset:
		if e.zero == "Z" && hasFold(s, "Z") {
			return 1, none, true
		}
		return parseOffsetForm(s, e.count)
	case zoneLocalized:
		if !hasFold(s, "GMT") {
			return 0, none, false
		}
		if len(s) == 3 || s[3] != '+' && s[3] != '-' {
			return 3, none, true
		}
		if e.count == 4 {
			n, z, ok := parseOffsetForm(s[3:], 5)
			return 3 + n, z, ok
		}
	case zoneText:
		for _, w := range zoneWords {
			for _, name := range []string{w.word + " Standard Time", w.word + " Daylight Time", w.word + " Time", w.letters + "ST", w.letters + "DT", w.letters + "T"} {
				if hasFold(s, name) {
					z, ok := ParseZone(w.id)
					return len(name), z, ok
				}
			}
		}
		if full := "Coordinated Universal Time"; hasFold(s, full) {
			return len(full), none, true
		}
	}
	n := 0
	for n < len(s) && (isDigit(s[n]) || isLetter(s[n]) || strings.IndexByte(":+-/_", s[n]) >= 0) {
		n++
	}
	z, ok := ParseZone(s[:n])
	return n, z, ok
}

// parseOffsetForm reads ±hh with minutes and seconds as one to five letters X ask for.
func parseOffsetForm(s string, form int) (int, Zone, bool) {
	var none Zone
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, none, false
	}
	two := func(at int) (int64, bool) {
		if at+2 > len(s) {
			return 0, false
		}
		return twoDigits([]byte(s[at : at+2]))
	}
	hour, ok := two(1)
	if !ok {
		return 0, none, false
	}
	n := 3
	colon := form == 3 || form == 5
	part := func() (int64, bool) {
		at := n
		if colon {
			if at >= len(s) || s[at] != ':' {
				return 0, false
			}
			at++
		}
		v, ok := two(at)
		if ok {
			n = at + 2
		}
		return v, ok && v < 60
	}
	minute, ok := part()
	if !ok && form > 1 {
		return 0, none, false
	}
	second := int64(0)
	if form >= 4 {
		second, _ = part()
	}
	offset := hour*3600 + minute*60 + second
	if offset > 18*3600 {
		return 0, none, false
	}
	if s[0] == '-' {
		offset = -offset
	}
	return n, fixedZone(offset), true
}

// resolve makes an instant of the fields in Java's smart style. What contradicts the result makes it fail.
func (r *reading) resolve(local Zone) (types.Int128, bool) {
	var none types.Int128
	second, nanos, excess, timed, ok := r.time()
	if !ok {
		return none, false
	}
	days, ok := r.date()
	if !ok {
		return none, false
	}
	m := moment{days: days, second: second, nanos: nanos}
	m.year, m.month, m.day = Civil(days)
	m.weekYear, m.weekNum = usWeek(days)
	for letter, v := range r.fields {
		if strings.IndexByte("hHkKamsnAN", letter) >= 0 {
			if !timed || letter == 'n' {
				continue
			}
		}
		if m.value(letter) != v {
			return none, false
		}
	}
	if !timed {
		return types.Int128{Hi: local.Instant(days * SecondsPerDay)}, true
	}
	return types.Int128{Hi: r.zone.Instant((days+excess)*SecondsPerDay + second), Lo: uint64(nanos)}, true
}

// take removes a field.
func (r *reading) take(letter byte) (int64, bool) {
	v, ok := r.fields[letter]
	delete(r.fields, letter)
	return v, ok
}

// date resolves year, month and day, or year and day of the year, or week-based year, week and day of the week.
func (r *reading) date() (days int64, ok bool) {
	if v, ok := r.take('y'); ok {
		era, bc := r.take('G')
		if v < 1 {
			return 0, false
		}
		if bc && era == 0 {
			v = 1 - v
		}
		if !r.set('u', v) {
			return 0, false
		}
	}
	year, hasYear := r.fields['u']
	month, hasMonth := r.fields['M']
	day, hasDay := r.fields['d']
	yearDay, hasYearDay := r.fields['D']
	weekYear, hasWeekYear := r.fields['Y']
	week, hasWeek := r.fields['w']
	weekday, hasWeekday := r.fields['e']
	if iso, ok := r.fields['E']; ok && !hasWeekday {
		weekday, hasWeekday = iso%7+1, true
	}
	switch {
	case hasYear && hasMonth && hasDay:
		if month < 1 || month > 12 || day < 1 || day > 31 {
			return 0, false
		}
		r.take('d') // may be cut to the month's end
		return Days(year, month, min(day, DaysIn(year, month))), true
	case hasYear && hasYearDay:
		days = Days(year, 1, 1) + yearDay - 1
		return days, yearDay >= 1 && days < Days(year+1, 1, 1)
	case hasWeekYear && hasWeek && hasWeekday:
		january := Days(weekYear, 1, 1)
		days = january - Weekday(january) + (week-1)*7 + weekday - 1
		return days, week >= 1 && week <= 53 && weekday >= 1 && weekday <= 7
	}
	return 0, false
}

// time resolves the time of day; without an hour there is none.
func (r *reading) time() (second, nanos, excess int64, timed, ok bool) {
	within := func(letter byte, low, high int64) bool {
		v, ok := r.fields[letter]
		return !ok || v >= low && v <= high
	}
	if !within('k', 0, 24) || !within('h', 0, 12) || !within('K', 0, 11) || !within('a', 0, 1) || !within('m', 0, 59) || !within('s', 0, 59) {
		return 0, 0, 0, false, false
	}
	if v, has := r.take('k'); has && !r.set('H', v%24) {
		return 0, 0, 0, false, false
	}
	if v, has := r.take('h'); has && !r.set('K', v%12) {
		return 0, 0, 0, false, false
	}
	if half, has := r.fields['a']; has {
		if v, has := r.fields['K']; has && !r.set('H', half*12+v) {
			return 0, 0, 0, false, false
		}
	}
	if v, has := r.take('N'); has {
		return v / 1e9, v % 1e9, 0, true, v >= 0 && v < SecondsPerDay*1e9
	}
	if v, has := r.take('A'); has {
		return v / 1000, v % 1000 * 1e6, 0, true, v >= 0 && v < SecondsPerDay*1000
	}
	hour, has := r.fields['H']
	minute, hasMinute := r.fields['m']
	sec, hasSecond := r.fields['s']
	nanos, hasNanos := r.fields['n']
	if !has || !hasMinute && (hasSecond || hasNanos) || !hasSecond && hasNanos {
		return 0, 0, 0, false, !has || hour >= 0 && hour <= 23
	}
	if hour == 24 && minute == 0 && sec == 0 && nanos == 0 {
		r.take('H')
		return 0, 0, 1, true, true
	}
	return hour*3600 + minute*60 + sec, nanos, 0, true, hour >= 0 && hour <= 23
}
