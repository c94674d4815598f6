// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

// Package link is the arithmetic of a narrow link: what becomes of packets that arrive at one end of it, in virtual time.
//
// A Line is one direction. Packets wait in a queue of limited size, leave it at an exact rate, and arrive after a delay.
// Nothing here sleeps, reads a clock or does I/O: every call is told the time, counted from the start of a run. Whoever
// moves real packets (package netlab) may therefore be late; a packet is then handed over late, but rate, queue and
// drops come out as if it had been on time.
//
//	l := link.NewLine(down)
//	l.Arrive(now, packet)               // it is queued, dropped or lost
//	at, ok := l.Next()                  // come back then
//	for p, ok := l.Due(now); ok; ...    // these have arrived at the far end
//
// What happened is in Line.Log: for each 10 ms how many bytes of which class passed, how many packets were dropped, and
// how long they had waited.
package link

import "time"

// Class tells on whose account a packet travels.
type Class uint8

// The classes, which are told apart by the address of the server.
const (
	Foreground Class = iota // what a person waits for
	Background              // the transfer that should give way
	Second                  // another such transfer, on another computer
	Probe                   // the measurement's own ping
	Other                   // anything else
	Classes    = int(Other) + 1
)

// Packet is one IP packet on its way.
type Packet struct {
	Size  int    // bytes
	Class Class  // on whose account
	Flow  uint32 // equal for the packets of one connection; fair queueing goes by it
	Port  int    // where it leaves the link; not looked at here
	Data  []byte // its content; not looked at here

	at  time.Duration // arrival at the queue
	due time.Duration // arrival at the far end
}

// Came is when the packet arrived at the queue.
func (p Packet) Came() time.Duration { return p.at }

// Due is when the packet is to be handed over at the far end.
func (p Packet) Due() time.Duration { return p.due }
