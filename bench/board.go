package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"skep/test/hs2"
	"skep/test/skepserver"
)

// measurement is one line of the report. Times are in milliseconds, of the
// fastest run; 0 when the engine failed.
type measurement struct {
	Suite  string  `json:"suite"`
	Name   string  `json:"name"`
	Skep   float64 `json:"skep_ms"`
	Duck   float64 `json:"duckdb_ms"`
	PeakMB int64   `json:"skep_peak_mb"`
	Note   string  `json:"note,omitempty"`
}

type board struct {
	all []measurement
}

// run measures the cases of a suite, alternating between the engines.
func (b *board) run(ctx context.Context, o options, suite string, cases []benchCase, server *skepserver.Server, skep *skepEngine, duck *duckEngine) error {
	if o.only != "" {
		cases = slices.DeleteFunc(cases, func(c benchCase) bool { return !slices.Contains(strings.Split(o.only, ","), c.name) })
	}
	if len(cases) == 0 {
		return nil
	}
	fmt.Printf("\n%-28s %10s %10s %7s %8s\n", suite, "skep ms", "duckdb ms", "ratio", "peak MB")
	from := len(b.all)
	for _, c := range cases {
		if err := server.ResetPeakRSS(); err != nil {
			return err
		}
		m, err := measure(ctx, o, c, skep, duck)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if !server.Alive() {
			return fmt.Errorf("the server died in %s:\n%s", c.name, server.LogTail())
		}
		peak, err := server.PeakRSS()
		if err != nil {
			return err
		}
		m.Suite, m.PeakMB = suite, peak>>20
		b.all = append(b.all, m)
		fmt.Printf("%-28s %10s %10s %7s %8d  %s\n", m.Name, millis(m.Skep), millis(m.Duck), ratio(m.Skep, m.Duck), m.PeakMB, m.Note)
	}
	fmt.Println(summarize(b.all[from:]))
	return nil
}

func measure(ctx context.Context, o options, c benchCase, skep *skepEngine, duck *duckEngine) (measurement, error) {
	m := measurement{Name: c.name}
	skepFailed, duckFailed := false, false
	for range o.runs {
		var duckRows duckAnswer
		if !duckFailed {
			a, err := peer(ctx, o, c, skep, duck)
			var refused duckError
			switch {
			case errors.As(err, &refused):
				duckFailed = true
				m.Note = note(m.Note, "DuckDB cannot: "+firstLine(string(refused)))
			case err != nil:
				return m, err
			default:
				duckRows = a
				m.Duck = fastest(m.Duck, a.elapsed())
			}
		}
		if skepFailed {
			continue
		}
		for _, sql := range c.before {
			if _, err := skep.client.Exec(ctx, sql); err != nil {
				return m, fmt.Errorf("%s: %w", sql, err)
			}
		}
		qctx, cancel := context.WithTimeout(ctx, o.timeout)
		start := time.Now()
		res, err := skep.client.Exec(qctx, c.sql)
		elapsed := time.Since(start)
		cancel()
		if err != nil {
			skepFailed = true
			m.Skep, m.Note = 0, note(m.Note, "skep fails: "+firstLine(err.Error()))
			var refused *hs2.Error
			if !errors.As(err, &refused) {
				if err := skep.connect(ctx, skep.database); err != nil {
					return m, err
				}
			}
			continue
		}
		m.Skep = fastest(m.Skep, elapsed)
		if !duckFailed && c.duck == "" {
			if d := differ(res, duckRows, c.check); d != "" && !strings.Contains(m.Note, d) {
				m.Note = note(m.Note, d)
			}
		}
	}
	return m, ctx.Err()
}

// peer runs a case on the engine that skep is compared with.
func peer(ctx context.Context, o options, c benchCase, skep *skepEngine, duck *duckEngine) (duckAnswer, error) {
	if c.orc == nil {
		return duck.exec(c.duckSQL(), c.check)
	}
	dir, err := skep.location(ctx, c.orc.table)
	if err != nil {
		return duckAnswer{}, err
	}
	return duck.scanORC(dir, c.orc.columns, o.threads)
}

func fastest(best float64, d time.Duration) float64 {
	ms := float64(d.Microseconds()) / 1000
	if best == 0 || ms < best {
		return ms
	}
	return best
}

func note(have, more string) string {
	if have == "" {
		return more
	}
	return have + "; " + more
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return s
}

