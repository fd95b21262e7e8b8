package function

import (
	"bytes"
	"unicode/utf8"

	"skep/engine/vector"
)

// find returns the 1-based position in characters of the first sub in s from character position from (0-based); 0 when absent.
func find(s, sub []byte, from int) int64 {
	if from < 0 {
		return 0
	}
	if len(sub) == 0 && from <= runes(s) {
		return 1
	}
	at := prefix(s, from)
	if at == len(s) && from > runes(s) {
		return 0
	}
	k := bytes.Index(s[at:], sub)
	if k < 0 {
		return 0
	}
	return int64(runes(s[:at+k])) + 1
}

func instr(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, sub := textsOf(args[0]), textsOf(args[1])
		rows.Each(func(i int) {
			s, k := a.at(i), bytes.Index(a.at(i), sub.at(i))
			if k < 0 || len(s) == 0 { // not even the empty text is in an empty one
				out.I64[i] = 0
				return
			}
			out.I64[i] = int64(unitLength(s[:k])) + 1
		})
		return nil
	}
}

func locate(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		sub, a := textsOf(args[0]), textsOf(args[1])
		var position column[int64]
		if len(args) > 2 {
			position = ints(args[2])
		}
		rows.Each(func(i int) {
			if isNull(args[0], i) || isNull(args[1], i) {
				out.Null(i)
				return
			}
			from := 0
			if len(args) > 2 {
				if isNull(args[2], i) { // no position finds nothing
					out.I64[i] = 0
					return
				}
				from = int(position.at(i)) - 1
			}
			out.I64[i] = find(a.at(i), sub.at(i), from)
		})
		return nil
	}
}

// findInSet returns the 1-based place of s in a comma-separated list; 0 when absent or when s has a comma.
func findInSet(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, list := textsOf(args[0]), textsOf(args[1])
		rows.Each(func(i int) {
			out.I64[i] = 0
			s, rest := a.at(i), list.at(i)
			if bytes.IndexByte(s, ',') >= 0 {
				return
			}
			for n := int64(1); ; n++ {
				item, tail, more := bytes.Cut(rest, []byte{','})
				if bytes.Equal(item, s) {
					out.I64[i] = n
					return
				}
				if !more {
					return
				}
				rest = tail
			}
		})
		return nil
	}
}

func replace(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, old, repl := textsOf(args[0]), textsOf(args[1]), textsOf(args[2])
		rows.Each(func(i int) {
			s, o, r := a.at(i), old.at(i), repl.at(i)
			data := out.Extend()
			start := len(data)
			if len(o) == 0 {
				// Java's String.replace puts the replacement around every character.
				out.Set(i, start, append(data, bytes.ReplaceAll(s, o, r)...))
				return
			}
			for {
				k := bytes.Index(s, o)
				if k < 0 {
					break
				}
				data = append(append(data, s[:k]...), r...)
				s = s[k+len(o):]
			}
			out.Set(i, start, append(data, s...))
		})
		return nil
	}
}

// translate maps characters; those without a partner go.
func translate(_ *Env, _ *Call) Kernel {
	var from, to []byte
	var table map[rune]rune
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, f, t := textsOf(args[0]), textsOf(args[1]), textsOf(args[2])
		rows.Each(func(i int) {
			if x, y := f.at(i), t.at(i); table == nil || !bytes.Equal(x, from) || !bytes.Equal(y, to) {
				from, to = append(from[:0], x...), append(to[:0], y...)
				table = translation(string(x), string(y))
			}
			data := out.Extend()
			start := len(data)
			for _, c := range string(a.at(i)) {
				switch r, ok := table[c]; {
				case !ok:
					data = utf8.AppendRune(data, c)
				case r >= 0:
					data = utf8.AppendRune(data, r)
				}
			}
			out.Set(i, start, data)
		})
		return nil
	}
}

func translation(from, to string) map[rune]rune {
	table := map[rune]rune{}
	targets := []rune(to)
	k := 0
	for _, c := range from {
		r := rune(-1)
		if k < len(targets) {
			r = targets[k]
		}
		k++
		if _, seen := table[c]; !seen {
			table[c] = r
		}
	}
	return table
}

// elt is the argument chosen by the first, counted from 1.
func elt(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		n := ints(args[0])
		rows.Each(func(i int) {
			if isNull(args[0], i) {
				out.Null(i)
				return
			}
			k := n.at(i)
			if k < 1 || k >= int64(len(args)) || isNull(args[k], i) {
				out.Null(i)
				return
			}
			out.SetBytes(i, args[k].Bytes(i))
		})
		return nil
	}
}

// fieldIndex is the place of the first argument among the others; 0 when absent or NULL.
func fieldIndex(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		rows.Each(func(i int) {
			out.I64[i] = 0
			if isNull(args[0], i) {
				return
			}
			for k, v := range args[1:] {
				if v.Type.Kind == args[0].Type.Kind && !isNull(v, i) && vector.Compare(args[0], i, v, i) == 0 {
					out.I64[i] = int64(k + 1)
					return
				}
			}
		})
		return nil
	}
}
