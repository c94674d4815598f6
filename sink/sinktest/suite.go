// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package sinktest is the conformance suite of engine.Sink. A sink passes it
// before the engine may use it; so does every decorator that is told to do nothing.
package sinktest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
)

// Run runs the suite. open makes a sink that works on the file system of this process.
func Run(t *testing.T, open func(t *testing.T) engine.Sink) {
	for name, test := range map[string]func(*bench){
		"folder":                    testFolder,
		"folder through a link":     testFolderLink,
		"names":                     testNames,
		"exists":                    testExists,
		"part file":                 testPart,
		"part file reopened":        testReopen,
		"part file reserved":        testReserve,
		"part file that is not one": testUnsafePart,
		"part file in background":   testBackground,
		"publish":                   testPublish,
		"publish again":             testPublishAgain,
		"publish a batch":           testPublishBatch,
		"publish over":              testPublishOver,
		"publish over a link":       testPublishOverLink,
		"publish refused":           testPublishRefused,
		"publish in a race":         testPublishRace,
		"publish cancelled":         testCancelled,
		"view":                      testView,
		"discard":                   testDiscard,
		"space":                     testSpace,
		"folder deleted":            testFolderDeleted,
		"folder made anew":          testFolderAnew,
		"folder with the marker":    testFolderMarker,
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{T: t, Sink: open(t), ctx: t.Context()}
			b.dir = filepath.Join(b.TempDir(), "destination")
			b.must(os.Mkdir(b.dir, 0o755))
			b.folder = b.use(b.dir)
			test(b)
		})
	}
}

// bench is a sink with a folder to work in.
type bench struct {
	*testing.T
	engine.Sink
	ctx    context.Context
	dir    string
	folder openbits.Folder
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// kind checks that err is an *openbits.Error of this kind that people can read.
func (b *bench) kind(err error, want openbits.Kind) {
	b.Helper()
	var e *openbits.Error
	if !errors.As(err, &e) {
		b.Fatalf("error is %v, want an *openbits.Error of kind %s", err, want)
	}
	if e.Kind != want {
		b.Fatalf("kind is %s (%v), want %s", e.Kind, err, want)
	}
	if !strings.HasPrefix(e.Error(), "cannot ") || e.Hint == "" || e.Context != openbits.ContextLocalFile || e.File != -1 {
		b.Fatalf("not fit for people: %q, hint %q, context %s, file %d", e.Error(), e.Hint, e.Context, e.File)
	}
}

func (b *bench) use(path string) openbits.Folder {
	b.Helper()
	f, err := b.Folder(b.ctx, path)
	b.must(err)
	return f
}

func (b *bench) place(name string) openbits.Place {
	return openbits.Place{Folder: b.folder, Name: name, Part: "." + name + ".part"}
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) partPath(p openbits.Place) string { return filepath.Join(b.dir, p.Part) }

// part makes a part file with content and answers how it is to be published.
func (b *bench) part(name, content string) openbits.Publication {
	b.Helper()
	p := b.place(name)
	f, err := b.Open(b.ctx, p)
	b.must(err)
	_, err = f.WriteAt([]byte(content), 0)
	b.must(err)
	id := f.Identity()
	b.must(f.Close())
	return openbits.Publication{Place: p, Inode: id, Size: int64(len(content)), Mode: 0o644}
}

func (b *bench) publish(p openbits.Publication) error {
	b.Helper()
	errs := b.Publish(b.ctx, []openbits.Publication{p})
	if len(errs) != 1 {
		b.Fatalf("%d answers to one publication", len(errs))
	}
	return errs[0]
}

// holds checks the content of a path that must be a plain file.
func (b *bench) holds(path, content string) {
	b.Helper()
	i, err := os.Lstat(path)
	b.must(err)
	if !i.Mode().IsRegular() {
		b.Fatalf("%s is %v, want a plain file", path, i.Mode())
	}
	got, err := os.ReadFile(path)
	b.must(err)
	if string(got) != content {
		b.Fatalf("%s holds %q, want %q", path, got, content)
	}
}

func (b *bench) absent(path string) {
	b.Helper()
	if i, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		b.Fatalf("%s is there: %v, %v", path, i, err)
	}
}

func (b *bench) write(path, content string) {
	b.Helper()
	b.must(os.WriteFile(path, []byte(content), 0o600))
}

// link makes a symbolic link; systems that do not let the user make one skip the test.
func (b *bench) link(target, path string) {
	b.Helper()
	if err := os.Symlink(target, path); err != nil {
		b.Skipf("symbolic links cannot be made here: %v", err)
	}
}

// modified is a time long ago, in whole seconds and an even one, which FAT keeps too.
var modified = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
