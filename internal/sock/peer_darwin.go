// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// identify asks the kernel who connected (unix(4), LOCAL_PEERCRED and LOCAL_PEERPID).
func identify(c net.Conn) (Peer, error) {
	raw, ok := c.(syscall.Conn)
	if !ok {
		return Peer{}, fmt.Errorf("%T has no descriptor", c)
	}
	rc, err := raw.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred *unix.Xucred
	var pid int
	var failed error
	if err := rc.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		pid, _ = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	}); err != nil {
		return Peer{}, err
	}
	if failed != nil {
		return Peer{}, failed
	}
	return Peer{UID: strconv.FormatUint(uint64(cred.Uid), 10), PID: pid, Program: program(pid)}, nil
}

// program reads the path of a process's executable from its arguments (sysctl kern.procargs2):
// the count of arguments in four bytes, then the path, ended by a zero byte.
func program(pid int) string {
	if pid <= 0 {
		return ""
	}
	data, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(data) < 4 {
		return ""
	}
	path, _, found := bytes.Cut(data[4:], []byte{0})
	if !found {
		return ""
	}
	return string(path)
}
