// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netstate

import (
	"context"
	"sync"
	"time"

	"github.com/openbits/openbits"
)

// Fake is a computer for tests. It is online, its uptime runs with time.Now and so
// with the clock of a testing/synctest bubble, and it changes only when told. An event
// is in every watcher's channel when the call that causes it returns. It sets
// nobody's wall clock: SetClock tells of it, nothing more.
type Fake struct {
	boot    string
	started time.Time

	mu      sync.Mutex
	asleep  time.Duration
	offline bool

	// A lock of its own, so that a watcher may ask questions while an event waits for it.
	sending  sync.Mutex
	watchers map[*fakeWatcher]struct{}
}

type fakeWatcher struct {
	ctx context.Context
	out chan openbits.MachineEvent
}

// NewFake is a computer that was started this moment; boot is the id of that boot.
func NewFake(boot string) *Fake {
	return &Fake{boot: boot, started: time.Now(), watchers: map[*fakeWatcher]struct{}{}}
}

// Boot is the id that NewFake was given.
func (f *Fake) Boot() string { return f.boot }

// Uptime is the time since NewFake and that of all Sleeps.
func (f *Fake) Uptime() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Since(f.started) + f.asleep
}

// Online is what SetOnline said last.
func (f *Fake) Online() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.offline
}

// SetOnline takes the network away or brings it back. Nothing happens when it is so already.
func (f *Fake) SetOnline(online bool) {
	f.mu.Lock()
	same := f.offline != online
	f.offline = !online
	f.mu.Unlock()
	switch {
	case same:
	case online:
		f.send(openbits.MachineOnline)
	default:
		f.send(openbits.MachineOffline)
	}
}

// ChangeNetwork replaces the network by another one.
func (f *Fake) ChangeNetwork() {
	f.mu.Lock()
	f.offline = false
	f.mu.Unlock()
	f.send(openbits.MachineOnline)
}

// Sleep lets d pass asleep and wakes the computer.
func (f *Fake) Sleep(d time.Duration) {
	f.mu.Lock()
	f.asleep += d
	f.mu.Unlock()
	f.send(openbits.MachineWoke)
}

// SetClock tells that the wall clock was set.
func (f *Fake) SetClock() { f.send(openbits.MachineClockSet) }

// Watch sends the events of the other methods until ctx ends, and then closes the channel.
func (f *Fake) Watch(ctx context.Context) <-chan openbits.MachineEvent {
	w := &fakeWatcher{ctx: ctx, out: make(chan openbits.MachineEvent, 8)}
	f.sending.Lock()
	f.watchers[w] = struct{}{}
	f.sending.Unlock()
	context.AfterFunc(ctx, func() {
		f.sending.Lock() // no send is under way while this is held
		defer f.sending.Unlock()
		delete(f.watchers, w)
		close(w.out)
	})
	return w.out
}

func (f *Fake) send(event openbits.MachineEvent) {
	f.sending.Lock()
	defer f.sending.Unlock()
	for w := range f.watchers {
		select {
		case w.out <- event:
		case <-w.ctx.Done():
		}
	}
}
