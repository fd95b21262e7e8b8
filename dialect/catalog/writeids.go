package catalog

import "slices"

// WriteIDs are the write ids of a transactional table that a statement sees: those of transactions that had been committed when it
// began. Aborted transactions leave no files behind, so nothing has to be known of theirs. It is immutable.
type WriteIDs struct {
	// High is the highest write id that had been given out. Later ones are not seen.
	High int64
	// Open are the ids up to High that belong to transactions that had not ended, in ascending order.
	Open []int64
}

// Valid reports whether what was written under a write id is seen. Files from before the table was transactional have the id 0.
func (w *WriteIDs) Valid(id int64) bool {
	if id > w.High {
		return false
	}
	_, open := slices.BinarySearch(w.Open, id)
	return !open
}
