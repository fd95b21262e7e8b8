package json

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"skep/dialect/types"
	"skep/engine/format/text"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// values turns checked JSON values into values of vectors.
type values struct {
	parser  *text.ValueParser
	raw     bool // binary values are text instead of base64
	whole   bool // strings must not stand for objects and arrays
	strict  bool // structs have no other fields than those of their types
	known   map[*types.Type]*fields
	scratch []byte
}

// append appends the value s to the flat vector v. Objects and arrays where the type wants something else are errors, as are
// dates and timestamps that do not parse.
func (p *values) append(v *vector.Vector, s []byte) error {
	if s[0] == 'n' {
		v.AppendDatum(types.NullDatum)
		return nil
	}
	row := v.Len()
	t := v.Type
	if t.IsPrimitive() {
		return p.primitive(v, s)
	}
	var err error
	switch t.Kind {
	case types.Array:
		err = p.list(v, s)
	case types.Map:
		err = p.mapOf(v, s)
	case types.Struct:
		err = p.record(v, s)
	default:
		err = fmt.Errorf("JSON has no values of type %s", t)
	}
	if v.Nulls != nil {
		v.MakeNulls(row + 1)
	}
	return err
}

func (p *values) list(v *vector.Vector, s []byte) error {
	if s[0] != '[' {
		return mismatch(v.Type, s)
	}
	child := v.Children[0]
	start := child.Len()
	sc := scanner{buf: s}
	err := sc.array(0, func(from, to int) error { return p.append(child, s[from:to]) })
	v.Refs = append(v.Refs, vector.Ref{Off: uint32(start), Len: uint32(child.Len() - start)})
	return err
}

// mapOf appends the entries of an object; the last of those with equal names counts, in the place of the first.
func (p *values) mapOf(v *vector.Vector, s []byte) error {
	if s[0] != '{' {
		return mismatch(v.Type, s)
	}
	type entry struct {
		key  []byte
		from int
		to   int
	}
	var entries []entry
	index := map[string]int{}
	sc := scanner{buf: s}
	if err := sc.object(0, func(key []byte, from, to int) error {
		if i, ok := index[string(key)]; ok {
			entries[i].from, entries[i].to = from, to
			return nil
		}
		index[string(key)] = len(entries)
		entries = append(entries, entry{bytes.Clone(key), from, to})
		return nil
	}); err != nil {
		return err
	}
	keys, elems := v.Children[0], v.Children[1]
	start := keys.Len()
	for _, e := range entries {
		if err := p.leaf(keys, leaf{kind: '"', text: e.key}); err != nil {
			return err
		}
		if err := p.append(elems, s[e.from:e.to]); err != nil {
			return err
		}
	}
	v.Refs = append(v.Refs, vector.Ref{Off: uint32(start), Len: uint32(keys.Len() - start)})
	return nil
}

func (p *values) record(v *vector.Vector, s []byte) error {
	if s[0] != '{' {
		return mismatch(v.Type, s)
	}
	f := p.known[v.Type]
	if f == nil {
		names := make([]string, len(v.Type.Fields))
		for i, x := range v.Type.Fields {
			names[i] = x.Name
		}
		n := newFields(names)
		f = &n
		p.known[v.Type] = f
	}
	parts := make([]vector.Ref, len(v.Children))
	sc := scanner{buf: s}
	if err := sc.object(0, func(key []byte, from, to int) error {
		if i := f.find(key); i >= 0 {
			parts[i] = vector.Ref{Off: uint32(from), Len: uint32(to - from)}
		} else if p.strict {
			return fmt.Errorf("Field found in JSON does not match table definition: %s", key)
		}
		return nil
	}); err != nil {
		return err
	}
	for i, c := range v.Children {
		if parts[i].Len == 0 {
			c.AppendDatum(types.NullDatum)
			continue
		}
		if err := p.append(c, s[parts[i].Off:parts[i].Off+parts[i].Len]); err != nil {
			return err
		}
	}
	if len(v.Children) == 0 {
		v.Nulls = append(v.Nulls, false)
	}
	return nil
}

func mismatch(t *types.Type, s []byte) error {
	return fmt.Errorf("the value %s is not of type %s", shown(s), t)
}

// leaf is a JSON value that is neither object nor array: kind is '"' for strings (text is the inside without escapes), '0'
// for numbers, otherwise the first letter.
type leaf struct {
	kind byte
	text []byte
}

