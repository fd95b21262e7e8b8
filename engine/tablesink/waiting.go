package tablesink

import (
	"cmp"
	"slices"

	"skep/engine/vector"
)

// waitingBytes bounds the rows that a worker keeps in memory because their partitions have no open file.
const waitingBytes = 64 << 20

// wait keeps rows of a target without an open file, while all that may be open are. With every batch a few rows come for each of many
// partitions: a file that had to make room for another at each of them would never hold more than a batch's.
func (w *Worker) wait(t *target, b *vector.Batch) error {
	if n := len(t.waiting); n == 0 || t.waiting[n-1].N+b.Rows() > vector.BatchSize {
		var columns vector.Batch
		for _, c := range b.Cols {
			columns.Cols = append(columns.Cols, vector.New(c.Type, 0))
		}
		t.waiting = append(t.waiting, &columns)
	}
	last := t.waiting[len(t.waiting)-1]
	before := last.Bytes()
	last.Append(b)
	grown := last.Bytes() - before
	t.held += grown
	w.held += grown
	if w.held <= waitingBytes {
		return nil
	}
	all := slices.DeleteFunc(slices.Clone(w.all), func(t *target) bool { return len(t.waiting) == 0 })
	slices.SortStableFunc(all, func(a, b *target) int { return cmp.Compare(b.held, a.held) })
	for _, t := range all {
		if w.held <= waitingBytes/2 {
			break
		}
		if err := w.writeWaiting(t); err != nil {
			return err
		}
	}
	return nil
}

// writeWaiting opens a file for the rows of a target that wait for one, and writes them.
func (w *Worker) writeWaiting(t *target) error {
	if err := w.openFile(t); err != nil {
		return err
	}
	for _, b := range t.waiting {
		if err := t.file.write(b); err != nil {
			return err
		}
	}
	w.held -= t.held
	t.waiting, t.held = nil, 0
	return nil
}
