package calendar

import (
	"fmt"
	"strconv"
	"strings"

	"skep/dialect/types"
)

// formatter is a pattern of Java's DateTimeFormatter, built element by element as its builder does, for the US locale.
type formatter struct{ elements []element }

type elementKind uint8

const (
	literalText elementKind = iota
	numberValue
	reducedYear // two digits, of 2000 to 2099
	fractionValue
	textValue
	dayPeriod
	zoneOffset    // ±hhmm in the form of count
	zoneLocalized // GMT±h
	zoneText
	zoneName
	optional
)

// signStyle says which signs a number may have.
type signStyle uint8

const (
	normalSign  signStyle = iota // a minus
	noSign                       // none
	exceedsSign                  // a plus when the number is wider than its least width
)

type element struct {
	kind     elementKind
	letter   byte // of a field, with synonyms replaced: y u M d D Q F E e a h H k K m s n A N g G Y w W
	count    int  // number of pattern letters, which is the form of texts and offsets
	literal  string
	zero     string // of an offset: what stands for none
	min, max int
	sign     signStyle
	// following is the number of digits that adjacent fixed numbers take; -1 makes the number itself as wide as min to max even when lenient.
	following int
	pad       int // to be padded with blanks to this width
	inner     []element
}

// compileFormatter reads a pattern. Its errors are Java's.
func compileFormatter(pattern string) (*formatter, error) {
	// Optional sections nest; adjacent numbers are joined within a section only.
	type section struct {
		elements []element
		active   int // the number whose digits adjacent numbers limit, or -1
	}
	sections := []section{{active: -1}}
	padding := 0
	add := func(e element) {
		s := &sections[len(sections)-1]
		e.pad, padding = padding, 0
		number := e.kind == numberValue || e.kind == reducedYear || e.kind == fractionValue
		if !number || e.pad > 0 {
			s.active = -1
			s.elements = append(s.elements, e)
			return
		}
		if s.active < 0 {
			s.active = len(s.elements)
		} else if base := &s.elements[s.active]; e.min == e.max && e.sign == noSign {
			base.following += e.max
			e.following = -1
		} else {
			base.following = -1
			s.active = len(s.elements)
		}
		s.elements = append(s.elements, e)
	}
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case isLetter(c):
			run := letterRun(pattern, i)
			i += run - 1
			if c == 'p' {
				if i+1 >= len(pattern) || !isLetter(pattern[i+1]) {
					return nil, fmt.Errorf("Pad letter 'p' must be followed by valid pad pattern: %s", pattern)
				}
				padding = run
				c = pattern[i+1]
				run = letterRun(pattern, i+1)
				i += run
			}
			e, err := letterElement(c, run)
			if err != nil {
				return nil, err
			}
			add(e)
		case c == '\'':
			end := i + 1
			for ; end < len(pattern); end++ {
				if pattern[end] == '\'' {
					if end+1 >= len(pattern) || pattern[end+1] != '\'' {
						break
					}
					end++
				}
			}
			if end >= len(pattern) {
				return nil, fmt.Errorf("Pattern ends with an incomplete string literal: %s", pattern)
			}
			text := strings.ReplaceAll(pattern[i+1:end], "''", "'")
			if text == "" {
				text = "'"
			}
			add(element{kind: literalText, literal: text})
			i = end
		case c == '[':
			sections = append(sections, section{active: -1})
		case c == ']':
			if len(sections) == 1 {
				return nil, fmt.Errorf("Pattern invalid as it contains ] without previous [")
			}
			inner := sections[len(sections)-1].elements
			sections = sections[:len(sections)-1]
			add(element{kind: optional, inner: inner})
		case c == '{' || c == '}' || c == '#':
			return nil, fmt.Errorf("Pattern includes reserved character: '%c'", c)
		default:
			add(element{kind: literalText, literal: pattern[i : i+1]})
		}
	}
	for len(sections) > 1 {
		inner := sections[len(sections)-1].elements
		sections = sections[:len(sections)-1]
		add(element{kind: optional, inner: inner})
	}
	return &formatter{sections[0].elements}, nil
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func letterRun(s string, at int) int {
	n := 1
	for at+n < len(s) && s[at+n] == s[at] {
		n++
	}
	return n
}

