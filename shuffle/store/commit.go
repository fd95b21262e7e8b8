package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"skep/engine/block"
	"skep/engine/vector"
	"skep/shuffle"
	"skep/shuffle/format"
)

// run is a file of frames in partition order.
type run struct {
	file    File
	offsets []int64 // by partition, and the end
}

// spill moves the frames in memory to a run.
func (w *Writer) spill() error {
	if w.frameBytes == 0 {
		return nil
	}
	r := &run{offsets: make([]int64, len(w.parts)+1)}
	for p, part := range w.parts {
		r.offsets[p+1] = r.offsets[p]
		for _, f := range part.frames {
			r.offsets[p+1] += int64(len(f))
		}
	}
	err := w.store.runs.try(func(dir string) error {
		f, err := w.store.createUnnamed(dir)
		if err != nil {
			return err
		}
		out := newBuffered(f)
		for _, part := range w.parts {
			for _, frame := range part.frames {
				out.write(frame)
			}
		}
		if err := out.flush(); err != nil {
			return errors.Join(fmt.Errorf("writing a run: %w", err), f.Close())
		}
		r.file = f
		return nil
	})
	if err != nil {
		return err
	}
	w.runs = append(w.runs, r)
	for p := range w.parts {
		w.parts[p].frames = nil
	}
	w.frameBytes, w.chunk = 0, w.chunk[:0]
	w.store.mu.Lock()
	w.store.stats.Runs++
	w.store.mu.Unlock()
	return nil
}

// createUnnamed creates a file in a directory that is gone when it is closed.
func (s *Store) createUnnamed(dir string) (File, error) {
	path := tempName(filepath.Join(dir, "run"))
	f, err := s.opts.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating a temporary file: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return nil, errors.Join(fmt.Errorf("unlinking a temporary file: %w", err), f.Close())
	}
	return f, nil
}

func (w *Writer) commit(ctx context.Context) (*shuffle.Output, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return nil, err
	}
	err := errors.Join(w.ctx.Err(), ctx.Err())
	if err == nil {
		err = w.buffer.Flush()
	}
	if err == nil && w.asBatches {
		err = w.relieve()
	}
	if err == nil && w.asBatches {
		w.batchBytes += w.buffer.Bytes() // dictionaries
	}
	if err != nil {
		return nil, w.failed(err)
	}
	if w.asBatches && w.store.opts.Encode {
		w.leaveBatches()
	}
	x, o, err := w.complete(ctx)
	if err == nil {
		if err = w.store.publish(o); err != nil {
			w.store.memory.Add(-o.free())
			if o.path != "" {
				err = errors.Join(err, os.Remove(o.path))
			}
		}
	}
	if err != nil {
		return nil, w.failed(err)
	}
	return x.Output(w.store.opts.Location), w.end(committed)
}

// complete makes the output of what is there.
func (w *Writer) complete(ctx context.Context) (*format.Index, *Output, error) {
	x := &format.Index{Attempt: w.spec.Attempt, Schema: format.Schema(w.spec.Types), Partitions: make([]format.Partition, len(w.parts))}
	for p := range w.parts {
		x.Partitions[p] = w.parts[p].info
		if w.asBatches {
			x.Partitions[p].Frames = int64(len(w.parts[p].batches))
		}
	}
	x.Place()
	if w.asBatches {
		x.Append(nil) // for the checksum
		o := fromIndex(x)
		o.raw, o.digests = make([][]*vector.Batch, len(w.parts)), make([]shuffle.Digest, len(w.parts))
		for p := range w.parts {
			o.raw[p], o.digests[p] = w.parts[p].batches, x.Partitions[p].Digest
		}
		// What was reserved in steps goes back but for what is in use.
		w.store.memory.Add(w.batchBytes - w.reserved)
		o.reserved, o.resized, w.reserved = w.batchBytes, func(by int64) { w.store.memory.Add(by) }, 0
		return x, o, nil
	}
	if size := w.frameBytes; len(w.runs) == 0 && size <= w.store.opts.MemoryPerOutput && w.store.reserve(size) {
		image := make([]byte, 0, int(size)+format.HeaderSize(x.Attempt)+256+48*len(w.parts)+block.Slack)
		image = format.AppendHeader(image, x.Attempt)
		for p := range w.parts {
			for _, f := range w.parts[p].frames {
				image = append(image, f...)
			}
		}
		image = x.Append(image)
		o := fromIndex(x)
		o.image, o.reserved = image, size
		return x, o, nil
	}
	path, err := w.writeFile(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	o := fromIndex(x)
	o.path = path
	return x, o, nil
}

// writeFile writes the file, in the first directory that takes it, and returns its path.
func (w *Writer) writeFile(ctx context.Context, x *format.Index) (string, error) {
	var path string
	err := w.store.dirs.try(func(dir string) error {
		to := filepath.Join(dir, fileName(x.Attempt))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return fmt.Errorf("creating a directory: %w", err)
		}
		tmp := tempName(to)
		f, err := w.store.opts.Create(tmp)
		if err != nil {
			return fmt.Errorf("creating a file: %w", err)
		}
		if err := w.fillFile(ctx, f, x); err != nil {
			return errors.Join(err, f.Close(), os.Remove(tmp))
		}
		if err := f.Close(); err != nil {
			return errors.Join(fmt.Errorf("closing a file: %w", err), os.Remove(tmp))
		}
		if err := os.Rename(tmp, to); err != nil {
			return errors.Join(fmt.Errorf("naming a file: %w", err), os.Remove(tmp))
		}
		path = to
		return nil
	})
	return path, err
}

