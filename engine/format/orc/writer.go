package orc

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
)

// Defaults of the writer, Hive's unless a table property says otherwise.
const (
	defaultStripe = 64 << 20
	defaultBlock  = 256 << 10
	defaultStride = 10_000
	defaultFPP    = 0.01
)

var codecNames = map[string]uint64{"NONE": 0, "ZLIB": 1, "SNAPPY": 2, "LZ4": 4, "ZSTD": 5}

// writer writes one file.
type writer struct {
	w       io.Writer
	at      int64
	codec   uint64
	block   int
	stripe  int
	stride  int64           // rows of a row group
	index   bool            // write row indexes
	columns []*columnWriter // in pre-order; 0 is the root
	rows    int64           // in the stripe
	inGroup int64
	total   int64
	raw     int64
	stripes []stripeInfo
	stats   [][]statsWriter // by stripe and column
	enc     compress.Encoder
	scratch []uint16
	events  *eventWriter // whose events the rows are, unless nil
}

var _ format.Writer = (*writer)(nil)

// NewWriter implements format.Format. It honours the properties orc.compress, orc.stripe.size, orc.compress.size,
// orc.row.index.stride, orc.create.index, orc.bloom.filter.columns (top-level ones) and orc.bloom.filter.fpp, and the session
// settings behind them.
func (*Format) NewWriter(w io.Writer, opts *format.WriteOptions) (format.Writer, error) {
	if opts.Events != format.NoEvents {
		return newEventWriter(w, opts)
	}
	return newWriter(w, opts)
}

func newWriter(w io.Writer, opts *format.WriteOptions) (*writer, error) {
	o := &writer{w: w, codec: 1, block: defaultBlock, stripe: defaultStripe, stride: defaultStride}
	get := func(key, conf string) string {
		if v := opts.Properties[key]; v != "" {
			return v
		}
		if opts.Session.Conf != nil {
			return opts.Session.Conf(conf)
		}
		return ""
	}
	if v := get("orc.compress", "hive.exec.orc.default.compress"); v != "" {
		c, ok := codecNames[strings.ToUpper(v)]
		if !ok {
			return nil, fmt.Errorf("ORC compression %q is not known", v)
		}
		o.codec = c
	}
	if n := number(get("orc.stripe.size", "hive.exec.orc.default.stripe.size")); n > 0 {
		o.stripe = n
	}
	if n := number(get("orc.compress.size", "hive.exec.orc.default.buffer.size")); n > 0 && n < 1<<23 {
		o.block = n
	}
	// Java's reader refuses row groups of less than 1000 rows, and so does its writer.
	if n := number(get("orc.row.index.stride", "hive.exec.orc.default.row.index.stride")); n >= 1000 && n <= 1<<30 {
		o.stride = int64(n)
	}
	o.index = !strings.EqualFold(get("orc.create.index", "orc.create.index"), "false")
	filtered, fpp := bloomColumns(get)
	root := &columnWriter{id: 0, typ: types.NewStruct(), kind: kindStruct}
	o.columns = append(o.columns, root)
	for _, c := range opts.Schema {
		root.names = append(root.names, c.Name)
		kid, err := o.column(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if o.index && filtered[strings.ToLower(c.Name)] && kid.hashable() {
			kid.bloom = newBloomFilter(int(o.stride), fpp)
		}
		root.kids = append(root.kids, kid)
	}
	root.start(o)
	return o, o.put([]byte(magic))
}

// bloomColumns returns the lower-case names of the columns that get bloom filters, and the filters' rate of false positives.
func bloomColumns(get func(key, conf string) string) (map[string]bool, float64) {
	names := map[string]bool{}
	for _, n := range strings.Split(get("orc.bloom.filter.columns", "orc.bloom.filter.columns"), ",") {
		names[strings.ToLower(strings.TrimSpace(n))] = true
	}
	fpp, err := strconv.ParseFloat(get("orc.bloom.filter.fpp", "orc.bloom.filter.fpp"), 64)
	if err != nil || fpp <= 0 || fpp >= 1 {
		fpp = defaultFPP
	}
	return names, fpp
}

func number(s string) int {
	n := 0
	for _, d := range s {
		if d < '0' || d > '9' || n > 1<<40 {
			return 0
		}
		n = n*10 + int(d-'0')
	}
	return n
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
	c.start(o)
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
		k := int(min(int64(n-done), o.stride-o.inGroup))
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
			if o.buffered() >= o.stripe {
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
		c.endGroup()
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
		if !o.index {
			break
		}
		for _, x := range c.indexStreams() {
			data, err := o.compress(x.data)
			if err != nil {
				return err
			}
			if err := stream(x.kind, c.id, data); err != nil {
				return err
			}
		}
	}
	s.indexLength = o.at - s.offset
	for _, x := range streams {
		if x.err != nil {
			return x.err
		}
		if err := stream(x.kind, x.column, x.data); err != nil {
			return err
		}
	}
	s.dataLength = o.at - s.offset - s.indexLength
	var stats []statsWriter
	for _, c := range o.columns {
		var m builder
		m.uint(1, uint64(c.encoding()))
		if c.useDict {
			m.uint(2, uint64(len(c.dictOrder)))
		}
		footer.bytes(2, m.b)
		stats = append(stats, c.stripeStats)
		c.reset()
	}
	footer.string(3, "UTC")
	data, err := o.compress(footer.b)
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

// compress encodes a metadata section.
func (o *writer) compress(p []byte) ([]byte, error) {
	w := chunkWriter{codec: codecs[o.codec], size: o.block, enc: &o.enc}
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
			m.bytes(1, stripe[i].encode(o.columns[i]))
			file[i].merge(&stripe[i])
		}
		metadata.bytes(1, m.b)
	}
	meta, err := o.compress(metadata.b)
	if err != nil {
		return format.FileStats{}, err
	}
	if err := o.put(meta); err != nil {
		return format.FileStats{}, err
	}
	footer, err := o.compress(o.footer(content, file))
	if err != nil {
		return format.FileStats{}, err
	}
	if err := o.put(footer); err != nil {
		return format.FileStats{}, err
	}
	var ps builder
	ps.uint(1, uint64(len(footer)))
	ps.uint(2, o.codec)
	if o.codec != 0 {
		ps.uint(3, uint64(o.block))
	}
	ps.packed(4, []uint64{0, 12})
	ps.uint(5, uint64(len(meta)))
	ps.uint(6, 6) // writer version: as of ORC-135, timestamp statistics in UTC
	ps.string(8000, magic)
	if err := o.put(append(ps.b, byte(len(ps.b)))); err != nil {
		return format.FileStats{}, err
	}
	for i := range file {
		o.raw += file[i].rawSize(o.columns[i])
	}
	return format.FileStats{Rows: o.total, Bytes: o.at, RawBytes: o.raw}, nil
}

func (o *writer) footer(content int64, stats []statsWriter) []byte {
	var f builder
	f.uint(1, uint64(len(magic)))
	f.uint(2, uint64(content))
	for _, s := range o.stripes {
		var m builder
		m.uint(1, uint64(s.offset))
		m.uint(2, uint64(s.indexLength))
		m.uint(3, uint64(s.dataLength))
		m.uint(4, uint64(s.footerLength))
		m.uint(5, uint64(s.rows))
		f.bytes(3, m.b)
	}
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
	for i := range stats {
		f.bytes(7, stats[i].encode(o.columns[i]))
	}
	if o.index {
		f.uint(8, uint64(o.stride))
	}
	f.uint(11, 2) // proleptic Gregorian dates
	return f.b
}
