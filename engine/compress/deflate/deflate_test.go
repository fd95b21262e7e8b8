package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand"
	"testing"
)

// inputs are data of several kinds and sizes, small ones and some longer than zlib's window.
func inputs() map[string][]byte {
	r := rand.New(rand.NewSource(1))
	m := map[string][]byte{"empty": nil, "one": {7}, "zeros": make([]byte, 100_000)}
	random := make([]byte, 300_000)
	r.Read(random)
	m["random"] = random
	few := make([]byte, 250_000)
	for i := range few {
		few[i] = "abcd"[r.Intn(4)]
	}
	m["few"] = few
	var words bytes.Buffer
	for words.Len() < 262_144 {
		fmt.Fprintf(&words, "%d|name#%09d|%d.%02d|", r.Intn(100000), r.Intn(5000), r.Intn(900), r.Intn(100))
	}
	m["words"] = words.Bytes()[:262_144]
	for _, n := range []int{2, 3, 10, 100, 1000, 16384, 33000, 70000} {
		m[fmt.Sprint("words", n)] = words.Bytes()[:n]
		m[fmt.Sprint("few", n)] = few[:n]
	}
	mixed := append(append(append([]byte(nil), random[:40000]...), few[:40000]...), words.Bytes()[:90000]...)
	m["mixed"] = append(mixed, random[:40000]...)
	skewed := make([]byte, 0, 200_000)
	for i := 0; len(skewed) < cap(skewed); i++ { // frequencies that grow like Fibonacci's numbers want codes beyond the limit
		n := 1
		for k := 0; k < 24 && r.Intn(100) < 62; k++ {
			n++
		}
		skewed = append(skewed, byte(n), byte(r.Intn(256)&r.Intn(256)&r.Intn(256)))
	}
	m["skewed"] = skewed
	return m
}

// TestZlib compares lengths and checksums with those of zlib 1.2.13 (deflateInit2 with memory level 8, one call with Z_FINISH).
func TestZlib(t *testing.T) {
	var e Encoder
	in := inputs()
	for _, w := range recorded {
		src := in[w.name]
		for level := 1; level <= 9; level++ {
			got := e.Encode(nil, src, level)
			back, err := io.ReadAll(flate.NewReader(bytes.NewReader(got)))
			if err != nil || !bytes.Equal(back, src) {
				t.Fatalf("%s at level %d does not come back: %v", w.name, level, err)
			}
			want := w.levels[level-1]
			if len(got) != want.length || crc32.ChecksumIEEE(got) != want.sum {
				t.Errorf("%s at level %d: %d bytes, sum %08x, zlib has %d, %08x", w.name, level, len(got), crc32.ChecksumIEEE(got), want.length, want.sum)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	var e Encoder
	src := inputs()["words"]
	for _, level := range []int{1, 2, 6} {
		b.Run(fmt.Sprint(level), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			var dst []byte
			for b.Loop() {
				dst = e.Encode(dst, src, level)
			}
		})
	}
}
