package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// figure is a line of the table of what was measured.
type figure struct{ what, goal, measured string }

// The lines between which the table stands in a document.
const (
	tableBegins = "<!-- written by make bench-exec DOC=…; do not edit -->"
	tableEnds   = "<!-- end -->"
)

func (b *bench) figure(what, goal, format string, args ...any) {
	b.figures = append(b.figures, figure{what, goal, fmt.Sprintf(format, args...)})
}

// write replaces the table in a document.
func (b *bench) write(path string) error {
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(doc, []byte(tableBegins+"\n"))
	_, after, ended := bytes.Cut(rest, []byte(tableEnds+"\n"))
	if !ok || !ended {
		return fmt.Errorf("%s has no lines %q and %q", path, tableBegins, tableEnds)
	}
	var out strings.Builder
	out.Write(before)
	out.WriteString(tableBegins + "\n| | goal | measured |\n|---|---|---|\n")
	for _, f := range b.figures {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", f.what, f.goal, f.measured)
	}
	out.WriteString(tableEnds + "\n")
	out.Write(after)
	return os.WriteFile(path, []byte(out.String()), 0o644)
}
