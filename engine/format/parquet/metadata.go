package parquet

import (
	"fmt"
)

// physical is a column's storage type in the file.
type physical int32

// The storage types, by their numbers in the format.
const (
	boolean physical = iota
	int32Type
	int64Type
	int96Type
	floatType
	doubleType
	byteArray
	fixedLenByteArray
)

var physicalNames = [...]string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

func (p physical) String() string {
	if p >= 0 && int(p) < len(physicalNames) {
		return physicalNames[p]
	}
	return fmt.Sprintf("type %d", int32(p))
}

// Encodings, by their numbers in the format.
const (
	encPlain                = 0
	encPlainDictionary      = 2
	encRLE                  = 3
	encBitPacked            = 4
	encDeltaBinaryPacked    = 5
	encDeltaLengthByteArray = 6
	encDeltaByteArray       = 7
	encRLEDictionary        = 8
	encByteStreamSplit      = 9
)

// Repetition of a schema node.
const (
	required = 0
	optional = 1
	repeated = 2
)

// Converted types, the older annotations.
const (
	convertedNone      = -1
	convertedUTF8      = 0
	convertedMap       = 1
	convertedMapKV     = 2
	convertedList      = 3
	convertedEnum      = 4
	convertedDecimal   = 5
	convertedDate      = 6
	convertedTimeMs    = 7
	convertedTimeUs    = 8
	convertedTsMs      = 9
	convertedTsUs      = 10
	convertedUint8     = 11
	convertedUint64    = 14
	convertedInt8      = 15
	convertedInt16     = 16
	convertedInt32     = 17
	convertedInt64     = 18
	convertedJSON      = 19
	convertedBSON      = 20
	convertedIntervals = 21
)

// Logical types, by their field ids in the LogicalType union.
const (
	logicalNone      = 0
	logicalString    = 1
	logicalMap       = 2
	logicalList      = 3
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInteger   = 10
	logicalUnknown   = 11
	logicalJSON      = 12
	logicalBSON      = 13
	logicalUUID      = 14
	logicalFloat16   = 15
)

// Time units of logical times.
const (
	unitMillis = 1
	unitMicros = 2
	unitNanos  = 3
)

type logicalType struct {
	kind             int16
	scale, precision int32
	unit             int16
	utc              bool // adjusted to UTC
	bits             int8
	signed           bool
}

type schemaElement struct {
	physical   physical // -1 for groups
	length     int32    // of fixedLenByteArray
	repetition int32
	name       string
	children   int32
	converted  int32
	scale      int32
	precision  int32
	logical    logicalType
}

type statistics struct {
	oldMin, oldMax []byte // signed order whatever the type; useless for byte strings
	min, max       []byte // nil when absent
	nulls          int64  // -1 when absent
}

type columnMeta struct {
	physical         physical
	path             []string
	codec            int32
	values           int64
	uncompressed     int64
	compressed       int64
	dataOffset       int64
	dictionaryOffset int64 // 0 when absent
	stats            statistics
	bloomOffset      int64 // 0 when absent
	encodings        []int32
}

type columnChunk struct {
	meta                     columnMeta
	offsetIndex, columnIndex section
}

// section is a byte range of the file; length 0 when absent.
type section struct {
	offset int64
	length int32
}

type rowGroup struct {
	columns []columnChunk
	bytes   int64
	rows    int64
}

type fileMeta struct {
	schema    []schemaElement
	rows      int64
	groups    []rowGroup
	keyValues map[string]string
	createdBy string
}

func readFileMeta(b []byte) (*fileMeta, error) {
	r := &thriftReader{b: b}
	m := &fileMeta{keyValues: map[string]string{}}
	r.structure(func(id int16, wire byte) {
		switch {
		case id == 2 && wire == wireList:
			n, _ := r.list()
			m.schema = make([]schemaElement, 0, min(n, 1<<16))
			for i := 0; i < n && r.err == nil; i++ {
				m.schema = append(m.schema, r.schemaElement())
			}
		case id == 3 && wire == wireI64:
			m.rows = r.i64()
		case id == 4 && wire == wireList:
			n, _ := r.list()
			for i := 0; i < n && r.err == nil; i++ {
				m.groups = append(m.groups, r.rowGroup())
			}
		case id == 5 && wire == wireList:
			n, _ := r.list()
			for i := 0; i < n && r.err == nil; i++ {
				var k, v string
				r.structure(func(id int16, wire byte) {
					switch {
					case id == 1 && wire == wireBinary:
						k = string(r.binary())
					case id == 2 && wire == wireBinary:
						v = string(r.binary())
					default:
						r.skip(wire)
					}
				})
				m.keyValues[k] = v
			}
		case id == 6 && wire == wireBinary:
			m.createdBy = string(r.binary())
		default:
			r.skip(wire)
		}
	})
	return m, r.err
}

