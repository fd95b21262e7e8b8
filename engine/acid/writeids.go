package acid

import (
	"math"
	"slices"

	"skep/dialect/catalog"
)

// share says how many of a range of write ids are seen.
type share uint8

const (
	none share = iota
	some
	all
)

// seen reports how many of the write ids from..to a statement sees. Without a list that is all of them.
func seen(ids *catalog.WriteIDs, from, to int64) share {
	if ids == nil {
		return all
	}
	lo, _ := slices.BinarySearch(ids.Open, from)
	hi, found := slices.BinarySearch(ids.Open, min(to, ids.High))
	if found {
		hi++
	}
	unseen := int64(hi - lo)
	if from > ids.High {
		return none
	}
	unseen += max(0, to-ids.High)
	switch {
	case unseen == 0:
		return all
	case unseen >= to-from+1:
		return none
	}
	return some
}

// seesBase reports whether a base that compaction made of everything up to a write id is one for a statement: nothing in it may be of
// transactions that were running when the statement began.
func seesBase(ids *catalog.WriteIDs, id int64) bool {
	return ids == nil || id == math.MinInt64 || id <= ids.High && (len(ids.Open) == 0 || id < ids.Open[0])
}
