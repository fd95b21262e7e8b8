package parquet

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/bitpack"
)

// deltaDecoder decodes DELTA_BINARY_PACKED integers: blocks of a minimum delta and miniblocks of bit-packed excesses over it.
type deltaDecoder struct {
	b       []byte // capacity extends pagePadding beyond length
	pos     int
	left    int // values not yet delivered, the pending first one included
	last    int64
	first   bool // last is the first value and not delivered yet
	mini    int  // values in a miniblock
	minis   int  // miniblocks in a block
	widths  []byte
	next    int // next miniblock of the block
	minimum int64
	buf     []int64 // unpacked deltas of the current miniblock
	bufPos  int
}

// reset starts decoding b.
func (d *deltaDecoder) reset(b []byte) error {
	widths, buf := d.widths, d.buf
	*d = deltaDecoder{b: b, widths: widths[:0], buf: buf[:0]}
	block, err := d.uvarint()
	if err != nil {
		return err
	}
	minis, err := d.uvarint()
	if err != nil {
		return err
	}
	total, err := d.uvarint()
	if err != nil {
		return err
	}
	first, err := d.uvarint()
	if err != nil {
		return err
	}
	if minis == 0 || block == 0 || block > 1<<16 || minis > block || block%minis != 0 || block/minis%8 != 0 || total > 1<<31 {
		return fmt.Errorf("delta block of %d values in %d miniblocks: %w", block, minis, errPage)
	}
	d.mini, d.minis, d.left = int(block/minis), int(minis), int(total)
	d.next = d.minis
	d.last, d.first = int64(first>>1)^-int64(first&1), true
	return nil
}

func (d *deltaDecoder) uvarint() (uint64, error) {
	v, n := binary.Uvarint(d.b[d.pos:])
	if n <= 0 {
		return 0, errPage
	}
	d.pos += n
	return v, nil
}

// decode fills dst; is32 wraps sums to 32 bits, as the format has it for INT32.
func (d *deltaDecoder) decode(dst []int64, is32 bool) error {
	if len(dst) > d.left {
		return errPage
	}
	d.left -= len(dst)
	if d.first && len(dst) > 0 {
		dst[0], d.first = d.last, false
		dst = dst[1:]
	}
	for len(dst) > 0 {
		if d.bufPos == len(d.buf) {
			if err := d.miniblock(); err != nil {
				return err
			}
		}
		n := min(len(dst), len(d.buf)-d.bufPos)
		last, minimum := d.last, d.minimum
		for i, delta := range d.buf[d.bufPos : d.bufPos+n] {
			last += delta + minimum
			dst[i] = last
		}
		if is32 {
			for i, v := range dst[:n] {
				dst[i] = int64(int32(v))
			}
		}
		d.last = last
		d.bufPos += n
		dst = dst[n:]
	}
	return nil
}

// miniblock unpacks the next miniblock into buf.
func (d *deltaDecoder) miniblock() error {
	if d.next == d.minis {
		v, err := d.uvarint()
		if err != nil {
			return err
		}
		d.minimum = int64(v>>1) ^ -int64(v&1)
		if d.minis > len(d.b)-d.pos {
			return errPage
		}
		d.widths = append(d.widths[:0], d.b[d.pos:d.pos+d.minis]...)
		d.pos += d.minis
		d.next = 0
	}
	width := uint(d.widths[d.next])
	d.next++
	if cap(d.buf) < d.mini {
		d.buf = make([]int64, d.mini)
	}
	d.buf, d.bufPos = d.buf[:d.mini], 0
	size := d.mini * int(width) / 8
	switch {
	case width > 64:
		return errPage
	case width == 0:
		clear(d.buf)
		return nil
	case size > len(d.b)-d.pos:
		// A writer may cut the last miniblock after the values there are.
		rest := make([]byte, size, size+pagePadding)
		copy(rest, d.b[d.pos:])
		if d.pos == len(d.b) {
			return errPage
		}
		bitpack.Unpack(d.buf, rest[:cap(rest)], width)
		d.pos = len(d.b)
		return nil
	}
	bitpack.Unpack(d.buf, d.b[d.pos:cap(d.b)], width)
	d.pos += size
	return nil
}

// end returns the position behind the encoded values once all are decoded: with the rest of the last block's miniblocks, whose
// bytes a writer may leave out.
func (d *deltaDecoder) end() int { return d.pos }

// decodeAll decodes all values, which are at most limit.
func (d *deltaDecoder) decodeAll(dst []int64, limit int) ([]int64, error) {
	if d.left > limit {
		return nil, errPage
	}
	n := d.left
	if cap(dst) < n {
		dst = make([]int64, n)
	}
	dst = dst[:n]
	return dst, d.decode(dst, false)
}