func (r *thriftReader) schemaElement() schemaElement {
	e := schemaElement{physical: -1, converted: convertedNone}
	r.structure(func(id int16, wire byte) {
		switch {
		case wire == wireI32 && id == 1:
			e.physical = physical(r.i32())
		case wire == wireI32 && id == 2:
			e.length = r.i32()
		case wire == wireI32 && id == 3:
			e.repetition = r.i32()
		case wire == wireBinary && id == 4:
			e.name = string(r.binary())
		case wire == wireI32 && id == 5:
			e.children = r.i32()
		case wire == wireI32 && id == 6:
			e.converted = r.i32()
		case wire == wireI32 && id == 7:
			e.scale = r.i32()
		case wire == wireI32 && id == 8:
			e.precision = r.i32()
		case wire == wireStruct && id == 10:
			e.logical = r.logicalType()
		default:
			r.skip(wire)
		}
	})
	return e
}

func (r *thriftReader) logicalType() (t logicalType) {
	r.structure(func(id int16, wire byte) {
		t.kind = id
		if wire != wireStruct {
			r.skip(wire)
			return
		}
		r.structure(func(field int16, wire byte) {
			switch {
			case id == logicalDecimal && field == 1 && wire == wireI32:
				t.scale = r.i32()
			case id == logicalDecimal && field == 2 && wire == wireI32:
				t.precision = r.i32()
			case (id == logicalTime || id == logicalTimestamp) && field == 1:
				t.utc = wire == wireTrue
				r.skip(wire)
			case (id == logicalTime || id == logicalTimestamp) && field == 2 && wire == wireStruct:
				r.structure(func(unit int16, wire byte) {
					t.unit = unit
					r.skip(wire)
				})
			case id == logicalInteger && field == 1 && wire == wireByte:
				t.bits = int8(r.byte())
			case id == logicalInteger && field == 2:
				t.signed = wire == wireTrue
				r.skip(wire)
			default:
				r.skip(wire)
			}
		})
	})
	return t
}

func (r *thriftReader) rowGroup() (g rowGroup) {
	r.structure(func(id int16, wire byte) {
		switch {
		case id == 1 && wire == wireList:
			n, _ := r.list()
			g.columns = make([]columnChunk, 0, min(n, 1<<12))
			for i := 0; i < n && r.err == nil; i++ {
				g.columns = append(g.columns, r.columnChunk())
			}
		case id == 2 && wire == wireI64:
			g.bytes = r.i64()
		case id == 3 && wire == wireI64:
			g.rows = r.i64()
		default:
			r.skip(wire)
		}
	})
	return g
}

func (r *thriftReader) columnChunk() (c columnChunk) {
	r.structure(func(id int16, wire byte) {
		switch {
		case id == 1 && wire == wireBinary:
			if len(r.binary()) > 0 {
				r.fail(fmt.Errorf("column chunks in other files are not supported"))
			}
		case id == 3 && wire == wireStruct:
			c.meta = r.columnMeta()
		case id == 4 && wire == wireI64:
			c.offsetIndex.offset = r.i64()
		case id == 5 && wire == wireI32:
			c.offsetIndex.length = r.i32()
		case id == 6 && wire == wireI64:
			c.columnIndex.offset = r.i64()
		case id == 7 && wire == wireI32:
			c.columnIndex.length = r.i32()
		case id == 8 && wire == wireStruct:
			r.fail(fmt.Errorf("encrypted columns are not supported"))
		default:
			r.skip(wire)
		}
	})
	return c
}

