package query

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skep/engine/coordinator"
	"skep/engine/filesystem"
	"skep/engine/scheduler"
	"skep/engine/scheduler/joblog"
	"skep/metastore"
	"skep/metastore/model"
)

var everyCrash = flag.Bool("crashes", false, "let staged statements crash at every operation, not at some")

var errFault = errors.New("injected fault")

// crash makes one operation on files, catalog or log fail, before or after it took effect. When the process is to die with it,
// nothing works any more from then on.
type crash struct {
	at    int // the operation to fail, from 1; 0: none
	after bool
	dies  bool

	raced chan struct{} // closed when the second attempt of a task makes its file

	mu    sync.Mutex
	count int
	dead  bool
	what  string // the operation that failed
}

func (f *crash) String() string {
	return fmt.Sprintf("operation %d (%s), after %v, dies %v", f.at, f.what, f.after, f.dies)
}

func (f *crash) do(what string, op func() error) error {
	f.mu.Lock()
	dead := f.dead
	f.count++
	hit := f.count == f.at && !dead
	if hit {
		f.dead, f.what = f.dies, what
	}
	f.mu.Unlock()
	switch {
	case dead:
		return errFault
	case !hit:
		return op()
	case f.after:
		if err := op(); err != nil {
			return err
		}
	}
	return errFault
}

// config puts the faults between an engine and its state. race has a task of a statement run twice at the same time.
func (f *crash) config(dir string, race bool) Config {
	f.raced = make(chan struct{})
	return Config{DataDir: dir, Threads: 2, faults: &faults{
		catalog:     func(c metastore.Catalog) metastore.Catalog { return crashingCatalog{c, f} },
		files:       func(x filesystem.FileSystem) filesystem.FileSystem { return crashingFiles{x, f, race} },
		log:         func(l coordinator.Log) coordinator.Log { return &crashingLog{Log: l, crash: f} },
		coordinator: func(c *coordinator.Config) { racing(c, race) },
	}}
}

// racing makes a coordinator take every attempt for slow.
func racing(c *coordinator.Config, race bool) {
	if !race {
		return
	}
	s := scheduler.DefaultConfig()
	s.Speculation.Rule, s.Speculation.MaxCopiesDiv, s.Speculation.ProbationMin, s.Speculation.OffAfter = always{}, 1, 0, 1<<30
	c.Scheduler, c.Tick = &s, 2*time.Millisecond
}

type always struct{}

func (always) Slow(*scheduler.StageRates, *scheduler.AttemptRate) bool { return true }

type crashingCatalog struct {
	metastore.Catalog
	*crash
}

func (c crashingCatalog) Update(ctx context.Context, fn func(metastore.Tx) error) error {
	return c.do("update of the catalog", func() error { return c.Catalog.Update(ctx, fn) })
}

func (c crashingCatalog) UpdateNoSync(ctx context.Context, fn func(metastore.Tx) error) error {
	return c.do("update of the catalog", func() error { return c.Catalog.UpdateNoSync(ctx, fn) })
}

func (c crashingCatalog) Intents(ctx context.Context) (out []model.Intent, err error) {
	err = c.do("reading the journal", func() (err error) { out, err = c.Catalog.Intents(ctx); return err })
	return out, err
}

type crashingFiles struct {
	filesystem.FileSystem
	*crash
	slow bool
}

