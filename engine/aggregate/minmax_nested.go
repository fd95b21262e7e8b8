package aggregate

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// nestedExtremes keeps the smallest or largest array, struct or union. Values are appended to a column, which is compacted when
// most of its rows belong to no group any more.
type nestedExtremes struct {
	s       []extreme[uint32] // row of values
	values  *vector.Vector
	rows    int // of values
	dead    int
	largest bool
	one     [1]uint32
}

func (s *nestedExtremes) Resize(n int) {
	s.s = resize(s.s, n)
	if n == 0 {
		s.values.Reset()
		s.rows, s.dead = 0, 0
	}
}

func (s *nestedExtremes) Update(groups []uint32, args []*vector.Vector) {
	a := args[0]
	for k, g := range groups {
		if a.IsNull(k) {
			continue
		}
		p := &s.s[g]
		if p.seen {
			if c := compareExtremes(a, k, s.values, int(p.v), s.largest); c == 0 || (c > 0) != s.largest {
				continue
			}
			s.dead++
		}
		s.one[0] = uint32(k)
		vector.AppendRows(s.values, a, s.one[:])
		p.v, p.seen = uint32(s.rows), true
		s.rows++
	}
	if s.dead > 1<<10 && s.dead > s.rows/2 {
		s.compact()
	}
}

// compareExtremes orders two values of one type. NULL in a field of a struct loses: it is the smallest when the largest is sought,
// and the largest otherwise.
func compareExtremes(a *vector.Vector, i int, b *vector.Vector, j int, largest bool) int {
	if a.Type.Kind != types.Struct {
		return vector.Compare(a, i, b, j)
	}
	x, y := a.Base(), b.Base()
	i, j = a.At(i), b.At(j)
	for c := range x.Children {
		f, g := x.Children[c], y.Children[c]
		m, n := f.IsNull(i), g.IsNull(j)
		switch {
		case m && n:
		case m || n:
			if m == largest {
				return -1
			}
			return 1
		default:
			if d := compareExtremes(f, i, g, j, largest); d != 0 {
				return d
			}
		}
	}
	return 0
}

func (s *nestedExtremes) compact() {
	var rows []uint32
	for i := range s.s {
		if p := &s.s[i]; p.seen {
			rows = append(rows, p.v)
			p.v = uint32(len(rows) - 1)
		}
	}
	values := vector.New(s.values.Type, len(rows))
	vector.AppendRows(values, s.values, rows)
	s.values, s.rows, s.dead = values, len(rows), 0
}

func (s *nestedExtremes) Merge(groups []uint32, partial []*vector.Vector) { s.Update(groups, partial) }
func (s *nestedExtremes) Partial(dst []*vector.Vector, from, to int)      { s.Final(dst[0], from, to) }

func (s *nestedExtremes) Final(dst *vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		if !x.seen {
			dst.AppendDatum(types.NullDatum)
			continue
		}
		s.one[0] = x.v
		vector.AppendRows(dst, s.values, s.one[:])
	}
}

func (s *nestedExtremes) Bytes() int64 { return int64(cap(s.s))*8 + s.values.MemoryBytes() }
