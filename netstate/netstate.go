// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package netstate tells the service about the computer under it: which boot
// this is, how long it has lasted, whether a network can be used, and, as
// events, when the network comes, goes or changes, when the computer woke up
// and when its clock was set. Nothing polls where the system can tell.
//
// System is the real computer and Fake the one of tests; both are an
// engine.Machine. What each system can and cannot tell stands in its files:
//
//   - Linux: everything, from a netlink socket and a timerfd, without one
//     periodic wake-up.
//   - macOS: everything; sleep and clock are compared every ClockInterval.
//   - Windows: everything; sleep and clock are compared every ClockInterval.
//   - FreeBSD: its clocks stop during sleep, so waking up shows as clock_set.
//   - Others: clock_set alone; the network is taken to be there.
//
// "Online" is about the machine's own side: an interface other than loopback is
// running, has an address of more than local scope and a route. Whether a
// server can be reached only an attempt can tell, and loopback needs none of it.
package netstate

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/openbits/openbits"
)

const (
	// Quiet is how long the network must have been quiet before its change is
	// reported: a new network arrives as a burst of links, addresses and routes.
	Quiet = 500 * time.Millisecond
	// Settle is the longest that a network which does not become quiet is waited for.
	Settle = 3 * time.Second
	// ClockInterval is how often the clocks are compared while watched, on
	// systems that do not tell when one was set.
	ClockInterval = 15 * time.Second
)

// System is the computer that the program runs on.
type System struct{ boot string }

// New reads the id of this boot. When the system has none, a random one stands in for
// it, so that what an earlier process left is treated as if it came from an earlier boot.
func New() *System {
	id := bootID()
	if id == "" {
		id = "process-" + rand.Text()
	}
	return &System{boot: id}
}

// Boot is the id of this boot.
func (s *System) Boot() string { return s.boot }

// Uptime is the time since boot with the time asleep, where the system counts that.
func (s *System) Uptime() time.Duration { return readClocks().boot }

// Online reports whether any network but loopback can be used. When the system
// refuses to say, it is taken to be so: a wrong yes costs an attempt, a wrong no the job.
func (s *System) Online() bool { return look().online }

// Watch sends what happens from now on until ctx ends, and then closes the channel.
// A caller that asks Online after Watch misses nothing. An event of a kind that
// the receiver has not taken yet is not lost: the sender waits.
func (s *System) Watch(ctx context.Context) <-chan openbits.MachineEvent {
	out := make(chan openbits.MachineEvent, 8)
	w := watch{
		network: watchNetwork(ctx),
		clock:   watchClock(ctx),
		look:    look,
		read:    steadyClocks,
		out:     out,
	}
	// What is compared with later is read after both sources were opened and before
	// Watch returns, so that no change falls in between.
	w.view, w.last = w.look(), w.read()
	go w.run(ctx)
	return out
}
