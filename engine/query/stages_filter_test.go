package query

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var scanRows = regexp.MustCompile(`scan +rows=(\d+).*default\.big`)

// The keys of one side of a join, once they are known, rule out rows of the other side where these are scanned, in another stage.
func TestFiltersAcrossStages(t *testing.T) {
	_, s := stagedSession(t, 2000)
	run(t, s, "set hive.exec.dynamic.partition.mode=nonstrict")
	run(t, s, "create table big (v int, w int) partitioned by (p int) stored as parquet")
	run(t, s, "insert into big partition (p) select v, v % 50, k % 10 from t")
	run(t, s, "create table few (v int, p int, name string)")
	run(t, s, "insert into few select v, k % 10, cast(v as string) from t where v < 40")
	for _, c := range []struct {
		join    string
		filters bool
	}{
		{"big b join few f on b.v = f.v and f.name = '7'", true},
		{"big b join few f on b.p = f.p and f.name = '7'", true}, // skips partitions
		{"few f join big b on b.v = f.v and f.name < '2'", true},
		{"(select * from few where name = '7') f left join big b on b.v = f.v", true},
		{"big b left semi join few f on b.v = f.v", true},
		{"big b left join few f on b.v = f.v", false}, // all rows are wanted
		{"big b full join few f on b.v = f.v", false},
		{"big b join few f on b.v <=> f.v", false},
	} {
		columns := "sum(b.v), sum(b.w), count(*)"
		sql := fmt.Sprintf("select %s from %s", columns, c.join)
		s.conf.Set(executionMode, "embedded")
		want := run(t, s, sql)
		s.conf.Set(executionMode, "staged")
		var read [2]int
		for i, bytes := range []string{"-1", "0"} {
			s.conf.Set(filterBytes, bytes)
			if got := run(t, s, sql); !slices.Equal(got, want) {
				t.Errorf("%s with %s: %v, not %v", c.join, bytes, got, want)
			}
			for _, l := range run(t, s, "explain analyze "+sql) {
				if m := scanRows.FindStringSubmatch(l); m != nil {
					n, _ := strconv.Atoi(m[1])
					read[i] += n
				}
			}
		}
		if read[0] == 0 || (read[1] < read[0]/2) != c.filters {
			t.Errorf("%s: %d rows were read without filters, %d with", c.join, read[0], read[1])
		}
	}
}
