package function

import (
	"slices"
	"strings"

	"skep/engine/vector"
)

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
