// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build (!unix && !windows) || aix || solaris

package pace

import (
	"net"
	"syscall"
)

// mark does nothing: it is not known how this system sets the traffic class.
func mark(syscall.RawConn, net.Addr) {}
