package shuffle

import (
	"errors"
	"fmt"
	"strings"
)

// FetchKind classifies why an output could not be read; what to do follows from it.
type FetchKind uint8

// The kinds.
const (
	// Unreachable: the place where the output is did not answer, or broke off, after retries. The output may still be there.
	Unreachable FetchKind = iota + 1
	// Missing: the place answered and does not have the output (or has released it). The producer must run again.
	Missing
	// Corrupt: the output is there, but what was read twice is not what was written (checksum, length, structure).
	Corrupt
	// Stale: the output is there but belongs to another attempt or epoch than the manifest says.
	Stale
	// Refused: the place answered that the reader may not read (wrong token).
	Refused
)

var kindNames = [...]string{"", "unreachable", "missing", "corrupt", "stale", "refused"}

// String returns the kind's name.
func (k FetchKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// ParseFetchKind reads what FetchKind.String returns; 0 when it is none.
func ParseFetchKind(s string) FetchKind {
	for k, name := range kindNames {
		if name == s && k > 0 {
			return FetchKind(k)
		}
	}
	return 0
}

// FetchError says which output could not be read, and why. It is never the consumer's fault.
type FetchError struct {
	Kind FetchKind
	// Attempt is the producer. For Unreachable places it is one of those that were asked for there.
	Attempt   AttemptID
	Location  string
	Partition int // -1 when the problem is not with one partition
	Err       error
}

// Error implements error.
func (e *FetchError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "reading the shuffle output of %s", e.Attempt)
	if e.Partition >= 0 {
		fmt.Fprintf(&b, ", partition %d", e.Partition)
	}
	if e.Location != "" {
		fmt.Fprintf(&b, ", at %s", e.Location)
	}
	fmt.Fprintf(&b, ": %s: %v", e.Kind, e.Err)
	return b.String()
}

// Unwrap returns the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// KindOf returns the kind of the FetchError in err's chain, or 0.
func KindOf(err error) FetchKind {
	var f *FetchError
	if errors.As(err, &f) {
		return f.Kind
	}
	return 0
}

// DiskError says that an output could not be written because of the directories it was to be in. It is the worker's fault, not the
// task's.
type DiskError struct {
	// Full is true when every directory is full, false when writing failed otherwise.
	Full bool
	Err  error // joined, one for each directory tried
}

// Error implements error.
func (e *DiskError) Error() string {
	if e.Full {
		return "no space left in any shuffle directory: " + e.Err.Error()
	}
	return "no shuffle directory can be written: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *DiskError) Unwrap() error { return e.Err }

// ErrReleased is wrapped by errors of writers and readers whose job or stage has been released.
var ErrReleased = errors.New("the shuffle output has been released")
