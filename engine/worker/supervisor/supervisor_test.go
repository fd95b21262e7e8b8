package supervisor

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
)

// until waits for something that takes no time to speak of.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func TestWorkersAreStartedAgain(t *testing.T) {
	log := filepath.Join(t.TempDir(), "starts")
	s := Start(Config{Count: 2, Log: hclog.NewNullLogger(), First: time.Millisecond, Last: time.Millisecond, Command: func(int) *exec.Cmd {
		return exec.Command("sh", "-c", "echo x >>"+log)
	}})
	defer s.Close()
	until(t, "the third start", func() bool {
		text, _ := os.ReadFile(log)
		return strings.Count(string(text), "x") >= 6
	})
}

func TestWorkersEndWithTheSupervisor(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	var cmd atomic.Pointer[exec.Cmd]
	s := Start(Config{Count: 1, Log: hclog.NewNullLogger(), Stop: 10 * time.Millisecond, Command: func(int) *exec.Cmd {
		c := exec.Command("sh", "-c", "trap '' TERM; echo $$ >"+pid+"; while :; do sleep 1; done") // it does not listen
		cmd.Store(c)
		return c
	}})
	until(t, "the start", func() bool { _, err := os.Stat(pid); return err == nil })
	s.Close()
	if cmd.Load().ProcessState == nil {
		t.Error("the worker outlived its supervisor")
	}
}

// TestProcessesOfAnEarlierSupervisor: those that are fit are taken over, not started again, and end with the supervisor; others end at
// once, and so do those that are too many.
func TestProcessesOfAnEarlierSupervisor(t *testing.T) {
	var left []*Process
	var ended []chan struct{}
	for range 3 {
		cmd := exec.Command("sleep", "1000")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() {
			_ = cmd.Wait()
			close(over)
		}()
		ended = append(ended, over)
		left = append(left, &Process{PID: cmd.Process.Pid, Ended: func() bool {
			select {
			case <-over:
				return true
			default:
				return false
			}
		}})
	}
	var starts [2]atomic.Int64
	s := Start(Config{
		Count: 2, Log: hclog.NewNullLogger(), Others: left[2:],
		Running: func(i int) (*Process, bool) { return left[i], i == 0 },
		Command: func(i int) *exec.Cmd { starts[i].Add(1); return exec.Command("sleep", "1000") },
	})
	<-ended[1]
	<-ended[2]
	until(t, "the start of one instead of that which was not fit", func() bool { return starts[1].Load() == 1 })
	select {
	case <-ended[0]:
		t.Error("the process that was taken over has ended")
	default:
	}
	s.Close()
	<-ended[0]
	if starts[0].Load() != 0 {
		t.Error("a worker was started though one was there")
	}
}

func TestKillsForLackOfMemoryAreKnown(t *testing.T) {
	for _, c := range []struct {
		name, command string
		kernel, want  bool
	}{
		{"by the kernel", "kill -KILL $$", true, true},
		{"by somebody", "kill -KILL $$", false, false},
		{"an error meanwhile", "exit 1", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var starts atomic.Int64
			s := Start(Config{
				Count: 1, Log: hclog.NewNullLogger(), First: time.Hour,
				Kills: func() int64 {
					if c.kernel {
						return starts.Load()
					}
					return 0
				},
				Command: func(int) *exec.Cmd { starts.Add(1); return exec.Command("sh", "-c", c.command) },
			})
			if c.want {
				until(t, "the notice", func() bool { return s.OutOfMemory(0) })
			}
			s.Close()
			if got := s.OutOfMemory(0); got != c.want {
				t.Errorf("out of memory: %v, want %v", got, c.want)
			}
		})
	}
}
