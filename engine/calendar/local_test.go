package calendar

import (
	"testing"
	"time"
)

func TestNamedZone(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range []struct {
		local          *time.Location
		tz, link, file string
		want           string
	}{
		{zone("Europe/Paris"), "Europe/Paris", "", "", "Europe/Paris"},
		{zone("Europe/Paris"), ":Europe/Paris", "/usr/share/zoneinfo/Asia/Tokyo", "", "Europe/Paris"},
		{zone("Asia/Tokyo"), "", "/usr/share/zoneinfo/Asia/Tokyo", "", "Asia/Tokyo"},
		{zone("Asia/Tokyo"), "", "/usr/share/zoneinfo/Europe/Paris", "Asia/Tokyo\n", "Asia/Tokyo"},
		{time.UTC, "", "", "", "UTC"},
		{zone("Asia/Kolkata"), "", "", "", "GMT+05:30"},
		{time.FixedZone("", -3*3600), "nonsense", "/etc/elsewhere", "", "GMT-03:00"},
	} {
		got := namedZone(c.local, now, c.tz, c.link, c.file)
		if got.String() != c.want {
			t.Errorf("TZ=%q, link %q, file %q: %s, want %s", c.tz, c.link, c.file, got, c.want)
		}
		if _, ok := ParseZone(got.String()); !ok {
			t.Errorf("%s does not parse as a zone", got)
		}
	}
	if Local().String() == "Local" {
		t.Error("the process's zone has no name")
	}
}
