package qfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"skep/test/hs2"
)

// Outcome is what a statement answered: a result or an error. An Err.Message
// of "*" stands for any text and code.
type Outcome struct {
	Result *hs2.Result
	Err    *hs2.Error
}

// Expectation is one recorded block of a .q.out file.
type Expectation struct {
	SQL string
	Outcome
}

// ReadExpectations reads a .q.out file.
func ReadExpectations(path string) ([]Expectation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := parseExpectations(f)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return out, nil
}

func parseExpectations(r io.Reader) ([]Expectation, error) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 16<<20)
	var out []Expectation
	echo := false // inside the "> " lines of a block
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		kind, rest := line, ""
		if i := strings.IndexByte(line, ' '); i >= 0 {
			kind, rest = line[:i], line[i+1:]
		}
		if kind == ">" {
			if echo {
				out[len(out)-1].SQL += "\n" + rest
			} else {
				out = append(out, Expectation{SQL: rest})
			}
			echo = true
			continue
		}
		echo = false
		if line == "" {
			continue
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("%d: %q before the first statement", n, line)
		}
		e := &out[len(out)-1]
		switch kind {
		case "ok":
			e.Result = &hs2.Result{}
		case "error":
			f := strings.SplitN(rest, " ", 3)
			code, err := strconv.Atoi(f[0])
			if err != nil || len(f) != 3 {
				return nil, fmt.Errorf("%d: bad error line", n)
			}
			e.Err = &hs2.Error{Code: code, SQLState: strings.Trim(f[1], "-"), Message: unescape(f[2])}
		case ":":
			e.Result = &hs2.Result{HasRows: true}
			for _, c := range strings.Split(rest, "\t") {
				i := strings.LastIndexByte(c, ' ')
				if i < 0 {
					return nil, fmt.Errorf("%d: bad column %q", n, c)
				}
				e.Result.Columns = append(e.Result.Columns, hs2.Column{Name: unescape(c[:i]), Type: c[i+1:]})
			}
		case "|":
			if e.Result == nil {
				return nil, fmt.Errorf("%d: row before the columns", n)
			}
			var row []hs2.Value
			for _, c := range strings.Split(rest, "\t") {
				if c == `\N` {
					row = append(row, hs2.Value{Null: true})
				} else {
					row = append(row, hs2.Value{Text: unescape(c)})
				}
			}
			if len(row) != len(e.Result.Columns) {
				return nil, fmt.Errorf("%d: %d cells in a result of %d columns", n, len(row), len(e.Result.Columns))
			}
			e.Result.Rows = append(e.Result.Rows, row)
		default:
			return nil, fmt.Errorf("%d: unknown line %q", n, line)
		}
	}
	return out, in.Err()
}

// WriteExpectations writes blocks in the format of a .q.out file.
func WriteExpectations(w io.Writer, blocks []Expectation) error {
	b := bufio.NewWriter(w)
	for _, e := range blocks {
		fmt.Fprintf(b, "> %s\n", strings.ReplaceAll(e.SQL, "\n", "\n> "))
		e.Outcome.write(b)
		b.WriteByte('\n')
	}
	return b.Flush()
}

func (o Outcome) write(b *bufio.Writer) {
	switch {
	case o.Err != nil:
		state := o.Err.SQLState
		if state == "" {
			state = "-"
		}
		fmt.Fprintf(b, "error %d %s %s\n", o.Err.Code, state, escape(o.Err.Message))
	case !o.Result.HasRows:
		b.WriteString("ok\n")
	default:
		var cells []string
		for _, c := range o.Result.Columns {
			cells = append(cells, escape(c.Name)+" "+c.Type)
		}
		fmt.Fprintf(b, ": %s\n", strings.Join(cells, "\t"))
		for _, row := range o.Result.Rows {
			fmt.Fprintf(b, "| %s\n", formatRow(row))
		}
	}
}

func formatRow(row []hs2.Value) string {
	cells := make([]string, len(row))
	for i, v := range row {
		cells[i] = `\N`
		if !v.Null {
			cells[i] = escape(v.Text)
		}
	}
	return strings.Join(cells, "\t")
}

func escape(s string) string {
	if !strings.ContainsAny(s, "\\\t\n\r\x00") {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(s)
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\0`, "\x00").Replace(s)
}