// differ compares what the engines answered: the number of rows and, where
// asked, the rows as multisets, numbers within 1e-9 relative.
func differ(skep *hs2.Result, duck duckAnswer, rows bool) string {
	if len(skep.Rows) != duck.Rows {
		return fmt.Sprintf("DIFFERS: %d rows, DuckDB %d", len(skep.Rows), duck.Rows)
	}
	if !rows {
		return ""
	}
	a, b := make([]string, duck.Rows), make([]string, duck.Rows)
	for i := range duck.Rows {
		var left, right []string
		for j := range skep.Rows[i] {
			left = append(left, canonical(skep.Rows[i][j].Text, skep.Rows[i][j].Null))
		}
		for _, v := range duck.Data[i] {
			if v == nil {
				right = append(right, canonical("", true))
			} else {
				right = append(right, canonical(*v, false))
			}
		}
		a[i], b[i] = strings.Join(left, "|"), strings.Join(right, "|")
	}
	slices.Sort(a)
	slices.Sort(b)
	for i := range a {
		if a[i] != b[i] {
			return fmt.Sprintf("DIFFERS: %s, DuckDB %s", a[i], b[i])
		}
	}
	return ""
}

func canonical(text string, null bool) string {
	if null {
		return "NULL"
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return strconv.FormatFloat(f, 'g', 9, 64)
	}
	return strings.TrimRight(text, " ")
}

func millis(ms float64) string {
	if ms == 0 {
		return "-"
	}
	return strconv.FormatFloat(ms, 'f', 1, 64)
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return strconv.FormatFloat(a/b, 'f', 2, 64)
}

// summarize tells the totals over the cases both engines ran.
func summarize(ms []measurement) string {
	var skep, duck, logs float64
	both, skepOnly, duckOnly, slower, differing := 0, 0, 0, 0, 0
	var peak int64
	for _, m := range ms {
		peak = max(peak, m.PeakMB)
		if strings.Contains(m.Note, "DIFFERS") {
			differing++
		}
		switch {
		case m.Skep > 0 && m.Duck > 0:
			both++
			skep, duck, logs = skep+m.Skep, duck+m.Duck, logs+math.Log(m.Skep/m.Duck)
			if m.Skep > m.Duck {
				slower++
			}
		case m.Skep > 0:
			skepOnly++
		case m.Duck > 0:
			duckOnly++
		}
	}
	if both == 0 {
		return fmt.Sprintf("no case ran on both engines (%d on skep only, %d on DuckDB only)", skepOnly, duckOnly)
	}
	return fmt.Sprintf("total of %d on both: skep %.2f s, DuckDB %.2f s, ratio %.2f, geometric mean %.2f, slower in %d; %d on skep only, %d on DuckDB only, %d differ; peak %d MB",
		both, skep/1000, duck/1000, skep/duck, math.Exp(logs/float64(both)), slower, skepOnly, duckOnly, differing, peak)
}

// document writes what was measured as Markdown.
func (b *board) document(path, title string) error {
	var out strings.Builder
	out.WriteString("# Measurements\n\nWritten by `make bench DOC=docs/BENCH.md`; do not edit. Take the ratios, not the times: both engines ran alternately on one machine of two cores.\n")
	out.WriteString("The peer of the suite `orc` is the C++ reader of ORC in PyArrow, of the others DuckDB.\n\n" + title + ".\n")
	for from := 0; from < len(b.all); {
		to := from
		for to < len(b.all) && b.all[to].Suite == b.all[from].Suite {
			to++
		}
		fmt.Fprintf(&out, "\n## %s\n\n%s\n\n| case | skep ms | peer ms | ratio | peak MB | |\n|---|---|---|---|---|---|\n", b.all[from].Suite, summarize(b.all[from:to]))
		for _, m := range b.all[from:to] {
			fmt.Fprintf(&out, "| %s | %s | %s | %s | %d | %s |\n", m.Name, millis(m.Skep), millis(m.Duck), ratio(m.Skep, m.Duck), m.PeakMB, strings.ReplaceAll(m.Note, "|", "\\|"))
		}
		from = to
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
		return fmt.Errorf("writing the measurements: %w", err)
	}
	return nil
}

func (b *board) write(path string) error {
	text, err := json.MarshalIndent(b.all, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Println("written to", path)
	return nil
}
