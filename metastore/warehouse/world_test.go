package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
	"skep/metastore/store"
)

var ctx = context.Background()

// osFiles is a FileSystem on plain paths.
type osFiles struct{}

func (osFiles) Rename(_ context.Context, from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}
func (osFiles) List(_ context.Context, dir string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(dir)
	var out []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, err
}
func (osFiles) Stat(_ context.Context, path string) (fs.FileInfo, error) { return os.Stat(path) }
func (osFiles) MkdirAll(_ context.Context, dir string) error             { return os.MkdirAll(dir, 0o755) }
func (osFiles) Remove(_ context.Context, path string) error              { return os.Remove(path) }
func (osFiles) RemoveAll(_ context.Context, path string) error           { return os.RemoveAll(path) }
func (osFiles) Sync(context.Context, string) error                       { return nil }

var errFault = errors.New("injected fault")

// faults makes one operation fail: before or after it took effect. After a crash nothing works any more.
type faults struct {
	mu    sync.Mutex
	at    int // the operation to fail, from 1; 0: none
	after bool
	crash bool
	count int
	dead  bool
}

// do runs an operation on files or catalog.
func (f *faults) do(op func() error) error {
	f.mu.Lock()
	dead := f.dead
	f.count++
	hit := f.count == f.at && !dead
	if hit {
		f.dead = f.crash
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

// faultyFiles is a FileSystem with faults.
type faultyFiles struct {
	osFiles
	*faults
}

func (f faultyFiles) Rename(ctx context.Context, from, to string) error {
	return f.do(func() error { return f.osFiles.Rename(ctx, from, to) })
}
func (f faultyFiles) List(ctx context.Context, dir string) (out []fs.FileInfo, err error) {
	err = f.do(func() (err error) { out, err = f.osFiles.List(ctx, dir); return err })
	return out, err
}
func (f faultyFiles) Stat(ctx context.Context, path string) (out fs.FileInfo, err error) {
	err = f.do(func() (err error) { out, err = f.osFiles.Stat(ctx, path); return err })
	return out, err
}
func (f faultyFiles) MkdirAll(ctx context.Context, dir string) error {
	return f.do(func() error { return f.osFiles.MkdirAll(ctx, dir) })
}
func (f faultyFiles) Remove(ctx context.Context, path string) error {
	return f.do(func() error { return f.osFiles.Remove(ctx, path) })
}

// RemoveAll takes effect by halves when a crash comes after it: it is not atomic.
func (f faultyFiles) RemoveAll(ctx context.Context, path string) error {
	return f.do(func() error {
		if f.dead {
			entries, err := os.ReadDir(path)
			if err != nil || len(entries) == 0 {
				return nil
			}
			path = filepath.Join(path, entries[0].Name())
		}
		return f.osFiles.RemoveAll(ctx, path)
	})
}

// faultyCatalog is a Catalog with faults in its transactions and journal lookups.
type faultyCatalog struct {
	metastore.Catalog
	*faults
}

func (c faultyCatalog) Update(ctx context.Context, fn func(metastore.Tx) error) error {
	return c.do(func() error { return c.Catalog.Update(ctx, fn) })
}

func (c faultyCatalog) UpdateNoSync(ctx context.Context, fn func(metastore.Tx) error) error {
	return c.do(func() error { return c.Catalog.UpdateNoSync(ctx, fn) })
}

func (c faultyCatalog) Intents(ctx context.Context) (out []model.Intent, err error) {
	err = c.do(func() (err error) { out, err = c.Catalog.Intents(ctx); return err })
	return out, err
}

// world is a warehouse with tables in a directory of its own.
type world struct {
	t    testing.TB
	root string
	s    *store.Store
	w    *Warehouse

	owned  string // the owner of staging directories that is to come back
	staged bool   // several has staged everything
	closed bool
}

func (v *world) close() {
	if !v.closed {
		v.closed = true
		v.must(v.s.Close())
	}
}

func newWorld(t testing.TB, f *faults) *world {
	t.Helper()
	dir := t.TempDir()
	v := &world{t: t, root: filepath.Join(dir, "wh")}
	s, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, "metastore.db"), WarehouseDir: v.root, NoSync: true,
		Now: func() time.Time { return time.Unix(1000, 0) }})
	v.must(err)
	v.s = s
	t.Cleanup(v.close)
	v.table("plain", nil, "000000_0=old0", "000001_0=old1", "_SUCCESS=")
	v.table("parted", []string{"a", "b"}, "a=1/b=x/000000_0=oldx", "a=1/b=y/000000_0=oldy")
	v.table("gone", nil)
	v.must(os.RemoveAll(filepath.Join(v.root, "gone")))
	v.restart(f)
	return v
}

