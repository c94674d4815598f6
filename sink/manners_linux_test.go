// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/sink"
)

// classOf is the class of a thread for the disk (ioprio_get(2)), 0 being the calling thread: 0 none, 2 best effort, 3 idle.
func classOf(t testing.TB, tid int) int {
	t.Helper()
	v, _, errno := unix.RawSyscall(unix.SYS_IOPRIO_GET, 1, uintptr(tid), 0)
	if errors.Is(errno, unix.ESRCH) {
		return 0 // it has ended
	}
	if errno != 0 {
		t.Skipf("the class of a thread cannot be read here: %v", errno)
	}
	return int(v >> 13)
}

// TestIdleClass: what runs idly has the idle class, and when all of it is done no thread is left with it, whatever happened to run
// beside it and however many threads there came to be.
func TestIdleClass(t *testing.T) {
	before := classOf(t, 0)
	if before == 1 || before == 3 {
		t.Skipf("the tests run in class %d, which is left alone", before)
	}
	const width = 64 // more than there are processors: each holds a thread while it waits for the others
	var inside, done sync.WaitGroup
	inside.Add(width)
	classes := make([]int, width)
	beside := make([]int, width)
	for n := range width {
		done.Go(func() {
			sink.Idly(func() {
				classes[n] = classOf(t, 0)
				inside.Done()
				inside.Wait()
			})
		})
		done.Go(func() { beside[n] = classOf(t, 0) })
	}
	done.Wait()
	for n := range width {
		if classes[n] != 3 || beside[n] != before {
			t.Fatalf("idly: class %d; beside it: class %d, want 3 and %d", classes[n], beside[n], before)
		}
	}
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range threads {
		if tid, _ := strconv.Atoi(filepath.Base(path)); classOf(t, tid) == 3 {
			t.Errorf("thread %d of %d is left with the idle class", tid, len(threads))
		}
	}
}

// resident is how much of a file is in the page cache (mincore(2)), in bytes.
func resident(t *testing.T, path string) int64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	i, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	n, err := sink.Resident(f, i.Size())
	if err != nil {
		t.Skipf("the page cache cannot be looked at here: %v", err)
	}
	return n
}

// onDisk makes a folder whose files are not in memory anyway.
func onDisk(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		t.Fatal(err)
	}
	if fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC {
		t.Skip("the folder for temporary files is in memory: name one on a disk in TMPDIR")
	}
	return path
}

// TestDropBehind writes 64 MiB in each way that the engine does. Of a background file less than a quarter is in the page cache at any
// time, and next to nothing once it was synced or published; a small one stays.
func TestDropBehind(t *testing.T) {
	const size, step = 64 << 20, 256 << 10
	s := newSink(t)
	f := folder(t, s, onDisk(t))
	write := func(name string, size int) (openbits.PartFile, openbits.Place) {
		t.Helper()
		p := openbits.Place{Folder: f, Name: name, Part: "." + name}
		file, err := s.Open(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		file.SetBackground(true)
		b := make([]byte, min(step, size))
		for at := 0; at < size; at += len(b) {
			if _, err := file.WriteAt(b, int64(at)); err != nil {
				t.Fatal(err)
			}
		}
		return file, p
	}
	// Two pieces and what was written since: the last one is given to the disk, the one before it was waited for.
	const most = size / 4
	synced, p := write("synced", size)
	part := filepath.Join(f.Path, p.Part)
	if got := resident(t, part); got > most {
		t.Errorf("while it is written %d MiB of %d are in the page cache", got>>20, size>>20)
	}
	if err := synced.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := resident(t, part); got > size/64 {
		t.Errorf("when it is synced %d KiB are in the page cache", got>>10)
	}

	list := []openbits.Publication{}
	for name, size := range map[string]int{"published": size, "small": 256 << 10} {
		file, p := write(name, size)
		list = append(list, openbits.Publication{Place: p, Inode: file.Identity(), Size: int64(size), Mode: 0o600, Background: true})
	}
	for _, err := range s.Publish(t.Context(), list) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := resident(t, filepath.Join(f.Path, "published")); got > size/64 {
		t.Errorf("when it is published %d KiB are in the page cache", got>>10)
	}
	if got := resident(t, filepath.Join(f.Path, "small")); got == 0 {
		t.Error("a small file was dropped from the page cache")
	}
}
