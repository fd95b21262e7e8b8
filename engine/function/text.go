package function

import (
	"bytes"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
)

var textTable = map[string]entry{
	"concat":          {build: concat, nulls: Strict},
	"concat_ws":       {build: concatWS, nulls: Aware},
	"substr":          {build: substr, nulls: Strict, costly: true},
	"substring_index": {build: substringIndex, nulls: Strict, costly: true},
	"space":           {build: space, nulls: Strict, fallible: true},
	"repeat":          {build: repeat, nulls: Strict, fallible: true},
	"lpad":            {build: pad(true), nulls: Strict, costly: true, fallible: true},
	"rpad":            {build: pad(false), nulls: Strict, costly: true, fallible: true},
	"upper":           {build: mapText(appendUpper), nulls: Strict, costly: true},
	"lower":           {build: mapText(appendLower), nulls: Strict, costly: true},
	"initcap":         {build: mapText(appendInitCap), nulls: Strict, costly: true},
	"reverse":         {build: mapText(appendReverse), nulls: Strict, costly: true},
	"quote":           {build: mapText(appendQuoted), nulls: Strict, costly: true},
	"soundex":         {build: soundexOf, nulls: Strict, costly: true},
	"trim":            {build: trimming(true, true), nulls: Strict, costly: true},
	"ltrim":           {build: trimming(true, false), nulls: Strict, costly: true},
	"rtrim":           {build: trimming(false, true), nulls: Strict, costly: true},
	"length":          {build: length, nulls: Strict, costly: true},
	"char_length":     {build: length, nulls: Strict, costly: true},
	"octet_length":    {build: octetLength, nulls: Total},
	"ascii":           {build: ascii, nulls: Strict},
	"chr":             {build: chr, nulls: Strict},
	"instr":           {build: instr, nulls: Strict, costly: true},
	"locate":          {build: locate, nulls: Aware, costly: true},
	"find_in_set":     {build: findInSet, nulls: Strict, costly: true},
	"replace":         {build: replace, nulls: Strict, costly: true},
	"translate":       {build: translate, nulls: Strict, costly: true},
	"levenshtein":     {build: levenshtein, nulls: Strict, costly: true},
	"elt":             {build: elt, nulls: Aware},
	"field":           {build: fieldIndex, nulls: Aware},
}

func allTexts(ts []*types.Type) bool {
	for _, t := range ts {
		if t.Physical() != types.Bytes {
			return false
		}
	}
	return true
}

// mapText makes a kernel of a function from text to text.
func mapText(f func(dst, s []byte) []byte) Builder {
	return func(_ *Env, call *Call) Kernel {
		if !allTexts(call.Args) {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[0])
			rows.Each(func(i int) {
				data := out.Extend()
				out.Set(i, len(data), f(data, a.at(i)))
			})
			return nil
		}
	}
}

func concat(_ *Env, call *Call) Kernel {
	if !allTexts(call.Args) {
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		parts := make([]texts, len(args))
		for k, v := range args {
			parts[k] = textsOf(v)
		}
		rows.Each(func(i int) {
			data := out.Extend()
			start := len(data)
			for k := range parts {
				data = append(data, parts[k].at(i)...)
			}
			out.Set(i, start, data)
		})
		return nil
	}
}

// concatWS joins strings and arrays of strings, skipping NULL arguments; a NULL separator gives NULL.
func concatWS(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			if isNull(args[0], i) {
				out.Null(i)
				return
			}
			separator := args[0].Bytes(i)
			data := out.Extend()
			start, first := len(data), true
			add := func(s []byte) {
				if !first {
					data = append(data, separator...)
				}
				first = false
				data = append(data, s...)
			}
			for _, v := range args[1:] {
				switch {
				case isNull(v, i):
				case v.Type.Kind == types.Array:
					r, elems := listAt(v, i)
					for k := range int(r.Len) {
						if isNull(elems, int(r.Off)+k) {
							add([]byte("null")) // as Hive has it, unlike a NULL argument
							continue
						}
						add(elems.Bytes(int(r.Off) + k))
					}
				default:
					add(v.Bytes(i))
				}
			}
			out.Set(i, start, data)
		})
		return nil
	}
}

func isNull(v *vector.Vector, row int) bool { return v.Type.Kind == types.Void || v.IsNull(row) }

