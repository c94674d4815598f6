// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"io/fs"
	"sync"
	"time"
)

// recountEvery is how often at most the folder is looked through because the quota seems used up: somebody may have removed files.
const recountEvery = time.Minute

// usage holds a folder to its quota. Without one it does nothing.
type usage struct {
	quota int64
	tree  fs.FS
	now   func() time.Time

	mu      sync.Mutex
	used    int64 // bytes that are on the disk, as far as is known
	pending int64 // bytes that are being received: a count may have seen some of them, which errs on the safe side
	counted time.Time
}

func newUsage(quota int64, tree fs.FS, now func() time.Time) *usage {
	u := &usage{quota: quota, tree: tree, now: now}
	if quota > 0 {
		u.count()
	}
	return u
}

// recount notices what others have put into the folder and taken away.
func (u *usage) recount() {
	if u.quota > 0 {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.count()
	}
}

// count adds up the sizes of all files beneath the folder.
func (u *usage) count() {
	u.used, u.counted = 0, u.now()
	_ = fs.WalkDir(u.tree, ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // what cannot be read is not counted
		}
		if info, err := d.Info(); err == nil {
			u.used += info.Size()
		}
		return nil
	})
}

// admits reports whether n more bytes would fit by now.
func (u *usage) admits(n int64) bool {
	if u.quota == 0 {
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.fits(n)
}

func (u *usage) fits(n int64) bool {
	if n > u.quota-u.used-u.pending && u.now().Sub(u.counted) >= recountEvery {
		u.count()
	}
	return n <= u.quota-u.used-u.pending
}

// reserve sets n bytes aside if they fit, until settle.
func (u *usage) reserve(n int64) bool {
	if u.quota == 0 {
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.fits(n) {
		return false
	}
	u.pending += n
	return true
}

// settle says what became of n bytes that were set aside.
func (u *usage) settle(n int64, arrived bool) {
	if u.quota == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pending -= n
	if arrived {
		u.used += n
	}
}

// add counts bytes that are there already.
func (u *usage) add(n int64) { u.release(-n) }

// release gives n bytes back.
func (u *usage) release(n int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.used -= n
}
