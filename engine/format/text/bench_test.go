package text

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"testing"

	"skep/engine/format"
)

// salesText makes rows like those of a large fact table: surrogate keys, a quantity and amounts.
func salesText(rows int) []byte {
	r := rand.New(rand.NewSource(3))
	var b bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&b, "%d|%d|%d|%d|%d|%d|%d|%d|%d|%d|%d", 2450816+r.Intn(1800), 28800+r.Intn(50000), 1+r.Intn(18000), 1+r.Intn(100000),
			1+r.Intn(1920800), 1+r.Intn(7200), 1+r.Intn(50000), 1+r.Intn(12), 1+r.Intn(300), i/10, 1+r.Intn(100))
		for range 12 {
			fmt.Fprintf(&b, "|%d.%02d", r.Intn(5000), r.Intn(100))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func BenchmarkReadSales(b *testing.B) {
	data := salesText(100_000)
	var schema []format.Column
	for i := range 23 {
		typ := "int"
		if i == 9 {
			typ = "bigint"
		}
		if i > 10 {
			typ = "decimal(7,2)"
		}
		schema = append(schema, schemaOf(b, typ)...)
	}
	for name, projection := range map[string][]int{"all": all(23), "three": {0, 10, 20}, "none": nil} {
		b.Run(name, func(b *testing.B) {
			opts := &format.ReadOptions{Open: memory{"f": data}, Schema: schema, Projection: projection, Properties: map[string]string{"field.delim": "|"}}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := New().OpenSplit(context.Background(), format.Split{Path: "f", Length: int64(len(data))}, opts)
				if err != nil {
					b.Fatal(err)
				}
				for {
					batch, err := r.Next()
					if err != nil {
						b.Fatal(err)
					}
					if batch == nil {
						break
					}
				}
				r.Close()
			}
		})
	}
}
