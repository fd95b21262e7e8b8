package cron

import (
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	const layout = "2006-01-02 15:04:05"
	for _, c := range []struct{ expr, from, want string }{
		{"0 0 * * * ? *", "2024-03-01 10:20:30", "2024-03-01 11:00:00"},
		{"0 0 * * * ?", "2024-03-01 11:00:00", "2024-03-01 12:00:00"}, // after, not at
		{"*/10 * * * * ? *", "2024-03-01 10:20:30", "2024-03-01 10:20:40"},
		{"0 */10 * * * ? *", "2024-03-01 10:59:59", "2024-03-01 11:00:00"},
		{"0 5/20 * * * ?", "2024-03-01 10:46:00", "2024-03-01 11:05:00"},
		{"15 30 10 * * ? *", "2024-12-31 10:30:15", "2025-01-01 10:30:15"},
		{"0 0 0 29 2 ?", "2024-03-01 00:00:00", "2028-02-29 00:00:00"},
		{"0 0 0 L * ?", "2024-02-01 00:00:00", "2024-02-29 00:00:00"},
		{"0 0 0 L-3 * ?", "2024-02-01 00:00:00", "2024-02-26 00:00:00"},
		{"0 0 0 LW 3 ?", "2024-03-01 00:00:00", "2024-03-29 00:00:00"},  // the 31st is a Sunday
		{"0 0 0 1W 6 ?", "2024-05-01 00:00:00", "2024-06-03 00:00:00"},  // the 1st is a Saturday
		{"0 0 0 15W 6 ?", "2024-06-01 00:00:00", "2024-06-14 00:00:00"}, // the 15th is a Saturday
		{"0 0 12 ? * MON-FRI", "2024-03-01 12:00:00", "2024-03-04 12:00:00"},
		{"0 0 12 ? * FRI-MON", "2024-03-04 12:00:00", "2024-03-08 12:00:00"},
		{"0 0 0 ? * 2#3", "2024-03-01 00:00:00", "2024-03-18 00:00:00"},
		{"0 0 0 ? * 6L", "2024-03-01 00:00:00", "2024-03-29 00:00:00"},
		{"0 0 0 ? jan,jul sun", "2024-02-01 00:00:00", "2024-07-07 00:00:00"},
		{"0 0 0 1 1 ? 2030-2032", "2024-03-01 00:00:00", "2030-01-01 00:00:00"},
		{"0 0 0 1 1 ? 2020", "2024-03-01 00:00:00", ""},
		{"0 0 0 30 2 ?", "2024-03-01 00:00:00", ""},
	} {
		s, err := Parse(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		from, err := time.Parse(layout, c.from)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if next, ok := s.Next(from); ok {
			got = next.Format(layout)
		}
		if got != c.want {
			t.Errorf("%s after %s: %q, want %q", c.expr, c.from, got, c.want)
		}
	}
}

func TestNextWhereClocksChange(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Skip(err)
	}
	s, err := Parse("0 0 * * * ?")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 11, 3, 0, 30, 0, 0, zone) // at 2 the clocks go back to 1
	for _, want := range []string{"01:00 PDT", "01:00 PST", "02:00 PST"} {
		next, ok := s.Next(at)
		if got := next.Format("15:04 MST"); !ok || got != want {
			t.Fatalf("after %s: %s, want %s", at, got, want)
		}
		at = next
	}
}

func TestRefused(t *testing.T) {
	for _, expr := range []string{"", "bad", "0 0 * * *", "0 0 0 ? * ?", "60 0 * * * ?", "0 0 0 32 * ?", "0 0 0 ? * 8", "0 0 0 ? * MON#6", "0 a * * * ?", "0 0/0 * * * ?", "0 0 * * * ? 2100"} {
		if _, err := Parse(expr); err == nil {
			t.Errorf("%q was accepted", expr)
		}
	}
}
