// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"github.com/openbits/openbits"
)

// Listen makes a named pipe that only the calling account can open.
// Kinds: service_running when a service answers there, access_denied.
func Listen(path string) (net.Listener, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, cannot("listen on", path, openbits.KindInternal, err, "")
	}
	l, err := winio.ListenPipe(path, &winio.PipeConfig{
		// Protected, and all access for the owner alone.
		SecurityDescriptor: fmt.Sprintf("D:P(A;;GA;;;%s)", user.User.Sid),
	})
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		// The first instance of the pipe exists: somebody listens on it.
		return nil, cannot("listen on", path, openbits.KindServiceRunning, err, "Use the service that runs, or stop it first.")
	case err != nil:
		return nil, cannot("listen on", path, openbits.KindAccessDenied, err, "")
	}
	return Wrap(l), nil
}

// dial lets the service learn who the client is, but not act in its name.
func dial(ctx context.Context, path string) (net.Conn, error) {
	c, err := winio.DialPipeAccessImpLevel(ctx, path, windows.GENERIC_READ|windows.GENERIC_WRITE, winio.PipeImpLevelIdentification)
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil, err
	case errors.Is(err, fs.ErrPermission):
		return nil, cannot("reach the service on", path, openbits.KindAccessDenied, err,
			"Use your own service, or become the user whose service it is.")
	default:
		return nil, cannot("reach the service on", path, openbits.KindServiceUnavailable, err, "Start it with: bits daemon")
	}
}

// identify names the client's account by the token of the process that opened the pipe.
// The pipe's own access list admits the owner only; this is the second lock.
func identify(c net.Conn) (Peer, error) {
	pipe, ok := c.(interface{ Fd() uintptr })
	if !ok {
		return Peer{}, fmt.Errorf("%T has no handle", c)
	}
	var pid uint32
	if err := windows.GetNamedPipeClientProcessId(windows.Handle(pipe.Fd()), &pid); err != nil {
		return Peer{}, err
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return Peer{}, err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return Peer{}, err
	}
	defer func() { _ = token.Close() }()
	user, err := token.GetTokenUser()
	if err != nil {
		return Peer{}, err
	}
	return Peer{UID: user.User.Sid.String(), PID: int(pid), Program: program(process)}, nil
}

// program is the path of a process's executable, empty when it cannot be read.
func program(process windows.Handle) string {
	buf := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(buf))
	if err := windows.QueryFullProcessImageName(process, 0, &buf[0], &size); err != nil {
		return ""
	}
	return windows.UTF16ToString(buf[:size])
}

func cannot(op, path string, kind openbits.Kind, err error, hint string) error {
	return &openbits.Error{Op: op, Object: path, Kind: kind, Context: openbits.ContextNone, Hint: hint, Err: err, File: -1}
}
