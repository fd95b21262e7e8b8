package tpcds

import (
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"skep/test/hs2"
)

// comparison compares cells by the recorded column types (JDBC names).
type comparison struct {
	types []string
}

func (c comparison) cellsEqual(col int, a, b hs2.Value) bool {
	if a.Null || b.Null {
		return a.Null == b.Null
	}
	if a.Text == b.Text {
		return true
	}
	switch c.types[col] {
	case "DOUBLE", "FLOAT":
		x, errX := strconv.ParseFloat(a.Text, 64)
		y, errY := strconv.ParseFloat(b.Text, 64)
		return errX == nil && errY == nil && math.Abs(x-y) <= 1e-4*math.Max(math.Abs(x), math.Abs(y))
	case "CHAR": // clients differ in whether they show the padding
		return strings.TrimRight(a.Text, " ") == strings.TrimRight(b.Text, " ")
	case "DECIMAL": // the recorded text may be in another notation (0E-17)
		return exact(a.Text) == exact(b.Text)
	}
	return false
}

func (c comparison) rowsEqual(a, b []hs2.Value) bool {
	for i := range a {
		if !c.cellsEqual(i, a[i], b[i]) {
			return false
		}
	}
	return true
}

func (c comparison) equalAt(cols []int, a, b []hs2.Value) bool {
	return !slices.ContainsFunc(cols, func(i int) bool { return !c.cellsEqual(i, a[i], b[i]) })
}

// exact is the value of a decimal, in one notation.
func exact(text string) string {
	if r, ok := new(big.Rat).SetString(text); ok {
		return r.RatString()
	}
	return text
}

// key is equal for all rows that can be equal: approximate cells are left out.
func (c comparison) key(row []hs2.Value) string {
	var b strings.Builder
	for i, v := range row {
		switch {
		case v.Null:
			b.WriteString("\x01")
		case c.types[i] == "DOUBLE" || c.types[i] == "FLOAT":
		case c.types[i] == "DECIMAL":
			b.WriteString(exact(v.Text))
		default:
			b.WriteString(strings.TrimRight(v.Text, " "))
		}
		b.WriteByte(0)
	}
	return b.String()
}

// difference pairs equal rows off and returns what is left on either side.
func (c comparison) difference(want, got [][]hs2.Value) (onlyWant, onlyGot [][]hs2.Value) {
	byKey := map[string][][]hs2.Value{}
	for _, r := range got {
		k := c.key(r)
		byKey[k] = append(byKey[k], r)
	}
	for _, w := range want {
		k := c.key(w)
		i := slices.IndexFunc(byKey[k], func(g []hs2.Value) bool { return c.rowsEqual(w, g) })
		if i < 0 {
			onlyWant = append(onlyWant, w)
			continue
		}
		byKey[k] = slices.Delete(byKey[k], i, i+1)
	}
	for _, g := range got {
		k := c.key(g)
		if i := slices.IndexFunc(byKey[k], func(r []hs2.Value) bool { return &r[0] == &g[0] }); i >= 0 {
			onlyGot = append(onlyGot, g)
		}
	}
	return onlyWant, onlyGot
}

// sequenceDiffers is the first row whose key columns differ from the recorded
// row at the same place, or -1.
func (c comparison) sequenceDiffers(keys []int, want, got [][]hs2.Value) int {
	for i := range want {
		if !c.equalAt(keys, want[i], got[i]) {
			return i
		}
	}
	return -1
}

var word = regexp.MustCompile("[a-z_0-9.`]+|[(),*/+<>=-]")

// orderKeys are the output columns of the leading ORDER BY items, up to the
// first that is not an output column. Positions, names and aliases count.
func orderKeys(sql string, columns []string) []int {
	items, _ := orderAndLimit(sql)
	var keys []int
	for _, item := range items {
		for len(item) > 0 && slices.Contains([]string{"asc", "desc", "nulls", "first", "last"}, item[len(item)-1]) {
			item = item[:len(item)-1]
		}
		if len(item) != 1 {
			break
		}
		name := strings.Trim(item[0], "`")
		if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(columns) {
			keys = append(keys, n-1)
			continue
		}
		name = name[strings.LastIndexByte(name, '.')+1:]
		var found []int
		for i, c := range columns {
			if c = strings.ToLower(c); c == name || strings.HasSuffix(c, "."+name) {
				found = append(found, i)
			}
		}
		if len(found) != 1 {
			break
		}
		keys = append(keys, found[0])
	}
	return keys
}

func limitOf(sql string) int {
	_, limit := orderAndLimit(sql)
	return limit
}

// orderAndLimit finds the items of the ORDER BY outside all parentheses and
// the number after the last LIMIT there, -1 without one.
func orderAndLimit(sql string) (items [][]string, limit int) {
	sql = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(sql, "")
	sql = regexp.MustCompile(`'[^']*'`).ReplaceAllString(sql, "''")
	limit = -1
	depth, inOrder := 0, false
	words := word.FindAllString(strings.ToLower(sql), -1)
	for i, w := range words {
		switch {
		case w == "(":
			depth++
		case w == ")":
			depth--
		}
		if depth > 0 || w == ")" {
			if inOrder {
				items[len(items)-1] = append(items[len(items)-1], w)
			}
			continue
		}
		switch {
		case w == "order" && i+1 < len(words) && words[i+1] == "by":
			inOrder, items = true, [][]string{nil}
		case w == "by" && inOrder && len(items[0]) == 0:
		case w == "limit":
			inOrder = false
			if i+1 < len(words) {
				if n, err := strconv.Atoi(words[i+1]); err == nil {
					limit = n
				}
			}
		case inOrder && w == ",":
			items = append(items, nil)
		case inOrder:
			items[len(items)-1] = append(items[len(items)-1], w)
		}
	}
	return items, limit
}