// letterElement is what count letters c ask for.
func letterElement(c byte, count int) (element, error) {
	tooMany := func() (element, error) { return element{}, fmt.Errorf("Too many pattern letters: %c", c) }
	number := func(letter byte, low, high int, sign signStyle) (element, error) {
		return element{kind: numberValue, letter: letter, count: count, min: low, max: high, sign: sign}, nil
	}
	text := func(letter byte, form int) (element, error) {
		return element{kind: textValue, letter: letter, count: form}, nil
	}
	year := func(letter byte) (element, error) {
		switch {
		case count == 2:
			return element{kind: reducedYear, letter: letter, min: 2, max: 2, sign: noSign}, nil
		case count < 4:
			return number(letter, count, 19, normalSign)
		}
		return number(letter, count, 19, exceedsSign)
	}
	switch c {
	case 'y', 'u', 'Y':
		return year(c)
	case 'c', 'L', 'q', 'M', 'Q', 'E', 'e':
		letter := map[byte]byte{'c': 'E', 'L': 'M', 'q': 'Q', 'M': 'M', 'Q': 'Q', 'E': 'E', 'e': 'E'}[c]
		switch {
		case c == 'c' && count == 1, c == 'e' && count <= 2:
			return number('e', count, count, noSign)
		case c == 'c' && count == 2:
			return element{}, fmt.Errorf("Invalid pattern \"cc\"")
		case c == 'E' && count <= 3:
			return text(letter, 3)
		case count == 1:
			return number(letter, 1, 19, normalSign)
		case count == 2:
			return number(letter, 2, 2, noSign)
		case count <= 5:
			return text(letter, count)
		}
		return tooMany()
	case 'a':
		if count > 1 {
			return tooMany()
		}
		return text(c, 3)
	case 'G':
		if count > 5 {
			return tooMany()
		}
		return text(c, max(count, 3))
	case 'S':
		if count > 9 {
			return element{}, fmt.Errorf("Minimum width must be from 0 to 9 inclusive but was %d", count)
		}
		return element{kind: fractionValue, letter: 'n', min: count, max: count, sign: noSign}, nil
	case 'F':
		if count > 1 {
			return tooMany()
		}
		return number(c, 1, 19, normalSign)
	case 'd', 'h', 'H', 'k', 'K', 'm', 's':
		switch count {
		case 1:
			return number(c, 1, 19, normalSign)
		case 2:
			return number(c, 2, 2, noSign)
		}
		return tooMany()
	case 'D':
		switch count {
		case 1:
			return number(c, 1, 19, normalSign)
		case 2, 3:
			return number(c, count, 3, noSign)
		}
		return tooMany()
	case 'g':
		return number(c, count, 19, normalSign)
	case 'A', 'n', 'N':
		return number(c, count, 19, noSign)
	case 'W':
		if count > 1 {
			return tooMany()
		}
		return number(c, 1, 1, noSign)
	case 'w':
		if count > 2 {
			return tooMany()
		}
		return number(c, count, 2, noSign)
	}
	return zoneElement(c, count)
}

// zoneElement is what letters of zones and of the time of day in words ask for.
func zoneElement(c byte, count int) (element, error) {
	wrong := func() (element, error) { return element{}, fmt.Errorf("Wrong number of pattern letters: %c", c) }
	tooMany := func() (element, error) { return element{}, fmt.Errorf("Too many pattern letters: %c", c) }
	switch c {
	case 'z':
		if count > 4 {
			return tooMany()
		}
		return element{kind: zoneText, count: max(count, 3)}, nil
	case 'v':
		if count != 1 && count != 4 {
			return wrong()
		}
		return element{kind: zoneText, count: max(count, 3), letter: 'v'}, nil
	case 'V':
		if count != 2 {
			return element{}, fmt.Errorf("Pattern letter count must be 2: V")
		}
		return element{kind: zoneName}, nil
	case 'B':
		if count != 1 && count != 4 && count != 5 {
			return wrong()
		}
		return element{kind: dayPeriod, count: count}, nil
	case 'Z':
		switch {
		case count < 4:
			return element{kind: zoneOffset, count: 2, zero: "+0000"}, nil
		case count == 4:
			return element{kind: zoneLocalized, count: 4}, nil
		case count == 5:
			return element{kind: zoneOffset, count: 5, zero: "Z"}, nil
		}
		return tooMany()
	case 'O':
		if count != 1 && count != 4 {
			return element{}, fmt.Errorf("Pattern letter count must be 1 or 4: O")
		}
		return element{kind: zoneLocalized, count: count}, nil
	case 'X':
		if count > 5 {
			return tooMany()
		}
		return element{kind: zoneOffset, count: count, zero: "Z"}, nil
	case 'x':
		if count > 5 {
			return tooMany()
		}
		zero := "+00:00"
		switch {
		case count == 1:
			zero = "+00"
		case count%2 == 0:
			zero = "+0000"
		}
		return element{kind: zoneOffset, count: count, zero: zero}, nil
	}
	return element{}, fmt.Errorf("Unknown pattern letter: %c", c)
}

