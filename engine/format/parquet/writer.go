package parquet

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
)

const (
	defaultGroupBytes = 128 << 20 // parquet.block.size
	maxGroupRows      = 1 << 20
	// createdBy names the application whose conventions the files follow: readers, Hive's and Spark's among them, choose the
	// time zone rules of INT96 timestamps by the prefix "parquet-mr".
	createdBy = "parquet-mr version 1.13.1 (build skep)"
)

// NewWriter starts a file on w. The table property parquet.compression names the codec; without it files are uncompressed, as
// Hive's are.
func (Format) NewWriter(w io.Writer, opts *format.WriteOptions) (format.Writer, error) {
	out := &writer{w: w, session: opts.Session, groupBytes: defaultGroupBytes, dictionary: true}
	property := func(key string) string {
		if v := opts.Properties[key]; v != "" {
			return v
		}
		return out.conf(key)
	}
	var err error
	if out.codec, out.codecNumber, err = codecByName(property("parquet.compression")); err != nil {
		return nil, fmt.Errorf("writing Parquet: %w", err)
	}
	if s := property("parquet.block.size"); s != "" {
		if out.groupBytes, err = strconv.Atoi(strings.TrimSpace(s)); err != nil || out.groupBytes <= 0 {
			return nil, fmt.Errorf("writing Parquet: parquet.block.size is %q", s)
		}
	}
	out.dictionary = !strings.EqualFold(property("parquet.enable.dictionary"), "false")
	if err := out.setSchema(opts.Schema); err != nil {
		return nil, fmt.Errorf("writing Parquet: %w", err)
	}
	out.startGroup()
	if err := out.put([]byte(magic)); err != nil {
		return nil, err
	}
	return out, nil
}

func codecByName(name string) (compress.Block, int32, error) {
	switch strings.ToUpper(strings.TrimSpace(name)) {
	case "", "UNCOMPRESSED", "NONE":
		return compress.BlockNone, 0, nil
	case "SNAPPY":
		return compress.BlockSnappy, 1, nil
	case "GZIP":
		return compress.BlockGzip, 2, nil
	case "LZ4":
		return compress.BlockLZ4Hadoop, 5, nil
	case "ZSTD":
		return compress.BlockZstd, 6, nil
	case "LZ4_RAW":
		return compress.BlockLZ4, 7, nil
	}
	return 0, 0, fmt.Errorf("parquet.compression %s is not supported", name)
}

// writer writes one file, row group by row group.
type writer struct {
	w           io.Writer
	session     format.Session
	codec       compress.Block
	codecNumber int32
	groupBytes  int
	dictionary  bool
	compressor  compress.Encoder
	schema      []schemaElement
	columns     []*shredder
	leaves      []*leafWriter
	pos         int64
	rows        int64 // of the current row group
	groups      []writtenGroup
	stats       format.FileStats
	err         error
}

func (w *writer) conf(key string) string {
	if w.session.Conf == nil {
		return ""
	}
	return w.session.Conf(key)
}

// put writes b at the current position.
func (w *writer) put(b []byte) error {
	n, err := w.w.Write(b)
	w.pos += int64(n)
	if err != nil {
		return fmt.Errorf("writing Parquet at offset %d: %w", w.pos, err)
	}
	return nil
}

func (w *writer) startGroup() {
	w.rows = 0
	for _, l := range w.leaves {
		l.startChunk(w.dictionary)
	}
}

func (w *writer) Write(b *vector.Batch) error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.write(b); w.err != nil {
		return w.err
	}
	return nil
}

func (w *writer) write(b *vector.Batch) error {
	if len(b.Cols) != len(w.columns) {
		return fmt.Errorf("writing Parquet: batch of %d columns for a schema of %d", len(b.Cols), len(w.columns))
	}
	for i, c := range w.columns {
		if err := c.write(b.Cols[i], b.Sel, b.N); err != nil {
			return fmt.Errorf("writing Parquet: %w", err)
		}
	}
	w.rows += int64(b.Rows())
	size := 0
	for _, l := range w.leaves {
		size += l.buffered()
	}
	if w.rows >= maxGroupRows || size >= w.groupBytes {
		return w.finishGroup()
	}
	return nil
}

// finishGroup writes the row group collected so far.
func (w *writer) finishGroup() error {
	if w.rows == 0 {
		return nil
	}
	g := writtenGroup{rows: w.rows}
	for _, l := range w.leaves {
		c, err := w.finishChunk(l)
		if err != nil {
			return err
		}
		g.uncompressed += c.uncompressed
		g.compressed += c.compressed
		g.columns = append(g.columns, c)
	}
	w.groups = append(w.groups, g)
	w.stats.Rows += g.rows
	w.stats.RawBytes += g.uncompressed
	w.startGroup()
	return nil
}

// finishChunk writes a column chunk: dictionary page and data pages.
func (w *writer) finishChunk(l *leafWriter) (writtenChunk, error) {
	if err := l.finishPage(); err != nil {
		return writtenChunk{}, err
	}
	c := writtenChunk{leaf: l, start: w.pos, values: l.stats.entries, nulls: l.stats.nulls, coded: l.stats.codedPages,
		plain: l.stats.plainPages, uncompressed: l.stats.uncompressed, pages: append([]pageInfo(nil), l.pages...)}
	if l.stats.codedPages {
		c.dictionary = w.pos
		plain := l.appendPlain(nil, l.dict.entries, 0, l.dict.n)
		out, err := w.compressor.Encode(w.codec, nil, plain)
		if err != nil {
			return c, err
		}
		page := appendPageHeader(nil, &pageHeader{kind: dictionaryPage, uncompressed: int32(len(plain)), compressed: int32(len(out)),
			values: int32(l.dict.n), encoding: encPlainDictionary})
		c.uncompressed += int64(len(page) + len(plain))
		if err := w.put(append(page, out...)); err != nil {
			return c, err
		}
	}
	c.data = w.pos
	if err := w.put(l.body); err != nil {
		return c, err
	}
	c.compressed = w.pos - c.start
	if l.total.some && l.ordered() {
		c.min, c.max = l.boundBytes(&l.total, false)
		c.bounded = len(c.min)+len(c.max) <= maxStatistics
	}
	return c, nil
}

// maxStatistics bounds the size of minimum and maximum in a chunk's statistics.
const maxStatistics = 4096

// Close finishes the file. RawBytes is the uncompressed size of all row groups, as Hive counts it.
func (w *writer) Close() (format.FileStats, error) {
	if w.err != nil {
		return format.FileStats{}, w.err
	}
	if err := w.finishGroup(); err != nil {
		return format.FileStats{}, err
	}
	if err := w.writeIndexes(); err != nil {
		return format.FileStats{}, err
	}
	footer := w.appendFooter(nil)
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	if err := w.put(append(footer, magic...)); err != nil {
		return format.FileStats{}, err
	}
	w.stats.Bytes = w.pos
	w.err = fmt.Errorf("writing Parquet: the file is finished")
	return w.stats, nil
}

// zoneName is how the writer's time zone is recorded.
func (w *writer) zoneName() string {
	if w.session.Location == nil {
		return "UTC"
	}
	return w.session.Location.String()
}

// zone returns the zone INT96 timestamps are converted from, nil for UTC.
func (w *writer) zone() *time.Location {
	switch w.zoneName() {
	case "UTC", "Etc/UTC", "GMT", "Z":
		return nil
	}
	return w.session.Location
}
