package query

import (
	"fmt"
	"testing"

	"skep/engine/coordinator"
	"skep/engine/filesystem"
	"skep/metastore"
)

// BenchmarkTrivialInStages compares trivial statements in stages with and without the log of jobs.
func BenchmarkTrivialInStages(b *testing.B) {
	for _, x := range []struct{ name, sql string }{
		{"query", "select v, count(*) from src group by v"}, {"insert", "insert into target select v, count(*) from src group by v"},
	} {
		for _, logged := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/log=%v", x.name, logged), func(b *testing.B) {
				e, err := Open(b.Context(), Config{DataDir: b.TempDir(), Threads: 2, faults: &faults{
					catalog: func(c metastore.Catalog) metastore.Catalog { return c },
					files:   func(f filesystem.FileSystem) filesystem.FileSystem { return f },
					log:     func(l coordinator.Log) coordinator.Log { return l },
					coordinator: func(c *coordinator.Config) {
						if !logged {
							c.Log = nil
						}
					},
				}})
				if err != nil {
					b.Fatal(err)
				}
				defer e.Close()
				s, err := e.NewSession(b.Context(), SessionOptions{Conf: stagedSettings})
				if err != nil {
					b.Fatal(err)
				}
				for _, sql := range []string{"create table src (k int, v int)", "insert into src values (1, 1), (2, 2)", "create table target (v int, n bigint)"} {
					if _, err := tryRun(b.Context(), s, sql); err != nil {
						b.Fatal(err)
					}
				}
				for b.Loop() {
					if _, err := tryRun(b.Context(), s, x.sql); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
