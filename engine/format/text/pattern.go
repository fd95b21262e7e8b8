package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/calendar"
)

// timestampPattern is a compiled entry of timestamp.formats: a pattern in the letters of Java's DateTimeFormatter (which are
// those of Joda's, too, for what it takes), or "iso8601" or "rfc1123".
type timestampPattern []patternPart

// fractionLetter is the internal letter of one to nine fraction digits.
const fractionLetter = 'f'

// patternPart is a run of one pattern letter, or a literal (letter 0). Letter '[' opens and ']' closes an optional section.
type patternPart struct {
	letter  byte
	count   int
	literal string
	reserve int // digits that adjoining fixed-width fields after this one need
}

func parseTimestampPattern(s string) (timestampPattern, error) {
	switch s {
	case "iso8601":
		p, err := parseTimestampPattern("uuuu-MM-dd'T'HH:mm:ss[.]X")
		if err == nil {
			dot := len(p) - 3
			p = slices.Insert(p, dot+1, patternPart{letter: fractionLetter, count: 1})
		}
		return p, err
	case "rfc1123":
		return parseTimestampPattern("[EEE, ]d MMM yyyy HH:mm[:ss] Z")
	}
	var p timestampPattern
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\'':
			text, n, err := quoted(s[i:])
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", s, err)
			}
			p = append(p, patternPart{literal: text})
			i += n
		case c == '[' || c == ']':
			p = append(p, patternPart{letter: c})
			i++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			n := 1
			for i+n < len(s) && s[i+n] == c {
				n++
			}
			if !strings.ContainsRune("yuMLdHkhKmsSnaEzVXxZ", rune(c)) {
				return nil, fmt.Errorf("pattern %q: letter %c is not supported", s, c)
			}
			p = append(p, patternPart{letter: c, count: n})
			i += n
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			p = append(p, patternPart{literal: s[i : i+n]})
			i += n
		}
	}
	for i := len(p) - 2; i >= 0; i-- {
		if p[i].numeric() && p[i+1].numeric() && p[i+1].fixed() {
			p[i].reserve = p[i+1].reserve + p[i+1].count
		}
	}
	return p, nil
}

// quoted reads a quoted literal from the front of s and returns it with the length it takes; a doubled quote stands for one.
func quoted(s string) (string, int, error) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("unclosed quote")
}

func (p *patternPart) numeric() bool {
	if (p.letter == 'M' || p.letter == 'L') && p.count > 2 {
		return false
	}
	return p.letter != 0 && strings.IndexByte("yuMLdHkhKmsSnf", p.letter) >= 0
}

func (p *patternPart) fixed() bool { return p.count >= 2 || p.letter == 'S' }

// fields are the parts read so far, with the defaults of 1970-01-01 00:00:00.
type fields struct {
	year, month, day, hour, minute, second, nanos int64
	pm                                            int // 1 for am, 2 for pm
	half                                          bool
	zoned                                         bool // the text named zone
	zone                                          calendar.Zone
}

// parse reads the whole of s. A zone in the text makes the result that instant; otherwise it is the
// instant of that local time in zone.
func (p timestampPattern) parse(s string, zone calendar.Zone) (types.Int128, bool) {
	f := fields{year: 1970, month: 1, day: 1}
	rest, ok := p.match(s, &f)
	if !ok || rest != "" {
		return types.Int128{}, false
	}
	if f.half {
		if f.hour > 12 {
			return types.Int128{}, false
		}
		f.hour %= 12
		if f.pm == 2 {
			f.hour += 12
		}
	}
	if f.month < 1 || f.month > 12 || f.day < 1 || f.day > 31 {
		return types.Int128{}, false
	}
	seconds := calendar.Days(f.year, f.month, min(f.day, calendar.DaysIn(f.year, f.month))) * calendar.SecondsPerDay
	at, ok := calendar.TimeOfDay(f.hour, f.minute, f.second, false)
	if f.hour == 24 && f.minute == 0 && f.second == 0 {
		at, ok = calendar.SecondsPerDay, true
	}
	if !ok {
		return types.Int128{}, false
	}
	seconds += at
	if f.zoned {
		zone = f.zone
	}
	return types.Int128{Hi: zone.Instant(seconds), Lo: uint64(f.nanos)}, true
}

