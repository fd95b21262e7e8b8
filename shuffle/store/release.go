package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"skep/shuffle"
)

// maxReleased bounds the memory of what has been released; the oldest are forgotten.
const maxReleased = 10000

// Release drops the outputs of a job, or of stages of it, and ends writers that still write them.
func (s *Store) Release(job string, stages ...int) error {
	if err := shuffle.CheckJob(job); err != nil {
		return fmt.Errorf("releasing a job: %w", err)
	}
	s.mu.Lock()
	var writers []*Writer
	now := s.opts.Now()
	known := s.jobs[job]
	if len(stages) == 0 {
		s.released[job] = now
		for _, st := range known {
			writers = append(writers, s.drop(st)...)
		}
		delete(s.jobs, job)
	}
	for _, n := range stages {
		s.released[stageKey(job, n)] = now
		if st := known[n]; st != nil {
			writers = append(writers, s.drop(st)...)
			delete(known, n)
		}
	}
	s.forget()
	s.mu.Unlock()
	var errs []error
	for _, w := range writers {
		errs = append(errs, w.fail(shuffle.ErrReleased))
	}
	for _, dir := range s.dirs.Paths() {
		base := filepath.Join(dir, job)
		if len(stages) == 0 {
			errs = append(errs, os.RemoveAll(base))
		}
		for _, n := range stages {
			errs = append(errs, os.RemoveAll(filepath.Join(base, strconv.Itoa(n))))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("releasing the shuffle outputs of %s: %w", job, err)
	}
	return nil
}

// drop frees the outputs of a stage in memory and returns its writers, which are to be failed without the lock. The lock is held.
func (s *Store) drop(st *stage) (writers []*Writer) {
	for w := range st.writers {
		writers = append(writers, w)
	}
	for _, o := range st.outputs {
		s.memory.Add(-o.free())
	}
	for _, seg := range st.segments {
		seg.close()
	}
	st.segments, st.small = nil, nil
	return writers
}

// forget keeps the list of what has been released short. The lock is held.
func (s *Store) forget() {
	for len(s.released) > maxReleased {
		oldest := ""
		for k, t := range s.released {
			if oldest == "" || t.Before(s.released[oldest]) {
				oldest = k
			}
		}
		delete(s.released, oldest)
	}
}

// Sweep removes jobs in the store's directories in which nothing has been touched since a time: what processes left that ended without
// releasing. It returns the number of directories of jobs removed.
func (s *Store) Sweep(before time.Time) (int, error) {
	var errs []error
	removed := 0
	for _, dir := range s.dirs.Paths() {
		jobs, err := os.ReadDir(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, j := range jobs {
			path := filepath.Join(dir, j.Name())
			if !j.IsDir() || shuffle.CheckJob(j.Name()) != nil || s.inUse(j.Name()) || touchedSince(path, before) {
				continue
			}
			if err := os.RemoveAll(path); err != nil {
				errs = append(errs, err)
				continue
			}
			removed++
		}
	}
	if err := errors.Join(errs...); err != nil {
		return removed, fmt.Errorf("sweeping shuffle directories: %w", err)
	}
	return removed, nil
}

// inUse reports whether a job has writers.
func (s *Store) inUse(job string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.jobs[job] {
		if len(st.writers) > 0 {
			return true
		}
	}
	return false
}

// touchedSince reports whether anything below path changed since t; what cannot be read counts as changed.
func touchedSince(path string, t time.Time) bool {
	touched := false
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.ModTime().Before(t) {
			touched = true
			return fs.SkipAll
		}
		return nil
	})
	return touched || err != nil
}
