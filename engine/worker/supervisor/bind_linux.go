package supervisor

import (
	"os/exec"
	"syscall"
)

// bind makes the kernel end a process with its parent. The signal comes when the thread that started the process ends, and threads of
// the runtime live as long as the process unless a goroutine locked to one ends; none here does.
func bind(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