func (p timestampPattern) match(s string, f *fields) (string, bool) {
	for i := 0; i < len(p); i++ {
		part := &p[i]
		switch {
		case part.letter == 0:
			if !strings.HasPrefix(s, part.literal) {
				return s, false
			}
			s = s[len(part.literal):]
		case part.letter == '[':
			end := p.closing(i)
			saved := *f
			if rest, ok := p[i+1:end].match(s, f); ok {
				s = rest
			} else {
				*f = saved
			}
			i = end
		case part.letter == ']':
		default:
			rest, ok := part.read(s, f)
			if !ok {
				return s, false
			}
			s = rest
		}
	}
	return s, true
}

// closing returns the index of the bracket that closes the one at i, or the end.
func (p timestampPattern) closing(i int) int {
	depth := 0
	for ; i < len(p); i++ {
		switch p[i].letter {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(p)
}

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september",
	"october", "november", "december"}

var dayNames = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func (p *patternPart) read(s string, f *fields) (string, bool) {
	if p.numeric() {
		return p.readNumber(s, f)
	}
	switch p.letter {
	case 'M', 'L':
		k, rest, ok := readName(s, monthNames[:], p.count == 3)
		f.month = int64(k + 1)
		return rest, ok
	case 'E':
		_, rest, ok := readName(s, dayNames[:], p.count <= 3)
		return rest, ok
	case 'a':
		if len(s) < 2 {
			return s, false
		}
		switch strings.ToUpper(s[:2]) {
		case "AM":
			f.pm = 1
		case "PM":
			f.pm = 2
		default:
			return s, false
		}
		return s[2:], true
	}
	n := strings.IndexFunc(s, func(r rune) bool { return r == ' ' || r == ']' || r == ')' })
	if n < 0 {
		n = len(s)
	}
	if n == 0 {
		return s, false
	}
	z, ok := calendar.ParseZone(s[:n])
	f.zone, f.zoned = z, true
	return s[n:], ok
}

func readName(s string, names []string, short bool) (int, string, bool) {
	for k, name := range names {
		if short {
			name = name[:3]
		}
		if len(s) >= len(name) && strings.EqualFold(s[:len(name)], name) {
			return k, s[len(name):], true
		}
	}
	return 0, s, false
}

func (p *patternPart) readNumber(s string, f *fields) (string, bool) {
	negative := p.count != 2 && len(s) > 1 && (s[0] == '-' || s[0] == '+' && p.count >= 4)
	if negative {
		sign := s[0]
		s = s[1:]
		negative = sign == '-'
	}
	available := 0
	for available < len(s) && available < 19 && isDigit(s[available]) {
		available++
	}
	n := available - p.reserve
	if p.count == 2 || p.letter == 'S' {
		n = min(n, p.count)
	}
	if n < 1 || (p.count >= 2 || p.letter == 'S') && p.letter != 'n' && n < p.count || n > 18 {
		return s, false
	}
	var v int64
	for i := range n {
		v = v*10 + int64(s[i]-'0')
	}
	if negative {
		v = -v
	}
	switch p.letter {
	case 'y', 'u':
		if p.count == 2 {
			v += 2000
		}
		f.year = v
	case 'M', 'L':
		f.month = v
	case 'd':
		f.day = v
	case 'H', 'k':
		f.hour = v
	case 'h', 'K':
		f.hour, f.half = v, true
	case 'm':
		f.minute = v
	case 's':
		f.second = v
	case 'S', 'n', fractionLetter:
		if n > 9 {
			return s, false
		}
		if p.letter != 'n' {
			for range 9 - n {
				v *= 10
			}
		}
		f.nanos = v
	}
	return s[n:], true
}
