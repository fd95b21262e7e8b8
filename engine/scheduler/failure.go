package scheduler

import "fmt"

// Class says why an attempt failed; it decides whether the failure counts
// against the task and what is done.
type Class uint8

const (
	// User errors are the query's own (a cast, a division, a script): the job fails at once.
	User Class = iota
	// OutOfMemory: a memory grant was refused at the floor, or the process was killed for memory. Counted;
	// the next attempt gets twice the memory, then four times, then a whole worker.
	OutOfMemory
	// TransientIO: timeouts and errors of sources. Counted; tried again after a pause, elsewhere.
	TransientIO
	// Internal: an error the engine has no better class for, panics included. Counted.
	Internal
	// FetchFailed: an input could not be read. Not counted; AttemptFailed.Fetch names the producer.
	FetchFailed
	// WorkerLost: the worker went away, by its lease or its connection. Not counted.
	WorkerLost
	// Preempted: the worker or the slot was taken away on purpose. Not counted.
	Preempted
	// DiskFull and DiskBad: the worker's local directories. Not counted; the worker gets no task that
	// writes an exchange for ten minutes.
	DiskFull
	DiskBad
	// NoProgress: no byte for Config.NoProgress. Counted.
	NoProgress
	// Superseded: another attempt of the task won, or the commit was denied, or the attempt's epoch is over.
	Superseded
	// Cancelled: the job ended.
	Cancelled
	numClasses
)

var classes = [numClasses]struct {
	name    string
	counted bool
	// ofWorker failures speak against the worker too: the task goes elsewhere.
	ofWorker bool
	// derived failures follow from another one, which is the cause users should read.
	derived bool
}{
	User:        {"user error", true, false, false},
	OutOfMemory: {"out of memory", true, true, false},
	TransientIO: {"I/O error", true, true, false},
	Internal:    {"internal error", true, true, false},
	FetchFailed: {"input lost", false, false, true},
	WorkerLost:  {"worker lost", false, false, false},
	Preempted:   {"preempted", false, false, true},
	DiskFull:    {"disk full", false, true, false},
	DiskBad:     {"disk error", false, true, false},
	NoProgress:  {"no progress", true, true, false},
	Superseded:  {"superseded", false, false, true},
	Cancelled:   {"cancelled", false, false, true},
}

func (c Class) String() string {
	if c < numClasses {
		return classes[c].name
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// Counted says whether failures of the class count against the task's limit.
func (c Class) Counted() bool { return c < numClasses && classes[c].counted }

// FetchKind says what was wrong with an input.
type FetchKind uint8

const (
	// Unreachable: no connection, or it broke. The fetcher has retried for a while before it complains.
	Unreachable FetchKind = iota
	// Missing: the server answered that it does not have this attempt's output. "Missing" is not "empty".
	Missing
	// Corrupt: the data failed its check, and the server's own check of its file failed too.
	Corrupt
	// CorruptOnWire: the data failed its check though the server's file is good, twice.
	CorruptOnWire
)

func (k FetchKind) String() string {
	switch k {
	case Unreachable:
		return "unreachable"
	case Missing:
		return "missing"
	case Corrupt:
		return "corrupt"
	case CorruptOnWire:
		return "corrupt on the wire"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}
