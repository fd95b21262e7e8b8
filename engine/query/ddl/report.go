package ddl

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// report builds the text in which Hive describes metadata: lines of cells between tabs. Clients get its lines as rows, so a
// value with a line break continues on the next row, as it does with Hive.
type report struct{ strings.Builder }

// nameWidth is the width to which the names (and values) of formatted descriptions are padded.
const nameWidth = 20

// reporting is a task whose rows are the lines of a report.
func reporting(columns []string, write func(ctx context.Context, r *report) error) *Task {
	return &Task{Columns: columns, Run: func(ctx context.Context) ([][]*string, error) {
		var r report
		if err := write(ctx, &r); err != nil {
			return nil, err
		}
		return r.rows(len(columns)), nil
	}}
}

// rows divides the text into rows of n cells: missing cells and those that are a single blank are NULL, surplus cells are
// dropped.
func (r *report) rows(n int) [][]*string {
	text := r.String()
	if text == "" {
		return nil
	}
	var rows [][]*string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		row := make([]*string, n)
		for i, cell := range strings.Split(line, "\t") {
			if i < n && cell != " " {
				row[i] = &cell
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// line writes a line as it is.
func (r *report) line(text string) {
	r.WriteString(text)
	r.WriteByte('\n')
}

// title writes a heading after an empty line.
func (r *report) title(text string) { r.line("\n# " + text) }

// cells writes a line of values, with special characters escaped.
func (r *report) cells(values ...string) {
	for i, v := range values {
		if i > 0 {
			r.WriteByte('\t')
		}
		r.WriteString(escapeText(v))
	}
	r.WriteByte('\n')
}

// pair writes a name and its value, both padded. Further lines of the value are indented.
func (r *report) pair(name, value string) {
	fmt.Fprintf(r, "%-*s\t", nameWidth, name)
	lines := strings.FieldsFunc(value, func(c rune) bool { return c == '\n' || c == '\r' })
	if len(lines) == 0 {
		lines = []string{""}
	}
	for i, l := range lines {
		if i > 0 {
			fmt.Fprintf(r, "\t%-*s\t", max(nameWidth, len(name)), "")
		}
		fmt.Fprintf(r, "%-*s\n", nameWidth, l)
	}
}

// fields writes a line of padded values.
func (r *report) fields(values ...string) {
	for i, v := range values {
		if i > 0 {
			r.WriteByte('\t')
		}
		fmt.Fprintf(r, "%-*s", nameWidth, v)
	}
	r.WriteByte('\n')
}

// orNull is the text of a value in Java's string concatenation.
func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

// escapeText escapes quotes, backslashes and control characters as Java source does, but leaves other characters alone.
func escapeText(s string) string { return escape(s, false) }

// escapeASCII is escapeText that writes everything outside ASCII as \uXXXX too.
func escapeASCII(s string) string { return escape(s, true) }

func escape(s string, ascii bool) string {
	if strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c == '"' || c == '\\' || c >= 0x7f }) < 0 {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		switch c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case '\b':
			b.WriteString(`\b`)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		case '\f':
			b.WriteString(`\f`)
		case '\r':
			b.WriteString(`\r`)
		default:
			switch {
			case c < ' ' && ascii, c > 0x7f && ascii:
				for _, u := range utf16.Encode([]rune{c}) {
					fmt.Fprintf(&b, `\u%04X`, u)
				}
			default:
				b.WriteRune(c)
			}
		}
	}
	return b.String()
}

// quoteCommand escapes text for use between single quotes in a statement.
func quoteCommand(s string) string {
	return strings.NewReplacer(`'`, `\'`, `;`, `\;`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`).Replace(s)
}

// escapeControls writes control characters and characters outside ASCII as \uXXXX.
func escapeControls(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c >= ' ' && c <= 0x7e {
			b.WriteRune(c)
			continue
		}
		for _, u := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&b, `\u%04X`, u)
		}
	}
	return b.String()
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }
