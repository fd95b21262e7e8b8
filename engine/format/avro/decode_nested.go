package avro

import (
	"fmt"
	"strings"

	"github.com/twmb/avro"

	"skep/dialect/types"
	"skep/engine/vector"
)

// collection returns the decoder of arrays and maps.
func (r *resolver) collection(w, rd *avro.SchemaNode, t *types.Type, depth int) (decoder, error) {
	isMap := w.Type == "map"
	wi := w.Items
	if isMap {
		wi = w.Values
	}
	var ri *avro.SchemaNode
	var et *types.Type
	if t != nil {
		if isMap && (t.Kind != types.Map || t.Key.Kind != types.String) || !isMap && t.Kind != types.Array || rd.Type != w.Type {
			return nil, mismatch(w, t)
		}
		ri, et = rd.Items, t.Elem
		if isMap {
			ri = rd.Values
		}
	}
	item, err := r.decoder(wi, ri, et, depth+1)
	if err != nil {
		return nil, err
	}
	return func(d *data, v *vector.Vector) error {
		var keys, values *vector.Vector
		start := 0
		if v != nil {
			values = v.Children[len(v.Children)-1]
			start = values.Len()
			if isMap {
				keys = v.Children[0]
			}
		}
		for {
			n, err := d.long()
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			if n < 0 { // followed by the length of the block
				n = -n
				if _, err := d.long(); err != nil {
					return err
				}
			}
			if n < 0 || n > 1<<31 {
				return fmt.Errorf("a block of %d values", n)
			}
			for range n {
				if isMap {
					k, err := d.bytes()
					if err != nil {
						return err
					}
					if keys != nil {
						keys.Refs = append(keys.Refs, vector.Ref{Off: uint32(len(keys.Data)), Len: uint32(len(k))})
						keys.Data = append(keys.Data, k...)
					}
				}
				before := len(d.s)
				if err := item(d, values); err != nil {
					return err
				}
				if len(d.s) == before && !isMap && n > 1<<20 {
					return fmt.Errorf("a block of %d empty values", n)
				}
			}
		}
		if v != nil {
			v.Refs = append(v.Refs, vector.Ref{Off: uint32(start), Len: uint32(values.Len() - start)})
			settle(v)
		}
		return nil
	}, nil
}

// part is a field of a writer's record.
type part struct {
	decode decoder
	to     int // the child it goes to, -1 when it is passed
}

// missing is a field of a reader's record that the writer does not have.
type missing struct {
	to    int
	value types.Datum
}

// record returns the decoder of records.
func (r *resolver) record(w, rd *avro.SchemaNode, t *types.Type, depth int) (decoder, error) {
	if t != nil && (t.Kind != types.Struct || rd.Type != "record" && rd.Type != "error") {
		return nil, mismatch(w, t)
	}
	var children []*types.Type
	var names []string
	if t != nil {
		for _, f := range t.Fields {
			children, names = append(children, f.Type), append(names, f.Name)
		}
	}
	parts, defaults, err := r.parts(w, rd, names, children, depth)
	if err != nil {
		return nil, err
	}
	return func(d *data, v *vector.Vector) error {
		for _, p := range parts {
			var c *vector.Vector
			if v != nil && p.to >= 0 {
				c = v.Children[p.to]
			}
			if err := p.decode(d, c); err != nil {
				return err
			}
		}
		if v == nil {
			return nil
		}
		for _, m := range defaults {
			v.Children[m.to].AppendDatum(m.value)
		}
		if len(v.Children) == 0 {
			v.Nulls = append(v.Nulls, false)
		}
		settle(v)
		return nil
	}, nil
}

