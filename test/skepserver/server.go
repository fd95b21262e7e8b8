// Package skepserver starts bin/skep for tests and measurements.
package skepserver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options of a server process. Zero values leave the choice to the server,
// except Port, which is then a free one.
type Options struct {
	Binary  string // path of skep
	Data    string // --data directory; must be given
	Port    int
	Memory  string // --memory, e.g. "2GB"
	Threads int
	Workers int      // --workers: processes that run queries in stages
	Args    []string // further ones
	Env     []string // added to the environment, e.g. "TZ=US/Pacific"
	Log     string   // file for the server's output; default: Data/server.log
}

// Server is a running process. Stop must be called.
type Server struct {
	Addr    string
	Startup time.Duration // from exec to the open port
	cmd     *exec.Cmd
	done    chan error
	logPath string
}

// Start runs `skep server` and waits until its port accepts connections.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		o.Port = l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(o.Data, 0o755); err != nil {
		return nil, err
	}
	if o.Log == "" {
		o.Log = filepath.Join(o.Data, "server.log")
	}
	log, err := os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child keeps its own descriptor
	args := []string{"server", "--port", strconv.Itoa(o.Port), "--ui-port", "0", "--data", o.Data}
	if o.Memory != "" {
		args = append(args, "--memory", o.Memory)
	}
	if o.Threads > 0 {
		args = append(args, "--threads", strconv.Itoa(o.Threads))
	}
	if o.Workers > 0 {
		args = append(args, "--workers", strconv.Itoa(o.Workers))
	}
	args = append(args, o.Args...)
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)), done: make(chan error, 1), logPath: o.Log}
	s.cmd = exec.Command(o.Binary, args...)
	s.cmd.Env = append(os.Environ(), o.Env...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Binary, err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	for {
		conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			s.Startup = time.Since(start)
			return s, conn.Close()
		}
		select {
		case err := <-s.done:
			s.done <- err
			return nil, fmt.Errorf("the server ended before it opened its port (%v):\n%s", err, s.LogTail())
		case <-ctx.Done():
			_ = s.Stop()
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
		if time.Since(start) > time.Minute {
			_ = s.Stop()
			return nil, fmt.Errorf("the server did not open its port within a minute:\n%s", s.LogTail())
		}
	}
}

// Stop asks the server to end and kills it after 10 seconds. It returns what
// the process ended with, nil when it stopped because it was asked to.
func (s *Server) Stop() error {
	select {
	case err := <-s.done:
		return fmt.Errorf("the server had ended by itself (%v):\n%s", err, s.LogTail())
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	select {
	case <-s.done:
		return nil
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("the server did not stop within 10 s of SIGTERM and was killed")
	}
}

// Kill ends the server at once, as a crash would.
func (s *Server) Kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill the server: %w", err)
	}
	<-s.done
	return nil
}

// PID is the process's number.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Alive reports whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case err := <-s.done:
		s.done <- err
		return false
	default:
		return true
	}
}

// ResetPeakRSS makes PeakRSS count from now (Linux).
func (s *Server) ResetPeakRSS() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0)
}

// PeakRSS is the largest resident set in bytes, RSS the present one (Linux).
func (s *Server) PeakRSS() (int64, error) { return s.status("VmHWM:") }

// RSS is the resident set in bytes.
func (s *Server) RSS() (int64, error) { return s.status("VmRSS:") }

// CPU is the processor time that the server has used, in steps of 10 ms (Linux).
func (s *Server) CPU() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// After the name, which is in parentheses, user and system time are the 12th and 13th fields.
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, i := range []int{11, 12} {
		n, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("the processor time of the server: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100), nil
}

func (s *Server) status(key string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == key {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/%d/status", key, s.cmd.Process.Pid)
}

// LogTail is the end of the server's output.
func (s *Server) LogTail() string {
	text, err := os.ReadFile(s.logPath)
	if err != nil {
		return err.Error()
	}
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return string(bytes.TrimSpace(text))
}
