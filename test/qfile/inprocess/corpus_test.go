package inprocess

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"skep/engine/query"
	"skep/test/qfile"
	"skep/thrift/embedded"
)

var (
	update = flag.Bool("update-gaps", false, "rewrite test/testdata/known_gaps.txt from the failures of this run")
	strict = flag.Bool("strict-gaps", false, "fail when a statement of known_gaps.txt passes")
	only   = flag.String("q", "", "comma-separated names of .q files to run (default: all)")
)

const (
	corpus = "../../testdata"
	gaps   = corpus + "/known_gaps.txt"
)

// configurations under which every file must answer the same.
var configurations = []struct {
	name   string
	config query.Config
	conf   map[string]string
}{
	{"parallel", query.Config{Threads: 4}, nil},
	{"serial", query.Config{Threads: 1}, nil},
	{"spill", query.Config{Threads: 2, Memory: 4 << 20}, nil},
	{"staged", query.Config{Threads: 2}, map[string]string{"skep.execution.mode": "staged", "skep.execution.tasks": "3", "skep.execution.verify": "true", "mapreduce.input.fileinputformat.split.maxsize": "64"}},
	{"partitioned", query.Config{Threads: 2}, map[string]string{"skep.execution.mode": "staged", "skep.execution.tasks": "3", "skep.execution.verify": "true", "skep.execution.broadcast.bytes": "-1", "skep.execution.broadcast.actual.bytes": "-1", "skep.execution.whole.bytes": "-1", "skep.execution.twice": "true", "mapreduce.input.fileinputformat.split.maxsize": "64"}},
	{"unoptimized", query.Config{Threads: 2}, map[string]string{"skep.optimizer.disabled": "fold,push-down,shared-filter,preaggregate,eager-aggregate,semi-join-push,join-order,limit,semi-join-reduce,column-prune,common-subplan,build-side"}},
}

// TestCorpus compares the answers of the engine with those of a real Hive.
// Statements listed in known_gaps.txt may fail; with -strict-gaps one that
// passes under all configurations must be taken off the list.
func TestCorpus(t *testing.T) {
	known := readGaps(t)
	failing, seen := map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob(filepath.Join(corpus, "*.q"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no .q files (%v)", err)
	}
	if *only != "" {
		names := strings.Split(*only, ",")
		files = slices.DeleteFunc(files, func(f string) bool { return !slices.Contains(names, strings.TrimSuffix(filepath.Base(f), ".q")) })
	}
	for _, c := range configurations {
		t.Run(c.name, func(t *testing.T) {
			c.config.DataDir = t.TempDir()
			engine, err := query.Open(t.Context(), c.config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := engine.Close(); err != nil {
					t.Error(err)
				}
			})
			target := Engine{Backend: embedded.New(engine), Conf: c.conf}
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".q"), func(t *testing.T) {
					runFile(t, file, target, known, failing, seen)
				})
			}
		})
	}
	if *update {
		writeGaps(t, known, failing, seen)
		return
	}
	var stale []string
	for key := range known {
		if seen[key] && !failing[key] {
			stale = append(stale, key)
		}
	}
	if len(stale) > 0 {
		slices.Sort(stale)
		t.Logf("%d statements of known_gaps.txt pass now; `make gaps` takes them off:\n%s", len(stale), strings.Join(stale, "\n"))
		if *strict {
			t.Fail()
		}
	}
}

func runFile(t *testing.T, file string, engine qfile.Engine, known, failing, seen map[string]bool) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	answers, broken := qfile.Execute(ctx, file, engine, qfile.Config{TempDir: t.TempDir(), Timeout: time.Minute})
	verdicts, err := qfile.Judge(file, answers)
	if err != nil {
		t.Fatal(err)
	}
	passed, gap := 0, 0
	for _, v := range verdicts {
		key := v.Key(file)
		seen[key] = true
		if v.Diff == "" {
			passed++
			continue
		}
		failing[key] = true
		if known[key] || *update {
			gap++
			if testing.Verbose() {
				t.Logf("known gap %s:%d: %s\n%s", file, v.Statement.Line, v.Statement.SQL, v.Diff)
			}
			continue
		}
		t.Errorf("%s:%d: %s\n%s", file, v.Statement.Line, v.Statement.SQL, v.Diff)
	}
	if broken != nil && gap == 0 {
		t.Errorf("the engine broke: %v", broken)
	}
	t.Logf("%d of %d statements pass, %d known gaps", passed, len(verdicts), gap)
}

func readGaps(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(gaps)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		key, reason := splitGap(line)
		if key != "" {
			known[key] = true
		}
		if key != "" && reason == "" && !*update {
			t.Errorf("%s gives no reason for %s", gaps, key)
		}
	}
	return known
}

// splitGap divides a line of known_gaps.txt into the statement's key and the reason behind a second tab, if there is one.
func splitGap(line string) (key, reason string) {
	if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
		return "", ""
	}
	if at := strings.LastIndex(line, "\t# "); at >= 0 {
		return line[:at], line[at:]
	}
	return line, ""
}

func writeGaps(t *testing.T, known, failing, seen map[string]bool) {
	t.Helper()
	for key := range known {
		if !seen[key] {
			failing[key] = *only != "" // of a file that did not run
		}
	}
	var lines []string
	reasons := map[string]string{}
	if text, err := os.ReadFile(gaps); err == nil {
		for line := range strings.Lines(string(text)) {
			key, reason := splitGap(line)
			reasons[key] = reason
		}
	}
	for key, fails := range failing {
		if fails {
			lines = append(lines, key+reasons[key])
		}
	}
	slices.Sort(lines)
	text := "# Statements of the corpus that do not yet answer as Hive does: file, tab, statement, tab, \"# \" and the reason.\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(gaps, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d statements in %s", len(lines), gaps)
}
