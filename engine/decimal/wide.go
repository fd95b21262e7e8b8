package decimal

import "math/bits"

// wide is an unsigned 256-bit integer, least significant word first.
type wide [4]uint64

// mul128 multiplies two unsigned 128-bit numbers.
func mul128(ah, al, bh, bl uint64) wide {
	var r wide
	var c uint64
	r[1], r[0] = bits.Mul64(al, bl)
	h, l := bits.Mul64(ah, bl)
	r[1], c = bits.Add64(r[1], l, 0)
	r[2], c = bits.Add64(h, 0, c)
	r[3] = c
	h, l = bits.Mul64(al, bh)
	r[1], c = bits.Add64(r[1], l, 0)
	r[2], c = bits.Add64(r[2], h, c)
	r[3] += c
	h, l = bits.Mul64(ah, bh)
	r[2], c = bits.Add64(r[2], l, 0)
	r[3], _ = bits.Add64(r[3], h, c)
	return r
}

// mulWide multiplies by a non-negative 128-bit number; ok is false when the product has more than 256 bits.
func mulWide(a wide, b Int128) (r wide, ok bool) {
	low := mul128(a[1], a[0], uint64(b.Hi), b.Lo)
	high := mul128(a[3], a[2], uint64(b.Hi), b.Lo)
	if high[2]|high[3] != 0 {
		return wide{}, false
	}
	var c uint64
	r[0], r[1] = low[0], low[1]
	r[2], c = bits.Add64(low[2], high[0], 0)
	r[3], c = bits.Add64(low[3], high[1], c)
	return r, c == 0
}

// divMod divides n by the 128-bit number (dh, dl), which is not 0 (Knuth, TAOCP volume 2, algorithm 4.3.1 D with two-word
// divisors).
func divMod(n wide, dh, dl uint64) (q wide, rh, rl uint64) {
	if dh == 0 {
		var r uint64
		for i := 3; i >= 0; i-- {
			q[i], r = bits.Div64(r, n[i], dl)
		}
		return q, 0, r
	}
	shift := uint(bits.LeadingZeros64(dh))
	d1, d0 := dh, dl
	var u [5]uint64
	copy(u[:4], n[:])
	if shift > 0 {
		d1 = dh<<shift | dl>>(64-shift)
		d0 = dl << shift
		u[4] = n[3] >> (64 - shift)
		for i := 3; i > 0; i-- {
			u[i] = n[i]<<shift | n[i-1]>>(64-shift)
		}
		u[0] = n[0] << shift
	}
	for j := 2; j >= 0; j-- {
		q[j] = divStep(&u, j, d1, d0)
	}
	rh, rl = u[1], u[0]
	if shift > 0 {
		rl = u[0]>>shift | u[1]<<(64-shift)
		rh = u[1] >> shift
	}
	return q, rh, rl
}

// divStep computes one quotient word of u[j..j+2] / (d1, d0) and leaves the remainder in u.
func divStep(u *[5]uint64, j int, d1, d0 uint64) uint64 {
	var qhat, rhat uint64
	overflow := false
	if u[j+2] >= d1 {
		qhat = ^uint64(0)
		var c uint64
		rhat, c = bits.Add64(u[j+1], d1, 0)
		overflow = c != 0
	} else {
		qhat, rhat = bits.Div64(u[j+2], u[j+1], d1)
	}
	for !overflow {
		ph, pl := bits.Mul64(qhat, d0)
		if ph < rhat || ph == rhat && pl <= u[j] {
			break
		}
		qhat--
		var c uint64
		rhat, c = bits.Add64(rhat, d1, 0)
		overflow = c != 0
	}
	// Subtract qhat·d.
	ph, pl := bits.Mul64(qhat, d0)
	var b, c uint64
	u[j], b = bits.Sub64(u[j], pl, 0)
	h, l := bits.Mul64(qhat, d1)
	l, c = bits.Add64(l, ph, 0)
	h += c
	u[j+1], b = bits.Sub64(u[j+1], l, b)
	u[j+2], b = bits.Sub64(u[j+2], h, b)
	if b != 0 {
		qhat--
		u[j], c = bits.Add64(u[j], d0, 0)
		u[j+1], c = bits.Add64(u[j+1], d1, c)
		u[j+2] += c
	}
	return qhat
}

// divRound divides by (dh, dl), rounding half up; ok is false when the quotient overflows.
func divRound(n wide, dh, dl uint64) (q wide, ok bool) {
	q, rh, rl := divMod(n, dh, dl)
	// r ≥ d - r, without overflow because r < d.
	l, b := bits.Sub64(dl, rl, 0)
	h, _ := bits.Sub64(dh, rh, b)
	if rh > h || rh == h && rl >= l {
		c := uint64(1)
		for i := range q {
			q[i], c = bits.Add64(q[i], 0, c)
		}
		return q, c == 0
	}
	return q, true
}