// parts matches the fields of a writer's record with named children of given types; nil types are not wanted.
func (r *resolver) parts(w, rd *avro.SchemaNode, names []string, children []*types.Type, depth int) ([]part, []missing, error) {
	targets := make([]int, len(w.Fields))
	fields := make([]*avro.SchemaField, len(w.Fields))
	for i := range targets {
		targets[i] = -1
	}
	var defaults []missing
	for k, t := range children {
		if t == nil {
			continue
		}
		rf := readerField(rd, names[k], k)
		if rf == nil {
			defaults = append(defaults, missing{k, types.NullDatum})
			continue
		}
		if i := fieldOf(w, rf); i >= 0 {
			targets[i], fields[i] = k, rf
			continue
		}
		if !rf.HasDefault {
			return nil, nil, fmt.Errorf("field %s is not in the file and has no default", rf.Name)
		}
		d, err := datum(rf.Default, t)
		if err != nil {
			return nil, nil, fmt.Errorf("the default of field %s: %w", rf.Name, err)
		}
		defaults = append(defaults, missing{k, d})
	}
	parts := make([]part, len(w.Fields))
	for i := range parts {
		var rn *avro.SchemaNode
		var t *types.Type
		if targets[i] >= 0 {
			rn, t = &fields[i].Type, children[targets[i]]
		}
		dec, err := r.decoder(&w.Fields[i].Type, rn, t, depth+1)
		if err != nil {
			return nil, nil, fmt.Errorf("field %s: %w", w.Fields[i].Name, err)
		}
		parts[i] = part{dec, targets[i]}
	}
	return parts, defaults, nil
}

// readerField returns the field of a reader's record that a column or struct field is, by name in any case.
func readerField(rd *avro.SchemaNode, name string, at int) *avro.SchemaField {
	if at < len(rd.Fields) && strings.EqualFold(rd.Fields[at].Name, name) {
		return &rd.Fields[at]
	}
	for i := range rd.Fields {
		if strings.EqualFold(rd.Fields[i].Name, name) {
			return &rd.Fields[i]
		}
	}
	return nil
}

// datum converts a default.
func datum(x any, t *types.Type) (types.Datum, error) {
	if x == nil {
		return types.NullDatum, nil
	}
	switch t.Kind {
	case types.Union:
		for i, f := range t.Fields {
			if d, err := datum(x, f.Type); err == nil {
				return types.Datum{I: int64(i), Elems: []types.Datum{d}}, nil
			}
		}
	case types.Boolean:
		if b, ok := x.(bool); ok {
			if b {
				return types.Datum{I: 1}, nil
			}
			return types.Datum{}, nil
		}
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt, types.Date:
		switch n := x.(type) {
		case int32:
			return types.Datum{I: int64(n)}, nil
		case int64:
			return types.Datum{I: n}, nil
		}
	case types.Float, types.Double:
		switch n := x.(type) {
		case float32:
			return types.Datum{F: float64(n)}, nil
		case float64:
			return types.Datum{F: n}, nil
		}
	case types.Timestamp:
		if n, ok := x.(int64); ok {
			seconds := n / 1000
			if n%1000 < 0 {
				seconds--
			}
			return types.Datum{W: types.Int128{Hi: seconds, Lo: uint64(n-seconds*1000) * 1e6}}, nil
		}
	case types.String, types.Varchar, types.Char:
		if s, ok := x.(string); ok {
			return types.Datum{S: string(fit(t, []byte(s)))}, nil
		}
	case types.Binary:
		switch s := x.(type) {
		case []byte:
			return types.Datum{S: string(s)}, nil
		case string:
			return types.Datum{S: s}, nil
		}
	case types.Array:
		if list, ok := x.([]any); ok {
			out := types.Datum{Elems: []types.Datum{}}
			for _, e := range list {
				d, err := datum(e, t.Elem)
				if err != nil {
					return d, err
				}
				out.Elems = append(out.Elems, d)
			}
			return out, nil
		}
	case types.Struct:
		if m, ok := x.(map[string]any); ok {
			out := types.Datum{}
			for _, f := range t.Fields {
				var value any
				for k, e := range m {
					if strings.EqualFold(k, f.Name) {
						value = e
					}
				}
				d, err := datum(value, f.Type)
				if err != nil {
					return d, err
				}
				out.Elems = append(out.Elems, d)
			}
			return out, nil
		}
	}
	return types.Datum{}, fmt.Errorf("%v is not a value of type %s", x, t)
}
