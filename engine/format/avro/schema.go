// Package avro reads and writes Avro object container files as Hive's AvroSerDe does: under a reader schema, which is the
// table's avro.schema.literal (or what avro.schema.url names) or is made from its columns, with Avro's schema resolution.
// Values are decoded straight into columns.
package avro

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/avro"

	"skep/dialect/types"
	"skep/engine/format"
)

// The properties that give a table's schema.
const (
	LiteralProperty = "avro.schema.literal"
	URLProperty     = "avro.schema.url"
)

// maxDepth bounds the nesting of schemas; Hive has no recursive ones.
const maxDepth = 64

// schema is a parsed schema whose references by name can be followed.
type schema struct {
	root  *avro.SchemaNode
	named map[string]*avro.SchemaNode
}

func parse(text string) (*schema, error) {
	s, err := avro.Parse(text)
	if err != nil {
		// Old writers gave numbers of decimals as texts.
		if again, ok := numbersOfTexts(text); ok {
			s, err = avro.Parse(again)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the Avro schema: %w", err)
	}
	out := &schema{root: s.Root(), named: map[string]*avro.SchemaNode{}}
	out.collect(out.root)
	if out.root.Type != "record" {
		return nil, fmt.Errorf("the Avro schema is of type %s, not a record", out.root.Type)
	}
	return out, nil
}

// numbersOfTexts makes numbers of precisions and scales that a schema gives as texts; ok is false when there are none.
func numbersOfTexts(text string) (string, bool) {
	var tree any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return "", false
	}
	changed := false
	var walk func(x any)
	walk = func(x any) {
		switch x := x.(type) {
		case []any:
			for _, e := range x {
				walk(e)
			}
		case map[string]any:
			for _, key := range []string{"precision", "scale"} {
				if s, ok := x[key].(string); ok {
					if n, err := strconv.Atoi(s); err == nil {
						x[key], changed = n, true
					}
				}
			}
			for _, e := range x {
				walk(e)
			}
		}
	}
	walk(tree)
	if !changed {
		return "", false
	}
	out, err := json.Marshal(tree)
	return string(out), err == nil
}

func (s *schema) collect(n *avro.SchemaNode) {
	switch n.Type {
	case "record", "error", "enum", "fixed":
		name := n.Name
		if n.Namespace != "" && !strings.Contains(name, ".") {
			name = n.Namespace + "." + name
		}
		s.named[name] = n
	}
	for i := range n.Fields {
		s.collect(&n.Fields[i].Type)
	}
	if n.Items != nil {
		s.collect(n.Items)
	}
	if n.Values != nil {
		s.collect(n.Values)
	}
	for i := range n.Branches {
		s.collect(&n.Branches[i])
	}
}

// node follows a reference by name.
func (s *schema) node(n *avro.SchemaNode) *avro.SchemaNode {
	if d := s.named[n.Type]; d != nil {
		return d
	}
	return n
}

// nonNull lists the branches of a union without null.
func (s *schema) nonNull(n *avro.SchemaNode) []*avro.SchemaNode {
	var out []*avro.SchemaNode
	for i := range n.Branches {
		if b := s.node(&n.Branches[i]); b.Type != "null" {
			out = append(out, b)
		}
	}
	return out
}

// Columns returns the columns of a table whose schema is given as JSON.
func Columns(text string) (columns []format.Column, docs []string, err error) {
	s, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	for i := range s.root.Fields {
		f := &s.root.Fields[i]
		t, err := s.hiveType(&f.Type, 0)
		if err != nil {
			return nil, nil, fmt.Errorf("field %s of the Avro schema: %w", f.Name, err)
		}
		columns, docs = append(columns, format.Column{Name: strings.ToLower(f.Name), Type: t}), append(docs, f.Doc)
	}
	return columns, docs, nil
}

// hiveType returns the type of a schema's values.
func (s *schema) hiveType(n *avro.SchemaNode, depth int) (*types.Type, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("Recursive schemas are not supported")
	}
	n = s.node(n)
	switch n.Type {
	case "null":
		return types.VoidType, nil
	case "boolean":
		return types.BooleanType, nil
	case "int":
		if n.LogicalType == "date" {
			return types.DateType, nil
		}
		return types.IntType, nil
	case "long":
		if n.LogicalType == "timestamp-millis" {
			return types.TimestampType, nil
		}
		return types.BigIntType, nil
	case "float":
		return types.FloatType, nil
	case "double":
		return types.DoubleType, nil
	case "string":
		if length, ok := n.Props["maxLength"].(int64); ok {
			switch {
			case n.LogicalType == "char" || n.Props["logicalType"] == "char":
				return types.NewChar(int(length)), nil
			case n.LogicalType == "varchar" || n.Props["logicalType"] == "varchar":
				return types.NewVarchar(int(length)), nil
			}
		}
		return types.StringType, nil
	case "bytes", "fixed":
		if n.LogicalType == "decimal" && n.Type == "bytes" {
			if n.Precision < 1 || n.Precision > types.MaxPrecision || n.Scale > n.Precision {
				return nil, fmt.Errorf("decimal(%d,%d) is not a type", n.Precision, n.Scale)
			}
			return types.NewDecimal(n.Precision, n.Scale), nil
		}
		return types.BinaryType, nil
	case "enum":
		return types.StringType, nil
	case "array":
		t, err := s.hiveType(n.Items, depth+1)
		if err != nil {
			return nil, err
		}
		return types.NewArray(t), nil
	case "map":
		t, err := s.hiveType(n.Values, depth+1)
		if err != nil {
			return nil, err
		}
		return types.NewMap(types.StringType, t), nil
	case "record", "error":
		var fields []types.Field
		for i := range n.Fields {
			t, err := s.hiveType(&n.Fields[i].Type, depth+1)
			if err != nil {
				return nil, err
			}
			fields = append(fields, types.Field{Name: strings.ToLower(n.Fields[i].Name), Type: t})
		}
		return types.NewStruct(fields...), nil
	case "union":
		branches := s.nonNull(n)
		var ts []*types.Type
		for _, b := range branches {
			t, err := s.hiveType(b, depth+1)
			if err != nil {
				return nil, err
			}
			ts = append(ts, t)
		}
		switch len(ts) {
		case 0:
			return types.VoidType, nil
		case 1:
			return ts[0], nil
		}
		return types.NewUnion(ts...), nil
	}
	return nil, fmt.Errorf("type %s is not supported", n.Type)
}

