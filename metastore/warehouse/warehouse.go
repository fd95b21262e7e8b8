// Package warehouse keeps the files of tables and the catalog in step. The layout is Hive's, so that Hive and every other
// reader of its tables can read the directories as they are: a table is the visible files of its directory, a partition
// those of its own.
//
// # Commit
//
// A directory of files has no atomic replacement, so changes are journalled in the catalog's database. A statement writes
// its output to a hidden staging directory below the table (Stage), then Commit
//
//  1. lists what is to move: old files into the staging directory, new ones out of it;
//  2. makes that list durable as an intent in state "prepared";
//  3. renames;
//  4. changes the catalog and sets the intent to "committed", in one transaction: this is the moment of the change;
//  5. removes the staging directory with the old files, then the intent.
//
// Any failure or cancellation before 4 is undone by renaming backwards, at once or, after a crash, by Open; after 4 only the
// clean-up remains. Renames are atomic, so at each of them either the source or the target exists, and undoing can tell
// how far the change had come. Intents are the list of all staging directories there are, so nothing is ever searched for.
//
// # Readers
//
// Readers neither block commits nor are blocked by them. A Snapshot remembers the number of the last commit it may see.
// Old files stay in their staging directory until no earlier snapshot is left, and every commit since the oldest snapshot
// is kept in memory, as the list of its moves. To list a directory or open a file, a snapshot lists or opens what is
// there and undoes, in thought, the moves of later commits, including the one under way: added names are left out, moved
// ones are found where they are now. Versioned directories would do the same without the bookkeeping, but tables would
// lie in other places than Hive puts them. Readers outside this process get what they get from Hive: for the
// duration of the renames they may see old and new files side by side.
package warehouse

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"skep/metastore"
	"skep/metastore/model"
)

// stagingPrefix begins with Hive's hive.exec.stagingdir, so that Hive and its cleaners know what it is.
const stagingPrefix = ".hive-staging_skep_"

// Options configures Open.
type Options struct {
	Catalog    metastore.Catalog
	FileSystem FileSystem
	// Root is the warehouse directory, created if missing.
	Root string
	// SyncFiles makes new files and renames survive a loss of power, not only of the process, at the price of an fsync per
	// file and directory.
	SyncFiles bool
	// Owned says whether an owner of staging directories (StageFor) is known and will adopt them (Adopt); those of others are removed
	// by Open. nil: none is.
	Owned func(owner string) bool
	// Report is told of failures to clean up, which do not concern the statement at hand: what could not be removed is
	// removed by the next Open. May be nil.
	Report func(error)
}

// Warehouse is safe for concurrent use.
type Warehouse struct {
	o       Options
	turn    chan struct{} // holds an element while a commit is under way
	mu      sync.RWMutex  // taken for writing only for an instant; see Snapshot and publish
	epoch   int64         // number of commits so far
	changes []*change     // what snapshots may have to undo, oldest first; the last may be under way
	stuck   error         // why no further commit is possible; guarded by turn

	activeMu sync.Mutex
	active   map[int64]int // number of snapshots by epoch
}

