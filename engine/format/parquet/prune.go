package parquet

import (
	"encoding/binary"
	"fmt"
	"math"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/format"
)

// pruner decides from statistics, page indexes and bloom filters what need not be read.
type pruner struct {
	tests []columnTest
}

// columnTest is a predicate over a flat column whose file values are those of the table's type.
type columnTest struct {
	predicate format.Predicate
	leaf      *node
	typ       leafType
	declared  *types.Type
}

// rowRange is the rows from..to-1 of a row group.
type rowRange struct{ from, to int64 }

// groupMatch says whether a row group may have matching rows, and where; nil ranges mean anywhere.
type groupMatch struct {
	group  bool
	ranges []rowRange
}

func newPruner(foot *footer, rules *zoneRules, opts *format.ReadOptions) *pruner {
	p := &pruner{}
	b := &builder{footer: foot, rules: rules, byIndex: indexAccess(opts)}
	for _, pred := range opts.Predicates {
		c := opts.Schema[pred.Column()]
		n := b.field(foot.root, c.Name, pred.Column())
		if n == nil || !n.isLeaf() || n.maxRep > 0 || n.maxDef > 1 || !c.Type.IsPrimitive() || c.Type.Kind == types.Char || c.Type.Kind == types.Varchar {
			continue
		}
		t, err := typeOf(n, foot, rules)
		if err != nil || t.unordered {
			continue
		}
		if c.Type.Kind == types.TimestampLTZ {
			t.zone = nil
		}
		// A local time does not grow steadily with the instant.
		if conv, err := newConversion(t.typ, c.Type, ""); err != nil || conv != nil || t.zone != nil {
			continue
		}
		p.tests = append(p.tests, columnTest{pred, n, t, c.Type})
	}
	return p
}

// mayMatch tests a row group by its statistics.
func (p *pruner) mayMatch(g *rowGroup) bool {
	for i := range p.tests {
		t := &p.tests[i]
		m := &g.columns[t.leaf.leaf].meta
		if !t.predicate.MayMatch(t.stats(&m.stats, g.rows)) {
			return false
		}
	}
	return true
}

// stats converts the file's statistics.
func (t *columnTest) stats(s *statistics, rows int64) *format.ColumnStats {
	out := &format.ColumnStats{Type: t.declared, Nulls: s.nulls, Rows: rows}
	lo, hi := s.min, s.max
	if (lo == nil || hi == nil) && t.oldOrder() && len(s.oldMin) > 0 && len(s.oldMax) > 0 {
		lo, hi = s.oldMin, s.oldMax
	}
	if lo != nil && hi != nil {
		t.setBounds(out, lo, hi)
	}
	return out
}

// oldOrder reports whether the deprecated statistics, in signed order, hold for the type.
func (t *columnTest) oldOrder() bool {
	switch t.typ.kind {
	case kindBool, kindInt32, kindInt64, kindFloat, kindDouble, kindMillis, kindMicros, kindNanos:
		return true
	}
	return false
}

func (t *columnTest) setBounds(out *format.ColumnStats, lo, hi []byte) {
	a, ok1 := t.typ.bound(lo)
	b, ok2 := t.typ.bound(hi)
	if ok1 && ok2 {
		out.Min, out.Max, out.HasMinMax = a, b, true
	}
}

// bound decodes a value of the statistics.
func (t *leafType) bound(b []byte) (d types.Datum, ok bool) {
	if t.size > 0 && len(b) != t.size {
		return d, false
	}
	switch t.kind {
	case kindBool:
		if len(b) != 1 {
			return d, false
		}
		d.I = int64(b[0] & 1)
	case kindInt32:
		d.I = int64(int32(binary.LittleEndian.Uint32(b)))
		if t.hybrid && d.I < calendar.GregorianStart {
			d.I = calendar.JulianToProleptic(d.I)
		}
	case kindInt64:
		d.I = int64(binary.LittleEndian.Uint64(b))
	case kindFixedDecimal64:
		d.I = bigEndian64(b)
	case kindFloat:
		d.F = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case kindDouble:
		d.F = math.Float64frombits(binary.LittleEndian.Uint64(b))
	case kindInt32Decimal128:
		d.W = types.Int128Of(int64(int32(binary.LittleEndian.Uint32(b))))
	case kindMillis, kindMicros, kindNanos, kindInt64Decimal128:
		d.W = t.wide(int64(binary.LittleEndian.Uint64(b)))
	case kindFixedDecimal128:
		d.W = bigEndian128(b)
	case kindBytes, kindFixed:
		d.S = string(b)
	default:
		return d, false
	}
	return d, !math.IsNaN(d.F)
}

// read tests a row group by statistics, bloom filters and page indexes.
func (p *pruner) read(input format.Input, g *rowGroup) (groupMatch, error) {
	if !p.mayMatch(g) {
		return groupMatch{}, nil
	}
	match := groupMatch{group: true}
	for i := range p.tests {
		t := &p.tests[i]
		chunk := &g.columns[t.leaf.leaf]
		if value, ok := t.predicate.BloomValue(); ok && chunk.meta.bloomOffset > 0 {
			may, err := t.bloom(input, chunk.meta.bloomOffset, value)
			if err != nil {
				return match, fmt.Errorf("bloom filter of column %s: %w", t.leaf.path(), err)
			}
			if !may {
				return groupMatch{}, nil
			}
		}
		ranges, err := t.pages(input, chunk, g.rows)
		if err != nil {
			return match, fmt.Errorf("page index of column %s: %w", t.leaf.path(), err)
		}
		if ranges != nil {
			match.ranges = intersect(match.ranges, ranges)
			if len(match.ranges) == 0 {
				return groupMatch{}, nil
			}
		}
	}
	return match, nil
}

