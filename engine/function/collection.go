package function

import (
	"skep/dialect/javaregex"
	"skep/dialect/types"
	"skep/engine/vector"
)

var collectionTable = map[string]entry{
	"array":           {build: makeArray, nulls: Aware},
	"map":             {build: makeMap, nulls: Aware},
	"struct":          {build: makeStruct(0), nulls: Aware},
	"named_struct":    {build: makeStruct(1), nulls: Aware},
	"create_union":    {build: createUnion, nulls: Aware},
	"extract_union":   {build: extractUnion, nulls: Aware},
	"size":            {build: size, nulls: Aware},
	"index":           {build: index, nulls: Strict},
	"map_keys":        {build: mapSide(0), nulls: Aware},
	"map_values":      {build: mapSide(1), nulls: Aware},
	"array_contains":  {build: arrayContains, nulls: Aware},
	"array_remove":    {build: arrayRemove, nulls: Strict},
	"array_distinct":  {build: arrayDistinct, nulls: Strict},
	"array_min":       {build: arrayExtreme(-1), nulls: Strict},
	"array_max":       {build: arrayExtreme(1), nulls: Strict},
	"array_slice":     {build: arraySlice, nulls: Strict, fallible: true},
	"array_except":    {build: arraySets(func(inA, inB bool) bool { return inA && !inB }), nulls: Strict},
	"array_intersect": {build: arraySets(func(inA, inB bool) bool { return inA && inB }), nulls: Strict},
	"array_union":     {build: arraySets(func(inA, inB bool) bool { return true }), nulls: Strict},
	"array_join":      {build: arrayJoin, nulls: Strict},
	"sort_array":      {build: sortArray, nulls: Strict},
	"sort_array_by":   {build: sortArrayBy, nulls: Strict},
	"str_to_map":      {build: strToMap, nulls: Aware, fallible: true},
}

// appendRow appends row of src, in any form, to the flat column dst.
func appendRow(dst, src *vector.Vector, row int) {
	if src.Type.Kind == types.Void && dst.Type.Kind != types.Void {
		dst.AppendDatum(types.NullDatum)
		return
	}
	one := [1]uint32{uint32(row)}
	vector.AppendRows(dst, src, one[:])
}

// appendRun appends rows from … from+n-1 of a flat column.
func appendRun(dst, src *vector.Vector, from, n int) {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(from + i)
	}
	vector.AppendRows(dst, src, rows)
}

// startRun and endRun bracket the children that become the value of row.
func (r *Result) startRun() int { return r.Children[0].Len() }

func (r *Result) endRun(row, start int) {
	r.Refs[row] = vector.Ref{Off: uint32(start), Len: uint32(r.Children[0].Len() - start)}
}

func makeArray(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			start := out.startRun()
			for _, v := range args {
				appendRow(out.Children[0], v, i)
			}
			out.endRun(i, start)
		})
		return nil
	}
}

// equalMembers compares two columns at one row; NULL equals NULL.
func equalMembers(a, b *vector.Vector, row int) bool {
	if isNull(a, row) || isNull(b, row) {
		return isNull(a, row) && isNull(b, row)
	}
	return vector.Compare(a, row, b, row) == 0
}

// makeMap keeps the place of the first and the value of the last of equal keys.
func makeMap(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		keys, vals := out.Children[0], out.Children[1]
		rows.Each(func(i int) {
			start := out.startRun()
			for k := 0; k < len(args); k += 2 {
				last := k
				seen := false
				for j := 0; j < len(args); j += 2 {
					if j != k && equalMembers(args[j], args[k], i) {
						seen = seen || j < k
						last = max(last, j)
					}
				}
				if !seen {
					appendRow(keys, args[k], i)
					appendRow(vals, args[last+1], i)
				}
			}
			out.endRun(i, start)
		})
		return nil
	}
}

