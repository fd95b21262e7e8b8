package acid

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// WriteIDs are the write ids of a table that a statement sees: those of transactions that were committed when its snapshot was taken.
// It is immutable. A nil list sees every write id.
type WriteIDs struct {
	// Table is the full name, db.table.
	Table string
	// High is the highest write id that had been allocated.
	High int64
	// Open and Aborted are the write ids up to High of transactions that were running and that were given up, ascending.
	Open, Aborted []int64
}

// Valid reports whether what a write id wrote is seen. Write id 0 is that of originals.
func (w *WriteIDs) Valid(id int64) bool {
	if w == nil {
		return true
	}
	return id <= w.High && !contains(w.Open, id) && !contains(w.Aborted, id)
}

// Aborts reports whether the write id is that of a transaction that was given up.
func (w *WriteIDs) Aborts(id int64) bool { return w != nil && contains(w.Aborted, id) }

func contains(ids []int64, id int64) bool {
	_, found := slices.BinarySearch(ids, id)
	return found
}

// Share says how many of a range of write ids have a property.
type Share uint8

// Shares.
const (
	None Share = iota
	Some
	All
)

// Range reports how many of the write ids from..to are seen.
func (w *WriteIDs) Range(from, to int64) Share {
	switch {
	case w == nil:
		return All
	case from > w.High:
		return None
	}
	return share(to-from+1, max(0, to-w.High)+within(w.Open, from, to)+within(w.Aborted, from, to)).not()
}

// AbortedRange reports how many of the write ids from..to were given up.
func (w *WriteIDs) AbortedRange(from, to int64) Share {
	if w == nil {
		return None
	}
	return share(to-from+1, within(w.Aborted, from, to))
}

// within counts the ids in from..to.
func within(ids []int64, from, to int64) int64 {
	lo, _ := slices.BinarySearch(ids, from)
	hi, found := slices.BinarySearch(ids, to)
	if found {
		hi++
	}
	return int64(max(hi-lo, 0))
}

func share(of, n int64) Share {
	switch {
	case n == 0:
		return None
	case n >= of:
		return All
	}
	return Some
}

func (s Share) not() Share { return All - s }

// minOpen is the lowest open write id, math.MaxInt64 without one.
func (w *WriteIDs) minOpen() int64 {
	if w == nil || len(w.Open) == 0 {
		return math.MaxInt64
	}
	return w.Open[0]
}

// compacted reports whether a base that compaction made of everything up to a write id is a base for this snapshot: it must have nothing
// of transactions that were running.
func (w *WriteIDs) compacted(id int64) bool {
	return w == nil || id < w.minOpen() && id <= w.High
}

// String is the list as Hive passes it on: table:high:lowest open:open:aborted.
func (w *WriteIDs) String() string {
	list := func(ids []int64) string {
		s := make([]string, len(ids))
		for i, id := range ids {
			s[i] = strconv.FormatInt(id, 10)
		}
		return strings.Join(s, ",")
	}
	return fmt.Sprintf("%s:%d:%d:%s:%s", w.Table, w.High, w.minOpen(), list(w.Open), list(w.Aborted))
}

// ParseWriteIDs reads what String returns.
func ParseWriteIDs(s string) (*WriteIDs, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 5 {
		return nil, fmt.Errorf("the list of write ids %q has %d parts, not 5", s, len(parts))
	}
	w := &WriteIDs{Table: parts[0]}
	var err error
	if w.High, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
		return nil, fmt.Errorf("the list of write ids %q: %w", s, err)
	}
	for i, ids := range []*[]int64{&w.Open, &w.Aborted} {
		if parts[3+i] == "" {
			continue
		}
		for _, x := range strings.Split(parts[3+i], ",") {
			id, err := strconv.ParseInt(x, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("the list of write ids %q: %w", s, err)
			}
			*ids = append(*ids, id)
		}
		if !slices.IsSorted(*ids) {
			return nil, fmt.Errorf("the list of write ids %q is not sorted", s)
		}
	}
	return w, nil
}
