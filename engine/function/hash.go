package function

import (
	"encoding/binary"
	"math"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

var hashTable = map[string]entry{
	"hash":        {build: hashOf(JavaHash), nulls: Aware},
	"murmur_hash": {build: hashOf(MurmurHash), nulls: Aware},
}

// Hasher hashes the value of a row, 0 for NULL. Zone-less timestamps count as times in the session's zone.
type Hasher func(env *Env, v *vector.Vector, row int) int32

func hashOf(h Hasher) Builder {
	return func(env *Env, _ *Call) Kernel {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) { out.I64[i] = int64(FoldHash(env, h, args, i)) })
			return nil
		}
	}
}

// FoldHash is Hive's hash of several columns: 31·h + hash of the next. (h & 0x7fffffff) modulo the number of buckets is the row's
// bucket, with JavaHash for bucketing version 1 and MurmurHash for version 2.
func FoldHash(env *Env, h Hasher, cols []*vector.Vector, row int) int32 {
	r := int32(0)
	for _, v := range cols {
		r = 31*r + h(env, v, row)
	}
	return r
}

func foldLong(v int64) int32 { return int32(uint64(v)>>32 ^ uint64(v)) }

// JavaHash is Hive's hash of bucketing version 1 and of the function hash.
func JavaHash(env *Env, v *vector.Vector, row int) int32 {
	if isNull(v, row) {
		return 0
	}
	b, i := v.Base(), v.At(row)
	switch v.Type.Kind {
	case types.Boolean, types.TinyInt, types.SmallInt, types.Int, types.Date, types.IntervalYearMonth:
		return int32(b.I64[i])
	case types.BigInt:
		return foldLong(b.I64[i])
	case types.Float:
		return int32(javaFloatBits(b.F64[i]))
	case types.Double:
		return foldLong(int64(javaDoubleBits(b.F64[i])))
	case types.String:
		return hashBytes(0, v.Bytes(row))
	case types.Varchar, types.Char, types.Binary:
		return hashBytes(1, v.Bytes(row))
	case types.Timestamp, types.TimestampLTZ:
		t := b.W[i]
		if v.Type.Kind == types.Timestamp {
			t.Hi = env.Zone().Instant(t.Hi)
		}
		return foldLong(t.Hi<<30 | int64(t.Lo))
	case types.IntervalDayTime:
		t := b.W[i]
		return (17*37+foldLong(t.Hi))*37 + int32(t.Lo)
	case types.Decimal:
		return hashDecimal(stripped(v, row))
	}
	return hashNested(env, v, row, JavaHash, JavaHash)
}

// hashNested folds the members of a nested value; map values may have a hash of their own.
func hashNested(env *Env, v *vector.Vector, row int, h, values Hasher) int32 {
	b, i := v.Base(), v.At(row)
	r := int32(0)
	switch v.Type.Kind {
	case types.Array:
		run := b.Refs[i]
		for k := range int(run.Len) {
			r = 31*r + h(env, b.Children[0], int(run.Off)+k)
		}
	case types.Map:
		run := b.Refs[i]
		for k := range int(run.Len) {
			r += h(env, b.Children[0], int(run.Off)+k) ^ values(env, b.Children[1], int(run.Off)+k)
		}
	case types.Struct:
		for _, c := range b.Children {
			r = 31*r + h(env, c, i)
		}
	case types.Union:
		r = h(env, b.Children[b.I64[i]], i)
	}
	return r
}

func hashBytes(start int32, s []byte) int32 {
	for _, c := range s {
		start = 31*start + int32(int8(c))
	}
	return start
}

// javaFloatBits and javaDoubleBits have one NaN.
func javaFloatBits(f float64) uint32 {
	if f != f {
		return 0x7fc00000
	}
	return math.Float32bits(float32(f))
}

func javaDoubleBits(f float64) uint64 {
	if f != f {
		return 0x7ff8000000000000
	}
	return math.Float64bits(f)
}

// stripped is a decimal without trailing zeros in its fraction.
func stripped(v *vector.Vector, row int) (types.Int128, int) {
	d := decimalsOf(v)
	x, scale := d.at(row), v.Type.Scale
	ten := types.Int128{Lo: 10}
	for scale > 0 && decimal.Rem(x, ten) == (types.Int128{}) {
		x, scale = decimal.Quo(x, ten), scale-1
	}
	return x, scale
}

// hashDecimal is BigDecimal.hashCode: 31 · BigInteger.hashCode + scale.
func hashDecimal(x types.Int128, scale int) int32 {
	negative := x.Sign() < 0
	if negative {
		x = x.Neg()
	}
	h := int32(0)
	for _, word := range [4]uint32{uint32(uint64(x.Hi) >> 32), uint32(x.Hi), uint32(x.Lo >> 32), uint32(x.Lo)} {
		h = 31*h + int32(word)
	}
	if negative {
		h = -h
	}
	return 31*h + int32(scale)
}

