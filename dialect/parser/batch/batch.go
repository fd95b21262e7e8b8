// Package batch checks statements in bulk: the machinery behind `skep parse`.
package batch

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"skep/dialect/parser"
)

// maxStatement bounds one statement's text.
const maxStatement = 64 << 20

// ParseBatch reads NUL-terminated statements from in and writes one line for each, flushed at once: "ok", or "error: "
// and the parser's message with line breaks written as \n. Commands (SET, ADD JAR, ...) count as accepted.
func ParseBatch(in io.Reader, out io.Writer, opts parser.Options) error {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 64<<10), maxStatement)
	s.Split(splitNul)
	w := bufio.NewWriter(out)
	for s.Scan() {
		line := "ok"
		if err := check(s.Text(), opts); err != nil {
			line = "error: " + strings.ReplaceAll(err.Error(), "\n", `\n`)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return fmt.Errorf("writing verdict: %w", err)
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("writing verdict: %w", err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("reading statements: %w", err)
	}
	return nil
}

func check(sql string, opts parser.Options) error {
	if parser.ParseCommand(sql) != nil {
		return nil
	}
	_, err := parser.Parse(sql, opts)
	return err
}

// splitNul splits input at NUL bytes; a last statement without one counts too.
func splitNul(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
