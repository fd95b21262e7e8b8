package rcfile

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/format/writable"
)

// ErrDifferent says that files cannot be joined as they are.
var ErrDifferent = errors.New("RCFileMerge failed because the input files use different CompressionCodec or have different column number setting.")

// Copy writes the groups of files, as they are stored, to one new file. Of the columns listed in null no value is kept: they
// read as NULL from then on. It returns the size of the new file. All files must be alike in codec and columns.
func Copy(ctx context.Context, open format.Opener, paths []string, w io.Writer, null []int) (int64, error) {
	out := &writer{w: w}
	for i, path := range paths {
		if err := out.copyFile(ctx, open, path, i == 0, null); err != nil {
			return out.written, fmt.Errorf("copying %s: %w", path, err)
		}
	}
	return out.written, nil
}

func (w *writer) copyFile(ctx context.Context, open format.Opener, path string, first bool, null []int) error {
	input, err := open.Open(ctx, path)
	if err != nil {
		return err
	}
	defer input.Close()
	r := &reader{path: path, window: writable.NewWindow(path, input, 0), end: input.Size() + 1, opts: &format.ReadOptions{}}
	if r.header, err = readHeader(r.window); err != nil {
		return err
	}
	codec := compress.None
	if r.header.compressed {
		codec = r.header.codec
	}
	if !first {
		if codec != w.codec || r.header.columns != len(w.columns) {
			return ErrDifferent
		}
	} else {
		w.codec, w.columns = codec, make([]columnWriter, r.header.columns)
		if err := w.start(); err != nil {
			return err
		}
	}
	for {
		more, err := r.groupKey()
		if err != nil || !more {
			return err
		}
		if err := w.copyGroup(r, null); err != nil {
			return err
		}
	}
}

// start writes the header of a file of w.columns.
func (w *writer) start() error {
	sync := make([]byte, syncBytes)
	if _, err := rand.Read(sync); err != nil {
		return fmt.Errorf("making a sync marker: %w", err)
	}
	w.mark = append([]byte{0xff, 0xff, 0xff, 0xff}, sync...)
	head := []byte("RCF\x01\x00")
	if w.codec != compress.None {
		head[4] = 1
		head = writable.AppendText(head, w.codec.Class())
	}
	head = binary.BigEndian.AppendUint32(head, 1)
	head = writable.AppendText(head, columnsKey)
	head = writable.AppendText(head, strconv.Itoa(len(w.columns)))
	return w.put(append(head, sync...))
}

// copyGroup copies the group whose key r has read.
func (w *writer) copyGroup(r *reader, null []int) error {
	lengths := make([][]byte, r.header.columns)
	sizes, err := r.readKey(func(i int, s []byte) { lengths[i] = s })
	if err != nil {
		return err
	}
	key := writable.AppendVLong(nil, int64(r.rows))
	var values []byte
	for i, size := range sizes {
		s, err := r.window.Take(size[0])
		if err != nil {
			return err
		}
		if slices.Contains(null, i) {
			s, size, lengths[i] = nil, [2]int{}, nil
		}
		values = append(values, s...)
		key = writable.AppendVLong(key, int64(size[0]))
		key = writable.AppendVLong(key, int64(size[1]))
		key = append(writable.AppendVLong(key, int64(len(lengths[i]))), lengths[i]...)
	}
	return w.putGroup(key, values)
}

// putGroup writes a group: its key, which is compressed here, and its values.
func (w *writer) putGroup(key, values []byte) error {
	var out []byte
	if w.written-w.lastSync >= syncInterval {
		w.lastSync = w.written
		out = append(out, w.mark...)
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(key)+len(values)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(key)))
	stored, err := w.deflate(key)
	if err != nil {
		return fmt.Errorf("writing an RCFile: %w", err)
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(stored)))
	return w.put(append(append(out, stored...), values...))
}

// groupKey reads the key of the next group.
func (r *reader) groupKey() (bool, error) {
	w := r.window
	for {
		if r.done || w.AtEnd() {
			return false, nil
		}
		r.group = w.Offset()
		length, err := w.Int()
		if err != nil {
			return false, err
		}
		if length != -1 {
			if length < 0 {
				return false, w.Errorf("the file is corrupt: a group of %d bytes", length)
			}
			break
		}
		sync, err := w.Take(syncBytes)
		if err != nil {
			return false, err
		}
		if !bytes.Equal(sync, r.header.mark[escapeBytes:]) {
			return false, w.Errorf("the file is corrupt: a sync marker is wrong")
		}
		r.done = r.group >= r.end
	}
	keyLength, err := w.Int()
	if err != nil {
		return false, err
	}
	stored, err := w.Int() // the key's length as it is stored
	if err != nil {
		return false, err
	}
	key, err := w.Take(stored)
	if err != nil {
		return false, err
	}
	if r.header.compressed {
		r.key, err = r.inflate(r.key[:0], key, keyLength)
		return err == nil, err
	}
	r.key = append(r.key[:0], key...)
	return true, nil
}
