package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stagesRun runs EXPLAIN ANALYZE and returns the lines of the stages.
func stagesRun(t *testing.T, s *Session, sql string) []string {
	t.Helper()
	var lines []string
	for _, l := range run(t, s, "explain analyze "+sql) {
		if strings.Contains(l, ": tasks=") {
			lines = append(lines, strings.Trim(l, "{}"))
		}
	}
	return lines
}

func TestHiveSettingsSteerStages(t *testing.T) {
	_, s := stagedSession(t, 2000)
	s.conf.Set(executionTasks, "0")
	sql := "select k, count(*), sum(v) from t group by k"
	want := run(t, s, sql)
	slices.Sort(want)
	for _, c := range []struct {
		set     map[string]string
		reducer string
	}{
		{map[string]string{"mapreduce.job.reduces": "3"}, "tasks=3"},
		{map[string]string{"mapred.reduce.tasks": "5", "hive.exec.reducers.max": "2"}, "tasks=2"},
		{map[string]string{"hive.exec.reducers.bytes.per.reducer": "300", "hive.exec.reducers.max": "4"}, "tasks=4"},
		{map[string]string{"hive.map.aggr": "false", "mapreduce.job.reduces": "2"}, "tasks=2 rows=97"},
	} {
		for k, v := range c.set {
			s.conf.Set(k, v)
		}
		got := run(t, s, sql)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%v: %d groups", c.set, len(got))
		}
		stages := stagesRun(t, s, sql)
		if i := slices.IndexFunc(stages, func(l string) bool { return strings.Contains(l, "Reducer 2") }); i < 0 || !strings.Contains(stages[i], c.reducer) {
			t.Errorf("%v: no %q in %q", c.set, c.reducer, stages)
		}
		sent := fmt.Sprint("rows=", map[bool]int{true: 2000, false: 97 * 7}[c.set["hive.map.aggr"] == "false"])
		if stages := stagesRun(t, s, sql); c.set["hive.map.aggr"] == "false" && !strings.Contains(stages[0], sent) {
			t.Errorf("%v: %q sends not %s", c.set, stages[0], sent)
		}
		for k := range c.set {
			s.conf.Unset(k)
		}
	}
}

// A stage one of whose inputs turns out empty does not run, nor does what it alone would have read.
func TestEmptyInputsPropagate(t *testing.T) {
	_, s := stagedSession(t, 2000)
	s.conf.Set(executionTasks, "0")
	s.conf.Set(broadcastActual, "-1")
	for _, c := range []struct {
		sql string
		off int // stages of no task
	}{
		{"select t.v % 5, count(*) from t join (select k, max(v) m from t where v < 0 group by k) e on t.k = e.k group by t.v % 5", 1},
		{"select x.c, y.v from (select e.m c, t.v from (select k, max(v) m from t where v < 0 group by k) e left join t on t.k = e.k) x join t y on x.v = y.v", 1},
		{"select t.k, e.m from t left join (select k, max(v) m from t where v < 0 group by k) e on t.k = e.k", 0},
		{"select count(*) from t join (select k, max(v) m from t where v < 0 group by k) e on t.k = e.k", 0},
	} {
		sameInStages(t, s, c.sql)
		off := 0
		stages := stagesRun(t, s, c.sql)
		for _, l := range stages {
			if strings.Contains(l, "tasks=0") {
				off++
			}
		}
		if off < c.off {
			t.Errorf("%s: %d stages did not run, not %d: %q", c.sql, off, c.off, stages)
		}
	}
}
