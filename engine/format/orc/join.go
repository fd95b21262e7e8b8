package orc

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/decimal"
	"skep/engine/format"
)

// Join writes the stripes of files, as they are stored, to one new file, as Hive merges and concatenates ORC files, and returns the
// statistics of the new one. Files stay out of it and are returned in different whose schema, compression, row groups or writer are not the
// first one's, or that have no statistics of their stripes; when all are such nothing is written. session says which version's footer
// the file gets.
func Join(ctx context.Context, open format.Opener, paths []string, w io.Writer, session format.Session) (s format.FileStats, different []string, err error) {
	j := &joining{writer: &writer{w: w, settings: &settings{hive3: session.Hive3()}, enc: chunkEncoder{exact: zlibExact}}}
	for _, path := range paths {
		joined, err := j.add(ctx, open, path)
		if err != nil {
			return format.FileStats{}, nil, fmt.Errorf("joining %s: %w", path, err)
		}
		if !joined {
			different = append(different, path)
		}
	}
	if len(j.columns) > 0 {
		s, err = j.finish()
	}
	return s, different, err
}

// joining collects the parts of the new file's footer.
type joining struct {
	*writer
	layout     layout
	metadata   builder // the statistics of stripes
	statistics []statsWriter
}

// layout is what files have in common that can be joined, as their metadata encode it.
type layout struct {
	types, user           []byte
	codec, block, version uint64
	stride, calendar      uint64
	hasCalendar           bool
	described             int // stripes with statistics
}

func (l *layout) like(o *layout) bool {
	return bytes.Equal(l.types, o.types) && bytes.Equal(l.user, o.user) && l.codec == o.codec && l.block == o.block && l.version == o.version &&
		l.stride == o.stride && l.calendar == o.calendar && l.hasCalendar == o.hasCalendar
}

// add copies the stripes of a file that is like the first one.
func (j *joining) add(ctx context.Context, open format.Opener, path string) (joined bool, err error) {
	in, err := open.Open(ctx, path)
	if err != nil {
		return false, err
	}
	defer in.Close()
	if in.Size() == 0 {
		return true, nil
	}
	s, err := readSections(in)
	if err != nil {
		return false, err
	}
	l, err := s.layout()
	if err != nil || l.described != len(s.tail.stripes) {
		return false, err
	}
	if len(j.columns) == 0 {
		if err := j.begin(l, s.tail); err != nil {
			return false, err
		}
	} else if !l.like(&j.layout) {
		return false, nil
	}
	if err := j.addStatistics(s.metadata); err != nil {
		return false, err
	}
	for _, x := range s.tail.stripes {
		from := x.offset
		x.offset = j.at
		n, err := io.Copy(j.w, io.NewSectionReader(in, from, x.size()))
		j.at += n
		if err == nil && n != x.size() {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return false, err
		}
		j.stripes = append(j.stripes, x)
		j.total += x.rows
	}
	return true, nil
}

// begin starts the new file in the layout of the first one.
func (j *joining) begin(l layout, t *fileTail) error {
	j.layout = l
	j.codec, j.block, j.stride = l.codec, int(l.block), int64(l.stride)
	for _, x := range t.types {
		c := &columnWriter{kind: x.kind, typ: types.VoidType, settings: j.settings}
		if x.kind == kindDecimal {
			c.typ = types.NewDecimal(max(1, min(x.precision, types.MaxPrecision)), max(0, min(x.scale, types.MaxPrecision)))
		}
		j.columns = append(j.columns, c)
	}
	j.statistics = make([]statsWriter, len(j.columns))
	return j.put([]byte(magic))
}

// addStatistics takes over the statistics of a file's stripes.
func (j *joining) addStatistics(metadata []byte) error {
	return each(metadata, func(m *message) error {
		if m.field != 1 {
			return nil
		}
		j.metadata.bytes(1, m.bytes)
		column := 0
		return each(m.bytes, func(m *message) error {
			if m.field != 1 || column >= len(j.columns) {
				return nil
			}
			s, err := decodeStatistics(m.bytes, j.columns[column])
			j.statistics[column].merge(&s)
			column++
			return err
		})
	})
}

func (j *joining) finish() (format.FileStats, error) {
	content := j.at
	var f builder
	f.uint(1, uint64(len(magic)))
	f.uint(2, uint64(content))
	j.putStripes(&f)
	f.b = append(append(f.b, j.layout.types...), j.layout.user...)
	f.uint(6, uint64(j.total))
	raw := int64(0)
	for i := range j.statistics {
		f.bytes(7, j.statistics[i].encode(j.columns[i], j.hive3))
		raw += j.statistics[i].rawSize(j.columns[i])
	}
	f.uint(8, j.layout.stride)
	f.uint(9, 0)
	if j.layout.hasCalendar {
		f.uint(11, j.layout.calendar)
	}
	if !j.hive3 {
		f.string(12, softwareVersion)
	}
	err := j.putTail(j.metadata.b, f.b, j.layout.version)
	return format.FileStats{Rows: j.total, Bytes: j.at, RawBytes: raw}, err
}

