package block

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/vector"
)

// Decoder reads blocks, keeping scratch memory from one to the next. It is for one goroutine. The zero value is ready.
type Decoder struct {
	// Flat makes all columns flat, for consumers that know no other form. Otherwise constants stay constants and dictionaries
	// dictionaries.
	Flat bool

	buf    []byte // what is left of the block, with slack behind it
	err    error  // the first one
	limit  int    // values a nested column may have
	copied []byte
	lz     compress.Decoder
	ints   []int64
	runBuf []int64
	depth  int    // of integers within runs
	nulls  []bool // arena of the batch's Nulls
	arenas [][]byte
	arena  int // next to use
	dicts  []*vector.Vector
	dict   int // next to use
}

// ErrCorrupt is wrapped by errors of blocks that are not what an Encoder wrote.
var ErrCorrupt = errors.New("damaged block")

// maxNested bounds the elements of nested values of one block.
const maxNested = 1 << 28

// Decode makes b hold the rows of a block. b's columns are of the types that were written; what they held is gone. The batch is valid
// until the next call, and may refer to the block's bytes.
func (d *Decoder) Decode(block []byte, b *vector.Batch) error {
	if cap(block)-len(block) < Slack {
		d.copied = append(append(d.copied[:0], block...), make([]byte, Slack)...)
		block = d.copied[:len(block)]
	}
	d.buf, d.err, d.nulls, d.arena, d.dict = block, nil, d.nulls[:0], 0, 0
	if d.limit == 0 {
		d.limit = maxNested
	}
	head := d.take(4)
	if d.err != nil {
		return d.err
	}
	n := int(binary.LittleEndian.Uint32(head))
	if n > vector.MaxBatchSize {
		return fmt.Errorf("%w: %d rows", ErrCorrupt, n)
	}
	b.N, b.Sel = n, nil
	for _, c := range b.Cols {
		d.decode(c, n)
		if d.err != nil {
			return d.err
		}
	}
	if len(d.buf) != 0 {
		return fmt.Errorf("%w: %d bytes too many", ErrCorrupt, len(d.buf))
	}
	return nil
}

// Rows returns the number of rows of a block.
func Rows(block []byte) (int, error) {
	if len(block) < 4 {
		return 0, fmt.Errorf("%w: cut short", ErrCorrupt)
	}
	return int(binary.LittleEndian.Uint32(block)), nil
}

func (d *Decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
	}
}

// take returns the next n bytes, with slack behind them, or nil after an error.
func (d *Decoder) take(n int) []byte {
	if d.err == nil && (n < 0 || n > len(d.buf)) {
		d.fail("cut short: %d bytes where %d are needed", len(d.buf), n)
	}
	if d.err != nil {
		return nil
	}
	out := d.buf[:n]
	d.buf = d.buf[n:]
	return out
}

func (d *Decoder) uvarint() uint64 {
	if d.err != nil {
		return 0
	}
	x, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.fail("cut short in a number")
		return 0
	}
	d.buf = d.buf[n:]
	return x
}

func (d *Decoder) decode(v *vector.Vector, n int) {
	v.Form, v.Codes, v.DictOf, v.DictID, v.Nulls = vector.Flat, v.Codes[:0], nil, 0, nil
	flag := d.take(1)
	if d.err != nil {
		return
	}
	flags := flag[0]
	t := v.Type.Physical()
	switch {
	case flags&^(flagNulls|flagAllNull|flagConst|flagDictionary) != 0, flags&flagDictionary != 0 && t != types.Bytes:
		d.fail("column flags %#x", flags)
		return
	case flags&flagAllNull != 0:
		d.allNull(v, n)
		return
	case t == types.Nothing:
		d.fail("void column with values")
		return
	case flags&flagConst != 0:
		d.decode(v, 1)
		if d.err != nil || v.Form == vector.Const {
			return
		}
		if v.Form == vector.Dict || v.Nulls != nil && v.Nulls[0] {
			d.fail("a constant that is none")
		} else if d.Flat {
			v.Nulls = nil
			d.repeat(v, n)
		} else {
			v.Form = vector.Const
		}
		return
	}
	var nulls []bool
	if flags&flagNulls != 0 {
		bits := d.take((n + 7) / 8)
		if d.err != nil {
			return
		}
		nulls = d.takeNulls(n)
		for i := range nulls {
			nulls[i] = bits[i>>3]>>(i&7)&1 != 0
		}
	}
	switch t {
	case types.I64:
		v.I64 = sized(v.I64, n)
		if d.integers(v.I64) && nulls == nil && !d.Flat && n > 1 {
			v.I64, v.Form = v.I64[:1], vector.Const
		}
	case types.F64:
		v.F64 = sized(v.F64, n)
		d.floats(v.F64)
	case types.I128:
		v.W = sized(v.W, n)
		d.wide(v.W)
	case types.Bytes:
		d.strings(v, n, flags&flagDictionary != 0, nulls != nil)
	case types.List, types.MapOf:
		v.Resize(n)
		total := d.lengths(v.Refs)
		for _, c := range v.Children {
			d.decode(c, total)
			d.flatten(c, total)
		}
	case types.Record, types.Tagged:
		if len(v.Children) != len(v.Type.Fields) {
			v.Children = nil
			v.Resize(0)
		}
		if t == types.Tagged {
			v.I64 = sized(v.I64, n)
			d.integers(v.I64)
			for _, tag := range v.I64 {
				if tag < 0 || int(tag) >= len(v.Children) {
					d.fail("union tag %d", tag)
					return
				}
			}
		}
		for _, c := range v.Children {
			d.decode(c, n)
			d.flatten(c, n)
		}
		if len(v.Children) == 0 && nulls == nil {
			nulls = d.takeNulls(n)
			clear(nulls)
		}
	}
	v.Nulls = nulls
}

