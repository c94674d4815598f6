// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"context"
	"errors"
)

// complete does what follows the last fragment, whose bytes are on the disk: the application is told, if there is one, and
// the file gets its name. After a failure the session is as before, and the next repetition of the fragment tries again.
func (s *Server) complete(at *session) *refusal {
	if at.State == stateDone || at.State == stateClosed {
		return nil
	}
	if at.State == stateReceiving {
		// Whether the client hears of it or not, what the application has done is done: its answer is kept.
		ctx, cancel := context.WithTimeout(s.closing, s.options.NotifyTimeout)
		defer cancel()
		verdict, refused := s.notify(ctx, at)
		if refused != nil {
			return refused
		}
		if refused := s.settle(at, verdict); refused != nil {
			return refused
		}
	}
	if at.State == statePublishing {
		if refused := s.publish(at); refused != nil {
			return refused
		}
	}
	s.table.written(at)
	if at.ReplyID != "" {
		s.table.offerReply(at)
		return nil
	}
	s.remember(at)
	return nil
}

// settle notes what the application decided.
func (s *Server) settle(at *session, v verdict) *refusal {
	before := at.record
	at.ReplyID, at.ReplyURL, at.State = v.replyID, v.replyURL, stateDone
	if v.keep {
		at.State = statePublishing
	}
	if err := s.store.write(&at.record); err != nil {
		at.record = before
		return s.diskRefusal("note the application's answer", err)
	}
	if !v.keep {
		s.usage.release(s.store.removeUpload(at.ID))
	}
	return nil
}

// publish gives the file its name.
func (s *Server) publish(at *session) *refusal {
	freed, err := s.store.publish(&at.record, s.manners())
	s.usage.release(freed)
	if err != nil {
		if errors.Is(err, errVanished) || errors.Is(err, errShort) {
			s.discard(at)
		}
		return s.diskRefusal("publish a file", err)
	}
	at.State = stateDone
	if err := s.store.write(&at.record); err != nil {
		at.State = statePublishing
		return s.diskRefusal("note that a file is published", err)
	}
	s.counted.published.Add(1)
	s.options.Log.Info("a file was received", "path", at.Target, "bytes", at.Total, "user", at.User)
	return nil
}