// Open finishes or undoes what an earlier process left half done and returns the warehouse.
func Open(ctx context.Context, o Options) (*Warehouse, error) {
	w := &Warehouse{o: o, turn: make(chan struct{}, 1), active: map[int64]int{}}
	if o.Root != "" {
		if err := o.FileSystem.MkdirAll(ctx, o.Root); err != nil {
			return nil, fmt.Errorf("create warehouse directory %s: %w", o.Root, err)
		}
	}
	intents, err := o.Catalog.Intents(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.recover(ctx, intents); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *Warehouse) report(err error) {
	if err != nil && w.o.Report != nil {
		w.o.Report(err)
	}
}

// Staging is a hidden directory for the output of one statement. It ends with Commit or Abort.
type Staging struct {
	w        *Warehouse
	id       string
	dir      string
	location string
	manifest manifest
	ended    bool
}

// Stage creates a staging directory below location, which should be the directory of the table to be written (for a table
// that does not exist yet, of its database): on the same volume, because committing renames.
func (w *Warehouse) Stage(ctx context.Context, location string) (*Staging, error) {
	return w.StageFor(ctx, location, "")
}

// StageFor is Stage for an owner who may outlive this process: a later one's Open leaves the directory, with what is in it, to be
// adopted, and Committed tells whether it was committed. The owner's name is used once.
func (w *Warehouse) StageFor(ctx context.Context, location, owner string) (*Staging, error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	id := fmt.Sprintf("%x", random)
	s := &Staging{w: w, id: id, location: canonical(location)}
	s.dir = s.location + "/" + stagingPrefix + id
	if s.location == "/" {
		s.dir = "/" + stagingPrefix + id
	}
	s.manifest.Staging, s.manifest.Owner = s.dir, owner
	var err error
	if s.manifest.StagingDirs, err = w.missing(ctx, s.location, nil); err != nil {
		return nil, fmt.Errorf("stage in %s: %w", location, err)
	}
	// If power fails and takes this record with it, an empty or half-written hidden directory is left: no reason to wait. The owner of
	// one who may outlive the process relies on it.
	update := w.o.Catalog.UpdateNoSync
	if owner != "" {
		update = w.o.Catalog.Update
	}
	err = update(ctx, func(tx metastore.Tx) error { return writeIntent(ctx, tx, id, model.IntentPrepared, &s.manifest) })
	if err != nil {
		return nil, fmt.Errorf("stage in %s: %w", location, err)
	}
	if err := w.o.FileSystem.MkdirAll(ctx, s.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("stage in %s: %w", location, err), s.Abort(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// Dir returns the directory for the statement's output. Names beginning with '-' in it are reserved.
func (s *Staging) Dir() string { return s.dir }

// Abort removes the staging directory. It does nothing after Commit.
func (s *Staging) Abort(ctx context.Context) error {
	if s.ended {
		return nil
	}
	s.ended = true
	return s.w.discard(ctx, []part{{s.id, &s.manifest}})
}

// ID names the staging directory for Adopt.
func (s *Staging) ID() string { return s.id }

// ownerID is the id of the record that says that the changes of an owner were made.
func ownerID(owner string) string { return "owner " + owner }

// Committed reports whether the staging directories of an owner have been committed, until Forget.
func (w *Warehouse) Committed(ctx context.Context, owner string) (bool, error) {
	intents, err := w.o.Catalog.Intents(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(intents, func(i model.Intent) bool { return i.ID == ownerID(owner) }), nil
}

// Forget says that nobody will ask whether an owner's changes were made.
func (w *Warehouse) Forget(ctx context.Context, owner string) error {
	return w.o.Catalog.UpdateNoSync(ctx, func(tx metastore.Tx) error { return tx.DeleteIntent(ctx, ownerID(owner)) })
}

// Adopt returns the staging directories of an owner from an earlier process, by their ids. Those that were committed are not among them.
func (w *Warehouse) Adopt(ctx context.Context, owner string) (map[string]*Staging, error) {
	intents, err := w.o.Catalog.Intents(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]*Staging{}
	for _, i := range intents {
		var m manifest
		if err := json.Unmarshal(i.Body, &m); err != nil {
			return nil, fmt.Errorf("decode journal record %s: %w", i.ID, err)
		}
		if m.Owner == owner && i.State == model.IntentPrepared {
			out[i.ID] = &Staging{w: w, id: i.ID, dir: m.Staging, location: parent(m.Staging), manifest: m}
		}
	}
	return out, nil
}

// missing returns the directories that would have to be made to have dir, outermost first, without those in known.
func (w *Warehouse) missing(ctx context.Context, dir string, known map[string]bool) ([]string, error) {
	var out []string
	for d := dir; d != "" && !known[d]; d = parent(d) {
		_, err := w.o.FileSystem.Stat(ctx, d)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		out = append([]string{d}, out...)
	}
	return out, nil
}

// putIntents records changes that are under way.
func (w *Warehouse) putIntents(ctx context.Context, parts []part) error {
	return w.o.Catalog.Update(ctx, func(tx metastore.Tx) error {
		for _, x := range parts {
			if err := writeIntent(ctx, tx, x.id, model.IntentPrepared, x.m); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeIntent(ctx context.Context, tx metastore.Tx, id string, state model.IntentState, m *manifest) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode journal record: %w", err)
	}
	return tx.PutIntent(ctx, model.Intent{ID: id, State: state, Body: body})
}