// allNull makes v NULL in all of n rows.
func (d *Decoder) allNull(v *vector.Vector, n int) {
	if v.Type.Physical() != types.Nothing && !d.Flat && n > 0 {
		v.Resize(1)
		zero(v, 1)
		v.Form, v.Nulls = vector.Const, d.takeNulls(1)
		v.Nulls[0] = true
		return
	}
	v.Resize(n)
	zero(v, n)
	v.Nulls = d.takeNulls(n)
	for i := range v.Nulls {
		v.Nulls[i] = true
	}
}

// zero makes the stored values of n rows safe to read.
func zero(v *vector.Vector, n int) {
	switch v.Type.Physical() {
	case types.I64:
		clear(v.I64)
	case types.F64:
		clear(v.F64)
	case types.I128:
		clear(v.W)
	case types.Bytes, types.List, types.MapOf:
		clear(v.Refs)
	case types.Record, types.Tagged:
		clear(v.I64)
		for _, c := range v.Children {
			c.Resize(n)
			zero(c, n)
		}
	}
}

// repeat makes a flat vector of n rows out of one of one row.
func (d *Decoder) repeat(v *vector.Vector, n int) {
	switch v.Type.Physical() {
	case types.I64:
		v.I64 = fill(v.I64, n)
	case types.F64:
		v.F64 = fill(v.F64, n)
	case types.I128:
		v.W = fill(v.W, n)
	case types.Bytes, types.List, types.MapOf:
		v.Refs = fill(v.Refs, n)
	case types.Record, types.Tagged:
		v.I64 = fill(v.I64, n)
		for _, c := range v.Children {
			if c.Nulls != nil {
				null := c.Nulls[0]
				c.Nulls = d.takeNulls(n)
				for i := range c.Nulls {
					c.Nulls[i] = null
				}
			}
			if c.Type.Physical() != types.Nothing {
				d.repeat(c, n)
			}
		}
		if len(v.Children) == 0 {
			v.Nulls = d.takeNulls(n)
			clear(v.Nulls)
		}
	}
}

func fill[T any](s []T, n int) []T {
	if len(s) == 0 {
		return s
	}
	x := s[0]
	s = sized(s, n)
	for i := range s {
		s[i] = x
	}
	return s
}

// flatten gives a child of a nested column a value per row: children are read by row number without regard to their form.
func (d *Decoder) flatten(c *vector.Vector, n int) {
	if d.err != nil || c.Form == vector.Flat {
		return
	}
	flat := vector.Flatten(c, nil, n)
	*c = *flat
}

// takeNulls returns n entries, valid until the next block, with any content.
func (d *Decoder) takeNulls(n int) []bool {
	at := len(d.nulls)
	if cap(d.nulls) < at+n {
		// Those handed out before keep their memory.
		d.nulls, at = make([]bool, 0, max(n, 2*cap(d.nulls), vector.BatchSize)), 0
	}
	d.nulls = d.nulls[:at+n]
	return d.nulls[at : at+n : at+n]
}

func (d *Decoder) wide(out []types.Int128) {
	kind := d.take(1)
	if d.err != nil {
		return
	}
	d.ints = sized(d.ints, len(out))
	if kind[0] == 0 {
		d.integers(d.ints)
		for i, x := range d.ints {
			out[i] = types.Int128Of(x)
		}
		return
	}
	if kind[0] != 1 {
		d.fail("128-bit kind %d", kind[0])
		return
	}
	d.integers(d.ints)
	for i, x := range d.ints {
		out[i].Hi = x
	}
	d.integers(d.ints)
	for i, x := range d.ints {
		out[i].Lo = uint64(x)
	}
}

func (d *Decoder) floats(out []float64) {
	d.ints = sized(d.ints, len(out))
	d.integers(d.ints)
	for i, x := range d.ints {
		out[i] = math.Float64frombits(uint64(x))
	}
}

// lengths fills refs with consecutive runs and returns the sum of their lengths.
func (d *Decoder) lengths(refs []vector.Ref) int {
	d.ints = sized(d.ints, len(refs))
	d.integers(d.ints)
	if d.err != nil {
		return 0
	}
	at := int64(0)
	for i, n := range d.ints {
		if n < 0 || n > int64(d.limit)-at {
			d.fail("a value of length %d", n)
			return 0
		}
		refs[i] = vector.Ref{Off: uint32(at), Len: uint32(n)}
		at += n
	}
	return int(at)
}

// section returns the bytes of a section, which are want, with slack behind them; valid until the next block.
func (d *Decoder) section(want int) []byte {
	head := d.uvarint()
	if d.err != nil {
		return nil
	}
	if head>>1 != uint64(want) {
		d.fail("section of %d bytes where %d are needed", head>>1, want)
		return nil
	}
	if head&1 == 0 {
		return d.take(want)
	}
	packed := d.uvarint()
	if packed > uint64(len(d.buf)) {
		d.fail("compressed section of %d bytes", packed)
		return nil
	}
	raw := d.take(int(packed))
	if d.err != nil {
		return nil
	}
	if d.arena == len(d.arenas) {
		d.arenas = append(d.arenas, nil)
	}
	out := d.arenas[d.arena]
	if cap(out) < want+Slack {
		out = make([]byte, 0, want+Slack)
	}
	got, err := d.lz.Decode(compress.BlockLZ4, out, raw, want)
	if err != nil || len(got) != want {
		d.fail("compressed section: %v", err)
		return nil
	}
	d.arenas[d.arena] = got
	d.arena++
	return got
}

// sized returns s with length n, reallocating when its capacity is too small. The contents are unspecified.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return append(s[:0], make([]T, n)...)
	}
	return s[:n]
}