// pages returns the row ranges of the pages that may match, nil when the chunk has no page index or all may.
func (t *columnTest) pages(input format.Input, chunk *columnChunk, rows int64) ([]rowRange, error) {
	if chunk.columnIndex.length <= 0 || chunk.offsetIndex.length <= 0 {
		return nil, nil
	}
	b, err := readSection(input, chunk.columnIndex)
	if err != nil {
		return nil, err
	}
	index, err := readColumnIndex(b)
	if err != nil {
		return nil, err
	}
	if b, err = readSection(input, chunk.offsetIndex); err != nil {
		return nil, err
	}
	locations, err := readOffsetIndex(b)
	if err != nil {
		return nil, err
	}
	n := len(locations)
	if len(index.nullPages) != n || len(index.min) != n || len(index.max) != n || index.nulls != nil && len(index.nulls) != n {
		return nil, fmt.Errorf("column index has %d pages, offset index %d", len(index.nullPages), n)
	}
	out := []rowRange{}
	whole := true
	for i := range n {
		r := rowRange{locations[i].firstRow, rows}
		if i+1 < n {
			r.to = locations[i+1].firstRow
		}
		if r.from < 0 || r.to < r.from || r.to > rows {
			return nil, fmt.Errorf("page %d has rows %d to %d of %d", i, r.from, r.to, rows)
		}
		s := format.ColumnStats{Type: t.declared, Nulls: -1, Rows: r.to - r.from}
		if index.nulls != nil {
			s.Nulls = index.nulls[i]
		}
		if index.nullPages[i] {
			s.Nulls = s.Rows
		} else {
			t.setBounds(&s, index.min[i], index.max[i])
		}
		if !t.predicate.MayMatch(&s) {
			whole = false
			continue
		}
		if k := len(out); k > 0 && out[k-1].to == r.from {
			out[k-1].to = r.to
		} else {
			out = append(out, r)
		}
	}
	if whole {
		return nil, nil
	}
	return out, nil
}

// intersect returns the rows in both; nil a means all.
func intersect(a, b []rowRange) []rowRange {
	if a == nil {
		return b
	}
	out := []rowRange{}
	for len(a) > 0 && len(b) > 0 {
		r := rowRange{max(a[0].from, b[0].from), min(a[0].to, b[0].to)}
		if r.from < r.to {
			out = append(out, r)
		}
		if a[0].to < b[0].to {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

// maxSection bounds a page index's size.
const maxSection = 64 << 20

func readSection(input format.Input, s section) ([]byte, error) {
	if s.offset < 0 || s.length < 0 || s.length > maxSection || s.offset+int64(s.length) > input.Size() {
		return nil, fmt.Errorf("%d bytes at offset %d of a file of %d", s.length, s.offset, input.Size())
	}
	b := make([]byte, s.length)
	if n, err := input.ReadAt(b, s.offset); n < len(b) {
		return nil, noEOF(err)
	}
	return b, nil
}

type columnIndex struct {
	nullPages []bool
	min, max  [][]byte
	order     int32
	nulls     []int64
}

func readColumnIndex(b []byte) (*columnIndex, error) {
	r := &thriftReader{b: b}
	x := &columnIndex{}
	r.structure(func(id int16, wire byte) {
		if wire != wireList {
			if id == 4 && wire == wireI32 {
				x.order = r.i32()
			} else {
				r.skip(wire)
			}
			return
		}
		switch id {
		case 1:
			n, _ := r.list()
			for range n {
				x.nullPages = append(x.nullPages, r.byte() == wireTrue)
			}
		case 2:
			x.min = r.binaries()
		case 3:
			x.max = r.binaries()
		case 5:
			n, _ := r.list()
			x.nulls = make([]int64, 0, n)
			for range n {
				x.nulls = append(x.nulls, r.i64())
			}
		default:
			r.skip(wire)
		}
	})
	return x, r.err
}

func (r *thriftReader) binaries() (out [][]byte) {
	n, _ := r.list()
	for i := 0; i < n && r.err == nil; i++ {
		out = append(out, r.present())
	}
	return out
}

type pageLocation struct {
	offset   int64
	size     int32
	firstRow int64
}

func readOffsetIndex(b []byte) ([]pageLocation, error) {
	r := &thriftReader{b: b}
	var out []pageLocation
	r.structure(func(id int16, wire byte) {
		if id != 1 || wire != wireList {
			r.skip(wire)
			return
		}
		n, _ := r.list()
		for i := 0; i < n && r.err == nil; i++ {
			var l pageLocation
			r.structure(func(id int16, wire byte) {
				switch {
				case id == 1 && wire == wireI64:
					l.offset = r.i64()
				case id == 2 && wire == wireI32:
					l.size = r.i32()
				case id == 3 && wire == wireI64:
					l.firstRow = r.i64()
				default:
					r.skip(wire)
				}
			})
			out = append(out, l)
		}
	})
	return out, r.err
}
