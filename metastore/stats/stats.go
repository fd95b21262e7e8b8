// Package stats maintains the statistics a catalog keeps of tables and partitions: file and row counts among the
// parameters, and column statistics, as inserts change them.
package stats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"skep/metastore/model"
	"skep/metastore/partition"
)

// accurate is the content of COLUMN_STATS_ACCURATE, which says what the statistics can be relied on to answer queries.
type accurate struct {
	Basic   string            `json:"BASIC_STATS,omitempty"`
	Columns map[string]string `json:"COLUMN_STATS,omitempty"`
}

func readAccurate(params map[string]string) accurate {
	var a accurate
	// anything else than this JSON is the form of old versions, which promised nothing about columns
	if err := json.Unmarshal([]byte(params[model.ParamStatsAccurate]), &a); err != nil {
		return accurate{}
	}
	return a
}

func (a accurate) write(params map[string]string) error {
	if a.Basic == "" && len(a.Columns) == 0 {
		delete(params, model.ParamStatsAccurate)
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // as Java's encoders
	if err := e.Encode(a); err != nil {
		return fmt.Errorf("encode %s: %w", model.ParamStatsAccurate, err)
	}
	params[model.ParamStatsAccurate] = strings.TrimSuffix(b.String(), "\n")
	return nil
}

// Files are the counts that are known from listing a directory.
type Files struct{ Files, Bytes int64 }

// Rows are the counts that only who writes or reads the rows knows. Raw is Hive's rawDataSize.
type Rows struct{ Rows, Raw int64 }

// Counter returns a numeric parameter; ok is false when it is missing or negative (Hive's "unknown").
func Counter(params map[string]string, name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(params[name], 10, 64)
	return n, err == nil && n >= 0
}

// Accurate reports whether numRows can be relied on.
func Accurate(params map[string]string) bool { return readAccurate(params).Basic == "true" }

// AccurateColumns returns the columns whose statistics can be relied on, sorted.
func AccurateColumns(params map[string]string) []string {
	return slices.Sorted(maps.Keys(readAccurate(params).Columns))
}

// Replace records in params what a directory holds after it was written anew; columns are those with new statistics.
func Replace(params map[string]string, f Files, r Rows, columns []string) error {
	a := accurate{Basic: "true"}
	set(params, f, r)
	return a.with(columns).write(params)
}

// Refresh records a new count of files, as ANALYZE … NOSCAN does: Hive then takes for reliable what there is.
func Refresh(params map[string]string, f Files) error {
	SetFiles(params, f)
	a := readAccurate(params)
	a.Basic = "true"
	return a.write(params)
}

// FilesOnly records a count of files about which nothing else is known.
func FilesOnly(params map[string]string, f Files) {
	delete(params, model.ParamStatsAccurate)
	SetFiles(params, f)
}

// ForgetColumns makes the statistics of columns unreliable.
func ForgetColumns(params map[string]string, columns ...string) error {
	a := readAccurate(params)
	for _, c := range columns {
		delete(a.Columns, c)
	}
	return a.write(params)
}

// Forget makes all statistics unreliable.
func Forget(params map[string]string) error {
	delete(params, model.ParamStatsAccurate)
	return nil
}

// NoteColumn marks the statistics of a column as reliable.
func NoteColumn(params map[string]string, column string) error {
	return readAccurate(params).with([]string{column}).write(params)
}

// Append records that rows were added: f is what the directory holds now, r what was added. Counts that were not reliable
// before are not made so; columns, whose statistics were brought up to date too, remain reliable where they were.
func Append(params map[string]string, f Files, r Rows, columns []string) error {
	a := readAccurate(params)
	rows, known := Counter(params, model.ParamNumRows)
	raw, _ := Counter(params, model.ParamRawDataSize)
	if a.Basic != "true" || !known {
		SetFiles(params, f)
		return accurate{}.write(params)
	}
	set(params, f, Rows{rows + r.Rows, raw + r.Raw})
	kept := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return a.Columns[c] != "true" })
	return accurate{Basic: "true"}.with(kept).write(params)
}

