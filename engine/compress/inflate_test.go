package compress

import (
	"bytes"
	stdflate "compress/flate"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"math/rand"
	"testing"

	"github.com/klauspost/compress/flate"
)

// samples are inputs with different mixtures of literals and matches.
func samples() map[string][]byte {
	r := rand.New(rand.NewSource(1))
	noise := make([]byte, 100_000)
	r.Read(noise)
	var text, skewed bytes.Buffer
	words := []string{"carefully", "final", "deposits", "sleep", "quickly", "regular", "the", "ironic", "accounts", "\n"}
	for text.Len() < 256<<10 {
		fmt.Fprintf(&text, "%s %s ", words[r.Intn(len(words))], words[r.Intn(len(words))])
		if r.Intn(4) == 0 {
			fmt.Fprintf(&text, "%d|%d.%02d|", r.Intn(1e6), r.Intn(1e4), r.Intn(100))
		}
	}
	for skewed.Len() < 100_000 { // a code with long and short words
		skewed.WriteByte(byte(r.ExpFloat64() * 9))
	}
	return map[string][]byte{"empty": nil, "one": {7}, "noise": noise, "text": text.Bytes(), "skewed": skewed.Bytes(),
		"zeros": make([]byte, 300_000), "period": bytes.Repeat([]byte("abc"), 50_000), "period7": bytes.Repeat([]byte("abcdefg"), 5000)}
}

func deflated(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var z bytes.Buffer
	w, err := stdflate.NewWriter(&z, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	return z.Bytes()
}

func TestInflate(t *testing.T) {
	var f Inflater
	for name, data := range samples() {
		for level := stdflate.HuffmanOnly; level <= 9; level++ {
			z := deflated(t, data, level)
			got, err := f.Inflate(nil, z, len(data))
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%s level %d: %d bytes, %v; want %d", name, level, len(got), err, len(data))
			}
			if _, err := f.Inflate(nil, z, len(data)-1); err == nil && len(data) > 0 {
				t.Errorf("%s level %d: more data than the limit must be an error", name, level)
			}
			for cut := range min(len(z), 40) {
				if _, err := f.Inflate(nil, z[:len(z)-1-cut], len(data)); err == nil {
					t.Errorf("%s level %d: truncated by %d must be an error", name, level, cut+1)
				}
			}
		}
		var z bytes.Buffer
		for _, part := range [][]byte{data[:len(data)/3], data[len(data)/3:]} {
			w := stdgzip.NewWriter(&z)
			w.Name, w.Comment = "name", "comment"
			w.Write(part)
			w.Close()
		}
		got, err := f.InflateGzip(nil, z.Bytes(), len(data))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%s: gzip: %d bytes, %v; want %d", name, len(got), err, len(data))
		}
	}
}

// FuzzInflate compares with the standard library on arbitrary input.
func FuzzInflate(f *testing.F) {
	for _, data := range samples() {
		data = data[:min(len(data), 2000)]
		for _, level := range []int{-2, 0, 1, 9} {
			f.Add(deflated(f, data, level))
		}
	}
	var inflater Inflater
	f.Fuzz(func(t *testing.T, z []byte) {
		const limit = 1 << 20
		want, wantErr := io.ReadAll(io.LimitReader(stdflate.NewReader(bytes.NewReader(z)), limit+1))
		got, err := inflater.Inflate(nil, z, limit)
		if (err == nil) != (wantErr == nil && len(want) <= limit) {
			t.Fatalf("error %v, the standard library's %v", err, wantErr)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatal("output differs from the standard library's")
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	data := samples()["text"][:256<<10]
	z := deflated(b, data, 6)
	b.Run("own", func(b *testing.B) {
		var f Inflater
		dst := make([]byte, 0, len(data)+slack)
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := f.Inflate(dst, z, len(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("klauspost", func(b *testing.B) {
		r := flate.NewReader(nil)
		dst := make([]byte, len(data))
		in := bytes.NewReader(nil)
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			in.Reset(z)
			r.(flate.Resetter).Reset(in, nil)
			if _, err := io.ReadFull(r, dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}
