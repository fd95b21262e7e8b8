package avro

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/format/sequencefile"
	"skep/engine/format/writable"
	"skep/engine/vector"
)

// Format is the Avro container format.
type Format struct{}

var _ format.Positioner = Format{}

// Positions implements format.Positioner: offsets are those of blocks.
func (Format) Positions() {}

const (
	magic     = "Obj\x01"
	syncBytes = 16
	// maxBlock bounds a block, compressed or not.
	maxBlock = 1 << 30
)

// The codecs of blocks by the names that files use.
var codecs = map[string]compress.Block{
	"": compress.BlockNone, "null": compress.BlockNone, "deflate": compress.BlockDeflate, "snappy": compress.BlockSnappy,
	"zstandard": compress.BlockZstd,
}

// Splits implements format.Format: a split has the blocks behind the sync markers that lie in it.
func (Format) Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error) {
	input, err := opts.Open.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	return sequencefile.Divide(path, input.Size(), target), nil
}

// reader reads the blocks of a split.
type reader struct {
	window  *writable.Window
	input   io.Closer
	opts    *format.ReadOptions
	sync    []byte
	codec   compress.Block
	end     int64 // sync markers here or later belong to the next split
	done    bool
	parts   []part
	missing []missing
	vectors []*vector.Vector // by index into the schema; nil when not wanted
	decoder compress.Decoder
	plain   []byte
	block   int64 // where the current block is
	rows    int64 // left in it
	data    data
	offsets *vector.Vector
	batch   vector.Batch
	sel     []uint16
}

// OpenSplit implements format.Format.
func (Format) OpenSplit(ctx context.Context, s format.Split, opts *format.ReadOptions) (_ format.Reader, err error) {
	input, err := opts.Open.Open(ctx, s.Path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			input.Close()
		}
	}()
	r := &reader{
		window: writable.NewWindow(s.Path, input, 0), input: input, opts: opts, end: s.Start + s.Length,
		vectors: make([]*vector.Vector, len(opts.Schema)), sel: make([]uint16, vector.BatchSize),
	}
	meta, err := r.header()
	if err != nil {
		return nil, err
	}
	if err := r.resolve(meta); err != nil {
		return nil, fmt.Errorf("opening %s: %w", s.Path, err)
	}
	if opts.Offsets {
		r.offsets = vector.New(types.BigIntType, 0)
	}
	size := r.window.Offset()
	if s.Start > size-syncBytes {
		r.window = writable.NewWindow(s.Path, input, s.Start)
		found, err := r.window.Find(r.sync)
		if err != nil {
			return nil, err
		}
		r.done = !found || r.window.Offset() >= r.end
		if found {
			r.window.Pos += syncBytes
		}
	}
	return r, nil
}

// header reads the start of the file: metadata and the sync marker.
func (r *reader) header() (map[string]string, error) {
	w := r.window
	s, err := w.Take(len(magic))
	if err != nil {
		return nil, err
	}
	if string(s) != magic {
		return nil, w.Errorf("not an Avro file: it starts with %q", s)
	}
	meta := map[string]string{}
	for {
		n, err := long(w)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		if n < 0 {
			n = -n
			if _, err := long(w); err != nil {
				return nil, err
			}
		}
		for range n {
			var pair [2]string
			for i := range pair {
				size, err := long(w)
				if err != nil {
					return nil, err
				}
				if size < 0 || size > maxBlock {
					return nil, w.Errorf("the file is corrupt: metadata of %d bytes", size)
				}
				s, err := w.Take(int(size))
				if err != nil {
					return nil, err
				}
				pair[i] = string(s)
			}
			meta[pair[0]] = pair[1]
		}
	}
	if s, err = w.Take(syncBytes); err != nil {
		return nil, err
	}
	r.sync = bytes.Clone(s)
	return meta, nil
}

// long consumes a variable-length integer.
func long(w *writable.Window) (int64, error) {
	var u uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b, err := w.Byte()
		if err != nil {
			return 0, err
		}
		u |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return int64(u>>1) ^ -int64(u&1), nil
		}
	}
	return 0, w.Errorf("the file is corrupt: an integer of more than 64 bits")
}

