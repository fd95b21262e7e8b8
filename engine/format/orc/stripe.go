package orc

import (
	"fmt"
	"time"

	"skep/engine/format"
)

// stripe is the part of a reader that belongs to the stripe being read.
type stripe struct {
	info   stripeInfo
	stats  []columnStats // by column, nil when unknown
	footer *stripeFooter
	raw    map[[2]int][]byte // stored bytes of the streams that were asked for, by column and kind
	index  map[int][]indexEntry
	groups []rowRange
	row    int64 // the next row to be decoded
}

// rowRange is a run of rows [from, to) of a stripe.
type rowRange struct{ from, to int64 }

// openStripe reads what the wanted columns need of stripe i.
func (r *reader) openStripe(i int) (*stripe, error) {
	info := r.tail.stripes[i]
	s := &stripe{info: info, raw: map[[2]int][]byte{}, index: map[int][]indexEntry{}}
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
		st.reset(tail, r.tail.codec, r.tail.blockSize, &r.dec)
		if tail, err = st.all(maxMetadata); err == nil {
			s.footer, err = parseStripeFooter(tail, info)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("at offset %d: stripe footer: %w", at, err)
	}
	if len(s.footer.encodings) < len(r.tail.types) {
		return nil, fmt.Errorf("at offset %d: stripe footer: encodings are missing: %w", at, errProto)
	}
	if err := s.chooseGroups(r); err != nil {
		return nil, err
	}
	if len(s.groups) == 0 {
		return nil, nil
	}
	return s, s.load(r)
}

// chooseGroups decides which row groups are to be read, by the row indexes of the predicates' columns.
func (s *stripe) chooseGroups(r *reader) error {
	all := []rowRange{{0, s.info.rows}}
	s.groups = all
	stride := r.tail.stride
	if len(r.predicates) == 0 || stride <= 0 || s.info.rows <= stride {
		return nil
	}
	n := int((s.info.rows + stride - 1) / stride)
	keep := make([]bool, n)
	for g := range keep {
		keep[g] = true
	}
	useful := false
	for _, p := range r.predicates {
		entries, err := s.rowIndex(r, p.file)
		if err != nil {
			return err
		}
		if len(entries) != n {
			continue
		}
		for g := range keep {
			rows := min(stride, s.info.rows-int64(g)*stride)
			if keep[g] && !p.MayMatch(toStats(&entries[g].stats, &r.tail.types[p.file], p.typ, rows)) {
				keep[g], useful = false, true
			}
		}
	}
	if !useful {
		return nil
	}
	for _, c := range r.allColumns {
		entries, err := s.rowIndex(r, c.id)
		if err != nil {
			return err
		}
		if len(entries) != n {
			return nil // without an index for every column there is no way to jump
		}
	}
	s.groups = nil
	for g, k := range keep {
		if !k {
			continue
		}
		from, to := int64(g)*stride, min(int64(g+1)*stride, s.info.rows)
		if l := len(s.groups); l > 0 && s.groups[l-1].to == from {
			s.groups[l-1].to = to
		} else {
			s.groups = append(s.groups, rowRange{from, to})
		}
	}
	return nil
}

// rowIndex returns the row index of a column; empty when there is none.
func (s *stripe) rowIndex(r *reader, column int) ([]indexEntry, error) {
	if e, ok := s.index[column]; ok {
		return e, nil
	}
	for _, x := range s.footer.streams {
		if x.kind != streamRowIndex || x.column != column {
			continue
		}
		raw, err := readAt(r.input, x.offset, int(x.length))
		if err != nil {
			return nil, err
		}
		var st stream
		st.reset(raw, r.tail.codec, r.tail.blockSize, &r.dec)
		data, err := st.all(maxMetadata)
		if err == nil {
			s.index[column], err = parseRowIndex(data)
		}
		if err != nil {
			return nil, fmt.Errorf("at offset %d: row index of column %d: %w", x.offset, column, err)
		}
		return s.index[column], nil
	}
	s.index[column] = nil
	return nil, nil
}

// load reads the streams of the wanted columns, neighbours together, and points the column decoders at them.
func (s *stripe) load(r *reader) error {
	wanted := map[int]*column{}
	for _, c := range r.allColumns {
		wanted[c.id] = c
	}
	// Streams that are close together are read by one call.
	const gap = 64 << 10
	var run []streamInfo
	flush := func() error {
		if len(run) == 0 {
			return nil
		}
		from, last := run[0].offset, run[len(run)-1]
		data, err := readAt(r.input, from, int(last.offset+last.length-from))
		if err != nil {
			return err
		}
		for _, x := range run {
			s.raw[[2]int{x.column, x.kind}] = data[x.offset-from:][:x.length:x.length]
		}
		run = run[:0]
		return nil
	}
	for _, x := range s.footer.streams {
		if wanted[x.column] == nil || x.kind > streamSecondary {
			continue
		}
		if len(run) > 0 {
			last := run[len(run)-1]
			if x.offset-(last.offset+last.length) > gap {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		run = append(run, x)
	}
	if err := flush(); err != nil {
		return err
	}
	for _, c := range r.allColumns {
		if err := c.start(s, r); err != nil {
			return fmt.Errorf("column %d: %w", c.id, err)
		}
	}
	return nil
}

// start points a column at its streams of a new stripe.
func (c *column) start(s *stripe, r *reader) error {
	reset := func(st *stream, kind int) bool {
		raw, ok := s.raw[[2]int{c.id, kind}]
		st.reset(raw, r.tail.codec, r.tail.blockSize, &r.dec)
		return ok
	}
	c.encoding = s.footer.encodings[c.id]
	v2 := c.encoding.kind >= encodingDirectV2
	c.hasPresent = reset(&c.present.bytes.s, streamPresent)
	c.present.left, c.present.bytes.left = 0, 0
	c.bools.left, c.bools.bytes.left, c.tiny.left = 0, 0, 0
	ints := func(x *intReader, kind int, signed bool) {
		reset(&x.s, kind)
		x.v2, x.signed, x.pos, x.n = v2, signed, 0, 0
	}
	c.skipped, c.dict = 0, nil
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

// jump moves all columns to the start of row group g.
func (s *stripe) jump(r *reader, g int) error {
	for _, c := range r.allColumns {
		entries := s.index[c.id]
		if g >= len(entries) {
			return fmt.Errorf("row index of column %d: %w", c.id, errProto)
		}
		if err := c.seek(entries[g].positions); err != nil {
			return fmt.Errorf("column %d, row group %d: %w", c.id, g, err)
		}
	}
	return nil
}

// seek moves the column's streams to the positions of a row group.
func (c *column) seek(p []uint64) (err error) {
	c.skipped = 0
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
		if p.file < len(stats) && !p.MayMatch(toStats(&stats[p.file], &r.tail.types[p.file], p.typ, rows)) {
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
