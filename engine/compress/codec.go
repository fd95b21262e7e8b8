// Package compress holds the codecs of Hadoop files: whole-file streams (gzip, deflate, bzip2, zstd, and Hadoop's block
// framing of snappy and lz4) and the raw blocks that columnar formats use, with an inflate of its own for the latter.
package compress

import (
	"bufio"
	"compress/bzip2"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Codec is a stream codec, as Hadoop's compression codec classes.
type Codec uint8

// The stream codecs.
const (
	None Codec = iota
	Gzip
	Deflate // zlib stream; Hadoop's DefaultCodec
	Bzip2
	Snappy // Hadoop block framing
	LZ4    // Hadoop block framing
	Zstd
)

var codecs = [...]struct{ name, extension, class string }{
	None:    {"none", "", ""},
	Gzip:    {"gzip", ".gz", "org.apache.hadoop.io.compress.GzipCodec"},
	Deflate: {"deflate", ".deflate", "org.apache.hadoop.io.compress.DefaultCodec"},
	Bzip2:   {"bzip2", ".bz2", "org.apache.hadoop.io.compress.BZip2Codec"},
	Snappy:  {"snappy", ".snappy", "org.apache.hadoop.io.compress.SnappyCodec"},
	LZ4:     {"lz4", ".lz4", "org.apache.hadoop.io.compress.Lz4Codec"},
	Zstd:    {"zstd", ".zst", "org.apache.hadoop.io.compress.ZStandardCodec"},
}

// String returns the codec's short name.
func (c Codec) String() string { return codecs[c].name }

// Extension returns the file name extension with its dot, empty for None.
func (c Codec) Extension() string { return codecs[c].extension }

// Class returns the name of Hadoop's codec class, empty for None.
func (c Codec) Class() string { return codecs[c].class }

// ByPath returns the codec that the extension of a file's path names, None for any other.
func ByPath(file string) Codec {
	ext := strings.ToLower(path.Ext(file))
	for c := Gzip; c <= Zstd; c++ {
		if codecs[c].extension == ext {
			return c
		}
	}
	return None
}

// ByClass returns the codec of one of Hadoop's class names (or of its last part or short name, in any case).
func ByClass(class string) (Codec, error) {
	name := class[strings.LastIndexByte(class, '.')+1:]
	for c := None; c <= Zstd; c++ {
		full := codecs[c].class
		if class == full || strings.EqualFold(name, full[strings.LastIndexByte(full, '.')+1:]) || strings.EqualFold(name, codecs[c].name) {
			return c, nil
		}
	}
	if strings.EqualFold(name, "DeflateCodec") {
		return Deflate, nil
	}
	return None, fmt.Errorf("compression codec %s is not known", class)
}

// NewReader returns a reader of the decompressed stream. Concatenated streams read as one, and
// no bytes at all as an empty stream. Close does not close r.
func (c Codec) NewReader(r io.Reader) (io.ReadCloser, error) {
	if c == None {
		return io.NopCloser(r), nil
	}
	b := bufio.NewReaderSize(r, 64<<10)
	if _, err := b.Peek(1); err == io.EOF {
		return io.NopCloser(b), nil // an empty file has no header
	}
	r = b
	switch c {
	case Gzip:
		return gzip.NewReader(r)
	case Deflate:
		return zlib.NewReader(r)
	case Bzip2:
		return io.NopCloser(bzip2.NewReader(r)), nil
	case Snappy, LZ4:
		return newFramedReader(r, c), nil
	case Zstd:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<31))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("compression codec %d is not known", c)
}

// NewWriter returns a writer that compresses onto w. Close finishes the stream and does not close w.
func (c Codec) NewWriter(w io.Writer) (io.WriteCloser, error) {
	switch c {
	case None:
		return nopWriteCloser{w}, nil
	case Gzip, Deflate:
		return newZlibWriter(w, c), nil
	case Bzip2:
		return nil, fmt.Errorf("writing bzip2 is not supported")
	case Snappy, LZ4:
		return newFramedWriter(w, c), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return nil, fmt.Errorf("compression codec %d is not known", c)
}

type nopWriteCloser struct{ io.Writer }

func (nopWriteCloser) Close() error { return nil }
