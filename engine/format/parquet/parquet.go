// Package parquet reads and writes Apache Parquet files the way Hive does: columns match by name, missing ones are NULL, INT96
// timestamps follow Hive's time zone rules, and written files have Hive's schema forms. Column chunks are decoded by own code
// straight into reused vectors; strings stay in dictionary form; columns that predicates need are read first, and the others
// only where rows remain.
package parquet

import (
	"context"
	"strings"
	"time"

	"skep/engine/format"
)

// Format is the Parquet format. The zero value is ready; Cache, when set, keeps footers between calls.
type Format struct {
	Cache *Cache
}

var _ format.Format = Format{}

// Splits divides a file at row groups, leaving out those that statistics prove empty of matching rows.
func (f Format) Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error) {
	rules := rulesOf(opts)
	input, foot, modified, err := f.open(ctx, path, time.Time{}, opts, rules)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	p := newPruner(foot, rules, opts)
	var out []format.Split
	open := false // the last split may be extended
	for i := range foot.groups {
		g := &foot.groups[i]
		if g.rows == 0 || !p.mayMatch(g) {
			open = false
			continue
		}
		start, end := g.extent()
		if open {
			s := &out[len(out)-1]
			if s.Length+end-start <= target {
				s.Length, s.Rows = end-s.Start, s.Rows+g.rows
				continue
			}
		}
		out = append(out, format.Split{Path: path, FileSize: input.Size(), ModTime: modified, Start: start, Length: end - start, Rows: g.rows})
		open = true
	}
	return out, nil
}

// extent returns the byte range of a row group's column chunks.
func (g *rowGroup) extent() (start, end int64) {
	for i := range g.columns {
		m := &g.columns[i].meta
		at := m.dataOffset
		if m.dictionaryOffset > 0 && m.dictionaryOffset < at {
			at = m.dictionaryOffset
		}
		if i == 0 || at < start {
			start = at
		}
		end = max(end, at+m.compressed)
	}
	return start, end
}

// Count implements format.Counter.
func (f Format) Count(ctx context.Context, path string, opts *format.ReadOptions) (format.FileStats, error) {
	input, foot, _, err := f.open(ctx, path, time.Time{}, opts, rulesOf(opts))
	if err != nil {
		return format.FileStats{}, err
	}
	defer input.Close()
	n := format.FileStats{Bytes: input.Size()}
	for _, g := range foot.groups {
		n.Rows, n.RawBytes = n.Rows+g.rows, n.RawBytes+g.bytes
	}
	return n, nil
}

// OpenSplit reads the row groups that start within the split.
func (f Format) OpenSplit(ctx context.Context, s format.Split, opts *format.ReadOptions) (format.Reader, error) {
	rules := rulesOf(opts)
	input, foot, _, err := f.open(ctx, s.Path, s.ModTime, opts, rules)
	if err != nil {
		return nil, err
	}
	r, err := newReader(input, foot, rules, s, opts)
	if err != nil {
		input.Close()
		return nil, err
	}
	return r, nil
}

func rulesOf(opts *format.ReadOptions) *zoneRules {
	r := &zoneRules{local: opts.Session.Location, skipConversion: true}
	if conf := opts.Session.Conf; conf != nil {
		r.skipConversion = !strings.EqualFold(conf("hive.parquet.timestamp.skip.conversion"), "false")
		r.proleptic = strings.EqualFold(conf("hive.parquet.date.proleptic.gregorian.default"), "true")
	}
	if r.local == nil || r.local.String() == "UTC" || r.local.String() == "Etc/UTC" {
		r.local = nil
	}
	return r
}