// listAt returns the run of children that is the array at row.
func listAt(v *vector.Vector, row int) (vector.Ref, *vector.Vector) {
	b := v.Base()
	return b.Refs[v.At(row)], b.Children[0]
}

// runes counts characters.
func runes(s []byte) int {
	n := 0
	for _, c := range s {
		if c&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

// substr cuts characters (bytes of a binary) out of its argument without copying them.
func substr(env *Env, call *Call) Kernel {
	if call.Args[0].Physical() != types.Bytes {
		return nil
	}
	binary := call.Args[0].Kind == types.Binary
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, at := textsOf(args[0]), ints(args[1])
		var size column[int64]
		if len(args) > 2 {
			size = ints(args[2])
		}
		if !binary && !env.Vectorized && supplementary(a.data) {
			rows.Each(func(i int) {
				length := int64(1<<62 - 1)
				if len(args) > 2 {
					length = size.at(i)
				}
				data := out.Extend()
				out.Set(i, len(data), substrUnits(data, a.at(i), at.at(i), length))
			})
			return nil
		}
		out.Borrow(a.data)
		rows.Each(func(i int) {
			r := a.refs.at(i)
			s := a.data[r.Off : r.Off+r.Len]
			length := int64(1<<62 - 1)
			if len(args) > 2 {
				length = size.at(i)
			}
			from, to := cut(s, at.at(i), length, binary)
			out.Refs[i] = vector.Ref{Off: r.Off + uint32(from), Len: uint32(to - from)}
		})
		return nil
	}
}

// cut finds the bytes of length characters from the 1-based position at, which counts from the end when negative.
func cut(s []byte, at, length int64, binary bool) (from, to int) {
	if length <= 0 {
		return 0, 0
	}
	if at > 0 && !binary {
		// Walking from the start needs no count of all characters.
		from = prefix(s, int(min(at-1, int64(len(s)))))
		if from == len(s) {
			return 0, 0
		}
		return from, from + prefix(s[from:], int(min(length, int64(len(s)))))
	}
	n := int64(len(s))
	if !binary {
		n = int64(runes(s))
	}
	if at > n || -at > n {
		return 0, 0
	}
	start := int64(0)
	switch {
	case at > 0:
		start = at - 1
	case at < 0:
		start = n + at
	}
	end := n
	if n-start >= length {
		end = start + length
	}
	if n == int64(len(s)) {
		return int(start), int(end)
	}
	from = prefix(s, int(start))
	return from, from + prefix(s[from:], int(end-start))
}

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// substringIndex returns s up to the n-th delimiter, counted from the end when n is negative.
func substringIndex(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, d, n := textsOf(args[0]), textsOf(args[1]), ints(args[2])
		rows.Each(func(i int) { out.SetBytes(i, beforeNth(a.at(i), d.at(i), n.at(i))) })
		return nil
	}
}

func beforeNth(s, delimiter []byte, n int64) []byte {
	if n == 0 || len(delimiter) == 0 {
		return nil
	}
	if n > 0 {
		at := 0
		for ; n > 0; n-- {
			k := bytes.Index(s[at:], delimiter)
			if k < 0 {
				return s
			}
			at += k + len(delimiter)
		}
		return s[:at-len(delimiter)]
	}
	end := len(s)
	for ; n < 0; n++ {
		k := bytes.LastIndex(s[:end], delimiter)
		if k < 0 {
			return s
		}
		end = k
	}
	return s[end+len(delimiter):]
}

// maxArena bounds the bytes of strings in one column of a batch.
const maxArena = 1 << 30

// roomFor fails when n more bytes are too many for the arena.
func roomFor(arena []byte, n int64) error {
	if int64(len(arena))+n > maxArena {
		return errorf("strings of more than %d bytes in a batch", maxArena)
	}
	return nil
}

func space(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		n := ints(args[0])
		return rows.Try(func(i int) error {
			data := out.Extend()
			if err := roomFor(data, n.at(i)); err != nil {
				return err
			}
			start := len(data)
			for range max(n.at(i), 0) {
				data = append(data, ' ')
			}
			out.Set(i, start, data)
			return nil
		})
	}
}

func repeat(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, n := textsOf(args[0]), ints(args[1])
		return rows.Try(func(i int) error {
			data := out.Extend()
			if err := roomFor(data, n.at(i)*int64(len(a.at(i)))); err != nil {
				return err
			}
			start := len(data)
			for range max(n.at(i), 0) {
				data = append(data, a.at(i)...)
			}
			out.Set(i, start, data)
			return nil
		})
	}
}

