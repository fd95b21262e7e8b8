package compress

import (
	"bytes"
	"math/rand"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestBlocks(t *testing.T) {
	var e Encoder
	var d Decoder
	defer d.Close()
	var out []byte
	for name, data := range samples() {
		for b := BlockNone; b <= BlockLZO; b++ {
			var z []byte
			switch b {
			case BlockBrotli:
				var w bytes.Buffer
				bw := brotli.NewWriter(&w)
				bw.Write(data)
				bw.Close()
				z = w.Bytes()
			case BlockLZO:
				z = lzoEncode(data)
			default:
				var err error
				if z, err = e.Encode(b, nil, data); err != nil {
					t.Fatal(err)
				}
				z = bytes.Clone(z)
			}
			got, err := d.Decode(b, out, z, len(data))
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%s %s: %d bytes, %v; want %d", b, name, len(got), err, len(data))
			}
			if b != BlockNone {
				out = got
			}
			if len(data) > 0 {
				if got, err := d.Decode(b, nil, z, len(data)-1); err == nil {
					t.Errorf("%s %s: %d bytes where the limit is %d", b, name, len(got), len(data)-1)
				}
			}
		}
	}
}

// lzoEncode is a simple LZO1X compressor: runs of literals and matches of the M3 and M4 kinds.
func lzoEncode(data []byte) []byte {
	var z []byte
	zeros := func(n int) { // n ≥ 1 beyond the field
		for ; n > 255; n -= 255 {
			z = append(z, 0)
		}
		z = append(z, byte(n))
	}
	last := map[string]int{}
	lit := 0
	flush := func(end int) {
		n := end - lit
		switch {
		case n == 0:
		case len(z) == 0 && n <= 238:
			z = append(z, byte(n+17))
		case n <= 3:
			z[len(z)-2] |= byte(n) // the low bits of the match's distance say how many literals follow
		case n <= 18:
			z = append(z, byte(n-3))
		default:
			z = append(z, 0)
			zeros(n - 18)
		}
		z = append(z, data[lit:end]...)
	}
	for i := 0; i+4 <= len(data); {
		key := string(data[i : i+4])
		at, ok := last[key]
		last[key] = i
		distance := i - at
		if !ok || distance > 40000 || distance == 16384 || len(z) == 0 && i-lit < 4 {
			i++
			continue
		}
		n := 4
		for i+n < len(data) && data[at+n] == data[i+n] {
			n++
		}
		flush(i)
		low := 0
		if distance <= 16384 {
			if n <= 33 {
				z = append(z, byte(32|(n-2)))
			} else {
				z = append(z, 32)
				zeros(n - 33)
			}
			low = distance - 1
		} else {
			high := byte((distance-16384)>>14) << 3
			if n <= 9 {
				z = append(z, 16|high|byte(n-2))
			} else {
				z = append(z, 16|high)
				zeros(n - 9)
			}
			low = (distance - 16384) & 0x3fff
		}
		z = append(z, byte(low<<2), byte(low>>6))
		i += n
		lit = i
	}
	flush(len(data))
	return append(z, 17, 0, 0)
}

func TestStreams(t *testing.T) {
	for name, data := range samples() {
		for c := None; c <= Zstd; c++ {
			var z bytes.Buffer
			w, err := c.NewWriter(&z)
			if err != nil {
				if c != Bzip2 {
					t.Fatal(err)
				}
				continue
			}
			for rest := data; len(rest) > 0; {
				n := min(len(rest), 1+rand.Intn(50_000))
				w.Write(rest[:n])
				rest = rest[n:]
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			r, err := c.NewReader(&z)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := got.ReadFrom(r); err != nil || !bytes.Equal(got.Bytes(), data) {
				t.Fatalf("%s %s: %d bytes, %v; want %d", c, name, got.Len(), err, len(data))
			}
		}
	}
	for c := Gzip; c <= Zstd; c++ {
		r, err := c.NewReader(strings.NewReader(""))
		if err != nil {
			t.Fatalf("%s: an empty file: %v", c, err)
		}
		var got bytes.Buffer
		if n, err := got.ReadFrom(r); n != 0 || err != nil {
			t.Errorf("%s: an empty file reads as %d bytes, %v", c, n, err)
		}
		if got, err := ByClass(c.Class()); got != c || err != nil {
			t.Errorf("ByClass(%s) = %v, %v", c.Class(), got, err)
		}
		if ByPath("/a/b.c"+c.Extension()) != c {
			t.Errorf("ByPath does not know %s", c.Extension())
		}
	}
}

// FuzzDecode checks that corrupt blocks give errors, not panics or more than the limit.
func FuzzDecode(f *testing.F) {
	var e Encoder
	data := []byte(strings.Repeat("some text ", 20))
	for b := BlockSnappy; b <= BlockDeflate; b++ {
		z, err := e.Encode(b, nil, data)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(b), bytes.Clone(z))
	}
	f.Add(byte(BlockLZO), lzoEncode(data))
	f.Fuzz(func(t *testing.T, b byte, z []byte) {
		var d Decoder
		defer d.Close()
		got, err := d.Decode(Block(b)%(BlockLZO+1), nil, z, 1<<16)
		if err == nil && len(got) > 1<<16 {
			t.Fatalf("%d bytes exceed the limit", len(got))
		}
	})
}
