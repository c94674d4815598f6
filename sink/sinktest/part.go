// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"errors"
	"io"
	"os"
	"runtime"

	"github.com/openbits/openbits"
)

func testPart(b *bench) {
	p := b.place("file")
	f, err := b.Open(b.ctx, p)
	b.must(err)
	defer func() { _ = f.Close() }()
	i, err := os.Lstat(b.partPath(p))
	b.must(err)
	if !i.Mode().IsRegular() || i.Size() != 0 || runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
		b.Fatalf("a new part file is %v with %d bytes", i.Mode(), i.Size())
	}
	b.absent(p.Path())
	for _, w := range []struct {
		at   int64
		text string
	}{{0, "hello"}, {5, " world"}, {20, "!"}, {0, "H"}} {
		n, err := f.WriteAt([]byte(w.text), w.at)
		if n != len(w.text) || err != nil {
			b.Fatalf("write of %q: %d, %v", w.text, n, err)
		}
	}
	b.must(f.Flush())
	b.must(f.Sync())
	b.must(f.Sync())
	b.size(f, 21)
	buf := make([]byte, 8)
	if n, err := f.ReadAt(buf, 3); n != 8 || err != nil || string(buf) != "lo world" {
		b.Fatalf("read %d %q, %v", n, buf, err)
	}
	if n, err := f.ReadAt(buf, 20); n != 1 || !errors.Is(err, io.EOF) {
		b.Fatalf("read at the end: %d, %v", n, err)
	}
	b.must(f.Truncate(5))
	b.size(f, 5)
	b.must(f.Truncate(7))
	b.holds(b.partPath(p), "Hello\x00\x00")
	b.must(f.Truncate(0))
	b.size(f, 0)
	b.must(f.Close())
	_, err = f.WriteAt([]byte("x"), 0)
	b.kind(err, openbits.KindLocalFile)
}

func (b *bench) size(f openbits.PartFile, want int64) {
	b.Helper()
	got, err := f.Size()
	b.must(err)
	if got != want {
		b.Fatalf("size is %d, want %d", got, want)
	}
}

func testReopen(b *bench) {
	one, two := b.part("one", "1"), b.part("two", "2")
	if one.Inode == two.Inode || one.Inode == "" {
		b.Fatalf("identities of two files: %q and %q", one.Inode, two.Inode)
	}
	f, err := b.Open(b.ctx, one.Place)
	b.must(err)
	g, err := b.Open(b.ctx, one.Place)
	b.must(err)
	if f.Identity() != one.Inode || g.Identity() != one.Inode {
		b.Fatalf("identity %q became %q and %q", one.Inode, f.Identity(), g.Identity())
	}
	b.size(f, 1)
	_, err = f.WriteAt([]byte("+"), 1)
	b.must(err)
	b.size(g, 2)
	b.must(g.Sync())
	b.must(f.Close())
	b.must(g.Close())
	b.holds(b.partPath(one.Place), "1+")

	// One that was given its final mode by a publication that never ended is private again.
	b.must(os.Chmod(b.partPath(one.Place), 0o444))
	f, err = b.Open(b.ctx, one.Place)
	b.must(err)
	b.must(f.Close())
	if i, err := os.Stat(b.partPath(one.Place)); err != nil || runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
		b.Fatalf("mode is %v, %v", i.Mode(), err)
	}
}

func testReserve(b *bench) {
	f, err := b.Open(b.ctx, b.place("file"))
	b.must(err)
	defer func() { _ = f.Close() }()
	if err := f.Reserve(1 << 20); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		b.Fatal(err)
	}
	b.size(f, 0)
	_, err = f.WriteAt([]byte("content"), 0)
	b.must(err)
	b.must(f.Reserve(3)) // less than what is there
	b.size(f, 7)
	b.holds(b.partPath(b.place("file")), "content")
}

// testUnsafePart: what stands under the part file's name without being one is neither opened nor changed nor removed.
func testUnsafePart(b *bench) {
	victim := b.dir + ".victim"
	b.write(victim, "untouched")
	traps := map[string]func(path string){
		"link":          func(path string) { b.link(victim, path) },
		"link inside":   func(path string) { b.write(b.path("inside"), "untouched"); b.link("inside", path) },
		"dangling link": func(path string) { b.link(b.dir+".new", path) },
		"folder":        func(path string) { b.must(os.Mkdir(path, 0o755)) },
	}
	for name, set := range traps {
		p := b.place(name)
		set(b.partPath(p))
		_, err := b.Open(b.ctx, p)
		b.kind(err, openbits.KindUnsafePath)
		_, err = b.View(b.ctx, p, false)
		b.kind(err, openbits.KindUnsafePath)
		b.kind(b.publish(openbits.Publication{Place: p, Size: 9, Mode: 0o600}), openbits.KindUnsafePath)
		b.must(b.Discard(b.ctx, []openbits.Place{p}))
		if _, err := os.Lstat(b.partPath(p)); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		b.absent(p.Path())
		b.absent(b.dir + ".new")
	}
	b.holds(victim, "untouched")
	b.holds(b.path("inside"), "untouched")

	p := b.part("hard link", "content")
	b.must(os.Link(b.partPath(p.Place), b.path("second name")))
	_, err := b.Open(b.ctx, p.Place)
	b.kind(err, openbits.KindUnsafePath)
	b.kind(b.publish(p), openbits.KindUnsafePath)
	b.absent(p.Place.Path())
	b.must(os.Remove(b.path("second name")))
	b.must(b.publish(p))
}
