// Package shuffle moves rows between the tasks of a query: every task of a producing stage writes one output, its rows divided
// among R partitions, and tasks of consuming stages read ranges of partitions from the outputs of all producers.
//
// An Exchange is one way to do that. Implementations are in sub-packages: local keeps outputs with the worker (in memory while
// they are small, else in files) and serves them to others over HTTP; spool puts them in a folder that all workers share, so
// that they survive their worker. Engines use this interface only.
//
// The life of an output: OpenWriter, Write…, Commit (or Abort, after which nothing is left). Commit returns an Output, which the
// worker reports. Whoever schedules chooses one Output per task and lists them in a Manifest; tasks of consumers get the manifest
// and the slices of it that are theirs. Release drops the outputs when no consumer can come any more.
//
// An output belongs to an attempt. Its identifier is in the file, in every block and in the manifest, and readers compare them:
// what another attempt or another epoch wrote is never read by mistake.
package shuffle

import (
	"context"

	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/vector"
)

// MaxPartitions is the largest number of partitions of an output.
const MaxPartitions = 1 << 16

// Exchange moves rows from producers to consumers. Its methods are safe for concurrent use.
type Exchange interface {
	// OpenWriter begins the output of an attempt. The writer must end with Commit or Abort. Several attempts of one task may write
	// at the same time.
	OpenWriter(ctx context.Context, spec WriterSpec) (Writer, error)

	// OpenReader begins reading slices of the outputs that a manifest lists. The reader must be closed. Problems with outputs
	// show at Next, as *FetchError.
	OpenReader(ctx context.Context, spec ReaderSpec) (Reader, error)

	// MapSizes returns the stored bytes of one partition by map number (the position in the manifest's entries), by which the
	// partition may be divided into map ranges of equal size. Errors are *FetchError.
	MapSizes(ctx context.Context, m *Manifest, partition int) ([]int64, error)

	// Release drops all outputs of a job, or of the named stages of it (all their epochs). Writers still open for them fail. What is
	// released is missing afterwards, never empty.
	Release(ctx context.Context, job string, stages ...int) error

	// Capabilities says what the implementation can do.
	Capabilities() Capabilities

	// Close ends background work and frees what is held. Outputs of implementations that survive their worker stay.
	Close() error
}

// Capabilities describes an Exchange to those who schedule on it.
type Capabilities struct {
	// SurvivesWorker is true when outputs stay readable after the worker that wrote them has gone.
	SurvivesWorker bool
	// Merges is true when small outputs of one worker are merged in the background, so that many small partitions are cheap.
	Merges bool
	// NeedsAttemptFilter is true when readers may meet rows of attempts that are not in the manifest and leave them out themselves;
	// when false such rows are not even transferred.
	NeedsAttemptFilter bool
}

// WriterSpec says what is going to be written.
type WriterSpec struct {
	Attempt    AttemptID
	Partitions int // R, at least 1
	Types      []*types.Type
	// Pool is where the writer accounts for its buffers; nil means that only the exchange's own limits hold. A writer whose pool is
	// exhausted goes to disk earlier, it does not fail.
	Pool *memory.Pool
}

// Writer takes the rows of one attempt. It is for one goroutine, except that Abort may be called from another.
type Writer interface {
	// Write adds the selected rows of b, in any form. parts[i] is the partition of the i-th selected row; nil means partition 0 for
	// all. Neither b nor parts is kept or changed. Rows of one partition stay in the order in which they are written.
	Write(b *vector.Batch, parts []uint32) error

	// Commit completes the output and makes it readable. The writer cannot be used afterwards. When it fails nothing is left.
	Commit(ctx context.Context) (*Output, error)

	// Abort gives up what is written. It may be called at any time and more than once; after a successful Commit it does nothing.
	Abort() error
}

// Output describes the committed output of an attempt.
type Output struct {
	Attempt AttemptID
	// Location is where it can be read, in the terms of the exchange that wrote it.
	Location string
	// Check is the checksum of the output's index (which holds the checksums of partitions), by which a reader knows this very output.
	Check uint32
	// Partitions has an entry for each of the R partitions.
	Partitions []PartitionInfo
}

// PartitionInfo is what is known of one partition of an output.
type PartitionInfo struct {
	Rows  int64
	Bytes int64 // as stored; an estimate while the output is in memory
	// Digest of the rows. Equal rows in any order have equal digests, so a repeated task that wrote something else is found out.
	Digest Digest
}

