package orc

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// writer writes one file.
type writer struct {
	*settings
	w         io.Writer
	at        int64
	columns   []*columnWriter // in pre-order; 0 is the root
	rows      int64           // in the stripe
	inGroup   int64
	total     int64
	unchecked int // rows since the stripe's size was looked at
	stripes   []stripeInfo
	stats     [][]statsWriter // by stripe and column
	enc       chunkEncoder
	scratch   []uint16
	events    *eventWriter // whose events the rows are, unless nil
}

// Writer versions: as of ORC-135 (statistics of timestamps in UTC), which ORC 1.5 of Hive 3.1 has, and as of ORC-14 in Hive 4.0.
const (
	writerVersion3 = 6
	writerVersion4 = 9
)

// rowsBetweenChecks is after how many rows the size of a stripe is looked at.
const rowsBetweenChecks = 5000

var _ format.Writer = (*writer)(nil)

// NewWriter implements format.Format. Files are laid out as the writer in Java lays them out that Hive of the session's level has, so that
// their sizes are Hive's: see newSettings for the properties it honours.
func (*Format) NewWriter(w io.Writer, opts *format.WriteOptions) (format.Writer, error) {
	if opts.Events != format.NoEvents {
		return newEventWriter(w, opts)
	}
	return newWriter(w, opts)
}

