package orc

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
)

// readText returns the rows of a file as text.
func readText(t *testing.T, f *format.ReadOptions, path string, target int64) []string {
	t.Helper()
	o := New()
	splits, err := o.Splits(context.Background(), path, f, target)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range splits {
		r, err := o.OpenSplit(context.Background(), s, f)
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
			for i := range b.Rows() {
				row := i
				if b.Sel != nil {
					row = int(b.Sel[i])
				}
				var cells []string
				for _, v := range b.Cols {
					d := v.Datum(row)
					switch {
					case d.Null:
						cells = append(cells, "NULL")
					case v.Type.Physical() == types.Bytes:
						cells = append(cells, d.S)
					default:
						cells = append(cells, fmt.Sprint(d.I))
					}
				}
				out = append(out, strings.Join(cells, " "))
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func eventSchema() []format.Column {
	return []format.Column{{Name: "id", Type: types.IntType}, {Name: "v", Type: types.StringType}}
}

// hiveFile is a file that Hive 4.0.1 wrote.
func hiveFile(t *testing.T, name string) memory {
	t.Helper()
	b, err := os.ReadFile("testdata/events/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return memory{name: b}
}

// The first file is what Hive wrote for insert into a values (1,'a'),(2,'b'),(3,null), the other for update a set v='B2' where id=2, whose
// write id was 3.
func TestEventsOfHive(t *testing.T) {
	files := hiveFile(t, "hive401_insert.orc")
	got := readText(t, &format.ReadOptions{Open: files, Schema: eventSchema(), Projection: []int{1, 0}, Events: true, Keys: true}, "hive401_insert.orc", 1<<20)
	if want := []string{"a 1 1 536870912 0 1", "b 2 1 536870912 1 1", "NULL 3 1 536870912 2 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = readText(t, &format.ReadOptions{Open: files, Schema: eventSchema(), Projection: []int{0}, Events: true}, "hive401_insert.orc", 1<<20)
	if want := []string{"1", "2", "3"}; !slices.Equal(got, want) {
		t.Errorf("without keys: got %q, want %q", got, want)
	}
	deletes := hiveFile(t, "hive401_delete.orc")
	got = readText(t, &format.ReadOptions{Open: deletes, Keys: true}, "hive401_delete.orc", 1<<20)
	if want := []string{"1 536870912 1 3"}; !slices.Equal(got, want) {
		t.Errorf("deletes: got %q, want %q", got, want)
	}
	for name, files := range map[string]memory{"hive401_insert.orc": files, "hive401_delete.orc": deletes} {
		if is, err := New().HasEvents(context.Background(), name, &format.ReadOptions{Open: files}); err != nil || !is {
			t.Errorf("%s has events: %v, %v", name, is, err)
		}
	}
	// Rows of a delete are NULL: what asks for their columns gets an error.
	r, err := New().OpenSplit(context.Background(), format.Split{Path: "hive401_delete.orc", Length: 1 << 40},
		&format.ReadOptions{Open: deletes, Schema: eventSchema(), Projection: []int{0}, Events: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(); err == nil || !strings.Contains(err.Error(), "events without rows") {
		t.Errorf("got %v", err)
	}
}

// writeEvents writes events with the keys (write id, 536870912, number) of rows from 0, in batches with every second row selected.
func writeEvents(t *testing.T, kind format.EventKind, rows int) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := New().NewWriter(&buf, &format.WriteOptions{Schema: eventSchema(), Events: kind,
		Properties: map[string]string{"orc.stripe.size": "2000", "orc.row.index.stride": "1000"}})
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < rows; {
		n := min(1024, rows-at)
		b := &vector.Batch{N: 2 * n}
		for i := range 2 * n {
			b.Sel = append(b.Sel, uint16(i))
		}
		b.Sel = slices.DeleteFunc(b.Sel, func(i uint16) bool { return i%2 == 0 })
		ids, texts, numbers := vector.New(types.IntType, 2*n), vector.New(types.StringType, 2*n), vector.New(types.BigIntType, 2*n)
		for i := range 2 * n {
			number := at + i/2
			ids.I64[i], numbers.I64[i] = int64(number*7), int64(number)
			texts.SetString(i, fmt.Sprint("t", number%10))
			if number%5 == 4 {
				texts.SetNull(i, 2*n)
			}
		}
		five := vector.NewConst(types.BigIntType, types.Datum{I: 5})
		if kind == format.Inserts {
			b.Cols = append(b.Cols, ids, texts)
		}
		b.Cols = append(b.Cols, five, vector.NewConst(types.IntType, types.Datum{I: 536870912}), numbers, five)
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		at += n
	}
	stats, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if stats.Rows != int64(rows) || stats.Bytes != int64(buf.Len()) {
		t.Errorf("statistics %+v of %d rows and %d bytes", stats, rows, buf.Len())
	}
	return buf.Bytes()
}

func TestEventsRoundTrip(t *testing.T) {
	const rows = 7500
	files := memory{"f": writeEvents(t, format.Inserts, rows), "d": writeEvents(t, format.Deletes, rows)}
	opts := &format.ReadOptions{Open: files, Schema: eventSchema(), Projection: []int{0, 1}, Events: true, Keys: true}
	for _, target := range []int64{1 << 30, 1000} {
		got := readText(t, opts, "f", target)
		deletes := readText(t, &format.ReadOptions{Open: files, Keys: true}, "d", target)
		if len(got) != rows || len(deletes) != rows {
			t.Fatalf("%d and %d rows", len(got), len(deletes))
		}
		for i := range rows {
			text := fmt.Sprint("t", i%10)
			if i%5 == 4 {
				text = "NULL"
			}
			key := fmt.Sprintf("5 536870912 %d 5", i)
			if want := fmt.Sprintf("%d %s %s", i*7, text, key); got[i] != want || deletes[i] != key {
				t.Fatalf("row %d: got %s and %s, want %s", i, got[i], deletes[i], want)
			}
		}
	}
	// Predicates are on columns inside the rows, by their statistics and by their values.
	some := *opts
	some.Predicates, some.RowNumbers = []format.Predicate{atLeast{column: 0, value: (rows - 2) * 7}}, true
	if got, want := readText(t, &some, "f", 1<<30), []string{
		fmt.Sprintf("%d t8 5 536870912 7498 5 7498", 7498*7), fmt.Sprintf("%d NULL 5 536870912 7499 5 7499", 7499*7),
	}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if splits, err := New().Splits(context.Background(), "f", &some, 1); err != nil || len(splits) != 1 {
		t.Errorf("%d stripes may match, %v", len(splits), err)
	}
}

// atLeast is value <= column.
type atLeast struct{ column, value int }

func (p atLeast) Column() int { return p.column }

func (p atLeast) MayMatch(s *format.ColumnStats) bool {
	return !s.HasMinMax || s.Max.I >= int64(p.value)
}

func (p atLeast) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	for i := range n {
		if (sel == nil || slices.Contains(sel, uint16(i))) && v.Base().I64[v.At(i)] >= int64(p.value) {
			out = append(out, uint16(i))
		}
	}
	return out
}

func (p atLeast) BloomValue() (types.Datum, bool) { return types.Datum{}, false }

// userMetadata reads the user metadata of a file, in the order in which it is written.
func userMetadata(t *testing.T, file []byte) (out [][2]string) {
	t.Helper()
	n := int(file[len(file)-1])
	p, err := parsePostscript(file[len(file)-1-n : len(file)-1])
	if err != nil {
		t.Fatal(err)
	}
	var s stream
	end := len(file) - 1 - n
	dec := &compress.Decoder{}
	defer dec.Close()
	s.resetBytes(file[end-int(p.footerLength):end], p.codec, p.blockSize, dec)
	footer, err := s.all(nil, maxMetadata)
	if err != nil {
		t.Fatal(err)
	}
	if err := each(footer, func(m *message) error {
		if m.field != 5 {
			return nil
		}
		var item [2]string
		err := each(m.bytes, func(m *message) error {
			item[m.field-1] = string(m.bytes)
			return nil
		})
		out = append(out, item)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// What Hive's own files say about themselves, ours do, in the same words.
func TestEventMetadata(t *testing.T) {
	for _, c := range []struct {
		file []byte
		want [][2]string
	}{
		{hiveFile(t, "hive401_insert.orc")["hive401_insert.orc"],
			[][2]string{{"hive.acid.key.index", "1,536870912,2;"}, {"hive.acid.stats", "3,0,0"}, {"hive.acid.version", "2"}}},
		{hiveFile(t, "hive401_delete.orc")["hive401_delete.orc"],
			[][2]string{{"hive.acid.key.index", "1,536870912,1;"}, {"hive.acid.stats", "0,0,1"}, {"hive.acid.version", "2"}}},
		{writeEvents(t, format.Inserts, 3), [][2]string{{"hive.acid.key.index", "5,536870912,2;"}, {"hive.acid.stats", "3,0,0"}, {"hive.acid.version", "2"}}},
		{writeEvents(t, format.Deletes, 3), [][2]string{{"hive.acid.key.index", "5,536870912,2;"}, {"hive.acid.stats", "0,0,3"}, {"hive.acid.version", "2"}}},
	} {
		got := userMetadata(t, c.file)
		slices.SortFunc(got, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	index := userMetadata(t, writeEvents(t, format.Inserts, 7500))[0][1]
	tail, err := readTail(memoryFile{bytes.NewReader(writeEvents(t, format.Inserts, 7500))})
	if err != nil {
		t.Fatal(err)
	}
	if len(tail.stripes) < 2 || strings.Count(index, ";") != len(tail.stripes) || !strings.HasSuffix(index, ";5,536870912,7499;") {
		t.Errorf("%d stripes have the keys %s", len(tail.stripes), index)
	}
}
