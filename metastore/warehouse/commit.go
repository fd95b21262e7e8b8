package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"skep/metastore"
	"skep/metastore/model"
)

// Target is a directory, of a table or partition, that a change writes.
type Target struct {
	Location string
	// Files are the new files, and directories of files, in the staging directory or elsewhere on the same volume. They keep
	// their names; where a name is taken they get Hive's _copy_N.
	Files []string
	// Overwrite retires all visible files and directories that are there now.
	Overwrite bool
}

// Contents is what a Target's directory holds after the change: the visible files, not counting those of sub-directories.
type Contents struct{ Files, Bytes int64 }

// Change is a change of files and catalog that happens as a whole or not at all.
type Change struct {
	// Staging holds the output; Commit ends it in any case. nil is allowed when nothing but Moves is given.
	Staging *Staging
	Targets []Target
	// Remove removes files, or directories with all they hold, e.g. for DROP. One that does not exist is passed over.
	Remove []string
	// Moves rename directories or files, e.g. for ALTER TABLE RENAME, to names that are not taken or were those of Remove.
	// A source that does not exist is passed over.
	Moves []Move
	// Prune names directories, innermost first, that are to go after the change when they are empty.
	Prune []string
	// Catalog makes the change in the catalog. It gets the new contents of Targets, in order. It may be called once only
	// and must not use the warehouse.
	Catalog func(ctx context.Context, tx metastore.Tx, contents []Contents) error
}

// Commit makes the change. When it returns an error, nothing has changed, except that after an error of the database it
// may be for the next Open to settle that; the error says so.
func (w *Warehouse) Commit(ctx context.Context, c Change) error {
	s := c.Staging
	if s == nil {
		return errors.New("commit without staging directory")
	}
	if s.ended {
		return errors.New("commit of a staging directory that was committed or aborted")
	}
	s.ended = true
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return errors.Join(ctx.Err(), w.discard(context.WithoutCancel(ctx), s.id, &s.manifest))
	}
	if w.stuck != nil {
		return errors.Join(fmt.Errorf("no change of files until the server is restarted: %w", w.stuck),
			w.discard(context.WithoutCancel(ctx), s.id, &s.manifest))
	}
	p := planner{w: w, m: s.manifest, change: newChange(), made: map[string]bool{}, targets: map[string]bool{}, retired: map[string]bool{}}
	contents, err := p.plan(ctx, &c)
	if err == nil && w.o.SyncFiles {
		err = w.syncFiles(ctx, &c)
	}
	if err == nil {
		err = w.putIntent(ctx, s.id, model.IntentPrepared, &p.m)
	}
	if err != nil {
		return errors.Join(err, w.discard(context.WithoutCancel(ctx), s.id, &p.m))
	}
	x := &execution{w: w, id: s.id, m: &p.m, done: p.done(), change: p.change}
	if err := x.run(ctx, func(ctx context.Context, tx metastore.Tx) error {
		if c.Catalog == nil {
			return nil
		}
		return c.Catalog(ctx, tx, contents)
	}); err != nil {
		return err
	}
	w.collect(context.WithoutCancel(ctx))
	return nil
}

// oldDir is where old files go, below the staging directory.
const oldDir = "/-old"

// planner turns a Change into a manifest.
type planner struct {
	w       *Warehouse
	m       manifest
	change  *change
	made    map[string]bool // directories that exist once m.Dirs are made
	targets map[string]bool // directories of targets
	retired map[string]bool // what is moved away from its path
	trash   int
}

func (p *planner) plan(ctx context.Context, c *Change) ([]Contents, error) {
	for _, r := range c.Remove {
		if err := p.remove(ctx, canonical(r)); err != nil {
			return nil, err
		}
	}
	for _, mv := range c.Moves {
		if err := p.rename(ctx, canonical(mv.From), canonical(mv.To)); err != nil {
			return nil, err
		}
	}
	contents := make([]Contents, len(c.Targets))
	for i := range c.Targets {
		var err error
		if contents[i], err = p.target(ctx, &c.Targets[i]); err != nil {
			return nil, err
		}
	}
	for _, d := range c.Prune {
		p.m.Prune = append(p.m.Prune, canonical(d))
	}
	return contents, nil
}

