// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package testlab

import "os/exec"

// isolate does nothing here: there are no process groups or accounts to choose.
func isolate(*exec.Cmd, string) error { return nil }

// terminate ends the process; it cannot be asked.
func terminate(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// kill ends the process, but not what it started.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
