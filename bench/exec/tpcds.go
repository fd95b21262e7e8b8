package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"skep/test/tpcds"
)

// tpcds runs the queries in both modes.
func (b *bench) tpcds(ctx context.Context) error {
	queries, err := tpcds.Texts(filepath.Join(b.shared, "tpcds"))
	if err != nil {
		return err
	}
	fmt.Printf("%-10s %12s %12s %7s %12s %12s %7s\n", "query", "embedded cpu", "staged cpu", "ratio", "embedded ms", "staged ms", "ratio")
	var embedded, staged cost
	for _, q := range queries {
		if b.only != "" && !slices.Contains(strings.Split(b.only, ","), q.Name) {
			continue
		}
		e, s, err := b.both(ctx, q.SQL, b.runs)
		if err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
		if e.rows != s.rows {
			return fmt.Errorf("%s: %d rows embedded, %d in stages", q.Name, e.rows, s.rows)
		}
		fmt.Printf("%-10s %12.0f %12.0f %7.2f %12.0f %12.0f %7.2f\n",
			q.Name, millis(e.cpu), millis(s.cpu), ratio(s.cpu, e.cpu), millis(e.wall), millis(s.wall), ratio(s.wall, e.wall))
		embedded.cpu, embedded.wall = embedded.cpu+e.cpu, embedded.wall+e.wall
		staged.cpu, staged.wall = staged.cpu+s.cpu, staged.wall+s.wall
	}
	b.figure("TPC-DS SF"+b.scale+" on Parquet, processor time in stages ÷ same plans without", "1.1", "%.2f (%.1f s and %.1f s)",
		ratio(staged.cpu, embedded.cpu), staged.cpu.Seconds(), embedded.cpu.Seconds())
	fmt.Printf("%-10s %12.0f %12.0f %7.2f %12.0f %12.0f %7.2f\n", "total", millis(embedded.cpu), millis(staged.cpu),
		ratio(staged.cpu, embedded.cpu), millis(embedded.wall), millis(staged.wall), ratio(staged.wall, embedded.wall))
	return nil
}
