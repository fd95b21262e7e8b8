package store

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

// manyPartitions is a table of 100,000 partitions by date and hour, with the parameters Hive puts on each.
func manyPartitions(b *testing.B) *Store {
	s := open(b)
	const days, hours = 4167, 24
	var parts []*model.Partition
	for d := range days {
		for h := range hours {
			parts = append(parts, &model.Partition{
				Values: []string{fmt.Sprintf("%04d-%02d-%02d", 2000+d/336, d/28%12+1, d%28+1), fmt.Sprint(h)},
				Parameters: map[string]string{"COLUMN_STATS_ACCURATE": `{"BASIC_STATS":"true"}`, "numFiles": "1", "numRows": fmt.Sprint(d * h),
					"rawDataSize": fmt.Sprint(d * h * 100), "totalSize": fmt.Sprint(d * h * 40), "transient_lastDdlTime": "1700000000"},
			})
		}
	}
	update(b, s, func(tx metastore.Tx) error {
		err := tx.CreateTable(ctx, testTable("t", model.Column{Name: "ds", Type: "string"}, model.Column{Name: "hr", Type: "int"}))
		if err != nil {
			return err
		}
		_, err = tx.AddPartitions(ctx, "default", "t", parts, false)
		return err
	})
	return s
}

// BenchmarkPartitionFilter lists what filters select in a table of 100,000 partitions. The goal is 2 s and 300 MB.
func BenchmarkPartitionFilter(b *testing.B) {
	s := manyPartitions(b)
	ds := func(op partition.Op, v string) partition.Filter {
		return partition.Comparison{Key: "ds", Op: op, Value: partition.StringValue(v)}
	}
	hr := func(op partition.Op, v int64) partition.Filter {
		return partition.Comparison{Key: "hr", Op: op, Value: partition.IntValue(v)}
	}
	opaque := partition.Opaque{Keys: []string{"ds"}, Match: func(v []partition.Value) partition.Truth {
		return partition.TruthOf(v[0].Text[:7] == "2007-05")
	}}
	for _, c := range []struct {
		name  string
		q     metastore.PartitionQuery
		count int
	}{
		{"one", metastore.PartitionQuery{Filter: partition.And{ds(partition.Equal, "2005-03-04"), hr(partition.Equal, 5)}}, 1},
		{"month", metastore.PartitionQuery{Filter: partition.Between{Key: "ds", Low: partition.StringValue("2007-05-01"), High: partition.StringValue("2007-05-31")}}, 672},
		{"opaque", metastore.PartitionQuery{Filter: opaque}, 672},
		{"hour", metastore.PartitionQuery{Filter: hr(partition.Equal, 7)}, 4167},
		{"half", metastore.PartitionQuery{Filter: partition.Or{hr(partition.Less, 10), ds(partition.Less, "2001-01-01")}}, 46374},
		{"all", metastore.PartitionQuery{}, 100008},
		{"allLocations", metastore.PartitionQuery{WithoutParameters: true}, 100008},
	} {
		b.Run(c.name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var parts []*model.Partition
			for b.Loop() {
				parts = nil
				var err error
				if parts, err = s.Partitions(ctx, "default", "t", c.q); err != nil || len(parts) != c.count {
					b.Fatalf("%d partitions, %v", len(parts), err)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
			b.ReportMetric(float64(after.Sys)/1e6, "MB-sys")
			runtime.KeepAlive(parts)
		})
	}
}

// BenchmarkAddPartitions adds 1,000 partitions in a transaction.
func BenchmarkAddPartitions(b *testing.B) {
	s := open(b)
	update(b, s, func(tx metastore.Tx) error {
		return tx.CreateTable(ctx, testTable("t", model.Column{Name: "ds", Type: "string"}, model.Column{Name: "hr", Type: "int"}))
	})
	n := 0
	for b.Loop() {
		parts := make([]*model.Partition, 1000)
		for i := range parts {
			n++
			parts[i] = &model.Partition{Values: []string{fmt.Sprint(n / 24), fmt.Sprint(n % 24)}}
		}
		update(b, s, func(tx metastore.Tx) error {
			_, err := tx.AddPartitions(ctx, "default", "t", parts, false)
			return err
		})
	}
}

// BenchmarkCreateTable includes the fsync of the commit. The goal is 5 ms.
func BenchmarkCreateTable(b *testing.B) {
	s := open(b)
	for i := 0; b.Loop(); i++ {
		t := testTable(fmt.Sprint("t", i))
		t.Storage.InputFormat = t.Name
		update(b, s, func(tx metastore.Tx) error { return tx.CreateTable(ctx, t) })
	}
}

// BenchmarkTable looks up one of 5,000 tables. The goal is 0.3 ms.
func BenchmarkTable(b *testing.B) {
	s := manyTables(b)
	b.Run("serial", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := s.Table(ctx, "default", fmt.Sprint("t", i%5000)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if _, err := s.Table(ctx, "default", fmt.Sprint("t", i%5000)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	b.Run("writing", func(b *testing.B) { // while another session writes
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					update(b, s, func(tx metastore.Tx) error { return tx.CreateTable(ctx, testTable(fmt.Sprint("w", b.N, "_", i))) })
				}
			}
		})
		for i := 0; i < b.N; i++ {
			if _, err := s.Table(ctx, "default", fmt.Sprint("t", i%5000)); err != nil {
				b.Fatal(err)
			}
		}
		close(stop)
		wg.Wait()
	})
}

func manyTables(b *testing.B) *Store {
	s := open(b)
	update(b, s, func(tx metastore.Tx) error {
		for i := range 5000 {
			t := testTable(fmt.Sprint("t", i))
			t.Storage.InputFormat = t.Name
			if err := tx.CreateTable(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

// BenchmarkScanTables lists 5,000 tables with all columns.
func BenchmarkScanTables(b *testing.B) {
	s := manyTables(b)
	for b.Loop() {
		n := 0
		err := s.ScanTables(ctx, metastore.TableQuery{}, func(*model.Table) error { n++; return nil })
		if err != nil || n != 5000 {
			b.Fatal(n, err)
		}
	}
}