func newWriter(w io.Writer, opts *format.WriteOptions) (*writer, error) {
	root := &columnWriter{id: 0, typ: types.NewStruct(), kind: kindStruct}
	o := &writer{w: w, columns: []*columnWriter{root}, enc: chunkEncoder{exact: zlibExact}}
	for _, c := range opts.Schema {
		root.names = append(root.names, c.Name)
		kid, err := o.column(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		root.kids = append(root.kids, kid)
	}
	var err error
	if o.settings, err = newSettings(opts, len(o.columns)); err != nil {
		return nil, err
	}
	for i, kid := range root.kids {
		if o.bloom[strings.ToLower(root.names[i])] && kid.hashable() {
			kid.bloom = newBloomFilter(int(o.stride), o.fpp)
		}
	}
	for _, c := range o.columns {
		c.start(o)
	}
	return o, o.put([]byte(magic))
}

func (o *writer) put(p []byte) error {
	n, err := o.w.Write(p)
	o.at += int64(n)
	return err
}

// column makes the writer of a column of type t and of its children.
func (o *writer) column(t *types.Type) (*columnWriter, error) {
	kind, ok := orcKinds[t.Kind]
	if !ok {
		return nil, fmt.Errorf("type %s cannot be stored as ORC", t)
	}
	c := &columnWriter{id: len(o.columns), typ: t, kind: kind}
	o.columns = append(o.columns, c)
	var kids []*types.Type
	switch t.Kind {
	case types.Array:
		kids = []*types.Type{t.Elem}
	case types.Map:
		kids = []*types.Type{t.Key, t.Elem}
	default:
		for _, f := range t.Fields {
			c.names = append(c.names, f.Name)
			kids = append(kids, f.Type)
		}
	}
	for _, k := range kids {
		kid, err := o.column(k)
		if err != nil {
			return nil, err
		}
		c.kids = append(c.kids, kid)
	}
	return c, nil
}

var orcKinds = map[types.Kind]int{
	types.Boolean: kindBoolean, types.TinyInt: kindByte, types.SmallInt: kindShort, types.Int: kindInt, types.BigInt: kindLong,
	types.Float: kindFloat, types.Double: kindDouble, types.String: kindString, types.Varchar: kindVarchar, types.Char: kindChar,
	types.Binary: kindBinary, types.Date: kindDate, types.Timestamp: kindTimestamp, types.TimestampLTZ: kindTimestampInstant,
	types.Decimal: kindDecimal, types.Array: kindList, types.Map: kindMap, types.Struct: kindStruct, types.Union: kindUnion,
}

// Write implements format.Writer.
func (o *writer) Write(b *vector.Batch) error {
	n := b.Rows()
	for done := 0; done < n; {
		k := min(n-done, rowsBetweenChecks-o.unchecked)
		if o.stride > 0 {
			k = int(min(int64(k), o.stride-o.inGroup))
		}
		rows := o.scratch[:0]
		for i := done; i < done+k; i++ {
			row := uint16(i)
			if b.Sel != nil {
				row = b.Sel[i]
			}
			rows = append(rows, row)
		}
		o.scratch = rows
		root := o.columns[0]
		root.groupValues += int64(k)
		for i, c := range root.kids {
			write(c, b.Cols[i], rows)
		}
		done += k
		o.rows += int64(k)
		o.total += int64(k)
		if o.events != nil {
			o.events.note(b, int(rows[k-1]))
		}
		if o.inGroup += int64(k); o.inGroup == o.stride {
			o.endGroup()
		}
		if o.unchecked += k; o.unchecked == rowsBetweenChecks {
			o.unchecked = 0
			if o.buffered() > o.stripe {
				if err := o.endStripe(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (o *writer) buffered() int {
	n := 0
	for _, c := range o.columns {
		n += c.buffered()
	}
	return n
}

// endGroup ends a row group in every column.
func (o *writer) endGroup() {
	for _, c := range o.columns {
		c.endGroup(o.inGroup)
	}
	o.inGroup = 0
}

// endStripe writes the buffered rows as a stripe.
func (o *writer) endStripe() error {
	if o.rows == 0 {
		return nil
	}
	if o.inGroup > 0 {
		o.endGroup()
	}
	s := stripeInfo{offset: o.at, rows: o.rows}
	var footer builder
	var streams []encodedStream
	for _, c := range o.columns {
		streams = append(streams, c.finish()...)
	}
	stream := func(kind, column int, data []byte) error {
		var m builder
		m.uint(1, uint64(kind))
		m.uint(2, uint64(column))
		m.uint(3, uint64(len(data)))
		footer.bytes(1, m.b)
		return o.put(data)
	}
	for _, c := range o.columns {
		if o.stride == 0 {
			break
		}
		for _, x := range c.indexStreams() {
			level := levelNumbers
			if x.kind == streamBloomUTF8 {
				level = o.dataLevel
			}
			data, err := o.compress(x.data, level)
			if err != nil {
				return err
			}
			if err := stream(x.kind, c.id, data); err != nil {
				return err
			}
		}
	}
	s.indexLength = o.at - s.offset
	onDisk := make([]int64, len(o.columns))
	for _, x := range streams {
		if x.err != nil {
			return x.err
		}
		onDisk[x.column] += int64(len(x.data))
		if err := stream(x.kind, x.column, x.data); err != nil {
			return err
		}
	}
	s.dataLength = o.at - s.offset - s.indexLength
	var stats []statsWriter
	for i, c := range o.columns {
		var m builder
		m.uint(1, uint64(c.encoding()))
		if c.useDict {
			m.uint(2, uint64(len(c.dictOrder)))
		}
		if c.bloom != nil {
			m.uint(3, bloomUTF8)
		}
		footer.bytes(2, m.b)
		c.stripeStats.onDisk = onDisk[i]
		stats = append(stats, c.stripeStats)
		c.reset()
	}
	if o.hasTimestamps() {
		footer.string(3, "UTC")
	}
	data, err := o.compress(footer.b, levelMetadata)
	if err != nil {
		return err
	}
	if err := o.put(data); err != nil {
		return err
	}
	s.footerLength = int64(len(data))
	o.stripes = append(o.stripes, s)
	o.stats = append(o.stats, stats)
	o.rows = 0
	if o.events != nil {
		o.events.endStripe()
	}
	return nil
}

// hasTimestamps reports whether the footers of stripes name the zone that timestamps are counted from.
func (o *writer) hasTimestamps() bool {
	return slices.ContainsFunc(o.columns, func(c *columnWriter) bool { return c.kind == kindTimestamp })
}

// compress encodes an index or a metadata section.
func (o *writer) compress(p []byte, level int) ([]byte, error) {
	w := chunkWriter{codec: codecs[o.codec], size: o.block, enc: &o.enc, level: level}
	w.write(p)
	return w.bytes(), w.err
}

// Close implements format.Writer.
func (o *writer) Close() (format.FileStats, error) {
	if err := o.endStripe(); err != nil {
		return format.FileStats{}, err
	}
	content := o.at
	var metadata builder
	file := make([]statsWriter, len(o.columns))
	for _, stripe := range o.stats {
		var m builder
		for i := range stripe {
			m.bytes(1, stripe[i].encode(o.columns[i], o.hive3))
			file[i].merge(&stripe[i])
		}
		metadata.bytes(1, m.b)
	}
	version := uint64(writerVersion4)
	if o.hive3 {
		version = writerVersion3
	}
	if err := o.putTail(metadata.b, o.footer(content, file), version); err != nil {
		return format.FileStats{}, err
	}
	raw := int64(0)
	for i := range file {
		raw += file[i].rawSize(o.columns[i])
	}
	return format.FileStats{Rows: o.total, Bytes: o.at, RawBytes: raw}, nil
}

// putTail writes the end of the file: the statistics of stripes, the footer and the postscript.
func (o *writer) putTail(metadata, footer []byte, version uint64) error {
	meta, err := o.compress(metadata, levelMetadata)
	if err != nil {
		return err
	}
	if err := o.put(meta); err != nil {
		return err
	}
	if footer, err = o.compress(footer, levelMetadata); err != nil {
		return err
	}
	if err := o.put(footer); err != nil {
		return err
	}
	var ps builder
	ps.uint(1, uint64(len(footer)))
	ps.uint(2, o.codec)
	if o.codec != 0 {
		ps.uint(3, uint64(o.block))
	}
	ps.packed(4, []uint64{0, 12})
	ps.uint(5, uint64(len(meta)))
	ps.uint(6, version)
	ps.string(8000, magic)
	return o.put(append(ps.b, byte(len(ps.b))))
}

// putStripes adds the list of stripes to a footer.
func (o *writer) putStripes(f *builder) {
	for _, s := range o.stripes {
		var m builder
		m.uint(1, uint64(s.offset))
		m.uint(2, uint64(s.indexLength))
		m.uint(3, uint64(s.dataLength))
		m.uint(4, uint64(s.footerLength))
		m.uint(5, uint64(s.rows))
		f.bytes(3, m.b)
	}
}

func (o *writer) footer(content int64, stats []statsWriter) []byte {
	var f builder
	f.uint(1, uint64(len(magic)))
	f.uint(2, uint64(content))
	o.putStripes(&f)
	for _, c := range o.columns {
		var m builder
		m.uint(1, uint64(c.kind))
		var kids []uint64
		for _, k := range c.kids {
			kids = append(kids, uint64(k.id))
		}
		m.packed(2, kids)
		if c.kind == kindStruct {
			for _, n := range c.names {
				m.string(3, n)
			}
		}
		if c.typ.Length > 0 {
			m.uint(4, uint64(c.typ.Length))
		}
		if c.kind == kindDecimal {
			m.uint(5, uint64(c.typ.Precision))
			m.uint(6, uint64(c.typ.Scale))
		}
		f.bytes(4, m.b)
	}
	if o.events != nil {
		o.events.metadata(&f, o.total)
	}
	f.uint(6, uint64(o.total))
	julian := false
	for i := range stats {
		f.bytes(7, stats[i].encode(o.columns[i], o.hive3))
		julian = julian || stats[i].beforeGregorian(o.columns[i].kind)
	}
	f.uint(8, uint64(o.stride))
	f.uint(9, 0) // written as by the writer in Java
	// Dates here are proleptic. Hive 3.1 did not say so of its files and 4.0 writes hybrid ones; it matters to old dates only.
	switch {
	case julian:
		f.uint(11, calendarProleptic)
	case !o.hive3:
		f.uint(11, calendarHybrid)
	}
	if !o.hive3 {
		f.string(12, softwareVersion)
	}
	return f.b
}