// resolve makes the decoders of the file's fields.
func (r *reader) resolve(meta map[string]string) error {
	codec, ok := codecs[meta["avro.codec"]]
	if !ok {
		return fmt.Errorf("the codec %s is not supported", meta["avro.codec"])
	}
	r.codec = codec
	writer, err := parse(meta["avro.schema"])
	if err != nil {
		return err
	}
	reader, _, err := readerSchema(r.opts.Schema, r.opts.Properties)
	if err != nil {
		return err
	}
	res := &resolver{writer: writer, reader: reader, zone: r.zone(meta)}
	names := make([]string, len(r.opts.Schema))
	children := make([]*types.Type, len(r.opts.Schema))
	for _, i := range record.Wanted(r.opts) {
		c := r.opts.Schema[i]
		names[i], children[i] = c.Name, c.Type
		r.vectors[i] = vector.New(c.Type, 0)
	}
	r.parts, r.missing, err = res.parts(writer.root, reader.root, names, children, 0)
	return err
}

// zone is the time zone whose local times the file's timestamps, kept in UTC, are: the writer's if the file names it,
// otherwise the session's.
func (r *reader) zone(meta map[string]string) *time.Location {
	if name := meta["writer.time.zone"]; name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	if s := r.opts.Session; s.Conf == nil || s.Conf("hive.avro.timestamp.skip.conversion") != "true" {
		return s.Location
	}
	return time.UTC
}

// Close implements format.Reader.
func (r *reader) Close() error {
	r.decoder.Close()
	return r.input.Close()
}

// Next implements format.Reader.
func (r *reader) Next() (*vector.Batch, error) {
	for {
		for r.rows == 0 {
			more, err := r.nextBlock()
			if err != nil || !more {
				return nil, err
			}
		}
		n := int(min(r.rows, vector.BatchSize))
		if err := r.decode(n); err != nil {
			return nil, r.window.Errorf("the block at offset %d: %w", r.block, err)
		}
		r.rows -= int64(n)
		for _, v := range r.vectors {
			orderMaps(v)
		}
		sel, err := format.SelectRows(r.opts.Predicates, n, r.sel, func(i int, _ []uint16) (*vector.Vector, error) {
			return r.vectors[i], nil
		})
		if err != nil {
			return nil, err
		}
		if sel != nil && len(sel) == 0 {
			continue
		}
		r.batch.N, r.batch.Sel, r.batch.Cols = n, sel, r.batch.Cols[:0]
		for _, i := range r.opts.Projection {
			r.batch.Cols = append(r.batch.Cols, r.vectors[i])
		}
		if r.offsets != nil {
			r.offsets.Resize(n)
			for i := range n {
				r.offsets.I64[i] = r.block
			}
			r.batch.Cols = append(r.batch.Cols, r.offsets)
		}
		return &r.batch, nil
	}
}

// decode decodes the next n rows.
func (r *reader) decode(n int) error {
	for _, v := range r.vectors {
		if v != nil {
			v.Reset()
		}
	}
	for range n {
		for _, p := range r.parts {
			var v *vector.Vector
			if p.to >= 0 {
				v = r.vectors[p.to]
			}
			if err := p.decode(&r.data, v); err != nil {
				return err
			}
		}
	}
	for _, m := range r.missing {
		for range n {
			r.vectors[m.to].AppendDatum(m.value)
		}
	}
	return nil
}

// nextBlock reads and decompresses a block.
func (r *reader) nextBlock() (bool, error) {
	w := r.window
	if r.done || w.AtEnd() {
		return false, nil
	}
	r.block = w.Offset()
	rows, err := long(w)
	if err != nil {
		return false, err
	}
	size, err := long(w)
	if err != nil {
		return false, err
	}
	if rows < 0 || size < 0 || size > maxBlock {
		return false, w.Errorf("the file is corrupt: a block of %d rows and %d bytes", rows, size)
	}
	s, err := w.Take(int(size) + syncBytes)
	if err != nil {
		return false, err
	}
	s, sync := s[:size], s[size:]
	if !bytes.Equal(sync, r.sync) {
		return false, w.Errorf("the file is corrupt: a sync marker is wrong")
	}
	r.done = w.Offset()-syncBytes >= r.end
	if r.codec == compress.BlockSnappy {
		if len(s) < 4 {
			return false, w.Errorf("the file is corrupt: a block without a checksum")
		}
		s = s[:len(s)-4]
	}
	if r.codec == compress.BlockNone {
		r.plain = append(r.plain[:0], s...)
	} else if r.plain, err = r.decoder.Decode(r.codec, r.plain, s, maxBlock); err != nil {
		return false, w.Errorf("%w", err)
	}
	if len(r.plain) == 0 && rows > 1<<20 {
		return false, w.Errorf("the file is corrupt: a block of %d rows without bytes", rows)
	}
	r.rows, r.data = rows, data{r.plain}
	return true, nil
}
