// Package acid knows the files of transactional tables as Hive lays them out (ACID version 2): directories of bases, deltas and delete
// deltas, which of them a snapshot of the table's write ids reads, how rows are numbered, and the sets of rows that are deleted.
//
// A transaction that writes a table has a write id of it. What a statement inserts is in delta_W_W_S (S numbers the statements of the
// transaction), the keys of what it deletes in delete_delta_W_W_S, what overwrites the table in base_W. Compaction joins deltas to
// delta_V_W and everything to base_W, with the transaction that did so as suffix _vT. Files that were there before the table became
// transactional, its originals, are next to these directories. The key of a row is the write id of its insert, the bucket property of its
// file and its number there.
//
// The rules are those of AcidUtils, OrcRecordUpdater and BucketCodec of Hive 3.1 and 4.0.
package acid

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the kind of a directory of a transactional table.
type Kind uint8

// Kinds of directories.
const (
	Base Kind = iota
	Delta
	DeleteDelta
)

const (
	basePrefix   = "base_"
	deltaPrefix  = "delta_"
	deletePrefix = "delete_delta_"
	visibility   = "_v"
)

// VersionFile is the name of the file that says which version of the layout a directory is of; VersionText is what is in it.
const (
	VersionFile = "_orc_acid_version"
	VersionText = "2"
)

// compactedFile marks bases that compactors before Hive 4.0 wrote; later ones have the suffix of their transaction.
const compactedFile = "_metadata_acid"

// NoStatement is the Statement of directories that are not of one statement.
const NoStatement = -1

// MaxStatement and MaxBucket bound the numbers of statements of a transaction and of the files of a directory.
const (
	MaxStatement = 1<<12 - 1
	MaxBucket    = 1<<12 - 1
)

// Name is what the name of a directory says.
type Name struct {
	Kind Kind
	// Min and Max are the write ids of the rows or deletes in it, both included. A base has the rows up to Max (Min is 0).
	Min, Max  int64
	Statement int
	// Txn is the transaction from whose commit on the directory is visible, being compacted; 0: always.
	Txn int64
}

// String is the name of the directory.
func (n Name) String() string {
	var s string
	switch n.Kind {
	case Base:
		s = fmt.Sprintf("%s%07d", basePrefix, n.Max)
	default:
		prefix := deltaPrefix
		if n.Kind == DeleteDelta {
			prefix = deletePrefix
		}
		s = fmt.Sprintf("%s%07d_%07d", prefix, n.Min, n.Max)
		if n.Statement != NoStatement {
			s += fmt.Sprintf("_%04d", n.Statement)
		}
	}
	if n.Txn > 0 {
		s += fmt.Sprintf("%s%07d", visibility, n.Txn)
	}
	return s
}

// ParseName reads the name of a directory; ok is false for other directories.
func ParseName(s string) (n Name, ok bool) {
	rest := s
	n.Statement = NoStatement
	switch {
	case strings.HasPrefix(s, basePrefix):
		n.Kind, rest = Base, s[len(basePrefix):]
	case strings.HasPrefix(s, deltaPrefix):
		n.Kind, rest = Delta, s[len(deltaPrefix):]
	case strings.HasPrefix(s, deletePrefix):
		n.Kind, rest = DeleteDelta, s[len(deletePrefix):]
	default:
		return n, false
	}
	if before, txn, found := strings.Cut(rest, visibility); found {
		if n.Txn, ok = number(txn); !ok {
			return n, false
		}
		rest = before
	}
	if n.Kind == Base {
		n.Max, ok = number(rest)
		return n, ok
	}
	parts := strings.Split(rest, "_")
	if len(parts) != 2 && len(parts) != 3 {
		return n, false
	}
	if n.Min, ok = number(parts[0]); !ok {
		return n, false
	}
	if n.Max, ok = number(parts[1]); !ok || n.Max < n.Min {
		return n, false
	}
	if len(parts) == 3 {
		statement, ok := number(parts[2])
		if !ok || statement > 1<<30 {
			return n, false
		}
		n.Statement = int(statement)
	}
	return n, true
}

// number reads a number of digits alone; bases converted from originals have the negative number math.MinInt64.
func number(s string) (int64, bool) {
	if s == "" || s[0] == '+' {
		return 0, false
	}
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil
}

// BucketFile is the name of the file of a bucket.
func BucketFile(bucket int) string { return fmt.Sprintf("bucket_%05d", bucket) }

// ParseBucketFile returns the bucket of a file that a transaction wrote, bucket_N or bucket_N_A (A: the attempt at the task that wrote
// it); ok is false for other files.
func ParseBucketFile(name string) (bucket int, ok bool) {
	rest, ok := strings.CutPrefix(name, "bucket_")
	if !ok {
		return 0, false
	}
	digits, attempt, found := strings.Cut(rest, "_")
	if found && !isDigits(attempt) {
		return 0, false
	}
	return small(digits)
}

// ParseOriginalFile returns the bucket of a file that no transaction wrote (000001_0, 000001_0_copy_2); ok is false for names that
// Hive does not give.
func ParseOriginalFile(name string) (bucket int, ok bool) {
	digits, rest, found := strings.Cut(name, "_")
	if !found {
		return 0, false
	}
	attempt, copied, found := strings.Cut(rest, "_copy_")
	if found && !isDigits(copied) || !isDigits(attempt) {
		return 0, false
	}
	return small(digits)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func small(s string) (int, bool) {
	if !isDigits(s) {
		return 0, false
	}
	v, err := strconv.ParseInt(s, 10, 31)
	return int(v), err == nil
}

// fewStatements is the number of statements in transactions of which a statement may write more files than there are buckets.
const fewStatements = 1 << 6

// BucketProperty is the bucket of the keys of rows: it codes the bucket (or the number of the writer, of tables without buckets) and the
// statement that inserted the row, so that no two files of a transaction have keys in common. Numbers of writers beyond MaxBucket go on in the
// bits of the statement that those of few statements leave free.
func BucketProperty(bucket, statement int) (int32, error) {
	if bucket > MaxBucket && statement < fewStatements {
		statement = max(statement, 0) + bucket/(MaxBucket+1)*fewStatements
		bucket %= MaxBucket + 1
	}
	if bucket < 0 || bucket > MaxBucket || statement > MaxStatement {
		return 0, fmt.Errorf("writing file %d of statement %d of a transaction: there may be %d and %d", bucket, statement, MaxBucket, MaxStatement)
	}
	return 1<<29 | int32(bucket)<<16 | int32(max(statement, 0)), nil
}

// BucketOf returns the bucket that a bucket property codes, and the statement.
func BucketOf(property int32) (bucket, statement int, err error) {
	switch uint32(property) >> 29 {
	case 0: // as Hive 2 wrote it
		return int(property), 0, nil
	case 1:
		return int(property >> 16 & MaxBucket), int(property & MaxStatement), nil
	}
	return 0, 0, fmt.Errorf("bucket property %#x is of an unknown version", uint32(property))
}
