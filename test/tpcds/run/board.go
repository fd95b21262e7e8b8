package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"skep/test/hs2"
	"skep/test/tpcds"
)

// cell is one query over one format.
type cell struct {
	verdict tpcds.Verdict
	rows    int
	elapsed time.Duration
}

// board collects the verdicts of a run.
type board struct {
	formats []string
	queries []tpcds.Query
	cells   map[string]map[string]cell // format, query
	loaded  []string
}

func newBoard(formats []string, queries []tpcds.Query) *board {
	b := &board{formats: formats, queries: queries, cells: map[string]map[string]cell{}}
	for _, f := range formats {
		b.cells[f] = map[string]cell{}
	}
	return b
}

// reconnect replaces the connection after anything but a refusal by the server.
func (b *board) reconnect(ctx context.Context, o options, client *hs2.Client, err error, format string) (*hs2.Client, bool) {
	var refused *hs2.Error
	if errors.As(err, &refused) {
		return client, true
	}
	client.Close()
	fresh, err := connect(ctx, o, tpcds.Database(o.scale, format))
	if err != nil {
		return client, false
	}
	return fresh, true
}

func (b *board) print() {
	fmt.Printf("\n%-8s", "query")
	for _, f := range b.formats {
		fmt.Printf(" %18s", f)
	}
	fmt.Println("       rows")
	total := map[string]time.Duration{}
	passed := map[string]int{}
	for _, q := range b.queries {
		fmt.Printf("%-8s", q.Name)
		for _, f := range b.formats {
			c, ran := b.cells[f][q.Name]
			mark := "FAIL"
			switch {
			case !ran:
				mark = "not run"
			case c.verdict.Ties:
				mark = "pass (ties)"
			case c.verdict.Pass:
				mark = "pass"
			}
			if c.verdict.Pass {
				passed[f]++
			}
			total[f] += c.elapsed
			fmt.Printf(" %-11s%4d ms", mark, c.elapsed.Milliseconds())
		}
		fmt.Printf(" %10d\n", q.Expected.Count)
	}
	for _, f := range b.formats {
		fmt.Printf("%s: %d of %d, %.2f s\n", f, passed[f], len(b.queries), total[f].Seconds())
	}
}

// verdict is an error when a query fails; with a file of required 'format
// query' lines only when one of those fails.
func (b *board) verdict(required string) error {
	var failed []string
	for _, f := range b.formats {
		for _, q := range b.queries {
			if !b.cells[f][q.Name].verdict.Pass {
				failed = append(failed, f+" "+q.Name)
			}
		}
	}
	if required != "" {
		text, err := os.ReadFile(required)
		if err != nil {
			return fmt.Errorf("list of required queries: %w", err)
		}
		lines := strings.Split(string(text), "\n")
		failed = slices.DeleteFunc(failed, func(s string) bool { return !slices.Contains(lines, s) })
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d fail: %s", len(failed), strings.Join(failed, ", "))
	}
	return nil
}
