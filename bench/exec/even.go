package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"skep/test/tpcds"
)

// sized matches the line of a stage of several tasks that read ranges of partitions.
var sized = regexp.MustCompile(`tasks=(\d+) .*median=(\d+) largest=(\d+) .*all-to-all`)

// even compares the largest with the median task of the stages that read exchanges.
func (b *bench) even(ctx context.Context) error {
	queries, err := tpcds.Texts(filepath.Join(b.shared, "tpcds"))
	if err != nil {
		return err
	}
	stages, uneven := 0, 0
	var ratios []float64
	for _, q := range queries {
		if b.only != "" && !slices.Contains(strings.Split(b.only, ","), q.Name) {
			continue
		}
		res, err := b.staged.Exec(ctx, "explain analyze "+q.SQL)
		if err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
		for _, row := range res.Rows {
			m := sized.FindStringSubmatch(row[0].Text)
			if m == nil || m[1] == "1" || m[1] == "0" {
				continue
			}
			median, _ := strconv.ParseFloat(m[2], 64)
			largest, _ := strconv.ParseFloat(m[3], 64)
			stages++
			ratios = append(ratios, largest/median)
			if largest > 1.3*median {
				uneven++
				fmt.Printf("%s: %s\n", q.Name, row[0].Text)
			}
		}
	}
	if stages > 0 {
		slices.Sort(ratios)
		fmt.Printf("stages of several tasks that read exchanges: %d, largest/median above 1.3 in %d; median %.2f, worst %.2f\n",
			stages, uneven, ratios[stages/2], ratios[stages-1])
		b.figure("largest ÷ median task by bytes, stages of several tasks that read exchanges, TPC-DS", "1.3",
			"worst %.2f, median %.2f, of %d stages", ratios[stages-1], ratios[stages/2], stages)
	}
	return nil
}
