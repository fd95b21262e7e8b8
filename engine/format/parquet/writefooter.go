package parquet

import (
	"fmt"
	"math"
	"strings"

	"skep/dialect/types"
	"skep/engine/format"
)

// writtenGroup and writtenChunk are what the footer says about written data.
type writtenGroup struct {
	columns                  []writtenChunk
	rows                     int64
	uncompressed, compressed int64
}

type writtenChunk struct {
	leaf                     *leafWriter
	start, dictionary, data  int64
	values, nulls            int64
	uncompressed, compressed int64
	coded, plain             bool
	bounded                  bool
	min, max                 []byte
	pages                    []pageInfo
	columnIndex, offsetIndex section
}

// setSchema makes the schema elements and writers of the columns in Hive's forms.
func (w *writer) setSchema(columns []format.Column) error {
	w.schema = []schemaElement{{physical: -1, repetition: -1, name: "hive_schema", children: int32(len(columns)), converted: convertedNone}}
	for _, c := range columns {
		if err := w.addType(c.Name, c.Type, optional); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	root, _, err := buildSchema(w.schema)
	if err != nil {
		return err
	}
	for i, c := range columns {
		s := w.shredder(root.children[i], c.Type)
		s.flat = s.leaf != nil
		w.columns = append(w.columns, s)
	}
	return nil
}

// decimalBytes returns the length of the two's-complement form of any decimal of a precision: its bits and a sign.
func decimalBytes(precision int) int32 {
	return int32(math.Ceil((math.Log2(math.Pow10(precision)-1) + 1) / 8))
}

func (w *writer) addType(name string, t *types.Type, repetition int32) error {
	e := schemaElement{physical: -1, repetition: repetition, name: name, converted: convertedNone}
	var children []func() error
	switch t.Kind {
	case types.Boolean:
		e.physical = boolean
	case types.TinyInt:
		e.physical, e.converted, e.logical = int32Type, convertedInt8, logicalType{kind: logicalInteger, bits: 8, signed: true}
	case types.SmallInt:
		e.physical, e.converted, e.logical = int32Type, convertedInt16, logicalType{kind: logicalInteger, bits: 16, signed: true}
	case types.Int:
		e.physical = int32Type
	case types.BigInt:
		e.physical = int64Type
	case types.Float:
		e.physical = floatType
	case types.Double:
		e.physical = doubleType
	case types.Date:
		e.physical, e.converted, e.logical = int32Type, convertedDate, logicalType{kind: logicalDate}
	case types.Timestamp:
		e.physical = int96Type
		if unit := w.timestampUnit(); unit != 0 {
			e.physical, e.logical = int64Type, logicalType{kind: logicalTimestamp, unit: unit}
		}
	case types.Decimal:
		e.physical, e.converted, e.length = fixedLenByteArray, convertedDecimal, decimalBytes(t.Precision)
		e.precision, e.scale = int32(t.Precision), int32(t.Scale)
		e.logical = logicalType{kind: logicalDecimal, precision: e.precision, scale: e.scale}
	case types.String, types.Varchar, types.Char:
		e.physical, e.converted, e.logical = byteArray, convertedUTF8, logicalType{kind: logicalString}
	case types.Binary:
		e.physical = byteArray
	case types.Array:
		e.converted, e.logical, e.children = convertedList, logicalType{kind: logicalList}, 1
		children = append(children, func() error {
			w.schema = append(w.schema, schemaElement{physical: -1, repetition: repeated, name: "bag", children: 1, converted: convertedNone})
			return w.addType("array_element", t.Elem, optional)
		})
	case types.Map:
		e.converted, e.logical, e.children = convertedMap, logicalType{kind: logicalMap}, 1
		children = append(children, func() error {
			w.schema = append(w.schema, schemaElement{physical: -1, repetition: repeated, name: "key_value", children: 2, converted: convertedMapKV})
			if err := w.addType("key", t.Key, required); err != nil {
				return err
			}
			return w.addType("value", t.Elem, optional)
		})
	case types.Struct:
		e.children = int32(len(t.Fields))
		if e.children == 0 {
			return fmt.Errorf("type %s has no fields", t)
		}
		for _, f := range t.Fields {
			children = append(children, func() error { return w.addType(f.Name, f.Type, optional) })
		}
	default:
		return fmt.Errorf("type %s cannot be stored in Parquet", t)
	}
	w.schema = append(w.schema, e)
	for _, child := range children {
		if err := child(); err != nil {
			return err
		}
	}
	return nil
}

// timestampUnit returns the unit of INT64 timestamps when the session asks for them, 0 for INT96.
func (w *writer) timestampUnit() int16 {
	if !strings.EqualFold(w.conf("hive.parquet.write.int64.timestamp"), "true") {
		return 0
	}
	switch strings.ToLower(w.conf("hive.parquet.timestamp.time.unit")) {
	case "nanos":
		return unitNanos
	case "micros":
		return unitMicros
	}
	return unitMillis
}

// shredder makes the writers of a schema node.
func (w *writer) shredder(n *node, t *types.Type) *shredder {
	s := &shredder{typ: t, node: n}
	s.flattens.Type = t
	switch t.Kind {
	case types.Array:
		s.children = []*shredder{w.shredder(n.children[0].children[0], t.Elem)}
	case types.Map:
		entry := n.children[0]
		s.children = []*shredder{w.shredder(entry.children[0], t.Key), w.shredder(entry.children[1], t.Elem)}
	case types.Struct:
		for i, f := range t.Fields {
			s.children = append(s.children, w.shredder(n.children[i], f.Type))
		}
	default:
		s.leaf = &leafWriter{node: n, typ: t, class: t.Physical(), compressor: &w.compressor, codec: w.codec, zone: w.zone(),
			julian: !w.proleptic(), int64Unit: n.element.logical.unit}
		w.leaves = append(w.leaves, s.leaf)
	}
	return s
}

func (w *writer) proleptic() bool {
	return strings.EqualFold(w.conf("hive.parquet.date.proleptic.gregorian"), "true")
}

// writeIndexes writes the page index: all column indexes, then all offset indexes.
func (w *writer) writeIndexes() error {
	for g := range w.groups {
		for c := range w.groups[g].columns {
			chunk := &w.groups[g].columns[c]
			b := appendColumnIndex(chunk)
			if b == nil {
				continue
			}
			chunk.columnIndex = section{w.pos, int32(len(b))}
			if err := w.put(b); err != nil {
				return err
			}
		}
	}
	for g := range w.groups {
		for c := range w.groups[g].columns {
			chunk := &w.groups[g].columns[c]
			b := appendOffsetIndex(chunk)
			chunk.offsetIndex = section{w.pos, int32(len(b))}
			if err := w.put(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendColumnIndex returns nil for columns without ordered statistics.
func appendColumnIndex(c *writtenChunk) []byte {
	if !c.leaf.ordered() {
		return nil
	}
	for _, p := range c.pages {
		if !p.bounded && p.nulls < p.entries {
			return nil // values, but no bounds: NaN only
		}
	}
	var w thriftWriter
	w.begin()
	w.list(1, wireTrue, len(c.pages))
	for _, p := range c.pages {
		if p.bounded {
			w.b = append(w.b, wireFalse)
		} else {
			w.b = append(w.b, wireTrue)
		}
	}
	w.list(2, wireBinary, len(c.pages))
	for _, p := range c.pages {
		w.bytes(p.min)
	}
	w.list(3, wireBinary, len(c.pages))
	for _, p := range c.pages {
		w.bytes(p.max)
	}
	w.i32(4, 0) // unordered, as far as known
	w.list(5, wireI64, len(c.pages))
	for _, p := range c.pages {
		w.zigzag(int64(p.nulls))
	}
	w.end()
	return w.b
}

func appendOffsetIndex(c *writtenChunk) []byte {
	var w thriftWriter
	w.begin()
	w.list(1, wireStruct, len(c.pages))
	for _, p := range c.pages {
		w.begin()
		w.i64(1, c.data+int64(p.offset))
		w.i32(2, int32(p.size))
		w.i64(3, p.firstRow)
		w.end()
	}
	w.end()
	return w.b
}

func (w *writer) appendFooter(dst []byte) []byte {
	t := &thriftWriter{b: dst}
	t.begin()
	t.i32(1, 1)
	t.list(2, wireStruct, len(w.schema))
	for i := range w.schema {
		appendSchemaElement(t, &w.schema[i])
	}
	t.i64(3, w.stats.Rows)
	t.list(4, wireStruct, len(w.groups))
	for i := range w.groups {
		w.appendGroup(t, &w.groups[i])
	}
	model := "4.0.1"
	if w.session.Hive3() {
		model = "3.1.3"
	}
	pairs := [][2]string{{metaWriterZone, w.zoneName()}, {metaProleptic, fmt.Sprint(w.proleptic())}, {metaLegacyZone, "false"},
		{metaModel, model}}
	t.list(5, wireStruct, len(pairs))
	for _, p := range pairs {
		t.begin()
		t.string(1, p[0])
		t.string(2, p[1])
		t.end()
	}
	t.string(6, createdBy)
	t.list(7, wireStruct, len(w.leaves))
	for range w.leaves { // the order defined by each type
		t.begin()
		t.field(1, wireStruct)
		t.begin()
		t.end()
		t.end()
	}
	t.end()
	return t.b
}

func appendSchemaElement(t *thriftWriter, e *schemaElement) {
	t.begin()
	if e.physical >= 0 {
		t.i32(1, int32(e.physical))
	}
	if e.physical == fixedLenByteArray {
		t.i32(2, e.length)
	}
	if e.repetition >= 0 {
		t.i32(3, e.repetition)
	}
	t.string(4, e.name)
	if e.physical < 0 {
		t.i32(5, e.children)
	}
	if e.converted != convertedNone {
		t.i32(6, e.converted)
	}
	if e.converted == convertedDecimal {
		t.i32(7, e.scale)
		t.i32(8, e.precision)
	}
	if e.logical.kind != logicalNone {
		t.field(10, wireStruct)
		appendLogicalType(t, &e.logical)
	}
	t.end()
}

func appendLogicalType(t *thriftWriter, l *logicalType) {
	t.begin()
	t.field(l.kind, wireStruct)
	t.begin()
	switch l.kind {
	case logicalDecimal:
		t.i32(1, l.scale)
		t.i32(2, l.precision)
	case logicalInteger:
		t.byteField(1, byte(l.bits))
		t.bool(2, l.signed)
	case logicalTimestamp:
		t.bool(1, l.utc)
		t.field(2, wireStruct)
		t.begin()
		t.field(l.unit, wireStruct)
		t.begin()
		t.end()
		t.end()
	}
	t.end()
	t.end()
}

func (w *writer) appendGroup(t *thriftWriter, g *writtenGroup) {
	t.begin()
	t.list(1, wireStruct, len(g.columns))
	for i := range g.columns {
		w.appendChunk(t, &g.columns[i])
	}
	t.i64(2, g.uncompressed)
	t.i64(3, g.rows)
	t.i64(5, g.columns[0].start)
	t.i64(6, g.compressed)
	t.end()
}

func (w *writer) appendChunk(t *thriftWriter, c *writtenChunk) {
	n := c.leaf.node
	var path []string
	for p := n; p.parent != nil; p = p.parent {
		path = append([]string{p.element.name}, path...)
	}
	t.begin()
	t.i64(2, c.start)
	t.field(3, wireStruct)
	t.begin()
	t.i32(1, int32(n.element.physical))
	encodings := []int32{encRLE}
	if c.plain || c.coded {
		encodings = append(encodings, encPlain)
	}
	if c.coded {
		encodings = append(encodings, encPlainDictionary)
	}
	t.list(2, wireI32, len(encodings))
	for _, e := range encodings {
		t.zigzag(int64(e))
	}
	t.list(3, wireBinary, len(path))
	for _, p := range path {
		t.bytes([]byte(p))
	}
	t.i32(4, w.codecNumber)
	t.i64(5, c.values)
	t.i64(6, c.uncompressed)
	t.i64(7, c.compressed)
	t.i64(9, c.data)
	if c.coded {
		t.i64(11, c.dictionary)
	}
	t.field(12, wireStruct)
	t.begin()
	t.i64(3, c.nulls)
	if c.bounded {
		t.binary(5, c.max)
		t.binary(6, c.min)
	}
	t.end()
	t.end()
	t.i64(4, c.offsetIndex.offset)
	t.i32(5, c.offsetIndex.length)
	if c.columnIndex.length > 0 {
		t.i64(6, c.columnIndex.offset)
		t.i32(7, c.columnIndex.length)
	}
	t.end()
}
