// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// identify asks the kernel who connected (unix(7), SO_PEERCRED): the account and process at the time of connect(2).
func identify(c net.Conn) (Peer, error) {
	raw, ok := c.(syscall.Conn)
	if !ok {
		return Peer{}, fmt.Errorf("%T has no descriptor", c)
	}
	rc, err := raw.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred *unix.Ucred
	var failed error
	if err := rc.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return Peer{}, err
	}
	if failed != nil {
		return Peer{}, failed
	}
	// A process of another user name space without an account here has the overflow id, and a pid of 0
	// when it is of another pid name space. The account is the kernel's word in both cases.
	p := Peer{UID: strconv.FormatUint(uint64(cred.Uid), 10), PID: int(cred.Pid)}
	if cred.Pid > 0 {
		p.Program, _ = os.Readlink("/proc/" + strconv.Itoa(int(cred.Pid)) + "/exe")
		p.Program = strings.TrimSuffix(p.Program, " (deleted)")
	}
	return p, nil
}