// Bytes returns the stored bytes of all partitions.
func (o *Output) Bytes() int64 {
	var n int64
	for _, p := range o.Partitions {
		n += p.Bytes
	}
	return n
}

// Rows returns the rows of all partitions.
func (o *Output) Rows() int64 {
	var n int64
	for _, p := range o.Partitions {
		n += p.Rows
	}
	return n
}

// Manifest lists the outputs that consumers of a stage read, one per task, ordered by task number. A position in Entries is
// called a map number. Manifests are values: a stage that re-ran tasks has a new one.
type Manifest struct {
	Stage      StageID // job, stage, and the epoch in which the manifest was made
	Partitions int
	// Locations holds each location once; entries refer to it.
	Locations []string
	Entries   []ManifestEntry
}

// ManifestEntry is one output in a manifest. The attempt's job and stage are the manifest's.
type ManifestEntry struct {
	Task, Epoch, Attempt int32
	Location             int32 // index in Locations, or Nowhere
	Check                uint32
}

// Nowhere is the location of an output without rows, which nobody reads: it is not missed when its place has gone.
const Nowhere = -1

// NewManifest lists outputs, which must be of one stage and ordered by task.
func NewManifest(stage StageID, partitions int, outputs []*Output) *Manifest {
	m := &Manifest{Stage: stage, Partitions: partitions}
	at := map[string]int32{}
	for _, o := range outputs {
		loc, ok := at[o.Location]
		if !ok {
			loc = int32(len(m.Locations))
			at[o.Location] = loc
			m.Locations = append(m.Locations, o.Location)
		}
		a := o.Attempt
		m.Entries = append(m.Entries, ManifestEntry{Task: int32(a.Task), Epoch: int32(a.Epoch), Attempt: int32(a.Attempt), Location: loc, Check: o.Check})
	}
	return m
}

// Attempt returns the attempt whose output has a map number.
func (m *Manifest) Attempt(number int) AttemptID {
	e := m.Entries[number]
	return AttemptID{StageID: StageID{Job: m.Stage.Job, Stage: m.Stage.Stage, Epoch: int(e.Epoch)}, Task: int(e.Task), Attempt: int(e.Attempt)}
}

// Range is from From to below To.
type Range struct{ From, To int }

// Slice is a part of what a manifest lists: some partitions of some outputs. The zero range of Maps means all outputs.
type Slice struct {
	Partitions Range
	Maps       Range
}

// ReaderSpec says what is to be read.
type ReaderSpec struct {
	Manifest *Manifest
	Slices   []Slice
	Types    []*types.Type // as they were written
	// Pool is where the reader accounts for blocks in flight; nil means that only the exchange's own limits hold.
	Pool *memory.Pool
	// Missing, unless nil, is asked when an output cannot be read: it waits for a manifest of the same stage and epoch with which to go
	// on, which may be the same one to try again, or returns the error that ends the reader. used is the manifest that was read by.
	// The reader goes on where it was; rows that it has given are not given again. Where what another attempt wrote does not begin
	// with what had been read, byte by byte, the reader ends with the error that it began with.
	Missing func(ctx context.Context, used *Manifest, err *FetchError) (*Manifest, error)
}

// Reader gives the rows of slices: slice by slice, within a slice by map number, within an output by partition, within a partition
// as written. The order is the same at every reading, so a repeated consumer sees the same rows in the same order. A Reader is for
// one goroutine, except that Close may be called from another, which ends a Next under way.
type Reader interface {
	// Next returns the next batch, of at least one row and without selection, or nil at the end. It is valid until the following call
	// and must not be changed. It stops when ctx ends. Errors of outputs are *FetchError; after an error the reader is at its end.
	Next(ctx context.Context) (*vector.Batch, error)

	// Partition returns the partition of the last batch.
	Partition() int

	// Stats returns what has been read so far.
	Stats() ReaderStats

	// Close ends reading and frees everything. It may be called more than once.
	Close() error
}

// ReaderStats counts the work of a reader.
type ReaderStats struct {
	Rows        int64
	LocalBytes  int64 // from files and memory of this process
	RemoteBytes int64 // over the network
	Blocks      int64
	Requests    int64 // to other processes
	Retries     int64 // of requests that failed
}
