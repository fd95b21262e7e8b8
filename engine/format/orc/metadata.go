package orc

import (
	"fmt"

	"skep/engine/compress"
)

// The kinds of ORC types, by their number in the format.
const (
	kindBoolean = iota
	kindByte
	kindShort
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindString
	kindBinary
	kindTimestamp
	kindList
	kindMap
	kindStruct
	kindUnion
	kindDecimal
	kindDate
	kindVarchar
	kindChar
	kindTimestampInstant
)

// The kinds of streams.
const (
	streamPresent        = 0
	streamData           = 1
	streamLength         = 2
	streamDictionaryData = 3
	streamSecondary      = 5
	streamRowIndex       = 6
	streamBloomFilter    = 7
	streamBloomUTF8      = 8
)

// The encodings of columns.
const (
	encodingDirect = iota
	encodingDictionary
	encodingDirectV2
	encodingDictionaryV2
)

// magic begins a file and ends its postscript.
const magic = "ORC"

// orcType is a node of the file's schema; columns are numbered in pre-order, the root being 0.
type orcType struct {
	kind      int
	children  []int
	names     []string
	length    int
	precision int
	scale     int
}

type stripeInfo struct {
	offset, indexLength, dataLength, footerLength, rows int64
}

func (s *stripeInfo) size() int64 { return s.indexLength + s.dataLength + s.footerLength }

// fileTail is what the end of a file says: immutable, shared by readers.
type fileTail struct {
	codec       compress.Block
	blockSize   int
	types       []orcType
	stripes     []stripeInfo
	rows        int64
	stride      int64
	stripeStats [][]columnStats // by stripe and column; nil when absent
	counts      []valueCount    // of the whole file, by column; nil when absent
	julian      bool            // dates before 1582 are in the Julian calendar
}

type columnStats struct {
	values                   int64 // not NULL
	hasNull                  bool
	ints                     bool
	minInt, maxInt           int64 // integers, dates, timestamps (milliseconds)
	doubles                  bool
	minDouble, maxDouble     float64
	strings                  bool
	minString, maxString     string // strings, decimals as text
	decimals, dates, instant bool
}

type streamInfo struct {
	kind, column int
	offset       int64 // in the file
	length       int64
}

type columnEncoding struct {
	kind, dictionarySize int
}

type stripeFooter struct {
	streams   []streamInfo
	encodings []columnEncoding
	timezone  string
}

type postscript struct {
	footerLength, metadataLength int64
	codec                        compress.Block
	blockSize                    int
}

var codecs = [...]compress.Block{
	compress.BlockNone, compress.BlockDeflate, compress.BlockSnappy, compress.BlockLZO, compress.BlockLZ4, compress.BlockZstd,
}

func parsePostscript(data []byte) (postscript, error) {
	p := postscript{blockSize: 256 << 10}
	ok := false
	err := each(data, func(m *message) error {
		switch m.field {
		case 1:
			p.footerLength = int64(m.num)
		case 2:
			if m.num >= uint64(len(codecs)) {
				return fmt.Errorf("unknown compression %d", m.num)
			}
			p.codec = codecs[m.num]
		case 3:
			if m.num == 0 || m.num > 1<<23 {
				return fmt.Errorf("compression block size of %d bytes", m.num)
			}
			p.blockSize = int(m.num)
		case 5:
			p.metadataLength = int64(m.num)
		case 8000:
			ok = string(m.bytes) == magic
		}
		return nil
	})
	if err == nil && !ok {
		err = fmt.Errorf("not an ORC file: %w", errProto)
	}
	return p, err
}

func parseFooter(data []byte, t *fileTail) error {
	return each(data, func(m *message) error {
		switch m.field {
		case 3:
			var s stripeInfo
			fields := []*int64{1: &s.offset, 2: &s.indexLength, 3: &s.dataLength, 4: &s.footerLength, 5: &s.rows}
			if err := each(m.bytes, func(m *message) error {
				if m.field > 0 && m.field < len(fields) {
					*fields[m.field] = int64(m.num)
				}
				return nil
			}); err != nil {
				return err
			}
			t.stripes = append(t.stripes, s)
		case 4:
			typ, err := parseType(m.bytes)
			if err != nil {
				return err
			}
			t.types = append(t.types, typ)
		case 6:
			t.rows = int64(m.num)
		case 7:
			c, err := parseCount(m.bytes)
			if err != nil {
				return err
			}
			t.counts = append(t.counts, c)
		case 8:
			t.stride = int64(m.num)
		case 11:
			t.julian = m.num != 2
		}
		return nil
	})
}

// valueCount is the number of values, not NULL, of a column and, of strings and binary values, the sum of their lengths.
type valueCount struct{ values, length int64 }

func parseCount(data []byte) (valueCount, error) {
	var c valueCount
	err := each(data, func(m *message) error {
		field := m.field
		switch field {
		case 1:
			c.values = int64(m.num)
		case statsStrings, statsBinary:
			return each(m.bytes, func(m *message) error {
				if field == statsStrings && m.field == 3 || field == statsBinary && m.field == 1 {
					c.length = m.sint()
				}
				return nil
			})
		}
		return nil
	})
	return c, err
}

// rawSize is the size of the file's values in memory as Hive's reader of ORC reckons it. That of Hive 4 has 4 bytes for each
// struct, list and map, rows included; the older one, and the writers of both, none.
func (t *fileTail) rawSize(version string) int64 {
	n := int64(0)
	for i, c := range t.counts {
		if i >= len(t.types) {
			break
		}
		n += rawSize(t.types[i].kind, c)
		switch t.types[i].kind {
		case kindStruct, kindList, kindMap, kindUnion:
			if version != "3.1" {
				n += c.values * 4
			}
		}
	}
	return n
}

