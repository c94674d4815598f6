// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sdnotify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// firstFD is where the handed sockets begin (SD_LISTEN_FDS_START).
const firstFD = 3

// maxFDs is more sockets than any unit of ours has; more is not meant for us.
const maxFDs = 64

// Listeners takes over the sockets that the service manager opened for this process, in the
// order of the unit. It answers none when there are none or they are another process's.
// When one of them is not a listening socket all are closed and the answer is an error.
func Listeners() ([]net.Listener, error) {
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"} {
		_ = os.Unsetenv(name)
	}
	if pid != strconv.Itoa(os.Getpid()) {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxFDs {
		return nil, fmt.Errorf("cannot take over sockets: LISTEN_FDS is %q", count)
	}
	for fd := firstFD; fd < firstFD+n; fd++ {
		syscall.CloseOnExec(fd)
	}
	var list []net.Listener
	var failed error
	for fd := firstFD; fd < firstFD+n; fd++ {
		file := os.NewFile(uintptr(fd), "socket "+strconv.Itoa(fd))
		l, err := net.FileListener(file) // a duplicate, close-on-exec as well
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("cannot take over socket %d: %w", fd, err))
		} else {
			list = append(list, l)
		}
		_ = file.Close()
	}
	if failed != nil {
		for _, l := range list {
			_ = l.Close()
		}
		return nil, failed
	}
	return list, nil
}
