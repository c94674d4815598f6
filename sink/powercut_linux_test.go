// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

// disk is an ext4 in a file that can lose its power.
type disk struct {
	*testing.T
	image, path string
}

func newDisk(t *testing.T) *disk {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a disk of its own")
	}
	base := t.TempDir()
	d := &disk{T: t, image: filepath.Join(base, "image"), path: filepath.Join(base, "disk")}
	for _, err := range []error{os.Mkdir(d.path, 0o755), os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, 64<<20)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("mkfs.ext4 does not work here: %v %s", err, out)
	}
	d.mount()
	t.Cleanup(func() { _ = unix.Unmount(d.path, unix.MNT_DETACH) })
	return d
}

func (d *disk) mount() {
	d.Helper()
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.path).CombinedOutput(); err != nil {
		d.Skipf("a loop disk cannot be mounted here: %v %s", err, out)
	}
}

// cut stops the file system without writing its journal: what was not synced is lost (ext4's EXT4_IOC_SHUTDOWN
// with EXT4_GOING_FLAGS_NOLOGFLUSH).
func (d *disk) cut() {
	const shutdown, noLogFlush = 0x8004587d, 2
	f, err := os.Open(d.path)
	if err != nil {
		d.Error(err)
		return
	}
	defer func() { _ = f.Close() }()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), shutdown, noLogFlush); err != nil {
		d.Error(err)
	}
}

// restart is the next boot.
func (d *disk) restart() {
	d.Helper()
	if err := unix.Unmount(d.path, 0); err != nil {
		d.Fatal(err)
	}
	d.mount()
}

// TestPowerCut cuts the power before chosen steps of a publication and after it. A final name that is there after
// the restart shows the whole file, and one that was answered is there. The larger batch is synced by its volume.
func TestPowerCut(t *testing.T) {
	for _, files := range []int{5, 40} {
		for _, step := range []int{1, files, files + 1, 2 * files, 2*files + 1, 2*files + 2, 3 * files, 3*files + 1, 0} {
			t.Run(fmt.Sprintf("%d files, step %d", files, step), func(t *testing.T) { powerCutAt(t, files, step) })
		}
	}
}

// powerCutAt cuts before the step of this number, from 1; 0 means after the answer.
func powerCutAt(t *testing.T, files, step int) {
	d := newDisk(t)
	s := newSink(t)
	f := folder(t, s, d.path)
	var list []openbits.Publication
	for n := range files {
		list = append(list, part(t, s, f, fmt.Sprintf("file %d", n), content(n)))
	}
	at := 0
	s.OnStep(func(string, string) {
		if at++; at == step {
			d.cut()
		}
	})
	errs := s.Publish(t.Context(), list)
	if step == 0 {
		// Without a sync this one must not survive, or the test proves nothing.
		if err := os.WriteFile(filepath.Join(d.path, "unsynced"), []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
		d.cut()
	} else if at < step {
		t.Fatalf("%d steps, no step %d", at, step)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	d.restart()
	if got, err := os.ReadFile(filepath.Join(d.path, "unsynced")); step == 0 && err == nil && len(got) > 0 {
		t.Fatal("the power was not cut: what was never synced is there")
	}
	there := 0
	for n, p := range list {
		got, err := os.ReadFile(p.Place.Path())
		switch {
		case err == nil && string(got) != content(n):
			t.Fatalf("file %d holds %d bytes that are not its content", n, len(got))
		case err == nil:
			there++
		case errs[n] == nil:
			t.Fatalf("file %d was answered as published and is lost: %v", n, err)
		}
	}
	t.Logf("%d of %d files are there", there, files)
}

func content(n int) string {
	b := make([]byte, 5000)
	for i := range b {
		b[i] = byte(n + i)
	}
	return string(b)
}
