package query

import (
	"testing"
)

// TestDistinctArgumentsAreSharedOut compares aggregates over several lists of DISTINCT arguments, whose duplicates tasks remove by
// arguments, with the same in one task.
func TestDistinctArgumentsAreSharedOut(t *testing.T) {
	_, s := stagedSession(t, 12_000)
	run(t, s, "create table d (g int, i int, s string, x double, w decimal(25, 2), b boolean)")
	run(t, s, "insert into d select v % 3, if(v % 11 = 0, null, v % 1000), if(v % 7 = 0, null, concat('s', v % 77)), v % 50 / 4, v % 30 / 10, v % 2 = 0 from t")
	// Many rows in few groups, or in one, take a step more.
	s.conf.Set(distinctRows, "5000")
	for _, c := range []struct {
		sql    string
		stages int // 0: as many as it takes
	}{
		{"select count(distinct i), count(distinct s) from d", 3},
		{"select count(distinct i), count(distinct s), count(*), count(i), sum(i), min(s), max(x) from d", 3},
		{"select count(distinct i, s), count(distinct s), sum(distinct i), avg(distinct i), sum(distinct w), avg(distinct w), sum(distinct x), min(distinct s) from d", 3},
		{"select count(distinct i), sum(distinct i), count(distinct b), count(distinct 1), count(distinct null), count(distinct i + 1) from d", 3},
		{"select count(distinct i), count(distinct s), count(*), sum(i), min(s) from d where i < 0", 0},
		{"select count(distinct i), count(distinct s), avg(i) from d", 2}, // the average's partial results have no nothing
		{"select count(distinct i), size(collect_set(s)), count(distinct s), variance(x) from d", 2},
		{"select g, count(distinct i), count(distinct s), sum(x), count(*) from d group by g", 3},
		{"select g, b, count(distinct i), count(distinct g, s), count(distinct b), min(w) from d group by g, b", 2},
		{"select g, count(distinct i), avg(x), sort_array(collect_set(b)) from d group by g", 3},
		{"select g, count(distinct g), count(*) from d group by g", 2},
		{"select g, count(distinct i), count(distinct s), count(*), min(i) from d group by g", 3},
		{"select b, count(distinct i, b), sort_array(collect_set(g)) from d group by b", 3},
		{"select i, count(distinct s), count(distinct g) from d group by i", 2},
		{"select g, count(distinct i), count(distinct s) from d group by g with rollup", 0},
		{"select count(distinct g), count(distinct i) from d group by b having count(distinct s) > 3", 0},
	} {
		sameInStages(t, s, c.sql)
		if n := len(stagesRun(t, s, c.sql)); c.stages > 0 && n != c.stages {
			t.Errorf("%s: %d stages, want %d", c.sql, n, c.stages)
		}
	}
	s.conf.Set(distinctRows, "-1")
	const one = "select g, count(distinct i), max(x) from d group by g"
	for skew, want := range map[string]int{"false": 2, "true": 3} {
		s.conf.Set("hive.groupby.skewindata", skew)
		if n := len(stagesRun(t, s, one)); n != want {
			t.Errorf("%d stages with hive.groupby.skewindata=%s, want %d", n, skew, want)
		}
	}
}
