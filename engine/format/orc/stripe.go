package orc

import (
	"fmt"
	"time"

	"skep/engine/format"
)

// stripe is the part of a reader that belongs to the stripe being read.
type stripe struct {
	info    stripeInfo
	stats   []columnStats // by column, nil when unknown
	footer  *stripeFooter
	streams map[[2]int]streamInfo // by column and kind
	index   map[int][]indexEntry
	indexOK map[int]bool // whether all nodes of a top-level column's tree have a row index
	groups  []rowRange
	row     int64 // the next row to be decoded
	first   int64 // number of the first row in the file
}

// rowRange is a run of rows [from, to) of a stripe.
type rowRange struct{ from, to int64 }

// openStripe starts reading row groups of a stripe; nil when none can match.
func (r *reader) openStripe(p part) (*stripe, error) {
	i := p.stripe
	info := r.tail.stripes[i]
	s := &stripe{info: info, first: p.first, streams: map[[2]int]streamInfo{}, index: map[int][]indexEntry{}, indexOK: map[int]bool{}}
	if i < len(r.tail.stripeStats) {
		s.stats = r.tail.stripeStats[i]
	}
	if !r.mayMatch(s.stats, info.rows) {
		return nil, nil
	}
	at := info.offset + info.indexLength + info.dataLength
	tail, err := readAt(r.input, at, int(info.footerLength))
	if err == nil {
		var st stream
		defer st.release()
		st.resetBytes(tail, r.tail.codec, r.tail.blockSize, &r.dec)
		if tail, err = st.all(nil, maxMetadata); err == nil {
			s.footer, err = parseStripeFooter(tail, info)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("at offset %d: stripe footer: %w", at, err)
	}
	if len(s.footer.encodings) < len(r.tail.types) {
		return nil, fmt.Errorf("at offset %d: stripe footer: encodings are missing: %w", at, errProto)
	}
	for _, x := range s.footer.streams {
		s.streams[[2]int{x.column, x.kind}] = x
	}
	if _, nulls := s.streams[[2]int{r.row, streamPresent}]; nulls {
		return nil, fmt.Errorf("at offset %d: events without rows: %w", info.offset, errProto)
	}
	if err := s.chooseGroups(r, p); err != nil {
		return nil, err
	}
	if len(s.groups) == 0 {
		return nil, nil
	}
	for _, c := range r.allColumns {
		if err := c.start(s, r); err != nil {
			return nil, fmt.Errorf("column %d: %w", c.id, err)
		}
	}
	return s, nil
}

// chooseGroups decides which row groups of the part are to be read, by the row indexes and bloom filters of the predicates'
// columns.
func (s *stripe) chooseGroups(r *reader, p part) error {
	stride := r.tail.stride
	n := int(s.info.groups(stride))
	if p.to < 0 || p.to > n {
		p.to = n
	}
	if p.from >= p.to {
		return nil
	}
	if n == 1 {
		s.groups = []rowRange{{0, s.info.rows}}
	}
	keep := make([]bool, p.to-p.from)
	for i := range keep {
		keep[i] = true
	}
	for _, q := range r.predicates {
		if q.file >= len(r.tail.types) {
			continue
		}
		entries, err := s.rowIndex(r, q.file)
		if err != nil {
			return err
		}
		if len(entries) != n {
			continue
		}
		for i := range keep {
			g := p.from + i
			rows := min(stride, s.info.rows-int64(g)*stride)
			if keep[i] && stride > 0 && !q.MayMatch(toStats(&entries[g].stats, &r.tail.types[q.file], q.typ, rows, r.tail.julian)) {
				keep[i] = false
			}
		}
		if err := s.bloom(r, q, p.from, keep); err != nil {
			return err
		}
	}
	if n == 1 {
		if !keep[0] {
			s.groups = nil
		}
		return nil
	}
	for i, k := range keep {
		if !k {
			continue
		}
		g := p.from + i
		from, to := int64(g)*stride, min(int64(g+1)*stride, s.info.rows)
		if l := len(s.groups); l > 0 && s.groups[l-1].to == from {
			s.groups[l-1].to = to
		} else {
			s.groups = append(s.groups, rowRange{from, to})
		}
	}
	return nil
}

// metadata returns a stream of the stripe's index, decompressed; nil when there is none.
func (s *stripe) metadata(r *reader, column, kind int) ([]byte, error) {
	x, ok := s.streams[[2]int{column, kind}]
	if !ok {
		return nil, nil
	}
	var st stream
	defer st.release()
	st.reset(r.input, x.offset, x.length, r.tail.codec, r.tail.blockSize, &r.dec)
	data, err := st.all(nil, maxMetadata)
	if err != nil {
		return nil, fmt.Errorf("at offset %d: stream %d of column %d: %w", x.offset, kind, column, err)
	}
	return data, nil
}

// rowIndex returns the row index of a column; empty when there is none.
func (s *stripe) rowIndex(r *reader, column int) ([]indexEntry, error) {
	if e, ok := s.index[column]; ok {
		return e, nil
	}
	data, err := s.metadata(r, column, streamRowIndex)
	if err == nil {
		s.index[column], err = parseRowIndex(data)
	}
	if err != nil {
		return nil, fmt.Errorf("row index of column %d: %w", column, err)
	}
	return s.index[column], nil
}

// indexed reports whether row index entry g is known for a top-level column and all its children.
func (s *stripe) indexed(r *reader, c *column, g int) bool {
	ok, known := s.indexOK[c.id]
	if !known {
		ok = s.treeIndexed(r, c)
		s.indexOK[c.id] = ok
	}
	return ok && g < int(s.info.groups(r.tail.stride))
}

// treeIndexed loads the row indexes of a column and its children. A damaged one is as good as none: the rows are then passed
// over one by one.
func (s *stripe) treeIndexed(r *reader, c *column) bool {
	if c == nil {
		return true
	}
	entries, err := s.rowIndex(r, c.id)
	if err != nil || int64(len(entries)) != s.info.groups(r.tail.stride) {
		return false
	}
	for _, k := range c.kids {
		if !s.treeIndexed(r, k) {
			return false
		}
	}
	return true
}

// seekTree moves a column and its children to the start of row group g.
func (c *column) seekTree(s *stripe, g int) error {
	if c == nil {
		return nil
	}
	if err := c.seek(s.index[c.id][g].positions); err != nil {
		return fmt.Errorf("row group %d: %w", g, err)
	}
	for _, k := range c.kids {
		if err := k.seekTree(s, g); err != nil {
			return err
		}
	}
	return nil
}

// start points a column at its streams of a new stripe.
func (c *column) start(s *stripe, r *reader) error {
	reset := func(st *stream, kind int) bool {
		x, ok := s.streams[[2]int{c.id, kind}]
		st.reset(r.input, x.offset, x.length, r.tail.codec, r.tail.blockSize, &r.dec)
		return ok
	}
	c.encoding = s.footer.encodings[c.id]
	v2 := c.encoding.kind >= encodingDirectV2
	c.hasPresent = reset(&c.present.bytes.s, streamPresent)
	c.present.left, c.present.bytes.left = 0, 0
	c.bools.left, c.bools.bytes.left, c.tiny.left = 0, 0, 0
	ints := func(x *intReader, kind int, signed bool) {
		reset(&x.s, kind)
		x.start(v2, signed)
	}
	c.row, c.dict = 0, nil
	if c.dictID = nextDict.Add(1); r.fileID != 0 {
		c.dictID = (r.fileID+uint64(s.info.offset)*0x9e3779b97f4a7c15+uint64(c.id)*2)&^(1<<63) | 1
	}
	switch c.file.kind {
	case kindBoolean:
		reset(&c.bools.bytes.s, streamData)
	case kindByte:
		reset(&c.tiny.s, streamData)
	case kindUnion:
		reset(&c.tiny.s, streamData)
	case kindShort, kindInt, kindLong, kindDate:
		ints(&c.ints, streamData, true)
	case kindFloat, kindDouble:
		reset(&c.raw, streamData)
	case kindString, kindVarchar, kindChar, kindBinary:
		if c.encoding.kind == encodingDictionary || c.encoding.kind == encodingDictionaryV2 {
			ints(&c.ints, streamData, false)
			ints(&c.dictLens, streamLength, false)
			reset(&c.dictData, streamDictionaryData)
		} else {
			reset(&c.raw, streamData)
			ints(&c.second, streamLength, false)
		}
	case kindDecimal:
		reset(&c.raw, streamData)
		ints(&c.second, streamSecondary, true)
	case kindTimestamp, kindTimestampInstant:
		ints(&c.ints, streamData, true)
		ints(&c.second, streamSecondary, false)
		return c.startTimestamps(s.footer.timezone)
	case kindList, kindMap:
		ints(&c.second, streamLength, false)
	}
	return nil
}

// startTimestamps sets the epoch of timestamps: the start of 2015 in the writer's time zone.
func (c *column) startTimestamps(zone string) error {
	c.zone = nil
	loc := time.UTC
	if zone != "" && zone != "UTC" && zone != "GMT" && c.file.kind == kindTimestamp {
		l, err := time.LoadLocation(zone)
		if err != nil {
			return fmt.Errorf("time zone of the writer: %w", err)
		}
		loc, c.zone = l, l
	}
	c.epoch = time.Date(2015, 1, 1, 0, 0, 0, 0, loc).Unix()
	return nil
}

// seek moves the column's streams to the positions of a row group.
func (c *column) seek(p []uint64) (err error) {
	if c.hasPresent {
		if p, err = c.present.seek(p); err != nil {
			return err
		}
	}
	switch c.file.kind {
	case kindBoolean:
		_, err = c.bools.seek(p)
	case kindByte, kindUnion:
		_, err = c.tiny.seek(p)
	case kindShort, kindInt, kindLong, kindDate:
		_, err = c.ints.seek(p)
	case kindFloat, kindDouble:
		_, err = c.raw.seek(p)
	case kindString, kindVarchar, kindChar, kindBinary:
		if c.encoding.kind == encodingDictionary || c.encoding.kind == encodingDictionaryV2 {
			_, err = c.ints.seek(p)
			return err
		}
		if p, err = c.raw.seek(p); err == nil {
			_, err = c.second.seek(p)
		}
	case kindDecimal:
		if p, err = c.raw.seek(p); err == nil {
			_, err = c.second.seek(p)
		}
	case kindTimestamp, kindTimestampInstant:
		if p, err = c.ints.seek(p); err == nil {
			_, err = c.second.seek(p)
		}
	case kindList, kindMap:
		_, err = c.second.seek(p)
	}
	return err
}

// mayMatch reports whether rows with these column statistics might satisfy all predicates.
func (r *reader) mayMatch(stats []columnStats, rows int64) bool {
	for _, p := range r.predicates {
		if p.file < min(len(stats), len(r.tail.types)) && !p.MayMatch(toStats(&stats[p.file], &r.tail.types[p.file], p.typ, rows, r.tail.julian)) {
			return false
		}
	}
	return true
}

// predicate is a predicate over a column that the file has.
type predicate struct {
	format.Predicate
	file int // the file's column
	pos  int // index into reader.fields
	typ  format.Column
}
