package skepserver

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Process is a process of bin/skep other than a server: a worker, a shuffle server.
type Process struct {
	Ended <-chan struct{} // closed when it has ended
	cmd   *exec.Cmd
}

// Spawn runs a command of skep, whose output is added to a file.
func Spawn(binary, log string, env []string, args ...string) (*Process, error) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the child keeps its own descriptor
	ended := make(chan struct{})
	p := &Process{Ended: ended, cmd: exec.Command(binary, args...)}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append(os.Environ(), env...), f, f
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	return p, nil
}

// Signal sends a signal, if the process still runs.
func (p *Process) Signal(s syscall.Signal) {
	select {
	case <-p.Ended:
	default:
		_ = p.cmd.Process.Signal(s) // it may have ended just now
	}
}

// Kill ends the process at once, stopped or not, and waits for it.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.Ended
}
