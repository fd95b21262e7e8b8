package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/format"
)

// bloomSalt are the multipliers of the split block bloom filter (Parquet's BloomFilter.md).
var bloomSalt = [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31}

// bloom tests a value against the filter at an offset; true when it may be there.
func (t *columnTest) bloom(input format.Input, offset int64, value types.Datum) (bool, error) {
	plain, ok := t.typ.plainBytes(value)
	if !ok {
		return true, nil
	}
	head := make([]byte, min(64, max(0, input.Size()-offset)))
	if n, err := input.ReadAt(head, offset); n < len(head) {
		return true, noEOF(err)
	}
	size, supported := int32(0), true
	r := &thriftReader{b: head}
	r.structure(func(id int16, wire byte) {
		switch {
		case id == 1 && wire == wireI32:
			size = r.i32()
		case (id == 2 || id == 3 || id == 4) && wire == wireStruct:
			// Unions of one alternative each: block algorithm, xxHash, uncompressed.
			r.structure(func(kind int16, wire byte) {
				supported = supported && kind == 1
				r.skip(wire)
			})
		default:
			r.skip(wire)
		}
	})
	if r.err != nil {
		return true, r.err
	}
	if !supported {
		return true, nil
	}
	if size <= 0 || size%32 != 0 {
		return true, fmt.Errorf("filter of %d bytes", size)
	}
	h := xxhash64(plain)
	block, err := readSection(input, section{offset + int64(r.pos) + int64(h>>32*uint64(size/32)>>32)*32, 32})
	if err != nil {
		return true, err
	}
	for i, salt := range bloomSalt {
		if binary.LittleEndian.Uint32(block[4*i:])>>(uint32(h)*salt>>27)&1 == 0 {
			return false, nil
		}
	}
	return true, nil
}

// plainBytes encodes a value as the file's PLAIN encoding does, without a string's length.
func (t *leafType) plainBytes(d types.Datum) ([]byte, bool) {
	if d.Null || t.hybrid && d.I < calendar.GregorianStart {
		return nil, false
	}
	switch t.kind {
	case kindInt32:
		if d.I != int64(int32(d.I)) {
			return nil, false
		}
		return binary.LittleEndian.AppendUint32(nil, uint32(d.I)), true
	case kindInt64:
		return binary.LittleEndian.AppendUint64(nil, uint64(d.I)), true
	case kindFloat:
		if d.F == 0 || float64(float32(d.F)) != d.F {
			return nil, false // zero has two forms
		}
		return binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(d.F))), true
	case kindDouble:
		if d.F == 0 || math.IsNaN(d.F) {
			return nil, false
		}
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(d.F)), true
	case kindBytes:
		return []byte(d.S), true
	}
	return nil, false
}

const (
	xxPrime1 = 11400714785074694791
	xxPrime2 = 14029467366897019727
	xxPrime3 = 1609587929392839161
	xxPrime4 = 9650029242287828579
	xxPrime5 = 2870177450012600261
)

// xxhash64 is the XXH64 hash with seed 0 (xxHash specification, section XXH64).
func xxhash64(b []byte) uint64 {
	n := uint64(len(b))
	var h uint64
	if len(b) >= 32 {
		var prime1, prime2 uint64 = xxPrime1, xxPrime2
		v := [4]uint64{prime1 + prime2, prime2, 0, -prime1}
		for len(b) >= 32 {
			for i := range v {
				v[i] = xxRound(v[i], binary.LittleEndian.Uint64(b[8*i:]))
			}
			b = b[32:]
		}
		h = bits.RotateLeft64(v[0], 1) + bits.RotateLeft64(v[1], 7) + bits.RotateLeft64(v[2], 12) + bits.RotateLeft64(v[3], 18)
		for _, x := range v {
			h = (h^xxRound(0, x))*xxPrime1 + xxPrime4
		}
	} else {
		h = xxPrime5
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64(h^xxRound(0, binary.LittleEndian.Uint64(b)), 27)*xxPrime1 + xxPrime4
	}
	if len(b) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(b))*xxPrime1, 23)*xxPrime2 + xxPrime3
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*xxPrime5, 11) * xxPrime1
	}
	h = (h ^ h>>33) * xxPrime2
	h = (h ^ h>>29) * xxPrime3
	return h ^ h>>32
}

func xxRound(acc, input uint64) uint64 {
	return bits.RotateLeft64(acc+input*xxPrime2, 31) * xxPrime1
}
