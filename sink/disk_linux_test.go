// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
)

// mount mounts a file system on a new folder for the rest of the test.
func mount(t *testing.T, kind, options string) string {
	t.Helper()
	path := t.TempDir()
	mountAt(t, path, kind, options)
	return path
}

func mountAt(t *testing.T, path, kind, options string) {
	t.Helper()
	if err := unix.Mount("openbits-test", path, kind, 0, options); err != nil {
		t.Skipf("a small %s cannot be mounted here (it takes root): %v", kind, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
}

func TestFullDisk(t *testing.T) {
	path := mount(t, "tmpfs", "size=1m")
	s := newSink(t)
	f := folder(t, s, path)
	space, err := s.Space(t.Context(), f)
	if err != nil || space.Free != 1<<20 || space.Volume != f.Volume {
		t.Fatalf("%+v, %v", space, err)
	}
	file, err := s.Open(t.Context(), openbits.Place{Folder: f, Name: "file", Part: ".part"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteAt([]byte("content"), 0); err != nil {
		t.Fatal(err)
	}
	// A reservation that fails keeps nothing and changes nothing.
	wantKind(t, file.Reserve(2<<20), openbits.KindDiskFull)
	if after, err := s.Space(t.Context(), f); err != nil || after.Free < 1<<20-8<<10 {
		t.Fatalf("after a failed reservation %d bytes are free, %v", after.Free, err)
	}
	if err := file.Reserve(512 << 10); err != nil {
		t.Fatal(err)
	}
	if after, err := s.Space(t.Context(), f); err != nil || after.Free > 512<<10 {
		t.Fatalf("after a reservation %d bytes are free, %v", after.Free, err)
	}
	n, err := file.WriteAt(make([]byte, 2<<20), 0)
	wantKind(t, err, openbits.KindDiskFull)
	if n == 0 || n > 1<<20 {
		t.Fatalf("%d bytes were written to a disk of 1 MiB", n)
	}
	if size, err := file.Size(); err != nil || size != int64(n) {
		t.Fatalf("size is %d after %d bytes, %v", size, n, err)
	}
	if err := file.Truncate(7); err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(make([]byte, 1<<10), 7); err != nil {
		t.Fatalf("with room again: %v", err)
	}
}

func TestNoMoreFiles(t *testing.T) {
	s := newSink(t)
	f := folder(t, s, mount(t, "tmpfs", "size=1m,nr_inodes=3"))
	for n := range 10 {
		_, err := makePart(t, s, f, strconv.Itoa(n), "")
		if err != nil {
			wantKind(t, err, openbits.KindDiskFull)
			if n == 0 {
				t.Fatal("not a single file could be made")
			}
			return
		}
	}
	t.Fatal("ten files were made where three are possible")
}

func TestReadOnly(t *testing.T) {
	path := mount(t, "tmpfs", "size=1m")
	s := newSink(t)
	f := folder(t, s, path)
	p := part(t, s, f, "file", "content")
	if err := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skipf("the volume cannot be made read-only: %v", err)
	}
	_, err := s.Folder(t.Context(), path)
	wantKind(t, err, openbits.KindWriteDenied)
	_, err = makePart(t, s, f, "other", "")
	wantKind(t, err, openbits.KindWriteDenied)
	wantKind(t, publish(t, s, p), openbits.KindWriteDenied)
	wantKind(t, s.Discard(t.Context(), []openbits.Place{p.Place}), openbits.KindWriteDenied)
	content, err := s.View(t.Context(), p.Place, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := content.Close(); err != nil {
		t.Fatal(err)
	}
}

// kernelTick is more than one tick of the kernel's clock, which has 100 of them a second at least.
const kernelTick = 20 * time.Millisecond

// TestUnmounted: the folder below a volume's place is not written while the volume is away, nor is another volume.
func TestUnmounted(t *testing.T) {
	path := t.TempDir()
	mountAt(t, path, "tmpfs", "size=1m")
	mounted := time.Now()
	s := newSink(t)
	f := folder(t, s, path)
	p := part(t, s, f, "file", "content")
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"unmounted", func() { _ = unix.Unmount(path, unix.MNT_DETACH) }},
		{"another volume", func() {
			// Volumes are told apart by the birth of their root folder, which counts in ticks of the kernel's clock.
			time.Sleep(time.Until(mounted.Add(kernelTick)))
			mountAt(t, path, "tmpfs", "size=1m")
		}},
	} {
		name := c.name
		c.change()
		_, err := s.Open(t.Context(), p.Place)
		wantKind(t, err, openbits.KindFolderMissing)
		wantKind(t, publish(t, s, p), openbits.KindFolderMissing)
		if err := s.Discard(t.Context(), []openbits.Place{p.Place}); err != nil {
			t.Fatal(err)
		}
		if list, err := os.ReadDir(path); err != nil || len(list) != 0 {
			t.Fatalf("%s: the folder holds %v, %v", name, list, err)
		}
	}
}

// unprivileged runs a test without root's rights, which are above those of a folder. It gives them up for one
// thread, which ends with the test.
func unprivileged(t *testing.T, test func(t *testing.T)) {
	base, err := os.MkdirTemp("", "openbits")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = filepath.WalkDir(base, func(path string, d os.DirEntry, err error) error { return os.Chmod(path, 0o700) })
		_ = os.RemoveAll(base)
	})
	if err := os.Chmod(base, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", base)
	t.Run("unprivileged", func(t *testing.T) {
		if os.Geteuid() == 0 {
			runtime.LockOSThread() // and never unlocked: the thread is not used again
			const nobody, same = 65534, ^uintptr(0)
			if _, _, errno := syscall.RawSyscall(unix.SYS_SETRESUID, same, nobody, same); errno != 0 {
				t.Skipf("root's rights cannot be given up: %v", errno)
			}
		}
		test(t)
	})
}

func TestRights(t *testing.T) {
	unprivileged(t, func(t *testing.T) {
		path := filepath.Join(os.TempDir(), "destination")
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		s := newSink(t)
		f := folder(t, s, path)
		p := part(t, s, f, "file", "content")
		chmod := func(mode os.FileMode) {
			t.Helper()
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		for _, mode := range []os.FileMode{0o555, 0o000} {
			chmod(mode)
			_, err := s.Folder(t.Context(), path)
			wantKind(t, err, openbits.KindWriteDenied)
			_, err = makePart(t, s, f, "other", "")
			wantKind(t, err, openbits.KindWriteDenied)
			wantKind(t, publish(t, s, p), openbits.KindWriteDenied)
			wantKind(t, s.Discard(t.Context(), []openbits.Place{p.Place}), openbits.KindWriteDenied)
		}
		chmod(0o755)

		// A part file that an interrupted publication made read-only is written again.
		if err := os.Chmod(filepath.Join(path, p.Place.Part), 0o444); err != nil {
			t.Fatal(err)
		}
		p, err := makePart(t, s, f, "file", "CONTENT")
		if err != nil {
			t.Fatal(err)
		}
		p.Mode = 0o444
		if err := errors.Join(publish(t, s, p), publish(t, s, p)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestForeignPart: a part file of another account is neither used nor removed.
func TestForeignPart(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another account")
	}
	s := newSink(t)
	f := folder(t, s, t.TempDir())
	p := part(t, s, f, "file", "content")
	path := filepath.Join(f.Path, p.Place.Part)
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	_, err := s.Open(t.Context(), p.Place)
	wantKind(t, err, openbits.KindUnsafePath)
	_, err = s.View(t.Context(), p.Place, false)
	wantKind(t, err, openbits.KindUnsafePath)
	wantKind(t, publish(t, s, p), openbits.KindUnsafePath)
	if err := s.Discard(t.Context(), []openbits.Place{p.Place}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); string(got) != "content" {
		t.Fatalf("%q, %v", got, err)
	}
}

// TestOverlay: a folder of a container's image is copied when something is first written in it, and gets another
// birth time by that. It is the same folder all the same.
func TestOverlay(t *testing.T) {
	base := t.TempDir()
	merged := filepath.Join(base, "merged")
	for _, name := range []string{"lower/destination", "upper", "work", "merged"} {
		if err := os.MkdirAll(filepath.Join(base, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mountAt(t, merged, "overlay", fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", base))
	s := newSink(t)
	f := folder(t, s, filepath.Join(merged, "destination"))
	for round := range 3 {
		for _, name := range []string{"one", "two"} {
			p := part(t, s, f, fmt.Sprint(name, round), "content")
			if err := errors.Join(publish(t, s, p), publish(t, s, p)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil { // the next round opens the folder anew
			t.Fatal(err)
		}
	}
}