func (a accurate) with(columns []string) accurate {
	for _, c := range columns {
		if a.Columns == nil {
			a.Columns = map[string]string{}
		}
		a.Columns[c] = "true"
	}
	return a
}

// SetFiles records a count of files and nothing else.
func SetFiles(params map[string]string, f Files) {
	params[model.ParamNumFiles] = strconv.FormatInt(f.Files, 10)
	params[model.ParamTotalSize] = strconv.FormatInt(f.Bytes, 10)
}

func set(params map[string]string, f Files, r Rows) {
	SetFiles(params, f)
	params[model.ParamNumRows] = strconv.FormatInt(r.Rows, 10)
	params[model.ParamRawDataSize] = strconv.FormatInt(r.Raw, 10)
}

// Union merges two sketches of distinct values; ok is false when it cannot read them.
type Union func(a, b []byte) (merged []byte, distinct int64, ok bool)

// Merger merges column statistics as a version of Hive does.
type Merger struct {
	Union Union // may be nil
	// ZeroBounds says that the bounds of a side without values count as zero, which was so in Hive 3.1 for numbers and
	// timestamps.
	ZeroBounds bool
}

// Merge returns the statistics of the rows of a and b together. Lengths are averaged as Hive does, by taking the larger
// average. Without a union of sketches the number of distinct values is taken to be the larger.
func (m Merger) Merge(a, b model.ColumnStatistics) model.ColumnStatistics {
	union := m.Union
	if m.ZeroBounds {
		a, b = zeroBounds(a, b), zeroBounds(b, a)
	}
	out := a
	out.Nulls = sum(a.Nulls, b.Nulls)
	out.Trues, out.Falses = sum(a.Trues, b.Trues), sum(a.Falses, b.Falses)
	out.MaxLength = max(a.MaxLength, b.MaxLength)
	out.AvgLength = max(a.AvgLength, b.AvgLength)
	out.Distinct, out.BitVector = max(a.Distinct, b.Distinct), nil
	if union != nil && a.BitVector != nil && b.BitVector != nil {
		if merged, distinct, ok := union(a.BitVector, b.BitVector); ok {
			out.Distinct, out.BitVector = distinct, merged
		}
	}
	out.Low = bound(a, b, a.Low, b.Low, -1)
	out.High = bound(a, b, a.High, b.High, +1)
	return out
}

// zeroBounds gives s, merged with other, the bounds zero when it has none but other has.
func zeroBounds(s, other model.ColumnStatistics) model.ColumnStatistics {
	if s.Low != "" || s.High != "" || other.Low == "" {
		return s
	}
	switch s.Kind {
	case model.LongStatistics:
		s.Low, s.High = "0", "0"
	case model.DoubleStatistics:
		s.Low, s.High = "0.0", "0.0"
	case model.TimestampStatistics:
		s.Low, s.High = "1970-01-01 00:00:00", "1970-01-01 00:00:00"
	}
	return s
}

func sum(a, b int64) int64 {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

// bound returns the smaller (sign -1) or larger of two bounds. Where a side has none because it has no values but NULL,
// the other's holds; where it is unknown, neither does.
func bound(a, b model.ColumnStatistics, x, y string, sign int) string {
	switch {
	case x == "" && y == "":
		return ""
	case x == "":
		if a.Distinct <= 1 { // no values: an estimate is at least 1
			return y
		}
		return ""
	case y == "":
		if b.Distinct <= 1 {
			return x
		}
		return ""
	}
	typ := partition.TypeOf(a.Type)
	c, ok := partition.Compare(typ.Parse(x), typ.Parse(y))
	if !ok {
		return ""
	}
	if c*sign >= 0 {
		return x
	}
	return y
}
