package importrules

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

func TestImportDirections(t *testing.T) {
	module := strings.TrimSpace(string(goCommand(t, "list", "-m")))
	dec := json.NewDecoder(bytes.NewReader(goCommand(t, "list", "-deps", "-e", "-json=ImportPath,Standard,Imports", module+"/...")))
	var pkgs []Package
	for {
		var p Package
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) < 10 {
		t.Fatalf("go list found %d packages", len(pkgs))
	}
	for _, problem := range Check(module, pkgs) {
		t.Error(problem)
	}
}

func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// TestCheckFindsViolations makes sure that the test above can fail.
func TestCheckFindsViolations(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     string // "" when allowed
	}{
		{"dialect/analyzer", "dialect/types", ""},
		{"dialect/analyzer", "engine/vector", "must not import"},
		{"dialect/types", "dialect/plan", "must not import"},
		{"engine/vector", "dialect/types", ""},
		{"engine/vector", "engine/expr", "must not import"},
		{"engine/operator", "engine/hashtable", ""},
		{"engine/operator", "dialect/analyzer", "must not import"},
		{"engine/hashtable", "engine/operator", "must not import"},
		{"engine/query", "metastore/store", ""},
		{"engine/format/orc", "engine/filesystem/local", ""},
		{"metastore/store", "engine/filesystem", "must not import"},
		{"shuffle/format", "engine/vector", ""},
		{"shuffle/format", "engine/operator", "must not import"},
		{"thrift/rowset", "engine/vector", ""},
		{"thrift/hs2", "engine/operator", "must not import"},
		{"engine/operator", "cmd/skep", "must not import"},
		{"engine/query", "test/qfile", "must not import"},
		{"nowhere/new", "dialect/types", "no rule speaks of"},
	} {
		got := Check("m", []Package{{ImportPath: "m/" + c.from, Imports: []string{"m/" + c.to}}})
		if (c.want == "") != (len(got) == 0) || len(got) > 0 && !strings.Contains(got[0], c.want) {
			t.Errorf("%s → %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
	foreign := []Package{{ImportPath: "m/engine/query", Imports: []string{"github.com/beltran/gohive/hiveserver"}}}
	if got := Check("m", foreign); len(got) != 1 || !strings.Contains(got[0], "generated Thrift") {
		t.Errorf("generated code outside thrift: %q", got)
	}
	external := []Package{{ImportPath: "m/engine/vector", Imports: []string{"fmt", "example.com/x"}}, {ImportPath: "fmt", Standard: true}}
	if got := Check("m", external); len(got) != 1 || !strings.Contains(got[0], "example.com/x") {
		t.Errorf("third-party import in a std-only package: %q", got)
	}
}
