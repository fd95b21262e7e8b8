package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"skep/shuffle"
)

// File is what is needed of a file being written.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

func createFile(path string) (File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// Dirs are the directories in which outputs are put, in turns. One in which writing failed is left out for a while. Its methods are safe
// for concurrent use.
type Dirs struct {
	excludeFor time.Duration
	now        func() time.Time

	mu   sync.Mutex
	list []directory
	next int
}

type directory struct {
	path  string
	until time.Time // left out until then
}

func newDirs(paths []string, o *Options) (*Dirs, error) {
	d := &Dirs{excludeFor: o.ExcludeFor, now: o.Now}
	var errs []error
	for _, p := range paths {
		if err := os.MkdirAll(p, 0o700); err != nil {
			errs = append(errs, fmt.Errorf("creating a shuffle directory: %w", err))
			continue
		}
		d.list = append(d.list, directory{path: p})
	}
	// One broken disk must not keep a worker with others from starting.
	if len(d.list) == 0 && len(errs) > 0 {
		return nil, &shuffle.DiskError{Err: errors.Join(errs...)}
	}
	return d, nil
}

// Paths returns all directories.
func (d *Dirs) Paths() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]string, len(d.list))
	for i, x := range d.list {
		out[i] = x.path
	}
	return out
}

// Excluded returns the directories that are left out now.
func (d *Dirs) Excluded() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	now := d.now()
	for _, x := range d.list {
		if now.Before(x.until) {
			out = append(out, x.path)
		}
	}
	return out
}

// order returns the directories to try: the next one in turn first, those left out last.
func (d *Dirs) order() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var good, bad []string
	now := d.now()
	for i := range d.list {
		x := d.list[(d.next+i)%len(d.list)]
		if now.Before(x.until) {
			bad = append(bad, x.path)
		} else {
			good = append(good, x.path)
		}
	}
	d.next++
	return append(good, bad...)
}

func (d *Dirs) exclude(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.list {
		if d.list[i].path == path {
			d.list[i].until = d.now().Add(d.excludeFor)
		}
	}
}

// otherError is an error that is not the directory's.
type otherError struct{ error }

func (e otherError) Unwrap() error { return e.error }

// try calls f with one directory after the other until it succeeds. f undoes what it did when it fails. Errors wrapped in otherError end
// the attempts.
func (d *Dirs) try(f func(dir string) error) error {
	var errs []error
	full := true
	for _, path := range d.order() {
		err := f(path)
		if err == nil {
			return nil
		}
		var other otherError
		if errors.As(err, &other) {
			return other.error
		}
		d.exclude(path)
		full = full && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT))
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return &shuffle.DiskError{Err: errors.New("there are no shuffle directories")}
	}
	return &shuffle.DiskError{Full: full, Err: errors.Join(errs...)}
}
