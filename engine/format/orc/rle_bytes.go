package orc

// byteReader decodes byte run-length encoding.
type byteReader struct {
	s       stream
	left    int // values left in the current run
	literal bool
	value   byte
}

// read fills dst.
func (r *byteReader) read(dst []byte) error {
	for len(dst) > 0 {
		if r.left == 0 {
			if err := r.header(); err != nil {
				return err
			}
		}
		n := min(len(dst), r.left)
		if r.literal {
			if err := r.s.must(n); err != nil {
				return err
			}
			copy(dst[:n], r.s.buf[r.s.pos:])
			r.s.pos += n
		} else {
			for i := range dst[:n] {
				dst[i] = r.value
			}
		}
		dst, r.left = dst[n:], r.left-n
	}
	return nil
}

func (r *byteReader) header() error {
	if err := r.s.must(2); err != nil {
		return err
	}
	c := r.s.buf[r.s.pos]
	r.s.pos++
	if r.literal = c >= 0x80; r.literal {
		r.left = 256 - int(c)
		return nil
	}
	r.left = int(c) + 3
	r.value = r.s.buf[r.s.pos]
	r.s.pos++
	return nil
}

func (r *byteReader) seek(positions []uint64) ([]uint64, error) {
	positions, err := r.s.seek(positions)
	if err != nil {
		return nil, err
	}
	r.left = 0
	if len(positions) == 0 {
		return nil, errProto
	}
	return positions[1:], r.discard(int(min(positions[0], 1<<20)))
}

func (r *byteReader) discard(n int) error {
	var scratch [256]byte
	for n > 0 {
		k := min(n, len(scratch))
		if err := r.read(scratch[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// boolReader decodes bits, the most significant of each byte first, in byte run-length encoding.
type boolReader struct {
	bytes byteReader
	bits  byte // the current byte, shifted so that the next bit is the highest
	left  int  // bits left in it
	buf   []byte
}

// read sets dst to the next bits; it reports whether all of them are set.
func (r *boolReader) read(dst []bool) (all bool, err error) {
	all = true
	i := 0
	for ; i < len(dst) && r.left > 0; i++ {
		dst[i] = r.bits&0x80 != 0
		all = all && dst[i]
		r.bits <<= 1
		r.left--
	}
	n := (len(dst) - i + 7) / 8
	if n == 0 {
		return all, nil
	}
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	r.buf = r.buf[:n]
	if err := r.bytes.read(r.buf); err != nil {
		return false, err
	}
	for _, b := range r.buf {
		k := min(8, len(dst)-i)
		if b == 0xff {
			for j := range k {
				dst[i+j] = true
			}
		} else {
			for j := range k {
				dst[i+j] = b&(0x80>>j) != 0
				all = all && dst[i+j]
			}
		}
		i += k
		if k < 8 {
			r.bits, r.left = b<<k, 8-k
		}
	}
	return all, nil
}

func (r *boolReader) seek(positions []uint64) ([]uint64, error) {
	positions, err := r.bytes.seek(positions)
	if err != nil {
		return nil, err
	}
	if len(positions) == 0 || positions[0] > 8 {
		return nil, errProto
	}
	r.left = 0
	var skip [8]bool
	_, err = r.read(skip[:positions[0]])
	return positions[1:], err
}
