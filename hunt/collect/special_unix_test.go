// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collect_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/openbits/openbits/hunt/collect"
)

// TestSpecial: pipes, sockets, devices and links are named and never opened: opening the pipe would block for ever.
func TestSpecial(t *testing.T) {
	dir := files{"PC1/" + kapeDB: database()}.write(t)
	outside := files{"qmgr.db": database()}.write(t)
	pipe := filepath.Join(dir, "qmgr.db")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipe can be made: %v", err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("PC1", filepath.Join(dir, "in")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // a socket's path may not be long
	l, err := net.Listen("unix", "sock")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := walk(t, collect.Options{CarveAll: true}, dir, pipe, os.DevNull)
	for suffix, want := range map[string]string{
		"case/qmgr.db": "it is a pipe, which is not read", "case/out": "it is a link, which is not followed", "case/in": "it is a link, which is not followed",
		"case/sock": "it is a socket, which is not read", "/dev/null": "it is a device, which is not read",
	} {
		if m := member(t, c, suffix); m.Status == "" || !strings.Contains(strings.Join(m.Notes, ""), want) {
			t.Errorf("%s: got %q %q", suffix, m.Status, m.Notes)
		}
	}
	queues := 0
	for _, h := range c.Hosts {
		for _, m := range h.Members {
			if m.Kind == collect.QueueDB {
				queues++
			}
		}
	}
	if queues != 1 {
		t.Errorf("%d queues were found:\n%s", queues, show(c, dir))
	}
}

// TestBecomesPipe: a file that is a pipe by the time it is opened does not block either.
func TestBecomesPipe(t *testing.T) {
	dir := files{"PC1/" + kapeDB: database()}.write(t)
	m := member(t, walk(t, collect.Options{}, dir), "qmgr.db")
	p := filepath.Join(dir, "PC1", filepath.FromSlash(kapeDB))
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(p, 0o600); err != nil {
		t.Skipf("no pipe can be made: %v", err)
	}
	if _, err := m.Open(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "it became a pipe") {
		t.Errorf("got %v", err)
	}
}

// TestLinkBehind: a folder that becomes a link in the meantime does not lead out.
func TestLinkBehind(t *testing.T) {
	dir := files{"PC1/" + kapeDB: database()}.write(t)
	outside := files{kapeDB: database()}.write(t)
	m := member(t, walk(t, collect.Options{}, dir), "qmgr.db")
	if err := os.Rename(filepath.Join(dir, "PC1"), filepath.Join(dir, "old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "PC1")); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Open(t.Context(), 0); err == nil {
		t.Error("a file outside of the folder was opened")
	}
}

// TestHoles: the holes of a large image are not read.
func TestHoles(t *testing.T) {
	p := filepath.Join(t.TempDir(), "disk.raw")
	f, err := os.Create(p)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size, at = 100 << 30, 60 << 30
	if err := f.Truncate(size); err != nil {
		t.Skipf("no file of that size can be made: %v", err)
	}
	if _, err := f.WriteAt(database(), at); err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Sys().(*syscall.Stat_t).Blocks > 1<<20 {
		t.Skip("this file system has no holes")
	}
	content, err := member(t, walk(t, collect.Options{}, p), "disk.raw").Open(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	data := int64(0)
	found := false
	for _, e := range content.Extents {
		data += e.Size
		found = found || e.Offset <= at && e.Offset+e.Size > at
	}
	if data > 64<<20 || !found || len(content.Notes) != 1 {
		t.Errorf("%d bytes are to be read: %v, %v", data, content.Extents, content.Notes)
	}
}
