// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package sock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

// maxPath is the longest path of a socket: sun_path less its final zero byte.
const maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// probe bounds the attempt to reach a service behind a socket that exists.
const probe = 2 * time.Second

// Listen makes a socket with mode 0600 at path, and its folder with mode 0700 when it is missing.
// A socket that nobody listens on any more is replaced. Kinds: service_running when a service
// answers there, unsafe_path when something else stands there, string_too_long, write_denied.
func Listen(path string) (net.Listener, error) {
	if err := checkPath("listen on", path); err != nil {
		return nil, err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, cannot("listen on", path, openbits.KindWriteDenied, err, "Check the folder "+folder+".")
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, cannot("listen on", path, openbits.KindWriteDenied, err, "Check the folder "+folder+".")
	}
	// Whoever connects before the mode is set is told apart by the kernel's word all the same.
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, cannot("listen on", path, openbits.KindWriteDenied, err, "Check the folder "+folder+".")
	}
	return Wrap(l), nil
}

func checkPath(op, path string) error {
	if len(path) <= maxPath {
		return nil
	}
	text := fmt.Sprintf("the path has %d bytes, a socket's may have %d", len(path), maxPath)
	return &openbits.Error{
		Op: op, Object: path, Kind: openbits.KindStringTooLong, Context: openbits.ContextNone, Text: text, File: -1,
		Hint: "Set OPENBITS_HOME to a folder with a shorter path.",
	}
}

// removeStale makes room at path, if what stands there is a socket without a listener.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return cannot("listen on", path, openbits.KindWriteDenied, err, "Check the folder of the socket.")
	case info.Mode().Type() != fs.ModeSocket:
		return cannot("listen on", path, openbits.KindUnsafePath, errors.New("something that is not a socket stands there"),
			"Move it away, or set OPENBITS_HOME to another folder.")
	}
	c, err := net.DialTimeout("unix", path, probe)
	if err == nil {
		_ = c.Close()
		return cannot("listen on", path, openbits.KindServiceRunning, errors.New("a service answers there already"),
			"Use the service that runs, or stop it first.")
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return cannot("listen on", path, openbits.KindServiceRunning, err, "Find out who holds the socket, or remove it.")
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannot("listen on", path, openbits.KindWriteDenied, err, "Check the folder of the socket.")
	}
	return nil
}

// dial refuses a listener of another account: what is said on the socket may hold secrets.
func dial(ctx context.Context, path string) (net.Conn, error) {
	if err := checkPath("reach the service on", path); err != nil {
		return nil, err
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, dialError(path, err)
	}
	peer, err := identify(c)
	if err != nil {
		_ = c.Close()
		return nil, cannot("reach the service on", path, openbits.KindServiceUnavailable, err, "Try again.")
	}
	if peer.UID != "0" && peer.UID != strconv.Itoa(os.Geteuid()) {
		_ = c.Close()
		return nil, cannot("reach the service on", path, openbits.KindAccessDenied,
			fmt.Errorf("it belongs to user %s", peer.UID), "Check OPENBITS_HOME and XDG_RUNTIME_DIR: they name the folder of the socket.")
	}
	return c, nil
}

func dialError(path string, err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ECONNREFUSED):
		return cannot("reach the service on", path, openbits.KindServiceUnavailable, errors.New("no service is running"),
			"Start it with: bits daemon")
	case errors.Is(err, fs.ErrPermission):
		return cannot("reach the service on", path, openbits.KindAccessDenied, errors.New("the socket belongs to another account"),
			"Use your own service, or become the user whose service it is.")
	default:
		return cannot("reach the service on", path, openbits.KindServiceUnavailable, err, "Start it with: bits daemon")
	}
}

func cannot(op, path string, kind openbits.Kind, err error, hint string) error {
	return &openbits.Error{
		Op: op, Object: path, Kind: kind, Context: openbits.ContextNone, Text: plain(err), Hint: hint, Err: err, File: -1,
	}
}

// plain is the innermost text of err: the path is in the error's object already.
func plain(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return err.Error()
}
