package function

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// castNested converts arrays, maps and structs of one shape member by member. The structs of a partition may have fewer or more fields than
// those of its table: fields that are not there are NULL.
func castNested(env *Env, from, to *types.Type) Kernel {
	if from.Kind != to.Kind || len(from.Fields) != len(to.Fields) && !env.Converting || from.Kind == types.Union {
		return nil
	}
	var members [][2]*types.Type
	switch to.Kind {
	case types.Array:
		members = [][2]*types.Type{{from.Elem, to.Elem}}
	case types.Map:
		members = [][2]*types.Type{{from.Key, to.Key}, {from.Elem, to.Elem}}
	default:
		for i := range min(len(from.Fields), len(to.Fields)) {
			members = append(members, [2]*types.Type{from.Fields[i].Type, to.Fields[i].Type})
		}
	}
	kernels := make([]Kernel, len(members))
	for i, m := range members {
		if m[0].Equal(m[1]) {
			continue
		}
		if kernels[i] = castKernel(env, m[0], m[1]); kernels[i] == nil {
			return nil
		}
	}
	results := make([]Result, len(members))
	list := to.Kind != types.Struct
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		base := args[0].Base()
		children := make([]*vector.Vector, len(members), max(len(members), len(to.Fields)))
		for i, c := range base.Children[:len(members)] {
			n := c.Len()
			if kernels[i] == nil {
				children[i] = c
				continue
			}
			results[i].Reset(members[i][1], n)
			if err := castChild(kernels[i], c, n, &results[i]); err != nil {
				return err
			}
			children[i] = results[i].Vector
		}
		for i := len(members); i < len(to.Fields); i++ {
			children = append(children, absent(to.Fields[i].Type, base.Len()))
		}
		view := &vector.Vector{Type: to, Refs: base.Refs, Nulls: base.Nulls, Children: children}
		if list {
			refs := columnOf(args[0], base.Refs)
			out.BorrowChildren(view.Children)
			rows.Each(func(i int) { out.Refs[i] = refs.at(i) })
			return nil
		}
		return copyRows(out, view, args[0], rows)
	}
}

// absent is a column of n rows of NULL.
func absent(t *types.Type, n int) *vector.Vector {
	v := vector.New(t, n)
	v.Resize(n)
	for i := range v.MakeNulls(n) {
		v.SetNull(i, n)
	}
	return v
}

// castChild converts the rows of a child that are not NULL.
func castChild(k Kernel, child *vector.Vector, n int, out *Result) error {
	rows := Rows{N: n}
	if child.Nulls != nil {
		out.NullMask()
		copy(out.Nulls, child.Nulls[:n])
	}
	if child.Nulls == nil {
		return k([]*vector.Vector{child}, rows, out)
	}
	// Children may be longer than a selection can number, so NULL rows are converted too and masked again.
	if err := k([]*vector.Vector{child}, rows, out); err != nil {
		return err
	}
	for i, null := range child.Nulls[:n] {
		if null {
			out.Null(i)
		}
	}
	return nil
}

// copyRows copies struct rows from view, addressed like shape, to out.
func copyRows(out *Result, view, shape *vector.Vector, rows Rows) error {
	at := make([]uint32, rows.N)
	rows.Each(func(i int) { at[i] = uint32(shape.At(i)) })
	for k, c := range out.Children {
		vector.Gather(c, view.Children[k], at)
	}
	return nil
}
