package local

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/shuffle"
	"skep/shuffle/spool"
	"skep/shuffle/store"
)

// storeSales loads rows of TPC-DS' store_sales (23 columns) from $SKEP_TPCDS/sf1, with partitions by customer.
func storeSales(b *testing.B, rows int, partitions uint64) (ts []*types.Type, batches []*vector.Batch, parts [][]uint32) {
	b.Helper()
	dir := os.Getenv("SKEP_TPCDS")
	if dir == "" {
		b.Skip("SKEP_TPCDS is not set")
	}
	f, err := os.Open(filepath.Join(dir, "sf1", "store_sales", "data.dat"))
	if err != nil {
		b.Skip(err)
	}
	defer f.Close()
	price, err := types.Parse("decimal(7,2)")
	if err != nil {
		b.Fatal(err)
	}
	for i := range 23 {
		if i < 10 {
			ts = append(ts, types.BigIntType)
		} else if i == 10 {
			ts = append(ts, types.IntType)
		} else {
			ts = append(ts, price)
		}
	}
	in := bufio.NewScanner(f)
	batch := vector.NewBatch(ts)
	var part []uint32
	for n := 0; n < rows && in.Scan(); n++ {
		fields := strings.Split(in.Text(), "|")
		for c := range ts {
			if fields[c] == "" {
				batch.Cols[c].AppendDatum(types.NullDatum)
				continue
			}
			x, err := strconv.ParseInt(strings.Replace(fields[c], ".", "", 1), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			batch.Cols[c].AppendDatum(types.Datum{I: x})
		}
		customer := uint64(batch.Cols[3].I64[batch.N])
		part = append(part, uint32(customer*0x9e3779b97f4a7c15>>32%partitions))
		batch.N++
		if batch.N == vector.BatchSize {
			batches, parts = append(batches, batch), append(parts, part)
			batch, part = vector.NewBatch(ts), nil
		}
	}
	return ts, batches, parts
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStoreSales writes 400,000 rows by four tasks and reads all partitions. Rates are per second of processor time and count every
// value as 8 bytes.
func BenchmarkStoreSales(b *testing.B) {
	for _, partitions := range []int{1, 16, 64, 200, 2000} {
		ts, batches, parts := storeSales(b, 400_000, uint64(partitions))
		rows := 0
		for _, x := range batches {
			rows += x.N
		}
		raw := float64(rows * 8 * len(ts))
		for _, way := range []struct {
			name string
			open func(dir string) (shuffle.Exchange, error)
		}{
			{"batches", func(string) (shuffle.Exchange, error) { return Open(Options{Store: store.Options{Memory: 1 << 40}}) }},
			{"bytes", func(string) (shuffle.Exchange, error) {
				return Open(Options{Store: store.Options{Memory: 1 << 40, Encode: true, MemoryPerOutput: 1 << 30}})
			}},
			{"files", func(dir string) (shuffle.Exchange, error) {
				return Open(Options{Store: store.Options{Dirs: []string{dir}}})
			}},
			{"spool", func(dir string) (shuffle.Exchange, error) { return spool.Open(spool.Options{Folder: dir}) }},
		} {
			b.Run(way.name+"/"+strconv.Itoa(partitions), func(b *testing.B) {
				var write, read time.Duration
				var bytes int64
				for b.Loop() {
					e, err := way.open(b.TempDir())
					if err != nil {
						b.Fatal(err)
					}
					from := cpuTime()
					m := &modelled{stage: shuffle.StageID{Job: "j", Stage: 1}, types: ts, partitions: partitions}
					per := (len(batches) + 3) / 4
					for task := range 4 {
						w, err := e.OpenWriter(context.Background(), shuffle.WriterSpec{
							Attempt: shuffle.AttemptID{StageID: m.stage, Task: task}, Partitions: partitions, Types: ts})
						if err != nil {
							b.Fatal(err)
						}
						for i := task * per; i < min(len(batches), task*per+per); i++ {
							if err := w.Write(batches[i], parts[i]); err != nil {
								b.Fatal(err)
							}
						}
						out, err := w.Commit(context.Background())
						if err != nil {
							b.Fatal(err)
						}
						m.outputs = append(m.outputs, out)
					}
					middle := cpuTime()
					write += middle - from
					got := int64(0)
					manifest := m.manifest()
					const readers = 16
					for k := range readers {
						s := shuffle.Slice{Partitions: shuffle.Range{From: k * partitions / readers, To: (k + 1) * partitions / readers}}
						rd, err := e.OpenReader(context.Background(), shuffle.ReaderSpec{Manifest: manifest, Types: ts, Slices: []shuffle.Slice{s}})
						if err != nil {
							b.Fatal(err)
						}
						for {
							x, err := rd.Next(context.Background())
							if err != nil {
								b.Fatal(err)
							}
							if x == nil {
								break
							}
							got += int64(x.N)
						}
						rd.Close()
					}
					read += cpuTime() - middle
					if got != int64(rows) {
						b.Fatalf("%d rows of %d", got, rows)
					}
					bytes = 0
					for _, o := range m.outputs {
						bytes += o.Bytes()
					}
					if err := e.Release(context.Background(), "j"); err != nil {
						b.Fatal(err)
					}
					if err := e.Close(); err != nil {
						b.Fatal(err)
					}
				}
				n := float64(b.N)
				b.ReportMetric(n*raw/1e6/write.Seconds(), "write-MB/cpu-s")
				b.ReportMetric(n*raw/1e6/read.Seconds(), "read-MB/cpu-s")
				b.ReportMetric(n*raw/1e6/(write+read).Seconds(), "both-MB/cpu-s")
				b.ReportMetric(raw/float64(bytes), "ratio")
			})
		}
	}
}
