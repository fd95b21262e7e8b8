package calendar

import (
	"bytes"

	"skep/dialect/types"
)

// Fields of text files hold dates and times in narrower forms than CAST reads: nothing stands behind the value that would be
// dropped, and shorter fields than ShortestField are not tried.

// ShortestField is the length of 1-1-1970: Hive's lazy objects do not try shorter fields.
const ShortestField = len("1-1-1970")

// FieldDate reads a date field: as ParseDate does, but lenient parsing knows no 'T'.
func FieldDate(s []byte, lenient bool) (days int64, ok bool) {
	if len(s) < ShortestField {
		return 0, false
	}
	if s = trim(s); lenient {
		if i := bytes.IndexAny(s, " T"); i >= 0 && s[i] == 'T' {
			return 0, false
		}
	}
	return ParseDate(s, lenient)
}

// FieldTimestamp reads a timestamp field: y-m-d h:m:s[.f] or the ISO form with T, with at most nine digits of a fraction, and neither
// zone nor a date alone.
func FieldTimestamp(s []byte, lenient bool) (types.Int128, bool) {
	s = trim(s)
	if v, rest, ok := plainTimestamp(s, lenient); ok && len(rest) == 0 {
		return v, true
	}
	return isoTimestamp(s)
}
