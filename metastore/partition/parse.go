package partition

import (
	"strconv"
	"strings"
	"time"
)

const secondsPerDay = 86400

// parseInt reads an integer as Hive's cast does: blanks around it and digits after a point are dropped.
func parseInt(s string, bits uint) (int64, bool) {
	s = strings.TrimSpace(s)
	if whole, fraction, ok := strings.Cut(s, "."); ok {
		for i := 0; i < len(fraction); i++ {
			if fraction[i] < '0' || fraction[i] > '9' {
				return 0, false
			}
		}
		s = whole
	}
	if strings.ContainsRune(s, '_') {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, int(bits))
	return i, err == nil
}

// parseDouble reads a double as Java's Double.parseDouble does for the forms that occur in partition values.
func parseDouble(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, false
	}
	unsigned := strings.TrimLeft(s, "+-")
	if unsigned != "NaN" && unsigned != "Infinity" {
		if c := unsigned[:min(1, len(unsigned))]; c != "." && (c < "0" || c > "9") {
			return 0, false // Go also takes "inf" and "nan" in any case
		}
		if strings.ContainsAny(unsigned, "_xX") {
			return 0, false
		}
		if last := s[len(s)-1]; strings.IndexByte("dDfF", last) >= 0 {
			s = s[:len(s)-1]
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && f == 0 {
		return 0, false
	}
	return f, true // out of range: an infinity, as in Java
}

// canonicalDecimal writes a decimal number without sign, leading or trailing zeros it does not need.
func canonicalDecimal(s string) (string, bool) {
	s = strings.TrimSpace(s)
	negative := false
	if s != "" && (s[0] == '+' || s[0] == '-') {
		negative = s[0] == '-'
		s = s[1:]
	}
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > 1000 || e < -1000 {
			return "", false
		}
		exponent, s = e, s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	point := len(whole) + exponent
	if point < 0 {
		digits = strings.Repeat("0", -point) + digits
		point = 0
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole = strings.TrimLeft(digits[:point], "0")
	fraction = strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return out, true
}

// parseDate reads y-m-d, with or without a time of day, as days since 1970.
func parseDate(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 10 {
		sec, _, ok := parseTimestamp(s)
		if !ok {
			return 0, false
		}
		days := sec / secondsPerDay
		if sec%secondsPerDay < 0 {
			days--
		}
		return days, true
	}
	y, rest, ok := number(s, 10)
	if !ok || rest == "" || rest[0] != '-' {
		return 0, false
	}
	m, rest, ok := number(rest[1:], 2)
	if !ok || rest == "" || rest[0] != '-' {
		return 0, false
	}
	d, rest, ok := number(rest[1:], 2)
	if !ok || rest != "" {
		return 0, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Year() != y || int(t.Month()) != m || t.Day() != d {
		return 0, false
	}
	return t.Unix() / secondsPerDay, true // exact: midnight UTC
}

// parseTimestamp reads y-m-d[ h:m:s[.f]] as seconds since 1970 and nanoseconds.
func parseTimestamp(s string) (seconds int64, nanos int32, ok bool) {
	s = strings.TrimSpace(s)
	date, clock, timed := s, "", false
	if i := strings.IndexAny(s, " T"); i > 0 {
		date, clock, timed = s[:i], s[i+1:], true
	}
	if len(date) > 10 {
		return 0, 0, false
	}
	days, ok := parseDate(date)
	if !ok {
		return 0, 0, false
	}
	seconds = days * secondsPerDay
	if !timed {
		return seconds, 0, true
	}
	h, rest, ok := number(clock, 2)
	if !ok || h > 23 || rest == "" || rest[0] != ':' {
		return 0, 0, false
	}
	m, rest, ok := number(rest[1:], 2)
	if !ok || m > 59 || rest == "" || rest[0] != ':' {
		return 0, 0, false
	}
	sec, rest, ok := number(rest[1:], 2)
	if !ok || sec > 59 {
		return 0, 0, false
	}
	if rest != "" {
		if rest[0] != '.' || strings.Trim(rest[1:], "0123456789") != "" {
			return 0, 0, false
		}
		fraction := (rest[1:] + "000000000")[:9]
		n, err := strconv.Atoi(fraction)
		if err != nil {
			return 0, 0, false
		}
		nanos = int32(n)
	}
	return seconds + int64(h*3600+m*60+sec), nanos, true
}

// number reads up to width digits.
func number(s string, width int) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < width && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}
