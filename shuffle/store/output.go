package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"skep/engine/block"
	"skep/engine/vector"
	"skep/shuffle"
	"skep/shuffle/format"
)

// Output is a complete output of a store: in a file, in memory as the bytes of a file, or in memory as batches. It stays readable by those
// who have it open when it is released. Its methods are safe for concurrent use.
type Output struct {
	attempt shuffle.AttemptID
	check   uint32
	schema  uint64
	path    string // of the file; "" in memory

	mu       sync.Mutex
	parts    []part
	image    []byte            // the bytes of the file, when in memory
	raw      [][]*vector.Batch // by partition, when in memory as batches
	digests  []shuffle.Digest  // with raw
	reserved int64             // of the store's memory
	resized  func(by int64)    // tells the store of a change of reserved
	segment  *segment          // into which the file has been merged
	position int               // in the segment
}

// part is what is kept of an index entry: where a partition begins, and what comes before it.
type part struct {
	offset       int64
	frames, rows int64
}

func newParts(x *format.Index) []part {
	parts := make([]part, len(x.Partitions)+1)
	for i, p := range x.Partitions {
		parts[i].offset = p.Offset
		parts[i+1] = part{p.Offset + p.Bytes, parts[i].frames + p.Frames, parts[i].rows + p.Rows}
	}
	return parts
}

func fromIndex(x *format.Index) *Output {
	return &Output{attempt: x.Attempt, check: x.Check, schema: x.Schema, parts: newParts(x)}
}

func readFileIndex(path string, a shuffle.AttemptID) (*format.Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return format.ReadIndex(f, info.Size(), a)
}

// Describe returns what is reported of the output, without its location.
func (o *Output) Describe() (*shuffle.Output, error) {
	if o.path != "" {
		x, err := readFileIndex(o.path, o.attempt)
		if err != nil {
			return nil, err
		}
		return x.Output(""), nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.raw != nil {
		return o.rawIndex().Output(""), nil
	}
	x, err := format.ReadIndex(bytes.NewReader(o.image), int64(len(o.image)), o.attempt)
	if err != nil {
		return nil, err
	}
	x.Check = o.check // see encode
	return x.Output(""), nil
}

// rawIndex makes the index of an output of batches. The lock is held.
func (o *Output) rawIndex() *format.Index {
	x := &format.Index{Attempt: o.attempt, Schema: o.schema, Partitions: make([]format.Partition, len(o.raw)), Check: o.check}
	for p := range o.raw {
		a, b := o.parts[p], o.parts[p+1]
		x.Partitions[p] = format.Partition{Bytes: b.offset - a.offset, Frames: b.frames - a.frames, Rows: b.rows - a.rows, Digest: o.digests[p]}
	}
	return x
}

// Attempt returns whose output it is.
func (o *Output) Attempt() shuffle.AttemptID { return o.attempt }

// Schema returns the hash of the column types (format.Schema).
func (o *Output) Schema() uint64 { return o.schema }

// Extent is the part of an output's file that holds a range of partitions, and what is in it.
type Extent struct {
	Offset, Bytes int64
	Frames, Rows  int64
}

// Extent returns where the partitions of a range are. For outputs kept as batches the numbers of bytes are estimates.
func (o *Output) Extent(r shuffle.Range) (Extent, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.From < 0 || r.To < r.From || r.To >= len(o.parts) {
		return Extent{}, fmt.Errorf("partitions %d to %d of the output of %s, which has %d", r.From, r.To, o.attempt, len(o.parts)-1)
	}
	a, b := o.parts[r.From], o.parts[r.To]
	return Extent{a.offset, b.offset - a.offset, b.frames - a.frames, b.rows - a.rows}, nil
}

// Batches returns the batches of a range of partitions when the output is kept so. They must not be changed.
func (o *Output) Batches(r shuffle.Range) ([][]*vector.Batch, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.raw == nil || r.To > len(o.raw) {
		return nil, false
	}
	return append([][]*vector.Batch(nil), o.raw[r.From:r.To]...), true
}

// Content is an opened output: the bytes of its file. It is an Image or an *os.File.
type Content interface {
	io.ReaderAt
	io.Closer
}

// Image is a Content that is in memory.
type Image struct {
	*bytes.Reader
	Bytes []byte // of the whole file; not to be changed
}

// Close implements io.Closer.
func (Image) Close() error { return nil }

// Open opens the bytes of the output. Batches in memory are encoded first, and kept so from then on.
func (o *Output) Open() (Content, error) {
	if o.path != "" {
		f, err := os.Open(o.path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: %w", ErrMissing, err)
		}
		return f, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.raw != nil {
		o.encode()
	}
	if o.image == nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, shuffle.ErrReleased)
	}
	return Image{bytes.NewReader(o.image), o.image}, nil
}

// encode turns batches into the bytes of a file. The lock is held.
func (o *Output) encode() {
	enc := frameEncoder{fingerprint: o.attempt.Fingerprint(), blocks: block.Encoder{LZ4: true}}
	x := o.rawIndex()
	image := format.AppendHeader(nil, o.attempt)
	for p, batches := range o.raw {
		at := len(image)
		for i, b := range batches {
			image = enc.frame(image, p, i, b.Cols, 0, b.N)
		}
		x.Partitions[p].Bytes = int64(len(image) - at)
	}
	x.Place()
	o.parts = newParts(x)
	// The index in the bytes has a checksum of its own; the output goes on being known by the one that was reported.
	o.image, o.raw, o.digests = x.Append(image), nil, nil
	if o.resized != nil {
		n := int64(cap(o.image))
		o.resized(n - o.reserved)
		o.reserved = n
	}
}

// free gives up what is in memory, except for those who have it open, and returns the bytes that had been reserved.
func (o *Output) free() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.reserved
	o.reserved, o.raw, o.image, o.digests, o.segment, o.resized = 0, nil, nil, nil, nil, nil
	return n
}

// frameEncoder makes frames of rows.
type frameEncoder struct {
	fingerprint uint64
	blocks      block.Encoder
}

func (e *frameEncoder) frame(dst []byte, partition, number int, cols []*vector.Vector, from, n int) []byte {
	at := len(dst)
	dst = e.blocks.Encode(format.BeginFrame(dst), cols, from, n)
	format.EndFrame(dst[at:], format.Frame{Fingerprint: e.fingerprint, Partition: uint32(partition), Number: uint32(number), Rows: uint32(n)})
	return dst
}
