package sketch

import (
	"encoding/hex"
	"math"
	"testing"
)

// serialized are the estimates and bytes of Hive 3.1.3's estimators for the same values.
var serialized = map[string]struct {
	fm, hll   int64
	fmHex     string
	hllHex    string
	long      []int64
	text      []string
	textHash  []int32 // Java's String.hashCode
	real      []float64
	manyLongs int64
}{
	"empty": {fm: 1, hll: 1, fmHex: "464d05000000000000000000000000000000000000000000", hllHex: "484c4ca00100"},
	"longs": {fm: 3, hll: 3, fmHex: "464d05000300000003000000010000000900000001000000", hllHex: "484c4ca0030381d4f643c09fc804c0e5c69905", long: []int64{1, -5, 1 << 40}},
	"texts": {fm: 2, hll: 2, fmHex: "464d05000300000001000000010000008400000003000000", hllHex: "484c4ca0020281ad9ed10683ba828c01", text: []string{"abc", "é"}, textHash: []int32{96354, 233}},
	"reals": {fm: 1, hll: 2, fmHex: "464d05000c00000005000000080000000900000005000000", hllHex: "484c4ca00202c3bdd18501bebfe6e601", real: []float64{1.5, -2.25e10}},
	"many":  {fm: 2304, hll: 1983, fmHex: "464d0500ff0f0000ff0b0000ff2f0000ff1d0000ff070000", hllHex: "484c4ca5bf0f18c0110828114031106118061194011846211862198610882010862084a110404100291002008848100c", manyLongs: 2000},
	"some":  {fm: 190, hll: 100, fmHex: "464d0500ff0000007f0000007f0200007f0800007f000000", hllHex: "484c4ca06464c3fef016be9016c1828406bf9a4b81cd820280b0b101c3bcb606bd9528c3bcd706fc8a9e0bc184dc02c0", manyLongs: 100},
}

func TestSerializedAsHive(t *testing.T) {
	for name, c := range serialized {
		fm, hll := NewFM(5), NewHLL()
		for _, v := range c.long {
			fm.Add(v)
			hll.Add(HashLong(uint64(v)))
		}
		for i, s := range c.text {
			fm.Add(int64(c.textHash[i]))
			hll.Add(HashBytes([]byte(s)))
		}
		for _, f := range c.real {
			bits := math.Float64bits(f)
			fm.Add(int64(int32(bits ^ bits>>32)))
			hll.Add(HashLong(bits))
		}
		for i := range c.manyLongs {
			fm.Add(i*7919 - 3000)
			hll.Add(HashLong(uint64(i*7919 - 3000)))
		}
		if n, b := fm.Estimate(), hex.EncodeToString(fm.Serialize()); n != c.fm || b != c.fmHex {
			t.Errorf("%s: bit vectors %d %s, Hive has %d %s", name, n, b, c.fm, c.fmHex)
		}
		if n, b := hll.Estimate(), hex.EncodeToString(hll.Serialize()); n != c.hll || b[:min(len(b), len(c.hllHex))] != c.hllHex {
			t.Errorf("%s: HyperLogLog %d %s, Hive has %d %s", name, n, b, c.hll, c.hllHex)
		}
		if back, ok := DecodeFM(fm.Serialize()); !ok || back.Estimate() != fm.Estimate() {
			t.Errorf("%s: not read back", name)
		}
	}
}
