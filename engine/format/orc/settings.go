package orc

import (
	"fmt"
	"strconv"
	"strings"

	"skep/engine/compress"
	"skep/engine/compress/deflate"
	"skep/engine/format"
)

// Defaults of the writer, Hive's unless a table property says otherwise.
const (
	defaultStripe     = 64 << 20
	defaultBlock      = 256 << 10
	leastBlock        = 4 << 10
	defaultStride     = 10_000
	defaultFPP        = 0.01
	defaultDictionary = 0.8
)

// zlibExact is how much of a file's data is compressed as zlib does it. Sizes of files are shown to users, and those of small and medium
// ones are the same as Hive's; the rest of larger files takes an encoder that is three times as fast.
const zlibExact = 1 << 20

// Levels of zlib, which the writer in Java chooses by kind of stream.
const (
	levelNumbers  = 1 // lengths, NULL flags, indexes
	levelData     = 2
	levelMetadata = deflate.Default
)

var codecNames = map[string]uint64{"NONE": 0, "ZLIB": 1, "SNAPPY": 2, "LZ4": 4, "ZSTD": 5}

// settings are what a file is written with.
type settings struct {
	hive3      bool // as ORC 1.5 in Hive 3.1 writes, otherwise as ORC 1.8 in Hive 4.0
	codec      uint64
	block      int // of compression
	stripe     int
	stride     int64   // rows of a row group; 0 without indexes
	dictionary float64 // distinct strings per string up to which a dictionary is used
	early      bool    // decide upon dictionaries after the first row group, not at the end of the stripe
	packed     bool    // integers in the least number of bits
	dataLevel  int     // of zlib
	bloom      map[string]bool
	fpp        float64
}

// newSettings reads the table properties orc.compress, orc.stripe.size, orc.compress.size, orc.buffer.size.enforce, orc.row.index.stride,
// orc.dictionary.key.threshold, orc.dictionary.early.check, orc.encoding.strategy, orc.compression.strategy, orc.bloom.filter.columns
// (top-level ones) and orc.bloom.filter.fpp, and the session settings behind them. The number of columns, nested ones included, bounds
// the size of blocks.
func newSettings(opts *format.WriteOptions, columns int) (*settings, error) {
	s := &settings{hive3: opts.Session.Hive3(), codec: 1, block: defaultBlock, stripe: defaultStripe, stride: defaultStride,
		dictionary: defaultDictionary, dataLevel: levelData, fpp: defaultFPP}
	get := func(key, conf string) string {
		if v := opts.Properties[key]; v != "" {
			return v
		}
		if opts.Session.Conf != nil {
			return opts.Session.Conf(conf)
		}
		return ""
	}
	if v := get("orc.compress", "hive.exec.orc.default.compress"); v != "" {
		c, ok := codecNames[strings.ToUpper(v)]
		if !ok {
			return nil, fmt.Errorf("ORC compression %q is not known", v)
		}
		s.codec = c
	}
	if n := number(get("orc.stripe.size", "hive.exec.orc.default.stripe.size")); n > 0 {
		s.stripe = n
	}
	if n := number(get("orc.compress.size", "hive.exec.orc.default.buffer.size")); n > 0 && n < 1<<23 {
		s.block = n
	}
	if !strings.EqualFold(get("orc.buffer.size.enforce", "hive.exec.orc.buffer.size.enforce"), "true") {
		s.block = min(s.block, suitableBlock(s.stripe, columns))
	}
	// Java's reader refuses row groups of less than 1000 rows, and so does its writer.
	stride := get("orc.row.index.stride", "hive.exec.orc.default.row.index.stride")
	if n := number(stride); n >= 1000 && n <= 1<<30 {
		s.stride = int64(n)
	} else if stride == "0" {
		s.stride = 0
	}
	if f, err := strconv.ParseFloat(get("orc.dictionary.key.threshold", "hive.exec.orc.dictionary.key.size.threshold"), 64); err == nil {
		s.dictionary = f
	}
	s.early = s.stride > 0 && !strings.EqualFold(get("orc.dictionary.early.check", "hive.orc.row.index.stride.dictionary.check"), "false")
	s.packed = strings.EqualFold(get("orc.encoding.strategy", "hive.exec.orc.encoding.strategy"), "COMPRESSION")
	if strings.EqualFold(get("orc.compression.strategy", "hive.exec.orc.compression.strategy"), "COMPRESSION") {
		s.dataLevel = deflate.Default
	}
	s.bloom = map[string]bool{}
	if s.stride > 0 {
		for _, n := range strings.Split(get("orc.bloom.filter.columns", "orc.bloom.filter.columns"), ",") {
			s.bloom[strings.ToLower(strings.TrimSpace(n))] = true
		}
	}
	if f, err := strconv.ParseFloat(get("orc.bloom.filter.fpp", "orc.bloom.filter.fpp"), 64); err == nil && f > 0 && f < 1 {
		s.fpp = f
	}
	return s, nil
}

// suitableBlock is the size of blocks of which a column has about twenty in a stripe: a power of two of 4 to 256 KiB.
func suitableBlock(stripe, columns int) int {
	size := leastBlock
	for size < stripe/(20*columns) && size < defaultBlock {
		size <<= 1
	}
	return size
}

func number(s string) int {
	n := 0
	for _, d := range s {
		if d < '0' || d > '9' || n > 1<<40 {
			return 0
		}
		n = n*10 + int(d-'0')
	}
	return n
}

// chunkEncoder compresses the chunks of a file.
type chunkEncoder struct {
	compress.Encoder
	zlib  deflate.Encoder
	exact int // bytes that are still compressed as zlib does it
}

func (e *chunkEncoder) compress(codec compress.Block, dst, src []byte, level int) ([]byte, error) {
	if codec == compress.BlockDeflate && e.exact > 0 {
		e.exact -= len(src)
		return e.zlib.Encode(dst, src, level), nil
	}
	return e.Encode(codec, dst, src)
}
