package calendar

import (
	"testing"
	"time"

	"skep/engine/vector/valuetext"
)

func TestCivil(t *testing.T) {
	for days := int64(-900000); days < 900000; days += 13 {
		u := time.Unix(days*SecondsPerDay, 0).UTC()
		y, m, d := Civil(days)
		if int(y) != u.Year() || int(m) != int(u.Month()) || int(d) != u.Day() || Days(y, m, d) != days || Weekday(days) != int64(u.Weekday()) {
			t.Fatalf("day %d: %d-%d-%d, want %v", days, y, m, d, u)
		}
		iy, iw := u.ISOWeek()
		if y, w := ISOWeek(days); int(y) != iy || int(w) != iw {
			t.Fatalf("ISOWeek(%v) = %d %d", u, y, w)
		}
	}
}

// The expected values were recorded from Hive 4.0.1.
func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"2020-02-30": "", "2020-2-3": "2020-02-03", " 2020-02-03 ": "2020-02-03", "2020-02-03 10:11:12": "2020-02-03", "2020-02-03x": "2020-02-03",
		"20200203": "", "2020-13-01": "", "0000-01-01": "0000-01-01", "-0001-01-01": "-0001-01-01", "12020-01-01": "", "2020-02": "", "": "",
	} {
		days, ok := ParseDate([]byte(in), false)
		got := ""
		if ok {
			got = string(valuetext.AppendDate(nil, days))
		}
		if got != want {
			t.Errorf("ParseDate(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"2020-02-03": "2020-02-03 00:00:00", "2020-02-03 1:2:3": "2020-02-03 01:02:03", "2020-2-3 10:11": "2020-02-03 00:00:00",
		"2020-02-03 10:11:12.1234567891": "2020-02-03 10:11:12.123456789", "2020-02-03T10:11:12": "2020-02-03 10:11:12",
		"2020-02-03T10:11:12Z": "2020-02-03 00:00:00", "2020-02-03 10:11:12 UTC": "2020-02-03 10:11:12", "2020-02-03 10:11:12+01:00": "2020-02-03 10:11:12",
		"2020-02-30 10:11:12": "", "2020-02-03 25:11:12": "2020-02-03 00:00:00", "2020-02-03 10:11:12.": "2020-02-03 00:00:00",
		" 2020-02-03 10:11:12 ": "2020-02-03 10:11:12",
	} {
		v, ok := ParseTimestamp([]byte(in), false)
		got := ""
		if ok {
			got = string(valuetext.AppendTimestamp(nil, v))
		}
		if got != want {
			t.Errorf("ParseTimestamp(%q) = %q, want %q", in, got, want)
		}
	}
	if days, ok := ParseDate([]byte("2020-02-30"), true); !ok || string(valuetext.AppendDate(nil, days)) != "2020-03-01" {
		t.Error("lenient dates must roll over")
	}
}

func TestZone(t *testing.T) {
	la, ok := ParseZone("America/Los_Angeles")
	if !ok {
		t.Fatal("no time zone data")
	}
	at := func(s string) int64 {
		v, ok := ParseTimestamp([]byte(s), false)
		if !ok {
			t.Fatal(s)
		}
		return v.Hi
	}
	for local, want := range map[string]string{
		"2020-01-01 00:00:00": "2020-01-01 08:00:00",
		"2020-07-01 00:00:00": "2020-07-01 07:00:00",
		"2020-03-08 02:30:00": "2020-03-08 10:30:00", // in the gap
		"2020-11-01 01:30:00": "2020-11-01 08:30:00", // twice
	} {
		if got := la.Instant(at(local)); got != at(want) {
			t.Errorf("Instant(%s) = %d, want %d", local, got, at(want))
		}
	}
	if la.Local(at("2020-07-01 07:00:00")) != at("2020-07-01 00:00:00") {
		t.Error("Local")
	}
}
