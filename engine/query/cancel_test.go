package query

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// endless are statements that would run for hours, each in another operator.
var endless = []struct{ name, sql string }{
	{"cross join without a match", "select count(*) from n a, n b, n c, n d where a.x + b.x + c.x + d.x = -1"},
	{"cross join", "select count(a.x + b.x + c.x + d.x) from n a, n b, n c, n d where a.x + b.x + c.x + d.x > 0"},
	{"one key", "select count(a.x), max(b.x * c.x) from n a join n b on a.one = b.one join n c on c.one = b.one join n d on d.one = a.one where a.x + b.x + c.x + d.x > 5"},
	{"outer join on a residual", "select count(*) from (select a.x + b.x * 1000 x from n a, n b) p left join (select a.x + b.x * 1000 y from n a, n b) q on (p.x * q.y) % 1000003 = 1000004"},
	{"not exists on a residual", "select count(*) from (select a.x + b.x * 1000 x from n a, n b) p where not exists (select 1 from n a, n b where (a.x * b.x + p.x) % 1000003 = 1000004)"},
	{"aggregate", "select a.x * b.x * c.x * d.x, count(*) from n a, n b, n c, n d group by a.x * b.x * c.x * d.x"},
	{"distinct", "select count(distinct a.x * b.x * c.x * d.x) from n a, n b, n c, n d"},
	{"sort", "select a.x * b.x * c.x y, d.x from n a, n b, n c, n d order by y, d.x"},
	{"top-n", "select a.x * b.x * c.x y, d.x from n a, n b, n c, n d order by y desc, d.x limit 10"},
	{"window", "select sum(y) over (partition by z order by y) from (select a.x * b.x * c.x y, d.x z from n a, n b, n c, n d) t"},
	{"union", "select count(*) from (select a.x * b.x * c.x * d.x x from n a, n b, n c, n d union all select a.x + b.x + c.x + d.x from n a, n b, n c, n d) t where cast(x as string) rlike '[a-z]'"},
	{"lateral view", "select count(*) from n a, n b lateral view explode(split(space(1000), ' ')) e1 as w1 lateral view explode(split(space(1000), ' ')) e2 as w2 where length(w2) > 0"},
	{"insert", "create table made stored as orc as select a.x, b.x y, c.x z from n a, n b, n c, n d"},
	{"dynamic partitions", "insert into parts partition (p) select a.x * b.x * c.x, d.x % 50 from n a, n b, n c, n d"},
	{"script", "select transform (x) using 'sleep 1000' from n"},
}

// TestCancel stops statements in all operators and looks whether they end and leave nothing: memory, goroutines, files, tables.
func TestCancel(t *testing.T) {
	dir := t.TempDir()
	e, err := Open(t.Context(), Config{DataDir: dir, Threads: 2, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context, sql string) error {
		st, err := s.Compile(ctx, Request{SQL: sql})
		if err != nil {
			return err
		}
		defer st.Close()
		return st.Run(ctx)
	}
	for _, sql := range []string{
		"create table n as select pos x, 1 one from (select 1 one) t lateral view posexplode(split(space(999), ' ')) p as pos, val",
		"create table parts (a bigint) partitioned by (p int) stored as parquet", "set hive.exec.dynamic.partition.mode=nonstrict",
	} {
		if err := run(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	files := listFiles(t, dir)
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			goroutines := runtime.NumGoroutine()
			go func() { ended <- run(ctx, c.sql) }()
			select {
			case err := <-ended:
				t.Fatalf("ended by itself: %v", err)
			case <-time.After(150 * time.Millisecond):
			}
			cancel()
			start := time.Now()
			err := <-ended
			t.Logf("ended %v after the cancel", time.Since(start).Round(time.Millisecond))
			if err == nil {
				t.Error("a cancelled statement succeeded")
			}
			if used, _ := e.MemoryUsed(); used != 0 {
				t.Errorf("%d bytes of memory are still held", used)
			}
			if got := listFiles(t, dir); got != files {
				t.Errorf("files left or gone:\n%s\nbefore:\n%s", got, files)
			}
			for try := 0; runtime.NumGoroutine() > goroutines; try++ { // a goroutine ends a little after its owner has heard of it
				if try == 100 {
					t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	if err := run(t.Context(), "select count(*) from made"); err == nil {
		t.Error("a cancelled CREATE TABLE AS made its table")
	}
}

// listFiles names all files below dir but those of the metastore and of the history.
func listFiles(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "history" {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || strings.Contains(filepath.Base(path), "metastore") {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		names = append(names, strings.TrimPrefix(path, dir))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}
