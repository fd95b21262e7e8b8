package query

import (
	"fmt"
	"strings"
	"testing"

	"skep/engine/scheduler"
)

// manyTasks is a sizing by which scans of some kilobytes are read by several tasks.
func manyTasks() scheduler.Sizing {
	z := scheduler.DefaultConfig().Sizing
	z.ScanMin, z.ScanMax, z.OpenCost = 1, 2000, 0
	z.ExchangeMin, z.ExchangeMax = 1, 2000
	return z
}

// TestSmallFilesAreMergedInStages counts the files of tables that several tasks write.
func TestSmallFilesAreMergedInStages(t *testing.T) {
	_, s := adaptiveSession(t, manyTasks())
	defaults := "hive.merge.tezfiles=false;hive.merge.smallfiles.avgsize=16000000;hive.merge.size.per.task=256000000;" +
		"hive.optimize.sort.dynamic.partition.threshold=-1;hive.exec.dynamic.partition.mode=nonstrict;hive.exec.compress.output=false"
	for _, c := range []struct {
		settings, target, query string
		files                   string // how many: one, each (one in each partition), several
	}{
		{"", "table plain", "select k, v from skewed", "several"},
		{"hive.merge.tezfiles=true", "table plain", "select k, v from skewed", "one"},
		{"hive.merge.tezfiles=true", "table plain", "select k, v from skewed where v > 1990", "one"},
		{"hive.merge.tezfiles=true", "table plain", "select k, max(v) from skewed group by k", "one"},
		{"hive.merge.tezfiles=true", "table plain", "select a.k, b.v from skewed a join t b on a.v = b.v", "one"},
		{"hive.merge.tezfiles=true;hive.exec.compress.output=true", "table plain", "select k, v from skewed", "one"},
		{"hive.merge.tezfiles=true;hive.merge.smallfiles.avgsize=1", "table plain", "select k, v from skewed", "several"},
		{"hive.merge.tezfiles=true;hive.merge.smallfiles.avgsize=1000;hive.merge.size.per.task=1000", "table plain", "select k, v from skewed", "several"},
		{"hive.merge.tezfiles=true", "table columnar", "select k, v from skewed", "one"},
		{"hive.merge.tezfiles=true", "table parq", "select k, v from skewed", "one"},
		{"hive.merge.tezfiles=true", "table rc", "select k, v from skewed", "one"},
		{"", "table parted partition (p)", "select v, k % 3 from skewed", "several"},
		{"hive.merge.tezfiles=true", "table parted partition (p)", "select v, k % 3 from skewed", "each"},
		{"hive.merge.tezfiles=true", "table parted partition (p)", "select v, k % 3 from skewed sort by v", "each"},
		{"hive.merge.tezfiles=true", "table parted partition (p)", "select v % 7, v % 300 from skewed", "each"}, // more than a task has open
		{"hive.merge.tezfiles=true", "table parted partition (p)", "select max(v), v % 300 from skewed group by v % 300", "each"},
		{"hive.merge.tezfiles=true", "table texts partition (p)", "select max(v), concat('x', v % 300) from skewed group by concat('x', v % 300)", "each"}, // there already
		{"hive.merge.tezfiles=true", "table parted partition (p = 9)", "select v from skewed", "one"},
		{"hive.optimize.sort.dynamic.partition.threshold=0", "table parted partition (p)", "select v, k % 3 from skewed", "each"},
		{"hive.optimize.sort.dynamic.partition.threshold=1;hive.merge.smallfiles.avgsize=1", "table parted partition (p)", "select v, k % 3 from skewed", "each"},
		{"hive.optimize.sort.dynamic.partition.threshold=1", "table parted partition (p)", "select max(v), k from skewed group by k", "each"},
		{"hive.merge.tezfiles=true", "table buckets", "select k, v from skewed", "several"},
		{"hive.merge.tezfiles=true", "table nothing", "select k, v from skewed where v < 0", "none"},
	} {
		for _, setting := range strings.Split(defaults+";"+c.settings, ";") {
			if name, value, ok := strings.Cut(setting, "="); ok {
				s.conf.Set(name, value)
			}
		}
		for _, ddl := range []string{
			"plain (k int, v int)", "columnar (k int, v int) stored as orc", "parq (k int, v int) stored as parquet", "rc (k int, v int) stored as rcfile",
			"parted (v int) partitioned by (p int)", "texts (v int) partitioned by (p string)", "buckets (k int, v int) clustered by (k) into 3 buckets", "nothing (k int, v int)",
		} {
			name, _, _ := strings.Cut(ddl, " ")
			run(t, s, "drop table if exists "+name)
			run(t, s, "create table "+ddl)
		}
		run(t, s, "insert overwrite "+c.target+" "+c.query)
		name := strings.Fields(c.target)[1]
		key := "1"
		if name == "parted" || name == "texts" {
			key = "p"
		}
		count := run(t, s, "select count(*), count(distinct f), count(distinct g) from (select input__file__name f, "+key+" g from "+name+") x")[0]
		var rows, files, groups int
		for i, n := range []*int{&rows, &files, &groups} {
			if _, err := fmt.Sscanf(strings.Split(count, "\t")[i], "{false %d", n); err != nil {
				t.Fatal(err)
			}
		}
		got := "several"
		switch {
		case files == 0:
			got = "none"
		case files == 1:
			got = "one"
		case files == groups:
			got = "each"
		}
		if got != c.files {
			t.Errorf("%s: insert overwrite %s %s: %d files of %d directories, want %s", c.settings, c.target, c.query, files, groups, c.files)
		}
		if want := run(t, s, "select count(*) from ("+c.query+") x")[0]; want != strings.Split(count, "\t")[0] {
			t.Errorf("%s: insert overwrite %s %s: %s rows, want %s", c.settings, c.target, c.query, strings.Split(count, "\t")[0], want)
		}
	}
}