// pad fills up to a number of characters, or cuts to it.
func pad(left bool) Builder {
	return func(_ *Env, call *Call) Kernel {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, n, p := textsOf(args[0]), ints(args[1]), textsOf(args[2])
			return rows.Try(func(i int) error {
				s, fill := a.at(i), p.at(i)
				size := int(n.at(i))
				if len(fill) == 0 {
					out.Null(i)
					return nil
				}
				if size < 0 {
					return errorf("String index out of range: %d", size)
				}
				have := runes(s)
				data := out.Extend()
				if err := roomFor(data, int64(size)); err != nil {
					return err
				}
				start := len(data)
				if supplementary(s) || supplementary(fill) {
					out.Set(i, start, padUnits(data, s, fill, size, left))
					return nil
				}
				if have >= size {
					out.Set(i, start, append(data, s[:prefix(s, size)]...))
					return nil
				}
				if !left {
					data = append(data, s...)
				}
				for missing, width := size-have, runes(fill); missing > 0; missing -= width {
					if width > missing {
						data = append(data, fill[:prefix(fill, missing)]...)
					} else {
						data = append(data, fill...)
					}
				}
				if left {
					data = append(data, s...)
				}
				out.Set(i, start, data)
				return nil
			})
		}
	}
}

// trimming removes blanks, or the characters of a second argument, without copying.
func trimming(left, right bool) Builder {
	return func(_ *Env, call *Call) Kernel {
		if !allTexts(call.Args) {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[0])
			out.Borrow(a.data)
			var set texts
			if len(args) > 1 {
				set = textsOf(args[1])
			}
			rows.Each(func(i int) {
				r := a.refs.at(i)
				s := a.data[r.Off : r.Off+r.Len]
				from, to := 0, len(s)
				blank := func(c byte) bool { return c == ' ' }
				if len(args) > 1 {
					chars := set.at(i)
					blank = func(c byte) bool { return bytes.IndexByte(chars, c) >= 0 }
				}
				for left && from < to && blank(s[from]) {
					from++
				}
				for right && to > from && blank(s[to-1]) {
					to--
				}
				out.Refs[i] = vector.Ref{Off: r.Off + uint32(from), Len: uint32(to - from)}
			})
			return nil
		}
	}
}

func length(_ *Env, call *Call) Kernel {
	if call.Args[0].Physical() != types.Bytes {
		return nil
	}
	if call.Args[0].Kind == types.Binary {
		return octetLength(nil, call)
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) { out.I64[i] = int64(runes(a.at(i))) })
		return nil
	}
}

func octetLength(_ *Env, call *Call) Kernel {
	if call.Args[0].Physical() != types.Bytes {
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) { out.I64[i] = int64(a.refs.at(i).Len) })
		return nil
	}
}

func ascii(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) {
			out.I64[i] = 0
			if s := a.at(i); len(s) > 0 {
				out.I64[i] = int64(int8(s[0]))
			}
		})
		return nil
	}
}

// chr is the character with a code; codes from 256 on are taken modulo 256, negative ones give the empty string.
func chr(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			var n int64
			if args[0].Type.Physical() == types.F64 {
				f := floats(args[0])
				if n = types.FloatToInt(f.at(i)); f.at(i) < 0 {
					n = -1
				}
			} else {
				a := ints(args[0])
				n = a.at(i)
			}
			data := out.Extend()
			start := len(data)
			if short := int16(n); n == 0 || n > 0 && short >= 0 { // Java narrows to a short before it looks at the sign
				data = utf8.AppendRune(data, rune(short%256))
			}
			out.Set(i, start, data)
		})
		return nil
	}
}

func levenshtein(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, b := textsOf(args[0]), textsOf(args[1])
		var prev, cur []int
		rows.Each(func(i int) {
			x, y := unitsOf(a.at(i)), unitsOf(b.at(i))
			prev, cur = prev[:0], cur[:0]
			for k := range len(y) + 1 {
				prev, cur = append(prev, k), append(cur, 0)
			}
			for j, c := range x {
				cur[0] = j + 1
				for k, d := range y {
					cost := 1
					if c == d {
						cost = 0
					}
					cur[k+1] = min(prev[k+1]+1, cur[k]+1, prev[k]+cost)
				}
				prev, cur = cur, prev
			}
			out.I64[i] = int64(prev[len(y)])
		})
		return nil
	}
}
