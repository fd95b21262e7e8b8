package function

import (
	"slices"
	"strings"

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

// arrayContains is false for NULL.
func arrayContains(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			out.I64[i] = 0
			if isNull(args[0], i) || isNull(args[1], i) {
				return
			}
			r, elems := listAt(args[0], i)
			for k := range int(r.Len) {
				if at := int(r.Off) + k; !isNull(elems, at) && vector.Compare(elems, at, args[1], i) == 0 {
					out.I64[i] = 1
					return
				}
			}
		})
		return nil
	}
}

// listFilter copies the elements of an array for which keep is true; keep sees the elements already kept as well.
func listFilter(args []*vector.Vector, rows Rows, out *Result, keep func(row int, elems *vector.Vector, at, start int) bool) error {
	rows.Each(func(i int) {
		r, elems := listAt(args[0], i)
		start := out.startRun()
		for k := range int(r.Len) {
			if at := int(r.Off) + k; keep(i, elems, at, start) {
				appendRow(out.Children[0], elems, at)
			}
		}
		out.endRun(i, start)
	})
	return nil
}

func arrayRemove(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return listFilter(args, rows, out, func(row int, elems *vector.Vector, at, _ int) bool {
			return isNull(elems, at) || vector.Compare(elems, at, args[1], row) != 0
		})
	}
}

// contains reports whether v holds the value of w at j among the rows from … to-1; NULL equals NULL here.
func contains(v *vector.Vector, from, to int, w *vector.Vector, j int) bool {
	for i := from; i < to; i++ {
		if vector.CompareMembers(v, i, w, j) == 0 {
			return true
		}
	}
	return false
}

func arrayDistinct(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return listFilter(args, rows, out, func(_ int, elems *vector.Vector, at, start int) bool {
			return !contains(out.Children[0], start, out.Children[0].Len(), elems, at)
		})
	}
}

// arraySets keeps the distinct elements of both arrays for which want is true.
func arraySets(want func(inA, inB bool) bool) Builder {
	return func(_ *Env, _ *Call) Kernel {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) {
				ra, a := listAt(args[0], i)
				rb, b := listAt(args[1], i)
				has := func(r vector.Ref, v *vector.Vector, w *vector.Vector, j int) bool {
					return contains(v, int(r.Off), int(r.Off+r.Len), w, j)
				}
				start := out.startRun()
				kept := out.Children[0]
				add := func(v *vector.Vector, at int) {
					if !contains(kept, start, kept.Len(), v, at) {
						appendRow(kept, v, at)
					}
				}
				for k := range int(ra.Len) {
					if at := int(ra.Off) + k; want(true, has(rb, b, a, at)) {
						add(a, at)
					}
				}
				for k := range int(rb.Len) {
					if at := int(rb.Off) + k; want(has(ra, a, b, at), true) {
						add(b, at)
					}
				}
				out.endRun(i, start)
			})
			return nil
		}
	}
}

// arrayExtreme is the largest (sign 1) or smallest element; NULLs do not count.
func arrayExtreme(sign int) Builder {
	return func(_ *Env, call *Call) Kernel {
		copyRow := rowCopier(call.Result)
		if copyRow == nil {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) {
				r, elems := listAt(args[0], i)
				best := -1
				for k := range int(r.Len) {
					at := int(r.Off) + k
					if !isNull(elems, at) && (best < 0 || vector.Compare(elems, at, elems, best)*sign > 0) {
						best = at
					}
				}
				if best < 0 {
					out.Null(i)
					return
				}
				copyRow(out, i, elems, best)
			})
			return nil
		}
	}
}

// arraySlice is empty where the array ends before the slice does.
func arraySlice(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		from, size := ints(args[1]), ints(args[2])
		return rows.Try(func(i int) error {
			r, elems := listAt(args[0], i)
			start := out.startRun()
			first, count := from.at(i), size.at(i)
			if first < 0 {
				return errorf("fromIndex = %d", first)
			}
			if count > 0 && first+count <= int64(r.Len) {
				appendRun(out.Children[0], elems, int(r.Off)+int(first), int(count))
			}
			out.endRun(i, start)
			return nil
		})
	}
}

func arrayJoin(env *Env, call *Call) Kernel {
	format := textFormat(env, call.Args[0].Elem)
	if format == nil {
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		separator := textsOf(args[1])
		rows.Each(func(i int) {
			r, elems := listAt(args[0], i)
			if r.Len == 0 {
				out.Null(i)
				return
			}
			write := format(elems)
			data := out.Extend()
			start, first := len(data), true
			for k := range int(r.Len) {
				at := int(r.Off) + k
				null := isNull(elems, at)
				if null && len(args) < 3 {
					continue
				}
				if !first {
					data = append(data, separator.at(i)...)
				}
				first = false
				if null {
					data = append(data, args[2].Bytes(i)...)
				} else {
					data = write(data, at)
				}
			}
			out.Set(i, start, data)
		})
		return nil
	}
}

// sortRuns copies arrays with their elements in the order of less.
func sortRuns(args []*vector.Vector, rows Rows, out *Result, order func(row int, elems *vector.Vector, a, b int) int) error {
	var at []uint32
	rows.Each(func(i int) {
		r, elems := listAt(args[0], i)
		at = at[:0]
		for k := range r.Len {
			at = append(at, r.Off+k)
		}
		slices.SortStableFunc(at, func(a, b uint32) int { return order(i, elems, int(a), int(b)) })
		start := out.startRun()
		vector.AppendRows(out.Children[0], elems, at)
		out.endRun(i, start)
	})
	return nil
}

func sortArray(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return sortRuns(args, rows, out, func(row int, elems *vector.Vector, a, b int) int {
			c := vector.CompareMembers(elems, a, elems, b)
			if len(args) > 1 {
				if up := ints(args[1]); up.at(row) == 0 {
					c = -c
				}
			}
			return c
		})
	}
}

// sortArrayBy orders structs by named fields; a last argument 'DESC' turns the order round.
func sortArrayBy(_ *Env, call *Call) Kernel {
	t := call.Args[0].Elem
	sign := 1
	var fields []int
	for k := 1; k < len(call.Args); k++ {
		name, ok := call.ConstText(k)
		if !ok {
			return nil
		}
		if k == len(call.Args)-1 && k > 1 && strings.EqualFold(name, "desc") {
			sign = -1
		} else if k < len(call.Args)-1 || k == 1 || !strings.EqualFold(name, "asc") {
			fields = append(fields, t.FieldIndex(name))
		}
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		return sortRuns(args, rows, out, func(_ int, elems *vector.Vector, a, b int) int {
			for _, f := range fields {
				if c := vector.CompareMembers(elems.Children[f], a, elems.Children[f], b); c != 0 {
					return c * sign
				}
			}
			return 0
		})
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
			list, err := p.split(args[0].Bytes(i))
			if err != nil {
				return err
			}
			for _, entry := range list {
				key, value, has, err := q.cut(entry)
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

// split divides s at the matches, without trailing empty strings.
func (p *pattern) split(s []byte) ([][]byte, error) {
	var parts [][]byte
	at := 0
	err := p.each(s, func(loc []int) bool {
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

// cut divides s at the first match.
func (p *pattern) cut(s []byte) (before, after []byte, found bool, err error) {
	before = s
	err = p.each(s, func(loc []int) bool {
		before, after, found = s[:loc[0]], s[loc[1]:], true
		return false
	})
	return before, after, found, err
}
