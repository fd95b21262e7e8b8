package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
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
	// Directory, when not empty, is the directory below Location that the files go to.
	Directory string
	// Overwrite retires all visible files and directories that are there now.
	Overwrite bool
}

// Contents is what a Target's directory holds after the change: the visible files, with those of sub-directories.
type Contents struct {
	Files, Bytes int64
	Added        int64    // of Files
	Dirs         []string // sub-directories with files, as paths relative to the location
}

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
func (w *Warehouse) Commit(ctx context.Context, c Change) error { return w.CommitAll(ctx, c) }

// CommitAll makes several changes as one: all happen or none does. A later one finds what the earlier ones leave. Staging directories
// of an owner (StageFor) belong to the same one; Committed knows of the commit then, in whichever process.
func (w *Warehouse) CommitAll(ctx context.Context, changes ...Change) error {
	x := &execution{w: w, change: newChange()}
	for i, c := range changes {
		s := c.Staging
		if s == nil {
			return errors.New("commit without staging directory")
		}
		if s.ended {
			return errors.New("commit of a staging directory that was committed or aborted")
		}
		if i > 0 && s.manifest.Owner != x.owner {
			return fmt.Errorf("commit of staging directories of %q and %q", x.owner, s.manifest.Owner)
		}
		s.ended = true
		m := s.manifest
		x.owner, x.parts = m.Owner, append(x.parts, part{id: s.id, m: &m})
	}
	if len(x.parts) == 0 {
		return nil
	}
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return errors.Join(ctx.Err(), w.discard(context.WithoutCancel(ctx), x.parts))
	}
	if w.stuck != nil {
		return errors.Join(fmt.Errorf("no change of files until the server is restarted: %w", w.stuck),
			w.discard(context.WithoutCancel(ctx), x.parts))
	}
	contents, err := x.plan(ctx, changes)
	if err == nil && w.o.SyncFiles {
		err = w.syncFiles(ctx, changes)
	}
	if err == nil {
		err = w.putIntents(ctx, x.parts)
	}
	if err != nil {
		return errors.Join(err, w.discard(context.WithoutCancel(ctx), x.parts))
	}
	if err := x.run(ctx, func(ctx context.Context, tx metastore.Tx) error {
		for i, c := range changes {
			if c.Catalog == nil {
				continue
			}
			if err := c.Catalog(ctx, tx, contents[i]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	w.collect(context.WithoutCancel(ctx))
	return nil
}

// oldDir is where old files go, below the staging directory.
const oldDir = "/-old"

// plan lists the moves of changes and returns what their targets hold afterwards. The moves of all are in the first record, so that
// undoing them is one matter; the staging directories are in the record of each.
func (x *execution) plan(ctx context.Context, changes []Change) ([][]Contents, error) {
	p := planner{w: x.w, made: map[string]bool{}, targets: map[string]bool{}, retired: map[string]bool{}, held: map[string][]entry{}}
	contents := make([][]Contents, len(changes))
	for i := range changes {
		p.staging = x.parts[i].m.Staging
		var err error
		if contents[i], err = p.plan(ctx, &changes[i]); err != nil {
			return nil, err
		}
		x.parts[i].m.Prune, p.prune = p.prune, nil
	}
	first := x.parts[0].m
	first.Dirs = p.dirs
	var trash []string
	for _, mv := range p.moves {
		if mv.withdrawn {
			continue
		}
		first.Moves = append(first.Moves, mv.Move)
		x.change.add(mv.Move, mv.staging, mv.info)
		if isBelow(mv.To, mv.staging+oldDir) && !slices.Contains(trash, mv.staging+oldDir) {
			trash = append(trash, mv.staging+oldDir)
		}
	}
	x.trash = trash
	x.done = p.done(x.parts)
	return contents, nil
}

// planner turns changes into moves.
type planner struct {
	w       *Warehouse
	staging string // of the change being planned
	dirs    []string
	moves   []*move
	prune   []string           // of the change being planned
	made    map[string]bool    // directories that exist once dirs are made
	targets map[string]bool    // directories of targets
	retired map[string]bool    // what is moved away from its path
	held    map[string][]entry // what directories of targets hold after the moves so far
	trash   int
}

// move is a planned move.
type move struct {
	Move
	staging   string
	info      fs.FileInfo
	withdrawn bool // a later change overwrites what it would bring
}

// entry is what a directory holds.
type entry struct {
	name string
	info fs.FileInfo
	by   *move // that brings it; nil: it is there
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
		p.prune = append(p.prune, canonical(d))
	}
	return contents, nil
}

// done returns what is left to do after the changes. The directories of targets stay, even those that were made for the
// staging directory.
func (p *planner) done(parts []part) []part {
	out := make([]part, len(parts))
	for i, x := range parts {
		d := &manifest{Staging: x.m.Staging, Prune: x.m.Prune}
		for _, dir := range x.m.StagingDirs {
			if !p.targets[dir] {
				d.StagingDirs = append(d.StagingDirs, dir)
			}
		}
		out[i] = part{x.id, d}
	}
	return out
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
	p.retired[from] = true
	p.move(from, fmt.Sprintf("%s%s/%d-%s", p.staging, oldDir, p.trash, path.Base(from)), info)
}

func (p *planner) move(from, to string, info fs.FileInfo) *move {
	mv := &move{Move: Move{from, to}, staging: p.staging, info: info}
	p.moves = append(p.moves, mv)
	return mv
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
	p.dirs = append(p.dirs, dirs...)
	return nil
}

// list returns what a directory holds after the moves so far.
func (p *planner) list(ctx context.Context, dir string) ([]entry, error) {
	if held, ok := p.held[dir]; ok || p.made[dir] {
		return slices.DeleteFunc(held, func(e entry) bool { return e.by == nil && p.retired[dir+"/"+e.name] }), nil
	}
	infos, err := p.w.o.FileSystem.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(infos))
	for _, info := range infos {
		if !p.retired[dir+"/"+info.Name()] {
			entries = append(entries, entry{name: info.Name(), info: info})
		}
	}
	return entries, nil
}

func (p *planner) target(ctx context.Context, t *Target) (Contents, error) {
	var c Contents
	dir := canonical(t.Location)
	p.targets[dir] = true
	if err := p.mkdir(ctx, dir); err != nil {
		return c, err
	}
	entries, err := p.list(ctx, dir)
	if err != nil {
		return c, err
	}
	taken := make(map[string]bool, len(entries)+len(t.Files))
	held := make([]entry, 0, len(entries)+len(t.Files))
	for _, e := range entries {
		hidden := IsHidden(e.name)
		if t.Overwrite && !hidden {
			if e.by != nil {
				e.by.withdrawn = true
			} else {
				p.retire(dir+"/"+e.name, e.info)
			}
			continue
		}
		if !hidden && !IsHidden(path.Base(e.name)) {
			at := dir + "/" + e.name
			if e.by != nil {
				at = e.by.From
			}
			if err := p.count(ctx, &c, at, e.name, e.info); err != nil {
				return c, err
			}
		}
		taken[e.name] = true
		held = append(held, e)
	}
	into := ""
	if t.Directory != "" && len(t.Files) > 0 {
		into = t.Directory + "/"
		if err := p.mkdir(ctx, dir+"/"+t.Directory); err != nil {
			return c, err
		}
	}
	for _, f := range t.Files {
		from := canonical(f)
		info, err := p.w.o.FileSystem.Stat(ctx, from)
		if err != nil {
			return c, fmt.Errorf("new file of %s: %w", t.Location, err)
		}
		base := path.Base(from)
		name := into + base
		for n := 1; taken[name]; n++ {
			name = into + CopyName(base, n)
		}
		taken[name] = true
		held = append(held, entry{name, info, p.move(from, dir+"/"+name, info)})
		if IsHidden(base) {
			continue
		}
		before := c.Files
		if err := p.count(ctx, &c, from, name, info); err != nil {
			return c, err
		}
		c.Added += c.Files - before
	}
	p.held[dir] = held
	return c, nil
}

// count adds a file, or the visible files below a directory, to c; name is its path relative to the target.
func (p *planner) count(ctx context.Context, c *Contents, at, name string, info fs.FileInfo) error {
	if !info.IsDir() {
		c.Files++
		c.Bytes += info.Size()
		if dir := path.Dir(name); dir != "." && (len(c.Dirs) == 0 || c.Dirs[len(c.Dirs)-1] != dir) {
			c.Dirs = append(c.Dirs, dir)
		}
		return nil
	}
	entries, err := p.w.o.FileSystem.List(ctx, at)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if IsHidden(e.Name()) {
			continue
		}
		if err := p.count(ctx, c, at+"/"+e.Name(), name+"/"+e.Name(), e); err != nil {
			return err
		}
	}
	return nil
}

