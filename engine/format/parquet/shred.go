package parquet

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/vector"
)

// shredder turns the rows of a top-level column into the entries of its leaves.
type shredder struct {
	typ      *types.Type
	node     *node
	children []*shredder
	leaf     *leafWriter
	flat     bool // a top-level leaf
	flattens vector.Vector
}

// entry is a slot on the way down: the row of the vector that holds its value, or -1 when it or an ancestor is NULL or empty,
// and its levels so far.
type entry struct {
	row      int32
	def, rep uint32
}

// write appends n rows of v, which may be in any form.
func (s *shredder) write(v *vector.Vector, sel []uint16, n int) error {
	if s.flat {
		if sel != nil {
			vector.Gather(&s.flattens, v, sel)
			return s.leaf.top(&s.flattens, len(sel))
		}
		if !s.leaf.codable(v, n) {
			v = vector.Flatten(v, &s.flattens, n)
		}
		return s.leaf.top(v, n)
	}
	var entries []entry
	if sel != nil {
		for _, row := range sel {
			entries = append(entries, entry{row: int32(row)})
		}
	} else {
		for row := range n {
			entries = append(entries, entry{row: int32(row)})
		}
	}
	return s.shred(v, entries)
}

func (s *shredder) shred(v *vector.Vector, entries []entry) error {
	base := v.Base()
	switch s.typ.Kind {
	case types.Struct:
		below := make([]entry, len(entries))
		for i, e := range entries {
			if e.row >= 0 {
				if v.IsNull(int(e.row)) {
					e.row = -1
				} else {
					e.row, e.def = int32(v.At(int(e.row))), e.def+1
				}
			}
			below[i] = e
		}
		for i, c := range s.children {
			if err := c.shred(base.Children[i], below); err != nil {
				return err
			}
		}
		return nil
	case types.Array, types.Map:
		rep := uint32(s.node.maxRep + 1)
		var below []entry
		for _, e := range entries {
			if e.row >= 0 && v.IsNull(int(e.row)) {
				e.row = -1
			} else if e.row >= 0 {
				e.def++
				ref := base.Refs[v.At(int(e.row))]
				for k := range ref.Len {
					below = append(below, entry{int32(ref.Off + k), e.def + 1, e.rep})
					e.rep = rep
				}
				if ref.Len > 0 {
					continue
				}
				e.row = -1
			}
			below = append(below, e)
		}
		for i, c := range s.children {
			if err := c.shred(base.Children[i], below); err != nil {
				return err
			}
		}
		return nil
	}
	return s.leaf.shredded(v, entries)
}

// shredded appends entries, cutting pages at rows.
func (l *leafWriter) shredded(v *vector.Vector, entries []entry) error {
	l.leveled = true
	rows := l.scratch.rows[:0]
	flush := func() {
		if len(rows) > 0 {
			l.dense.Type = v.Type
			vector.Gather(&l.dense, v, rows)
			l.values(&l.dense, 0, len(rows))
			rows = rows[:0]
		}
	}
	maxDef := uint32(l.node.maxDef)
	for _, e := range entries {
		if e.rep == 0 {
			if l.rows >= pageRows || len(l.defs) >= 4*pageRows {
				flush()
				if err := l.finishPage(); err != nil {
					return err
				}
				l.leveled = true
			}
			l.rows++
		}
		if e.row >= 0 && !v.IsNull(int(e.row)) {
			if l.node.element.repetition == optional {
				e.def++
			}
			rows = append(rows, uint32(e.row))
		} else {
			if l.node.element.repetition == required && e.def == maxDef {
				return fmt.Errorf("column %s: a key of a map is NULL", l.node.path())
			}
			l.nulls++
		}
		l.entries++
		l.defs = append(l.defs, e.def)
		if l.node.maxRep > 0 {
			l.reps = append(l.reps, e.rep)
		}
	}
	flush()
	l.scratch.rows = rows
	return l.cut()
}
