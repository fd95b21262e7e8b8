//go:build e2e

// Package e2e runs the clients people use against bin/skep: beeline, the JDBC driver, PyHive, impyla and gohive, each through
// the same script of statements. What a client needs and this machine does not have makes it skip, with a reason.
//
// SKEP_BUILD holds what is downloaded. SKEP_E2E_ADDRESS names a server that runs already, any HiveServer2; then logins by SASL
// are left out unless SKEP_E2E_SASL is set.
package e2e

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skep/test/skepserver"
)

//go:embed script.tsv
var script string

// patience bounds one client's run.
const patience = 10 * time.Minute

// address is the server all tests talk to; sasl says whether it lets clients log in.
var (
	address string
	sasl    bool
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if address = os.Getenv("SKEP_E2E_ADDRESS"); address != "" {
		sasl = os.Getenv("SKEP_E2E_SASL") != ""
		return m.Run(), nil
	}
	sasl = true
	binary := filepath.Join("..", "..", "bin", "skep")
	if _, err := os.Stat(binary); err != nil {
		return 1, fmt.Errorf("the tests need bin/skep: make build")
	}
	data, err := os.MkdirTemp("", "skep-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(data)
	server, err := skepserver.Start(context.Background(), skepserver.Options{Binary: binary, Data: data})
	if err != nil {
		return 1, err
	}
	address = server.Addr
	code = m.Run()
	return code, server.Stop()
}

// build returns a directory of its own below SKEP_BUILD, where downloads are kept.
func build(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("SKEP_BUILD")
	if root == "" {
		root = filepath.Join("..", "..", "build")
	}
	dir, err := filepath.Abs(filepath.Join(root, "e2e", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// need skips the test unless the programs are installed.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("skipped: %s is not installed", p)
		}
	}
}

// once runs prepare unless it has succeeded in this directory before.
func once(t *testing.T, dir string, prepare func()) {
	t.Helper()
	ready := filepath.Join(dir, ".ready")
	if _, err := os.Stat(ready); err == nil {
		return
	}
	prepare()
	if err := os.WriteFile(ready, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fetch runs a command that downloads; without a network the test is skipped.
func fetch(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Skipf("skipped: %s %s: %v\n%s", name, strings.Join(args, " "), err, last(out))
	}
}

// last returns the end of an output.
func last(out []byte) []byte {
	const most = 4000
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return bytes.TrimSpace(out)
}

// modes are the ways to connect.
func modes() []string {
	if sasl {
		return []string{"nosasl", "plain"}
	}
	return []string{"nosasl"}
}

// steps returns the script for a database, in a file.
func steps(t *testing.T, db string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.tsv")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(script, "{db}", db)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// client runs a client program that walks through the script and prints what fails.
func client(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, last(out))
		return
	}
	t.Logf("%s", last(out))
}

// url is the JDBC URL of a mode.
func url(mode string) string {
	if mode == "nosasl" {
		return "jdbc:hive2://" + address + "/default;auth=noSasl"
	}
	return "jdbc:hive2://" + address + "/default"
}