// moment is a time that is printed.
type moment struct {
	days, second      int64 // second of the day
	nanos             int64
	year, month, day  int64
	weekYear, weekNum int64
	zone              Zone
	instant           int64
}

func (m *moment) value(letter byte) int64 {
	hour := m.second / 3600
	switch letter {
	case 'y':
		if m.year <= 0 {
			return 1 - m.year
		}
		return m.year
	case 'u':
		return m.year
	case 'Y':
		return m.weekYear
	case 'M':
		return m.month
	case 'd':
		return m.day
	case 'D':
		return m.days - Days(m.year, 1, 1) + 1
	case 'Q':
		return (m.month-1)/3 + 1
	case 'F':
		return (m.day-1)%7 + 1
	case 'E':
		return (Weekday(m.days)+6)%7 + 1
	case 'e':
		return Weekday(m.days) + 1
	case 'w':
		return m.weekNum
	case 'W':
		return (m.day-1+Weekday(m.days-m.day+1))/7 + 1
	case 'G':
		if m.year > 0 {
			return 1
		}
		return 0
	case 'g':
		return m.days + 40587
	case 'a':
		return hour / 12
	case 'h':
		return (hour+11)%12 + 1
	case 'K':
		return hour % 12
	case 'k':
		return (hour+23)%24 + 1
	case 'H':
		return hour
	case 'm':
		return m.second / 60 % 60
	case 's':
		return m.second % 60
	case 'A':
		return m.second*1000 + m.nanos/1e6
	case 'N':
		return m.second*1e9 + m.nanos
	}
	return m.nanos
}

