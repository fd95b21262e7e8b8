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
	// Staging is empty in a record that only says that the changes of Owner were made.
	Staging string `json:"staging,omitempty"`
	// Owner may outlive the process that made the staging directory.
	Owner string `json:"owner,omitempty"`
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

// recover brings the changes of all records to their ends, whichever these are. Moves are undone first, then the records say so,
// and only then staging directories go: without that, undoing once more would take restored old files for new ones of the same name.
func (w *Warehouse) recover(ctx context.Context, intents []model.Intent) error {
	var undone, over []part
	for _, i := range intents {
		m := &manifest{}
		if err := json.Unmarshal(i.Body, m); err != nil {
			return fmt.Errorf("decode journal record %s: %w", i.ID, err)
		}
		owned := m.Owner != "" && w.o.Owned != nil && w.o.Owned(m.Owner)
		x := part{i.ID, m}
		switch {
		case i.State == model.IntentCommitted && owned: // its owner will ask
		case i.State == model.IntentCommitted:
			over = append(over, x)
		default:
			for k := len(m.Moves) - 1; k >= 0; k-- {
				if err := w.undo(ctx, m.Moves[k]); err != nil {
					return fmt.Errorf("recover change %s: %w", i.ID, err)
				}
			}
			undone = append(undone, x)
			if !owned {
				over = append(over, x)
			}
		}
	}
	if err := w.forgetMoves(ctx, undone); err != nil {
		return err
	}
	for _, x := range over {
		if err := w.finish(ctx, []part{x}); err != nil {
			return fmt.Errorf("recover change %s: %w", x.id, err)
		}
	}
	return nil
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

// discard removes what is left of changes whose moves have been undone.
func (w *Warehouse) discard(ctx context.Context, parts []part) error {
	if err := w.forgetMoves(ctx, parts); err != nil {
		return err
	}
	return w.finish(ctx, parts)
}

// forgetMoves removes the directories that undone changes made, and rewrites the records without what was undone.
func (w *Warehouse) forgetMoves(ctx context.Context, parts []part) error {
	var rewrite []part
	for _, x := range parts {
		x.m.Prune = nil // for after the change
		if len(x.m.Moves) == 0 && len(x.m.Dirs) == 0 {
			continue
		}
		for k := len(x.m.Dirs) - 1; k >= 0; k-- {
			if err := w.removeEmpty(ctx, x.m.Dirs[k]); err != nil {
				return err
			}
		}
		x.m.Moves, x.m.Dirs = nil, nil
		rewrite = append(rewrite, x)
	}
	if len(rewrite) == 0 {
		return nil
	}
	return w.putIntents(ctx, rewrite)
}

// finish removes staging directories and their records.
func (w *Warehouse) finish(ctx context.Context, parts []part) error {
	for _, x := range parts {
		if err := w.finishOne(ctx, x.m); err != nil {
			return err
		}
	}
	return w.o.Catalog.UpdateNoSync(ctx, func(tx metastore.Tx) error {
		for _, x := range parts {
			if err := tx.DeleteIntent(ctx, x.id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *Warehouse) finishOne(ctx context.Context, m *manifest) error {
	if m.Staging == "" {
		return nil
	}
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
	return nil
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
