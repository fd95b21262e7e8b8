// Package cron finds the times of Quartz cron expressions: second, minute, hour, day of month, month, day of week and, if given, year.
// Fields are lists of values, ranges and steps; the days also know L (last), W (the nearest weekday) and # (the nth of its kind).
package cron

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule is a parsed expression.
type Schedule struct {
	seconds, minutes, hours, months field
	years                           field // empty: all
	days                            func(year int, month time.Month, day int) bool
}

// field is the set of the values that a field allows.
type field map[int]bool

// lastYear is the last year that Quartz looks at.
const lastYear = 2099

var (
	monthNames = []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// Parse reads an expression.
func Parse(text string) (*Schedule, error) {
	parts := strings.Fields(strings.ToUpper(text))
	if len(parts) != 6 && len(parts) != 7 {
		return nil, fmt.Errorf("cron expression %q has %d fields instead of 6 or 7", text, len(parts))
	}
	s := &Schedule{}
	for i, f := range []struct {
		to       *field
		text     string
		min, max int
		names    []string
	}{
		{&s.seconds, parts[0], 0, 59, nil}, {&s.minutes, parts[1], 0, 59, nil}, {&s.hours, parts[2], 0, 23, nil}, {&s.months, parts[4], 1, 12, monthNames},
	} {
		var err error
		if *f.to, err = values(f.text, f.min, f.max, f.names); err != nil {
			return nil, fmt.Errorf("cron expression %q, field %d: %w", text, i+1, err)
		}
	}
	if len(parts) == 7 && parts[6] != "*" {
		var err error
		if s.years, err = values(parts[6], 1970, lastYear, nil); err != nil {
			return nil, fmt.Errorf("cron expression %q, year: %w", text, err)
		}
	}
	var err error
	if s.days, err = days(parts[3], parts[5]); err != nil {
		return nil, fmt.Errorf("cron expression %q: %w", text, err)
	}
	return s, nil
}

// values reads a list of values, ranges and steps.
func values(text string, lo, hi int, names []string) (field, error) {
	out := field{}
	number := func(s string) (int, error) {
		if i := slices.Index(names, s); i > 0 && s != "" {
			return i, nil
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < lo || n > hi {
			return 0, fmt.Errorf("%q is not between %d and %d", s, lo, hi)
		}
		return n, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%q is no step", stepText)
			}
		}
		from, to := lo, hi
		if span != "*" && (span != "" || !stepped) {
			first, last, ranged := strings.Cut(span, "-")
			var err error
			if from, err = number(first); err != nil {
				return nil, err
			}
			switch {
			case ranged:
				if to, err = number(last); err != nil {
					return nil, err
				}
			case !stepped:
				to = from
			}
		}
		if to < from { // around the end, as FRI-MON
			to += hi - lo + 1
		}
		for v := from; v <= to; v += step {
			out[lo+(v-lo)%(hi-lo+1)] = true
		}
	}
	return out, nil
}

// days combines day of month and day of week, of which one is usually "?".
func days(ofMonth, ofWeek string) (func(int, time.Month, int) bool, error) {
	if ofMonth == "?" && ofWeek == "?" {
		return nil, fmt.Errorf("both days are ?")
	}
	byMonth, err := daysOfMonth(ofMonth)
	if err != nil {
		return nil, err
	}
	byWeek, err := daysOfWeek(ofWeek)
	if err != nil {
		return nil, err
	}
	return func(y int, m time.Month, d int) bool { return byMonth(y, m, d) && byWeek(y, m, d) }, nil
}

func always(int, time.Month, int) bool { return true }

