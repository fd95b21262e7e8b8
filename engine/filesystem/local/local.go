// Package local is the file system of the machine.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"skep/engine/filesystem"
)

// FileSystem implements filesystem.FileSystem. Paths may be plain or file: URIs.
type FileSystem struct {
	protected []string
}

var _ filesystem.FileSystem = (*FileSystem)(nil)

// New returns the local file system. The protected directories, and what is above them, can be neither removed nor moved: locations
// of tables and databases come from users, and one as "/tmp" must not take the server's own files with it when it is dropped.
func New(protected ...string) (*FileSystem, error) {
	s := &FileSystem{}
	for _, p := range protected {
		path, err := Path(p)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			return nil, fmt.Errorf("protecting %s: %w", p, err)
		}
		s.protected = append(s.protected, path)
		if real, err := filepath.EvalSymlinks(path); err == nil && real != path {
			s.protected = append(s.protected, real)
		}
	}
	return s, nil
}

// CheckRemovable returns an error when path is, or is above, a protected directory or the root. Its text names the path as given.
func (s *FileSystem) CheckRemovable(path string) error {
	p, err := Path(path)
	if err != nil {
		return err
	}
	if p, err = filepath.Abs(p); err != nil {
		return err
	}
	if info, err := os.Lstat(p); err == nil && info.Mode().IsRegular() {
		return nil // nothing is below a file; commits move thousands of them
	}
	forms := []string{p}
	if real, err := filepath.EvalSymlinks(p); err == nil && real != p {
		forms = append(forms, real)
	}
	for _, f := range forms {
		if f == "/" {
			return &fs.PathError{Op: "remove", Path: path, Err: errors.New("it is the root of the file system")}
		}
		for _, own := range s.protected {
			if own == f || strings.HasPrefix(own, f+"/") {
				return &fs.PathError{Op: "remove", Path: path, Err: errors.New("the server's own files are below it")}
			}
		}
	}
	return nil
}

// Path returns the plain path that a path or URI names: "/x", "file:/x" and "file:///x" are the same. As in Hadoop's
// paths nothing in them is %-escaped: partition directories hold %XX as such.
func Path(path string) (string, error) {
	rest, isURI := strings.CutPrefix(path, "file:")
	switch {
	case isURI && strings.HasPrefix(rest, "//"):
		host, p, ok := strings.Cut(rest[2:], "/")
		if !ok || (host != "" && host != "localhost") {
			return "", fmt.Errorf("path %q names another host", path)
		}
		rest = "/" + p
	case !isURI:
		if i := strings.Index(path, "://"); i > 0 {
			if u, err := url.Parse(path[:i+3]); err == nil && u.Scheme != "" {
				return "", fmt.Errorf("path %q is not on the local file system", path)
			}
		}
	}
	if rest == "" {
		return "", errors.New("empty path")
	}
	return filepath.Clean(rest), nil
}

type file struct {
	*os.File
	size     int64
	modified time.Time
}

func (f *file) Size() int64 { return f.size }

// ModTime returns when the file was last changed before it was opened.
func (f *file) ModTime() time.Time { return f.modified }

// Open implements filesystem.FileSystem.
func (*FileSystem) Open(_ context.Context, path string) (filesystem.File, error) {
	p, err := Path(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("open %s: is a directory", p)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{f, info.Size(), info.ModTime()}, nil
}

// Create implements filesystem.FileSystem.
func (*FileSystem) Create(_ context.Context, path string) (io.WriteCloser, error) {
	p, err := Path(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return nil, err
		}
		f, err = os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename implements filesystem.FileSystem.
func (s *FileSystem) Rename(_ context.Context, from, to string) error {
	if err := s.CheckRemovable(from); err != nil {
		return err
	}
	f, err := Path(from)
	if err != nil {
		return err
	}
	t, err := Path(to)
	if err != nil {
		return err
	}
	err = unix.Renameat2(unix.AT_FDCWD, f, unix.AT_FDCWD, t, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // some network file systems do not know the flag
		if _, err := os.Lstat(t); err == nil {
			return &os.LinkError{Op: "rename", Old: f, New: t, Err: fs.ErrExist}
		}
		return os.Rename(f, t)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: f, New: t, Err: err}
	}
	return nil
}

// List implements filesystem.FileSystem. An entry that vanishes meanwhile is left out.
func (*FileSystem) List(_ context.Context, dir string) ([]fs.FileInfo, error) {
	p, err := Path(dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(p)
	if err != nil {
		return nil, err
	}
	out := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			info, err = os.Stat(filepath.Join(p, e.Name()))
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}

// Stat implements filesystem.FileSystem.
func (*FileSystem) Stat(_ context.Context, path string) (fs.FileInfo, error) {
	p, err := Path(path)
	if err != nil {
		return nil, err
	}
	return os.Stat(p)
}

// MkdirAll implements filesystem.FileSystem.
func (*FileSystem) MkdirAll(_ context.Context, dir string) error {
	p, err := Path(dir)
	if err != nil {
		return err
	}
	return os.MkdirAll(p, 0o755)
}

// Remove implements filesystem.FileSystem.
func (*FileSystem) Remove(_ context.Context, path string) error {
	p, err := Path(path)
	if err != nil {
		return err
	}
	return os.Remove(p)
}

// RemoveAll implements filesystem.FileSystem.
func (s *FileSystem) RemoveAll(_ context.Context, path string) error {
	if err := s.CheckRemovable(path); err != nil {
		return err
	}
	p, err := Path(path)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(p); !errors.Is(err, syscall.ENOTDIR) { // below a file there is nothing
		return err
	}
	return nil
}

// Sync implements filesystem.FileSystem.
func (*FileSystem) Sync(_ context.Context, path string) error {
	p, err := Path(path)
	if err != nil {
		return err
	}
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