// texts are the words of a field's values from the first value on, in the form of a number of letters.
func texts(letter byte, form int) (words []string, first int64) {
	switch letter {
	case 'M':
		words, first = monthNames[:], 1
	case 'E':
		words, first = isoWeekdays[:], 1
	case 'Q':
		switch form {
		case 3:
			return []string{"Q1", "Q2", "Q3", "Q4"}, 1
		case 4:
			return []string{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"}, 1
		}
		return []string{"1", "2", "3", "4"}, 1
	case 'a':
		return []string{"AM", "PM"}, 0
	case 'G':
		switch form {
		case 3:
			return []string{"BC", "AD"}, 0
		case 4:
			return []string{"Before Christ", "Anno Domini"}, 0
		}
		return []string{"B", "A"}, 0
	}
	if form == 4 {
		return words, first
	}
	short := make([]string, len(words))
	for i, w := range words {
		short[i] = w[:map[int]int{3: 3, 5: 1}[form]]
	}
	return short, first
}

var isoWeekdays = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

func (f *formatter) append(dst []byte, local types.Int128, zone Zone, instant int64) []byte {
	m := moment{nanos: int64(local.Lo), zone: zone, instant: instant}
	m.days, m.second = Split(local.Hi)
	m.year, m.month, m.day = Civil(m.days)
	m.weekYear, m.weekNum = usWeek(m.days)
	return m.append(dst, f.elements)
}

func (m *moment) append(dst []byte, elements []element) []byte {
	for i := range elements {
		e := &elements[i]
		start := len(dst)
		dst = m.appendElement(dst, e)
		if missing := e.pad - (len(dst) - start); missing > 0 {
			dst = append(dst[:start], strings.Repeat(" ", missing)+string(dst[start:])...)
		}
	}
	return dst
}

func (m *moment) appendElement(dst []byte, e *element) []byte {
	switch e.kind {
	case literalText:
		return append(dst, e.literal...)
	case optional:
		return m.append(dst, e.inner)
	case numberValue:
		v := m.value(e.letter)
		if e.sign == exceedsSign && v >= 0 && len(strconv.FormatInt(v, 10)) > e.min {
			dst = append(dst, '+')
		}
		return appendNumber(dst, v, e.min)
	case reducedYear:
		return appendNumber(dst, FloorMod(m.value(e.letter), 100), 2)
	case fractionValue:
		return append(dst, fmt.Sprintf("%09d", m.nanos)[:e.min]...)
	case textValue:
		words, first := texts(e.letter, e.count)
		return append(dst, words[m.value(e.letter)-first]...)
	case dayPeriod:
		return append(dst, m.period(e.count == 5)...)
	}
	name, offset := m.zone.At(m.instant)
	switch e.kind {
	case zoneOffset:
		if offset == 0 {
			return append(dst, e.zero...)
		}
		return appendOffsetForm(dst, offset, e.count)
	case zoneLocalized:
		dst = append(dst, "GMT"...)
		switch {
		case offset == 0:
			return dst
		case e.count == 4:
			return appendOffsetForm(dst, offset, 5)
		}
		sign := byte('+')
		if offset < 0 {
			sign, offset = '-', -offset
		}
		dst = strconv.AppendInt(append(dst, sign), offset/3600, 10)
		if offset%3600 != 0 {
			dst = appendNumber(append(dst, ':'), offset/60%60, 2)
		}
		return dst
	case zoneText:
		return append(dst, zoneWord(m.zone, name, e.count == 4, e.letter == 'v')...)
	}
	return append(dst, m.zone.Location().String()...)
}

// period is the time of the day in words.
func (m *moment) period(narrow bool) string {
	switch hour := m.second / 3600; {
	case m.second < 60 && narrow:
		return "mi"
	case m.second < 60:
		return "midnight"
	case hour == 12 && m.second < 12*3600+60 && narrow:
		return "n"
	case hour == 12 && m.second < 12*3600+60:
		return "noon"
	case hour < 6 || hour >= 21:
		return "at night"
	case hour < 12:
		return "in the morning"
	case hour < 18:
		return "in the afternoon"
	}
	return "in the evening"
}

// appendOffsetForm prints an offset as one to five letters X ask for: ±hh[mm], ±hhmm, ±hh:mm, ±hhmm[ss], ±hh:mm[:ss].
func appendOffsetForm(dst []byte, offset int64, form int) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	minute, second := offset/60%60, offset%60
	dst = appendNumber(append(dst, sign), offset/3600, 2)
	if form == 1 && minute == 0 {
		return dst
	}
	colon := form == 3 || form == 5
	if colon {
		dst = append(dst, ':')
	}
	dst = appendNumber(dst, minute, 2)
	if form >= 4 && second != 0 {
		if colon {
			dst = append(dst, ':')
		}
		dst = appendNumber(dst, second, 2)
	}
	return dst
}

// zoneWords are the names of zones in English: in full, and as the letters before "T".
var zoneWords = []struct{ id, word, letters string }{
	{"America/Los_Angeles", "Pacific", "P"}, {"America/Denver", "Mountain", "M"}, {"America/Chicago", "Central", "C"},
	{"America/New_York", "Eastern", "E"},
}

func zoneWord(zone Zone, abbreviation string, long, generic bool) string {
	id := zone.Location().String()
	if id == "UTC" || id == "Etc/UTC" {
		if long {
			return "Coordinated Universal Time"
		}
		return "UTC"
	}
	for _, w := range zoneWords {
		switch {
		case w.id != id:
		case generic && long:
			return w.word + " Time"
		case generic:
			return w.letters + "T"
		case long && strings.HasSuffix(abbreviation, "DT"):
			return w.word + " Daylight Time"
		case long:
			return w.word + " Standard Time"
		}
	}
	return abbreviation
}
