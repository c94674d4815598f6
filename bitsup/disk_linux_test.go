// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits/bitsup"
)

// TestDiskFull: a full disk is told as one, nothing half-written is seen, no acknowledged byte is lost, and when
// there is room again the session goes on.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	s := newSite(t, bitsup.Options{Dir: dir})
	w := s.dial()
	half := strings.Repeat("0123456789abcdef", 512<<10/16)
	id := w.create("/a")
	w.fragment("/a", id, 0, 2*len(half), half).want(t, 200, len(half))
	g := w.fragment("/a", id, len(half), 2*len(half), half).want(t, 500)
	if g.headers.Get("BITS-Error-Code") != "0x80070070" || g.headers.Get("BITS-Error-Context") != "0x5" {
		t.Errorf("a full disk is told as\n%s", g.head)
	}
	s.absent("a")
	if info, err := os.Stat(s.staged(".data")[0]); err != nil || info.Size() != int64(len(half)) {
		t.Errorf("what did not arrive holds room: %d bytes, %v", info.Size(), err)
	}
	// A small file still has room.
	small := w.create("/small")
	w.fragment("/small", small, 0, 10, "0123456789").want(t, 200, 10)
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, "size=4m"); err != nil {
		t.Fatal(err)
	}
	w.fragment("/a", id, len(half), 2*len(half), half).want(t, 200, 2*len(half))
	s.is("a", half+half)
	s.is("small", "0123456789")
}

// TestDiskFullForRecords: on a disk without room for a record, nothing is acknowledged.
func TestDiskFullForRecords(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	s := newSite(t, bitsup.Options{Dir: dir})
	w := s.dial()
	id := w.create("/a")
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 48<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	room := strings.Repeat("x", 60<<10)
	for n := len(room); n > 0; n -= 4 << 10 { // one of them leaves room for the data and none for the record
		g := w.fragment("/a", id, 0, len(room)+1, room[:n])
		if g.status == 200 {
			break
		}
		if g.want(t, 500); g.headers.Get("BITS-Error-Code") != "0x80070070" {
			t.Errorf("told %s", g.headers.Get("BITS-Error-Code"))
		}
	}
	s.absent("a")
}

// loop is an ext4 in a file that can lose its power.
type loop struct {
	*testing.T
	image, path string
}

func newLoop(t *testing.T) *loop {
	base := t.TempDir()
	l := &loop{T: t, image: filepath.Join(base, "image"), path: filepath.Join(base, "disk")}
	for _, err := range []error{os.Mkdir(l.path, 0o700), os.WriteFile(l.image, nil, 0o600), os.Truncate(l.image, 64<<20)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", l.image).CombinedOutput(); err != nil {
		t.Skipf("mkfs.ext4 does not work here: %v %s", err, out)
	}
	l.mount()
	t.Cleanup(func() { _ = unix.Unmount(l.path, unix.MNT_DETACH) })
	return l
}

func (l *loop) mount() {
	if out, err := exec.Command("mount", "-o", "loop", l.image, l.path).CombinedOutput(); err != nil {
		l.Skipf("a disk in a file cannot be mounted here: %v %s", err, out)
	}
}

// cut stops the file system without writing its journal: what was not synced is lost (EXT4_IOC_SHUTDOWN with
// EXT4_GOING_FLAGS_NOLOGFLUSH). Then comes the next boot.
func (l *loop) cut() {
	l.Helper()
	const shutdown, noLogFlush = 0x8004587d, 2
	f, err := os.Open(l.path)
	if err != nil {
		l.Fatal(err)
	}
	err = unix.IoctlSetPointerInt(int(f.Fd()), shutdown, noLogFlush)
	if err := errors.Join(err, f.Close()); err != nil {
		l.Fatal(err)
	}
}

// TestPowerCut cuts the power after each answer of an upload. What was acknowledged is there after the restart.
func TestPowerCut(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a disk of its own")
	}
	l := newLoop(t)
	s := newSite(t, bitsup.Options{Dir: l.path, MakeFolders: true})
	reboot := func() *wire {
		t.Helper()
		l.cut()
		s.http.CloseClientConnections()
		s.http.Close()
		_ = s.server.Close()
		if err := unix.Unmount(l.path, 0); err != nil {
			t.Fatal(err)
		}
		l.mount()
		s.start()
		return s.dial()
	}
	const size, step = 1 << 20, 100 << 10
	content := strings.Repeat("0123456789abcdef", size/16)
	w := s.dial()
	id := w.create("/new/folder/a")
	for at := 0; at < size; at += step {
		end := min(at+step, size)
		w.fragment("/new/folder/a", id, at, size, content[at:end]).want(t, 200, end)
		w = reboot()
		if end < size {
			w.fragment("/new/folder/a", id, size-1, size, "f").want(t, 416, end)
		}
	}
	s.is("new/folder/a", content)
	w.fragment("/new/folder/a", id, size-1, size, "f").want(t, 200, size)
	w.close("/new/folder/a", id).want(t, 200)
	w = reboot()
	w.close("/new/folder/a", id).want(t, 200)
	s.is("new/folder/a", content)
	small := w.create("/small")
	w.fragment("/small", small, 0, 3, "abc").want(t, 200, 3)
	reboot()
	s.is("small", "abc")
}
