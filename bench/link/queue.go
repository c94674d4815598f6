// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"fmt"
	"time"
)

// Queue is how packets wait for the narrow place.
type Queue string

const (
	// Fifo is one queue of limited size that drops what does not fit, as most modems have it.
	Fifo Queue = "fifo"
	// Codel is one queue that drops from its head when packets have waited too long for a while (RFC 8289).
	Codel Queue = "codel"
	// Fair is a queue for each flow, in turn, each managed as by Codel (RFC 8290, fq_codel).
	Fair Queue = "fq"
)

// ParseQueue reads the name of a queue.
func ParseQueue(s string) (Queue, error) {
	switch q := Queue(s); q {
	case Fifo, Codel, Fair:
		return q, nil
	}
	return "", fmt.Errorf("no queue is called %q: there are %s, %s and %s", s, Fifo, Codel, Fair)
}

// discipline decides which packet is next, and which is dropped.
type discipline interface {
	// push adds a packet. room is how many bytes may wait at most.
	push(now time.Duration, p Packet, room int)
	// pop takes the packet that is sent next, at a time when it can be.
	pop(at time.Duration) (Packet, bool)
	// bytes is how much waits.
	bytes() int
}

func newDiscipline(c Config, drop func(time.Duration, Packet)) discipline {
	switch c.Queue {
	case Codel:
		return &codel{drop: drop}
	case Fair:
		return &fair{drop: drop, flows: map[uint32]*flow{}}
	}
	return &fifo{drop: drop}
}

// fifo is a drop-tail queue.
type fifo struct {
	drop    func(time.Duration, Packet)
	waiting ring
}

func (f *fifo) push(now time.Duration, p Packet, room int) {
	if f.waiting.size+p.Size > room {
		f.drop(now, p)
		return
	}
	f.waiting.add(p)
}

func (f *fifo) pop(time.Duration) (Packet, bool) {
	if _, ok := f.waiting.first(); !ok {
		return Packet{}, false
	}
	return f.waiting.take(), true
}

func (f *fifo) bytes() int { return f.waiting.size }

// ring is a queue of packets without allocation for each.
type ring struct {
	list []Packet
	head int
	size int // bytes
}

func (r *ring) add(p Packet) {
	r.list = append(r.list, p)
	r.size += p.Size
}

func (r *ring) first() (Packet, bool) {
	if r.head == len(r.list) {
		return Packet{}, false
	}
	return r.list[r.head], true
}

// take removes the first packet; there must be one.
func (r *ring) take() Packet {
	p := r.list[r.head]
	r.list[r.head] = Packet{}
	r.size -= p.Size
	if r.head++; r.head*2 > len(r.list) {
		n := copy(r.list, r.list[r.head:])
		clear(r.list[n:])
		r.list, r.head = r.list[:n], 0
	}
	return p
}