// MurmurHash is Hive's hash of bucketing version 2 and of the function murmur_hash.
func MurmurHash(env *Env, v *vector.Vector, row int) int32 {
	if isNull(v, row) {
		return 0
	}
	b, i := v.Base(), v.At(row)
	var buf [8]byte
	switch v.Type.Kind {
	case types.Boolean, types.TinyInt:
		return int32(b.I64[i])
	case types.SmallInt:
		binary.BigEndian.PutUint16(buf[:], uint16(b.I64[i]))
		return murmur3(buf[:2])
	case types.Int, types.Date, types.IntervalYearMonth:
		binary.BigEndian.PutUint32(buf[:], uint32(b.I64[i]))
		return murmur3(buf[:4])
	case types.BigInt:
		binary.BigEndian.PutUint64(buf[:], uint64(b.I64[i]))
		return murmur3(buf[:])
	case types.Float:
		// Hive converts the bits to a float by value.
		binary.BigEndian.PutUint32(buf[:], math.Float32bits(float32(int32(javaFloatBits(b.F64[i])))))
		return murmur3(buf[:4])
	case types.Double:
		binary.BigEndian.PutUint64(buf[:], math.Float64bits(float64(int64(javaDoubleBits(b.F64[i])))))
		return murmur3(buf[:])
	case types.String, types.Varchar, types.Char, types.Binary:
		return murmur3(v.Bytes(row))
	case types.Timestamp, types.TimestampLTZ:
		return murmur3(timestampBytes(b.W[i]))
	case types.IntervalDayTime:
		binary.BigEndian.PutUint32(buf[:], uint32(JavaHash(env, v, row)))
		return murmur3(buf[:4])
	case types.Decimal:
		x, _ := stripped(v, row)
		return murmur3(bigIntegerBytes(x))
	}
	return hashNested(env, v, row, MurmurHash, JavaHash)
}

// bigIntegerBytes is the shortest big-endian two's complement form.
func bigIntegerBytes(x types.Int128) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(x.Hi))
	binary.BigEndian.PutUint64(b[8:], x.Lo)
	s := b[:]
	for len(s) > 1 && (s[0] == 0 && s[1] < 0x80 || s[0] == 0xff && s[1] >= 0x80) {
		s = s[1:]
	}
	return s
}

// timestampBytes is the binary form of TimestampWritable: 31 bits of seconds with a flag for what follows, the digits of the
// nanoseconds in reverse as a variable-length number, and the seconds beyond 31 bits.
func timestampBytes(t types.Int128) []byte {
	const flag = 1 << 31
	long := t.Hi < 0 || t.Hi > math.MaxInt32
	reversed := int64(0)
	if nanos := int64(t.Lo); nanos != 0 {
		for range 9 {
			reversed = reversed*10 + nanos%10
			nanos /= 10
		}
	}
	first := uint32(t.Hi) &^ flag
	if long || reversed != 0 {
		first |= flag
	}
	out := binary.BigEndian.AppendUint32(nil, first)
	switch {
	case long:
		out = appendVLong(out, -reversed-1)
		out = appendVLong(out, t.Hi>>31)
	case reversed != 0:
		out = appendVLong(out, reversed)
	}
	return out
}

// appendVLong is Hadoop's variable-length integer.
func appendVLong(dst []byte, v int64) []byte {
	if v >= -112 && v <= 127 {
		return append(dst, byte(v))
	}
	tag := -112
	if v < 0 {
		v, tag = ^v, -120
	}
	n := (bits.Len64(uint64(v)) + 7) / 8
	dst = append(dst, byte(tag-n))
	for k := n - 1; k >= 0; k-- {
		dst = append(dst, byte(v>>(8*k)))
	}
	return dst
}

// murmur3 is the 32-bit murmur hash (A. Appleby's MurmurHash3) with Hive's seed; like Hive's it takes the bytes of the tail as
// signed.
func murmur3(s []byte) int32 {
	const c1, c2, seed = 0xcc9e2d51, 0x1b873593, 104729
	h := uint32(seed)
	n := len(s)
	for len(s) >= 4 {
		k := binary.LittleEndian.Uint32(s) * c1
		h ^= bits.RotateLeft32(k, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
		s = s[4:]
	}
	k := uint32(0)
	switch len(s) {
	case 3:
		k ^= uint32(int32(int8(s[2])) << 16)
		fallthrough
	case 2:
		k ^= uint32(int32(int8(s[1])) << 8)
		fallthrough
	case 1:
		k ^= uint32(int32(int8(s[0])))
		h ^= bits.RotateLeft32(k*c1, 15) * c2
	}
	h ^= uint32(n)
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return int32(h ^ h>>16)
}
