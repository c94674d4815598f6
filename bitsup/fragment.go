// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// fragment takes in a part of the file ([MC-BUP] 3.2.5.2).
func (s *Server) fragment(c *call, at *session) (answer, *refusal) {
	place, err := parseSpan(c.r.Header.Get(headerContentRange))
	switch encoding := c.r.Header.Get(headerEncoding); {
	case err != nil:
		return answer{}, invalid(err.Error())
	case encoding != "" && !strings.EqualFold(encoding, "identity"):
		return answer{}, invalid("the fragment is encoded")
	case c.length != place.length:
		return answer{}, invalid("Content-Length and Content-Range differ")
	case c.length > s.options.MaxFragment:
		refused := refuse(http.StatusRequestEntityTooLarge, codeNone, "the fragment is too large")
		refused.bare = true
		return answer{}, refused
	case at.Total >= 0 && place.total != at.Total:
		return answer{}, invalid("the size of the file is another one than before")
	case s.options.MaxSize > 0 && place.total > s.options.MaxSize:
		return answer{}, refuse(http.StatusInternalServerError, codeTooLarge, "the file is too large")
	case at.State == stateCancelled, at.State == stateClosed && !at.whole():
		return answer{}, noSession()
	case at.whole():
		return s.repeated(c, at)
	case place.first > at.Next:
		return answer{}, outOfSync(at.Next)
	case place.end() <= at.Next && place.total > 0:
		return answer{}, outOfSync(at.Next)
	}
	if at.phase == phaseNew {
		if refused := s.begin(at, place.total); refused != nil {
			return answer{}, refused
		}
	}
	if refused := s.receive(c, at, place); refused != nil {
		return answer{}, refused
	}
	return s.received(at)
}

// begin makes the files of a session whose first fragment has come.
func (s *Server) begin(at *session, total int64) *refusal {
	if !s.usage.admits(total) {
		return noRoom("the quota of the folder has no room")
	}
	if err := s.store.admits(at.Target, s.manners()); err != nil {
		return s.diskRefusal("begin a file", err)
	}
	displaced, refused := s.table.open(at, total, s.now())
	if displaced != nil {
		s.usage.release(s.store.remove(displaced.ID))
		displaced.give()
	}
	if refused != nil {
		return refused
	}
	at.Total = total
	if err := s.store.create(at.ID); err != nil {
		s.discard(at)
		return s.diskRefusal("begin a file", err)
	}
	return nil
}

// receive puts on the disk what is new of a fragment. Bytes that are there are never written again.
func (s *Server) receive(c *call, at *session, place span) *refusal {
	n := place.end() - at.Next
	if !s.usage.reserve(n) {
		return noRoom("the quota of the folder has no room")
	}
	arrived := false
	defer func() { s.usage.settle(n, arrived) }()
	f, err := s.store.data(&at.record)
	if err != nil {
		if errors.Is(err, errShort) || errors.Is(err, os.ErrNotExist) {
			s.discard(at)
			return noSession()
		}
		return s.diskRefusal("open what was received", err)
	}
	done := at.receiving(c.body.interrupt)
	var sum uint32
	if err = c.body.skip(at.Next - place.first); err == nil {
		sum, err = s.buffers.receive(f, at.Next, c.body, n)
	}
	done()
	var refused *refusal
	if err == nil {
		refused = s.acknowledge(at, f, place.end(), sum)
	}
	closed := f.Close()
	var onDisk diskError
	switch {
	case refused != nil:
	case errors.As(err, &onDisk):
		refused = s.diskRefusal("write what was received", onDisk.err)
	case err != nil:
		refused = lost(err)
	case closed != nil:
		s.options.Log.Warn("a file was not closed", "error", closed) // it was synced, so nothing is lost
	}
	if refused != nil {
		s.shorten(at)
		return refused
	}
	arrived = true
	s.counted.bytes.Add(n)
	return nil
}

// shorten gives back the room of a fragment that did not arrive whole; others may need it on a full disk.
func (s *Server) shorten(at *session) {
	if f, err := s.store.data(&at.record); err == nil {
		_ = f.Close()
	}
}

// acknowledge makes durable what was received and how much it is. Both are synced at the same time, which a disk
// does in little more than the time of one: the note has a sum of the new bytes in it, so after a crash in between it is seen
// that they are not there, and the note before counts.
func (s *Server) acknowledge(at *session, data *os.File, next int64, sum uint32) *refusal {
	before := at.record
	at.From, at.Next, at.Sum, at.Touched = at.Next, next, sum, s.now()
	if at.whole() && s.options.NotifyMode == NotifyNone {
		at.State = statePublishing
	}
	synced := make(chan error, 1)
	go func() { synced <- syncData(data) }()
	err := s.store.write(&at.record)
	if err = errors.Join(<-synced, err); err != nil {
		at.record = before // and the next note takes the place of this one
		return s.diskRefusal("make durable what was received", err)
	}
	return nil
}

// received answers a fragment that is on the disk.
func (s *Server) received(at *session) (answer, *refusal) {
	if at.whole() {
		if refused := s.complete(at); refused != nil {
			return answer{}, refused
		}
	}
	a := answer{headers: [][2]string{{headerReceived, strconv.FormatInt(at.Next, 10)}}}
	switch {
	case at.ReplyURL != "":
		a.headers = append(a.headers, [2]string{headerReply, at.ReplyURL})
	case at.ReplyID != "":
		a.headers = append(a.headers, [2]string{headerReply, replyURL(at.URL, at.ReplyID)})
	}
	return a, nil
}

// repeated answers a fragment of a file that is whole: as the last one was answered, or would have been if it had
// not failed after its bytes were on the disk.
func (s *Server) repeated(c *call, at *session) (answer, *refusal) {
	c.body.drain()
	return s.received(at)
}

// lost is the answer to a fragment that did not arrive; hardly anybody is there to read it.
func lost(err error) *refusal {
	why := "the fragment was not received: " + err.Error()
	refused := invalid(why)
	switch {
	case errors.Is(err, errCut):
		refused = busy(codeInUse, why)
	case errors.Is(err, os.ErrDeadlineExceeded):
		refused = refuse(http.StatusRequestTimeout, codeNone, why)
		refused.bare = true
	}
	refused.hangUp = true
	return refused
}
