package batch

import (
	"strings"
	"testing"

	"skep/dialect/parser"
)

func TestParseBatch(t *testing.T) {
	var out strings.Builder
	in := "select 1\x00set a=b\x00selct 1\x00select\n'x"
	if err := ParseBatch(strings.NewReader(in), &out, parser.Options{}); err != nil {
		t.Fatal(err)
	}
	want := []string{"ok", "ok", "error: ParseException line 1:0 cannot recognize input near 'selct' '1' '<EOF>'",
		"error: ParseException line 2:2 character '<EOF>' not supported here", ""}
	if got := strings.Split(out.String(), "\n"); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("got %q", got)
	}
}
