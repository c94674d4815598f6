// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import "sync"

// gate counts who is inside, and closes when nobody is left.
type gate struct {
	mu     sync.RWMutex
	closed bool
}

// enter reports whether the gate is open. Who entered must leave.
func (g *gate) enter() bool {
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return false
	}
	return true
}

func (g *gate) leave() { g.mu.RUnlock() }

// close waits until all have left. Nobody enters meanwhile.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
