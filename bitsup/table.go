// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"container/list"
	"net/http"
	"sync"
	"time"
)

// table knows all sessions, and bounds what clients can make the server keep.
//
// A session passes three phases. New ones have cost nothing but memory: when there are too many, the oldest is forgotten, so
// that a flood of Create-Sessions locks nobody out. Open ones have received something and are kept until they
// end or time out; a client that has too many is refused another. Over ones are only remembered.
type table struct {
	limits limits

	mu       sync.Mutex
	sessions map[string]*list.Element // of *session, by canonical id
	phases   [3]*list.List            // of *session, oldest first
	writers  map[string]*session      // by target
	clients  map[string]*holding      // by key
	replies  map[string]*session      // by the id of the reply
}

// limits are how much the table holds.
type limits struct {
	sessions   int           // in each phase
	perClient  int           // new ones, and open ones, of one client
	userQuota  int64         // bytes that the open sessions of one client may want together; 0: any number
	takeOver   time.Duration // an open session that was idle for so long gives way to a new one of its client
	remembered time.Duration // how long closed and cancelled sessions are known
}

// holding is what one client has.
type holding struct {
	sessions [3]int
	wants    int64
}

type phase int

const (
	phaseNew  phase = 0 // nothing was received
	phaseOpen phase = 1 // has files
	phaseOver phase = 2 // the file has its name, or the session was closed or cancelled
)

func newTable(l limits) *table {
	t := &table{
		limits: l, sessions: map[string]*list.Element{}, writers: map[string]*session{}, clients: map[string]*holding{},
		replies: map[string]*session{},
	}
	for i := range t.phases {
		t.phases[i] = list.New()
	}
	return t
}

// add takes in a session that received nothing yet. Older ones of its phase may be forgotten for it. It is
// refused when its target is being written.
func (t *table) add(s *session, now time.Time) *refusal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if holder := t.writers[s.Target]; holder != nil {
		if refused := t.yields(holder, s, now); refused != nil {
			return refused
		}
		holder.give()
	}
	if t.of(s).sessions[phaseNew] >= t.limits.perClient {
		t.forgetOldest(func(o *session) bool { return o.client == s.client })
	}
	if t.phases[phaseNew].Len() >= t.limits.sessions {
		t.forgetOldest(func(*session) bool { return true })
	}
	t.enter(s, phaseNew)
	return nil
}

// forgetOldest drops the oldest new session that fits and that no request is at.
func (t *table) forgetOldest(fits func(*session) bool) {
	for e := t.phases[phaseNew].Front(); e != nil; e = e.Next() {
		if s := e.Value.(*session); fits(s) && s.try() {
			t.leave(s)
			s.give()
			return
		}
	}
}

// yields asks whether the session that writes a target gives way to another one. If so its turn is taken.
func (t *table) yields(holder, to *session, now time.Time) *refusal {
	if holder.client != to.client || !holder.try() {
		return busy(codeInUse, "another session writes this file")
	}
	if now.Sub(holder.Touched) < t.limits.takeOver {
		holder.give()
		return busy(codeInUse, "another session of the same client writes this file")
	}
	return nil
}

// open makes s, whose first fragment has come, the one that writes its target. An idle session of the same client that
// was it is taken out of the table; it is answered, with its turn taken, so that its files can be deleted.
func (t *table) open(s *session, total int64, now time.Time) (displaced *session, refused *refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if holder := t.writers[s.Target]; holder != nil && holder != s {
		if refused := t.yields(holder, s, now); refused != nil {
			return nil, refused
		}
		t.leave(holder)
		displaced = holder
	}
	switch h := t.of(s); {
	case h.sessions[phaseOpen] >= t.limits.perClient:
		return displaced, busy(codeTooManySessions, "the client has too many sessions")
	case t.phases[phaseOpen].Len() >= t.limits.sessions:
		return displaced, busy(codeTooManySessions, "there are too many sessions")
	case t.limits.userQuota > 0 && total > t.limits.userQuota-h.wants:
		return displaced, noRoom("the client's quota has no room")
	}
	t.leave(s)
	s.wants = total
	t.enter(s, phaseOpen)
	return displaced, nil
}

// restore takes in a session of an earlier run of the server.
func (t *table) restore(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := phaseOpen
	switch {
	case s.over():
		at = phaseOver
	case s.State != stateDone:
		s.wants = s.Total
	}
	t.enter(s, at)
}

// written ends the claim of a session on its target: the file has its name, the next session may write it again.
func (t *table) written(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release(s)
}

// end moves a session to those that are only remembered. It answers those that are forgotten for it.
func (t *table) end(s *session) (forgotten []*session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(s)
	for over := t.phases[phaseOver]; over.Len() >= t.limits.sessions; {
		oldest := over.Front().Value.(*session)
		t.leave(oldest)
		forgotten = append(forgotten, oldest)
	}
	t.enter(s, phaseOver)
	return forgotten
}

// forget takes a session out of the table.
func (t *table) forget(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(s)
}

func (t *table) enter(s *session, at phase) {
	s.phase, s.gone = at, false
	t.sessions[canonical(s.ID)] = t.phases[at].PushBack(s)
	if at == phaseOver {
		return
	}
	h := t.of(s)
	h.sessions[at]++
	h.wants += s.wants
	t.clients[s.client.key()] = h
	if at == phaseOpen && s.State != stateDone {
		t.writers[s.Target] = s
	}
}

func (t *table) leave(s *session) {
	if s.gone {
		return
	}
	t.release(s)
	delete(t.replies, s.ReplyID)
	s.gone = true
	t.phases[s.phase].Remove(t.sessions[canonical(s.ID)])
	delete(t.sessions, canonical(s.ID))
	if s.phase == phaseOver {
		return
	}
	h := t.of(s)
	if h.sessions[s.phase]--; h.sessions == ([3]int{}) {
		delete(t.clients, s.client.key()) // or the map would grow with every address ever seen
	}
}

func (t *table) release(s *session) {
	if t.writers[s.Target] == s {
		delete(t.writers, s.Target)
	}
	t.of(s).wants -= s.wants
	s.wants = 0
}

// of is what the client of a session has.
func (t *table) of(s *session) *holding {
	if h := t.clients[s.client.key()]; h != nil {
		return h
	}
	return &holding{}
}

// take finds the session with this id and takes its turn. Whose the session of another user is, nobody learns.
func (t *table) take(r *http.Request, id, user string) (*session, *refusal) {
	t.mu.Lock()
	e := t.sessions[canonical(id)]
	t.mu.Unlock()
	if e == nil {
		return nil, noSession()
	}
	s := e.Value.(*session)
	if s.client.user != user {
		return nil, noSession()
	}
	if !s.turn.take(r.Context()) {
		return nil, busy(codeInUse, "the request before is not answered yet")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.gone {
		s.give()
		return nil, noSession()
	}
	return s, nil
}

// in lists the sessions of a phase, oldest first.
func (t *table) in(p phase) []*session {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*session, 0, t.phases[p].Len())
	for e := t.phases[p].Front(); e != nil; e = e.Next() {
		out = append(out, e.Value.(*session))
	}
	return out
}

// counts are the numbers of sessions by phase.
func (t *table) counts() (n [3]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, l := range t.phases {
		n[i] = l.Len()
	}
	return n
}
