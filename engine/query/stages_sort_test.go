package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"skep/dialect/types"
)

// TestRangesAreSortedInTheOrderOfOneTask compares ORDER BY in ranges, by several tasks, with the same in one task: rows of equal keys
// come in the same order, too.
func TestRangesAreSortedInTheOrderOfOneTask(t *testing.T) {
	x, s := adaptiveSession(t, manyTasks())
	run(t, s, "create table mixed (i int, d double, c string, w decimal(30, 2), a array<int>)")
	run(t, s, "insert into mixed select if(v % 7 = 0, null, k), if(v % 11 = 0, null, if(v % 13 = 0, cast('nan' as double), v / 8 - 100)), "+
		"if(v % 5 = 0, null, if(v % 3 = 0, '', concat('common prefix of ', v % 40))), if(v % 17 = 0, null, v % 100 - 50), array(v % 3, v % 2) from skewed")
	ranges, several := 0, 0
	for _, q := range []string{
		"select k, v from skewed order by v",
		"select k, v from skewed order by v desc",
		"select k, v from skewed order by k", // 80 % of the rows have one key
		"select v from skewed order by k desc, v % 10",
		"select * from mixed order by i, d desc",
		"select * from mixed order by i nulls first, c desc nulls first",
		"select * from mixed order by i desc nulls last, w nulls first",
		"select * from mixed order by d, i",
		"select * from mixed order by c nulls last, d nulls first",
		"select * from mixed order by w desc",
		"select * from mixed order by a, w",
		"select d from mixed order by concat(c, i), w",
		"select k, c from (select k, count(*) c from skewed group by k) x order by c desc, k",
		"select a.k, b.v from skewed a join t b on a.v = b.v order by b.v % 100, a.k",
		"select k, v from skewed where v < 0 order by v",
		"select k, v from skewed where v = 77 order by v",
		"select k from skewed order by 1",
		"select k, v from skewed union all select v, k from t order by k, v",
		"select k, r from (select k, rank() over (partition by k order by v) r, v from skewed) x order by r, k, v",
	} {
		s.conf.Set(rangeBytes, "-1")
		want := run(t, s, q)
		s.conf.Set(rangeBytes, "0")
		x.reads = nil
		got := run(t, s, q)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d rows in another order than %d", q, len(got), len(want))
		}
		sample, maps := 0, map[string]bool{}
		for _, r := range x.reads {
			for _, slice := range r.Slices {
				if slice.Partitions.From == 1 && slice.Partitions.To == 2 && r.Manifest.Partitions == 2 && slice.Maps.To == 0 {
					sample++
				}
				if slice.Maps.To == 0 && slice.Partitions.To-slice.Partitions.From < r.Manifest.Partitions {
					maps[r.Manifest.Stage.String()] = true
				}
			}
		}
		if sample > 0 {
			ranges++
		}
		if len(maps) > 1 {
			several++
		}
	}
	if ranges < 17 || several < 15 {
		t.Errorf("%d queries read samples, %d ranges of partitions", ranges, several)
	}
	// Only a limit needs no ranges.
	x.reads = nil
	run(t, s, "select v from skewed order by v limit 10")
	for _, r := range x.reads {
		if r.Manifest.Partitions > 1 {
			t.Errorf("the first rows were sorted in ranges: %v", r.Slices)
		}
	}
}

// TestFilesOfAnOrderedWriteAreInOrder reads what INSERT … ORDER BY wrote in several tasks, file by file.
func TestFilesOfAnOrderedWriteAreInOrder(t *testing.T) {
	_, s := adaptiveSession(t, manyTasks())
	s.conf.Set(rangeBytes, "0")
	run(t, s, "create table ordered (k int, v int)")
	run(t, s, "insert overwrite table ordered select k, v from skewed order by v desc")
	files := run(t, s, "select input__file__name f, min(v), max(v) from ordered group by input__file__name order by f")
	if len(files) < 2 {
		t.Errorf("%d files", len(files))
	}
	// Tasks read splits in the order of files, and results are read in the order of tasks.
	if got, want := run(t, s, "select v from ordered"), run(t, s, "select v from t order by v desc"); !slices.Equal(got, want) {
		t.Errorf("%d rows in another order than %d: %s", len(got), len(want), strings.Join(got[:5], " "))
	}
}

// TestRangesAreTheSameEachTime runs every task twice, from tasks that were encoded and decoded.
func TestRangesAreTheSameEachTime(t *testing.T) {
	_, s := adaptiveSession(t, manyTasks())
	s.conf.Set(rangeBytes, "0")
	s.conf.Set(executionTwice, "true")
	s.conf.Set(executionVerify, "true")
	got := run(t, s, "select v from t order by v % 2, v")
	if len(got) != 2000 || got[0] != datum(0) || got[999] != datum(1998) || got[1000] != datum(1) || got[1999] != datum(1999) {
		t.Errorf("%d rows", len(got))
	}
}

func datum(n int64) string { return fmt.Sprint(types.Datum{I: n}) }
