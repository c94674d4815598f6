// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"net"
	"os"
	"sync"
	"time"
)

// gate stops a reader, without an end of what was already asked for. A connection whose program does not read tells its
// sender to stop once its buffer is full (see socket.hold); when the program reads again the sender learns of it at once. The zero value is open.
type gate struct {
	mu       sync.Mutex
	opened   chan struct{} // nil: open. It is closed when anything changed
	shut     bool
	ended    bool
	deadline time.Time
}

// set opens or shuts the gate.
func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	g.changed()
}

// end opens it for ever: whoever waits learns that the connection is closed.
func (g *gate) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	g.changed()
}

// until sets a deadline, as net.Conn's SetReadDeadline does.
func (g *gate) until(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.deadline = t
	g.changed()
}

// changed lets those who wait look again. The caller holds mu.
func (g *gate) changed() {
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}

// wait returns when the gate is open, with an error when the connection was closed or the deadline passed before.
func (g *gate) wait() error {
	for {
		g.mu.Lock()
		shut, ended, deadline := g.shut, g.ended, g.deadline
		if shut && !ended && g.opened == nil {
			g.opened = make(chan struct{})
		}
		opened := g.opened
		g.mu.Unlock()
		switch {
		case ended:
			return net.ErrClosed
		case !shut:
			return nil
		}
		if err := waitFor(opened, deadline); err != nil {
			return err
		}
	}
}

func waitFor(opened <-chan struct{}, deadline time.Time) error {
	if deadline.IsZero() {
		<-opened
		return nil
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-opened:
		return nil
	case <-timer.C:
		return os.ErrDeadlineExceeded
	}
}
