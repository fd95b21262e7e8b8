package calendar

import (
	"strings"
	"time"
	"unicode"
)

// Zone converts between instants and local time.
type Zone struct{ loc *time.Location }

// ZoneOf wraps a location; nil is UTC.
func ZoneOf(loc *time.Location) Zone {
	if loc == time.UTC {
		loc = nil
	}
	return Zone{loc}
}

// Location returns the zone's location.
func (z Zone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// Local converts seconds since the epoch to seconds of local time.
func (z Zone) Local(instant int64) int64 {
	if z.loc == nil {
		return instant
	}
	_, offset := time.Unix(instant, 0).In(z.loc).Zone()
	return instant + int64(offset)
}

// Instant converts seconds of local time to seconds since the epoch. A time inside a gap moves forward by the gap's length; of
// a doubled one the earlier counts, as in Java.
func (z Zone) Instant(local int64) int64 {
	if z.loc == nil {
		return local
	}
	offsetAt := func(instant int64) int64 {
		_, offset := time.Unix(instant, 0).In(z.loc).Zone()
		return int64(offset)
	}
	// Zones differ from UTC by less than a day, so both sides of a change near local are found from a day before and after.
	before := offsetAt(local - SecondsPerDay)
	if e := local - before; offsetAt(e) == before {
		return e
	}
	after := offsetAt(local + SecondsPerDay)
	if e := local - after; offsetAt(e) == after {
		return e
	}
	return local - before
}

// ParseZone reads a zone id or offset as Java's TimeZone does: as ParseZoneID, or one of its three-letter ids.
func ParseZone(s string) (Zone, bool) {
	if id, ok := shortZones[s]; ok {
		s = id
	}
	return ParseZoneID(s)
}

// ParseZoneID reads a zone id or offset: Z, UTC, GMT, ±h[h]:mm[:ss], UTC±…, Region/City.
func ParseZoneID(s string) (Zone, bool) {
	upper := strings.ToUpper(s)
	switch upper {
	case "":
		return Zone{}, false
	case "Z", "UTC", "GMT", "UT":
		return Zone{}, true
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
		return Zone{}, false
	}
	loc, err := time.LoadLocation(s)
	return ZoneOf(loc), err == nil && s != "Local"
}

// shortZones are the three-letter ids that Java's TimeZone knows besides those of the tz database.
var shortZones = map[string]string{
	"PST": "America/Los_Angeles", "CST": "America/Chicago", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "CTT": "Asia/Shanghai",
	"AST": "America/Anchorage", "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
	"ART": "Africa/Cairo", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare", "CNT": "America/St_Johns",
	"EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis", "MIT": "Pacific/Apia",
	"NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
	"SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
}

// parseOffset reads ±h, ±hh, ±hh:mm, ±hhmm or ±hh:mm:ss.
func parseOffset(s string) (Zone, bool) {
	sign := int64(1)
	if s[0] == '-' {
		sign = -1
	} else if s[0] != '+' {
		return Zone{}, false
	}
	c := cursor{[]byte(s[1:])}
	h, ok := c.number(1, 2, false)
	if !ok {
		return Zone{}, false
	}
	var m, sec int64
	if len(c.s) > 0 {
		c.accept(':')
		if m, ok = c.number(2, 2, false); !ok {
			return Zone{}, false
		}
		if len(c.s) > 0 {
			c.accept(':')
			if sec, ok = c.number(2, 2, false); !ok {
				return Zone{}, false
			}
		}
	}
	offset := h*3600 + m*60 + sec
	if len(c.s) > 0 || m > 59 || sec > 59 || offset > 18*3600 {
		return Zone{}, false
	}
	return fixedZone(sign * offset), true
}

// fixedZone is the zone of an offset in seconds.
func fixedZone(offset int64) Zone { return ZoneOf(time.FixedZone("", int(offset))) }

// At returns the abbreviation and the offset from UTC, in seconds, at an instant.
func (z Zone) At(instant int64) (name string, offset int64) {
	n, o := time.Unix(instant, 0).In(z.Location()).Zone()
	return n, int64(o)
}
