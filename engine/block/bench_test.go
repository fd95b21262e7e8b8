package block

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand"
	"syscall"
	"testing"
	"time"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/vector"
)

const benchRows = 4096

// kinds are columns as they occur in tables.
func kinds(b *testing.B) map[string]*vector.Vector {
	r := rand.New(rand.NewSource(1))
	ints := func(t *types.Type, f func(i int) int64) *vector.Vector {
		v := vector.New(t, benchRows)
		for i := range v.I64 {
			v.I64[i] = f(i)
		}
		return v
	}
	text := func(f func(i int) string) *vector.Vector {
		v := vector.New(types.StringType, benchRows)
		for i := range benchRows {
			v.SetString(i, f(i))
		}
		return v
	}
	words := []string{"quickly", "ironic", "packages", "sleep", "furiously", "against", "the", "blithely", "final", "deposits", "accounts", "carefully"}
	ticket := int64(0)
	nullable := ints(types.BigIntType, func(int) int64 { return r.Int63n(100000) })
	nullable.Nulls = make([]bool, benchRows)
	for i := range nullable.Nulls {
		nullable.Nulls[i] = r.Intn(20) == 0
	}
	wide := vector.New(parse(b, "decimal(30,2)"), benchRows)
	for i := range wide.W {
		wide.W[i] = types.Int128Of(r.Int63n(1e9))
	}
	double := vector.New(types.DoubleType, benchRows)
	for i := range double.F64 {
		double.F64[i] = r.NormFloat64()
	}
	return map[string]*vector.Vector{
		"key of 18 bits":       ints(types.BigIntType, func(int) int64 { return r.Int63n(1 << 18) }),
		"key with NULLs":       nullable,
		"ascending with runs":  ints(types.BigIntType, func(i int) int64 { ticket += int64(r.Intn(12) / 11); return ticket }),
		"small number":         ints(types.IntType, func(int) int64 { return 1 + r.Int63n(100) }),
		"date":                 ints(types.DateType, func(int) int64 { return 10957 + r.Int63n(1800) }),
		"price":                ints(parse(b, "decimal(7,2)"), func(int) int64 { return r.Int63n(20000) * int64(1+r.Intn(3)) }),
		"sparse codes":         ints(types.BigIntType, func(int) int64 { return int64(r.Intn(90)) * 7919191919 }),
		"constant":             ints(types.IntType, func(int) int64 { return 7 }),
		"random 64 bits":       ints(types.BigIntType, func(int) int64 { return int64(r.Uint64()) }),
		"decimal of 30 digits": wide,
		"double":               double,
		"few strings":          text(func(int) string { return words[r.Intn(len(words))] }),
		"names":                text(func(int) string { return fmt.Sprintf("Customer#%09d", r.Intn(150000)) }),
		"comments": text(func(int) string {
			s := words[r.Intn(len(words))]
			for range 3 + r.Intn(4) {
				s += " " + words[r.Intn(len(words))]
			}
			return s
		}),
	}
}

// plain is a column as fixed-width values and, for strings, lengths and bytes.
func plain(v *vector.Vector) []byte {
	var out []byte
	for _, x := range v.I64 {
		out = binary.LittleEndian.AppendUint64(out, uint64(x))
	}
	for _, x := range v.F64 {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(x))
	}
	for _, x := range v.W {
		out = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(out, uint64(x.Hi)), x.Lo)
	}
	for _, x := range v.Refs {
		out = binary.LittleEndian.AppendUint32(out, x.Len)
	}
	return append(out, v.Data...)
}

// measure counts processor time, as machines that run benchmarks are not always idle; ended reports megabytes per second of it.
func measure(b *testing.B, bytes int) (ended func()) {
	from := cpuTime()
	return func() {
		b.ReportMetric(float64(bytes)*float64(b.N)/1e6/(cpuTime()-from).Seconds(), "MB/cpu-s")
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkColumns(b *testing.B) {
	for name, v := range kinds(b) {
		raw := plain(v)
		cols := []*vector.Vector{v}
		e := Encoder{LZ4: true}
		buf := e.Encode(nil, cols, 0, benchRows)
		b.Run("encode/"+name, func(b *testing.B) {
			ended := measure(b, len(raw))
			for b.Loop() {
				buf = e.Encode(buf[:0], cols, 0, benchRows)
			}
			ended()
			b.ReportMetric(float64(len(raw))/float64(len(buf)), "ratio")
		})
		b.Run("decode/"+name, func(b *testing.B) {
			out := vector.NewBatch([]*types.Type{v.Type})
			block := append(append([]byte(nil), buf...), make([]byte, Slack)...)[:len(buf)]
			var d Decoder
			ended := measure(b, len(raw))
			for b.Loop() {
				if err := d.Decode(block, out); err != nil {
					b.Fatal(err)
				}
			}
			ended()
		})
		var lz compress.Encoder
		packed, err := lz.Encode(compress.BlockLZ4, nil, raw)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("lz4-encode/"+name, func(b *testing.B) {
			dst := make([]byte, 0, 2*len(raw)+1024)
			ended := measure(b, len(raw))
			for b.Loop() {
				if _, err := lz.Encode(compress.BlockLZ4, dst, raw); err != nil {
					b.Fatal(err)
				}
			}
			ended()
			b.ReportMetric(float64(len(raw))/float64(len(packed)), "ratio")
		})
		b.Run("lz4-decode/"+name, func(b *testing.B) {
			var d compress.Decoder
			dst := make([]byte, 0, len(raw))
			ended := measure(b, len(raw))
			for b.Loop() {
				if _, err := d.Decode(compress.BlockLZ4, dst, packed, len(raw)); err != nil {
					b.Fatal(err)
				}
			}
			ended()
		})
	}
}
