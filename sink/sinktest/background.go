// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/openbits/openbits"
)

// testBackground writes files of some sizes in unequal steps, changes between background and foreground meanwhile, cuts them and goes on.
// What ends up on the disk must not depend on any of that.
func testBackground(b *bench) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, size := range map[string]int{"empty": 0, "small": 1000, "medium": 3<<20 + 1, "large": 37 << 20} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(rnd.Uint32())
		}
		p := b.place(name)
		f, err := b.Open(b.ctx, p)
		b.must(err)
		f.SetBackground(true)
		at := b.fill(f, content, size*3/5, rnd)
		cut := at / 3
		b.must(f.Truncate(int64(cut)))
		b.size(f, int64(cut))
		at = b.fill(f, content[cut:], size/2, rnd) + cut
		f.SetBackground(false)
		b.must(f.Sync())
		_ = b.fill(f, content[at:], size-at, rnd)
		f.SetBackground(true)
		b.must(f.Flush())
		b.must(f.Sync())
		got := make([]byte, size)
		if n, err := f.ReadAt(got, 0); n != size || size > 0 && err != nil || !bytes.Equal(got, content) {
			b.Fatalf("%s: %d bytes were read back, %v", name, n, err)
		}
		id := f.Identity()
		b.must(f.Close())
		f.SetBackground(false) // harmless
		b.must(b.publish(openbits.Publication{Place: p, Inode: id, Size: int64(size), Mode: 0o644, Background: true}))
		if got, err := os.ReadFile(p.Path()); err != nil || !bytes.Equal(got, content) {
			b.Fatalf("%s: %d bytes were published, %v", name, len(got), err)
		}
	}
}

// fill writes at least n bytes of content, as far as there are so many, while somebody syncs and changes the side of the
// file. It answers how many it wrote. The file's end is where content begins.
func (b *bench) fill(f openbits.PartFile, content []byte, n int, rnd *rand.Rand) (at int) {
	b.Helper()
	start, err := f.Size()
	b.must(err)
	stop := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for on := false; ; on = !on {
			select {
			case <-stop:
				f.SetBackground(true)
				return
			default:
				f.SetBackground(on)
				if err := f.Sync(); err != nil {
					b.Errorf("sync: %v", err)
				}
			}
		}
	})
	for at < min(n, len(content)) {
		step := min(1+rnd.IntN(1<<20), len(content)-at)
		k, err := f.WriteAt(content[at:at+step], start+int64(at))
		if k != step || err != nil {
			b.Errorf("write: %d of %d, %v", k, step, err)
			break
		}
		at += step
	}
	close(stop)
	others.Wait()
	return at
}
