package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/hashicorp/go-hclog"

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

// makeToken writes a token of this run for the workers that are started here.
func (c *serverCommand) makeToken() error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o755); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	c.TokenFile = filepath.Join(c.Data, "worker-token")
	if err := os.WriteFile(c.TokenFile, []byte(hex.EncodeToString(secret)), 0o600); err != nil {
		return fmt.Errorf("writing the workers' token: %w", err)
	}
	return nil
}

// localWorker is the name of a worker process that is started here.
func localWorker(i int) string { return "local-" + strconv.Itoa(i) }

// startWorkers starts the worker processes of this machine.
func (c *serverCommand) startWorkers(at net.Addr, log hclog.Logger) *supervisor.Supervisor {
	port := at.(*net.TCPAddr).Port
	return supervisor.Start(supervisor.Config{Count: c.Workers, Log: log, Command: func(i int) *exec.Cmd {
		args := []string{
			"worker", "--coordinator", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), "--token-file", c.TokenFile,
			"--data", filepath.Join(c.Data, "workers-data", strconv.Itoa(i)), "--name", localWorker(i),
			"--memory", strconv.FormatInt(int64(c.WorkerMemory), 10), "--slots", strconv.Itoa(max(1, c.WorkerSlots)),
			"--parent", strconv.Itoa(os.Getpid()), "--log-level", c.LogLevel,
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
		cmd := exec.Command("/proc/self/exe", args...)
		if exe, err := os.Executable(); err == nil {
			cmd.Path = exe
		}
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		return cmd
	}})
}
