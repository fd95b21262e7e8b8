//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"skep/test/hs2"
)

// peer returns a session, with settings, of another engine that speaks HiveServer2's protocol. SKEP_PEER_HIVE and SKEP_PEER_SPARK name one that
// runs already; else it is started by its script in SKEP_SHARED/peers, and stopped with the test.
func peer(t *testing.T, name, script string, settings map[string]string) *hs2.Client {
	t.Helper()
	addr := os.Getenv("SKEP_PEER_" + strings.ToUpper(name))
	if addr == "" {
		shared := os.Getenv("SKEP_SHARED")
		if shared == "" {
			shared = filepath.Join("..", "..", "..", "shared")
		}
		start := filepath.Join(shared, "peers", script)
		if _, err := os.Stat(start); err != nil {
			t.Skipf("skipped: no %s runs (SKEP_PEER_%s=host:port) and there is no script %s to start one", name, strings.ToUpper(name), start)
		}
		need(t, "java", "mvn", "python3")
		addr = launch(t, name, start)
	}
	c, err := hs2.Dial(t.Context(), hs2.Options{Addr: addr, User: "root", Conf: settings})
	if err != nil {
		t.Fatalf("connecting to %s: %v", name, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// launch starts a peer on a free port and waits until it answers.
func launch(t *testing.T, name, script string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	log, err := os.Create(filepath.Join(build(t, "peers"), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("bash", script, fmt.Sprint(addr.Port))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "HIVE_HEAP=2g", "SPARK_HEAP=2g")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if c, err := hs2.Dial(ctx, hs2.Options{Addr: addr.String(), User: "root"}); err == nil {
			c.Close()
			return addr.String()
		}
		select {
		case err := <-ended:
			ended <- err
			t.Skipf("skipped: %s does not start (%v), see %s", name, err, log.Name())
		case <-ctx.Done():
			t.Fatalf("%s is not up after %s, see %s", name, patience, log.Name())
		case <-time.After(time.Second):
		}
	}
}
