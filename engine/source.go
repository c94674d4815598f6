// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"io"
	"time"

	"github.com/openbits/openbits"
)

// openSource opens the source and makes sure that it is what the server has a part of. Where it has none, the attempt begins
// with what the file holds now, which becomes durable before the first byte is sent. Where it has everything, the source
// is left alone: it may be gone by now, or be another file.
func (m *motion) openSource() (*sending, error) {
	up := m.file.Upload
	s := &sending{
		m: m, state: up.State, began: m.file.BytesDone, acked: m.file.BytesDone, peak: m.file.BytesDone, durable: m.file.BytesDone, saved: time.Now(),
	}
	var err error
	switch {
	case up.Session.Zero():
		err = s.begin()
	case up.State.Size > 0 && m.file.BytesDone == up.State.Size:
	default:
		_, err = s.source()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	m.mu.Lock()
	m.head = openbits.Head{Offset: s.acked, Total: s.state.Size}
	m.mu.Unlock()
	return s, nil
}

// begin opens the source for a session that begins with what it holds now.
func (s *sending) begin() error {
	m := s.m
	if err := s.open(); err != nil {
		return err
	}
	now, err := s.src.State()
	if err != nil {
		return err
	}
	s.state, s.began, s.acked, s.peak, s.durable = now, 0, 0, 0, 0
	return m.record(func(f *openbits.File) {
		if f.Upload.State != now {
			f.Upload.Most, f.Upload.Lost = 0, 0
		}
		f.Upload.State, f.BytesTotal, f.BytesDone = now, now.Size, 0
	})
}

// source answers the open source, which is what the server has a part of.
func (s *sending) source() (openbits.SourceFile, error) {
	s.m.mu.Lock()
	src := s.src
	s.m.mu.Unlock()
	if src != nil {
		return src, nil
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	now, err := s.src.State()
	if err == nil && !s.state.Continues(now, s.m.file.Upload.Growing) {
		err = changedSource(s.m.file.Path(), "it changed since its upload began")
	}
	return s.src, err
}

func (s *sending) open() error {
	m := s.m
	src, err := m.r.e.Sources.OpenSource(m.ctx, m.file.Upload.Source)
	if err != nil {
		return err
	}
	src.SetBackground(m.r.priority().Background()) // a change across the border opens it anew
	m.mu.Lock()
	defer m.mu.Unlock()
	s.src = src
	return nil
}

func (s *sending) close() {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.src != nil {
		_ = s.src.Close()
	}
}

func changedSource(path, text string) error {
	return &openbits.Error{
		Op: "send", Object: path, Kind: openbits.KindLocalFileChanged, Context: openbits.ContextLocalFile, File: -1, Text: text,
		Hint: "Resuming the job sends what the file holds then, from its first byte. For a file that only grows there is --growing.",
	}
}

// Name implements openbits.Source.
func (s *sending) Name() string { return s.m.file.Upload.Source.Name }

// Size implements openbits.Source.
func (s *sending) Size() int64 { return s.state.Size }

// ReadAt implements openbits.Source.
func (s *sending) ReadAt(p []byte, off int64) (int, error) {
	m := s.m
	left := s.state.Size - off
	if left <= 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), left)]
	if err := m.r.throttle(m.ctx, len(p)); err != nil {
		return 0, err
	}
	src, err := s.source()
	if err != nil {
		return 0, err
	}
	n, err := src.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	// After the reading: whatever was written into the file until then shows in its state.
	now, err := src.State()
	switch {
	case err != nil:
		return 0, err
	case n < len(p) || !s.state.Continues(now, m.file.Upload.Growing):
		return 0, changedSource(m.file.Path(), "it changed while it was sent")
	}
	m.r.connect()
	m.r.e.sent.Add(int64(n))
	m.r.meter.add(n)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.began = true
	if s.protocol == openbits.ProtocolPUT { // which acknowledges nothing before the end
		m.head.Offset = off + int64(n)
	}
	return n, nil
}
