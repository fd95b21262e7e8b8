package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"skep/dialect/types"
)

// Pattern is a Java date pattern: of DateTimeFormatter (Hive 4.0), or of SimpleDateFormat (Hive 3.1), which parses leniently and
// gives some letters another meaning; its fields are kept here. Texts are those of the US locale.
type Pattern struct {
	modern *formatter // of DateTimeFormatter; nil for SimpleDateFormat
	fields []field
}

// field is a run of one pattern letter, or literal text (letter 0).
type field struct {
	letter  byte
	count   int
	literal string
}

// CompilePattern reads a pattern.
func CompilePattern(text string, legacy bool) (*Pattern, error) {
	if !legacy {
		f, err := compileFormatter(text)
		if err != nil {
			return nil, err
		}
		return &Pattern{modern: f}, nil
	}
	p := &Pattern{}
	literal := func(s string) {
		if n := len(p.fields); n > 0 && p.fields[n-1].letter == 0 {
			p.fields[n-1].literal += s
			return
		}
		p.fields = append(p.fields, field{literal: s})
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			end := i + 1
			var s strings.Builder
			for {
				if end >= len(text) {
					return nil, errors.New("Unterminated quote")
				}
				if text[end] == '\'' {
					if end+1 < len(text) && text[end+1] == '\'' {
						s.WriteByte('\'')
						end += 2
						continue
					}
					break
				}
				s.WriteByte(text[end])
				end++
			}
			if end == i+1 {
				literal("'")
			} else {
				literal(s.String())
			}
			i = end + 1
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for i+n < len(text) && text[i+n] == c {
				n++
			}
			if strings.IndexByte("GyYMLwWDdFEuaHkKhmsSzZX", c) < 0 {
				return nil, fmt.Errorf("Illegal pattern character '%c'", c)
			}
			p.fields = append(p.fields, field{letter: c, count: n})
			i += n
		default:
			literal(text[i : i+1])
			i++
		}
	}
	return p, nil
}

