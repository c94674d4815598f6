// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package faultsink_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/sink"
	"github.com/openbits/openbits/sink/faultsink"
	"github.com/openbits/openbits/sink/sinktest"
)

var _ engine.Sink = (*faultsink.Faulty)(nil)

func TestWithoutFaults(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) engine.Sink {
		s := sink.New(sink.Options{})
		t.Cleanup(func() { _ = s.Close() })
		return faultsink.New(s)
	})
}

// bench is a faulty sink over a real one, with a folder.
type bench struct {
	*testing.T
	*faultsink.Faulty
	folder openbits.Folder
}

func newBench(t *testing.T) *bench {
	s := sink.New(sink.Options{})
	t.Cleanup(func() { _ = s.Close() })
	b := &bench{T: t, Faulty: faultsink.New(s)}
	f, err := b.Folder(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b.folder = f
	return b
}

func (b *bench) part(name string) openbits.Publication {
	b.Helper()
	p := openbits.Place{Folder: b.folder, Name: name, Part: "." + name}
	f, err := b.Open(b.Context(), p)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteAt([]byte("content"), 0); err != nil {
		b.Fatal(err)
	}
	return openbits.Publication{Place: p, Inode: f.Identity(), Size: 7, Mode: 0o600}
}

// there lists the names in the folder.
func (b *bench) there() string {
	b.Helper()
	list, err := os.ReadDir(b.folder.Path)
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func (b *bench) is(what string, got, want any) {
	b.Helper()
	if got != want {
		b.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func TestWrites(t *testing.T) {
	b := newBench(t)
	full := &openbits.Error{Kind: openbits.KindDiskFull}
	b.Inject(faultsink.Fault{Op: faultsink.OpWrite, N: 2, Err: full, Short: 3})
	b.Inject(faultsink.Fault{Op: faultsink.OpSync, Err: full})
	f, err := b.Open(t.Context(), openbits.Place{Folder: b.folder, Name: "file", Part: ".file"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for n, want := range []struct {
		n   int
		err error
	}{{4, nil}, {3, full}, {4, nil}} {
		got, err := f.WriteAt([]byte("data"), int64(4*n))
		b.is("bytes", got, want.n)
		if want.err == nil && err != nil || want.err != nil && !errors.Is(err, openbits.KindDiskFull) {
			t.Fatalf("write %d: %v, want %v", n, err, want.err)
		}
	}
	size, err := f.Size()
	b.is("size", size, int64(12))
	b.is("error", err, nil)
	b.is("writes", b.Count(faultsink.OpWrite), 3)
	for range 2 {
		b.is("sync", errors.Is(f.Sync(), openbits.KindDiskFull), true)
	}
	b.Clear()
	b.is("sync", f.Sync(), nil)
	b.is("syncs", b.Count(faultsink.OpSync), 3)
	b.is("truncate", f.Truncate(1), nil)
	b.is("crashed", b.Crashed(), false)
}

func TestPublications(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault faultsink.Fault
		left  string // names in the folder
		again bool   // the sink goes on working
	}{
		{"nothing", faultsink.Fault{Op: faultsink.OpFolder, N: 9}, "a b c", true},
		{"error before", faultsink.Fault{Op: faultsink.OpPublish, N: 2, Err: os.ErrInvalid}, ".b a c", true},
		{"error after", faultsink.Fault{Op: faultsink.OpPublished, N: 2, Err: os.ErrInvalid}, "a b c", true},
		{"crash before", faultsink.Fault{Op: faultsink.OpPublish, N: 2, Crash: true}, ".b .c a", false},
		{"crash after", faultsink.Fault{Op: faultsink.OpPublished, N: 2, Crash: true}, ".c a b", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			list := []openbits.Publication{b.part("a"), b.part("b"), b.part("c")}
			hooked := ""
			test.fault.Hook = func(path string) { hooked += filepath.Base(path) }
			b.Inject(test.fault)
			errs := b.Publish(t.Context(), list)
			b.is("names", b.there(), test.left)
			if test.fault.Op != faultsink.OpFolder {
				b.is("hook", hooked, "b")
			}
			for i, err := range errs {
				switch {
				case test.fault.Crash:
					b.is("answer after a crash", errors.Is(err, faultsink.ErrCrashed), true)
				case i == 1:
					b.is("answer", err, test.fault.Err)
				default:
					b.is("answer", err, nil)
				}
			}
			_, err := b.Open(t.Context(), list[0].Place)
			b.is("works", err == nil, test.again)
		})
	}
}

func TestCrash(t *testing.T) {
	b := newBench(t)
	p := b.part("file")
	f, err := b.Open(t.Context(), p.Place)
	if err != nil {
		t.Fatal(err)
	}
	b.Inject(faultsink.Fault{Op: faultsink.OpWrite, N: b.Count(faultsink.OpWrite) + 1, Crash: true, Short: 2})
	n, err := f.WriteAt([]byte("more"), 7)
	b.is("torn write", n, 2)
	for what, err := range map[string]error{
		"write":    err,
		"sync":     f.Sync(),
		"truncate": f.Truncate(0),
		"reserve":  f.Reserve(10),
		"flush":    f.Flush(),
		"close":    f.Close(),
		"publish":  b.Publish(t.Context(), []openbits.Publication{p})[0],
		"discard":  b.Discard(t.Context(), []openbits.Place{p.Place}),
	} {
		if !errors.Is(err, faultsink.ErrCrashed) || !errors.Is(err, openbits.KindLocalFile) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(b.folder.Path, p.Place.Part)); string(got) != "contentmo" {
		t.Fatalf("%q, %v", got, err)
	}
}
