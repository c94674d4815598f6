// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/openbits/openbits"
)

func testFolder(b *bench) {
	if b.folder.ID == "" || b.folder.Volume == "" {
		b.Fatalf("no identity: %+v", b.folder)
	}
	if again := b.use(b.dir + string(filepath.Separator)); again != b.folder {
		b.Fatalf("the same folder is %+v and %+v", b.folder, again)
	}
	other := b.path("other")
	b.must(os.Mkdir(other, 0o755))
	if o := b.use(other); o.ID == b.folder.ID || o.Volume != b.folder.Volume {
		b.Fatalf("two folders of one volume: %+v and %+v", b.folder, o)
	}
	b.write(b.path("file"), "")
	for path, want := range map[string]openbits.Kind{
		"":                              openbits.KindInvalidArgument,
		"relative":                      openbits.KindInvalidArgument,
		".":                             openbits.KindInvalidArgument,
		b.path("nul\x00"):               openbits.KindInvalidArgument,
		b.path("file"):                  openbits.KindInvalidArgument,
		b.path("missing"):               openbits.KindFolderMissing,
		b.path("missing/and/its/child"): openbits.KindFolderMissing,
	} {
		_, err := b.Folder(b.ctx, path)
		b.kind(err, want)
		if want == openbits.KindFolderMissing && !strings.Contains(openbits.AsError(err).Hint, "mkdir") {
			b.Fatalf("the hint does not say how to make the folder: %q", openbits.AsError(err).Hint)
		}
	}
}

func testFolderLink(b *bench) {
	b.link(b.dir, b.path("link"))
	if through := b.use(b.path("link")); through != b.folder {
		b.Fatalf("through a link the folder is %+v, want %+v", through, b.folder)
	}
	b.link(b.path("nowhere"), b.path("dangling"))
	_, err := b.Folder(b.ctx, b.path("dangling"))
	b.kind(err, openbits.KindFolderMissing)
	b.link(b.path("circle"), b.path("circle"))
	_, err = b.Folder(b.ctx, b.path("circle"))
	b.kind(err, openbits.KindInvalidArgument)
}

func testNames(b *bench) {
	long := strings.Repeat("n", 256)
	for _, name := range []string{"", ".", "..", "a/b", "/", "../x", "a\x00b", long} {
		for _, p := range []openbits.Place{
			{Folder: b.folder, Name: name, Part: ".part"}, {Folder: b.folder, Name: "name", Part: name},
		} {
			_, err := b.Open(b.ctx, p)
			b.kind(err, openbits.KindInvalidName)
			_, err = b.Exists(b.ctx, p)
			b.kind(err, openbits.KindInvalidName)
			_, err = b.View(b.ctx, p, true)
			b.kind(err, openbits.KindInvalidName)
			b.kind(b.publish(openbits.Publication{Place: p}), openbits.KindInvalidName)
			b.kind(b.Discard(b.ctx, []openbits.Place{p}), openbits.KindInvalidName)
		}
	}
	_, err := b.Open(b.ctx, openbits.Place{Folder: b.folder, Name: "same", Part: "Same"})
	b.kind(err, openbits.KindInvalidName)

	// Awkward names that are possible everywhere.
	for _, name := range []string{"-rf", "a b", "%2e%2e", "~", strings.Repeat("n", 240), "naïve ☺"} {
		b.must(b.publish(b.part(name, name)))
		b.holds(b.path(name), name)
	}
}

func testExists(b *bench) {
	p := b.place("file")
	for _, step := range []struct {
		do   func()
		want bool
	}{
		{func() {}, false},
		{func() { b.part("file", "hidden") }, false},
		{func() { b.must(os.Mkdir(p.Path(), 0o755)) }, true},
		{func() { b.must(os.Remove(p.Path())); b.write(p.Path(), "") }, true},
		{func() { b.must(os.Remove(p.Path())); b.link("nowhere", p.Path()) }, true},
	} {
		step.do()
		got, err := b.Exists(b.ctx, p)
		b.must(err)
		if got != step.want {
			b.Fatalf("exists is %v, want %v", got, step.want)
		}
	}
}

func testSpace(b *bench) {
	s, err := b.Space(b.ctx, b.folder)
	b.must(err)
	if s.Volume != b.folder.Volume || s.Free <= 0 {
		b.Fatalf("space is %+v on volume %s", s, b.folder.Volume)
	}
}

// missing checks that nothing works in the folder any more, and that nothing changes there.
func (b *bench) missing(p openbits.Publication) {
	b.Helper()
	_, err := b.Open(b.ctx, p.Place)
	b.kind(err, openbits.KindFolderMissing)
	_, err = b.Exists(b.ctx, p.Place)
	b.kind(err, openbits.KindFolderMissing)
	_, err = b.View(b.ctx, p.Place, false)
	b.kind(err, openbits.KindFolderMissing)
	b.kind(b.publish(p), openbits.KindFolderMissing)
	b.must(b.Discard(b.ctx, []openbits.Place{p.Place}))
}

func testFolderDeleted(b *bench) {
	p := b.part("file", "content")
	b.must(os.RemoveAll(b.dir))
	b.missing(p)
	_, err := b.Space(b.ctx, b.folder)
	b.kind(err, openbits.KindFolderMissing)
	b.absent(b.dir)
	b.write(b.dir, "a file in the folder's place")
	b.missing(p)
	b.holds(b.dir, "a file in the folder's place")
}

func testFolderAnew(b *bench) {
	p := b.part("file", "content")
	away := b.dir + ".away"
	b.must(os.Rename(b.dir, away)) // keeps the folder's number from being given again
	b.must(os.Mkdir(b.dir, 0o755))
	b.missing(p)
	if list, err := os.ReadDir(b.dir); err != nil || len(list) != 0 {
		b.Fatalf("the new folder holds %v, %v", list, err)
	}
	b.holds(filepath.Join(away, p.Place.Part), "content")

	// It comes back, as a volume does that is mounted again.
	b.must(os.Remove(b.dir))
	b.must(os.Rename(away, b.dir))
	b.must(b.publish(p))
	b.holds(p.Place.Path(), "content")
}

// testFolderMarker: a folder with another identity that holds the part file is the right one all the same.
func testFolderMarker(b *bench) {
	p, q := b.part("one", "content of one"), b.part("two", "content of two")
	away := b.dir + ".away"
	b.must(os.Rename(b.dir, away))
	b.must(os.Mkdir(b.dir, 0o755))
	for _, x := range []openbits.Publication{p, q} {
		b.must(os.Rename(filepath.Join(away, x.Place.Part), b.partPath(x.Place)))
	}
	f, err := b.Open(b.ctx, p.Place)
	b.must(err)
	if f.Identity() != p.Inode {
		b.Fatalf("identity %s became %s", p.Inode, f.Identity())
	}
	b.must(f.Close())
	b.must(b.publish(p))
	b.holds(p.Place.Path(), "content of one")
	b.must(b.publish(p)) // found by its final name
	b.must(b.Discard(b.ctx, []openbits.Place{q.Place}))
	b.absent(b.partPath(q.Place))
	_, err = b.Open(b.ctx, b.place("three"))
	b.kind(err, openbits.KindFolderMissing)
}
