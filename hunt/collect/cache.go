// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// cache keeps a few archives open that nobody reads from, as the next member is likely of one of them. A run over a
// thousand archives would otherwise hold a thousand files open, or read as many directories of archives for each member.
type cache struct {
	limits Limits

	mu     sync.Mutex
	idle   []*archive // those without users that are open, the one that was used last at the end
	closed bool
}

// maxIdle is how many archives stay open without a user.
const maxIdle = 8

func newCache(l Limits) *cache { return &cache{limits: l} }

// acquire opens an archive, unless it is open, and keeps it so until release. Opening one that lies in another acquires that
// one first; the lock is not held then, so two may open the same archive, of which one is kept.
func (c *cache) acquire(ctx context.Context, a *archive) (*opened, error) {
	c.mu.Lock()
	if o := a.now; o != nil {
		a.users++
		c.idle = slices.DeleteFunc(c.idle, func(x *archive) bool { return x == a })
		c.mu.Unlock()
		return o, nil
	}
	c.mu.Unlock()
	o, err := a.load(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if a.now != nil {
		kept := a.now
		a.users++
		c.idle = slices.DeleteFunc(c.idle, func(x *archive) bool { return x == a })
		c.mu.Unlock()
		return kept, o.stream.release()
	}
	a.now = o
	a.users++
	c.mu.Unlock()
	return o, nil
}

func (c *cache) release(a *archive) {
	c.mu.Lock()
	a.users--
	if a.users > 0 {
		c.mu.Unlock()
		return
	}
	c.idle = append(c.idle, a)
	var old *opened
	if len(c.idle) > maxIdle || c.closed {
		old = c.idle[0].now
		c.idle[0].now = nil
		c.idle = slices.Delete(c.idle, 0, 1)
	}
	c.mu.Unlock()
	if old != nil {
		_ = old.stream.release() // it was open for reading
	}
}

// close closes what is open and not in use.
func (c *cache) close() error {
	var errs []error
	for {
		c.mu.Lock()
		c.closed = true
		if len(c.idle) == 0 {
			c.mu.Unlock()
			return errors.Join(errs...)
		}
		a := c.idle[len(c.idle)-1] // inner archives are used later than those that they lie in
		c.idle = c.idle[:len(c.idle)-1]
		o := a.now
		a.now = nil
		c.mu.Unlock()
		errs = append(errs, o.stream.release())
	}
}