var (
	monthNames   = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	weekdayNames = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

// Append formats a local time; zone and instant serve the zone letters.
func (p *Pattern) Append(dst []byte, local types.Int128, zone Zone, instant int64) []byte {
	if p.modern != nil {
		return p.modern.append(dst, local, zone, instant)
	}
	days, second := Split(local.Hi)
	year, month, day := Civil(days)
	hour, minute := second/3600, second/60%60
	for _, f := range p.fields {
		switch f.letter {
		case 0:
			dst = append(dst, f.literal...)
		case 'G':
			if year > 0 {
				dst = append(dst, "AD"...)
			} else {
				dst = append(dst, "BC"...)
			}
		case 'y', 'u', 'Y':
			if f.letter == 'u' {
				dst = appendNumber(dst, (Weekday(days)+6)%7+1, f.count)
				continue
			}
			y := year
			if f.letter == 'Y' {
				y, _ = usWeek(days)
			} else if f.letter == 'y' && y <= 0 {
				y = 1 - y
			}
			if f.count == 2 {
				dst = appendNumber(dst, FloorMod(y, 100), 2)
			} else {
				dst = appendNumber(dst, y, f.count)
			}
		case 'M', 'L':
			dst = appendName(dst, f.count, month, monthNames[month-1])
		case 'w':
			_, w := usWeek(days)
			dst = appendNumber(dst, w, f.count)
		case 'W':
			first := Weekday(days - day + 1)
			dst = appendNumber(dst, (day-1+first)/7+1, f.count)
		case 'D':
			dst = appendNumber(dst, days-Days(year, 1, 1)+1, f.count)
		case 'd':
			dst = appendNumber(dst, day, f.count)
		case 'F':
			dst = appendNumber(dst, (day-1)/7+1, f.count)
		case 'E':
			dst = appendName(dst, max(f.count, 3), 0, weekdayNames[Weekday(days)])
		case 'a':
			dst = append(dst, [...]string{"AM", "PM"}[hour/12]...)
		case 'H':
			dst = appendNumber(dst, hour, f.count)
		case 'k':
			dst = appendNumber(dst, (hour+23)%24+1, f.count)
		case 'K':
			dst = appendNumber(dst, hour%12, f.count)
		case 'h':
			dst = appendNumber(dst, (hour+11)%12+1, f.count)
		case 'm':
			dst = appendNumber(dst, minute, f.count)
		case 's':
			dst = appendNumber(dst, second%60, f.count)
		case 'S':
			dst = appendNumber(dst, int64(local.Lo/1e6), f.count)
		default:
			dst = appendZone(dst, f, zone, instant)
		}
	}
	return dst
}

// usWeek returns the week-based year and week of the US: weeks start on Sunday, week 1 holds January 1.
func usWeek(days int64) (year, week int64) {
	saturday := days + 6 - Weekday(days)
	year, _, _ = Civil(saturday)
	start := Days(year, 1, 1)
	return year, (saturday-start)/7 + 1
}

func appendNumber(dst []byte, v int64, width int) []byte {
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	s := strconv.FormatInt(v, 10)
	for n := len(s); n < width; n++ {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

func appendName(dst []byte, count int, number int64, name string) []byte {
	switch {
	case count <= 2:
		return appendNumber(dst, number, count)
	case count == 3:
		return append(dst, name[:3]...)
	case count == 5:
		return append(dst, name[0])
	}
	return append(dst, name...)
}

func appendZone(dst []byte, f field, zone Zone, instant int64) []byte {
	name, offset := zone.At(instant)
	switch f.letter {
	case 'z':
		if f.count >= 4 && (name == "UTC" || name == "GMT") {
			return append(dst, "Coordinated Universal Time"...)
		}
		return append(dst, name...)
	case 'Z':
		return appendOffset(dst, offset, 2, false)
	}
	// X: hours, hours and minutes, with colon.
	if offset == 0 {
		return append(dst, 'Z')
	}
	return appendOffset(dst, offset, f.count, true)
}

// appendOffset prints ±hh (1), ±hhmm (2) or ±hh:mm (3).
func appendOffset(dst []byte, offset int64, form int, short bool) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = appendNumber(append(dst, sign), offset/3600, 2)
	switch {
	case form == 1 && (short && offset%3600 == 0):
	case form <= 2 || form == 4:
		dst = appendNumber(dst, offset/60%60, 2)
	default:
		dst = appendNumber(append(dst, ':'), offset/60%60, 2)
	}
	return dst
}

// parsed collects the fields of a text.
type parsed struct {
	year, month, day, yearDay      int64
	hour, hour12, minute, sec      int64
	nanos                          int64
	pm, hasYearDay, hasHour12, bce bool
	zone                           Zone
}

// Parse reads a text as local time in zone local, or in the zone that it names, and returns the instant. Trailing text makes it
// fail in 4.0; SimpleDateFormat ignores it.
func (p *Pattern) Parse(s string, local Zone) (types.Int128, bool) {
	if p.modern != nil {
		return p.modern.parse(s, local)
	}
	v := parsed{year: 1970, month: 1, day: 1, zone: local}
	at := 0
	for i, f := range p.fields {
		if f.letter == 0 {
			if !strings.HasPrefix(s[at:], f.literal) {
				return types.Int128{}, false
			}
			at += len(f.literal)
			continue
		}
		adjacent := i+1 < len(p.fields) && p.fields[i+1].letter != 0
		n, ok := p.parseField(&v, f, s[at:], adjacent)
		if !ok {
			return types.Int128{}, false
		}
		at += n
	}
	return p.resolve(&v), true
}

func (p *Pattern) resolve(v *parsed) types.Int128 {
	if v.bce {
		v.year = 1 - v.year
	}
	var days int64
	if v.hasYearDay {
		days = Days(v.year, 1, 1) + v.yearDay - 1
	} else {
		days, _ = CheckedDays(v.year, v.month, v.day, true)
	}
	hour := v.hour
	if v.hasHour12 {
		if hour = v.hour12 % 12; v.pm {
			hour += 12
		}
	}
	seconds := days*SecondsPerDay + hour*3600 + v.minute*60 + v.sec
	return types.Int128{Hi: v.zone.Instant(seconds), Lo: uint64(v.nanos)}
}

// parseField reads one field off s and returns its length. Fields that another one follows directly are as wide as the pattern.
func (p *Pattern) parseField(v *parsed, f field, s string, adjacent bool) (int, bool) {
	number := func(to *int64) (int, bool) {
		n, width := 0, 19
		skip := 0
		for skip < len(s) && s[skip] == ' ' {
			skip++
		}
		if adjacent {
			width = f.count
		}
		t := s[skip:]
		negative := len(t) > 0 && t[0] == '-'
		if negative {
			t, skip = t[1:], skip+1
		}
		for n < len(t) && n < width && isDigit(t[n]) {
			n++
		}
		if n == 0 {
			return 0, false
		}
		x, err := strconv.ParseInt(t[:n], 10, 64)
		if err != nil {
			return 0, false
		}
		if negative {
			x = -x
		}
		*to = x
		return n + skip, true
	}
	switch f.letter {
	case 'y', 'u', 'Y':
		if f.letter == 'u' {
			var ignored int64
			return number(&ignored)
		}
		n, ok := number(&v.year)
		if ok && f.count == 2 && n == 2 {
			if v.year += 2000; v.year > 2060 {
				v.year -= 100
			}
		}
		return n, ok
	case 'M', 'L':
		if f.count <= 2 {
			return number(&v.month)
		}
		return matchName(s, monthNames[:], &v.month)
	case 'd':
		return number(&v.day)
	case 'D':
		v.hasYearDay = true
		return number(&v.yearDay)
	case 'H', 'k':
		n, ok := number(&v.hour)
		if f.letter == 'k' && v.hour == 24 {
			v.hour = 0
		}
		return n, ok
	case 'h', 'K':
		v.hasHour12 = true
		return number(&v.hour12)
	case 'm':
		return number(&v.minute)
	case 's':
		return number(&v.sec)
	case 'S':
		n, ok := number(&v.nanos) // milliseconds
		v.nanos *= 1e6
		return n, ok
	case 'a':
		if len(s) < 2 || s[1]|0x20 != 'm' {
			return 0, false
		}
		v.pm = s[0]|0x20 == 'p'
		return 2, v.pm || s[0]|0x20 == 'a'
	case 'G':
		if len(s) < 2 {
			return 0, false
		}
		v.bce = strings.EqualFold(s[:2], "BC")
		return 2, v.bce || strings.EqualFold(s[:2], "AD")
	case 'E':
		var ignored int64
		return matchName(s, weekdayNames[:], &ignored)
	case 'z', 'Z', 'X':
		n := 0
		for n < len(s) && (isDigit(s[n]) || s[n] == ':' || s[n] == '+' || s[n] == '-' || s[n] == '/' || s[n] == '_' || s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
			n++
		}
		z, ok := ParseZone(s[:n])
		v.zone = z
		return n, ok
	}
	var ignored int64
	return number(&ignored)
}

// matchName finds which name s starts with, in full or in three letters, in any case.
func matchName(s string, names []string, to *int64) (int, bool) {
	for i, name := range names {
		for _, form := range []string{name, name[:3]} {
			if hasFold(s, form) {
				*to = int64(i + 1)
				return len(form), true
			}
		}
	}
	return 0, false
}
