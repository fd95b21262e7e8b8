package sequencefile

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/format/text"
	"skep/engine/format/writable"
)

const (
	// syncInterval is about how many bytes of records lie between sync markers.
	syncInterval = 100 << 10
	// blockBytes is the size of a block before it is compressed, as io.seqfile.compress.blocksize has it.
	blockBytes = 1_000_000
)

type writer struct {
	w        io.Writer
	codec    compress.Codec
	blocks   bool
	mark     []byte
	buf      []byte
	written  int64 // bytes handed to w
	lastSync int64
	scratch  bytes.Buffer
	stream   io.WriteCloser // kept for its state, where it can be reset
	// The block being filled.
	count   int
	lengths []byte
	values  []byte
}

// NewWriter implements record.Container: compressed when the session asks for compressed output, by records or blocks as
// mapreduce.output.fileoutputformat.compress.type says.
func (Container) NewWriter(w io.Writer, opts *format.WriteOptions) (record.Writer, error) {
	codec, err := text.OutputCodec(&opts.Session)
	if err != nil {
		return nil, fmt.Errorf("writing a sequence file: %w", err)
	}
	out := &writer{w: w, codec: codec}
	if codec != compress.None {
		out.blocks = strings.EqualFold(compressionType(opts.Session.Conf), "BLOCK")
	}
	sync := make([]byte, syncBytes)
	if _, err := rand.Read(sync); err != nil {
		return nil, fmt.Errorf("making a sync marker: %w", err)
	}
	out.mark = append([]byte{0xff, 0xff, 0xff, 0xff}, sync...)
	out.buf = append(out.buf, "SEQ\x06"...)
	out.buf = writable.AppendText(out.buf, bytesClass)
	out.buf = writable.AppendText(out.buf, textClass)
	out.buf = append(out.buf, flag(codec != compress.None), flag(out.blocks))
	if codec != compress.None {
		out.buf = writable.AppendText(out.buf, codec.Class())
	}
	out.buf = append(out.buf, 0, 0, 0, 0) // no metadata
	out.buf = append(out.buf, sync...)
	return out, nil
}

func compressionType(conf func(string) string) string {
	for _, key := range []string{"mapreduce.output.fileoutputformat.compress.type", "mapred.output.compression.type"} {
		if v := conf(key); v != "" {
			return v
		}
	}
	return "RECORD"
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// Write implements record.Writer.
func (w *writer) Write(buf []byte, ends []int) error {
	start := 0
	for _, end := range ends {
		row := buf[start:end]
		start = end
		var err error
		if w.blocks {
			err = w.addToBlock(row)
		} else {
			err = w.addRecord(row)
		}
		if err != nil {
			return fmt.Errorf("writing a sequence file: %w", err)
		}
	}
	if len(w.buf) >= 256<<10 {
		return w.flush()
	}
	return nil
}

// emptyKey is the key of every record, an empty BytesWritable.
var emptyKey = []byte{0, 0, 0, 0}

func (w *writer) addRecord(row []byte) error {
	if at := w.written + int64(len(w.buf)); at-w.lastSync >= syncInterval {
		w.lastSync = at
		w.buf = append(w.buf, w.mark...)
	}
	if w.codec == compress.None {
		size := len(writable.AppendVLong(w.scratch.AvailableBuffer(), int64(len(row))))
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(len(emptyKey)+size+len(row)))
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(len(emptyKey)))
		w.buf = append(w.buf, emptyKey...)
		w.buf = append(writable.AppendVLong(w.buf, int64(len(row))), row...)
		return nil
	}
	value, err := w.deflate(append(writable.AppendVLong(nil, int64(len(row))), row...))
	if err != nil {
		return err
	}
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(len(emptyKey)+len(value)))
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(len(emptyKey)))
	w.buf = append(append(w.buf, emptyKey...), value...)
	return nil
}

// deflate compresses s; the result is valid until the next call.
func (w *writer) deflate(s []byte) ([]byte, error) {
	w.scratch.Reset()
	if z, ok := w.stream.(interface{ Reset(io.Writer) }); ok {
		z.Reset(&w.scratch)
	} else {
		var err error
		if w.stream, err = w.codec.NewWriter(&w.scratch); err != nil {
			return nil, err
		}
	}
	if _, err := w.stream.Write(s); err != nil {
		return nil, err
	}
	if err := w.stream.Close(); err != nil {
		return nil, err
	}
	return w.scratch.Bytes(), nil
}

func (w *writer) addToBlock(row []byte) error {
	start := len(w.values)
	w.values = append(writable.AppendVLong(w.values, int64(len(row))), row...)
	w.lengths = writable.AppendVLong(w.lengths, int64(len(w.values)-start))
	w.count++
	if len(w.values)+w.count*len(emptyKey) >= blockBytes {
		return w.endBlock()
	}
	return nil
}

func (w *writer) endBlock() error {
	if w.count == 0 {
		return nil
	}
	w.buf = append(w.buf, w.mark...)
	w.buf = writable.AppendVLong(w.buf, int64(w.count))
	keyLengths := bytes.Repeat([]byte{byte(len(emptyKey))}, w.count)
	for _, part := range [][]byte{keyLengths, bytes.Repeat(emptyKey, w.count), w.lengths, w.values} {
		z, err := w.deflate(part)
		if err != nil {
			return err
		}
		w.buf = append(writable.AppendVLong(w.buf, int64(len(z))), z...)
	}
	w.count, w.lengths, w.values = 0, w.lengths[:0], w.values[:0]
	return nil
}

func (w *writer) flush() error {
	n, err := w.w.Write(w.buf)
	w.written += int64(n)
	if err != nil {
		return fmt.Errorf("writing a sequence file: %w", err)
	}
	w.buf = w.buf[:0]
	return nil
}

// Close implements record.Writer.
func (w *writer) Close() (int64, error) {
	if err := w.endBlock(); err != nil {
		return 0, fmt.Errorf("writing a sequence file: %w", err)
	}
	err := w.flush()
	return w.written, err
}