func (p *values) primitive(v *vector.Vector, s []byte) error {
	switch c := s[0]; c {
	case '"':
		inside := s[1 : len(s)-1]
		if bytes.IndexByte(inside, '\\') >= 0 {
			p.scratch = unescape(p.scratch[:0], inside)
			inside = p.scratch
		}
		return p.leaf(v, leaf{'"', inside})
	case '{', '[':
		if v.Type.Kind != types.String {
			return mismatch(v.Type, s)
		}
		if p.whole {
			return fmt.Errorf("the value %s is not of type %s; json.stringify.complex.fields would make it one", shown(s), v.Type)
		}
		p.scratch = appendCompact(p.scratch[:0], s)
		return p.add(v, p.scratch)
	case 't', 'f':
		return p.leaf(v, leaf{c, s})
	default:
		return p.leaf(v, leaf{'0', s})
	}
}

// leaf appends a leaf, converted as Jackson's asInt, asText and so on do.
func (p *values) leaf(v *vector.Vector, l leaf) error {
	row := v.Len()
	switch t := v.Type; t.Kind {
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		v.I64 = append(v.I64, narrow(l.integer(t.Kind == types.BigInt), t.Kind))
	case types.Boolean:
		v.I64 = append(v.I64, l.truth())
	case types.Double:
		v.F64 = append(v.F64, l.double())
	case types.Float:
		v.F64 = append(v.F64, float64(float32(l.double())))
	case types.Binary:
		return p.binary(v, l)
	default:
		return p.add(v, l.asText())
	}
	if v.Nulls != nil {
		v.MakeNulls(row + 1)
	}
	return nil
}

// add appends a value that is parsed from text. Decimals that do not parse are NULL.
func (p *values) add(v *vector.Vector, s []byte) error {
	if !p.parser.Append(v, s) && v.Type.Kind != types.Decimal {
		return fmt.Errorf("%s is not a value of type %s", shown(s), v.Type)
	}
	return nil
}

func (p *values) binary(v *vector.Vector, l leaf) error {
	if l.kind != '"' {
		v.AppendDatum(types.NullDatum)
		return nil
	}
	if p.raw {
		return p.add(v, l.text)
	}
	b, err := base64.StdEncoding.AppendDecode(nil, l.text)
	if err != nil {
		return fmt.Errorf("%s is not base64: %w", shown(l.text), err)
	}
	return p.add(v, b)
}

func (l leaf) isFloat() bool { return bytes.ContainsAny(l.text, ".eE") }

func (l leaf) asText() []byte {
	switch {
	case l.kind != '0':
		return l.text
	case l.isFloat():
		return valuetext.AppendDouble(nil, l.double())
	case string(l.text) == "-0":
		return []byte("0")
	}
	return l.text
}

// integer converts to int or long; integers beyond the range keep their low bits.
func (l leaf) integer(long bool) int64 {
	saturate := func(f float64) int64 {
		if long {
			return types.FloatToInt(f)
		}
		return int64(toInt(f))
	}
	switch l.kind {
	case 't':
		return 1
	case 'f':
		return 0
	case '0':
		if l.isFloat() {
			return saturate(l.double())
		}
		if n, err := strconv.ParseInt(string(l.text), 10, 64); err == nil {
			return n
		}
		n, _ := new(big.Int).SetString(string(l.text), 10)
		low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64))
		return int64(low.Uint64())
	}
	s := bytes.TrimFunc(l.text, func(r rune) bool { return r <= ' ' })
	width := 32
	if long {
		width = 64
	}
	if n, err := strconv.ParseInt(string(s), 10, width); err == nil {
		return n
	}
	digits := bytes.TrimLeft(s, "+-")
	for _, b := range digits {
		if b < '0' || b > '9' {
			if f, err := strconv.ParseFloat(string(s), 64); err == nil {
				return saturate(f)
			}
			return 0
		}
	}
	return 0
}

func narrow(v int64, k types.Kind) int64 {
	switch k {
	case types.TinyInt:
		return int64(int8(v))
	case types.SmallInt:
		return int64(int16(v))
	case types.Int:
		return int64(int32(v))
	}
	return v
}

func toInt(f float64) int32 {
	return int32(min(max(types.FloatToInt(f), math.MinInt32), math.MaxInt32))
}

func (l leaf) truth() int64 {
	switch l.kind {
	case 't':
		return 1
	case '0':
		if !l.isFloat() && string(l.text) != "0" && string(l.text) != "-0" {
			return 1
		}
	case '"':
		if string(bytes.TrimSpace(l.text)) == "true" {
			return 1
		}
	}
	return 0
}

func (l leaf) double() float64 {
	switch l.kind {
	case 't':
		return 1
	case 'f':
		return 0
	}
	f, err := strconv.ParseFloat(string(bytes.TrimSpace(l.text)), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0
	}
	return f
}
