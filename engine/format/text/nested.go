package text

import (
	"bytes"

	"skep/dialect/types"
	"skep/engine/vector"
)

// appendNull appends a NULL row to a flat vector.
func (p *params) appendNull(v *vector.Vector) { v.AppendDatum(types.NullDatum) }

// appendValue appends the value that buf[off:off+n] holds to the flat vector v; n = -1 is a missing value. level is the index
// of the separator that divides a nested value.
func (p *params) appendValue(v *vector.Vector, buf []byte, off, n, level int) {
	if p.isNull(buf, off, n) {
		p.appendNull(v)
		return
	}
	row := v.Len()
	switch v.Type.Physical() {
	case types.Nothing:
		p.appendNull(v)
		return
	case types.Bytes:
		v.Refs = append(v.Refs, p.appendBytes(v, buf[off:off+n]))
	case types.I64, types.F64, types.I128:
		switch v.Type.Physical() {
		case types.I64:
			v.I64 = append(v.I64, 0)
		case types.F64:
			v.F64 = append(v.F64, 0)
		default:
			v.W = append(v.W, types.Int128{})
		}
		if !p.setFixed(v, row, buf, off, n) {
			v.MakeNulls(row + 1)[row] = true
			return
		}
	case types.List:
		p.appendList(v, buf, off, n, level)
	case types.MapOf:
		p.appendMap(v, buf, off, n, level)
	case types.Record:
		p.appendStruct(v, buf, off, n, level)
	case types.Tagged:
		if !p.appendUnion(v, buf, off, n, level) {
			return
		}
	}
	if v.Nulls != nil {
		v.MakeNulls(row + 1)
	}
}

// part returns the end of the part that starts at from: the next separator that is not escaped, or end.
func (p *params) part(buf []byte, from, end int, separator byte) int {
	if !p.escaped {
		if k := bytes.IndexByte(buf[from:end], separator); k >= 0 {
			return from + k
		}
		return end
	}
	for ; from < end; from++ {
		if buf[from] == separator {
			return from
		}
		if buf[from] == p.escape && from+1 < end {
			from++
		}
	}
	return end
}

func (p *params) appendList(v *vector.Vector, buf []byte, off, n, level int) {
	child := v.Children[0]
	start := child.Len()
	for from, end := off, off+n; n > 0 && from <= end; {
		stop := p.part(buf, from, end, p.separator(level))
		p.appendValue(child, buf, from, stop-from, level+1)
		from = stop + 1
	}
	v.Refs = append(v.Refs, vector.Ref{Off: uint32(start), Len: uint32(child.Len() - start)})
}

// appendMap skips entries whose key is NULL and, of entries with equal keys, keeps the first.
func (p *params) appendMap(v *vector.Vector, buf []byte, off, n, level int) {
	keys, values := v.Children[0], v.Children[1]
	start := keys.Len()
	for from, end := off, off+n; n > 0 && from <= end; {
		stop := p.part(buf, from, end, p.separator(level))
		keyEnd, valueLength := p.part(buf, from, stop, p.separator(level+1)), -1
		if keyEnd < stop {
			valueLength = stop - keyEnd - 1
		}
		key := keys.Len()
		p.appendValue(keys, buf, from, keyEnd-from, level+2)
		if keys.IsNull(key) || hasKey(keys, start, key) {
			truncate(keys, key)
		} else {
			p.appendValue(values, buf, keyEnd+1, valueLength, level+2)
		}
		from = stop + 1
	}
	v.Refs = append(v.Refs, vector.Ref{Off: uint32(start), Len: uint32(keys.Len() - start)})
}

// hasKey reports whether one of the keys start..row-1 equals that of row.
func hasKey(keys *vector.Vector, start, row int) bool {
	for k := start; k < row; k++ {
		switch keys.Type.Physical() {
		case types.I64:
			if keys.I64[k] == keys.I64[row] {
				return true
			}
		case types.F64:
			if keys.F64[k] == keys.F64[row] {
				return true
			}
		case types.I128:
			if keys.W[k] == keys.W[row] {
				return true
			}
		case types.Bytes:
			if bytes.Equal(keys.Bytes(k), keys.Bytes(row)) {
				return true
			}
		}
	}
	return false
}

// truncate cuts a flat vector of primitive values to n rows.
func truncate(v *vector.Vector, n int) {
	switch v.Type.Physical() {
	case types.I64:
		v.I64 = v.I64[:n]
	case types.F64:
		v.F64 = v.F64[:n]
	case types.I128:
		v.W = v.W[:n]
	case types.Bytes:
		v.Refs = v.Refs[:n]
	}
	if v.Nulls != nil {
		v.Nulls = v.Nulls[:min(n, len(v.Nulls))]
	}
}

func (p *params) appendStruct(v *vector.Vector, buf []byte, off, n, level int) {
	from, end := off, off+n
	last := len(v.Children) - 1
	for i, child := range v.Children {
		if from > end {
			p.appendNull(child)
			continue
		}
		stop := end
		if i < last || !p.lastTakesRest {
			stop = p.part(buf, from, end, p.separator(level))
		}
		p.appendValue(child, buf, from, stop-from, level+1)
		from = stop + 1
	}
	if last < 0 {
		v.Nulls = append(v.Nulls, false)
	}
}

// appendUnion appends the tag and the value of its alternative; a text without a known tag is NULL.
func (p *params) appendUnion(v *vector.Vector, buf []byte, off, n, level int) bool {
	end := off + n
	stop := p.part(buf, off, end, p.separator(level))
	tag, ok := parseInteger(buf, off, stop-off, 8)
	if !ok || tag < 0 || int(tag) >= len(v.Children) {
		p.appendNull(v)
		return false
	}
	v.I64 = append(v.I64, tag)
	for i, child := range v.Children {
		if i == int(tag) {
			p.appendValue(child, buf, min(stop+1, end), end-min(stop+1, end), level+1)
		} else {
			p.appendNull(child)
		}
	}
	return true
}
