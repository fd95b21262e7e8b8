package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// pruneEvery is the number of ended statements after which the retention is looked at, and the time after which it is anyway.
const (
	pruneEvery    = 500
	pruneInterval = time.Minute
)

// writer is the state of the writer's goroutine.
type writer struct {
	history *History
	enc     encoder
	open    map[int64]*Job // with events in their files or waiting to be written there
	ended   int            // statements since the last prune
	pruned  time.Time
}

// batch writes what is in the queue.
func (w *writer) batch() {
	h := w.history
	h.mu.Lock()
	queue := h.queue
	h.queue = nil
	h.mu.Unlock()
	changed := map[int64]*Job{}
	var order []*Job
	ended := map[int64]int64{} // size of the file by statement
	for _, x := range queue {
		j := x.job
		w.open[j.id] = j
		if err := j.file.add(&w.enc, x.event); err != nil {
			w.problem(j, err)
		}
		if x.event.Attempt == nil && changed[j.id] == nil {
			changed[j.id] = j
			order = append(order, j)
		}
		if x.event.End != nil {
			if err := j.file.seal(&w.enc, j.Detail()); err != nil {
				w.problem(j, err)
			}
			ended[j.id] = j.file.size
			delete(w.open, j.id)
		}
	}
	if len(order) == 0 {
		return
	}
	rows := make([]row, len(order))
	for i, j := range order {
		d := j.Detail()
		if size, ok := ended[j.id]; ok {
			rows[i] = row{d.Record, size, j.file.inline}
			continue
		}
		if d.State.Ended() { // its end is in the queue, not yet written
			d.State = Running
		}
		rows[i] = row{Record: d.Record}
	}
	if err := h.index.put(context.Background(), rows); err != nil {
		h.options.Log.Warn("statements are missing in the history", "statements", len(rows), "error", err)
	}
	h.mu.Lock()
	for id := range ended {
		delete(h.live, id)
	}
	h.mu.Unlock()
	w.ended += len(ended)
}

// problem logs that an event was not written. The statement goes on.
func (w *writer) problem(j *Job, err error) {
	w.history.options.Log.Warn("an event is missing in the history", "statement", j.id, "error", err)
}

// flush writes the events of running statements to their files.
func (w *writer) flush() {
	for _, j := range w.open {
		if err := j.file.flush(&w.enc); err != nil {
			w.problem(j, err)
		}
	}
}

func (w *writer) closeAll() {
	for _, j := range w.open {
		if err := j.file.close(); err != nil {
			w.problem(j, err)
		}
	}
}

// prune removes what the retention does not keep, when it is time or force is set.
func (w *writer) prune(force bool) {
	if !force && (w.ended < pruneEvery && time.Since(w.pruned) < pruneInterval) {
		return
	}
	w.ended, w.pruned = 0, time.Now()
	if err := w.history.prune(context.Background(), w.history.options, w.pruned); err != nil {
		w.history.options.Log.Warn("removing old statements from the history", "error", err)
	}
}

// prune removes statements up to the newest one that a limit of o excludes.
func (h *History) prune(ctx context.Context, o Options, now time.Time) error {
	var upTo int64
	for _, limit := range []struct {
		on    bool
		query string
		arg   int64
	}{
		{o.Age > 0, "SELECT MAX(id) FROM statement WHERE start < ?", now.Add(-o.Age).UnixMicro()},
		{o.Count > 0, "SELECT id FROM statement ORDER BY id DESC LIMIT 1 OFFSET ?", o.Count},
		{o.Bytes > 0, "SELECT MAX(id) FROM (SELECT id, SUM(bytes) OVER (ORDER BY id DESC) total FROM statement) WHERE total > ?", o.Bytes},
	} {
		if !limit.on {
			continue
		}
		id, err := h.index.number(ctx, limit.query, limit.arg)
		if err != nil {
			return err
		}
		upTo = max(upTo, id)
	}
	if upTo == 0 {
		return nil
	}
	rows, err := h.index.query(ctx, "WHERE id <= ?", upTo)
	if err != nil {
		return err
	}
	kept := upTo + 1 // the oldest one that stays
	var gone []int64
	var errs []error
	for _, r := range rows {
		if h.job(r.ID) != nil { // it runs
			kept = min(kept, r.ID)
			continue
		}
		if err := os.Remove(eventPath(o.Dir, r.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("removing an event file: %w", err))
			continue
		}
		gone = append(gone, r.ID)
	}
	errs = append(errs, h.index.remove(ctx, gone), h.removeDirectories(kept))
	return errors.Join(errs...)
}

// removeDirectories removes the directories of files of statements before kept, with files that no row knows.
func (h *History) removeDirectories(kept int64) error {
	entries, err := os.ReadDir(filepath.Join(h.options.Dir, "events"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("listing the event files: %w", err)
	}
	for _, e := range entries {
		n, err := strconv.ParseInt(e.Name(), 10, 64)
		if err != nil || n >= kept/perDirectory {
			continue
		}
		if err := os.RemoveAll(eventDir(h.options.Dir, n)); err != nil {
			return fmt.Errorf("removing old event files: %w", err)
		}
	}
	return nil
}
