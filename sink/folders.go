// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"os"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// dir is an open folder. Its files are reached from it, wherever its path leads meanwhile.
type dir struct {
	root   *os.Root
	handle *os.File    // the folder itself
	self   os.FileInfo // of handle
	id     identity    // of the folder
	volume volume

	entries sync.Mutex // guards the two counters and is held during a sync of the folder
	made    int64      // how many files were made in this folder
	durable int64      // how many of them a sync of the folder has covered

	// What follows belongs to folders and its lock.
	key     string
	refs    int
	retired bool      // not in the table any more: closed with the last reference
	used    time.Time // when the last reference was given back
}

// openDir opens the folder that path leads to.
func openDir(path string) (*dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	handle, err := root.Open(".")
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	d := &dir{root: root, handle: handle}
	if d.self, err = handle.Stat(); err == nil {
		err = d.describe()
	}
	if err != nil {
		_ = d.close()
		return nil, err
	}
	return d, nil
}

func (d *dir) close() error {
	err := d.handle.Close()
	if rootErr := d.root.Close(); err == nil {
		err = rootErr
	}
	return err
}

// is reports whether d is the folder that was recorded as f.
func (d *dir) is(f openbits.Folder) bool {
	return f.ID == "" || d.id.sameFolder(parseIdentity(f.ID))
}

// marked reports whether a part file that only its owner can read stands in d under this name.
func (d *dir) marked(part string) bool {
	i, err := d.lstat(part)
	return err == nil && i.plain && i.links == 1 && d.mine(i) && d.private(i)
}

// carries reports whether the file with this identity stands in d under this name.
func (d *dir) carries(name, inode string) bool {
	if inode == "" {
		return false
	}
	i, err := d.lstat(name)
	return err == nil && i.plain && i.id.sameFile(parseIdentity(inode))
}

// noteMade counts a file that was made; the answer is for syncMade.
func (d *dir) noteMade() int64 {
	d.entries.Lock()
	defer d.entries.Unlock()
	d.made++
	return d.made
}

// syncMade makes the entry of a file durable, together with all that were made before or meanwhile.
func (d *dir) syncMade(number int64) error {
	d.entries.Lock()
	defer d.entries.Unlock()
	if number <= d.durable {
		return nil
	}
	if err := d.sync(); err != nil {
		return err
	}
	d.durable = d.made
	return nil
}

// leadsTo reports whether path still leads to d. The comparison is exact, since a file's number is
// not given to another one while it is open.
func (d *dir) leadsTo(path string) bool {
	now, err := os.Stat(path)
	return err == nil && os.SameFile(now, d.self)
}

// folders is a small cache of open folders, so that thousands of files in one folder do not open it each.
type folders struct {
	mu    sync.Mutex
	open  map[string]*dir
	max   int
	idle  time.Duration
	timer *time.Timer // runs while a folder is idle
}

// acquire answers the folder that f's path leads to now, whatever its identity. The caller releases it.
func (c *folders) acquire(f openbits.Folder) (*dir, error) {
	if d := c.cached(f.Path); d != nil {
		if d.leadsTo(f.Path) {
			return d, nil
		}
		c.retire(d)
		c.release(d)
	}
	// A path that has come to lead to a pipe must not be opened: that would wait for its other end.
	if now, err := os.Stat(f.Path); err != nil {
		return nil, err
	} else if !now.IsDir() {
		return nil, errNotFolder
	}
	d, err := openDir(f.Path)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	d.key, d.refs = f.Path, 1
	if other := c.open[d.key]; other != nil {
		c.drop(other)
	}
	c.open[d.key] = d
	c.shrink(c.max)
	return d, nil
}

func (c *folders) cached(path string) *dir {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.open[path]
	if d != nil {
		d.refs++
	}
	return d
}

func (c *folders) retire(d *dir) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !d.retired {
		c.drop(d)
	}
}

// release gives a folder back.
func (c *folders) release(d *dir) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.refs--
	switch {
	case d.refs > 0:
	case d.retired:
		_ = d.close()
	default:
		d.used = time.Now()
		c.shrink(c.max)
		if c.timer == nil {
			c.timer = time.AfterFunc(c.idle, c.expire)
		}
	}
}

// expire closes what was not used for the idle time.
func (c *folders) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = nil
	next := time.Duration(-1)
	for _, d := range c.open {
		if d.refs > 0 {
			continue // its release starts the timer again
		}
		left := c.idle - time.Since(d.used)
		switch {
		case left <= 0:
			c.drop(d)
		case next < 0 || left < next:
			next = left
		}
	}
	if next > 0 {
		c.timer = time.AfterFunc(next, c.expire)
	}
}

// drop takes d out of the table and closes it as soon as nobody uses it.
func (c *folders) drop(d *dir) {
	delete(c.open, d.key)
	d.retired = true
	if d.refs == 0 {
		_ = d.close()
	}
}

// shrink closes idle folders, the longest unused first, until at most limit are open.
func (c *folders) shrink(limit int) {
	for len(c.open) > limit {
		var oldest *dir
		for _, d := range c.open {
			if d.refs == 0 && (oldest == nil || d.used.Before(oldest.used)) {
				oldest = d
			}
		}
		if oldest == nil {
			return
		}
		c.drop(oldest)
	}
}

func (c *folders) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.open {
		c.drop(d)
	}
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	return nil
}
