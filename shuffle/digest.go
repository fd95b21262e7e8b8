package shuffle

// Digest is an order-free digest of a set of rows: the count, sum and exclusive or of 64-bit row hashes. The digest of a union is the Add of
// the digests. The zero value is the digest of no rows.
type Digest struct{ Rows, Sum, Xor uint64 }

// Add includes the rows of e.
func (d *Digest) Add(e Digest) {
	d.Rows += e.Rows
	d.Sum += e.Sum
	d.Xor ^= e.Xor
}
