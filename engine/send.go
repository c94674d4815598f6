// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/openbits/openbits"
)

// abandonTime is how long one attempt to tell a server that an upload has ended may take.
const abandonTime = 30 * time.Second

// sending is the upload of a motion: its source as a mover sees it.
type sending struct {
	m        *motion
	state    openbits.SourceState // that the source had when the upload began
	protocol openbits.Protocol    // that is spoken in this attempt

	// What follows is guarded by m.mu, since the goroutine that writes to the connection reads the source.
	src     openbits.SourceFile // nil while nothing of it is needed
	began   int64               // acknowledged when the attempt began
	acked   int64
	peak    int64 // the most that was acknowledged in this session
	durable int64 // acknowledged by the last commit
	saved   time.Time
}

// send brings the source to its server.
func (m *motion) send() error {
	if m.file.Upload.Sent {
		return nil
	}
	s, err := m.openSource()
	if errors.Is(err, openbits.KindLocalFileChanged) {
		(&sending{m: m, protocol: m.file.Upload.Spoken}).abandon()
	}
	if err != nil {
		return err
	}
	defer s.close()
	defer m.putDown()
	m.mu.Lock()
	m.up = s
	m.mu.Unlock()
	err = s.run()
	if errors.Is(err, openbits.KindLocalFileChanged) {
		s.abandon()
	}
	return err
}

// run speaks the protocol that the job asks for, or finds out which one the server speaks.
func (s *sending) run() error {
	up := s.m.file.Upload
	s.protocol = up.Protocol
	if s.protocol == openbits.ProtocolAuto {
		if s.protocol = up.Spoken; s.protocol == "" {
			s.protocol = openbits.ProtocolBITS
		}
	}
	err := s.speak()
	if up.Protocol != openbits.ProtocolAuto || s.protocol == openbits.ProtocolPUT || s.m.r.kind() != openbits.TypeUpload ||
		!errors.Is(err, openbits.KindProtocolMismatch) {
		return err
	}
	s.protocol = openbits.ProtocolPUT
	if err := s.m.record(func(f *openbits.File) { f.Upload.Spoken = openbits.ProtocolPUT }); err != nil {
		return err
	}
	return s.speak()
}

func (s *sending) speak() error {
	m := s.m
	sender := m.r.e.Uploads[s.protocol]
	if sender == nil {
		return &openbits.Error{
			Op: "send", Object: m.file.Path(), Kind: openbits.KindNotSupported, Context: openbits.ContextNone, File: m.file.Index,
			Text: fmt.Sprintf("this service does not speak the protocol %q", s.protocol),
		}
	}
	if s.protocol == openbits.ProtocolPUT {
		m.mu.Lock()
		s.acked, m.head.Offset = 0, 0
		m.mu.Unlock()
	}
	return sender.Send(m.ctx, m.r.transferOf(m.file), s)
}

// transferOf is what a mover is told of a file.
func (r *run) transferOf(f openbits.File) openbits.Transfer {
	return openbits.Transfer{
		JobID: r.id, Index: f.Index, Type: r.kind(), Priority: r.priority(), URL: f.URL, Route: &r.route,
	}
}

func (r *run) kind() openbits.JobType {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return r.job.Type
}

// record commits a change to the row of a file in motion. It must happen although the file is being stopped: what a server
// was told has to be remembered.
func (m *motion) record(change func(*openbits.File)) error {
	_, err := m.r.e.change(m.r.e.settleContext(), m.r.id, byService, func(u *update) error {
		after := m.row
		up := *after.Upload
		after.Upload, after.State = &up, openbits.FileTransferring
		change(&after)
		u.file(m.row, after)
		u.then(func() { m.row = after })
		return nil
	})
	return err
}

// Session implements openbits.Source.
func (s *sending) Session() openbits.Session {
	s.m.r.e.mu.Lock()
	defer s.m.r.e.mu.Unlock()
	return s.m.row.Upload.Session
}

// Save implements openbits.Source.
func (s *sending) Save(session openbits.Session, acknowledged int64) error {
	s.m.r.connect()
	s.note(acknowledged)
	return s.commit(session)
}

// Acknowledge implements openbits.Source. What the server has is made durable as often as what a download received.
func (s *sending) Acknowledge(n int64) error {
	s.m.r.connect()
	s.note(n)
	s.m.mu.Lock()
	due := s.acked-s.durable >= s.m.r.e.CheckpointBytes || s.acked != s.durable && time.Since(s.saved) >= s.m.r.e.CheckpointInterval
	s.m.mu.Unlock()
	if !due {
		return nil
	}
	return s.commit(s.Session())
}

// Acknowledged implements openbits.Source.
func (s *sending) Acknowledged() int64 {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	return s.acked
}

func (s *sending) note(acknowledged int64) {
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.began = true
	s.acked, m.head.Offset = acknowledged, acknowledged
	s.peak = max(s.peak, acknowledged)
	m.got = max(m.got, acknowledged-s.began)
}

func (s *sending) commit(session openbits.Session) error {
	s.m.mu.Lock()
	acked := s.acked
	s.durable, s.saved = acked, time.Now()
	s.m.mu.Unlock()
	var enough error
	err := s.m.record(func(f *openbits.File) {
		if session.ID != f.Upload.Session.ID { // the reply to another session is not the one to this
			f.Upload.ReplySize, f.Inode = openbits.Unknown, ""
		}
		if session.Zero() && !f.Upload.Session.Zero() {
			enough = s.lost(f)
		}
		f.Upload.Session, f.BytesDone = session, acked
		if f.Upload.Spoken == "" && !session.Zero() {
			f.Upload.Spoken = s.protocol
		}
	})
	return cmp.Or(err, enough)
}

// CarriedBy implements openbits.CarriedSource.
func (s *sending) CarriedBy(c openbits.Carrier) { s.m.CarriedBy(c) }

// abandon tells the server, once, that the upload of what the file held has ended: a new one will begin.
func (s *sending) abandon() {
	session := s.Session()
	sender, ok := s.m.r.e.Uploads[s.protocol].(Abandoner)
	if !ok || session.Zero() {
		return
	}
	ctx, cancel := context.WithTimeout(s.m.ctx, abandonTime)
	defer cancel()
	if err := sender.Abandon(ctx, s.m.r.transferOf(s.m.file), session); err != nil {
		s.m.r.e.Log.Info("the server could not be told that an upload has ended", "job", s.m.r.id, "file", s.m.file.Index, "error", err)
		return
	}
	s.note(0)
	if err := s.commit(openbits.Session{}); err != nil {
		s.m.r.e.Log.Error("cannot record that an upload has ended", "job", s.m.r.id, "file", s.m.file.Index, "error", err)
	}
}

// acknowledged is how much of the file the server has, for the row of a file that is not in motion any more. A PUT is
// all or nothing. The caller must not hold m.mu.
func (m *motion) acknowledged() (n int64, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.up == nil {
		return 0, false
	}
	return m.up.acked, true
}

var _ openbits.CarriedSource = (*sending)(nil)