// length is the number of days of a month.
func length(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

func weekday(y int, m time.Month, d int) time.Weekday {
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday()
}

func daysOfMonth(text string) (func(int, time.Month, int) bool, error) {
	nearest := func(y int, m time.Month, d int) int { // the weekday nearest to d in the month
		switch n := length(y, m); weekday(y, m, d) {
		case time.Saturday:
			if d == 1 {
				return 3
			}
			return d - 1
		case time.Sunday:
			if d == n {
				return d - 2
			}
			return d + 1
		}
		return d
	}
	switch {
	case text == "?" || text == "*":
		return always, nil
	case text == "L":
		return func(y int, m time.Month, d int) bool { return d == length(y, m) }, nil
	case text == "LW":
		return func(y int, m time.Month, d int) bool { return d == nearest(y, m, length(y, m)) }, nil
	case strings.HasPrefix(text, "L-"):
		back, err := strconv.Atoi(text[2:])
		if err != nil || back < 0 || back > 30 {
			return nil, fmt.Errorf("%q is no day of a month", text)
		}
		return func(y int, m time.Month, d int) bool { return d == length(y, m)-back }, nil
	case strings.HasSuffix(text, "W"):
		n, err := strconv.Atoi(text[:len(text)-1])
		if err != nil || n < 1 || n > 31 {
			return nil, fmt.Errorf("%q is no day of a month", text)
		}
		return func(y int, m time.Month, d int) bool { return n <= length(y, m) && d == nearest(y, m, n) }, nil
	}
	set, err := values(text, 1, 31, nil)
	return func(_ int, _ time.Month, d int) bool { return set[d] }, err
}

func daysOfWeek(text string) (func(int, time.Month, int) bool, error) {
	one := func(s string) (time.Weekday, error) {
		set, err := values(s, 1, 7, dayNames)
		if err != nil || len(set) != 1 {
			return 0, fmt.Errorf("%q is no day of the week", s)
		}
		for n := range set {
			return time.Weekday(n - 1), nil
		}
		return 0, nil
	}
	switch name, nth, counted := strings.Cut(text, "#"); {
	case text == "?" || text == "*":
		return always, nil
	case text == "L":
		return func(y int, m time.Month, d int) bool { return weekday(y, m, d) == time.Saturday }, nil
	case counted:
		day, err := one(name)
		n, nerr := strconv.Atoi(nth)
		if err != nil || nerr != nil || n < 1 || n > 5 {
			return nil, fmt.Errorf("%q is no day of the week", text)
		}
		return func(y int, m time.Month, d int) bool { return weekday(y, m, d) == day && (d-1)/7+1 == n }, nil
	case strings.HasSuffix(text, "L"):
		day, err := one(text[:len(text)-1])
		return func(y int, m time.Month, d int) bool { return weekday(y, m, d) == day && d+7 > length(y, m) }, err
	}
	set, err := values(text, 1, 7, dayNames)
	return func(y int, m time.Month, d int) bool { return set[int(weekday(y, m, d))+1] }, err
}

// Next returns the first time after t, in t's zone, that the schedule names; false when there is none.
func (s *Schedule) Next(t time.Time) (time.Time, bool) {
	t = t.Truncate(time.Second).Add(time.Second)
	for t.Year() <= lastYear {
		y, m, d := t.Date()
		switch {
		case len(s.years) > 0 && !s.years[y]:
			t = time.Date(y+1, 1, 1, 0, 0, 0, 0, t.Location())
		case !s.months[int(m)]:
			t = time.Date(y, m+1, 1, 0, 0, 0, 0, t.Location())
		case !s.days(y, m, d):
			t = time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
		case !s.hours[t.Hour()]:
			t = later(t, time.Date(y, m, d, t.Hour()+1, 0, 0, 0, t.Location()), time.Hour)
		case !s.minutes[t.Minute()]:
			t = t.Add(time.Minute - time.Duration(t.Second())*time.Second)
		case !s.seconds[t.Second()]:
			t = t.Add(time.Second)
		default:
			return t, true
		}
	}
	return time.Time{}, false
}

// later is next, or t plus step where the clocks go back and next is not after t.
func later(t, next time.Time, step time.Duration) time.Time {
	if next.After(t) {
		return next
	}
	return t.Add(step)
}
