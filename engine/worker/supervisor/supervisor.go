// Package supervisor keeps worker processes of this machine running: it starts them, starts those that end again after a pause that
// grows while they do not last, and ends them when it is closed. Processes that an earlier supervisor started, whose own process was
// killed, it takes over.
package supervisor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
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
	// Running finds the process of worker number i that an earlier supervisor has left; nil: there is none. fit says that it may be taken
	// over; else it is ended. A nil function finds none.
	Running func(i int) (p *Process, fit bool)
	// Others are processes of an earlier supervisor that are to end.
	Others []*Process
	Log    hclog.Logger
	// Pause before a worker that ended is started again: First at first, doubled up to Last while the worker does not run for Stable.
	First, Last, Stable time.Duration
	// Kills counts the processes of this machine that the kernel has killed for lack of memory; by default /proc/vmstat does.
	Kills func() int64
	// Stop is how long workers have to end before they are killed (10 s).
	Stop time.Duration
}

// Process is one that is not a child of this process.
type Process struct {
	PID int
	// Ended reports whether it has ended. While it has not, PID is its number.
	Ended func() bool
}

// Supervisor runs the processes. Close must be called.
type Supervisor struct {
	config Config
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	oomAt []time.Time // when a worker was last killed for lack of memory
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
	if c.Kills == nil {
		c.Kills = kernelKills
	}
	s := &Supervisor{config: c, oomAt: make([]time.Time, c.Count)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for i := range c.Count {
		s.wg.Go(func() { s.keep(i) })
	}
	for _, p := range c.Others {
		s.wg.Go(func() { s.attend(p, false) })
	}
	return s
}

// Close ends the processes and waits for them.
func (s *Supervisor) Close() {
	s.cancel()
	s.wg.Wait()
}

// OutOfMemory reports whether worker number i has just ended because the kernel killed it for lack of memory.
func (s *Supervisor) OutOfMemory(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return i < len(s.oomAt) && time.Since(s.oomAt[i]) < 5*time.Second
}

// kernelKills reads the kernel's count; 0 where it has none.
func kernelKills() int64 {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			kills, _ := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
			return kills
		}
	}
	return 0
}

// killed reports whether a process ended by SIGKILL.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// keep runs worker number i again and again.
func (s *Supervisor) keep(i int) {
	c := &s.config
	pause := c.First
	if c.Running != nil {
		if p, fit := c.Running(i); p != nil {
			c.Log.Info("a worker process of an earlier server is there", "worker", i, "process", p.PID, "taken over", fit)
			s.attend(p, fit)
			if s.ctx.Err() != nil {
				return
			}
		}
	}
	for {
		began, kills := time.Now(), c.Kills()
		err := s.run(c.Command(i))
		if killed(err) && c.Kills() > kills {
			s.mu.Lock()
			s.oomAt[i] = time.Now()
			s.mu.Unlock()
		}
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

// run runs a process to its end, which comes at the latest with the supervisor's. The process outlives this one where that is killed.
func (s *Supervisor) run(cmd *exec.Cmd) error {
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

// attend waits for the end of a process of an earlier supervisor, which comes at the latest with this one's, and at once if it is not
// fit.
func (s *Supervisor) attend(p *Process, fit bool) {
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	var asked time.Time
	for !p.Ended() {
		switch ending := !fit || s.ctx.Err() != nil; {
		case ending && asked.IsZero():
			asked = time.Now()
			_ = syscall.Kill(p.PID, syscall.SIGTERM) // it may have ended
		case ending && time.Since(asked) > s.config.Stop:
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
		}
		<-look.C
	}
}