func (f crashingFiles) Create(ctx context.Context, path string) (out io.WriteCloser, err error) {
	if f.slow && strings.Contains(path, "/attempt-0-0-1-0/") { // the other attempt can start and overtake it
		wait := time.Second / 2
		if f.at == 0 {
			wait = 10 * time.Second // the run without a fault has to show that there is a race
		}
		select {
		case <-f.raced:
		case <-time.After(wait):
		}
	}
	if f.slow && strings.Contains(path, "/attempt-0-0-1-1/") {
		close(f.raced)
	}
	err = f.do("create "+path, func() error {
		w, err := f.FileSystem.Create(ctx, path)
		out = crashingFile{w, f.crash, path}
		return err
	})
	return out, err
}
func (f crashingFiles) Rename(ctx context.Context, from, to string) error {
	return f.do("rename "+from, func() error { return f.FileSystem.Rename(ctx, from, to) })
}
func (f crashingFiles) List(ctx context.Context, dir string) (out []fs.FileInfo, err error) {
	err = f.do("list "+dir, func() (err error) { out, err = f.FileSystem.List(ctx, dir); return err })
	return out, err
}
func (f crashingFiles) Stat(ctx context.Context, path string) (out fs.FileInfo, err error) {
	err = f.do("stat "+path, func() (err error) { out, err = f.FileSystem.Stat(ctx, path); return err })
	return out, err
}
func (f crashingFiles) MkdirAll(ctx context.Context, dir string) error {
	return f.do("mkdir "+dir, func() error { return f.FileSystem.MkdirAll(ctx, dir) })
}
func (f crashingFiles) Remove(ctx context.Context, path string) error {
	return f.do("remove "+path, func() error { return f.FileSystem.Remove(ctx, path) })
}
func (f crashingFiles) RemoveAll(ctx context.Context, path string) error {
	return f.do("remove all of "+path, func() error { return f.FileSystem.RemoveAll(ctx, path) })
}

type crashingFile struct {
	io.WriteCloser
	*crash
	path string
}

func (f crashingFile) Write(p []byte) (n int, err error) {
	err = f.do("write "+f.path, func() (err error) { n, err = f.WriteCloser.Write(p); return err })
	return n, err
}

func (f crashingFile) Close() error {
	closed := false
	err := f.do("close "+f.path, func() error { closed = true; return f.WriteCloser.Close() })
	if !closed {
		err = errors.Join(err, f.WriteCloser.Close())
	}
	return err
}

// crashingLog loses in a crash what was not synced, as a machine without power does.
type crashingLog struct {
	coordinator.Log
	*crash
	kept []scheduler.Record
}

func (l *crashingLog) Append(r scheduler.Record) error {
	l.kept = append(l.kept, r)
	return nil
}

func (l *crashingLog) Flush() error {
	if len(l.kept) == 0 {
		return nil
	}
	return l.do(fmt.Sprintf("flush of the log, %T first", l.kept[0]), func() error { return nil })
}

func (l *crashingLog) Sync() error {
	return l.do(fmt.Sprintf("sync of the log, %d records", len(l.kept)), func() error { return errors.Join(l.write(), l.Log.Sync()) })
}

func (l *crashingLog) write() error {
	for _, r := range l.kept {
		if err := l.Log.Append(r); err != nil {
			return err
		}
	}
	l.kept = nil
	return nil
}

// Close closes the log. The end of a process that died is not an orderly one.
func (l *crashingLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return errors.Join(errFault, l.Log.Close())
	}
	return errors.Join(l.write(), l.Log.Close())
}

// crashWorld is a data directory that can be put back to how it was.
type crashWorld struct {
	t             *testing.T
	dir, template string
	settings      map[string]string // of sessions that run statements
}

var stagedSettings = map[string]string{executionMode: "staged", executionTasks: "2", broadcastBytes: "-1"}

