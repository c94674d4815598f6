// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/openbits/openbits"
)

func testPublish(b *bench) {
	for mode, content := range map[uint32]string{0o644: "content", 0o600: "", 0o444: "read-only"} {
		p := b.part(fmt.Sprintf("file %o", mode), content)
		p.Mode, p.Modified = mode, modified
		b.must(b.publish(p))
		b.holds(p.Place.Path(), content)
		b.absent(b.partPath(p.Place))
		i, err := os.Stat(p.Place.Path())
		b.must(err)
		if !i.ModTime().Equal(modified) {
			b.Fatalf("modified %v, want %v", i.ModTime(), modified)
		}
		if runtime.GOOS != "windows" && i.Mode().Perm() != os.FileMode(mode) {
			b.Fatalf("mode %v, want %o", i.Mode(), mode)
		}
	}
}

func testPublishAgain(b *bench) {
	p := b.part("file", "content")
	for range 3 {
		b.must(b.publish(p))
	}
	b.holds(p.Place.Path(), "content")
	p.Overwrite = true
	b.must(b.publish(p))

	// Another file under the name is not taken for it, though it looks the same.
	copied := b.path("copy")
	b.write(copied, "content")
	b.must(os.Rename(copied, p.Place.Path()))
	b.kind(b.publish(p), openbits.KindNotFound)
	b.must(os.Remove(p.Place.Path()))
	b.kind(b.publish(p), openbits.KindNotFound)

	// The two names of a crash between giving the new name and taking the old one away.
	q := b.part("two names", "content")
	b.must(os.Link(b.partPath(q.Place), q.Place.Path()))
	b.must(b.publish(q))
	b.absent(b.partPath(q.Place))
	b.holds(q.Place.Path(), "content")
}

func testPublishBatch(b *bench) {
	const files = 600
	var list []openbits.Publication
	for n := range files {
		p := b.part(fmt.Sprintf("file %d", n), fmt.Sprintf("content %d", n))
		switch n % 100 {
		case 7:
			b.write(p.Place.Path(), "mine") // taken
		case 8:
			b.must(os.Remove(b.partPath(p.Place))) // lost
		case 9:
			p.Place.Name = "../outside"
		case 10:
			p.Place.Folder.Path += ".nowhere"
		}
		list = append(list, p)
	}
	want := map[int]openbits.Kind{
		7: openbits.KindFileExists, 8: openbits.KindNotFound, 9: openbits.KindInvalidName, 10: openbits.KindFolderMissing,
	}
	for round := range 2 { // the second settles the first
		errs := b.Publish(b.ctx, list)
		if len(errs) != files {
			b.Fatalf("%d answers to %d publications", len(errs), files)
		}
		for n, p := range list {
			if kind, bad := want[n%100]; bad {
				b.kind(errs[n], kind)
				continue
			}
			if errs[n] != nil {
				b.Fatalf("round %d, file %d: %v", round, n, errs[n])
			}
			b.holds(p.Place.Path(), fmt.Sprintf("content %d", n))
		}
	}
	b.holds(b.path("file 7"), "mine")
	if errs := b.Publish(b.ctx, nil); len(errs) != 0 {
		b.Fatalf("answers to nothing: %v", errs)
	}
}

func testPublishOver(b *bench) {
	p := b.part("file", "new")
	b.write(p.Place.Path(), "old")
	b.kind(b.publish(p), openbits.KindFileExists)
	b.holds(p.Place.Path(), "old")
	b.holds(b.partPath(p.Place), "new")
	p.Overwrite = true
	b.must(b.publish(p))
	b.holds(p.Place.Path(), "new")
	b.absent(b.partPath(p.Place))

	q := b.part("folder", "new")
	b.must(os.Mkdir(q.Place.Path(), 0o755))
	for _, q.Overwrite = range []bool{false, true} {
		b.kind(b.publish(q), openbits.KindFileExists)
		if i, err := os.Lstat(q.Place.Path()); err != nil || !i.IsDir() {
			b.Fatalf("the folder became %v, %v", i, err)
		}
	}
	b.holds(b.partPath(q.Place), "new")
}

func testPublishOverLink(b *bench) {
	victim := b.dir + ".victim"
	b.write(victim, "untouched")
	p := b.part("link", "new")
	b.link(victim, p.Place.Path())
	b.kind(b.publish(p), openbits.KindFileExists)
	p.Overwrite = true
	b.must(b.publish(p))
	b.holds(p.Place.Path(), "new")
	b.holds(victim, "untouched")
}

