// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"fmt"
	"net"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// solLocal is the level of options of local sockets (FreeBSD, sys/un.h: SOL_LOCAL).
const solLocal = 0

// xucredVersion is the version of struct xucred (FreeBSD, sys/ucred.h: XUCRED_VERSION).
const xucredVersion = 0

// xucred is struct xucred of sys/ucred.h. The kernel fills in pid since FreeBSD 13.
type xucred struct {
	version uint32
	uid     uint32
	ngroups int16
	groups  [16]uint32
	pid     uintptr // a union of a pointer and the pid
}

// identify asks the kernel who connected (unix(4), LOCAL_PEERCRED).
func identify(c net.Conn) (Peer, error) {
	raw, ok := c.(syscall.Conn)
	if !ok {
		return Peer{}, fmt.Errorf("%T has no descriptor", c)
	}
	rc, err := raw.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred xucred
	var failed error
	if err := rc.Control(func(fd uintptr) {
		size := uint32(unsafe.Sizeof(cred))
		_, _, number := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, solLocal, unix.LOCAL_PEERCRED,
			uintptr(unsafe.Pointer(&cred)), uintptr(unsafe.Pointer(&size)), 0)
		if number != 0 {
			failed = number
		} else if size < 8 || cred.version != xucredVersion {
			failed = fmt.Errorf("credentials of %d bytes and version %d are not understood", size, cred.version)
		}
	}); err != nil {
		return Peer{}, err
	}
	if failed != nil {
		return Peer{}, failed
	}
	pid := int(int32(cred.pid & 0xffffffff))
	return Peer{UID: strconv.FormatUint(uint64(cred.uid), 10), PID: pid, Program: program(pid)}, nil
}

// program reads the path of a process's executable (sysctl kern.proc.pathname).
func program(pid int) string {
	if pid <= 0 {
		return ""
	}
	path, err := unix.SysctlArgs("kern.proc.pathname", pid)
	if err != nil {
		return ""
	}
	return path
}
