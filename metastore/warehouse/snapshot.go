package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"skep/metastore"
	"skep/metastore/model"
)

// change is a commit as snapshots see it: a sequence of moves of which the first moved have been made.
type change struct {
	epoch   int64 // 0 while under way; guarded by Warehouse.mu
	cleanup func(ctx context.Context) error

	mu    sync.RWMutex // held for writing during each rename
	moved int

	moves   []Move
	retired map[string]int            // index of the move that takes a path away
	byDir   map[string][]departure    // the same by directory
	added   map[string]map[string]int // index of the move that brings a name, by directory
}

type departure struct {
	name string
	info fs.FileInfo
	move int
}

func newChange() *change {
	return &change{retired: map[string]int{}, byDir: map[string][]departure{}, added: map[string]map[string]int{}}
}

// add appends a move. What comes from or goes to the staging directory is of no concern to readers.
func (c *change) add(m Move, staging string, info fs.FileInfo) {
	i := len(c.moves)
	c.moves = append(c.moves, m)
	if !isBelow(m.From, staging) {
		c.retired[m.From] = i
		d := parent(m.From)
		c.byDir[d] = append(c.byDir[d], departure{m.From[strings.LastIndexByte(m.From, '/')+1:], info, i})
	}
	if !isBelow(m.To, staging) {
		d := parent(m.To)
		if c.added[d] == nil {
			c.added[d] = map[string]int{}
		}
		c.added[d][m.To[strings.LastIndexByte(m.To, '/')+1:]] = i
	}
}

// step makes or undoes one move.
func (c *change) step(delta int, move func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := move(); err != nil {
		return err
	}
	c.moved += delta
	return nil
}

// follow returns where a path of the state before the change is now. The caller holds c.mu.
func (c *change) follow(path string) string {
	for p := path; p != ""; p = parent(p) {
		if i, ok := c.retired[p]; ok && i < c.moved {
			return c.moves[i].To + path[len(p):]
		}
	}
	return path
}

// Snapshot is the state of files and catalog at one moment. It must be released.
type Snapshot struct {
	w        *Warehouse
	epoch    int64
	released atomic.Bool
}

// Snapshot returns the present state. fn, if not nil, is run on the catalog of that state, to look up the tables and
// partitions that will be read; it must not use the warehouse. The files of those tables remain readable, through the
// snapshot, until it is released, whatever is committed meanwhile.
func (w *Warehouse) Snapshot(ctx context.Context, fn func(r metastore.Reader) error) (*Snapshot, error) {
	s := &Snapshot{w: w}
	if fn == nil {
		w.mu.RLock()
		s.register()
		w.mu.RUnlock()
		return s, nil
	}
	registered := false
	err := w.o.Catalog.View(ctx, func(r metastore.Reader) error {
		// the first lookup fixes the state that the others see
		w.mu.RLock()
		_, err := r.Database(ctx, model.DefaultDatabase)
		s.register()
		registered = true
		w.mu.RUnlock()
		if err != nil && model.KindOf(err) != model.NoSuchObject {
			return err
		}
		return fn(r)
	})
	if err != nil {
		if registered {
			s.Release(ctx)
		}
		return nil, err
	}
	return s, nil
}

// register notes the snapshot as one of the present epoch. The caller holds w.mu.
func (s *Snapshot) register() {
	s.epoch = s.w.epoch
	s.w.activeMu.Lock()
	s.w.active[s.epoch]++
	s.w.activeMu.Unlock()
}

// Release gives up the snapshot. Old files that no other snapshot needs are removed.
func (s *Snapshot) Release(ctx context.Context) {
	if s.released.Swap(true) {
		return
	}
	w := s.w
	w.activeMu.Lock()
	if w.active[s.epoch]--; w.active[s.epoch] == 0 {
		delete(w.active, s.epoch)
	}
	w.activeMu.Unlock()
	w.collect(context.WithoutCancel(ctx))
}

// collect cleans up after the commits that every snapshot sees.
func (w *Warehouse) collect(ctx context.Context) {
	w.mu.Lock()
	oldest := w.epoch
	w.activeMu.Lock()
	for e := range w.active {
		oldest = min(oldest, e)
	}
	w.activeMu.Unlock()
	var done []*change
	w.changes = slices.DeleteFunc(w.changes, func(c *change) bool {
		if c.epoch == 0 || c.epoch > oldest {
			return false
		}
		done = append(done, c)
		return true
	})
	w.mu.Unlock()
	for _, c := range done {
		w.report(c.cleanup(ctx))
	}
}

// later returns the changes the snapshot does not see, oldest first, locked against further renames until done is called.
func (s *Snapshot) later() (cs []*change, done func()) {
	s.w.mu.RLock()
	var open *change
	for _, c := range s.w.changes {
		if c.epoch != 0 && c.epoch <= s.epoch {
			continue
		}
		cs = append(cs, c)
		if c.epoch == 0 {
			open = c // at most one: commits run one at a time, and none after one that is stuck
			c.mu.RLock()
		}
	}
	return cs, func() {
		if open != nil {
			open.mu.RUnlock()
		}
		s.w.mu.RUnlock()
	}
}

// List returns the visible files and directories that dir held at the moment of the snapshot, ordered by name.
func (s *Snapshot) List(ctx context.Context, dir string) ([]fs.FileInfo, error) {
	cs, done := s.later()
	defer done()
	dirs := []string{canonical(dir)} // before each change, and at last now
	for _, c := range cs {
		dirs = append(dirs, c.follow(dirs[len(dirs)-1]))
	}
	now := dirs[len(cs)]
	entries, err := s.w.o.FileSystem.List(ctx, now)
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && len(cs) > 0) {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	missing := err != nil
	for i := len(cs) - 1; i >= 0; i-- {
		c := cs[i]
		if names := c.added[dirs[i+1]]; len(names) > 0 {
			entries = slices.DeleteFunc(entries, func(e fs.FileInfo) bool {
				k, ok := names[e.Name()]
				return ok && k < c.moved
			})
		}
		for _, d := range c.byDir[dirs[i]] {
			if d.move < c.moved {
				entries = append(entries, d.info)
			}
		}
	}
	if missing && len(entries) == 0 {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.FileInfo) bool { return IsHidden(e.Name()) })
	slices.SortFunc(entries, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Open calls open with the path at which a file of the snapshot is at present, and keeps it there while open runs. An
// opened file stays readable without the snapshot where the file system keeps removed files for those who have them open.
func (s *Snapshot) Open(path string, open func(path string) error) error {
	cs, done := s.later()
	defer done()
	if len(cs) == 0 {
		return open(path)
	}
	p := canonical(path)
	for _, c := range cs {
		p = c.follow(p)
	}
	return open(p)
}