// part is the record of one staging directory.
type part struct {
	id string
	m  *manifest
}

// execution carries out changes whose records have been journalled.
type execution struct {
	w      *Warehouse
	owner  string
	parts  []part   // the moves and directories are those of the first
	trash  []string // directories to be made for what is retired
	done   []part   // what is left to do once committed
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
		for _, d := range x.done {
			if err := writeIntent(ctx, tx, d.id, model.IntentCommitted, d.m); err != nil {
				return err
			}
		}
		if x.owner != "" {
			if err := writeIntent(ctx, tx, ownerID(x.owner), model.IntentCommitted, &manifest{Owner: x.owner}); err != nil {
				return err
			}
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
		x.change.cleanup = func(ctx context.Context) error { return w.finish(ctx, x.done) }
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
		if i.ID == x.parts[0].id {
			return i.State == model.IntentCommitted, nil
		}
	}
	return false, nil
}

func (x *execution) moveFiles(ctx context.Context) error {
	files := x.w.o.FileSystem
	m := x.parts[0].m
	for _, d := range append(slices.Clone(m.Dirs), x.trash...) {
		if err := files.MkdirAll(ctx, d); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	for _, mv := range m.Moves {
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
	moves := x.parts[0].m.Moves
	for k := min(x.change.moved, len(moves)-1); k >= 0; k-- {
		delta := -1
		if k == x.change.moved {
			delta = 0
		}
		err := x.change.step(delta, func() error { return x.w.undo(ctx, moves[k]) })
		if err != nil {
			x.w.stuck = fmt.Errorf("%w; undoing the change will be tried again at the next start: %w", cause, err)
			return x.w.stuck
		}
	}
	x.w.mu.Lock()
	x.w.changes = x.w.changes[:len(x.w.changes)-1] // commits run one at a time, so the last is this one
	x.w.mu.Unlock()
	return errors.Join(cause, x.w.discard(ctx, x.parts))
}

func (w *Warehouse) syncFiles(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		for _, t := range c.Targets {
			for _, f := range t.Files {
				if err := w.o.FileSystem.Sync(ctx, f); err != nil {
					return fmt.Errorf("sync new file: %w", err)
				}
			}
		}
	}
	return nil
}

// syncDirs makes the renames durable before the catalog refers to them.
func (x *execution) syncDirs(ctx context.Context) error {
	synced := map[string]bool{}
	m := x.parts[0].m
	for _, mv := range m.Moves {
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
	for _, d := range m.Dirs {
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