func (w *Writer) fillFile(ctx context.Context, f File, x *format.Index) error {
	out := newBuffered(f)
	out.write(format.AppendHeader(nil, x.Attempt))
	for p := range w.parts {
		if p%64 == 0 && ctx.Err() != nil {
			return otherError{ctx.Err()}
		}
		for _, r := range w.runs {
			if err := out.copy(r.file, r.offsets[p], r.offsets[p+1]); err != nil {
				return otherError{fmt.Errorf("reading a run back: %w", err)}
			}
		}
		for _, frame := range w.parts[p].frames {
			out.write(frame)
		}
	}
	out.write(x.Append(nil))
	if err := out.flush(); err != nil {
		return fmt.Errorf("writing a file: %w", err)
	}
	return nil
}

// view returns rows from..from+n-1 of columns that are flat or coded, sharing their memory.
func view(cols []*vector.Vector, from, n int) *vector.Batch {
	b := &vector.Batch{N: n, Cols: make([]*vector.Vector, len(cols))}
	for i, c := range cols {
		b.Cols[i] = viewColumn(c, from, n)
	}
	return b
}

func viewColumn(c *vector.Vector, from, n int) *vector.Vector {
	if c.Form == vector.Dict {
		return &vector.Vector{
			Type: c.Type, Form: c.Form, Codes: cut(c.Codes, from, n), DictOf: c.DictOf, DictID: c.DictID, Nulls: cut(c.Nulls, from, n),
		}
	}
	v := &vector.Vector{Type: c.Type, Data: c.Data}
	v.I64, v.F64, v.W, v.Refs, v.Nulls = cut(c.I64, from, n), cut(c.F64, from, n), cut(c.W, from, n), cut(c.Refs, from, n), cut(c.Nulls, from, n)
	if len(c.Refs) > 0 {
		v.Children = c.Children // of lists and maps: runs refer to them
		return v
	}
	for _, k := range c.Children {
		v.Children = append(v.Children, viewColumn(k, from, n))
	}
	return v
}

func cut[T any](s []T, from, n int) []T {
	if len(s) == 0 {
		return nil
	}
	return s[from : from+n : from+n]
}

// held estimates the bytes that a batch keeps from being freed; of arenas it counts what is referred to, dictionaries not at all.
func held(b *vector.Batch) int64 {
	var n int64
	for _, c := range b.Cols {
		n += heldColumn(c)
	}
	return n
}

func heldColumn(c *vector.Vector) int64 {
	n := int64(len(c.I64)*8 + len(c.F64)*8 + len(c.W)*16 + len(c.Refs)*8 + len(c.Codes)*4 + len(c.Nulls))
	if len(c.Refs) == 0 {
		for _, k := range c.Children {
			n += heldColumn(k)
		}
		return n
	}
	var sum int64
	for _, r := range c.Refs {
		sum += int64(r.Len)
	}
	if len(c.Children) == 0 {
		return n + sum
	}
	for _, k := range c.Children {
		if rows := int64(k.Len()); rows > 0 {
			n += heldColumn(k) / rows * sum
		}
	}
	return n
}

// buffered collects small writes. Errors of writing are kept until flush.
type buffered struct {
	to  io.Writer
	buf []byte
	err error
}

const bufferedSize = 1 << 20

func newBuffered(to io.Writer) *buffered {
	return &buffered{to: to, buf: make([]byte, 0, bufferedSize)}
}

func (b *buffered) write(p []byte) {
	if len(b.buf)+len(p) > cap(b.buf) {
		b.empty()
		if len(p) >= cap(b.buf) {
			if b.err == nil {
				_, b.err = b.to.Write(p)
			}
			return
		}
	}
	b.buf = append(b.buf, p...)
}

func (b *buffered) empty() {
	if b.err == nil && len(b.buf) > 0 {
		_, b.err = b.to.Write(b.buf)
	}
	b.buf = b.buf[:0]
}

// copy writes bytes from..to-1 of a file; the error is of reading.
func (b *buffered) copy(f io.ReaderAt, from, to int64) error {
	for from < to && b.err == nil {
		if len(b.buf) == cap(b.buf) {
			b.empty()
		}
		at := len(b.buf)
		n := int(min(to-from, int64(cap(b.buf)-at)))
		if _, err := f.ReadAt(b.buf[at:at+n], from); err != nil {
			return err
		}
		b.buf = b.buf[:at+n]
		from += int64(n)
	}
	return nil
}

func (b *buffered) flush() error {
	b.empty()
	return b.err
}
