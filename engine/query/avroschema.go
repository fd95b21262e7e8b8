package query

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"skep/dialect/catalog"
	"skep/engine/format/avro"
	"skep/engine/table"
)

// avroColumns gives a table the columns of the Avro schema that its properties hold or name, as Hive does; the schema itself
// becomes a parameter of the table where formats look for it. Tables without a schema keep their declared columns, as far as
// Avro has their types.
func (c *tables) avroColumns(ctx context.Context, t *catalog.Table) error {
	props := table.Merged(t.Params, t.SerDeProps)
	text := props[avro.LiteralProperty]
	if url := props[avro.URLProperty]; (text == "" || text == "none") && url != "" {
		var err error
		if text, err = c.session.engine.readText(ctx, url); err != nil {
			return fmt.Errorf("reading %s %s: %w", avro.URLProperty, url, err)
		}
	}
	if text == "" || text == "none" {
		t.Columns = slices.Clone(t.Columns)
		for i := range t.Columns {
			t.Columns[i].Type = avro.TableType(t.Columns[i].Type)
		}
		return nil
	}
	cols, docs, err := avro.Columns(text)
	if err != nil {
		return err
	}
	t.Columns = nil
	for i, k := range cols {
		t.Columns = append(t.Columns, catalog.Column{Name: k.Name, Type: k.Type, Comment: docs[i]})
	}
	t.Params = table.Merged(t.Params, map[string]string{avro.LiteralProperty: text})
	return nil
}

// readText returns the contents of a small file.
func (e *Engine) readText(ctx context.Context, url string) (string, error) {
	in, err := e.files.Open(ctx, strings.TrimPrefix(url, "file://"))
	if err != nil {
		return "", err
	}
	defer in.Close()
	const most = 16 << 20
	if in.Size() > most {
		return "", fmt.Errorf("it is larger than %d bytes", most)
	}
	s := make([]byte, in.Size())
	if _, err := io.ReadFull(io.NewSectionReader(in, 0, in.Size()), s); err != nil {
		return "", err
	}
	return string(s), nil
}
