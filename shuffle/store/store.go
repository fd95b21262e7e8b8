// Package store keeps the shuffle outputs of one process: small ones in memory, others in files of several directories.
//
// Files are <directory>/<job>/<stage>/<epoch>.<task>.<attempt>.shuffle, in the format of shuffle/format. They are written under another
// name and renamed when complete, without fsync: an output can be computed again, and checksums find torn ones. A store finds the files
// that an earlier or another process left in its directories, so that outputs may outlive their worker.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"skep/shuffle"
	"skep/shuffle/format"
)

// Options configures a Store. Zero values mean the defaults.
type Options struct {
	// Dirs are the directories for files; without any, only what fits in memory can be written.
	Dirs []string
	// RunDirs are those for temporary files (Dirs).
	RunDirs []string
	// Location is what outputs are reported to be at.
	Location string
	// Memory bounds the bytes of all outputs kept in memory together; 0 keeps none.
	Memory int64
	// MemoryPerOutput bounds those of one output (64 MB).
	MemoryPerOutput int64
	// Budget bounds what a writer holds before it writes to a file, unless its pool sets narrower bounds (64 MB).
	Budget int64
	// BlockBytes is the size of a block before encoding, at best (256 KiB).
	BlockBytes int64
	// Encode makes outputs in memory be kept as they would be in a file, for stores that are read by other processes.
	Encode bool
	// ExcludeFor is how long a directory in which writing failed is left out (10 minutes).
	ExcludeFor time.Duration
	// MergeFiles is the number of files of one stage from which on they are merged in the background; 0 turns merging off.
	MergeFiles int
	// MergeBelow is the mean size of the pieces of a file (bytes per partition) below which it is merged (64 KiB).
	MergeBelow int64

	// Now and Create stand in for the clock and for creating files, in tests of failures.
	Now    func() time.Time
	Create func(path string) (File, error)
}

func (o *Options) fill() {
	set := func(v *int64, to int64) {
		if *v <= 0 {
			*v = to
		}
	}
	set(&o.MemoryPerOutput, 64<<20)
	set(&o.Budget, 64<<20)
	set(&o.BlockBytes, 256<<10)
	set(&o.MergeBelow, 64<<10)
	if o.ExcludeFor == 0 {
		o.ExcludeFor = 10 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Create == nil {
		o.Create = createFile
	}
}

// Store keeps outputs. Its methods are safe for concurrent use.
type Store struct {
	opts   Options
	dirs   *Dirs
	runs   *Dirs
	memory atomic.Int64 // bytes of outputs in memory
	merges sync.WaitGroup
	stop   context.Context // ends merging
	cancel context.CancelFunc

	mu       sync.Mutex
	jobs     map[string]map[int]*stage
	released map[string]time.Time // jobs, and job.stage, that have been released
	closed   bool
	stats    Stats
}

type stage struct {
	outputs  map[shuffle.AttemptID]*Output
	writers  map[*Writer]struct{}
	small    []*Output // to be merged
	segments []*segment
	merging  bool
}

// Stats counts what a store did.
type Stats struct {
	MemoryOutputs, FileOutputs int64
	Runs                       int64 // files that writers needed before they were done
	Segments, MergedFiles      int64
}

var (
	// ErrMissing is wrapped by errors of outputs that a store does not have.
	ErrMissing = errors.New("no such shuffle output")

	errClosed = errors.New("the shuffle store is closed")
)

// Open returns a store on its directories, which are created if need be.
func Open(o Options) (*Store, error) {
	o.fill()
	dirs, err := newDirs(o.Dirs, &o)
	if err != nil {
		return nil, err
	}
	runs := dirs
	if len(o.RunDirs) > 0 {
		if runs, err = newDirs(o.RunDirs, &o); err != nil {
			return nil, err
		}
	}
	s := &Store{opts: o, dirs: dirs, runs: runs, jobs: map[string]map[int]*stage{}, released: map[string]time.Time{}}
	s.stop, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Dirs returns the store's directories.
func (s *Store) Dirs() *Dirs { return s.dirs }

// Stats returns what the store did so far.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// MemoryBytes returns the bytes of outputs kept in memory.
func (s *Store) MemoryBytes() int64 { return s.memory.Load() }

// reserve asks for n more bytes of memory for outputs.
func (s *Store) reserve(n int64) bool {
	if s.memory.Add(n) <= s.opts.Memory {
		return true
	}
	s.memory.Add(-n)
	return false
}

const suffix = ".shuffle"

// fileName returns the name of an attempt's file below a directory.
func fileName(a shuffle.AttemptID) string {
	return filepath.Join(a.Job, strconv.Itoa(a.Stage), fmt.Sprintf("%d.%d.%d%s", a.Epoch, a.Task, a.Attempt, suffix))
}

// parseName is the inverse of the last part of fileName.
func parseName(job, stage, name string) (shuffle.AttemptID, bool) {
	id, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return shuffle.AttemptID{}, false
	}
	a, err := shuffle.ParseAttemptID(job + "." + stage + "." + id)
	return a, err == nil
}

// lastTemp numbers temporary files of this process.
var lastTemp atomic.Uint64

func tempName(base string) string {
	return fmt.Sprintf("%s.%d-%d.tmp", base, os.Getpid(), lastTemp.Add(1))
}

// known returns a stage, or nil. The lock is held.
func (s *Store) known(id shuffle.StageID) *stage { return s.jobs[id.Job][id.Stage] }

// stage returns a stage, a new one if need be. The lock is held.
func (s *Store) stage(id shuffle.StageID) *stage {
	stages := s.jobs[id.Job]
	if stages == nil {
		stages = map[int]*stage{}
		s.jobs[id.Job] = stages
	}
	st := stages[id.Stage]
	if st == nil {
		st = &stage{outputs: map[shuffle.AttemptID]*Output{}, writers: map[*Writer]struct{}{}}
		stages[id.Stage] = st
	}
	return st
}

// usable returns why nothing can be written for a stage. The lock is held.
func (s *Store) usable(id shuffle.StageID) error {
	switch {
	case s.closed:
		return errClosed
	case s.isReleased(id):
		return shuffle.ErrReleased
	}
	return nil
}

// isReleased reports whether a stage has been released. The lock is held.
func (s *Store) isReleased(id shuffle.StageID) bool {
	_, all := s.released[id.Job]
	_, one := s.released[stageKey(id.Job, id.Stage)]
	return all || one
}

func stageKey(job string, stage int) string { return job + "." + strconv.Itoa(stage) }

// add makes a writer known, so that Release reaches it.
func (s *Store) add(w *Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// What a stage had written may turn out to be needed after all: then it is written again.
	delete(s.released, stageKey(w.spec.Attempt.Job, w.spec.Attempt.Stage))
	if err := s.usable(w.spec.Attempt.StageID); err != nil {
		return fmt.Errorf("opening the shuffle output of %s: %w", w.spec.Attempt, err)
	}
	s.stage(w.spec.Attempt.StageID).writers[w] = struct{}{}
	return nil
}

func (s *Store) remove(w *Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.known(w.spec.Attempt.StageID); st != nil {
		delete(st.writers, w)
	}
}

// publish makes a complete output readable. An earlier output of the same attempt is replaced, as a repeated attempt has the last word.
func (s *Store) publish(o *Output) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(o.attempt.StageID); err != nil {
		return err
	}
	st := s.stage(o.attempt.StageID)
	if old := st.outputs[o.attempt]; old != nil {
		s.memory.Add(-old.free())
	}
	st.outputs[o.attempt] = o
	if o.path == "" {
		s.stats.MemoryOutputs++
	} else {
		s.stats.FileOutputs++
		s.consider(o.attempt.StageID, st, o)
	}
	return nil
}

