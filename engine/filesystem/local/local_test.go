package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestPath(t *testing.T) {
	for in, want := range map[string]string{
		"/a/b": "/a/b", "/a//b/": "/a/b", "file:/a": "/a", "file:///a/b": "/a/b", "file://localhost/a": "/a",
		"/a/ds=x%2Fy": "/a/ds=x%2Fy", "file:///a/k=1%3A2": "/a/k=1%3A2", "rel/x": "rel/x",
		"hdfs://nn/x": "", "s3a://b/x": "", "file://host/x": "", "": "", "file:": "",
	} {
		got, err := Path(in)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("Path(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestFiles(t *testing.T) {
	f, err := New()
	if err != nil {
		t.Fatal(err)
	}
	ctx, dir := context.Background(), t.TempDir()
	path := "file://" + filepath.Join(dir, "a/b/000000_0")
	w, err := f.Create(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), f.Sync(ctx, path), f.Sync(ctx, dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(ctx, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over a file: %v", err)
	}
	in, err := f.Open(ctx, path)
	if err != nil || in.Size() != 5 {
		t.Fatal(in, err)
	}
	buf := make([]byte, 3)
	if n, err := in.ReadAt(buf, 2); n != 3 || err != nil || string(buf) != "llo" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	in.Close()
	if _, err := f.Open(ctx, dir); err == nil {
		t.Error("a directory was opened")
	}
	if _, err := f.Open(ctx, dir+"/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open of a missing file: %v", err)
	}

	other := filepath.Join(dir, "a", "x")
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := f.Rename(ctx, path, other); !errors.Is(err, fs.ErrExist) {
		t.Errorf("rename onto a file: %v", err)
	}
	if err := f.Rename(ctx, filepath.Join(dir, "a/b"), filepath.Join(dir, "a/c")); err != nil {
		t.Error(err)
	}
	if err := f.Rename(ctx, filepath.Join(dir, "none"), filepath.Join(dir, "d")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("rename of a missing file: %v", err)
	}
	list, err := f.List(ctx, filepath.Join(dir, "a"))
	if err != nil || len(list) != 2 || list[0].Name() != "c" || !list[0].IsDir() || list[1].Name() != "x" {
		t.Errorf("list: %v, %v", list, err)
	}
	if err := f.Remove(ctx, filepath.Join(dir, "a")); err == nil {
		t.Error("a full directory was removed")
	}
	if err := errors.Join(f.RemoveAll(ctx, dir+"/a"), f.RemoveAll(ctx, dir+"/a"), f.MkdirAll(ctx, dir+"/q/r"), f.Remove(ctx, dir+"/q/r")); err != nil {
		t.Error(err)
	}
	if _, err := f.Stat(ctx, "file:"+dir+"/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat of a removed directory: %v", err)
	}
}

func TestNothingIsBelowAFile(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveAll(t.Context(), file+"/a/b"); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
}

func TestProtected(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "a", "own")
	if err := os.MkdirAll(own, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "a"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s, err := New("file://" + own)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CheckRemovable("/"); err == nil { // no test calls RemoveAll with it
		t.Error("the root can be removed")
	}
	for path, removable := range map[string]bool{
		dir: false, dir + "/": false, "file://" + dir + "/a": false, own: false, own + "/..": false, dir + "/link": false,
		own + "/x": true, dir + "/a/ow": true, dir + "/b": true,
	} {
		if err := s.CheckRemovable(path); (err == nil) != removable {
			t.Errorf("%s: %v", path, err)
		}
		if !removable {
			if err := s.RemoveAll(t.Context(), path); err == nil {
				t.Errorf("%s was removed", path)
			}
			if err := s.Rename(t.Context(), path, dir+"/elsewhere"); err == nil {
				t.Errorf("%s was moved", path)
			}
		}
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
}
