package sort

import "skep/dialect/types"

// Prefix sets out[i] to a word for row i of the key's column such that rows whose words differ are ordered as these, as
// unsigned numbers, in every batch: the order of a merge is mostly decided by them.
func Prefix(k Key, n int, out []uint64) {
	var flip, flag uint64
	if k.Desc {
		flip = ^uint64(0)
	}
	if k.NullsFirst {
		flag = 1 << 63
	}
	if v := k.Column; v.Nulls == nil && v.Type.Physical() == types.I64 {
		for i, x := range v.I64[:n] {
			out[i] = (uint64(x)^1<<63^flip)>>1 | flag
		}
		return
	}
	for i := range out[:n] {
		if k.Column.IsNull(i) {
			out[i] = 0
			if !k.NullsFirst {
				out[i] = 1 << 63
			}
			continue
		}
		out[i] = (ordered(k.Column, uint32(i), 0)^flip)>>1 | flag
	}
}
