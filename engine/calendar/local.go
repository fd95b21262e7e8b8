package calendar

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// Local returns the process's time zone under its name in the tz database. time.Local has none ("Local"), which readers of the
// files that carry their writer's zone could not resolve. Where the system does not tell the name, it is the current offset, fixed.
var Local = sync.OnceValue(func() *time.Location {
	link, _ := os.Readlink("/etc/localtime")
	file, _ := os.ReadFile("/etc/timezone")
	return namedZone(time.Local, time.Now(), os.Getenv("TZ"), link, string(file))
})

// namedZone finds a zone that equals local around now and has a name: from TZ, the target of /etc/localtime, the text of
// /etc/timezone, in this order.
func namedZone(local *time.Location, now time.Time, candidates ...string) *time.Location {
	for _, c := range append(candidates, "UTC") {
		c = strings.TrimPrefix(strings.TrimSpace(c), ":")
		if _, name, ok := strings.Cut(c, "zoneinfo/"); ok {
			c = name
		}
		if c == "" || c == "Local" || strings.HasPrefix(c, "/") {
			continue
		}
		if l, err := time.LoadLocation(c); err == nil && sameOffsets(l, local, now) {
			return l
		}
	}
	_, offset := now.In(local).Zone()
	sign := '+'
	if offset < 0 {
		sign = '-'
	}
	minutes := max(offset, -offset) / 60
	return time.FixedZone(fmt.Sprintf("GMT%c%02d:%02d", sign, minutes/60, minutes%60), offset)
}

// sameOffsets compares two zones month by month over the years around now.
func sameOffsets(a, b *time.Location, now time.Time) bool {
	for month := -24; month <= 24; month++ {
		at := now.AddDate(0, month, 0)
		_, x := at.In(a).Zone()
		_, y := at.In(b).Zone()
		if x != y {
			return false
		}
	}
	return true
}
