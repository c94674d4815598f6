// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// Media is a stream of equal frames over UDP, each of them cut into packets.
type Media struct {
	Frame  int           // bytes
	Every  time.Duration // from frame to frame
	Packet int           // bytes of a packet's content at most
}

const (
	// headers are what IPv4 and UDP add to a packet.
	headers = 20 + 8
	// mark is what this package puts at the start of each packet.
	mark = 8
	// grace is how long after the end packets may still come.
	grace = time.Second
)

// Voice is a telephone call: a packet of 200 bytes, headers included, every 20 ms.
func Voice() Media {
	return Media{Frame: 200 - headers, Every: 20 * time.Millisecond, Packet: 1200 - headers}
}

// Video is a video call of 30 frames a second with a rate in bits per second, in packets of 1200 bytes, headers included.
func Video(rate float64) Media {
	const perSecond = 30
	return Media{Frame: int(rate / 8 / perSecond), Every: time.Second / perSecond, Packet: 1200 - headers}
}

// Talk sends the stream both ways between client and server until ctx ends. Each sample is a frame: how long from its
// sending until the last of its packets had arrived; it is lost when one of them did not.
func (m Media) Talk(ctx context.Context, client net.Conn, server net.PacketConn, now func() time.Duration) (down, up []Sample) {
	var upward, downward track
	met := make(chan net.Addr, 1)
	var all sync.WaitGroup
	all.Go(func() {
		upward.receive(now, func(b []byte) (int, error) {
			n, from, err := server.ReadFrom(b)
			if err == nil {
				select {
				case met <- from:
				default:
				}
			}
			return n, err
		})
	})
	all.Go(func() { downward.receive(now, client.Read) })
	all.Go(func() { m.send(ctx, &upward, now, client.Write) })
	all.Go(func() {
		select {
		case to := <-met:
			m.send(ctx, &downward, now, func(b []byte) (int, error) { return server.WriteTo(b, to) })
		case <-ctx.Done():
		}
	})
	<-ctx.Done()
	end := time.Now().Add(grace)
	_ = client.SetReadDeadline(end)
	_ = server.SetReadDeadline(end)
	all.Wait()
	return downward.samples(now()), upward.samples(now())
}

func (m Media) send(ctx context.Context, t *track, now func() time.Duration, write func([]byte) (int, error)) {
	packet := make([]byte, m.Packet)
	repeat(ctx, m.Every, func() {
		parts := (m.Frame + m.Packet - 1) / m.Packet
		n := t.sent(now(), parts)
		for left, part := m.Frame, 0; left > 0; part++ {
			size := max(min(left, m.Packet), mark)
			binary.BigEndian.PutUint32(packet, uint32(n))
			_, _ = write(packet[:size]) // what cannot be sent is lost
			left -= size
		}
	})
}

// track is what became of the frames of one direction.
type track struct {
	mu     sync.Mutex
	frames []Sample
	parts  []int // of each frame, still missing
}

func (t *track) sent(at time.Duration, parts int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames = append(t.frames, Sample{At: at})
	t.parts = append(t.parts, parts)
	return len(t.frames) - 1
}

func (t *track) arrived(at time.Duration, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n >= len(t.frames) {
		return
	}
	if t.parts[n]--; t.parts[n] == 0 {
		t.frames[n].Took = at - t.frames[n].At
	}
}

// receive takes packets until the deadline of the connection.
func (t *track) receive(now func() time.Duration, read func([]byte) (int, error)) {
	for b := make([]byte, 2048); ; {
		n, err := read(b)
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
			return
		}
		if n >= mark {
			t.arrived(now(), int(binary.BigEndian.Uint32(b)))
		}
	}
}

// samples are all frames; what is not there by now is lost.
func (t *track) samples(now time.Duration) []Sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.Clone(t.frames)
	for n, missing := range t.parts {
		if missing > 0 {
			list[n].Lost, list[n].Took = true, now-list[n].At
		}
	}
	return list
}

// Ping sends a packet of 92 bytes, headers included, to an Echo every so often until ctx ends.
func Ping(ctx context.Context, conn net.Conn, now func() time.Duration, every time.Duration) []Sample {
	var t track
	var all sync.WaitGroup
	all.Go(func() { t.receive(now, conn.Read) })
	Media{Frame: 92 - headers, Every: every, Packet: 92 - headers}.send(ctx, &t, now, conn.Write)
	_ = conn.SetReadDeadline(time.Now().Add(grace))
	all.Wait()
	return t.samples(now())
}

// Echo sends back what comes, until the connection is closed.
func Echo(conn net.PacketConn) {
	for b := make([]byte, 2048); ; {
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		_, _ = conn.WriteTo(b[:n], from)
	}
}
