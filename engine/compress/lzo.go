package compress

import "encoding/binary"

// decodeLZO decompresses one raw LZO1X block (as described in the Linux kernel's Documentation/lzo.txt) into dst.
func decodeLZO(dst, src []byte, limit int) ([]byte, error) {
	if len(src) == 0 {
		return nil, errCorrupt
	}
	d := lzoDecoder{src: src, dst: dst[:0], limit: limit}
	return d.decode()
}

type lzoDecoder struct {
	src   []byte
	ip    int
	dst   []byte
	limit int
}

func (d *lzoDecoder) next() (int, bool) {
	if d.ip >= len(d.src) {
		return 0, false
	}
	d.ip++
	return int(d.src[d.ip-1]), true
}

// length extends a zero length field: every zero byte adds 255, the first other byte ends it.
func (d *lzoDecoder) length(field, base int) (int, bool) {
	if field != 0 {
		return field, true
	}
	n := base
	for {
		b, ok := d.next()
		if !ok || n > d.limit {
			return 0, false
		}
		if b != 0 {
			return n + b, true
		}
		n += 255
	}
}

func (d *lzoDecoder) literals(n int) bool {
	if n > len(d.src)-d.ip || n > d.limit-len(d.dst) {
		return false
	}
	d.dst = append(d.dst, d.src[d.ip:d.ip+n]...)
	d.ip += n
	return true
}

func (d *lzoDecoder) match(distance, n int) bool {
	if distance > len(d.dst) || n > d.limit-len(d.dst) {
		return false
	}
	for range n {
		d.dst = append(d.dst, d.dst[len(d.dst)-distance])
	}
	return true
}

func (d *lzoDecoder) decode() ([]byte, error) {
	state := 0 // literals copied by the instruction before: 0, 1–3, or 4 for more
	if b := int(d.src[0]); b > 17 {
		d.ip++
		if !d.literals(b - 17) {
			return nil, errCorrupt
		}
		state = min(b-17, 4)
	}
	for {
		op, ok := d.next()
		if !ok {
			return nil, errCorrupt
		}
		var n, distance int
		trailing := op & 3
		switch {
		case op < 16 && state == 0: // a run of literals
			if n, ok = d.length(op, 15); !ok || !d.literals(n+3) {
				return nil, errCorrupt
			}
			state = 4
			continue
		case op < 16:
			high, ok := d.next()
			if !ok {
				return nil, errCorrupt
			}
			n, distance = 2, high<<2+op>>2+1
			if state == 4 {
				n, distance = 3, distance+2048
			}
		case op < 32:
			if n, ok = d.length(op&7, 7); !ok || len(d.src)-d.ip < 2 {
				return nil, errCorrupt
			}
			low := int(binary.LittleEndian.Uint16(d.src[d.ip:]))
			d.ip += 2
			n, distance, trailing = n+2, 16384+(op&8)<<11+low>>2, low&3
			if distance == 16384 { // the end
				return d.dst, nil
			}
		case op < 64:
			if n, ok = d.length(op&31, 31); !ok || len(d.src)-d.ip < 2 {
				return nil, errCorrupt
			}
			low := int(binary.LittleEndian.Uint16(d.src[d.ip:]))
			d.ip += 2
			n, distance, trailing = n+2, low>>2+1, low&3
		default:
			high, ok := d.next()
			if !ok {
				return nil, errCorrupt
			}
			n, distance = op>>5+1, high<<3+op>>2&7+1
		}
		if !d.match(distance, n) || !d.literals(trailing) {
			return nil, errCorrupt
		}
		state = trailing
	}
}
