package sqlerr

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

type place3 struct {
	line, col int
	token     string
}

func (p place3) Where() (int, int, string) { return p.line, p.col, p.token }

func TestTexts(t *testing.T) {
	at := place3{1, 14, "t"}
	for _, c := range []struct {
		err         *Error
		text, state string
		code        Code
	}{
		{At(InvalidTable, at), "SemanticException [Error 10001]: Line 1:14 Table not found 't'", "42S02", 10001},
		{AtReason(InvalidTableOrColumn, at, "(possible column names are: a, b)"),
			"SemanticException [Error 10004]: Line 1:14 Invalid table alias or column reference 't': (possible column names are: a, b)", "42000", 10004},
		{New(DatabaseNotExists, "nodb"), "SemanticException [Error 10072]: Database does not exist: nodb", "42000", 10072},
		{Semanticf("x %d", 1), "SemanticException x 1", "42000", 40000},
		{Parse(1, 7, "a", "cannot recognize input near 'a' 'b' 'c'"), "ParseException line 1:7 cannot recognize input near 'a' 'b' 'c'", "42000", 40000},
		{Execution(2, "org.apache.hadoop.hive.ql.exec.mr.MapRedTask", ""), "Execution Error, return code 2 from org.apache.hadoop.hive.ql.exec.mr.MapRedTask", "08S01", 2},
		{Execution(1, "org.apache.hadoop.hive.ql.exec.DDLTask", "boom"), "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. boom", "08S01", 1},
	} {
		if c.err.Error() != c.text || c.err.SQLState != c.state || c.err.Code != c.code {
			t.Errorf("got %q %s %d, want %q %s %d", c.err, c.err.SQLState, c.err.Code, c.text, c.state, c.code)
		}
	}
}

func TestChain(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("compiling: %w", New(InvalidTable, "t").WithCause(cause))
	if CodeOf(err) != InvalidTable || !errors.Is(err, cause) || !errors.Is(err, New(InvalidTable)) {
		t.Fatalf("chain of %v is broken", err)
	}
	if CodeOf(cause) != GenericError {
		t.Fatal("an unknown error must have the generic code")
	}
}

func TestParametersAreFilled(t *testing.T) {
	for code, m := range messages {
		if !strings.Contains(m.text, "{0}") {
			continue
		}
		got := Text(code, "P0", "P1", "P2", "P3", "P4", "P5")
		if strings.Contains(got, "{0}") || !strings.Contains(got, "P0") {
			t.Errorf("%d: %q", code, got)
		}
	}
}
