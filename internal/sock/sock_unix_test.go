// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package sock

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits"
)

// address is where a test can listen: a short path in a folder that does not exist yet.
func address(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "bits")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return filepath.Join(folder, "new", "bits.sock")
}

func TestListenIsPrivate(t *testing.T) {
	path := address(t)
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for path, want := range map[string]os.FileMode{path: os.ModeSocket | 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s has the mode %v, want %v (%v)", path, info.Mode(), want, err)
		}
	}
}

func TestListenReplacesADeadSocketOnly(t *testing.T) {
	path := address(t)
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(path); !errors.Is(err, openbits.KindServiceRunning) || openbits.AsError(err).Hint == "" {
		t.Errorf("a second listener: %v", err)
	}
	// A service that was killed leaves its socket behind.
	l.(*listener).Listener.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = Listen(path); err != nil {
		t.Fatalf("after a crash: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestListenKeepsWhatIsNotASocket(t *testing.T) {
	path := address(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(filepath.Dir(path), "victim")
	for name, plant := range map[string]func() error{
		"a file":   func() error { return os.WriteFile(path, []byte("keep"), 0o600) },
		"a folder": func() error { return os.Mkdir(path, 0o700) },
		"a link":   func() error { return os.Symlink(victim, path) },
	} {
		if err := plant(); err != nil {
			t.Fatal(err)
		}
		_, err := Listen(path)
		if !errors.Is(err, openbits.KindUnsafePath) || openbits.AsError(err).Hint == "" {
			t.Errorf("%s stands there: %v", name, err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s was removed: %v", name, err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLongPaths(t *testing.T) {
	path := "/" + strings.Repeat("x", maxPath)
	_, listenErr := Listen(path)
	_, dialErr := Dial(t.Context(), path)
	for _, err := range []error{listenErr, dialErr} {
		if !errors.Is(err, openbits.KindStringTooLong) || !strings.Contains(openbits.AsError(err).Hint, "OPENBITS_HOME") {
			t.Errorf("a path of %d bytes: %v", len(path), err)
		}
	}
}

func TestDialErrors(t *testing.T) {
	path := address(t)
	want := func(name string, kind openbits.Kind) {
		t.Helper()
		_, err := Dial(t.Context(), path)
		if !errors.Is(err, kind) || openbits.AsError(err).Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	want("no folder", openbits.KindServiceUnavailable)
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*listener).Listener.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	want("a dead socket", openbits.KindServiceUnavailable)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want("a file", openbits.KindServiceUnavailable)
}

func TestListenInAFolderThatCannotBeMade(t *testing.T) {
	path := address(t)
	if err := os.WriteFile(filepath.Dir(path), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(path); !errors.Is(err, openbits.KindWriteDenied) {
		t.Errorf("a file in place of the folder: %v", err)
	}
}
