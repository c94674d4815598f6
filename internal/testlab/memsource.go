// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/openbits/openbits"
)

// MemSource is an openbits.ReplySource in memory, for one upload after another. What is saved is kept; what is
// acknowledged is kept as if every acknowledgement were durable. It is safe for use by several goroutines.
type MemSource struct {
	Content Content
	// Hook, when set before the source is used, is called before each read with its offset. An error from it is the read's answer.
	Hook func(off int64) error
	// SaveError, when set, is the answer to every Save.
	SaveError error

	mu      sync.Mutex
	session openbits.Session
	acked   int64
	acks    []int64
	saves   []openbits.Session
	reply   []byte
	replied string
}

// Name implements openbits.Source.
func (s *MemSource) Name() string { return "source.bin" }

// Size implements openbits.Source.
func (s *MemSource) Size() int64 { return s.Content.Size }

// ReadAt implements openbits.Source.
func (s *MemSource) ReadAt(p []byte, off int64) (int, error) {
	if s.Hook != nil {
		if err := s.Hook(off); err != nil {
			return 0, err
		}
	}
	return s.Content.ReadAt(p, off)
}

// Session implements openbits.Source.
func (s *MemSource) Session() openbits.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session
}

// Save implements openbits.Source.
func (s *MemSource) Save(session openbits.Session, acknowledged int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.SaveError != nil {
		return s.SaveError
	}
	s.session, s.saves = session, append(s.saves, session)
	s.note(acknowledged)
	return nil
}

// Acknowledge implements openbits.Source.
func (s *MemSource) Acknowledge(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(n)
	return nil
}

func (s *MemSource) note(n int64) { s.acked, s.acks = n, append(s.acks, n) }

// Acknowledged implements openbits.Source.
func (s *MemSource) Acknowledged() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked
}

// Resume sets where an earlier attempt ended.
func (s *MemSource) Resume(session openbits.Session, acknowledged int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session, s.acked = session, acknowledged
}

// Saves are all sessions that were saved.
func (s *MemSource) Saves() []openbits.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]openbits.Session(nil), s.saves...)
}

// Reply implements openbits.ReplySource.
func (s *MemSource) Reply(ctx context.Context, url string) error {
	s.mu.Lock()
	done := s.replied != ""
	s.mu.Unlock()
	if done {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &openbits.Error{Kind: openbits.KindHTTP(resp.StatusCode), Context: openbits.ContextRemoteFile, Text: "no reply", File: -1}
	}
	data, err := io.ReadAll(resp.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply, s.replied = data, url
	return err
}

// Replied is the reply that was fetched, and from where; "" before there is one.
func (s *MemSource) Replied() ([]byte, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reply, s.replied
}

var _ openbits.ReplySource = (*MemSource)(nil)
