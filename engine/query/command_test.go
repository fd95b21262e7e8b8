package query

import (
	"strings"
	"testing"
)

// TestReset checks what RESET takes back: settings that have a value without the session, and all of skep's own, whose defaults are in the
// code that asks for them.
func TestReset(t *testing.T) {
	e, err := Open(t.Context(), Config{DataDir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	s, err := e.NewSession(t.Context(), SessionOptions{User: "u"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ set, want string }{
		{"hive.exec.reducers.max=7", "hive.exec.reducers.max=1009"},
		{"skep.execution.broadcast.bytes=-1", "skep.execution.broadcast.bytes is undefined"},
		{"somebodys.own=1", "somebodys.own=1"},
	} {
		name, _, _ := strings.Cut(c.set, "=")
		for _, reset := range []string{"reset " + name, "reset"} {
			run(t, s, "set "+c.set)
			run(t, s, reset)
			if got := run(t, s, "set "+name); len(got) != 1 || !strings.Contains(got[0], " "+c.want+" ") {
				t.Errorf("after %s and %s: %q, want %q", c.set, reset, got, c.want)
			}
		}
	}
}