// sections are the decompressed parts of a file's end.
type sections struct {
	tail                 *fileTail
	postscript, metadata []byte
	footer               []byte
}

func readSections(in format.Input) (*sections, error) {
	t, err := readTail(in)
	if err != nil {
		return nil, err
	}
	s := &sections{tail: t}
	size := in.Size()
	last, err := readAt(in, size-1, 1)
	if err != nil {
		return nil, err
	}
	n := int64(last[0])
	if s.postscript, err = readAt(in, size-1-n, int(n)); err != nil {
		return nil, err
	}
	p, err := parsePostscript(s.postscript)
	if err != nil {
		return nil, err
	}
	dec := &compress.Decoder{}
	defer dec.Close()
	section := func(at, length int64) ([]byte, error) {
		stored, err := readAt(in, at, int(length))
		if err != nil {
			return nil, err
		}
		var x stream
		defer x.release()
		x.resetBytes(stored, p.codec, p.blockSize, dec)
		return x.all(nil, maxMetadata)
	}
	if s.footer, err = section(size-1-n-p.footerLength, p.footerLength); err != nil {
		return nil, err
	}
	s.metadata, err = section(size-1-n-p.footerLength-p.metadataLength, p.metadataLength)
	return s, err
}

func (s *sections) layout() (layout, error) {
	var l layout
	var types, user builder
	err := each(s.footer, func(m *message) error {
		switch m.field {
		case 4:
			types.bytes(4, m.bytes)
		case 5:
			user.bytes(5, m.bytes)
		case 8:
			l.stride = m.num
		case 11:
			l.calendar, l.hasCalendar = m.num, true
		}
		return nil
	})
	if err != nil {
		return l, err
	}
	l.types, l.user = types.b, user.b
	l.block = defaultBlock
	if err := each(s.metadata, func(m *message) error {
		if m.field == 1 {
			l.described++
		}
		return nil
	}); err != nil {
		return l, err
	}
	return l, each(s.postscript, func(m *message) error {
		switch m.field {
		case 2:
			l.codec = m.num
		case 3:
			l.block = m.num
		case 6:
			l.version = m.num
		}
		return nil
	})
}

// decodeStatistics reads the message ColumnStatistics of a column of c's kind.
func decodeStatistics(data []byte, c *columnWriter) (statsWriter, error) {
	s := statsWriter{minNanos: 0, maxNanos: latestNanos}
	hasSum := false
	err := each(data, func(m *message) error {
		switch m.field {
		case 1:
			s.values = int64(m.num)
			return nil
		case 10:
			s.hasNull = m.num != 0
			return nil
		case 11:
			s.onDisk = int64(m.num)
			return nil
		}
		kind := m.field
		return each(m.bytes, func(m *message) error { return s.decodePart(kind, m, c, &hasSum) })
	})
	if (c.kind == kindDecimal || c.kind >= kindByte && c.kind <= kindLong) && !hasSum {
		s.wrapped = true
	}
	return s, err
}

// collections is the field of ColumnStatistics of lists and maps, bucketCounts that of booleans.
const (
	bucketCounts = 5
	collections  = 12
)

// decodePart takes a field of the statistics of a kind.
func (s *statsWriter) decodePart(kind int, m *message, c *columnWriter, hasSum *bool) error {
	switch kind {
	case bucketCounts:
		counts, err := m.numbers(nil)
		if len(counts) > 0 {
			s.sum = int64(counts[0])
		}
		return err
	case collections:
		switch m.field {
		case 1:
			s.seen, s.minI = true, int64(m.num)
		case 2:
			s.maxI = int64(m.num)
		case 3:
			s.sum = int64(m.num)
		}
	case statsInts, statsDates:
		switch m.field {
		case 1:
			s.seen, s.minI = true, m.sint()
		case 2:
			s.maxI = m.sint()
		case 3:
			s.sum, *hasSum = m.sint(), true
		}
	case statsDoubles:
		switch m.field {
		case 1:
			s.seen, s.minF = true, m.double()
		case 2:
			s.maxF = m.double()
		case 3:
			s.sumF = m.double()
		}
	case statsBinary:
		s.sum = m.sint()
	case statsStrings:
		switch m.field {
		case 1, 4:
			s.seen, s.minS = true, bytes.Clone(m.bytes)
		case 2, 5:
			s.maxS = bytes.Clone(m.bytes)
		case 3:
			s.sum = m.sint()
		}
	case statsTimestamps:
		switch m.field {
		case 3:
			s.seen, s.minI = true, m.sint()
		case 4:
			s.maxI = m.sint()
		case 5:
			s.minNanos = int32(m.num) - 1
		case 6:
			s.maxNanos = int32(m.num) - 1
		}
	case statsDecimals:
		v, ok := decimal.Parse(m.bytes, types.MaxPrecision, c.typ.Scale)
		if !ok {
			return nil
		}
		switch m.field {
		case 1:
			s.seen, s.minW = true, v
		case 2:
			s.maxW = v
		case 3:
			s.sumW, *hasSum = v, true
		}
	}
	return nil
}
