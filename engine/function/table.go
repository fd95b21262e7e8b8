package function

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Generated is the output of a table function: row k comes from input row From[k]; Cols are its columns, flat and as long.
type Generated struct {
	From []uint32
	Cols []*vector.Vector
}

// Table is a table function: it turns each row of arguments into any number of rows. Implementations are used by one
// goroutine.
type Table interface {
	// Apply computes the rows for n rows of flat, dense arguments, in order. The result is valid until the next call.
	Apply(args []*vector.Vector, n int) (*Generated, error)
}

// NewTable returns the table function called name (canonical) with the given output columns.
func NewTable(name string, outputs []*types.Type) (Table, error) {
	out := &Generated{}
	for _, t := range outputs {
		out.Cols = append(out.Cols, vector.New(t, 0))
	}
	switch name {
	case "explode":
		return &explode{out: out}, nil
	case "posexplode":
		return &explode{out: out, position: true}, nil
	case "inline":
		return &inline{out: out}, nil
	case "stack":
		return &stack{out: out}, nil
	case "replicate_rows":
		return &replicate{out: out}, nil
	case "json_tuple":
		return &tuple{out: out, extract: jsonTupleField}, nil
	case "parse_url_tuple":
		return &tuple{out: out, extract: urlTupleField}, nil
	}
	return nil, fmt.Errorf("table function %s is not implemented", name)
}

func (r *Generated) reset() {
	r.From = r.From[:0]
	for _, c := range r.Cols {
		c.Reset()
	}
}

// explode gives a row per element of an array or entry of a map, with its position if asked for.
type explode struct {
	out      *Generated
	position bool
	elements []uint32
}

// Apply implements Table.
func (e *explode) Apply(args []*vector.Vector, n int) (*Generated, error) {
	e.out.reset()
	e.elements = e.elements[:0]
	v := args[0]
	values := e.out.Cols
	if e.position {
		values = values[1:]
	}
	for i := range n {
		if v.IsNull(i) {
			continue
		}
		r := v.Refs[i]
		for k := range r.Len {
			e.out.From = append(e.out.From, uint32(i))
			e.elements = append(e.elements, r.Off+k)
			if e.position {
				e.out.Cols[0].I64 = append(e.out.Cols[0].I64, int64(k))
			}
		}
	}
	for i, c := range values {
		vector.AppendRows(c, v.Children[i], e.elements)
	}
	return e.out, nil
}

// inline gives a row per struct of an array; a NULL struct gives a row of NULLs.
type inline struct {
	out      *Generated
	elements []uint32
}

// Apply implements Table.
func (e *inline) Apply(args []*vector.Vector, n int) (*Generated, error) {
	e.out.reset()
	e.elements = e.elements[:0]
	v := args[0]
	for i := range n {
		if v.IsNull(i) {
			continue
		}
		r := v.Refs[i]
		for k := range r.Len {
			e.out.From = append(e.out.From, uint32(i))
			e.elements = append(e.elements, r.Off+k)
		}
	}
	structs := vector.Flatten(v.Children[0], nil, v.Children[0].Len())
	for i, c := range e.out.Cols {
		vector.AppendRows(c, structs.Children[i], e.elements)
	}
	if structs.Nulls != nil {
		for k, x := range e.elements {
			if structs.Nulls[x] {
				for _, c := range e.out.Cols {
					c.SetNull(k, len(e.elements))
				}
			}
		}
	}
	return e.out, nil
}

// stack gives its arguments after the first, a constant number of rows, row by row; missing ones at the end are NULL.
type stack struct{ out *Generated }

// Apply implements Table.
func (s *stack) Apply(args []*vector.Vector, n int) (*Generated, error) {
	s.out.reset()
	if n == 0 {
		return s.out, nil
	}
	rows := int(args[0].I64[0])
	width := len(s.out.Cols)
	one := []uint32{0}
	for i := range n {
		one[0] = uint32(i)
		for r := range rows {
			s.out.From = append(s.out.From, uint32(i))
			for c, col := range s.out.Cols {
				if at := 1 + r*width + c; at < len(args) {
					vector.AppendRows(col, args[at], one)
				} else {
					col.AppendDatum(types.NullDatum)
				}
			}
		}
	}
	return s.out, nil
}

// replicate repeats its arguments as often as the first one says; that number is the first output.
type replicate struct{ out *Generated }

// Apply implements Table.
func (r *replicate) Apply(args []*vector.Vector, n int) (*Generated, error) {
	r.out.reset()
	for i := range n {
		if args[0].IsNull(i) {
			continue
		}
		for range args[0].I64[i] {
			r.out.From = append(r.out.From, uint32(i))
		}
	}
	for c, col := range r.out.Cols {
		vector.AppendRows(col, args[c], r.out.From)
	}
	return r.out, nil
}

// tuple extracts several parts of one text: json_tuple and parse_url_tuple. A part that is not there is NULL.
type tuple struct {
	out     *Generated
	extract func(text []byte, part string) (value string, ok bool)
}

// Apply implements Table.
func (t *tuple) Apply(args []*vector.Vector, n int) (*Generated, error) {
	t.out.reset()
	for i := range n {
		t.out.From = append(t.out.From, uint32(i))
		for c, col := range t.out.Cols {
			d := types.NullDatum
			if !args[0].IsNull(i) && !args[c+1].IsNull(i) {
				if v, ok := t.extract(args[0].Bytes(i), string(args[c+1].Bytes(i))); ok {
					d = types.Datum{S: v}
				}
			}
			col.AppendDatum(d)
		}
	}
	return t.out, nil
}
