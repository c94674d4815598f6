// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"context"
	"sync"
	"time"
)

// turnPatience is how long a request waits for the one before it in its session. Receiving is interrupted at once;
// an application that is being told can take longer, and then the client comes again.
const turnPatience = 20 * time.Second

// turn lets the requests of a session in one by one. A client has one under way ([MC-BUP] 1.3), so a second one means
// that the connection of the first is dead, which this side may learn much later: it is interrupted.
type turn struct {
	token chan struct{} // holds one while nobody has the turn

	mu        sync.Mutex
	waiting   int
	interrupt func() // ends what the request that has the turn receives; nil: it receives nothing
}

func newTurn() *turn {
	t := &turn{token: make(chan struct{}, 1)}
	t.token <- struct{}{}
	return t
}

// try takes the turn if nobody has it.
func (t *turn) try() bool {
	select {
	case <-t.token:
		return true
	default:
		return false
	}
}

// take waits for the turn. It reports whether it got it.
func (t *turn) take(ctx context.Context) bool {
	if t.try() {
		return true
	}
	t.mu.Lock()
	t.waiting++
	if t.interrupt != nil {
		t.interrupt()
	}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.waiting--
		t.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	select {
	case <-t.token:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *turn) give() { t.token <- struct{}{} }

// receiving says how to interrupt the request that has the turn, until done is called.
func (t *turn) receiving(interrupt func()) (done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.interrupt = interrupt
	if t.waiting > 0 {
		interrupt()
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.interrupt = nil
	}
}
