// Package spill keeps batches that do not fit memory in temporary files.
package spill

import (
	"fmt"
	"os"

	"skep/dialect/types"
	"skep/engine/block"
	"skep/engine/vector"
)

// flushSize is the size of the buffer in which blocks are collected before they are written.
const flushSize = 1 << 18

// File holds the batches of any number of parts, numbered from 0, in the order in which they were written, as blocks of engine/block.
// Writing is for one goroutine; once Flush has been called, parts may be read concurrently.
//
// The file has no name while it exists, so that nothing stays behind whatever happens.
type File struct {
	ts    []*types.Type
	file  *os.File
	parts [][]extent
	enc   block.Encoder
	buf   []byte
	size  int64 // written so far
}

// extent is where a block is.
type extent struct {
	at  int64
	len int
}

// Create makes an empty file in dir, which is created if need be, for rows of the given types.
func Create(dir string, ts []*types.Type) (*File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating the spill directory: %w", err)
	}
	f, err := os.CreateTemp(dir, "spill-*")
	if err != nil {
		return nil, fmt.Errorf("creating a spill file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("creating a spill file: %w", err)
	}
	return &File{ts: ts, file: f}, nil
}

// Write appends a batch without selection to a part. Columns may have any form; they are read back flat.
func (f *File) Write(part int, cols []*vector.Vector, n int) error {
	for len(f.parts) <= part {
		f.parts = append(f.parts, nil)
	}
	before := len(f.buf)
	f.buf = f.enc.Encode(f.buf, cols, 0, n)
	f.parts[part] = append(f.parts[part], extent{f.size + int64(before), len(f.buf) - before})
	if len(f.buf) >= flushSize {
		return f.Flush()
	}
	return nil
}

// Flush writes what is buffered. It must be called before reading.
func (f *File) Flush() error {
	if len(f.buf) == 0 {
		return nil
	}
	if _, err := f.file.Write(f.buf); err != nil {
		return fmt.Errorf("writing a spill file: %w", err)
	}
	f.size += int64(len(f.buf))
	f.buf = f.buf[:0]
	return nil
}

// Bytes returns the size written so far.
func (f *File) Bytes() int64 { return f.size + int64(len(f.buf)) }

// PartBytes returns the size of a part.
func (f *File) PartBytes(part int) int64 {
	if part >= len(f.parts) {
		return 0
	}
	var n int64
	for _, b := range f.parts[part] {
		n += int64(b.len)
	}
	return n
}

// Close gives up the file and its space.
func (f *File) Close() error {
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("closing a spill file: %w", err)
	}
	return nil
}

// Read returns a reader of a part.
func (f *File) Read(part int) *Reader {
	r := &Reader{file: f, dec: block.Decoder{Flat: true}, batch: vector.NewBatch(f.ts)}
	if part < len(f.parts) {
		r.blocks = f.parts[part]
	}
	return r
}

// Reader reads the batches of a part in order.
type Reader struct {
	file   *File
	blocks []extent
	dec    block.Decoder
	buf    []byte
	batch  *vector.Batch
}

// Next returns the next batch, valid until the following call, or nil at the end.
func (r *Reader) Next() (*vector.Batch, error) {
	if len(r.blocks) == 0 {
		return nil, nil
	}
	b := r.blocks[0]
	r.blocks = r.blocks[1:]
	if cap(r.buf) < b.len {
		r.buf = make([]byte, b.len, b.len+b.len/4+block.Slack)
	}
	buf := r.buf[:b.len]
	if _, err := r.file.file.ReadAt(buf, b.at); err != nil {
		return nil, fmt.Errorf("reading a spill file: %w", err)
	}
	if err := r.dec.Decode(buf, r.batch); err != nil {
		return nil, fmt.Errorf("reading a spill file: %w", err)
	}
	return r.batch, nil
}
