package sort

// Prefix sets out[i] to a word for row i of the key's column such that rows whose words differ are ordered as these, as
// unsigned numbers, in every batch: the order of a merge is mostly decided by them.
func Prefix(k Key, n int, out []uint64) {
	for i := range out[:n] {
		if k.Column.IsNull(i) {
			out[i] = 0
			if !k.NullsFirst {
				out[i] = 1 << 63
			}
			continue
		}
		w := ordered(k.Column, uint32(i), 0)
		if k.Desc {
			w = ^w
		}
		w >>= 1
		if k.NullsFirst {
			w |= 1 << 63
		}
		out[i] = w
	}
}
