// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package enginetest holds stand-ins for what an engine works with, for tests under the
// fake clock of testing/synctest: servers (Mover), a disk (Disk) and a wall clock that can be set (Clock).
// They use no operating system and no goroutine of their own, so that a test's bubble is idle when they are.
package enginetest

import (
	"sync"
	"time"
)

// Clock is a wall clock that runs with time.Now and can be set. Its times carry no monotonic reading.
type Clock struct {
	mu  sync.Mutex
	off time.Duration
}

// Now is the time it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Add(c.off)
}

// Set moves it by d.
func (c *Clock) Set(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}
