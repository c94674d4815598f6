// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package netlab

import (
	"encoding/binary"
	"hash/fnv"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/openbits/openbits/bench/link"
)

// frame is room for a packet; the devices' MTU is 1500.
const frame = 2048

var frames = sync.Pool{New: func() any { return new([frame]byte) }}

// lane carries one direction: a link.Line between real devices.
type lane struct {
	clock Clock
	out   []int // descriptors of the far ends; link.Packet.Port is an index
	up    bool

	mu     sync.Mutex
	line   *link.Line
	closed bool
	late   []time.Duration // of each hand-over
	wake   chan struct{}   // something may wait that did not before
}

func newLane(clock Clock, c link.Config, up bool, out ...int) *lane {
	l := &lane{clock: clock, out: out, up: up, line: link.NewLine(c), wake: make(chan struct{}, 1)}
	l.line.OnDrop = func(p link.Packet) { release(p) }
	return l
}

func release(p link.Packet) { frames.Put((*[frame]byte)(p.Data[:frame])) }

// enter is a packet that came out of a device.
func (l *lane) enter(data []byte) {
	p, ok := l.inspect(data)
	if !ok {
		frames.Put((*[frame]byte)(data[:frame]))
		return
	}
	l.mu.Lock()
	_, busy := l.line.Next()
	l.line.Arrive(l.clock.Now(), p)
	l.mu.Unlock()
	if !busy {
		l.nudge()
	}
}

func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// inspect reads the header of an IPv4 packet.
func (l *lane) inspect(data []byte) (link.Packet, bool) {
	if len(data) < 20 || data[0]>>4 != 4 {
		return link.Packet{}, false
	}
	source, target := netip.AddrFrom4([4]byte(data[12:16])), netip.AddrFrom4([4]byte(data[16:20]))
	p := link.Packet{Size: len(data), Data: data, Class: classOf(source)}
	if l.up {
		p.Class = classOf(target)
	} else if target == Other {
		p.Port = 1
	}
	flow := fnv.New32a()
	_, _ = flow.Write(data[9:10])
	_, _ = flow.Write(data[12:20])
	if header := int(data[0]&15) * 4; len(data) >= header+4 {
		_, _ = flow.Write(data[header : header+4]) // the ports
	}
	p.Flow = flow.Sum32()
	return p, true
}

func classOf(server netip.Addr) link.Class {
	switch server {
	case ForegroundServer:
		return link.Foreground
	case BackgroundServer:
		return link.Background
	case SecondServer:
		return link.Second
	case ProbeServer:
		return link.Probe
	}
	return link.Other
}

// deliver hands packets over when they are due, until the lane is closed.
func (l *lane) deliver() {
	punctual()
	for {
		l.mu.Lock()
		now := l.clock.Now()
		p, ok := l.line.Due(now)
		next, more := l.line.Next()
		closed := l.closed
		if ok {
			l.late = append(l.late, now-p.Due())
		}
		l.mu.Unlock()
		switch {
		case closed:
			return
		case ok:
			_, _ = unix.Write(l.out[p.Port], p.Data) // a device that is down drops it, as a network may
			release(p)
		case more:
			l.clock.sleepUntil(next)
		default:
			<-l.wake
		}
	}
}

func (l *lane) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.nudge()
}

// lateness is the time that p of the hand-overs (0 to 1) were not later than.
func (l *lane) lateness(p float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := slices.Sorted(slices.Values(l.late))
	if len(s) == 0 {
		return 0
	}
	return s[min(int(p*float64(len(s))), len(s)-1)]
}

// collect takes packets out of a device until stop becomes readable.
func collect(device, stop int, into *lane) {
	punctual()
	wait := []unix.PollFd{{Fd: int32(device), Events: unix.POLLIN}, {Fd: int32(stop), Events: unix.POLLIN}}
	for {
		data := frames.Get().(*[frame]byte)
		n, err := unix.Read(device, data[:])
		if err == nil {
			into.enter(data[:n])
			continue
		}
		frames.Put(data)
		if _, err := unix.Poll(wait, -1); err != nil && err != unix.EINTR {
			return
		}
		if wait[1].Revents != 0 {
			return
		}
	}
}

// punctual makes the thread of a goroutine one of the link's. It ends with the goroutine.
func punctual() {
	runtime.LockOSThread()
	_ = schedule(0, linkPriority) // who may not has been told by Realtime
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

// newStop makes a descriptor that becomes readable for good by raise.
func newStop() (int, error) { return unix.Eventfd(0, unix.EFD_CLOEXEC) }

func raise(stop int) {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(stop, one[:])
}