func (v *world) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// restart opens the warehouse anew, which recovers.
func (v *world) restart(f *faults) {
	v.t.Helper()
	v.must(v.tryRestart(f))
}

func (v *world) tryRestart(f *faults) error {
	if f == nil {
		f = &faults{}
	}
	w, err := Open(ctx, Options{Catalog: faultyCatalog{v.s, f}, FileSystem: faultyFiles{faults: f}, Root: v.root,
		Owned: func(owner string) bool { return owner == v.owned }})
	v.w = w
	return err
}

// table creates a table; files are "path=content".
func (v *world) table(name string, keys []string, files ...string) {
	v.t.Helper()
	t := &model.Table{Database: "default", Name: name, Location: v.root + "/" + name,
		Storage: &model.StorageDescriptor{Columns: []model.Column{{Name: "c", Type: "int"}}}}
	for _, k := range keys {
		t.PartitionKeys = append(t.PartitionKeys, model.Column{Name: k, Type: "string"})
	}
	v.must(os.MkdirAll(t.Location, 0o755))
	var parts []*model.Partition
	for _, f := range files {
		path, content := splitFile(f)
		v.write(t.Location+"/"+path, content)
		if keys != nil {
			p := &model.Partition{}
			for _, kv := range strings.Split(filepath.Dir(path), "/") {
				p.Values = append(p.Values, kv[strings.IndexByte(kv, '=')+1:])
			}
			parts = append(parts, p)
		}
	}
	v.must(v.s.Update(ctx, func(tx metastore.Tx) error {
		err := tx.CreateTable(ctx, t)
		if err == nil {
			_, err = tx.AddPartitions(ctx, "default", name, parts, false)
		}
		return err
	}))
}

func splitFile(f string) (path, content string) {
	i := strings.LastIndexByte(f, '=')
	return f[:i], f[i+1:]
}

func (v *world) write(path, content string) {
	v.t.Helper()
	v.must(os.MkdirAll(filepath.Dir(path), 0o755))
	v.must(os.WriteFile(path, []byte(content), 0o644))
}

func (v *world) get(name string) *model.Table {
	v.t.Helper()
	t, err := v.s.Table(ctx, "default", name)
	v.must(err)
	return t
}

// stage writes files, "path=content", to a new staging directory.
func (v *world) stage(location string, files ...string) (*Staging, []string, error) {
	s, err := v.w.Stage(ctx, location)
	if err != nil {
		return nil, nil, err
	}
	var paths []string
	for _, f := range files {
		path, content := splitFile(f)
		paths = append(paths, s.Dir()+"/"+path)
		v.write(s.Dir()+"/"+path, content)
	}
	return s, paths, nil
}

// insert stages and commits the files of an unpartitioned table.
func (v *world) insert(t *model.Table, location string, create, overwrite bool, files ...string) error {
	s, paths, err := v.stage(location, files...)
	if err != nil {
		return err
	}
	return v.w.Insert(ctx, Insert{Staging: s, Table: t, Create: create, Overwrite: overwrite, Outputs: []Output{{
		Files: paths, Rows: stats.Rows{Rows: int64(len(files))},
		Columns: []model.ColumnStatistics{{Column: "c", Type: "int", Kind: model.LongStatistics, Low: "1", High: "2", Distinct: 2}},
	}}})
}

// state describes all files, with content, and the whole catalog.
func (v *world) state() string {
	v.t.Helper()
	var lines []string
	v.must(filepath.WalkDir(v.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		line := strings.TrimPrefix(path, v.root)
		if !d.IsDir() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += " = " + string(content)
		}
		lines = append(lines, line)
		return nil
	}))
	v.must(v.s.ScanTables(ctx, metastore.TableQuery{}, func(t *model.Table) error {
		parts, err := v.s.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{})
		if err != nil {
			return err
		}
		columns, err := v.s.ColumnStatistics(ctx, t.Database, t.Name)
		if err != nil {
			return err
		}
		t.ID = 0
		b, err := json.Marshal([]any{t, parts, columns})
		lines = append(lines, string(b))
		return err
	}))
	sort.Strings(lines)
	return strings.ReplaceAll(strings.Join(lines, "\n"), v.root, "/wh")
}

func (v *world) noIntents() {
	v.t.Helper()
	in, err := v.s.Intents(ctx)
	v.must(err)
	for _, i := range in {
		v.t.Errorf("journal record left: %s %s %s", i.ID, i.State, i.Body)
	}
}

func (f *faults) String() string {
	return fmt.Sprintf("operation %d, after %v, crash %v", f.at, f.after, f.crash)
}
