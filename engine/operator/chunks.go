package operator

import (
	"math"

	"skep/dialect/types"
	"skep/engine/vector"
)

const (
	chunkBits = 16
	chunkRows = 1 << chunkBits
)

// chunks collects many rows without moving them: batches of exactly chunkRows rows, but for the last. Rows are numbered
// through.
type chunks struct {
	ts   []*types.Type
	list []*vector.Batch
	full int64 // bytes of all but the last
}

// append copies the selected rows of b.
func (c *chunks) append(b *vector.Batch) {
	for from, n := 0, b.Rows(); from < n; {
		last := c.last()
		to := min(n, from+chunkRows-last.N)
		last.AppendRange(b, from, to)
		from = to
	}
}

// last returns the batch that is being filled.
func (c *chunks) last() *vector.Batch {
	k := len(c.list)
	if k > 0 && c.list[k-1].N < chunkRows {
		return c.list[k-1]
	}
	b := vector.NewBatch(c.ts)
	if k > 0 {
		c.full += c.list[k-1].Bytes()
		// Where one chunk was filled, others will be.
		for _, v := range b.Cols {
			switch v.Type.Physical() {
			case types.I64:
				v.I64 = make([]int64, 0, chunkRows)
			case types.F64:
				v.F64 = make([]float64, 0, chunkRows)
			case types.I128:
				v.W = make([]types.Int128, 0, chunkRows)
			case types.Bytes:
				v.Refs = make([]vector.Ref, 0, chunkRows)
			}
		}
	}
	c.list = append(c.list, b)
	return b
}

// take moves the rows of o to c.
func (c *chunks) take(o *chunks) {
	var rest []*vector.Batch
	all := append(c.list, o.list...)
	c.list, c.full = nil, 0
	for _, b := range all {
		if b.N == chunkRows {
			c.list = append(c.list, b)
			c.full += b.Bytes()
		} else {
			rest = append(rest, b)
		}
	}
	if len(rest) > 0 {
		// The first of the others goes on being filled.
		c.list = append(c.list, rest[0])
		for _, b := range rest[1:] {
			c.append(b)
		}
	}
	o.list = nil
}

// rows returns the number of rows.
func (c *chunks) rows() int {
	k := len(c.list)
	if k == 0 {
		return 0
	}
	return (k-1)*chunkRows + c.list[k-1].N
}

// bytes returns the memory held.
func (c *chunks) bytes() int64 {
	if k := len(c.list); k > 0 {
		return c.full + c.list[k-1].Bytes()
	}
	return 0
}

// keep replaces all rows by the given ones in that order.
func (c *chunks) keep(rows []uint32) {
	kept := chunks{ts: c.ts}
	buf := vector.NewBatch(c.ts)
	for len(rows) > 0 {
		buf.N = min(len(rows), vector.BatchSize)
		for i, v := range buf.Cols {
			c.gather(v, i, rows[:buf.N])
		}
		kept.append(buf)
		rows = rows[buf.N:]
	}
	*c = kept
}

// column returns a column in one piece: a copy when there is more than one chunk.
func (c *chunks) column(i int) *vector.Vector {
	if len(c.list) == 1 {
		return c.list[0].Cols[i]
	}
	n := c.rows()
	v := vector.New(c.ts[i], 0)
	switch v.Type.Physical() {
	case types.I64:
		v.I64 = make([]int64, 0, n)
	case types.F64:
		v.F64 = make([]float64, 0, n)
	case types.I128:
		v.W = make([]types.Int128, 0, n)
	case types.Bytes:
		v.Refs = make([]vector.Ref, 0, n)
		size := 0
		for _, b := range c.list {
			size += len(b.Cols[i].Data)
		}
		v.Data = make([]byte, 0, size)
	}
	for _, b := range c.list {
		vector.AppendRows(v, b.Cols[i], vector.Sequence(b.N))
	}
	return v
}

// join makes one chunk of all, column by column, if it can.
func (c *chunks) join() {
	if !c.joinable() {
		return
	}
	cols := make([]*vector.Vector, len(c.ts))
	for i := range c.ts {
		cols[i] = c.detach(i)
	}
	c.joined(cols)
}

// joinable reports whether it pays and is possible to make one chunk of all, since random access is faster in one piece. It is
// not possible for nested columns, nor with more strings than fit one arena.
func (c *chunks) joinable() bool {
	for i, t := range c.ts {
		size := 0
		for _, b := range c.list {
			size += len(b.Cols[i].Data)
		}
		if size > math.MaxUint32 || !t.IsPrimitive() {
			return false
		}
	}
	return len(c.list) > 1
}

// detach returns column i in one piece and takes it from the chunks. Different columns may be taken at the same time.
func (c *chunks) detach(i int) *vector.Vector {
	v := c.column(i)
	for _, b := range c.list {
		b.Cols[i] = nil
	}
	return v
}

// joined makes the detached columns the only chunk.
func (c *chunks) joined(cols []*vector.Vector) {
	c.list, c.full = []*vector.Batch{{N: c.rows(), Cols: cols}}, 0
}

// gather makes dst, flat, the given rows of a column. dst keeps its storage from call to call; it may share that of a chunk.
func (c *chunks) gather(dst *vector.Vector, i int, rows []uint32) {
	if len(c.list) == 1 {
		gather(dst, c.list[0].Cols[i], rows)
		return
	}
	nulls := false
	for _, b := range c.list {
		nulls = nulls || b.Cols[i].Nulls != nil
	}
	switch dst.Type.Physical() {
	case types.I64:
		dst.I64 = gatherChunked(c, i, dst.I64, rows, func(v *vector.Vector) []int64 { return v.I64 })
	case types.F64:
		dst.F64 = gatherChunked(c, i, dst.F64, rows, func(v *vector.Vector) []float64 { return v.F64 })
	case types.I128:
		dst.W = gatherChunked(c, i, dst.W, rows, func(v *vector.Vector) []types.Int128 { return v.W })
	case types.Bytes:
		dst.Refs = gatherChunked(c, i, dst.Refs, rows, func(v *vector.Vector) []vector.Ref { return v.Refs })
		dst.Data = dst.Data[:0]
		for k, r := range rows {
			ref := dst.Refs[k]
			dst.Refs[k].Off = uint32(len(dst.Data))
			dst.Data = append(dst.Data, c.list[r>>chunkBits].Cols[i].Data[ref.Off:ref.Off+ref.Len]...)
		}
	default:
		dst.Reset()
		for _, r := range rows {
			vector.AppendRows(dst, c.list[r>>chunkBits].Cols[i], []uint32{r & (chunkRows - 1)})
		}
		return
	}
	if !nulls {
		dst.Nulls = nil
		return
	}
	dst.Nulls = grow(dst.Nulls, len(rows))
	for k, r := range rows {
		n := c.list[r>>chunkBits].Cols[i].Nulls
		dst.Nulls[k] = n != nil && n[r&(chunkRows-1)]
	}
}

func gatherChunked[T any](c *chunks, i int, dst []T, rows []uint32, values func(*vector.Vector) []T) []T {
	pieces := make([][]T, len(c.list))
	for k, b := range c.list {
		pieces[k] = values(b.Cols[i])
	}
	dst = grow(dst, len(rows))
	for k, r := range rows {
		dst[k] = pieces[r>>chunkBits][r&(chunkRows-1)]
	}
	return dst
}