func parseType(data []byte) (orcType, error) {
	var t orcType
	err := each(data, func(m *message) error {
		switch m.field {
		case 1:
			t.kind = int(m.num)
		case 2:
			subtypes, err := m.numbers(nil)
			if err != nil {
				return err
			}
			for _, s := range subtypes {
				t.children = append(t.children, int(s))
			}
		case 3:
			t.names = append(t.names, string(m.bytes))
		case 4:
			t.length = int(m.num)
		case 5:
			t.precision = int(m.num)
		case 6:
			t.scale = int(m.num)
		}
		return nil
	})
	return t, err
}

// checkTypes makes sure that the type tree is a tree in pre-order, so that walking it ends.
func checkTypes(ts []orcType) error {
	if len(ts) == 0 || ts[0].kind != kindStruct {
		return fmt.Errorf("the root type is not a struct: %w", errProto)
	}
	for i, t := range ts {
		for _, c := range t.children {
			if c <= i || c >= len(ts) {
				return fmt.Errorf("type %d has child %d: %w", i, c, errProto)
			}
		}
		want := -1
		switch t.kind {
		case kindList:
			want = 1
		case kindMap:
			want = 2
		case kindStruct:
			want = len(t.names)
		}
		if want >= 0 && len(t.children) != want {
			return fmt.Errorf("type %d has %d children, want %d: %w", i, len(t.children), want, errProto)
		}
	}
	return nil
}

func parseStripeFooter(data []byte, s stripeInfo) (*stripeFooter, error) {
	f := &stripeFooter{}
	at := s.offset
	err := each(data, func(m *message) error {
		switch m.field {
		case 1:
			x := streamInfo{offset: at}
			err := each(m.bytes, func(m *message) error {
				switch m.field {
				case 1:
					x.kind = int(m.num)
				case 2:
					x.column = int(m.num)
				case 3:
					x.length = int64(m.num)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if x.length < 0 || x.length > s.indexLength+s.dataLength {
				return fmt.Errorf("a stream of %d bytes: %w", x.length, errProto)
			}
			at += x.length
			f.streams = append(f.streams, x)
		case 2:
			var e columnEncoding
			err := each(m.bytes, func(m *message) error {
				switch m.field {
				case 1:
					e.kind = int(m.num)
				case 2:
					e.dictionarySize = int(m.num)
				}
				return nil
			})
			if err != nil {
				return err
			}
			f.encodings = append(f.encodings, e)
		case 3:
			f.timezone = string(m.bytes)
		}
		return nil
	})
	return f, err
}

func parseStripeStatistics(data []byte) ([][]columnStats, error) {
	var out [][]columnStats
	err := each(data, func(m *message) error {
		if m.field != 1 {
			return nil
		}
		var cols []columnStats
		err := each(m.bytes, func(m *message) error {
			if m.field != 1 {
				return nil
			}
			s, err := parseStatistics(m.bytes)
			cols = append(cols, s)
			return err
		})
		out = append(out, cols)
		return err
	})
	return out, err
}

// statisticsFields numbers the parts of ColumnStatistics.
const (
	statsInts, statsDoubles, statsStrings, statsDecimals, statsDates, statsBinary, statsTimestamps = 2, 3, 4, 6, 7, 8, 9
)

func parseStatistics(data []byte) (columnStats, error) {
	var s columnStats
	err := each(data, func(m *message) error {
		kind := m.field
		switch kind {
		case 1:
			s.values = int64(m.num)
			return nil
		case 10:
			s.hasNull = m.num != 0
			return nil
		case statsInts, statsDoubles, statsStrings, statsDecimals, statsDates, statsTimestamps:
		default:
			return nil
		}
		lo, hi := false, false
		err := each(m.bytes, func(m *message) error {
			switch {
			case m.field == 1 || kind == statsTimestamps && m.field == 3:
				lo = true
			case m.field == 2 || kind == statsTimestamps && m.field == 4:
				hi = true
			default:
				return nil
			}
			first := m.field == 1 || m.field == 3
			switch kind {
			case statsInts, statsDates:
				setEnd(&s.minInt, &s.maxInt, first, m.sint())
			case statsTimestamps:
				if m.field >= 3 {
					s.instant = true // bounds in UTC, as wanted
					setEnd(&s.minInt, &s.maxInt, first, m.sint())
				}
			case statsDoubles:
				setEnd(&s.minDouble, &s.maxDouble, first, m.double())
			default:
				setEnd(&s.minString, &s.maxString, first, string(m.bytes))
			}
			return nil
		})
		if !lo || !hi {
			return err
		}
		switch kind {
		case statsInts:
			s.ints = true
		case statsDoubles:
			s.doubles = true
		case statsStrings:
			s.strings = true
		case statsDecimals:
			s.decimals = true
		case statsDates:
			s.dates = true
		}
		return err
	})
	return s, err
}

func setEnd[T any](lo, hi *T, first bool, v T) {
	if first {
		*lo = v
	} else {
		*hi = v
	}
}

// indexEntry is one row group of a column's row index.
type indexEntry struct {
	positions []uint64
	stats     columnStats
}

func parseRowIndex(data []byte) ([]indexEntry, error) {
	var out []indexEntry
	err := each(data, func(m *message) error {
		if m.field != 1 {
			return nil
		}
		var e indexEntry
		err := each(m.bytes, func(m *message) (err error) {
			switch m.field {
			case 1:
				e.positions, err = m.numbers(e.positions)
			case 2:
				e.stats, err = parseStatistics(m.bytes)
			}
			return err
		})
		out = append(out, e)
		return err
	})
	return out, err
}
