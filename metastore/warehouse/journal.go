package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"skep/metastore"
	"skep/metastore/model"
)

// manifest is the body of an intent: everything needed to undo or finish a change. Paths are canonical.
type manifest struct {
	Staging string `json:"staging"`
	// StagingDirs are the directories that did not exist when the staging directory was made, outermost first. They go
	// when nothing is in them.
	StagingDirs []string `json:"stagingDirs,omitempty"`
	// Dirs are the directories the change makes, outermost first.
	Dirs []string `json:"dirs,omitempty"`
	// Moves are made in order and undone in reverse.
	Moves []Move `json:"moves,omitempty"`
	// Prune are directories to remove after the change when they are empty, innermost first.
	Prune []string `json:"prune,omitempty"`
}

// Move renames a file or directory.
type Move struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// recover brings the change of an intent to its end, whichever that is.
func (w *Warehouse) recover(ctx context.Context, i model.Intent) error {
	var m manifest
	if err := json.Unmarshal(i.Body, &m); err != nil {
		return fmt.Errorf("decode journal record: %w", err)
	}
	if i.State == model.IntentCommitted {
		return w.finish(ctx, i.ID, &m)
	}
	for k := len(m.Moves) - 1; k >= 0; k-- {
		if err := w.undo(ctx, m.Moves[k]); err != nil {
			return err
		}
	}
	return w.discard(ctx, i.ID, &m)
}

// undo takes a move back unless it was not made. Its source tells: a rename removes it, and nothing else puts a file of
// that name there before the later moves have been undone.
func (w *Warehouse) undo(ctx context.Context, m Move) error {
	_, err := w.o.FileSystem.Stat(ctx, m.From)
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = w.o.FileSystem.Rename(ctx, m.To, m.From)
	}
	if err != nil {
		return fmt.Errorf("undo move of %s: %w", m.From, err)
	}
	return nil
}

// discard removes what is left of a change whose moves have been undone. The record is rewritten before the staging
// directory goes: without it, undoing once more would take restored old files for new ones of the same name.
func (w *Warehouse) discard(ctx context.Context, id string, m *manifest) error {
	if len(m.Moves) > 0 || len(m.Dirs) > 0 {
		for k := len(m.Dirs) - 1; k >= 0; k-- {
			if err := w.removeEmpty(ctx, m.Dirs[k]); err != nil {
				return err
			}
		}
		m = &manifest{Staging: m.Staging, StagingDirs: m.StagingDirs}
		if err := w.putIntent(ctx, id, model.IntentPrepared, m); err != nil {
			return err
		}
	}
	return w.finish(ctx, id, m)
}

// finish removes the staging directory and the record.
func (w *Warehouse) finish(ctx context.Context, id string, m *manifest) error {
	if err := w.o.FileSystem.RemoveAll(ctx, m.Staging); err != nil {
		return fmt.Errorf("remove staging directory: %w", err)
	}
	for _, d := range m.Prune {
		if err := w.removeEmpty(ctx, d); err != nil {
			return err
		}
	}
	for k := len(m.StagingDirs) - 1; k >= 0; k-- {
		if err := w.removeEmpty(ctx, m.StagingDirs[k]); err != nil {
			return err
		}
	}
	return w.o.Catalog.UpdateNoSync(ctx, func(tx metastore.Tx) error { return tx.DeleteIntent(ctx, id) })
}

// removeEmpty removes a directory if it exists and is empty.
func (w *Warehouse) removeEmpty(ctx context.Context, dir string) error {
	entries, err := w.o.FileSystem.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) || len(entries) > 0 {
		return nil
	}
	if err == nil {
		err = w.o.FileSystem.Remove(ctx, dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// someone may have put a file there in between; if not, an empty directory is left, which holds no data
		if entries, lerr := w.o.FileSystem.List(ctx, dir); lerr == nil && len(entries) > 0 {
			return nil
		}
		return fmt.Errorf("remove empty directory: %w", err)
	}
	return nil
}