// makeStruct takes every argument, or (names 1) every second.
func makeStruct(names int) Builder {
	return func(_ *Env, _ *Call) Kernel {
		var at []uint32
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			at = at[:0]
			for range rows.N {
				at = append(at, 0)
			}
			rows.Each(func(i int) { at[i] = uint32(i) })
			for k, c := range out.Children {
				v := args[k*(names+1)+names]
				if v.Type.Kind == types.Void {
					c.Resize(rows.N)
					mask := c.MakeNulls(rows.N)
					for i := range mask {
						mask[i] = true
					}
					if c.Refs != nil {
						clear(c.Refs)
					}
					continue
				}
				vector.Gather(c, v, at)
			}
			return nil
		}
	}
}

func createUnion(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		tags := ints(args[0])
		for _, c := range out.Children {
			c.Reset()
		}
		at := make([]int, rows.N)
		for i := range at {
			at[i] = -1
		}
		rows.Each(func(i int) { at[i] = i })
		for i := range rows.N {
			tag := int64(-1)
			if at[i] >= 0 && !isNull(args[0], i) {
				tag = tags.at(i)
			}
			for k, c := range out.Children {
				if int64(k) == tag {
					appendRow(c, args[k+1], i)
				} else {
					c.AppendDatum(types.NullDatum)
				}
			}
			if tag < 0 || tag >= int64(len(out.Children)) {
				if at[i] >= 0 {
					out.Null(i)
				}
				tag = 0
			}
			out.I64[i] = tag
		}
		return nil
	}
}

// extractUnion gives a union's value under a tag, or a struct of all tags.
func extractUnion(_ *Env, call *Call) Kernel {
	if call.Args[0].Kind != types.Union {
		return nil
	}
	want := int64(-1)
	if d, ok := call.Const(1); ok {
		want = d.I
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		u := args[0]
		children := out.Children
		if want >= 0 {
			children = []*vector.Vector{out.Vector}
		}
		for _, c := range children {
			c.Reset()
		}
		b := u.Base()
		chosen := make([]bool, rows.N)
		rows.Each(func(i int) { chosen[i] = true })
		for i := range rows.N {
			for k, c := range children {
				tag := int64(k)
				if want >= 0 {
					tag = want
				}
				if chosen[i] && !u.IsNull(i) && b.I64[u.At(i)] == tag {
					appendRow(c, b.Children[tag], u.At(i))
				} else {
					c.AppendDatum(types.NullDatum)
				}
			}
		}
		return nil
	}
}

// size is -1 for NULL.
func size(_ *Env, call *Call) Kernel {
	record := call.Args[0].Kind == types.Struct
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		v := args[0]
		rows.Each(func(i int) {
			switch {
			case isNull(v, i):
				out.I64[i] = -1
			case record:
				out.I64[i] = int64(len(v.Type.Fields))
			default:
				out.I64[i] = int64(v.Base().Refs[v.At(i)].Len)
			}
		})
		return nil
	}
}

// index is an element of an array by position from 0, or of a map by key; NULL when there is none.
func index(_ *Env, call *Call) Kernel {
	var at []uint32
	isMap := call.Args[0].Kind == types.Map
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		b := args[0].Base()
		values := b.Children[len(b.Children)-1]
		at = at[:0]
		for range rows.N {
			at = append(at, 0)
		}
		var missing []int
		found := false
		rows.Each(func(i int) {
			r := b.Refs[args[0].At(i)]
			k := -1
			if isMap {
				for j := range int(r.Len) {
					if !b.Children[0].IsNull(int(r.Off)+j) && vector.Compare(b.Children[0], int(r.Off)+j, args[1], i) == 0 {
						k = j
					}
				}
			} else if n := ints(args[1]); n.at(i) >= 0 && n.at(i) < int64(r.Len) {
				k = int(n.at(i))
			}
			if k < 0 {
				missing = append(missing, i)
				return
			}
			at[i] = r.Off + uint32(k)
			found = true
		})
		nulls := append([]bool(nil), out.Nulls...)
		if found {
			vector.Gather(out.Vector, values, at)
		}
		for i, null := range nulls {
			if null {
				missing = append(missing, i)
			}
		}
		if len(missing) > 0 {
			mask := make([]bool, rows.N)
			copy(mask, out.Nulls)
			for _, i := range missing {
				mask[i] = true
				if out.Refs != nil {
					out.Refs[i] = vector.Ref{}
				}
			}
			out.Nulls = mask
		}
		return nil
	}
}

