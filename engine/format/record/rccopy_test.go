package record_test

import (
	"bytes"
	"math/rand"
	"reflect"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/rcfile"
)

// TestCopyRCFiles joins files group by group, and takes the values of a column away.
func TestCopyRCFiles(t *testing.T) {
	cols := columns(t, "int;string;double")
	r := rand.New(rand.NewSource(7))
	for _, conf := range []map[string]string{nil, {"hive.exec.compress.output": "true"}} {
		for _, f := range []rcfile.Format{{}, {Binary: true}} {
			files, all := memory{}, [][]types.Datum(nil)
			for _, name := range []string{"/a", "/b"} {
				rows := make([][]types.Datum, 1+r.Intn(3000))
				for i := range rows {
					for _, c := range cols {
						rows[i] = append(rows[i], value(r, c.Type, 0))
					}
				}
				files[name] = write(t, f, cols, rows, conf)
				all = append(all, rows...)
			}
			for _, null := range [][]int{nil, {1}, {0, 1, 2}} {
				var out bytes.Buffer
				n, err := rcfile.Copy(t.Context(), files, []string{"/a", "/b"}, &out, null)
				if err != nil || n != int64(out.Len()) {
					t.Fatal(n, out.Len(), err)
				}
				files["/c"] = out.Bytes()
				got, err := read(f, "/c", &format.ReadOptions{
					Open: files, Schema: cols, Projection: []int{0, 1, 2}, Properties: properties, Session: format.Session{HiveVersion: "4.0"},
				}, 5000)
				if err != nil {
					t.Fatal(err)
				}
				want := make([][]types.Datum, len(all))
				for i, row := range all {
					want[i] = append([]types.Datum(nil), row...)
					for _, k := range null {
						want[i][k] = types.NullDatum
					}
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%+v %v without %v: %d rows, want %d, or other values", f, conf, null, len(got), len(want))
				}
			}
		}
	}
	files := memory{"/a": write(t, rcfile.Format{}, cols, nil, nil), "/b": write(t, rcfile.Format{}, cols[:2], nil, nil)}
	if _, err := rcfile.Copy(t.Context(), files, []string{"/a", "/b"}, &bytes.Buffer{}, nil); err == nil {
		t.Error("files of different columns are joined")
	}
}
