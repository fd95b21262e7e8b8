package query

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"skep/metastore"
	"skep/metastore/model"
)

// compacting is an engine with a worker that compacts.
func compacting(t *testing.T) (*Engine, *Session) {
	t.Helper()
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 1, Memory: 64 << 20, Settings: map[string]string{compactorWorkers: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return e, s
}

// compact asks for a compaction and waits for its end.
func compact(t *testing.T, e *Engine, kind model.CompactionKind, name, part string) model.Compaction {
	t.Helper()
	m, err := e.store.Table(t.Context(), "default", name)
	if err != nil {
		t.Fatal(err)
	}
	x := model.Compaction{TableID: m.ID, Database: "default", Table: name, Partition: part, Kind: kind, State: model.CompactionInitiated}
	if err := e.store.Update(t.Context(), func(tx metastore.Tx) error { return tx.PutCompaction(t.Context(), &x) }); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		all, err := e.store.Compactions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if c.ID == x.ID && !c.Ended.IsZero() {
				return c
			}
		}
	}
	t.Fatal("the compaction does not end")
	return x
}

// directories lists the directories with files below that of a table.
func directories(t *testing.T, e *Engine, name string) []string {
	t.Helper()
	var out []string
	root := filepath.Join(e.config.DataDir, "warehouse", name)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			dir, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			kept := strings.Contains(dir, ".hive-staging") // for statements from before
			if !kept && !slices.Contains(out, dir) {
				out = append(out, dir)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCompactor(t *testing.T) {
	e, s := compacting(t)
	run(t, s, "create table t (a int, b string) partitioned by (p int) stored as orc tblproperties ('transactional'='true')")
	run(t, s, "insert into t values (1, 'one', 1), (2, 'two', 1), (3, 'three', 2)")
	run(t, s, "insert into t values (4, 'four', 1)")
	run(t, s, "delete from t where a = 2")
	run(t, s, "update t set b = 'vier' where a = 4")
	// A statement that has begun goes on to read what there was.
	open, err := e.NewSession(t.Context(), SessionOptions{User: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	const query = "select * from t order by a"
	before, err := open.Compile(t.Context(), Request{SQL: query, QueryID: "before"})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	rows, keys := run(t, s, query), run(t, s, "select row__id, a from t order by a")
	for _, step := range []struct {
		kind model.CompactionKind
		dirs string
	}{
		{model.MinorCompaction, "p=1/delete_delta_0000001_0000004_v0000005 p=1/delta_0000001_0000004_v0000005 p=2/delta_0000001_0000001_0000"},
		{model.MajorCompaction, "p=1/base_0000004_v0000006 p=2/delta_0000001_0000001_0000"},
	} {
		if c := compact(t, e, step.kind, "t", "p=1"); c.State != model.CompactionSucceeded || c.HighWriteID != 4 {
			t.Fatalf("%+v", c)
		}
		if got := run(t, s, query); !slices.Equal(got, rows) {
			t.Errorf("after %s compaction: got %q, want %q", step.kind, got, rows)
		}
		if got := run(t, s, "select row__id, a from t order by a"); !slices.Equal(got, keys) {
			t.Errorf("after %s compaction: got %q, want %q", step.kind, got, keys)
		}
		if got := strings.Join(directories(t, e, "t"), " "); got != step.dirs {
			t.Errorf("after %s compaction: directories %s", step.kind, got)
		}
	}
	if err := before.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := rowsOf(before); err != nil || !slices.Equal(got, rows) {
		t.Errorf("a statement from before: got %q, %v, want %q", got, err, rows)
	}
	// Nothing is left to do; writing goes on.
	if c := compact(t, e, model.MajorCompaction, "t", "p=1"); c.State != model.CompactionSucceeded {
		t.Errorf("%+v", c)
	}
	run(t, s, "delete from t where a = 1")
	if got := run(t, s, "select a from t where a > 0"); len(got) != 2 {
		t.Errorf("got %q", got)
	}
}

func TestCompactorOfInsertOnlyTables(t *testing.T) {
	e, s := compacting(t)
	run(t, s, "create table t (a int) stored as textfile tblproperties ('transactional'='true', 'transactional_properties'='insert_only')")
	for _, v := range []string{"1", "2", "3"} {
		run(t, s, "insert into t values ("+v+")")
	}
	for _, kind := range []model.CompactionKind{model.MinorCompaction, model.MajorCompaction} {
		if kind == model.MajorCompaction {
			run(t, s, "insert into t values (4)")
		}
		want := run(t, s, "select a from t order by a")
		if c := compact(t, e, kind, "t", ""); c.State != model.CompactionSucceeded {
			t.Fatalf("%+v", c)
		}
		if got := run(t, s, "select a from t order by a"); !slices.Equal(got, want) {
			t.Errorf("after %s compaction: got %q", kind, got)
		}
		if got := directories(t, e, "t"); len(got) != 1 {
			t.Errorf("after %s compaction: directories %q", kind, got)
		}
	}
}

// AND WAIT returns when the compaction has ended; without workers it gives up after a time.
func TestCompactionThatIsWaitedFor(t *testing.T) {
	e, s := compacting(t)
	run(t, s, "create table t (a int) stored as orc tblproperties ('transactional'='true')")
	run(t, s, "insert into t values (1)")
	run(t, s, "alter table t compact 'major' and wait")
	if got := directories(t, e, "t"); !slices.Equal(got, []string{"base_0000001_v0000002"}) {
		t.Errorf("directories %q", got)
	}
	e.compactor.close()
	run(t, s, "insert into t values (2)")
	run(t, s, "set hive.compactor.wait.timeout=10")
	run(t, s, "alter table t compact 'major' and wait")
	if got := directories(t, e, "t"); !slices.Equal(got, []string{"base_0000001_v0000002", "delta_0000002_0000002_0000"}) {
		t.Errorf("directories %q", got)
	}
}

func TestCompactionThatFails(t *testing.T) {
	e, s := compacting(t)
	run(t, s, "create table t (a int) partitioned by (p int) stored as orc tblproperties ('transactional'='true')")
	c := compact(t, e, model.MajorCompaction, "t", "p=9")
	if c.State != model.CompactionFailed || !strings.Contains(c.Message, "no partition p=9") {
		t.Errorf("%+v", c)
	}
	all, err := e.store.Transactions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if x.State == model.TransactionOpen {
			t.Errorf("transaction %d is left open", x.ID)
		}
	}
}

// A table whose files come from another catalog is seen once it has been repaired.
func TestRepairOfTransactionalTables(t *testing.T) {
	e, s := compacting(t)
	run(t, s, "create table one (a int) stored as orc tblproperties ('transactional'='true')")
	run(t, s, "create table parts (a int) partitioned by (p int) stored as orc tblproperties ('transactional'='true')")
	for _, v := range []string{"1", "2", "3"} {
		run(t, s, "insert into one values ("+v+")")
		run(t, s, "insert into parts values ("+v+", "+v+")")
	}
	run(t, s, "delete from one where a = 2")
	run(t, s, "delete from parts where a = 2")
	for _, name := range []string{"one", "parts"} {
		copied := filepath.Join(t.TempDir(), name)
		if err := os.CopyFS(copied, os.DirFS(filepath.Join(e.config.DataDir, "warehouse", name))); err != nil {
			t.Fatal(err)
		}
		keys := ""
		if name == "parts" {
			keys = "partitioned by (p int)"
		}
		run(t, s, "create table copied_"+name+" (a int) "+keys+" stored as orc location '"+copied+"' tblproperties ('transactional'='true')")
		if got := run(t, s, "select a from copied_"+name); len(got) != 0 {
			t.Errorf("%s: %q is seen before", name, got)
		}
		run(t, s, "msck repair table copied_"+name)
		want := run(t, s, "select a from "+name+" order by a")
		if got := run(t, s, "select a from copied_"+name+" order by a"); len(want) != 2 || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		run(t, s, "delete from copied_"+name+" where a = 1")
		if got := run(t, s, "select a from copied_"+name); len(got) != 1 {
			t.Errorf("%s: %q is left", name, got)
		}
	}
}