func testPublishRefused(b *bench) {
	short := b.part("short", "content")
	short.Size++
	b.kind(b.publish(short), openbits.KindLocalFile)
	b.holds(b.partPath(short.Place), "content")
	b.absent(short.Place.Path())

	swapped := b.part("swapped", "content")
	b.must(os.Rename(b.partPath(swapped.Place), b.path("elsewhere")))
	b.part("swapped", "cOntent")
	b.kind(b.publish(swapped), openbits.KindUnsafePath)
	b.absent(swapped.Place.Path())
	b.holds(b.partPath(swapped.Place), "cOntent")

	b.kind(b.publish(openbits.Publication{Place: b.place("never there"), Inode: swapped.Inode}), openbits.KindNotFound)
}

// testPublishRace: of many that want one name exactly one gets it.
func testPublishRace(b *bench) {
	const rivals = 12
	list := make([]openbits.Publication, rivals)
	for n := range list {
		list[n] = b.part(fmt.Sprintf("part %d", n), fmt.Sprintf("content %d", n))
		list[n].Place.Name = "one name"
	}
	errs := make([]error, rivals)
	var group sync.WaitGroup
	for n := range list {
		group.Go(func() { errs[n] = b.Publish(b.ctx, list[n:n+1])[0] })
	}
	group.Wait()
	won := -1
	for n, err := range errs {
		switch {
		case err != nil:
			b.kind(err, openbits.KindFileExists)
		case won >= 0:
			b.Fatalf("%d and %d both got the name", won, n)
		default:
			won = n
		}
	}
	b.holds(b.path("one name"), fmt.Sprintf("content %d", won))
}

func testCancelled(b *bench) {
	p := b.part("file", "content")
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	for _, err := range b.Publish(ctx, []openbits.Publication{p}) {
		if !errors.Is(err, context.Canceled) {
			b.Fatalf("error is %v, want %v", err, context.Canceled)
		}
	}
	if _, err := b.Open(ctx, p.Place); !errors.Is(err, context.Canceled) {
		b.Fatalf("error is %v, want %v", err, context.Canceled)
	}
	b.absent(p.Place.Path())
	b.must(b.publish(p))
}

func testView(b *bench) {
	p := b.part("file", "content")
	_, err := b.View(b.ctx, p.Place, true)
	b.kind(err, openbits.KindNotFound)
	for _, published := range []bool{false, true} {
		if published {
			b.must(b.publish(p))
		}
		c, err := b.View(b.ctx, p.Place, published)
		b.must(err)
		_, err = c.Seek(3, io.SeekStart)
		b.must(err)
		rest, err := io.ReadAll(c)
		b.must(err)
		at := make([]byte, 2)
		_, err = c.ReadAt(at, 0)
		b.must(err)
		if string(at)+string(rest) != "cotent" {
			b.Fatalf("read %q and %q", at, rest)
		}
		b.must(c.Close())
	}
	_, err = b.View(b.ctx, p.Place, false)
	b.kind(err, openbits.KindNotFound)

	b.write(b.path("inside"), "secret")
	q := b.place("link")
	b.link("inside", q.Path())
	_, err = b.View(b.ctx, q, true)
	b.kind(err, openbits.KindUnsafePath)
	d := b.place("folder")
	b.must(os.Mkdir(d.Path(), 0o755))
	_, err = b.View(b.ctx, d, true)
	b.kind(err, openbits.KindUnsafePath)
}

func testDiscard(b *bench) {
	kept, gone := b.part("kept", "content"), b.part("gone", "content")
	done := b.part("done", "content")
	b.must(b.publish(done))
	never := b.place("never")
	for range 2 {
		b.must(b.Discard(b.ctx, []openbits.Place{never, gone.Place, done.Place}))
	}
	b.absent(b.partPath(gone.Place))
	b.holds(b.partPath(kept.Place), "content")
	b.holds(done.Place.Path(), "content")

	// An open part file may be discarded; what is written afterwards is lost with it.
	f, err := b.Open(b.ctx, kept.Place)
	b.must(err)
	b.must(b.Discard(b.ctx, []openbits.Place{kept.Place}))
	b.must(f.Close())
	if list, err := os.ReadDir(b.dir); err != nil || len(list) != 1 {
		b.Fatalf("left are %v, %v", list, err)
	}
}
