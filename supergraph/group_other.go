//go:build !unix

package supergraph

import "os/exec"

// group returns what ends a command; its children are on their own.
func group(*exec.Cmd) (end func()) { return func() {} }
