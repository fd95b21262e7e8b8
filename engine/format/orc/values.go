package orc

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"time"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/decimal"
	"skep/engine/vector"
)

func (c *column) readBooleans(dst []int64) error {
	for len(dst) > 0 && c.bools.left > 0 {
		dst[0] = int64(c.bools.bits >> 7)
		c.bools.bits <<= 1
		c.bools.left--
		dst = dst[1:]
	}
	size := (len(dst) + 7) / 8
	if size == 0 {
		return nil
	}
	if err := c.bools.load(size); err != nil {
		return err
	}
	for _, b := range c.bools.buf {
		r := bits.Reverse8(b)
		if len(dst) < 8 {
			for i := range dst {
				dst[i] = int64(r >> i & 1)
			}
			c.bools.bits, c.bools.left = b<<len(dst), 8-len(dst)
			break
		}
		for i := range 8 {
			dst[i] = int64(r >> i & 1)
		}
		dst = dst[8:]
	}
	return nil
}

func (c *column) readBytes(dst []int64) error {
	octets := c.bytes(len(dst))
	if err := c.tiny.read(octets); err != nil {
		return err
	}
	for i, b := range octets {
		dst[i] = int64(int8(b))
	}
	return nil
}

func (c *column) readFloats(dst []float64) error {
	width := 8
	if c.file.kind == kindFloat {
		width = 4
	}
	if err := c.raw.must(len(dst) * width); err != nil {
		return err
	}
	b := c.raw.buf[c.raw.pos:]
	c.raw.pos += len(dst) * width
	if width == 8 {
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
	} else {
		for i := range dst {
			dst[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
	}
	return nil
}

func (c *column) readStrings(v *vector.Vector, n, m int) error {
	if c.dictionary() {
		return c.readCodes(v, n, m)
	}
	lens := ints(&c.lengths, m)
	if err := c.second.read(lens); err != nil {
		return err
	}
	total := int64(0)
	for _, l := range lens {
		if uint64(l) > math.MaxInt32 {
			return fmt.Errorf("string of %d bytes: %w", l, errProto)
		}
		total += l
	}
	if total > math.MaxInt32 {
		return fmt.Errorf("strings of %d bytes in one batch: %w", total, errProto)
	}
	if err := c.raw.must(int(total)); err != nil {
		return err
	}
	v.Form, v.DictOf, v.DictID, v.Nulls = vector.Flat, nil, 0, nil
	if cap(v.Refs) < n {
		v.Refs = make([]vector.Ref, max(n, vector.BatchSize))
	}
	v.Refs = v.Refs[:n]
	// The strings stay where they are: the stream's buffer does not move before the next read.
	v.Data = c.raw.buf[c.raw.pos : c.raw.pos+int(total) : c.raw.pos+int(total)]
	c.raw.pos += int(total)
	off := uint32(0)
	for i, l := range lens {
		v.Refs[i] = vector.Ref{Off: off, Len: uint32(l)}
		off += uint32(l)
	}
	if c.trims() {
		trim(v.Refs[:m], v.Data)
	}
	return nil
}

func (c *column) readCodes(v *vector.Vector, n, m int) error {
	if err := c.loadDictionary(); err != nil {
		return err
	}
	codes := ints(&c.lengths, m)
	if err := c.ints.read(codes); err != nil {
		return err
	}
	v.Form, v.DictOf, v.DictID, v.Nulls = vector.Dict, c.dict, c.dictID, nil
	if cap(v.Codes) < n {
		v.Codes = make([]uint32, max(n, vector.BatchSize))
	}
	v.Codes = v.Codes[:n]
	largest := uint64(0)
	out := v.Codes[:len(codes)]
	for i, code := range codes {
		largest = max(largest, uint64(code))
		out[i] = uint32(code)
	}
	if size := uint64(len(c.dict.Refs)); m > 0 && largest >= size {
		return fmt.Errorf("dictionary code %d of %d: %w", largest, size, errProto)
	}
	return nil
}

// trims reports whether trailing blanks are padding.
func (c *column) trims() bool {
	return c.file.kind == kindChar && c.typ.Kind != types.Binary
}

// trim takes trailing blanks off char values.
func trim(refs []vector.Ref, data []byte) {
	for i, r := range refs {
		for r.Len > 0 && data[r.Off+r.Len-1] == ' ' {
			r.Len--
		}
		refs[i] = r
	}
}

// loadDictionary reads the stripe's dictionary at its first use.
func (c *column) loadDictionary() error {
	if c.dict != nil {
		return nil
	}
	d := &c.dictBuf
	data, err := c.dictData.all(d.Data[:0], math.MaxInt32)
	if err != nil {
		return err
	}
	d.Type, d.Data, d.Refs = c.typ, data, d.Refs[:0]
	off := 0
	var lens [maxRun]int64
	for left := c.encoding.dictionarySize; left > 0; {
		k := min(left, len(lens))
		if err := c.dictLens.read(lens[:k]); err != nil {
			return err
		}
		for _, l := range lens[:k] {
			if l < 0 || l > int64(len(data)-off) {
				return fmt.Errorf("dictionary entry of %d bytes: %w", l, errProto)
			}
			d.Refs = append(d.Refs, vector.Ref{Off: uint32(off), Len: uint32(l)})
			off += int(l)
		}
		left -= k
	}
	if c.trims() {
		trim(d.Refs, d.Data)
	}
	c.dict = d
	return nil
}

func (c *column) readDecimals(v *vector.Vector, m int) error {
	small := v.Type.Physical() == types.I64
	want := int64(v.Type.Scale)
	for done := 0; done < m; {
		scale, k, err := c.second.repeated(m - done)
		if err != nil {
			return err
		}
		same := k > 0
		if !same {
			k = min(m-done, maxRun)
		}
		if small {
			err = c.raw.varints(v.I64[done : done+k])
		} else {
			err = c.raw.varints128(v.W[done : done+k])
		}
		if err != nil {
			return err
		}
		if !same || scale != want {
			scales := ints(&c.lengths, k)
			if same {
				for i := range scales {
					scales[i] = scale
				}
			} else if err := c.second.read(scales); err != nil {
				return err
			}
			if err := rescale(v, done, scales); err != nil {
				return err
			}
		}
		done += k
	}
	return nil
}

// rescale turns the decimals from row at on from their own scales to the vector's.
func rescale(v *vector.Vector, at int, scales []int64) error {
	want := v.Type.Scale
	for i, s := range scales {
		if s == int64(want) {
			continue
		}
		if s < 0 || s > types.MaxPrecision {
			return fmt.Errorf("decimal scale %d: %w", s, errProto)
		}
		if v.Type.Physical() == types.I64 {
			x, _ := decimal.Rescale(types.Int128Of(v.I64[at+i]), int(s), want)
			v.I64[at+i] = int64(x.Lo)
		} else {
			v.W[at+i], _ = decimal.Rescale(v.W[at+i], int(s), want)
		}
	}
	return nil
}

// powers are the factors of the zeros cut off nanoseconds: the format counts from two zeros on.
var powers = [8]int64{1, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000}

func (c *column) readTimestamps(dst []types.Int128) error {
	secs, nanos := ints(&c.lengths, len(dst)), ints(&c.spare, len(dst))
	if err := c.ints.read(secs); err != nil {
		return err
	}
	if err := c.second.read(nanos); err != nil {
		return err
	}
	for i, s := range secs {
		ns := nanos[i] >> 3 * powers[nanos[i]&7]
		t := s + c.epoch
		if ns < 0 && ns > -1e9 { // as Arrow writes times before 1970
			dst[i] = types.Int128{Hi: c.local(t - 1), Lo: uint64(ns + 1e9)}
			continue
		}
		if uint64(ns) > 999_999_999 {
			return fmt.Errorf("%d nanoseconds: %w", ns, errProto)
		}
		// Writers divide milliseconds by 1000 towards zero; the nanoseconds tell that there was a fraction.
		if t < 0 && ns > 999_999 {
			t--
		}
		dst[i] = types.Int128{Hi: c.local(t), Lo: uint64(ns)}
	}
	return nil
}

// local turns an instant into the time that the writer's clocks showed, in the proleptic Gregorian calendar.
func (c *column) local(t int64) int64 {
	if c.zone != nil {
		if t < c.zoneFrom || t >= c.zoneTo {
			c.findOffset(t)
		}
		t += c.zoneOffset
	}
	if c.julian && t < gregorianSecond {
		day, of := calendar.Split(t)
		t = calendar.JulianToProleptic(day)*calendar.SecondsPerDay + of
	}
	return t
}

// gregorianSecond is when the Gregorian calendar began, in seconds.
const gregorianSecond = calendar.GregorianStart * calendar.SecondsPerDay

// findOffset looks up the offset of the writer's zone at t, and how long it held.
func (c *column) findOffset(t int64) {
	at := time.Unix(t, 0).In(c.zone)
	_, offset := at.Zone()
	from, to := at.ZoneBounds()
	c.zoneOffset, c.zoneFrom, c.zoneTo = int64(offset), math.MinInt64, math.MaxInt64
	if !from.IsZero() {
		c.zoneFrom = from.Unix()
	}
	if !to.IsZero() {
		c.zoneTo = to.Unix()
	}
}

// toProleptic turns Julian dates into proleptic Gregorian ones of the same year, month and day.
func toProleptic(days []int64) {
	for i, d := range days {
		if d < calendar.GregorianStart {
			days[i] = calendar.JulianToProleptic(d)
		}
	}
}