func (r *thriftReader) columnMeta() columnMeta {
	m := columnMeta{stats: statistics{nulls: -1}}
	r.structure(func(id int16, wire byte) {
		switch {
		case id == 1 && wire == wireI32:
			m.physical = physical(r.i32())
		case id == 2 && wire == wireList:
			n, _ := r.list()
			for i := 0; i < n && r.err == nil; i++ {
				m.encodings = append(m.encodings, r.i32())
			}
		case id == 3 && wire == wireList:
			n, _ := r.list()
			for i := 0; i < n && r.err == nil; i++ {
				m.path = append(m.path, string(r.binary()))
			}
		case id == 4 && wire == wireI32:
			m.codec = r.i32()
		case id == 5 && wire == wireI64:
			m.values = r.i64()
		case id == 6 && wire == wireI64:
			m.uncompressed = r.i64()
		case id == 7 && wire == wireI64:
			m.compressed = r.i64()
		case id == 9 && wire == wireI64:
			m.dataOffset = r.i64()
		case id == 11 && wire == wireI64:
			m.dictionaryOffset = r.i64()
		case id == 12 && wire == wireStruct:
			m.stats = r.statistics()
		case id == 14 && wire == wireI64:
			m.bloomOffset = r.i64()
		default:
			r.skip(wire)
		}
	})
	return m
}

func (r *thriftReader) statistics() statistics {
	s := statistics{nulls: -1}
	r.structure(func(id int16, wire byte) {
		switch {
		case id == 1 && wire == wireBinary:
			s.oldMax = r.binary()
		case id == 2 && wire == wireBinary:
			s.oldMin = r.binary()
		case id == 3 && wire == wireI64:
			s.nulls = r.i64()
		case id == 5 && wire == wireBinary:
			s.max = r.present()
		case id == 6 && wire == wireBinary:
			s.min = r.present()
		default:
			r.skip(wire)
		}
	})
	return s
}

// present reads a byte string that is not nil even when empty.
func (r *thriftReader) present() []byte {
	b := r.binary()
	if b == nil && r.err == nil {
		b = []byte{}
	}
	return b
}

// Page types.
const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPageV2     = 3
)

type pageHeader struct {
	kind         int32
	uncompressed int32
	compressed   int32
	values       int32 // of data pages including NULLs; of dictionary pages the entries
	nulls        int32 // version 2; -1 when unknown
	rows         int32 // version 2
	encoding     int32
	defEncoding  int32
	repEncoding  int32
	defBytes     int32 // version 2
	repBytes     int32 // version 2
	isCompressed bool
}

// readPageHeader decodes a header from the front of b and returns its length.
func readPageHeader(b []byte) (h pageHeader, n int, err error) {
	r := &thriftReader{b: b}
	h.nulls, h.isCompressed, h.kind = -1, true, -1
	r.structure(func(id int16, wire byte) {
		switch {
		case id == 1 && wire == wireI32:
			h.kind = r.i32()
		case id == 2 && wire == wireI32:
			h.uncompressed = r.i32()
		case id == 3 && wire == wireI32:
			h.compressed = r.i32()
		case id == 5 && wire == wireStruct:
			r.structure(func(id int16, wire byte) {
				switch {
				case wire != wireI32:
					r.skip(wire)
				case id == 1:
					h.values = r.i32()
				case id == 2:
					h.encoding = r.i32()
				case id == 3:
					h.defEncoding = r.i32()
				case id == 4:
					h.repEncoding = r.i32()
				default:
					r.skip(wire)
				}
			})
		case id == 7 && wire == wireStruct:
			r.structure(func(id int16, wire byte) {
				switch {
				case id == 1 && wire == wireI32:
					h.values = r.i32()
				case id == 2 && wire == wireI32:
					h.encoding = r.i32()
				default:
					r.skip(wire)
				}
			})
		case id == 8 && wire == wireStruct:
			r.structure(func(id int16, wire byte) {
				switch {
				case id == 7:
					h.isCompressed = wire == wireTrue
					r.skip(wire)
				case wire != wireI32:
					r.skip(wire)
				case id == 1:
					h.values = r.i32()
				case id == 2:
					h.nulls = r.i32()
				case id == 3:
					h.rows = r.i32()
				case id == 4:
					h.encoding = r.i32()
				case id == 5:
					h.defBytes = r.i32()
				case id == 6:
					h.repBytes = r.i32()
				default:
					r.skip(wire)
				}
			})
		default:
			r.skip(wire)
		}
	})
	if r.err != nil {
		return h, 0, r.err
	}
	if h.uncompressed < 0 || h.compressed < 0 || h.values < 0 || h.defBytes < 0 || h.repBytes < 0 || h.rows < 0 {
		return h, 0, fmt.Errorf("page header with negative sizes")
	}
	return h, r.pos, nil
}
