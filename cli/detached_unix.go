// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package cli

import "syscall"

// detached makes a process the leader of its own session: no terminal, no signals meant for this one.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
