package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"skep/engine/query"
	"skep/engine/worker/supervisor"
)

// acceptWorkers listens for workers; nil when there are to be none.
func (c *serverCommand) acceptWorkers() (*query.Workers, error) {
	if c.Workers == 0 && c.WorkerPort == 0 {
		return nil, nil
	}
	if c.TokenFile == "" {
		if c.WorkerPort != 0 {
			return nil, errors.New("--worker-port needs a --token-file")
		}
		if err := c.makeToken(); err != nil {
			return nil, err
		}
	}
	access, err := c.wire()
	if err != nil {
		return nil, err
	}
	address := "127.0.0.1:0"
	if c.WorkerPort != 0 {
		address = net.JoinHostPort(c.Host, strconv.Itoa(c.WorkerPort))
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for workers: %w", err)
	}
	return &query.Workers{Listener: l, Security: access, Spool: c.Spool, Served: c.ShuffleServer != ""}, nil
}

// makeToken makes the token of the workers that are started here. One of an earlier server stays, as its workers may still be there.
func (c *serverCommand) makeToken() error {
	c.TokenFile = filepath.Join(c.Data, "worker-token")
	if _, err := readToken(c.TokenFile); err == nil {
		return nil
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o755); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	if err := os.WriteFile(c.TokenFile, []byte(hex.EncodeToString(secret)), 0o600); err != nil {
		return fmt.Errorf("writing the workers' token: %w", err)
	}
	return nil
}

// localWorker is the name of a worker process that is started here, workerDir its directory.
func localWorker(i int) string { return "local-" + strconv.Itoa(i) }

func (c *serverCommand) workerDir(i int) string {
	return filepath.Join(c.Data, "workers-data", strconv.Itoa(i))
}

// keepWorkers starts the worker processes of this machine, but for those that an earlier server has left. It must not be called before
// the data directory is this server's.
func (c *serverCommand) keepWorkers(at net.Addr, log hclog.Logger) (*supervisor.Supervisor, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("looking for the program of workers: %w", err)
	}
	info, err := os.Stat(exe)
	if err != nil {
		return nil, fmt.Errorf("looking for the program of workers: %w", err)
	}
	// Workers look here each time they attach.
	address := filepath.Join(c.Data, "workers-data", "server")
	if err := os.MkdirAll(filepath.Dir(address), 0o755); err != nil {
		return nil, fmt.Errorf("making the directory of workers: %w", err)
	}
	text := net.JoinHostPort("127.0.0.1", strconv.Itoa(at.(*net.TCPAddr).Port))
	if err := os.WriteFile(address+".new", []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("telling workers where the server is: %w", err)
	}
	if err := os.Rename(address+".new", address); err != nil {
		return nil, fmt.Errorf("telling workers where the server is: %w", err)
	}
	identity := func(i int) string {
		sum := sha256.Sum256(fmt.Append(nil, info.Size(), info.ModTime().UnixNano(), c.workerArgs(i, address)))
		return hex.EncodeToString(sum[:8])
	}
	var others []*supervisor.Process // there were more workers
	entries, err := os.ReadDir(filepath.Dir(address))
	if err != nil {
		return nil, fmt.Errorf("looking for workers of an earlier server: %w", err)
	}
	for _, e := range entries {
		if i, err := strconv.Atoi(e.Name()); err == nil && i >= c.Workers {
			if p, _ := runningWorker(c.workerDir(i), ""); p != nil {
				others = append(others, p)
			}
		}
	}
	return supervisor.Start(supervisor.Config{
		Count: c.Workers, Log: log, Others: others,
		Running: func(i int) (*supervisor.Process, bool) { return runningWorker(c.workerDir(i), identity(i)) },
		Command: func(i int) *exec.Cmd {
			cmd := exec.Command(exe, append(c.workerArgs(i, address), "--identity", identity(i))...)
			cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
			return cmd
		},
	}), nil
}

// workerArgs are the arguments of a worker process that is started here.
func (c *serverCommand) workerArgs(i int, address string) []string {
	args := []string{
		"worker", "--server", address, "--token-file", c.TokenFile, "--data", c.workerDir(i), "--name", localWorker(i),
		"--memory", strconv.FormatInt(int64(c.WorkerMemory), 10), "--slots", strconv.Itoa(max(1, c.WorkerSlots)),
		"--grace", c.WorkerGrace.String(), "--log-level", c.LogLevel,
	}
	for _, f := range []struct{ name, value string }{
		{"--tls-cert", c.TLSCert}, {"--tls-key", c.TLSKey}, {"--tls-ca", c.TLSCA}, {"--spool", c.Spool}, {"--shuffle-server", c.ShuffleServer},
	} {
		if f.value != "" {
			args = append(args, f.name, f.value)
		}
	}
	for _, d := range c.ShuffleDir {
		if c.ShuffleServer == "" {
			d = filepath.Join(d, "worker-"+strconv.Itoa(i)) // with a server all share them, and names of files tell attempts apart
		}
		args = append(args, "--shuffle-dir", d)
	}
	return args
}

// runningWorker finds the process that works in a directory. It is fit to be taken over when this server would have started it just so.
func runningWorker(dir, identity string) (p *supervisor.Process, fit bool) {
	p = &supervisor.Process{Ended: func() bool { return !locked(dir) }}
	for range 50 {
		if p.Ended() {
			return nil, false
		}
		var is string
		text, _ := os.ReadFile(lockFile(dir)) // it is there
		if n, _ := fmt.Sscan(string(text), &p.PID, &is); n > 0 && p.PID > 1 && strings.HasSuffix(string(text), "\n") {
			return p, is == identity
		}
		time.Sleep(20 * time.Millisecond) // it has just locked the file, and will write who it is
	}
	return nil, false
}

// locked reports whether a process works in a directory.
func locked(dir string) bool {
	f, err := os.OpenFile(lockFile(dir), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil
}
