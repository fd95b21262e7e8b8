package main

import (
	"context"
	"fmt"
	"math"
)

// trivial measures what stages add to queries that hardly do anything.
func (b *bench) trivial(ctx context.Context) error {
	const times = 50
	least, most := math.Inf(1), 0.0
	for _, sql := range []string{"select 1", "select count(*) from web_site", "select web_site_id, count(*) from web_site group by web_site_id"} {
		var embedded, staged cost
		for range times {
			e, s, err := b.both(ctx, sql, 1)
			if err != nil {
				return err
			}
			embedded.cpu, embedded.wall = embedded.cpu+e.cpu, embedded.wall+e.wall
			staged.cpu, staged.wall = staged.cpu+s.cpu, staged.wall+s.wall
		}
		fmt.Printf("%-64s embedded %.2f ms cpu, %.2f ms; staged %.2f ms cpu, %.2f ms\n", sql,
			millis(embedded.cpu)/times, millis(embedded.wall)/times, millis(staged.cpu)/times, millis(staged.wall)/times)
		added := millis(staged.wall-embedded.wall) / times
		least, most = min(least, added), max(most, added)
	}
	b.figure("trivial queries (`select 1`, count of a small table, grouping of it): time added by stages, the log included", "2 ms", "%.1f ms to %.1f ms", least, most)
	return nil
}
