// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"os"
	"sync"
	"sync/atomic"

	"github.com/openbits/openbits"
)

// How background files share the disk and the memory.
//
// Bytes that are only written to the page cache are brought to the disk by threads of the kernel, at ordinary priority and in bursts of
// what has gathered in up to 30 s (vm.dirty_expire_centisecs): that is what makes a computer stall under a download. The
// priority of a thread counts for the requests that it makes itself. So a background file is given to the disk by the thread that
// writes it, with the idle class and in pieces, before the kernel does it; it waits for the piece before the last one, so that
// little is ever dirty; and what has reached the disk is dropped from the page cache, in which it would displace what others read again.
//
// What others may have to wait for together with us keeps the ordinary class: fsync of what is left once the data is out (the
// journal, on some file systems a log that everybody's fsync shares), allocation, renames, syncs of folders and volumes.
// At idle they could hold up anyone (the inversion for which Linux once kept the class from ordinary users). What is left of it is
// bounded by the schedulers that know the class: BFQ serves idle requests every 200 ms at the least (BFQ_CL_IDLE_TIMEOUT, HZ/5 in
// block/bfq-iosched.h), mq-deadline, from Linux 5.17 on, after 10 s at the latest (prio_aging_expire in block/mq-deadline.c).
// That is also how much longer than a foreground file a publication may wait on a disk that is never idle. Other
// schedulers (none, kyber) do not look at the class.

const (
	// piece is how much is given to the disk at a time. Of a background file three pieces at most are dirty or on
	// their way. 8 MiB are many requests of the largest size that disks take (about 1 MiB), and halve into checkpoints of 16 MiB.
	piece = 8 << 20
	// keptBelow is the size under which a file stays in the page cache: small files are read soon and displace little.
	// It is also where the engine begins to treat files as large.
	keptBelow = 1 << 20
)

// manners are those of an open part file. The zero value is the foreground's.
type manners struct {
	background atomic.Bool

	mu      sync.Mutex // held while a piece is waited for
	given   int64      // up to here the disk was given the file
	arrived int64      // up to here it was waited for and dropped
	lost    error      // what a wait found out; it is told only once by the system, and Sync must not miss it
}

// SetBackground switches between the manners of the foreground and those of the background.
func (p *partFile) SetBackground(on bool) {
	if p.manners.background.Swap(on) != on {
		setDiskPriority(p.file, on)
	}
}

// write is writeAt, followed by what a background file owes to others.
func (m *manners) write(f *os.File, b []byte, off int64) (n int, err error) {
	if !m.background.Load() {
		return writeAt(f, b, off)
	}
	idly(func() {
		if n, err = writeAt(f, b, off); err == nil {
			err = m.wrote(f, off+int64(n))
		}
	})
	return n, err
}

// read is ReadAt: what a resumed file is hashed from is fetched behind everybody else's, too.
func (m *manners) read(f *os.File, b []byte, off int64) (n int, err error) {
	if !m.background.Load() {
		return f.ReadAt(b, off)
	}
	idly(func() { n, err = f.ReadAt(b, off) })
	return n, err
}

// wrote gives whole pieces before end to the disk and waits for those before them. Its error is not about what was written last, but
// a file that lost a piece is of no use.
func (m *manners) wrote(f *os.File, end int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	whole := end - end%piece
	if whole <= m.given {
		return nil
	}
	if err := startWritingRange(f, m.given, whole); err != nil {
		return err
	}
	if m.given > m.arrived {
		if err := awaitRange(f, m.arrived, m.given); err != nil {
			m.lost = err
			return err
		}
		forget(f, m.arrived, m.given)
	}
	m.given, m.arrived = whole, m.given
	return nil
}

// cut is told that the file was cut.
func (m *manners) cut(size int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.given, m.arrived = min(m.given, size), min(m.arrived, size)
}

func (m *manners) flush(f *os.File) (err error) {
	if !m.background.Load() {
		return startWriting(f)
	}
	idly(func() { err = startWriting(f) })
	return err
}

// sync makes the file durable. The lock is taken after the file was synced: an error that a wait snatched from the sync is known then.
func (m *manners) sync(f *os.File) error {
	background := m.background.Load()
	if background {
		if err := writeOut(f); err != nil {
			m.lose(err)
		}
	}
	err := f.Sync()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost != nil {
		return m.lost
	}
	if err == nil && background {
		dropLarge(f)
	}
	return err
}

func (m *manners) lose(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost == nil {
		m.lost = err
	}
}

// writeOut brings the content to the disk at idle priority, which leaves little for the sync that must follow.
func writeOut(f *os.File) (err error) {
	idly(func() {
		if err = startWriting(f); err == nil {
			err = awaitRange(f, 0, 0)
		}
	})
	return err
}

// dropLarge drops what is on the disk of a file that is not small from the page cache.
func dropLarge(f *os.File) {
	if i, err := f.Stat(); err == nil && i.Size() >= keptBelow {
		forget(f, 0, 0)
	}
}

// yields reports whether a file is published with the manners of the background.
func yields(p *openbits.Publication) bool { return p.Background && p.Size >= keptBelow }
