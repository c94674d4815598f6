// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"io/fs"
	"net/http"
	"strconv"
)

func (s *Server) manners() manners {
	return manners{overwrite: s.options.Overwrite, makeFolders: s.options.MakeFolders}
}

// create opens a session ([MC-BUP] 3.2.5.1). It costs no file.
func (s *Server) create(c *call) (answer, *refusal) {
	if err := s.store.admits(c.target, s.manners()); err != nil {
		return answer{}, s.diskRefusal("open a session", err)
	}
	at := &session{
		turn: newTurn(), client: c.client,
		record: record{
			ID: newID(), State: stateReceiving, User: c.client.user, Address: c.client.address,
			Target: c.target, URL: publicURL(s.options.PublicURL, c.r), Total: -1, Touched: s.now(),
		},
	}
	if len(at.URL) > maxURL || len(replyURL(at.URL, ""))+replyIDLength > maxURL {
		return answer{}, invalid("the URL is too long")
	}
	if refused := s.table.add(at, s.now()); refused != nil {
		return answer{}, refused
	}
	a := answer{session: at.ID, headers: [][2]string{{headerProtocol, Protocol}, {"Accept-Encoding", "identity"}}}
	if s.options.HostID != "" {
		a.headers = append(a.headers, [2]string{headerHost, s.options.HostID})
		if d := s.options.HostIDFallback; d > 0 {
			a.headers = append(a.headers, [2]string{headerHostFallback, strconv.FormatInt(int64(d.Seconds()), 10)})
		}
	}
	return a, nil
}

// closeSession ends a session ([MC-BUP] 3.2.5.4). The file has its name since the last fragment; what is not whole is discarded.
func (s *Server) closeSession(c *call, at *session) *refusal {
	switch {
	case at.State == stateClosed || at.State == stateCancelled:
		return nil
	case at.phase == phaseNew && s.options.EmptyFiles:
		if refused := s.begin(at, 0); refused != nil {
			return refused
		}
		if refused := s.receive(c, at, span{}); refused != nil {
			return refused
		}
		if refused := s.complete(at); refused != nil {
			return refused
		}
	case at.phase == phaseOpen && at.State != stateDone:
		if _, err := s.store.size(file(at.ID, suffixData)); errors.Is(err, fs.ErrNotExist) {
			s.discard(at)
			return refuse(http.StatusNotFound, codeNoFile, "what was received is gone")
		}
	}
	return s.over(at, stateClosed)
}

// cancel ends a session ([MC-BUP] 3.2.5.5). A file that has its name keeps it.
func (s *Server) cancel(at *session) *refusal {
	if at.State == stateClosed || at.State == stateCancelled {
		return nil
	}
	s.counted.cancelled.Add(1)
	return s.over(at, stateCancelled)
}

// over leaves of a session the memory of it.
func (s *Server) over(at *session, how state) *refusal {
	if at.Sequence == 0 { // nothing was received, so there is nothing to remember: or anybody could crowd out what is
		s.discard(at)
		return nil
	}
	before := at.State
	at.State, at.Touched = how, s.now()
	if at.Sequence > 0 {
		if err := s.store.write(&at.record); err != nil {
			at.State = before
			return s.diskRefusal("end a session", err)
		}
	}
	s.usage.release(s.store.removeData(at.ID))
	s.remember(at)
	return nil
}

// remember moves a session to those that only answer repeated packets.
func (s *Server) remember(at *session) {
	for _, forgotten := range s.table.end(at) {
		s.store.remove(forgotten.ID)
	}
}

// discard forgets a session and what it received.
func (s *Server) discard(at *session) {
	s.table.forget(at)
	s.usage.release(s.store.remove(at.ID))
}
