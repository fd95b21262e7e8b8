package qfile

import (
	"bufio"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"skep/test/hs2"
)

// position finds the "line L:C" that Hive's compile errors carry.
var position = regexp.MustCompile(`(?i)\bline (\d+:\d+)`)

// Compare reports how got differs from want: "" when they agree. Errors agree
// when code, SQLSTATE and line:column agree; their texts are compared by
// ErrorTextDiffers, because wording changes between Hive releases.
func Compare(stmt *Statement, want, got Outcome) string {
	switch {
	case stmt.Fails:
		if got.Err == nil {
			return "succeeded; Hive refuses it"
		}
		return ""
	case want.Err != nil && got.Err == nil:
		return "succeeded; Hive answers " + describe(want)
	case want.Err != nil:
		return compareErrors(want.Err, got.Err)
	case got.Err != nil:
		return "failed: " + describe(got)
	case stmt.Any:
		return ""
	case want.Result.HasRows != got.Result.HasRows:
		return fmt.Sprintf("has a result set: %v, want %v", got.Result.HasRows, want.Result.HasRows)
	}
	return compareResults(stmt, want.Result, got.Result)
}

func compareErrors(want, got *hs2.Error) string {
	if got.SQLState == "panic" { // what a harness reports for a crash of the engine is never an answer
		return got.Message
	}
	if want.Message == "*" {
		return ""
	}
	if want.Code != got.Code || want.SQLState != got.SQLState {
		return fmt.Sprintf("error %d %s (%s), want %d %s (%s)", got.Code, got.SQLState, got.Message, want.Code, want.SQLState, want.Message)
	}
	if w := position.FindStringSubmatch(want.Message); w != nil {
		if g := position.FindStringSubmatch(got.Message); g == nil || g[1] != w[1] {
			return fmt.Sprintf("error position differs: %q, want %q", got.Message, want.Message)
		}
	}
	return ""
}

// ErrorTextDiffers reports whether both are errors and their first lines,
// without the prefixes HiveServer2 adds, differ.
func ErrorTextDiffers(want, got Outcome) bool {
	if want.Err == nil || got.Err == nil || want.Err.Message == "*" {
		return false
	}
	plain := func(s string) string {
		s, _, _ = strings.Cut(s, "\n")
		for _, p := range []string{"Error while compiling statement: ", "Error while processing statement: ", "FAILED: "} {
			s = strings.TrimPrefix(s, p)
		}
		return s
	}
	return plain(want.Err.Message) != plain(got.Err.Message)
}

func compareResults(stmt *Statement, want, got *hs2.Result) string {
	if d := compareColumns(want.Columns, got.Columns); d != "" {
		return d
	}
	w, g := slices.Clone(want.Rows), slices.Clone(got.Rows)
	for i := range w {
		w[i] = maskRow(stmt.Masks, w[i])
	}
	for i := range g {
		g[i] = maskRow(stmt.Masks, g[i])
	}
	if !stmt.Ordered() {
		sortRows(w, want.Columns)
		sortRows(g, want.Columns)
	}
	if len(w) != len(g) {
		return fmt.Sprintf("%d rows, want %d\n%s", len(g), len(w), rowDiff(w, g, want.Columns))
	}
	for i := range w {
		if !rowsEqual(w[i], g[i], want.Columns) {
			return "rows differ\n" + rowDiff(w, g, want.Columns)
		}
	}
	return ""
}

func compareColumns(want, got []hs2.Column) string {
	text := func(cols []hs2.Column) string {
		s := make([]string, len(cols))
		for i, c := range cols {
			s[i] = c.Name + " " + outerType(c.Type)
		}
		return strings.Join(s, ", ")
	}
	if w, g := text(want), text(got); w != g {
		return fmt.Sprintf("columns (%s), want (%s)", g, w)
	}
	return ""
}

// outerType cuts the parameters of a nested type, which the protocol does not carry.
func outerType(t string) string {
	t, _, _ = strings.Cut(t, "<")
	return t
}

func maskRow(masks []*regexp.Regexp, row []hs2.Value) []hs2.Value {
	if len(masks) == 0 {
		return row
	}
	row = slices.Clone(row)
	for i := range row {
		for _, m := range masks {
			row[i].Text = m.ReplaceAllLiteralString(row[i].Text, "#")
		}
	}
	return row
}

// sortRows orders rows by text, floating-point cells by few digits so that
// values equal within the tolerance land on the same place.
func sortRows(rows [][]hs2.Value, cols []hs2.Column) {
	key := func(row []hs2.Value) string {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = formatRow(row[i : i+1])
			if f, err := strconv.ParseFloat(v.Text, 64); err == nil && isFloat(cols[i].Type) {
				cells[i] = strconv.FormatFloat(f, 'g', 6, 64)
			}
		}
		return strings.Join(cells, "\t")
	}
	slices.SortStableFunc(rows, func(a, b []hs2.Value) int { return strings.Compare(key(a), key(b)) })
}

func isFloat(t string) bool { return t == "double" || t == "float" }

// rowsEqual compares cells as text, doubles within 1e-12 and floats within
// 1e-6 relative: their sums depend on the order of the rows.
func rowsEqual(a, b []hs2.Value, cols []hs2.Column) bool {
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if a[i].Null || b[i].Null || !isFloat(cols[i].Type) {
			return false
		}
		x, errX := strconv.ParseFloat(a[i].Text, 64)
		y, errY := strconv.ParseFloat(b[i].Text, 64)
		tolerance := 1e-12
		if cols[i].Type == "float" {
			tolerance = 1e-6
		}
		if errX != nil || errY != nil || !(math.Abs(x-y) <= tolerance*math.Max(math.Abs(x), math.Abs(y))) {
			return false
		}
	}
	return true
}

// rowDiff lists up to 8 rows that are on one side only, in order.
func rowDiff(want, got [][]hs2.Value, cols []hs2.Column) string {
	var b strings.Builder
	shown := 0
	show := func(mark string, row []hs2.Value) {
		if shown++; shown <= 8 {
			fmt.Fprintf(&b, "  %s %s\n", mark, formatRow(row))
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && rowsEqual(want[i], got[j], cols):
			i, j = i+1, j+1
		case j >= len(got) || i < len(want) && !containsRow(got[j:], want[i], cols):
			show("want", want[i])
			i++
		default:
			show("got ", got[j])
			j++
		}
	}
	if shown > 8 {
		fmt.Fprintf(&b, "  … %d more\n", shown-8)
	}
	return b.String()
}

func containsRow(rows [][]hs2.Value, row []hs2.Value, cols []hs2.Column) bool {
	return slices.ContainsFunc(rows, func(r []hs2.Value) bool { return rowsEqual(row, r, cols) })
}

func describe(o Outcome) string {
	var s strings.Builder
	b := bufio.NewWriter(&s)
	o.write(b)
	_ = b.Flush() // a strings.Builder does not fail
	return strings.TrimSuffix(s.String(), "\n")
}