// readerSchema returns the schema of a table.
func readerSchema(columns []format.Column, properties map[string]string) (*schema, string, error) {
	text := properties[LiteralProperty]
	if text == "" || text == "none" {
		b := builder{}
		name := properties["name"]
		fields, err := b.fields(columns)
		if err != nil {
			return nil, "", err
		}
		if name = name[strings.LastIndexByte(name, '.')+1:]; name == "" {
			name = "baseRecord"
		}
		raw, err := json.Marshal(recordJSON{Type: "record", Name: name, Fields: fields})
		if err != nil {
			return nil, "", fmt.Errorf("making an Avro schema: %w", err)
		}
		text = string(raw)
	}
	s, err := parse(text)
	return s, text, err
}

// recordJSON, fieldJSON and maps are a schema as JSON.
type recordJSON struct {
	Type   string      `json:"type"`
	Name   string      `json:"name"`
	Fields []fieldJSON `json:"fields"`
}

type fieldJSON struct {
	Name    string `json:"name"`
	Type    any    `json:"type"`
	Default any    `json:"default"`
}

// builder makes schemas from types as Hive does: everything may be null.
type builder struct{ records int }

func (b *builder) fields(columns []format.Column) ([]fieldJSON, error) {
	out := make([]fieldJSON, len(columns))
	for i, c := range columns {
		t, err := b.nullable(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		out[i] = fieldJSON{Name: c.Name, Type: t}
	}
	return out, nil
}

func (b *builder) nullable(t *types.Type) (any, error) {
	s, err := b.schema(t)
	if err != nil || t.Kind == types.Void {
		return s, err
	}
	if branches, ok := s.([]any); ok {
		return append([]any{"null"}, branches...), nil
	}
	return []any{"null", s}, nil
}

func (b *builder) schema(t *types.Type) (any, error) {
	type object = map[string]any
	switch t.Kind {
	case types.Void:
		return "null", nil
	case types.Boolean:
		return "boolean", nil
	case types.TinyInt, types.SmallInt, types.Int:
		return "int", nil
	case types.BigInt:
		return "long", nil
	case types.Float:
		return "float", nil
	case types.Double:
		return "double", nil
	case types.String:
		return "string", nil
	case types.Char, types.Varchar:
		return object{"type": "string", "logicalType": t.Kind.String(), "maxLength": t.Length}, nil
	case types.Binary:
		return "bytes", nil
	case types.Decimal:
		return object{"type": "bytes", "logicalType": "decimal", "precision": t.Precision, "scale": t.Scale}, nil
	case types.Date:
		return object{"type": "int", "logicalType": "date"}, nil
	case types.Timestamp:
		return object{"type": "long", "logicalType": "timestamp-millis"}, nil
	case types.Array:
		items, err := b.nullable(t.Elem)
		return object{"type": "array", "items": items}, err
	case types.Map:
		if t.Key.Kind != types.String {
			return nil, fmt.Errorf("Key of Map can only be a String")
		}
		values, err := b.nullable(t.Elem)
		return object{"type": "map", "values": values}, err
	case types.Struct:
		name := fmt.Sprintf("record_%d", b.records)
		b.records++
		columns := make([]format.Column, len(t.Fields))
		for i, f := range t.Fields {
			columns[i] = format.Column{Name: f.Name, Type: f.Type}
		}
		fields, err := b.fields(columns)
		return recordJSON{Type: "record", Name: name, Fields: fields}, err
	case types.Union:
		var branches []any
		for _, f := range t.Fields {
			s, err := b.schema(f.Type)
			if err != nil {
				return nil, err
			}
			branches = append(branches, s)
		}
		return branches, nil
	}
	return nil, fmt.Errorf("%s is not supported.", t)
}

// TableType is the type that a column declared as t has in an Avro table without a schema of its own: Avro's int is its smallest
// integer. Source: Hive makes a schema from the declared types and types from that schema.
func TableType(t *types.Type) *types.Type {
	switch t.Kind {
	case types.TinyInt, types.SmallInt:
		return types.IntType
	case types.Array:
		return types.NewArray(TableType(t.Elem))
	case types.Map:
		return types.NewMap(t.Key, TableType(t.Elem))
	case types.Struct, types.Union:
		of := *t
		of.Fields = make([]types.Field, len(t.Fields))
		for i, f := range t.Fields {
			f.Type = TableType(f.Type)
			of.Fields[i] = f
		}
		return &of
	}
	return t
}

// fieldOf returns the field of a writer's record that a reader's field is: of its name or one of its aliases.
func fieldOf(writer *avro.SchemaNode, reader *avro.SchemaField) int {
	byName := func(name string) int {
		return slices.IndexFunc(writer.Fields, func(f avro.SchemaField) bool { return f.Name == name })
	}
	if i := byName(reader.Name); i >= 0 {
		return i
	}
	for _, alias := range reader.Aliases {
		if i := byName(alias); i >= 0 {
			return i
		}
	}
	return -1
}
