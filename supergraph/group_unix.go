//go:build unix

package supergraph

import (
	"os/exec"
	"syscall"
)

// group makes a command the head of a group of processes, and returns what ends all of them.
func group(cmd *exec.Cmd) (end func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end = func() {
		if cmd.Process != nil {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // most often none is left
		}
	}
	cmd.Cancel = func() error {
		end()
		return nil
	}
	return end
}