// mapSide shares the keys (0) or values (1) of a map as an array; for NULL it is empty.
func mapSide(side int) Builder {
	return func(_ *Env, _ *Call) Kernel {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			b := args[0].Base()
			out.BorrowChildren(b.Children[side : side+1])
			rows.Each(func(i int) {
				out.Refs[i] = vector.Ref{}
				if !isNull(args[0], i) {
					out.Refs[i] = b.Refs[args[0].At(i)]
				}
			})
			return nil
		}
	}
}

// strToMap divides text at two regular expressions, ',' and ':' by default.
func strToMap(_ *Env, call *Call) Kernel {
	var entries, pairs patternCache
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		keys, vals := out.Children[0], out.Children[1]
		return rows.Try(func(i int) error {
			for _, v := range args {
				if isNull(v, i) {
					out.endRun(i, out.startRun()) // an empty map
					return nil
				}
			}
			outer, inner := []byte(","), []byte(":")
			if len(args) > 1 {
				outer = args[1].Bytes(i)
			}
			if len(args) > 2 {
				inner = args[2].Bytes(i)
			}
			p, err := entries.get(outer)
			if err != nil {
				return err
			}
			q, err := pairs.get(inner)
			if err != nil {
				return err
			}
			start := out.startRun()
			list, err := splitPattern(p, args[0].Bytes(i))
			if err != nil {
				return err
			}
			for _, entry := range list {
				key, value, has, err := cutPattern(q, entry)
				if err != nil {
					return err
				}
				if at := findText(keys, start, key); at >= 0 {
					// Later pairs win, at the place of the first: rare, so the value column is rewritten.
					replaceText(vals, at, value, has)
					continue
				}
				appendText(keys, key)
				if has {
					appendText(vals, value)
				} else {
					appendNull(vals)
				}
			}
			out.endRun(i, start)
			return nil
		})
	}
}

func findText(v *vector.Vector, from int, s []byte) int {
	for k := from; k < len(v.Refs); k++ {
		if r := v.Refs[k]; string(v.Data[r.Off:r.Off+r.Len]) == string(s) {
			return k
		}
	}
	return -1
}

func replaceText(v *vector.Vector, row int, s []byte, has bool) {
	if v.Nulls != nil {
		v.Nulls[row] = !has
	} else if !has {
		v.MakeNulls(len(v.Refs))[row] = true
	}
	v.SetBytes(row, s)
}

// splitPattern divides s at the matches of p, without trailing empty strings.
func splitPattern(p *javaregex.Pattern, s []byte) ([][]byte, error) {
	var parts [][]byte
	at := 0
	err := p.Each(s, func(loc []int) bool {
		if loc[1] > 0 {
			parts = append(parts, s[at:loc[0]])
			at = loc[1]
		}
		return true
	})
	parts = append(parts, s[at:])
	for len(parts) > 1 && len(parts[len(parts)-1]) == 0 {
		parts = parts[:len(parts)-1]
	}
	return parts, err
}

// cutPattern divides s at the first match of p.
func cutPattern(p *javaregex.Pattern, s []byte) (before, after []byte, found bool, err error) {
	before = s
	err = p.Each(s, func(loc []int) bool {
		before, after, found = s[:loc[0]], s[loc[1]:], true
		return false
	})
	return before, after, found, err
}