// Lookup returns the output of an attempt whose index has the given checksum. Errors wrap ErrMissing, format.ErrStale,
// format.ErrCorrupt or are of the file system.
func (s *Store) Lookup(a shuffle.AttemptID, check uint32) (*Output, error) {
	s.mu.Lock()
	released := s.isReleased(a.StageID)
	var o *Output
	if st := s.known(a.StageID); st != nil {
		o = st.outputs[a]
	}
	s.mu.Unlock()
	if released {
		return nil, fmt.Errorf("%w: %w", ErrMissing, shuffle.ErrReleased)
	}
	if o == nil || o.check != check && o.path != "" {
		// Another process may have written it, or written it again.
		found, err := s.find(a)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		if s.usable(a.StageID) == nil {
			s.stage(a.StageID).outputs[a] = found
		}
		s.mu.Unlock()
		o = found
	}
	if o.check != check {
		return nil, fmt.Errorf("%w: the output of %s has the checksum %08x, not %08x", format.ErrStale, a, o.check, check)
	}
	return o, nil
}

// find opens the file of an attempt in one of the directories.
func (s *Store) find(a shuffle.AttemptID) (*Output, error) {
	name := fileName(a)
	for _, dir := range s.dirs.Paths() {
		path := filepath.Join(dir, name)
		x, err := readFileIndex(path, a)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		o := fromIndex(x)
		o.path = path
		return o, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrMissing, a)
}

// Held lists the outputs of a job that the store has, those in its directories included, for a worker that reports to a new coordinator.
// Damaged files are left out.
func (s *Store) Held(job string) []*shuffle.Output {
	found := map[shuffle.AttemptID]*Output{}
	s.mu.Lock()
	for _, st := range s.jobs[job] {
		for a, o := range st.outputs {
			found[a] = o
		}
	}
	s.mu.Unlock()
	for _, dir := range s.dirs.Paths() {
		files, err := filepath.Glob(filepath.Join(dir, job, "*", "*"+suffix))
		if err != nil {
			continue // only a malformed pattern; job names have no special characters
		}
		for _, f := range files {
			a, ok := parseName(job, filepath.Base(filepath.Dir(f)), filepath.Base(f))
			if !ok || found[a] != nil {
				continue
			}
			s.mu.Lock()
			gone := s.isReleased(a.StageID)
			s.mu.Unlock()
			if o, err := s.find(a); err == nil && !gone {
				found[a] = o
			}
		}
	}
	var out []*shuffle.Output
	for _, o := range found {
		if d, err := o.Describe(); err == nil {
			d.Location = s.opts.Location
			out = append(out, d)
		}
	}
	return out
}

// Close ends writers and background work and drops what is in memory. Files stay.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var writers []*Writer
	for _, stages := range s.jobs {
		for _, st := range stages {
			writers = append(writers, s.drop(st)...)
		}
	}
	s.jobs = map[string]map[int]*stage{}
	s.mu.Unlock()
	s.cancel()
	var errs []error
	for _, w := range writers {
		errs = append(errs, w.fail(errClosed))
	}
	s.merges.Wait()
	return errors.Join(errs...)
}
