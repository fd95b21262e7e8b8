package parquet

import (
	"bytes"
	"context"
	"math/rand"
	"testing"

	"skep/engine/format"

	oracle "github.com/parquet-go/parquet-go"
)

// readSome reads at most a number of batches and ignores errors: corrupt files may give them, but nothing else.
func readSome(file []byte, schema []format.Column) {
	ctx := context.Background()
	opts := &format.ReadOptions{Schema: schema, Projection: all(len(schema)), Open: memory{"f": file}}
	opts.Predicates = []format.Predicate{between{1, -1 << 40, 1 << 40, new(int)}}
	splits, err := Format{}.Splits(ctx, "f", opts, 1<<20)
	if err != nil {
		return
	}
	for _, s := range splits {
		r, err := Format{}.OpenSplit(ctx, s, opts)
		if err != nil {
			continue
		}
		for range 10 {
			b, err := r.Next()
			if err != nil || b == nil {
				break
			}
			for _, c := range b.Cols {
				for row := range b.N {
					c.Datum(row)
				}
			}
		}
		r.Close()
	}
}

// FuzzRead reads arbitrary bytes as files; the seeds are uncompressed, so that mutations reach every decoder.
func FuzzRead(f *testing.F) {
	schema := recordSchema(f)
	r := rand.New(rand.NewSource(1))
	records := make([]record, 20)
	for i := range records {
		records[i] = randomRecord(r)
	}
	f.Add(oracleFile(f, records, oracle.DataPageVersion(1)))
	f.Add(oracleFile(f, records, oracle.DataPageVersion(2), oracle.PageBufferSize(100)))
	var ours bytes.Buffer
	own := schemaOf(f, recordTypes...)
	for i := range own {
		own[i].Name = recordNames[i]
	}
	w, err := Format{}.NewWriter(&ours, &format.WriteOptions{Schema: own})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		f.Fatal(err)
	}
	file, _ := writeRandom(f, r, own, 30, true, true, &format.WriteOptions{})
	f.Add(file)
	f.Fuzz(func(_ *testing.T, file []byte) { readSome(file, schema) })
}

// FuzzFooter decodes arbitrary metadata.
func FuzzFooter(f *testing.F) {
	r := rand.New(rand.NewSource(2))
	file, _ := writeRandom(f, r, schemaOf(f, "int", "array<string>"), 10, true, true, &format.WriteOptions{})
	n := int(file[len(file)-8]) | int(file[len(file)-7])<<8
	f.Add(file[len(file)-8-n : len(file)-8])
	f.Fuzz(func(_ *testing.T, b []byte) {
		if m, err := readFileMeta(b); err == nil {
			newFooter(m, &zoneRules{})
		}
		readPageHeader(b)
		readColumnIndex(b)
		readOffsetIndex(b)
	})
}

// TestCorruptFiles flips bytes and cuts files: nothing may panic.
func TestCorruptFiles(t *testing.T) {
	schema := recordSchema(t)
	r := rand.New(rand.NewSource(3))
	records := make([]record, 300)
	for i := range records {
		records[i] = randomRecord(r)
	}
	files := [][]byte{oracleFile(t, records, oracle.DataPageVersion(1)), oracleFile(t, records, oracle.DataPageVersion(2), oracle.PageBufferSize(400))}
	own, _ := writeRandom(t, r, schema, 300, true, true, &format.WriteOptions{Properties: map[string]string{"parquet.compression": "SNAPPY"}})
	files = append(files, own)
	for _, file := range files {
		for range 150 {
			bad := bytes.Clone(file)
			for range 1 + r.Intn(4) {
				bad[r.Intn(len(bad))] ^= byte(1 << r.Intn(8))
			}
			readSome(bad, schema)
			readSome(file[:r.Intn(len(file))], schema)
		}
	}
}
