// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"errors"
	"time"
)

// segmentGuess is taken for the size of a segment that the system does not tell, in bytes: the least that all must take (RFC 9293, 3.7.1).
const segmentGuess = 536

// buffers is what a system without a better way has to govern a connection by.
type buffers interface {
	know() (known, error)
	receiveBuffer(bytes int) error // errTooLarge: the system allows less
	// sendBuffer sets how much may be under way to the other end. Systems in which that is not bounded by the buffer do nothing.
	sendBuffer(bytes int) error
}

// errTooLarge says that a buffer is larger than the system allows.
var errTooLarge = errors.New("buffer larger than the system allows")

// known is what such a system tells of a connection.
type known struct {
	rtt, minRTT                 time.Duration // of what is sent; minRTT 0: not told
	received, acked             int64         // bytes
	outOfOrder, resent          int64         // segments
	receiveSegment, sendSegment int           // bytes in a segment, 0: not told
}

// bufferSocket governs a connection by the size of its receive buffer. The system does not measure the round trip of what arrives, so
// readings are blind: it is worked out of the window and the rate.
type bufferSocket struct {
	system buffers
	window int           // what was offered last
	most   int           // what the system allows; 0: any number so far
	rtt    time.Duration // of the last reading
	minRTT time.Duration // the least that was seen
	sends  int           // bytes in a segment
}

func (s *bufferSocket) read() (reading, error) {
	k, err := s.system.know()
	if err != nil {
		return reading{}, err
	}
	s.rtt = k.rtt
	if least := k.leastRTT(); least > 0 && (s.minRTT == 0 || least < s.minRTT) {
		s.minRTT = least
	}
	r := reading{
		sendRTT: k.rtt, minRTT: s.minRTT,
		received: k.received, acked: k.acked, outOfOrder: k.outOfOrder, resent: k.resent,
		segmentSize: max(k.receiveSegment, segmentGuess), sendSize: max(k.sendSegment, segmentGuess),
		window: s.window, blind: true,
	}
	s.sends = r.sendSize
	// The system does not count them: as many as the bytes need.
	r.segments = r.received / int64(r.segmentSize)
	r.data, r.sent = r.segments, r.acked/int64(r.sendSize)
	return r, nil
}

// leastRTT is the least round trip that the system told of.
func (k known) leastRTT() time.Duration {
	if k.minRTT > 0 {
		return k.minRTT
	}
	return k.rtt
}

// offer sets the receive buffer, whose free part is the window. What the system does not allow is halved until it does.
func (s *bufferSocket) offer(bytes int) error {
	bytes = max(bytes, 1)
	for {
		if s.most > 0 {
			bytes = min(bytes, s.most)
		}
		err := s.system.receiveBuffer(bytes)
		if errors.Is(err, errTooLarge) && bytes > 1 {
			s.most = bytes / 2
			continue
		}
		if err == nil {
			s.window = bytes
		}
		return err
	}
}

// pace bounds what is under way to the other end by the size of the send buffer: rate by round trip, and no less than the floor.
func (s *bufferSocket) pace(bytesPerSecond int) error {
	if s.rtt <= 0 {
		return nil // not known yet
	}
	return s.system.sendBuffer(max(int(float64(bytesPerSecond)*s.rtt.Seconds()), floorSegments*max(s.sends, segmentGuess)))
}

// hold has nothing to do: the buffer is as small as the window.
func (*bufferSocket) hold(bool) {}

// insist has no other way.
func (s *bufferSocket) insist() bool { return false }

func (s *bufferSocket) handle() string { return "receive buffer" }

// sequence counts bytes of which a system tells the last 32 bits alone: a sequence number of TCP.
type sequence struct {
	last  uint32
	total int64
	begun bool
}

// add takes the sequence number now, and answers how many bytes there were since the first one.
func (s *sequence) add(number uint32) int64 {
	if s.begun {
		s.total += int64(int32(number - s.last)) // it may go back by what is sent again
	}
	s.last, s.begun = number, true
	return s.total
}

var _ socket = (*bufferSocket)(nil)
