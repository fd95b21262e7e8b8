// Package supervisor keeps worker processes of this machine running: it starts them, starts those that end again after a pause that
// grows while they do not last, and ends them with its own process.
package supervisor

import (
	"context"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Config describes the processes.
type Config struct {
	Count int
	// Command makes the command of worker number i. It is called for each start.
	Command func(i int) *exec.Cmd
	Log     hclog.Logger
	// Pause before a worker that ended is started again: First at first, doubled up to Last while the worker does not run for Stable.
	First, Last, Stable time.Duration
	// Stop is how long workers have to end before they are killed (10 s).
	Stop time.Duration
}

// Supervisor runs the processes. Close must be called.
type Supervisor struct {
	config Config
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Start starts the processes.
func Start(c Config) *Supervisor {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&c.First, 100*time.Millisecond)
	set(&c.Last, 30*time.Second)
	set(&c.Stable, 10*time.Second)
	set(&c.Stop, 10*time.Second)
	s := &Supervisor{config: c}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for i := range c.Count {
		s.wg.Go(func() { s.keep(i) })
	}
	return s
}

// Close ends the processes and waits for them.
func (s *Supervisor) Close() {
	s.cancel()
	s.wg.Wait()
}

// keep runs worker number i again and again.
func (s *Supervisor) keep(i int) {
	c := &s.config
	pause := c.First
	for {
		began := time.Now()
		err := s.run(c.Command(i))
		if s.ctx.Err() != nil {
			return
		}
		if time.Since(began) > c.Stable {
			pause = c.First
		}
		c.Log.Warn("a worker process ended; it is started again", "worker", i, "after", time.Since(began).Round(time.Millisecond), "error", err, "pause", pause)
		select {
		case <-time.After(pause):
			pause = min(2*pause, c.Last)
		case <-s.ctx.Done():
			return
		}
	}
}

// run runs a process to its end, which comes at the latest with the supervisor's.
func (s *Supervisor) run(cmd *exec.Cmd) error {
	bind(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-s.ctx.Done():
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case err := <-ended:
		return err
	case <-time.After(s.config.Stop):
		_ = cmd.Process.Kill()
		return <-ended
	}
}
