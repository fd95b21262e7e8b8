package ddl

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"skep/metastore/model"
	"skep/metastore/partition"
)

// asJSON reports whether descriptions are wanted as JSON documents (hive.ddl.output.format=json), each in one row.
func (env *Env) asJSON() bool {
	return strings.EqualFold(env.Session.Conf().Get("hive.ddl.output.format"), "json")
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		v, err := document(m.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", m.name, v)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// document is a value as JSON, without the escapes for HTML that Go adds.
func document(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("writing JSON: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// jsonTask is a task whose one row is a document in the first of columns.
func (env *Env) jsonTask(columns []string, content func(ctx context.Context) (any, error)) *Task {
	if !env.is31() {
		columns = []string{"json"}
	}
	return &Task{Columns: columns, Run: func(ctx context.Context) ([][]*string, error) {
		v, err := content(ctx)
		if err != nil {
			return nil, err
		}
		text, err := document(v)
		if err != nil {
			return nil, err
		}
		row := make([]*string, len(columns))
		row[0] = &text
		return [][]*string{row}, nil
	}}
}

// listOf is names as a JSON array, not null when there are none.
func listOf(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// jsonColumns describes columns.
func jsonColumns(columns []model.Column) []object {
	out := []object{}
	for _, c := range columns {
		o := object{{"name", c.Name}, {"type", c.Type}}
		if c.Comment != "" {
			o = append(o, member{"comment", c.Comment})
		}
		out = append(out, o)
	}
	return out
}

// jsonPartitions describes partitions by their names.
func jsonPartitions(names []string) ([]object, error) {
	out := []object{}
	for _, n := range names {
		keys, values, err := partition.ParseName(n)
		if err != nil {
			return nil, err
		}
		var texts []string
		list := []object{}
		for i, k := range keys {
			texts = append(texts, k+"='"+values[i]+"'")
			list = append(list, object{{"columnName", k}, {"columnValue", values[i]}})
		}
		out = append(out, object{{"name", strings.Join(texts, ",")}, {"values", list}})
	}
	return out, nil
}

// jsonDatabase describes a database.
func (env *Env) jsonDatabase(d *model.Database, extended bool) object {
	o := object{{"database", d.Name}}
	if d.Comment != "" {
		o = append(o, member{"comment", d.Comment})
	}
	o = append(o, member{"location", env.databaseLocation(d)})
	if !env.is31() {
		o = append(o, member{"managedLocation", d.Location})
	}
	if d.Owner != "" {
		o = append(o, member{"owner", d.Owner})
	}
	if d.OwnerType != "" {
		o = append(o, member{"ownerType", d.OwnerType})
	}
	if !env.is31() {
		o = append(o, member{"connector_name", ""}, member{"remote_dbname", ""})
	}
	if extended && len(d.Parameters) > 0 {
		o = append(o, member{"params", d.Parameters})
	}
	return o
}