// done returns what is left to do after the change. The directories of targets stay, even those that were made for the
// staging directory.
func (p *planner) done() *manifest {
	d := &manifest{Staging: p.m.Staging, Prune: p.m.Prune}
	for _, dir := range p.m.StagingDirs {
		if !p.targets[dir] {
			d.StagingDirs = append(d.StagingDirs, dir)
		}
	}
	return d
}

func (p *planner) stat(ctx context.Context, path string) (fs.FileInfo, error) {
	info, err := p.w.o.FileSystem.Stat(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

func (p *planner) rename(ctx context.Context, from, to string) error {
	info, err := p.stat(ctx, from)
	if err != nil || info == nil || from == to {
		return err
	}
	if there, err := p.stat(ctx, to); err != nil {
		return err
	} else if there != nil && !p.retired[to] {
		return fmt.Errorf("move %s to %s: %w", from, to, fs.ErrExist)
	}
	if err := p.mkdir(ctx, parent(to)); err != nil {
		return err
	}
	p.move(from, to, info)
	return nil
}

func (p *planner) remove(ctx context.Context, path string) error {
	info, err := p.stat(ctx, path)
	if err != nil || info == nil {
		return err
	}
	p.retire(path, info)
	return nil
}

// retire moves a file or directory into the staging directory.
func (p *planner) retire(from string, info fs.FileInfo) {
	p.trash++
	p.change.retires = true
	p.retired[from] = true
	p.move(from, fmt.Sprintf("%s%s/%d-%s", p.m.Staging, oldDir, p.trash, path.Base(from)), info)
}

func (p *planner) move(from, to string, info fs.FileInfo) {
	p.m.Moves = append(p.m.Moves, Move{from, to})
	p.change.add(Move{from, to}, p.m.Staging, info)
}

// mkdir notes the directories to be made to have dir.
func (p *planner) mkdir(ctx context.Context, dir string) error {
	dirs, err := p.w.missing(ctx, dir, p.made)
	if err != nil {
		return err
	}
	for _, d := range dirs {
		p.made[d] = true
	}
	p.m.Dirs = append(p.m.Dirs, dirs...)
	return nil
}

func (p *planner) target(ctx context.Context, t *Target) (Contents, error) {
	var c Contents
	dir := canonical(t.Location)
	p.targets[dir] = true
	if err := p.mkdir(ctx, dir); err != nil {
		return c, err
	}
	var entries []fs.FileInfo
	if !p.made[dir] {
		var err error
		if entries, err = p.w.o.FileSystem.List(ctx, dir); err != nil {
			return c, err
		}
	}
	taken := make(map[string]bool, len(entries)+len(t.Files))
	for _, e := range entries {
		switch hidden := IsHidden(e.Name()); {
		case p.retired[dir+"/"+e.Name()]:
			continue
		case t.Overwrite && !hidden:
			p.retire(dir+"/"+e.Name(), e)
			continue
		case !hidden && !e.IsDir():
			c.Files++
			c.Bytes += e.Size()
		}
		taken[e.Name()] = true
	}
	for _, f := range t.Files {
		from := canonical(f)
		info, err := p.w.o.FileSystem.Stat(ctx, from)
		if err != nil {
			return c, fmt.Errorf("new file of %s: %w", t.Location, err)
		}
		base := path.Base(from)
		name := base
		for n := 1; taken[name]; n++ {
			name = CopyName(base, n)
		}
		taken[name] = true
		p.move(from, dir+"/"+name, info)
		if !info.IsDir() {
			c.Files++
			c.Bytes += info.Size()
		}
	}
	return c, nil
}

// execution carries out a manifest that has been journalled.
type execution struct {
	w      *Warehouse
	id     string
	m      *manifest
	done   *manifest // what is left to do once committed
	change *change
}

func (x *execution) run(ctx context.Context, catalog func(context.Context, metastore.Tx) error) error {
	w := x.w
	w.mu.Lock()
	w.changes = append(w.changes, x.change)
	w.mu.Unlock()
	err := x.moveFiles(ctx)
	if err != nil {
		return x.rollback(ctx, err)
	}
	// From here on cancelling is too late: a COMMIT cannot be taken back.
	locked := false
	err = w.o.Catalog.Update(ctx, func(tx metastore.Tx) error {
		if err := catalog(ctx, tx); err != nil {
			return err
		}
		if err := writeIntent(ctx, tx, x.id, model.IntentCommitted, x.done); err != nil {
			return err
		}
		// A snapshot takes the state of the catalog and the epoch together; between COMMIT and the new epoch it must wait.
		w.mu.Lock()
		locked = true
		return nil
	})
	committed := err == nil
	if err != nil && locked {
		var unsure error
		if committed, unsure = x.isCommitted(ctx); unsure != nil {
			w.mu.Unlock()
			w.stuck = fmt.Errorf("%w; whether the change was made will be settled at the next start: %w", err, unsure)
			return w.stuck
		}
	}
	if committed {
		w.epoch++
		x.change.epoch = w.epoch
		x.change.cleanup = func(ctx context.Context) error { return w.finish(ctx, x.id, x.done) }
	}
	if locked {
		w.mu.Unlock()
	}
	if !committed {
		return x.rollback(ctx, err)
	}
	return nil
}

// isCommitted asks the journal how a COMMIT that reported an error has ended.
func (x *execution) isCommitted(ctx context.Context) (bool, error) {
	intents, err := x.w.o.Catalog.Intents(context.WithoutCancel(ctx))
	if err != nil {
		return false, err
	}
	for _, i := range intents {
		if i.ID == x.id {
			return i.State == model.IntentCommitted, nil
		}
	}
	return false, nil
}

func (x *execution) moveFiles(ctx context.Context) error {
	files := x.w.o.FileSystem
	for _, d := range x.m.Dirs {
		if err := files.MkdirAll(ctx, d); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	if x.change.retires {
		if err := files.MkdirAll(ctx, x.m.Staging+oldDir); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	for _, mv := range x.m.Moves {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := x.change.step(+1, func() error { return files.Rename(ctx, mv.From, mv.To) }); err != nil {
			return fmt.Errorf("move into place: %w", err)
		}
	}
	if x.w.o.SyncFiles {
		return x.syncDirs(ctx)
	}
	return nil
}

// rollback undoes the moves after cause. When that fails the record stays, and the next Open tries again; snapshots
// continue to see the old state.
func (x *execution) rollback(ctx context.Context, cause error) error {
	ctx = context.WithoutCancel(ctx)
	// a rename that reported an error may have happened all the same, so undoing begins with that one
	for k := min(x.change.moved, len(x.m.Moves)-1); k >= 0; k-- {
		delta := -1
		if k == x.change.moved {
			delta = 0
		}
		err := x.change.step(delta, func() error { return x.w.undo(ctx, x.m.Moves[k]) })
		if err != nil {
			x.w.stuck = fmt.Errorf("%w; undoing the change will be tried again at the next start: %w", cause, err)
			return x.w.stuck
		}
	}
	x.w.mu.Lock()
	x.w.changes = x.w.changes[:len(x.w.changes)-1] // commits run one at a time, so the last is this one
	x.w.mu.Unlock()
	return errors.Join(cause, x.w.discard(ctx, x.id, x.m))
}

func (w *Warehouse) syncFiles(ctx context.Context, c *Change) error {
	for _, t := range c.Targets {
		for _, f := range t.Files {
			if err := w.o.FileSystem.Sync(ctx, f); err != nil {
				return fmt.Errorf("sync new file: %w", err)
			}
		}
	}
	return nil
}

// syncDirs makes the renames durable before the catalog refers to them.
func (x *execution) syncDirs(ctx context.Context) error {
	synced := map[string]bool{}
	for _, mv := range x.m.Moves {
		for _, d := range []string{parent(mv.From), parent(mv.To)} {
			if d == "" || synced[d] {
				continue
			}
			synced[d] = true
			if err := x.w.o.FileSystem.Sync(ctx, d); err != nil {
				return fmt.Errorf("sync directory: %w", err)
			}
		}
	}
	for _, d := range x.m.Dirs {
		if p := parent(d); p != "" && !synced[p] {
			synced[p] = true
			if err := x.w.o.FileSystem.Sync(ctx, p); err != nil {
				return fmt.Errorf("sync directory: %w", err)
			}
		}
	}
	return nil
}

// isBelow reports whether path lies in dir.
func isBelow(path, dir string) bool {
	return len(path) > len(dir) && strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}
