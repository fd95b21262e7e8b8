package operation

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"skep/thrift/backend"
)

// TestLog compares a log, short and long, with a list of lines.
func TestLog(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		dir := filepath.Join(t.TempDir(), "logs")
		l := NewLog(true, dir)
		var want, got []string
		read := func(limit int, rewind bool) {
			lines, err := l.Fetch(limit, rewind)
			if err != nil {
				t.Fatal(err)
			}
			if rewind {
				got = nil
			}
			if limit > 0 && len(lines) > limit {
				t.Fatalf("%d lines where %d are asked for", len(lines), limit)
			}
			got = append(got, lines...)
		}
		for i := range 400 {
			text := fmt.Sprint(i, strings.Repeat("x", r.IntN(1+int(seed)*20)))
			switch r.IntN(6) {
			case 0:
				read(1+r.IntN(9), r.IntN(20) == 0)
			case 1:
				l.Logf("WARN", "%s\r\nmore\n", text)
				want = append(want, "WARN  : "+text, "more")
			default:
				l.Logf("INFO", "%s", text)
				want = append(want, "INFO  : "+text)
			}
		}
		for len(got) < len(want) {
			before := len(got)
			read(r.IntN(50), false)
			if len(got) == before {
				t.Fatalf("seed %d: no further lines after %d of %d", seed, len(got), len(want))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: lines differ", seed)
		}
		if lines, err := l.Fetch(0, false); len(lines) > 0 || err != nil {
			t.Fatalf("after the end: %q, %v", lines, err)
		}
		if cap(l.tail) > 4*logInMemory {
			t.Errorf("seed %d: %d bytes in memory", seed, cap(l.tail))
		}
		if files, err := os.ReadDir(dir); len(files) > 0 || err != nil && !os.IsNotExist(err) {
			t.Errorf("files with names: %v, %v", files, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l.Logf("INFO", "too late")
		if lines, err := l.Fetch(0, true); len(lines) > 0 || err != nil {
			t.Errorf("closed: %q, %v", lines, err)
		}
	}
}

func TestLongLines(t *testing.T) {
	l := NewLog(true, t.TempDir())
	defer l.Close()
	long := strings.Repeat("y", 3*logFetchBytes)
	l.Logf("INFO", "first")
	l.Logf("INFO", "%s", long)
	l.Logf("INFO", "last")
	var got []string
	for {
		lines, err := l.Fetch(0, false)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) == 0 {
			break
		}
		got = append(got, lines...)
	}
	if len(got) != 3 || len(got[1]) != len(long)+8 || got[2] != "INFO  : last" {
		t.Errorf("%d lines", len(got))
	}
}

func TestLogThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := NewLog(true, filepath.Join(file, "logs"))
	for range 1000 {
		l.Logf("INFO", "%s", strings.Repeat("z", 100))
	}
	lines, err := l.Fetch(0, false)
	if err != nil || len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], "WARN  : Further lines of the log are not kept: making the directory") {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

func TestReportText(t *testing.T) {
	p := backend.Progress{Vertices: []backend.VertexProgress{
		{Name: "Map 1", Total: 4, Completed: 4}, {Name: "Map 2", Total: 9, Completed: 3, Running: 2}, {Name: "Map 3", Total: 9, Completed: 3, Running: 2, Failed: 1},
		{Name: "Reducer 4", Total: 5}, {Name: "Reducer 5"},
	}}
	if got, want := reportText(&p), "Map 1: 4/4\tMap 2: 3(+2)/9\tMap 3: 3(+2,-1)/9\tReducer 4: 0/5\tReducer 5: -/-"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
