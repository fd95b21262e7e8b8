package orc

import (
	"bytes"
	"context"
	"reflect"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// TestJoin puts several stripes of two files into one, leaves out a file of another layout, and compares rows and statistics with those of
// the files.
func TestJoin(t *testing.T) {
	schema := schemaOf(t, testSchema)
	props := map[string]string{"orc.stripe.size": "100000", "orc.compress.size": "4096"}
	first, rows := writeFile(t, schema, 12_000, 5, props, 1)
	second, more := writeFile(t, schema, 300, 0, props, 2)
	other, _ := writeFile(t, schema[:3], 10, 0, props, 3)
	files := memory{"a": first, "b": other, "c": second}
	var out bytes.Buffer
	stats, different, err := Join(context.Background(), files, []string{"a", "b", "c"}, &out, format.Session{HiveVersion: "4.0"})
	if err != nil || !reflect.DeepEqual(different, []string{"b"}) || stats.Rows != 12_300 || stats.Bytes != int64(out.Len()) {
		t.Fatalf("%+v, %v, %v; the file has %d bytes", stats, different, err, out.Len())
	}
	all := make([]int, len(schema))
	for i := range all {
		all[i] = i
		rows[i] = append(rows[i], more[i]...)
	}
	n, err := readAll(out.Bytes(), &format.ReadOptions{Schema: schema, Projection: all}, func(_ *vector.Batch, col, row int, d types.Datum) {
		if !reflect.DeepEqual(d, rows[col][row]) {
			t.Fatalf("column %d row %d: %+v, want %+v", col, row, d, rows[col][row])
		}
	})
	if err != nil || n != 12_300 {
		t.Fatalf("%d rows, %v", n, err)
	}
	opts := &format.ReadOptions{Open: memory{"a": first, "c": second, "j": out.Bytes()}, Session: format.Session{HiveVersion: "3.1"}}
	var counts [3]format.FileStats
	for i, name := range []string{"a", "c", "j"} {
		if counts[i], err = New().Count(context.Background(), name, opts); err != nil {
			t.Fatal(err)
		}
	}
	if counts[0].Rows+counts[1].Rows != counts[2].Rows || stats.RawBytes != counts[2].RawBytes {
		t.Errorf("statistics %+v of the parts, %+v of the whole, %+v by Join", counts[:2], counts[2], stats)
	}
	// A file joined with nothing is what it was but for the statistics of the whole file, which are sums and bounds of its stripes'.
	out.Reset()
	if _, _, err := Join(context.Background(), files, []string{"c"}, &out, format.Session{HiveVersion: "4.0"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), second) {
		t.Errorf("a single file of one stripe changes: %d bytes, was %d", out.Len(), len(second))
	}
}