func newCrashWorld(t *testing.T) *crashWorld {
	root := t.TempDir()
	v := &crashWorld{t, filepath.Join(root, "data"), filepath.Join(root, "template"), stagedSettings}
	e, err := Open(t.Context(), Config{DataDir: v.dir, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	s := v.session(e, nil)
	for _, sql := range []string{
		"create table src (k int, v string)", "insert into src values (1, 'a'), (2, 'b')", "insert into src values (3, 'c'), (4, 'd')",
		"create table plain (k int, v string)", "insert into plain values (100, 'old')",
		"create table parted (k int) partitioned by (v string)", "insert into parted partition (v) values (100, 'a'), (200, 'z')",
		"create table other (n bigint)",
		"create table added (k int) partitioned by (v string) tblproperties ('transactional'='true', 'transactional_properties'='insert_only')",
		"insert into added partition (v) values (100, 'a'), (200, 'z')", "insert into added partition (v) values (300, 'a')",
		"create table acid (k int, w string) partitioned by (v string) clustered by (k) into 2 buckets stored as orc tblproperties ('transactional'='true')",
		"insert into acid partition (v) values (1, 'one', 'a'), (2, 'two', 'a'), (3, 'three', 'z'), (4, 'four', 'a')", "delete from acid where k = 4",
	} {
		run(t, s, sql)
	}
	if err := errors.Join(s.Close(), e.Close(), os.Rename(v.dir, v.template)); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *crashWorld) session(e *Engine, settings map[string]string) *Session {
	v.t.Helper()
	s, err := e.NewSession(v.t.Context(), SessionOptions{Conf: settings})
	if err != nil {
		v.t.Fatal(err)
	}
	return s
}

// reset puts the directory back.
func (v *crashWorld) reset() {
	v.t.Helper()
	if err := errors.Join(os.RemoveAll(v.dir), os.CopyFS(v.dir, os.DirFS(v.template))); err != nil {
		v.t.Fatal(err)
	}
}

// attempt runs a statement in a process with a fault, and ends the process. It returns what the client was told.
func (v *crashWorld) attempt(sql string, f *crash, race bool) error {
	v.t.Helper()
	e, err := Open(v.t.Context(), f.config(v.dir, race))
	if err != nil {
		return err
	}
	s := v.session(e, v.settings)
	f.mu.Lock()
	f.count = 0
	f.mu.Unlock()
	_, err = tryRun(v.t.Context(), s, sql)
	f.mu.Lock()
	dead := f.dead
	f.mu.Unlock()
	if cerr := errors.Join(s.Close(), e.Close()); cerr != nil && !dead && f.at == 0 {
		v.t.Fatal(cerr)
	}
	return err
}

// after starts a process anew, lets what it goes on with end, and returns the state of all tables. Nothing but they may be left.
func (v *crashWorld) after(f *crash) string {
	v.t.Helper()
	e, err := Open(v.t.Context(), Config{DataDir: v.dir, Threads: 2})
	if err != nil {
		v.t.Fatalf("%v: after it the server does not start: %v", f, err)
	}
	defer e.Close()
	for _, r := range e.Recovered() {
		if err := r.Run(v.t.Context()); err != nil && f.dies {
			v.t.Errorf("%v: the statement failed after the restart: %v", f, err)
		}
	}
	intents, err := e.store.Intents(v.t.Context())
	if err != nil || len(intents) > 0 {
		v.t.Errorf("%v: the journal holds %v, %v", f, intents, err)
	}
	if txns, err := e.store.Transactions(v.t.Context()); err != nil || slices.ContainsFunc(txns, func(x model.Transaction) bool { return x.State == model.TransactionOpen }) {
		v.t.Errorf("%v: transactions %v, %v", f, txns, err)
	}
	if locks := e.txns.Locks(); len(locks) > 0 {
		v.t.Errorf("%v: locks %v", f, locks)
	}
	var out []string
	err = filepath.WalkDir(filepath.Join(v.dir, "warehouse"), func(path string, d fs.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), ".") {
			v.t.Errorf("%v: %s is left", f, path)
		}
		if !d.IsDir() {
			out = append(out, strings.TrimPrefix(path, v.dir))
		}
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	s := v.session(e, nil)
	defer s.Close()
	err = e.store.ScanTables(v.t.Context(), metastore.TableQuery{}, func(t *model.Table) error {
		rows := run(v.t, s, "select * from "+t.Name)
		slices.Sort(rows)
		out = append(out, fmt.Sprint(t.Name, " ", t.Parameters["numRows"], " ", t.Parameters["numFiles"], " ", rows))
		return nil
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

var crashScenarios = []struct {
	name, sql string
	race      bool
	setting   string
}{
	{"insert into", "insert into plain select k * 10, v from src", false, ""},
	{"insert overwrite", "insert overwrite table plain select k, max(v) from src group by k", false, ""},
	{"dynamic partitions", "insert overwrite table parted partition (v) select k, v from src", false, "hive.optimize.sort.dynamic.partition.threshold=-1"},
	{"dynamic partitions together", "insert overwrite table parted partition (v) select k, v from src", false, ""},
	{"create table as", "create table made as select k, v from src", true, ""},
	{"small files merged", "insert into plain select k * 10, v from src", false, "hive.merge.tezfiles=true"},
	{"ordered in ranges", "insert overwrite table plain select k, v from src order by v desc, k", false, rangeBytes + "=0"},
	{"insert into transactional", "insert into added partition (v) select k, v from src", false, ""},
	{"insert overwrite transactional", "insert overwrite table added partition (v) select k, v from src", false, ""},
	{"create transactional table as", "create table made tblproperties ('transactional'='true', 'transactional_properties'='insert_only') as select k, v from src", false, ""},
	{"several transactional targets", "from src insert into added partition (v) select k, v insert overwrite table added partition (v='z') select count(*) insert into plain select k, v", false, ""},
	{"insert into acid", "insert into acid partition (v) select k + 10, v, v from src", false, ""},
	{"delete", "delete from acid where k in (select k + 1 from src)", false, ""},
	{"update", "update acid set w = concat(w, k) where k < 3", false, ""},
	{"merge", `merge into acid using src on src.k = acid.k when matched and acid.k = 1 then delete
		when matched then update set w = src.v when not matched then insert values (src.k, 'new', src.v)`, false, ""},
	{"several targets", "from src insert into plain select k, v insert into parted partition (v) select k, v insert overwrite table other select count(*)", false, ""},
}

// TestCrashesOfStatementsInStages lets the process die, or an operation fail, at every operation that a statement makes on files,
// catalog and log. After a restart the tables are as before or as after the statement, all of them, and nothing else is left.
func TestCrashesOfStatementsInStages(t *testing.T) {
	v := newCrashWorld(t)
	for _, x := range crashScenarios {
		t.Run(x.name, func(t *testing.T) {
			v.t, v.settings = t, maps.Clone(stagedSettings)
			if name, value, ok := strings.Cut(x.setting, "="); ok {
				v.settings[name] = value
			}
			v.reset()
			none := &crash{}
			before := v.after(none)
			v.reset()
			if err := v.attempt(x.sql, none, x.race); err != nil {
				t.Fatal(err)
			}
			ops := none.count
			select {
			case <-none.raced:
			default:
				if x.race {
					t.Fatal("no second attempt was made")
				}
			}
			after := v.after(none)
			if before == after {
				t.Fatal("the statement changes nothing")
			}
			step := max(1, ops/4)
			if *everyCrash {
				step = 1
			}
			sawOld, sawNew, wentOn := 0, 0, 0
			for at := 1; at <= ops; at += step {
				for mode := range 4 {
					f := &crash{at: at, after: mode&1 != 0, dies: mode&2 == 0}
					v.reset()
					err := v.attempt(x.sql, f, x.race)
					goesOn := f.dies && v.logged(f)
					if f.dies && at%3 == 0 { // die once more while going on
						again := &crash{at: 1 + (5*at+mode)%40, after: mode&1 != 0, dies: true}
						v.goOn(again)
					}
					switch got := v.after(f); {
					case got == after:
						sawNew++
						if err != nil {
							wentOn++
						}
					case got == before && err != nil && !goesOn:
						sawOld++
					default:
						t.Fatalf("%v (%v): neither old nor new:\n%s\nold:\n%s\nnew:\n%s", f, err, got, before, after)
					}
				}
			}
			t.Logf("%d operations: %d times old, %d times new, of which %d after a failure", ops, sawOld, sawNew, wentOn)
			if sawOld == 0 || wentOn == 0 {
				t.Errorf("of %d operations: %d times old, %d times new, of which %d after a failure", ops, sawOld, sawNew, wentOn)
			}
		})
	}
}

// logged reports whether the log of a process that died holds the statement. Nothing may have been written for one that it does not
// hold: decisions are on disk before they are acted upon.
func (v *crashWorld) logged(f *crash) bool {
	v.t.Helper()
	var unfinished []*coordinator.Logged
	known := false
	if dir := filepath.Join(v.dir, "jobs"); exists(dir) {
		log, records, err := joblog.Open(dir)
		if err == nil {
			unfinished, err = coordinator.Unfinished(records)
			known = slices.ContainsFunc(records, func(r scheduler.Record) bool { _, ok := r.(scheduler.RecJobSubmitted); return ok })
		}
		if err = errors.Join(err, log.Close()); err != nil {
			v.t.Fatalf("%v: %v", f, err)
		}
	}
	var written []string
	err := filepath.WalkDir(filepath.Join(v.dir, "warehouse"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, "/attempt-") {
			written = append(written, path)
		}
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	if len(written) > 0 && !known {
		v.t.Errorf("%v: the log does not know of %v", f, written)
	}
	return len(unfinished) > 0
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// goOn starts a process that dies while it goes on with what it finds.
func (v *crashWorld) goOn(f *crash) {
	v.t.Helper()
	e, err := Open(v.t.Context(), f.config(v.dir, false))
	if err != nil {
		if !errors.Is(err, errFault) {
			v.t.Fatalf("%v: restart: %v", f, err)
		}
		return
	}
	for _, r := range e.Recovered() {
		_ = r.Run(v.t.Context()) // it dies, or is done
	}
	f.mu.Lock()
	f.dead = true // so that its end leaves no trace
	f.mu.Unlock()
	_ = e.Close()
}

// TestKeptResults ends the process between the end of a query and the client's coming for its rows.
func TestKeptResults(t *testing.T) {
	v := newCrashWorld(t)
	v.reset()
	const sql = "select k, v, array(k, k + 1) a, cast(k as decimal(20, 3)) d from src order by k"
	client := []byte("the client")
	f := &crash{}
	e, err := Open(t.Context(), f.config(v.dir, false))
	if err != nil {
		t.Fatal(err)
	}
	s := v.session(e, stagedSettings)
	want := run(t, s, sql)
	for range 2 {
		st, err := s.Compile(t.Context(), Request{SQL: sql, QueryID: fmt.Sprintf("test-%d", queries.Add(1)), Client: client})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.mu.Lock()
	f.dead = true
	f.mu.Unlock()
	_ = e.Close()

	files, err := filepath.Glob(filepath.Join(v.dir, "results", "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("kept are %v, %v", files, err)
	}
	damaged, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	damaged[len(damaged)-20] ^= 1
	if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if e, err = Open(t.Context(), Config{DataDir: v.dir, Threads: 2}); err != nil {
		t.Fatal(err)
	}
	recovered := e.Recovered()
	if len(recovered) != 1 || string(recovered[0].Client) != string(client) || recovered[0].SQL() != sql {
		t.Fatalf("recovered are %+v", recovered)
	}
	r := recovered[0]
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := rowsOf(r.Statement)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if len(r.Columns()) != 4 || r.Columns()[2].Type.String() != "array<int>" {
		t.Errorf("columns %v", r.Columns())
	}
	// The client has begun to fetch: how far it will have come nobody can know.
	if files, err := filepath.Glob(filepath.Join(v.dir, "results", "*")); err != nil || len(files) > 0 {
		t.Errorf("still kept are %v, %v", files, err)
	}
	if err := errors.Join(r.Close(), e.Close()); err != nil {
		t.Error(err)
	}
}
