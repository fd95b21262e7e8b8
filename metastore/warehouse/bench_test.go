package warehouse

import (
	"fmt"
	"path/filepath"
	"testing"

	"skep/metastore/store"
)

// BenchmarkInsert commits one file, with the store's fsyncs.
func BenchmarkInsert(b *testing.B) { benchmarkInsert(b, 1) }

// BenchmarkInsertPartitions commits one file to each of 1,000 partitions, overwriting them.
func BenchmarkInsertPartitions(b *testing.B) { benchmarkInsert(b, 1000) }

func benchmarkInsert(b *testing.B, n int) {
	v := newWorld(b, nil)
	v.close()
	s, err := store.Open(ctx, store.Options{Path: filepath.Join(filepath.Dir(v.root), "metastore.db")})
	v.must(err)
	v.s, v.closed = s, false
	v.restart(nil)
	for b.Loop() {
		b.StopTimer()
		files := make([]string, n)
		for i := range files {
			files[i] = fmt.Sprintf("%d/000000_0=x", i)
		}
		b.StartTimer()
		table := v.get("plain")
		if n > 1 {
			table = v.get("parted")
		}
		s, err := v.w.Stage(ctx, table.Location)
		v.must(err)
		b.StopTimer()
		in := Insert{Staging: s, Table: table, Overwrite: true}
		for i, f := range files {
			path, content := splitFile(f)
			v.write(s.Dir()+"/"+path, content)
			in.Outputs = append(in.Outputs, Output{Files: []string{s.Dir() + "/" + path}})
			if n > 1 {
				in.Outputs[i].Values = []string{"1", fmt.Sprint(i)}
			}
		}
		b.StartTimer()
		v.must(v.w.Insert(ctx, in))
	}
}
