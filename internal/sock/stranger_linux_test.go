// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

// nobody is the account of strangers.
const nobody = 65534

// asNobody runs do on a thread of another account, which ends afterwards.
func asNobody(t *testing.T, do func() error) error {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can act under another account")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread must not be used again
		if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); e != 0 {
			done <- e
			return
		}
		done <- do()
	}()
	return <-done
}

// open is a socket's path in a folder that everybody may use.
func open(t *testing.T) string {
	t.Helper()
	folder := filepath.Dir(filepath.Dir(address(t)))
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "bits.sock")
}

func TestPeerIsAnotherAccount(t *testing.T) {
	path := open(t)
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	err = asNobody(t, func() error {
		c, err := net.Dial("unix", path)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	if !errors.Is(err, os.ErrPermission) {
		t.Errorf("another account opens the private socket: %v", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := asNobody(t, func() error {
		c, err := Dial(t.Context(), path)
		if err == nil {
			_ = c.Close()
		}
		return err
	}); err != nil && !errors.Is(err, openbits.KindAccessDenied) {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if p, ok := PeerOf(c); !ok || p.UID != "65534" || p.PID != os.Getpid() {
		t.Errorf("the peer is %+v", p)
	}
}

// TestDialRefusesAnotherAccountsService keeps secrets from whoever put a socket where ours should be.
func TestDialRefusesAnotherAccountsService(t *testing.T) {
	path := open(t)
	var l net.Listener
	if err := asNobody(t, func() (err error) {
		l, err = net.Listen("unix", path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, err := Dial(t.Context(), path)
	if !errors.Is(err, openbits.KindAccessDenied) || openbits.AsError(err).Hint == "" {
		t.Errorf("the service of another account: %v", err)
	}
}
