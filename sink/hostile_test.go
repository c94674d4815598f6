// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd

package sink_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/sink"
)

// arena is a destination, with an account of what must not be touched beside it.
type arena struct {
	*testing.T
	*sink.Sink
	base, real, dest, outside string
	folder                    openbits.Folder
}

func newArena(t *testing.T) *arena {
	base := t.TempDir()
	a := &arena{
		T: t, Sink: newSink(t), base: base,
		real: filepath.Join(base, "real"), dest: filepath.Join(base, "dest"), outside: filepath.Join(base, "outside"),
	}
	for _, path := range []string{a.dest, a.outside} {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	a.folder = folder(t, a.Sink, a.dest)
	return a
}

// swap puts a link to outside in the destination's place; back undoes it.
func (a *arena) swap() error {
	return errors.Join(os.Rename(a.dest, a.real), os.Symlink(a.outside, a.dest))
}

func (a *arena) back() error { return errors.Join(os.Remove(a.dest), os.Rename(a.real, a.dest)) }

func (a *arena) nothingOutside() {
	a.Helper()
	if list, err := os.ReadDir(a.outside); err != nil || len(list) != 0 {
		a.Fatalf("outside are %v, %v", list, err)
	}
}

// TestSwapAtEachStep: a link takes the folder's place before each step of a publication, and before each call.
func TestSwapAtEachStep(t *testing.T) {
	for _, step := range []string{"prepare", "sync", "rename", "sync folder", "done"} {
		t.Run(step, func(t *testing.T) {
			a := newArena(t)
			p := part(t, a.Sink, a.folder, "file", "content")
			swapped := false
			a.OnStep(func(at, _ string) {
				if at == step && !swapped {
					swapped = true
					if err := a.swap(); err != nil {
						t.Error(err)
					}
				}
			})
			_ = publish(t, a.Sink, p)
			if !swapped {
				t.Fatal("the step did not come")
			}
			a.nothingOutside()
			_, err := makePart(t, a.Sink, a.folder, "other", "content")
			wantKind(t, err, openbits.KindFolderMissing)
			_, err = a.View(t.Context(), p.Place, true)
			wantKind(t, err, openbits.KindFolderMissing)
			wantKind(t, publish(t, a.Sink, p), openbits.KindFolderMissing)
			if err := a.Discard(t.Context(), []openbits.Place{p.Place}); err != nil {
				t.Fatal(err)
			}
			a.nothingOutside()
			if err := a.back(); err != nil {
				t.Fatal(err)
			}
			if err := publish(t, a.Sink, p); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(p.Place.Path()); string(got) != "content" {
				t.Fatalf("%q, %v", got, err)
			}
		})
	}
}

// TestSwapInARace: the same at any moment, while files are written and published as fast as possible.
func TestSwapInARace(t *testing.T) {
	const rounds = 1000
	a := newArena(t)
	start, done := make(chan struct{}), make(chan error)
	go func() {
		for range start {
			var err error
			for range 3 {
				err = errors.Join(err, a.swap(), a.back())
			}
			done <- err
		}
	}()
	defer close(start)
	whole := 0
	for n := range rounds {
		start <- struct{}{}
		p, err := a.race(n)
		if swapErr := <-done; swapErr != nil {
			t.Fatal(swapErr)
		}
		switch kind := openbits.KindOf(err); {
		case kind == "":
			whole++
		case kind != openbits.KindFolderMissing:
			t.Fatalf("round %d: %v", n, err)
		case p.Inode != "":
			// What was interrupted is settled once the folder is back.
			if err := publish(t, a.Sink, p); err != nil {
				t.Fatalf("round %d: %v", n, err)
			}
		}
		if p.Inode != "" {
			if got, err := os.ReadFile(p.Place.Path()); string(got) != "content" {
				t.Fatalf("round %d: %q, %v", n, got, err)
			}
		}
	}
	a.nothingOutside()
	t.Logf("%d of %d were published in spite of it", whole, rounds)
}

// race makes and publishes a file while the folder comes and goes. The answer has no Inode if it was never made.
func (a *arena) race(n int) (openbits.Publication, error) {
	p, err := makePart(a.T, a.Sink, a.folder, fmt.Sprint(n), "content")
	if err != nil {
		return openbits.Publication{}, err
	}
	p.Overwrite = n%2 == 0
	return p, publish(a.T, a.Sink, p)
}

// TestPipes: a pipe under any name neither blocks nor is used.
func TestPipes(t *testing.T) {
	a := newArena(t)
	p := openbits.Place{Folder: a.folder, Name: "name", Part: ".part"}
	partPath := filepath.Join(a.dest, p.Part)
	for _, make := range map[string]func(string) error{
		"pipe":   func(path string) error { return unix.Mkfifo(path, 0o600) },
		"socket": bindSocket,
	} {
		if err := make(partPath); err != nil {
			t.Fatal(err)
		}
		_, err := a.Open(t.Context(), p)
		wantKind(t, err, openbits.KindUnsafePath)
		_, err = a.View(t.Context(), p, false)
		wantKind(t, err, openbits.KindUnsafePath)
		wantKind(t, publish(t, a.Sink, openbits.Publication{Place: p}), openbits.KindUnsafePath)
		if err := a.Discard(t.Context(), []openbits.Place{p}); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(partPath); err != nil {
			t.Fatal(err) // it was left alone
		}

		q := part(t, a.Sink, a.folder, "taken", "content")
		if err := make(q.Place.Path()); err != nil {
			t.Fatal(err)
		}
		for _, q.Overwrite = range []bool{false, true} {
			wantKind(t, publish(t, a.Sink, q), openbits.KindFileExists)
		}
		_, err = a.View(t.Context(), q.Place, true)
		wantKind(t, err, openbits.KindUnsafePath)
		if err := os.Remove(q.Place.Path()); err != nil {
			t.Fatal(err)
		}
	}

	// A pipe in the folder's place, which must not be waited for either.
	if err := errors.Join(os.Rename(a.dest, a.real), unix.Mkfifo(a.dest, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := a.Open(t.Context(), p)
	wantKind(t, err, openbits.KindFolderMissing)
	_, err = a.Folder(t.Context(), a.dest)
	wantKind(t, err, openbits.KindInvalidArgument)
}

// bindSocket makes a unix socket that nobody listens on. Its address is relative, since it has room for few bytes.
func bindSocket(path string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	name := filepath.Join(os.TempDir(), fmt.Sprintf("openbits-%d", os.Getpid()))
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: name}); err != nil {
		return err
	}
	return os.Rename(name, path)
}

// TestSwappedPart: another file takes the part file's name between its check and its rename.
func TestSwappedPart(t *testing.T) {
	a := newArena(t)
	p := part(t, a.Sink, a.folder, "file", "content")
	path := filepath.Join(a.dest, p.Place.Part)
	a.OnStep(func(step, _ string) {
		if step == "rename" {
			if err := errors.Join(os.Rename(path, path+".away"), os.WriteFile(path, []byte("cuckoo"), 0o600)); err != nil {
				t.Error(err)
			}
		}
	})
	wantKind(t, publish(t, a.Sink, p), openbits.KindUnsafePath)
}
